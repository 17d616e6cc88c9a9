/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h: audits the invariants of the house on a living shop. Each check is one statement over a range of ids: one
 * short snapshot, in which nothing half done is ever seen. The ranges are small, so that neither memory nor the age of
 * a snapshot grows with the shop, and all checks of a range follow each other, so that its pages are read once.
 */
#ifndef SERVICE_VERIFY_H
#define SERVICE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/mall.h"

/* No more than this many breaches of one check are told of one range. */
#define VERIFY_BREACHES_MAX 1000

struct verify_breach {
	const char	*check;		/* its short name */
	const char	*invariant;	/* in words */
	const char	*id;		/* of the row */
	const char	*of;		/* the second half of its key, or NULL */
	const char	*what;		/* is wrong with it, in English */
	const char	*before;	/* where it was mended: from what */
	const char	*after;		/* to what; else NULL */
};

/* Told while it runs; either may be NULL. */
struct verify_ear {
	void	(*breach)(const struct verify_breach *b);
	void	(*progress)(const char *what, int64_t rows);	/* so many of them are done */
};

struct verify_sum {
	size_t	checks;
	int64_t	breaches;	/* that stand */
	int64_t	mended;
};

/*
 * Runs every check, and keeps the result for verify's metrics. With repair, what is derived is mended, a row a
 * transaction; records never are. The mall's connections are patient ones: a range may take minutes on a slow disk.
 */
enum err verify_run(struct mall *m, bool repair, const struct verify_ear *ear, struct verify_sum *sum) MUST_CHECK;

#endif
