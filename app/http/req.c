/* SPDX-License-Identifier: Apache-2.0 */
/* req.c: what handlers read of a request, and what they answer. */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/ids.h"
#include "http/query.h"
#include "http/req.h"

static bool
is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	return strncasecmp(type, json, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

enum err
req_json(struct req *r, const struct json_field *fields, void *out)
{
	if (!is_json(r->content_type))
		return E_MEDIA_TYPE;
	return json_decode(r->body, r->body_len, fields, r->arena, r->fault, out);
}

enum err
req_id(struct req *r, size_t n, const char **out)
{
	assert(n < ROUTE_PARAMS_MAX && r->params[n] != NULL);
	*out = r->params[n];
	return id_valid(*out) ? E_OK : E_NOT_FOUND;
}

static const char *
render_view(void *arg, const void *result, struct arena *a, size_t *len)
{
	struct buf b;

	buf_init(&b, a, 1024);
	json_encode(&b, arg, result);
	*len = b.len;
	return b.p;
}

/* The ETag at *at, which is passed: *version is I64_NONE where it is not ours. False: there is none. */
static bool
take_tag(const char **at, int64_t *version)
{
	const char *p = *at;
	bool weak = strncmp(p, "W/", 2) == 0;
	char digits[24] = "";
	size_t n;

	p += weak ? 2 : 0;
	if (*p++ != '"')
		return false;
	n = strcspn(p, "\" \t");
	if (p[n] != '"')
		return false;
	if (n < sizeof(digits))
		memcpy(digits, p, n);
	if (weak || !num_parse(digits, 0, INT32_MAX, version))
		*version = I64_NONE;
	*at = p + n + 1;
	return true;
}

/* Past blanks; whether a member of the list can begin there, or end. */
static bool
at_edge(const char **at)
{
	*at += strspn(*at, " \t");
	return **at == ',' || **at == '\0';
}

void
req_seen(const struct req *r, struct seen *out)
{
	const char *p = r->if_match;
	int64_t *versions = arena_array(r->arena, strlen(p) / 2 + 1, sizeof(*versions));

	*out = (struct seen){ .any = *p == '\0' || strcmp(p, "*") == 0, .versions = versions };
	while (!out->any && *p != '\0') {
		if (at_edge(&p)) {
			p += *p == ',';
			continue;
		}
		if (!take_tag(&p, &versions[out->n]) || !at_edge(&p)) {
			out->n = 0;
			return;
		}
		out->n += versions[out->n] != I64_NONE;
	}
}

struct actor
req_actor(const struct req *r)
{
	bool admin = r->caller.role == WHO_ADMIN;

	return (struct actor){ admin ? "admin" : "merchant", r->caller.id, admin ? NULL : r->caller.merchant, r->id };
}

const struct once *
req_once(struct req *r, int status, const struct json_view *view)
{
	r->once.status = status;
	r->once.render = render_view;
	r->once.arg = (void *)(uintptr_t)view;
	return &r->once;
}

static void
set_body(struct req *r, int status, const char *type, const struct buf *b)
{
	assert(r->reply.status == 0);
	r->reply.status = status;
	r->reply.type = type;
	r->reply.body = b->p;
	r->reply.len = b->len;
}

enum err
reply_json(struct req *r, int status, const struct json_view *view, const void *p)
{
	struct buf b;

	buf_init(&b, r->arena, 4096);
	json_encode(&b, view, p);
	set_body(r, status, "application/json", &b);
	return E_OK;
}

enum err
reply_versioned(struct req *r, int status, const struct json_view *view, const void *p, int64_t version)
{
	r->reply.version = version;
	return reply_json(r, status, view, p);
}

enum err
reply_empty(struct req *r, int status)
{
	struct buf none = { r->arena, NULL, 0, 0 };

	set_body(r, status, NULL, &none);
	return E_OK;
}

static void
page_start(struct req *r, const struct json_view *view, const void *items, size_t stride, size_t n,
    const struct keyset *next, struct buf *b)
{
	buf_init(b, r->arena, 16384);
	buf_adds(b, "{\"items\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		json_encode(b, view, (const char *)items + i * stride);
	}
	buf_adds(b, "],\"nextCursor\":");
	json_encode_str(b, cursor_encode(r, next));
}

enum err
reply_page(struct req *r, const struct json_view *view, const void *items, size_t stride, size_t n,
    const struct keyset *next)
{
	struct buf b;

	page_start(r, view, items, stride, n, next, &b);
	buf_addc(&b, '}');
	set_body(r, 200, "application/json", &b);
	return E_OK;
}

enum err
reply_page_total(struct req *r, const struct json_view *view, const void *items, size_t stride, size_t n,
    const struct keyset *next, int64_t total)
{
	struct buf b;

	page_start(r, view, items, stride, n, next, &b);
	buf_printf(&b, ",\"total\":%lld}", (long long)total);
	set_body(r, 200, "application/json", &b);
	return E_OK;
}
