/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_log.c: log.c, by what arrives on standard error. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

static int	pipe_fds[2];
static int	real_stderr;
static char	got[16384];

static int64_t
fixed(void)
{
	return 1795323600 * US_PER_S + 123456;
}

static int
setup(void **state)
{
	(void)state;
	clock_fake(fixed);
	log_setup(LOG_INFO, "worker");
	log_request(NULL);
	real_stderr = dup(STDERR_FILENO);
	return pipe(pipe_fds) == 0 && dup2(pipe_fds[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	(void)dup2(real_stderr, STDERR_FILENO);
	(void)close(real_stderr);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	clock_fake(NULL);
	return 0;
}

/* What was written, which must be one line of valid JSON. */
static void
one_line(void)
{
	struct arena	*a = arena_new();
	ssize_t		 n = read(pipe_fds[0], got, sizeof(got) - 1);
	const char	*wrong;
	size_t		 at;

	assert_true(n > 0);
	got[n] = '\0';
	assert_ptr_equal(strchr(got, '\n'), got + n - 1);
	assert_true(n <= 4096);
	if ((wrong = json_check(got, (size_t)n, a, &at)) != NULL)
		fail_msg("%s at %zu: %s", wrong, at, got);
	arena_free(a);
}

static void
a_line_is_one_json_object(void **state)
{
	char expected[300];

	(void)state;
	errno = EAGAIN;
	log_info("hello %d", 7);
	assert_int_equal(errno, EAGAIN);
	one_line();
	(void)snprintf(expected, sizeof(expected),
	    "{\"time\":\"2026-11-22T05:00:00.123Z\",\"level\":\"info\",\"pid\":%ld,"
	    "\"role\":\"worker\",\"message\":\"hello 7\"}\n", (long)getpid());
	assert_string_equal(got, expected);
}

static void
the_request_is_named_until_it_ends(void **state)
{
	(void)state;
	log_request("req-1");
	log_warn("x");
	one_line();
	assert_non_null(strstr(got, "\"requestId\":\"req-1\""));
	assert_non_null(strstr(got, "\"level\":\"warn\""));
	log_request(NULL);
	log_error("y");
	one_line();
	assert_null(strstr(got, "requestId"));
}

static void
lower_levels_are_dropped(void **state)
{
	(void)state;
	log_setup(LOG_WARN, "jobs");
	log_debug("no");
	log_info("no");
	log_warn("yes");
	one_line();
	assert_non_null(strstr(got, "yes"));
	assert_non_null(strstr(got, "\"role\":\"jobs\""));
}

static void
nothing_can_break_the_line(void **state)
{
	(void)state;
	log_info("%s", "a\"b\\c\nd\te\x01 积分 \xff\xc0\xaf end");
	one_line();
	assert_non_null(strstr(got,
	    "a\\\"b\\\\c\\u000ad\\u0009e\\u0001 积分 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd end"));
}

static void
a_long_line_is_cut(void **state)
{
	static char text[10000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	log_info("%s", text);
	one_line();
	/* Each of these becomes six bytes. */
	memset(text, '\x01', sizeof(text) - 1);
	log_info("%s", text);
	one_line();
	/* Cut within a character. */
	for (size_t i = 0; i < sizeof(text) - 3; i += 3)
		memcpy(text + i, "积", 3);
	for (int i = 0; i < 3; i++) {
		log_info("%s", text + 3 - i);
		one_line();
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_one_json_object, setup, teardown),
		cmocka_unit_test_setup_teardown(the_request_is_named_until_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(lower_levels_are_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_can_break_the_line, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
