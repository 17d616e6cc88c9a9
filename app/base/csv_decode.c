/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_decode.c: a CSV text with a header line into structs. Each line is made the JSON object that it stands for and read as
 * any other body is: there is one judge of what a value may be, and one set of words for what it may not.
 */
#include <string.h>
#include <strings.h>

#include "base/csv.h"

#define ROWS_FIRST 64

static const struct csv_wrong no_header = { "第一行必须是列名", "the first line must name the columns" };
static const struct csv_wrong unknown_column = { "未知的列", "is not a known column" };
static const struct csv_wrong column_twice = { "该列重复", "the column is there twice" };
static const struct csv_wrong column_missing = { "缺少该列", "the column is missing" };
static const struct csv_wrong other_count = { "列数与第一行不一致", "has not as many cells as the first line" };

struct memory {
	const char	*p;
	size_t		 n;
};

struct decoding {
	struct csv			*csv;
	struct csv_record		 record;
	const struct json_field		*fields;
	const struct json_field		*columns[CSV_CELLS_MAX];	/* NULL: passed over */
	size_t				 ncolumns;
	size_t				 stride;
	const void			*defaults;
	size_t				 max;
	size_t				 cap;
	struct buf			 object;
	struct arena			*arena;
	struct fault			*fault;
	struct csv_rows			*out;
};

static long
read_memory(void *arg, char *out, size_t n)
{
	struct memory *m = arg;

	if (n > m->n)
		n = m->n;
	memcpy(out, m->p, n);
	m->p += n;
	m->n -= n;
	return (long)n;
}

/* column NULL or empty: of the line as a whole. */
static enum err
bad(struct decoding *d, const char *column, struct csv_wrong w)
{
	if (d->fault->nfields == FAULT_FIELDS_MAX)
		return d->fault->code = E_INVALID;
	if (column == NULL)
		column = "";
	return fault_field(d->fault, arena_printf(d->arena, "line %lld%s%s", (long long)d->record.line,
	    *column != '\0' ? ", " : "", column), w.zh, w.en);
}

/* ---- the header ---- */

bool
csv_has_column(const struct json_field *const *columns, size_t n, const struct json_field *f)
{
	for (size_t i = 0; i < n; i++)
		if (columns[i] == f)
			return true;
	return false;
}

static enum err
take_column(struct decoding *d, const char *name)
{
	const struct json_field *f = json_field_named(d->fields, name);
	enum err e = E_OK;

	if (*name == '\0')
		name = arena_printf(d->arena, "column %zu", d->ncolumns + 1);
	if (f == NULL && !(d->fields->flags & JSON_LENIENT))
		e = bad(d, name, unknown_column);
	else if (f != NULL && csv_has_column(d->columns, d->ncolumns, f))
		e = bad(d, name, column_twice);
	d->columns[d->ncolumns++] = f;
	return e;
}

static enum err
take_header(struct decoding *d)
{
	struct csv_wrong w = no_header;
	enum err e = E_OK;

	d->record.line = 1;
	if (csv_next(d->csv, &d->record, &w) != CSV_RECORD)
		return bad(d, NULL, w);
	for (size_t i = 0; i < d->record.ncells; i++)
		if (take_column(d, d->record.cells[i]) != E_OK)
			e = E_INVALID;
	for (const struct json_field *f = d->fields; f->type != JSON_IN_END; f++)
		if ((f->flags & JSON_REQUIRED) && !csv_has_column(d->columns, d->ncolumns, f))
			e = bad(d, f->name, column_missing);
	return e;
}

/* ---- a line as an object ---- */

/* Spreadsheets write TRUE. */
static const char *
bool_text(const char *cell)
{
	if (strcasecmp(cell, "true") == 0)
		return "true";
	return strcasecmp(cell, "false") == 0 ? "false" : cell;
}

/* What is one JSON value is that value, and anything else a string: the decoder says what it should have been. */
static void
add_json(struct decoding *d, const char *cell)
{
	size_t at;

	if (json_check_within(cell, strlen(cell), 1, d->arena, &at) == NULL)
		buf_adds(&d->object, cell);
	else
		json_encode_str(&d->object, cell);
}

static bool
is_text(const struct json_field *f)
{
	return f->type == JSON_IN_STR || f->type == JSON_IN_WORDS || f->type == JSON_IN_TEXT;
}

static bool
may_be_empty(const struct json_field *f)
{
	return is_text(f) && f->min == 0;
}

static void
add_member(struct decoding *d, const struct json_field *f, const char *cell)
{
	const char *null = f->flags & JSON_NULLABLE ? "null" : may_be_empty(f) ? "\"\"" : NULL;

	if (*cell == '\0' && null == NULL)
		return;
	if (d->object.len > 1)
		buf_addc(&d->object, ',');
	json_encode_str(&d->object, f->name);
	buf_addc(&d->object, ':');
	if (*cell == '\0')
		buf_adds(&d->object, null);
	else if (is_text(f) || f->type == JSON_IN_ID || f->type == JSON_IN_TIME)
		json_encode_str(&d->object, csv_plain(cell));
	else
		add_json(d, f->type == JSON_IN_BOOL ? bool_text(cell) : csv_plain(cell));
}

static void *
next_item(struct decoding *d)
{
	struct csv_rows *out = d->out;
	char *item;

	if (out->n == d->cap) {
		size_t cap = d->cap == 0 ? ROWS_FIRST : 2 * d->cap;
		char *items = arena_array(d->arena, cap, d->stride);
		int64_t *lines = arena_array(d->arena, cap, sizeof(*lines));

		if (out->n > 0) {
			memcpy(items, out->items, out->n * d->stride);
			memcpy(lines, out->lines, out->n * sizeof(*lines));
		}
		out->items = items;
		out->lines = lines;
		d->cap = cap;
	}
	item = (char *)out->items + out->n * d->stride;
	if (d->defaults != NULL)
		memcpy(item, d->defaults, d->stride);
	out->lines[out->n++] = d->record.line;
	return item;
}

static enum err
take_row(struct decoding *d)
{
	struct fault f = { .nfields = 0 };
	enum err e;

	if (d->record.ncells != d->ncolumns)
		return bad(d, NULL, other_count);
	d->object.len = 0;
	buf_addc(&d->object, '{');
	for (size_t i = 0; i < d->ncolumns; i++)
		if (d->columns[i] != NULL)
			add_member(d, d->columns[i], d->record.cells[i]);
	buf_addc(&d->object, '}');
	e = json_decode(d->object.p, d->object.len, d->fields, d->arena, &f, next_item(d));
	for (size_t i = 0; i < f.nfields; i++)
		(void)bad(d, f.fields[i].field, (struct csv_wrong){ f.fields[i].zh, f.fields[i].en });
	if (e != E_OK && e != E_INVALID)
		*d->fault = f;
	return e;
}

static enum err
take_rows(struct decoding *d)
{
	struct csv_wrong w;
	enum csv_got got;
	enum err e = E_OK, row;

	while ((got = csv_next(d->csv, &d->record, &w)) != CSV_END && d->fault->nfields < FAULT_FIELDS_MAX) {
		if (d->out->n == d->max)
			return fault_field(d->fault, "", arena_printf(d->arena, "最多 %zu 行", d->max),
			    arena_printf(d->arena, "has more than %zu lines", d->max));
		row = got == CSV_RECORD ? take_row(d) : bad(d, NULL, w);
		if (row != E_OK && row != E_INVALID)
			return row;
		if (row != E_OK)
			e = row;
	}
	return e;
}

enum err
csv_decode(const char *text, size_t n, const struct json_field *fields, size_t stride, const void *defaults, size_t max,
    struct arena *a, struct fault *f, struct csv_rows *out)
{
	struct memory m = { text, n };
	struct decoding d = { .fields = fields, .stride = stride, .defaults = defaults, .max = max, .arena = a, .fault = f, .out = out };
	enum err e;

	memset(out, 0, sizeof(*out));
	d.csv = csv_new(a, read_memory, &m);
	buf_init(&d.object, a, 4096);
	if ((e = take_header(&d)) != E_OK || (e = take_rows(&d)) != E_OK)
		return e;
	return E_OK;
}
