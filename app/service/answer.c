/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c: copies of public answers, this worker's own and memcached's.
 *
 * A worker's own copies are a fixed table made at its start: sets of four slots, the oldest of a set gives way. In memcached
 * an answer is "t_read etag\n" and the body, under the hash of its key (a query can be longer than memcached's 250 bytes).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "service/answer.h"
#include "store/cache.h"

#define WAYS 4
#define MEMCACHED_TTL_S 2
#define NAME_MAX_LEN (sizeof("pm1:") - 1 + 2 * SHA256_LEN)
#define HEAD_MAX 64

struct slot {
	uint8_t		hash[SHA256_LEN];
	int64_t		t_read_us;	/* 0: empty */
	char		etag[ANSWER_ETAG_LEN + 1];
	size_t		len;
	char		*body;
};

struct copies {
	size_t		 sets;		/* 0: switched off */
	size_t		 bytes;		/* of a slot's body */
	struct slot	*slots;
	char		*bodies;
};

struct copies *
copies_new(const struct conf *conf)
{
	struct copies *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->sets = (size_t)conf->copies_slots / WAYS;
	c->bytes = (size_t)conf->copies_bytes;
	if (c->sets == 0)
		return c;
	c->slots = calloc(c->sets * WAYS, sizeof(*c->slots));
	c->bodies = malloc(c->sets * WAYS * c->bytes);
	if (c->slots == NULL || c->bodies == NULL)
		abort();
	for (size_t i = 0; i < c->sets * WAYS; i++)
		c->slots[i].body = c->bodies + i * c->bytes;
	return c;
}

void
copies_free(struct copies *c)
{
	if (c == NULL)
		return;
	free(c->slots);
	free(c->bodies);
	free(c);
}

/* A copy is good until the second of the clock ends in which it was read, as nginx's entry of it is: one of the second
 * before would fill that entry with what is stale already, and nginx would ask again at once, all through the second. A
 * time from the future (a clock that was set back) is not trusted either. */
static bool
fresh(int64_t t_read_us, int64_t now_us)
{
	return t_read_us <= now_us && t_read_us / US_PER_S == now_us / US_PER_S;
}

static struct slot *
set_of(struct copies *c, const uint8_t *hash)
{
	uint64_t n;

	memcpy(&n, hash, sizeof(n));
	return &c->slots[n % c->sets * WAYS];
}

static struct slot *
own_find(struct copies *c, const uint8_t *hash, int64_t now_us)
{
	struct slot *set;

	if (c->sets == 0)
		return NULL;
	set = set_of(c, hash);
	for (size_t i = 0; i < WAYS; i++)
		if (fresh(set[i].t_read_us, now_us) && memcmp(set[i].hash, hash, SHA256_LEN) == 0)
			return &set[i];
	return NULL;
}

static void
own_keep(struct copies *c, const uint8_t *hash, const struct answer *a)
{
	struct slot *set, *victim;

	if (c->sets == 0 || a->len > c->bytes)
		return;
	set = victim = set_of(c, hash);
	for (size_t i = 0; i < WAYS; i++) {
		if (memcmp(set[i].hash, hash, SHA256_LEN) == 0) {
			victim = &set[i];
			break;
		}
		if (set[i].t_read_us < victim->t_read_us)
			victim = &set[i];
	}
	memcpy(victim->hash, hash, SHA256_LEN);
	memcpy(victim->etag, a->etag, sizeof(victim->etag));
	memcpy(victim->body, a->body, a->len);
	victim->len = a->len;
	victim->t_read_us = a->t_read_us;
}

static void
memcached_name(const uint8_t *hash, char *out)
{
	memcpy(out, "pm1:", 4);
	hex_encode(hash, SHA256_LEN, out + 4);
}

/* "t_read etag\nbody"; anything else under the name is not ours. */
static bool
unpack(const char *p, size_t n, struct answer *out)
{
	const char *end = memchr(p, '\n', n);
	int at = 0;

	if (end == NULL || sscanf(p, "%" SCNd64 " %34s%n", &out->t_read_us, out->etag, &at) != 2 || p + at != end)
		return false;
	out->body = end + 1;
	out->len = n - (size_t)(end + 1 - p);
	return true;
}

static bool
memcached_find(struct mall *m, const uint8_t *hash, struct answer *out)
{
	char name[NAME_MAX_LEN + 1];
	const char *p;
	size_t n;

	memcached_name(hash, name);
	return cache_get(m->cache, name, m->arena, &p, &n) && unpack(p, n, out) && fresh(out->t_read_us, m->now_us);
}

static bool
find_own(struct mall *m, const uint8_t *hash, struct answer *out)
{
	const struct slot *own = own_find(m->copies, hash, m->now_us);

	if (own == NULL)
		return false;
	out->t_read_us = own->t_read_us;
	memcpy(out->etag, own->etag, sizeof(out->etag));
	out->body = own->body;
	out->len = own->len;
	return true;
}

bool
answer_find_own(struct mall *m, const char *key, struct answer *out)
{
	uint8_t hash[SHA256_LEN];

	sha256(key, strlen(key), hash);
	return find_own(m, hash, out);
}

void
answer_keep_own(struct mall *m, const char *key, struct answer *a)
{
	uint8_t hash[SHA256_LEN];

	sha256(key, strlen(key), hash);
	own_keep(m->copies, hash, a);
}

bool
answer_find(struct mall *m, const char *key, struct answer *out)
{
	uint8_t hash[SHA256_LEN];

	sha256(key, strlen(key), hash);
	if (find_own(m, hash, out))
		return true;
	if (!memcached_find(m, hash, out))
		return false;
	own_keep(m->copies, hash, out);
	return true;
}

static void
memcached_keep(struct mall *m, const uint8_t *hash, const struct answer *a)
{
	char name[NAME_MAX_LEN + 1], lock[NAME_MAX_LEN + 3];
	struct buf b;

	memcached_name(hash, name);
	snprintf(lock, sizeof(lock), "%s:l", name);
	if (!cache_add(m->cache, lock, "1", 1, 1))
		return;
	buf_init(&b, m->arena, a->len + HEAD_MAX);
	buf_printf(&b, "%" PRId64 " %s\n", a->t_read_us, a->etag);
	buf_add(&b, a->body, a->len);
	cache_set(m->cache, name, b.p, b.len, MEMCACHED_TTL_S);
	cache_delete(m->cache, lock);
}

void
answer_keep(struct mall *m, const char *key, struct answer *a)
{
	uint8_t hash[SHA256_LEN], sum[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(a->body, a->len, sum);
	hex_encode(sum, SHA256_LEN / 2, hex);
	snprintf(a->etag, sizeof(a->etag), "\"%.32s\"", hex);
	sha256(key, strlen(key), hash);
	own_keep(m->copies, hash, a);
	memcached_keep(m, hash, a);
}
