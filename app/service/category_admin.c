/* SPDX-License-Identifier: Apache-2.0 */
/*
 * category_admin.c: the tree of categories by operators.
 *
 * Each change takes the tree's row first and then reads the whole tree: what it sees nobody else changes until its COMMIT. What
 * is put into a category meanwhile raises the category's own row, which a deletion holds before it looks at the products.
 */
#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "service/category_admin.h"
#include "service/product.h"
#include "store/db.h"

#define LEVELS_MAX 3

static const struct db_col row_cols[] = {
	DB_STR(struct category_row, id), DB_STR(struct category_row, d.name), DB_STR(struct category_row, d.description),
	DB_STR(struct category_row, d.icon), DB_STR(struct category_row, d.parent_id), DB_I64(struct category_row, level),
	DB_I64(struct category_row, d.sort_order), DB_I64(struct category_row, d.status),
	DB_I64(struct category_row, version), DB_TIME(struct category_row, created_at_us),
	DB_TIME(struct category_row, updated_at_us), DB_END,
};

struct tree {
	struct category_row	*rows;
	size_t			 n;
};

static enum err
read_tree(struct mall *m, struct db *db, struct tree *out)
{
	return db_rows(db, Q_ADMIN_CATEGORY_ALL, NO_ARGS, row_cols, m->arena, sizeof(*out->rows), CATEGORIES_MAX, &out->rows,
	    &out->n);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const struct category_row *
find(const struct tree *t, const char *id)
{
	for (size_t i = 0; id != NULL && i < t->n; i++)
		if (strcmp(t->rows[i].id, id) == 0)
			return &t->rows[i];
	return NULL;
}

/* ---- the whole ---- */

static struct category_row *
pick_children(struct arena *a, const struct tree *t, const char *parent_id, size_t *count)
{
	struct category_row *out;

	*count = 0;
	for (size_t i = 0; i < t->n; i++)
		*count += same(t->rows[i].d.parent_id, parent_id);
	out = arena_array(a, *count + 1, sizeof(*out));
	for (size_t i = 0, at = 0; i < t->n; i++) {
		if (!same(t->rows[i].d.parent_id, parent_id))
			continue;
		out[at] = t->rows[i];
		out[at].children = pick_children(a, t, t->rows[i].id, &out[at].nchildren);
		at++;
	}
	return out;
}

enum err
category_admin_tree(struct mall *m, struct category_row **roots, size_t *n, int64_t *total)
{
	struct tree t;
	enum err e;

	if ((e = read_tree(m, m->db, &t)) != E_OK)
		return e;
	*total = (int64_t)t.n;
	*roots = pick_children(m->arena, &t, NULL, n);
	return E_OK;
}

/* ---- what every change does ---- */

struct change {
	struct mall			*m;
	const struct actor		*who;
	const struct once		*once;		/* of an addition */
	const char			*id;		/* of a change */
	const struct seen		*seen;
	category_edit_fn		*edit;
	void				*arg;
	const struct category_draft	*draft;		/* of an addition */
	struct category_row		*out;
	struct tree			 tree;
};

/* Nobody else changes the tree from here to the COMMIT. */
static enum err
take_turn(struct db *db, struct change *v)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	int failed;
	enum err e;

	if (v->once != NULL)
		once_claim(b, v->once, v->m->now_us);
	db_batch_add(b, Q_CATEGORY_TURN, NO_ARGS, 1, 1);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return v->once != NULL ? once_judge(v->once, failed, e) : e;
	return read_tree(v->m, db, &v->tree);
}

/* The row in the tree, as the operator saw it. */
static enum err
find_seen(struct change *v, const struct category_row **out)
{
	if ((*out = find(&v->tree, v->id)) == NULL)
		return E_NOT_FOUND;
	return seen_has(v->seen, (*out)->version) ? E_OK : E_PRECONDITION;
}

/* How many levels the subtree has; 0 where there is none. */
static int64_t
height(const struct tree *t, const char *id)
{
	int64_t deepest = 0, h;

	if (id == NULL)
		return 1;	/* a new one, with nothing under it */
	for (size_t i = 0; i < t->n; i++) {
		if (!same(t->rows[i].d.parent_id, id))
			continue;
		if ((h = height(t, t->rows[i].id)) > deepest)
			deepest = h;
	}
	return deepest + 1;
}

static bool
is_within(const struct tree *t, const struct category_row *row, const char *id)
{
	for (; row != NULL; row = find(t, row->d.parent_id))
		if (same(row->id, id))
			return true;
	return false;
}

/* The level that id (NULL: a new one) gets under the parent. */
static enum err
judge_parent(const struct change *v, const char *id, const char *parent_id, int64_t *level)
{
	const struct category_row *parent = find(&v->tree, parent_id);
	struct fault *f = v->m->fault;

	if (parent_id != NULL && parent == NULL)
		return fault_field(f, "parentId", "上级分类不存在", "there is no such category");
	if (id != NULL && is_within(&v->tree, parent, id))
		return fault_field(f, "parentId", "不能移到自身或其下级之下", "must not be the category itself or one below it");
	*level = parent == NULL ? 1 : parent->level + 1;
	if (*level + height(&v->tree, id) - 1 > LEVELS_MAX)
		return fault_field(f, "parentId", "分类最多三级", "there are at most three levels");
	return E_OK;
}

static const struct json_view state_view[] = {
	VIEW_STR(struct category_draft, name, "name", 0), VIEW_STR(struct category_draft, description, "description", 0),
	VIEW_STR(struct category_draft, icon, "icon", 0), VIEW_STR(struct category_draft, parent_id, "parentId", 0),
	VIEW_I64(struct category_draft, sort_order, "sortOrder", 0), VIEW_I64(struct category_draft, status, "status", 0),
	VIEW_END,
};

static void
add_audit(struct db_batch *b, const struct change *v, const char *action, const char *id,
    const struct category_draft *before, const struct category_draft *after)
{
	struct arena *a = v->m->arena;

	audit_add(b, v->m, v->who, &(struct audit_entry){ action, "category", id,
	    before != NULL ? json_text(a, state_view, before) : NULL,
	    after != NULL ? json_text(a, state_view, after) : NULL });
}

/* ---- a new one ---- */

static enum err
write_addition(struct db *db, struct change *v, int64_t level)
{
	const struct category_draft *d = v->draft;
	struct db_batch *b = db_batch_new(db, v->m->arena);
	char id[ID_LEN + 1];
	int failed;

	id_new(v->m->now_us, id);
	db_batch_add(b, Q_CATEGORY_ADD, ARGS(A_STR(id), A_STR(d->name), A_STR(d->description), A_STR(d->icon),
	    A_STR(d->parent_id), A_I64(level), A_I64(d->sort_order), A_I64(d->status)), 1, 1);
	add_audit(b, v, "category.create", id, NULL, d);
	db_batch_row(b, Q_ADMIN_CATEGORY_GET, ARGS(A_STR(id)), row_cols, v->out);
	return db_batch_run(b, &failed);
}

static enum err
add_tx(struct db *db, void *arg)
{
	struct change *v = arg;
	int64_t level;
	enum err e;

	if ((e = take_turn(db, v)) != E_OK || (e = judge_parent(v, NULL, v->draft->parent_id, &level)) != E_OK)
		return e;
	if (v->tree.n >= CATEGORIES_MAX)
		return fault_detail(v->m->fault, E_CONFLICT, "分类数量已达上限。", "There are as many categories as there may be.");
	if ((e = write_addition(db, v, level)) == E_OK)
		once_keep(v->m, v->once, v->out);
	return e;
}

enum err
category_admin_add(struct mall *m, const struct actor *who, const struct category_draft *draft, const struct once *once,
    struct category_row *out)
{
	struct change v = { .m = m, .who = who, .once = once, .draft = draft, .out = out };

	return db_tx(m->tx, add_tx, &v);
}

/* ---- a change ---- */

static enum err
write_change(struct db *db, struct change *v, const struct category_row *row, const struct category_draft *d, int64_t level)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	int failed;

	db_batch_add(b, Q_CATEGORY_CHANGE, ARGS(A_STR(d->name), A_STR(d->description), A_STR(d->icon), A_STR(d->parent_id),
	    A_I64(level), A_I64(d->sort_order), A_I64(d->status), A_STR(row->id), A_I64(row->version)), 1, 1);
	/* Children come along. They have none of their own here: three levels fit nowhere but where they are. */
	if (level != row->level)
		db_batch_add(b, Q_CATEGORY_CHILDREN_LEVEL, ARGS(A_I64(level + 1), A_STR(v->id)), 0, DB_ANY_ROWS);
	add_audit(b, v, "category.update", row->id, &row->d, d);
	db_batch_row(b, Q_ADMIN_CATEGORY_GET, ARGS(A_STR(row->id)), row_cols, v->out);
	return db_batch_run(b, &failed);
}

static bool
nothing_changed(const struct category_draft *a, const struct category_draft *b)
{
	return same(a->name, b->name) && same(a->description, b->description) && same(a->icon, b->icon) &&
	    same(a->parent_id, b->parent_id) && a->sort_order == b->sort_order && a->status == b->status;
}

static enum err
change_tx(struct db *db, void *arg)
{
	struct change *v = arg;
	const struct category_row *row;
	struct category_draft d;
	int64_t level;
	enum err e;

	if ((e = take_turn(db, v)) != E_OK || (e = find_seen(v, &row)) != E_OK)
		return e;
	d = row->d;
	if ((e = v->edit(v->arg, &d)) != E_OK || (e = judge_parent(v, row->id, d.parent_id, &level)) != E_OK)
		return e;
	*v->out = *row;
	return nothing_changed(&row->d, &d) ? E_OK : write_change(db, v, row, &d, level);
}

enum err
category_admin_change(struct mall *m, const struct actor *who, const char *id, const struct seen *seen, category_edit_fn *edit,
    void *arg, struct category_row *out)
{
	struct change v = { .m = m, .who = who, .id = id, .seen = seen, .edit = edit, .arg = arg, .out = out };

	return db_tx(m->tx, change_tx, &v);
}

/* ---- its end ---- */

struct used {
	int64_t	products;
};

static const struct db_col used_cols[] = { DB_I64(struct used, products), DB_END };

/* With the category's row held, nothing is put into it any more. */
static enum err
judge_use(struct db *db, struct change *v)
{
	struct db_batch *b = db_batch_new(db, v->m->arena);
	struct fault *f = v->m->fault;
	struct used used;
	int failed;
	enum err e;

	if (height(&v->tree, v->id) > 1)
		return fault_detail(f, E_CONFLICT, "该分类下还有子分类，不能删除。", "It has categories below it and cannot be deleted.");
	db_batch_add(b, Q_CATEGORY_USE, ARGS(A_STR(v->id)), 1, 1);
	db_batch_row(b, Q_CATEGORY_USED, ARGS(A_STR(v->id)), used_cols, &used);
	if ((e = db_batch_run(b, &failed)) != E_OK)
		return e;
	return used.products == 0 ? E_OK :
	    fault_detail(f, E_CONFLICT, "该分类下还有商品，不能删除。", "There are products in it; it cannot be deleted.");
}

static enum err
delete_tx(struct db *db, void *arg)
{
	struct change *v = arg;
	const struct category_row *row;
	struct db_batch *b;
	int failed;
	enum err e;

	if ((e = take_turn(db, v)) != E_OK || (e = find_seen(v, &row)) != E_OK || (e = judge_use(db, v)) != E_OK)
		return e;
	b = db_batch_new(db, v->m->arena);
	db_batch_add(b, Q_CATEGORY_DELETE, ARGS(A_STR(row->id), A_I64(row->version)), 1, 1);
	add_audit(b, v, "category.delete", row->id, &row->d, NULL);
	return db_batch_run(b, &failed);
}

enum err
category_admin_delete(struct mall *m, const struct actor *who, const char *id, const struct seen *seen)
{
	struct change v = { .m = m, .who = who, .id = id, .seen = seen };

	return db_tx(m->tx, delete_tx, &v);
}
