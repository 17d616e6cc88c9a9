/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_json_check.c: json_check.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

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

/* Checks exactly n bytes of the heap, so that a sanitizer sees a read beyond them. */
static const char *
check(struct arena *a, const char *text, size_t n, size_t *at)
{
	char		*exact = malloc(n > 0 ? n : 1);
	const char	*wrong;

	assert_non_null(exact);
	memcpy(exact, text, n);
	wrong = json_check(exact, n, a, at);
	free(exact);
	return wrong;
}

static void
passes(struct arena *a, const char *text)
{
	const char	*wrong;
	size_t		 at;

	if ((wrong = check(a, text, strlen(text), &at)) != NULL)
		fail_msg("%s: %s at %zu", text, wrong, at);
}

static void
valid_text_passes(void **state)
{
	static const char *const good[] = {
		"{}", "[]", "0", "-0", "1", "-1", "10", "1.5", "-1.25e+10", "1E5", "1e-5", "0.0", "0e0",
		"123456789012345678901",
		"\"\"", "\"a\"", "true", "false", "null", " \t\r\n{} \t\r\n", "[1,2 , 3]", "[[],[[]],{}]",
		"{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":1},{\"a\":1}]}", "{\"\":1}", "{\"a\":1,\"A\":2,\"a \":3}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\\u00e9\\uD83D\\ude00\\uFFFF\"", "\"\x7f\"", "\"'\"",
		"\"//\"",
		"\"积分商城\"",
		"\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\"",
		"\"\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
		"\"\xef\xbb\xbf\"",
		"\"a long text of plain ASCII, over several words, with \\\" in it and 积分 too\"",
		"{\"a\\u0000\":1,\"a\":2}", "{\"\\ud83d\\ude00\":1,\"\\ud83d\\ude01\":2}",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		passes(*state, good[i]);
}

static const struct {
	const char	*text;
	size_t		 at;
	const char	*wrong;	/* a part of it */
} faults[] = {
	{ "", 0, "too early" }, { "   ", 3, "too early" }, { "{", 1, "too early" }, { "[", 1, "too early" },
	{ "[1", 2, "too early" }, { "[1,", 3, "too early" }, { "{\"a\":", 5, "too early" },
	{ "{\"a\":1,", 7, "too early" },
	{ "{\"a\"", 4, "colon" }, { "{\"a\" 1}", 5, "colon" }, { "{\"a\",1}", 4, "colon" }, { "{a:1}", 1, "name" },
	{ "{'a':1}", 1, "name" }, { "{1:1}", 1, "name" }, { "{,}", 1, "name" }, { "{\"a\":1,}", 7, "name" },
	{ "[1,]", 3, "no JSON value" }, { "[,1]", 1, "no JSON value" }, { "[1 2]", 3, "comma" },
	{ "[1}", 2, "comma" },
	{ "{\"a\":1]", 6, "comma" }, { "['a']", 1, "no JSON value" }, { "[NaN]", 1, "no JSON value" },
	{ "[Infinity]", 1, "no JSON value" }, { "[-Infinity]", 1, "number" }, { "[tru]", 1, "no JSON value" },
	{ "tru", 0, "no JSON value" }, { "True", 0, "no JSON value" }, { "nul", 0, "no JSON value" },
	{ "[undefined]", 1, "no JSON value" }, { "truex", 4, "after the end" }, { "{} {}", 3, "after the end" },
	{ "1 2", 2, "after the end" }, { "{}x", 2, "after the end" }, { "{}// c", 2, "after the end" },
	{ "/* c */{}", 0, "no JSON value" }, { "[1,/**/2]", 3, "no JSON value" }, { "# c\n{}", 0, "no JSON value" },
	{ "\xef\xbb\xbf{}", 0, "byte order mark" }, { "\xff\xfe{", 0, "no JSON value" },
	{ "01", 0, "number" }, { "-", 0, "number" }, { "-01", 0, "number" }, { "+1", 0, "no JSON value" },
	{ "1.", 0, "number" }, { ".5", 0, "no JSON value" }, { "1.e5", 0, "number" }, { "1e", 0, "number" },
	{ "1e+", 0, "number" }, { "0x1", 1, "after the end" }, { "[0x1]", 2, "comma" },
	{ "1_000", 1, "after the end" },
	{ "-a", 0, "number" }, { "[1.2.3]", 4, "comma" },
	{ "\"", 1, "without an end" }, { "\"a", 2, "without an end" }, { "\"\\", 2, "without an end" },
	{ "\"\\\"", 3, "without an end" }, { "\"a long text that is never closed", 33, "without an end" },
	{ "\"\\a\"", 1, "escape" }, { "\"\\x41\"", 1, "escape" }, { "\"\\'\"", 1, "escape" },
	{ "\"\\U0041\"", 1, "escape" },
	{ "\"\\u\"", 1, "hex" }, { "\"\\u12\"", 1, "hex" }, { "\"\\u123", 1, "hex" }, { "\"\\u12g4\"", 1, "hex" },
	{ "\"\\u 123\"", 1, "hex" },
	{ "\"\\ud800\"", 1, "surrogate" }, { "\"\\udc00\"", 1, "surrogate" },
	{ "\"\\ud800\\ud800\"", 1, "surrogate" },
	{ "\"\\ud800x\"", 1, "surrogate" }, { "\"\\ud800\\n\"", 1, "surrogate" },
	{ "\"\\udc00\\ud800\"", 1, "surrogate" },
	{ "\"\\ud800\\u0041\"", 1, "surrogate" }, { "\"\\uD83D\\uDE0\"", 1, "surrogate" },
	{ "\"\\ud800", 1, "surrogate" },
	{ "\"\t\"", 1, "control" }, { "\"a\nb\"", 2, "control" }, { "\"\x1f\"", 1, "control" },
	{ "\"plain text\x01 and more\"", 11, "control" },
	{ "\"\x80\"", 1, "UTF-8" }, { "\"\xc0\xaf\"", 1, "UTF-8" }, { "\"\xc1\xbf\"", 1, "UTF-8" },
	{ "\"\xc3\"", 1, "UTF-8" },
	{ "\"\xe0\x80\x80\"", 1, "UTF-8" }, { "\"\xe0\x9f\xbf\"", 1, "UTF-8" }, { "\"\xed\xa0\x80\"", 1, "UTF-8" },
	{ "\"\xe7\xa7\"", 1, "UTF-8" }, { "\"\xf0\x8f\xbf\xbf\"", 1, "UTF-8" },
	{ "\"\xf4\x90\x80\x80\"", 1, "UTF-8" },
	{ "\"\xf5\x80\x80\x80\"", 1, "UTF-8" }, { "\"\xf0\x9f\x98\"", 1, "UTF-8" }, { "\"\xff\"", 1, "UTF-8" },
	{ "\"积\xe5\x88", 4, "UTF-8" },
	{ "{\"a\":1,\"a\":2}", 7, "twice" }, { "{\"a\":1,\"\\u0061\":2}", 7, "twice" },
	{ "{\"\":1,\"\":2}", 6, "twice" },
	{ "{\"a/b\":1,\"a\\/b\":2}", 9, "twice" }, { "{\"\\n\":1,\"\\u000A\":2}", 8, "twice" },
	{ "{\"积\":1,\"\\u79ef\":2}", 9, "twice" }, { "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", 10, "twice" },
	{ "{\"\xc3\xa9\":1,\"\\u00e9\":2}", 8, "twice" }, { "[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", 19, "twice" },
	{ "{\"a\":{\"b\":1},\"a\":1}", 13, "twice" }, { "{\"\\u0000\":1,\"\\u0000\":2}", 12, "twice" },
	{ "{\"\\b\":1,\"\\u0008\":2}", 8, "twice" }, { "{\"\\f\":1,\"\\u000c\":2}", 8, "twice" },
	{ "{\"\\\\\":1,\"\\u005c\":2}", 8, "twice" }, { "{\"\\\"\":1,\"\\u0022\":2}", 8, "twice" },
};

static void
faults_are_found_where_they_are(void **state)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		size_t		 at;
		const char	*wrong = check(*state, faults[i].text, strlen(faults[i].text), &at);

		if (wrong == NULL)
			fail_msg("%s passed", faults[i].text);
		if (at != faults[i].at || strstr(wrong, faults[i].wrong) == NULL)
			fail_msg("%s: \"%s\" at %zu", faults[i].text, wrong, at);
	}
}

static void
a_nul_byte_is_no_end(void **state)
{
	size_t at;

	assert_non_null(check(*state, "{}\0", 3, &at));
	assert_int_equal(at, 2);
	assert_non_null(check(*state, "\"a\0b\"", 5, &at));
	assert_int_equal(at, 2);
	assert_non_null(check(*state, "\"abcdefgh\0ijklmnop\"", 19, &at));
	assert_int_equal(at, 9);
}

static void
every_special_byte_is_seen_at_every_place(void **state)
{
	static const char	specials[] = "\x01\x1f\n\x80\xff\"";
	char			text[40];
	size_t			at;

	for (size_t s = 0; s < sizeof(specials) - 1; s++) {
		for (size_t place = 1; place < 37; place++) {
			memset(text, 'x', sizeof(text));
			text[0] = text[38] = '"';
			text[place] = specials[s];
			assert_non_null(check(*state, text, 39, &at));
			assert_int_equal(at, place + (specials[s] == '"'));
		}
	}
}

static char *
nested(struct arena *a, size_t depth, const char *open, const char *inside, const char *close)
{
	struct buf b;

	buf_init(&b, a, 1024);
	for (size_t i = 0; i < depth; i++)
		buf_adds(&b, open);
	buf_adds(&b, inside);
	for (size_t i = 0; i < depth; i++)
		buf_adds(&b, close);
	return b.p;
}

static void
depth_is_limited(void **state)
{
	static const char *const insides[] = { "", "1", "{}", "[]", "\"x\"" };
	const char	*text;
	size_t		 at;

	for (size_t i = 0; i < 5; i++) {
		size_t depth = JSON_DEPTH_MAX - (i == 2 || i == 3);

		passes(*state, nested(*state, depth, "[", insides[i], "]"));
		text = nested(*state, depth + 1, "[", insides[i], "]");
		assert_string_equal(check(*state, text, strlen(text), &at), "nested too deeply");
		assert_int_equal(at, JSON_DEPTH_MAX);
	}
	passes(*state, nested(*state, JSON_DEPTH_MAX, "{\"a\":", "1", "}"));
	text = nested(*state, JSON_DEPTH_MAX + 1, "{\"a\":", "1", "}");
	assert_string_equal(check(*state, text, strlen(text), &at), "nested too deeply");
	/* Side by side is not deep. */
	passes(*state, nested(*state, 1, "[", nested(*state, 500, "[[]],", "{}", ""), "]"));
	text = nested(*state, 1000000, "[", "", "");
	assert_non_null(check(*state, text, strlen(text), &at));
}

static char *
members(struct arena *a, size_t n, size_t repeated)
{
	struct buf b;

	buf_init(&b, a, 8192);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%c\"k%zu\":{\"k0\":%zu}", i == 0 ? '{' : ',', i == n - 1 ? repeated : i, i);
	buf_addc(&b, '}');
	return b.p;
}

static void
members_are_limited_and_all_compared(void **state)
{
	const char	*text;
	size_t		 at;

	passes(*state, members(*state, JSON_MEMBERS_MAX, 999));
	text = members(*state, JSON_MEMBERS_MAX + 1, 999);
	assert_string_equal(check(*state, text, strlen(text), &at), "an object with too many members");
	for (size_t i = 0; i < JSON_MEMBERS_MAX - 1; i++) {
		text = members(*state, JSON_MEMBERS_MAX, i);
		assert_string_equal(check(*state, text, strlen(text), &at), "a member that is there twice");
		arena_reset(*state);
	}
}

static void
every_beginning_is_refused(void **state)
{
	static const char	whole[] = "{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\ud83d\\ude00积分\"],\"b\":{}}";
	size_t			at;

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		if (check(*state, whole, n, &at) == NULL)
			fail_msg("%.*s passed", (int)n, whole);
		assert_true(at <= n);
	}
	passes(*state, whole);
}

static void
utf8_is_counted(void **state)
{
	size_t points = 99;

	(void)state;
	assert_true(utf8_valid("", 0, &points));
	assert_int_equal(points, 0);
	assert_true(utf8_valid("a积\xf0\x9f\x98\x80\xc3\xa9", 10, &points));
	assert_int_equal(points, 4);
	assert_true(utf8_valid("\0", 1, &points));
	assert_int_equal(points, 1);
	assert_false(utf8_valid("积", 2, &points));
	assert_false(utf8_valid("\xed\xb0\x80", 3, &points));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(valid_text_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_are_found_where_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(a_nul_byte_is_no_end, setup, teardown),
		cmocka_unit_test_setup_teardown(every_special_byte_is_seen_at_every_place, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(members_are_limited_and_all_compared, setup, teardown),
		cmocka_unit_test_setup_teardown(every_beginning_is_refused, setup, teardown),
		cmocka_unit_test(utf8_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
