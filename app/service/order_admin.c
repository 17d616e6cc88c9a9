/* SPDX-License-Identifier: Apache-2.0 */
/* order_admin.c: orders as operators look for them. In workers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/order_admin.h"
#include "service/order_int.h"
#include "store/db.h"

/* ---- which way to what is looked for ---- */

enum way { WAY_ANY, WAY_BETWEEN, WAY_FOUND, WAY_MERCHANT, WAY__MAX };

static const struct {
	enum query	list[2];	/* newest, oldest first */
	enum query	count;
	enum query	export;
} ways[WAY__MAX] = {
	[WAY_ANY] = { { Q_ORDERS_NEWEST, Q_ORDERS_OLDEST }, Q_ORDERS_COUNT, Q_ORDERS_EXPORT },
	[WAY_BETWEEN] = { { Q_ORDERS_BETWEEN_NEWEST, Q_ORDERS_BETWEEN_OLDEST }, Q_ORDERS_COUNT, Q_ORDERS_EXPORT },
	[WAY_FOUND] = { { Q_ORDERS_FOUND_NEWEST, Q_ORDERS_FOUND_OLDEST }, Q_ORDERS_FOUND_COUNT, Q_ORDERS_FOUND_EXPORT },
	[WAY_MERCHANT] = { { Q_ORDERS_BY_ID_NEWEST, Q_ORDERS_BY_ID_OLDEST }, Q_ORDERS_OF_MERCHANT_COUNT,
	    Q_ORDERS_OF_MERCHANT_EXPORT },
};

#define ARGS_MAX 32
/* What ORDERS_HEADS_… and ORDERS_BY_ID_… take at once. */
#define HEADS_AT_ONCE 6
#define HEAD_ARGS 6
#define IDS_AT_ONCE 32
#define MERCHANT_PRODUCTS_MAX 100000

static const enum query heads[2] = { Q_ORDERS_HEADS_NEWEST, Q_ORDERS_HEADS_OLDEST };

struct search {
	enum way		way;
	struct order_filter	f;	/* as this operator may ask it */
	struct db_arg		args[ARGS_MAX];
	size_t			nargs;
};

/* Of what passes soon there are few in the whole mall, and they are found by their status; what stays is found among a
 * merchant's own. */
static bool
stays(int64_t status)
{
	return status == I64_NONE || status == ORDER_COMPLETED || status == ORDER_CANCELLED || status == ORDER_RETURNED;
}

static enum way
way_of(const struct order_filter *f)
{
	if (f->q != NULL || f->settling == 1)
		return WAY_FOUND;
	if (f->user_id != NULL || f->product_id != NULL)
		return WAY_ANY;
	if (f->from_us != 0 || f->until_us != 0)
		return WAY_BETWEEN;
	if (f->merchant_id == NULL || f->needs_review != I64_NONE || f->settling != I64_NONE)
		return WAY_ANY;
	return stays(f->status) ? WAY_MERCHANT : WAY_ANY;
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

/* What ORDER_FOUND and ORDER_OF_PRODUCTS ask for, then ORDER_FILTERED. */
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
	if (s->way == WAY_MERCHANT)
		add(s, A_STR(f->merchant_id));
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

/* ---- a merchant's lists ---- */

struct ids {
	const char	**ids;
	size_t		  n;
};

struct one_id {
	const char	*id;
};

static const struct db_col id_cols[] = { DB_STR(struct one_id, id), DB_END };

/* The ids of one page of each of the six products from first on, into all. */
static enum err
add_heads(struct mall *m, const struct search *s, const struct one_id *first, size_t n, const char *after, int64_t limit,
    struct ids *all)
{
	struct db_arg args[HEADS_AT_ONCE * HEAD_ARGS];
	struct one_id *found;
	size_t nargs = 0, nfound;
	enum err e;

	for (size_t i = 0; i < HEADS_AT_ONCE; i++) {
		args[nargs++] = A_STR(i < n ? first[i].id : NULL);
		args[nargs++] = A_STR(after);
		args[nargs++] = A_STR(s->f.merchant_id);
		args[nargs++] = A_I64(s->f.status);
		args[nargs++] = A_I64(s->f.status);
		args[nargs++] = A_I64(limit);
	}
	e = db_rows(m->db, heads[s->f.oldest], args, nargs, id_cols, m->arena, sizeof(*found),
	    HEADS_AT_ONCE * (size_t)limit, &found, &nfound);
	for (size_t i = 0; e == E_OK && i < nfound; i++)
		all->ids[all->n++] = found[i].id;
	return e;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The limit first of all, in the order asked for, to the front. */
static void
choose(struct ids *all, bool oldest, size_t limit)
{
	qsort(all->ids, all->n, sizeof(*all->ids), by_id);
	for (size_t i = 0; !oldest && i < all->n / 2; i++) {
		const char *id = all->ids[i];

		all->ids[i] = all->ids[all->n - 1 - i];
		all->ids[all->n - 1 - i] = id;
	}
	if (all->n > limit)
		all->n = limit;
}

/* Of each product what would be the page if there were no other; the page is among them. */
static enum err
find_page(struct mall *m, const struct search *s, const struct keyset *after, int64_t limit, struct ids *page)
{
	const char *place = after->set ? after->id : s->f.oldest ? "" : "~";
	struct one_id *products;
	size_t n;
	enum err e;

	e = db_rows(m->db, Q_ORDERS_PRODUCTS, ARGS(A_STR(s->f.merchant_id)), id_cols, m->arena, sizeof(*products),
	    MERCHANT_PRODUCTS_MAX, &products, &n);
	if (e != E_OK)
		return e;
	*page = (struct ids){ arena_array(m->arena, n * (size_t)limit, sizeof(*page->ids)), 0 };
	for (size_t i = 0; i < n; i += HEADS_AT_ONCE)
		if ((e = add_heads(m, s, products + i, n - i, place, limit, page)) != E_OK)
			return e;
	choose(page, s->f.oldest, (size_t)limit);
	return E_OK;
}

static enum err
read_page(struct mall *m, const struct search *s, const struct ids *page, struct order *items, size_t *n)
{
	struct db_arg args[IDS_AT_ONCE];
	struct order *some;
	size_t nsome;
	enum err e;

	for (size_t from = 0; from < page->n; from += IDS_AT_ONCE) {
		for (size_t i = 0; i < IDS_AT_ONCE; i++)
			args[i] = A_STR(from + i < page->n ? page->ids[from + i] : NULL);
		e = db_rows(m->db, ways[WAY_MERCHANT].list[s->f.oldest], args, IDS_AT_ONCE, order_cols, m->arena,
		    sizeof(*some), IDS_AT_ONCE, &some, &nsome);
		if (e != E_OK)
			return e;
		memcpy(items + *n, some, nsome * sizeof(*some));
		*n += nsome;
	}
	return E_OK;
}

static enum err
merchants_page(struct mall *m, const struct search *s, const struct keyset *after, int64_t limit, struct order **items,
    size_t *n)
{
	struct ids page;
	enum err e;

	if ((e = find_page(m, s, after, limit, &page)) != E_OK)
		return e;
	*items = arena_array(m->arena, page.n + 1, sizeof(**items));
	return read_page(m, s, &page, *items, n);
}

static enum err
page_of(struct mall *m, struct search *s, const struct keyset *after, int64_t limit, struct order **items, size_t *n)
{
	if (s->way == WAY_MERCHANT)
		return merchants_page(m, s, after, limit, items, n);
	add_place(s, after, limit);
	return db_rows(m->db, ways[s->way].list[s->f.oldest], s->args, s->nargs, order_cols, m->arena, sizeof(**items),
	    (size_t)limit, items, n);
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
	/* One more than asked for tells whether there is another page. */
	if ((e = page_of(m, &s, after, limit + 1, items, n)) != E_OK || *n <= (size_t)limit)
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
		.move = MOVE_SHIP, .operator = who, .version = I64_NONE, .carrier = s->carrier, .tracking_no = s->tracking_no,
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
