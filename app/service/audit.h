/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h: who changed what, from what to what; written by the transaction that makes the change. */
#ifndef SERVICE_AUDIT_H
#define SERVICE_AUDIT_H

#include "service/mall.h"

struct db_batch;

/* An operator, as a service sees one. */
struct actor {
	const char	*role;		/* "admin" or "merchant" */
	const char	*id;
	const char	*merchant;	/* a merchant's own; NULL: an admin, who sees all */
	const char	*request_id;
};

/* before and after are JSON objects; NULL: there was, or is, nothing. Never tokens, secrets or phone numbers. */
struct audit_entry {
	const char	*action;	/* "product.update" */
	const char	*subject;	/* "product" */
	const char	*subject_id;
	const char	*before;
	const char	*after;
};

void audit_add(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry);

/* The log is the mall's. Where a change is in the points' own database, its line is written there with it, as an event, and
 * comes to the log by audit_carry(): at once by whoever made the change, or by jobs where that went wrong. Once: its id is made
 * with the change. */
#define AUDIT_EVENT "audit.line"
/* Adds the event; returns what audit_carry() takes. */
const char *audit_send(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry);
enum err audit_carry(struct mall *m, const char *line) MUST_CHECK;

struct audit_record {
	const char	*id;
	const char	*actor;		/* "admin:<id>" */
	const char	*role;
	const char	*merchant_id;
	const char	*action;
	const char	*subject;
	const char	*subject_id;
	const char	*before;
	const char	*after;
	const char	*request_id;
	int64_t		 created_at_us;
};

/* NULL and 0: not filtered by it. */
struct audit_filter {
	const char	*actor;
	const char	*subject;
	const char	*subject_id;
	const char	*action;
	int64_t		 from_us;
	int64_t		 until_us;	/* itself not */
};

/* Newest first; total is counted up to 10,000. */
enum err audit_list(struct mall *m, const struct audit_filter *f, const struct keyset *after, int64_t limit,
    struct audit_record **items, size_t *n, struct keyset *next, int64_t *total) MUST_CHECK;

#endif
