/* SPDX-License-Identifier: Apache-2.0 */
/* num.h: numbers that cannot silently overflow or be half read. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

/* "No value" in an int64_t that can be absent or NULL. */
#define I64_NONE INT64_MIN

/* false and *out untouched where the result does not fit. */
static inline bool
num_add(int64_t a, int64_t b, int64_t *out)
{
	int64_t r;

	if (__builtin_add_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

static inline bool
num_mul(int64_t a, int64_t b, int64_t *out)
{
	int64_t r;

	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

/* The whole of s as a decimal integer within min and max; false: anything else (no blanks, no '+', no leading zeros). */
bool num_parse(const char *s, int64_t min, int64_t max, int64_t *out);

#endif
