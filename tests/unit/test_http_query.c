/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_query.c: query strings by their tables, and cursors that nobody else can make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/query.h"

static const char *const colours[] = { "red", "green", NULL };

struct fields {
	int64_t		 n;
	int64_t		 flag;
	int64_t		 colour;
	const char	*shade;
	const char	*id;
	const char	*text;
	int64_t		 from_us;
	int64_t		 limit;
	struct keyset	 cursor;
};

static const struct query_field table[] = {
	QUERY_STRUCT(struct fields),
	QUERY_I64(struct fields, n, "n", I64_NONE, 0, 10),
	QUERY_FLAG(struct fields, flag, "flag"),
	QUERY_WORD(struct fields, colour, "colour", colours),
	QUERY_NAME(struct fields, shade, "shade", colours),
	QUERY_ID(struct fields, id, "id"),
	QUERY_TEXT(struct fields, text, "q", 3),
	QUERY_TIME(struct fields, from_us, "from"),
	QUERY_LIMIT(struct fields, limit),
	QUERY_CURSOR(struct fields, cursor),
	QUERY_LAST,
};

static const struct route route = { GET, "/list", NULL, .who = WHO_ANYONE, .query = table };
static const struct keyset place = { true, -7, "01900000-0000-7000-8000-000000000001" };

static struct conf conf = { .cursor_secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };
static struct mall mall = { .conf = &conf };
static struct fault fault;
static struct req r;

static int
setup(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	memset(&fault, 0, sizeof(fault));
	r.arena = arena_new();
	r.fault = &fault;
	r.mall = &mall;
	r.route = &route;
	r.path = "/list";
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(r.arena);
	return 0;
}

static enum err
decode(const char *query)
{
	memset(&fault, 0, sizeof(fault));
	r.query_string = query;
	return query_decode(&r);
}

static void
absent_parameters_have_their_defaults(void **state)
{
	const struct fields *f;

	(void)state;
	assert_int_equal(decode(""), E_OK);
	f = r.query;
	assert_true(f->n == I64_NONE && f->flag == I64_NONE && f->colour == 0 && f->limit == 20);
	assert_null(f->shade);
	assert_null(f->id);
	assert_null(f->text);
	assert_true(f->from_us == 0);
	assert_false(f->cursor.set);
}

static void
present_parameters_are_read(void **state)
{
	const struct fields *f;

	(void)state;
	assert_int_equal(decode("n=3&flag=true&colour=gr%65en&shade=red&limit=100&other=%E7%BA%A2&"
	    "id=01900000-0000-7000-8000-000000000001&q=%E7%BA%A2%25_&from=2026-11-22T13:00:00%2B08:00"), E_OK);
	f = r.query;
	assert_true(f->n == 3 && f->flag == 1 && f->colour == 1 && f->limit == 100);
	assert_string_equal(f->shade, "red");
	assert_string_equal(f->id, "01900000-0000-7000-8000-000000000001");
	assert_string_equal(f->text, "红%_");
	assert_true(f->from_us == INT64_C(1795323600) * US_PER_S);
}

static void
every_bad_parameter_is_named(void **state)
{
	(void)state;
	assert_int_equal(decode("n=11&flag=maybe&colour=blue&shade=&id=x&q=&from=2026-02-30T00:00:00Z&limit=0"), E_INVALID);
	assert_int_equal(fault.nfields, 8);
	assert_string_equal(fault.fields[0].field, "n");
	assert_string_equal(fault.fields[7].field, "limit");
}

static void
text_is_counted_in_code_points(void **state)
{
	(void)state;
	assert_int_equal(decode("q=%E7%BA%A2%E7%BB%BF%E7%99%BD"), E_OK);
	assert_int_equal(decode("q=abcd"), E_INVALID);
	assert_int_equal(decode("q=a%0A"), E_INVALID);
	assert_int_equal(decode("q=a%C2%85"), E_INVALID);
}

static void
a_parameter_given_twice_is_bad(void **state)
{
	(void)state;
	assert_int_equal(decode("n=1&n=1"), E_INVALID);
	assert_int_equal(decode("other=1&other=2"), E_OK);
}

static void
broken_escapes_are_bad(void **state)
{
	static const char *const broken[] = { "n=%", "n=%4", "n=%zz", "n=%00", "n=%ff", "limit=%" };

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(decode(broken[i]), E_INVALID);
	assert_int_equal(decode("x=%ff&%=1&%zz"), E_OK);
}

static char *
with_cursor(const char *rest)
{
	assert_int_equal(decode(rest), E_OK);
	return arena_printf(r.arena, "%s&cursor=%s", rest, cursor_encode(&r, &place));
}

static void
a_cursor_comes_back_as_it_went(void **state)
{
	const struct fields *f;

	(void)state;
	assert_int_equal(decode(with_cursor("n=3&limit=5")), E_OK);
	f = r.query;
	assert_true(f->cursor.set && f->cursor.n == place.n);
	assert_string_equal(f->cursor.id, place.id);
}

static void
a_cursor_survives_another_limit_only(void **state)
{
	const char *cursor;

	(void)state;
	cursor = strstr(with_cursor("n=3"), "cursor=");
	assert_int_equal(decode(arena_printf(r.arena, "n=3&limit=7&%s", cursor)), E_OK);
	assert_int_equal(decode(arena_printf(r.arena, "n=4&%s", cursor)), E_CURSOR);
	assert_int_equal(decode(cursor), E_CURSOR);
	r.path = "/other";
	assert_int_equal(decode(arena_printf(r.arena, "n=3&%s", cursor)), E_CURSOR);
}

static void
no_altered_cursor_is_taken(void **state)
{
	char *query, *at;

	(void)state;
	query = with_cursor("n=3");
	for (at = strstr(query, "cursor=") + 7; *at != '\0'; at++) {
		char was = *at;

		*at = was == 'A' ? 'B' : 'A';
		assert_int_equal(decode(query), E_CURSOR);
		*at = was;
	}
	assert_int_equal(decode(query), E_OK);
	at[-1] = '\0';
	assert_int_equal(decode(query), E_CURSOR);
	assert_int_equal(decode("cursor="), E_CURSOR);
}

static void
the_copy_key_names_the_answer(void **state)
{
	const char *one;

	(void)state;
	assert_int_equal(decode("n=3&unknown=1"), E_OK);
	one = r.copy_key;
	assert_int_equal(decode("unknown=2&n=3"), E_OK);
	assert_string_equal(r.copy_key, one);
	assert_int_equal(decode("n=4"), E_OK);
	assert_string_not_equal(r.copy_key, one);
	assert_int_equal(decode("n=3&limit=9"), E_OK);
	assert_string_not_equal(r.copy_key, one);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(absent_parameters_have_their_defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(present_parameters_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(every_bad_parameter_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_counted_in_code_points, setup, teardown),
		cmocka_unit_test_setup_teardown(a_parameter_given_twice_is_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_escapes_are_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cursor_comes_back_as_it_went, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cursor_survives_another_limit_only, setup, teardown),
		cmocka_unit_test_setup_teardown(no_altered_cursor_is_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(the_copy_key_names_the_answer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
