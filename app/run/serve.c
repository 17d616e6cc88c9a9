/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c: the subcommand serve. */
#include <sysexits.h>

#include "handlers/routes.h"
#include "http/serve.h"
#include "run/commands.h"
#include "run/master.h"
#include "run/start.h"

int
command_serve(const struct conf *conf, int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		start_complain(NULL, "serve takes no arguments");
		return EX_USAGE;
	}
	start_log(conf, "master");
	if (!routes_check(routes, start_complain, NULL))
		return EX_SOFTWARE;
	return master_run(conf, routes);
}
