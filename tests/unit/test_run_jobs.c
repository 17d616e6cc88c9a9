/* SPDX-License-Identifier: Apache-2.0 */
/* test_run_jobs.c: when which task is due, with a clock of our own; and how long workers live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "run/jobs.h"
#include "run/worker.h"

static const struct task daily = { "daily", 86400000, NULL };
static const struct task often = { "often", 500, NULL };
static const struct task polled = { "polled", 0, NULL };

static void
done(struct job *j, enum err e, bool more, int64_t now_us)
{
	job_done(j, &(struct job_step){ .e = e, .more = more, .cause = "test" }, now_us);
}

static void
test_period_and_more(void **state)
{
	struct job j;

	(void)state;
	job_init(&j, &often, 250, 1000);
	assert_int_equal(jobs_wait_ms(&j, 1, 1000), 0);
	done(&j, E_OK, true, 2000);
	assert_int_equal(jobs_wait_ms(&j, 1, 2000), 0);
	done(&j, E_OK, false, 3000);
	assert_int_equal(jobs_wait_ms(&j, 1, 3000), 500);
	assert_int_equal(jobs_wait_ms(&j, 1, 3001), 500);
	assert_int_equal(jobs_wait_ms(&j, 1, 3000 + 500 * US_PER_MS), 0);
	job_init(&j, &polled, 250, 0);
	done(&j, E_OK, false, 0);
	assert_int_equal(jobs_wait_ms(&j, 1, 0), 250);
}

static void
test_errors_back_off(void **state)
{
	static const int want_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	int64_t now_us = US_PER_S;
	struct job j;

	(void)state;
	job_init(&j, &often, 250, now_us);
	for (size_t i = 0; i < sizeof(want_s) / sizeof(want_s[0]); i++) {
		done(&j, E_DOWN, true, now_us);
		assert_int_equal(j.due_us - now_us, want_s[i] * US_PER_S);
		now_us = j.due_us;
	}
	done(&j, E_OK, false, now_us);
	assert_int_equal(j.failed, E_OK);
	done(&j, E_INTERNAL, false, now_us);
	assert_int_equal(j.due_us - now_us, US_PER_S);
}

static void
test_the_first_due_counts(void **state)
{
	struct job jobs[2];

	(void)state;
	job_init(&jobs[0], &daily, 250, 0);
	job_init(&jobs[1], &often, 250, 0);
	done(&jobs[0], E_OK, false, 0);
	assert_int_equal(jobs_wait_ms(jobs, 1, 0), 3600000);
	done(&jobs[1], E_OK, false, 0);
	assert_int_equal(jobs_wait_ms(jobs, 2, 0), 500);
	assert_int_equal(jobs_wait_ms(jobs, 0, 0), 3600000);
}

static void
test_lives_are_spread(void **state)
{
	(void)state;
	assert_int_equal(worker_lifetime(1000, 0), 900);
	assert_int_equal(worker_lifetime(1000, 200), 1100);
	assert_int_equal(worker_lifetime(1000, 201), 900);
	assert_int_equal(worker_lifetime(1, 12345), 1);
	assert_int_equal(worker_lifetime(5, 4294967295u), 5);
	for (uint32_t r = 0; r < 5000; r++)
		assert_in_range(worker_lifetime(1000, r), 900, 1100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_period_and_more),
		cmocka_unit_test(test_errors_back_off),
		cmocka_unit_test(test_the_first_due_counts),
		cmocka_unit_test(test_lives_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
