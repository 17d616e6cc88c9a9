/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_clock.c: clock.c, against the C library's calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define YEAR_0001 INT64_C(-62135596800)
#define YEAR_9999_END INT64_C(253402300799)

static void
known_times_are_written(void **state)
{
	static const struct {
		int64_t		 us;
		const char	*text;
	} known[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1795323600 * US_PER_S, "2026-11-22T05:00:00Z" },
		{ 1795323600 * US_PER_S + 999999, "2026-11-22T05:00:00Z" },
		{ 951782400 * US_PER_S, "2000-02-29T00:00:00Z" },
		{ INT64_C(4107542399) * US_PER_S, "2100-02-28T23:59:59Z" },
		{ INT64_C(4107542400) * US_PER_S, "2100-03-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ YEAR_0001 * US_PER_S, "0001-01-01T00:00:00Z" },
		{ YEAR_9999_END * US_PER_S, "9999-12-31T23:59:59Z" },
	};
	char out[RFC3339_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		clock_rfc3339(known[i].us, out);
		assert_string_equal(out, known[i].text);
	}
	/* What the form cannot hold must still stay within it. */
	clock_rfc3339(INT64_MAX, out);
	assert_int_equal(out[RFC3339_LEN], '\0');
	assert_memory_equal(out, "9999-", 5);
	clock_rfc3339(INT64_MIN, out);
	assert_memory_equal(out, "0000-", 5);
	assert_int_equal(out[RFC3339_LEN], '\0');
}

static void
agrees_with_gmtime(int64_t s, int us)
{
	struct clock_parts	p;
	time_t			t = (time_t)s;
	struct tm		tm;

	assert_non_null(gmtime_r(&t, &tm));
	clock_split(s * US_PER_S + us, &p);
	assert_int_equal(p.year, tm.tm_year + 1900);
	assert_int_equal(p.month, tm.tm_mon + 1);
	assert_int_equal(p.day, tm.tm_mday);
	assert_int_equal(p.hour, tm.tm_hour);
	assert_int_equal(p.minute, tm.tm_min);
	assert_int_equal(p.second, tm.tm_sec);
	assert_int_equal(p.us, us);
	assert_int_equal(clock_join(&p), s * US_PER_S + us);
}

static void
the_calendar_agrees_with_the_c_library(void **state)
{
	unsigned	seed = (unsigned)time(NULL);
	int64_t		s;

	(void)state;
	print_message("seed %u\n", seed);
	for (s = YEAR_0001; s < YEAR_9999_END; s += 86400 * 7 + 3601)
		agrees_with_gmtime(s, 1);
	for (int i = 0; i < 100000; i++) {
		s = YEAR_0001 + ((int64_t)rand_r(&seed) << 31 | rand_r(&seed)) % (YEAR_9999_END - YEAR_0001);
		agrees_with_gmtime(s, rand_r(&seed) % 1000000);
	}
}

static int64_t
noon(void)
{
	return 43200 * US_PER_S;
}

static void
a_fake_clock_can_stand_in(void **state)
{
	int64_t before = clock_now_us();

	(void)state;
	clock_fake(noon);
	assert_int_equal(clock_now_us(), 43200 * US_PER_S);
	clock_fake(NULL);
	assert_true(clock_now_us() >= before);
	before = clock_mono_us();
	assert_true(clock_mono_us() >= before);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_written),
		cmocka_unit_test(the_calendar_agrees_with_the_c_library),
		cmocka_unit_test(a_fake_clock_can_stand_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
