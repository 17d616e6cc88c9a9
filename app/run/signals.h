/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h: signals of the master and of jobs become bytes in a pipe (handlers do nothing else), so that one
 * poll(2) waits for everything.
 */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

enum signals_byte {
	SIGNALS_RELOAD = 'H',
	SIGNALS_QUIT = 'Q',
	SIGNALS_TERM = 'T',
	SIGNALS_CHILD = 'C',
	SIGNALS_WAKE = 'W'	/* written by a worker that became ready */
};

/* Makes the pipe (both ends non-blocking, close-on-exec) and installs handlers for HUP, QUIT, TERM, INT and
 * CHLD; PIPE is ignored. Once a process. false: errno. */
bool signals_init(void);
/* Puts an end to it. */
void signals_free(void);
/* Waits for at most timeout_ms (-1: forever), then calls fn for each byte that has come. */
void signals_wait(int timeout_ms, void (*fn)(void *arg, enum signals_byte b), void *arg);
/* For the children: the writing end. */
int signals_wake_fd(void);

/* Around fork(2): a child must not run the master's handlers. */
void signals_block(void);
void signals_unblock(void);
/* In the child, with signals still blocked: default actions again, the reading end closed. */
void signals_forget(void);

#endif
