/* SPDX-License-Identifier: Apache-2.0 */
/* verify_across.c: two lists in the order of their ids, walked side by side. */
#include "service/verify_across.h"

#include <inttypes.h>
#include <string.h>

#include "store/db.h"

#define ROWS_MAX 100000		/* LIMIT of both statements */
#define STATUS_CANCELLED 4
#define STATUS_RETURNED 6

struct side_order {
	const char	*id;
	const char	*user_id;
	int64_t		 cost;
	int64_t		 status;
	int64_t		 version;
	bool		 settling;
	bool		 failed;	/* its points could not be had, or were given back for it */
};

/* All records of one user for one order. */
struct side_records {
	const char	*order_id;
	const char	*user_id;
	const char	*id;		/* of one of them */
	int64_t		 ntaken;
	int64_t		 taken;
	int64_t		 ngiven;
	int64_t		 given;
};

static const struct db_col order_cols[] = {
	DB_STR(struct side_order, id), DB_STR(struct side_order, user_id), DB_I64(struct side_order, cost),
	DB_I64(struct side_order, status), DB_I64(struct side_order, version), DB_BOOL(struct side_order, settling),
	DB_BOOL(struct side_order, failed), DB_END,
};

static const struct db_col records_cols[] = {
	DB_STR(struct side_records, order_id), DB_STR(struct side_records, user_id), DB_STR(struct side_records, id),
	DB_I64(struct side_records, ntaken), DB_I64(struct side_records, taken), DB_I64(struct side_records, ngiven),
	DB_I64(struct side_records, given), DB_END,
};

struct walk {
	struct mall		*m;
	struct side_order	*orders;
	size_t			 norders;
	struct side_records	*records;
	size_t			 nrecords;
	struct across_breach	*out;
	size_t			 n;
};

static enum err
read_orders(struct mall *m, const char *from, const char *to, struct side_order **out, size_t *n)
{
	return db_rows(m->db, Q_VERIFY_ACROSS_ORDERS, ARGS(A_STR(from), A_STR(to)), order_cols, m->arena, sizeof(**out),
	    ROWS_MAX, out, n);
}

/* The order as it is now. */
static enum err
read_again(struct mall *m, const char *id, struct side_order *out)
{
	struct side_order *rows;
	size_t n;
	enum err e;

	e = read_orders(m, id, arena_printf(m->arena, "%s!", id), &rows, &n);
	if (e == E_OK && n == 0)
		return E_NOT_FOUND;
	if (e == E_OK)
		*out = rows[0];
	return e;
}

static void
breach(struct walk *w, enum across kind, const char *id, const char *what)
{
	w->out[w->n++] = (struct across_breach){ kind, id, what };
}

/* A saga that failed took nothing, or gave it back. */
static void
judge(struct walk *w, const struct side_order *o, const struct side_records *r)
{
	bool back = o->status == STATUS_CANCELLED || o->status == STATUS_RETURNED;
	bool taken = r->ntaken == 1 && r->taken == o->cost;
	int64_t due = back ? (o->failed ? r->ntaken : 1) : 0;
	bool given = r->ngiven == due && r->given == due * o->cost;
	struct arena *a = w->m->arena;

	if (!taken && !(o->failed && r->ntaken == 0))
		breach(w, ACROSS_TAKEN, o->id, arena_printf(a, "costs %" PRId64 ", %" PRId64 " records took %" PRId64, o->cost,
		    r->ntaken, r->taken));
	if (!given)
		breach(w, ACROSS_GIVEN, o->id, arena_printf(a, "status %" PRId64 ", costs %" PRId64 ", %" PRId64
		    " records gave back %" PRId64, o->status, o->cost, r->ngiven, r->given));
}

static enum err
compare_order(struct walk *w, const struct side_order *o, const struct side_records *r)
{
	size_t before = w->n;
	struct side_order now;
	enum err e;

	if (o->settling)
		return E_OK;
	judge(w, o, r);
	if (w->n == before)
		return E_OK;
	e = read_again(w->m, o->id, &now);
	if (e == E_OK && (now.settling || now.version != o->version))
		w->n = before;
	return e == E_NOT_FOUND ? E_OK : e;
}

/* Records of an order that was not there, or is another's. */
static enum err
compare_strange(struct walk *w, const struct side_records *r)
{
	struct side_order now;
	enum err e;

	e = read_again(w->m, r->order_id, &now);
	if (e == E_OK && strcmp(now.user_id, r->user_id) == 0)
		return E_OK;
	if (e != E_OK && e != E_NOT_FOUND)
		return e;
	breach(w, ACROSS_RECORD, r->id, arena_printf(w->m->arena, "a record of order %s, which user %s does not have",
	    r->order_id, r->user_id));
	return E_OK;
}

/* The records for the order's id, from the j-th on; its own user's are compared with it. */
static enum err
take_order(struct walk *w, const struct side_order *o, size_t *j)
{
	static const struct side_records none;
	const struct side_records *own = &none;
	enum err e;

	for (; *j < w->nrecords && strcmp(w->records[*j].order_id, o->id) == 0; ++*j) {
		const struct side_records *r = &w->records[*j];

		if (strcmp(r->user_id, o->user_id) == 0)
			own = r;
		else if ((e = compare_strange(w, r)) != E_OK)
			return e;
	}
	return compare_order(w, o, own);
}

static enum err
walk(struct walk *w)
{
	size_t j = 0;
	enum err e;

	for (size_t i = 0; i < w->norders; i++) {
		for (; j < w->nrecords && strcmp(w->records[j].order_id, w->orders[i].id) < 0; j++)
			if ((e = compare_strange(w, &w->records[j])) != E_OK)
				return e;
		if ((e = take_order(w, &w->orders[i], &j)) != E_OK)
			return e;
	}
	for (; j < w->nrecords; j++)
		if ((e = compare_strange(w, &w->records[j])) != E_OK)
			return e;
	return E_OK;
}

enum err
verify_across(struct mall *m, const char *from, const char *to, struct across_breach **out, size_t *n)
{
	struct walk w = { .m = m };
	enum err e;

	if ((e = read_orders(m, from, to, &w.orders, &w.norders)) != E_OK)
		return e;
	e = db_rows(m->points, Q_VERIFY_ACROSS_RECORDS, ARGS(A_STR(from), A_STR(to)), records_cols, m->arena,
	    sizeof(*w.records), ROWS_MAX, &w.records, &w.nrecords);
	if (e != E_OK)
		return e;
	w.out = arena_array(m->arena, 2 * w.norders + w.nrecords, sizeof(*w.out));
	e = walk(&w);
	*out = w.out;
	*n = w.n;
	return e;
}
