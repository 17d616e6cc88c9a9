/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h: what a worker process does with HTTP: accept → route → authenticate → bounded body → handler →
 * exactly one reply → finish.
 */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include <stdbool.h>

#include "base/bucket.h"
#include "http/req.h"

struct server;

/* For one worker, after fork. fd is the pool's listening socket; routes ends with a row without a path;
 * buckets are in shared memory. All are borrowed. NULL: cannot be had (logged). */
struct server *server_new(const struct conf *conf, const struct conf_pool *pool, int fd, const struct route *routes,
    struct buckets *buckets);
void server_free(struct server *s);

/* Waits for a request. false: interrupted by a signal, or nothing to be had now; ask whether to go on. */
bool server_accept(struct server *s);
/* The id of the accepted request, for the scoreboard. */
const char *server_request_id(const struct server *s);
/* Answers it and finishes. */
void server_answer(struct server *s);
/* From a signal handler: stop waiting in server_accept(). */
void server_shutdown(void);

/* One line for each thing wrong in the table (no who, a path twice, …); true where nothing is. */
bool routes_check(const struct route *routes, conf_complain *complain, void *arg);

#endif
