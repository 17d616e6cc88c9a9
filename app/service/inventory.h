/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory.h: what of a product can be had, and why: the stock, its ledger, and what operators do with both. Always as
 * it is now, never from a copy.
 *
 * available is what can be exchanged; reserved is what pending orders hold. Together they are what lies on the shelf.
 */
#ifndef SERVICE_INVENTORY_H
#define SERVICE_INVENTORY_H

#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"

struct db_batch;
struct product;

/* What operators may make available of a product. A column holds more than twice as much, so that pieces of orders that come
 * back fit always. */
#define STOCK_MAX INT64_C(1000000000)

/* What a line of the ledger is: the business's numbers. */
enum stock_change { STOCK_IN = 1, STOCK_OUT, STOCK_RESERVE, STOCK_RELEASE };

struct stock {
	const char	*product_id;
	int64_t		 available;
	int64_t		 reserved;	/* held by pending orders */
	bool		 in_stock;
	int64_t		 updated_at_us;
};

/* E_NOT_FOUND where the product is not on sale. */
enum err inventory_get(struct mall *m, const char *product_id, struct stock *out) MUST_CHECK;

struct stock_check {
	const char	*product_id;
	int64_t		 quantity;
};

struct stock_found {
	const char	*product_id;
	int64_t		 requested;
	int64_t		 available;	/* 0 where it cannot be exchanged now, or is unknown */
	bool		 sufficient;
};

struct stock_answer {
	struct stock_found	*items;
	size_t			 nitems;
	bool			 all_sufficient;
};

/* Which of these can be had now. A product named twice is held against its stock in all. */
enum err inventory_check(struct mall *m, const struct stock_check *items, size_t n, struct stock_answer *out) MUST_CHECK;

/* ---- parts of other services' transactions: each adds to the batch, where the product comes in the lock order ---- */

/* Pieces of a product for an order. product is as it was read before: the price, the limit, the threshold and the sale window
 * are held against the row. */
struct stock_taking {
	const struct product	*product;
	const char		*order_id;
	int64_t			 quantity;
};

/* Out at once, and sold. */
void inventory_take(struct db_batch *b, struct mall *m, const struct stock_taking *t);
/* Kept for an order that waits. */
void inventory_reserve(struct db_batch *b, struct mall *m, const struct stock_taking *t);

/* One step of the ledger after that, in pieces: released, sold, come back, corrected. type 0: sales alone change, and no
 * record tells of it. What an order's move does in all never makes less available than there was, so no step
 * tells mall.inventory.low. */
struct stock_step {
	const char	*product_id;
	int64_t		 type;		/* enum stock_change */
	int64_t		 available;
	int64_t		 reserved;
	int64_t		 sales;
	const char	*order_id;	/* or NULL */
	const char	*operator_id;	/* or NULL */
	const char	*why;
};

void inventory_step(struct db_batch *b, struct mall *m, const struct stock_step *step);

/* A product's first pieces, right after it was made with them. */
void inventory_first(struct db_batch *b, struct mall *m, const struct actor *who, const char *product_id,
    int64_t quantity);

/* ---- by operators: a merchant's own products, an admin's all; anything else is E_NOT_FOUND ---- */

struct stock_record {
	const char	*id;
	int64_t		 seq;
	int64_t		 type;		/* enum stock_change */
	int64_t		 change;	/* of what is available */
	int64_t		 stock_after;
	const char	*order_id;
	const char	*operator_id;
	const char	*description;
	int64_t		 created_at_us;
};

/* One of change and counted is I64_NONE. */
struct stock_wish {
	const char	*product_id;
	int64_t		 change;	/* not 0 */
	int64_t		 counted;	/* what lies on the shelf: available becomes counted less reserved */
	const char	*description;
};

struct stock_moved {
	const char		*product_id;
	int64_t			 change;	/* 0: it was counted as it was */
	int64_t			 available;
	int64_t			 reserved;
	bool			 in_stock;
	struct stock_record	*record;	/* NULL: nothing changed */
};

/* Stock in or out, or a stocktaking. E_STOCK: less would be left than nothing; E_CONFLICT: fewer were counted than pending
 * orders hold; E_INVALID: more than a stock can be. */
enum err inventory_move(struct mall *m, const struct actor *who, const struct stock_wish *w, const struct once *once,
    struct stock_moved *out) MUST_CHECK;

struct stock_level {
	const char	*product_id;
	const char	*name;
	int64_t		 status;	/* of the product: 1 on sale */
	int64_t		 available;
	int64_t		 reserved;
	int64_t		 threshold;	/* I64_NONE: none */
};

/* Sets the threshold, or takes it away with I64_NONE. Setting it tells nobody, however low the stock is: only a crossing
 * does. */
enum err inventory_set_alert(struct mall *m, const struct actor *who, const char *product_id, int64_t threshold,
    struct stock_level *out) MUST_CHECK;

/* What is at or under its threshold, the scarcest first. total is counted up to 10,000. */
enum err inventory_low_list(struct mall *m, const struct actor *who, const struct keyset *after, int64_t limit,
    struct stock_level **items, size_t *n, struct keyset *next, int64_t *total) MUST_CHECK;

/* The ledger of a product (of a deleted one too), newest first. */
enum err inventory_records(struct mall *m, const struct actor *who, const char *product_id, const struct keyset *after,
    int64_t limit, struct stock_record **items, size_t *n, struct keyset *next, int64_t *total) MUST_CHECK;

#endif
