/* SPDX-License-Identifier: Apache-2.0 */
/* scoreboard.c: the memory that master and workers share. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "run/scoreboard.h"

/* The buckets begin on a cache line of their own. */
#define BUCKETS_AT ((sizeof(struct scoreboard) + 63) / 64 * 64)

static size_t
bytes(void)
{
	return BUCKETS_AT + buckets_size(SCOREBOARD_BUCKETS);
}

struct scoreboard *
scoreboard_new(void)
{
	struct scoreboard *b;

	b = mmap(NULL, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b == MAP_FAILED)
		return NULL;
	b->buckets = buckets_init((char *)b + BUCKETS_AT, SCOREBOARD_BUCKETS);
	return b;
}

void
scoreboard_free(struct scoreboard *b)
{
	int failed = munmap(b, bytes());

	assert(!failed);
	(void)failed;
}

void
slot_claim(struct slot *s, size_t pool, uint64_t generation, int64_t now_mono_us)
{
	s->pid = 0;
	s->pool = pool;
	s->generation = generation;
	s->started_us = now_mono_us;
	s->request_id[0] = '\0';
	atomic_store(&s->stop, false);
	atomic_store(&s->busy_since_us, 0);
	atomic_store(&s->requests, 0);
	atomic_store(&s->state, SLOT_STARTING);
}

void
slot_release(struct slot *s)
{
	s->pid = 0;
	atomic_store(&s->busy_since_us, 0);
	atomic_store(&s->state, SLOT_FREE);
}

void
slot_ready(struct slot *s)
{
	atomic_store(&s->state, SLOT_IDLE);
}

void
slot_busy(struct slot *s, const char *request_id, int64_t now_mono_us)
{
	size_t n = strnlen(request_id, SCOREBOARD_ID_LEN);

	memcpy(s->request_id, request_id, n);
	s->request_id[n] = '\0';
	atomic_fetch_add(&s->requests, 1);
	atomic_store(&s->busy_since_us, now_mono_us);
	atomic_store(&s->state, SLOT_BUSY);
}

void
slot_idle(struct slot *s)
{
	atomic_store(&s->busy_since_us, 0);
	atomic_store(&s->state, SLOT_IDLE);
}

int64_t
slot_busy_since(const struct slot *s, char *id)
{
	uint64_t requests = atomic_load(&s->requests);
	int64_t since = atomic_load(&s->busy_since_us);

	memcpy(id, s->request_id, SCOREBOARD_ID_LEN);
	id[SCOREBOARD_ID_LEN] = '\0';
	/* Another request has begun meanwhile: the id may be half of each. */
	if (since != atomic_load(&s->busy_since_us) || requests != atomic_load(&s->requests))
		return 0;
	return since;
}
