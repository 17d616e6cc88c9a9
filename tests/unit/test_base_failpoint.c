/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_failpoint.c: failpoint.c; in a build with --enable-failpoints. Each test in processes of its own, since one
 * process takes the environment's text once. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"

/* fn in a process of its own that begins with this text; its wait status. */
static int
begun_with(const char *text, int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		log_setup(LOG_ERROR, "test");
		setenv("POINTSMALL_FAILPOINTS", text, 1);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Which of eight meetings failed, as bits. */
static int
eight(void)
{
	int bits = 0;

	for (int i = 0; i < 8; i++)
		bits |= (int)failpoint("db", "commit", "before") << i;
	return bits;
}

static void
assert_eight(const char *text, int bits)
{
	int status = begun_with(text, eight);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), bits);
}

static void
an_error_is_an_error(void **state)
{
	(void)state;
	assert_eight("", 0);
	assert_eight("db.commit.before=error", 0xff);
	assert_eight("db.*.before=error", 0xff);
	assert_eight("db.commit.after=error;db.batch.before=error", 0);
	assert_eight("db.commit.before=error*2", 0x03);
	assert_eight("db.commit.before=error#3", 0x04);
	assert_eight("db.commit.before=error*1;db.c*.before=error#8", 0x81);
}

static int
two_hundred(void)
{
	int n = 0;

	for (int i = 0; i < 200; i++)
		n += failpoint("db", "commit", "before");
	return n;
}

static void
a_seed_decides(void **state)
{
	int n = begun_with("db.commit.before=error%10;seed=7", two_hundred);

	(void)state;
	assert_true(WEXITSTATUS(n) > 5 && WEXITSTATUS(n) < 45);
	assert_int_equal(begun_with("db.commit.before=error%50;seed=42", eight),
	    begun_with("db.commit.before=error%50;seed=42", eight));
	assert_int_not_equal(begun_with("db.commit.before=error%50;seed=42", eight),
	    begun_with("db.commit.before=error%50;seed=43", eight));
}

/* The first of its children dies, the second does not: they count together. */
static int
two_children(void)
{
	int status, deaths = 0;

	(void)failpoint("db", "batch", "before");
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)failpoint("reply", "", "after");
			_exit(0);
		}
		waitpid(pid, &status, 0);
		deaths |= (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << i;
	}
	return deaths;
}

static void
processes_count_together(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(begun_with("reply.after=exit", two_children)), 1);
	assert_int_equal(WEXITSTATUS(begun_with("reply.after=exit#2", two_children)), 2);
	assert_int_equal(WEXITSTATUS(begun_with("reply.after=exit*5", two_children)), 3);
}

static int
as_long(void)
{
	int64_t begun_us = clock_mono_us();

	return failpoint("cache", "get", "after") || clock_mono_us() - begun_us < 30 * US_PER_MS;
}

static int
is_split(void)
{
	return failpoint_split();
}

static void
the_other_words(void **state)
{
	(void)state;
	assert_int_equal(begun_with("cache.get.after=delay:30ms", as_long), 0);
	assert_int_equal(WEXITSTATUS(begun_with("batch=split", is_split)), 1);
	assert_int_equal(WEXITSTATUS(begun_with("", is_split)), 0);
}

static void
anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"db.commit.before", "db.commit.before=", "db.commit.before=die", "db.commit.before=error*0",
		"db.commit.before=error%101", "db.commit.before=error!", "db.commit.before=delay:5", "seed=0", "batch=whole",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(WEXITSTATUS(begun_with(bad[i], eight)), EX_CONFIG);
}

/* The file's text is followed while the process goes on. */
static int
by_file(void)
{
	char path[] = "/tmp/pm-failpoint-XXXXXX";
	int fd = mkstemp(path), bits;
	struct failpoint_board *b;

	if (ftruncate(fd, sizeof(*b)) != 0)
		return 0xfe;
	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	setenv("POINTSMALL_FAILPOINTS_FILE", path, 1);
	bits = failpoint("db", "commit", "before");
	strcpy(b->text, "db.commit.before=error");
	atomic_store(&b->version, 1);
	bits |= failpoint("db", "commit", "before") << 1;
	atomic_store(&b->version, 2);
	bits |= failpoint("db", "commit", "before") << 2;
	unlink(path);
	return bits;
}

static void
a_file_may_change(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(begun_with("db.commit.before=error", by_file)), 0x04);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_an_error),
		cmocka_unit_test(a_seed_decides),
		cmocka_unit_test(processes_count_together),
		cmocka_unit_test(the_other_words),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_file_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
