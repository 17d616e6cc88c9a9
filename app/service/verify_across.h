/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_across.h: orders against the records of their points where these live in another database, so that no statement
 * sees both.
 */
#ifndef SERVICE_VERIFY_ACROSS_H
#define SERVICE_VERIFY_ACROSS_H

#include "service/mall.h"

enum across { ACROSS_NONE = 0, ACROSS_TAKEN, ACROSS_GIVEN, ACROSS_RECORD };

struct across_breach {
	enum across	 kind;
	const char	*id;	/* the order's, or of ACROSS_RECORD the record's */
	const char	*what;
};

/*
 * What breaches of the orders with ids from..to, and of the records that name such an order, in the request's arena.
 *
 * The orders are read before the records and once more after them. The points of an order only change while it is
 * settling, and each end of that raises its version: an order that was not settling, and is the same, had its records as
 * they are when they were read. Whatever moved meanwhile is left to the next run.
 */
enum err verify_across(struct mall *m, const char *from, const char *to, struct across_breach **out, size_t *n) MUST_CHECK;

#endif
