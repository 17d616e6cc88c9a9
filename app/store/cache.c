/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c: memcached through libmemcached, for one worker; the only file that includes it.
 *
 * Settings and why: ASCII protocol (binary is no faster); time-outs of tens of milliseconds, since a frozen server holds
 * every operation for the whole of POLL_TIMEOUT (its default is 5 s); one failure ejects a server of a pool and it is tried
 * again after a second (without DEAD_TIMEOUT it would stay out); a pool hashes by ketama.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libmemcached/memcached.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "store/cache.h"

#define BREAKER_US US_PER_S
#define KEY_MAX 250

struct cache {
	memcached_st		*mc;		/* NULL: none configured */
	int64_t			 open_until_us;	/* the breaker: nothing is asked before */
	bool			 failing;	/* the last call failed; for one log line an outage */
	struct cache_figures	 figures;
};

static const struct {
	memcached_behavior_t	behavior;
	uint64_t		value;
} behaviors[] = {
	{ MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 0 },
	{ MEMCACHED_BEHAVIOR_VERIFY_KEY, 1 },
	{ MEMCACHED_BEHAVIOR_NO_BLOCK, 1 },
	{ MEMCACHED_BEHAVIOR_TCP_NODELAY, 1 },
	{ MEMCACHED_BEHAVIOR_REMOVE_FAILED_SERVERS, 1 },
	{ MEMCACHED_BEHAVIOR_SERVER_FAILURE_LIMIT, 1 },
	{ MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 1 },
	{ MEMCACHED_BEHAVIOR_DEAD_TIMEOUT, 1 },
};

/* "host:port,host:port", or the path of a socket. */
static void
add_servers(memcached_st *mc, const char *list)
{
	memcached_server_st *servers;

	if (list[0] == '/') {
		memcached_server_add_unix_socket(mc, list);
		return;
	}
	servers = memcached_servers_parse(list);
	if (servers == NULL)
		return;
	if (memcached_server_list_count(servers) > 1)
		memcached_behavior_set(mc, MEMCACHED_BEHAVIOR_KETAMA, 1);
	memcached_server_push(mc, servers);
	memcached_server_list_free(servers);
}

struct cache *
cache_new(const struct conf *conf)
{
	struct cache *c = calloc(1, sizeof(*c));
	uint64_t ms = (uint64_t)conf->memcached_timeout_ms;

	if (c == NULL)
		abort();
	if (conf->memcached[0] == '\0')
		return c;
	if ((c->mc = memcached_create(NULL)) == NULL)
		abort();
	for (size_t i = 0; i < sizeof(behaviors) / sizeof(behaviors[0]); i++)
		memcached_behavior_set(c->mc, behaviors[i].behavior, behaviors[i].value);
	memcached_behavior_set(c->mc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, ms);
	memcached_behavior_set(c->mc, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, ms);
	memcached_behavior_set(c->mc, MEMCACHED_BEHAVIOR_SND_TIMEOUT, ms * 1000);
	memcached_behavior_set(c->mc, MEMCACHED_BEHAVIOR_RCV_TIMEOUT, ms * 1000);
	add_servers(c->mc, conf->memcached);
	return c;
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	if (c->mc != NULL)
		memcached_free(c->mc);
	free(c);
}

static bool
askable(struct cache *c, const char *key)
{
	assert(strlen(key) <= KEY_MAX);
	if (c->mc == NULL || clock_mono_us() < c->open_until_us)
		return false;
	c->figures.asked++;
	return true;
}

/* What memcached said: an answer of any kind, or a failure, which opens the breaker. */
static bool
answered(struct cache *c, memcached_return_t rc)
{
	if (rc == MEMCACHED_SUCCESS || rc == MEMCACHED_STORED || rc == MEMCACHED_NOTSTORED || rc == MEMCACHED_NOTFOUND ||
	    rc == MEMCACHED_DATA_EXISTS || rc == MEMCACHED_DELETED || rc == MEMCACHED_E2BIG) {
		if (c->failing)
			log_info("memcached answers again");
		c->failing = false;
		return true;
	}
	c->figures.errors++;
	c->figures.opened++;
	c->open_until_us = clock_mono_us() + BREAKER_US;
	if (!c->failing)
		log_warn("memcached is away (%s); going on without", memcached_strerror(c->mc, rc));
	c->failing = true;
	return false;
}

bool
cache_get(struct cache *c, const char *key, struct arena *a, const char **val, size_t *len)
{
	memcached_return_t rc = MEMCACHED_CONNECTION_FAILURE;
	uint32_t flags;
	char *p = NULL;

	if (!askable(c, key))
		return false;
	if (!FAILPOINT("cache", "get", "before"))
		p = memcached_get(c->mc, key, strlen(key), len, &flags, &rc);
	if (FAILPOINT("cache", "get", "after"))
		rc = MEMCACHED_CONNECTION_FAILURE;
	if (!answered(c, rc) || rc != MEMCACHED_SUCCESS) {
		free(p);
		return false;
	}
	c->figures.hits++;
	*val = arena_memdup(a, p, p != NULL ? *len : 0);
	free(p);
	return true;
}

void
cache_set(struct cache *c, const char *key, const void *val, size_t len, int ttl_s)
{
	memcached_return_t rc = MEMCACHED_CONNECTION_FAILURE;

	if (!askable(c, key))
		return;
	if (!FAILPOINT("cache", "set", "before"))
		rc = memcached_set(c->mc, key, strlen(key), val, len, ttl_s, 0);
	if (FAILPOINT("cache", "set", "after"))
		rc = MEMCACHED_CONNECTION_FAILURE;
	(void)answered(c, rc);
}

bool
cache_add(struct cache *c, const char *key, const void *val, size_t len, int ttl_s)
{
	memcached_return_t rc = MEMCACHED_CONNECTION_FAILURE;

	if (!askable(c, key))
		return false;
	if (!FAILPOINT("cache", "add", "before"))
		rc = memcached_add(c->mc, key, strlen(key), val, len, ttl_s, 0);
	if (FAILPOINT("cache", "add", "after"))
		rc = MEMCACHED_CONNECTION_FAILURE;
	return answered(c, rc) && (rc == MEMCACHED_SUCCESS || rc == MEMCACHED_STORED);
}

void
cache_delete(struct cache *c, const char *key)
{
	memcached_return_t rc = MEMCACHED_CONNECTION_FAILURE;

	if (!askable(c, key))
		return;
	if (!FAILPOINT("cache", "delete", "before"))
		rc = memcached_delete(c->mc, key, strlen(key), 0);
	if (FAILPOINT("cache", "delete", "after"))
		rc = MEMCACHED_CONNECTION_FAILURE;
	(void)answered(c, rc);
}

struct cache_figures
cache_figures(const struct cache *c)
{
	return c->figures;
}
