/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.c: the stock, its ledger, its thresholds. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "service/inventory.h"
#include "service/product.h"
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

/* ---- parts of other services' transactions ---- */

/* Right after the stock fell by quantity: tells it, if that crossed the product's threshold downward. */
static void
add_low(struct db_batch *b, struct mall *m, const char *product_id, int64_t quantity)
{
	char event[ID_LEN + 1];
	struct db_arg now = A_TIME(m->now_us);

	id_new(m->now_us, event);
	db_batch_add(b, Q_INVENTORY_LOW, ARGS(A_STR(event), now, now, A_STR(product_id), A_I64(quantity)), 0, 1);
}

/* The threshold is held against the row, so a product that was read without one needs no look at it. */
static void
take(struct db_batch *b, struct mall *m, const struct stock_taking *t, enum query q, enum stock_change type)
{
	const struct product *p = t->product;
	struct db_arg now = A_TIME(clock_whole_s(m->now_us)), id = A_STR(p->id), quantity = A_I64(t->quantity);
	char record[ID_LEN + 1];

	id_new(m->now_us, record);
	db_batch_add(b, q, ARGS(quantity, quantity, id, quantity, A_I64(p->points_price), A_I64(p->purchase_limit),
	    A_I64(p->alert_threshold), now, now), 1, 1);
	db_batch_add(b, Q_INVENTORY_RECORD, ARGS(A_STR(record), A_I64(type), A_I64(-t->quantity), A_STR(t->order_id),
	    A_STR("商城兑换"), now, id), 1, 1);
	if (p->alert_threshold != I64_NONE)
		add_low(b, m, p->id, t->quantity);
}

void
inventory_take(struct db_batch *b, struct mall *m, const struct stock_taking *t)
{
	take(b, m, t, Q_INVENTORY_TAKE, STOCK_OUT);
}

void
inventory_reserve(struct db_batch *b, struct mall *m, const struct stock_taking *t)
{
	take(b, m, t, Q_INVENTORY_RESERVE, STOCK_RESERVE);
}

/* The record's id into id[ID_LEN + 1]. */
static void
add_record(struct db_batch *b, struct mall *m, const struct stock_step *s, char *id)
{
	id_new(m->now_us, id);
	db_batch_add(b, Q_INVENTORY_STEP_RECORD, ARGS(A_STR(id), A_I64(s->type), A_I64(s->available), A_STR(s->order_id),
	    A_STR(s->operator_id), A_STR(s->why), A_TIME(clock_whole_s(m->now_us)), A_STR(s->product_id)), 1, 1);
}

static void
add_step(struct db_batch *b, struct mall *m, const struct stock_step *s, char *id)
{
	struct db_arg available = A_I64(s->available), reserved = A_I64(s->reserved), sales = A_I64(s->sales);

	db_batch_add(b, Q_INVENTORY_STEP, ARGS(available, reserved, sales, A_STR(s->product_id), available, reserved), 1, 1);
	add_record(b, m, s, id);
}

void
inventory_step(struct db_batch *b, struct mall *m, const struct stock_step *s)
{
	char id[ID_LEN + 1];

	if (s->type != 0)
		add_step(b, m, s, id);
	else
		db_batch_add(b, Q_INVENTORY_SALES, ARGS(A_I64(s->sales), A_STR(s->product_id)), 1, 1);
}

void
inventory_first(struct db_batch *b, struct mall *m, const struct actor *who, const char *product_id, int64_t quantity)
{
	char id[ID_LEN + 1];

	add_record(b, m, &(struct stock_step){ .product_id = product_id, .type = STOCK_IN, .available = quantity,
	    .operator_id = who->id, .why = "首批入库" }, id);
}

/* ---- stock moves ---- */

struct move {
	struct mall			*m;
	const struct actor		*who;
	const struct stock_wish		*wish;
	const struct once		*once;
	struct stock_moved		*out;
	int64_t				 available;	/* as the locked row says */
	int64_t				 reserved;
	int64_t				 change;
	char				 record[ID_LEN + 1];
};

static const struct db_col locked_cols[] = {
	DB_I64(struct move, available), DB_I64(struct move, reserved), DB_END,
};

/* From here on nobody else changes the product's stock. */
static enum err
lock_stock(struct db *db, struct move *v)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	struct db_arg merchant = A_STR(v->who->merchant);
	int failed, row;
	enum err e;

	once_claim(b, v->once, v->m->now_us);
	row = db_batch_row(b, Q_INVENTORY_LOCK, ARGS(A_STR(v->wish->product_id), merchant, merchant), locked_cols, v);
	e = db_batch_run(b, &failed);
	if (e == E_GUARD && failed == row)
		return E_NOT_FOUND;
	return once_judge(v->once, failed, e);
}

static enum err
judge_move(struct move *v)
{
	const struct stock_wish *w = v->wish;
	struct fault *f = v->m->fault;

	if (w->counted != I64_NONE && w->counted < v->reserved)
		return fault_detail(f, E_CONFLICT, "盘点数少于待确认订单占用的数量，请先处理这些订单。",
		    "Fewer were counted than pending orders hold (reserved); settle those orders first.");
	v->change = w->counted != I64_NONE ? w->counted - v->reserved - v->available : w->change;
	if (v->available + v->change < 0)
		return E_STOCK;
	if (v->change > 0 && v->available + v->change > STOCK_MAX)
		return fault_field(f, "change", "库存将超出上限 1000000000", "the stock would exceed 1000000000");
	return E_OK;
}

struct moved_state {
	int64_t		 available;
	int64_t		 reserved;
	int64_t		 counted;	/* I64_NONE: it was none */
	const char	*description;
};

static const struct json_view moved_state_view[] = {
	VIEW_I64(struct moved_state, available, "available", 0), VIEW_I64(struct moved_state, reserved, "reserved", 0),
	VIEW_I64(struct moved_state, counted, "counted", JSON_OMIT_NULL),
	VIEW_STR(struct moved_state, description, "description", JSON_OMIT_NULL), VIEW_END,
};

static void
audit_move(struct db_batch *b, const struct move *v)
{
	const struct stock_wish *w = v->wish;
	struct arena *a = v->m->arena;
	struct moved_state before = { v->available, v->reserved, I64_NONE, NULL };
	struct moved_state after = { v->available + v->change, v->reserved, w->counted, w->description };

	audit_add(b, v->m, v->who, &(struct audit_entry){ w->counted != I64_NONE ? "inventory.count" : "inventory.move",
	    "product", w->product_id, json_text(a, moved_state_view, &before), json_text(a, moved_state_view, &after) });
}

static const struct db_col record_cols[] = {
	DB_STR(struct stock_record, id), DB_I64(struct stock_record, seq), DB_I64(struct stock_record, type),
	DB_I64(struct stock_record, change), DB_I64(struct stock_record, stock_after),
	DB_STR(struct stock_record, order_id), DB_STR(struct stock_record, operator_id),
	DB_STR(struct stock_record, description), DB_TIME(struct stock_record, created_at_us), DB_END,
};

static enum err
write_move(struct db *db, struct move *v)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	const struct stock_step step = { .product_id = v->wish->product_id, .type = v->change > 0 ? STOCK_IN : STOCK_OUT,
	    .available = v->change, .operator_id = v->who->id, .why = v->wish->description };
	int failed;

	audit_move(b, v);
	if (v->change != 0) {
		add_step(b, v->m, &step, v->record);
		v->out->record = arena_alloc(v->m->arena, sizeof(*v->out->record));
		db_batch_row(b, Q_INVENTORY_RECORD_GET, ARGS(A_STR(v->record)), record_cols, v->out->record);
	}
	if (v->change < 0)
		add_low(b, v->m, v->wish->product_id, -v->change);
	return db_batch_run(b, &failed);
}

static enum err
move_tx(struct db *db, void *arg)
{
	struct move *v = arg;
	enum err e;

	*v->out = (struct stock_moved){ .product_id = v->wish->product_id };
	if ((e = lock_stock(db, v)) != E_OK || (e = judge_move(v)) != E_OK || (e = write_move(db, v)) != E_OK)
		return e;
	v->out->change = v->change;
	v->out->available = v->available + v->change;
	v->out->reserved = v->reserved;
	v->out->in_stock = v->out->available > 0;
	once_keep(v->m, v->once, v->out);
	return E_OK;
}

enum err
inventory_move(struct mall *m, const struct actor *who, const struct stock_wish *w, const struct once *once,
    struct stock_moved *out)
{
	struct move v = { .m = m, .who = who, .wish = w, .once = once, .out = out };

	return db_tx(m->tx, move_tx, &v);
}

/* ---- thresholds ---- */

static const struct db_col level_cols[] = {
	DB_STR(struct stock_level, product_id), DB_STR(struct stock_level, name), DB_I64(struct stock_level, status),
	DB_I64(struct stock_level, available), DB_I64(struct stock_level, reserved), DB_I64(struct stock_level, threshold),
	DB_END,
};

static const struct json_view alert_state_view[] = { VIEW_I64(struct stock_level, threshold, "threshold", 0), VIEW_END };

struct alert {
	struct mall		*m;
	const struct actor	*who;
	const char		*product_id;
	int64_t			 threshold;
	struct stock_level	*out;
};

static enum err
write_alert(struct db *db, struct alert *v)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	struct stock_level after = { .threshold = v->threshold };
	struct arena *a = v->m->arena;
	int failed;

	audit_add(b, v->m, v->who, &(struct audit_entry){ "inventory.alert", "product", v->product_id,
	    json_text(a, alert_state_view, v->out), json_text(a, alert_state_view, &after) });
	db_batch_add(b, Q_INVENTORY_ALERT, ARGS(A_I64(v->threshold), A_STR(v->product_id)), 1, 1);
	return db_batch_run(b, &failed);
}

static enum err
alert_tx(struct db *db, void *arg)
{
	struct alert *v = arg;
	struct db_batch *b = db_batch_new(db, v->m->arena);
	struct db_arg merchant = A_STR(v->who->merchant);
	int failed;
	enum err e;

	db_batch_row(b, Q_INVENTORY_LEVEL_LOCK, ARGS(A_STR(v->product_id), merchant, merchant), level_cols, v->out);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return e == E_GUARD ? E_NOT_FOUND : e;
	if (v->out->threshold == v->threshold)
		return E_OK;
	if ((e = write_alert(db, v)) != E_OK)
		return e;
	v->out->threshold = v->threshold;
	return E_OK;
}

enum err
inventory_set_alert(struct mall *m, const struct actor *who, const char *product_id, int64_t threshold,
    struct stock_level *out)
{
	struct alert v = { m, who, product_id, threshold, out };

	return db_tx(m->tx, alert_tx, &v);
}

/* ---- lists ---- */

struct count {
	int64_t	n;
};

static const struct db_col count_cols[] = { DB_I64(struct count, n), DB_END };

enum err
inventory_low_list(struct mall *m, const struct actor *who, const struct keyset *after, int64_t limit,
    struct stock_level **items, size_t *n, struct keyset *next, int64_t *total)
{
	struct db_arg merchant = A_STR(who->merchant), place = A_I64(after->set ? after->n : I64_NONE);
	struct count count;
	enum err e;

	e = db_rows(m->db, Q_INVENTORY_LOW_LIST, ARGS(merchant, merchant, place, place, place, A_STR(after->id),
	    A_I64(limit + 1)), level_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	if ((e = db_row(m->db, Q_INVENTORY_LOW_COUNT, ARGS(merchant, merchant), count_cols, m->arena, &count)) != E_OK)
		return e;
	*total = count.n;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		next->n = (*items)[*n - 1].available;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].product_id);
	}
	return E_OK;
}

enum err
inventory_records(struct mall *m, const struct actor *who, const char *product_id, const struct keyset *after,
    int64_t limit, struct stock_record **items, size_t *n, struct keyset *next, int64_t *total)
{
	struct db_arg product = A_STR(product_id), merchant = A_STR(who->merchant);
	struct db_arg before = A_I64(after->set ? after->n : I64_NONE);
	struct count count;
	enum err e;

	e = db_row(m->db, Q_INVENTORY_RECORD_COUNT, ARGS(product, merchant, merchant), count_cols, m->arena, &count);
	if (e != E_OK)
		return e;
	*total = count.n;
	e = db_rows(m->db, Q_INVENTORY_RECORD_LIST, ARGS(product, before, before, A_I64(limit + 1)), record_cols, m->arena,
	    sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		next->n = (*items)[*n - 1].seq;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	return E_OK;
}
