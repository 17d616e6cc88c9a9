/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h: changes of a user's points, as statements for a batch. They touch the user's points, points_records,
 * points_lots, points_sources and the outbox, so any DB_BATCH connection to where these tables are will do. Lock order:
 * the source's row, the user's, and at the end the outbox.
 */
#ifndef SERVICE_LEDGER_H
#define SERVICE_LEDGER_H

#include "base/ids.h"
#include "service/points.h"

struct db_batch;

enum ledger_kind {
	LEDGER_TAKE = 1,	/* an order's cost: not of a blocked user, nor of one in debt */
	LEDGER_GIVE_BACK,	/* an order's cost again */
	LEDGER_AWARD,		/* for a payment */
	LEDGER_ADJUST_UP,	/* by an operator */
	LEDGER_ADJUST_DOWN
};

/* What a row of points_sources says of its source. */
enum ledger_outcome {
	LEDGER_DONE = 1,	/* by the record that it names */
	LEDGER_BARRED		/* it must not happen any more */
};

struct ledger_change {
	enum ledger_kind		 kind;
	const char			*user_id;
	int64_t				 points;	/* above 0, either way */
	const char			*description;
	const char			*related_id;	/* the order's, the payment's; NULL: none */
	const char			*source;	/* unique, at most 200 bytes; NULL: what else is in the batch makes it so */
	/* Of points that come: which of them expire, and when. The others never do. Each is above 0. */
	const struct points_expiring	*dated;
	size_t				 ndated;
	/* made anew by each ledger_add() */
	char				 record_id[ID_LEN + 1];
	char				 debt_record_id[ID_LEN + 1];	/* of the debt that the points settle, if there is one */
};

/* Adds the source (if it has one), the guarded change of the balance, its record, the lots of dated points and, for points that
 * come, the settling of a debt. Returns the index of its first statement: a batch that fails with E_DUPLICATE there was
 * done before, and one that fails with E_GUARD at ledger_guard() could not be had. */
int ledger_add(struct db_batch *b, struct mall *m, struct ledger_change *c);
/* The index of the guarded change, from what ledger_add() returned. */
int ledger_guard(const struct ledger_change *c, int first);
/* Adds the events of what was added: of the change itself (unless it is told otherwise: EVENT_PAIR) and of the debt. */
void ledger_add_events(struct db_batch *b, struct mall *m, const struct ledger_change *c);
void ledger_add_debt_event(struct db_batch *b, struct mall *m, const struct ledger_change *c);
/* Adds a row that keeps a source from ever being done; E_DUPLICATE at the returned index: it was done, or barred. */
int ledger_bar(struct db_batch *b, struct mall *m, const char *user_id, const char *source);

/* "mall_exchange" and its like; "points.consumed" and its like. */
const char *ledger_record_type(enum ledger_kind kind);
const char *ledger_event_type(enum ledger_kind kind);

#endif
