/* SPDX-License-Identifier: Apache-2.0 */
/* master.h: the process that owns the sockets and the workers. */
#ifndef RUN_MASTER_H
#define RUN_MASTER_H

#include "base/conf.h"
#include "http/req.h"

/* Binds every pool, checks the schema, gives up root, forks workers and looks after them until QUIT, TERM or INT.
 * HUP reads the settings again and replaces the workers one by one. conf and routes are borrowed for life.
 * Returns the exit status: 0, or one of sysexits(3) where it could not begin (logged). */
int master_run(const struct conf *conf, const struct route *routes);

#endif
