/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c: an order's points, in the order's own transaction. */
#include <inttypes.h>
#include <string.h>

#include "service/lots.h"
#include "service/settle.h"
#include "store/db.h"

static enum ledger_kind
kind_of(const struct settlement *s)
{
	return s->points < 0 ? LEDGER_TAKE : LEDGER_GIVE_BACK;
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
	s->balance = I64_NONE;
	s->settling = false;
	if (s->points < 0)
		return E_OK;
	return lots_origin(m, m->db, s->user_id, s->order_id, &s->dated, &s->ndated);
}

void
settle_points(struct db_batch *b, struct mall *m, struct settlement *s)
{
	bool back = s->points > 0;

	s->change = (struct ledger_change){
		.kind = kind_of(s), .user_id = s->user_id, .points = amount_of(s), .description = s->description,
		.related_id = s->order_id, .source = back ? arena_printf(m->arena, "refund:%s", s->order_id) : NULL,
		.dated = s->dated, .ndated = s->ndated,
	};
	(void)ledger_add(b, m, &s->change);
}

static const struct db_col after_cols[] = { DB_I64(struct settlement, balance), DB_END };

void
settle_events(struct db_batch *b, struct mall *m, struct settlement *s)
{
	char points_event[ID_LEN + 1], order_event[ID_LEN + 1];
	struct db_arg now = A_TIME(m->now_us), user = A_STR(s->user_id);
	const char *head = arena_printf(m->arena,
	    "{\"userId\":\"%s\",\"points\":%" PRId64 ",\"recordId\":\"%s\",\"relatedId\":\"%s\",\"balanceAfter\":",
	    s->user_id, amount_of(s), s->change.record_id, s->order_id);

	id_new(m->now_us, points_event);
	id_new(m->now_us, order_event);
	db_batch_add(b, Q_EVENT_PAIR, ARGS(A_STR(points_event), A_STR(ledger_event_type(kind_of(s))), user, A_STR(head), user,
	    A_STR("}"), now, now, A_STR(order_event), A_STR(s->order_type), A_STR(s->order_targets), user,
	    A_STR(s->order_payload), now, now), 2, 2);
	ledger_add_debt_event(b, m, &s->change);
	db_batch_row(b, Q_POINTS_AFTER, ARGS(user), after_cols, s);
}

void
settle_keep(struct mall *m, const struct settlement *s)
{
	once_keep(m, s->once, s->result);
}

enum err
settle_finish(struct mall *m, struct settlement *s)
{
	(void)m;
	s->settling = false;
	return E_OK;
}
