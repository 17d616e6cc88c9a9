/* SPDX-License-Identifier: Apache-2.0 */
/* num.c: text to number without half measures. In every process. */
#include "base/num.h"

#include <stddef.h>

bool
num_parse(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool	neg;
	int64_t	r = 0;

	if (s == NULL)
		return false;
	neg = *s == '-';
	if (neg)
		s++;
	if (*s == '\0' || (*s == '0' && (neg || s[1] != '\0')))
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		/* Counted downwards: INT64_MIN has no positive twin. */
		if (!num_mul(r, 10, &r) || !num_add(r, -(int64_t)(*s - '0'), &r))
			return false;
	}
	if (!neg && !num_mul(r, -1, &r))
		return false;
	if (r < min || r > max)
		return false;
	*out = r;
	return true;
}
