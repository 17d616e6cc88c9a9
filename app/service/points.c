/* SPDX-License-Identifier: Apache-2.0 */
/* points.c: reads of a user's points. */
#include <stdio.h>

#include "service/points.h"
#include "store/db.h"

#define DATES_MAX 1000	/* LIMIT of POINTS_BALANCE */

/* The balance, and a date of the forecast. */
struct balance_row {
	struct points_balance	 b;
	struct points_expiring	 expiring;	/* points I64_NONE: none expire */
};

static const struct db_col balance_cols[] = {
	DB_I64(struct balance_row, b.balance), DB_I64(struct balance_row, b.debt), DB_I64(struct balance_row, b.earned),
	DB_I64(struct balance_row, b.spent), DB_I64(struct balance_row, expiring.points),
	DB_TIME(struct balance_row, expiring.expires_at_us), DB_END,
};

struct there {
	bool	yes;
};

enum err
points_account(struct mall *m, const char *user_id)
{
	static const struct db_col cols[] = { DB_BOOL(struct there, yes), DB_END };
	struct there user;
	enum err e;

	if (!mall_points_apart(m))
		return E_NOT_FOUND;
	if ((e = db_row(m->db, Q_USER_EXISTS, ARGS(A_STR(user_id)), cols, m->arena, &user)) != E_OK)
		return e;
	return db_exec(m->points, Q_POINTS_OPEN, ARGS(A_STR(user_id)), NULL);
}

static const struct db_col held_cols[] = { DB_I64(struct points_balance, held), DB_END };

enum err
points_balance(struct mall *m, const char *user_id, struct points_balance *out)
{
	struct balance_row *rows;
	size_t n;
	enum err e;

	e = db_rows(m->points, Q_POINTS_BALANCE, ARGS(A_STR(user_id), A_STR(user_id)), balance_cols, m->arena, sizeof(*rows),
	    DATES_MAX, &rows, &n);
	if (e != E_OK)
		return e;
	if (n == 0 && (e = points_account(m, user_id)) != E_OK)
		return e;
	*out = n > 0 ? rows[0].b : (struct points_balance){ .balance = 0 };
	out->expiring = arena_array(m->arena, n, sizeof(*out->expiring));
	for (size_t i = 0; i < n; i++)
		if (rows[i].expiring.points != I64_NONE)
			out->expiring[out->nexpiring++] = rows[i].expiring;
	return db_row(m->db, Q_POINTS_HELD, ARGS(A_STR(user_id)), held_cols, m->arena, out);
}

static const struct db_col record_cols[] = {
	DB_STR(struct points_record, id), DB_I64(struct points_record, seq), DB_STR(struct points_record, type),
	DB_I64(struct points_record, points), DB_I64(struct points_record, balance_after),
	DB_STR(struct points_record, description), DB_STR(struct points_record, related_id),
	DB_TIME(struct points_record, created_at_us), DB_END,
};

enum err
points_records(struct mall *m, const char *user_id, const char *type, const struct keyset *after, int64_t limit,
    struct points_record **items, size_t *n, struct keyset *next)
{
	struct db_arg before = A_I64(after->set ? after->n : I64_NONE);
	enum err e;

	e = db_rows(m->points, Q_POINTS_LIST, ARGS(A_STR(user_id), A_STR(type), A_STR(type), before, before, A_I64(limit + 1)),
	    record_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		next->n = (*items)[*n - 1].seq;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	return E_OK;
}
