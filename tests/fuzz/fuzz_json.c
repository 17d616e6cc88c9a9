/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_json.c: any bytes through json_check and json_decode (libFuzzer; build with clang -fsanitize=fuzzer).
 * What must hold: json_check says the same of a text whether it stands alone, between blanks or in an array; json-c
 * takes what it passes, and what json-c writes of it passes again; json_decode answers E_OK or E_INVALID.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct part {
	const char	*id;
	int64_t		 n;
};

struct in {
	const char	 *str, *text, *id, *raw;
	int64_t		  i64, time;
	bool		  flag;
	struct part	 *part, *parts;
	size_t		  nparts, ntags;
	const char	**tags;
};

static const struct json_field part_in[] = {
	JSON_ID(struct part, id, "id", JSON_REQUIRED),
	JSON_I64(struct part, n, "n", JSON_NULLABLE, INT64_MIN, INT64_MAX),
	JSON_END
};

static const struct json_field strict_in[] = {
	JSON_STR(struct in, str, "s", JSON_NULLABLE, 0, 20),
	JSON_TEXT(struct in, text, "x", JSON_OPTIONAL, 1, 20),
	JSON_ID(struct in, id, "i", JSON_OPTIONAL),
	JSON_I64(struct in, i64, "n", JSON_REQUIRED, INT64_MIN, INT64_MAX),
	JSON_BOOL(struct in, flag, "b", JSON_OPTIONAL),
	JSON_TIME(struct in, time, "t", JSON_OPTIONAL),
	JSON_OBJ(struct in, part, "o", JSON_OPTIONAL, part_in),
	JSON_STRS(struct in, tags, ntags, "g", JSON_OPTIONAL, 0, 5),
	JSON_RAW(struct in, raw, "r", JSON_OPTIONAL, 200, 4),
	JSON_END
};

static const struct json_field lenient_in[] = {
	JSON_RAW(struct in, raw, "r", JSON_LENIENT, 100000, JSON_DEPTH_MAX),
	JSON_END
};

static const struct json_field list_in[] = {
	JSON_LIST(struct in, parts, nparts, "l", part_in, 0, 5),
	JSON_END
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static char *
between(struct arena *a, const char *before, const char *p, size_t n, const char *after, size_t *len)
{
	struct buf b;

	buf_init(&b, a, n + 8);
	buf_adds(&b, before);
	buf_add(&b, p, n);
	buf_adds(&b, after);
	*len = b.len;
	return b.p;
}

static bool
passes(struct arena *a, const char *p, size_t n)
{
	size_t at = n + 1;
	bool   pass = json_check(p, n, a, &at) == NULL;

	must(at <= n);
	return pass;
}

static void
check_agrees(struct arena *a, const char *p, size_t n)
{
	bool	 alone = passes(a, p, n), bom = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0;
	size_t	 len;
	char	*text = between(a, " \n", p, n, "\t\r", &len);

	must(passes(a, text, len) == alone || bom);
	text = between(a, "[", p, n, "]", &len);
	/* One level deeper may be too deep; "1,2" and "" are fine within an array. */
	if (passes(a, text, len) && !alone)
		must(n == 0 || bom || strspn(p, " \t\r\n") >= n || memchr(p, ',', n) != NULL);
}

static void
json_c_agrees(struct arena *a, const char *p, size_t n)
{
	json_tokener	*tok = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
	json_object	*o;
	const char	*again;
	size_t		 len;
	char		*text = between(a, "[", p, n, "]", &len);

	must(tok != NULL);
	o = json_tokener_parse_ex(tok, text, (int)len);
	must(o != NULL && json_tokener_get_parse_end(tok) == len);
	again = json_object_to_json_string_length(json_object_array_get_idx(o, 0), JSON_C_TO_STRING_PLAIN, &len);
	must(passes(a, again, len));
	json_object_put(o);
	json_tokener_free(tok);
}

static void
decode(struct arena *a, const struct json_field *fields, const char *p, size_t n)
{
	struct in	in;
	struct fault	f;
	enum err	e;

	memset(&in, 0, sizeof(in));
	memset(&f, 0, sizeof(f));
	e = json_decode(p, n, fields, a, &f, &in);
	must(e == E_OK ? f.nfields == 0 : e == E_INVALID && f.nfields > 0);
	/* Every text came out as valid UTF-8, and RAW as JSON. */
	if (e == E_OK && in.str != NULL)
		must(utf8_valid(in.str, strlen(in.str), &(size_t){ 0 }));
	if (e == E_OK && in.raw != NULL)
		must(passes(a, in.raw, strlen(in.raw)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena	*a = arena_new();
	char		*p = malloc(size + 1);
	char		*exact = malloc(size > 0 ? size : 1);

	must(p != NULL && exact != NULL);
	memcpy(p, data, size);
	p[size] = '\0';
	memcpy(exact, data, size);
	check_agrees(a, p, size);
	if (passes(a, exact, size))
		json_c_agrees(a, p, size);
	decode(a, strict_in, exact, size);
	decode(a, lenient_in, exact, size);
	decode(a, list_in, exact, size);
	free(exact);
	free(p);
	arena_free(a);
	return 0;
}
