/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: values into the text of a batch, and the text of its results into structs. Values come in nowhere else. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/db_int.h"

struct db_arg
A_STR(const char *s)
{
	if (s == NULL)
		return (struct db_arg){ 0, 0, NULL, 0 };
	return (struct db_arg){ 's', 0, s, strlen(s) };
}

struct db_arg
A_BIN(const void *p, size_t n)
{
	if (p == NULL)
		return (struct db_arg){ 0, 0, NULL, 0 };
	return (struct db_arg){ 'b', 0, p, n };
}

struct db_arg
A_I64(int64_t i)
{
	if (i == I64_NONE)
		return (struct db_arg){ 0, 0, NULL, 0 };
	return (struct db_arg){ 'i', i, NULL, 0 };
}

struct db_arg
A_TIME(int64_t us)
{
	if (us == 0)
		return (struct db_arg){ 0, 0, NULL, 0 };
	return (struct db_arg){ 't', us, NULL, 0 };
}

static struct db_arg
pattern(struct arena *a, const char *before, const char *s)
{
	struct buf b;

	if (s == NULL)
		return A_STR(NULL);
	buf_init(&b, a, 2 * strlen(s) + 2);
	buf_adds(&b, before);
	for (; *s != '\0'; s++) {
		if (strchr("\\%_", *s) != NULL)
			buf_addc(&b, '\\');
		buf_addc(&b, *s);
	}
	buf_addc(&b, '%');
	return A_STR(b.p);
}

struct db_arg
A_PREFIX(struct arena *a, const char *s)
{
	return pattern(a, "", s);
}

struct db_arg
A_PART(struct arena *a, const char *s)
{
	return pattern(a, "%", s);
}

void
db_check_args(enum query q, const struct db_arg *args, size_t nargs)
{
	const char *types = queries[q].params;

	assert(nargs == strlen(types));
	for (size_t i = 0; i < nargs; i++)
		assert(args[i].type == 0 || args[i].type == types[i]);
	(void)types;
	(void)args;
	(void)nargs;
}

static void
text_time(struct buf *out, int64_t us)
{
	struct clock_parts p;

	clock_split(us, &p);
	buf_printf(out, "'%04d-%02d-%02d %02d:%02d:%02d.%06d'", p.year, p.month, p.day, p.hour, p.minute, p.second, p.us);
}

static void
text_string(struct db *db, struct buf *out, const char *s, size_t n)
{
	buf_addc(out, '\'');
	db_escape(db, out, s, n);
	buf_addc(out, '\'');
}

static void
text_bytes(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	buf_adds(out, "x'");
	for (size_t i = 0; i < n; i++) {
		buf_addc(out, digits[p[i] >> 4]);
		buf_addc(out, digits[p[i] & 15]);
	}
	buf_addc(out, '\'');
}

static void
text_arg(struct db *db, struct buf *out, const struct db_arg *arg)
{
	switch (arg->type) {
	case 's':
		text_string(db, out, arg->p, arg->n);
		break;
	case 'b':
		text_bytes(out, arg->p, arg->n);
		break;
	case 'i':
		buf_addi(out, arg->i);
		break;
	case 't':
		text_time(out, arg->i);
		break;
	default:
		buf_adds(out, "NULL");
	}
}

/* The generator made sure that a '?' of the text stands for a parameter, unless it is quoted. */
void
db_text(struct db *db, struct buf *out, enum query q, const struct db_arg *args, size_t nargs)
{
	const char *p = queries[q].text, *from = p;
	size_t i = 0;
	char quote = 0;

	db_check_args(q, args, nargs);
	for (; *p != '\0'; p++) {
		if (quote != 0) {
			quote = *p == quote ? 0 : quote;
			continue;
		}
		if (*p == '\'' || *p == '"' || *p == '`')
			quote = *p;
		if (*p != '?')
			continue;
		buf_add(out, from, (size_t)(p - from));
		text_arg(db, out, &args[i++]);
		from = p + 1;
	}
	buf_add(out, from, (size_t)(p - from));
	assert(i == nargs);
}

static bool
parse_time(const char *s, int64_t *us)
{
	struct clock_parts p = { 0, 0, 0, 0, 0, 0, 0 };
	char fraction[7] = "000000";
	int at = 0;

	if (sscanf(s, "%4d-%2d-%2d %2d:%2d:%2d%n", &p.year, &p.month, &p.day, &p.hour, &p.minute, &p.second, &at) != 6)
		return false;
	if (s[at] == '.') {
		size_t n = strlen(s + at + 1);

		memcpy(fraction, s + at + 1, n < 6 ? n : 6);
	}
	p.us = atoi(fraction);
	*us = clock_join(&p);
	return true;
}

void
db_put(const struct db_col *col, const struct db_value *v, void *out)
{
	void *at = (char *)out + col->off;

	switch (col->type) {
	case 's':
		*(const char **)at = v->null ? NULL : v->p;
		break;
	case 'b':
		*(struct db_bin *)at = v->null ? (struct db_bin){ NULL, 0 } : (struct db_bin){ (const uint8_t *)v->p, v->n };
		break;
	case 'i':
		*(int64_t *)at = v->null ? I64_NONE : v->i;
		break;
	case 'o':
		*(bool *)at = !v->null && v->i != 0;
		break;
	case 't':
		*(int64_t *)at = v->null ? 0 : v->i;
		break;
	default:
		assert(0 && "column type");
	}
}

enum err
db_cell(struct db *db, const struct db_col *col, const char *cell, size_t len, void *out)
{
	struct db_value v = { cell == NULL, cell, len, 0 };

	if (!v.null && (col->type == 'i' || col->type == 'o') && !num_parse(cell, INT64_MIN + 1, INT64_MAX, &v.i))
		return FAULT(db_fault(db), E_INTERNAL, "database: not an integer");
	if (!v.null && col->type == 't' && !parse_time(cell, &v.i))
		return FAULT(db_fault(db), E_INTERNAL, "database: not a time");
	db_put(col, &v, out);
	return E_OK;
}
