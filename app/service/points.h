/* SPDX-License-Identifier: Apache-2.0 */
/* points.h: a user's points: the balance and the ledger behind it. */
#ifndef SERVICE_POINTS_H
#define SERVICE_POINTS_H

#include "service/mall.h"

struct points_balance {
	int64_t	balance;
	int64_t	held;		/* taken by pending orders, not in balance */
	int64_t	debt;
	int64_t	earned;
	int64_t	spent;
	struct points_expiring *expiring;	/* soonest first; of what does not expire, nothing */
	size_t	nexpiring;
};

struct points_expiring {
	int64_t	points;
	int64_t	expires_at_us;
};

/* Makes the account of one of the mall's users where the points live apart: at its first use. E_NOT_FOUND: there is no such user,
 * or they do not live apart, and the user's own row is the account. */
enum err points_account(struct mall *m, const char *user_id) MUST_CHECK;

/* E_NOT_FOUND where there is no such user. */
enum err points_balance(struct mall *m, const char *user_id, struct points_balance *out) MUST_CHECK;

struct points_record {
	const char	*id;
	int64_t		 seq;
	const char	*type;
	int64_t		 points;
	int64_t		 balance_after;
	const char	*description;
	const char	*related_id;
	int64_t		 created_at_us;
};

/* Newest first; type NULL: all. The keyset's n is the record's number. */
enum err points_records(struct mall *m, const char *user_id, const char *type, const struct keyset *after, int64_t limit,
    struct points_record **items, size_t *n, struct keyset *next) MUST_CHECK;

#endif
