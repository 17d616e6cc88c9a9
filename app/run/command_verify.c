/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_verify.c: `pointsmall verify`: audits every invariant, at any time, also under load. One line a breach
 * and a summary on standard output, how far it is on standard error; exit 1 where a breach stands.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/commands.h"
#include "service/verify.h"

#define STATEMENT_TIMEOUT_MS (INT64_C(3600) * 1000)
#define PROGRESS_EVERY_US (5 * US_PER_S)

static const struct option options[] = {
	{ "repair", no_argument, NULL, 'r' },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 }
};

static void
tell_breach(const struct verify_breach *b)
{
	const char *space = b->of != NULL ? " " : "", *of = b->of != NULL ? b->of : "";

	if (b->after == NULL)
		printf("BREACH %s: %s%s%s: %s (%s)\n", b->check, b->id, space, of, b->what, b->invariant);
	else
		printf("MENDED %s: %s%s%s: from %s to %s (%s)\n", b->check, b->id, space, of, b->before, b->after, b->what);
	fflush(stdout);
}

static void
tell_progress_tty(const char *what, int64_t rows)
{
	fprintf(stderr, "\r%s: %" PRId64 "\033[K", what, rows);
}

static void
tell_progress(const char *what, int64_t rows)
{
	static int64_t told_us;

	if (clock_mono_us() - told_us < PROGRESS_EVERY_US)
		return;
	told_us = clock_mono_us();
	fprintf(stderr, "%s: %" PRId64 "\n", what, rows);
}

static bool
read_options(int argc, char **argv, bool *repair, bool *verbose)
{
	int c;

	optind = 0;	/* main() has read options of its own */
	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		if (c == 'r')
			*repair = true;
		else if (c == 'v')
			*verbose = true;
		else
			return false;
	}
	return optind == argc;
}

/* Patient: a range may take minutes where the disk is slow. */
static enum err
audit(const struct conf *conf, bool repair, const struct verify_ear *ear, struct fault *f, struct verify_sum *sum)
{
	struct conf patient = *conf;
	struct arena *a = arena_new();
	struct mall *m;
	enum err e;

	patient.db_timeout_ms = STATEMENT_TIMEOUT_MS;
	m = mall_new(&patient);
	mall_request(m, a, f, STATEMENT_TIMEOUT_MS);
	e = verify_run(m, repair, ear, sum);
	mall_free(m);
	arena_free(a);
	return e;
}

int
command_verify(const struct conf *conf, int argc, char **argv)
{
	struct verify_ear ear = { .breach = tell_breach };
	bool repair = false, verbose = false, tty = isatty(STDERR_FILENO);
	int64_t begun_us = clock_mono_us();
	struct fault f = { 0 };
	struct verify_sum sum;
	enum err e;

	if (!read_options(argc, argv, &repair, &verbose)) {
		fputs("usage: pointsmall verify [--repair] [-v]\n", stderr);
		return EX_USAGE;
	}
	if (tty || verbose)
		ear.progress = tty ? tell_progress_tty : tell_progress;
	e = audit(conf, repair, &ear, &f, &sum);
	if (tty)
		fputs("\r\033[K", stderr);
	if (e != E_OK) {
		fprintf(stderr, "pointsmall: verify: %s\n", f.cause[0] != '\0' ? f.cause : err_name(e));
		return EX_UNAVAILABLE;
	}
	if (repair)
		printf("%" PRId64 " mended\n", sum.mended);
	printf("%zu invariants checked in %.1f s, %" PRId64 " breaches\n", sum.checks,
	    (double)(clock_mono_us() - begun_us) / (double)US_PER_S, sum.breaches);
	return sum.breaches == 0 ? EX_OK : EXIT_FAILURE;
}
