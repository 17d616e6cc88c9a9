/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: the log of what operators changed. */
#include <stdio.h>

#include "base/ids.h"
#include "service/audit.h"
#include "store/db.h"

void
audit_add(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry)
{
	char id[ID_LEN + 1];

	id_new(m->now_us, id);
	db_batch_add(b, Q_AUDIT_ADD, ARGS(A_STR(id), A_STR(arena_printf(m->arena, "%s:%s", who->role, who->id)),
	    A_STR(who->role), A_STR(who->merchant), A_STR(entry->action), A_STR(entry->subject), A_STR(entry->subject_id),
	    A_STR(entry->before), A_STR(entry->after), A_STR(who->request_id), A_TIME(m->now_us)), 1, 1);
}

static const struct db_col record_cols[] = {
	DB_STR(struct audit_record, id), DB_STR(struct audit_record, actor), DB_STR(struct audit_record, role),
	DB_STR(struct audit_record, merchant_id), DB_STR(struct audit_record, action), DB_STR(struct audit_record, subject),
	DB_STR(struct audit_record, subject_id), DB_STR(struct audit_record, before), DB_STR(struct audit_record, after),
	DB_STR(struct audit_record, request_id), DB_TIME(struct audit_record, created_at_us), DB_END,
};

/* The arguments of AUDIT_FILTERED, as one list. */
#define FILTERED(f) \
	A_STR((f)->actor), A_STR((f)->actor), A_STR((f)->subject), A_STR((f)->subject), A_STR((f)->subject_id), \
	A_STR((f)->subject_id), A_STR((f)->action), A_STR((f)->action), A_TIME((f)->from_us), A_TIME((f)->from_us), \
	A_TIME((f)->until_us), A_TIME((f)->until_us)

struct count {
	int64_t	n;
};

static const struct db_col count_cols[] = { DB_I64(struct count, n), DB_END };

enum err
audit_list(struct mall *m, const struct audit_filter *f, const struct keyset *after, int64_t limit,
    struct audit_record **items, size_t *n, struct keyset *next, int64_t *total)
{
	struct db_arg place = A_STR(after->set ? after->id : NULL);
	struct count count;
	enum err e;

	e = db_rows(m->db, Q_AUDIT_LIST, ARGS(FILTERED(f), place, place, A_I64(limit + 1)), record_cols, m->arena,
	    sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	if ((e = db_row(m->db, Q_AUDIT_COUNT, ARGS(FILTERED(f)), count_cols, m->arena, &count)) != E_OK)
		return e;
	*total = count.n;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	return E_OK;
}
