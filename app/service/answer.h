/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h: copies of public answers: this worker's own, then memcached's. Each carries the time at which it was read
 * from the database (t_read) and is refused after the clock's second in which it was read; nothing is ever invalidated, age
 * bounds everything.
 */
#ifndef SERVICE_ANSWER_H
#define SERVICE_ANSWER_H

#include "service/mall.h"

#define ANSWER_ETAG_LEN 34

struct answer {
	int64_t		 t_read_us;
	char		 etag[ANSWER_ETAG_LEN + 1];	/* quoted */
	const char	*body;
	size_t		 len;
};

/* Only this worker's own copies: for what is cheap to find out once a second and worker. */
bool answer_find_own(struct mall *m, const char *key, struct answer *out);
void answer_keep_own(struct mall *m, const char *key, struct answer *a);

/* key names the decoded request. true: *out is a copy (borrowed until the next call) of this second. */
bool answer_find(struct mall *m, const char *key, struct answer *out);
/* Keeps it in both; in memcached only if no other worker is filling the same key just now. Sets etag. */
void answer_keep(struct mall *m, const char *key, struct answer *a);

struct copies *copies_new(const struct conf *conf);
void copies_free(struct copies *c);

#endif
