/* SPDX-License-Identifier: Apache-2.0 */
/* verify_screen.c: a table of sums by user, with open addressing; a user is known by a hash of the id. */
#include "service/verify_screen.h"

#include <stdlib.h>
#include <string.h>

struct sums {
	uint64_t	key;		/* 0: free */
	uint64_t	links;		/* a link adds its end and takes its beginning away: of a chain only both ends are left */
	int64_t		records;
	int64_t		points;
	int64_t		earned;
	int64_t		spent;
	int64_t		out;
};

struct screen {
	struct sums	*slots;
	size_t		 mask;
	size_t		 used;
	size_t		 room;
	bool		 full;		/* more users than were announced: then nobody agrees */
};

/* The finisher of splitmix64. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t
key_of(const char *user_id)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15);

	for (const unsigned char *p = (const unsigned char *)user_id; *p != '\0'; p++)
		h = mix(h ^ *p);
	return h != 0 ? h : 1;
}

/* A ledger that stands at this balance after so many records. */
static uint64_t
standing(int64_t seq, int64_t balance)
{
	return mix(mix((uint64_t)seq + UINT64_C(0x9e3779b97f4a7c15)) ^ (uint64_t)balance);
}

struct screen *
screen_new(size_t accounts)
{
	struct screen *s = calloc(1, sizeof(*s));
	size_t n = 64;

	while (n * 3 / 4 < accounts)
		n *= 2;
	if (s == NULL || (s->slots = calloc(n, sizeof(*s->slots))) == NULL)
		abort();
	s->mask = n - 1;
	s->room = n * 3 / 4;
	return s;
}

void
screen_free(struct screen *s)
{
	free(s->slots);
	free(s);
}

/* The user's slot, or the free one where it would be. */
static struct sums *
slot_of(const struct screen *s, const char *user_id, uint64_t *key)
{
	size_t i = (*key = key_of(user_id)) & s->mask;

	while (s->slots[i].key != 0 && s->slots[i].key != *key)
		i = (i + 1) & s->mask;
	return &s->slots[i];
}

/* Sums wrap around where a ledger is absurd: then they do not agree with anything either. */
static void
sum(int64_t *to, int64_t n)
{
	*to = (int64_t)((uint64_t)*to + (uint64_t)n);
}

void
screen_add(struct screen *s, const struct screen_record *r)
{
	uint64_t key;
	struct sums *t = slot_of(s, r->user_id, &key);

	if (t->key == 0) {
		if (s->used == s->room) {
			s->full = true;
			return;
		}
		s->used++;
		t->key = key;
	}
	t->records++;
	t->links += standing(r->seq, r->balance_after) -
	    standing(r->seq - 1, (int64_t)((uint64_t)r->balance_after - (uint64_t)r->points));
	sum(&t->points, r->points);
	sum(&t->earned, r->earned);
	sum(&t->spent, r->spent);
	if (r->points < 0)
		sum(&t->out, -r->points);
}

bool
screen_agrees(const struct screen *s, const struct screen_account *a)
{
	uint64_t key;
	const struct sums *t = slot_of(s, a->user_id, &key);

	return !s->full && t->records == a->seq && t->points == a->balance && t->earned == a->earned &&
	    t->spent == a->spent && t->out == a->out &&
	    t->links == standing(a->seq, a->balance) - standing(0, 0);
}
