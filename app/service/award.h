/* SPDX-License-Identifier: Apache-2.0 */
/* award.h: points for payments. */
#ifndef SERVICE_AWARD_H
#define SERVICE_AWARD_H

#include "service/mall.h"

/* What a payment earns: a point for each whole yuan, times the merchant's rate in hundredths (I64_NONE: it has none, 100),
 * rounded down each time. false: it cannot be counted. */
bool award_points(int64_t amount_fen, int64_t rate, int64_t *points) MUST_CHECK;

struct payment {
	const char	*order_id;	/* its number, whichever way it came: it earns once */
	const char	*user_id;
	int64_t		 amount_fen;
	const char	*merchant_id;	/* NULL: none */
};

/* Awards them in a transaction of its own. E_OK also where they were awarded before, or where there are none;
 * E_NOT_FOUND: no such user. */
enum err award_payment(struct mall *m, const struct payment *p) MUST_CHECK;

#endif
