/* SPDX-License-Identifier: Apache-2.0 */
/* command_migrate.c: `pointsmall migrate`. */
#include <stdio.h>
#include <sysexits.h>

#include "run/commands.h"
#include "store/db.h"
#include "store/migrate.h"

static void
say(const char *name)
{
	printf("applied %s\n", name);
}

int
command_migrate(const struct conf *conf, int argc, char **argv)
{
	struct arena *a = arena_new();
	struct db *db = db_new(conf, DB_OWNER);
	struct fault f = { 0 };
	int64_t version = 0;
	enum err e;

	(void)argc;
	(void)argv;
	db_request(db, &f, INT64_MAX);
	if ((e = migrate_up(db, a, say)) == E_OK)
		e = db_schema_version(db, &version);
	if (e == E_OK)
		printf("the schema is at version %lld\n", (long long)version);
	else
		fprintf(stderr, "pointsmall: migrate: %s\n", f.cause);
	db_free(db);
	arena_free(a);
	return e == E_OK ? 0 : EX_UNAVAILABLE;
}
