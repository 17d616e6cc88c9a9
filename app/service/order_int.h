/* SPDX-License-Identifier: Apache-2.0 */
/* order_int.h: what the files of orders share. */
#ifndef SERVICE_ORDER_INT_H
#define SERVICE_ORDER_INT_H

#include "service/order.h"
#include "store/db.h"

/* The columns of ORDER_ROW. */
extern const struct db_col order_cols[];

/* order_get() by a connection of the caller's choice: inside a transaction, by the transaction's. */
enum err order_read(struct mall *m, struct db *db, const struct order_key *key, struct order *out) MUST_CHECK;

#endif
