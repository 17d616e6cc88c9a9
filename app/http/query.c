/* SPDX-License-Identifier: Apache-2.0 */
/* query.c: query strings and cursors. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "http/query.h"

#define PARAMS_MAX 64
#define MAC_LEN 16
#define PLACE_LEN (sizeof(int64_t) + ID_LEN)
#define CURSOR_BYTES (PLACE_LEN + MAC_LEN)

struct param {
	const char	*name;
	const char	*value;	/* NULL: it cannot be read */
};

/* ---- taking the string apart ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Undoes %xx and '+'. NULL: a broken escape, a NUL, or no UTF-8. */
static const char *
unescape(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0, points;

	for (size_t i = 0; i < n; i++) {
		char c = s[i] == '+' ? ' ' : s[i];

		if (c == '%') {
			int high = i + 1 < n ? hex_digit(s[i + 1]) : -1;
			int low = i + 2 < n ? hex_digit(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return NULL;
		out[len++] = c;
	}
	return utf8_valid(out, len, &points) ? out : NULL;
}

static bool
is_read(const struct req *r, const char *name)
{
	for (const struct query_field *f = r->route->query + 1; name != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

/* Only what the table reads is looked at further: anything else may be as odd as it likes. false: too many. */
static bool
split(struct req *r, struct param *out, size_t *n)
{
	const char *p = r->query_string;

	*n = 0;
	while (*p != '\0') {
		size_t len = strcspn(p, "&");
		const char *eq = memchr(p, '=', len);
		size_t name_len = eq != NULL ? (size_t)(eq - p) : len;
		const char *name = unescape(r->arena, p, name_len);

		if (is_read(r, name)) {
			if (*n == PARAMS_MAX)
				return false;
			out[*n].name = name;
			out[(*n)++].value = eq != NULL ? unescape(r->arena, eq + 1, len - name_len - 1) : "";
		}
		p += len + (p[len] == '&');
	}
	return true;
}

/* ---- each type ---- */

static bool
find_word(const char *const *words, const char *value, int64_t *out)
{
	for (int64_t i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
parse_flag(const char *value, int64_t *out)
{
	static const char *const words[] = { "false", "true", "0", "1", NULL };

	if (!find_word(words, value, out))
		return false;
	*out &= 1;
	return true;
}

static const char *
allowed_text(struct req *r, const struct query_field *f)
{
	struct buf b;

	buf_init(&b, r->arena, 128);
	if (f->type == QUERY_I64_T)
		buf_printf(&b, "%lld – %lld", (long long)f->min, (long long)f->max);
	else if (f->type == QUERY_FLAG_T)
		buf_adds(&b, "true / false");
	else if (f->type == QUERY_ID_T)
		buf_adds(&b, "UUID");
	else if (f->type == QUERY_TIME_T)
		buf_adds(&b, "2026-11-22T05:00:00Z");
	else if (f->type == QUERY_TEXT_T)
		buf_printf(&b, "%lld – %lld UTF-8", (long long)f->min, (long long)f->max);
	for (size_t i = 0; f->words != NULL && f->words[i] != NULL; i++)
		buf_printf(&b, "%s%s", i > 0 ? " / " : "", f->words[i]);
	return b.p;
}

static enum err
bad(struct req *r, const struct query_field *f)
{
	const char *allowed = allowed_text(r, f);

	return fault_field(r->fault, f->name, arena_printf(r->arena, "允许的取值：%s", allowed),
	    arena_printf(r->arena, "allowed: %s", allowed));
}

static enum err
take(struct req *r, const struct query_field *f, const char *value)
{
	void *at = (char *)r->query + f->off;
	int64_t word;

	switch (f->type) {
	case QUERY_I64_T:
		return num_parse(value, f->min, f->max, at) ? E_OK : bad(r, f);
	case QUERY_FLAG_T:
		return parse_flag(value, at) ? E_OK : bad(r, f);
	case QUERY_WORD_T:
		return find_word(f->words, value, at) ? E_OK : bad(r, f);
	case QUERY_TIME_T:
		return clock_parse(value, at) ? E_OK : bad(r, f);
	case QUERY_TEXT_T:
		*(const char **)at = value;
		return text_valid(value, strlen(value), f->min, f->max, "") ? E_OK : bad(r, f);
	case QUERY_ID_T:
		*(const char **)at = value;
		return id_valid(value) ? E_OK : bad(r, f);
	case QUERY_NAME_T:
		*(const char **)at = value;
		return find_word(f->words, value, &word) ? E_OK : bad(r, f);
	default:
		return E_OK;	/* cursors come last: they are bound to the rest */
	}
}

/* The value of a field, NULL where it is absent; told where it is given twice or cannot be read. */
static const char *
value_of(struct req *r, const struct query_field *f, const struct param *params, size_t n)
{
	const char *value = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(params[i].name, f->name) != 0)
			continue;
		if (value != NULL)
			(void)fault_field(r->fault, f->name, "该参数只能出现一次", "given more than once");
		if ((value = params[i].value) == NULL)
			(void)fault_field(r->fault, f->name, "转义或编码有误", "its escapes or its encoding are broken");
	}
	return value;
}

static void
set_default(struct req *r, const struct query_field *f)
{
	if (f->type == QUERY_I64_T || f->type == QUERY_FLAG_T || f->type == QUERY_WORD_T)
		*(int64_t *)(void *)((char *)r->query + f->off) = f->def;
}

static bool
part_of_list(const struct query_field *f)
{
	return f->type != QUERY_CURSOR_T && strcmp(f->name, "limit") != 0;
}

enum err
query_decode(struct req *r)
{
	const struct query_field *first = r->route->query, *f;
	struct param *params = arena_array(r->arena, PARAMS_MAX, sizeof(*params));
	const char *value, *cursor = NULL, *limit = "";
	struct keyset *place = NULL;
	struct buf key;
	size_t n;

	buf_init(&key, r->arena, 256);
	buf_adds(&key, r->path);
	r->list_key = r->copy_key = key.p;
	if (first == NULL)
		return E_OK;
	r->query = arena_alloc(r->arena, first->size);
	if (!split(r, params, &n))
		return fault_field(r->fault, "", "查询参数过多", "too many parameters");
	for (f = first + 1; f->name != NULL; f++) {
		set_default(r, f);
		value = value_of(r, f, params, n);
		if (f->type == QUERY_CURSOR_T) {
			cursor = value;
			place = (struct keyset *)(void *)((char *)r->query + f->off);
		} else if (value != NULL && take(r, f, value) == E_OK) {
			if (part_of_list(f))
				buf_printf(&key, "&%s=%s", f->name, value);
			else
				limit = value;
		}
	}
	if (r->fault->nfields > 0)
		return E_INVALID;
	r->list_key = key.p;
	r->copy_key = arena_printf(r->arena, "%s|%s|%s", key.p, limit, cursor != NULL ? cursor : "");
	return cursor != NULL ? cursor_decode(r, cursor, place) : E_OK;
}

/* ---- cursors: n (big-endian) | id | the first half of HMAC-SHA256 over the list's key and both ---- */

static void
cursor_mac(struct req *r, const uint8_t *place, uint8_t *mac)
{
	const struct conf *c = r->mall->conf;
	size_t len = strlen(r->list_key);
	uint8_t *text = arena_alloc(r->arena, len + PLACE_LEN);
	uint8_t full[SHA256_LEN];

	memcpy(text, r->list_key, len);
	memcpy(text + len, place, PLACE_LEN);
	hmac_sha256(c->cursor_secret_hex, strlen(c->cursor_secret_hex), text, len + PLACE_LEN, full);
	memcpy(mac, full, MAC_LEN);
}

const char *
cursor_encode(struct req *r, const struct keyset *k)
{
	uint8_t bytes[CURSOR_BYTES] = { 0 };
	char *out;

	if (!k->set)
		return NULL;
	for (size_t i = 0; i < sizeof(k->n); i++)
		bytes[i] = (uint8_t)((uint64_t)k->n >> (56 - 8 * i));
	memcpy(bytes + sizeof(k->n), k->id, strnlen(k->id, ID_LEN));
	cursor_mac(r, bytes, bytes + PLACE_LEN);
	out = arena_alloc(r->arena, B64_LEN(CURSOR_BYTES) + 1);
	b64url_encode(bytes, CURSOR_BYTES, out);
	return out;
}

enum err
cursor_decode(struct req *r, const char *text, struct keyset *out)
{
	uint8_t bytes[CURSOR_BYTES], mac[MAC_LEN];
	uint64_t n = 0;

	if (b64url_decode(text, strlen(text), bytes, sizeof(bytes)) != (long)sizeof(bytes))
		return E_CURSOR;
	cursor_mac(r, bytes, mac);
	if (!equal_secret(mac, bytes + PLACE_LEN, MAC_LEN))
		return E_CURSOR;
	for (size_t i = 0; i < sizeof(n); i++)
		n = n << 8 | bytes[i];
	out->set = true;
	out->n = (int64_t)n;
	memcpy(out->id, bytes + sizeof(n), ID_LEN);
	out->id[ID_LEN] = '\0';
	return E_OK;
}
