/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scoreboard.h: what the workers are doing, in memory that the master makes before its first fork and all
 * share. A slot is written by its worker alone, but for stop, and read by the master; the token buckets are
 * everybody's.
 */
#ifndef RUN_SCOREBOARD_H
#define RUN_SCOREBOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bucket.h"

/* Workers of all pools, old and new ones of a reload. */
#define SCOREBOARD_SLOTS 2048
#define SCOREBOARD_WORKERS_MAX (SCOREBOARD_SLOTS / 2)
#define SCOREBOARD_BUCKETS 65536
#define SCOREBOARD_ID_LEN 64

enum slot_state { SLOT_FREE = 0, SLOT_STARTING, SLOT_IDLE, SLOT_BUSY };

struct slot {
	_Atomic int		state;
	_Atomic bool		stop;		/* the master's wish: end after this request */
	_Atomic int64_t		busy_since_us;	/* monotonic; 0: idle */
	_Atomic uint64_t	requests;
	pid_t			pid;
	size_t			pool;
	uint64_t		generation;
	int64_t			started_us;	/* monotonic */
	char			request_id[SCOREBOARD_ID_LEN + 1];
} __attribute__((aligned(64)));

struct scoreboard {
	struct slot	 slots[SCOREBOARD_SLOTS];
	struct buckets	*buckets;
};

/* In the master, before any fork. NULL: no memory (errno). */
struct scoreboard *scoreboard_new(void);
void scoreboard_free(struct scoreboard *b);

/* In the master: a slot for a worker that is about to be forked. */
void slot_claim(struct slot *s, size_t pool, uint64_t generation, int64_t now_mono_us);
/* In the master: its worker is gone. */
void slot_release(struct slot *s);

/* In the worker. */
void slot_ready(struct slot *s);
void slot_busy(struct slot *s, const char *request_id, int64_t now_mono_us);
void slot_idle(struct slot *s);

/* In the master: since when the worker has been at one request (monotonic), and its id into
 * id[SCOREBOARD_ID_LEN + 1]; 0 where it is idle or has just changed requests. */
int64_t slot_busy_since(const struct slot *s, char *id);

#endif
