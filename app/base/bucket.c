/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bucket.c: token buckets by the generic cell rate algorithm, in memory that the workers share. A bucket
 * is one word: 24 bits tell whose it is, 40 bits hold the time at which it will be empty again ("theoretical
 * arrival time"). A word whose time has passed says nothing and is free for anyone.
 */
#include "base/bucket.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"

#define PROBES 4u
#define TRIES 16
#define TIME_BITS 40
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
/* Ticks of 0.1 ms: fine enough for 1000 requests a second, and 40 bits of them are 3.4 years. */
#define US_PER_TICK INT64_C(100)
#define TICKS_PER_S (US_PER_S / US_PER_TICK)
#define TICKS_PER_MS (US_PER_MS / US_PER_TICK)

struct buckets {
	uint64_t		mask;
	_Atomic uint64_t	word[];
};

size_t
buckets_size(size_t n)
{
	return sizeof(struct buckets) + n * sizeof(uint64_t);
}

struct buckets *
buckets_init(void *mem, size_t n)
{
	struct buckets *b = mem;

	b->mask = n - 1;
	for (size_t i = 0; i < n; i++)
		atomic_init(&b->word[i], 0);
	return b;
}

/* How many ticks after now the word's time is; 0: passed, or never set. What lies further off than
 * anything that this limit could have written is from before the 40 bits wrapped. */
static int64_t
ticks_left(uint64_t word, int64_t now, int64_t reach)
{
	uint64_t d = ((word & TIME_MASK) - (uint64_t)now) & TIME_MASK;

	return word != 0 && d <= (uint64_t)reach ? (int64_t)d : 0;
}

/* The word of tag, else a free one, else NULL; *seen is what stood there. */
static _Atomic uint64_t *
find(struct buckets *b, uint64_t key, uint64_t tag, int64_t now, int64_t reach, uint64_t *seen)
{
	_Atomic uint64_t *free_word = NULL;

	for (uint64_t i = 0; i < PROBES; i++) {
		_Atomic uint64_t	*w = &b->word[(key + i) & b->mask];
		uint64_t		 v = atomic_load_explicit(w, memory_order_relaxed);
		bool			 live = ticks_left(v, now, reach) > 0;

		if (live && v >> TIME_BITS == tag) {
			*seen = v;
			return w;
		}
		if (!live && free_word == NULL) {
			free_word = w;
			*seen = v;
		}
	}
	return free_word;
}

int64_t
buckets_take(struct buckets *b, uint64_t key, int64_t rate, int64_t burst, int64_t now_mono_us)
{
	int64_t			 now = now_mono_us / US_PER_TICK, step, reach, left;
	uint64_t		 tag = key >> TIME_BITS, v = 0, next;
	_Atomic uint64_t	*w;

	if (rate <= 0)
		return 0;
	step = rate < TICKS_PER_S ? (TICKS_PER_S + rate / 2) / rate : 1;
	reach = step * (burst > 1 ? burst : 1);
	for (int i = 0; i < TRIES; i++) {
		if ((w = find(b, key, tag, now, reach, &v)) == NULL)
			return 0;
		left = ticks_left(v, now, reach) + step;
		if (left > reach)
			return (left - reach + TICKS_PER_MS - 1) / TICKS_PER_MS;
		next = tag << TIME_BITS | ((uint64_t)(now + left) & TIME_MASK);
		if (atomic_compare_exchange_weak_explicit(w, &v, next, memory_order_relaxed, memory_order_relaxed))
			return 0;
	}
	return 0;
}
