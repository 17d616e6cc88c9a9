/* SPDX-License-Identifier: Apache-2.0 */
/* order_admin.c: orders as operators look for them. In workers. */
#include <stdio.h>
#include <string.h>

#include "service/order_admin.h"
#include "service/order_int.h"
#include "store/db.h"

/* ---- which way to what is looked for ---- */

enum way { WAY_ANY, WAY_BETWEEN, WAY_FOUND, WAY__MAX };

static const struct {
	enum query	list[2];	/* newest, oldest first */
	enum query	count;
	enum query	export;
} ways[WAY__MAX] = {
	[WAY_ANY] = { { Q_ORDERS_NEWEST, Q_ORDERS_OLDEST }, Q_ORDERS_COUNT, Q_ORDERS_EXPORT },
	[WAY_BETWEEN] = { { Q_ORDERS_BETWEEN_NEWEST, Q_ORDERS_BETWEEN_OLDEST }, Q_ORDERS_COUNT, Q_ORDERS_EXPORT },
	[WAY_FOUND] = { { Q_ORDERS_FOUND_NEWEST, Q_ORDERS_FOUND_OLDEST }, Q_ORDERS_FOUND_COUNT, Q_ORDERS_FOUND_EXPORT },
};

#define ARGS_MAX 32

struct search {
	enum way		way;
	struct order_filter	f;	/* as this operator may ask it */
	struct db_arg		args[ARGS_MAX];
	size_t			nargs;
};

static enum way
way_of(const struct order_filter *f)
{
	if (f->q != NULL || f->settling == 1)
		return WAY_FOUND;
	if (f->user_id != NULL || f->product_id != NULL)
		return WAY_ANY;
	return f->from_us != 0 || f->until_us != 0 ? WAY_BETWEEN : WAY_ANY;
}

static void
add(struct search *s, struct db_arg arg)
{
	s->args[s->nargs++] = arg;
}

static void
add_twice(struct search *s, struct db_arg arg)
{
	add(s, arg);
	add(s, arg);
}

/* What ORDER_FOUND asks for, then ORDER_FILTERED. */
static void
begin(struct mall *m, struct search *s)
{
	const struct order_filter *f = &s->f;

	s->way = way_of(f);
	if (s->way == WAY_FOUND) {
		struct db_arg prefix = A_PREFIX(m->arena, f->q);

		add_twice(s, prefix);
		add_twice(s, prefix);
		add(s, prefix);
	}
	add_twice(s, A_I64(f->status));
	add_twice(s, A_STR(f->merchant_id));
	add_twice(s, A_STR(f->user_id));
	add_twice(s, A_STR(f->product_id));
	add_twice(s, A_TIME(f->from_us));
	add_twice(s, A_TIME(f->until_us));
	add_twice(s, A_I64(f->needs_review));
	add_twice(s, A_I64(f->settling));
}

/* false: a merchant's operator asks for another's; there is nothing. */
static bool
search_init(struct mall *m, const struct actor *who, const struct order_filter *f, struct search *s)
{
	*s = (struct search){ .f = *f };
	if (who->merchant != NULL && f->merchant_id != NULL && strcmp(f->merchant_id, who->merchant) != 0)
		return false;
	if (who->merchant != NULL)
		s->f.merchant_id = who->merchant;
	/* Only those wait; said so, they are found by their status. */
	if (f->needs_review == 1 && f->status == I64_NONE)
		s->f.status = ORDER_PENDING;
	begin(m, s);
	return true;
}

/* ---- lists ---- */

struct counted {
	int64_t	n;
};

static enum err
count(struct mall *m, const struct search *s, int64_t *total)
{
	static const struct db_col cols[] = { DB_I64(struct counted, n), DB_END };
	struct counted c;
	enum err e;

	e = db_row(m->db, ways[s->way].count, s->args, s->nargs, cols, m->arena, &c);
	*total = e == E_OK ? c.n : 0;
	return e;
}

/* Where the page begins, and how long it is. */
static void
add_place(struct search *s, const struct keyset *after, int64_t limit)
{
	struct db_arg id = A_STR(after->set ? after->id : NULL), at = A_TIME(after->set ? after->n : 0);

	if (s->way == WAY_BETWEEN) {
		add_twice(s, at);
		add(s, at);
		add(s, id);
	} else {
		add_twice(s, id);
	}
	add(s, A_I64(limit));
}

static void
place_of(const struct order *o, struct keyset *out)
{
	out->set = true;
	out->n = o->created_at_us;
	snprintf(out->id, sizeof(out->id), "%s", o->id);
}

enum err
order_search(struct mall *m, const struct actor *who, const struct order_filter *f, const struct keyset *after,
    int64_t limit, struct order **items, size_t *n, struct keyset *next, int64_t *total)
{
	struct search s;
	enum err e;

	*items = NULL;
	*n = 0;
	*total = 0;
	*next = (struct keyset){ .set = false };
	if (!search_init(m, who, f, &s))
		return E_OK;
	if ((e = count(m, &s, total)) != E_OK)
		return e;
	add_place(&s, after, limit + 1);	/* one more than asked for tells whether there is another page */
	e = db_rows(m->db, ways[s.way].list[f->oldest], s.args, s.nargs, order_cols, m->arena, sizeof(**items),
	    (size_t)limit + 1, items, n);
	if (e != E_OK || *n <= (size_t)limit)
		return e;
	*n = (size_t)limit;
	place_of(&(*items)[*n - 1], next);
	return E_OK;
}

/* ---- files ---- */

static const struct db_col line_cols[] = {
	DB_STR(struct order_line, id), DB_STR(struct order_line, order_no), DB_I64(struct order_line, status),
	DB_I64(struct order_line, delivery_status), DB_STR(struct order_line, merchant_id),
	DB_STR(struct order_line, product_id), DB_STR(struct order_line, product_name), DB_I64(struct order_line, quantity),
	DB_I64(struct order_line, points_cost), DB_STR(struct order_line, user_id),
	DB_STR(struct order_line, receiver_name), DB_STR(struct order_line, receiver_phone),
	DB_STR(struct order_line, address), DB_STR(struct order_line, carrier), DB_STR(struct order_line, tracking_no),
	DB_TIME(struct order_line, created_at_us), DB_TIME(struct order_line, exchanged_at_us),
	DB_TIME(struct order_line, shipped_at_us), DB_TIME(struct order_line, delivered_at_us),
	DB_TIME(struct order_line, cancelled_at_us), DB_STR(struct order_line, cancel_reason),
	DB_STR(struct order_line, return_reason), DB_END,
};

struct masking {
	struct mall	*m;
	row_fn		*row;
	void		*arg;
};

static enum err
mask_row(void *arg, const void *row)
{
	struct masking *k = arg;
	struct order_line line = *(const struct order_line *)row;

	line.receiver_phone = order_phone_masked(k->m->arena, line.receiver_phone);
	return k->row(k->arg, &line);
}

struct noted {
	struct mall			*m;
	const struct actor		*who;
	const struct audit_entry	*entry;
};

static enum err
note_tx(struct db *db, void *arg)
{
	struct noted *n = arg;
	struct db_batch *b = db_batch_new(db, n->m->arena);
	int failed;

	audit_add(b, n->m, n->who, n->entry);
	return db_batch_run(b, &failed);
}

/* What nobody changed, and still shall be known. */
static enum err
note(struct mall *m, const struct actor *who, const char *action, const char *subject_id)
{
	const struct audit_entry entry = { .action = action, .subject = "order", .subject_id = subject_id };
	struct noted n = { m, who, &entry };

	return db_tx(m->tx, note_tx, &n);
}

enum err
order_view_full(struct mall *m, const struct actor *who, const char *order_id, struct order *out)
{
	const struct order_key key = { .id = order_id, .merchant_id = who->merchant };
	enum err e;

	if ((e = order_get(m, &key, out)) != E_OK)
		return e;
	return note(m, who, "order.view", order_id);
}

enum err
order_export(struct mall *m, const struct actor *who, const struct order_filter *f, bool full, row_fn *row, void *arg)
{
	struct masking k = { m, row, arg };
	struct search s;
	enum err e;

	if (!search_init(m, who, f, &s))
		return E_OK;
	if (full && (e = note(m, who, "order.export", s.f.merchant_id != NULL ? s.f.merchant_id : "")) != E_OK)
		return e;
	return db_each(m->db, ways[s.way].export, s.args, s.nargs, line_cols, m->arena, sizeof(struct order_line),
	    full ? row : mask_row, full ? arg : &k);
}

/* ---- shipping by a file's lines ---- */

struct numbered {
	const char	*id;
	int64_t		 status;
	const char	*tracking_no;
};

static const struct db_col numbered_cols[] = {
	DB_STR(struct numbered, id), DB_I64(struct numbered, status), DB_STR(struct numbered, tracking_no), DB_END,
};

static enum err
find_numbered(struct mall *m, const struct actor *who, const char *order_no, struct numbered *out)
{
	struct db_arg merchant = A_STR(who->merchant);

	return db_row(m->db, Q_ORDER_BY_NO, ARGS(A_STR(order_no), merchant, merchant), numbered_cols, m->arena, out);
}

static bool
shipped_so(const struct numbered *o, const struct order_shipment *s)
{
	return o->status >= ORDER_SHIPPED && o->tracking_no != NULL && strcmp(o->tracking_no, s->tracking_no) == 0;
}

enum err
order_ship(struct mall *m, const struct actor *who, const struct order_shipment *s)
{
	struct move_request rq = {
		.move = MOVE_SHIP, .operator = who, .seen = SEEN_ANY, .carrier = s->carrier, .tracking_no = s->tracking_no,
	};
	struct move_done done;
	struct numbered o;
	enum err e;

	if ((e = find_numbered(m, who, s->order_no, &o)) != E_OK || shipped_so(&o, s))
		return e;
	rq.order_id = o.id;
	if ((e = order_move(m, &rq, NULL, &done)) != E_STATE)
		return e;
	/* Another may have shipped it just now, with the same file. */
	if ((e = find_numbered(m, who, s->order_no, &o)) != E_OK)
		return e;
	return shipped_so(&o, s) ? E_OK : E_STATE;
}
