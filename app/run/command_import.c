/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_import.c: `pointsmall import FILE…`: users, balances and records of the system that was there before. Ends by
 * itself; lines that are wrong are told on standard error, what came in on standard output.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/num.h"
#include "run/commands.h"
#include "run/import_file.h"
#include "run/start.h"

/* Checks look at all lines at once. */
#define STATEMENT_TIMEOUT_MS (INT64_C(10) * 60 * 1000)

struct files {
	char	**paths;
	int64_t	  n;
};

static void
complain(void *arg, int64_t file, int64_t line, const char *message)
{
	const struct files *files = arg;

	if (file < 0 || file >= files->n)
		fprintf(stderr, "pointsmall: import: %s\n", message);
	else
		fprintf(stderr, "%s:%" PRId64 ": %s\n", files->paths[file], line, message);
}

static enum err
read_files(struct import *im, const struct files *files)
{
	static const char *const what[] = { "nothing", "accounts", "records" };
	enum err e = E_OK;

	for (int64_t i = 0; i < files->n && (e == E_OK || e == E_INVALID); i++) {
		enum import_kind kind;
		int64_t lines;

		e = import_file(im, i, files->paths[i], &kind, &lines);
		if (im->bad == 0)
			printf("%s: %" PRId64 " %s\n", files->paths[i], lines, what[kind]);
		fflush(stdout);
	}
	return e == E_INVALID || (e == E_OK && im->bad > 0) ? E_INVALID : e;
}

static enum err
import_all(struct import *im, const struct files *files)
{
	enum err e;

	if ((e = import_begin(im)) != E_OK || (e = read_files(im, files)) != E_OK || (e = import_check(im)) != E_OK)
		return e;
	return im->bad == 0 ? import_apply(im, files->n) : E_INVALID;
}

/* What was staged is forgotten whatever happened; the first fault is what is told. */
static enum err
run(struct import *im, const struct files *files)
{
	enum err e = import_all(im, files), end;
	struct fault first = im->fault;

	end = import_end(im);
	if (e != E_OK)
		im->fault = first;
	return e != E_OK ? e : end;
}

static int
report(const struct import *im, enum err e)
{
	if (e == E_OK || im->sum.accounts > 0)
		printf("%" PRId64 " accounts with %" PRId64 " points came in, %" PRId64 " were there already\n",
		    im->sum.accounts, im->sum.points, im->sum.there);
	if (e == E_OK)
		return EX_OK;
	if (e == E_INVALID) {
		fprintf(stderr, "pointsmall: import: %" PRId64 " lines are wrong: nothing was imported\n", im->bad);
		return EX_DATAERR;
	}
	fprintf(stderr, "pointsmall: import: %s\n", im->fault.cause[0] != '\0' ? im->fault.cause : err_name(e));
	return e == E_DOWN || e == E_CONFLICT ? EX_TEMPFAIL : EX_SOFTWARE;
}

int
command_import(const struct conf *conf, int argc, char **argv)
{
	struct files files = { argv + 1, argc - 1 };
	struct conf patient = *conf;
	struct import im = { .complain = complain, .arg = &files };
	int status;

	if (argc < 2 || argv[1][0] == '-') {
		fputs("usage: pointsmall import FILE...\n", stderr);
		return EX_USAGE;
	}
	patient.db_timeout_ms = STATEMENT_TIMEOUT_MS;
	im.arena = arena_new();
	im.mall = mall_new(&patient);
	if (mall_points_apart(im.mall)) {
		start_complain(NULL, "import: the points live in another database ([points] dsn), with records of its own");
		status = EX_CONFIG;
	} else {
		status = report(&im, run(&im, &files));
	}
	mall_free(im.mall);
	arena_free(im.arena);
	return status;
}
