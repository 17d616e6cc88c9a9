/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c: exchangePoints, the heart of the mall.
 *
 * One batch holds every statement in the lock order of the house: idempotency key → order → user → limit counter →
 * outbox → product, the hot row → its ledger row. Each must affect exactly its rows; only then is COMMIT sent.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/exchange.h"
#include "service/inventory.h"
#include "service/order_event.h"
#include "service/settle.h"
#include "store/db.h"

#define JUDGEMENTS_MAX 3
#define COST_MAX INT32_MAX
#define DAY_US (24 * 3600 * US_PER_S)
#define MINUTE_US (60 * US_PER_S)

struct ids {
	char	order[ID_LEN + 1];
	char	order_no[ORDER_NO_LEN + 1];
};

static void
ids_make(int64_t now_us, struct ids *out)
{
	id_new(now_us, out->order);
	order_no_new(now_us, out->order_no);
}

/* ---- how an order begins ---- */

enum { OPEN_CONFIRMED, OPEN_HELD, OPEN_REVIEW, OPEN_SETTLING };

struct opening {
	int64_t			 status;
	bool			 settling;
	bool			 review;	/* waits for an operator, without a time */
	bool			 timed;		/* is released when its time is up */
	void			(*take)(struct db_batch *b, struct mall *m, const struct stock_taking *t);
	enum order_event	 event;
};

static const struct opening openings[] = {
	[OPEN_CONFIRMED] = { ORDER_CONFIRMED, false, false, false, inventory_take, TOLD_EXCHANGED },
	[OPEN_HELD] = { ORDER_PENDING, false, false, true, inventory_reserve, TOLD_HELD },
	[OPEN_REVIEW] = { ORDER_PENDING, false, true, false, inventory_reserve, TOLD_HELD },
	[OPEN_SETTLING] = { ORDER_PENDING, true, false, false, inventory_reserve, TOLD_NOTHING },
};

/* ---- the way there ---- */

struct exchange {
	struct mall			*m;
	const char			*user_id;
	const struct exchange_wish	*wish;
	const struct once		*once;
	struct product			 product;	/* as it was read before; the last guard holds it against the row */
	int64_t				 cost;
	const struct opening		*goal;		/* as the order is to be */
	const struct opening		*opening;	/* as it begins: settling, where its points are still to be had */
	struct settlement		 settlement;
	struct exchange_done		*out;
};

static const struct opening *
goal_of(const struct exchange *x)
{
	int64_t over = x->m->conf->review_over_points;

	if (over > 0 && x->cost > over)
		return &openings[OPEN_REVIEW];
	return &openings[x->wish->hold ? OPEN_HELD : OPEN_CONFIRMED];
}

static int64_t
expires_at_us(const struct exchange *x)
{
	return x->opening->timed ? x->m->now_us + x->m->conf->hold_minutes * MINUTE_US : 0;
}

static const struct json_view named_view[] = {
	VIEW_STR(struct named, id, "id", 0), VIEW_STR(struct named, name, "name", 0), VIEW_END,
};

struct snapshot {
	struct product		 p;
	const struct named	*merchant;
};

static const struct json_view snapshot_view[] = {
	VIEW_STR(struct snapshot, p.name, "name", 0), VIEW_STR(struct snapshot, p.description, "description", 0),
	VIEW_RAW(struct snapshot, p.images, "images", 0), VIEW_RAW(struct snapshot, p.specifications, "specifications", 0),
	VIEW_IN(struct snapshot, p.category, "category", named_view),
	VIEW_OBJ(struct snapshot, merchant, "merchant", 0, named_view),
	VIEW_RAW(struct snapshot, p.original_price, "originalPrice", 0),
	VIEW_I64(struct snapshot, p.points_price, "pointsPrice", 0), VIEW_END,
};

static const char *
snapshot_of(struct arena *a, const struct product *p)
{
	struct snapshot s = { .p = *p };

	if (p->merchant.name != NULL)
		s.merchant = &p->merchant;
	return json_text(a, snapshot_view, &s);
}

static int64_t
estimated_delivery_us(const struct exchange *x)
{
	int64_t days = x->product.delivery_days;

	if (days == I64_NONE)
		days = x->m->conf->default_delivery_days;
	return clock_whole_s(x->m->now_us) + days * DAY_US;
}

static void
add_hold(struct db_batch *b, const struct exchange *x, const struct ids *ids)
{
	const struct exchange_wish *w = x->wish;
	const struct product *p = &x->product;
	struct db_arg now = A_TIME(clock_whole_s(x->m->now_us)), expires = A_TIME(expires_at_us(x));

	db_batch_add(b, Q_EXCHANGE_HOLD, ARGS(A_STR(ids->order), A_STR(ids->order_no), A_STR(x->user_id), A_STR(p->id),
	    A_STR(p->name), A_I64(w->quantity), A_I64(x->cost), A_STR(w->delivery_json), A_I64(x->opening->settling),
	    A_I64(x->goal->review), expires, now, now, A_STR(p->merchant.id), A_STR(p->category.id),
	    A_I64(p->points_price), A_STR(snapshot_of(x->m->arena, p)), A_STR(w->source),
	    A_TIME(estimated_delivery_us(x))), 1, 1);
	if (x->opening->timed)
		db_batch_add(b, Q_ORDER_TIMER_SET, ARGS(A_STR(ids->order), expires), 1, 1);
}

static void
add_confirmed(struct db_batch *b, const struct exchange *x, const struct ids *ids)
{
	const struct exchange_wish *w = x->wish;
	const struct product *p = &x->product;
	struct db_arg now = A_TIME(clock_whole_s(x->m->now_us));

	db_batch_add(b, Q_EXCHANGE_ORDER, ARGS(A_STR(ids->order), A_STR(ids->order_no), A_STR(x->user_id), A_STR(p->id),
	    A_STR(p->name), A_I64(w->quantity), A_I64(x->cost), A_STR(w->delivery_json), now, now, now,
	    A_STR(p->merchant.id), A_STR(p->category.id), A_I64(p->points_price), A_STR(snapshot_of(x->m->arena, p)),
	    A_STR(w->source), A_TIME(estimated_delivery_us(x))), 1, 1);
}

static void
add_order(struct db_batch *b, const struct exchange *x, const struct ids *ids)
{
	if (x->opening->status == ORDER_CONFIRMED)
		add_confirmed(b, x, ids);
	else
		add_hold(b, x, ids);
}

struct counted {
	int64_t	quantity;
};

static void
add_count(struct db_batch *b, const struct exchange *x, struct counted *ignored)
{
	static const struct db_col quantity_cols[] = { DB_I64(struct counted, quantity), DB_END };
	struct db_arg user = A_STR(x->user_id), product = A_STR(x->product.id);

	db_batch_add(b, Q_EXCHANGE_COUNT, ARGS(user, product, A_I64(x->wish->quantity)),
	    1, 2);	/* an existing row that is raised counts as two */
	if (x->product.purchase_limit != I64_NONE)
		db_batch_row(b, Q_EXCHANGE_WITHIN_LIMIT, ARGS(user, product, A_I64(x->product.purchase_limit)),
		    quantity_cols, ignored);
}

/* The end of a saga: the result as its caller may still get it. */
static void
tell(void *result, const struct settlement *s, const struct order *o)
{
	struct exchange_done *out = result;

	out->status = o->status;
	out->remaining_points = s->balance;
	out->estimated_delivery_us = o->estimated_delivery_us;
	out->settling = s->settling;
}

static struct settlement
settlement_of(const struct exchange *x, const struct ids *ids)
{
	const struct order_event_def *d = &order_events[x->opening->event];
	const struct order_told told = {
		.user_id = x->user_id, .product_id = x->product.id, .order_id = ids->order, .quantity = x->wish->quantity,
		.points_cost = x->cost, .status = x->opening->status,
	};
	struct arena *a = x->m->arena;

	return (struct settlement){
		.user_id = x->user_id, .order_id = arena_strdup(a, ids->order), .points = -x->cost,
		.confirm = x->goal->status == ORDER_CONFIRMED,
		.description = arena_printf(a, "商城兑换-%s", x->product.name), .order_type = d->type,
		.order_targets = d->targets, .order_payload = d->type != NULL ? json_text(a, d->payload, &told) : NULL,
		.once = x->once, .result = x->out, .tell = tell, .balance = I64_NONE,
	};
}

/* Runs in db_tx(), perhaps more than once: every run makes ids of its own. */
static enum err
exchange_tx(struct db *db, void *arg)
{
	struct exchange *x = arg;
	struct mall *m = x->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	struct settlement *s = &x->settlement;
	struct counted count;
	struct ids ids;
	int failed;
	enum err e;

	ids_make(m->now_us, &ids);
	*s = settlement_of(x, &ids);
	once_claim(b, x->once, m->now_us);
	add_order(b, x, &ids);
	settle_points(b, m, s);
	add_count(b, x, &count);
	settle_events(b, m, s);
	x->opening->take(b, m, &(struct stock_taking){ &x->product, ids.order, x->wish->quantity });
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return once_judge(x->once, failed, e);
	*x->out = (struct exchange_done){
		true, s->order_id, arena_strdup(m->arena, ids.order_no), x->opening->status, s->balance,
		estimated_delivery_us(x), x->opening->settling,
	};
	settle_keep(m, s);
	return E_OK;
}

/* ---- why it could not be had ---- */

struct judged {
	bool	on_sale;
	int64_t	price;
	int64_t	stock;
	int64_t	limit;
	bool	blocked;
	int64_t	balance;
	int64_t	debt;
	int64_t	taken;
};

static const struct db_col judged_cols[] = {
	DB_BOOL(struct judged, on_sale), DB_I64(struct judged, price), DB_I64(struct judged, stock),
	DB_I64(struct judged, limit), DB_BOOL(struct judged, blocked), DB_I64(struct judged, balance),
	DB_I64(struct judged, debt), DB_I64(struct judged, taken), DB_END,
};

static void
sold_out_key(const char *product_id, char *out, size_t size)
{
	snprintf(out, size, "sold-out %s", product_id);
}

static void
remember_sold_out(struct mall *m, const char *product_id)
{
	struct answer a = { m->now_us, "", "1", 1 };
	char key[64];

	sold_out_key(product_id, key, sizeof(key));
	answer_keep_own(m, key, &a);
}

static bool
known_sold_out(struct mall *m, const char *product_id)
{
	struct answer a;
	char key[64];

	sold_out_key(product_id, key, sizeof(key));
	return answer_find_own(m, key, &a);
}

static enum err
price_changed(struct mall *m, int64_t cost)
{
	m->fault->extra_name = "pointsCost";
	m->fault->extra = cost;
	return E_PRICE_CHANGED;
}

/* In the contract's precedence. E_OK: nothing stands in the way any more. */
static enum err
judge(struct mall *m, const struct exchange_wish *w, const struct judged *j)
{
	int64_t taken = j->taken == I64_NONE ? 0 : j->taken;
	int64_t cost;

	if (!j->on_sale)
		return E_UNAVAILABLE;
	if (!num_mul(j->price, w->quantity, &cost) || cost > COST_MAX)
		return fault_field(m->fault, "quantity", "所需积分超出上限，请减少数量", "the cost is too high; take fewer");
	if (w->points_cost != I64_NONE && w->points_cost != cost)
		return price_changed(m, cost);
	if (j->limit != I64_NONE && taken + w->quantity > j->limit)
		return E_LIMIT;
	if (j->debt > 0 || j->balance < cost)
		return E_POINTS;
	if (j->stock < w->quantity) {
		if (j->stock == 0)
			remember_sold_out(m, w->product_id);
		return E_STOCK;
	}
	return E_OK;
}

static enum err
why_not(struct exchange *x)
{
	struct mall *m = x->m;
	struct db_arg now = A_TIME(clock_whole_s(m->now_us));
	struct judged j;
	enum err e;

	e = db_row(m->db, Q_EXCHANGE_JUDGE, ARGS(now, now, A_STR(x->wish->product_id), A_STR(x->user_id)), judged_cols,
	    m->arena, &j);
	if (e == E_NOT_FOUND)
		return E_UNAUTHORIZED;	/* the token's user is not (or no more) one of ours */
	if (e != E_OK || (e = settle_funds(m, x->user_id, &j.balance, &j.debt)) != E_OK)
		return e;
	if (j.blocked)
		return E_FORBIDDEN;
	return judge(m, x->wish, &j);
}

/* Reads the product, outside the transaction: what stands against the exchange already need not begin one.
 * E_GUARD: something does. */
static enum err
read_terms(struct exchange *x)
{
	struct product *p = &x->product;
	const struct exchange_wish *w = x->wish;
	enum err e;

	if ((e = product_get(x->m, w->product_id, p)) != E_OK)
		return e == E_NOT_FOUND ? E_GUARD : e;
	if (p->available_from_us > x->m->now_us || p->stock_quantity < w->quantity)
		return E_GUARD;
	if (!num_mul(p->points_price, w->quantity, &x->cost) || x->cost > COST_MAX)
		return E_GUARD;
	return w->points_cost == I64_NONE || w->points_cost == x->cost ? E_OK : E_GUARD;
}

/* Points that live apart are no guard of the transaction: what they clearly do not suffice for need not begin. */
static enum err
check_funds(struct exchange *x)
{
	int64_t balance = x->cost, debt = 0;
	enum err e;

	if ((e = settle_funds(x->m, x->user_id, &balance, &debt)) != E_OK)
		return e;
	return balance >= x->cost && debt == 0 ? E_OK : E_GUARD;
}

static enum err
attempt(struct exchange *x)
{
	enum err e;

	if ((e = read_terms(x)) != E_OK || (e = check_funds(x)) != E_OK)
		return e;
	x->goal = goal_of(x);
	x->opening = settle_apart(x->m) ? &openings[OPEN_SETTLING] : x->goal;
	if ((e = db_tx(x->m->tx, exchange_tx, x)) != E_OK || !x->opening->settling)
		return e;
	return settle_finish(x->m, &x->settlement);
}

enum err
exchange_create(struct mall *m, const char *user_id, const struct exchange_wish *w, const struct once *once,
    struct exchange_done *out)
{
	struct exchange x = { .m = m, .user_id = user_id, .wish = w, .once = once, .out = out };
	enum err e;

	if (known_sold_out(m, w->product_id))
		return E_STOCK;
	for (int i = 0; i < JUDGEMENTS_MAX; i++) {
		if ((e = attempt(&x)) != E_GUARD)
			return e;
		if ((e = why_not(&x)) != E_OK)
			return e;
	}
	return FAULT(m->fault, E_DOWN, "exchange: guards failed and nothing was found to be wrong");
}
