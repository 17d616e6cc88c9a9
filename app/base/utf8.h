/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: one step through UTF-8 text (RFC 3629), for the files of base/ that read text byte by byte. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length (1 to 4) of the sequence that begins at p < end; 0: none that RFC 3629 allows (overlong, surrogate,
 * over U+10FFFF, cut off). */
static inline size_t
utf8_step(const char *p, const char *end)
{
	const uint8_t	*s = (const uint8_t *)p;
	size_t		 left = (size_t)(end - p);
	uint8_t		 low = 0x80, high = 0xbf;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return left >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf;
		return left >= 3 && s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (s[0] < 0xf0 || s[0] > 0xf4 || left < 4)
		return 0;
	low = s[0] == 0xf0 ? 0x90 : 0x80;
	high = s[0] == 0xf4 ? 0x8f : 0xbf;
	return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80 ? 4 : 0;
}

#endif
