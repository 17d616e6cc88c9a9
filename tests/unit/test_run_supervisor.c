/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_run_supervisor.c: the master's state machine with processes and a clock of our own: spawn hands out pids,
 * kill writes down who was sent what, and time is a number.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <errno.h>

#include <cmocka.h>

#include "base/clock.h"
#include "run/supervisor.h"

#define PROCS_MAX 512
#define EXITED(status) ((status) << 8)

struct proc {
	struct slot	*slot;
	int64_t		 born_us;
	int		 quits, terms, kills;
	bool		 gone;
};

struct world {
	struct scoreboard	*board;
	struct supervisor	*sup;
	struct proc		 procs[PROCS_MAX];	/* pid is the index + 1000 */
	size_t			 n;
	int64_t			 now_us;
	bool			 fork_fails;
};

static pid_t
fake_spawn(void *arg, size_t pool, struct slot *slot)
{
	struct world *w = arg;

	(void)pool;
	if (w->fork_fails) {
		errno = EAGAIN;
		return -1;
	}
	assert_true(w->n < PROCS_MAX);
	w->procs[w->n] = (struct proc){ .slot = slot, .born_us = w->now_us };
	return (pid_t)(1000 + w->n++);
}

static void
fake_kill(void *arg, pid_t pid, int signo)
{
	struct world *w = arg;
	struct proc *p = &w->procs[pid - 1000];

	assert_false(p->gone);
	p->quits += signo == SIGQUIT;
	p->terms += signo == SIGTERM;
	p->kills += signo == SIGKILL;
}

static const struct supervisor_ops ops = { fake_spawn, fake_kill };

static void
set_workers(struct world *w, int64_t workers)
{
	supervisor_set_pool(w->sup, 0, &(struct supervisor_pool){ "read", workers, 2000 });
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now_us = 1000 * US_PER_S;
	w->board = scoreboard_new();
	w->sup = supervisor_new(w->board, &ops, w);
	supervisor_set_stop_timeout(w->sup, 5000);
	set_workers(w, 4);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	supervisor_free(w->sup);
	scoreboard_free(w->board);
	free(w);
	return 0;
}

static void
tick(struct world *w)
{
	supervisor_tick(w->sup, w->now_us);
}

static void
pass(struct world *w, int64_t ms)
{
	w->now_us += ms * US_PER_MS;
	tick(w);
}

static void
ready_all(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (!w->procs[i].gone && atomic_load(&w->procs[i].slot->state) == SLOT_STARTING)
			slot_ready(w->procs[i].slot);
	}
}

static void
dies(struct world *w, size_t i, int status)
{
	w->procs[i].gone = true;
	supervisor_reaped(w->sup, (pid_t)(1000 + i), status, w->now_us);
}

static size_t
alive(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += !w->procs[i].gone;
	return n;
}

/* Those that would take a request now. */
static size_t
serving(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct slot *s = w->procs[i].slot;

		n += !w->procs[i].gone && atomic_load(&s->state) >= SLOT_IDLE && !atomic_load(&s->stop);
	}
	return n;
}

static void
start_four(struct world *w)
{
	tick(w);
	assert_int_equal(alive(w), 4);
	ready_all(w);
	w->now_us += 60 * US_PER_S;
	tick(w);
	assert_int_equal(w->n, 4);
}

static void
test_starts_every_worker(void **state)
{
	struct world *w = *state;

	supervisor_set_pool(w->sup, 1, &(struct supervisor_pool){ "write", 7, 2000 });
	tick(w);
	assert_int_equal(alive(w), 11);
	assert_int_equal(supervisor_state(w->sup), SUP_NORMAL);
	assert_int_equal(w->procs[0].slot->pid, 1000);
}

/* Ends every worker that has been told to, in the order of its telling; one event, one tick. */
static bool
obey(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->procs[i].gone || !atomic_load(&w->procs[i].slot->stop))
			continue;
		dies(w, i, EXITED(0));
		return true;
	}
	return false;
}

static void
test_reload_replaces_one_by_one(void **state)
{
	struct world *w = *state;
	int rounds = 0;

	start_four(w);
	supervisor_reload(w->sup);
	tick(w);
	assert_int_equal(supervisor_state(w->sup), SUP_RELOADING);
	while (supervisor_state(w->sup) == SUP_RELOADING) {
		assert_true(rounds++ < 100);
		assert_true(serving(w) >= 4);
		assert_true(alive(w) <= 5);
		ready_all(w);
		tick(w);
		assert_true(serving(w) >= 4);
		obey(w);
		pass(w, 10);
	}
	assert_int_equal(w->n, 8);
	assert_int_equal(alive(w), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(w->procs[i].gone);
}

static void
test_reload_waits_for_ready(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_reload(w->sup);
	for (int i = 0; i < 10; i++)
		pass(w, 250);
	assert_int_equal(w->n, 5);
	assert_int_equal(serving(w), 4);
}

static void
test_reload_waits_for_the_old_to_be_gone(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_reload(w->sup);
	tick(w);
	slot_ready(w->procs[4].slot);
	for (int i = 0; i < 10; i++)
		pass(w, 100);
	assert_int_equal(w->n, 5);
	assert_true(obey(w));
	tick(w);
	assert_int_equal(w->n, 6);
}

static void
test_reload_that_cannot_start_keeps_the_old(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_reload(w->sup);
	for (int i = 0; i < 400; i++) {
		pass(w, 100);
		if (w->n > 4 && !w->procs[w->n - 1].gone)
			dies(w, w->n - 1, EXITED(69));
		assert_int_equal(serving(w), 4);
	}
	assert_int_equal(supervisor_state(w->sup), SUP_RELOADING);
	assert_true(w->n > 6 && w->n < 20);
}

static void
test_counts_take_effect(void **state)
{
	struct world *w = *state;

	start_four(w);
	set_workers(w, 6);
	tick(w);
	assert_int_equal(alive(w), 6);
	ready_all(w);
	set_workers(w, 3);
	for (int i = 0; i < 20; i++) {
		tick(w);
		obey(w);
	}
	assert_int_equal(alive(w), 3);
	assert_int_equal(serving(w), 3);
}

static void
test_young_deaths_back_off(void **state)
{
	struct world *w = *state;
	int64_t last_us, gap_us, before_us = 0;

	set_workers(w, 1);
	tick(w);
	for (int i = 0; i < 12; i++) {
		last_us = w->now_us;
		dies(w, w->n - 1, SIGSEGV);
		tick(w);
		assert_int_equal(alive(w), 0);
		while (alive(w) == 0) {
			assert_true(w->now_us - last_us <= 10 * US_PER_S);
			pass(w, 50);
		}
		gap_us = w->now_us - last_us;
		assert_true(gap_us == before_us * 2 || gap_us >= 10 * US_PER_S || before_us == 0);
		before_us = gap_us;
	}
	assert_int_equal(before_us, 10 * US_PER_S);
}

static void
test_back_off_begins_anew(void **state)
{
	struct world *w = *state;

	set_workers(w, 1);
	tick(w);
	for (int i = 0; i < 6; i++) {
		dies(w, w->n - 1, EXITED(1));
		pass(w, 10000);
		assert_int_equal(alive(w), 1);
	}
	pass(w, 61000);
	dies(w, w->n - 1, SIGKILL);
	tick(w);
	assert_int_equal(alive(w), 1);
	dies(w, w->n - 1, EXITED(1));
	pass(w, 100);
	assert_int_equal(alive(w), 1);
}

static void
test_one_that_has_served_is_replaced_at_once(void **state)
{
	struct world *w = *state;

	tick(w);
	ready_all(w);
	slot_busy(w->procs[2].slot, "r", w->now_us);
	slot_idle(w->procs[2].slot);
	dies(w, 2, EXITED(0));
	tick(w);
	assert_int_equal(alive(w), 4);
	assert_int_equal(w->n, 5);
}

static void
test_fork_failure_backs_off(void **state)
{
	struct world *w = *state;

	w->fork_fails = true;
	tick(w);
	w->fork_fails = false;
	tick(w);
	assert_int_equal(alive(w), 0);
	pass(w, 100);
	assert_int_equal(alive(w), 4);
}

static void
test_deadline_kills(void **state)
{
	struct world *w = *state;

	start_four(w);
	slot_busy(w->procs[1].slot, "req-1", w->now_us);
	pass(w, 3000);
	assert_int_equal(w->procs[1].kills, 0);
	pass(w, 1);
	assert_int_equal(w->procs[1].kills, 1);
	pass(w, 250);
	assert_int_equal(w->procs[1].kills, 1);
	assert_int_equal(w->procs[0].kills, 0);
	dies(w, 1, SIGKILL);
	tick(w);
	assert_int_equal(alive(w), 4);
}

static void
test_start_that_hangs_is_killed(void **state)
{
	struct world *w = *state;

	tick(w);
	pass(w, 30001);
	assert_int_equal(w->procs[0].kills, 1);
	assert_int_equal(w->procs[3].kills, 1);
}

static void
test_quit_finishes_what_runs(void **state)
{
	struct world *w = *state;

	start_four(w);
	slot_busy(w->procs[0].slot, "r", w->now_us);
	supervisor_stop(w->sup, true, w->now_us);
	for (int i = 0; i < 10; i++)
		pass(w, 100);
	assert_int_equal(supervisor_state(w->sup), SUP_FINISHING);
	assert_int_equal(w->procs[0].quits, 0);
	assert_true(w->procs[1].quits >= 9);
	for (size_t i = 1; i < 4; i++)
		dies(w, i, EXITED(0));
	slot_idle(w->procs[0].slot);
	for (int i = 0; i < 3; i++)
		pass(w, 100);
	assert_true(w->procs[0].quits >= 1);
	dies(w, 0, EXITED(0));
	tick(w);
	assert_int_equal(supervisor_state(w->sup), SUP_GONE);
	assert_int_equal(w->n, 4);
}

/* QUIT would break into a request that has just come: a worker that still changes requests sees its slot's stop. */
static void
test_a_worker_under_load_gets_no_signal(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_stop(w->sup, true, w->now_us);
	for (int i = 0; i < 5; i++) {
		slot_busy(w->procs[0].slot, "r", w->now_us);
		slot_idle(w->procs[0].slot);
		pass(w, 100);
	}
	assert_int_equal(w->procs[0].quits, 0);
	assert_int_equal(w->procs[1].quits, 5);
}

static void
test_term_then_kill(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_stop(w->sup, false, w->now_us);
	pass(w, 4999);
	assert_int_equal(w->procs[0].terms, 0);
	pass(w, 1);
	assert_int_equal(w->procs[0].terms, 1);
	pass(w, 999);
	assert_int_equal(w->procs[0].kills, 0);
	pass(w, 1);
	assert_int_equal(w->procs[0].kills, 1);
	for (size_t i = 0; i < 4; i++)
		dies(w, i, SIGKILL);
	tick(w);
	assert_int_equal(supervisor_state(w->sup), SUP_GONE);
}

static void
test_term_hurries_a_finishing_one(void **state)
{
	struct world *w = *state;

	set_workers(w, 0);
	supervisor_set_pool(w->sup, 0, &(struct supervisor_pool){ "bulk", 1, 600000 });
	tick(w);
	ready_all(w);
	slot_busy(w->procs[0].slot, "export", w->now_us);
	supervisor_stop(w->sup, true, w->now_us);
	pass(w, 300000);
	assert_int_equal(w->procs[0].terms, 0);
	supervisor_stop(w->sup, false, w->now_us);
	pass(w, 4900);
	supervisor_stop(w->sup, false, w->now_us);
	assert_int_equal(w->procs[0].terms, 0);
	pass(w, 100);
	assert_int_equal(w->procs[0].terms, 1);
}

static void
test_nothing_is_started_or_reloaded_while_ending(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_stop(w->sup, true, w->now_us);
	supervisor_reload(w->sup);
	assert_int_equal(supervisor_state(w->sup), SUP_FINISHING);
	dies(w, 0, SIGSEGV);
	pass(w, 1000);
	assert_int_equal(w->n, 4);
}

static void
test_strangers_are_ignored(void **state)
{
	struct world *w = *state;

	start_four(w);
	supervisor_reaped(w->sup, 4711, 0, w->now_us);
	supervisor_reaped(w->sup, 0, 0, w->now_us);
	tick(w);
	assert_int_equal(w->n, 4);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_starts_every_worker),
		TEST(test_reload_replaces_one_by_one),
		TEST(test_reload_waits_for_ready),
		TEST(test_reload_waits_for_the_old_to_be_gone),
		TEST(test_reload_that_cannot_start_keeps_the_old),
		TEST(test_counts_take_effect),
		TEST(test_young_deaths_back_off),
		TEST(test_back_off_begins_anew),
		TEST(test_one_that_has_served_is_replaced_at_once),
		TEST(test_fork_failure_backs_off),
		TEST(test_deadline_kills),
		TEST(test_start_that_hangs_is_killed),
		TEST(test_quit_finishes_what_runs),
		TEST(test_a_worker_under_load_gets_no_signal),
		TEST(test_term_then_kill),
		TEST(test_term_hurries_a_finishing_one),
		TEST(test_nothing_is_started_or_reloaded_while_ending),
		TEST(test_strangers_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
