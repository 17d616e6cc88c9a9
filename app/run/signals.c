/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c: the self-pipe of the master and of jobs. */
#define _GNU_SOURCE	/* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "run/signals.h"

static int pipe_fds[2] = { -1, -1 };

static const struct {
	int	signo;
	char	byte;
} handled[] = {
	{ SIGHUP, SIGNALS_RELOAD },
	{ SIGQUIT, SIGNALS_QUIT },
	{ SIGTERM, SIGNALS_TERM },
	{ SIGINT, SIGNALS_TERM },
	{ SIGCHLD, SIGNALS_CHILD },
};

#define NHANDLED (sizeof(handled) / sizeof(handled[0]))

static void
on_signal(int signo)
{
	int saved = errno;

	for (size_t i = 0; i < NHANDLED; i++) {
		/* A full pipe is as good as one byte more: its reader has not looked yet. */
		if (handled[i].signo == signo && write(pipe_fds[1], &handled[i].byte, 1) < 0)
			break;
	}
	errno = saved;
}

static bool
set_handler(int signo, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigfillset(&sa.sa_mask);
	return sigaction(signo, &sa, NULL) == 0;
}

bool
signals_init(void)
{
	if (pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) != 0)
		return false;
	for (size_t i = 0; i < NHANDLED; i++) {
		if (!set_handler(handled[i].signo, on_signal))
			return false;
	}
	return set_handler(SIGPIPE, SIG_IGN);
}

void
signals_free(void)
{
	for (size_t i = 0; i < NHANDLED; i++)
		set_handler(handled[i].signo, SIG_DFL);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	pipe_fds[0] = pipe_fds[1] = -1;
}

void
signals_wait(int timeout_ms, void (*fn)(void *arg, enum signals_byte b), void *arg)
{
	struct pollfd p = { .fd = pipe_fds[0], .events = POLLIN };
	unsigned char bytes[64];
	ssize_t n;

	if (poll(&p, 1, timeout_ms) <= 0)
		return;
	while ((n = read(pipe_fds[0], bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			fn(arg, (enum signals_byte)bytes[i]);
	}
}

int
signals_wake_fd(void)
{
	return pipe_fds[1];
}

void
signals_block(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

void
signals_unblock(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
signals_forget(void)
{
	for (size_t i = 0; i < NHANDLED; i++)
		set_handler(handled[i].signo, SIG_DFL);
	close(pipe_fds[0]);
	pipe_fds[0] = -1;
}
