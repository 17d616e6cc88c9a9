/* SPDX-License-Identifier: Apache-2.0 */
/* day.c: business days, by the C library's time zone data. In every process. */
#include "base/day.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"

#define ZONES "/usr/share/zoneinfo"
#define MONTHS_MAX 120
#define DAY_LEN 10		/* 2027-03-31 */
#define S_PER_HOUR INT64_C(3600)

bool
day_zone_known(const char *name)
{
	static const char magic[] = "TZif";
	char path[PATH_MAX], begin[sizeof(magic)] = "";
	bool known;
	FILE *f;

	if (*name == '\0' || *name == '/' || *name == '.' || strstr(name, "..") != NULL || strchr(name, ':') != NULL)
		return false;
	if (snprintf(path, sizeof(path), ZONES "/%s", name) >= (int)sizeof(path))
		return false;
	if ((f = fopen(path, "re")) == NULL)
		return false;
	known = fread(begin, sizeof(magic) - 1, 1, f) == 1 && strcmp(begin, magic) == 0;
	(void)fclose(f);
	return known;
}

void
day_zone(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), ":" ZONES "/%s", name);
	if (setenv("TZ", path, 1) != 0)
		abort();
	tzset();
}

/* A day as the instant at which it begins in UTC: a number that days are compared by. */
static int64_t
day_number(int year, int month, int day)
{
	struct clock_parts p = { .year = year, .month = month, .day = day };

	return clock_join(&p) / US_PER_S;
}

static struct tm
local_of(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	(void)localtime_r(&t, &tm);
	return tm;
}

static int64_t
local_day(int64_t s)
{
	struct tm tm = local_of(s);

	return day_number(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The first second of the day. Zones reach from 12 hours behind UTC to 14 ahead, and where the clock is put on at midnight the
 * day begins at another hour: so it is looked for. */
static int64_t
day_start(int64_t day)
{
	int64_t before = day - 15 * S_PER_HOUR, within = day + 13 * S_PER_HOUR;

	while (within - before > 1) {
		int64_t middle = before + (within - before) / 2;

		if (local_day(middle) < day)
			before = middle;
		else
			within = middle;
	}
	return within;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* The calendar's day that is months after that of tm. */
static struct clock_parts
months_after(const struct tm *tm, int64_t months)
{
	int64_t month = tm->tm_mon + months;
	struct clock_parts p = { .year = tm->tm_year + 1900 + (int)(month / 12), .month = (int)(month % 12) + 1 };
	int last = days_of_month(p.year, p.month);

	p.day = tm->tm_mday < last ? tm->tm_mday : last;
	return p;
}

static int64_t
end_of(int64_t day)
{
	return day_start(day + 24 * S_PER_HOUR) * US_PER_S;
}

int64_t
day_end_us(int64_t now_us, int64_t months, int64_t days)
{
	struct tm tm = local_of(now_us / US_PER_S);
	struct clock_parts p = months_after(&tm, months);

	return end_of(day_number(p.year, p.month, p.day) + days * 24 * S_PER_HOUR);
}

/* ---- rules ---- */

struct rule {
	int64_t	months;		/* 0: none */
	int64_t	day;		/* I64_NONE: none */
};

static bool
read_number(const char *s, size_t n, int64_t max, int64_t *out)
{
	char digits[8];

	if (n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	return num_parse(digits + (n > 1 && digits[0] == '0'), 1, max, out);
}

static bool
read_day(const char *s, int64_t *day)
{
	int64_t year, month, mday;

	if (strlen(s) != DAY_LEN || s[4] != '-' || s[7] != '-')
		return false;
	if (!read_number(s, 4, 9998, &year) || !read_number(s + 5, 2, 12, &month) || !read_number(s + 8, 2, 31, &mday))
		return false;
	*day = day_number((int)year, (int)month, (int)mday);
	return year >= 2000 && mday <= days_of_month((int)year, (int)month);
}

static bool
read_rule(const char *text, struct rule *r)
{
	const char *blank = strchr(text, ' ');

	*r = (struct rule){ 0, I64_NONE };
	if (strcmp(text, "none") == 0)
		return true;
	if (blank == NULL)
		return read_day(text, &r->day);
	return strcmp(blank, " months") == 0 && text[0] != '0' &&
	    read_number(text, (size_t)(blank - text), MONTHS_MAX, &r->months);
}

bool
day_rule_ok(const char *rule)
{
	struct rule r;

	return read_rule(rule, &r);
}

int64_t
day_expiry(const char *rule, int64_t now_us)
{
	struct tm tm = local_of(now_us / US_PER_S);
	struct clock_parts p;
	struct rule r;
	int64_t end;

	if (!read_rule(rule, &r) || (r.months == 0 && r.day == I64_NONE))
		return 0;
	if (r.day != I64_NONE) {
		end = end_of(r.day);
		return end > now_us ? end : 0;
	}
	p = months_after(&tm, r.months);
	return end_of(day_number(p.year, p.month, days_of_month(p.year, p.month)));
}
