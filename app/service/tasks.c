/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.c: the table of tasks, their leases, and the sweeping. */
#include "base/clock.h"
#include "service/event.h"
#include "service/lots.h"
#include "service/saga.h"
#include "service/order.h"
#include "service/tasks.h"
#include "store/db.h"

#define KEYS_KEPT_US (24 * 3600 * US_PER_S)
#define SWEEP_SLICE_US (10 * US_PER_S)
#define SWEEP_ROWS 1000

static enum err sweep_keys(struct mall *m, bool *more);
static enum err sweep_tokens(struct mall *m, bool *more);

const struct task tasks[] = {
	{ "events", 0, event_deliver },
	{ "points-events", 0, event_deliver_points },
	{ "expire-points", 1000, lots_expire },
	{ "orders", 0, order_due },
	{ "sagas", 0, saga_recover },
	{ "sweep-keys", 60000, sweep_keys },
	{ "sweep-tokens", 60000, sweep_tokens },
	{ 0 },
};

enum err
task_lease(struct mall *m, const char *task, const char *holder, int64_t hold_ms, bool *held)
{
	struct db_arg until = A_TIME(m->now_us + hold_ms * US_PER_MS);
	uint64_t n;
	enum err e;

	*held = true;
	e = db_exec(m->db, Q_LEASE_KEEP, ARGS(until, A_STR(task), A_STR(holder)), &n);
	if (e != E_OK || n == 1)
		return e;
	e = db_exec(m->db, Q_LEASE_TAKE, ARGS(A_STR(holder), until, A_STR(task), A_TIME(m->now_us)), &n);
	if (e != E_OK || n == 1)
		return e;
	e = db_exec(m->db, Q_LEASE_ADD, ARGS(A_STR(task), A_STR(holder), until), &n);
	if (e == E_DUPLICATE) {
		*held = false;
		return E_OK;
	}
	return e;
}

enum err
task_leave(struct mall *m, const char *holder)
{
	struct db_arg now = A_TIME(m->now_us);

	return db_exec(m->db, Q_LEASE_LEAVE, ARGS(now, A_STR(holder), now), NULL);
}

struct oldest {
	int64_t	at_us;
};

static const struct db_col oldest_cols[] = { DB_TIME(struct oldest, at_us), DB_END };

/* In slices of time, so that no step holds many locks. */
static enum err
sweep_keys(struct mall *m, bool *more)
{
	int64_t cutoff = m->now_us - KEYS_KEPT_US;
	struct oldest oldest = { 0 };
	enum err e;

	e = db_row(m->db, Q_ONCE_OLDEST, NO_ARGS, oldest_cols, m->arena, &oldest);
	if (e != E_OK || oldest.at_us == 0 || oldest.at_us >= cutoff)
		return e;
	*more = oldest.at_us + SWEEP_SLICE_US < cutoff;
	return db_exec(m->db, Q_ONCE_FORGET, ARGS(A_TIME(*more ? oldest.at_us + SWEEP_SLICE_US : cutoff)), NULL);
}

static enum err
sweep_tokens(struct mall *m, bool *more)
{
	uint64_t refresh, revoked;
	struct db_arg now = A_TIME(m->now_us);
	enum err e;

	if ((e = db_exec(m->db, Q_SWEEP_REFRESH_TOKENS, ARGS(now, A_I64(SWEEP_ROWS)), &refresh)) != E_OK)
		return e;
	if ((e = db_exec(m->db, Q_SWEEP_REVOCATIONS, ARGS(now, A_I64(SWEEP_ROWS)), &revoked)) != E_OK)
		return e;
	*more = refresh == SWEEP_ROWS || revoked == SWEEP_ROWS;
	return E_OK;
}
