/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.h: what of a product can be had; always as it is now, never from a copy. */
#ifndef SERVICE_INVENTORY_H
#define SERVICE_INVENTORY_H

#include "service/mall.h"

struct stock {
	const char	*product_id;
	int64_t		 available;
	int64_t		 reserved;	/* held by pending orders */
	bool		 in_stock;
	int64_t		 updated_at_us;
};

/* E_NOT_FOUND where the product is not on sale. */
enum err inventory_get(struct mall *m, const char *product_id, struct stock *out) MUST_CHECK;

struct stock_check {
	const char	*product_id;
	int64_t		 quantity;
};

struct stock_found {
	const char	*product_id;
	int64_t		 requested;
	int64_t		 available;	/* 0 where it cannot be exchanged now, or is unknown */
	bool		 sufficient;
};

struct stock_answer {
	struct stock_found	*items;
	size_t			 nitems;
	bool			 all_sufficient;
};

/* Which of these can be had now. A product named twice is held against its stock in all. */
enum err inventory_check(struct mall *m, const struct stock_check *items, size_t n, struct stock_answer *out) MUST_CHECK;

#endif
