/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_csv.c: CSV record by record, into structs by a table of fields, and out as no spreadsheet computes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"

/* ---- records ---- */

struct source {
	const char	*p;
	size_t		 n;
	size_t		 step;	/* bytes a read, to meet every boundary */
};

static long
give(void *arg, char *out, size_t n)
{
	struct source *s = arg;

	if (n > s->step)
		n = s->step;
	if (n > s->n)
		n = s->n;
	memcpy(out, s->p, n);
	s->p += n;
	s->n -= n;
	return (long)n;
}

static long
refuse(void *arg, char *out, size_t n)
{
	(void)arg;
	(void)out;
	(void)n;
	return -1;
}

/* The records as "[line:cell|cell]", a wrong one as "[line!en]". */
static const char *
records_n(struct arena *a, const char *text, size_t n, size_t step)
{
	struct source s = { text, n, step };
	struct csv *c = csv_new(a, give, &s);
	struct csv_record r;
	struct csv_wrong w;
	enum csv_got got;
	struct buf b;

	buf_init(&b, a, 256);
	while ((got = csv_next(c, &r, &w)) != CSV_END) {
		assert_true(got == CSV_RECORD || got == CSV_WRONG);
		buf_printf(&b, "[%d%s", (int)r.line, got == CSV_WRONG ? "!" : "");
		if (got == CSV_WRONG)
			buf_adds(&b, w.en);
		else
			for (size_t i = 0; i < r.ncells; i++)
				buf_printf(&b, "%c%s", i == 0 ? ':' : '|', r.cells[i]);
		buf_addc(&b, ']');
	}
	return b.p != NULL ? b.p : "";
}

static void
reads(struct arena *a, const char *text, const char *expected)
{
	for (size_t step = 3; step < 9; step++)
		assert_string_equal(records_n(a, text, strlen(text), step), expected);
}

static void
plain_records(void **state)
{
	reads(*state, "a,b,c\n1,2,3\n", "[1:a|b|c][2:1|2|3]");
	reads(*state, "a,b\r\n1,2", "[1:a|b][2:1|2]");
	reads(*state, "a,,\r\n,\n", "[1:a||][2:|]");
	reads(*state, "a\r", "[1:a]");
	reads(*state, "", "");
	reads(*state, "\n\r\n\n", "");
	reads(*state, CSV_BOM "红,b\n\r\n\n绿,d\n", "[1:红|b][4:绿|d]");
	reads(*state, CSV_BOM, "");
}

static void
quoted_records(void **state)
{
	reads(*state, "\"a,b\",\"c\"\"d\"\n\"\",x\n", "[1:a,b|c\"d][2:|x]");
	reads(*state, "\"one\r\ntwo\",x\r\ny\r\n", "[1:one\r\ntwo|x][3:y]");
	reads(*state, "\"\"\n", "[1:]");
	reads(*state, "\"\"\"\"\n", "[1:\"]");
	reads(*state, "\" a \", b \n", "[1: a | b ]");
}

static void
what_is_wrong_is_told_and_passed_over(void **state)
{
	reads(*state, "a\"b,c\nd\n", "[1!a quote stands where none may be][2:d]");
	reads(*state, "\"a\"b\nc\n", "[1!a quote stands where none may be][2:c]");
	reads(*state, "a\rb\nc\n", "[1!a carriage return without a line feed][2:c]");
	reads(*state, "a\n\"b\nc\n", "[1:a][2!a quote is not closed]");
	reads(*state, "\xff\xfe,b\nc\n", "[1!is not valid UTF-8 text][2:c]");
	reads(*state, "\xd6\xd0\nc\n", "[1!is not valid UTF-8 text][2:c]");	/* GBK */
	assert_string_equal(records_n(*state, "a\0b\nc\n", 6, 8), "[1!is not valid UTF-8 text][2:c]");
}

static void
too_much_is_wrong(void **state)
{
	struct buf b;

	buf_init(&b, *state, 0);
	for (int i = 0; i < CSV_CELLS_MAX; i++)
		buf_adds(&b, ",");
	buf_adds(&b, "\nx\n");
	assert_string_equal(records_n(*state, b.p, b.len, 8), "[1!the line has too many cells][2:x]");
	b.len = 0;
	for (int i = 0; i < CSV_RECORD_MAX; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, ",y\nx\n");
	assert_string_equal(records_n(*state, b.p, b.len, 4096), "[1!the line is too long (65535 bytes at most)][2:x]");
	memmove(b.p, b.p + 1, b.len);
	memcpy(b.p + CSV_RECORD_MAX - 1, "\n", 1);
	b.len = CSV_RECORD_MAX;
	assert_true(strlen(records_n(*state, b.p, b.len, 4096)) == strlen("[1:]") + CSV_RECORD_MAX - 1);
}

static void
a_failed_reading_is_told(void **state)
{
	struct csv *c = csv_new(*state, refuse, NULL);
	struct csv_record r;
	struct csv_wrong w;

	assert_int_equal(csv_next(c, &r, &w), CSV_FAILED);
	assert_int_equal(csv_next(c, &r, &w), CSV_FAILED);
}

/* ---- a table ---- */

struct item {
	const char	 *id;
	const char	 *name;
	int64_t		  n;
	int64_t		  limit;
	bool		  hot;
	const char	**tags;
	size_t		  ntags;
};

static const struct json_field item_in[] = {
	JSON_ID(struct item, id, "id", JSON_OPTIONAL),
	JSON_STR(struct item, name, "name", JSON_REQUIRED, 1, 5),
	JSON_I64(struct item, n, "n", JSON_REQUIRED, -5, 99),
	JSON_I64(struct item, limit, "limit", JSON_NULLABLE, 1, 9),
	JSON_BOOL(struct item, hot, "hot", JSON_OPTIONAL),
	JSON_STRS(struct item, tags, ntags, "tags", JSON_OPTIONAL, 0, 3),
	JSON_END,
};

static const struct item as_is = { .limit = 7, .hot = true };

static enum err
decode(struct arena *a, const char *text, struct fault *f, struct csv_rows *out)
{
	memset(f, 0, sizeof(*f));
	return csv_decode(text, strlen(text), item_in, sizeof(struct item), &as_is, 3, a, f, out);
}

static void
rows_are_structs(void **state)
{
	struct csv_rows rows;
	const struct item *it;
	struct fault f;

	assert_int_equal(decode(*state, CSV_BOM "name,n,limit,hot,tags,id\r\n"
	    "\"红,1\",-5,,FALSE,\"[\"\"a\"\",\"\"b\"\"]\",01900000-0000-7000-8000-000000000001\r\n\r\n"
	    "'=1+1,99,3,,,\r\n", &f, &rows), E_OK);
	it = rows.items;
	assert_int_equal(rows.n, 2);
	assert_true(rows.lines[0] == 2 && rows.lines[1] == 4);
	assert_string_equal(it[0].name, "红,1");
	assert_true(it[0].n == -5 && it[0].limit == I64_NONE && !it[0].hot && it[0].ntags == 2);
	assert_string_equal(it[0].tags[1], "b");
	assert_string_equal(it[0].id, "01900000-0000-7000-8000-000000000001");
	assert_string_equal(it[1].name, "=1+1");
	assert_true(it[1].limit == 3 && it[1].hot && it[1].ntags == 0 && it[1].id == NULL);
}

static void
a_column_that_is_not_there_leaves_its_default(void **state)
{
	struct csv_rows rows;
	struct fault f;

	assert_int_equal(decode(*state, "n,name\n1,a\n", &f, &rows), E_OK);
	assert_true(((struct item *)rows.items)->limit == 7 && ((struct item *)rows.items)->hot);
	assert_int_equal(decode(*state, "n,name\n", &f, &rows), E_OK);
	assert_int_equal(rows.n, 0);
}

static void
refuses(struct arena *a, const char *text, const char *field, const char *word)
{
	struct csv_rows rows;
	struct fault f;

	assert_int_equal(decode(a, text, &f, &rows), E_INVALID);
	if (f.nfields != 1 || strcmp(f.fields[0].field, field) != 0 || strstr(f.fields[0].en, word) == NULL)
		fail_msg("%s: %zu named, \"%s\" %s", text, f.nfields, f.fields[0].field, f.fields[0].en);
}

static void
a_bad_header_is_named(void **state)
{
	refuses(*state, "", "line 1", "columns");
	refuses(*state, "name\n", "line 1, n", "missing");
	refuses(*state, "name,n,size\n", "line 1, size", "known");
	refuses(*state, "name,n,name\n", "line 1, name", "twice");
	refuses(*state, "name,n,\n", "line 1, column 3", "known");
	refuses(*state, "\n\n\xff,n\n", "line 3", "UTF-8");
}

static void
a_bad_cell_is_named_by_its_line_and_column(void **state)
{
	refuses(*state, "name,n\na,1\nabcdef,2\n", "line 3, name", "1 to 5");
	refuses(*state, "name,n\na,\n", "line 2, n", "required");
	refuses(*state, "name,n\na,1.0\n", "line 2, n", "integer");
	refuses(*state, "name,n\na,007\n", "line 2, n", "integer");
	refuses(*state, "name,n\na,\"1,\"\"hot\"\":true\"\n", "line 2, n", "integer");
	refuses(*state, "name,n\na,1,2\n", "line 2", "as many");
	refuses(*state, "name,n\na\"b,1\n", "line 2", "quote");
	refuses(*state, "name,n,hot\na,1,yes\n", "line 2, hot", "true or false");
	refuses(*state, "name,n,tags\na,1,x\n", "line 2, tags", "array");
	/* As deep as a text of its own may be, but no value in another. */
	refuses(*state, arena_printf(*state, "name,n,tags\na,1,%s%s\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), "line 2, tags", "array");
	refuses(*state, "name,n\na,1\na,1\na,1\na,1\n", "", "more than 3");
}

static void
all_bad_cells_are_named_up_to_a_limit(void **state)
{
	struct csv_rows rows;
	struct fault f;
	struct buf b;

	assert_int_equal(decode(*state, "name,n\n,x\na,1\n,200\n", &f, &rows), E_INVALID);
	assert_int_equal(f.nfields, 4);
	assert_string_equal(f.fields[3].field, "line 4, n");
	buf_init(&b, *state, 0);
	buf_adds(&b, "name,n\n");
	for (int i = 0; i < 200; i++)
		buf_adds(&b, "a\n");
	assert_int_equal(decode(*state, b.p, &f, &rows), E_INVALID);
	assert_int_equal(f.nfields, FAULT_FIELDS_MAX);
}

/* ---- out ---- */

static void
writes(struct arena *a, const char *text, const char *expected)
{
	struct csv_record r;
	struct csv_wrong w;
	struct source s;
	struct buf b;

	buf_init(&b, a, 0);
	csv_add_text(&b, text);
	assert_string_equal(b.p != NULL ? b.p : "", expected);
	buf_adds(&b, ",\n");
	s = (struct source){ b.p, b.len, 7 };
	assert_int_equal(csv_next(csv_new(a, give, &s), &r, &w), CSV_RECORD);
	assert_string_equal(csv_plain(r.cells[0]), text);
}

static void
cells_are_quoted_and_guarded(void **state)
{
	static const char *const computed[] = {
		"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "＝1", "＋1", "－1", "＠1", "　=1", "\xc2\xa0=1", "\n=1", "'=1", "''=1",
	};

	writes(*state, "", "");
	writes(*state, "abc", "abc");
	writes(*state, "a,b", "\"a,b\"");
	writes(*state, "a\"b", "\"a\"\"b\"");
	writes(*state, "a\nb", "\"a\nb\"");
	writes(*state, " a", "\" a\"");
	writes(*state, "a=1", "a=1");
	writes(*state, "'abc", "'abc");
	writes(*state, "=cmd|' /C calc'!\"A0\"", "\"'=cmd|' /C calc'!\"\"A0\"\"\"");
	for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
		struct buf b;

		buf_init(&b, *state, 0);
		csv_add_text(&b, computed[i]);
		assert_memory_equal(b.p, "\"'", 2);
		writes(*state, computed[i], b.p);
	}
}

struct row {
	const char	*name;
	int64_t		 n;
	int64_t		 at_us;
	bool		 hot;
};

static const struct json_view row_view[] = {
	VIEW_STR(struct row, name, "name", 0), VIEW_I64(struct row, n, "n", 0), VIEW_TIME(struct row, at_us, "at", 0),
	VIEW_BOOL(struct row, hot, "hot", 0), VIEW_RAW(struct row, name, "raw", 0), VIEW_END,
};

static void
rows_have_their_columns(void **state)
{
	static const struct row full = { "-2", -2, INT64_C(1795323600000000), true }, empty = { NULL, I64_NONE, 0, false };
	struct buf b;

	buf_init(&b, *state, 0);
	csv_add_header(&b, row_view);
	csv_add_row(&b, row_view, &full);
	csv_add_row(&b, row_view, &empty);
	assert_string_equal(b.p, "name,n,at,hot,raw\r\n\"'-2\",-2,2026-11-22T05:00:00Z,true,\"'-2\"\r\n,,,false,\r\n");
}

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_records),
		TEST(quoted_records),
		TEST(what_is_wrong_is_told_and_passed_over),
		TEST(too_much_is_wrong),
		TEST(a_failed_reading_is_told),
		TEST(rows_are_structs),
		TEST(a_column_that_is_not_there_leaves_its_default),
		TEST(a_bad_header_is_named),
		TEST(a_bad_cell_is_named_by_its_line_and_column),
		TEST(all_bad_cells_are_named_up_to_a_limit),
		TEST(cells_are_quoted_and_guarded),
		TEST(rows_have_their_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
