/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c: comma-separated values, record by record and cell by cell. In workers, and in the command that imports. */
#include "base/csv.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define BLOCK 65536

#define NO_BYTE (-1)

struct csv {
	csv_read_fn	*read;
	void		*arg;
	int64_t		 line;
	bool		 begun;
	bool		 over;
	bool		 failed;
	size_t		 at;
	size_t		 len;
	size_t		 used;		/* of record */
	const struct csv_wrong	*wrong;	/* with the record so far */
	char		 block[BLOCK];
	char		 record[CSV_RECORD_MAX];	/* its cells, each with a NUL */
};

static const struct csv_wrong too_long = { "该行过长（最多 65535 字节）", "the line is too long (65535 bytes at most)" };
static const struct csv_wrong too_many = { "该行的列数过多", "the line has too many cells" };
static const struct csv_wrong no_text = { "不是有效的 UTF-8 文本", "is not valid UTF-8 text" };
static const struct csv_wrong bad_quote = { "引号的位置不正确", "a quote stands where none may be" };
static const struct csv_wrong bad_return = { "回车符后必须是换行符", "a carriage return without a line feed" };
static const struct csv_wrong open_quote = { "引号没有结束", "a quote is not closed" };

struct csv *
csv_new(struct arena *a, csv_read_fn *read, void *arg)
{
	struct csv *c = arena_alloc(a, sizeof(*c));

	c->read = read;
	c->arg = arg;
	c->line = 1;
	return c;
}

/* ---- bytes ---- */

static bool
fill(struct csv *c)
{
	long got;

	if (c->over)
		return false;
	got = c->read(c->arg, c->block, sizeof(c->block));
	c->failed = got < 0;
	c->over = got <= 0;
	c->at = 0;
	c->len = c->over ? 0 : (size_t)got;
	return !c->over;
}

static int
peek(struct csv *c)
{
	if (c->at == c->len && !fill(c))
		return NO_BYTE;
	return (unsigned char)c->block[c->at];
}

static int
take(struct csv *c)
{
	int b = peek(c);

	if (b != NO_BYTE)
		c->at++;
	c->line += b == '\n';
	return b;
}

static void
skip_mark(struct csv *c)
{
	static const char mark[] = CSV_BOM;

	if (peek(c) != NO_BYTE && c->len >= 3 && memcmp(c->block, mark, 3) == 0)
		c->at = 3;
}

/* ---- cells ---- */

static void
mark_wrong(struct csv *c, const struct csv_wrong *wrong)
{
	if (c->wrong == NULL)
		c->wrong = wrong;
}

static void
put(struct csv *c, int b)
{
	if (c->used == sizeof(c->record))
		mark_wrong(c, &too_long);
	else
		c->record[c->used++] = (char)b;
}

static bool
ends_cell(int b)
{
	return b == NO_BYTE || b == ',' || b == '\n';
}

/* The rest of a quoted cell; what follows it is left. */
static void
quoted(struct csv *c)
{
	int b;

	for (;;) {
		if ((b = take(c)) == NO_BYTE) {
			mark_wrong(c, &open_quote);
			return;
		}
		if (b == '"' && peek(c) != '"')
			return;
		if (b == '"')
			(void)take(c);
		put(c, b);
	}
}

/* Up to what ends the cell, which is left. */
static void
unquoted(struct csv *c, bool after_quotes)
{
	int b;

	while (!ends_cell(b = peek(c))) {
		(void)take(c);
		if (b == '\r' && (peek(c) == '\n' || peek(c) == NO_BYTE))
			return;
		if (b == '\r')
			mark_wrong(c, &bad_return);
		if (b == '"' || after_quotes)
			mark_wrong(c, &bad_quote);
		put(c, b);
	}
}

static void
take_cell(struct csv *c, struct csv_record *out)
{
	size_t from = c->used, points;
	bool quotes = peek(c) == '"';

	if (quotes) {
		(void)take(c);
		quoted(c);
	}
	unquoted(c, quotes);
	if (c->wrong == NULL &&
	    (!utf8_valid(c->record + from, c->used - from, &points) || memchr(c->record + from, '\0', c->used - from) != NULL))
		mark_wrong(c, &no_text);
	put(c, '\0');
	if (out->ncells == CSV_CELLS_MAX)
		mark_wrong(c, &too_many);
	else
		out->cells[out->ncells++] = c->record + from;
}

/* One cell with nothing in it, and no quotes either: a blank line. */
static bool
take_record(struct csv *c, struct csv_record *out)
{
	bool quotes = peek(c) == '"';

	c->used = 0;
	c->wrong = NULL;
	out->ncells = 0;
	out->line = c->line;
	do {
		take_cell(c, out);
	} while (take(c) == ',');
	return quotes || out->ncells > 1 || c->used > 1 || c->wrong != NULL;
}

enum csv_got
csv_next(struct csv *c, struct csv_record *out, struct csv_wrong *wrong)
{
	bool some = false;

	if (!c->begun)
		skip_mark(c);
	c->begun = true;
	while (!some && peek(c) != NO_BYTE)
		some = take_record(c, out);
	if (c->failed)
		return CSV_FAILED;
	if (!some)
		return CSV_END;
	if (c->wrong == NULL)
		return CSV_RECORD;
	*wrong = *c->wrong;
	return CSV_WRONG;
}

/* ---- out ---- */

/* What makes a spreadsheet compute: these and their full-width forms, behind any blanks, and tab and CR. */
static bool
computes(const char *s)
{
	static const char *const starts[] = { "=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠" };

	for (;;) {
		if (*s == ' ' || *s == '\n')
			s++;
		else if (strncmp(s, "\xc2\xa0", 2) == 0)
			s += 2;
		else if (strncmp(s, "\xe3\x80\x80", 3) == 0)
			s += 3;
		else
			break;
	}
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(s, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Whether csv_add_text() puts an apostrophe before it: also where there are some already, so that none is lost on the way
 * back. */
static bool
guarded(const char *s)
{
	return computes(s + strspn(s, "'"));
}

const char *
csv_plain(const char *cell)
{
	return cell[0] == '\'' && guarded(cell) ? cell + 1 : cell;
}

void
csv_add_text(struct buf *b, const char *s)
{
	const char *quote;
	bool guard, quotes;

	if (s == NULL || *s == '\0')
		return;
	guard = guarded(s);
	quotes = guard || strpbrk(s, ",\"\r\n") != NULL || *s == ' ' || s[strlen(s) - 1] == ' ';
	if (!quotes) {
		buf_adds(b, s);
		return;
	}
	buf_adds(b, guard ? "\"'" : "\"");
	for (; (quote = strchr(s, '"')) != NULL; s = quote + 1) {
		buf_add(b, s, (size_t)(quote - s));
		buf_adds(b, "\"\"");
	}
	buf_adds(b, s);
	buf_addc(b, '"');
}

static void
add_time(struct buf *b, int64_t us)
{
	char text[RFC3339_LEN + 1];

	if (us == 0 || us == I64_NONE)
		return;
	clock_rfc3339(us, text);
	buf_adds(b, text);
}

static void
add_cell(struct buf *b, const struct json_view *v, const char *row)
{
	const void *at = row + v->off;
	const char *text;

	switch (v->type) {
	case JSON_OUT_STR:
	case JSON_OUT_RAW:
		memcpy(&text, at, sizeof(text));
		csv_add_text(b, text);
		break;
	case JSON_OUT_I64:
		if (*(const int64_t *)at != I64_NONE)
			buf_addi(b, *(const int64_t *)at);
		break;
	case JSON_OUT_BOOL:
		buf_adds(b, *(const bool *)at ? "true" : "false");
		break;
	case JSON_OUT_TIME:
		add_time(b, *(const int64_t *)at);
		break;
	default:
		assert(0 && "a column of a type that has no cell");
	}
}

void
csv_add_header(struct buf *b, const struct json_view *columns)
{
	for (const struct json_view *v = columns; v->type != JSON_OUT_END; v++) {
		if (v > columns)
			buf_addc(b, ',');
		csv_add_text(b, v->name);
	}
	buf_adds(b, "\r\n");
}

void
csv_add_row(struct buf *b, const struct json_view *columns, const void *row)
{
	for (const struct json_view *v = columns; v->type != JSON_OUT_END; v++) {
		if (v > columns)
			buf_addc(b, ',');
		add_cell(b, v, row);
	}
	buf_adds(b, "\r\n");
}
