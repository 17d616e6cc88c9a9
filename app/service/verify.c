/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: the tables of scans and of checks, and the run through them; sql/query/verify.sql asks for the breaches. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "service/mend.h"
#include "service/verify.h"
#include "service/verify_across.h"
#include "service/verify_screen.h"
#include "store/db.h"

#define RANGE_ARGS_MAX 12
#define BOUND_MAX 96
#define RANGE_DEADLINE_MS (INT64_C(3600) * 1000)
/* Above every key there is. */
#define BOUND_END "\xf4\x8f\xbf\xbf"

/*
 * What is gone through, so many rows of it at a time: what there is of the points where they live, in the mall's database the
 * rest. SUSPECTS are the accounts that a first look at all records puts into doubt (verify_screen.h), one by one.
 */
enum scan { SUSPECTS, ACCOUNTS, RECORDS, USERS, PRODUCTS, CATEGORIES, ORDERS, KEYS, SCANS };

static const struct {
	const char	*what;
	bool		 points;	/* in the database of the points */
	enum query	 next;		/* the key that a range of so many rows ends before */
	int64_t		 rows;
} scans[SCANS] = {
	[SUSPECTS] = { "accounts", true, Q_VERIFY_NEXT_USER, SCREEN_ACCOUNTS_MAX },
	[ACCOUNTS] = { "accounts", true, Q_VERIFY_NEXT_USER, 1000 },
	[RECORDS] = { "points records", true, Q_VERIFY_NEXT_RECORD, 10000 },
	[USERS] = { "users", false, Q_VERIFY_NEXT_USER, 1000 },
	[PRODUCTS] = { "products", false, Q_VERIFY_NEXT_PRODUCT, 1000 },
	[CATEGORIES] = { "categories", false, Q_VERIFY_NEXT_CATEGORY, 1000 },
	[ORDERS] = { "orders", false, Q_VERIFY_NEXT_ORDER, 2000 },
	[KEYS] = { "idempotency keys", false, Q_VERIFY_NEXT_CALLER, 5000 },
};

static const struct check {
	const char	*name;
	enum scan	 scan;
	enum across	 across;	/* what answers it where the points live apart: the statement has one database */
	enum query	 query;		/* its parameters are the range, over and over */
	enum mend	 mend;
	const char	*invariant;
} checks[] = {
	{ "points_sum", SUSPECTS, ACROSS_NONE, Q_VERIFY_POINTS_SUM, MEND_USER_POINTS, "a user's balance is the sum of the points records" },
	{ "points_last", SUSPECTS, ACROSS_NONE, Q_VERIFY_POINTS_LAST, MEND_USER_POINTS,
	    "a user's balance and number are those of the last points record" },
	{ "points_chain", SUSPECTS, ACROSS_NONE, Q_VERIFY_POINTS_CHAIN, MEND_NOT,
	    "points records follow from each other, numbered without a gap" },
	{ "points_owner", ACCOUNTS, ACROSS_NONE, Q_VERIFY_POINTS_OWNER, MEND_NOT, "every points record has its user" },
	{ "points_totals", SUSPECTS, ACROSS_NONE, Q_VERIFY_POINTS_TOTALS, MEND_USER_POINTS,
	    "points earned and spent are what the records add up to" },
	{ "points_lots", ACCOUNTS, ACROSS_NONE, Q_VERIFY_POINTS_LOTS, MEND_NOT,
	    "lots do not overlap, and unspent ones follow each other, the soonest first" },
	{ "points_dated", ACCOUNTS, ACROSS_NONE, Q_VERIFY_POINTS_DATED, MEND_NOT,
	    "the unspent points of a user's lots are no more than the balance" },
	{ "points_closed", ACCOUNTS, ACROSS_NONE, Q_VERIFY_POINTS_CLOSED, MEND_NOT,
	    "a lot that is closed was spent, and every lot has its user" },
	{ "points_source", ACCOUNTS, ACROSS_NONE, Q_VERIFY_POINTS_SOURCE, MEND_NOT,
	    "what a source did is the record that it names" },
	{ "points_events", RECORDS, ACROSS_NONE, Q_VERIFY_POINTS_EVENTS, MEND_NOT,
	    "what was taken and given back has its event, once" },
	{ "order_of_record", RECORDS, ACROSS_RECORD, Q_VERIFY_ORDER_OF_RECORD, MEND_NOT,
	    "every record of an exchange or its refund has its order" },

	{ "counter", USERS, ACROSS_NONE, Q_VERIFY_COUNTER, MEND_COUNTER, "a purchase counter is the pieces of the user's orders" },
	{ "counter_extra", USERS, ACROSS_NONE, Q_VERIFY_COUNTER_EXTRA, MEND_COUNTER, "no purchase counter counts without an order" },
	{ "order_events", USERS, ACROSS_NONE, Q_VERIFY_ORDER_EVENTS, MEND_NOT, "what happened to an order has its event, once" },

	{ "stock_last", PRODUCTS, ACROSS_NONE, Q_VERIFY_STOCK_LAST, MEND_PRODUCT_STOCK,
	    "a product's stock and number are those of the last inventory record" },
	{ "stock_chain", PRODUCTS, ACROSS_NONE, Q_VERIFY_STOCK_CHAIN, MEND_NOT,
	    "inventory records follow from each other, numbered without a gap" },
	{ "stock_type", PRODUCTS, ACROSS_NONE, Q_VERIFY_STOCK_TYPE, MEND_NOT,
	    "an inventory record changes the stock in the direction of its type" },
	{ "stock_owner", PRODUCTS, ACROSS_NONE, Q_VERIFY_STOCK_OWNER, MEND_NOT, "every inventory record has its product" },
	{ "stock_order", PRODUCTS, ACROSS_NONE, Q_VERIFY_STOCK_ORDER, MEND_NOT,
	    "an inventory record's order is there, and of its product" },
	{ "reserved", PRODUCTS, ACROSS_NONE, Q_VERIFY_RESERVED, MEND_PRODUCT_STOCK,
	    "what is reserved is what pending orders and open reservations hold" },
	{ "sales", PRODUCTS, ACROSS_NONE, Q_VERIFY_SALES, MEND_PRODUCT_SALES,
	    "a product's sales are the pieces of its confirmed orders" },

	{ "category_level", CATEGORIES, ACROSS_NONE, Q_VERIFY_CATEGORY_LEVEL, MEND_NOT,
	    "a category is one level below its parent, and none is above itself" },

	{ "order_taken", ORDERS, ACROSS_TAKEN, Q_VERIFY_ORDER_TAKEN, MEND_NOT, "an order's points were taken exactly once" },
	{ "order_given_back", ORDERS, ACROSS_GIVEN, Q_VERIFY_ORDER_GIVEN_BACK, MEND_NOT,
	    "an order's points were given back exactly once if it is cancelled or returned, else never" },
	{ "order_stock", ORDERS, ACROSS_NONE, Q_VERIFY_ORDER_STOCK, MEND_NOT,
	    "an order's pieces went the way of its status" },
	{ "order_times", ORDERS, ACROSS_NONE, Q_VERIFY_ORDER_TIMES, MEND_NOT, "an order's times are those of its status" },
	{ "timer", ORDERS, ACROSS_NONE, Q_VERIFY_TIMER, MEND_TIMER, "what ends by itself has its timer" },
	{ "timer_extra", ORDERS, ACROSS_NONE, Q_VERIFY_TIMER_EXTRA, MEND_TIMER_EXTRA, "nothing else has a timer" },
	{ "parcel", ORDERS, ACROSS_NONE, Q_VERIFY_PARCEL, MEND_NOT, "what was shipped is found by its number, and has its way" },
	{ "saga", ORDERS, ACROSS_NONE, Q_VERIFY_SAGA, MEND_NOT, "an order is settling while its saga runs, and only then" },
	{ "saga_order", ORDERS, ACROSS_NONE, Q_VERIFY_SAGA_ORDER, MEND_NOT, "every saga has its order" },
	{ "order_cost", ORDERS, ACROSS_NONE, Q_VERIFY_ORDER_COST, MEND_NOT, "an order costs its pieces times their price" },
	{ "order_places", ORDERS, ACROSS_NONE, Q_VERIFY_ORDER_PLACES, MEND_NOT, "every order has its user and its product" },

	{ "saga_answer", KEYS, ACROSS_NONE, Q_VERIFY_SAGA_ANSWER, MEND_NOT,
	    "an answer is kept for later only by a saga that runs" },
	{ "key_answer", KEYS, ACROSS_NONE, Q_VERIFY_KEY_ANSWER, MEND_NOT, "every idempotency key has its answer" },
	{ "answer_key", KEYS, ACROSS_NONE, Q_VERIFY_ANSWER_KEY, MEND_KEY, "every stored answer has its idempotency key" },
};

#define NCHECKS (sizeof(checks) / sizeof(checks[0]))

/* Whether its statement can be asked. */
static bool
in_one_place(const struct mall *m, const struct check *c)
{
	return c->across == ACROSS_NONE || !mall_points_apart(m);
}

static struct db *
database_of(const struct mall *m, enum scan s)
{
	return scans[s].points ? m->points : m->db;
}

struct tally {
	int64_t	breaches;
	int64_t	took_us;
};

struct run {
	struct mall		*m;
	bool			 repair;
	const struct verify_ear	*ear;
	struct verify_sum	*sum;
	struct arena		*arena;
	struct fault		*fault;
	struct tally		 tallies[NCHECKS];
};

/* Of the keys of the scan: from is in it, to is not. */
struct range {
	char	from[BOUND_MAX];
	char	to[BOUND_MAX];
};

static const struct db_col breach_cols[] = {
	DB_STR(struct verify_breach, id), DB_STR(struct verify_breach, of), DB_STR(struct verify_breach, what), DB_END
};

static enum err
judge(struct run *r, size_t i, struct verify_breach *b)
{
	const struct check *c = &checks[i];
	struct mended done = { NULL, NULL };
	enum err e = E_NOT_FOUND;

	b->check = c->name;
	b->invariant = c->invariant;
	if (r->repair)
		e = mend_row(r->m, c->mend, b->id, b->of, &done);
	if (e != E_OK && e != E_NOT_FOUND)
		return e;
	b->before = e == E_OK ? done.before : NULL;
	b->after = e == E_OK ? done.after : NULL;
	r->sum->mended += e == E_OK;
	r->tallies[i].breaches += e != E_OK;
	if (r->ear->breach != NULL)
		r->ear->breach(b);
	return E_OK;
}

static enum err
run_check(struct run *r, size_t i, const struct range *range)
{
	enum query q = checks[i].query;
	size_t nargs = strlen(queries[q].params), n;
	struct db_arg args[RANGE_ARGS_MAX];
	struct verify_breach *breaches;
	int64_t begun_us = clock_mono_us();
	enum err e;

	assert(nargs <= RANGE_ARGS_MAX);
	for (size_t k = 0; k < nargs; k++)
		args[k] = A_STR(k % 2 == 0 ? range->from : range->to);
	e = db_rows(database_of(r->m, checks[i].scan), q, args, nargs, breach_cols, r->m->arena, sizeof(*breaches),
	    VERIFY_BREACHES_MAX, &breaches, &n);
	r->tallies[i].took_us += clock_mono_us() - begun_us;
	for (size_t k = 0; k < n && e == E_OK; k++)
		e = judge(r, i, &breaches[k]);
	return e;
}

static size_t
check_of(enum across kind)
{
	size_t i = 0;

	while (checks[i].across != kind)
		i++;
	return i;
}

static enum err
run_across(struct run *r, const struct range *range)
{
	int64_t begun_us = clock_mono_us();
	struct across_breach *found;
	size_t n = 0;
	enum err e;

	e = verify_across(r->m, range->from, range->to, &found, &n);
	r->tallies[check_of(ACROSS_TAKEN)].took_us += clock_mono_us() - begun_us;
	for (size_t k = 0; k < n && e == E_OK; k++) {
		struct verify_breach b = { .id = found[k].id, .what = found[k].what };

		e = judge(r, check_of(found[k].kind), &b);
	}
	return e;
}

struct bound {
	const char	*key;	/* NULL: there are no so many rows any more */
};

static const struct db_col bound_cols[] = { DB_STR(struct bound, key), DB_END };

static enum err
find_end(struct run *r, enum scan s, struct range *range)
{
	struct bound b = { NULL };
	enum err e;

	e = db_row(database_of(r->m, s), scans[s].next, ARGS(A_STR(range->from), A_I64(scans[s].rows)), bound_cols,
	    r->m->arena, &b);
	if (e != E_OK && e != E_NOT_FOUND)
		return e;
	snprintf(range->to, sizeof(range->to), "%s", b.key != NULL ? b.key : BOUND_END);
	return E_OK;
}

static enum err
run_checks(struct run *r, enum scan s, const struct range *range)
{
	enum err e;

	for (size_t i = 0; i < NCHECKS; i++)
		if (checks[i].scan == s && in_one_place(r->m, &checks[i]) && (e = run_check(r, i, range)) != E_OK)
			return e;
	return E_OK;
}

/* Nothing of the range before is needed any more. */
static void
begin_range(struct run *r)
{
	arena_reset(r->arena);
	mall_request(r->m, r->arena, r->fault, RANGE_DEADLINE_MS);
}

static void
progress(const struct run *r, const char *what, int64_t rows)
{
	if (r->ear->progress != NULL)
		r->ear->progress(what, rows);
}

/* ---- the first look at the ledgers ---- */

#define LOOK_ROWS 5000

struct looked_at {
	const char		*id;
	struct screen_record	 r;
};

static const struct db_col looked_at_cols[] = {
	DB_STR(struct looked_at, id), DB_STR(struct looked_at, r.user_id), DB_I64(struct looked_at, r.seq),
	DB_I64(struct looked_at, r.points), DB_I64(struct looked_at, r.balance_after), DB_I64(struct looked_at, r.earned),
	DB_I64(struct looked_at, r.spent), DB_END,
};

/* All records of the range's accounts, in the order in which they lie in the table. */
static enum err
look_at_records(struct run *r, struct screen *screen, const struct range *range)
{
	struct looked_at *rows;
	char after[BOUND_MAX] = "";
	int64_t done = 0;
	size_t n;
	enum err e;

	do {
		begin_range(r);
		e = db_rows(r->m->points, Q_VERIFY_LOOK_AT_RECORDS, ARGS(A_STR(after), A_STR(range->from), A_STR(range->to),
		    A_I64(LOOK_ROWS)), looked_at_cols, r->m->arena, sizeof(*rows), LOOK_ROWS, &rows, &n);
		if (e != E_OK || n == 0)
			return e;
		for (size_t i = 0; i < n; i++)
			screen_add(screen, &rows[i].r);
		snprintf(after, sizeof(after), "%s", rows[n - 1].id);
		progress(r, "points records looked at", done += (int64_t)n);
	} while (n == LOOK_ROWS);
	return E_OK;
}

static const struct db_col account_cols[] = {
	DB_STR(struct screen_account, user_id), DB_I64(struct screen_account, balance), DB_I64(struct screen_account, seq),
	DB_I64(struct screen_account, earned), DB_I64(struct screen_account, spent), DB_I64(struct screen_account, out),
	DB_END,
};

static enum err
ask_about(struct run *r, const char *user_id)
{
	struct range range;

	snprintf(range.from, sizeof(range.from), "%s", user_id);
	snprintf(range.to, sizeof(range.to), "%s!", user_id);
	return run_checks(r, SUSPECTS, &range);
}

static enum err
look_at_accounts(struct run *r, const struct screen *screen, const struct range *range)
{
	struct range rest = *range;
	struct screen_account *rows;
	size_t n;
	enum err e;

	do {
		begin_range(r);
		e = db_rows(r->m->points, Q_VERIFY_LOOK_AT_ACCOUNTS, ARGS(A_STR(rest.from), A_STR(rest.to), A_I64(LOOK_ROWS)),
		    account_cols, r->m->arena, sizeof(*rows), LOOK_ROWS, &rows, &n);
		for (size_t i = 0; i < n && e == E_OK; i++)
			if (!screen_agrees(screen, &rows[i]))
				e = ask_about(r, rows[i].user_id);
		if (e == E_OK && n > 0)
			snprintf(rest.from, sizeof(rest.from), "%s!", rows[n - 1].user_id);
	} while (e == E_OK && n == LOOK_ROWS);
	return e;
}

struct number {
	int64_t	n;
};

static const struct db_col number_cols[] = { DB_I64(struct number, n), DB_END };

static enum err
run_suspects(struct run *r, const struct range *range)
{
	int64_t begun_us = clock_mono_us();
	struct number accounts;
	struct screen *screen;
	enum err e;

	e = db_row(r->m->points, Q_VERIFY_LOOK_COUNT, ARGS(A_STR(range->from), A_STR(range->to)), number_cols, r->m->arena,
	    &accounts);
	if (e != E_OK)
		return e;
	screen = screen_new((size_t)accounts.n);
	e = look_at_records(r, screen, range);
	r->tallies[0].took_us += clock_mono_us() - begun_us;
	if (e == E_OK)
		e = look_at_accounts(r, screen, range);
	screen_free(screen);
	return e;
}

/* ---- the run ---- */

static enum err
run_range(struct run *r, enum scan s, struct range *range)
{
	enum err e;

	begin_range(r);
	if ((e = find_end(r, s, range)) != E_OK)
		return e;
	if (s == SUSPECTS)
		return run_suspects(r, range);
	if ((e = run_checks(r, s, range)) != E_OK)
		return e;
	return s == ORDERS && mall_points_apart(r->m) ? run_across(r, range) : E_OK;
}

static enum err
run_scan(struct run *r, enum scan s)
{
	struct range range = { .to = "" };
	int64_t rows = 0;
	enum err e;

	do {
		memcpy(range.from, range.to, sizeof(range.from));
		if ((e = run_range(r, s, &range)) != E_OK)
			return e;
		rows += scans[s].rows;
		progress(r, scans[s].what, rows);
	} while (strcmp(range.to, BOUND_END) != 0);
	return E_OK;
}

/* All of a run at once, and no row of a check that is no more. */
static enum err
keep_tx(struct db *db, void *arg)
{
	const struct run *r = arg;
	struct db_arg now = A_TIME(r->m->now_us);
	enum err e;

	if ((e = db_exec(db, Q_VERIFY_FORGET, NO_ARGS, NULL)) != E_OK)
		return e;
	for (size_t i = 0; i < NCHECKS; i++) {
		e = db_exec(db, Q_VERIFY_KEEP, ARGS(A_STR(checks[i].name), A_I64(r->tallies[i].breaches),
		    A_I64(r->tallies[i].took_us), now), NULL);
		if (e != E_OK)
			return e;
	}
	return E_OK;
}

enum err
verify_run(struct mall *m, bool repair, const struct verify_ear *ear, struct verify_sum *sum)
{
	struct run r = { .m = m, .repair = repair, .ear = ear, .sum = sum, .arena = m->arena, .fault = m->fault };
	enum err e;

	*sum = (struct verify_sum){ .checks = NCHECKS };
	for (enum scan s = 0; s < SCANS; s++)
		if ((e = run_scan(&r, s)) != E_OK)
			return e;
	for (size_t i = 0; i < NCHECKS; i++)
		sum->breaches += r.tallies[i].breaches;
	mall_request(m, r.arena, r.fault, RANGE_DEADLINE_MS);
	return db_tx(m->tx, keep_tx, &r);
}
