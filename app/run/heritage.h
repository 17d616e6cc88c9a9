/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heritage.h: exactly what survives the fork of a worker. Whatever else the master holds (the pid file and its
 * lock, the reading end of its pipe, the sockets of other pools) is closed in the child before worker_run();
 * the master has no connection to the database or memcached when it forks.
 */
#ifndef RUN_HERITAGE_H
#define RUN_HERITAGE_H

#include <sys/types.h>

#include "base/conf.h"
#include "http/req.h"
#include "run/scoreboard.h"

struct heritage {
	const struct conf	*conf;
	const struct conf_pool	*pool;
	const struct route	*routes;
	struct scoreboard	*board;		/* shared; its buckets are used by all */
	struct slot		*slot;		/* this worker's own, in board */
	int			 listen_fd;	/* the pool's, shared with its other workers */
	int			 wake_fd;	/* writing end of the master's pipe: a byte means "look" */
	pid_t			 master;
};

#endif
