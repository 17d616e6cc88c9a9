/* SPDX-License-Identifier: Apache-2.0 */
/* seen.h: the versions under which a caller saw a row that is to be changed. */
#ifndef SERVICE_SEEN_H
#define SERVICE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
	bool		 any;		/* whatever it is: the last one to write wins */
	const int64_t	*versions;
	size_t		 n;
};

#define SEEN_ANY (struct seen){ .any = true }

static inline bool
seen_has(const struct seen *s, int64_t version)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->versions[i] == version)
			return true;
	return s->any;
}

#endif
