/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.c: what can be had. */
#include "handlers/handlers.h"
#include "service/inventory.h"

static const struct json_view stock_view[] = {
	VIEW_STR(struct stock, product_id, "productId", 0),
	VIEW_I64(struct stock, available, "available", 0),
	VIEW_I64(struct stock, reserved, "reserved", 0),
	VIEW_BOOL(struct stock, in_stock, "inStock", 0),
	VIEW_TIME(struct stock, updated_at_us, "updatedAt", 0),
	VIEW_END,
};

/* GET /api/mall/inventory/:productId */
enum err
inventory_get_one(struct req *r)
{
	struct stock out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = inventory_get(r->mall, id, &out)) != E_OK)
		return e;
	return reply_json(r, 200, stock_view, &out);
}

struct check_in {
	struct stock_check	*items;
	size_t			 nitems;
};

static const struct json_field check_item_in[] = {
	JSON_ID(struct stock_check, product_id, "productId", JSON_REQUIRED),
	JSON_I64(struct stock_check, quantity, "quantity", JSON_REQUIRED, 1, 99999),
	JSON_END,
};

static const struct json_field check_in[] = {
	JSON_LIST(struct check_in, items, nitems, "items", check_item_in, 1, 50),
	JSON_END,
};

static const struct json_view found_view[] = {
	VIEW_STR(struct stock_found, product_id, "productId", 0),
	VIEW_I64(struct stock_found, requested, "requested", 0),
	VIEW_I64(struct stock_found, available, "available", 0),
	VIEW_BOOL(struct stock_found, sufficient, "sufficient", 0),
	VIEW_END,
};

static const struct json_view check_view[] = {
	VIEW_LIST(struct stock_answer, items, nitems, "items", found_view),
	VIEW_BOOL(struct stock_answer, all_sufficient, "allSufficient", 0),
	VIEW_END,
};

/* POST /api/mall/inventory/check: which of these can be had now. */
enum err
inventory_check_post(struct req *r)
{
	struct check_in in;
	struct stock_answer out;
	enum err e;

	if ((e = req_json(r, check_in, &in)) != E_OK || (e = inventory_check(r->mall, in.items, in.nitems, &out)) != E_OK)
		return e;
	return reply_json(r, 200, check_view, &out);
}
