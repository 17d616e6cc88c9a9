/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product_import.c: products by a file: judged line by line, so that everything wrong is told at once, and then written in one
 * transaction, guarded by the versions that were judged.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "service/product_int.h"
#include "store/db.h"

#define RUNS_MAX 5
#define LINES_A_TRIP 6	/* at most three statements each */

enum fate { UNCHANGED = 0, CREATED, UPDATED };

struct entry {
	struct product_line	*line;
	int64_t			 number;
	enum fate		 fate;
	struct product_row	 row;	/* as it is now; version guards it */
};

struct import {
	struct mall		*m;
	const struct actor	*who;
	struct entry		*entries;	/* by id, which is the order of their locks */
	size_t			 n;
	const struct once	*once;
	struct product_imported	*out;
};

/* ---- judging ---- */

static int
by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	if (x->line->id == NULL || y->line->id == NULL)
		order = (x->line->id != NULL) - (y->line->id != NULL);
	else
		order = strcmp(x->line->id, y->line->id);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* What was told since the first of these fields was told of this line. */
static void
name_line(struct mall *m, int64_t number, size_t first)
{
	struct fault *f = m->fault;

	for (size_t i = first; i < f->nfields; i++)
		f->fields[i].field = arena_printf(m->arena, "line %lld, %s", (long long)number, f->fields[i].field);
}

static enum err
judge_present(struct import *v, struct entry *x)
{
	const struct product_line *line = x->line;
	struct fault *f = v->m->fault;
	struct product_draft now;
	enum err e;

	if ((e = product_admin_get(v->m, v->who, line->id, &x->row)) == E_NOT_FOUND)
		return fault_field(f, "id", "商品不存在", "there is no such product");
	if (e != E_OK)
		return e;
	if (line->version != I64_NONE && line->version != x->row.version)
		(void)fault_field(f, "version", "商品已被他人更改，请重新导出", "the product was changed since; export it again");
	if (line->stock != I64_NONE)
		(void)fault_field(f, "stockQuantity", "仅用于新商品，库存请在库存管理中调整",
		    "is for new products alone; stock is changed in the inventory");
	product_draft_of(&x->row.p, &now);
	x->fate = product_same(v->m, &now, &line->draft) ? UNCHANGED : UPDATED;
	return E_OK;
}

/* Bad input is told and passed over: E_INVALID comes of all lines together. */
static enum err
judge_entry(struct import *v, struct entry *x)
{
	size_t first = v->m->fault->nfields;
	enum err e;

	x->fate = CREATED;
	e = product_judge(v->m, v->who, &x->line->draft);
	if ((e == E_OK || e == E_INVALID) && x->line->id != NULL)
		e = judge_present(v, x);
	if (x > v->entries && x->line->id != NULL && x[-1].line->id != NULL && strcmp(x->line->id, x[-1].line->id) == 0)
		(void)fault_field(v->m->fault, "id", "该商品重复出现", "the product is there twice");
	name_line(v->m, x->number, first);
	return e == E_INVALID ? E_OK : e;
}

static enum err
judge_entries(struct import *v)
{
	enum err e;

	for (size_t i = 0; i < v->n && v->m->fault->nfields < FAULT_FIELDS_MAX; i++)
		if ((e = judge_entry(v, &v->entries[i])) != E_OK)
			return e;
	return v->m->fault->nfields > 0 ? E_INVALID : E_OK;
}

/* ---- writing ---- */

static int
by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool
enters_category(const struct entry *x)
{
	return x->fate == CREATED ||
	    (x->fate == UPDATED && strcmp(x->row.p.category.id, x->line->draft.category_id) != 0);
}

/* All categories that something is put into, each once, before any product. */
static enum err
hold_categories(struct db *db, struct import *v)
{
	const char **ids = arena_array(v->m->arena, v->n + 1, sizeof(*ids));
	struct db_batch *b = NULL;
	size_t n = 0, held = 0;
	int failed;
	enum err e;

	for (size_t i = 0; i < v->n; i++)
		if (enters_category(&v->entries[i]))
			ids[n++] = v->entries[i].line->draft.category_id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(ids[i], ids[i - 1]) == 0)
			continue;
		if (held++ % LINES_A_TRIP == 0) {
			if (b != NULL && (e = db_batch_run(b, &failed)) != E_OK)
				return e;
			b = db_batch_new(db, v->m->arena);
		}
		product_hold_category(b, ids[i]);
	}
	return b != NULL ? db_batch_run(b, &failed) : E_OK;
}

static void
write_entry(struct db_batch *b, struct import *v, const struct entry *x)
{
	char id[ID_LEN + 1];

	if (x->fate == UPDATED) {
		product_write_change(b, v->m, v->who, &x->row, &x->line->draft);
		return;
	}
	id_new(v->m->now_us, id);
	product_write_new(b, v->m, v->who, id, &x->line->draft, x->line->stock == I64_NONE ? 0 : x->line->stock);
}

static enum err
write_entries(struct db *db, struct import *v)
{
	struct db_batch *b = NULL;
	size_t written = 0;
	int failed;
	enum err e;

	for (size_t i = 0; i < v->n; i++) {
		if (v->entries[i].fate == UNCHANGED)
			continue;
		if (written++ % LINES_A_TRIP == 0) {
			if (b != NULL && (e = db_batch_run(b, &failed)) != E_OK)
				return e;
			b = db_batch_new(db, v->m->arena);
		}
		write_entry(b, v, &v->entries[i]);
	}
	return b != NULL ? db_batch_run(b, &failed) : E_OK;
}

static enum err
claim(struct db *db, struct import *v)
{
	struct db_batch *b;
	int failed;
	enum err e;

	if (v->once->key == NULL)
		return E_OK;
	b = db_batch_new(db, v->m->arena);
	once_claim(b, v->once, v->m->now_us);
	e = db_batch_run(b, &failed);
	return once_judge(v->once, failed, e);
}

static void
count(struct import *v)
{
	int64_t *counts[] = {
		[UNCHANGED] = &v->out->unchanged, [CREATED] = &v->out->created, [UPDATED] = &v->out->updated,
	};

	*v->out = (struct product_imported){ 0, 0, 0 };
	for (size_t i = 0; i < v->n; i++)
		++*counts[v->entries[i].fate];
}

static enum err
import_tx(struct db *db, void *arg)
{
	struct import *v = arg;
	enum err e;

	if ((e = claim(db, v)) != E_OK || (e = hold_categories(db, v)) != E_OK || (e = write_entries(db, v)) != E_OK)
		return e;
	count(v);
	once_keep(v->m, v->once, v->out);
	return E_OK;
}

static void
import_init(struct import *v, struct product_line *lines, const int64_t *numbers, size_t n)
{
	v->entries = arena_array(v->m->arena, n + 1, sizeof(*v->entries));
	v->n = n;
	for (size_t i = 0; i < n; i++)
		v->entries[i] = (struct entry){ .line = &lines[i], .number = numbers[i] };
	qsort(v->entries, n, sizeof(*v->entries), by_id);
}

enum err
product_admin_import(struct mall *m, const struct actor *who, struct product_line *lines, const int64_t *numbers, size_t n,
    const struct once *once, struct product_imported *out)
{
	struct import v = { .m = m, .who = who, .once = once, .out = out };
	enum err e = E_GUARD;

	import_init(&v, lines, numbers, n);
	/* E_GUARD: a product or a category was changed after it was judged. */
	for (int i = 0; e == E_GUARD && i < RUNS_MAX; i++)
		if ((e = judge_entries(&v)) == E_OK)
			e = db_tx(m->tx, import_tx, &v);
	return e == E_GUARD ? FAULT(m->fault, E_DOWN, "products: changed by others again and again") : e;
}
