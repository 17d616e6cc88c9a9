/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs.h: when which task of the table runs. The clock and the running are the caller's, so that tests need
 * neither a database nor patience.
 */
#ifndef RUN_JOBS_H
#define RUN_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "service/tasks.h"

struct job {
	const struct task	*task;
	int64_t			 period_us;
	int64_t			 due_us;	/* monotonic */
	int64_t			 backoff_us;	/* 0: its last step went well */
	enum err		 failed;	/* what was logged, until it goes well again */
};

/* What one step of a task came to. */
struct job_step {
	enum err	 e;
	bool		 more;		/* there is more to do at once */
	const char	*cause;		/* of e, for the log */
};

/* Every task is due at once, and then every period_ms; one without a period of its own, every poll_ms. */
void job_init(struct job *j, const struct task *t, int64_t poll_ms, int64_t now_us);
/* A step has ended: when the next is due. A failure is logged once, until another or a success follows. */
void job_done(struct job *j, const struct job_step *step, int64_t now_us);
/* Milliseconds until the first of n jobs is due, rounded up; 0: one is. */
int jobs_wait_ms(const struct job *jobs, size_t n, int64_t now_us);

#endif
