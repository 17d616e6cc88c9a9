/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h: the invariants of the house, each as one statement that gives what breaches it. May be asked of a shop
 * under load: each statement is one snapshot, so nothing half done is ever seen.
 */
#ifndef SERVICE_VERIFY_H
#define SERVICE_VERIFY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct db;

/* No more than this many breaches of one invariant are given. */
#define VERIFY_BREACHES_MAX 100

struct verify_breach {
	const char	*id;	/* of the row */
	const char	*what;	/* is wrong with it, in English */
};

/* How many invariants there are. */
size_t verify_count(void);
/* The i-th in words. */
const char *verify_invariant(size_t i);
/* Asks for the breaches of the i-th; they are the arena's. */
enum err verify_run(struct db *db, size_t i, struct arena *a, struct verify_breach **breaches,
    size_t *n) MUST_CHECK;

#endif
