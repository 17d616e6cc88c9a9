/* SPDX-License-Identifier: Apache-2.0 */
/* admin_category.c: the tree of categories by operators. */
#include "handlers/handlers.h"
#include "service/category_admin.h"

#define ROW_VIEW \
	VIEW_STR(struct category_row, id, "id", 0), \
	VIEW_STR(struct category_row, d.name, "name", 0), \
	VIEW_STR(struct category_row, d.description, "description", 0), \
	VIEW_STR(struct category_row, d.icon, "icon", 0), \
	VIEW_STR(struct category_row, d.parent_id, "parentId", 0), \
	VIEW_I64(struct category_row, level, "level", 0), \
	VIEW_I64(struct category_row, d.sort_order, "sortOrder", 0), \
	VIEW_I64(struct category_row, d.status, "status", 0), \
	VIEW_I64(struct category_row, version, "version", 0), \
	VIEW_TIME(struct category_row, created_at_us, "createdAt", 0), \
	VIEW_TIME(struct category_row, updated_at_us, "updatedAt", 0)

static const struct json_view row_view[] = { ROW_VIEW, VIEW_END };

/* The tree is written to its depth: the view contains itself. */
static const struct json_view tree_view[] = {
	ROW_VIEW,
	VIEW_LIST(struct category_row, children, nchildren, "children", tree_view),
	VIEW_END,
};

/* GET /api/admin/categories: the whole tree, with what is not shown. */
enum err
admin_categories_get(struct req *r)
{
	static const struct keyset end;
	struct category_row *roots;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = category_admin_tree(r->mall, &roots, &n, &total)) != E_OK)
		return e;
	return reply_page_total(r, tree_view, roots, sizeof(*roots), n, &end, total);
}

/* What a change may say; a new one must say what NEEDED names, too. */
#define DRAFT_FIELDS(NEEDED) \
	JSON_STR(struct category_draft, name, "name", NEEDED, 1, 100), \
	JSON_TEXT(struct category_draft, description, "description", JSON_NULLABLE, 0, 2000), \
	JSON_URL(struct category_draft, icon, "icon", JSON_NULLABLE, 500), \
	JSON_ID(struct category_draft, parent_id, "parentId", JSON_NULLABLE), \
	JSON_I64(struct category_draft, sort_order, "sortOrder", JSON_OPTIONAL, -INT32_MAX, INT32_MAX), \
	JSON_I64(struct category_draft, status, "status", JSON_OPTIONAL, 0, 1)

static const struct json_field category_in[] = { DRAFT_FIELDS(JSON_REQUIRED), JSON_END };
static const struct json_field change_in[] = { DRAFT_FIELDS(JSON_OPTIONAL), JSON_END };

/* POST /api/admin/categories */
enum err
admin_categories_post(struct req *r)
{
	struct category_draft in = { .status = 1 };
	struct actor who = req_actor(r);
	struct category_row out;
	enum err e;

	if ((e = req_json(r, category_in, &in)) != E_OK)
		return e;
	if ((e = category_admin_add(r->mall, &who, &in, req_once(r, 201, row_view), &out)) != E_OK)
		return e;
	return reply_versioned(r, 201, row_view, &out, out.version);
}

/* What the body names is changed, the rest stays. */
static enum err
edit_category(void *arg, struct category_draft *draft)
{
	return req_json(arg, change_in, draft);
}

/* PUT /api/admin/categories/:id */
enum err
admin_category_put(struct req *r)
{
	struct actor who = req_actor(r);
	struct category_row out;
	struct seen seen;
	const char *id;
	enum err e;

	req_seen(r, &seen);
	if ((e = req_id(r, 0, &id)) != E_OK)
		return e;
	if ((e = category_admin_change(r->mall, &who, id, &seen, edit_category, r, &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, row_view, &out, out.version);
}

/* DELETE /api/admin/categories/:id */
enum err
admin_category_delete(struct req *r)
{
	struct actor who = req_actor(r);
	struct seen seen;
	const char *id;
	enum err e;

	req_seen(r, &seen);
	if ((e = req_id(r, 0, &id)) != E_OK || (e = category_admin_delete(r->mall, &who, id, &seen)) != E_OK)
		return e;
	return reply_empty(r, 204);
}
