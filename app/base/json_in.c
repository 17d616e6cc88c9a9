/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_in.c: JSON text into structs, as field tables say; it alone includes json-c. In workers (bodies, answers of
 * the outside world) and jobs (payloads).
 *
 * json-c forgives and coerces: it sees only bytes that json_check has passed, and is asked for a
 * value only after its type. Integers that do not fit it clamps in silence: INT64_MIN and whatever lies
 * above INT64_MAX are therefore no integers here (the first is I64_NONE anyway).
 */
#include "base/json.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"

#define STRS_LEN_MAX 512
#define NAME_SHOWN_MAX 64u

/* Where in the text: a chain on the stack, made into words only for a fault. */
struct where {
	const struct where	*up;
	const char		*name;	/* NULL: an element of the list above */
	size_t			 index;
};

struct reading {
	struct arena	*arena;
	struct fault	*fault;
};

/* What is allowed, {min} and {max} filled in. */
struct wording {
	const char *zh, *en;
};

static const struct wording allowed[] = {
	[JSON_IN_STR] = { "必须是 {min} 到 {max} 个字符的文本，不含控制字符",
	    "must be text of {min} to {max} characters without control characters" },
	[JSON_IN_WORDS] = { "必须是 {min} 到 {max} 个字符的文本，不含控制字符，且不能全是空白",
	    "must be text of {min} to {max} characters without control characters, and not white space alone" },
	[JSON_IN_TEXT] = { "必须是 {min} 到 {max} 个字符的文本，除换行和制表符外不含控制字符",
	    "must be text of {min} to {max} characters, of control characters only line breaks and tabs" },
	[JSON_IN_ID] = { "必须是小写的 UUID", "must be a UUID in lower case" },
	[JSON_IN_I64] = { "必须是 {min} 到 {max} 之间的整数", "must be an integer from {min} to {max}" },
	[JSON_IN_BOOL] = { "必须是 true 或 false", "must be true or false" },
	[JSON_IN_TIME] = { "必须是 RFC 3339 时间，例如 2026-11-22T05:00:00Z",
	    "must be an RFC 3339 time such as 2026-11-22T05:00:00Z" },
	[JSON_IN_OBJ] = { "必须是对象", "must be an object" },
	[JSON_IN_LIST] = { "必须是 {min} 到 {max} 个对象的数组", "must be an array of {min} to {max} objects" },
	[JSON_IN_STRS] = { "必须是 {min} 到 {max} 个文本的数组，每个最多 512 个字符，不含控制字符",
	    "must be an array of {min} to {max} texts of at most 512 characters each, without control characters" },
	[JSON_IN_RAW] = { "必须是 JSON 文本最多 {max} 字节、嵌套最多 {min} 层的对象，不含 U+0000 和 64 位以外的整数",
	    "must be an object of at most {max} bytes of JSON and {min} levels, without U+0000 or integers beyond 64 bits" },
	[JSON_IN_YUAN] = { "必须是 0 到 {max} 之间、最多两位小数的数", "must be a number from 0 to {max} with at most two decimals" },
	[JSON_IN_URL] = { "必须是以 https:// 或 / 开头、最多 {max} 个字符的地址",
	    "must be an address that begins with https:// or /, of at most {max} characters" },
	[JSON_IN_URLS] = { "必须是最多 {max} 个地址的数组，每个以 https:// 或 / 开头，最多 512 个字符",
	    "must be an array of at most {max} addresses, each beginning with https:// or /, of at most 512 characters" },
};
static const struct wording or_null = { "，或 null", ", or null" };
static const struct wording missing = { "必填", "is required" };
static const struct wording unknown = { "未知字段", "is not a known member" };
static const struct wording no_object = { "必须是 JSON 对象", "must be a JSON object" };
static const struct wording nul_name = { "字段名不能含有 U+0000", "member names must not contain U+0000" };

static enum err read_object(struct reading *r, json_object *o, const struct json_field *fields,
    const struct where *at, char *out);

/* ---- faults ---- */

static void
add_name(struct buf *b, const char *name)
{
	const char	*end = name + strlen(name), *p = name;
	size_t		 n = 0;

	/* The caller's own words come back to it, but not a page of them. */
	while (p < end && (n = utf8_step(p, end)) > 0 && (size_t)(p - name) + n <= NAME_SHOWN_MAX)
		p += n;
	buf_add(b, name, (size_t)(p - name));
	if (p < end)
		buf_adds(b, "…");
}

static void
add_path(struct buf *b, const struct where *at)
{
	if (at == NULL)
		return;
	add_path(b, at->up);
	if (at->name == NULL) {
		buf_printf(b, "[%zu]", at->index);
		return;
	}
	if (b->len > 0)
		buf_addc(b, '.');
	add_name(b, at->name);
}

/* text with {min} and {max} filled in, and more behind it. */
static const char *
fill(struct arena *a, const char *text, const struct json_field *f, const char *more)
{
	struct buf	 b;
	const char	*brace;

	buf_init(&b, a, 128);
	while (f != NULL && (brace = strchr(text, '{')) != NULL) {
		buf_add(&b, text, (size_t)(brace - text));
		buf_addi(&b, strncmp(brace, "{min}", 5) == 0 ? f->min : f->max);
		text = brace + 5;
	}
	buf_adds(&b, text);
	buf_adds(&b, more);
	return b.p;
}

static enum err
fault_at(struct reading *r, const struct where *at, struct wording w)
{
	struct buf path;

	/* More than the fault holds are not worth their words. */
	if (r->fault->nfields == FAULT_FIELDS_MAX)
		return r->fault->code = E_INVALID;
	buf_init(&path, r->arena, 64);
	add_path(&path, at);
	return fault_field(r->fault, path.p != NULL ? path.p : "", w.zh, w.en);
}

/* The value at at is not what f allows. */
static enum err
not_allowed(struct reading *r, const struct where *at, const struct json_field *f)
{
	struct wording	w = allowed[f->type];
	bool		null = (f->flags & JSON_NULLABLE) != 0;

	if (r->fault->nfields == FAULT_FIELDS_MAX)
		return r->fault->code = E_INVALID;
	w.zh = fill(r->arena, w.zh, f, null ? or_null.zh : "");
	w.en = fill(r->arena, w.en, f, null ? or_null.en : "");
	return fault_at(r, at, w);
}

/* Pointers to any type are moved as bytes: a void ** must not alias a struct x **. */
static void
put_pointer(char *to, const void *p)
{
	memcpy(to, &p, sizeof(p));
}

/* ---- single values: each true where v is what f allows, and then stored at to ---- */

/* v's text into the arena, or NULL: it is none, or not within the limits. */
static const char *
text_of(struct reading *r, json_object *v, int64_t min, int64_t max, const char *except)
{
	const char	*s;
	size_t		 n;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	n = (size_t)json_object_get_string_len(v);
	return text_valid(s, n, min, max, except) ? arena_strndup(r->arena, s, n) : NULL;
}

static bool
read_text(struct reading *r, json_object *v, const struct json_field *f, char *to)
{
	const char *s = text_of(r, v, f->min, f->max, f->type == JSON_IN_TEXT ? "\n\r\t" : "");

	put_pointer(to, s);
	return s != NULL && (f->type != JSON_IN_WORDS || !text_blank(s));
}

static bool
read_id(struct reading *r, json_object *v, char *to)
{
	const char *s = text_of(r, v, ID_LEN, ID_LEN, "");

	put_pointer(to, s);
	return s != NULL && id_valid(s);
}

/* Whether v is an integer that json-c did not clamp. */
static bool
is_i64(json_object *v)
{
	return json_object_is_type(v, json_type_int) && json_object_get_uint64(v) <= INT64_MAX &&
	    json_object_get_int64(v) != INT64_MIN;
}

static bool
read_i64(json_object *v, const struct json_field *f, char *to)
{
	int64_t i;

	if (!is_i64(v))
		return false;
	i = json_object_get_int64(v);
	*(int64_t *)(void *)to = i;
	return i >= f->min && i <= f->max;
}

static bool
read_bool(json_object *v, char *to)
{
	*(bool *)to = json_object_get_boolean(v) != 0;
	return json_object_is_type(v, json_type_boolean);
}

static bool
read_time(struct reading *r, json_object *v, char *to)
{
	const char *s = text_of(r, v, 1, 64, "");

	return s != NULL && clock_parse(s, (int64_t *)(void *)to);
}

static bool
read_strs(struct reading *r, json_object *v, const struct json_field *f, char *base)
{
	const char	**list;
	size_t		  n;

	if (!json_object_is_type(v, json_type_array))
		return false;
	n = json_object_array_length(v);
	if ((int64_t)n < f->min || (int64_t)n > f->max)
		return false;
	list = arena_array(r->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if ((list[i] = text_of(r, json_object_array_get_idx(v, i), 0, STRS_LEN_MAX, "")) == NULL)
			return false;
	put_pointer(base + f->off, list);
	*(size_t *)(void *)(base + f->count_off) = n;
	return true;
}

/* ---- amounts ---- */

static bool
read_yuan(struct reading *r, json_object *v, const struct json_field *f, char *to)
{
	const char	*s, *point;
	int64_t		 whole;
	size_t		 n;

	if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
		return false;
	s = json_object_to_json_string(v);	/* of a double, too, as it came */
	n = strcspn(s, ".");
	point = s + n;
	put_pointer(to, arena_strdup(r->arena, s));
	return num_parse(arena_strndup(r->arena, s, n), 0, f->max, &whole) && s[0] != '-' &&
	    (*point == '\0' || (strspn(point + 1, "0123456789") == strlen(point + 1) && strlen(point + 1) <= 2));
}

/* ---- addresses ---- */

static bool
is_url(const char *s)
{
	static const char https[] = "https://";

	if (s == NULL || strpbrk(s, " \\\"<>") != NULL)
		return false;
	if (strncmp(s, https, sizeof(https) - 1) == 0)
		return s[sizeof(https) - 1] != '\0' && s[sizeof(https) - 1] != '/';
	return s[0] == '/' && s[1] != '/';	/* "//…" would be another site */
}

static bool
read_url(struct reading *r, json_object *v, const struct json_field *f, char *to)
{
	const char *s = text_of(r, v, f->min, f->max, "");

	put_pointer(to, s);
	return is_url(s);
}

static bool
read_urls(struct reading *r, json_object *v, const struct json_field *f, char *to)
{
	struct buf	 b;
	const char	*s;

	if (!json_object_is_type(v, json_type_array) || (int64_t)json_object_array_length(v) > f->max)
		return false;
	buf_init(&b, r->arena, 256);
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		if (!is_url(s = text_of(r, json_object_array_get_idx(v, i), 1, STRS_LEN_MAX, "")))
			return false;
		buf_addc(&b, i == 0 ? '[' : ',');
		json_encode_str(&b, s);
	}
	buf_adds(&b, b.len == 0 ? "[]" : "]");
	put_pointer(to, b.p);
	return true;
}

/* ---- any object, as text again ---- */

static bool raw_ok(json_object *v, int64_t levels);

static bool
raw_array_ok(json_object *v, int64_t levels)
{
	for (size_t i = 0; i < json_object_array_length(v); i++)
		if (!raw_ok(json_object_array_get_idx(v, i), levels))
			return false;
	return true;
}

static bool
raw_object_ok(json_object *v, int64_t levels)
{
	struct json_object_iterator it = json_object_iter_begin(v), end = json_object_iter_end(v);

	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (!raw_ok(json_object_iter_peek_value(&it), levels))
			return false;
	return true;
}

/* Whether v's text will mean what the caller's meant, and is no deeper than that. */
static bool
raw_ok(json_object *v, int64_t levels)
{
	switch (json_object_get_type(v)) {
	case json_type_int:
		return is_i64(v);
	case json_type_string:
		return memchr(json_object_get_string(v), '\0', (size_t)json_object_get_string_len(v)) == NULL;
	case json_type_array:
		return levels > 0 && raw_array_ok(v, levels - 1);
	case json_type_object:
		return levels > 0 && raw_object_ok(v, levels - 1);
	default:
		return true;
	}
}

static bool
read_raw(struct reading *r, json_object *v, const struct json_field *f, char *to)
{
	const char	*text;
	size_t		 n;

	if (!json_object_is_type(v, json_type_object) || !raw_ok(v, f->min))
		return false;
	text = json_object_to_json_string_length(v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (text == NULL || (int64_t)n > f->max)
		return false;
	put_pointer(to, arena_strndup(r->arena, text, n));
	return true;
}

/* ---- objects ---- */

static enum err
read_sub(struct reading *r, json_object *v, const struct json_field *f, const struct where *at, char *to)
{
	char *sub;

	if (!json_object_is_type(v, json_type_object))
		return not_allowed(r, at, f);
	sub = arena_alloc(r->arena, f->sub_size);
	put_pointer(to, sub);
	return read_object(r, v, f->sub, at, sub);
}

static enum err
read_list(struct reading *r, json_object *v, const struct json_field *f, const struct where *at, char *base)
{
	enum err	 e = E_OK;
	json_object	*item;
	char		*list;
	size_t		 n;

	if (!json_object_is_type(v, json_type_array))
		return not_allowed(r, at, f);
	n = json_object_array_length(v);
	if ((int64_t)n < f->min || (int64_t)n > f->max)
		return not_allowed(r, at, f);
	list = arena_array(r->arena, n, f->sub_size);
	for (size_t i = 0; i < n; i++) {
		struct where here = { .up = at, .index = i };

		item = json_object_array_get_idx(v, i);
		if (!json_object_is_type(item, json_type_object))
			e = fault_at(r, &here, allowed[JSON_IN_OBJ]);
		else if (read_object(r, item, f->sub, &here, list + i * f->sub_size) != E_OK)
			e = E_INVALID;
	}
	put_pointer(base + f->off, list);
	*(size_t *)(void *)(base + f->count_off) = n;
	return e;
}

/* null, where it is allowed. */
static void
set_null(const struct json_field *f, char *base)
{
	char *to = base + f->off;

	switch (f->type) {
	case JSON_IN_I64:
	case JSON_IN_TIME:
		*(int64_t *)(void *)to = I64_NONE;
		break;
	case JSON_IN_BOOL:
		*(bool *)to = false;
		break;
	case JSON_IN_LIST:
	case JSON_IN_STRS:
		*(size_t *)(void *)(base + f->count_off) = 0;
		put_pointer(to, NULL);
		break;
	default:
		put_pointer(to, NULL);
		break;
	}
}

static bool
read_single(struct reading *r, json_object *v, const struct json_field *f, char *base)
{
	char *to = base + f->off;

	switch (f->type) {
	case JSON_IN_STR:
	case JSON_IN_WORDS:
	case JSON_IN_TEXT:
		return read_text(r, v, f, to);
	case JSON_IN_ID:
		return read_id(r, v, to);
	case JSON_IN_I64:
		return read_i64(v, f, to);
	case JSON_IN_BOOL:
		return read_bool(v, to);
	case JSON_IN_TIME:
		return read_time(r, v, to);
	case JSON_IN_STRS:
		return read_strs(r, v, f, base);
	case JSON_IN_RAW:
		return read_raw(r, v, f, to);
	case JSON_IN_YUAN:
		return read_yuan(r, v, f, to);
	case JSON_IN_URL:
		return read_url(r, v, f, to);
	case JSON_IN_URLS:
		return read_urls(r, v, f, to);
	default:
		return false;
	}
}

static enum err
read_member(struct reading *r, json_object *v, const struct json_field *f, const struct where *at, char *base)
{
	if (v == NULL && (f->flags & JSON_NULLABLE)) {
		set_null(f, base);
		return E_OK;
	}
	if (f->type == JSON_IN_OBJ)
		return read_sub(r, v, f, at, base + f->off);
	if (f->type == JSON_IN_LIST)
		return read_list(r, v, f, at, base);
	return read_single(r, v, f, base) ? E_OK : not_allowed(r, at, f);
}

const struct json_field *
json_field_named(const struct json_field *fields, const char *name)
{
	for (; fields->type != JSON_IN_END; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static enum err
name_unknown(struct reading *r, json_object *o, const struct json_field *fields, const struct where *at)
{
	struct json_object_iterator	it = json_object_iter_begin(o), end = json_object_iter_end(o);
	enum err			e = E_OK;

	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		struct where here = { .up = at, .name = json_object_iter_peek_name(&it) };

		if (json_field_named(fields, here.name) == NULL)
			e = fault_at(r, &here, unknown);
	}
	return e;
}

static enum err
read_object(struct reading *r, json_object *o, const struct json_field *fields, const struct where *at, char *out)
{
	enum err e = E_OK;

	for (const struct json_field *f = fields; f->type != JSON_IN_END; f++) {
		struct where	 here = { .up = at, .name = f->name };
		json_object	*v;

		if (json_object_object_get_ex(o, f->name, &v)) {
			if (read_member(r, v, f, &here, out) != E_OK)
				e = E_INVALID;
		} else if (f->flags & JSON_REQUIRED) {
			e = fault_at(r, &here, missing);
		}
	}
	if (!(fields->flags & JSON_LENIENT) && name_unknown(r, o, fields, at) != E_OK)
		e = E_INVALID;
	return e;
}

/* ---- the whole ---- */

/* After the opening quote of a checked string: past its closing one; *nul: it holds \u0000. */
static const char *
skip_string(const char *p, bool *nul)
{
	*nul = false;
	for (; *p != '"'; p++) {
		if (*p != '\\')
			continue;
		if (strncmp(p, "\\u0000", 6) == 0)
			*nul = true;
		p++;
	}
	return p + 1;
}

/* json-c's names end at a NUL, and two would become one: whether a name of the checked text has one. */
static bool
nul_in_name(const char *p, const char *end)
{
	bool nul;

	if (memchr(p, '\\', (size_t)(end - p)) == NULL)
		return false;
	while (p < end) {
		if (*p++ != '"')
			continue;
		p = skip_string(p, &nul);
		while (p < end && strchr(" \t\r\n", *p) != NULL)
			p++;
		if (nul && p < end && *p == ':')
			return true;
	}
	return false;
}

static enum err
not_json(struct reading *r, const char *wrong, size_t at)
{
	struct wording w;

	w.zh = arena_printf(r->arena, "不是有效的 JSON（第 %zu 字节处）", at);
	w.en = arena_printf(r->arena, "is not valid JSON: %s, at byte %zu", wrong, at);
	return fault_at(r, NULL, w);
}

static enum err
parse(struct reading *r, const char *p, size_t n, const struct json_field *fields, void *out)
{
	/* json-c counts the value in the innermost array as a level of its own. */
	json_tokener	*tok = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	json_object	*o;
	enum err	 e;

	if (tok == NULL)
		return FAULT(r->fault, E_INTERNAL, "json-c: out of memory");
	o = json_tokener_parse_ex(tok, p, (int)n);
	if (o == NULL)
		e = FAULT(r->fault, E_INTERNAL, "json-c: %s", json_tokener_error_desc(json_tokener_get_error(tok)));
	else
		e = read_object(r, o, fields, NULL, out);
	json_object_put(o);
	json_tokener_free(tok);
	return e;
}

enum err
json_decode(const char *p, size_t n, const struct json_field *fields, struct arena *a, struct fault *f, void *out)
{
	struct reading	 r = { .arena = a, .fault = f };
	const char	*wrong;
	size_t		 at;

	if (n > INT_MAX)
		return not_json(&r, "the text is too long", 0);
	if ((wrong = json_check(p, n, a, &at)) != NULL)
		return not_json(&r, wrong, at);
	/* It is valid, so that there is a value after the blanks. */
	while (strchr(" \t\r\n", *p) != NULL) {
		p++;
		n--;
	}
	if (*p != '{')
		return fault_at(&r, NULL, no_object);
	if (nul_in_name(p, p + n))
		return fault_at(&r, NULL, nul_name);
	return parse(&r, p, n, fields, out);
}
