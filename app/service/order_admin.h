/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_admin.h: orders as operators look for them, one by one, in lists, and as files. A merchant's operator sees its own
 * alone; another's is not there.
 */
#ifndef SERVICE_ORDER_ADMIN_H
#define SERVICE_ORDER_ADMIN_H

#include "base/row.h"
#include "service/order.h"

/* What is looked for; NULL, 0 and I64_NONE: anything. */
struct order_filter {
	int64_t		 status;
	const char	*merchant_id;
	const char	*user_id;
	const char	*product_id;
	const char	*q;		/* how its number, or its tracking number, begins */
	int64_t		 from_us;	/* created then or later */
	int64_t		 until_us;	/* created before */
	int64_t		 needs_review;	/* 1: waits for an operator's review; 0: does not */
	int64_t		 settling;	/* 1: its saga runs; 0: does not */
	int64_t		 oldest;	/* 1: the oldest first */
};

/* One page; *total counts up to 10,000. Whoever shows them masks the telephone numbers. */
enum err order_search(struct mall *m, const struct actor *who, const struct order_filter *f, const struct keyset *after,
    int64_t limit, struct order **items, size_t *n, struct keyset *next, int64_t *total) MUST_CHECK;

/* One order in full: that it was looked at stands in the audit log. E_NOT_FOUND. */
enum err order_view_full(struct mall *m, const struct actor *who, const char *order_id, struct order *out) MUST_CHECK;

/* A line of an export. */
struct order_line {
	const char	*id;
	const char	*order_no;
	int64_t		 status;
	int64_t		 delivery_status;
	const char	*merchant_id;
	const char	*product_id;
	const char	*product_name;
	int64_t		 quantity;
	int64_t		 points_cost;
	const char	*user_id;
	const char	*receiver_name;
	const char	*receiver_phone;
	const char	*address;
	const char	*carrier;
	const char	*tracking_no;
	int64_t		 created_at_us;
	int64_t		 exchanged_at_us;
	int64_t		 shipped_at_us;
	int64_t		 delivered_at_us;
	int64_t		 cancelled_at_us;
	const char	*cancel_reason;
	const char	*return_reason;
};

/* Gives each that the filter finds, in no order that is promised. The telephone numbers are masked, unless full: that stands
 * in the audit log. */
enum err order_export(struct mall *m, const struct actor *who, const struct order_filter *f, bool full, row_fn *row,
    void *arg) MUST_CHECK;

struct order_shipment {
	const char	*order_no;
	const char	*carrier;
	const char	*tracking_no;
};

/* Ships one order by its number, in a transaction of its own. One that was shipped with this very tracking number is E_OK
 * too: a file can be sent again. E_NOT_FOUND, E_STATE. */
enum err order_ship(struct mall *m, const struct actor *who, const struct order_shipment *s) MUST_CHECK;

#endif
