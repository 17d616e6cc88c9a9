/* SPDX-License-Identifier: Apache-2.0 */
/* mall.c: the catalogue as everybody sees it. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/product.h"

static const struct json_view named_view[] = {
	VIEW_STR(struct named, id, "id", 0), VIEW_STR(struct named, name, "name", 0), VIEW_END,
};

/* A struct product with pointers where its category and merchant can be null. */
struct product_out {
	struct product		 p;
	const struct named	*merchant;
};

static const struct json_view product_view[] = {
	VIEW_STR(struct product_out, p.id, "id", 0),
	VIEW_STR(struct product_out, p.name, "name", 0),
	VIEW_STR(struct product_out, p.description, "description", 0),
	VIEW_IN(struct product_out, p.category, "category", named_view),
	VIEW_OBJ(struct product_out, merchant, "merchant", 0, named_view),
	VIEW_I64(struct product_out, p.points_price, "pointsPrice", 0),
	VIEW_RAW(struct product_out, p.original_price, "originalPrice", 0),
	VIEW_RAW(struct product_out, p.images, "images", 0),
	VIEW_RAW(struct product_out, p.specifications, "specifications", 0),
	VIEW_I64(struct product_out, p.stock_quantity, "stockQuantity", 0),
	VIEW_I64(struct product_out, p.sales_count, "salesCount", 0),
	VIEW_BOOL(struct product_out, p.is_hot, "isHot", 0),
	VIEW_BOOL(struct product_out, p.is_new, "isNew", 0),
	VIEW_I64(struct product_out, p.status, "status", 0),
	VIEW_I64(struct product_out, p.purchase_limit, "purchaseLimit", 0),
	VIEW_TIME(struct product_out, p.available_from_us, "availableFrom", 0),
	VIEW_TIME(struct product_out, p.available_until_us, "availableUntil", 0),
	VIEW_END,
};

static void
product_out(const struct product *p, struct product_out *out)
{
	out->p = *p;
	if (p->merchant.name != NULL)
		out->merchant = &out->p.merchant;
}

static const char *const sort_words[] = { "default", "points_asc", "points_desc", "sales", "newest", NULL };

struct products_query {
	struct product_filter	filter;
	struct keyset		cursor;
	int64_t			limit;
};

const struct query_field products_query[] = {
	QUERY_STRUCT(struct products_query),
	QUERY_ID(struct products_query, filter.category_id, "categoryId"),
	QUERY_I64(struct products_query, filter.min_points, "minPoints", I64_NONE, 0, INT32_MAX),
	QUERY_I64(struct products_query, filter.max_points, "maxPoints", I64_NONE, 0, INT32_MAX),
	QUERY_FLAG(struct products_query, filter.hot, "hot"),
	QUERY_FLAG(struct products_query, filter.is_new, "new"),
	QUERY_FLAG(struct products_query, filter.in_stock, "inStock"),
	QUERY_WORD(struct products_query, filter.sort, "sort", sort_words),
	QUERY_LIMIT(struct products_query, limit),
	QUERY_CURSOR(struct products_query, cursor),
	QUERY_LAST,
};

/* GET /api/mall/products */
enum err
products_get(struct req *r)
{
	const struct products_query *q = r->query;
	struct product *items;
	struct product_out *out;
	struct keyset next;
	size_t n;
	enum err e;

	if ((e = product_list(r->mall, &q->filter, &q->cursor, q->limit, &items, &n, &next)) != E_OK)
		return e;
	out = arena_array(r->arena, n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		product_out(&items[i], &out[i]);
	return reply_page(r, product_view, out, sizeof(*out), n, &next);
}

/* GET /api/mall/products/:id */
enum err
product_get_one(struct req *r)
{
	struct product p;
	struct product_out out = { 0 };
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = product_get(r->mall, id, &p)) != E_OK)
		return e;
	product_out(&p, &out);
	return reply_json(r, 200, product_view, &out);
}

/* The tree is written to its depth: the view of a category contains itself. */
static const struct json_view category_view[] = {
	VIEW_STR(struct category, id, "id", 0),
	VIEW_STR(struct category, name, "name", 0),
	VIEW_STR(struct category, description, "description", 0),
	VIEW_STR(struct category, icon, "icon", 0),
	VIEW_STR(struct category, parent_id, "parentId", 0),
	VIEW_I64(struct category, level, "level", 0),
	VIEW_I64(struct category, sort_order, "sortOrder", 0),
	VIEW_LIST(struct category, children, nchildren, "children", category_view),
	VIEW_END,
};

/* GET /api/mall/categories */
enum err
categories_get(struct req *r)
{
	static const struct keyset end;
	struct category *roots;
	size_t n;
	enum err e;

	if ((e = category_tree(r->mall, &roots, &n)) != E_OK)
		return e;
	return reply_page(r, category_view, roots, sizeof(*roots), n, &end);
}
