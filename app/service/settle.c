/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c: an order's points, in the order's own transaction. */
#include <inttypes.h>
#include <string.h>

#include "service/settle.h"
#include "store/db.h"

/* How each direction is recorded and told. */
struct direction {
	const char	*record_type;
	const char	*event_type;
};

static const struct direction taken = { "mall_exchange", "points.consumed" };
static const struct direction given_back = { "mall_refund", "points.refunded" };

static const struct direction *
direction_of(const struct settlement *s)
{
	return s->points < 0 ? &taken : &given_back;
}

static int64_t
amount_of(const struct settlement *s)
{
	return s->points < 0 ? -s->points : s->points;
}

bool
settle_apart(const struct mall *m)
{
	(void)m;
	return false;
}

enum err
settle_prepare(struct mall *m, struct settlement *s)
{
	(void)m;
	s->balance = I64_NONE;
	s->settling = false;
	return E_OK;
}

void
settle_points(struct db_batch *b, struct mall *m, struct settlement *s)
{
	struct db_arg amount = A_I64(amount_of(s)), user = A_STR(s->user_id);

	id_new(m->now_us, s->record_id);
	if (s->points < 0)
		db_batch_add(b, Q_POINTS_TAKE, ARGS(amount, amount, user, amount), 1, 1);
	else
		db_batch_add(b, Q_POINTS_GIVE_BACK, ARGS(amount, amount, user), 1, 1);
	db_batch_add(b, Q_POINTS_RECORD, ARGS(A_STR(s->record_id), A_STR(direction_of(s)->record_type), A_I64(s->points),
	    A_STR(s->description), A_STR(s->order_id), A_TIME(m->now_us), user), 1, 1);
}

static const struct db_col after_cols[] = { DB_I64(struct settlement, balance), DB_END };

void
settle_events(struct db_batch *b, struct mall *m, struct settlement *s)
{
	char points_event[ID_LEN + 1], order_event[ID_LEN + 1];
	struct db_arg now = A_TIME(m->now_us), user = A_STR(s->user_id);
	const char *head = arena_printf(m->arena,
	    "{\"userId\":\"%s\",\"points\":%" PRId64 ",\"recordId\":\"%s\",\"relatedId\":\"%s\",\"balanceAfter\":",
	    s->user_id, amount_of(s), s->record_id, s->order_id);

	id_new(m->now_us, points_event);
	id_new(m->now_us, order_event);
	db_batch_add(b, Q_EVENT_PAIR, ARGS(A_STR(points_event), A_STR(direction_of(s)->event_type), user, A_STR(head), user,
	    A_STR("}"), now, now, A_STR(order_event), A_STR(s->order_type), A_STR(s->order_targets), user,
	    A_STR(s->order_payload), now, now), 2, 2);
	db_batch_row(b, Q_POINTS_AFTER, ARGS(user), after_cols, s);
}

enum err
settle_finish(struct mall *m, struct settlement *s)
{
	(void)m;
	s->settling = false;
	return E_OK;
}
