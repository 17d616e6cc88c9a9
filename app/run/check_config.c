/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_config.c: the subcommand check-config. The file itself was held against the table of settings before
 * it; here the settings are held against the routes, this machine and the database server. One line a finding.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "handlers/routes.h"
#include "http/serve.h"
#include "run/commands.h"
#include "run/privileges.h"
#include "run/scoreboard.h"
#include "run/start.h"
#include "store/db.h"

#define CONNECTIONS_PER_WORKER 2
#define CONNECTIONS_OF_JOBS 2
#define DB_DEADLINE_US (10 * US_PER_S)

struct check {
	const struct conf	*conf;
	struct db		*db;
	struct arena		*arena;
	struct fault		 fault;
	int64_t			 workers;
	int			 status;	/* 0 as long as nothing was found */
};

struct number {
	int64_t n;
};

static const struct db_col number_cols[] = { DB_I64(struct number, n), DB_END };

static void PRINTF_LIKE(3, 4)
find(struct check *c, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	c->status = status;
}

static bool
ask(struct check *c, enum query q, int64_t *out)
{
	struct number row = { 0 };

	if (db_row(c->db, q, NO_ARGS, number_cols, c->arena, &row) != E_OK) {
		find(c, EX_UNAVAILABLE, "the server's limit cannot be read: %s", c->fault.cause);
		return false;
	}
	*out = row.n;
	return true;
}

/* Old and new workers of a reload hold connections at the same time. */
static void
check_connections(struct check *c)
{
	int64_t need = c->workers * CONNECTIONS_PER_WORKER * 2 + CONNECTIONS_OF_JOBS;
	int64_t max;

	if (ask(c, Q_CHECK_MAX_CONNECTIONS, &max) && need > max)
		find(c, EX_CONFIG, "max_connections of the database is %lld, %lld workers, twice in a reload, and "
		    "jobs need %lld", (long long)max, (long long)c->workers, (long long)need);
}

static void
check_prepared(struct check *c)
{
	int64_t need = (c->workers * 2 + 1) * Q__MAX;
	int64_t max;

	if (ask(c, Q_CHECK_MAX_PREPARED, &max) && need > max)
		find(c, EX_CONFIG, "max_prepared_stmt_count of the database is %lld, %lld workers, twice in a "
		    "reload, and jobs need %lld", (long long)max, (long long)c->workers, (long long)need);
}

static void
check_database(struct check *c)
{
	c->db = db_new(c->conf, DB_PLAIN);
	c->arena = arena_new();
	db_request(c->db, &c->fault, clock_mono_us() + DB_DEADLINE_US);
	if (db_ping(c->db) != E_OK) {
		find(c, EX_UNAVAILABLE, "the database cannot be reached: %s", c->fault.cause);
	} else {
		/* It tells why itself, as it would when serve begins. */
		if (!start_schema(c->conf))
			c->status = EX_CONFIG;
		check_connections(c);
		check_prepared(c);
	}
	arena_free(c->arena);
	db_free(c->db);
}

static void
check_process(struct check *c)
{
	struct privileges p;

	for (size_t i = 0; i < c->conf->npools; i++)
		c->workers += c->conf->pools[i].workers;
	if (c->workers > SCOREBOARD_WORKERS_MAX)
		find(c, EX_CONFIG, "workers: %lld in all pools, at most %d can be had", (long long)c->workers,
		    SCOREBOARD_WORKERS_MAX);
	/* It tells why on standard error itself; who checks need not be root. */
	if (geteuid() == 0 && !privileges_plan(c->conf->user, &p))
		c->status = EX_CONFIG;
}

int
command_check_config(const struct conf *conf, int argc, char **argv)
{
	struct check c = { .conf = conf };

	(void)argv;
	if (argc > 1) {
		start_complain(NULL, "check-config takes no arguments");
		return EX_USAGE;
	}
	start_log(conf, "check-config");
	if (!routes_check(routes, start_complain, NULL))
		c.status = EX_SOFTWARE;
	check_process(&c);
	check_database(&c);
	if (c.status == 0)
		puts("configuration is good");
	return c.status;
}
