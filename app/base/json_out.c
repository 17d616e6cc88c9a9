/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.c: structs to JSON, as view tables say. In workers (answers) and jobs (payloads). Text is UTF-8
 * already: it came through json_decode or from a database that knows nothing else.
 */
#include "base/json.h"

#include <string.h>

#include "base/clock.h"

/* What stands after the backslash: 0: the byte needs none; 'u': \u00XX. */
static const char escapes[256] = {
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
	['"'] = '"', ['\\'] = '\\',
};

static void view_object(struct buf *out, const struct json_view *view, const void *p);

/* The pointer to whatever type that stands at at; a void ** must not alias a struct x **. */
static const void *
get_pointer(const void *at)
{
	const void *p;

	memcpy(&p, at, sizeof(p));
	return p;
}

/* The first byte from p on that is escaped, or end. */
static const char *
plain_end(const char *p, const char *end)
{
	const uint64_t	ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
	uint64_t	w, quote, slash;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, sizeof(w));
		quote = w ^ ones * '"';
		slash = w ^ ones * '\\';
		/* A byte is 0 where subtracting 1 borrows into a high bit that it has not itself. */
		w = ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
		if ((w & highs) != 0)
			break;
	}
	while (p < end && escapes[(unsigned char)*p] == 0)
		p++;
	return p;
}

static void
add_escaped(struct buf *out, char c)
{
	static const char	hex[] = "0123456789abcdef";
	char			how = escapes[(unsigned char)c];

	if (how == 'u')
		buf_add(out, (char[]){ '\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15] }, 6);
	else
		buf_add(out, (char[]){ '\\', how }, 2);
}

void
json_encode_str(struct buf *out, const char *s)
{
	const char	*end, *stop;
	size_t		 n;
	char		*to;

	if (s == NULL) {
		buf_add(out, "null", 4);
		return;
	}
	n = strlen(s);
	end = s + n;
	to = buf_room(out, n + 2);
	*to = '"';
	out->len++;
	while ((stop = plain_end(s, end)) < end) {
		buf_add(out, s, (size_t)(stop - s));
		add_escaped(out, *stop);
		s = stop + 1;
	}
	to = buf_room(out, (size_t)(end - s) + 1);
	memcpy(to, s, (size_t)(end - s));
	to[end - s] = '"';
	to[end - s + 1] = '\0';
	out->len += (size_t)(end - s) + 1;
}

static void
encode_i64(struct buf *out, int64_t i)
{
	if (i == I64_NONE)
		buf_add(out, "null", 4);
	else
		buf_addi(out, i);
}

static void
encode_time(struct buf *out, int64_t us)
{
	char text[RFC3339_LEN + 3];

	if (us == 0 || us == I64_NONE) {
		buf_add(out, "null", 4);
		return;
	}
	clock_rfc3339(us, text + 1);
	text[0] = text[RFC3339_LEN + 1] = '"';
	buf_add(out, text, RFC3339_LEN + 2);
}

static void
encode_list(struct buf *out, const struct json_view *v, const char *first, size_t count)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		view_object(out, v->sub, first + i * v->stride);
	}
	buf_addc(out, ']');
}

static bool
is_null(const struct json_view *v, const void *at)
{
	switch (v->type) {
	case JSON_OUT_STR:
	case JSON_OUT_RAW:
	case JSON_OUT_OBJ:
		return get_pointer(at) == NULL;
	case JSON_OUT_I64:
		return *(const int64_t *)at == I64_NONE;
	case JSON_OUT_TIME:
		return *(const int64_t *)at == 0 || *(const int64_t *)at == I64_NONE;
	case JSON_OUT_BOOL:
		return !*(const bool *)at;
	default:
		return false;
	}
}

static void
encode_raw(struct buf *out, const char *text)
{
	buf_adds(out, text != NULL ? text : "null");
}

static void
encode_value(struct buf *out, const struct json_view *v, const char *base)
{
	const void *at = base + v->off;

	switch (v->type) {
	case JSON_OUT_STR:
		json_encode_str(out, get_pointer(at));
		break;
	case JSON_OUT_I64:
		encode_i64(out, *(const int64_t *)at);
		break;
	case JSON_OUT_BOOL:
		encode_raw(out, *(const bool *)at ? "true" : "false");
		break;
	case JSON_OUT_TIME:
		encode_time(out, *(const int64_t *)at);
		break;
	case JSON_OUT_RAW:
		encode_raw(out, get_pointer(at));
		break;
	case JSON_OUT_OBJ:
		view_object(out, v->sub, get_pointer(at));
		break;
	case JSON_OUT_IN:
		view_object(out, v->sub, at);
		break;
	case JSON_OUT_LIST:
		encode_list(out, v, get_pointer(at), *(const size_t *)(const void *)(base + v->count_off));
		break;
	case JSON_OUT_END:
		break;
	}
}

/* '"name":', after a comma where something stands before it. */
static void
add_name(struct buf *out, char before, const char *name)
{
	size_t	n = strlen(name);
	char	*to = buf_room(out, n + 4);

	to[0] = before;
	to[1] = '"';
	memcpy(to + 2, name, n);
	to[n + 2] = '"';
	to[n + 3] = ':';
	to[n + 4] = '\0';
	out->len += n + 4;
}

static void
view_object(struct buf *out, const struct json_view *view, const void *p)
{
	char before = '{';

	if (p == NULL) {
		buf_add(out, "null", 4);
		return;
	}
	for (const struct json_view *v = view; v->type != JSON_OUT_END; v++) {
		if ((v->flags & JSON_OMIT_NULL) && is_null(v, (const char *)p + v->off))
			continue;
		add_name(out, before, v->name);
		encode_value(out, v, p);
		before = ',';
	}
	if (before == '{')
		buf_addc(out, '{');
	buf_addc(out, '}');
}

void
json_encode(struct buf *out, const struct json_view *view, const void *p)
{
	view_object(out, view, p);
}

const char *
json_text(struct arena *a, const struct json_view *view, const void *p)
{
	struct buf b;

	buf_init(&b, a, 512);
	json_encode(&b, view, p);
	return b.p;
}
