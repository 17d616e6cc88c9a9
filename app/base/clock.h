/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the time, in microseconds since 1970 UTC; tests may put a clock of their own in place. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)

int64_t clock_now_us(void);
/* For spans only: never goes back. */
int64_t clock_mono_us(void);
/* For columns without a fraction: cut here, since some servers would round up into the future. */
static inline int64_t
clock_whole_s(int64_t us)
{
	return us - us % US_PER_S;
}

/* Replaces clock_now_us() by fn; NULL gives the real clock back. Tests only. */
void clock_fake(int64_t (*fn)(void));

#define RFC3339_LEN 20
/* "2026-11-22T05:00:00Z" into out[RFC3339_LEN + 1]; fractions of a second are cut off. */
void clock_rfc3339(int64_t us, char *out);
/* The whole of s as an RFC 3339 time with its offset, in microseconds (finer ones are cut off); false: it is none. No leap
 * seconds: nothing here could store one. */
bool clock_parse(const char *s, int64_t *us);

/* Broken-down UTC, both ways, without the C library's time zone. */
struct clock_parts {
	int year, month, day, hour, minute, second, us;
};
void clock_split(int64_t us, struct clock_parts *out);
int64_t clock_join(const struct clock_parts *p);

#endif
