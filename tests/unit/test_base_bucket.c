/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_bucket.c: bucket.c, with a clock that the test moves. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bucket.h"
#include "base/clock.h"

#define START_US (INT64_C(1000) * US_PER_S)
#define USER UINT64_C(0x1234560000000007)
/* The same neighbourhood, another tag. */
#define OTHER(n) ((UINT64_C(0xabc000) + (n)) << 40 | 7)

static int
setup(void **state)
{
	void *mem = calloc(1, buckets_size(64));

	*state = mem == NULL ? NULL : buckets_init(mem, 64);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static void
a_burst_and_then_the_rate(void **state)
{
	int64_t wait;

	for (int i = 0; i < 5; i++)
		assert_int_equal(buckets_take(*state, USER, 10, 5, START_US), 0);
	wait = buckets_take(*state, USER, 10, 5, START_US);
	assert_int_equal(wait, 100);
	assert_int_equal(buckets_take(*state, USER, 10, 5, START_US + 99 * US_PER_MS), 1);
	assert_int_equal(buckets_take(*state, USER, 10, 5, START_US + wait * US_PER_MS), 0);
	assert_int_equal(buckets_take(*state, USER, 10, 5, START_US + wait * US_PER_MS), 100);
	/* After a rest the whole burst is there again, and no more. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(buckets_take(*state, USER, 10, 5, START_US + 60 * US_PER_S), 0);
	assert_true(buckets_take(*state, USER, 10, 5, START_US + 60 * US_PER_S) > 0);
}

static void
over_time_the_rate_holds(void **state)
{
	static const int64_t rates[] = { 1, 3, 20, 300, 1000 };

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		int64_t taken = 0, expected = 10 * rates[i] + 5;

		for (int64_t us = 0; us < 10 * US_PER_S; us += 200)
			taken += buckets_take(*state, USER + i * 8, rates[i], 5, START_US + us) == 0;
		if (taken < expected - expected / 50 - 1 || taken > expected + expected / 50 + 1)
			fail_msg("rate %lld: %lld of %lld", (long long)rates[i], (long long)taken,
			    (long long)expected);
	}
}

static void
users_do_not_share(void **state)
{
	while (buckets_take(*state, USER, 1, 3, START_US) == 0)
		continue;
	for (uint64_t n = 0; n < 3; n++)
		assert_int_equal(buckets_take(*state, OTHER(n), 1, 3, START_US), 0);
	assert_true(buckets_take(*state, USER, 1, 3, START_US) > 0);
}

static void
a_full_neighbourhood_lets_through(void **state)
{
	for (uint64_t n = 0; n < 4; n++)
		assert_int_equal(buckets_take(*state, OTHER(n), 1, 1, START_US), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(buckets_take(*state, USER, 1, 1, START_US), 0);
	/* As soon as one of them has drained, its place is taken, and the limit holds. */
	assert_int_equal(buckets_take(*state, USER, 1, 1, START_US + 1001 * US_PER_MS), 0);
	assert_true(buckets_take(*state, USER, 1, 1, START_US + 1001 * US_PER_MS) > 0);
}

static void
no_rate_is_no_limit(void **state)
{
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buckets_take(*state, USER, 0, 1, START_US), 0);
}

static void
the_forty_bits_may_wrap(void **state)
{
	int64_t wrap_us = (INT64_C(1) << 40) * 100;

	for (int i = 0; i < 3; i++)
		assert_int_equal(buckets_take(*state, USER, 1, 3, wrap_us - US_PER_S), 0);
	assert_int_equal(buckets_take(*state, USER, 1, 3, wrap_us - US_PER_S), 1000);
	assert_int_equal(buckets_take(*state, USER, 1, 3, wrap_us), 0);
	assert_int_equal(buckets_take(*state, USER, 1, 3, wrap_us), 1000);
	/* Half a turn later nobody is held by what he once did. */
	assert_int_equal(buckets_take(*state, USER, 1, 3, wrap_us / 2 * 3), 0);
}

#define CHILDREN 4
#define TAKES 50000
#define BURST (CHILDREN * TAKES / 2)

struct shared {
	_Atomic int	waiting;
	_Atomic int	taken;
	_Alignas(8) char table[];
};

static void
child(struct shared *s, struct buckets *b)
{
	int taken = 0;

	atomic_fetch_sub(&s->waiting, 1);
	while (atomic_load(&s->waiting) > 0)
		(void)sched_yield();
	for (int i = 0; i < TAKES; i++)
		taken += buckets_take(b, USER, 1, BURST, START_US) == 0;
	atomic_fetch_add(&s->taken, taken);
	_exit(0);
}

static void
processes_share_one_limit(void **state)
{
	size_t		 size = sizeof(struct shared) + buckets_size(64);
	struct shared	*s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct buckets	*b;
	int		 status;

	(void)state;
	assert_ptr_not_equal(s, MAP_FAILED);
	b = buckets_init(s->table, 64);
	atomic_store(&s->waiting, CHILDREN);
	for (int i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			child(s, b);
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	/* Who loses the race for the word many times in a row is let through; that is rare. */
	assert_in_range(s->taken, BURST, BURST + 20);
	(void)munmap(s, size);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_and_then_the_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(over_time_the_rate_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(users_do_not_share, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_neighbourhood_lets_through, setup, teardown),
		cmocka_unit_test_setup_teardown(no_rate_is_no_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(the_forty_bits_may_wrap, setup, teardown),
		cmocka_unit_test(processes_share_one_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
