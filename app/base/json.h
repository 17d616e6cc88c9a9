/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h: JSON in and out, as tables. It lives in base because the outside world's answers (wechat)
 * and the payloads of events (service) are JSON too; json_in.c alone includes json-c.
 *
 * In:  the bytes are first held against RFC 8259 (json_check: json-c coerces and forgives), then
 *      read member by member as a field table says. Nothing is coerced; all bad members are named.
 * Out: a view table says which members of a struct are written, in which form.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"

#define JSON_DEPTH_MAX 32
#define JSON_MEMBERS_MAX 256

/* Whether p[0..n) is exactly one JSON text: UTF-8 without a byte order mark, no duplicate members
 * (compared after unescaping), no NaN, raw control characters, single quotes, lone surrogates, comments or
 * trailing text, no deeper than JSON_DEPTH_MAX, no object over JSON_MEMBERS_MAX members.
 * NULL where it is; else what is wrong, in English, as a static string; *at is the offset. */
const char *json_check(const char *p, size_t n, struct arena *a, size_t *at);
/* The same of a value that is to stand so many levels deep in another. */
const char *json_check_within(const char *p, size_t n, unsigned levels, struct arena *a, size_t *at);

/* ---- in ---- */

enum json_in_type {
	JSON_IN_END = 0,
	JSON_IN_STR,	/* const char *: min..max code points, no control characters */
	JSON_IN_WORDS,	/* const char *: the same, but not white space alone */
	JSON_IN_TEXT,	/* const char *: the same as STR, but line breaks and tabs are allowed */
	JSON_IN_ID,	/* const char *: a UUID in lower case */
	JSON_IN_I64,	/* int64_t: an integer within min..max */
	JSON_IN_BOOL,	/* bool */
	JSON_IN_TIME,	/* int64_t: RFC 3339, as microseconds */
	JSON_IN_OBJ,	/* struct x *: sub's fields, allocated */
	JSON_IN_LIST,	/* struct x *, and a size_t count: min..max objects of sub's fields */
	JSON_IN_STRS,	/* const char **, and a size_t count: min..max strings of at most 512 characters */
	JSON_IN_RAW,	/* const char *: any object, as JSON text again; max bytes, min levels deep at most */
	JSON_IN_YUAN,	/* const char *: a number from 0 to max with at most two decimals, as text */
	JSON_IN_URL,	/* const char *: an address (https://…, or /… of this site) of at most max characters */
	JSON_IN_URLS	/* const char *: at most max such addresses, as JSON text again */
};

#define JSON_REQUIRED 1u
#define JSON_OPTIONAL 0u	/* absent: the member of the struct stays as it was */
#define JSON_NULLABLE 2u	/* null is allowed and sets NULL, 0 or I64_NONE */
#define JSON_LENIENT 4u		/* on the first row: unknown members are passed over (other people's JSON) */

struct json_field {
	enum json_in_type	 type;
	unsigned		 flags;
	const char		*name;
	size_t			 off;
	size_t			 count_off;
	int64_t			 min;
	int64_t			 max;
	const struct json_field	*sub;
	size_t			 sub_size;
};

/* offsetof, and a compile-time error where the member is not of type t. */
#define JSON_OFF(s, m, t) (offsetof(s, m) + 0 * sizeof(char[_Generic(((s *)0)->m, t: 1, default: -1)]))

#define JSON_STR(s, m, name, flags, min, max) { JSON_IN_STR, flags, name, JSON_OFF(s, m, const char *), 0, min, max, NULL, 0 }
#define JSON_WORDS(s, m, name, flags, min, max) { JSON_IN_WORDS, flags, name, JSON_OFF(s, m, const char *), 0, min, max, NULL, 0 }
#define JSON_TEXT(s, m, name, flags, min, max) { JSON_IN_TEXT, flags, name, JSON_OFF(s, m, const char *), 0, min, max, NULL, 0 }
#define JSON_ID(s, m, name, flags) { JSON_IN_ID, flags, name, JSON_OFF(s, m, const char *), 0, 0, 0, NULL, 0 }
#define JSON_I64(s, m, name, flags, min, max) { JSON_IN_I64, flags, name, JSON_OFF(s, m, int64_t), 0, min, max, NULL, 0 }
#define JSON_BOOL(s, m, name, flags) { JSON_IN_BOOL, flags, name, JSON_OFF(s, m, bool), 0, 0, 0, NULL, 0 }
#define JSON_TIME(s, m, name, flags) { JSON_IN_TIME, flags, name, JSON_OFF(s, m, int64_t), 0, 0, 0, NULL, 0 }
#define JSON_OBJ(s, m, name, flags, fields) \
	{ JSON_IN_OBJ, flags, name, offsetof(s, m), 0, 0, 0, fields, sizeof(*((s *)0)->m) }
#define JSON_LIST(s, m, n, name, fields, min, max) \
	{ JSON_IN_LIST, JSON_REQUIRED, name, offsetof(s, m), JSON_OFF(s, n, size_t), min, max, fields, sizeof(*((s *)0)->m) }
#define JSON_STRS(s, m, n, name, flags, min, max) \
	{ JSON_IN_STRS, flags, name, JSON_OFF(s, m, const char **), JSON_OFF(s, n, size_t), min, max, NULL, 0 }
#define JSON_RAW(s, m, name, flags, max, levels) \
	{ JSON_IN_RAW, flags, name, JSON_OFF(s, m, const char *), 0, levels, max, NULL, 0 }
#define JSON_YUAN(s, m, name, flags, max) { JSON_IN_YUAN, flags, name, JSON_OFF(s, m, const char *), 0, 0, max, NULL, 0 }
#define JSON_URL(s, m, name, flags, max) { JSON_IN_URL, flags, name, JSON_OFF(s, m, const char *), 0, 1, max, NULL, 0 }
#define JSON_URLS(s, m, name, flags, max) { JSON_IN_URLS, flags, name, JSON_OFF(s, m, const char *), 0, 0, max, NULL, 0 }
#define JSON_END { JSON_IN_END, 0, NULL, 0, 0, 0, 0, NULL, 0 }

/* Reads one JSON object into the struct at out. Strings and lists are the arena's. Every bad member is named
 * in f, nested ones as "items[3].quantity"; text that is no JSON object at all is named as field "".
 * E_OK or E_INVALID; after E_INVALID the struct's content is undefined. */
enum err json_decode(const char *p, size_t n, const struct json_field *fields, struct arena *a, struct fault *f,
    void *out) MUST_CHECK;

/* The row of fields for the member of that name, or NULL. */
const struct json_field *json_field_named(const struct json_field *fields, const char *name);

/* ---- out ---- */

enum json_out_type {
	JSON_OUT_END = 0,
	JSON_OUT_STR,	/* const char *; NULL is null */
	JSON_OUT_I64,	/* int64_t; I64_NONE is null */
	JSON_OUT_BOOL,	/* bool */
	JSON_OUT_TIME,	/* int64_t microseconds; 0 and I64_NONE are null */
	JSON_OUT_RAW,	/* const char * of JSON text (or of a number); NULL is null */
	JSON_OUT_OBJ,	/* struct x * of sub; NULL is null */
	JSON_OUT_IN,	/* struct x within this one, of sub */
	JSON_OUT_LIST	/* struct x * and a size_t count */
};

#define JSON_OMIT_NULL 1u	/* leave the member out where it would be null (or false) */

struct json_view {
	enum json_out_type	 type;
	unsigned		 flags;
	const char		*name;
	size_t			 off;
	size_t			 count_off;
	const struct json_view	*sub;
	size_t			 stride;
};

#define VIEW_STR(s, m, name, flags) { JSON_OUT_STR, flags, name, JSON_OFF(s, m, const char *), 0, NULL, 0 }
#define VIEW_I64(s, m, name, flags) { JSON_OUT_I64, flags, name, JSON_OFF(s, m, int64_t), 0, NULL, 0 }
#define VIEW_BOOL(s, m, name, flags) { JSON_OUT_BOOL, flags, name, JSON_OFF(s, m, bool), 0, NULL, 0 }
#define VIEW_TIME(s, m, name, flags) { JSON_OUT_TIME, flags, name, JSON_OFF(s, m, int64_t), 0, NULL, 0 }
#define VIEW_RAW(s, m, name, flags) { JSON_OUT_RAW, flags, name, JSON_OFF(s, m, const char *), 0, NULL, 0 }
#define VIEW_OBJ(s, m, name, flags, view) { JSON_OUT_OBJ, flags, name, offsetof(s, m), 0, view, 0 }
#define VIEW_IN(s, m, name, view) { JSON_OUT_IN, 0, name, offsetof(s, m), 0, view, 0 }
#define VIEW_LIST(s, m, n, name, view) \
	{ JSON_OUT_LIST, 0, name, offsetof(s, m), JSON_OFF(s, n, size_t), view, sizeof(*((s *)0)->m) }
#define VIEW_END { JSON_OUT_END, 0, NULL, 0, 0, NULL, 0 }

/* Appends the object at p, as view says. */
void json_encode(struct buf *out, const struct json_view *view, const void *p);
/* The same, as text of its own. */
const char *json_text(struct arena *a, const struct json_view *view, const void *p);
/* Appends s as a JSON string, or null. */
void json_encode_str(struct buf *out, const char *s);

/* Whether s is valid UTF-8 (no surrogates, no overlong forms); *points gets the number of code points. */
bool utf8_valid(const char *s, size_t n, size_t *points);
/* Whether s is valid UTF-8 of min to max code points without control characters but those of except. */
bool text_valid(const char *s, size_t n, int64_t min, int64_t max, const char *except);
/* Whether s, which is valid UTF-8, is empty or white space alone. */
bool text_blank(const char *s);

#endif
