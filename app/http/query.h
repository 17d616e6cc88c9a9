/* SPDX-License-Identifier: Apache-2.0 */
/* query.h: query strings as tables: what is read of them, in which range, with which default. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include "base/json.h"
#include "http/req.h"

enum query_type {
	QUERY_END = 0,
	QUERY_I64_T,	/* int64_t within min..max */
	QUERY_FLAG_T,	/* int64_t: true, 1 → 1; false, 0 → 0 */
	QUERY_ID_T,	/* const char *: a UUID */
	QUERY_WORD_T,	/* int64_t: which of words */
	QUERY_NAME_T,	/* const char *: which of words, as text */
	QUERY_TEXT_T,	/* const char *: min..max code points, no control characters */
	QUERY_TIME_T,	/* int64_t: RFC 3339, as microseconds; 0 where it is absent */
	QUERY_CURSOR_T	/* struct keyset: as this route's last page gave it */
};

struct query_field {
	enum query_type		 type;
	const char		*name;
	size_t			 off;
	int64_t			 def;	/* where it is absent */
	int64_t			 min;
	int64_t			 max;
	const char *const	*words;	/* ends with NULL */
	size_t			 size;	/* on the first row: of the struct */
};

#define QUERY_STRUCT(s) { QUERY_END, "", 0, 0, 0, 0, NULL, sizeof(s) }
#define QUERY_I64(s, m, name, def, min, max) { QUERY_I64_T, name, JSON_OFF(s, m, int64_t), def, min, max, NULL, 0 }
#define QUERY_FLAG(s, m, name) { QUERY_FLAG_T, name, JSON_OFF(s, m, int64_t), I64_NONE, 0, 0, NULL, 0 }
#define QUERY_ID(s, m, name) { QUERY_ID_T, name, JSON_OFF(s, m, const char *), 0, 0, 0, NULL, 0 }
#define QUERY_WORD(s, m, name, words) { QUERY_WORD_T, name, JSON_OFF(s, m, int64_t), 0, 0, 0, words, 0 }
#define QUERY_NAME(s, m, name, words) { QUERY_NAME_T, name, JSON_OFF(s, m, const char *), 0, 0, 0, words, 0 }
#define QUERY_TEXT(s, m, name, max) QUERY_TEXT_FROM(s, m, name, 1, max)
#define QUERY_TEXT_FROM(s, m, name, min, max) { QUERY_TEXT_T, name, JSON_OFF(s, m, const char *), 0, min, max, NULL, 0 }
#define QUERY_TIME(s, m, name) { QUERY_TIME_T, name, JSON_OFF(s, m, int64_t), 0, 0, 0, NULL, 0 }
#define QUERY_CURSOR(s, m) { QUERY_CURSOR_T, "cursor", JSON_OFF(s, m, struct keyset), 0, 0, 0, NULL, 0 }
#define QUERY_LIMIT(s, m) QUERY_I64(s, m, "limit", 20, 1, 100)
#define QUERY_LAST { QUERY_END, NULL, 0, 0, 0, 0, NULL, 0 }

/* Reads r->query_string by the route's table into r->query. Every bad parameter is named; unknown ones are passed over; one
 * given twice is bad. r->list_key becomes what the list is filtered by, r->copy_key that and its place. */
enum err query_decode(struct req *r) MUST_CHECK;

/* A place in this request's list as text that cannot be made by anybody else, and back. NULL: the list ends. */
const char *cursor_encode(struct req *r, const struct keyset *k);
enum err cursor_decode(struct req *r, const char *text, struct keyset *out) MUST_CHECK;

#endif
