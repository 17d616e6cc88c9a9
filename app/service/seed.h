/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed.h: fills a migrated database: the demo shop, or a shop of any size for load tests. Both keep every
 * invariant that verify.h checks. For the command line only.
 */
#ifndef SERVICE_SEED_H
#define SERVICE_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct db;

#define SEED_MERCHANTS 10
#define SEED_CATEGORIES_MIN 2
/* Ids and openids have room for more; this is what a check on the command line asks for. */
#define SEED_MAX INT64_C(100000000)
/* Of one user. */
#define SEED_RECORDS_EACH_MAX 1000

struct seed_size {
	int64_t	categories;	/* at least SEED_CATEGORIES_MIN where there are products */
	int64_t	products;
	int64_t	users;
	int64_t	records;	/* of the users' points, in all; at least one each */
};

/* Called after each transaction: how many rows of what there are now, of so many that shall be. */
typedef void seed_say(const char *what, int64_t now, int64_t wanted);

/* The demo shop, in one transaction; db is a DB_OWNER connection. *there: it was there already, nothing was
 * done. */
enum err seed_demo(struct db *db, struct arena *a, bool *there) MUST_CHECK;

/* Adds what is missing of merchants, categories, products with their stock, and users with their points; *added is
 * how many rows of these that were. Each user that is added has as many records as any other. db is a DB_BATCH connection. Each block of rows is a transaction: broken
 * off, the next run goes on from there. */
enum err seed_load(struct db *db, struct arena *a, const struct seed_size *size, seed_say *say,
    int64_t *added) MUST_CHECK;

#endif
