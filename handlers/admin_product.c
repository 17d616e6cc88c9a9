/* SPDX-License-Identifier: Apache-2.0 */
/* admin_product.c: products by operators. */
#include "handlers/handlers.h"
#include "http/csv.h"
#include "http/query.h"
#include "service/inventory.h"
#include "service/product_admin.h"

#define IMAGES_MAX 20
#define SPECIFICATIONS_MAX 16384
#define SPECIFICATIONS_LEVELS 8	/* within orders and the audit log they are deeper, and MariaDB ends at 32 */
#define YUAN_MAX 99999999
#define LINES_MAX 1000

static const struct json_view named_view[] = {
	VIEW_STR(struct named, id, "id", 0), VIEW_STR(struct named, name, "name", 0), VIEW_END,
};

static const struct json_view row_view[] = {
	VIEW_STR(struct product_row, p.id, "id", 0),
	VIEW_STR(struct product_row, p.name, "name", 0),
	VIEW_STR(struct product_row, p.description, "description", 0),
	VIEW_IN(struct product_row, p.category, "category", named_view),
	VIEW_OBJ(struct product_row, merchant, "merchant", 0, named_view),
	VIEW_I64(struct product_row, p.points_price, "pointsPrice", 0),
	VIEW_RAW(struct product_row, p.original_price, "originalPrice", 0),
	VIEW_RAW(struct product_row, p.images, "images", 0),
	VIEW_RAW(struct product_row, p.specifications, "specifications", 0),
	VIEW_I64(struct product_row, p.stock_quantity, "stockQuantity", 0),
	VIEW_I64(struct product_row, reserved, "reservedQuantity", 0),
	VIEW_I64(struct product_row, p.alert_threshold, "alertThreshold", 0),
	VIEW_I64(struct product_row, p.sales_count, "salesCount", 0),
	VIEW_BOOL(struct product_row, p.is_hot, "isHot", 0),
	VIEW_BOOL(struct product_row, p.is_new, "isNew", 0),
	VIEW_I64(struct product_row, p.status, "status", 0),
	VIEW_I64(struct product_row, p.purchase_limit, "purchaseLimit", 0),
	VIEW_TIME(struct product_row, p.available_from_us, "availableFrom", 0),
	VIEW_TIME(struct product_row, p.available_until_us, "availableUntil", 0),
	VIEW_I64(struct product_row, p.sort_order, "sortOrder", 0),
	VIEW_I64(struct product_row, version, "version", 0),
	VIEW_TIME(struct product_row, created_at_us, "createdAt", 0),
	VIEW_TIME(struct product_row, updated_at_us, "updatedAt", 0),
	VIEW_TIME(struct product_row, deleted_at_us, "deletedAt", JSON_OMIT_NULL),
	VIEW_END,
};

/* ---- reads ---- */

static const char *const sort_words[] = { "newest", "default", "points_asc", "points_desc", "sales", "stock", NULL };

struct products_query {
	struct product_admin_filter	filter;
	struct keyset			cursor;
	int64_t				limit;
};

#define FILTER \
	QUERY_ID(struct products_query, filter.category_id, "categoryId"), \
	QUERY_ID(struct products_query, filter.merchant_id, "merchantId"), \
	QUERY_I64(struct products_query, filter.status, "status", I64_NONE, 0, 1), \
	QUERY_FLAG(struct products_query, filter.deleted, "deleted"), \
	QUERY_TEXT(struct products_query, filter.q, "q", 100)

const struct query_field admin_products_query[] = {
	QUERY_STRUCT(struct products_query),
	FILTER,
	QUERY_WORD(struct products_query, filter.sort, "sort", sort_words),
	QUERY_LIMIT(struct products_query, limit),
	QUERY_CURSOR(struct products_query, cursor),
	QUERY_LAST,
};

const struct query_field admin_products_csv_query[] = {
	QUERY_STRUCT(struct products_query),
	FILTER,
	QUERY_LAST,
};

/* GET /api/admin/products */
enum err
admin_products_get(struct req *r)
{
	const struct products_query *q = r->query;
	struct actor who = req_actor(r);
	struct product_row *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	e = product_admin_list(r->mall, &who, &q->filter, &q->cursor, q->limit, &items, &n, &next, &total);
	if (e != E_OK)
		return e;
	return reply_page_total(r, row_view, items, sizeof(*items), n, &next, total);
}

/* GET /api/admin/products/:id */
enum err
admin_product_get(struct req *r)
{
	struct actor who = req_actor(r);
	struct product_row out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = product_admin_get(r->mall, &who, id, &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, row_view, &out, out.version);
}

/* ---- writes ---- */

/* What a change may say of a product. MUST and CAN: what must be there, and what may be left out. */
#define DRAFT_FIELDS(s, d, MUST, CAN) \
	JSON_STR(s, d name, "name", MUST, 1, 200), \
	JSON_TEXT(s, d description, "description", JSON_NULLABLE | CAN, 0, 10000), \
	JSON_ID(s, d category_id, "categoryId", MUST), \
	JSON_ID(s, d merchant_id, "merchantId", JSON_NULLABLE | CAN), \
	JSON_I64(s, d points_price, "pointsPrice", MUST, 1, INT32_MAX), \
	JSON_YUAN(s, d original_price, "originalPrice", JSON_NULLABLE | CAN, YUAN_MAX), \
	JSON_URLS(s, d images, "images", JSON_NULLABLE | CAN, IMAGES_MAX), \
	JSON_RAW(s, d specifications, "specifications", JSON_NULLABLE | CAN, SPECIFICATIONS_MAX, \
	    SPECIFICATIONS_LEVELS), \
	JSON_BOOL(s, d is_hot, "isHot", CAN), \
	JSON_BOOL(s, d is_new, "isNew", CAN), \
	JSON_I64(s, d status, "status", CAN, 0, 1), \
	JSON_I64(s, d purchase_limit, "purchaseLimit", JSON_NULLABLE | CAN, 1, INT32_MAX), \
	JSON_TIME(s, d available_from_us, "availableFrom", JSON_NULLABLE | CAN), \
	JSON_TIME(s, d available_until_us, "availableUntil", JSON_NULLABLE | CAN), \
	JSON_I64(s, d sort_order, "sortOrder", CAN, -INT32_MAX, INT32_MAX)

struct product_in {
	struct product_draft	draft;
	int64_t			stock;
};

static const struct json_field product_in[] = {
	DRAFT_FIELDS(struct product_in, draft., JSON_REQUIRED, JSON_OPTIONAL),
	JSON_I64(struct product_in, stock, "stockQuantity", JSON_OPTIONAL, 0, STOCK_MAX),
	JSON_END,
};

static const struct json_field change_in[] = {
	DRAFT_FIELDS(struct product_draft, , JSON_OPTIONAL, JSON_OPTIONAL),
	JSON_END,
};

/* POST /api/admin/products */
enum err
admin_products_post(struct req *r)
{
	struct actor who = req_actor(r);
	struct product_in in = { .draft = { .merchant_id = who.merchant, .status = 1, .purchase_limit = I64_NONE,
	    .available_from_us = I64_NONE, .available_until_us = I64_NONE } };
	struct product_row out;
	enum err e;

	if ((e = req_json(r, product_in, &in)) != E_OK)
		return e;
	e = product_admin_add(r->mall, &who, &in.draft, in.stock, req_once(r, 201, row_view), &out);
	if (e != E_OK)
		return e;
	return reply_versioned(r, 201, row_view, &out, out.version);
}

/* What the body names is changed, the rest stays. */
static enum err
edit_product(void *arg, struct product_draft *draft)
{
	return req_json(arg, change_in, draft);
}

/* PUT /api/admin/products/:id */
enum err
admin_product_put(struct req *r)
{
	struct actor who = req_actor(r);
	struct product_row out;
	struct seen seen;
	const char *id;
	enum err e;

	req_seen(r, &seen);
	if ((e = req_id(r, 0, &id)) != E_OK)
		return e;
	if ((e = product_admin_change(r->mall, &who, id, &seen, edit_product, r, &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, row_view, &out, out.version);
}

/* DELETE /api/admin/products/:id */
enum err
admin_product_delete(struct req *r)
{
	struct actor who = req_actor(r);
	struct seen seen;
	const char *id;
	enum err e;

	req_seen(r, &seen);
	if ((e = req_id(r, 0, &id)) != E_OK || (e = product_admin_delete(r->mall, &who, id, &seen)) != E_OK)
		return e;
	return reply_empty(r, 204);
}

/* ---- files ---- */

static const struct json_view columns[] = {
	VIEW_STR(struct product_row, p.id, "id", 0),
	VIEW_I64(struct product_row, version, "version", 0),
	VIEW_STR(struct product_row, p.name, "name", 0),
	VIEW_STR(struct product_row, p.description, "description", 0),
	VIEW_STR(struct product_row, p.category.id, "categoryId", 0),
	VIEW_STR(struct product_row, p.merchant.id, "merchantId", 0),
	VIEW_I64(struct product_row, p.points_price, "pointsPrice", 0),
	VIEW_RAW(struct product_row, p.original_price, "originalPrice", 0),
	VIEW_RAW(struct product_row, p.images, "images", 0),
	VIEW_RAW(struct product_row, p.specifications, "specifications", 0),
	VIEW_BOOL(struct product_row, p.is_hot, "isHot", 0),
	VIEW_BOOL(struct product_row, p.is_new, "isNew", 0),
	VIEW_I64(struct product_row, p.status, "status", 0),
	VIEW_I64(struct product_row, p.purchase_limit, "purchaseLimit", 0),
	VIEW_TIME(struct product_row, p.available_from_us, "availableFrom", 0),
	VIEW_TIME(struct product_row, p.available_until_us, "availableUntil", 0),
	VIEW_I64(struct product_row, p.sort_order, "sortOrder", 0),
	VIEW_STR(struct product_row, p.category.name, "category", 0),
	VIEW_STR(struct product_row, p.merchant.name, "merchant", 0),
	VIEW_I64(struct product_row, p.stock_quantity, "available", 0),
	VIEW_I64(struct product_row, reserved, "reserved", 0),
	VIEW_I64(struct product_row, p.sales_count, "salesCount", 0),
	VIEW_TIME(struct product_row, created_at_us, "createdAt", 0),
	VIEW_TIME(struct product_row, updated_at_us, "updatedAt", 0),
	VIEW_END,
};

static enum err
export_products(struct req *r, row_fn *row, void *out)
{
	const struct products_query *q = r->query;
	struct actor who = req_actor(r);

	return product_admin_export(r->mall, &who, &q->filter, row, out);
}

/* GET /api/admin/products.csv */
enum err
admin_products_csv_get(struct req *r)
{
	return reply_csv(r, "products.csv", columns, export_products);
}

/* A line, and what an exported one has beside what can be changed, which is passed over. */
struct line_in {
	struct product_line	 line;
	const char		*passed;
};

#define PASSED(name) JSON_TEXT(struct line_in, passed, name, JSON_NULLABLE, 0, 200)

static const struct json_field line_in[] = {
	JSON_ID(struct line_in, line.id, "id", JSON_REQUIRED | JSON_NULLABLE),
	JSON_I64(struct line_in, line.version, "version", JSON_NULLABLE, 0, INT32_MAX),
	DRAFT_FIELDS(struct line_in, line.draft., JSON_REQUIRED, JSON_REQUIRED),
	JSON_I64(struct line_in, line.stock, "stockQuantity", JSON_NULLABLE, 0, STOCK_MAX),
	PASSED("category"), PASSED("merchant"), PASSED("available"), PASSED("reserved"), PASSED("salesCount"),
	PASSED("createdAt"), PASSED("updatedAt"),
	JSON_END,
};

static const struct json_view imported_view[] = {
	VIEW_I64(struct product_imported, created, "created", 0),
	VIEW_I64(struct product_imported, updated, "updated", 0),
	VIEW_I64(struct product_imported, unchanged, "unchanged", 0),
	VIEW_END,
};

/* The file's lines; a merchant's products are the merchant's, whether the file says so or nothing. */
static struct product_line *
lines_of(struct req *r, const struct csv_rows *rows, const struct actor *who)
{
	const struct line_in *in = rows->items;
	struct product_line *out = arena_array(r->arena, rows->n + 1, sizeof(*out));

	for (size_t i = 0; i < rows->n; i++) {
		out[i] = in[i].line;
		if (out[i].draft.merchant_id == NULL)
			out[i].draft.merchant_id = who->merchant;
	}
	return out;
}

/* POST /api/admin/products.csv: makes and changes products, all of them or none. */
enum err
admin_products_csv_post(struct req *r)
{
	static const struct line_in defaults = { .line = { .version = I64_NONE, .stock = I64_NONE } };
	struct actor who = req_actor(r);
	struct product_imported out;
	struct csv_rows rows;
	enum err e;

	if ((e = req_csv(r, line_in, sizeof(struct line_in), &defaults, LINES_MAX, &rows)) != E_OK)
		return e;
	e = product_admin_import(r->mall, &who, lines_of(r, &rows, &who), rows.lines, rows.n,
	    req_once(r, 200, imported_view), &out);
	if (e != E_OK)
		return e;
	return reply_json(r, 200, imported_view, &out);
}
