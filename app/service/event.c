/* SPDX-License-Identifier: Apache-2.0 */
/* event.c: delivers the outbox to the house's own consumers. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "service/audit.h"
#include "service/award.h"
#include "service/event.h"
#include "store/db.h"

#define PAGE 100
#define BACKOFF_MAX_S 3600
#define STATE_DUE 0
#define STATE_DEAD 2

struct event {
	int64_t		 seq;
	const char	*id;
	const char	*type;
	const char	*source;
	const char	*aggregate;
	const char	*payload;
	int64_t		 attempts;
};

static const struct db_col event_cols[] = {
	DB_I64(struct event, seq), DB_STR(struct event, id), DB_STR(struct event, type), DB_STR(struct event, source),
	DB_STR(struct event, aggregate), DB_STR(struct event, payload), DB_I64(struct event, attempts), DB_END,
};

struct consumer {
	const char	*name;
	const char	*type;
	/* Inside the transaction that marks the event consumed. */
	enum err	(*apply)(struct mall *m, struct db *tx, const struct event *ev);
	/* Or in one of its own, which by its own unique key changes nothing the second time. */
	enum err	(*apply_once)(struct mall *m, const struct event *ev);
};

/* ---- consumers ---- */

struct exchanged {
	const char	*user_id;
	const char	*order_id;
};

static const struct json_field exchanged_in[] = {
	{ JSON_IN_ID, JSON_REQUIRED | JSON_LENIENT, "userId", JSON_OFF(struct exchanged, user_id, const char *), 0, 0, 0, NULL, 0 },
	JSON_ID(struct exchanged, order_id, "orderId", JSON_REQUIRED),
	JSON_END,
};

/* What a user exchanges for, by category. Whoever turned personalisation off has no row added. */
static enum err
profile_apply(struct mall *m, struct db *tx, const struct event *ev)
{
	struct exchanged in;
	enum err e;

	if ((e = json_decode(ev->payload, strlen(ev->payload), exchanged_in, m->arena, m->fault, &in)) != E_OK)
		return e;
	return db_exec(tx, Q_PREFERENCE_ADD, ARGS(A_TIME(m->now_us), A_STR(in.order_id), A_STR(in.user_id)), NULL);
}

static const struct json_field payment_in[] = {
	{ JSON_IN_ID, JSON_REQUIRED | JSON_LENIENT, "userId", JSON_OFF(struct payment, user_id, const char *), 0, 0, 0, NULL, 0 },
	JSON_I64(struct payment, amount_fen, "amount", JSON_REQUIRED, 0, INT64_MAX),
	JSON_STR(struct payment, order_id, "orderId", JSON_REQUIRED, 1, 36),
	JSON_ID(struct payment, merchant_id, "merchantId", JSON_NULLABLE),
	JSON_END,
};

static enum err
points_apply(struct mall *m, const struct event *ev)
{
	struct payment in = { .merchant_id = NULL };
	enum err e;

	if ((e = json_decode(ev->payload, strlen(ev->payload), payment_in, m->arena, m->fault, &in)) != E_OK)
		return e;
	return award_payment(m, &in);
}

static enum err
audit_apply(struct mall *m, const struct event *ev)
{
	return audit_carry(m, ev->payload);
}

static const struct consumer consumers[] = {
	{ .name = "audit", .type = AUDIT_EVENT, .apply_once = audit_apply },
	{ .name = "points", .type = "payment.success", .apply_once = points_apply },
	{ .name = "profile", .type = "mall.product.exchanged", .apply = profile_apply },
};

/* ---- delivery ---- */

struct delivery_run {
	struct mall		*m;
	const struct consumer	*consumer;
	const struct event	*event;
};

static enum err
consume_tx(struct db *tx, void *arg)
{
	struct delivery_run *d = arg;
	enum err e;

	e = db_exec(tx, Q_EVENT_CONSUMED, ARGS(A_STR(d->consumer->name), A_STR(d->event->id), A_TIME(d->m->now_us)), NULL);
	if (e != E_OK)
		return e;
	return d->consumer->apply(d->m, tx, d->event);
}

static enum err
consume(struct mall *m, const struct consumer *c, const struct event *ev)
{
	struct delivery_run d = { m, c, ev };
	enum err e;

	if (c->apply_once != NULL)
		return c->apply_once(m, ev);
	e = db_tx(m->tx, consume_tx, &d);
	return e == E_DUPLICATE ? E_OK : e;	/* it was applied before */
}

/* outbox: the database that the event came from, which is the points' own for theirs where they live apart. */
static enum err
deliver(struct mall *m, struct db *outbox, const struct event *ev)
{
	enum err e;

	for (size_t i = 0; i < sizeof(consumers) / sizeof(consumers[0]); i++) {
		if (strcmp(consumers[i].type, ev->type) != 0)
			continue;
		if ((e = consume(m, &consumers[i], ev)) != E_OK)
			return e;
	}
	return db_exec(outbox, Q_EVENT_DONE, ARGS(A_I64(ev->seq)), NULL);
}

static int64_t
backoff_s(int64_t attempts)
{
	int64_t s = INT64_C(1) << (attempts < 12 ? attempts : 12);

	return s < BACKOFF_MAX_S ? s : BACKOFF_MAX_S;
}

static enum err
put_off(struct mall *m, struct db *outbox, const struct event *ev, enum err why)
{
	bool dead = ev->attempts + 1 >= m->conf->event_attempts;
	int64_t next_us = m->now_us + backoff_s(ev->attempts) * US_PER_S;

	log_warn("event %s %s not delivered: %s %s%s", ev->type, ev->id, err_name(why), m->fault->cause,
	    dead ? "; given up" : "");
	return db_exec(outbox, Q_EVENT_FAILED, ARGS(A_I64(dead ? STATE_DEAD : STATE_DUE), A_TIME(next_us),
	    A_STR(err_name(why)), A_I64(ev->seq)), NULL);
}

/* Whether an earlier event of this page's was put off for the same aggregate: then this one waits too. */
static bool
waits(const struct event *events, const bool *put, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (put[j] && strcmp(events[j].aggregate, events[i].aggregate) == 0)
			return true;
	return false;
}

static enum err
deliver_page(struct mall *m, struct db *outbox, const struct event *events, size_t n)
{
	bool put[PAGE] = { false };
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if (waits(events, put, i))
			continue;
		if ((e = deliver(m, outbox, &events[i])) == E_OK)
			continue;
		if (e == E_DOWN || e == E_UNCERTAIN)
			return e;	/* not the event's fault: the whole task waits */
		if ((e = put_off(m, outbox, &events[i], e)) != E_OK)
			return e;
		put[i] = true;
	}
	return E_OK;
}

static enum err
deliver_from(struct mall *m, struct db *outbox, bool *more)
{
	struct event *events;
	size_t n;
	enum err e;

	e = db_rows(outbox, Q_EVENT_DUE, ARGS(A_TIME(m->now_us), A_TIME(m->now_us), A_I64(PAGE)), event_cols, m->arena,
	    sizeof(*events), PAGE, &events, &n);
	if (e != E_OK)
		return e;
	*more = n == PAGE;
	return deliver_page(m, outbox, events, n);
}

enum err
event_deliver(struct mall *m, bool *more)
{
	return deliver_from(m, m->db, more);
}

enum err
event_deliver_points(struct mall *m, bool *more)
{
	return mall_points_apart(m) ? deliver_from(m, m->points, more) : E_OK;
}
