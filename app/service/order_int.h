/* SPDX-License-Identifier: Apache-2.0 */
/* order_int.h: what order.c and order_move.c share. */
#ifndef SERVICE_ORDER_INT_H
#define SERVICE_ORDER_INT_H

#include "service/order.h"

struct db;

/* order_get() by a connection of the caller's choice: inside a transaction, by the transaction's. */
enum err order_read(struct mall *m, struct db *db, const struct order_key *key, struct order *out) MUST_CHECK;

#endif
