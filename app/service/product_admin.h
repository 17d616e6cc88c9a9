/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product_admin.h: products as operators make, change and delete them.
 *
 * A merchant's operator sees and changes the merchant's own products; anything else is E_NOT_FOUND. Each change raises the
 * row's version and stands in the audit log. The stock is not changed here but in the inventory: only a new product's
 * first pieces come with it.
 */
#ifndef SERVICE_PRODUCT_ADMIN_H
#define SERVICE_PRODUCT_ADMIN_H

#include "base/row.h"
#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"
#include "service/product.h"
#include "service/seen.h"

/* What operators say of a product. */
struct product_draft {
	const char	*name;
	const char	*description;
	const char	*category_id;
	const char	*merchant_id;		/* NULL: the shop's own */
	int64_t		 points_price;
	const char	*original_price;	/* yuan, or NULL */
	const char	*images;		/* JSON */
	const char	*specifications;	/* JSON */
	bool		 is_hot;
	bool		 is_new;
	int64_t		 status;
	int64_t		 purchase_limit;	/* I64_NONE: none */
	int64_t		 available_from_us;	/* I64_NONE: always */
	int64_t		 available_until_us;
	int64_t		 sort_order;
};

/* A product as operators see it. */
struct product_row {
	struct product		 p;
	const struct named	*merchant;	/* p.merchant; NULL where it is the shop's own */
	int64_t			 reserved;
	int64_t			 version;
	int64_t			 created_at_us;
	int64_t			 updated_at_us;
	int64_t			 deleted_at_us;
};

enum product_admin_sort {
	ADMIN_SORT_NEWEST = 0, ADMIN_SORT_DEFAULT, ADMIN_SORT_POINTS_ASC, ADMIN_SORT_POINTS_DESC, ADMIN_SORT_SALES,
	ADMIN_SORT_STOCK, ADMIN_SORT__MAX
};

/* I64_NONE and NULL: not filtered by it. */
struct product_admin_filter {
	const char	*category_id;	/* with its descendants */
	const char	*merchant_id;
	int64_t		 status;
	int64_t		 deleted;	/* 1: only deleted ones; else only those that are not */
	const char	*q;		/* in the name, in either case */
	int64_t		 sort;		/* enum product_admin_sort */
};

/* total, counted up to 10,000, may be NULL: then it is not asked. */
enum err product_admin_list(struct mall *m, const struct actor *who, const struct product_admin_filter *f,
    const struct keyset *after, int64_t limit, struct product_row **items, size_t *n, struct keyset *next,
    int64_t *total) MUST_CHECK;

enum err product_admin_get(struct mall *m, const struct actor *who, const char *id, struct product_row *out) MUST_CHECK;

/* Gives row(arg, …) each struct product_row that the filter finds (its merchant is not set), in no order. */
enum err product_admin_export(struct mall *m, const struct actor *who, const struct product_admin_filter *f, row_fn *row,
    void *arg) MUST_CHECK;

/* Makes a product with stock first pieces. E_INVALID names the draft's bad fields: those that a look at the shop shows. */
enum err product_admin_add(struct mall *m, const struct actor *who, const struct product_draft *draft, int64_t stock,
    const struct once *once, struct product_row *out) MUST_CHECK;

/* Changes the draft, which comes in as the product is now. May be called again, when somebody else was faster. */
typedef enum err product_edit_fn(void *arg, struct product_draft *draft);

/* seen: by the operator; E_PRECONDITION where it is no more. */
enum err product_admin_change(struct mall *m, const struct actor *who, const char *id, const struct seen *seen,
    product_edit_fn *edit, void *arg, struct product_row *out) MUST_CHECK;

/* A line of a file of products. */
struct product_line {
	const char		*id;		/* NULL: a new product */
	int64_t			 version;	/* what the operator saw; I64_NONE: whatever it is */
	struct product_draft	 draft;		/* the whole product */
	int64_t			 stock;		/* a new product's first pieces, or I64_NONE */
};

struct product_imported {
	int64_t	created;
	int64_t	updated;
	int64_t	unchanged;
};

/* All n lines, or nothing: E_INVALID names what is wrong with each, as "line N, column"; numbers has their N. */
enum err product_admin_import(struct mall *m, const struct actor *who, struct product_line *lines, const int64_t *numbers,
    size_t n, const struct once *once, struct product_imported *out) MUST_CHECK;

/* It is gone from every list, and its orders stay as they are. */
enum err product_admin_delete(struct mall *m, const struct actor *who, const char *id, const struct seen *seen) MUST_CHECK;

#endif
