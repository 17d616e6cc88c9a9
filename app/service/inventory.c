/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.c: reads of the stock. */
#include <string.h>

#include "service/inventory.h"
#include "store/db.h"

static const struct db_col stock_cols[] = {
	DB_STR(struct stock, product_id), DB_I64(struct stock, available), DB_I64(struct stock, reserved),
	DB_TIME(struct stock, updated_at_us), DB_END,
};

enum err
inventory_get(struct mall *m, const char *product_id, struct stock *out)
{
	enum err e;

	if ((e = db_row(m->db, Q_INVENTORY_GET, ARGS(A_STR(product_id)), stock_cols, m->arena, out)) != E_OK)
		return e;
	out->in_stock = out->available > 0;
	return E_OK;
}

static const struct db_col available_cols[] = { DB_I64(struct stock_found, available), DB_END };

/* What of this product the list asks for, this line included. */
static int64_t
asked_so_far(const struct stock_check *items, size_t i)
{
	int64_t sum = 0;

	for (size_t j = 0; j <= i; j++)
		if (strcmp(items[j].product_id, items[i].product_id) == 0)
			sum += items[j].quantity;
	return sum;
}

enum err
inventory_check(struct mall *m, const struct stock_check *items, size_t n, struct stock_answer *out)
{
	enum err e;

	out->items = arena_array(m->arena, n, sizeof(*out->items));
	out->nitems = n;
	out->all_sufficient = true;
	for (size_t i = 0; i < n; i++) {
		struct stock_found *f = &out->items[i];

		f->product_id = items[i].product_id;
		f->requested = items[i].quantity;
		e = db_row(m->db, Q_INVENTORY_AVAILABLE, ARGS(A_STR(f->product_id), A_TIME(m->now_us), A_TIME(m->now_us)),
		    available_cols, m->arena, f);
		if (e != E_OK && e != E_NOT_FOUND)
			return e;
		f->sufficient = f->available >= asked_so_far(items, i);
		out->all_sufficient = out->all_sufficient && f->sufficient;
	}
	return E_OK;
}
