/* SPDX-License-Identifier: Apache-2.0 */
/* adjust.c: a user's points corrected by an operator; in a worker. */
#include "service/adjust.h"

#include <string.h>

#include "base/json.h"
#include "service/ledger.h"
#include "store/db.h"

struct adjust {
	struct mall			*m;
	const struct actor		*who;
	const struct adjustment		*in;
	const struct once		*once;
	struct ledger_change		 change;
	struct adjusted			*out;
	int64_t				 balance_recorded;	/* right after the change, before it settled a debt */
};

/* What the record says that was made; of a repeated request, the first one's. */
struct recorded {
	const char	*id;
	int64_t		 points;
	int64_t		 balance_after;
	int64_t		 balance;	/* now */
	int64_t		 debt;
};

static const struct db_col recorded_cols[] = {
	DB_STR(struct recorded, id), DB_I64(struct recorded, points), DB_I64(struct recorded, balance_after),
	DB_I64(struct recorded, balance), DB_I64(struct recorded, debt), DB_END,
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

/* The mall's side. */
static enum err
note(struct db *db, struct adjust *a)
{
	struct mall *m = a->m;
	struct state before = { .balance = a->balance_recorded - a->in->points };
	struct state after = { a->in->points, a->out->balance, a->in->description, a->out->record_id };
	struct db_batch *b = db_batch_new(db, m->arena);
	int failed;
	enum err e;

	if (mall_points_apart(m))
		once_claim(b, a->once, m->now_us);
	audit_add(b, m, a->who, &(struct audit_entry){ "user.points", "user", a->in->user_id,
	    json_text(m->arena, before_view, &before), json_text(m->arena, after_view, &after) });
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return mall_points_apart(m) ? once_judge(a->once, failed, e) : e;
	once_keep(m, a->once, a->out);
	return E_OK;
}

static enum err
change_tx(struct db *db, void *arg)
{
	return change(db, arg);
}

static enum err
note_tx(struct db *db, void *arg)
{
	return note(db, arg);
}

static enum err
both_tx(struct db *db, void *arg)
{
	enum err e = change(db, arg);

	return e == E_OK ? note(db, arg) : e;
}

/* The key, as what makes the change unique where it and its key cannot be in one transaction. */
static const char *
source_of(struct mall *m, const struct once *once)
{
	const char *text = arena_printf(m->arena, "%s %s", once->caller, once->key != NULL ? once->key : "");
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (once->key == NULL || !mall_points_apart(m))
		return NULL;
	sha256(text, strlen(text), hash);
	hex_encode(hash, sizeof(hash), hex);
	return arena_printf(m->arena, "adjust:%s", hex);
}

/* It was made, and its answer never came to be. */
static enum err
find_made(struct adjust *a)
{
	const char *source = a->change.source;
	struct recorded r;
	enum err e;

	e = db_row(a->m->points, Q_POINTS_MADE, ARGS(A_BIN(source, strlen(source)), A_STR(a->in->user_id)), recorded_cols,
	    a->m->arena, &r);
	if (e == E_NOT_FOUND || (e == E_OK && r.points != a->in->points))
		return E_KEY_REUSED;
	if (e == E_OK)
		take_recorded(a, &r);
	return e;
}

static enum err
adjust_apart(struct adjust *a)
{
	enum err e = db_tx(a->m->points_tx, change_tx, a);

	if (e == E_CONFLICT)
		e = find_made(a);
	return e == E_OK ? db_tx(a->m->tx, note_tx, a) : e;
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
			.source = source_of(m, once),
		},
	};
	enum err e;

	if ((e = is_there(m, in->user_id)) != E_OK)
		return e;
	return mall_points_apart(m) ? adjust_apart(&a) : db_tx(m->tx, both_tx, &a);
}
