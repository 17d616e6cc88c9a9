/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_move.c: the moves of an order, as a table, and the one way in which each is made.
 *
 * The order is read first and judged; what the move changes then goes in one batch, in the lock order of the house:
 * idempotency key → order, its timer and its parcel's way → user → purchase counter → outbox → product → stock record.
 * The order's row must still have the version that was judged; where it does not, it is read and judged again.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "service/inventory.h"
#include "service/order_event.h"
#include "service/order_int.h"
#include "service/settle.h"
#include "store/db.h"

#define JUDGEMENTS_MAX 5
#define DAY_US (24 * 3600 * US_PER_S)
#define MINUTE_US (60 * US_PER_S)

/* ---- the table ---- */

enum { BY_USER = 1, BY_OPERATOR = 2, BY_HOUSE = 4 };

/* What a move notes the time of. */
enum {
	AT_EXCHANGED = 1, AT_SHIPPED = 2, AT_DELIVERED = 4, AT_COMPLETED = 8, AT_CANCELLED = 16, AT_RETURN_ASKED = 32,
	AT_RETURNED = 64
};

enum timer { TIMER_CLEAR = 0, TIMER_HOLD, TIMER_COMPLETION };

/* What the stock does with the order's pieces: by one piece. */
#define STEPS_MAX 2
struct stock_steps {
	struct stock_step	step[STEPS_MAX];
	size_t			n;
};

#define STEP(kind, more, held, sold, because) \
	{ .type = (kind), .available = (more), .reserved = (held), .sales = (sold), .why = (because) }

static const struct stock_steps stock_confirm = {
	{ STEP(STOCK_RELEASE, 1, -1, 0, "确认兑换"), STEP(STOCK_OUT, -1, 0, 1, "商城兑换") }, 2,
};
static const struct stock_steps stock_release = { { STEP(STOCK_RELEASE, 1, -1, 0, "释放预占") }, 1 };
static const struct stock_steps stock_cancel = { { STEP(STOCK_IN, 1, 0, -1, "取消兑换") }, 1 };
static const struct stock_steps stock_restock = { { STEP(STOCK_IN, 1, 0, -1, "退货入库") }, 1 };
static const struct stock_steps stock_unfit = { { STEP(0, 0, 0, -1, NULL) }, 1 };
/* After a cancel: what came back on paper is not there. The operator's own, of no order. */
static const struct stock_step stock_correction = STEP(STOCK_OUT, -1, 0, 0, "缺货更正");

/* Whether more than its status lets the order move now. */
typedef bool move_judge(const struct mall *m, const struct move_request *rq, const struct order *o);

static move_judge confirmable, advances, returnable;

struct move_def {
	enum order_move			 move;
	const char			*action;	/* in the audit log; NULL: no operator's */
	unsigned			 who;
	int64_t				 from;
	int64_t				 to;
	bool				 settled;	/* of an order that is settling */
	bool				 give_back;	/* the points */
	bool				 uncount;	/* the purchase counter */
	const struct stock_steps	*stock;		/* NULL: nothing */
	const struct stock_steps	*unfit;		/* in its place, where the pieces cannot be sold again */
	int64_t				 delivery;	/* what the delivery advances to at least */
	unsigned			 at;
	enum timer			 timer;
	enum order_event		 event;
	const char			*way;		/* told of the parcel, or NULL */
	move_judge			*judge;
};

#define GIVES_ALL_BACK .give_back = true, .uncount = true
#define CANCELS .to = ORDER_CANCELLED, .at = AT_CANCELLED, .event = TOLD_CANCELLED
#define CONFIRMS .to = ORDER_CONFIRMED, .stock = &stock_confirm, .delivery = DELIVERY_PREPARING, .at = AT_EXCHANGED, \
	.event = TOLD_EXCHANGED
#define COMPLETES .to = ORDER_COMPLETED, .delivery = DELIVERY_DELIVERED, .at = AT_DELIVERED | AT_COMPLETED, \
	.event = TOLD_COMPLETED
#define ASKS_RETURN .to = ORDER_RETURN_ASKED, .at = AT_RETURN_ASKED, .event = TOLD_RETURN_ASKED

static const struct move_def moves[] = {
	{ MOVE_CONFIRM, "order.confirm", BY_USER | BY_OPERATOR, ORDER_PENDING, CONFIRMS, .judge = confirmable },
	{ MOVE_CANCEL, "order.cancel", BY_USER | BY_OPERATOR, ORDER_PENDING, CANCELS, GIVES_ALL_BACK,
	    .stock = &stock_release },
	{ MOVE_CANCEL, "order.cancel", BY_USER | BY_OPERATOR, ORDER_CONFIRMED, CANCELS, GIVES_ALL_BACK,
	    .stock = &stock_cancel },
	{ MOVE_RELEASE, NULL, BY_HOUSE, ORDER_PENDING, CANCELS, GIVES_ALL_BACK, .stock = &stock_release },
	{ MOVE_SHIP, "order.ship", BY_OPERATOR, ORDER_CONFIRMED, ORDER_SHIPPED, .delivery = DELIVERY_SHIPPED,
	    .at = AT_SHIPPED, .timer = TIMER_COMPLETION, .event = TOLD_SHIPPED, .way = "商品已发出" },
	{ MOVE_DELIVERY, "order.delivery", BY_OPERATOR, ORDER_SHIPPED, ORDER_SHIPPED, .timer = TIMER_COMPLETION,
	    .event = TOLD_TRACKED, .way = "", .judge = advances },
	{ MOVE_RECEIVE, NULL, BY_USER, ORDER_SHIPPED, COMPLETES, .way = "用户已确认收货" },
	{ MOVE_COMPLETE, NULL, BY_HOUSE, ORDER_SHIPPED, COMPLETES, .way = "已自动确认收货" },
	{ MOVE_ASK_RETURN, NULL, BY_USER, ORDER_SHIPPED, ASKS_RETURN },
	{ MOVE_ASK_RETURN, NULL, BY_USER, ORDER_COMPLETED, ASKS_RETURN, .judge = returnable },
	{ MOVE_ACCEPT_RETURN, "order.return_accept", BY_OPERATOR, ORDER_RETURN_ASKED, ORDER_RETURNED, GIVES_ALL_BACK,
	    .stock = &stock_restock, .unfit = &stock_unfit, .delivery = DELIVERY_RETURNED, .at = AT_RETURNED,
	    .event = TOLD_RETURNED, .way = "商品已退回" },
	{ MOVE_REFUSE_RETURN, "order.return_refuse", BY_OPERATOR, ORDER_RETURN_ASKED, ORDER_COMPLETED,
	    .delivery = DELIVERY_DELIVERED, .at = AT_DELIVERED | AT_COMPLETED, .event = TOLD_RETURN_REFUSED },
	{ MOVE_SETTLED_HOLD, NULL, BY_HOUSE, ORDER_PENDING, ORDER_PENDING, .settled = true, .timer = TIMER_HOLD,
	    .event = TOLD_HELD },
	{ MOVE_SETTLED_CONFIRM, NULL, BY_HOUSE, ORDER_PENDING, CONFIRMS, .settled = true },
	{ MOVE_SETTLED_FAIL, NULL, BY_HOUSE, ORDER_PENDING, CANCELS, .settled = true, .uncount = true,
	    .stock = &stock_release },
	{ MOVE_SETTLED_GIVEN, NULL, BY_HOUSE, ORDER_CANCELLED, ORDER_CANCELLED, .settled = true },
	{ MOVE_SETTLED_GIVEN, NULL, BY_HOUSE, ORDER_RETURNED, ORDER_RETURNED, .settled = true },
};

/* A hold past its time is as good as released, whether or not jobs came to it. */
static bool
confirmable(const struct mall *m, const struct move_request *rq, const struct order *o)
{
	if (o->needs_review && rq->operator == NULL)
		return false;
	return o->expires_at_us == 0 || o->expires_at_us > m->now_us;
}

static bool
advances(const struct mall *m, const struct move_request *rq, const struct order *o)
{
	(void)m;
	return rq->delivery_status >= o->delivery_status;
}

static bool
returnable(const struct mall *m, const struct move_request *rq, const struct order *o)
{
	(void)rq;
	return o->delivered_at_us != 0 && m->now_us < o->delivered_at_us + m->conf->return_days * DAY_US;
}

/* ---- one move ---- */

struct moving {
	struct mall			*m;
	const struct move_request	*rq;
	const struct once		*once;
	const struct move_def		*def;
	struct order			 order;		/* as it was judged */
	struct order			 after;		/* as the move leaves it, as far as the move is told of */
	struct settlement		 settlement;
	int				 guard;		/* the index of the statement that moves the order's row */
	bool				 rival;		/* somebody else moved it first */
	int64_t				 funds;		/* of a user whose points live apart and stay as they are */
	struct move_done		*out;
};

static unsigned
who_moves(const struct move_request *rq)
{
	if (rq->user_id != NULL)
		return BY_USER;
	return rq->operator != NULL ? BY_OPERATOR : BY_HOUSE;
}

static enum err
judge(struct moving *v)
{
	const struct order *o = &v->order;

	if (!seen_has(&v->rq->seen, o->version))
		return E_PRECONDITION;
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		const struct move_def *d = &moves[i];

		if (d->move != v->rq->move || d->from != o->status || d->settled != o->settling)
			continue;
		assert(d->who & who_moves(v->rq));
		v->def = d;
		return d->judge == NULL || d->judge(v->m, v->rq, o) ? E_OK : E_STATE;
	}
	return E_STATE;
}

static bool
delivers(const struct moving *v)
{
	bool now = (v->def->at & AT_DELIVERED) ||
	    (v->rq->move == MOVE_DELIVERY && v->rq->delivery_status == DELIVERY_DELIVERED);

	return now && v->order.delivered_at_us == 0;
}

static int64_t
hold_ends_us(const struct moving *v)
{
	if (v->def->timer != TIMER_HOLD || v->order.needs_review)
		return 0;
	return v->m->now_us + v->m->conf->hold_minutes * MINUTE_US;
}

/* What the events and the audit log say of it afterwards. */
static void
foresee(struct moving *v)
{
	const struct move_request *rq = v->rq;
	struct order *o = &v->after;
	int64_t delivery = rq->move == MOVE_DELIVERY ? rq->delivery_status : v->def->delivery;

	*o = v->order;
	o->status = v->def->to;
	o->settling = v->def->give_back && settle_apart(v->m);
	o->version++;
	if (delivery > o->delivery_status)
		o->delivery_status = delivery;
	if (rq->carrier != NULL)
		o->delivery.carrier = rq->carrier;
	if (rq->tracking_no != NULL)
		o->delivery.tracking_no = rq->tracking_no;
}

/* ---- its statements ---- */

static struct db_arg
time_if(const struct moving *v, unsigned at)
{
	return A_TIME(v->def->at & at ? v->m->now_us : 0);
}

static void
add_row(struct db_batch *b, struct moving *v)
{
	const struct move_request *rq = v->rq;
	const struct order *o = &v->order;
	int64_t second_us = clock_whole_s(v->m->now_us), confirmed_us = v->def->at & AT_EXCHANGED ? second_us : 0;
	bool cancels = v->def->to == ORDER_CANCELLED, asks = rq->move == MOVE_ASK_RETURN;

	v->guard = db_batch_add(b, Q_ORDER_MOVE, ARGS(A_I64(v->def->to), A_I64(v->after.delivery_status),
	    A_TIME(hold_ends_us(v)), A_I64(v->after.settling), A_TIME(confirmed_us), A_TIME(confirmed_us),
	    A_I64(v->m->conf->default_delivery_days), time_if(v, AT_SHIPPED), A_TIME(delivers(v) ? second_us : 0),
	    time_if(v, AT_COMPLETED), time_if(v, AT_CANCELLED), time_if(v, AT_RETURN_ASKED), time_if(v, AT_RETURNED),
	    A_STR(cancels ? rq->reason : NULL), A_STR(asks ? rq->reason : NULL), A_STR(rq->carrier),
	    A_STR(rq->tracking_no), A_STR(rq->failure_code), A_STR(o->id), A_STR(o->user_id), A_I64(o->status),
	    A_I64(o->settling), A_I64(o->version)), 1, 1);
}

/* Whoever has waited for the goods has its days from when they came. */
static void
add_timer(struct db_batch *b, const struct moving *v)
{
	struct db_arg order = A_STR(v->order.id);
	int64_t due_us = hold_ends_us(v);

	if (v->def->timer == TIMER_COMPLETION) {
		if (v->rq->move == MOVE_DELIVERY && !delivers(v))
			return;
		due_us = v->m->now_us + v->m->conf->complete_after_days * DAY_US;
	}
	if (due_us != 0)
		db_batch_add(b, Q_ORDER_TIMER_SET, ARGS(order, A_TIME(due_us)), 0, DB_ANY_ROWS);
	else
		db_batch_add(b, Q_ORDER_TIMER_CLEAR, ARGS(order), 0, 1);
}

static void
add_way(struct db_batch *b, const struct moving *v)
{
	const char *text = v->rq->description != NULL ? v->rq->description : v->def->way;

	if (v->def->way != NULL)
		db_batch_add(b, Q_ORDER_TRACKED, ARGS(A_STR(v->order.id), A_I64(v->after.version),
		    A_I64(v->after.delivery_status), A_STR(text), A_TIME(v->m->now_us)), 1, 1);
}

/* What a parcel is found by. */
static void
add_parcel(struct db_batch *b, const struct moving *v)
{
	if (v->rq->tracking_no != NULL)
		db_batch_add(b, Q_ORDER_PARCEL, ARGS(A_STR(v->order.id), A_STR(v->rq->tracking_no)), 1, 1);
}

static struct order_told
told_of(const struct moving *v)
{
	const struct order *o = &v->after;

	return (struct order_told){
		o->user_id, o->product.id, o->id, o->quantity, o->points_cost, o->status, o->delivery_status,
		v->rq->user_id == NULL ? v->rq->reason : NULL,
	};
}

static void
add_event(struct db_batch *b, const struct moving *v, enum order_event kind)
{
	const struct order_event_def *d = &order_events[kind];
	const struct order_told told = told_of(v);
	struct db_arg now = A_TIME(v->m->now_us);
	char id[ID_LEN + 1];

	if (d->type == NULL)
		return;
	id_new(v->m->now_us, id);
	db_batch_add(b, Q_EVENT_ONE, ARGS(A_STR(id), A_STR(d->type), A_STR("exchange"), A_STR(d->targets),
	    A_STR(v->order.user_id), A_STR(json_text(v->m->arena, d->payload, &told)), now, now), 1, 1);
}

/* The end of a saga: the result as its caller may still get it. */
static void
tell(void *result, const struct settlement *s, const struct order *o)
{
	struct move_done *out = result;

	out->remaining_points = s->balance;
	out->order = *o;
}

static struct settlement
settlement_of(const struct moving *v)
{
	const struct order_event_def *d = &order_events[v->def->event];
	const struct order_told told = told_of(v);
	const struct order *o = &v->order;
	struct arena *a = v->m->arena;

	return (struct settlement){
		.user_id = o->user_id, .order_id = o->id, .points = o->points_cost,
		.description = arena_printf(a, "商城退回-%s", o->product.name), .order_type = d->type,
		.order_targets = d->targets, .order_payload = d->type != NULL ? json_text(a, d->payload, &told) : NULL,
		.once = v->once, .result = v->out, .tell = who_moves(v->rq) != BY_HOUSE ? tell : NULL, .balance = I64_NONE,
	};
}

static const struct db_col owner_cols[] = { DB_I64(struct settlement, balance), DB_END };

static void
add_points(struct db_batch *b, struct moving *v)
{
	if (v->def->give_back)
		settle_points(b, v->m, &v->settlement);
	else
		db_batch_row(b, Q_ORDER_OWNER, ARGS(A_STR(v->order.user_id)), owner_cols, &v->settlement);
}

/* A delivery's event beside the move's: a consumer of deliveries need not know of every way in which one ends. */
static void
add_events(struct db_batch *b, struct moving *v)
{
	if (delivers(v))
		add_event(b, v, TOLD_DELIVERED);
	if (v->def->give_back)
		settle_events(b, v->m, &v->settlement);
	else
		add_event(b, v, v->def->event);
}

static void
add_step(struct db_batch *b, const struct moving *v, const struct stock_step *by_piece, const char *order_id)
{
	struct stock_step s = *by_piece;

	s.product_id = v->order.product.id;
	s.available *= v->order.quantity;
	s.reserved *= v->order.quantity;
	s.sales *= v->order.quantity;
	s.order_id = order_id;
	s.operator_id = v->rq->operator != NULL ? v->rq->operator->id : NULL;
	inventory_step(b, v->m, &s);
}

static void
add_stock(struct db_batch *b, const struct moving *v)
{
	const struct move_def *d = v->def;
	const struct stock_steps *steps = d->unfit != NULL && !v->rq->restock ? d->unfit : d->stock;

	for (size_t i = 0; steps != NULL && i < steps->n; i++)
		add_step(b, v, &steps->step[i], v->order.id);
	if (v->rq->out_of_stock)
		add_step(b, v, &stock_correction, NULL);
}

struct audited {
	struct order		 o;
	const char		*reason;
	bool			 restock;
	bool			 out_of_stock;
};

static const struct json_view audited_view[] = {
	VIEW_I64(struct audited, o.status, "status", 0), VIEW_I64(struct audited, o.delivery_status, "deliveryStatus", 0),
	VIEW_STR(struct audited, o.delivery.carrier, "carrier", JSON_OMIT_NULL),
	VIEW_STR(struct audited, o.delivery.tracking_no, "trackingNo", JSON_OMIT_NULL),
	VIEW_STR(struct audited, reason, "reason", JSON_OMIT_NULL),
	VIEW_BOOL(struct audited, restock, "restock", JSON_OMIT_NULL),
	VIEW_BOOL(struct audited, out_of_stock, "outOfStock", JSON_OMIT_NULL),
	VIEW_I64(struct audited, o.version, "version", 0), VIEW_END,
};

static void
add_audit(struct db_batch *b, const struct moving *v)
{
	const struct audited before = { .o = v->order };
	const struct audited after = { v->after, v->rq->reason, v->rq->restock, v->rq->out_of_stock };
	struct arena *a = v->m->arena;
	struct audit_entry entry = {
		v->def->action, "order", v->order.id, json_text(a, audited_view, &before),
		json_text(a, audited_view, &after),
	};

	if (v->rq->operator != NULL)
		audit_add(b, v->m, v->rq->operator, &entry);
}

static void
add_all(struct db_batch *b, struct moving *v)
{
	struct db_arg user = A_STR(v->order.user_id), quantity = A_I64(v->order.quantity);
	struct mall *m = v->m;

	if (v->rq->saga != NULL)
		v->rq->saga->first(b, m, v->rq->saga->arg);
	once_claim(b, v->once, m->now_us);
	add_row(b, v);
	add_timer(b, v);
	add_way(b, v);
	add_parcel(b, v);
	add_points(b, v);
	if (v->def->uncount)
		db_batch_add(b, Q_ORDER_COUNT_BACK, ARGS(quantity, user, A_STR(v->order.product.id), quantity), 1, 1);
	add_events(b, v);
	add_stock(b, v);
	add_audit(b, v);
}

/* The user's row in this database has no balance where the points live in another. */
static enum err
keep(struct moving *v)
{
	const struct move_saga *saga = v->rq->saga;

	v->out->success = true;
	v->out->remaining_points = settle_apart(v->m) ? v->funds : v->settlement.balance;
	if (saga != NULL)
		return saga->last(v->m, saga->arg, v->out);
	if (v->def->give_back)
		settle_keep(v->m, &v->settlement);
	else
		once_keep(v->m, v->once, v->out);
	return E_OK;
}

/* The answer holds the order as it now is, and the answer is stored with the effect: so it is read inside. */
static enum err
move_tx(struct db *db, void *arg)
{
	struct moving *v = arg;
	struct db_batch *b = db_batch_new(db, v->m->arena);
	const struct order_key key = { .id = v->order.id, .user_id = v->order.user_id };
	int failed;
	enum err e;

	add_all(b, v);
	if ((e = db_batch_run(b, &failed)) != E_OK) {
		v->rival = e == E_GUARD && failed == v->guard;
		return once_judge(v->once, failed, e);
	}
	if ((e = order_read(v->m, db, &key, &v->out->order)) != E_OK)
		return e;
	return keep(v);
}

/* ---- all of it ---- */

/* Points that stay as they are can be told to the user before the move as well as after it; or not, and it moves all the same. */
static enum err
read_funds(struct moving *v)
{
	int64_t debt;
	enum err e;

	v->funds = I64_NONE;
	if (v->def->give_back || v->rq->user_id == NULL || !settle_apart(v->m))
		return E_OK;
	e = settle_funds(v->m, v->order.user_id, &v->funds, &debt);
	if (e == E_OK)
		return E_OK;
	v->funds = I64_NONE;
	return e == E_DOWN ? E_OK : e;
}

static enum err
attempt(struct moving *v)
{
	const struct move_request *rq = v->rq;
	const struct order_key key = { rq->order_id, rq->user_id, rq->operator != NULL ? rq->operator->merchant : NULL };
	enum err e;

	v->rival = false;
	if ((e = order_get(v->m, &key, &v->order)) != E_OK || (e = judge(v)) != E_OK)
		return e;
	foresee(v);
	v->settlement = settlement_of(v);
	if ((e = read_funds(v)) != E_OK)
		return e;
	if (!v->def->give_back)
		return db_tx(v->m->tx, move_tx, v);
	if ((e = settle_prepare(v->m, &v->settlement)) != E_OK || (e = db_tx(v->m->tx, move_tx, v)) != E_OK)
		return e;
	return settle_finish(v->m, &v->settlement);
}

enum err
order_move(struct mall *m, const struct move_request *rq, const struct once *once, struct move_done *out)
{
	static const struct once nobody_asked;
	struct moving v = { .m = m, .rq = rq, .once = once != NULL ? once : &nobody_asked, .out = out };
	enum err e;

	for (int i = 0; i < JUDGEMENTS_MAX; i++) {
		e = attempt(&v);
		if (!v.rival)
			break;
	}
	if (e == E_GUARD && v.rival)
		return E_CONFLICT;
	if (e == E_GUARD && rq->saga != NULL)
		return E_STATE;
	if (e == E_GUARD)
		return FAULT(m->fault, E_INTERNAL, "order %s: what it holds is not there to be moved", rq->order_id);
	return e;
}
