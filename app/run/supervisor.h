/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.h: the master's state machine: how many workers live, which are replaced, stopped or killed, and
 * when. It forks and signals through two functions that it is given and takes the time as an argument, so that
 * tests run it without processes and without waiting.
 *
 *   normal ──reload──► reloading ──all replaced──► normal
 *   any ──stop(graceful)──► finishing ──stop──► terminating ──no worker left──► gone
 */
#ifndef RUN_SUPERVISOR_H
#define RUN_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/scoreboard.h"

enum supervisor_state { SUP_NORMAL = 1, SUP_RELOADING, SUP_FINISHING, SUP_TERMINATING, SUP_GONE };

struct supervisor_ops {
	/* Forks a worker of a pool for a slot of the board. Its pid, or -1 (errno). */
	pid_t	(*spawn)(void *arg, size_t pool, struct slot *slot);
	void	(*kill)(void *arg, pid_t pid, int signo);
};

/* What the settings say of a pool. */
struct supervisor_pool {
	const char	*name;		/* borrowed until it is set again */
	int64_t		 workers;
	int64_t		 deadline_ms;
};

struct supervisor;

/* board, ops and arg are borrowed. NULL: no memory. */
struct supervisor *supervisor_new(struct scoreboard *board, const struct supervisor_ops *ops, void *arg);
void supervisor_free(struct supervisor *s);

/* Pool i (below CONF_POOLS_MAX) is as *p says from the next tick on. */
void supervisor_set_pool(struct supervisor *s, size_t i, const struct supervisor_pool *p);
/* How long workers have to end, once they were told, after supervisor_stop(…, false). */
void supervisor_set_stop_timeout(struct supervisor *s, int64_t stop_timeout_ms);

/* Every worker is to be replaced by one that is forked from now on. Again while it is at it: begins anew. */
void supervisor_reload(struct supervisor *s);
/* No more workers. graceful: each may finish its request within its deadline; else within stop_timeout_ms. */
void supervisor_stop(struct supervisor *s, bool graceful, int64_t now_us);
/* A child has ended: pid and status as waitpid(2) has them. */
void supervisor_reaped(struct supervisor *s, pid_t pid, int status, int64_t now_us);
/* Does what is due: to be called after every event, and at the latest after the milliseconds that it returns. */
int supervisor_tick(struct supervisor *s, int64_t now_us);

enum supervisor_state supervisor_state(const struct supervisor *s);

#endif
