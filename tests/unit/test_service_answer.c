/* SPDX-License-Identifier: Apache-2.0 */
/* test_service_answer.c: a worker's own copies are never older than a second, and bounded; without memcached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "service/answer.h"
#include "store/cache.h"

#define START INT64_C(1700000000000000)

static struct conf conf = { .memcached = "", .memcached_timeout_ms = 20, .copies_slots = 8, .copies_bytes = 100 };
static struct mall mall;

static int
setup(void **state)
{
	(void)state;
	mall = (struct mall){ .conf = &conf, .now_us = START };
	mall.arena = arena_new();
	mall.cache = cache_new(&conf);
	mall.copies = copies_new(&conf);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	copies_free(mall.copies);
	cache_free(mall.cache);
	arena_free(mall.arena);
	return 0;
}

static void
keep(const char *key, const char *body)
{
	struct answer a = { mall.now_us, "", body, strlen(body) };

	answer_keep(&mall, key, &a);
}

static void
a_copy_is_found_until_its_second_ends(void **state)
{
	struct answer a;

	(void)state;
	keep("k", "body");
	assert_true(answer_find(&mall, "k", &a));
	assert_memory_equal(a.body, "body", 4);
	assert_int_equal(a.etag[0], '"');
	assert_int_equal(strlen(a.etag), ANSWER_ETAG_LEN);
	assert_false(answer_find(&mall, "other", &a));
	mall.now_us = START + US_PER_S - 1;
	assert_true(answer_find(&mall, "k", &a));
	assert_true(a.t_read_us == START);
	mall.now_us = START + US_PER_S;
	assert_false(answer_find(&mall, "k", &a));
}

static void
a_copy_from_the_future_is_refused(void **state)
{
	struct answer a;

	(void)state;
	keep("k", "body");
	mall.now_us = START - 1;
	assert_false(answer_find(&mall, "k", &a));
}

static void
a_newer_answer_takes_the_place_of_the_older(void **state)
{
	struct answer a;

	(void)state;
	keep("k", "one");
	mall.now_us++;
	keep("k", "two");
	assert_true(answer_find(&mall, "k", &a));
	assert_memory_equal(a.body, "two", 3);
}

static void
an_answer_over_the_bound_is_not_kept(void **state)
{
	char body[102];
	struct answer a;

	(void)state;
	memset(body, 'x', sizeof(body));
	body[101] = '\0';
	keep("k", body);
	assert_false(answer_find(&mall, "k", &a));
	body[100] = '\0';
	keep("k", body);
	assert_true(answer_find(&mall, "k", &a));
}

static void
many_keys_keep_within_the_slots(void **state)
{
	char key[16];
	struct answer a;
	int found = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		mall.now_us++;
		snprintf(key, sizeof(key), "k%d", i);
		keep(key, key);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		if (!answer_find(&mall, key, &a))
			continue;
		assert_memory_equal(a.body, key, a.len);
		found++;
	}
	assert_int_equal(found, 8);
}

static void
no_slots_no_copies(void **state)
{
	static const struct conf off = { .memcached = "", .copies_slots = 0, .copies_bytes = 100 };
	struct answer a;

	(void)state;
	copies_free(mall.copies);
	mall.copies = copies_new(&off);
	keep("k", "body");
	assert_false(answer_find(&mall, "k", &a));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_copy_is_found_until_its_second_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(a_copy_from_the_future_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_answer_takes_the_place_of_the_older, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_over_the_bound_is_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(many_keys_keep_within_the_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(no_slots_no_copies, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
