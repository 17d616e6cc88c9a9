/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.h: what `pointsmall jobs` does, as a table. */
#ifndef SERVICE_TASKS_H
#define SERVICE_TASKS_H

#include "service/mall.h"

struct task {
	const char	*name;
	int64_t		 period_ms;	/* 0: as often as jobs.poll_ms says */
	/* One bounded step, safe to break off and to run again. *more: there is more to do at once. */
	enum err	(*run)(struct mall *m, bool *more);
};

/* Ends with a row without a name. */
extern const struct task tasks[];

/* Takes the task's lease for holder, or keeps it: whoever has it may run the task until hold_ms from now. The lease is a
 * committed row, so any number of hosts share the tasks; *held is false where another holds it. */
enum err task_lease(struct mall *m, const char *task, const char *holder, int64_t hold_ms, bool *held) MUST_CHECK;
/* Whatever holder has is anybody's from now on. */
enum err task_leave(struct mall *m, const char *holder) MUST_CHECK;

#endif
