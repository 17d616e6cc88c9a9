/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: points become goods. */
#include "handlers/handlers.h"
#include "handlers/order.h"
#include "service/exchange.h"

struct exchange_in {
	const char	*product_id;
	int64_t		 quantity;
	struct delivery	*delivery;
	int64_t		 points_cost;
	bool		 confirm;
	const char	*source;
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

static const struct json_view exchange_view[] = {
	VIEW_BOOL(struct exchange_done, success, "success", 0),
	VIEW_STR(struct exchange_done, order_id, "exchangeOrderId", 0),
	VIEW_STR(struct exchange_done, order_no, "orderNo", 0),
	VIEW_I64(struct exchange_done, status, "status", 0),
	VIEW_I64(struct exchange_done, remaining_points, "remainingPoints", 0),
	VIEW_TIME(struct exchange_done, estimated_delivery_us, "estimatedDelivery", 0),
	VIEW_BOOL(struct exchange_done, settling, "settling", JSON_OMIT_NULL),
	VIEW_END,
};

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
	wish = (struct exchange_wish){
		in.product_id, in.quantity, in.points_cost, json_text(r->arena, delivery_stored_view, in.delivery), in.source,
		!in.confirm,
	};
	e = exchange_create(r->mall, r->caller.id, &wish, req_once(r, 201, exchange_view), &out);
	if (e != E_OK)
		return e;
	return reply_json(r, 201, exchange_view, &out);
}
