/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_seed.c: `pointsmall seed`: the demo shop, or a shop of any size for load tests. Ends by itself; what it
 * did is told on standard output.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/num.h"
#include "run/commands.h"
#include "service/product.h"
#include "service/seed.h"
#include "store/db.h"

/* Blocks of 10,000 rows, and a whole shop, take longer than a request may. */
#define STATEMENT_TIMEOUT_MS (INT64_C(10) * 60 * 1000)
#define DEADLINE_US (INT64_C(24) * 3600 * US_PER_S)
#define CATEGORIES_DEFAULT 50
#define SEED_CATEGORIES_MAX (CATEGORIES_MAX / 2)	/* of what the tree may have: the demo is there too */

struct wanted {
	bool		 demo;
	bool		 load;
	struct seed_size size;
};

static const struct option options[] = {
	{ "demo", no_argument, NULL, 'd' },
	{ "products", required_argument, NULL, 'p' },
	{ "users", required_argument, NULL, 'u' },
	{ "records", required_argument, NULL, 'r' },
	{ "categories", required_argument, NULL, 'c' },
	{ NULL, 0, NULL, 0 }
};

static int
usage(void)
{
	fputs("usage: pointsmall seed --demo\n"
	    "       pointsmall seed [--products N] [--users N [--records N]] [--categories N]\n", stderr);
	return EX_USAGE;
}

static bool
read_options(int argc, char **argv, struct wanted *w)
{
	bool good = true;
	int c;

	optind = 0;	/* main() has read options of its own */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'd')
			w->load = true;
		switch (c) {
		case 'd':
			w->demo = true;
			break;
		case 'p':
			good = good && num_parse(optarg, 0, SEED_MAX, &w->size.products);
			break;
		case 'u':
			good = good && num_parse(optarg, 0, SEED_MAX, &w->size.users);
			break;
		case 'r':
			good = good && num_parse(optarg, 0, SEED_MAX, &w->size.records);
			break;
		case 'c':
			good = good && num_parse(optarg, SEED_CATEGORIES_MIN, SEED_CATEGORIES_MAX, &w->size.categories);
			break;
		default:
			return false;
		}
	}
	if (w->size.records > w->size.users * SEED_RECORDS_EACH_MAX)
		good = false;
	return good && optind == argc && (w->demo || w->load);
}

static void
say(const char *what, int64_t now, int64_t wanted)
{
	printf("%s: %" PRId64 " of %" PRId64 "\n", what, now, wanted);
	fflush(stdout);
}

static enum err
demo(struct db *db, struct arena *a)
{
	bool there = false;
	enum err e;

	if ((e = seed_demo(db, a, &there)) != E_OK)
		return e;
	puts(there ? "the demo shop is there already" : "the demo shop is there now");
	return E_OK;
}

static enum err
load(struct db *db, struct arena *a, const struct seed_size *size)
{
	const int64_t start_us = clock_mono_us();
	int64_t added = 0;
	enum err e;

	if ((e = seed_load(db, a, size, say, &added)) != E_OK)
		return e;
	printf("added %" PRId64 " rows and their ledgers in %.1f s\n", added,
	    (double)(clock_mono_us() - start_us) / (double)US_PER_S);
	return E_OK;
}

static enum err
with_connection(const struct conf *conf, enum db_use use, const struct wanted *w, struct fault *f)
{
	struct arena *a = arena_new();
	struct db *db = db_new(conf, use);
	enum err e;

	db_request(db, f, clock_mono_us() + DEADLINE_US);
	e = use == DB_OWNER ? demo(db, a) : load(db, a, &w->size);
	db_free(db);
	arena_free(a);
	return e;
}

int
command_seed(const struct conf *conf, int argc, char **argv)
{
	struct wanted w = { .size.categories = CATEGORIES_DEFAULT };
	struct conf patient = *conf;
	struct fault f = { 0 };
	enum err e = E_OK;

	if (!read_options(argc, argv, &w))
		return usage();
	patient.db_timeout_ms = STATEMENT_TIMEOUT_MS;
	if (w.demo)
		e = with_connection(&patient, DB_OWNER, &w, &f);
	if (e == E_OK && w.load)
		e = with_connection(&patient, DB_BATCH, &w, &f);
	if (e == E_OK)
		return EX_OK;
	fprintf(stderr, "pointsmall: seed: %s\n", f.cause[0] != '\0' ? f.cause : err_name(e));
	return e == E_DOWN ? EX_UNAVAILABLE : EX_SOFTWARE;
}
