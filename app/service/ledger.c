/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c: the statements of each kind of change of a user's points. */
#include "service/ledger.h"

#include <assert.h>
#include <string.h>

#include "store/db.h"

static const struct kind {
	const char	*record_type;
	const char	*event_type;
	enum query	 change;
	bool		 leaves;
} kinds[] = {
	[LEDGER_TAKE] = { "mall_exchange", "points.consumed", Q_POINTS_TAKE, true },
	[LEDGER_GIVE_BACK] = { "mall_refund", "points.refunded", Q_POINTS_GIVE_BACK, false },
	[LEDGER_AWARD] = { "payment_reward", "points.awarded", Q_POINTS_ADD, false },
	[LEDGER_ADJUST_UP] = { "adjust", "points.adjusted", Q_POINTS_ADD, false },
	[LEDGER_ADJUST_DOWN] = { "adjust", "points.adjusted", Q_POINTS_DRAW, true },
};

#define DEBT_DESCRIPTION "偿还欠积分"

const char *
ledger_record_type(enum ledger_kind kind)
{
	return kinds[kind].record_type;
}

const char *
ledger_event_type(enum ledger_kind kind)
{
	return kinds[kind].event_type;
}

static void
add_source(struct db_batch *b, struct mall *m, const struct ledger_change *c)
{
	db_batch_add(b, Q_POINTS_SOURCE, ARGS(A_BIN(c->source, strlen(c->source)), A_STR(c->user_id),
	    A_I64(LEDGER_DONE), A_STR(c->record_id), A_TIME(m->now_us)), 1, 1);
}

static int
add_change(struct db_batch *b, const struct ledger_change *c)
{
	struct db_arg points = A_I64(c->points), user = A_STR(c->user_id);
	enum query q = kinds[c->kind].change;

	if (q == Q_POINTS_TAKE)
		return db_batch_add(b, q, ARGS(points, points, points, user, points), 1, 1);
	if (q == Q_POINTS_DRAW)
		return db_batch_add(b, q, ARGS(points, points, user, points), 1, 1);
	return db_batch_add(b, q, ARGS(points, points, user), 1, 1);
}

static void
add_record(struct db_batch *b, struct mall *m, const struct ledger_change *c)
{
	const struct kind *k = &kinds[c->kind];

	db_batch_add(b, Q_POINTS_RECORD, ARGS(A_STR(c->record_id), A_STR(k->record_type),
	    A_I64(k->leaves ? -c->points : c->points), A_STR(c->description), A_STR(c->related_id), A_TIME(m->now_us),
	    A_I64(k->leaves ? -c->points : I64_NONE), A_STR(c->user_id)), 1, 1);
}

static void
add_lot(struct db_batch *b, struct mall *m, const struct ledger_change *c, const struct points_expiring *dated)
{
	struct db_arg points = A_I64(dated->points), date = A_TIME(dated->expires_at_us), user = A_STR(c->user_id);
	char left_behind[ID_LEN + 1], lot[ID_LEN + 1];

	assert(dated->points > 0);
	id_new(m->now_us, left_behind);
	id_new(m->now_us, lot);
	db_batch_add(b, Q_LOT_SPLIT, ARGS(A_STR(left_behind), A_TIME(m->now_us), user, date), 0, 1);
	db_batch_add(b, Q_LOT_SHIFT, ARGS(points, points, user, date), 0, DB_ANY_ROWS);
	db_batch_add(b, Q_LOT_GROW, ARGS(points, user, date), 0, 1);
	db_batch_add(b, Q_LOT_ADD, ARGS(A_STR(lot), points, date, date, user, date), 0, 1);
}

static void
add_debt(struct db_batch *b, struct mall *m, const struct ledger_change *c)
{
	struct db_arg points = A_I64(c->points);

	db_batch_add(b, Q_POINTS_SETTLE_DEBT, ARGS(points, points, points, A_STR(c->user_id)), 0, 1);
	db_batch_add(b, Q_POINTS_SETTLE_RECORD, ARGS(A_STR(c->debt_record_id), A_STR(DEBT_DESCRIPTION),
	    A_STR(c->related_id), A_TIME(m->now_us), A_STR(c->record_id)), 0, 1);
}

int
ledger_add(struct db_batch *b, struct mall *m, struct ledger_change *c)
{
	bool leaves = kinds[c->kind].leaves;
	int guard;

	assert(c->points > 0 && !(leaves && c->ndated > 0));
	id_new(m->now_us, c->record_id);
	id_new(m->now_us, c->debt_record_id);
	if (c->source != NULL)
		add_source(b, m, c);
	guard = add_change(b, c);
	add_record(b, m, c);
	for (size_t i = 0; i < c->ndated; i++)
		add_lot(b, m, c, &c->dated[i]);
	if (!leaves)
		add_debt(b, m, c);
	return c->source != NULL ? guard - 1 : guard;
}

int
ledger_guard(const struct ledger_change *c, int first)
{
	return c->source != NULL ? first + 1 : first;
}

static void
add_event(struct db_batch *b, struct mall *m, const char *type, const char *record_id, uint64_t min)
{
	struct db_arg now = A_TIME(m->now_us);
	char id[ID_LEN + 1];

	id_new(m->now_us, id);
	db_batch_add(b, Q_POINTS_EVENT, ARGS(A_STR(id), A_STR(type), now, now, A_STR(record_id)), min, 1);
}

void
ledger_add_events(struct db_batch *b, struct mall *m, const struct ledger_change *c)
{
	add_event(b, m, kinds[c->kind].event_type, c->record_id, 1);
	ledger_add_debt_event(b, m, c);
}

void
ledger_add_debt_event(struct db_batch *b, struct mall *m, const struct ledger_change *c)
{
	if (!kinds[c->kind].leaves)
		add_event(b, m, "points.adjusted", c->debt_record_id, 0);
}

int
ledger_bar(struct db_batch *b, struct mall *m, const char *user_id, const char *source)
{
	return db_batch_add(b, Q_POINTS_SOURCE, ARGS(A_BIN(source, strlen(source)), A_STR(user_id), A_I64(LEDGER_BARRED),
	    A_STR(NULL), A_TIME(m->now_us)), 1, 1);
}
