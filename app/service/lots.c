/* SPDX-License-Identifier: Apache-2.0 */
/* lots.c: dates of points. sql/query/lots.sql says what a lot is. */
#include "service/lots.h"

#include "base/day.h"
#include "base/ids.h"
#include "base/log.h"
#include "store/db.h"

#define PAGE 100
#define LOTS_OF_ORDER_MAX 100000
#define RACES_MAX 8

int64_t
lots_expiry_of_earned(const struct mall *m)
{
	return day_expiry(m->conf->points_expiry, m->now_us);
}

/* ---- where points came from ---- */

static const struct db_col origin_cols[] = {
	DB_I64(struct points_expiring, points), DB_TIME(struct points_expiring, expires_at_us), DB_END,
};

/* Adds p to those before it, which are in the order of their dates but for the grace period's. */
static size_t
gather(struct points_expiring *list, size_t n, struct points_expiring p)
{
	size_t at = n;

	for (size_t i = 0; i < n; i++) {
		if (list[i].expires_at_us == p.expires_at_us) {
			list[i].points += p.points;
			return n;
		}
	}
	for (; at > 0 && list[at - 1].expires_at_us > p.expires_at_us; at--)
		list[at] = list[at - 1];
	list[at] = p;
	return n + 1;
}

enum err
lots_origin(struct mall *m, struct db *db, const char *user_id, const char *order_id,
    struct points_expiring **out, size_t *n)
{
	int64_t grace_us = day_end_us(m->now_us, 0, m->conf->refund_grace_days);
	struct points_expiring *rows;
	size_t nrows, kept = 0;
	enum err e;

	e = db_rows(db, Q_LOT_ORIGIN, ARGS(A_STR(order_id), A_STR(user_id)), origin_cols, m->arena, sizeof(*rows),
	    LOTS_OF_ORDER_MAX, &rows, &nrows);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < nrows; i++) {
		struct points_expiring p = rows[i];

		if (p.expires_at_us <= m->now_us)
			p.expires_at_us = grace_us;
		kept = gather(rows, kept, p);
	}
	*out = rows;
	*n = kept;
	return E_OK;
}

/* ---- the day that comes ---- */

struct due {
	const char	*id;
	const char	*user_id;
	int64_t		 starts_at;
	int64_t		 ends_at;
	int64_t		 points_out;	/* the user's, as it was read with the lot */
};

static const struct db_col due_cols[] = {
	DB_STR(struct due, id), DB_STR(struct due, user_id), DB_I64(struct due, starts_at), DB_I64(struct due, ends_at),
	DB_I64(struct due, points_out), DB_END,
};

struct expiry {
	struct mall	*m;
	struct due	 lot;
};

static void
add_expiry(struct db_batch *b, struct mall *m, const struct due *l, int64_t points)
{
	struct db_arg user = A_STR(l->user_id), lot = A_STR(l->id), now = A_TIME(m->now_us), n = A_I64(points);
	char record[ID_LEN + 1], event[ID_LEN + 1];

	id_new(m->now_us, record);
	id_new(m->now_us, event);
	db_batch_add(b, Q_LOT_EXPIRE, ARGS(n, n, user, A_I64(l->points_out), n, lot, user, A_I64(l->starts_at),
	    A_I64(l->ends_at)), 1, 1);
	db_batch_add(b, Q_POINTS_RECORD, ARGS(A_STR(record), A_STR("expire"), A_I64(-points), A_STR("积分到期"), lot, now,
	    A_I64(-points), user), 1, 1);
	db_batch_add(b, Q_LOT_CLOSE, ARGS(now, lot), 1, 1);
	db_batch_add(b, Q_POINTS_EVENT, ARGS(A_STR(event), A_STR("points.expired"), now, now, A_STR(record)), 1, 1);
}

static enum err
expire_tx(struct db *db, void *arg)
{
	const struct expiry *x = arg;
	const struct due *l = &x->lot;
	int64_t from = l->points_out > l->starts_at ? l->points_out : l->starts_at;
	struct db_batch *b = db_batch_new(db, x->m->arena);
	int failed;

	if (from < l->ends_at)
		add_expiry(b, x->m, l, l->ends_at - from);
	else
		db_batch_add(b, Q_LOT_CLOSE, ARGS(A_TIME(x->m->now_us), A_STR(l->id)), 1, 1);
	return db_batch_run(b, &failed);
}

/* E_GUARD: somebody spent meanwhile, or closed it. The lot is looked at anew. */
static enum err
expire(struct mall *m, struct due *lot)
{
	struct expiry x = { m, *lot };
	enum err e;

	for (int i = 0; i < RACES_MAX; i++) {
		if ((e = db_tx(m->points_tx, expire_tx, &x)) != E_GUARD)
			return e;
		e = db_row(m->points, Q_LOT_DUE_ONE, ARGS(A_STR(lot->id)), due_cols, m->arena, &x.lot);
		if (e != E_OK)
			return e == E_NOT_FOUND ? E_OK : e;
	}
	log_warn("lot %s of user %s changes too fast to expire; later", lot->id, lot->user_id);
	return E_OK;
}

enum err
lots_expire(struct mall *m, bool *more)
{
	struct due *due;
	size_t n;
	enum err e;

	e = db_rows(m->points, Q_LOT_DUE, ARGS(A_TIME(m->now_us), A_I64(PAGE)), due_cols, m->arena, sizeof(*due), PAGE, &due,
	    &n);
	for (size_t i = 0; e == E_OK && i < n; i++)
		e = expire(m, &due[i]);
	*more = e == E_OK && n == PAGE;
	return e;
}
