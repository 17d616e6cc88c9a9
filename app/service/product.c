/* SPDX-License-Identifier: Apache-2.0 */
/* product.c: reads of the catalogue. */
#include <stdio.h>
#include <string.h>

#include "service/product.h"
#include "store/db.h"

static const struct db_col product_cols[] = {
	DB_STR(struct product, id), DB_STR(struct product, name), DB_STR(struct product, description),
	DB_STR(struct product, category.id), DB_STR(struct product, category.name),
	DB_STR(struct product, merchant.id), DB_STR(struct product, merchant.name),
	DB_I64(struct product, points_price), DB_STR(struct product, original_price),
	DB_STR(struct product, images), DB_STR(struct product, specifications),
	DB_I64(struct product, stock_quantity), DB_I64(struct product, sales_count),
	DB_BOOL(struct product, is_hot), DB_BOOL(struct product, is_new), DB_I64(struct product, status),
	DB_I64(struct product, purchase_limit), DB_TIME(struct product, available_from_us),
	DB_TIME(struct product, available_until_us), DB_I64(struct product, sort_order),
	DB_I64(struct product, alert_threshold), DB_I64(struct product, delivery_days), DB_END,
};

/* Each sort has a statement of its own, so that the index it walks is plain to the server. */
static const struct {
	enum query	q;
	size_t		key;	/* offset of the sort key in struct product */
} sorts[SORT__MAX] = {
	[SORT_DEFAULT] = { Q_PRODUCT_LIST_DEFAULT, offsetof(struct product, sort_order) },
	[SORT_POINTS_ASC] = { Q_PRODUCT_LIST_POINTS_ASC, offsetof(struct product, points_price) },
	[SORT_POINTS_DESC] = { Q_PRODUCT_LIST_POINTS_DESC, offsetof(struct product, points_price) },
	[SORT_SALES] = { Q_PRODUCT_LIST_SALES, offsetof(struct product, sales_count) },
	[SORT_NEWEST] = { Q_PRODUCT_LIST_NEWEST, offsetof(struct product, sort_order) },
};

/* What a product has none of is empty, not absent. */
static void
fill_absent(struct product *p)
{
	if (p->description == NULL)
		p->description = "";
	if (p->images == NULL)
		p->images = "[]";
	if (p->specifications == NULL)
		p->specifications = "{}";
}

static void
keyset_of(const struct product *last, size_t key, struct keyset *out)
{
	out->set = true;
	memcpy(&out->n, (const char *)last + key, sizeof(out->n));
	snprintf(out->id, sizeof(out->id), "%s", last->id);
}

enum err
product_list(struct mall *m, const struct product_filter *f, const struct keyset *after, int64_t limit,
    struct product **items, size_t *n, struct keyset *next)
{
	struct db_arg n_after = A_I64(after->set ? after->n : I64_NONE);
	struct db_arg category = A_STR(f->category_id);
	enum err e;

	e = db_rows(m->db, sorts[f->sort].q, ARGS(A_TIME(m->now_us), category, category, category, category,
	    A_I64(f->min_points), A_I64(f->min_points), A_I64(f->max_points), A_I64(f->max_points),
	    A_I64(f->hot), A_I64(f->hot), A_I64(f->is_new), A_I64(f->is_new), A_I64(f->in_stock), A_I64(f->in_stock),
	    n_after, n_after, n_after, A_STR(after->id), A_I64(limit + 1)),
	    product_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < *n; i++)
		fill_absent(&(*items)[i]);
	*next = (struct keyset){ .set = false };
	if (*n > (size_t)limit) {
		*n = (size_t)limit;
		keyset_of(&(*items)[*n - 1], sorts[f->sort].key, next);
	}
	return E_OK;
}

enum err
product_get(struct mall *m, const char *id, struct product *out)
{
	enum err e;

	if ((e = db_row(m->db, Q_PRODUCT_GET, ARGS(A_STR(id), A_TIME(m->now_us)), product_cols, m->arena, out)) != E_OK)
		return e;
	fill_absent(out);
	return E_OK;
}

static const struct db_col category_cols[] = {
	DB_STR(struct category, id), DB_STR(struct category, name), DB_STR(struct category, description),
	DB_STR(struct category, icon), DB_STR(struct category, parent_id), DB_I64(struct category, level),
	DB_I64(struct category, sort_order), DB_END,
};

static bool
child_of(const struct category *c, const char *parent_id)
{
	if (parent_id == NULL || c->parent_id == NULL)
		return parent_id == NULL && c->parent_id == NULL;
	return strcmp(c->parent_id, parent_id) == 0;
}

/* The rows come in their order; a category whose parent is switched off is not reached, and so not shown. */
static struct category *
pick_children(struct arena *a, const struct category *rows, size_t n, const char *parent_id, size_t *count)
{
	struct category *out;

	*count = 0;
	for (size_t i = 0; i < n; i++)
		*count += child_of(&rows[i], parent_id);
	out = arena_array(a, *count + 1, sizeof(*out));
	for (size_t i = 0, at = 0; i < n; i++) {
		if (!child_of(&rows[i], parent_id))
			continue;
		out[at] = rows[i];
		out[at].children = pick_children(a, rows, n, rows[i].id, &out[at].nchildren);
		at++;
	}
	return out;
}

enum err
category_tree(struct mall *m, struct category **roots, size_t *n)
{
	struct category *rows;
	size_t nrows;
	enum err e;

	e = db_rows(m->db, Q_CATEGORY_LIST, NO_ARGS, category_cols, m->arena, sizeof(*rows), CATEGORIES_MAX, &rows, &nrows);
	if (e != E_OK)
		return e;
	*roots = pick_children(m->arena, rows, nrows, NULL, n);
	return E_OK;
}
