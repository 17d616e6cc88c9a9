/* SPDX-License-Identifier: Apache-2.0 */
/* points.c: reads of a user's points. */
#include <stdio.h>

#include "service/points.h"
#include "store/db.h"

static const struct db_col balance_cols[] = {
	DB_I64(struct points_balance, balance), DB_I64(struct points_balance, held), DB_I64(struct points_balance, debt),
	DB_I64(struct points_balance, earned), DB_I64(struct points_balance, spent), DB_END,
};

enum err
points_balance(struct mall *m, const char *user_id, struct points_balance *out)
{
	return db_row(m->db, Q_POINTS_BALANCE, ARGS(A_STR(user_id)), balance_cols, m->arena, out);
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

	e = db_rows(m->db, Q_POINTS_LIST, ARGS(A_STR(user_id), A_STR(type), A_STR(type), before, before, A_I64(limit + 1)),
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
