/* SPDX-License-Identifier: Apache-2.0 */
/* admin_audit.c: who changed what. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/audit.h"

static const struct json_view record_view[] = {
	VIEW_STR(struct audit_record, id, "id", 0),
	VIEW_STR(struct audit_record, actor, "actor", 0),
	VIEW_STR(struct audit_record, role, "role", 0),
	VIEW_STR(struct audit_record, merchant_id, "merchantId", 0),
	VIEW_STR(struct audit_record, action, "action", 0),
	VIEW_STR(struct audit_record, subject, "subject", 0),
	VIEW_STR(struct audit_record, subject_id, "subjectId", 0),
	VIEW_RAW(struct audit_record, before, "before", 0),
	VIEW_RAW(struct audit_record, after, "after", 0),
	VIEW_STR(struct audit_record, request_id, "requestId", 0),
	VIEW_TIME(struct audit_record, created_at_us, "createdAt", 0),
	VIEW_END,
};

struct audit_query {
	struct audit_filter	filter;
	struct keyset		cursor;
	int64_t			limit;
};

const struct query_field admin_audit_query[] = {
	QUERY_STRUCT(struct audit_query),
	QUERY_TEXT(struct audit_query, filter.actor, "actor", 80),
	QUERY_TEXT(struct audit_query, filter.subject, "subject", 32),
	QUERY_TEXT(struct audit_query, filter.subject_id, "subjectId", 36),
	QUERY_TEXT(struct audit_query, filter.action, "action", 64),
	QUERY_TIME(struct audit_query, filter.from_us, "from"),
	QUERY_TIME(struct audit_query, filter.until_us, "to"),
	QUERY_LIMIT(struct audit_query, limit),
	QUERY_CURSOR(struct audit_query, cursor),
	QUERY_LAST,
};

/* GET /api/admin/audit */
enum err
admin_audit_get(struct req *r)
{
	const struct audit_query *q = r->query;
	struct audit_record *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = audit_list(r->mall, &q->filter, &q->cursor, q->limit, &items, &n, &next, &total)) != E_OK)
		return e;
	return reply_page_total(r, record_view, items, sizeof(*items), n, &next, total);
}
