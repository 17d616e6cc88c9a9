/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: points become goods; a user's own orders. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/exchange.h"

struct exchange_in {
	const char	*product_id;
	int64_t		 quantity;
	struct delivery	*delivery;
	int64_t		 points_cost;
	bool		 confirm;
	const char	*source;
};

static const struct json_field delivery_in[] = {
	JSON_STR(struct delivery, receiver_name, "receiverName", JSON_REQUIRED, 1, 32),
	JSON_STR(struct delivery, receiver_phone, "receiverPhone", JSON_REQUIRED, 5, 20),
	JSON_STR(struct delivery, address, "address", JSON_REQUIRED, 1, 200),
	JSON_END,
};

static const struct json_field exchange_in[] = {
	JSON_ID(struct exchange_in, product_id, "productId", JSON_REQUIRED),
	JSON_I64(struct exchange_in, quantity, "quantity", JSON_REQUIRED, 1, 99),
	JSON_OBJ(struct exchange_in, delivery, "deliveryInfo", JSON_REQUIRED, delivery_in),
	JSON_I64(struct exchange_in, points_cost, "pointsCost", JSON_NULLABLE, 1, INT32_MAX),
	JSON_BOOL(struct exchange_in, confirm, "confirm", JSON_OPTIONAL),
	JSON_STR(struct exchange_in, source, "source", JSON_NULLABLE, 1, 32),
	JSON_END,
};

static const struct json_view delivery_stored[] = {
	VIEW_STR(struct delivery, receiver_name, "receiverName", 0),
	VIEW_STR(struct delivery, receiver_phone, "receiverPhone", 0),
	VIEW_STR(struct delivery, address, "address", 0),
	VIEW_END,
};

static const struct json_view exchange_view[] = {
	VIEW_BOOL(struct exchange_done, success, "success", 0),
	VIEW_STR(struct exchange_done, order_id, "exchangeOrderId", 0),
	VIEW_STR(struct exchange_done, order_no, "orderNo", 0),
	VIEW_I64(struct exchange_done, status, "status", 0),
	VIEW_I64(struct exchange_done, remaining_points, "remainingPoints", 0),
	VIEW_TIME(struct exchange_done, estimated_delivery_us, "estimatedDelivery", 0),
	VIEW_END,
};

static const char *
delivery_text(struct arena *a, const struct delivery *d)
{
	struct buf b;

	buf_init(&b, a, 512);
	json_encode(&b, delivery_stored, d);
	return b.p;
}

/* POST /api/mall/exchange */
enum err
exchange_post(struct req *r)
{
	struct exchange_in in = { .points_cost = I64_NONE, .confirm = true };
	struct exchange_wish wish;
	struct exchange_done out;
	enum err e;

	if ((e = req_json(r, exchange_in, &in)) != E_OK)
		return e;
	if (!in.confirm)
		return fault_field(r->fault, "confirm", "暂不支持预占，请传 true 或省略", "holds are not supported yet; send true or leave it out");
	wish = (struct exchange_wish){
		in.product_id, in.quantity, in.points_cost, delivery_text(r->arena, in.delivery), in.source,
	};
	e = exchange_create(r->mall, r->caller.id, &wish, req_once(r, 201, exchange_view), &out);
	if (e != E_OK)
		return e;
	return reply_json(r, 201, exchange_view, &out);
}

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

static const struct json_view order_view[] = {
	VIEW_STR(struct order, id, "id", 0),
	VIEW_STR(struct order, order_no, "orderNo", 0),
	VIEW_STR(struct order, user_id, "userId", 0),
	VIEW_IN(struct order, product, "product", order_product_view),
	VIEW_I64(struct order, quantity, "quantity", 0),
	VIEW_I64(struct order, points_cost, "pointsCost", 0),
	VIEW_I64(struct order, status, "status", 0),
	VIEW_I64(struct order, delivery_status, "deliveryStatus", 0),
	VIEW_IN(struct order, delivery, "deliveryInfo", delivery_view),
	VIEW_TIME(struct order, exchanged_at_us, "exchangedAt", JSON_OMIT_NULL),
	VIEW_TIME(struct order, estimated_delivery_us, "estimatedDelivery", JSON_OMIT_NULL),
	VIEW_TIME(struct order, delivered_at_us, "deliveredAt", JSON_OMIT_NULL),
	VIEW_TIME(struct order, expires_at_us, "expiresAt", JSON_OMIT_NULL),
	VIEW_TIME(struct order, created_at_us, "createdAt", 0),
	VIEW_END,
};

struct orders_query {
	int64_t		status;
	struct keyset	cursor;
	int64_t		limit;
};

const struct query_field orders_query[] = {
	QUERY_STRUCT(struct orders_query),
	QUERY_I64(struct orders_query, status, "status", I64_NONE, 0, ORDER__MAX - 1),
	QUERY_LIMIT(struct orders_query, limit),
	QUERY_CURSOR(struct orders_query, cursor),
	QUERY_LAST,
};

/* GET /api/mall/exchange/orders */
enum err
orders_get(struct req *r)
{
	const struct orders_query *q = r->query;
	struct order *items;
	struct keyset next;
	size_t n;
	enum err e;

	if ((e = order_list(r->mall, r->caller.id, q->status, &q->cursor, q->limit, &items, &n, &next)) != E_OK)
		return e;
	return reply_page(r, order_view, items, sizeof(*items), n, &next);
}

/* GET /api/mall/exchange/orders/:id */
enum err
order_get_one(struct req *r)
{
	struct order out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = order_get(r->mall, r->caller.id, id, &out)) != E_OK)
		return e;
	return reply_json(r, 200, order_view, &out);
}

struct cancel_in {
	const char	*reason;
};

static const struct json_field cancel_in[] = {
	JSON_STR(struct cancel_in, reason, "reason", JSON_NULLABLE, 1, 200),
	JSON_END,
};

static const struct json_view cancel_view[] = {
	VIEW_BOOL(struct cancel_done, success, "success", 0),
	VIEW_I64(struct cancel_done, remaining_points, "remainingPoints", 0),
	VIEW_IN(struct cancel_done, order, "order", order_view),
	VIEW_END,
};

/* POST /api/mall/exchange/orders/:id/cancel; the body, with a reason, may be left out. */
enum err
order_cancel_post(struct req *r)
{
	struct cancel_in in = { NULL };
	struct cancel_done out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (r->body_len > 0 && (e = req_json(r, cancel_in, &in)) != E_OK))
		return e;
	e = order_cancel(r->mall, r->caller.id, id, in.reason, req_once(r, 200, cancel_view), &out);
	if (e != E_OK)
		return e;
	return reply_json(r, 200, cancel_view, &out);
}
