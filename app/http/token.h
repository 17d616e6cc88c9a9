/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h: access tokens (JWT, HS256, RFC 7519) made and checked. token.c alone includes jwt.h.
 */
#ifndef HTTP_TOKEN_H
#define HTTP_TOKEN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "http/req.h"

#define TOKEN_LEN_MAX 4096

/* Who stands behind jwt, by one of conf's keys, at the time now_us. E_OK: *out is filled, its strings are the
 * arena's. E_TOKEN_EXPIRED: good in everything but its exp. E_UNAUTHORIZED: anything else, with a detail that says
 * what. */
enum err token_verify(const struct conf *conf, const char *jwt, int64_t now_us, struct arena *a, struct fault *f,
    struct caller *out) MUST_CHECK;

/* A token for sub in role ("user", "merchant", "admin", "service"), good for ttl_s seconds, signed by the key that
 * signs. fam, merchant and service may be NULL. *out is the arena's. E_INTERNAL: no key signs, or libjwt failed. */
enum err token_issue(const struct conf *conf, const char *sub, const char *role, const char *fam,
    const char *merchant, const char *service, int64_t ttl_s, int64_t now_us, struct arena *a,
    const char **out) MUST_CHECK;

#endif
