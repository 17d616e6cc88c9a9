/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: points become goods, and goods points again. */
#ifndef SERVICE_EXCHANGE_H
#define SERVICE_EXCHANGE_H

#include "service/mall.h"
#include "service/once.h"
#include "service/product.h"

enum order_status {
	ORDER_PENDING = 0, ORDER_CONFIRMED, ORDER_SHIPPED, ORDER_COMPLETED, ORDER_CANCELLED, ORDER_RETURN_ASKED,
	ORDER_RETURNED, ORDER__MAX
};

struct delivery {
	const char	*receiver_name;
	const char	*receiver_phone;
	const char	*address;
	const char	*carrier;
	const char	*tracking_no;
};

struct exchange_wish {
	const char	*product_id;
	int64_t		 quantity;	/* 1 to 99 */
	int64_t		 points_cost;	/* what the user was shown, or I64_NONE */
	const char	*delivery_json;	/* receiverName, receiverPhone, address */
	const char	*source;	/* where the user came from, or NULL */
};

struct exchange_done {
	bool		 success;
	const char	*order_id;
	const char	*order_no;
	int64_t		 status;
	int64_t		 remaining_points;
	int64_t		 estimated_delivery_us;
};

/* Takes the points and the stock and makes the confirmed order, or nothing happened: one transaction in two round trips.
 * E_UNAVAILABLE, E_PRICE_CHANGED, E_LIMIT, E_POINTS, E_STOCK in this precedence (a product known to be sold out
 * may say E_STOCK first); E_INVALID where the cost does not fit; E_IN_PROGRESS, E_CONFLICT from the key. */
enum err exchange_create(struct mall *m, const char *user_id, const struct exchange_wish *w, const struct once *once,
    struct exchange_done *out) MUST_CHECK;

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
	struct order_product	 product;
	int64_t			 quantity;
	int64_t			 points_cost;
	int64_t			 status;
	int64_t			 delivery_status;
	struct delivery		 delivery;
	int64_t			 exchanged_at_us;
	int64_t			 estimated_delivery_us;
	int64_t			 delivered_at_us;
	int64_t			 expires_at_us;
	int64_t			 created_at_us;
};

/* A user's own order; another's is E_NOT_FOUND. */
enum err order_get(struct mall *m, const char *user_id, const char *order_id, struct order *out) MUST_CHECK;
/* Newest first; status I64_NONE: all. */
enum err order_list(struct mall *m, const char *user_id, int64_t status, const struct keyset *after, int64_t limit,
    struct order **items, size_t *n, struct keyset *next) MUST_CHECK;

struct cancel_done {
	bool		 success;
	int64_t		 remaining_points;
	struct order	 order;
};

/* 1 → 4 by the user: points, stock and the purchase limit come back once. E_STATE from any other status. */
enum err order_cancel(struct mall *m, const char *user_id, const char *order_id, const char *reason,
    const struct once *once, struct cancel_done *out) MUST_CHECK;

#endif
