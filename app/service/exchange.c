/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c: exchangePoints, the heart of the mall, and its way back.
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
#include "service/settle.h"
#include "store/db.h"

#define JUDGEMENTS_MAX 3
#define COST_MAX INT32_MAX
#define DAY_US (24 * 3600 * US_PER_S)

struct ids {
	char	order[ID_LEN + 1];
	char	order_no[ORDER_NO_LEN + 1];
	char	stock_record[ID_LEN + 1];
};

static void
ids_make(int64_t now_us, struct ids *out)
{
	id_new(now_us, out->order);
	order_no_new(now_us, out->order_no);
	id_new(now_us, out->stock_record);
}

/* TIMESTAMP and DATETIME without a fraction: cut here, since some servers would round up into the future. */
static int64_t
whole_second(int64_t us)
{
	return us - us % US_PER_S;
}

/* ---- payloads ---- */

struct payload {
	const char	*user_id;
	const char	*product_id;
	const char	*order_id;
	int64_t		 quantity;
	int64_t		 points_cost;
	int64_t		 status;
	const char	*reason;
};

static const struct json_view exchanged_view[] = {
	VIEW_STR(struct payload, user_id, "userId", 0), VIEW_STR(struct payload, product_id, "productId", 0),
	VIEW_I64(struct payload, quantity, "quantity", 0), VIEW_I64(struct payload, points_cost, "pointsCost", 0),
	VIEW_STR(struct payload, order_id, "orderId", 0), VIEW_END,
};

static const struct json_view cancelled_view[] = {
	VIEW_STR(struct payload, user_id, "userId", 0), VIEW_STR(struct payload, product_id, "productId", 0),
	VIEW_STR(struct payload, order_id, "orderId", 0), VIEW_I64(struct payload, status, "status", 0),
	VIEW_STR(struct payload, reason, "reason", JSON_OMIT_NULL), VIEW_END,
};

static const char *
encode(struct arena *a, const struct json_view *view, const void *p)
{
	struct buf b;

	buf_init(&b, a, 1024);
	json_encode(&b, view, p);
	return b.p;
}

/* ---- the way there ---- */

struct exchange {
	struct mall			*m;
	const char			*user_id;
	const struct exchange_wish	*wish;
	const struct once		*once;
	struct product			 product;	/* as it was read before; the last guard holds it against the row */
	int64_t				 cost;
	struct exchange_done		*out;
};

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
	return encode(a, snapshot_view, &s);
}

static int64_t
estimated_delivery_us(const struct exchange *x)
{
	int64_t days = x->product.delivery_days;

	if (days == I64_NONE)
		days = x->m->conf->default_delivery_days;
	return whole_second(x->m->now_us) + days * DAY_US;
}

static void
add_order(struct db_batch *b, const struct exchange *x, const struct ids *ids)
{
	const struct exchange_wish *w = x->wish;
	const struct product *p = &x->product;
	struct db_arg now = A_TIME(whole_second(x->m->now_us));

	db_batch_add(b, Q_EXCHANGE_ORDER, ARGS(A_STR(ids->order), A_STR(ids->order_no), A_STR(x->user_id), A_STR(p->id),
	    A_STR(p->name), A_I64(w->quantity), A_I64(x->cost), A_STR(w->delivery_json), now, now, now,
	    A_STR(p->merchant.id), A_STR(p->category.id), A_I64(p->points_price), A_STR(snapshot_of(x->m->arena, p)),
	    A_STR(w->source), A_TIME(estimated_delivery_us(x))), 1, 1);
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

static struct settlement
settlement_of(const struct exchange *x, const struct ids *ids)
{
	struct payload p = { x->user_id, x->product.id, ids->order, x->wish->quantity, x->cost, ORDER_CONFIRMED, NULL };
	struct mall *m = x->m;

	return (struct settlement){
		.user_id = x->user_id, .order_id = ids->order, .points = -x->cost,
		.description = arena_printf(m->arena, "商城兑换-%s", x->product.name),
		.order_type = "mall.product.exchanged", .order_targets = "[\"profile\",\"recommend\",\"notify\",\"stats\"]",
		.order_payload = encode(m->arena, exchanged_view, &p),
	};
}

static void
add_stock(struct db_batch *b, const struct exchange *x, const struct ids *ids)
{
	const struct product *p = &x->product;
	struct db_arg now = A_TIME(whole_second(x->m->now_us)), id = A_STR(p->id);
	int64_t q = x->wish->quantity;

	db_batch_add(b, Q_INVENTORY_TAKE, ARGS(A_I64(q), A_I64(q), id, A_I64(q), A_I64(p->points_price),
	    A_I64(p->purchase_limit), now, now), 1, 1);
	db_batch_add(b, Q_INVENTORY_RECORD, ARGS(A_STR(ids->stock_record), A_I64(2), A_I64(-q), A_STR(ids->order),
	    A_STR("商城兑换"), now, id), 1, 1);
}

/* Runs in db_tx(), perhaps more than once: every run makes ids of its own. */
static enum err
exchange_tx(struct db *db, void *arg)
{
	struct exchange *x = arg;
	struct mall *m = x->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	struct settlement s;
	struct counted count;
	struct ids ids;
	int failed;
	enum err e;

	ids_make(m->now_us, &ids);
	s = settlement_of(x, &ids);
	once_claim(b, x->once, m->now_us);
	add_order(b, x, &ids);
	settle_points(b, m, &s);
	add_count(b, x, &count);
	settle_events(b, m, &s);
	add_stock(b, x, &ids);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return once_judge(x->once, failed, e);
	*x->out = (struct exchange_done){
		true, arena_strdup(m->arena, ids.order), arena_strdup(m->arena, ids.order_no), ORDER_CONFIRMED,
		s.balance, estimated_delivery_us(x),
	};
	once_keep(m, x->once, x->out);
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
	struct db_arg now = A_TIME(whole_second(m->now_us));
	struct judged j;
	enum err e;

	e = db_row(m->db, Q_EXCHANGE_JUDGE, ARGS(now, now, A_STR(x->wish->product_id), A_STR(x->user_id)), judged_cols,
	    m->arena, &j);
	if (e == E_NOT_FOUND)
		return E_UNAUTHORIZED;	/* the token's user is not (or no more) one of ours */
	if (e != E_OK)
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

static enum err
attempt(struct exchange *x)
{
	enum err e;

	if ((e = read_terms(x)) != E_OK)
		return e;
	return db_tx(x->m->tx, exchange_tx, x);
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

/* ---- orders ---- */

static const struct db_col order_cols[] = {
	DB_STR(struct order, id), DB_STR(struct order, order_no), DB_STR(struct order, user_id),
	DB_I64(struct order, quantity), DB_I64(struct order, points_cost), DB_I64(struct order, status),
	DB_I64(struct order, delivery_status),
	DB_STR(struct order, delivery.receiver_name), DB_STR(struct order, delivery.receiver_phone),
	DB_STR(struct order, delivery.address), DB_STR(struct order, delivery.carrier),
	DB_STR(struct order, delivery.tracking_no),
	DB_TIME(struct order, exchanged_at_us), DB_TIME(struct order, estimated_delivery_us),
	DB_TIME(struct order, delivered_at_us), DB_TIME(struct order, expires_at_us), DB_TIME(struct order, created_at_us),
	DB_STR(struct order, product.id), DB_STR(struct order, product.name), DB_I64(struct order, product.points_price),
	DB_STR(struct order, product.description), DB_STR(struct order, product.category),
	DB_STR(struct order, product.merchant), DB_STR(struct order, product.original_price),
	DB_STR(struct order, product.images), DB_STR(struct order, product.specifications),
	DB_I64(struct order, product.stock_quantity), DB_I64(struct order, product.sales_count),
	DB_BOOL(struct order, product.is_hot), DB_BOOL(struct order, product.is_new), DB_I64(struct order, product.status),
	DB_I64(struct order, product.purchase_limit), DB_TIME(struct order, product.available_from_us),
	DB_TIME(struct order, product.available_until_us), DB_END,
};

enum err
order_get(struct mall *m, const char *user_id, const char *order_id, struct order *out)
{
	return db_row(m->db, Q_ORDER_GET, ARGS(A_STR(order_id), A_STR(user_id)), order_cols, m->arena, out);
}

enum err
order_list(struct mall *m, const char *user_id, int64_t status, const struct keyset *after, int64_t limit,
    struct order **items, size_t *n, struct keyset *next)
{
	struct db_arg before = A_STR(after->set ? after->id : NULL);
	enum err e;

	e = db_rows(m->db, Q_ORDER_LIST, ARGS(A_STR(user_id), A_I64(status), A_I64(status), before, before,
	    A_I64(limit + 1)), order_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	return E_OK;
}

struct cancel {
	struct mall		*m;
	const char		*user_id;
	struct order		 order;		/* as it was read before */
	const char		*reason;
	const struct once	*once;
	struct settlement	 settlement;
	struct cancel_done	*out;
};

static struct settlement
give_back(const struct cancel *c)
{
	const struct order *o = &c->order;
	struct payload p = { c->user_id, o->product.id, o->id, o->quantity, o->points_cost, ORDER_CANCELLED, c->reason };
	struct mall *m = c->m;

	return (struct settlement){
		.user_id = c->user_id, .order_id = o->id, .points = o->points_cost,
		.description = arena_printf(m->arena, "商城退回-%s", o->product.name),
		.order_type = "mall.order.cancelled", .order_targets = "[\"notify\",\"recommend\",\"stats\"]",
		.order_payload = encode(m->arena, cancelled_view, &p),
	};
}

/* What the order took comes back; its row's status is the guard, and what it says else never changes. */
static void
add_cancel(struct db_batch *b, const struct cancel *c, const struct ids *ids, struct settlement *s)
{
	const struct order *o = &c->order;
	struct mall *m = c->m;
	struct db_arg order = A_STR(o->id), user = A_STR(c->user_id), product = A_STR(o->product.id);
	struct db_arg quantity = A_I64(o->quantity);

	db_batch_add(b, Q_ORDER_CANCEL, ARGS(A_TIME(m->now_us), A_STR(c->reason), order, user), 1, 1);
	settle_points(b, m, s);
	db_batch_add(b, Q_EXCHANGE_COUNT_BACK, ARGS(quantity, user, product, quantity), 1, 1);
	settle_events(b, m, s);
	db_batch_add(b, Q_INVENTORY_PUT_BACK, ARGS(quantity, quantity, product), 1, 1);
	db_batch_add(b, Q_INVENTORY_RECORD, ARGS(A_STR(ids->stock_record), A_I64(1), quantity, order, A_STR("取消兑换"),
	    A_TIME(whole_second(m->now_us)), product), 1, 1);
}

/* The answer holds the order as it now is, and the answer is stored with the effect: so it is read inside. */
static enum err
cancel_tx(struct db *db, void *arg)
{
	struct cancel *c = arg;
	struct mall *m = c->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	struct settlement s = c->settlement;
	struct ids ids;
	int failed;
	enum err e;

	ids_make(m->now_us, &ids);
	once_claim(b, c->once, m->now_us);
	add_cancel(b, c, &ids, &s);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return once_judge(c->once, failed, e);
	c->out->success = true;
	c->out->remaining_points = s.balance;
	e = db_row(db, Q_ORDER_GET, ARGS(A_STR(c->order.id), A_STR(c->user_id)), order_cols, m->arena, &c->out->order);
	if (e != E_OK)
		return e;
	once_keep(m, c->once, c->out);
	return E_OK;
}

enum err
order_cancel(struct mall *m, const char *user_id, const char *order_id, const char *reason, const struct once *once,
    struct cancel_done *out)
{
	struct cancel c = { .m = m, .user_id = user_id, .reason = reason, .once = once, .out = out };
	enum err e;

	if ((e = order_get(m, user_id, order_id, &c.order)) != E_OK)
		return e;
	c.settlement = give_back(&c);
	if ((e = settle_prepare(m, &c.settlement)) != E_OK)
		return e;
	e = db_tx(m->tx, cancel_tx, &c);
	return e == E_GUARD ? E_STATE : e;
}
