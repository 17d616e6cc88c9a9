/* SPDX-License-Identifier: Apache-2.0 */
/* adjust.c: a user's points corrected by an operator; in a worker. */
#include "service/adjust.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "service/ledger.h"
#include "store/db.h"

#define KEPT_US (24 * 3600 * US_PER_S)	/* so long a key is the same request's */

struct adjust {
	struct mall			*m;
	const struct actor		*who;
	const struct adjustment		*in;
	const struct once		*once;
	struct ledger_change		 change;
	struct adjusted			*out;
	int64_t				 balance_recorded;	/* right after the change, before it settled a debt */
	const char			*line;	/* of the audit log, where it is still to be carried there */
};

/* What the record says that was made; of a repeated request, the first one's. */
struct recorded {
	const char	*id;
	const char	*user_id;
	int64_t		 points;
	int64_t		 balance_after;
	int64_t		 made_at_us;
	int64_t		 balance;	/* now */
	int64_t		 debt;
};

static const struct db_col recorded_cols[] = {
	DB_STR(struct recorded, id), DB_STR(struct recorded, user_id), DB_I64(struct recorded, points),
	DB_I64(struct recorded, balance_after), DB_TIME(struct recorded, made_at_us), DB_I64(struct recorded, balance),
	DB_I64(struct recorded, debt), DB_END,
};

static void
take_recorded(struct adjust *a, const struct recorded *r)
{
	*a->out = (struct adjusted){
		a->in->user_id, arena_strdup(a->m->arena, r->id), a->in->points, r->balance, r->debt,
	};
	a->balance_recorded = r->balance_after;
}

/* The points' side. E_CONFLICT: its source is there already. */
static enum err
change(struct db *db, struct adjust *a)
{
	struct db_batch *b = db_batch_new(db, a->m->arena);
	struct recorded r;
	int first, failed;
	enum err e;

	if (!mall_points_apart(a->m))
		once_claim(b, a->once, a->m->now_us);
	first = ledger_add(b, a->m, &a->change);
	ledger_add_events(b, a->m, &a->change);
	db_batch_row(b, Q_POINTS_RECORDED, ARGS(A_STR(a->change.record_id)), recorded_cols, &r);
	e = db_batch_run(b, &failed);
	if (e == E_OK)
		take_recorded(a, &r);
	if (e == E_DUPLICATE && a->change.source != NULL && failed == first)
		return E_CONFLICT;
	if (e == E_GUARD && failed == ledger_guard(&a->change, first))
		return E_POINTS;
	return mall_points_apart(a->m) ? e : once_judge(a->once, failed, e);
}

struct state {
	int64_t		 points;
	int64_t		 balance;
	const char	*description;
	const char	*record_id;
};

static const struct json_view before_view[] = { VIEW_I64(struct state, balance, "balance", 0), VIEW_END };
static const struct json_view after_view[] = {
	VIEW_I64(struct state, balance, "balance", 0), VIEW_I64(struct state, points, "points", 0),
	VIEW_STR(struct state, description, "description", 0), VIEW_STR(struct state, record_id, "recordId", 0), VIEW_END,
};

/* In the transaction of the change, wherever that is. */
static enum err
note(struct db *db, struct adjust *a)
{
	struct mall *m = a->m;
	struct state before = { .balance = a->balance_recorded - a->in->points };
	struct state after = { a->in->points, a->out->balance, a->in->description, a->out->record_id };
	struct audit_entry entry = { "user.points", "user", a->in->user_id, json_text(m->arena, before_view, &before),
	    json_text(m->arena, after_view, &after) };
	struct db_batch *b = db_batch_new(db, m->arena);
	int failed;

	if (mall_points_apart(m))
		a->line = audit_send(b, m, a->who, &entry);
	else
		audit_add(b, m, a->who, &entry);
	return db_batch_run(b, &failed);
}

static enum err
change_tx(struct db *db, void *arg)
{
	struct adjust *a = arg;
	enum err e;

	if ((e = change(db, a)) != E_OK || (e = note(db, a)) != E_OK)
		return e;
	if (!mall_points_apart(a->m))
		once_keep(a->m, a->once, a->out);
	return E_OK;
}

/* ---- where the points live apart ---- */

/* The key, as what makes the change unique where it and its key cannot be in one transaction. after: the record of an earlier
 * request, whose key this was, or NULL. */
static const char *
source_of(struct mall *m, const struct once *once, const char *after)
{
	const char *text = arena_printf(m->arena, "%s %s %s", once->caller, once->key != NULL ? once->key : "",
	    after != NULL ? after : "");
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (once->key == NULL || !mall_points_apart(m))
		return NULL;
	sha256(text, strlen(text), hash);
	hex_encode(hash, sizeof(hash), hex);
	return arena_printf(m->arena, "adjust:%s", hex);
}

/* It was made, and its answer never came to be. E_NOT_FOUND: so long ago that its key is another's by now. */
static enum err
find_made(struct adjust *a)
{
	const char *source = a->change.source;
	struct recorded r;
	enum err e;

	e = db_row(a->m->points, Q_POINTS_MADE, ARGS(A_BIN(source, strlen(source))), recorded_cols, a->m->arena, &r);
	if (e != E_OK)
		return e == E_NOT_FOUND ? E_CONFLICT : e;
	if (r.made_at_us < a->m->now_us - KEPT_US) {
		a->change.source = source_of(a->m, a->once, r.id);
		return E_NOT_FOUND;
	}
	if (strcmp(r.user_id, a->in->user_id) != 0 || r.points != a->in->points)
		return E_KEY_REUSED;
	take_recorded(a, &r);
	return E_OK;
}

static enum err
answer_tx(struct db *db, void *arg)
{
	struct adjust *a = arg;
	struct db_batch *b = db_batch_new(db, a->m->arena);
	int failed;
	enum err e;

	once_claim(b, a->once, a->m->now_us);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return once_judge(a->once, failed, e);
	once_keep(a->m, a->once, a->out);
	return E_OK;
}

/* The change with its line, which is there from here on; the line into the log; the answer. */
static enum err
adjust_apart(struct adjust *a)
{
	enum err e;

	do {
		a->line = NULL;
		if ((e = db_tx(a->m->points_tx, change_tx, a)) == E_CONFLICT)
			e = find_made(a);
	} while (e == E_NOT_FOUND);
	if (e == E_OK && a->line != NULL)
		e = audit_carry(a->m, a->line);
	return e == E_OK && a->once->key != NULL ? db_tx(a->m->tx, answer_tx, a) : e;
}

struct there {
	bool	yes;
};

/* Where the points live apart, also makes the account. */
static enum err
is_there(struct mall *m, const char *user_id)
{
	static const struct db_col cols[] = { DB_BOOL(struct there, yes), DB_END };
	struct there user;

	if (mall_points_apart(m))
		return points_account(m, user_id);
	return db_row(m->db, Q_USER_EXISTS, ARGS(A_STR(user_id)), cols, m->arena, &user);
}

enum err
user_adjust(struct mall *m, const struct actor *who, const struct adjustment *in, const struct once *once,
    struct adjusted *out)
{
	bool down = in->points < 0;
	struct adjust a = {
		.m = m, .who = who, .in = in, .once = once, .out = out,
		.change = {
			.kind = down ? LEDGER_ADJUST_DOWN : LEDGER_ADJUST_UP, .user_id = in->user_id,
			.points = down ? -in->points : in->points, .description = in->description,
			.source = source_of(m, once, NULL),
		},
	};
	enum err e;

	if ((e = is_there(m, in->user_id)) != E_OK)
		return e;
	return mall_points_apart(m) ? adjust_apart(&a) : db_tx(m->tx, change_tx, &a);
}
