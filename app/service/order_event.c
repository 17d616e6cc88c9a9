/* SPDX-License-Identifier: Apache-2.0 */
/* order_event.c: the table of the events of orders. */
#include "service/order_event.h"

#define SHOP "[\"notify\",\"recommend\",\"stats\"]"
#define QUIET "[\"notify\",\"stats\"]"

static const struct json_view exchanged[] = {
	VIEW_STR(struct order_told, user_id, "userId", 0), VIEW_STR(struct order_told, product_id, "productId", 0),
	VIEW_I64(struct order_told, quantity, "quantity", 0), VIEW_I64(struct order_told, points_cost, "pointsCost", 0),
	VIEW_STR(struct order_told, order_id, "orderId", 0), VIEW_END,
};

static const struct json_view moved[] = {
	VIEW_STR(struct order_told, user_id, "userId", 0), VIEW_STR(struct order_told, product_id, "productId", 0),
	VIEW_STR(struct order_told, order_id, "orderId", 0), VIEW_I64(struct order_told, status, "status", 0),
	VIEW_STR(struct order_told, reason, "reason", JSON_OMIT_NULL), VIEW_END,
};

static const struct json_view tracked[] = {
	VIEW_STR(struct order_told, user_id, "userId", 0), VIEW_STR(struct order_told, order_id, "orderId", 0),
	VIEW_I64(struct order_told, delivery_status, "deliveryStatus", 0), VIEW_END,
};

static const struct json_view ended[] = {
	VIEW_STR(struct order_told, user_id, "userId", 0), VIEW_STR(struct order_told, order_id, "orderId", 0), VIEW_END,
};

const struct order_event_def order_events[TOLD__MAX] = {
	[TOLD_EXCHANGED] = { "mall.product.exchanged", "[\"profile\",\"recommend\",\"notify\",\"stats\"]", exchanged },
	[TOLD_HELD] = { "mall.order.held", SHOP, moved },
	[TOLD_SHIPPED] = { "mall.order.shipped", SHOP, moved },
	[TOLD_TRACKED] = { "mall.order.tracked", QUIET, tracked },
	[TOLD_DELIVERED] = { "mall.order.delivered", QUIET, ended },
	[TOLD_COMPLETED] = { "mall.order.completed", QUIET, ended },
	[TOLD_CANCELLED] = { "mall.order.cancelled", SHOP, moved },
	[TOLD_RETURN_ASKED] = { "mall.order.return_asked", QUIET, moved },
	[TOLD_RETURN_REFUSED] = { "mall.order.return_refused", QUIET, moved },
	[TOLD_RETURNED] = { "mall.order.returned", SHOP, moved },
};
