/* SPDX-License-Identifier: Apache-2.0 */
/* admin_user.c: users, their points and their status, for admins. */
#include "handlers/handlers.h"
#include "http/query.h"
#include "service/adjust.h"
#include "service/user_admin.h"

struct users_query {
	const char	*q;
	int64_t		 blocked;
	struct keyset	 cursor;
	int64_t		 limit;
};

const struct query_field admin_users_query[] = {
	QUERY_STRUCT(struct users_query),
	QUERY_TEXT(struct users_query, q, "q", 64),
	QUERY_FLAG(struct users_query, blocked, "blocked"),
	QUERY_LIMIT(struct users_query, limit),
	QUERY_CURSOR(struct users_query, cursor),
	QUERY_LAST,
};

static const struct json_view brief_points_view[] = {
	VIEW_I64(struct points_balance, balance, "balance", 0),
	VIEW_I64(struct points_balance, debt, "debt", 0),
	VIEW_END,
};

static const struct json_view brief_view[] = {
	VIEW_STR(struct user_row, id, "id", 0),
	VIEW_STR(struct user_row, nickname, "nickname", 0),
	VIEW_STR(struct user_row, avatar, "avatar", 0),
	VIEW_STR(struct user_row, openid, "openid", 0),
	VIEW_BOOL(struct user_row, blocked, "blocked", 0),
	VIEW_TIME(struct user_row, blocked_at_us, "blockedAt", 0),
	VIEW_STR(struct user_row, blocked_reason, "blockedReason", 0),
	VIEW_IN(struct user_row, points, "points", brief_points_view),
	VIEW_I64(struct user_row, version, "version", 0),
	VIEW_TIME(struct user_row, created_at_us, "createdAt", 0),
	VIEW_END,
};

static const struct json_view points_view[] = {
	VIEW_I64(struct points_balance, balance, "balance", 0),
	VIEW_I64(struct points_balance, held, "held", 0),
	VIEW_I64(struct points_balance, debt, "debt", 0),
	VIEW_I64(struct points_balance, earned, "totalEarned", 0),
	VIEW_I64(struct points_balance, spent, "totalSpent", 0),
	VIEW_END,
};

static const struct json_view user_view_full[] = {
	VIEW_STR(struct user_row, id, "id", 0),
	VIEW_STR(struct user_row, nickname, "nickname", 0),
	VIEW_STR(struct user_row, avatar, "avatar", 0),
	VIEW_STR(struct user_row, openid, "openid", 0),
	VIEW_STR(struct user_row, unionid, "unionid", 0),
	VIEW_BOOL(struct user_row, blocked, "blocked", 0),
	VIEW_TIME(struct user_row, blocked_at_us, "blockedAt", 0),
	VIEW_STR(struct user_row, blocked_reason, "blockedReason", 0),
	VIEW_IN(struct user_row, points, "points", points_view),
	VIEW_I64(struct user_row, version, "version", 0),
	VIEW_TIME(struct user_row, created_at_us, "createdAt", 0),
	VIEW_END,
};

/* GET /api/admin/users */
enum err
admin_users_get(struct req *r)
{
	const struct users_query *q = r->query;
	struct user_filter f = { q->q, q->blocked };
	struct user_row *items;
	struct keyset next;
	int64_t total;
	size_t n;
	enum err e;

	if ((e = users_list(r->mall, &f, &q->cursor, q->limit, &items, &n, &next, &total)) != E_OK)
		return e;
	return reply_page_total(r, brief_view, items, sizeof(*items), n, &next, total);
}

/* GET /api/admin/users/:id: in full, which the audit log notes. */
enum err
admin_user_get_one(struct req *r)
{
	struct actor who = req_actor(r);
	struct user_row out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = user_view(r->mall, &who, id, &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, user_view_full, &out, out.version);
}

struct points_in {
	int64_t		 points;
	const char	*description;
};

static const struct json_field points_in[] = {
	JSON_I64(struct points_in, points, "points", JSON_REQUIRED, -ADJUST_MAX, ADJUST_MAX),
	JSON_STR(struct points_in, description, "description", JSON_REQUIRED, 1, 200),
	JSON_END,
};

static const struct json_view adjusted_view[] = {
	VIEW_STR(struct adjusted, user_id, "userId", 0),
	VIEW_STR(struct adjusted, record_id, "recordId", 0),
	VIEW_I64(struct adjusted, points, "points", 0),
	VIEW_I64(struct adjusted, balance, "balance", 0),
	VIEW_I64(struct adjusted, debt, "debt", 0),
	VIEW_END,
};

/* POST /api/admin/users/:id/points: gives points, or takes them away. */
enum err
admin_user_points_post(struct req *r)
{
	struct points_in in = { 0, NULL };
	struct actor who = req_actor(r);
	struct adjustment wish;
	struct adjusted out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = req_json(r, points_in, &in)) != E_OK)
		return e;
	if (in.points == 0)
		return fault_field(r->fault, "points", "不能为 0", "must not be 0");
	wish = (struct adjustment){ id, in.points, in.description };
	if ((e = user_adjust(r->mall, &who, &wish, req_once(r, 200, adjusted_view), &out)) != E_OK)
		return e;
	return reply_json(r, 200, adjusted_view, &out);
}

struct status_in {
	bool		 blocked;
	const char	*reason;
};

static const struct json_field status_in[] = {
	JSON_BOOL(struct status_in, blocked, "blocked", JSON_REQUIRED),
	JSON_STR(struct status_in, reason, "reason", JSON_REQUIRED, 1, 200),
	JSON_END,
};

/* POST /api/admin/users/:id/status: blocks and unblocks. */
enum err
admin_user_status_post(struct req *r)
{
	struct status_in in = { false, NULL };
	struct actor who = req_actor(r);
	struct user_status wish;
	struct user_row out;
	const char *id;
	enum err e;

	if ((e = req_id(r, 0, &id)) != E_OK || (e = req_json(r, status_in, &in)) != E_OK)
		return e;
	wish = (struct user_status){ .blocked = in.blocked, .reason = in.reason };
	req_seen(r, &wish.seen);
	if ((e = user_set_status(r->mall, &who, id, &wish, req_once(r, 200, brief_view), &out)) != E_OK)
		return e;
	return reply_versioned(r, 200, brief_view, &out, out.version);
}
