/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_verify.c: `pointsmall verify`: audits every invariant, at any time, also under load. One line a breach
 * and a summary on standard output; exit 1 where there is a breach.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "run/commands.h"
#include "service/verify.h"
#include "store/db.h"

/* A statement reads whole tables. */
#define STATEMENT_TIMEOUT_MS (INT64_C(3600) * 1000)
#define DEADLINE_US (INT64_C(24) * 3600 * US_PER_S)

static void
tell(size_t i, const struct verify_breach *breaches, size_t n)
{
	for (size_t k = 0; k < n; k++)
		printf("BREACH %s: %s: %s\n", verify_invariant(i), breaches[k].id, breaches[k].what);
	if (n == VERIFY_BREACHES_MAX)
		printf("BREACH %s: and perhaps more\n", verify_invariant(i));
	fflush(stdout);
}

static enum err
audit(struct db *db, size_t *total)
{
	struct arena *a = arena_new();
	struct verify_breach *breaches;
	size_t n;
	enum err e = E_OK;

	for (size_t i = 0; i < verify_count() && e == E_OK; i++) {
		arena_reset(a);
		if ((e = verify_run(db, i, a, &breaches, &n)) != E_OK)
			break;
		tell(i, breaches, n);
		*total += n;
	}
	arena_free(a);
	return e;
}

int
command_verify(const struct conf *conf, int argc, char **argv)
{
	struct conf patient = *conf;
	struct fault f = { 0 };
	struct db *db;
	size_t total = 0;
	enum err e;

	(void)argv;
	if (argc != 1) {
		fputs("usage: pointsmall verify\n", stderr);
		return EX_USAGE;
	}
	patient.db_timeout_ms = STATEMENT_TIMEOUT_MS;
	db = db_new(&patient, DB_PLAIN);
	db_request(db, &f, clock_mono_us() + DEADLINE_US);
	e = audit(db, &total);
	db_free(db);
	if (e != E_OK) {
		fprintf(stderr, "pointsmall: verify: %s\n", f.cause[0] != '\0' ? f.cause : err_name(e));
		return EX_UNAVAILABLE;
	}
	printf("%zu invariants checked, %zu breaches\n", verify_count(), total);
	return total == 0 ? EX_OK : EXIT_FAILURE;
}
