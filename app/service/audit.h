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

#endif
