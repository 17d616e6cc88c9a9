/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h: copies of public answers: this worker's own, then memcached's. Each carries the time at which it was read
 * from the database (t_read) and is refused beyond one second; nothing is ever invalidated, age bounds everything.
 */
#ifndef SERVICE_ANSWER_H
#define SERVICE_ANSWER_H

#include "service/mall.h"

#define ANSWER_AGE_MAX_US (INT64_C(1000) * 1000)
#define ANSWER_ETAG_LEN 34

struct answer {
	int64_t		 t_read_us;
	char		 etag[ANSWER_ETAG_LEN + 1];	/* quoted */
	const char	*body;
	size_t		 len;
};

/* key names the decoded request. true: *out is a copy (borrowed until the next call) at most a second old. */
bool answer_find(struct mall *m, const char *key, struct answer *out);
/* Keeps it in both; in memcached only if no other worker is filling the same key just now. Sets etag. */
void answer_keep(struct mall *m, const char *key, struct answer *a);

struct copies *copies_new(const struct conf *conf);
void copies_free(struct copies *c);

#endif
