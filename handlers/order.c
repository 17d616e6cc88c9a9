/* SPDX-License-Identifier: Apache-2.0 */
/* order.c: a user's own orders, and what their user may do with them. */
#include "handlers/handlers.h"
#include "handlers/order.h"
#include "http/query.h"

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
	struct order_key key = { .user_id = r->caller.id };
	struct order out;
	enum err e;

	if ((e = req_id(r, 0, &key.id)) != E_OK || (e = order_get(r->mall, &key, &out)) != E_OK)
		return e;
	return reply_json(r, 200, order_view, &out);
}

/* ---- moves ---- */

static const struct json_field nothing_in[] = { JSON_END };

static const struct json_field reason_in[] = {
	JSON_STR(struct move_request, reason, "reason", JSON_NULLABLE, 1, 200),
	JSON_END,
};

static const struct json_field return_in[] = {
	JSON_STR(struct move_request, reason, "reason", JSON_REQUIRED, 1, 200),
	JSON_END,
};

/* A body in which nothing is required may be left out. */
static enum err
user_move(struct req *r, enum order_move move, const struct json_field *fields, const struct json_view *view)
{
	struct move_request rq = { .move = move, .user_id = r->caller.id, .seen = SEEN_ANY };
	struct move_done out;
	bool body = r->body_len > 0 || fields == return_in;
	enum err e;

	if ((e = req_id(r, 0, &rq.order_id)) != E_OK || (body && (e = req_json(r, fields, &rq)) != E_OK))
		return e;
	if ((e = order_move(r->mall, &rq, req_once(r, 200, view), &out)) != E_OK)
		return e;
	return reply_json(r, 200, view, &out);
}

/* POST /api/mall/exchange/orders/:id/confirm */
enum err
order_confirm_post(struct req *r)
{
	return user_move(r, MOVE_CONFIRM, nothing_in, confirmed_view);
}

/* POST /api/mall/exchange/orders/:id/cancel */
enum err
order_cancel_post(struct req *r)
{
	return user_move(r, MOVE_CANCEL, reason_in, moved_view);
}

/* POST /api/mall/exchange/orders/:id/receive */
enum err
order_receive_post(struct req *r)
{
	return user_move(r, MOVE_RECEIVE, nothing_in, moved_view);
}

/* POST /api/mall/exchange/orders/:id/return */
enum err
order_return_post(struct req *r)
{
	return user_move(r, MOVE_ASK_RETURN, return_in, moved_view);
}

/* ---- delivery ---- */

const struct json_field delivery_in[] = {
	JSON_WORDS(struct delivery, receiver_name, "receiverName", JSON_REQUIRED, 1, 32),
	JSON_STR(struct delivery, receiver_phone, "receiverPhone", JSON_REQUIRED, 5, 20),
	JSON_WORDS(struct delivery, address, "address", JSON_REQUIRED, 1, 200),
	JSON_END,
};

const struct json_view delivery_stored_view[] = {
	VIEW_STR(struct delivery, receiver_name, "receiverName", 0),
	VIEW_STR(struct delivery, receiver_phone, "receiverPhone", 0),
	VIEW_STR(struct delivery, address, "address", 0),
	VIEW_END,
};

/* PUT /api/mall/exchange/orders/:id/delivery-info */
enum err
order_delivery_info_put(struct req *r)
{
	struct delivery in;
	struct order out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = req_json(r, delivery_in, &in)) != E_OK)
		return e;
	e = order_set_delivery(r->mall, r->caller.id, id, json_text(r->arena, delivery_stored_view, &in), &out);
	if (e != E_OK)
		return e;
	return reply_json(r, 200, order_view, &out);
}

static const struct json_view parcel_event_view[] = {
	VIEW_TIME(struct parcel_event, time_us, "time", 0),
	VIEW_I64(struct parcel_event, status, "status", 0),
	VIEW_STR(struct parcel_event, description, "description", 0),
	VIEW_END,
};

static const struct json_view way_view[] = {
	VIEW_I64(struct order_way, delivery_status, "deliveryStatus", 0),
	VIEW_STR(struct order_way, carrier, "carrier", 0),
	VIEW_STR(struct order_way, tracking_no, "trackingNo", 0),
	VIEW_LIST(struct order_way, events, nevents, "events", parcel_event_view),
	VIEW_END,
};

/* GET /api/mall/exchange/orders/:id/delivery */
enum err
order_delivery_get(struct req *r)
{
	struct order_way out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = order_track(r->mall, r->caller.id, id, &out)) != E_OK)
		return e;
	return reply_json(r, 200, way_view, &out);
}
