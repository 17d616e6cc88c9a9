/* SPDX-License-Identifier: Apache-2.0 */
/* order_event.h: what is told of orders: types, targets and payloads, as a table. No personal data in any of them. */
#ifndef SERVICE_ORDER_EVENT_H
#define SERVICE_ORDER_EVENT_H

#include "base/arena.h"
#include "base/json.h"

enum order_event {
	TOLD_NOTHING = 0, TOLD_EXCHANGED, TOLD_HELD, TOLD_SHIPPED, TOLD_TRACKED, TOLD_DELIVERED, TOLD_COMPLETED,
	TOLD_CANCELLED, TOLD_RETURN_ASKED, TOLD_RETURN_REFUSED, TOLD_RETURNED, TOLD__MAX
};

/* What a payload may be made of. */
struct order_told {
	const char	*user_id;
	const char	*product_id;
	const char	*order_id;
	int64_t		 quantity;
	int64_t		 points_cost;
	int64_t		 status;
	int64_t		 delivery_status;
	const char	*reason;	/* the shop's, or NULL; never what a user wrote */
};

struct order_event_def {
	const char		*type;		/* NULL: no event */
	const char		*targets;	/* JSON */
	const struct json_view	*payload;	/* of struct order_told */
};

extern const struct order_event_def order_events[TOLD__MAX];

#endif
