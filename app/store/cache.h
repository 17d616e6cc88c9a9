/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h: memcached, only ever a copy. Every call may say "not there", and then the database is
 * asked: no caller can tell a stopped or frozen memcached from an empty one, but by the time it takes.
 * cache.c alone includes libmemcached.
 *
 * A circuit breaker per worker: after a failure nothing is asked for a second, then one call tries.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/conf.h"

struct cache;

/* No connection yet; NULL conf->memcached "": every call says "not there". */
struct cache *cache_new(const struct conf *conf);
void cache_free(struct cache *c);

/* Keys are at most 250 bytes without blanks or control characters (asserted). */
bool cache_get(struct cache *c, const char *key, struct arena *a, const char **val, size_t *len);
void cache_set(struct cache *c, const char *key, const void *val, size_t len, int ttl_s);
/* true: it was not there and now is (or memcached is away: false). */
bool cache_add(struct cache *c, const char *key, const void *val, size_t len, int ttl_s);
void cache_delete(struct cache *c, const char *key);
/* For the operators: how often memcached was asked, answered, and how often the breaker opened. */
struct cache_figures {
	unsigned long asked, hits, errors, opened;
};
struct cache_figures cache_figures(const struct cache *c);

#endif
