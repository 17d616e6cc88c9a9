/* SPDX-License-Identifier: Apache-2.0 */
/* admin_saga.c: sagas, as operators see them: which run, which are stuck, and those once more. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/saga.h"

static const struct json_view saga_view[] = {
	VIEW_STR(struct saga, id, "id", 0),
	VIEW_I64(struct saga, kind, "kind", 0),
	VIEW_I64(struct saga, state, "state", 0),
	VIEW_STR(struct saga, order_id, "orderId", 0),
	VIEW_STR(struct saga, user_id, "userId", 0),
	VIEW_I64(struct saga, points, "points", 0),
	VIEW_I64(struct saga, attempts, "attempts", 0),
	VIEW_TIME(struct saga, next_at_us, "nextAt", 0),
	VIEW_STR(struct saga, last_error, "lastError", 0),
	VIEW_TIME(struct saga, created_at_us, "createdAt", 0),
	VIEW_TIME(struct saga, updated_at_us, "updatedAt", 0),
	VIEW_END,
};

struct sagas_query {
	int64_t		state;
	struct keyset	cursor;
	int64_t		limit;
};

const struct query_field admin_sagas_query[] = {
	QUERY_STRUCT(struct sagas_query),
	QUERY_I64(struct sagas_query, state, "state", I64_NONE, 0, SAGA__MAX - 1),
	QUERY_LIMIT(struct sagas_query, limit),
	QUERY_CURSOR(struct sagas_query, cursor),
	QUERY_LAST,
};

/* GET /api/admin/sagas */
enum err
admin_sagas_get(struct req *r)
{
	const struct sagas_query *q = r->query;
	struct saga *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = saga_list(r->mall, q->state, &q->cursor, q->limit, &items, &n, &next, &total)) != E_OK)
		return e;
	return reply_page_total(r, saga_view, items, sizeof(*items), n, &next, total);
}

/* POST /api/admin/sagas/:id/retry */
enum err
admin_saga_retry_post(struct req *r)
{
	struct actor who = req_actor(r);
	struct saga out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK ||
	    (e = saga_retry(r->mall, &who, id, req_once(r, 200, saga_view), &out)) != E_OK)
		return e;
	return reply_json(r, 200, saga_view, &out);
}
