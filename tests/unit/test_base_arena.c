/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_arena.c: arena.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

static void
memory_is_zeroed_aligned_and_apart(void **state)
{
	unsigned char	*p[500];
	size_t		 n[500];
	unsigned	 seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 500; i++) {
			n[i] = (size_t)rand_r(&seed) % (i % 50 == 0 ? 100000 : 300);
			p[i] = arena_alloc(*state, n[i]);
			assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			all_zero(p[i], n[i]);
			memset(p[i], (int)(i % 255) + 1, n[i]);
		}
		for (size_t i = 0; i < 500; i++)
			for (size_t j = 0; j < n[i]; j++)
				assert_int_equal(p[i][j], i % 255 + 1);
		arena_reset(*state);
	}
}

static void
a_reset_keeps_the_first_block(void **state)
{
	void *first = arena_alloc(*state, 10);

	for (int i = 0; i < 100; i++)
		(void)arena_alloc(*state, 10000);
	arena_reset(*state);
	assert_ptr_equal(arena_alloc(*state, 10), first);
}

static void
text_is_copied(void **state)
{
	char longer[1000];

	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_string_equal(arena_strdup(*state, "积分"), "积分");
	assert_string_equal(arena_strdup(*state, ""), "");
	assert_string_equal(arena_strndup(*state, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(*state, "ab", 3), "ab");
	assert_string_equal(arena_printf(*state, "%d-%s", 7, "x"), "7-x");
	assert_string_equal(arena_printf(*state, "%s", longer), longer);
	for (size_t n = 250; n < 260; n++)
		assert_int_equal(strlen(arena_printf(*state, "%.*s", (int)n, longer)), n);
}

/* Runs fn in a child, its standard error into out; returns its exit status. */
static int
in_a_child(void (*fn)(void), char *out, size_t cap)
{
	int	fds[2], status;
	ssize_t	n;
	pid_t	pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	(void)close(fds[1]);
	n = read(fds[0], out, cap - 1);
	out[n > 0 ? n : 0] = '\0';
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
ask_for_too_many(void)
{
	volatile size_t count = SIZE_MAX / 8 + 2;	/* the product wraps to 8 */

	(void)arena_array(arena_new(), count, 8);
}

static void
ask_for_too_much(void)
{
	volatile size_t n = SIZE_MAX - 3;

	(void)arena_alloc(arena_new(), n);
}

static void
too_much_ends_the_process_with_one_line(void **state)
{
	static void (*const	asks[])(void) = { ask_for_too_many, ask_for_too_much };
	char			line[1000];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(in_a_child(asks[i], line, sizeof(line)), EX_OSERR);
		assert_non_null(strstr(line, "out of memory"));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
}

static void
a_buf_grows(void **state)
{
	struct buf	 b;
	char		*expected = calloc(1, 300000), *e = expected;
	unsigned	 seed = (unsigned)time(NULL);
	int		 n;

	assert_non_null(expected);
	print_message("seed %u\n", seed);
	buf_init(&b, *state, 10);
	assert_null(b.p);
	for (int i = 0; i < 2000; i++) {
		n = rand_r(&seed) % 100;
		buf_addc(&b, 'c');
		buf_adds(&b, "积分");
		buf_printf(&b, "%0*d", n + 1, i);
		buf_add(&b, "xyz", (size_t)(i % 4));
		e += sprintf(e, "c积分%0*d%.*s", n + 1, i, i % 4, "xyz");
		if (i % 7 == 0)
			(void)arena_alloc(*state, 100);	/* b is no longer the newest */
		assert_int_equal(b.len, e - expected);
		assert_int_equal(b.p[b.len], '\0');
	}
	assert_string_equal(b.p, expected);
	free(expected);
}

static void
a_buf_has_its_room_at_once(void **state)
{
	struct buf	 b;
	const char	*p;

	buf_init(&b, *state, 5000);
	buf_addc(&b, 'x');
	p = b.p;
	(void)arena_alloc(*state, 1);
	while (b.len < 5000)
		buf_addc(&b, 'x');
	assert_ptr_equal(b.p, p);
	buf_addc(&b, 'x');
	assert_int_equal(strlen(b.p), 5001);
}

static void
a_lone_buf_grows_over_its_block(void **state)
{
	struct buf b;

	buf_init(&b, *state, 0);
	for (int i = 0; i < 300000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	for (int i = 0; i < 300000; i++)
		if (b.p[i] != 'a' + i % 26)
			fail_msg("byte %d is %d", i, b.p[i]);
	assert_int_equal(strlen(b.p), 300000);
}

static void
an_empty_buf_stays_null(void **state)
{
	struct buf b;

	buf_init(&b, *state, 0);
	buf_adds(&b, "");
	buf_add(&b, "abc", 0);
	buf_printf(&b, "%s", "");
	assert_null(b.p);
	assert_int_equal(b.len, 0);
	memcpy(buf_room(&b, 3), "abc", 4);
	b.len += 3;
	assert_string_equal(b.p, "abc");
}

static void
numbers_are_written_as_printf_does(void **state)
{
	static const long long	known[] = { 0, 1, 9, 10, 99, 100, 101, 999, 1000, -1, -10, -99, -100, INT64_MAX,
		INT64_MIN };
	unsigned		seed = (unsigned)time(NULL);
	char			text[32];
	struct buf		b;
	uint64_t		bits;
	long long		i;

	print_message("seed %u\n", seed);
	for (size_t n = 0; n < 100000; n++) {
		bits = (uint64_t)rand_r(&seed) << 42 ^ (uint64_t)rand_r(&seed) << 21 ^ (uint64_t)rand_r(&seed);
		i = n < sizeof(known) / sizeof(known[0]) ? known[n] : (long long)bits >> rand_r(&seed) % 64;
		buf_init(&b, *state, 0);
		buf_addi(&b, i);
		(void)snprintf(text, sizeof(text), "%lld", i);
		assert_string_equal(b.p, text);
		arena_reset(*state);
	}
}

static void
a_mark_is_come_back_to(void **state)
{
	struct arena *a = arena_new();
	char *before = arena_strdup(a, "stays"), *small, *again;
	struct arena_mark mark = arena_mark(a);

	(void)state;
	small = arena_alloc(a, 100);
	for (int i = 0; i < 100; i++)
		memset(arena_alloc(a, 100000), 'x', 100000);
	arena_release(a, mark);
	again = arena_alloc(a, 100);
	assert_ptr_equal(small, again);
	assert_int_equal(again[99], 0);
	assert_string_equal(before, "stays");
	arena_release(a, mark);
	arena_release(a, mark);
	arena_free(a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_is_zeroed_aligned_and_apart, setup, teardown),
		cmocka_unit_test(a_mark_is_come_back_to),
		cmocka_unit_test_setup_teardown(a_reset_keeps_the_first_block, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_copied, setup, teardown),
		cmocka_unit_test(too_much_ends_the_process_with_one_line),
		cmocka_unit_test_setup_teardown(a_buf_grows, setup, teardown),
		cmocka_unit_test_setup_teardown(a_buf_has_its_room_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lone_buf_grows_over_its_block, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_buf_stays_null, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_are_written_as_printf_does, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
