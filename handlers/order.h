/* SPDX-License-Identifier: Apache-2.0 */
/* order.h: how orders are shown, to their users and to operators. */
#ifndef HANDLERS_ORDER_H
#define HANDLERS_ORDER_H

#include "base/json.h"
#include "service/order.h"

/* Where an order goes, of struct delivery: as it is asked for, and as it is stored. */
extern const struct json_field delivery_in[];
extern const struct json_view delivery_stored_view[];

extern const struct json_view order_view[];		/* of struct order */
extern const struct json_view order_operator_view[];	/* the same with what operators need beside it */

/* A user's move: one answer for all but confirm, which answers as exchange does. */
extern const struct json_view moved_view[];		/* of struct move_done */
extern const struct json_view confirmed_view[];
/* An operator's: the receiver's telephone number is to be masked before. */
extern const struct json_view operator_moved_view[];

#endif
