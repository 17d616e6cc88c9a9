/* SPDX-License-Identifier: Apache-2.0 */
/* award.c: points for payments: how many, and once. */
#include "service/award.h"

#include "service/ledger.h"
#include "service/lots.h"
#include "store/db.h"

#define FEN_PER_YUAN 100
#define RATE_ONE 100	/* hundredths */

bool
award_points(int64_t amount_fen, int64_t rate, int64_t *points)
{
	if (!num_mul(amount_fen / FEN_PER_YUAN, rate == I64_NONE ? RATE_ONE : rate, points))
		return false;
	*points /= RATE_ONE;
	return true;
}

struct merchant {
	int64_t	rate;
};

static enum err
rate_of(struct mall *m, const char *merchant_id, int64_t *rate)
{
	static const struct db_col cols[] = { DB_I64(struct merchant, rate), DB_END };
	struct merchant row = { I64_NONE };
	enum err e = E_OK;

	if (merchant_id != NULL)
		e = db_row(m->db, Q_MERCHANT_RATE, ARGS(A_STR(merchant_id)), cols, m->arena, &row);
	*rate = row.rate;
	return e == E_NOT_FOUND ? E_OK : e;
}

struct award {
	struct mall		*m;
	struct ledger_change	 change;
};

static enum err
award_tx(struct db *db, void *arg)
{
	struct award *a = arg;
	struct db_batch *b = db_batch_new(db, a->m->arena);
	int first = ledger_add(b, a->m, &a->change), failed;
	enum err e;

	ledger_add_events(b, a->m, &a->change);
	e = db_batch_run(b, &failed);
	if (e == E_DUPLICATE && failed == first)
		return E_CONFLICT;
	if (e == E_GUARD && failed == ledger_guard(&a->change, first))
		return E_NOT_FOUND;
	return e;
}

static enum err
award(struct mall *m, const struct payment *p, int64_t points)
{
	struct points_expiring dated = { points, lots_expiry_of_earned(m) };
	struct award a = {
		.m = m,
		.change = {
			.kind = LEDGER_AWARD, .user_id = p->user_id, .points = points, .description = "支付奖励",
			.related_id = p->order_id, .source = arena_printf(m->arena, "award:%s:base", p->order_id),
			.dated = &dated, .ndated = dated.expires_at_us != 0,
		},
	};
	enum err e = db_tx(m->points_tx, award_tx, &a);

	if (e == E_NOT_FOUND && (e = points_account(m, p->user_id)) == E_OK)
		e = db_tx(m->points_tx, award_tx, &a);
	return e == E_CONFLICT ? E_OK : e;
}

enum err
award_payment(struct mall *m, const struct payment *p)
{
	int64_t rate, points;
	enum err e;

	if ((e = rate_of(m, p->merchant_id, &rate)) != E_OK)
		return e;
	if (!award_points(p->amount_fen, rate, &points))
		return FAULT(m->fault, E_INVALID, "payment %s: too many points", p->order_id);
	return points > 0 ? award(m, p, points) : E_OK;
}
