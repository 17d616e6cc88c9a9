/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_day.c: day.c: business days of zones with and without summer time, whatever TZ says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/day.h"

static int64_t
utc(int year, int month, int day, int hour, int minute)
{
	struct clock_parts p = { year, month, day, hour, minute, 0, 0 };

	return clock_join(&p);
}

static void
is_at(int64_t us, const char *text)
{
	char got[RFC3339_LEN + 1];

	clock_rfc3339(us, got);
	assert_string_equal(got, text);
}

static void
days_end_where_the_shop_is(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
	day_zone("Asia/Shanghai");
	is_at(day_end_us(utc(2026, 11, 22, 5, 0), 0, 0), "2026-11-22T16:00:00Z");
	is_at(day_end_us(utc(2026, 11, 22, 15, 59), 0, 0), "2026-11-22T16:00:00Z");
	is_at(day_end_us(utc(2026, 11, 22, 16, 0), 0, 0), "2026-11-23T16:00:00Z");
	is_at(day_end_us(utc(2026, 11, 22, 16, 0), 0, 30), "2026-12-23T16:00:00Z");
	is_at(day_end_us(utc(2026, 1, 31, 1, 0), 1, 0), "2026-02-28T16:00:00Z");
	is_at(day_end_us(utc(2027, 12, 31, 1, 0), 2, 0), "2028-02-29T16:00:00Z");
	day_zone("Pacific/Kiritimati");		/* 14 hours ahead */
	is_at(day_end_us(utc(2026, 11, 22, 9, 59), 0, 0), "2026-11-22T10:00:00Z");
	day_zone("Etc/GMT+12");			/* 12 behind */
	is_at(day_end_us(utc(2026, 11, 22, 11, 59), 0, 0), "2026-11-22T12:00:00Z");
	day_zone("Asia/Kathmandu");		/* 5:45 */
	is_at(day_end_us(utc(2026, 11, 22, 0, 0), 0, 0), "2026-11-22T18:15:00Z");
}

static void
days_of_23_and_25_hours_end_at_midnight(void **state)
{
	(void)state;
	day_zone("Europe/Berlin");
	is_at(day_end_us(utc(2026, 3, 28, 12, 0), 0, 0), "2026-03-28T23:00:00Z");
	is_at(day_end_us(utc(2026, 3, 28, 12, 0), 0, 1), "2026-03-29T22:00:00Z");
	is_at(day_end_us(utc(2026, 10, 24, 12, 0), 0, 0), "2026-10-24T22:00:00Z");
	is_at(day_end_us(utc(2026, 10, 24, 12, 0), 0, 1), "2026-10-25T23:00:00Z");
	/* The clock is put on at midnight: the next day begins at 1. */
	day_zone("America/Sao_Paulo");
	is_at(day_end_us(utc(2017, 10, 14, 12, 0), 0, 0), "2017-10-15T03:00:00Z");
	is_at(day_end_us(utc(2017, 10, 15, 12, 0), 0, 0), "2017-10-16T02:00:00Z");
	/* It is put back at midnight: the day's last hour comes twice. */
	is_at(day_end_us(utc(2018, 2, 17, 12, 0), 0, 0), "2018-02-18T03:00:00Z");
	/* The day that Samoa left out. */
	day_zone("Pacific/Apia");
	is_at(day_end_us(utc(2011, 12, 29, 12, 0), 0, 0), "2011-12-30T10:00:00Z");
}

static void
rules_give_dates(void **state)
{
	(void)state;
	day_zone("Asia/Shanghai");
	assert_int_equal(day_expiry("none", utc(2026, 11, 22, 5, 0)), 0);
	is_at(day_expiry("1 months", utc(2026, 11, 22, 5, 0)), "2026-12-31T16:00:00Z");
	is_at(day_expiry("3 months", utc(2026, 11, 30, 15, 59)), "2027-02-28T16:00:00Z");
	is_at(day_expiry("3 months", utc(2026, 11, 30, 16, 0)), "2027-03-31T16:00:00Z");
	is_at(day_expiry("12 months", utc(2027, 2, 10, 0, 0)), "2028-02-29T16:00:00Z");
	is_at(day_expiry("2027-03-31", utc(2026, 11, 22, 5, 0)), "2027-03-31T16:00:00Z");
	is_at(day_expiry("2027-03-31", utc(2027, 3, 31, 15, 59)), "2027-03-31T16:00:00Z");
	assert_int_equal(day_expiry("2027-03-31", utc(2027, 3, 31, 16, 0)), 0);
	day_zone("Europe/Berlin");
	is_at(day_expiry("6 months", utc(2026, 4, 1, 0, 0)), "2026-10-31T23:00:00Z");
	is_at(day_expiry("2 months", utc(2026, 4, 1, 0, 0)), "2026-06-30T22:00:00Z");
}

static void
rules_are_checked(void **state)
{
	static const char *const good[] = { "none", "1 months", "12 months", "120 months", "2027-03-31", "2028-02-29" };
	static const char *const bad[] = {
		"", "None", "months", " months", "0 months", "121 months", "01 months", "-1 months", "1  months", "1 months ",
		"1 month", "1.5 months", "99999999 months", "2027-02-29", "2027-13-01", "2027-00-01", "2027-01-00",
		"2027-01-32", "2027-1-1", "27-01-01", "2027/01/01", "2027-01-01T00", "1999-01-01", "2027-+1-01", "9999-01-01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!day_rule_ok(good[i]))
			fail_msg("%s is a rule", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (day_rule_ok(bad[i]))
			fail_msg("'%s' is no rule", bad[i]);
}

static void
zones_are_checked(void **state)
{
	static const char *const bad[] = {
		"", "Asia/Nowhere", "/etc/passwd", "../../../etc/passwd", "Asia/../Asia/Shanghai", ":Asia/Shanghai", "Asia/", "Asia", "zone.tab",
		".", "CST-8",
	};

	(void)state;
	assert_true(day_zone_known("Asia/Shanghai"));
	assert_true(day_zone_known("UTC"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (day_zone_known(bad[i]))
			fail_msg("'%s' passed", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_end_where_the_shop_is),
		cmocka_unit_test(days_of_23_and_25_hours_end_at_midnight),
		cmocka_unit_test(rules_give_dates),
		cmocka_unit_test(rules_are_checked),
		cmocka_unit_test(zones_are_checked),
	};

	return cmocka_run_group_tests_name("base_day", tests, NULL, NULL);
}
