/* SPDX-License-Identifier: Apache-2.0 */
/* adjust.h: a user's points corrected by an operator. */
#ifndef SERVICE_ADJUST_H
#define SERVICE_ADJUST_H

#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"

#define ADJUST_MAX INT64_C(1000000000)

struct adjustment {
	const char	*user_id;
	int64_t		 points;	/* below 0: taken away; ADJUST_MAX at most either way, and not 0 */
	const char	*description;
};

struct adjusted {
	const char	*user_id;
	const char	*record_id;
	int64_t		 points;
	int64_t		 balance;	/* afterwards */
	int64_t		 debt;
};

/* With its record, event and line in the audit log. Points given settle what the user owes first. E_NOT_FOUND;
 * E_POINTS: fewer are there than are to be taken away. Where the points live apart, the line is written with them and then carried
 * to the log (audit_send()). */
enum err user_adjust(struct mall *m, const struct actor *who, const struct adjustment *in, const struct once *once,
    struct adjusted *out) MUST_CHECK;

#endif
