/* SPDX-License-Identifier: Apache-2.0 */
/* product_admin.c: products by operators: checks that need the shop, guards by version, and the audit log. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "service/inventory.h"
#include "service/product_int.h"
#include "store/db.h"

#define RUNS_MAX 5
#define EARLIEST_US (INT64_C(946684800) * US_PER_S)	/* 2000-01-01 */
#define LATEST_US (INT64_C(253402300799) * US_PER_S)	/* 9999-12-31 */

static const struct db_col row_cols[] = {
	DB_STR(struct product_row, p.id), DB_STR(struct product_row, p.name), DB_STR(struct product_row, p.description),
	DB_STR(struct product_row, p.category.id), DB_STR(struct product_row, p.category.name),
	DB_STR(struct product_row, p.merchant.id), DB_STR(struct product_row, p.merchant.name),
	DB_I64(struct product_row, p.points_price), DB_STR(struct product_row, p.original_price),
	DB_STR(struct product_row, p.images), DB_STR(struct product_row, p.specifications),
	DB_I64(struct product_row, p.stock_quantity), DB_I64(struct product_row, p.sales_count),
	DB_BOOL(struct product_row, p.is_hot), DB_BOOL(struct product_row, p.is_new), DB_I64(struct product_row, p.status),
	DB_I64(struct product_row, p.purchase_limit), DB_TIME(struct product_row, p.available_from_us),
	DB_TIME(struct product_row, p.available_until_us), DB_I64(struct product_row, p.sort_order),
	DB_I64(struct product_row, reserved), DB_I64(struct product_row, p.alert_threshold),
	DB_I64(struct product_row, version), DB_TIME(struct product_row, created_at_us),
	DB_TIME(struct product_row, updated_at_us), DB_TIME(struct product_row, deleted_at_us), DB_END,
};

/* What a product has none of is empty, not absent. After each copy of a row once more: merchant points into it. */
static void
fill_absent(struct product_row *row)
{
	row->merchant = row->p.merchant.id != NULL ? &row->p.merchant : NULL;
	if (row->p.description == NULL)
		row->p.description = "";
	if (row->p.images == NULL)
		row->p.images = "[]";
	if (row->p.specifications == NULL)
		row->p.specifications = "{}";
}

/* ---- reads ---- */

/* Each sort has a statement of its own, so that the index it walks is plain to the server. */
static const struct {
	enum query	q;
	size_t		key;	/* offset of the sort key in struct product_row */
} sorts[ADMIN_SORT__MAX] = {
	[ADMIN_SORT_NEWEST] = { Q_ADMIN_PRODUCT_LIST_NEWEST, offsetof(struct product_row, p.sort_order) },
	[ADMIN_SORT_DEFAULT] = { Q_ADMIN_PRODUCT_LIST_DEFAULT, offsetof(struct product_row, p.sort_order) },
	[ADMIN_SORT_POINTS_ASC] = { Q_ADMIN_PRODUCT_LIST_POINTS_ASC, offsetof(struct product_row, p.points_price) },
	[ADMIN_SORT_POINTS_DESC] = { Q_ADMIN_PRODUCT_LIST_POINTS_DESC, offsetof(struct product_row, p.points_price) },
	[ADMIN_SORT_SALES] = { Q_ADMIN_PRODUCT_LIST_SALES, offsetof(struct product_row, p.sales_count) },
	[ADMIN_SORT_STOCK] = { Q_ADMIN_PRODUCT_LIST_STOCK, offsetof(struct product_row, p.stock_quantity) },
};

/* The arguments of ADMIN_PRODUCT_FILTERED, as one list. */
#define FILTERED(m, who, f) \
	A_STR((who)->merchant), A_STR((who)->merchant), A_I64((f)->deleted == 1), \
	A_STR((f)->merchant_id), A_STR((f)->merchant_id), A_I64((f)->status), A_I64((f)->status), \
	A_STR((f)->category_id), A_STR((f)->category_id), A_STR((f)->category_id), A_STR((f)->category_id), \
	A_PART((m)->arena, (f)->q), A_PART((m)->arena, (f)->q)

struct count {
	int64_t	n;
};

static const struct db_col count_cols[] = { DB_I64(struct count, n), DB_END };

static enum err
count_list(struct mall *m, const struct actor *who, const struct product_admin_filter *f, int64_t *total)
{
	struct count count;
	enum err e;

	if (total == NULL)
		return E_OK;
	e = db_row(m->db, Q_ADMIN_PRODUCT_COUNT, ARGS(FILTERED(m, who, f)), count_cols, m->arena, &count);
	*total = count.n;
	return e;
}

static void
keyset_of(const struct product_row *last, size_t key, struct keyset *out)
{
	out->set = true;
	memcpy(&out->n, (const char *)last + key, sizeof(out->n));
	snprintf(out->id, sizeof(out->id), "%s", last->p.id);
}

enum err
product_admin_list(struct mall *m, const struct actor *who, const struct product_admin_filter *f,
    const struct keyset *after, int64_t limit, struct product_row **items, size_t *n, struct keyset *next,
    int64_t *total)
{
	struct db_arg place = A_I64(after->set ? after->n : I64_NONE);
	enum err e;

	e = db_rows(m->db, sorts[f->sort].q, ARGS(FILTERED(m, who, f), place, place, place, A_STR(after->id),
	    A_I64(limit + 1)), row_cols, m->arena, sizeof(**items), (size_t)limit + 1, items, n);
	if (e != E_OK || (e = count_list(m, who, f, total)) != E_OK)
		return e;
	*next = (struct keyset){ .set = false };
	if (*n > (size_t)limit) {
		*n = (size_t)limit;
		keyset_of(&(*items)[*n - 1], sorts[f->sort].key, next);
	}
	for (size_t i = 0; i < *n; i++)
		fill_absent(&(*items)[i]);
	return E_OK;
}

enum err
product_admin_get(struct mall *m, const struct actor *who, const char *id, struct product_row *out)
{
	struct db_arg merchant = A_STR(who->merchant);
	enum err e;

	e = db_row(m->db, Q_ADMIN_PRODUCT_GET, ARGS(A_STR(id), merchant, merchant), row_cols, m->arena, out);
	if (e == E_OK)
		fill_absent(out);
	return e;
}

enum err
product_admin_export(struct mall *m, const struct actor *who, const struct product_admin_filter *f, row_fn *row, void *arg)
{
	return db_each(m->db, Q_ADMIN_PRODUCT_EXPORT, ARGS(FILTERED(m, who, f)), row_cols, m->arena,
	    sizeof(struct product_row), row, arg);
}

/* Whoever reads and is overtaken again and again has bad luck, and may try again. */
static enum err
restless(struct mall *m)
{
	return FAULT(m->fault, E_DOWN, "product: changed by others again and again");
}

/* ---- what a draft may say ---- */

/* A row has 0 where a draft, which may be given any time, has I64_NONE. */
static int64_t
drafted(int64_t us)
{
	return us == 0 ? I64_NONE : us;
}

static struct db_arg
A_DRAFTED(int64_t us)
{
	return A_TIME(us == I64_NONE ? 0 : us);
}

void
product_draft_of(const struct product *p, struct product_draft *out)
{
	*out = (struct product_draft){
		p->name, p->description, p->category.id, p->merchant.id, p->points_price, p->original_price, p->images,
		p->specifications, p->is_hot, p->is_new, p->status, p->purchase_limit, drafted(p->available_from_us),
		drafted(p->available_until_us), p->sort_order,
	};
}

/* As the database gives it back: with both decimals. */
static const char *
yuan(struct arena *a, const char *price)
{
	const char *point;

	if (price == NULL)
		return NULL;
	if ((point = strchr(price, '.')) == NULL)
		return arena_printf(a, "%s.00", price);
	return arena_printf(a, "%s%.*s", price, (int)(3 - strlen(point)), "00");
}

/* Empty is stored as empty; DATETIME has no fraction. */
static void
tidy(struct arena *a, struct product_draft *d)
{
	int64_t *times[] = { &d->available_from_us, &d->available_until_us };

	d->original_price = yuan(a, d->original_price);

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (*times[i] != I64_NONE)
			*times[i] -= *times[i] % US_PER_S;
	if (d->description == NULL)
		d->description = "";
	if (d->images == NULL)
		d->images = "[]";
	if (d->specifications == NULL)
		d->specifications = "{}";
}

static void
judge_time(struct fault *f, const char *field, int64_t us)
{
	if (us != I64_NONE && (us < EARLIEST_US || us > LATEST_US))
		(void)fault_field(f, field, "必须在 2000 年至 9999 年之间", "must be in the years 2000 to 9999");
}

struct places {
	bool	category;
	bool	merchant;
};

static const struct db_col places_cols[] = { DB_BOOL(struct places, category), DB_BOOL(struct places, merchant), DB_END };

/* A merchant's product is its own; an admin names any merchant, or none. */
static void
judge_merchant(struct fault *f, const struct actor *who, const struct product_draft *d, bool there)
{
	if (who->merchant != NULL && (d->merchant_id == NULL || strcmp(who->merchant, d->merchant_id) != 0))
		(void)fault_field(f, "merchantId", "只能是本商户", "must be the merchant's own");
	else if (d->merchant_id != NULL && !there)
		(void)fault_field(f, "merchantId", "商户不存在", "there is no such merchant");
}

enum err
product_judge(struct mall *m, const struct actor *who, struct product_draft *d)
{
	struct fault *f = m->fault;
	struct places there;
	enum err e;

	tidy(m->arena, d);
	e = db_row(m->db, Q_ADMIN_PRODUCT_PLACES, ARGS(A_STR(d->category_id), A_STR(d->merchant_id)), places_cols, m->arena,
	    &there);
	if (e != E_OK)
		return e;
	if (!there.category)
		(void)fault_field(f, "categoryId", "分类不存在", "there is no such category");
	judge_merchant(f, who, d, there.merchant);
	judge_time(f, "availableFrom", d->available_from_us);
	judge_time(f, "availableUntil", d->available_until_us);
	if (d->available_until_us != I64_NONE && d->available_from_us >= d->available_until_us)
		(void)fault_field(f, "availableUntil", "必须晚于 availableFrom", "must be later than availableFrom");
	return f->nfields > 0 ? E_INVALID : E_OK;
}

/* ---- the audit log's words ---- */

struct product_state {
	struct product_draft	d;
	int64_t			stock;	/* a new product's; I64_NONE else */
};

static const struct json_view state_view[] = {
	VIEW_STR(struct product_state, d.name, "name", 0),
	VIEW_STR(struct product_state, d.description, "description", 0),
	VIEW_STR(struct product_state, d.category_id, "categoryId", 0),
	VIEW_STR(struct product_state, d.merchant_id, "merchantId", 0),
	VIEW_I64(struct product_state, d.points_price, "pointsPrice", 0),
	VIEW_RAW(struct product_state, d.original_price, "originalPrice", 0),
	VIEW_RAW(struct product_state, d.images, "images", 0),
	VIEW_RAW(struct product_state, d.specifications, "specifications", 0),
	VIEW_BOOL(struct product_state, d.is_hot, "isHot", 0),
	VIEW_BOOL(struct product_state, d.is_new, "isNew", 0),
	VIEW_I64(struct product_state, d.status, "status", 0),
	VIEW_I64(struct product_state, d.purchase_limit, "purchaseLimit", 0),
	VIEW_TIME(struct product_state, d.available_from_us, "availableFrom", 0),
	VIEW_TIME(struct product_state, d.available_until_us, "availableUntil", 0),
	VIEW_I64(struct product_state, d.sort_order, "sortOrder", 0),
	VIEW_I64(struct product_state, stock, "stockQuantity", JSON_OMIT_NULL),
	VIEW_END,
};

static const char *
state_text(struct mall *m, const struct product_draft *d, int64_t stock)
{
	struct product_state state = { *d, stock };

	return json_text(m->arena, state_view, &state);
}

bool
product_same(struct mall *m, const struct product_draft *a, const struct product_draft *b)
{
	return strcmp(state_text(m, a, I64_NONE), state_text(m, b, I64_NONE)) == 0;
}

/* ---- a new product ---- */

void
product_hold_category(struct db_batch *b, const char *category_id)
{
	db_batch_add(b, Q_CATEGORY_USE, ARGS(A_STR(category_id)), 1, 1);
}

void
product_write_new(struct db_batch *b, struct mall *m, const struct actor *who, const char *id,
    const struct product_draft *d, int64_t stock)
{
	db_batch_add(b, Q_PRODUCT_ADD, ARGS(A_STR(id), A_STR(d->name), A_STR(d->description), A_STR(d->category_id),
	    A_I64(d->points_price), A_STR(d->original_price), A_STR(d->images), A_STR(d->specifications), A_I64(d->is_hot),
	    A_I64(d->is_new), A_I64(d->status), A_I64(d->purchase_limit), A_DRAFTED(d->available_from_us),
	    A_DRAFTED(d->available_until_us), A_I64(d->sort_order), A_STR(d->merchant_id), A_I64(stock), A_I64(stock > 0)),
	    1, 1);
	if (stock > 0)
		inventory_first(b, m, who, id, stock);
	audit_add(b, m, who, &(struct audit_entry){ "product.create", "product", id, NULL, state_text(m, d, stock) });
}

struct addition {
	struct mall			*m;
	const struct actor		*who;
	const struct product_draft	*draft;
	int64_t				 stock;
	const struct once		*once;
	struct product_row		*out;
};

/* E_GUARD: the category is no more. */
static enum err
add_tx(struct db *db, void *arg)
{
	struct addition *v = arg;
	struct mall *m = v->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	char id[ID_LEN + 1];
	int failed;
	enum err e;

	id_new(m->now_us, id);
	once_claim(b, v->once, m->now_us);
	product_hold_category(b, v->draft->category_id);
	product_write_new(b, m, v->who, id, v->draft, v->stock);
	db_batch_row(b, Q_ADMIN_PRODUCT_GET, ARGS(A_STR(id), A_STR(NULL), A_STR(NULL)), row_cols, v->out);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return once_judge(v->once, failed, e);
	fill_absent(v->out);
	once_keep(m, v->once, v->out);
	return E_OK;
}

enum err
product_admin_add(struct mall *m, const struct actor *who, const struct product_draft *draft, int64_t stock,
    const struct once *once, struct product_row *out)
{
	struct product_draft d = *draft;
	struct addition v = { m, who, &d, stock, once, out };
	enum err e = E_GUARD;

	/* After E_GUARD the judging names the category that was deleted in between. */
	for (int i = 0; e == E_GUARD && i < RUNS_MAX; i++)
		if ((e = product_judge(m, who, &d)) == E_OK)
			e = db_tx(m->tx, add_tx, &v);
	return e == E_GUARD ? restless(m) : e;
}

/* ---- a change ---- */

void
product_write_change(struct db_batch *b, struct mall *m, const struct actor *who, const struct product_row *row,
    const struct product_draft *d)
{
	struct product_draft before;

	product_draft_of(&row->p, &before);
	db_batch_add(b, Q_PRODUCT_CHANGE, ARGS(A_STR(d->name), A_STR(d->description), A_STR(d->category_id),
	    A_I64(d->points_price), A_STR(d->original_price), A_STR(d->images), A_STR(d->specifications), A_I64(d->is_hot),
	    A_I64(d->is_new), A_I64(d->status), A_I64(d->purchase_limit), A_DRAFTED(d->available_from_us),
	    A_DRAFTED(d->available_until_us), A_I64(d->sort_order), A_STR(d->merchant_id), A_STR(row->p.id),
	    A_I64(row->version)), 1, 1);
	audit_add(b, m, who, &(struct audit_entry){ "product.update", "product", row->p.id, state_text(m, &before, I64_NONE),
	    state_text(m, d, I64_NONE) });
}

struct change {
	struct mall		*m;
	const struct actor	*who;
	struct product_row	 row;		/* as it was read before; its version guards it */
	struct product_draft	 before;
	struct product_draft	 draft;
	struct product_row	*out;
};

/* E_GUARD: the product or the category was changed in between. */
static enum err
change_tx(struct db *db, void *arg)
{
	struct change *v = arg;
	struct db_batch *b = db_batch_new(db, v->m->arena);
	int failed;
	enum err e;

	if (strcmp(v->before.category_id, v->draft.category_id) != 0)
		product_hold_category(b, v->draft.category_id);
	product_write_change(b, v->m, v->who, &v->row, &v->draft);
	db_batch_row(b, Q_ADMIN_PRODUCT_GET, ARGS(A_STR(v->row.p.id), A_STR(NULL), A_STR(NULL)), row_cols, v->out);
	if ((e = db_batch_run(b, &failed)) == E_OK)
		fill_absent(v->out);
	return e;
}

/* Reads the row and holds the version that the operator saw against it. */
static enum err
read_row(struct mall *m, const struct actor *who, const char *id, const struct seen *seen, struct product_row *out)
{
	enum err e;

	if ((e = product_admin_get(m, who, id, out)) != E_OK)
		return e;
	return seen_has(seen, out->version) ? E_OK : E_PRECONDITION;
}

static enum err
try_change(struct change *v, const char *id, const struct seen *seen, product_edit_fn *edit, void *arg)
{
	enum err e;

	if ((e = read_row(v->m, v->who, id, seen, &v->row)) != E_OK)
		return e;
	product_draft_of(&v->row.p, &v->before);
	v->draft = v->before;
	if ((e = edit(arg, &v->draft)) != E_OK || (e = product_judge(v->m, v->who, &v->draft)) != E_OK)
		return e;
	*v->out = v->row;
	fill_absent(v->out);
	return product_same(v->m, &v->before, &v->draft) ? E_OK : db_tx(v->m->tx, change_tx, v);
}

enum err
product_admin_change(struct mall *m, const struct actor *who, const char *id, const struct seen *seen, product_edit_fn *edit,
    void *arg, struct product_row *out)
{
	struct change v = { .m = m, .who = who, .out = out };
	enum err e = E_GUARD;

	for (int i = 0; e == E_GUARD && i < RUNS_MAX; i++)
		e = try_change(&v, id, seen, edit, arg);
	return e == E_GUARD ? restless(m) : e;
}

/* ---- its end ---- */

static enum err
delete_tx(struct db *db, void *arg)
{
	struct change *v = arg;
	struct mall *m = v->m;
	struct db_batch *b = db_batch_new(db, m->arena);
	int failed;

	db_batch_add(b, Q_PRODUCT_DELETE, ARGS(A_TIME(m->now_us - m->now_us % US_PER_S), A_STR(v->row.p.id),
	    A_I64(v->row.version)), 1, 1);
	audit_add(b, m, v->who, &(struct audit_entry){ "product.delete", "product", v->row.p.id,
	    state_text(m, &v->before, I64_NONE), NULL });
	return db_batch_run(b, &failed);
}

enum err
product_admin_delete(struct mall *m, const struct actor *who, const char *id, const struct seen *seen)
{
	struct change v = { .m = m, .who = who };
	enum err e = E_GUARD;

	for (int i = 0; e == E_GUARD && i < RUNS_MAX; i++) {
		if ((e = read_row(m, who, id, seen, &v.row)) != E_OK)
			return e;
		product_draft_of(&v.row.p, &v.before);
		e = db_tx(m->tx, delete_tx, &v);
	}
	return e == E_GUARD ? restless(m) : e;
}
