/* SPDX-License-Identifier: Apache-2.0 */
/* user_admin.c: users for operators; in a worker. */
#include "service/user_admin.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "service/auth.h"
#include "service/ledger.h"
#include "store/db.h"

#define MASK_SHOWN 4

static const struct db_col user_cols[] = {
	DB_STR(struct user_row, id), DB_STR(struct user_row, nickname), DB_STR(struct user_row, avatar),
	DB_STR(struct user_row, openid), DB_STR(struct user_row, unionid), DB_TIME(struct user_row, blocked_at_us),
	DB_STR(struct user_row, blocked_reason), DB_I64(struct user_row, version), DB_TIME(struct user_row, created_at_us),
	DB_END,
};

/* ---- lists ---- */

struct count {
	int64_t	n;
};

static const struct db_col count_cols[] = { DB_I64(struct count, n), DB_END };

static enum err
read_search(struct mall *m, const struct user_filter *f, struct db_arg after, int64_t rows, struct user_row **items,
    size_t *n, struct count *count)
{
	struct db_arg q = A_PREFIX(m->arena, f->q), blocked = A_I64(f->blocked), limit = A_I64(rows);
	enum err e;

	e = db_rows(m->db, Q_USER_SEARCH, ARGS(q, after, after, blocked, blocked, limit, q, after, after, blocked,
	    blocked, limit, q, after, after, blocked, blocked, limit, limit), user_cols, m->arena, sizeof(**items),
	    (size_t)rows, items, n);
	if (e != E_OK)
		return e;
	return db_row(m->db, Q_USER_SEARCH_COUNT, ARGS(q, blocked, blocked, q, blocked, blocked, q, blocked, blocked),
	    count_cols, m->arena, count);
}

static enum err
read_blocked(struct mall *m, struct db_arg after, int64_t rows, struct user_row **items, size_t *n, struct count *count)
{
	enum err e;

	e = db_rows(m->db, Q_USER_BLOCKED_LIST, ARGS(after, after, A_I64(rows)), user_cols, m->arena, sizeof(**items),
	    (size_t)rows, items, n);
	return e != E_OK ? e : db_row(m->db, Q_USER_BLOCKED_COUNT, NO_ARGS, count_cols, m->arena, count);
}

static enum err
read_all(struct mall *m, int64_t blocked, struct db_arg after, int64_t rows, struct user_row **items, size_t *n,
    struct count *count)
{
	struct db_arg good_alone = A_I64(blocked == 0 ? 1 : I64_NONE);
	enum err e;

	e = db_rows(m->db, Q_USER_LIST, ARGS(good_alone, after, after, A_I64(rows)), user_cols, m->arena, sizeof(**items),
	    (size_t)rows, items, n);
	return e != E_OK ? e : db_row(m->db, Q_USER_COUNT, ARGS(good_alone), count_cols, m->arena, count);
}

/* "oGZU****4f2a"; what is too short for that is all stars. */
static const char *
mask(struct arena *a, const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (s == NULL)
		return NULL;
	if (n < 3 * MASK_SHOWN)
		return "****";
	return arena_printf(a, "%.*s****%s", MASK_SHOWN, s, s + n - MASK_SHOWN);
}

static const struct db_col account_cols[] = {
	DB_I64(struct points_balance, balance), DB_I64(struct points_balance, debt), DB_END,
};

/* As it is shown where nobody asked for all of it. */
static void
shorten(struct mall *m, struct user_row *u)
{
	u->blocked = u->blocked_at_us != 0;
	u->openid = mask(m->arena, u->openid);
	u->unionid = NULL;
}

/* The points may live elsewhere, where a user who never had any may have no row. */
static enum err
finish_row(struct mall *m, struct user_row *u)
{
	enum err e = db_row(m->points, Q_POINTS_ACCOUNT, ARGS(A_STR(u->id)), account_cols, m->arena, &u->points);

	shorten(m, u);
	return e == E_NOT_FOUND ? E_OK : e;
}

enum err
users_list(struct mall *m, const struct user_filter *f, const struct keyset *after, int64_t limit, struct user_row **items,
    size_t *n, struct keyset *next, int64_t *total)
{
	struct db_arg place = A_STR(after->set ? after->id : NULL);
	struct count count = { 0 };
	enum err e;

	if (f->q != NULL)
		e = read_search(m, f, place, limit + 1, items, n, &count);
	else if (f->blocked == 1)
		e = read_blocked(m, place, limit + 1, items, n, &count);
	else
		e = read_all(m, f->blocked, place, limit + 1, items, n, &count);
	*total = count.n;
	*next = (struct keyset){ .set = e == E_OK && *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	for (size_t i = 0; e == E_OK && i < *n; i++)
		e = finish_row(m, &(*items)[i]);
	return e;
}

/* ---- one user ---- */

/* The points as they are, which are no part of the row. */
static enum err
read_points(struct mall *m, const char *id, struct points_balance *out)
{
	enum err e;

	*out = (struct points_balance){ 0 };
	e = points_balance(m, id, out);
	return e == E_NOT_FOUND ? E_OK : e;
}

struct view {
	struct mall		*m;
	const struct actor	*who;
	const char		*id;
	struct user_row		*out;
};

static enum err
view_tx(struct db *db, void *arg)
{
	const struct view *v = arg;
	struct db_batch *b = db_batch_new(db, v->m->arena);
	int failed;
	enum err e;

	*v->out = (struct user_row){ 0 };
	db_batch_row(b, Q_USER_GET, ARGS(A_STR(v->id)), user_cols, v->out);
	audit_add(b, v->m, v->who, &(struct audit_entry){ "user.view", "user", v->id, NULL, NULL });
	e = db_batch_run(b, &failed);
	return e == E_GUARD ? E_NOT_FOUND : e;
}

enum err
user_view(struct mall *m, const struct actor *who, const char *id, struct user_row *out)
{
	struct view v = { m, who, id, out };
	enum err e;

	if ((e = db_tx(m->tx, view_tx, &v)) != E_OK)
		return e;
	out->blocked = out->blocked_at_us != 0;
	return read_points(m, id, &out->points);
}

/* ---- status ---- */

struct status_change {
	struct mall			*m;
	const struct actor		*who;
	const char			*id;
	const struct user_status	*in;
	const struct once		*once;
	struct points_balance		 points;	/* as they were before */
	struct user_row			*out;
};

static const struct json_view status_view[] = {
	VIEW_BOOL(struct user_row, blocked, "blocked", 0),
	VIEW_STR(struct user_row, blocked_reason, "reason", JSON_OMIT_NULL), VIEW_END,
};

static enum err
lock_user(struct db *db, const struct status_change *s)
{
	struct db_batch *b = db_batch_new(db, s->m->arena);
	int failed, row;
	enum err e;

	*s->out = (struct user_row){ 0 };
	once_claim(b, s->once, s->m->now_us);
	row = db_batch_row(b, Q_USER_LOCK, ARGS(A_STR(s->id)), user_cols, s->out);
	e = db_batch_run(b, &failed);
	if (e == E_GUARD && failed == row)
		return E_NOT_FOUND;
	if (e != E_OK)
		return once_judge(s->once, failed, e);
	s->out->blocked = s->out->blocked_at_us != 0;
	return seen_has(&s->in->seen, s->out->version) ? E_OK : E_PRECONDITION;
}

static bool
is_so(const struct status_change *s)
{
	const struct user_row *now = s->out;

	if (!s->in->blocked || !now->blocked)
		return s->in->blocked == now->blocked;
	return now->blocked_reason != NULL && strcmp(now->blocked_reason, s->in->reason) == 0;
}

static enum err
write_status(struct db *db, const struct status_change *s)
{
	struct user_row *u = s->out, after = *u;
	struct mall *m = s->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	int failed;

	after.blocked = s->in->blocked;
	after.blocked_reason = s->in->reason;
	if (s->in->blocked)
		db_batch_add(b, Q_USER_BLOCK, ARGS(A_TIME(m->now_us), A_STR(s->in->reason), A_STR(s->id)), 1, 1);
	else
		db_batch_add(b, Q_USER_UNBLOCK, ARGS(A_STR(s->id)), 1, 1);
	auth_block(b, m, s->id, s->in->blocked);
	audit_add(b, m, s->who, &(struct audit_entry){ s->in->blocked ? "user.block" : "user.unblock", "user", s->id,
	    json_text(m->arena, status_view, u), json_text(m->arena, status_view, &after) });
	db_batch_row(b, Q_USER_GET, ARGS(A_STR(s->id)), user_cols, u);
	return db_batch_run(b, &failed);
}

static enum err
status_tx(struct db *db, void *arg)
{
	const struct status_change *s = arg;
	enum err e;

	if ((e = lock_user(db, s)) != E_OK || (!is_so(s) && (e = write_status(db, s)) != E_OK))
		return e;
	shorten(s->m, s->out);
	s->out->points = s->points;
	once_keep(s->m, s->once, s->out);
	return E_OK;
}

enum err
user_set_status(struct mall *m, const struct actor *who, const char *id, const struct user_status *in,
    const struct once *once, struct user_row *out)
{
	struct status_change s = { .m = m, .who = who, .id = id, .in = in, .once = once, .out = out };
	enum err e;

	if ((e = read_points(m, id, &s.points)) != E_OK)
		return e;
	if ((e = db_tx(m->tx, status_tx, &s)) == E_OK)
		auth_changed(m);
	return e;
}
