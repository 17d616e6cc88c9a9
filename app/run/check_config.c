/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_config.c: the subcommand check-config. The file itself was held against the table of settings before
 * it; here the settings are held against the routes, this machine and the database server. One line a finding.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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
#define STATEMENTS_OF_POINTS 40	/* that run where the points are; no process prepares more there */
#define DB_DEADLINE_US (10 * US_PER_S)

struct check {
	const struct conf	*conf;
	struct db		*db;		/* the one that is being checked */
	const char		*of;		/* and what it is called */
	int64_t			 connections;	/* that a worker has to its server */
	int64_t			 statements;	/* that a worker prepares there */
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
		find(c, EX_UNAVAILABLE, "the limit of %s cannot be read: %s", c->of, c->fault.cause);
		return false;
	}
	*out = row.n;
	return true;
}

/* Old and new workers of a reload hold connections at the same time. */
static void
check_connections(struct check *c)
{
	int64_t need = (c->workers * 2 + 1) * c->connections;
	int64_t max;

	if (ask(c, Q_CHECK_MAX_CONNECTIONS, &max) && need > max)
		find(c, EX_CONFIG, "max_connections of %s is %lld, %lld workers, twice in a reload, and "
		    "jobs need %lld", c->of, (long long)max, (long long)c->workers, (long long)need);
}

static void
check_prepared(struct check *c)
{
	int64_t need = (c->workers * 2 + 1) * c->statements;
	int64_t max;

	if (ask(c, Q_CHECK_MAX_PREPARED, &max) && need > max)
		find(c, EX_CONFIG, "max_prepared_stmt_count of %s is %lld, %lld workers, twice in a "
		    "reload, and jobs need %lld", c->of, (long long)max, (long long)c->workers, (long long)need);
}

static void
check_server(struct check *c, struct db *db, const char *of)
{
	c->db = db;
	c->of = of;
	c->arena = arena_new();
	db_request(db, &c->fault, clock_mono_us() + DB_DEADLINE_US);
	if (db_ping(db) != E_OK) {
		find(c, EX_UNAVAILABLE, "%s cannot be reached: %s", of, c->fault.cause);
	} else {
		check_connections(c);
		check_prepared(c);
	}
	arena_free(c->arena);
	db_free(db);
}

static bool
same_server(const struct conf_db *a, const struct conf_db *b)
{
	if (a->socket[0] != '\0' || b->socket[0] != '\0')
		return strcmp(a->socket, b->socket) == 0;
	return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

static void
check_databases(struct check *c)
{
	const struct conf_db own = conf_db(c->conf);
	bool apart = conf_points_apart(c->conf), both = apart && same_server(&own, &c->conf->points);

	c->connections = CONNECTIONS_PER_WORKER * (both ? 2 : 1);
	c->statements = Q__MAX + (both ? STATEMENTS_OF_POINTS : 0);
	check_server(c, db_new(c->conf, DB_PLAIN), "the database");
	if (apart && !both) {
		c->connections = CONNECTIONS_PER_WORKER;
		c->statements = STATEMENTS_OF_POINTS;
	}
	if (apart)
		check_server(c, db_new_points(c->conf, DB_PLAIN), "the points' database");
	/* It tells why itself, as it would when serve begins. */
	if (c->status != EX_UNAVAILABLE && !start_schema(c->conf))
		c->status = EX_CONFIG;
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
	check_databases(&c);
	if (c.status == 0)
		puts("configuration is good");
	return c.status;
}
