/* SPDX-License-Identifier: Apache-2.0 */
/* import.c: stages lines, checks them, and brings accounts in. */
#include "service/import.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "service/tasks.h"
#include "store/db.h"

#define TASK "import"
#define HOLD_MS 15000		/* renewed by each step of loading and bringing in */
#define CHECKING_MS 60000
#define STEP_MS (INT64_C(3600) * 1000)
#define FORGET_ROWS 10000
#define WRONG_MAX 1000		/* LIMIT of the checks */
#define ACCOUNTS_AT_ONCE 500
#define RERUNS_MAX 3

/* Each step has the arena for itself, and still holds the lease. */
static enum err
step(struct import *im, int64_t hold_ms)
{
	struct mall *m = im->mall;
	bool held;
	enum err e;

	arena_reset(im->arena);
	im->fault = (struct fault){ 0 };
	mall_request(m, im->arena, &im->fault, STEP_MS);
	if ((e = task_lease(m, TASK, im->holder, hold_ms, &held)) != E_OK)
		return e;
	return held ? E_OK : FAULT(&im->fault, E_CONFLICT, "another import runs");
}

static enum err
forget(struct import *im, enum query q)
{
	uint64_t n = FORGET_ROWS;
	enum err e = E_OK;

	while (e == E_OK && n == FORGET_ROWS)
		if ((e = step(im, HOLD_MS)) == E_OK)
			e = db_exec(im->mall->db, q, ARGS(A_I64(FORGET_ROWS)), &n);
	return e;
}

static enum err
forget_all(struct import *im)
{
	enum err e = forget(im, Q_IMPORT_FORGET_RECORDS);

	return e == E_OK ? forget(im, Q_IMPORT_FORGET_ACCOUNTS) : e;
}

enum err
import_begin(struct import *im)
{
	int64_t until_us = clock_mono_us() + (CHECKING_MS + HOLD_MS) * US_PER_MS;
	struct timespec pause = { 0, 200 * 1000 * 1000 };
	enum err e;

	id_new(clock_now_us(), im->holder);
	/* One that was killed still holds it for a moment. */
	while ((e = step(im, HOLD_MS)) == E_CONFLICT && clock_mono_us() < until_us)
		nanosleep(&pause, NULL);
	return e == E_OK ? forget_all(im) : e;
}

/* ---- staging ---- */

struct staging {
	struct import			*im;
	int64_t				 file;
	const struct import_account	*accounts;
	const struct import_record	*records;
	size_t				 n;
};

static enum err
accounts_tx(struct db *db, void *arg)
{
	const struct staging *s = arg;
	struct db_batch *b = db_batch_new(db, s->im->arena);
	int failed;

	for (size_t i = 0; i < s->n; i++) {
		const struct import_account *a = &s->accounts[i];
		char id[ID_LEN + 1];

		id_of(arena_printf(s->im->arena, "user:%s", a->openid), a->created_at_us, id);
		db_batch_add(b, Q_IMPORT_ACCOUNT, ARGS(A_I64(s->file), A_I64(a->line), A_BIN(a->openid, strlen(a->openid)),
		    A_BIN(a->unionid, a->unionid != NULL ? strlen(a->unionid) : 0), A_STR(a->nickname), A_I64(a->balance),
		    A_TIME(a->created_at_us), A_STR(id)), 1, 1);
	}
	return db_batch_run(b, &failed);
}

static enum err
records_tx(struct db *db, void *arg)
{
	const struct staging *s = arg;
	struct db_batch *b = db_batch_new(db, s->im->arena);
	int failed;

	for (size_t i = 0; i < s->n; i++) {
		const struct import_record *r = &s->records[i];
		char id[ID_LEN + 1];

		id_of(arena_printf(s->im->arena, "points-record:%s", r->record_id), 0, id);
		db_batch_add(b, Q_IMPORT_RECORD, ARGS(A_I64(s->file), A_I64(r->line), A_STR(id),
		    A_BIN(r->openid, strlen(r->openid)), A_STR(r->type), A_I64(r->points), A_STR(r->description),
		    A_STR(r->related_id), A_TIME(r->created_at_us)), 1, 1);
	}
	return db_batch_run(b, &failed);
}

static enum err
stage(struct import *im, db_tx_fn *fn, const struct staging *s)
{
	enum err e;

	if ((e = step(im, HOLD_MS)) != E_OK)
		return e;
	return db_tx(im->mall->tx, fn, (void *)(uintptr_t)s);
}

enum err
import_stage_accounts(struct import *im, int64_t file, const struct import_account *a, size_t n)
{
	struct staging s = { .im = im, .file = file, .accounts = a, .n = n };

	return n > 0 ? stage(im, accounts_tx, &s) : E_OK;
}

enum err
import_stage_records(struct import *im, int64_t file, const struct import_record *r, size_t n)
{
	struct staging s = { .im = im, .file = file, .records = r, .n = n };

	return n > 0 ? stage(im, records_tx, &s) : E_OK;
}

/* ---- checks ---- */

struct wrong_line {
	int64_t		 file;
	int64_t		 line;
	const char	*message;
};

static const struct db_col wrong_cols[] = {
	DB_I64(struct wrong_line, file), DB_I64(struct wrong_line, line), DB_STR(struct wrong_line, message), DB_END,
};

static const enum query checks[] = {
	Q_IMPORT_CHECK_ACCOUNT_TWICE, Q_IMPORT_CHECK_UNIONID, Q_IMPORT_CHECK_RECORD_TWICE, Q_IMPORT_CHECK_NOBODYS,
	Q_IMPORT_CHECK_SUM, Q_IMPORT_CHECK_TOO_MUCH, Q_IMPORT_CHECK_BELOW_ZERO, Q_IMPORT_CHECK_CONFLICT, Q_IMPORT_CHECK_LATE,
	Q_IMPORT_CHECK_TAKEN,
};

static enum err
check(struct import *im, enum query q)
{
	struct wrong_line *lines;
	size_t n;
	enum err e;

	if ((e = step(im, CHECKING_MS)) != E_OK)
		return e;
	e = db_rows(im->mall->db, q, NO_ARGS, wrong_cols, im->arena, sizeof(*lines), WRONG_MAX, &lines, &n);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		im->complain(im->arg, lines[i].file, lines[i].line, lines[i].message);
	im->bad += (int64_t)n;
	if (n == WRONG_MAX)
		im->complain(im->arg, -1, 0, "there may be more lines of this kind");
	return E_OK;
}

enum err
import_check(struct import *im)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < sizeof(checks) / sizeof(checks[0]); i++)
		e = check(im, checks[i]);
	return e;
}

/* ---- bringing in ---- */

struct stretch {
	struct import	*im;
	int64_t		 file;
	int64_t		 first;
	int64_t		 last;
	struct import_sum sum;
};

static const struct db_col stretch_cols[] = {
	DB_I64(struct stretch, file), DB_I64(struct stretch, first), DB_I64(struct stretch, last), DB_END,
};
static const struct db_col sum_cols[] = {
	DB_I64(struct import_sum, accounts), DB_I64(struct import_sum, there), DB_I64(struct import_sum, points),
	DB_I64(struct import_sum, wrong), DB_END,
};

/* A user who logs in for the first time just now, or gets points, makes it fail on a UNIQUE key; then it is run again, and
 * either finds the user or has no room for the records. */
static enum err
stretch_tx(struct db *db, void *arg)
{
	static const enum query before[] = { Q_IMPORT_MARK_DONE, Q_IMPORT_FIND_USERS };
	static const enum query after[] = { Q_IMPORT_USERS, Q_IMPORT_UNIONIDS, Q_IMPORT_RECORDS, Q_IMPORT_BALANCES };
	struct stretch *s = arg;
	struct db_batch *b = db_batch_new(db, s->im->arena);
	struct db_arg file = A_I64(s->file), first = A_I64(s->first), last = A_I64(s->last);
	int failed;
	enum err e;

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		db_batch_add(b, before[i], ARGS(file, first, last), 0, DB_ANY_ROWS);
	db_batch_add(b, Q_IMPORT_SOURCES, ARGS(A_TIME(s->im->mall->now_us), file, first, last), 0, DB_ANY_ROWS);
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
		db_batch_add(b, after[i], ARGS(file, first, last), 0, DB_ANY_ROWS);
	db_batch_row(b, Q_IMPORT_RESULT, ARGS(file, first, last, file, first, last), sum_cols, &s->sum);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return e;
	return s->sum.wrong == 0 ? E_OK : E_CONFLICT;
}

static enum err
apply(struct import *im, struct stretch *s)
{
	enum err e = E_OK;

	for (int i = 0; i < RERUNS_MAX; i++) {
		if ((e = step(im, HOLD_MS)) != E_OK || (e = db_tx(im->mall->tx, stretch_tx, s)) != E_DUPLICATE)
			break;
	}
	if (e == E_CONFLICT || e == E_DUPLICATE) {
		im->complain(im->arg, s->file, s->first, "an account from this line on is used meanwhile: begin again");
		return E_CONFLICT;
	}
	if (e == E_OK) {
		im->sum.accounts += s->sum.accounts;
		im->sum.there += s->sum.there;
		if (!num_add(im->sum.points, s->sum.points, &im->sum.points))
			im->sum.points = INT64_MAX;	/* it is only told */
	}
	return e;
}

static enum err
apply_file(struct import *im, int64_t file)
{
	struct stretch s = { .im = im, .file = file };
	enum err e;

	for (;;) {
		if ((e = step(im, HOLD_MS)) != E_OK)
			return e;
		e = db_row(im->mall->db, Q_IMPORT_NEXT, ARGS(A_I64(file), A_I64(s.last), A_I64(ACCOUNTS_AT_ONCE)), stretch_cols,
		    im->arena, &s);
		if (e != E_OK)
			return e == E_NOT_FOUND ? E_OK : e;
		if ((e = apply(im, &s)) != E_OK)
			return e;
	}
}

enum err
import_apply(struct import *im, int64_t nfiles)
{
	enum err e = E_OK;

	for (int64_t i = 0; e == E_OK && i < nfiles; i++)
		e = apply_file(im, i);
	return e;
}

enum err
import_end(struct import *im)
{
	enum err e = forget_all(im);

	return e == E_OK ? step(im, 0) : e;
}
