/* SPDX-License-Identifier: Apache-2.0 */
/* points.c: a user's own points. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/points.h"

static const struct json_view expiring_view[] = {
	VIEW_I64(struct points_expiring, points, "points", 0),
	VIEW_TIME(struct points_expiring, expires_at_us, "expiresAt", 0),
	VIEW_END,
};

static const struct json_view balance_view[] = {
	VIEW_I64(struct points_balance, balance, "balance", 0),
	VIEW_I64(struct points_balance, held, "held", 0),
	VIEW_I64(struct points_balance, debt, "debt", 0),
	VIEW_I64(struct points_balance, earned, "totalEarned", 0),
	VIEW_I64(struct points_balance, spent, "totalSpent", 0),
	VIEW_LIST(struct points_balance, expiring, nexpiring, "expiring", expiring_view),
	VIEW_END,
};

/* GET /api/points/balance */
enum err
points_balance_get(struct req *r)
{
	struct points_balance out = { 0 };
	enum err e;

	if ((e = points_balance(r->mall, r->caller.id, &out)) != E_OK)
		return e;
	return reply_json(r, 200, balance_view, &out);
}

static const char *const type_words[] = {
	"payment_reward", "mall_exchange", "mall_refund", "payment_refund", "debt_settlement", "adjust", "expire", NULL,
};

struct records_query {
	const char	*type;
	struct keyset	 cursor;
	int64_t		 limit;
};

const struct query_field records_query[] = {
	QUERY_STRUCT(struct records_query),
	QUERY_NAME(struct records_query, type, "type", type_words),
	QUERY_LIMIT(struct records_query, limit),
	QUERY_CURSOR(struct records_query, cursor),
	QUERY_LAST,
};

static const struct json_view record_view[] = {
	VIEW_STR(struct points_record, id, "id", 0),
	VIEW_STR(struct points_record, type, "type", 0),
	VIEW_I64(struct points_record, points, "points", 0),
	VIEW_I64(struct points_record, balance_after, "balanceAfter", 0),
	VIEW_STR(struct points_record, description, "description", 0),
	VIEW_STR(struct points_record, related_id, "relatedId", 0),
	VIEW_TIME(struct points_record, created_at_us, "createdAt", 0),
	VIEW_END,
};

/* GET /api/points/records */
enum err
points_records_get(struct req *r)
{
	const struct records_query *q = r->query;
	struct points_record *items;
	struct keyset next;
	size_t n;
	enum err e;

	e = points_records(r->mall, r->caller.id, q->type, &q->cursor, q->limit, &items, &n, &next);
	if (e != E_OK)
		return e;
	return reply_page(r, record_view, items, sizeof(*items), n, &next);
}
