/* SPDX-License-Identifier: Apache-2.0 */
/* command_migrate.c: `pointsmall migrate [--points]`. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "run/commands.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/points_schema.h"

static void
say(const char *name)
{
	printf("applied %s\n", name);
}

static int
migrate(struct db *db, const struct migration *list)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	int64_t version = 0;
	enum err e;

	db_request(db, &f, INT64_MAX);
	if ((e = migrate_up(db, list, a, say)) == E_OK)
		e = db_schema_version(db, &version);
	if (e == E_OK)
		printf("the schema is at version %lld\n", (long long)version);
	else
		fprintf(stderr, "pointsmall: migrate: %s\n", f.cause);
	db_free(db);
	arena_free(a);
	return e == E_OK ? 0 : EX_UNAVAILABLE;
}

int
command_migrate(const struct conf *conf, int argc, char **argv)
{
	bool points = argc == 2 && strcmp(argv[1], "--points") == 0;

	if (argc > 1 && !points) {
		fputs("usage: pointsmall migrate [--points]\n", stderr);
		return EX_USAGE;
	}
	if (!points)
		return migrate(db_new(conf, DB_OWNER), migrations);
	if (!conf_points_apart(conf)) {
		fputs("pointsmall: migrate: [points] dsn is not set: the points live in the mall's own database\n", stderr);
		return EX_CONFIG;
	}
	return migrate(db_new_points(conf, DB_OWNER), points_migrations);
}
