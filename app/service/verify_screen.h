/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_screen.h: which accounts are worth a closer look. Reading each user's records in the order of the ledger means a
 * page of the disk for each record of a large shop; read in the order in which they lie there, they fit no user. So
 * every record goes into a sum of its user's that does not depend on the order, and the sums are held against the accounts.
 *
 * A whole ledger always agrees with its account, or the account has moved meanwhile; one that is not whole agrees with a
 * probability of 1 in 2^64. Whoever does not agree is asked for precisely, by a statement that sees one moment.
 */
#ifndef SERVICE_VERIFY_SCREEN_H
#define SERVICE_VERIFY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many accounts at most are looked at together: 32 MiB of sums. */
#define SCREEN_ACCOUNTS_MAX 393216

struct screen_record {
	const char	*user_id;
	int64_t		 seq;
	int64_t		 points;
	int64_t		 balance_after;
	int64_t		 earned;	/* what of points counts as earned, */
	int64_t		 spent;		/* and as spent */
};

struct screen_account {
	const char	*user_id;
	int64_t		 balance;
	int64_t		 seq;
	int64_t		 earned;
	int64_t		 spent;
	int64_t		 out;
};

struct screen;

/* For up to so many accounts. Ends the process without memory. */
struct screen *screen_new(size_t accounts);
void screen_free(struct screen *s);
void screen_add(struct screen *s, const struct screen_record *r);
/* Whether the account is as its records say. */
bool screen_agrees(const struct screen *s, const struct screen_account *a);

#endif
