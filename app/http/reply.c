/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: the head of a reply. */
#include <inttypes.h>

#include "base/clock.h"
#include "http/reply.h"
#include "service/answer.h"

/* nginx 1.22 heeds Cache-Control here only if it comes before X-Accel-Expires. */
static void
head_of_copy(struct buf *b, const struct answer *a)
{
	buf_adds(b, "Cache-Control: stale-while-revalidate=1\r\n");
	buf_printf(b, "X-Accel-Expires: @%" PRId64 "\r\n", a->t_read_us / US_PER_S);
	buf_printf(b, "ETag: %s\r\n", a->etag);
}

/* RFC 9110, 15; a client reads the number, but a status line without words is none. */
static const char *
reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} reasons[] = {
		{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" }, { 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

static void
add_length(const struct reply *reply, struct buf *b)
{
	if (reply->filename != NULL)
		buf_printf(b, "Content-Disposition: attachment; filename=\"%s\"\r\n", reply->filename);
	else if (reply->status != 304 && reply->status != 204)
		buf_printf(b, "Content-Length: %zu\r\n", reply->len);
}

void
reply_head(const struct req *r, struct buf *b)
{
	const struct reply *reply = &r->reply;

	buf_printf(b, "Status: %d %s\r\nX-Request-Id: %s\r\n", reply->status, reason(reply->status), r->id);
	if (reply->copy != NULL)
		head_of_copy(b, reply->copy);
	else
		buf_adds(b, "Cache-Control: no-store\r\n");
	if (reply->type != NULL)
		buf_printf(b, "Content-Type: %s\r\n", reply->type);
	add_length(reply, b);
	if (reply->version != I64_NONE)
		buf_printf(b, "ETag: \"%" PRId64 "\"\r\n", reply->version);
	if (reply->allow != NULL)
		buf_printf(b, "Allow: %s\r\n", reply->allow);
	if (reply->retry_after_s > 0)
		buf_printf(b, "Retry-After: %d\r\n", reply->retry_after_s);
	if (reply->replayed)
		buf_adds(b, "Idempotency-Replayed: true\r\n");
	if (reply->status == 401)
		buf_adds(b, "WWW-Authenticate: Bearer\r\n");
	buf_adds(b, "\r\n");
}
