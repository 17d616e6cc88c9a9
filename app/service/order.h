/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h: an order's life once it is there: its moves, each a row of one table, and the reads of it.
 *
 * A move happens whole or not at all, in one transaction: the order's row, its timer and its parcel's way, the points, the
 * purchase counter, the events, the stock with its records, and what an operator did in the audit log.
 */
#ifndef SERVICE_ORDER_H
#define SERVICE_ORDER_H

#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"
#include "service/seen.h"

enum order_status {
	ORDER_PENDING = 0, ORDER_CONFIRMED, ORDER_SHIPPED, ORDER_COMPLETED, ORDER_CANCELLED, ORDER_RETURN_ASKED,
	ORDER_RETURNED, ORDER__MAX
};

enum delivery_status {
	DELIVERY_NONE = 0, DELIVERY_PREPARING, DELIVERY_SHIPPED, DELIVERY_IN_TRANSIT, DELIVERY_DELIVERED, DELIVERY_RETURNED
};

struct delivery {
	const char	*receiver_name;
	const char	*receiver_phone;
	const char	*address;
	const char	*carrier;
	const char	*tracking_no;
};

/* A product as it was when it was exchanged; stock, sales and marks are today's. */
struct order_product {
	const char	*id;
	const char	*name;
	const char	*description;
	const char	*category;	/* JSON */
	const char	*merchant;	/* JSON */
	int64_t		 points_price;
	const char	*original_price;
	const char	*images;
	const char	*specifications;
	int64_t		 stock_quantity;
	int64_t		 sales_count;
	bool		 is_hot;
	bool		 is_new;
	int64_t		 status;
	int64_t		 purchase_limit;
	int64_t		 available_from_us;
	int64_t		 available_until_us;
};

struct order {
	const char		*id;
	const char		*order_no;
	const char		*user_id;
	const char		*merchant_id;	/* whose goods they are, or NULL */
	struct order_product	 product;
	int64_t			 quantity;
	int64_t			 points_cost;
	int64_t			 status;
	int64_t			 delivery_status;
	int64_t			 version;
	bool			 settling;	/* its saga still runs: no move but the saga's own */
	bool			 needs_review;	/* an operator alone may confirm it */
	const char		*failure_code;	/* why the points could not be had */
	struct delivery		 delivery;
	int64_t			 exchanged_at_us;
	int64_t			 estimated_delivery_us;
	int64_t			 delivered_at_us;
	int64_t			 expires_at_us;
	int64_t			 created_at_us;
};

/* Whose order, and which: user_id NULL: anybody's; merchant_id NULL: any merchant's. */
struct order_key {
	const char	*id;
	const char	*user_id;
	const char	*merchant_id;
};

/* Another's order is E_NOT_FOUND. */
enum err order_get(struct mall *m, const struct order_key *key, struct order *out) MUST_CHECK;
/* A user's own, newest first; status I64_NONE: all. */
enum err order_list(struct mall *m, const char *user_id, int64_t status, const struct keyset *after, int64_t limit,
    struct order **items, size_t *n, struct keyset *next) MUST_CHECK;

/* ---- moves ---- */

enum order_move {
	MOVE_CONFIRM = 1,	/* 0 → 1 */
	MOVE_CANCEL,		/* 0, 1 → 4 */
	MOVE_RELEASE,		/* 0 → 4, when a hold's time is up */
	MOVE_SHIP,		/* 1 → 2 */
	MOVE_DELIVERY,		/* 2 stays 2: where the parcel is */
	MOVE_RECEIVE,		/* 2 → 3 */
	MOVE_COMPLETE,		/* 2 → 3, by time */
	MOVE_ASK_RETURN,	/* 2, 3 → 5 */
	MOVE_ACCEPT_RETURN,	/* 5 → 6 */
	MOVE_REFUSE_RETURN,	/* 5 → 3 */
	/* the saga's, on an order that is settling, which then no longer is */
	MOVE_SETTLED_HOLD,	/* 0 stays 0: its points are taken, and it waits */
	MOVE_SETTLED_CONFIRM,	/* 0 → 1: its points are taken */
	MOVE_SETTLED_FAIL,	/* 0 → 4: its points could not be had; only the stock and the counter come back */
	MOVE_SETTLED_GIVEN,	/* 4, 6 stay: its points are back; nothing but settling changes, and nothing is told */
	MOVE__MAX
};

struct db_batch;
struct move_done;

/* What a saga has to say in the transaction of its own moves. */
struct move_saga {
	/* Adds its statements, which must hold: first in the batch, on every run. */
	void		(*first)(struct db_batch *b, struct mall *m, void *arg);
	/* When the batch was run and out is filled, before COMMIT (it may call once_keep()). */
	enum err	(*last)(struct mall *m, void *arg, const struct move_done *out);
	void		*arg;
};

struct move_request {
	enum order_move		 move;
	const char		*order_id;
	const char		*user_id;	/* a user's own move, or NULL */
	const struct actor	*operator;	/* an operator's, or NULL; neither: by time, or the saga's */
	struct seen		 seen;		/* one of which the order must have */
	const char		*reason;	/* of cancel, release, returns; or NULL */
	const char		*carrier;	/* of ship */
	const char		*tracking_no;	/* of ship */
	int64_t			 delivery_status;	/* of delivery: 2 to 4 */
	const char		*description;	/* of delivery */
	bool			 restock;	/* of an accepted return: its pieces can be sold again */
	bool			 out_of_stock;	/* of an operator's cancel: its pieces are not there; the stock is corrected */
	const char		*failure_code;	/* of settled-fail: "insufficient_points", … */
	const struct move_saga	*saga;		/* of the settled moves, or NULL */
};

struct move_done {
	bool		 success;
	int64_t		 remaining_points;	/* the user's, or I64_NONE while that is not known */
	struct order	 order;			/* as it is now */
};

/* Does the move once; out is what once renders. E_NOT_FOUND: another user's or merchant's order. E_STATE: not from its
 * present status, or not by this caller. E_PRECONDITION: it has another version. E_IN_PROGRESS, E_CONFLICT from the key. */
enum err order_move(struct mall *m, const struct move_request *rq, const struct once *once,
    struct move_done *out) MUST_CHECK;

/* Where it goes, until it is shipped; delivery_json has receiverName, receiverPhone and address. E_NOT_FOUND, E_STATE. */
enum err order_set_delivery(struct mall *m, const char *user_id, const char *order_id, const char *delivery_json,
    struct order *out) MUST_CHECK;

struct parcel_event {
	int64_t		 time_us;
	int64_t		 status;	/* enum delivery_status */
	const char	*description;
};

struct order_way {
	int64_t			 delivery_status;
	const char		*carrier;
	const char		*tracking_no;
	struct parcel_event	*events;	/* newest first */
	size_t			 nevents;
};

/* Where a user's own order is. E_NOT_FOUND. */
enum err order_track(struct mall *m, const char *user_id, const char *order_id, struct order_way *out) MUST_CHECK;

/* One step of the task: holds whose time is up are released, what was shipped long ago is completed; one transaction each.
 * *more: others are due. */
enum err order_due(struct mall *m, bool *more) MUST_CHECK;

/* Hides the middle of a telephone number: 138****8000. */
const char *order_phone_masked(struct arena *a, const char *phone);

#endif
