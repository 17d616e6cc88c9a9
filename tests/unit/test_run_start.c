/* SPDX-License-Identifier: Apache-2.0 */
/* test_run_start.c: sockets, pid file, privileges and self-pipe, in a directory of its own. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run/listener.h"
#include "run/pidfile.h"
#include "run/privileges.h"
#include "run/signals.h"

static char dir[64];
static char path[96];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_run_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/it", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* ---- sockets ---- */

static bool
open_it(struct listener *l)
{
	return listener_open(path, getuid(), getgid(), l);
}

static void
test_socket_mode_and_removal(void **state)
{
	struct listener l;
	struct stat st;

	(void)state;
	assert_true(open_it(&l));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	listener_close(&l);
	assert_int_equal(stat(path, &st), -1);
}

static void
test_socket_in_use_is_refused(void **state)
{
	struct listener a, b;
	struct stat before, after;

	(void)state;
	assert_true(open_it(&a));
	assert_int_equal(stat(path, &before), 0);
	assert_false(open_it(&b));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	listener_close(&a);
}

static void
test_stale_socket_is_replaced(void **state)
{
	struct listener a, b;

	(void)state;
	assert_true(open_it(&a));
	close(a.fd);
	assert_true(open_it(&b));
	listener_close(&b);
}

static void
test_a_file_is_never_removed(void **state)
{
	struct listener l;
	struct stat st;
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fclose(f);
	assert_false(open_it(&l));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
test_anothers_socket_is_left(void **state)
{
	struct listener a, b;
	struct stat st;

	(void)state;
	assert_true(open_it(&a));
	/* Kept open, so that its inode is not used again. */
	unlink(path);
	assert_true(open_it(&b));
	if (a.ino != b.ino) {
		listener_close(&a);
		assert_int_equal(stat(path, &st), 0);
	}
	listener_close(&b);
}

static void
test_bad_addresses(void **state)
{
	struct listener l;
	char longer[200];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_false(listener_open(longer, getuid(), getgid(), &l));
	assert_false(listener_open("127.0.0.1:", getuid(), getgid(), &l));
	assert_false(listener_open("127.0.0.1:65536", getuid(), getgid(), &l));
	assert_false(listener_open("127.0.0.1:80x", getuid(), getgid(), &l));
}

/* ---- pid file ---- */

static void
test_pidfile_refuses_a_second(void **state)
{
	char text[32] = "";
	int fd, status;
	pid_t pid;
	FILE *f;

	(void)state;
	assert_true((fd = pidfile_take(path)) >= 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(atol(text), getpid());
	if ((pid = fork()) == 0)
		_exit(pidfile_take(path) < 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	pidfile_drop(path, fd);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_pidfile_of_a_dead_one_is_taken(void **state)
{
	int fd, status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0)
		_exit(pidfile_take(path) >= 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_true((fd = pidfile_take(path)) >= 0);
	pidfile_drop(path, fd);
}

/* ---- privileges ---- */

static void
test_privileges(void **state)
{
	struct privileges p;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(privileges_plan("", &p), geteuid() != 0);
	assert_false(privileges_plan("no-such-user-here", &p));
	assert_false(privileges_plan("root", &p));
	if (geteuid() != 0) {
		assert_false(privileges_plan("daemon", &p));
		return;
	}
	assert_true(privileges_plan("daemon", &p));
	if ((pid = fork()) == 0)
		_exit(privileges_drop(&p) && geteuid() == p.uid && getegid() == p.gid && setuid(0) != 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- self-pipe ---- */

static void
note(void *arg, enum signals_byte b)
{
	char *out = arg;

	out[strlen(out)] = (char)b;
}

static void
test_signals_become_bytes(void **state)
{
	char got[32] = "";

	(void)state;
	assert_true(signals_init());
	raise(SIGHUP);
	raise(SIGINT);
	raise(SIGQUIT);
	signals_wait(-1, note, got);
	assert_string_equal(got, "HTQ");
	signals_wait(0, note, got);
	assert_string_equal(got, "HTQ");
	assert_int_equal(write(signals_wake_fd(), "W", 1), 1);
	signals_wait(-1, note, got);
	assert_string_equal(got, "HTQW");
	signals_free();
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_socket_mode_and_removal),
		TEST(test_socket_in_use_is_refused),
		TEST(test_stale_socket_is_replaced),
		TEST(test_a_file_is_never_removed),
		TEST(test_anothers_socket_is_left),
		TEST(test_bad_addresses),
		TEST(test_pidfile_refuses_a_second),
		TEST(test_pidfile_of_a_dead_one_is_taken),
		TEST(test_privileges),
		TEST(test_signals_become_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
