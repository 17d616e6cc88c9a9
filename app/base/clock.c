/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: the time, and UTC's calendar without the C library's time zone. In every process. */
#include "base/clock.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define S_PER_DAY INT64_C(86400)
#define DAYS_PER_ERA INT64_C(146097)	/* 400 years */
#define DAYS_TO_1970 INT64_C(719468)	/* from 1 March of year 0 */

static int64_t (*fake)(void);

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return fake != NULL ? fake() : read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_fake(int64_t (*fn)(void))
{
	fake = fn;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last. */
static void
split_days(int64_t days, struct clock_parts *out)
{
	int64_t z = days + DAYS_TO_1970, era = floor_div(z, DAYS_PER_ERA), doe = z - era * DAYS_PER_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	out->year = (int)(yoe + era * 400 + (out->month <= 2));
}

void
clock_split(int64_t us, struct clock_parts *out)
{
	int64_t s = floor_div(us, US_PER_S), days = floor_div(s, S_PER_DAY), rest = s - days * S_PER_DAY;

	split_days(days, out);
	out->hour = (int)(rest / 3600);
	out->minute = (int)(rest / 60 % 60);
	out->second = (int)(rest % 60);
	out->us = (int)((us % US_PER_S + US_PER_S) % US_PER_S);
}

int64_t
clock_join(const struct clock_parts *p)
{
	int64_t y = p->year - (p->month <= 2), era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (p->month > 2 ? p->month - 3 : p->month + 9) + 2) / 5 + p->day - 1;
	int64_t days = era * DAYS_PER_ERA + yoe * 365 + yoe / 4 - yoe / 100 + doy - DAYS_TO_1970;

	return (days * S_PER_DAY + p->hour * 3600 + p->minute * 60 + p->second) * US_PER_S + p->us;
}

static char *
put(char *out, int value, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	out[digits] = after;
	return out + digits + 1;
}

void
clock_rfc3339(int64_t us, char *out)
{
	struct clock_parts p;

	clock_split(us, &p);
	/* The form has four digits for the year; what lies outside is no date of a shop. */
	if (p.year < 0 || p.year > 9999)
		p.year = p.year < 0 ? 0 : 9999;
	out = put(out, p.year, 4, '-');
	out = put(out, p.month, 2, '-');
	out = put(out, p.day, 2, 'T');
	out = put(out, p.hour, 2, ':');
	out = put(out, p.minute, 2, ':');
	out = put(out, p.second, 2, 'Z');
	*out = '\0';
}

/* ---- RFC 3339 back ---- */

/* n digits at *p, or -1; *p gets past them. */
static int
read_digits(const char **p, int n)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static bool
skip(const char **p, const char *any)
{
	if (**p == '\0' || strchr(any, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

/* ".123456" or nothing: microseconds, what is finer is cut off; -1: malformed. */
static int
read_fraction(const char **p)
{
	int us = 0, unit = 100000;

	if (!skip(p, "."))
		return 0;
	if (**p < '0' || **p > '9')
		return -1;
	for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		us += (**p - '0') * unit;
	return us;
}

/* "Z", "+08:00" or "-08:00" and the end: minutes ahead of UTC; INT_MIN: malformed. */
static int
read_offset(const char *p)
{
	bool	west = *p == '-';
	int	h, m;

	if (skip(&p, "Zz"))
		return *p == '\0' ? 0 : INT_MIN;
	if (!skip(&p, "+-") || (h = read_digits(&p, 2)) < 0 || h > 23 || !skip(&p, ":") ||
	    (m = read_digits(&p, 2)) < 0 || m > 59 || *p != '\0')
		return INT_MIN;
	return west ? -(h * 60 + m) : h * 60 + m;
}

bool
clock_parse(const char *p, int64_t *out)
{
	struct clock_parts	t, again;
	int			ahead;

	if ((t.year = read_digits(&p, 4)) < 1 || !skip(&p, "-") || (t.month = read_digits(&p, 2)) < 1 ||
	    t.month > 12 || !skip(&p, "-") || (t.day = read_digits(&p, 2)) < 1 || t.day > 31 || !skip(&p, "Tt") ||
	    (t.hour = read_digits(&p, 2)) < 0 || t.hour > 23 || !skip(&p, ":") ||
	    (t.minute = read_digits(&p, 2)) < 0 || t.minute > 59 || !skip(&p, ":") ||
	    (t.second = read_digits(&p, 2)) < 0 || t.second > 59 || (t.us = read_fraction(&p)) < 0 ||
	    (ahead = read_offset(p)) == INT_MIN)
		return false;
	*out = clock_join(&t);
	/* A 30th of February comes back as another day. */
	clock_split(*out, &again);
	*out -= ahead * 60 * US_PER_S;
	return again.day == t.day;
}
