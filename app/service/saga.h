/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saga.h: an order's points where they live in another database.
 *
 * The order's own transaction writes a row of sagas that says what is to be done there. Each step is one transaction of the
 * points' database, and carries its own record there (a row of points_sources), so that it can be repeated, come late or
 * never, and be compensated before it came. The end is one transaction of the mall's again: the order, the saga's row and the
 * answer of the request's key. The caller goes through the steps itself for as long as it waits; whatever is broken
 * off, by whatever, jobs brings to an end.
 */
#ifndef SERVICE_SAGA_H
#define SERVICE_SAGA_H

#include "service/audit.h"
#include "service/settle.h"

enum saga_state {
	SAGA_FORWARD = 0, SAGA_BACK, SAGA_DONE, SAGA_REFUSED, SAGA_STUCK, SAGA__MAX
};

struct saga {
	const char	*id;
	int64_t		 kind;		/* 1 takes points, 2 gives points */
	int64_t		 state;		/* enum saga_state */
	bool		 confirm;	/* what becomes of an order whose points were taken */
	const char	*order_id;
	const char	*user_id;
	int64_t		 points;
	const char	*description;
	int64_t		 attempts;
	int64_t		 next_at_us;
	const char	*last_error;
	int64_t		 created_at_us;
	int64_t		 updated_at_us;
};

/* The parts of settle.h's functions for points that live apart. */
void saga_begin(struct db_batch *b, struct mall *m, struct settlement *s);
void saga_keep(struct mall *m, const struct settlement *s);
enum err saga_wait(struct mall *m, struct settlement *s) MUST_CHECK;

/* One step of the task: goes on with the sagas that are due. *more: others are. */
enum err saga_recover(struct mall *m, bool *more) MUST_CHECK;

/* For operators. Newest first; state I64_NONE: all. */
enum err saga_list(struct mall *m, int64_t state, const struct keyset *after, int64_t limit, struct saga **items, size_t *n,
    struct keyset *next, int64_t *total) MUST_CHECK;
/* A stuck one is tried again. E_NOT_FOUND; E_STATE: it is not stuck. */
enum err saga_retry(struct mall *m, const struct actor *who, const char *id, const struct once *once,
    struct saga *out) MUST_CHECK;

#endif
