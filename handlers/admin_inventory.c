/* SPDX-License-Identifier: Apache-2.0 */
/* admin_inventory.c: stock in and out, stocktaking, thresholds and the ledger of stock, for operators. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/inventory.h"

struct stock_in {
	int64_t		 change;
	int64_t		 counted;
	const char	*description;
};

static const struct json_field stock_in[] = {
	JSON_I64(struct stock_in, change, "change", JSON_OPTIONAL, -STOCK_MAX, STOCK_MAX),
	JSON_I64(struct stock_in, counted, "counted", JSON_OPTIONAL, 0, STOCK_MAX),
	JSON_STR(struct stock_in, description, "description", JSON_REQUIRED, 1, 200),
	JSON_END,
};

static const struct json_view record_view[] = {
	VIEW_STR(struct stock_record, id, "id", 0),
	VIEW_I64(struct stock_record, seq, "seq", 0),
	VIEW_I64(struct stock_record, type, "type", 0),
	VIEW_I64(struct stock_record, change, "change", 0),
	VIEW_I64(struct stock_record, stock_after, "stockAfter", 0),
	VIEW_STR(struct stock_record, order_id, "orderId", 0),
	VIEW_STR(struct stock_record, operator_id, "operatorId", 0),
	VIEW_STR(struct stock_record, description, "description", 0),
	VIEW_TIME(struct stock_record, created_at_us, "createdAt", 0),
	VIEW_END,
};

static const struct json_view moved_view[] = {
	VIEW_STR(struct stock_moved, product_id, "productId", 0),
	VIEW_I64(struct stock_moved, change, "change", 0),
	VIEW_I64(struct stock_moved, available, "available", 0),
	VIEW_I64(struct stock_moved, reserved, "reserved", 0),
	VIEW_BOOL(struct stock_moved, in_stock, "inStock", 0),
	VIEW_OBJ(struct stock_moved, record, "record", 0, record_view),
	VIEW_END,
};

/* Exactly one of the two, and a change that changes something. */
static enum err
one_of_two(struct req *r, const struct stock_in *in)
{
	bool change = in->change != I64_NONE, counted = in->counted != I64_NONE;

	if (change && in->change == 0)
		return fault_field(r->fault, "change", "不能为 0", "must not be 0");
	if (change && counted)
		return fault_field(r->fault, "counted", "不能与 change 同时出现", "must not come together with change");
	if (!change && !counted)
		return fault_field(r->fault, "change", "change 与 counted 必填其一", "one of change and counted is required");
	return E_OK;
}

/* POST /api/admin/inventory/:productId: stock in or out, or a stocktaking. */
enum err
admin_stock_post(struct req *r)
{
	struct stock_in in = { I64_NONE, I64_NONE, NULL };
	struct actor who = req_actor(r);
	struct stock_wish wish;
	struct stock_moved out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = req_json(r, stock_in, &in)) != E_OK || (e = one_of_two(r, &in)) != E_OK)
		return e;
	wish = (struct stock_wish){ id, in.change, in.counted, in.description };
	if ((e = inventory_move(r->mall, &who, &wish, req_once(r, 200, moved_view), &out)) != E_OK)
		return e;
	return reply_json(r, 200, moved_view, &out);
}

struct alert_in {
	int64_t	threshold;
};

static const struct json_field alert_in[] = {
	JSON_I64(struct alert_in, threshold, "threshold", JSON_REQUIRED | JSON_NULLABLE, 0, INT32_MAX),
	JSON_END,
};

static const struct json_view level_view[] = {
	VIEW_STR(struct stock_level, product_id, "productId", 0),
	VIEW_STR(struct stock_level, name, "name", 0),
	VIEW_I64(struct stock_level, status, "status", 0),
	VIEW_I64(struct stock_level, available, "available", 0),
	VIEW_I64(struct stock_level, reserved, "reserved", 0),
	VIEW_I64(struct stock_level, threshold, "threshold", 0),
	VIEW_END,
};

/* PUT /api/admin/inventory/:productId/alert: the threshold, or null for none. */
enum err
admin_alert_put(struct req *r)
{
	struct alert_in in;
	struct actor who = req_actor(r);
	struct stock_level out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = req_json(r, alert_in, &in)) != E_OK)
		return e;
	if ((e = inventory_set_alert(r->mall, &who, id, in.threshold, &out)) != E_OK)
		return e;
	return reply_json(r, 200, level_view, &out);
}

struct stock_query {
	struct keyset	cursor;
	int64_t		limit;
};

const struct query_field admin_stock_query[] = {
	QUERY_STRUCT(struct stock_query),
	QUERY_LIMIT(struct stock_query, limit),
	QUERY_CURSOR(struct stock_query, cursor),
	QUERY_LAST,
};

/* GET /api/admin/inventory/low: what is at or under its threshold. */
enum err
admin_low_get(struct req *r)
{
	const struct stock_query *q = r->query;
	struct actor who = req_actor(r);
	struct stock_level *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = inventory_low_list(r->mall, &who, &q->cursor, q->limit, &items, &n, &next, &total)) != E_OK)
		return e;
	return reply_page_total(r, level_view, items, sizeof(*items), n, &next, total);
}

/* GET /api/admin/inventory/:productId/records: the ledger of stock. */
enum err
admin_stock_records_get(struct req *r)
{
	const struct stock_query *q = r->query;
	struct actor who = req_actor(r);
	struct stock_record *items;
	struct keyset next;
	const char *id;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK)
		return e;
	e = inventory_records(r->mall, &who, id, &q->cursor, q->limit, &items, &n, &next, &total);
	if (e != E_OK)
		return e;
	return reply_page_total(r, record_view, items, sizeof(*items), n, &next, total);
}
