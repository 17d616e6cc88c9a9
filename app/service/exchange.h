/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: points become goods. What becomes of the order then is order.h's. */
#ifndef SERVICE_EXCHANGE_H
#define SERVICE_EXCHANGE_H

#include "service/mall.h"
#include "service/once.h"
#include "service/order.h"
#include "service/product.h"

struct exchange_wish {
	const char	*product_id;
	int64_t		 quantity;	/* 1 to 99 */
	int64_t		 points_cost;	/* what the user was shown, or I64_NONE */
	const char	*delivery_json;	/* receiverName, receiverPhone, address */
	const char	*source;	/* where the user came from, or NULL */
	bool		 hold;		/* take points and stock, to be confirmed later */
};

struct exchange_done {
	bool		 success;
	const char	*order_id;
	const char	*order_no;
	int64_t		 status;
	int64_t		 remaining_points;	/* I64_NONE while that is not known */
	int64_t		 estimated_delivery_us;
	bool		 settling;	/* the points are still on their way: the outcome is found on the order */
};

/* Takes the points and the stock and makes the order, or nothing happened: one transaction in two round trips. The order is
 * confirmed, or waits: as a hold with its time, or without one for an operator where it costs more than the shop lets pass.
 * E_UNAVAILABLE, E_PRICE_CHANGED, E_LIMIT, E_POINTS, E_STOCK in this precedence (a product known to be sold out
 * may say E_STOCK first); E_INVALID where the cost does not fit; E_IN_PROGRESS, E_CONFLICT from the key. */
enum err exchange_create(struct mall *m, const char *user_id, const struct exchange_wish *w, const struct once *once,
    struct exchange_done *out) MUST_CHECK;

#endif
