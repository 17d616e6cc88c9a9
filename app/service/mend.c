/* SPDX-License-Identifier: Apache-2.0 */
/* mend.c: the table of what can be mended, and the one transaction that all of it goes through. */
#include <assert.h>
#include <string.h>

#include "base/ids.h"
#include "service/audit.h"
#include "service/mend.h"
#include "store/db.h"

#define KEYS_MAX 12

/* lock takes the row; look gives what it is and what it should be, and no row where that cannot be said; change derives
 * it once more. Each statement's parameters are the row's key, over and over; an integer's is the days after which what
 * was shipped is completed. */
struct way {
	const char	*subject;	/* in the audit log */
	enum query	 lock;
	enum query	 look;
	enum query	 change;
	bool		 pair;		/* the key has two halves */
	bool		 points;	/* the row is where the points live */
};

static const struct way ways[MEND__MAX] = {
	[MEND_USER_POINTS] = { "user", Q_MEND_USER_LOCK, Q_MEND_USER_LOOK, Q_MEND_USER, false, true },
	[MEND_PRODUCT_STOCK] = { "product", Q_MEND_PRODUCT_LOCK, Q_MEND_STOCK_LOOK, Q_MEND_STOCK, false, false },
	[MEND_PRODUCT_SALES] = { "product", Q_MEND_PRODUCT_LOCK, Q_MEND_SALES_LOOK, Q_MEND_SALES, false, false },
	[MEND_COUNTER] = { "counter", Q_MEND_COUNTER_LOCK, Q_MEND_COUNTER_LOOK, Q_MEND_COUNTER, true, false },
	[MEND_TIMER] = { "order", Q_MEND_TIMER_LOCK, Q_MEND_TIMER_LOOK, Q_MEND_TIMER, false, false },
	[MEND_TIMER_EXTRA] = { "order", Q_MEND_TIMER_EXTRA_LOCK, Q_MEND_TIMER_EXTRA_LOOK, Q_MEND_TIMER_EXTRA,
	    false, false },
	[MEND_KEY] = { "idempotency_key", Q_MEND_KEY_LOCK, Q_MEND_KEY_LOOK, Q_MEND_KEY, true, false },
};

static const struct actor myself = { "system", "verify", NULL, NULL };

static const struct db_col mended_cols[] = { DB_STR(struct mended, before), DB_STR(struct mended, after), DB_END };

struct mending {
	struct mall		*m;
	const struct way	*way;
	const char		*id;
	const char		*of;
	const char		*line;	/* of the audit log, where it is still to be carried there */
	struct mended		*out;
};

struct locked {
	const char	*id;
};

static const struct db_col locked_cols[] = { DB_STR(struct locked, id), DB_END };

/* A SELECT is read into out by cols; it must give its row. */
static void
add(struct db_batch *b, const struct mending *x, enum query q, const struct db_col *cols, void *out)
{
	size_t n = strlen(queries[q].params);
	struct db_arg keys[KEYS_MAX];

	assert(n <= KEYS_MAX);
	for (size_t i = 0; i < n; i++)
		keys[i] = queries[q].params[i] == 'i' ? A_I64(x->m->conf->complete_after_days) :
		    A_STR(x->way->pair && i % 2 == 1 ? x->of : x->id);
	if (queries[q].columns[0] != '\0')
		db_batch_row(b, q, keys, n, cols, out);
	else
		db_batch_add(b, q, keys, n, 1, 2);	/* a row that was inserted over another counts as two */
}

/* An id, without the role that a caller's has before it, as far as the log has room. */
static const char *
subject_id(const struct mending *x)
{
	const char *colon = strchr(x->id, ':');

	return arena_strndup(x->m->arena, colon != NULL ? colon + 1 : x->id, ID_LEN);
}

static void
add_audit(struct db_batch *b, struct mending *x)
{
	const struct audit_entry entry = {
		.action = "verify.repair", .subject = x->way->subject, .subject_id = subject_id(x),
		.before = x->out->before, .after = x->out->after,
	};

	if (x->way->points && mall_points_apart(x->m))
		x->line = audit_send(b, x->m, &myself, &entry);
	else
		audit_add(b, x->m, &myself, &entry);
}

static enum err
mend_tx(struct db *db, void *arg)
{
	struct mending *x = arg;
	struct db_batch *b = db_batch_new(db, x->m->arena);
	struct locked locked;
	int failed;
	enum err e;

	add(b, x, x->way->lock, locked_cols, &locked);
	add(b, x, x->way->look, mended_cols, x->out);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return e;
	if (strcmp(x->out->before, x->out->after) == 0)
		return E_GUARD;
	b = db_batch_new(db, x->m->arena);
	add(b, x, x->way->change, NULL, NULL);
	add_audit(b, x);
	return db_batch_run(b, &failed);
}

enum err
mend_row(struct mall *m, enum mend how, const char *id, const char *of, struct mended *out)
{
	struct mending x = { m, &ways[how], id, of, NULL, out };
	enum err e;

	if (how == MEND_NOT)
		return E_NOT_FOUND;
	e = db_tx(x.way->points ? m->points_tx : m->tx, mend_tx, &x);
	if (e == E_OK && x.line != NULL)
		e = audit_carry(m, x.line);
	return e == E_GUARD ? E_NOT_FOUND : e;
}
