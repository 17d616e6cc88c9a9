/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: the table of invariants; sql/query/verify.sql asks for each one's breaches. */
#include <assert.h>

#include "service/verify.h"
#include "store/db.h"

static const struct {
	enum query	 query;
	const char	*invariant;
} checks[] = {
	{ Q_VERIFY_POINTS_SUM, "a user's balance is the sum of the points records" },
	{ Q_VERIFY_POINTS_LAST, "a user's balance and number are those of the last points record" },
	{ Q_VERIFY_POINTS_CHAIN, "points records follow from each other, numbered without a gap" },
	{ Q_VERIFY_POINTS_OWNER, "every points record has its user" },
	{ Q_VERIFY_POINTS_TOTALS, "points earned and spent are what the records add up to" },
	{ Q_VERIFY_STOCK_LAST, "a product's stock and number are those of the last inventory record" },
	{ Q_VERIFY_STOCK_CHAIN, "inventory records follow from each other, numbered without a gap" },
	{ Q_VERIFY_STOCK_TYPE, "an inventory record changes the stock in the direction of its type" },
	{ Q_VERIFY_STOCK_OWNER, "every inventory record has its product" },
	{ Q_VERIFY_RESERVED, "what is reserved is what pending orders and open reservations hold" },
	{ Q_VERIFY_SALES, "a product's sales are the pieces of its confirmed orders" },
	{ Q_VERIFY_ORDER_TAKEN, "an order's points were taken exactly once" },
	{ Q_VERIFY_ORDER_GIVEN_BACK,
	    "an order's points were given back exactly once if it is cancelled or returned, else never" },
	{ Q_VERIFY_ORDER_OF_RECORD, "every record of an exchange or its refund has its order" },
	{ Q_VERIFY_ORDER_STOCK, "an order's pieces left the stock, and came back if it is cancelled" },
	{ Q_VERIFY_ORDER_COST, "an order costs its pieces times their price" },
	{ Q_VERIFY_ORDER_PLACES, "every order has its user and its product" },
	{ Q_VERIFY_COUNTER, "a purchase counter is the pieces of the user's orders" },
	{ Q_VERIFY_COUNTER_EXTRA, "no purchase counter counts without an order" },
	{ Q_VERIFY_KEY_ANSWER, "every idempotency key has its answer" },
	{ Q_VERIFY_ANSWER_KEY, "every stored answer has its idempotency key" },
	{ Q_VERIFY_EVENT_EXCHANGED, "every exchange has its event, once" },
	{ Q_VERIFY_EVENT_CANCELLED, "every cancellation has its event, once" },
};

static const struct db_col breach_cols[] = {
	DB_STR(struct verify_breach, id), DB_STR(struct verify_breach, what), DB_END
};

size_t
verify_count(void)
{
	return sizeof(checks) / sizeof(checks[0]);
}

const char *
verify_invariant(size_t i)
{
	assert(i < verify_count());
	return checks[i].invariant;
}

enum err
verify_run(struct db *db, size_t i, struct arena *a, struct verify_breach **breaches, size_t *n)
{
	assert(i < verify_count());
	return db_rows(db, checks[i].query, NO_ARGS, breach_cols, a, sizeof(**breaches), VERIFY_BREACHES_MAX,
	    breaches, n);
}
