/* SPDX-License-Identifier: Apache-2.0 */
/* command_failpoints.c: `pointsmall failpoints` prints the name of every failpoint; in a test's build only. */
#include <stdio.h>

#include "base/failpoint.h"
#include "run/commands.h"
#include "store/queries.h"

static void
print_pair(const char *area, const char *op)
{
	printf("%s%s.before\n%s%s.after\n", area, op, area, op);
}

int
command_failpoints(const struct conf *conf, int argc, char **argv)
{
	(void)conf;
	(void)argc;
	(void)argv;
	for (size_t i = 0; failpoint_names[i] != NULL; i++)
		print_pair("", failpoint_names[i]);
	for (enum query q = 0; q < Q__MAX; q++)
		print_pair("db.", queries[q].name);
	return 0;
}
