/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: options and the table of subcommands; the work is theirs. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "run/commands.h"
#include "run/start.h"

#define DEFAULT_CONF SYSCONFDIR "/pointsmall/pointsmall.conf"

static const struct command {
	const char	*name;
	const char	*help;
	command_fn	*fn;
	bool		 no_conf;	/* works without settings */
} commands[] = {
	{ "serve", "answer requests: master and workers", command_serve, false },
	{ "jobs", "do what is due in the background", command_jobs, false },
	{ "migrate", "bring the database to this program's schema", command_migrate, false },
	{ "seed", "load the demo shop, or any number of products and users", command_seed, false },
	{ "import", "bring in users, balances and records of another system", command_import, false },
	{ "token", "print an access token", command_token, false },
	{ "verify", "audit every invariant of the data", command_verify, false },
	{ "check-config", "hold the settings against this machine and the database", command_check_config, false },
	{ "routes", "print the table of routes", command_routes, true },
#ifdef ENABLE_FAILPOINTS
	{ "failpoints", "print the names of all failpoints", command_failpoints, true },
#endif
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(FILE *out)
{
	fprintf(out, "usage: pointsmall [-c FILE] COMMAND [ARGUMENT...]\n\n"
	    "  -c, --config FILE  settings (default: %s)\n"
	    "  -h, --help         this text\n"
	    "  -V, --version      the version\n\n", DEFAULT_CONF);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].help);
}

static const struct command *
command_named(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int
run(const struct command *c, const char *conf_path, int argc, char **argv)
{
	struct conf *conf;
	int status;

	if (c->no_conf)
		return c->fn(NULL, argc, argv);
	if ((conf = start_read(conf_path)) == NULL)
		return EX_CONFIG;
	status = c->fn(conf, argc, argv);
	conf_free(conf);
	return status;
}

int
main(int argc, char **argv)
{
	const char *conf_path = DEFAULT_CONF;
	const struct command *c;
	int opt;

	/* "+": what follows the subcommand is its own. */
	while ((opt = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			conf_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("pointsmall " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc || (c = command_named(argv[optind])) == NULL) {
		usage(stderr);
		return EX_USAGE;
	}
	argc -= optind;
	argv += optind;
	/* For a subcommand with options of its own. */
	optind = 0;
	return run(c, conf_path, argc, argv);
}
