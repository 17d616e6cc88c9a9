/* SPDX-License-Identifier: Apache-2.0 */
/* order_view.c: how orders are shown. */
#include "handlers/order.h"

static const struct json_view order_product_view[] = {
	VIEW_STR(struct order_product, id, "id", 0),
	VIEW_STR(struct order_product, name, "name", 0),
	VIEW_STR(struct order_product, description, "description", 0),
	VIEW_RAW(struct order_product, category, "category", 0),
	VIEW_RAW(struct order_product, merchant, "merchant", 0),
	VIEW_I64(struct order_product, points_price, "pointsPrice", 0),
	VIEW_RAW(struct order_product, original_price, "originalPrice", 0),
	VIEW_RAW(struct order_product, images, "images", 0),
	VIEW_RAW(struct order_product, specifications, "specifications", 0),
	VIEW_I64(struct order_product, stock_quantity, "stockQuantity", 0),
	VIEW_I64(struct order_product, sales_count, "salesCount", 0),
	VIEW_BOOL(struct order_product, is_hot, "isHot", 0),
	VIEW_BOOL(struct order_product, is_new, "isNew", 0),
	VIEW_I64(struct order_product, status, "status", 0),
	VIEW_I64(struct order_product, purchase_limit, "purchaseLimit", 0),
	VIEW_TIME(struct order_product, available_from_us, "availableFrom", 0),
	VIEW_TIME(struct order_product, available_until_us, "availableUntil", 0),
	VIEW_END,
};

static const struct json_view delivery_view[] = {
	VIEW_STR(struct delivery, receiver_name, "receiverName", 0),
	VIEW_STR(struct delivery, receiver_phone, "receiverPhone", 0),
	VIEW_STR(struct delivery, address, "address", 0),
	VIEW_STR(struct delivery, carrier, "carrier", JSON_OMIT_NULL),
	VIEW_STR(struct delivery, tracking_no, "trackingNo", JSON_OMIT_NULL),
	VIEW_END,
};

#define ORDER_MEMBERS \
	VIEW_STR(struct order, id, "id", 0), \
	VIEW_STR(struct order, order_no, "orderNo", 0), \
	VIEW_STR(struct order, user_id, "userId", 0), \
	VIEW_IN(struct order, product, "product", order_product_view), \
	VIEW_I64(struct order, quantity, "quantity", 0), \
	VIEW_I64(struct order, points_cost, "pointsCost", 0), \
	VIEW_I64(struct order, status, "status", 0), \
	VIEW_I64(struct order, delivery_status, "deliveryStatus", 0), \
	VIEW_IN(struct order, delivery, "deliveryInfo", delivery_view), \
	VIEW_TIME(struct order, exchanged_at_us, "exchangedAt", JSON_OMIT_NULL), \
	VIEW_TIME(struct order, estimated_delivery_us, "estimatedDelivery", JSON_OMIT_NULL), \
	VIEW_TIME(struct order, delivered_at_us, "deliveredAt", JSON_OMIT_NULL), \
	VIEW_TIME(struct order, expires_at_us, "expiresAt", JSON_OMIT_NULL), \
	VIEW_BOOL(struct order, settling, "settling", JSON_OMIT_NULL), \
	VIEW_STR(struct order, failure_code, "failureCode", JSON_OMIT_NULL), \
	VIEW_TIME(struct order, created_at_us, "createdAt", 0)

const struct json_view order_view[] = {
	ORDER_MEMBERS,
	VIEW_END,
};

const struct json_view order_operator_view[] = {
	ORDER_MEMBERS,
	VIEW_BOOL(struct order, needs_review, "needsReview", 0),
	VIEW_I64(struct order, version, "version", 0),
	VIEW_END,
};

const struct json_view moved_view[] = {
	VIEW_BOOL(struct move_done, success, "success", 0),
	VIEW_I64(struct move_done, remaining_points, "remainingPoints", 0),
	VIEW_IN(struct move_done, order, "order", order_view),
	VIEW_END,
};

const struct json_view confirmed_view[] = {
	VIEW_BOOL(struct move_done, success, "success", 0),
	VIEW_STR(struct move_done, order.id, "exchangeOrderId", 0),
	VIEW_STR(struct move_done, order.order_no, "orderNo", 0),
	VIEW_I64(struct move_done, order.status, "status", 0),
	VIEW_I64(struct move_done, remaining_points, "remainingPoints", 0),
	VIEW_TIME(struct move_done, order.estimated_delivery_us, "estimatedDelivery", 0),
	VIEW_END,
};

const struct json_view operator_moved_view[] = {
	VIEW_BOOL(struct move_done, success, "success", 0),
	VIEW_IN(struct move_done, order, "order", order_operator_view),
	VIEW_END,
};
