/* SPDX-License-Identifier: Apache-2.0 */
/*
 * category_admin.h: the tree of categories as operators make it: at most three levels, no cycle, and nothing that is in use is
 * deleted. Changes of the tree follow one another, so that no two of them make together what neither may make alone.
 */
#ifndef SERVICE_CATEGORY_ADMIN_H
#define SERVICE_CATEGORY_ADMIN_H

#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"
#include "service/seen.h"

struct category_draft {
	const char	*name;
	const char	*description;	/* or NULL */
	const char	*icon;		/* or NULL */
	const char	*parent_id;	/* NULL: at the top */
	int64_t		 sort_order;
	int64_t		 status;	/* 1 shown, 0 not */
};

struct category_row {
	const char		*id;
	struct category_draft	 d;
	int64_t			 level;	/* 1 to 3 */
	int64_t			 version;
	int64_t			 created_at_us;
	int64_t			 updated_at_us;
	struct category_row	*children;
	size_t			 nchildren;
};

/* The whole tree, with what is not shown: its roots, each with its children, in their order; total counts them all. */
enum err category_admin_tree(struct mall *m, struct category_row **roots, size_t *n, int64_t *total) MUST_CHECK;

/* E_INVALID names a parent that is not there or too deep; E_CONFLICT: there are as many as there may be. */
enum err category_admin_add(struct mall *m, const struct actor *who, const struct category_draft *draft,
    const struct once *once, struct category_row *out) MUST_CHECK;

/* Changes the draft, which comes in as the category is now. May be called again. */
typedef enum err category_edit_fn(void *arg, struct category_draft *draft);

/* Moves its whole subtree with it. seen: by the operator; E_PRECONDITION where it is no more. */
enum err category_admin_change(struct mall *m, const struct actor *who, const char *id, const struct seen *seen,
    category_edit_fn *edit, void *arg, struct category_row *out) MUST_CHECK;

/* E_CONFLICT: it has children, or products that are not deleted. */
enum err category_admin_delete(struct mall *m, const struct actor *who, const char *id, const struct seen *seen) MUST_CHECK;

#endif
