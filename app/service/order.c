/* SPDX-License-Identifier: Apache-2.0 */
/* order.c: orders as they are read; where they go; and what of them is due. In workers, and in jobs. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/order_int.h"
#include "store/db.h"

#define DUE_PAGE 100
#define EVENTS_MAX 200
#define PUT_OFF_US (300 * US_PER_S)

/* ---- reads ---- */

const struct db_col order_cols[] = {
	DB_STR(struct order, id), DB_STR(struct order, order_no), DB_STR(struct order, user_id),
	DB_STR(struct order, merchant_id), DB_I64(struct order, quantity), DB_I64(struct order, points_cost),
	DB_I64(struct order, status), DB_I64(struct order, delivery_status), DB_I64(struct order, version),
	DB_BOOL(struct order, settling), DB_BOOL(struct order, needs_review), DB_STR(struct order, failure_code),
	DB_STR(struct order, delivery.receiver_name), DB_STR(struct order, delivery.receiver_phone),
	DB_STR(struct order, delivery.address), DB_STR(struct order, delivery.carrier),
	DB_STR(struct order, delivery.tracking_no),
	DB_TIME(struct order, exchanged_at_us), DB_TIME(struct order, estimated_delivery_us),
	DB_TIME(struct order, delivered_at_us), DB_TIME(struct order, expires_at_us), DB_TIME(struct order, created_at_us),
	DB_STR(struct order, product.id), DB_STR(struct order, product.name), DB_I64(struct order, product.points_price),
	DB_STR(struct order, product.description), DB_STR(struct order, product.category),
	DB_STR(struct order, product.merchant), DB_STR(struct order, product.original_price),
	DB_STR(struct order, product.images), DB_STR(struct order, product.specifications),
	DB_I64(struct order, product.stock_quantity), DB_I64(struct order, product.sales_count),
	DB_BOOL(struct order, product.is_hot), DB_BOOL(struct order, product.is_new), DB_I64(struct order, product.status),
	DB_I64(struct order, product.purchase_limit), DB_TIME(struct order, product.available_from_us),
	DB_TIME(struct order, product.available_until_us), DB_END,
};

enum err
order_read(struct mall *m, struct db *db, const struct order_key *key, struct order *out)
{
	struct db_arg user = A_STR(key->user_id), merchant = A_STR(key->merchant_id);

	return db_row(db, Q_ORDER_GET, ARGS(A_STR(key->id), user, user, merchant, merchant), order_cols, m->arena, out);
}

enum err
order_get(struct mall *m, const struct order_key *key, struct order *out)
{
	return order_read(m, m->db, key, out);
}

enum err
order_list(struct mall *m, const char *user_id, int64_t status, const struct keyset *after, int64_t limit,
    struct order **items, size_t *n, struct keyset *next)
{
	struct db_arg before = A_STR(after->set ? after->id : NULL);
	enum err e;

	e = db_rows(m->db, Q_ORDER_LIST, ARGS(A_STR(user_id), A_I64(status), A_I64(status), before, before,
	    A_I64(limit + 1)), order_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK)
		return e;
	*next = (struct keyset){ .set = *n > (size_t)limit };
	if (next->set) {
		*n = (size_t)limit;
		snprintf(next->id, sizeof(next->id), "%s", (*items)[*n - 1].id);
	}
	return E_OK;
}

const char *
order_phone_masked(struct arena *a, const char *phone)
{
	size_t n = phone == NULL ? 0 : strlen(phone), head = n >= 11 ? 3 : 0, tail = n >= 8 ? 4 : 0;

	if (n == 0)
		return phone;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)phone[i] >= 0x80)
			return "****";	/* would be cut within a character */
	return arena_printf(a, "%.*s****%s", (int)head, phone, phone + n - tail);
}

/* ---- where it goes ---- */

enum err
order_set_delivery(struct mall *m, const char *user_id, const char *order_id, const char *delivery_json, struct order *out)
{
	const struct order_key key = { .id = order_id, .user_id = user_id };
	uint64_t n;
	enum err e;

	e = db_exec(m->db, Q_ORDER_DELIVERY_INFO, ARGS(A_STR(delivery_json), A_STR(order_id), A_STR(user_id)), &n);
	if (e != E_OK || (e = order_get(m, &key, out)) != E_OK)
		return e;
	return n == 1 ? E_OK : E_STATE;
}

static const struct db_col way_cols[] = {
	DB_TIME(struct parcel_event, time_us), DB_I64(struct parcel_event, status),
	DB_STR(struct parcel_event, description), DB_END,
};

enum err
order_track(struct mall *m, const char *user_id, const char *order_id, struct order_way *out)
{
	const struct order_key key = { .id = order_id, .user_id = user_id };
	struct order o;
	enum err e;

	if ((e = order_get(m, &key, &o)) != E_OK)
		return e;
	*out = (struct order_way){ o.delivery_status, o.delivery.carrier, o.delivery.tracking_no, NULL, 0 };
	return db_rows(m->db, Q_ORDER_WAY, ARGS(A_STR(order_id)), way_cols, m->arena, sizeof(*out->events), EVENTS_MAX,
	    &out->events, &out->nevents);
}

/* ---- what is due ---- */

struct due {
	const char	*order_id;
	int64_t		 status;
	int64_t		 version;
};

static const struct db_col due_cols[] = {
	DB_STR(struct due, order_id), DB_I64(struct due, status), DB_I64(struct due, version), DB_END,
};

/* The version that its timer was seen with: whatever else happened to the order meanwhile, this then does not. */
static enum err
move_due(struct mall *m, const struct due *d)
{
	const struct move_request rq = {
		.move = d->status == ORDER_PENDING ? MOVE_RELEASE : MOVE_COMPLETE, .order_id = d->order_id,
		.seen = { .versions = &d->version, .n = 1 }, .reason = d->status == ORDER_PENDING ? "hold expired" : NULL,
	};
	struct move_done done;

	return order_move(m, &rq, NULL, &done);
}

/* What cannot be done is no reason to leave the others undone: it is tried again later. */
static enum err
put_off(struct mall *m, const struct due *d, enum err why)
{
	struct db_arg later = A_TIME(m->now_us + PUT_OFF_US);

	log_warn("order %s: what is due in status %d cannot be done: %s %s", d->order_id, (int)d->status, err_name(why),
	    m->fault->cause);
	return db_exec(m->db, Q_ORDER_TIMER_LATER, ARGS(later, A_STR(d->order_id), A_TIME(m->now_us)), NULL);
}

enum err
order_due(struct mall *m, bool *more)
{
	struct due *due;
	size_t n;
	enum err e;

	e = db_rows(m->db, Q_ORDER_DUE, ARGS(A_TIME(m->now_us), A_I64(DUE_PAGE)), due_cols, m->arena, sizeof(*due),
	    DUE_PAGE, &due, &n);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		e = move_due(m, &due[i]);
		if (e == E_PRECONDITION)
			e = E_OK;	/* somebody moved it, and its timer with it */
		else if (e != E_OK && e != E_DOWN && e != E_UNCERTAIN)
			e = put_off(m, &due[i], e);
	}
	*more = e == E_OK && n == DUE_PAGE;
	return e;
}
