/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_json_out.c: json_out.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"

struct part {
	const char	*name;
	int64_t		 n;
};

struct whole {
	const char	*text, *raw;
	int64_t		 number, time;
	bool		 flag;
	struct part	*one;
	struct part	 within;
	struct part	*list;
	size_t		 nlist;
};

static const struct json_view part_view[] = {
	VIEW_STR(struct part, name, "name", 0),
	VIEW_I64(struct part, n, "n", JSON_OMIT_NULL),
	VIEW_END
};

static const struct json_view whole_view[] = {
	VIEW_STR(struct whole, text, "text", 0),
	VIEW_I64(struct whole, number, "number", 0),
	VIEW_BOOL(struct whole, flag, "flag", 0),
	VIEW_TIME(struct whole, time, "time", 0),
	VIEW_RAW(struct whole, raw, "raw", 0),
	VIEW_OBJ(struct whole, one, "one", 0, part_view),
	VIEW_IN(struct whole, within, "within", part_view),
	VIEW_LIST(struct whole, list, nlist, "list", part_view),
	VIEW_END
};

static const struct json_view sparse_view[] = {
	VIEW_STR(struct whole, text, "text", JSON_OMIT_NULL),
	VIEW_I64(struct whole, number, "number", JSON_OMIT_NULL),
	VIEW_BOOL(struct whole, flag, "flag", JSON_OMIT_NULL),
	VIEW_TIME(struct whole, time, "time", JSON_OMIT_NULL),
	VIEW_RAW(struct whole, raw, "raw", JSON_OMIT_NULL),
	VIEW_OBJ(struct whole, one, "one", JSON_OMIT_NULL, part_view),
	VIEW_END
};

static const struct json_view empty_view[] = { VIEW_END };

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

static void
gives(struct arena *a, const struct json_view *view, const void *p, const char *expected)
{
	struct buf	b;
	size_t		at;

	buf_init(&b, a, 0);
	json_encode(&b, view, p);
	assert_string_equal(b.p, expected);
	assert_int_equal(b.len, strlen(expected));
	assert_null(json_check(b.p, b.len, a, &at));
}

static void
every_kind_is_written(void **state)
{
	struct part	list[] = { { "a", 1 }, { NULL, I64_NONE }, { "c", -3 } }, one = { "积分", INT64_MAX };
	struct whole	w = { "t\"x", "19.90", -5, 1795323600 * US_PER_S, true, &one, { "in", 0 }, list, 3 };

	gives(*state, whole_view, &w,
	    "{\"text\":\"t\\\"x\",\"number\":-5,\"flag\":true,\"time\":\"2026-11-22T05:00:00Z\","
	    "\"raw\":19.90,\"one\":{\"name\":\"积分\",\"n\":9223372036854775807},"
	    "\"within\":{\"name\":\"in\",\"n\":0},"
	    "\"list\":[{\"name\":\"a\",\"n\":1},{\"name\":null},{\"name\":\"c\",\"n\":-3}]}");
}

static void
nothing_is_null_or_left_out(void **state)
{
	struct whole w = { .number = I64_NONE, .within = { NULL, I64_NONE } };

	gives(*state, whole_view, &w,
	    "{\"text\":null,\"number\":null,\"flag\":false,\"time\":null,\"raw\":null,\"one\":null,"
	    "\"within\":{\"name\":null},\"list\":[]}");
	gives(*state, sparse_view, &w, "{}");
	w.time = I64_NONE;
	gives(*state, sparse_view, &w, "{}");
	w.number = 0;
	w.text = "";
	gives(*state, sparse_view, &w, "{\"text\":\"\",\"number\":0}");
	gives(*state, empty_view, &w, "{}");
	gives(*state, whole_view, NULL, "null");
}

static void
strings_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} known[] = {
		{ NULL, "null" }, { "", "\"\"" }, { "plain", "\"plain\"" },
		{ "a\"b\\c/d<e>&", "\"a\\\"b\\\\c/d<e>&\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" }, { "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
		{ "积分\xf0\x9f\x98\x80", "\"积分\xf0\x9f\x98\x80\"" }, { "12345678\"", "\"12345678\\\"\"" },
		{ "1234567\n12345678901\\", "\"1234567\\n12345678901\\\\\"" },
	};
	struct buf b;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		buf_init(&b, *state, 0);
		json_encode_str(&b, known[i].text);
		assert_string_equal(b.p, known[i].json);
		assert_int_equal(b.len, strlen(known[i].json));
	}
}

static const struct json_field text_in[] = {
	JSON_TEXT(struct whole, text, "text", JSON_REQUIRED, 0, 1000),
	JSON_END
};

static const struct json_view text_view[] = {
	VIEW_STR(struct whole, text, "text", 0),
	VIEW_END
};

static void
what_goes_out_comes_in_again(void **state)
{
	static const char	bits[][5] = { "a", "bcd", "\"", "\\", "\n", "\t", "积", "\xf0\x9f\x98\x80", "/", "u",
	    "{", " " };
	unsigned		seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 5000; round++) {
		struct whole	w = { .number = 0 }, again = { .number = 0 };
		struct fault	f = { .code = E_OK };
		struct buf	text, b;

		buf_init(&text, *state, 0);
		for (int i = rand_r(&seed) % 50; i >= 0; i--)
			buf_adds(&text, bits[(size_t)rand_r(&seed) % (sizeof(bits) / sizeof(bits[0]))]);
		w.text = text.p;
		buf_init(&b, *state, 0);
		json_encode(&b, text_view, &w);
		assert_int_equal(json_decode(b.p, b.len, text_in, *state, &f, &again), E_OK);
		assert_string_equal(again.text, w.text);
		arena_reset(*state);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_is_written, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_null_or_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(strings_are_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(what_goes_out_comes_in_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
