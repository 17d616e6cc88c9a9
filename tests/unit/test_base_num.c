/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_num.c: num.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"

static void
whole_numbers_are_read(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 value;
	} good[] = {
		{ "0", 0 }, { "7", 7 }, { "-1", -1 }, { "10", 10 }, { "1234567890123", 1234567890123 },
		{ "9223372036854775807", INT64_MAX }, { "-9223372036854775808", INT64_MIN },
	};
	int64_t out;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		out = 42;
		assert_true(num_parse(good[i].text, INT64_MIN, INT64_MAX, &out));
		assert_int_equal(out, good[i].value);
	}
}

static void
anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "01", "00", "-0", "-01", "1.0", "1e2", "0x10", "12abc", "1_000", "--1",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999999",
	};
	int64_t out = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (num_parse(bad[i], INT64_MIN, INT64_MAX, &out))
			fail_msg("\"%s\" was read as %lld", bad[i], (long long)out);
	assert_false(num_parse(NULL, INT64_MIN, INT64_MAX, &out));
	assert_int_equal(out, 42);
}

static void
the_range_holds(void **state)
{
	int64_t out = 42;

	(void)state;
	assert_true(num_parse("1", 1, 100, &out));
	assert_true(num_parse("100", 1, 100, &out));
	assert_false(num_parse("0", 1, 100, &out));
	assert_false(num_parse("101", 1, 100, &out));
	assert_int_equal(out, 100);
}

static void
overflow_is_seen(void **state)
{
	int64_t out = 42;

	(void)state;
	assert_false(num_add(INT64_MAX, 1, &out));
	assert_false(num_mul(INT64_MAX / 2 + 1, 2, &out));
	assert_int_equal(out, 42);
	assert_true(num_add(INT64_MAX - 1, 1, &out));
	assert_int_equal(out, INT64_MAX);
	assert_true(num_mul(-3, 5, &out));
	assert_int_equal(out, -15);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_read),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(the_range_holds),
		cmocka_unit_test(overflow_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
