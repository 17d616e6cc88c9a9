/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs.c: pointsmall jobs, one process without workers. Any number of them may run, on any hosts: each step of
 * a task is done by the one that holds its lease. It ends after the step at hand on QUIT, TERM or INT.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "run/commands.h"
#include "run/jobs.h"
#include "run/privileges.h"
#include "run/signals.h"
#include "run/start.h"
#include "service/mall.h"

/* A step is over before its lease is, so that no other process does the same meanwhile. */
#define STEP_DEADLINE_MS 20000
#define LEASE_MS 30000
#define BACKOFF_MIN_US US_PER_S
#define BACKOFF_MAX_US (60 * US_PER_S)

struct jobs {
	struct mall	*mall;
	struct arena	*arena;
	struct job	*list;
	size_t		 n;
	bool		 stopping;
	char		 holder[ID_LEN + 1];	/* this process, among all that run jobs */
};

void
job_init(struct job *j, const struct task *t, int64_t poll_ms, int64_t now_us)
{
	int64_t period_ms = t->period_ms > 0 ? t->period_ms : poll_ms;

	*j = (struct job){ .task = t, .period_us = period_ms * US_PER_MS, .due_us = now_us };
}

static void
job_failed(struct job *j, const struct job_step *step, int64_t now_us)
{
	if (j->failed != step->e)
		log_error("task %s: %s: %s", j->task->name, err_name(step->e), step->cause);
	j->failed = step->e;
	j->backoff_us = j->backoff_us == 0 ? BACKOFF_MIN_US : j->backoff_us * 2;
	if (j->backoff_us > BACKOFF_MAX_US)
		j->backoff_us = BACKOFF_MAX_US;
	j->due_us = now_us + j->backoff_us;
}

void
job_done(struct job *j, const struct job_step *step, int64_t now_us)
{
	if (step->e != E_OK) {
		job_failed(j, step, now_us);
		return;
	}
	if (j->failed != E_OK)
		log_info("task %s: works again", j->task->name);
	j->failed = E_OK;
	j->backoff_us = 0;
	j->due_us = step->more ? now_us : now_us + j->period_us;
}

int
jobs_wait_ms(const struct job *jobs, size_t n, int64_t now_us)
{
	int64_t wait_us = INT64_C(3600) * US_PER_S;

	for (size_t i = 0; i < n; i++) {
		if (jobs[i].due_us - now_us < wait_us)
			wait_us = jobs[i].due_us - now_us;
	}
	return wait_us <= 0 ? 0 : (int)((wait_us + US_PER_MS - 1) / US_PER_MS);
}

static void
on_event(void *arg, enum signals_byte b)
{
	struct jobs *js = arg;

	if (b == SIGNALS_QUIT || b == SIGNALS_TERM)
		js->stopping = true;
	else if (b == SIGNALS_RELOAD)
		log_warn("HUP: jobs read their settings at the start only");
}

static void
run_step(struct jobs *js, struct job *j)
{
	struct fault fault = { 0 };
	struct job_step step = { .cause = fault.cause };
	bool held = false;

	mall_request(js->mall, js->arena, &fault, STEP_DEADLINE_MS);
	step.e = task_lease(js->mall, j->task->name, js->holder, LEASE_MS, &held);
	if (step.e == E_OK && held)
		step.e = j->task->run(js->mall, &step.more);
	job_done(j, &step, clock_mono_us());
	arena_reset(js->arena);
}

static void
loop(struct jobs *js)
{
	while (!js->stopping) {
		for (size_t i = 0; i < js->n && !js->stopping; i++) {
			if (js->list[i].due_us <= clock_mono_us())
				run_step(js, &js->list[i]);
			signals_wait(0, on_event, js);
		}
		if (!js->stopping)
			signals_wait(jobs_wait_ms(js->list, js->n, clock_mono_us()), on_event, js);
	}
}

/* Who comes next need not wait until the leases are over. */
static void
leave(struct jobs *js)
{
	struct fault fault = { 0 };

	mall_request(js->mall, js->arena, &fault, STEP_DEADLINE_MS);
	if (task_leave(js->mall, js->holder) != E_OK)
		log_warn("jobs: leases kept until their time is over: %s", fault.cause);
}

static bool
make_jobs(struct jobs *js, const struct conf *conf)
{
	int64_t now_us = clock_mono_us();

	while (tasks[js->n].name != NULL)
		js->n++;
	if ((js->list = calloc(js->n + 1, sizeof(*js->list))) == NULL)
		return false;
	for (size_t i = 0; i < js->n; i++)
		job_init(&js->list[i], &tasks[i], conf->jobs_poll_ms, now_us);
	id_new(clock_now_us(), js->holder);
	js->arena = arena_new();
	js->mall = mall_new(conf);
	return true;
}

static void
free_jobs(struct jobs *js)
{
	mall_free(js->mall);
	arena_free(js->arena);
	free(js->list);
}

static int
run(const struct conf *conf)
{
	struct jobs js = { .n = 0 };

	if (!signals_init() || !make_jobs(&js, conf)) {
		log_error("jobs: %s", strerror(errno));
		return EX_OSERR;
	}
	log_info("jobs: %zu tasks, as %s", js.n, js.holder);
	loop(&js);
	leave(&js);
	free_jobs(&js);
	signals_free();
	log_info("ended");
	return 0;
}

int
command_jobs(const struct conf *conf, int argc, char **argv)
{
	struct privileges p;

	(void)argv;
	if (argc > 1) {
		start_complain(NULL, "jobs takes no arguments");
		return EX_USAGE;
	}
	start_log(conf, "jobs");
	if (!privileges_plan(conf->user, &p))
		return EX_CONFIG;
	if (!privileges_drop(&p))
		return EX_NOPERM;
	return start_schema(conf) ? run(conf) : EX_CONFIG;
}
