/* SPDX-License-Identifier: Apache-2.0 */
/* product.h: products and categories as everybody sees them. */
#ifndef SERVICE_PRODUCT_H
#define SERVICE_PRODUCT_H

#include "service/mall.h"

/* The id and name of something else: a product's category or merchant. id NULL: there is none. */
struct named {
	const char	*id;
	const char	*name;
};

struct product {
	const char	*id;
	const char	*name;
	const char	*description;
	struct named	 category;
	struct named	 merchant;
	int64_t		 points_price;
	const char	*original_price;	/* yuan, two decimals, or NULL */
	const char	*images;		/* JSON array, or NULL */
	const char	*specifications;	/* JSON object, or NULL */
	int64_t		 stock_quantity;
	int64_t		 sales_count;
	bool		 is_hot;
	bool		 is_new;
	int64_t		 status;
	int64_t		 purchase_limit;	/* I64_NONE: none */
	int64_t		 available_from_us;	/* 0: always */
	int64_t		 available_until_us;
	int64_t		 sort_order;
	int64_t		 alert_threshold;	/* I64_NONE: none */
	int64_t		 delivery_days;		/* its merchant's, or I64_NONE */
};

enum product_sort { SORT_DEFAULT = 0, SORT_POINTS_ASC, SORT_POINTS_DESC, SORT_SALES, SORT_NEWEST, SORT__MAX };

/* I64_NONE and NULL: not filtered by it. hot, is_new, in_stock: 0, 1 or I64_NONE. */
struct product_filter {
	const char	*category_id;	/* with its descendants */
	int64_t		 min_points;
	int64_t		 max_points;
	int64_t		 hot;
	int64_t		 is_new;
	int64_t		 in_stock;
	int64_t		 sort;		/* enum product_sort */
};

/* At most limit products after the given place; *next says where the list goes on (not set: it ends). */
enum err product_list(struct mall *m, const struct product_filter *f, const struct keyset *after, int64_t limit,
    struct product **items, size_t *n, struct keyset *next) MUST_CHECK;

/* One product on sale; E_NOT_FOUND else. */
enum err product_get(struct mall *m, const char *id, struct product *out) MUST_CHECK;

/* How many there may be in all. */
#define CATEGORIES_MAX 2000

struct category {
	const char	*id;
	const char	*name;
	const char	*description;
	const char	*icon;
	const char	*parent_id;
	int64_t		 level;
	int64_t		 sort_order;
	struct category	*children;
	size_t		 nchildren;
};

/* The tree: its roots, each with its children, in their order. */
enum err category_tree(struct mall *m, struct category **roots, size_t *n) MUST_CHECK;

#endif
