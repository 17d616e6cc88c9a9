/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mend.h: puts right what is derived from the ledgers and the orders. Each mending locks its row, derives what it should
 * be as everything stands then, changes the row and writes the audit log, all in one transaction: safe under load, since
 * every writer changes such a row by a difference and has its lock first.
 */
#ifndef SERVICE_MEND_H
#define SERVICE_MEND_H

#include "service/mall.h"

enum mend {
	MEND_NOT,	/* a record, or what only somebody who knows can put right */
	MEND_USER_POINTS,
	MEND_PRODUCT_STOCK,
	MEND_PRODUCT_SALES,
	MEND_COUNTER,
	MEND_TIMER,
	MEND_TIMER_EXTRA,
	MEND_KEY,
	MEND__MAX
};

struct mended {
	const char	*before;	/* JSON */
	const char	*after;
};

/* The row with this key; of is the key's second half where it has one. E_NOT_FOUND: what it should be cannot be derived, or
 * is what it is; nothing was done. */
enum err mend_row(struct mall *m, enum mend how, const char *id, const char *of, struct mended *out) MUST_CHECK;

#endif
