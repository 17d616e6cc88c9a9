/* SPDX-License-Identifier: Apache-2.0 */
/* admin_order_list.c: orders as operators look for them, and as files. */
#include <string.h>

#include "handlers/handlers.h"
#include "handlers/order.h"
#include "http/csv.h"
#include "http/problem.h"
#include "http/query.h"
#include "service/order_admin.h"

#define SHIP_LINES_MAX 5000
#define Q_MIN 6	/* a day's orders; what begins with less would be half of all */

static const char *const sort_words[] = { "newest", "oldest", NULL };

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
	QUERY_TEXT_FROM(struct admin_orders_query, filter.q, "q", Q_MIN, 100), \
	QUERY_TIME(struct admin_orders_query, filter.from_us, "from"), \
	QUERY_TIME(struct admin_orders_query, filter.until_us, "to"), \
	QUERY_FLAG(struct admin_orders_query, filter.needs_review, "needsReview"), \
	QUERY_FLAG(struct admin_orders_query, filter.settling, "settling")

const struct query_field admin_orders_query[] = {
	QUERY_STRUCT(struct admin_orders_query),
	FILTER,
	QUERY_WORD(struct admin_orders_query, filter.oldest, "sort", sort_words),
	QUERY_LIMIT(struct admin_orders_query, limit),
	QUERY_CURSOR(struct admin_orders_query, cursor),
	QUERY_LAST,
};

const struct query_field admin_orders_csv_query[] = {
	QUERY_STRUCT(struct admin_orders_query),
	FILTER,
	QUERY_FLAG(struct admin_orders_query, full, "full"),
	QUERY_LAST,
};

/* GET /api/admin/orders */
enum err
admin_orders_get(struct req *r)
{
	const struct admin_orders_query *q = r->query;
	const struct actor who = req_actor(r);
	struct order *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	e = order_search(r->mall, &who, &q->filter, &q->cursor, q->limit, &items, &n, &next, &total);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		items[i].delivery.receiver_phone = order_phone_masked(r->arena, items[i].delivery.receiver_phone);
	return reply_page_total(r, order_operator_view, items, sizeof(*items), n, &next, total);
}

/* GET /api/admin/orders/:id */
enum err
admin_order_get_one(struct req *r)
{
	const struct actor who = req_actor(r);
	struct order out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = order_view_full(r->mall, &who, id, &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, order_operator_view, &out, out.version);
}

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

/* ---- shipping by a file ---- */

static const struct json_field shipment_in[] = {
	JSON_STR(struct order_shipment, order_no, "orderNo", JSON_REQUIRED, 1, 32),
	JSON_STR(struct order_shipment, carrier, "carrier", JSON_REQUIRED, 1, 60),
	JSON_STR(struct order_shipment, tracking_no, "trackingNo", JSON_REQUIRED, 1, 100),
	JSON_END,
};

struct line_failed {
	int64_t		 line;
	const char	*order_no;
	const char	*code;
	const char	*message;
};

struct ship_report {
	int64_t			 shipped;
	struct line_failed	*failed;
	size_t			 nfailed;
};

static const struct json_view line_failed_view[] = {
	VIEW_I64(struct line_failed, line, "line", 0),
	VIEW_STR(struct line_failed, order_no, "orderNo", 0),
	VIEW_STR(struct line_failed, code, "code", 0),
	VIEW_STR(struct line_failed, message, "message", 0),
	VIEW_END,
};

static const struct json_view ship_report_view[] = {
	VIEW_I64(struct ship_report, shipped, "shipped", 0),
	VIEW_LIST(struct ship_report, failed, nfailed, "failed", line_failed_view),
	VIEW_END,
};

/* Each line by itself; what it took of the arena is given back. */
static enum err
ship_line(struct req *r, const struct actor *who, const struct order_shipment *s)
{
	struct arena_mark mark = arena_mark(r->arena);
	enum err e;

	memset(r->fault, 0, sizeof(*r->fault));
	e = order_ship(r->mall, who, s);
	if (e != E_OK && problem_status(e) >= 500)
		problem_log(r, e);
	memset(r->fault, 0, sizeof(*r->fault));
	arena_release(r->arena, mark);
	return e;
}

/* Where the database is gone, the lines that are left are told so, and not tried one after another. */
static void
ship_lines(struct req *r, const struct csv_rows *rows, struct ship_report *out)
{
	const struct actor who = req_actor(r);
	const struct order_shipment *s = rows->items;
	bool down = false;
	enum err e = E_OK;

	out->failed = arena_array(r->arena, rows->n, sizeof(*out->failed));
	for (size_t i = 0; i < rows->n; i++) {
		if (!down)
			e = ship_line(r, &who, &s[i]);
		down = e != E_OK && problem_status(e) >= 500;
		if (e == E_OK)
			out->shipped++;
		else
			out->failed[out->nfailed++] = (struct line_failed){
				rows->lines[i], s[i].order_no, err_name(e), problem_detail(r, e),
			};
	}
}

/* POST /api/admin/orders/ship.csv */
enum err
admin_orders_ship_post(struct req *r)
{
	struct ship_report out = { .shipped = 0 };
	struct csv_rows rows;
	enum err e;

	if ((e = req_csv(r, shipment_in, sizeof(struct order_shipment), NULL, SHIP_LINES_MAX, &rows)) != E_OK)
		return e;
	ship_lines(r, &rows, &out);
	return reply_json(r, 200, ship_report_view, &out);
}
