/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: the log of what operators changed. */
#include <stdio.h>

#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "service/audit.h"
#include "store/db.h"

#define STATE_MAX 65536
#define STATE_LEVELS 16

static struct audit_record
record_of(struct mall *m, const struct actor *who, const struct audit_entry *entry)
{
	char id[ID_LEN + 1];

	id_new(m->now_us, id);
	return (struct audit_record){
		arena_strdup(m->arena, id), arena_printf(m->arena, "%s:%s", who->role, who->id), who->role, who->merchant,
		entry->action, entry->subject, entry->subject_id, entry->before, entry->after, who->request_id, m->now_us,
	};
}

static void
add_record(struct db_batch *b, const struct audit_record *r)
{
	db_batch_add(b, Q_AUDIT_ADD, ARGS(A_STR(r->id), A_STR(r->actor), A_STR(r->role), A_STR(r->merchant_id),
	    A_STR(r->action), A_STR(r->subject), A_STR(r->subject_id), A_STR(r->before), A_STR(r->after),
	    A_STR(r->request_id), A_TIME(r->created_at_us)), 1, 1);
}

void
audit_add(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry)
{
	struct audit_record r = record_of(m, who, entry);

	add_record(b, &r);
}

/* ---- a line of a change that is in another database than the log ---- */

static const struct json_view line_view[] = {
	VIEW_STR(struct audit_record, id, "id", 0), VIEW_STR(struct audit_record, actor, "actor", 0),
	VIEW_STR(struct audit_record, role, "role", 0), VIEW_STR(struct audit_record, merchant_id, "merchantId", 0),
	VIEW_STR(struct audit_record, action, "action", 0), VIEW_STR(struct audit_record, subject, "subject", 0),
	VIEW_STR(struct audit_record, subject_id, "subjectId", 0), VIEW_RAW(struct audit_record, before, "before", 0),
	VIEW_RAW(struct audit_record, after, "after", 0), VIEW_STR(struct audit_record, request_id, "requestId", 0),
	VIEW_I64(struct audit_record, created_at_us, "createdAtUs", 0), VIEW_END,
};

static const struct json_field line_in[] = {
	JSON_ID(struct audit_record, id, "id", JSON_REQUIRED),
	JSON_STR(struct audit_record, actor, "actor", JSON_REQUIRED, 1, 80),
	JSON_STR(struct audit_record, role, "role", JSON_REQUIRED, 1, 16),
	JSON_STR(struct audit_record, merchant_id, "merchantId", JSON_REQUIRED | JSON_NULLABLE, 1, 36),
	JSON_STR(struct audit_record, action, "action", JSON_REQUIRED, 1, 64),
	JSON_STR(struct audit_record, subject, "subject", JSON_REQUIRED, 1, 32),
	JSON_STR(struct audit_record, subject_id, "subjectId", JSON_REQUIRED, 0, 36),
	JSON_RAW(struct audit_record, before, "before", JSON_REQUIRED | JSON_NULLABLE, STATE_MAX, STATE_LEVELS),
	JSON_RAW(struct audit_record, after, "after", JSON_REQUIRED | JSON_NULLABLE, STATE_MAX, STATE_LEVELS),
	JSON_STR(struct audit_record, request_id, "requestId", JSON_REQUIRED | JSON_NULLABLE, 1, 64),
	JSON_I64(struct audit_record, created_at_us, "createdAtUs", JSON_REQUIRED, 0, INT64_MAX),
	JSON_END,
};

const char *
audit_send(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry)
{
	struct audit_record r = record_of(m, who, entry);
	const char *line = json_text(m->arena, line_view, &r);
	struct db_arg id = A_STR(r.id), now = A_TIME(m->now_us);

	db_batch_add(b, Q_EVENT_ONE, ARGS(id, A_STR(AUDIT_EVENT), A_STR("points"), A_STR("[\"audit\"]"), id, A_STR(line), now,
	    now), 1, 1);
	return line;
}

struct carried {
	struct mall		*m;
	struct audit_record	 record;
};

static enum err
carry_tx(struct db *db, void *arg)
{
	const struct carried *c = arg;
	struct db_batch *b = db_batch_new(db, c->m->arena);
	int failed;

	add_record(b, &c->record);
	return db_batch_run(b, &failed);
}

enum err
audit_carry(struct mall *m, const char *line)
{
	struct carried c = { .m = m };
	enum err e;

	if ((e = json_decode(line, strlen(line), line_in, m->arena, m->fault, &c.record)) != E_OK)
		return e;
	e = db_tx(m->tx, carry_tx, &c);
	return e == E_DUPLICATE ? E_OK : e;
}

/* ---- as an admin reads it ---- */

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
