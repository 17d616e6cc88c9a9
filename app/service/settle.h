/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle.h: the points side of an order's move. Whether the points change in the order's own transaction or, where they
 * live in another database, as a saga, is known here and nowhere else.
 *
 * A caller fills a struct settlement, and then: settle_prepare() before the transaction; inside it, on every run of it,
 * settle_points() at the place of the user's row in the lock order, settle_events() at the outbox's and, when the batch was run
 * and the result says how things stand then (balance, settling), settle_keep() in place of once_keep(); settle_finish()
 * once it is committed. A saga answers twice: first, if the caller cannot wait any longer, by the result as it was at
 * settle_keep(), or by the one that tell has brought up to date.
 */
#ifndef SERVICE_SETTLE_H
#define SERVICE_SETTLE_H

#include "service/ledger.h"
#include "service/mall.h"
#include "service/once.h"

struct db_batch;
struct order;

struct settlement {
	/* what is to happen */
	const char	*user_id;
	const char	*order_id;
	int64_t		 points;	/* below 0: the order's cost is taken; above: it is given back */
	const char	*description;	/* of the record */
	bool		 confirm;	/* of points that are taken apart: the order is then confirmed, else held */
	/* the order's own event, which is written whatever becomes of the points; order_type NULL: none */
	const char	*order_type;
	const char	*order_targets;
	const char	*order_payload;
	/* who waits for it */
	const struct once *once;
	void		*result;	/* what once renders */
	/* Brings result up to date, when a saga has come to its end: the settlement's balance and settling, the order as it is now.
	 * NULL: nobody waits for that. */
	void		(*tell)(void *result, const struct settlement *s, const struct order *o);
	/* what became of it */
	int64_t		 balance;	/* the user's, afterwards; I64_NONE while that is not known */
	bool		 settling;	/* the saga still runs */
	char		 saga_id[ID_LEN + 1];
	int64_t		 owner;		/* what locking the user's row gave; of no meaning */
	/* between the functions below: what settle_prepare() read, what settle_points() added */
	struct points_expiring	*dated;
	size_t			 ndated;
	struct ledger_change	 change;
};

/* Whether the points live in another database: then an order begins as a hold that is settling. */
bool settle_apart(const struct mall *m);

/* What a user has, where the points live apart; does nothing where the user's own row says it. E_DOWN where it cannot be told
 * within the caller's wait. */
enum err settle_funds(struct mall *m, const char *user_id, int64_t *balance, int64_t *debt) MUST_CHECK;

/* Reads what the giving back needs to know. Outside the transaction. */
enum err settle_prepare(struct mall *m, struct settlement *s) MUST_CHECK;
/* Adds the change of the balance, guarded, and its record. */
void settle_points(struct db_batch *b, struct mall *m, struct settlement *s);
/* Adds the events of the points and of the order, and reads the balance. */
void settle_events(struct db_batch *b, struct mall *m, struct settlement *s);
/* Last in the transaction: the answer. */
void settle_keep(struct mall *m, const struct settlement *s);
/* After COMMIT: E_OK, with the settlement's end or with settling; E_POINTS where they could not be had; E_CONFLICT: the
 * key has its answer (the dispatcher then answers from it). */
enum err settle_finish(struct mall *m, struct settlement *s) MUST_CHECK;

#endif
