/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saga.c: takes and gives points in their own database, and ends the order's part accordingly. In workers for as long as
 * somebody waits, and in jobs.
 *
 * Whoever comes to a saga second, or too late, finds its step's record there already or its row in another state, and does
 * nothing. Which way a saga goes is decided by its row alone: an end is written only from the state that its step was made for.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "service/lots.h"
#include "service/order.h"
#include "service/saga.h"
#include "store/db.h"

#define KIND_TAKE 1
#define KIND_GIVE 2
#define PAGE 50
#define GRACE_US (5 * US_PER_S)		/* jobs leaves a saga alone so long after its caller has waited */
#define LEASE_US (30 * US_PER_S)
#define STEP_US (5 * US_PER_S)		/* what one saga may take of the task's time */
#define MARGIN_US (US_PER_S / 2)	/* between the wait's end and the request's */
#define PAUSE_US (100 * US_PER_MS)
#define BACKOFF_MAX_US (3600 * US_PER_S)
#define TEXT_MAX 200

/* ---- the row ---- */

static const struct db_col saga_cols[] = {
	DB_STR(struct saga, id), DB_I64(struct saga, kind), DB_I64(struct saga, state), DB_BOOL(struct saga, confirm),
	DB_STR(struct saga, order_id), DB_STR(struct saga, user_id), DB_I64(struct saga, points),
	DB_STR(struct saga, description), DB_I64(struct saga, attempts), DB_TIME(struct saga, next_at_us),
	DB_STR(struct saga, last_error), DB_TIME(struct saga, created_at_us), DB_TIME(struct saga, updated_at_us), DB_END,
};

static bool
keyed(const struct settlement *s)
{
	return s->once != NULL && s->once->key != NULL;
}

static bool
waited_for(const struct settlement *s)
{
	return s->tell != NULL;
}

static const struct db_col owner_cols[] = { DB_I64(struct settlement, owner), DB_END };

void
saga_begin(struct db_batch *b, struct mall *m, struct settlement *s)
{
	bool take = s->points < 0;
	int64_t grace_us = waited_for(s) ? m->conf->settle_wait_ms * US_PER_MS + GRACE_US : 0;
	struct db_arg now = A_TIME(m->now_us);

	id_new(m->now_us, s->saga_id);
	s->settling = true;
	db_batch_row(b, take ? Q_SAGA_USER : Q_ORDER_OWNER, ARGS(A_STR(s->user_id)), owner_cols, s);
	db_batch_add(b, Q_SAGA_ADD, ARGS(A_STR(s->saga_id), A_I64(take ? KIND_TAKE : KIND_GIVE), A_I64(s->confirm),
	    A_STR(s->order_id), A_STR(s->user_id), A_I64(take ? -s->points : s->points), A_STR(s->description),
	    A_TIME(m->now_us + grace_us), now, now), 1, 1);
}

void
saga_keep(struct mall *m, const struct settlement *s)
{
	const struct once *o = s->once;
	const char *body;
	size_t len;

	if (!keyed(s))
		return;
	body = o->render(o->arg, s->result, m->arena, &len);
	db_tx_with_commit(m->tx, Q_SAGA_ANSWER_ADD, ARGS(A_STR(s->saga_id), A_STR(o->caller), A_STR(o->key),
	    A_BIN(o->fingerprint, SHA256_LEN), A_I64(o->status), A_BIN(body, len)));
}

/* ---- the points' side ---- */

/* What a step found or did there. */
struct effect {
	struct mall		*m;
	const struct saga	*saga;
	int64_t			 cut_at_us;	/* nothing is waited for beyond */
	struct ledger_change	 change;
	int64_t			 balance;	/* I64_NONE: not looked at */
	int64_t			 outcome;	/* enum ledger_outcome; 0: the source has no row */
	bool			 dup;		/* the source had its row before */
	bool			 short_of;	/* the guard did not hold */
};

static const struct db_col balance_cols[] = { DB_I64(struct effect, balance), DB_END };
static const struct db_col outcome_cols[] = { DB_I64(struct effect, outcome), DB_END };

static const char *
source_of(const struct effect *x, bool take)
{
	return arena_printf(x->m->arena, "%s:%s", take ? "take" : "refund", x->saga->order_id);
}

static enum err
change_tx(struct db *db, void *arg)
{
	struct effect *x = arg;
	struct db_batch *b = db_batch_new(db, x->m->arena);
	struct db_arg user = A_STR(x->saga->user_id);
	int first, failed;
	enum err e;

	db_batch_add(b, Q_POINTS_OPEN, ARGS(user), 0, DB_ANY_ROWS);
	first = ledger_add(b, x->m, &x->change);
	ledger_add_events(b, x->m, &x->change);
	db_batch_row(b, Q_POINTS_AFTER, ARGS(user), balance_cols, x);
	e = db_batch_run(b, &failed);
	x->dup = e == E_DUPLICATE && failed == first;
	x->short_of = e == E_GUARD && failed == ledger_guard(&x->change, first);
	return e;
}

static enum err
bar_tx(struct db *db, void *arg)
{
	struct effect *x = arg;
	struct db_batch *b = db_batch_new(db, x->m->arena);
	int failed;
	enum err e;

	(void)ledger_bar(b, x->m, x->saga->user_id, source_of(x, true));
	e = db_batch_run(b, &failed);
	x->dup = e == E_DUPLICATE;
	return e;
}

/* What became of a source before, and how the account stands now. */
static enum err
look_tx(struct db *db, void *arg)
{
	struct effect *x = arg;
	const char *source = x->change.source;
	enum err e;

	e = db_row(db, Q_POINTS_OUTCOME, ARGS(A_BIN(source, strlen(source))), outcome_cols, x->m->arena, x);
	if (e != E_OK)
		return e == E_NOT_FOUND ? E_GUARD : e;	/* it was there a moment ago */
	return db_row(db, Q_POINTS_AFTER, ARGS(A_STR(x->saga->user_id)), balance_cols, x->m->arena, x);
}

/* One transaction there, within the time. */
static enum err
there(struct effect *x, db_tx_fn *fn)
{
	struct db *db = x->m->points_tx;
	enum err e;

	x->dup = x->short_of = false;
	db_cut_at(db, x->cut_at_us);
	e = db_tx(db, fn, x);
	db_cut_at(db, 0);
	return e;
}

/* The source has its row, whoever wrote it: E_OK, or E_POINTS where it bars it. */
static enum err
as_before(struct effect *x)
{
	enum err e;

	if ((e = there(x, look_tx)) != E_OK)
		return e;
	return x->outcome == LEDGER_DONE ? E_OK : E_POINTS;
}

static struct ledger_change
change_of(const struct effect *x, bool take)
{
	const struct saga *g = x->saga;

	return (struct ledger_change){
		.kind = take ? LEDGER_TAKE : LEDGER_GIVE_BACK, .user_id = g->user_id, .points = g->points,
		.description = g->description, .related_id = g->order_id, .source = source_of(x, take),
	};
}

/* E_OK: they are taken. E_POINTS: they could not be had, and never can be for this order. */
static enum err
take(struct effect *x)
{
	enum err e;

	x->change = change_of(x, true);
	e = there(x, change_tx);
	if (x->short_of)
		e = there(x, bar_tx);
	else if (e == E_OK)
		return E_OK;
	if (x->dup)
		return as_before(x);
	return e == E_OK ? E_POINTS : e;
}

static enum err
give(struct effect *x)
{
	struct points_expiring *dated;
	struct mall *m = x->m;
	enum err e;

	x->change = change_of(x, false);
	db_cut_at(m->points, x->cut_at_us);
	e = lots_origin(m, m->points, x->saga->user_id, x->saga->order_id, &dated, &x->change.ndated);
	db_cut_at(m->points, 0);
	if (e != E_OK)
		return e;
	x->change.dated = dated;
	e = there(x, change_tx);
	return x->dup ? as_before(x) : e;
}

/* The points of an order that will not have them: they never go, or they come back. */
static enum err
compensate(struct effect *x)
{
	enum err e;

	x->change = change_of(x, true);
	e = there(x, bar_tx);
	if (!x->dup)
		return e;
	e = as_before(x);
	if (e == E_OK)
		return give(x);
	return e == E_POINTS ? E_OK : e;
}

static enum err
step(struct effect *x)
{
	if (x->saga->kind == KIND_GIVE)
		return give(x);
	return x->saga->state == SAGA_FORWARD ? take(x) : compensate(x);
}

/* ---- the mall's side ---- */

struct ending {
	const struct saga	*saga;
	int64_t			 to;		/* enum saga_state */
	struct settlement	*waiter;	/* who answers by itself; NULL: the answer is the kept one */
	const char		*failure;	/* why the order is cancelled */
};

static void
end_first(struct db_batch *b, struct mall *m, void *arg)
{
	const struct ending *d = arg;
	struct db_arg saga = A_STR(d->saga->id);

	db_batch_add(b, Q_SAGA_END, ARGS(A_I64(d->to), A_TIME(m->now_us), saga, A_I64(d->saga->state)), 1, 1);
	if (d->waiter != NULL && !keyed(d->waiter))
		return;
	db_batch_add(b, Q_SAGA_KEY_LOCK, ARGS(saga), 0, DB_ANY_ROWS);
	if (d->to == SAGA_REFUSED)
		db_batch_add(b, Q_SAGA_KEY_FREE, ARGS(saga), 0, 1);
	else if (d->waiter == NULL)
		db_batch_add(b, Q_SAGA_KEY_ANSWER, ARGS(saga), 0, 1);
	db_batch_add(b, Q_SAGA_ANSWER_FORGET, ARGS(saga), 0, 1);
}

static enum err
end_last(struct mall *m, void *arg, const struct move_done *out)
{
	const struct ending *d = arg;

	if (d->waiter == NULL || d->to == SAGA_REFUSED)
		return E_OK;
	d->waiter->tell(d->waiter->result, d->waiter, &out->order);
	if (keyed(d->waiter))
		once_keep(m, d->waiter->once, d->waiter->result);
	return E_OK;
}

static enum order_move
move_of(const struct ending *d)
{
	if (d->to == SAGA_REFUSED)
		return MOVE_SETTLED_FAIL;
	if (d->saga->kind == KIND_GIVE)
		return MOVE_SETTLED_GIVEN;
	return d->saga->confirm ? MOVE_SETTLED_CONFIRM : MOVE_SETTLED_HOLD;
}

/* E_STATE: somebody else has ended it, or turned it round. */
static enum err
end(struct mall *m, struct ending *d)
{
	const struct move_saga hooks = { end_first, end_last, d };
	const struct move_request rq = {
		.move = move_of(d), .order_id = d->saga->order_id, .seen = SEEN_ANY, .failure_code = d->failure,
		.reason = d->failure, .saga = &hooks,
	};
	struct move_done done;

	return order_move(m, &rq, NULL, &done);
}

/* What the step's result makes of it; any other error than E_POINTS is no result. */
static enum err
end_after(struct mall *m, const struct saga *g, enum err result, struct settlement *waiter)
{
	struct ending d = { .saga = g, .waiter = waiter, .to = SAGA_DONE };

	if (result == E_POINTS || g->state == SAGA_BACK) {
		d.to = SAGA_REFUSED;
		d.failure = err_name(result == E_POINTS ? E_POINTS : E_CONFLICT);
	}
	return end(m, &d);
}

/* ---- somebody waits ---- */

/* The time of the wait is up: the key is answered by that. */
struct putting_off {
	struct mall			*m;
	const struct settlement		*s;
	const char			*why;
};

static enum err
put_off_tx(struct db *db, void *arg)
{
	const struct putting_off *p = arg;
	struct mall *m = p->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	struct db_arg saga = A_STR(p->s->saga_id);
	int failed;

	db_batch_add(b, Q_SAGA_PUT_OFF, ARGS(A_I64(SAGA_FORWARD), A_I64(1),
	    A_TIME(m->now_us + m->conf->saga_retry_ms * US_PER_MS), A_STR(p->why), A_TIME(m->now_us), saga,
	    A_I64(SAGA_FORWARD)), 1, 1);
	if (keyed(p->s)) {
		db_batch_add(b, Q_SAGA_KEY_LOCK, ARGS(saga), 0, DB_ANY_ROWS);
		db_batch_add(b, Q_SAGA_KEY_ANSWER, ARGS(saga), 1, 1);
	}
	return db_batch_run(b, &failed);
}

/* Somebody else was at it meanwhile: what came of it. */
static enum err
by_others(struct mall *m, struct settlement *s)
{
	const struct order_key key = { .id = s->order_id, .user_id = s->user_id };
	struct order o;
	struct saga g;
	enum err e;

	if ((e = db_row(m->db, Q_SAGA_GET, ARGS(A_STR(s->saga_id)), saga_cols, m->arena, &g)) != E_OK ||
	    (e = order_get(m, &key, &o)) != E_OK)
		return e;
	if (g.state == SAGA_REFUSED)
		return o.failure_code != NULL && strcmp(o.failure_code, err_name(E_POINTS)) == 0 ? E_POINTS : E_CONFLICT;
	if (keyed(s))
		return g.state == SAGA_DONE ? E_CONFLICT : E_IN_PROGRESS;
	s->settling = g.state != SAGA_DONE;
	s->tell(s->result, s, &o);
	return E_OK;
}

static enum err
put_off(struct mall *m, struct settlement *s, enum err why)
{
	struct putting_off p = { m, s, arena_printf(m->arena, "%s %.*s", err_name(why), TEXT_MAX - 60, m->fault->cause) };
	enum err e;

	log_warn("saga %s of order %s goes on without its caller: %s", s->saga_id, s->order_id, p.why);
	e = db_tx(m->tx, put_off_tx, &p);
	return e == E_GUARD ? by_others(m, s) : e;
}

static bool
may_pass(enum err e)
{
	return e == E_DOWN || e == E_UNCERTAIN || e == E_TIMEOUT || e == E_GUARD;
}

static void
pause_us(int64_t us)
{
	struct timespec t = { us / US_PER_S, us % US_PER_S * 1000 };

	nanosleep(&t, NULL);
}

/* Again and again until there is a result or the time is up. */
static enum err
step_until(struct effect *x)
{
	enum err e;

	while (e = step(x), may_pass(e) && clock_mono_us() + PAUSE_US < x->cut_at_us)
		pause_us(PAUSE_US);
	return e;
}

enum err
saga_wait(struct mall *m, struct settlement *s)
{
	int64_t until_us = clock_mono_us() + m->conf->settle_wait_ms * US_PER_MS;
	struct saga g = {
		.id = s->saga_id, .kind = s->points < 0 ? KIND_TAKE : KIND_GIVE, .state = SAGA_FORWARD, .confirm = s->confirm,
		.order_id = s->order_id, .user_id = s->user_id, .points = s->points < 0 ? -s->points : s->points,
		.description = s->description,
	};
	struct effect x = { .m = m, .saga = &g, .cut_at_us = until_us, .balance = I64_NONE };
	enum err result, e;

	if (!waited_for(s))
		return E_OK;
	if (until_us > m->deadline_us - MARGIN_US)
		x.cut_at_us = m->deadline_us - MARGIN_US;
	result = step_until(&x);
	if (result != E_OK && result != E_POINTS)
		return put_off(m, s, result);
	s->balance = x.balance;
	s->settling = false;
	e = end_after(m, &g, result, s);
	if (e == E_STATE)
		return by_others(m, s);
	return e == E_OK ? result : e;
}

/* ---- jobs ---- */

/* Not quite twice as long each time, and no two alike. */
static int64_t
backoff_us(const struct mall *m, int64_t attempts)
{
	int64_t us = m->conf->saga_retry_ms * US_PER_MS;
	uint32_t random;

	for (int64_t i = 0; i < attempts && us < BACKOFF_MAX_US; i++)
		us *= 2;
	if (us > BACKOFF_MAX_US)
		us = BACKOFF_MAX_US;
	random_bytes(&random, sizeof(random));
	return us - us / 4 + (int64_t)(random % (uint32_t)(us / 2 / US_PER_MS + 1)) * US_PER_MS;
}

static enum err
failed(struct mall *m, const struct saga *g, enum err why)
{
	const char *text = arena_printf(m->arena, "%s %.*s", err_name(why), TEXT_MAX - 60, m->fault->cause);
	bool over = g->attempts + 1 >= m->conf->saga_attempts;
	bool turns = over && g->kind == KIND_TAKE && g->state == SAGA_FORWARD;
	int64_t next_us = turns ? m->now_us : m->now_us + backoff_us(m, g->attempts), state = g->state;

	if (over)
		state = turns ? SAGA_BACK : SAGA_STUCK;
	log_warn("saga %s of order %s: attempt %d: %s%s", g->id, g->order_id, (int)g->attempts + 1, text,
	    turns ? "; the points are given up" : over ? "; left to the operators" : "");
	return db_exec(m->db, Q_SAGA_PUT_OFF, ARGS(A_I64(state), A_I64(turns ? 0 : g->attempts + 1), A_TIME(next_us),
	    A_STR(text), A_TIME(m->now_us), A_STR(g->id), A_I64(g->state)), NULL);
}

static enum err
go_on(struct mall *m, const struct saga *g)
{
	struct effect x = { .m = m, .saga = g, .cut_at_us = clock_mono_us() + STEP_US, .balance = I64_NONE };
	enum err result = step(&x), e;

	if (result != E_OK && result != E_POINTS)
		return failed(m, g, result);
	e = end_after(m, g, result, NULL);
	if (e == E_OK || e == E_DOWN || e == E_UNCERTAIN)
		return e;	/* where the mall's own database is away, the whole task waits */
	return failed(m, g, e);	/* and touches nothing where somebody else was at it */
}

static enum err
claim(struct mall *m, const struct saga *g, const char *holder, bool *mine)
{
	uint64_t n;
	enum err e;

	e = db_exec(m->db, Q_SAGA_CLAIM, ARGS(A_STR(holder), A_TIME(m->now_us + LEASE_US), A_STR(g->id), A_I64(g->state),
	    A_TIME(g->next_at_us)), &n);
	*mine = e == E_OK && n == 1;
	return e;
}

enum err
saga_recover(struct mall *m, bool *more)
{
	char holder[ID_LEN + 1];
	struct saga *due;
	bool mine;
	size_t n, i;
	enum err e;

	id_new(m->now_us, holder);
	e = db_rows(m->db, Q_SAGA_DUE, ARGS(A_TIME(m->now_us), A_I64(PAGE)), saga_cols, m->arena, sizeof(*due), PAGE, &due,
	    &n);
	for (i = 0; e == E_OK && i < n && clock_mono_us() + 2 * STEP_US < m->deadline_us; i++) {
		if ((e = claim(m, &due[i], holder, &mine)) == E_OK && mine)
			e = go_on(m, &due[i]);
	}
	*more = e == E_OK && (n == PAGE || i < n);
	return e;
}

/* ---- operators ---- */

struct total {
	int64_t	n;
};

static const struct db_col total_cols[] = { DB_I64(struct total, n), DB_END };

enum err
saga_list(struct mall *m, int64_t state, const struct keyset *after, int64_t limit, struct saga **items, size_t *n,
    struct keyset *next, int64_t *total)
{
	struct db_arg before = A_STR(after->set ? after->id : NULL), wanted = A_I64(state);
	struct total t;
	enum err e;

	e = db_rows(m->db, Q_SAGA_LIST, ARGS(wanted, wanted, before, before, A_I64(limit + 1)), saga_cols, m->arena,
	    sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK || (e = db_row(m->db, Q_SAGA_TOTAL, ARGS(wanted, wanted), total_cols, m->arena, &t)) != E_OK)
		return e;
	*total = t.n;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		memcpy(next->id, (*items)[*n - 1].id, ID_LEN + 1);
	}
	return E_OK;
}

struct retry {
	struct mall		*m;
	const struct actor	*who;
	struct saga		 before;
	const struct once	*once;
	struct saga		*out;
};

static const struct json_view audit_view[] = {
	VIEW_I64(struct saga, state, "state", 0), VIEW_I64(struct saga, attempts, "attempts", 0), VIEW_END,
};

static const char *
audited(struct arena *a, const struct saga *g)
{
	struct buf b;

	buf_init(&b, a, 128);
	json_encode(&b, audit_view, g);
	return b.p;
}

static enum err
retry_tx(struct db *db, void *arg)
{
	const struct retry *r = arg;
	struct mall *m = r->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	struct db_arg now = A_TIME(m->now_us), id = A_STR(r->before.id);
	struct saga after = r->before;
	struct audit_entry entry = { "saga.retry", "saga", r->before.id, audited(m->arena, &r->before), NULL };
	int failed_at;
	enum err e;

	after.state = r->before.kind == KIND_TAKE ? SAGA_BACK : SAGA_FORWARD;
	after.attempts = 0;
	entry.after = audited(m->arena, &after);
	once_claim(b, r->once, m->now_us);
	db_batch_add(b, Q_SAGA_RETRY, ARGS(now, now, id), 1, 1);
	audit_add(b, m, r->who, &entry);
	db_batch_row(b, Q_SAGA_GET, ARGS(id), saga_cols, r->out);
	if ((e = db_batch_run(b, &failed_at)) != E_OK)
		return once_judge(r->once, failed_at, e);
	once_keep(m, r->once, r->out);
	return E_OK;
}

enum err
saga_retry(struct mall *m, const struct actor *who, const char *id, const struct once *once, struct saga *out)
{
	struct retry r = { .m = m, .who = who, .once = once, .out = out };
	enum err e;

	if ((e = db_row(m->db, Q_SAGA_GET, ARGS(A_STR(id)), saga_cols, m->arena, &r.before)) != E_OK)
		return e;
	e = db_tx(m->tx, retry_tx, &r);
	return e == E_GUARD ? E_STATE : e;
}
