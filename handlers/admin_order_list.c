/* SPDX-License-Identifier: Apache-2.0 */
/* admin_order_list.c: orders as operators look for them, and as files. */
#include "handlers/handlers.h"
#include "http/csv.h"
#include "http/query.h"
#include "service/order_admin.h"

struct admin_orders_query {
	struct order_filter	filter;
	int64_t			full;
	struct keyset		cursor;
	int64_t			limit;
};

#define FILTER \
	QUERY_I64(struct admin_orders_query, filter.status, "status", I64_NONE, 0, ORDER__MAX - 1), \
	QUERY_ID(struct admin_orders_query, filter.merchant_id, "merchantId"), \
	QUERY_ID(struct admin_orders_query, filter.user_id, "userId"), \
	QUERY_ID(struct admin_orders_query, filter.product_id, "productId"), \
	QUERY_TEXT(struct admin_orders_query, filter.q, "q", 100), \
	QUERY_TIME(struct admin_orders_query, filter.from_us, "from"), \
	QUERY_TIME(struct admin_orders_query, filter.until_us, "to"), \
	QUERY_FLAG(struct admin_orders_query, filter.needs_review, "needsReview"), \
	QUERY_FLAG(struct admin_orders_query, filter.settling, "settling")

const struct query_field admin_orders_csv_query[] = {
	QUERY_STRUCT(struct admin_orders_query),
	FILTER,
	QUERY_FLAG(struct admin_orders_query, full, "full"),
	QUERY_LAST,
};

static const struct json_view order_columns[] = {
	VIEW_STR(struct order_line, order_no, "orderNo", 0),
	VIEW_I64(struct order_line, status, "status", 0),
	VIEW_I64(struct order_line, delivery_status, "deliveryStatus", 0),
	VIEW_STR(struct order_line, product_name, "productName", 0),
	VIEW_I64(struct order_line, quantity, "quantity", 0),
	VIEW_I64(struct order_line, points_cost, "pointsCost", 0),
	VIEW_STR(struct order_line, receiver_name, "receiverName", 0),
	VIEW_STR(struct order_line, receiver_phone, "receiverPhone", 0),
	VIEW_STR(struct order_line, address, "address", 0),
	VIEW_STR(struct order_line, carrier, "carrier", 0),
	VIEW_STR(struct order_line, tracking_no, "trackingNo", 0),
	VIEW_TIME(struct order_line, created_at_us, "createdAt", 0),
	VIEW_TIME(struct order_line, exchanged_at_us, "exchangedAt", 0),
	VIEW_TIME(struct order_line, shipped_at_us, "shippedAt", 0),
	VIEW_TIME(struct order_line, delivered_at_us, "deliveredAt", 0),
	VIEW_TIME(struct order_line, cancelled_at_us, "cancelledAt", 0),
	VIEW_STR(struct order_line, cancel_reason, "cancelReason", 0),
	VIEW_STR(struct order_line, return_reason, "returnReason", 0),
	VIEW_STR(struct order_line, id, "id", 0),
	VIEW_STR(struct order_line, product_id, "productId", 0),
	VIEW_STR(struct order_line, user_id, "userId", 0),
	VIEW_STR(struct order_line, merchant_id, "merchantId", 0),
	VIEW_END,
};

static enum err
export_orders(struct req *r, row_fn *row, void *out)
{
	const struct admin_orders_query *q = r->query;
	const struct actor who = req_actor(r);

	return order_export(r->mall, &who, &q->filter, q->full == 1, row, out);
}

/* GET /api/admin/orders.csv */
enum err
admin_orders_csv_get(struct req *r)
{
	return reply_csv(r, "orders.csv", order_columns, export_orders);
}
