/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c: an order's points, in the order's own transaction, or apart from it as a saga. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/lots.h"
#include "service/saga.h"
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
	return mall_points_apart(m);
}

struct funds {
	int64_t	balance;
	int64_t	debt;
	int64_t	earned;
	int64_t	spent;
};

static const struct db_col funds_cols[] = {
	DB_I64(struct funds, balance), DB_I64(struct funds, debt), DB_I64(struct funds, earned), DB_I64(struct funds, spent),
	DB_END,
};

enum err
settle_funds(struct mall *m, const char *user_id, int64_t *balance, int64_t *debt)
{
	struct funds row = { 0 };
	enum err e;

	if (!settle_apart(m))
		return E_OK;
	db_cut_at(m->points, clock_mono_us() + m->conf->settle_wait_ms * US_PER_MS);
	e = db_row(m->points, Q_POINTS_FUNDS, ARGS(A_STR(user_id)), funds_cols, m->arena, &row);
	db_cut_at(m->points, 0);
	*balance = row.balance;
	*debt = row.debt;
	return e == E_NOT_FOUND ? E_OK : e;	/* whoever was never there has nothing */
}

enum err
settle_prepare(struct mall *m, struct settlement *s)
{
	s->balance = I64_NONE;
	s->settling = false;
	if (s->points < 0 || settle_apart(m))
		return E_OK;
	return lots_origin(m, m->db, s->user_id, s->order_id, &s->dated, &s->ndated);
}

void
settle_points(struct db_batch *b, struct mall *m, struct settlement *s)
{
	bool back = s->points > 0;

	if (settle_apart(m)) {
		saga_begin(b, m, s);
		return;
	}
	s->change = (struct ledger_change){
		.kind = kind_of(s), .user_id = s->user_id, .points = amount_of(s), .description = s->description,
		.related_id = s->order_id, .source = back ? arena_printf(m->arena, "refund:%s", s->order_id) : NULL,
		.dated = s->dated, .ndated = s->ndated,
	};
	(void)ledger_add(b, m, &s->change);
}

static const struct db_col after_cols[] = { DB_I64(struct settlement, balance), DB_END };

/* The points tell of themselves where they are. */
static void
add_order_event(struct db_batch *b, struct mall *m, const struct settlement *s)
{
	struct db_arg now = A_TIME(m->now_us);
	char id[ID_LEN + 1];

	if (s->order_type == NULL)
		return;
	id_new(m->now_us, id);
	db_batch_add(b, Q_EVENT_ONE, ARGS(A_STR(id), A_STR(s->order_type), A_STR("exchange"), A_STR(s->order_targets),
	    A_STR(s->user_id), A_STR(s->order_payload), now, now), 1, 1);
}

void
settle_events(struct db_batch *b, struct mall *m, struct settlement *s)
{
	char points_event[ID_LEN + 1], order_event[ID_LEN + 1];
	struct db_arg now = A_TIME(m->now_us), user = A_STR(s->user_id);
	const char *head;

	if (settle_apart(m)) {
		add_order_event(b, m, s);
		return;
	}
	head = arena_printf(m->arena,
	    "{\"userId\":\"%s\",\"points\":%" PRId64 ",\"recordId\":\"%s\",\"relatedId\":\"%s\",\"balanceAfter\":",
	    s->user_id, amount_of(s), s->change.record_id, s->order_id);

	id_new(m->now_us, points_event);
	id_new(m->now_us, order_event);
	db_batch_add(b, Q_EVENT_PAIR, ARGS(A_STR(points_event), A_STR(ledger_event_type(kind_of(s))), user, A_STR(head),
	    A_STR(s->change.record_id), A_STR("}"), now, now, A_STR(order_event), A_STR(s->order_type), A_STR(s->order_targets), user,
	    A_STR(s->order_payload), now, now), 2, 2);
	ledger_add_debt_event(b, m, &s->change);
	db_batch_row(b, Q_POINTS_AFTER, ARGS(user), after_cols, s);
}

void
settle_keep(struct mall *m, const struct settlement *s)
{
	if (s->settling)
		saga_keep(m, s);
	else
		once_keep(m, s->once, s->result);
}

enum err
settle_finish(struct mall *m, struct settlement *s)
{
	return settle_apart(m) ? saga_wait(m, s) : E_OK;
}
