/* SPDX-License-Identifier: Apache-2.0 */
/* admin_order.c: what operators do with orders; a merchant's operators with its own alone. */
#include "handlers/handlers.h"
#include "handlers/order.h"

static const struct json_field confirm_in[] = { JSON_END };

static const struct json_field ship_in[] = {
	JSON_STR(struct move_request, carrier, "carrier", JSON_REQUIRED, 1, 60),
	JSON_STR(struct move_request, tracking_no, "trackingNo", JSON_REQUIRED, 1, 100),
	JSON_END,
};

static const struct json_field progress_in[] = {
	JSON_I64(struct move_request, delivery_status, "deliveryStatus", JSON_REQUIRED, DELIVERY_SHIPPED,
	    DELIVERY_DELIVERED),
	JSON_STR(struct move_request, description, "description", JSON_REQUIRED, 1, 200),
	JSON_END,
};

static const struct json_field cancel_in[] = {
	JSON_STR(struct move_request, reason, "reason", JSON_REQUIRED, 1, 200),
	JSON_BOOL(struct move_request, out_of_stock, "outOfStock", JSON_OPTIONAL),
	JSON_END,
};

struct return_in {
	struct move_request	rq;
	bool			accepted;
};

static const struct json_field return_in[] = {
	JSON_BOOL(struct return_in, accepted, "accepted", JSON_REQUIRED),
	JSON_BOOL(struct return_in, rq.restock, "restock", JSON_OPTIONAL),
	JSON_STR(struct return_in, rq.reason, "reason", JSON_NULLABLE, 1, 200),
	JSON_END,
};

/* The receiver's number is for whoever asks for it, not for everybody who moves the order. */
static const char *
render_masked(void *arg, const void *result, struct arena *a, size_t *len)
{
	struct move_done done = *(const struct move_done *)result;
	struct buf b;

	done.order.delivery.receiver_phone = order_phone_masked(a, done.order.delivery.receiver_phone);
	buf_init(&b, a, 2048);
	json_encode(&b, arg, &done);
	*len = b.len;
	return b.p;
}

/* rq: the move, and what the body said. */
static enum err
operator_move(struct req *r, struct move_request *rq)
{
	struct actor who = req_actor(r);
	struct move_done out;
	enum err e;

	rq->operator = &who;
	req_seen(r, &rq->seen);
	(void)req_once(r, 200, operator_moved_view);
	r->once.render = render_masked;
	if ((e = order_move(r->mall, rq, &r->once, &out)) != E_OK)
		return e;
	out.order.delivery.receiver_phone = order_phone_masked(r->arena, out.order.delivery.receiver_phone);
	return reply_versioned(r, 200, operator_moved_view, &out, out.order.version);
}

static enum err
decoded_move(struct req *r, enum order_move move, const struct json_field *fields)
{
	struct move_request rq = { .move = move };
	bool body = r->body_len > 0 || fields != confirm_in;
	enum err e;

	if ((e = req_id(r, 0, &rq.order_id)) != E_OK || (body && (e = req_json(r, fields, &rq)) != E_OK))
		return e;
	return operator_move(r, &rq);
}

/* POST /api/admin/orders/:id/confirm */
enum err
admin_order_confirm_post(struct req *r)
{
	return decoded_move(r, MOVE_CONFIRM, confirm_in);
}

/* POST /api/admin/orders/:id/ship */
enum err
admin_order_ship_post(struct req *r)
{
	return decoded_move(r, MOVE_SHIP, ship_in);
}

/* POST /api/admin/orders/:id/delivery */
enum err
admin_order_delivery_post(struct req *r)
{
	return decoded_move(r, MOVE_DELIVERY, progress_in);
}

/* POST /api/admin/orders/:id/cancel */
enum err
admin_order_cancel_post(struct req *r)
{
	return decoded_move(r, MOVE_CANCEL, cancel_in);
}

/* POST /api/admin/orders/:id/return */
enum err
admin_order_return_post(struct req *r)
{
	struct return_in in = { .accepted = false };
	enum err e;

	if ((e = req_id(r, 0, &in.rq.order_id)) != E_OK || (e = req_json(r, return_in, &in)) != E_OK)
		return e;
	if (in.rq.restock && !in.accepted)
		return fault_field(r->fault, "restock", "未接受的退货不能入库", "a return that is refused brings nothing to stock");
	in.rq.move = in.accepted ? MOVE_ACCEPT_RETURN : MOVE_REFUSE_RETURN;
	return operator_move(r, &in.rq);
}
