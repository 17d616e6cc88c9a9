/* SPDX-License-Identifier: Apache-2.0 */
/* command_routes.c: `pointsmall routes` prints the table: METHOD, PATH, WHO, BODY_MAX, idempotent, public, by tabs. */
#include <stdio.h>

#include "handlers/routes.h"
#include "http/route.h"
#include "run/commands.h"

int
command_routes(const struct conf *conf, int argc, char **argv)
{
	struct arena *a = arena_new();

	(void)conf;
	(void)argc;
	(void)argv;
	for (const struct route *r = routes; r->path != NULL; r++)
		printf("%s\t%s\t%s\t%zu\t%s\t%s\n", method_name(r->method), r->path, who_names(r->who, a), r->body_max,
		    r->idempotent ? "yes" : "no", r->public_copy ? "yes" : "no");
	arena_free(a);
	return 0;
}
