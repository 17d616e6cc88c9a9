/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c: logins, refresh tokens and revocations; in a worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "service/auth.h"
#include "store/db.h"
#include "wechat/login.h"

#define REFRESH_BYTES 32
#define LOST_ANSWER_US (30 * US_PER_S)
#define REVOCATION_SLACK_S 60		/* an access token may be signed a little after its family was revoked */
#define LIST_FRESH_US (30 * US_PER_S)
#define LIST_KEPT_US (60 * US_PER_S)
#define LIST_PAUSE_US US_PER_S		/* between two attempts to read it while the old one counts */
#define LIST_MAX 1000000
#define SUBJECT_LEN_MAX 40

struct subject {
	const char	*s;		/* "u:<user id>" or "f:<family id>" */
};

/* Two arenas in turn: a list that cannot be read leaves the old one whole. */
struct revocations {
	struct arena	*arenas[2];
	size_t		 live;
	struct subject	*list;		/* sorted */
	size_t		 n;
	int64_t		 read_us;	/* 0: never */
	int64_t		 tried_us;
	bool		 stale;		/* this worker itself has added to it */
};

/* ---- revocations ---- */

struct revocations *
revocations_new(void)
{
	struct revocations *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->arenas[0] = arena_new();
	r->arenas[1] = arena_new();
	return r;
}

void
revocations_free(struct revocations *r)
{
	if (r == NULL)
		return;
	arena_free(r->arenas[0]);
	arena_free(r->arenas[1]);
	free(r);
}

static int
compare_subjects(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	return strcmp(x->s, y->s);
}

static enum err
read_list(struct mall *m, struct revocations *r)
{
	static const struct db_col cols[] = { DB_STR(struct subject, s), DB_END };
	struct arena *spare = r->arenas[1 - r->live];
	struct subject *list;
	size_t n;
	enum err e;

	arena_reset(spare);
	e = db_rows(m->db, Q_AUTH_REVOCATIONS, ARGS(A_TIME(m->now_us)), cols, spare, sizeof(*list), LIST_MAX, &list,
	    &n);
	if (e != E_OK)
		return e;
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_subjects);
	r->live = 1 - r->live;
	r->list = list;
	r->n = n;
	r->read_us = m->now_us;
	r->stale = false;
	return E_OK;
}

/* A clock that was set back makes everything old. */
static int64_t
age_us(int64_t now_us, int64_t then_us)
{
	return then_us == 0 || then_us > now_us ? INT64_MAX : now_us - then_us;
}

static enum err
have_list(struct mall *m, struct revocations *r)
{
	int64_t age = age_us(m->now_us, r->read_us);
	struct fault before;
	enum err e;

	if (age <= LIST_FRESH_US && !r->stale)
		return E_OK;
	if (age <= LIST_KEPT_US && age_us(m->now_us, r->tried_us) < LIST_PAUSE_US)
		return E_OK;
	before = *m->fault;
	r->tried_us = m->now_us;
	e = read_list(m, r);
	if (e == E_OK || age > LIST_KEPT_US)
		return e;
	*m->fault = before;
	log_warn("revocations cannot be read (%s); the list of %lld s ago counts", err_name(e),
	    (long long)(age / US_PER_S));
	return E_OK;
}

static bool
listed(const struct revocations *r, char kind, const char *id)
{
	char text[SUBJECT_LEN_MAX + 1];
	struct subject key = { text };

	if (r->n == 0)
		return false;
	if (snprintf(text, sizeof(text), "%c:%s", kind, id) >= (int)sizeof(text))
		return false;
	return bsearch(&key, r->list, r->n, sizeof(key), compare_subjects) != NULL;
}

enum err
auth_check(struct mall *m, const char *user_id, const char *family)
{
	struct revocations *r = m->revocations;
	enum err e;

	if ((e = have_list(m, r)) != E_OK)
		return e;
	if (listed(r, 'u', user_id) || (family != NULL && listed(r, 'f', family)))
		return fault_detail(m->fault, E_UNAUTHORIZED, "登录已失效，请重新登录。",
		    "This login was ended; log in again.");
	return E_OK;
}

/* What this worker has added itself it need not wait for. */
static void
list_changed(struct revocations *r)
{
	r->stale = true;
	r->tried_us = 0;
}

void
auth_changed(struct mall *m)
{
	list_changed(m->revocations);
}

void
auth_block(struct db_batch *b, struct mall *m, const char *user_id, bool blocked)
{
	char *subject = arena_printf(m->arena, "u:%s", user_id);
	struct db_arg for_ever = A_TIME(0);

	if (blocked)
		db_batch_add(b, Q_AUTH_REVOCATION_ADD, ARGS(A_STR(subject), for_ever, for_ever), 1, 2);
	else
		db_batch_add(b, Q_AUTH_REVOCATION_END, ARGS(A_STR(subject)), 0, 1);
}

/* Inside db_tx. The row outlives every access token that names the family. */
static enum err
revoke(struct db *db, struct mall *m, const char *user_id, const char *family)
{
	int64_t ttl_s = m->conf->access_ttl_s + m->conf->clock_leeway_s + REVOCATION_SLACK_S;
	int64_t until_us = m->now_us + ttl_s * US_PER_S;
	char *subject = arena_printf(m->arena, "f:%s", family);
	enum err e;

	e = db_exec(db, Q_AUTH_FAMILY_REVOKE, ARGS(A_TIME(m->now_us), A_STR(family), A_STR(user_id)), NULL);
	if (e != E_OK)
		return e;
	return db_exec(db, Q_AUTH_REVOCATION_ADD, ARGS(A_STR(subject), A_TIME(until_us), A_TIME(until_us)), NULL);
}

/* ---- refresh tokens ---- */

struct fresh {
	char	*text;
	uint8_t	 hash[SHA256_LEN];
};

static void
make_fresh(struct arena *a, struct fresh *out)
{
	uint8_t bytes[REFRESH_BYTES];

	random_bytes(bytes, sizeof(bytes));
	out->text = arena_alloc(a, B64_LEN(REFRESH_BYTES) + 1);
	b64url_encode(bytes, sizeof(bytes), out->text);
	sha256(out->text, B64_LEN(REFRESH_BYTES), out->hash);
}

static enum err
add_fresh(struct db *db, struct mall *m, const char *family, const struct fresh *t)
{
	int64_t until_us = m->now_us + m->conf->refresh_ttl_s * US_PER_S;

	return db_exec(db, Q_AUTH_REFRESH_ADD, ARGS(A_BIN(t->hash, sizeof(t->hash)), A_STR(family),
	    A_TIME(m->now_us), A_TIME(until_us)), NULL);
}

static enum err
refuse_refresh(struct mall *m)
{
	return fault_detail(m->fault, E_UNAUTHORIZED, "刷新令牌无效或已失效，请重新登录。",
	    "The refresh token is not valid, or no longer; log in again.");
}

/* Whoever is blocked gets no tokens. A block that comes between this and COMMIT is the list's to enforce. */
static enum err
read_user(struct db *db, struct mall *m, const char *id, struct user_profile *out)
{
	enum err e;

	if ((e = user_read(db, id, m->arena, out)) != E_OK)
		return e;
	if (out->blocked)
		return fault_detail(m->fault, E_FORBIDDEN, "该账号已被停用，请联系客服。",
		    "This account is blocked; ask customer service.");
	return E_OK;
}

/* ---- login ---- */

struct login {
	struct mall			*m;
	const struct wechat_session	*who;
	struct auth_result		*out;
};

struct found {
	const char	*id;
};

static enum err
find_user(struct db *db, const struct login *l, const char **id)
{
	static const struct db_col cols[] = { DB_STR(struct found, id), DB_END };
	struct found row = { NULL };
	enum err e;

	e = db_row(db, Q_AUTH_USER_FIND, ARGS(A_BIN(l->who->openid, strlen(l->who->openid))), cols, l->m->arena,
	    &row);
	*id = row.id;
	return e;
}

/* Two first logins at once: the second INSERT waits for the first to commit, fails on the UNIQUE openid, and the
 * user is there to be found. */
static enum err
find_or_add_user(struct db *db, const struct login *l, const char **id)
{
	char *fresh = arena_alloc(l->m->arena, ID_LEN + 1);
	enum err e;

	if ((e = find_user(db, l, id)) != E_NOT_FOUND)
		return e;
	id_new(l->m->now_us, fresh);
	e = db_exec(db, Q_AUTH_USER_ADD, ARGS(A_STR(fresh), A_BIN(l->who->openid, strlen(l->who->openid)),
	    A_TIME(l->m->now_us)), NULL);
	if (e == E_DUPLICATE)
		return find_user(db, l, id);
	*id = fresh;
	return e;
}

static enum err
set_unionid(struct db *db, const struct login *l, const char *id)
{
	struct db_arg unionid;

	if (l->who->unionid == NULL)
		return E_OK;
	unionid = A_BIN(l->who->unionid, strlen(l->who->unionid));
	return db_exec(db, Q_AUTH_UNIONID_SET, ARGS(unionid, A_STR(id), unionid), NULL);
}

static enum err
start_family(struct db *db, const struct login *l, const char *user_id)
{
	struct mall *m = l->m;
	char *family = arena_alloc(m->arena, ID_LEN + 1);
	struct fresh t;
	enum err e;

	id_new(m->now_us, family);
	make_fresh(m->arena, &t);
	e = db_exec(db, Q_AUTH_FAMILY_ADD, ARGS(A_STR(family), A_STR(user_id), A_TIME(m->now_us)), NULL);
	if (e == E_OK)
		e = add_fresh(db, m, family, &t);
	l->out->family = family;
	l->out->refresh_token = t.text;
	return e;
}

static enum err
login_tx(struct db *db, void *arg)
{
	const struct login *l = arg;
	const char *id;
	enum err e;

	if ((e = find_or_add_user(db, l, &id)) != E_OK)
		return e;
	if ((e = set_unionid(db, l, id)) != E_OK)
		return e;
	if ((e = read_user(db, l->m, id, &l->out->user)) != E_OK)
		return e;
	return start_family(db, l, id);
}

enum err
auth_login(struct mall *m, const char *code, struct auth_result *out)
{
	struct wechat_session who = { 0 };
	struct login l = { m, &who, out };
	enum err e;

	if ((e = wechat_login(m->wechat, m->conf, code, m->arena, m->fault, &who)) != E_OK)
		return e;
	if ((e = db_tx(m->tx, login_tx, &l)) == E_OK)
		user_points(m, &out->user);
	return e;
}

/* ---- refresh ---- */

struct family {
	const char	*id;
	const char	*user_id;
	bool		 revoked;
};

struct state {
	bool		 used;
	struct db_bin	 successor;
};

struct refresh {
	struct mall		*m;
	uint8_t			 hash[SHA256_LEN];
	struct family		 family;
	struct state		 state;
	bool			 reused;	/* the family was revoked: that commits */
	struct auth_result	*out;
};

/* The family's row is locked before its tokens are looked at: of two uses of a token the second sees the first. */
static enum err
lock_family(struct db *db, struct refresh *x)
{
	static const struct db_col id_cols[] = { DB_STR(struct family, id), DB_END };
	static const struct db_col cols[] = {
		DB_STR(struct family, user_id), DB_BOOL(struct family, revoked), DB_END
	};
	static const struct db_col state_cols[] = {
		DB_BOOL(struct state, used), DB_BIN(struct state, successor), DB_END
	};
	struct db_arg hash = A_BIN(x->hash, sizeof(x->hash));
	struct arena *a = x->m->arena;
	enum err e;

	if ((e = db_row(db, Q_AUTH_REFRESH_FAMILY, ARGS(hash), id_cols, a, &x->family)) != E_OK)
		return e;
	if ((e = db_row(db, Q_AUTH_FAMILY_LOCK, ARGS(A_STR(x->family.id)), cols, a, &x->family)) != E_OK)
		return e;
	if (x->family.revoked)
		return E_NOT_FOUND;
	if ((e = read_user(db, x->m, x->family.user_id, &x->out->user)) != E_OK)
		return e;
	return db_row(db, Q_AUTH_REFRESH_STATE, ARGS(hash), state_cols, a, &x->state);
}

static enum err
one_row(enum err e, uint64_t matched, enum err none)
{
	return e == E_OK && matched != 1 ? none : e;
}

/* E_NOT_FOUND: it has expired. */
static enum err
use_first(struct db *db, const struct refresh *x, const struct fresh *t)
{
	uint64_t matched = 0;
	enum err e;

	e = db_exec(db, Q_AUTH_REFRESH_USE, ARGS(A_TIME(x->m->now_us), A_BIN(t->hash, sizeof(t->hash)),
	    A_BIN(x->hash, sizeof(x->hash)), A_TIME(x->m->now_us)), &matched);
	return one_row(e, matched, E_NOT_FOUND);
}

/* E_GUARD: not a lost answer, but a token that somebody has kept. */
static enum err
use_again(struct db *db, const struct refresh *x, const struct fresh *t)
{
	struct db_arg successor = A_BIN(x->state.successor.p, x->state.successor.n);
	int64_t now_us = x->m->now_us;
	uint64_t matched = 0;
	enum err e;

	e = db_exec(db, Q_AUTH_REFRESH_AGAIN, ARGS(A_BIN(t->hash, sizeof(t->hash)), A_BIN(x->hash, sizeof(x->hash)),
	    successor, A_TIME(now_us - LOST_ANSWER_US)), &matched);
	if ((e = one_row(e, matched, E_GUARD)) != E_OK)
		return e;
	e = db_exec(db, Q_AUTH_REFRESH_RETIRE, ARGS(A_TIME(now_us), successor, A_TIME(now_us)), &matched);
	return one_row(e, matched, E_GUARD);
}

static enum err
refresh_tx(struct db *db, void *arg)
{
	struct refresh *x = arg;
	struct fresh t;
	enum err e;

	x->reused = false;
	if ((e = lock_family(db, x)) != E_OK)
		return e;
	make_fresh(x->m->arena, &t);
	e = x->state.used ? use_again(db, x, &t) : use_first(db, x, &t);
	if (e == E_GUARD) {
		x->reused = true;
		return revoke(db, x->m, x->family.user_id, x->family.id);
	}
	if (e != E_OK)
		return e;
	x->out->family = x->family.id;
	x->out->refresh_token = t.text;
	return add_fresh(db, x->m, x->family.id, &t);
}

enum err
auth_refresh(struct mall *m, const char *refresh_token, struct auth_result *out)
{
	struct refresh x = { .m = m, .out = out };
	enum err e;

	sha256(refresh_token, strlen(refresh_token), x.hash);
	e = db_tx(m->tx, refresh_tx, &x);
	if (e == E_NOT_FOUND)
		return refuse_refresh(m);
	if (e == E_OK && !x.reused)
		user_points(m, &out->user);
	if (e != E_OK || !x.reused)
		return e;
	list_changed(m->revocations);
	log_warn("a used refresh token came back: login family %s is revoked", x.family.id);
	return refuse_refresh(m);
}

/* ---- logout ---- */

struct logout {
	struct mall	*m;
	const char	*user_id;
	const char	*family;
};

static enum err
logout_tx(struct db *db, void *arg)
{
	const struct logout *l = arg;

	return revoke(db, l->m, l->user_id, l->family);
}

enum err
auth_logout(struct mall *m, const char *user_id, const char *family)
{
	struct logout l = { m, user_id, family };
	enum err e;

	if (family == NULL)
		return E_OK;
	if ((e = db_tx(m->tx, logout_tx, &l)) == E_OK)
		list_changed(m->revocations);
	return e;
}
