/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h: the life of a worker process. */
#ifndef RUN_WORKER_H
#define RUN_WORKER_H

#include "run/heritage.h"

/* In the child, right after fork, with signals blocked and their actions the default ones: serves requests until it
 * is told to end or has had its number, then ends the process (0: as it should be). */
void worker_run(const struct heritage *h) __attribute__((noreturn));

/* After how many requests a worker ends: max +/- 10 %, lest those born together end together. 0: no end. */
uint64_t worker_lifetime(int64_t max_requests, uint32_t random);

#endif
