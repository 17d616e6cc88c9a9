/* SPDX-License-Identifier: Apache-2.0 */
/* order_admin.c: orders as operators look for them. In workers. */
#include <string.h>

#include "service/order_admin.h"
#include "store/db.h"

/* ---- which way to what is looked for ---- */

enum way { WAY_ANY, WAY_BETWEEN, WAY_FOUND, WAY_MERCHANT, WAY__MAX };

static const struct {
	enum query	export;
} ways[WAY__MAX] = {
	[WAY_ANY] = { Q_ORDERS_EXPORT },
	[WAY_BETWEEN] = { Q_ORDERS_EXPORT },
	[WAY_FOUND] = { Q_ORDERS_FOUND_EXPORT },
	[WAY_MERCHANT] = { Q_ORDERS_OF_MERCHANT_EXPORT },
};

#define ARGS_MAX 32

struct search {
	enum way		way;
	struct order_filter	f;	/* as this operator may ask it */
	struct db_arg		args[ARGS_MAX];
	size_t			nargs;
};

/* Of what passes soon there are few in the whole mall; what stays is found faster among a merchant's own. */
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
	return f->merchant_id != NULL && stays(f->status) ? WAY_MERCHANT : WAY_ANY;
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
		add_twice(s, A_PREFIX(m->arena, f->q));
		add(s, A_I64(f->q == NULL));
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
