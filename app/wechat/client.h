/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h: HTTP calls to WeChat's API, one at a time, over one kept connection per worker. client.c alone includes
 * curl.h.
 */
#ifndef WECHAT_CLIENT_H
#define WECHAT_CLIENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"

#define WECHAT_ANSWER_MAX 65536

struct wechat;

struct wechat_param {
	const char	*name;		/* NULL ends the list */
	const char	*value;
};

/* After fork. Opens nothing: the first call does. conf is borrowed for life. Ends the process without memory. */
struct wechat *wechat_new(const struct conf *conf);
void wechat_free(struct wechat *w);

/* GET {conf's url}{path}?name=value…, names and values escaped here. E_OK: the body of a 200, at most
 * WECHAT_ANSWER_MAX bytes, the arena's; whether it is JSON is for the caller's decoder. E_TIMEOUT: no answer within
 * conf's time-out; E_UPSTREAM: anything else. The fault never carries the query, which has secrets in it. */
enum err wechat_get_json(struct wechat *w, const char *path, const struct wechat_param *params, struct arena *a,
    struct fault *f, const char **body, size_t *len) MUST_CHECK;

#endif
