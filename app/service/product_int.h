/* SPDX-License-Identifier: Apache-2.0 */
/* product_int.h: what product_admin.c and product_import.c share. */
#ifndef SERVICE_PRODUCT_INT_H
#define SERVICE_PRODUCT_INT_H

#include "service/product_admin.h"

struct db_batch;

/* The product as a draft of itself. */
void product_draft_of(const struct product *p, struct product_draft *out);
/* Tidies the draft, and names in the fault every field that is bad in view of the shop: E_INVALID. */
enum err product_judge(struct mall *m, const struct actor *who, struct product_draft *d) MUST_CHECK;
/* Whether writing b over a would change nothing. Both are tidy. */
bool product_same(struct mall *m, const struct product_draft *a, const struct product_draft *b);

/* The category's row is held: it is there, and stays until COMMIT. Before the products in the lock order. */
void product_hold_category(struct db_batch *b, const char *category_id);
/* The new row, its first pieces, and its line in the audit log. */
void product_write_new(struct db_batch *b, struct mall *m, const struct actor *who, const char *id,
    const struct product_draft *d, int64_t stock);
/* draft over the row as it was read: its version guards it; and the line in the audit log. */
void product_write_change(struct db_batch *b, struct mall *m, const struct actor *who, const struct product_row *row,
    const struct product_draft *draft);

#endif
