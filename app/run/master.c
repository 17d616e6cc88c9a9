/* SPDX-License-Identifier: Apache-2.0 */
/*
 * master.c: pointsmall serve. It holds the sockets, the pid file and the scoreboard, sleeps in poll(2), and turns
 * signals into events of the supervisor. It never talks to the database once it has begun.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/heritage.h"
#include "run/listener.h"
#include "run/master.h"
#include "run/pidfile.h"
#include "run/privileges.h"
#include "run/signals.h"
#include "run/start.h"
#include "run/supervisor.h"
#include "run/worker.h"

struct master {
	const struct conf	*conf;
	struct conf		*reread;	/* ours, once there was a reload; conf points to it then */
	const struct conf	*first;		/* what binding, user and pid file came from */
	const struct route	*routes;
	struct listener		 listeners[CONF_POOLS_MAX];
	size_t			 nlisteners;
	int			 pid_fd;
	pid_t			 pid;
	struct scoreboard	*board;
	struct supervisor	*sup;
};

/* The pool of that name in conf; NULL: there is none. */
static const struct conf_pool *
pool_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->npools; i++) {
		if (strcmp(conf->pools[i].name, name) == 0)
			return &conf->pools[i];
	}
	return NULL;
}

/* What a pool is now, by its place in the first settings: the order in the file may change. */
static const struct conf_pool *
pool_at(const struct master *m, size_t i)
{
	return pool_named(m->conf, m->first->pools[i].name);
}

/* ---- the workers ---- */

/* In the child: only what heritage.h names goes on. */
static void
become_worker(const struct master *m, size_t pool, struct slot *slot)
{
	const struct heritage h = {
		.conf = m->conf, .pool = pool_at(m, pool), .routes = m->routes, .board = m->board, .slot = slot,
		.listen_fd = m->listeners[pool].fd, .wake_fd = signals_wake_fd(), .master = m->pid,
	};

	signals_forget();
	if (m->pid_fd >= 0)
		close(m->pid_fd);
	for (size_t i = 0; i < m->nlisteners; i++) {
		if (i != pool)
			close(m->listeners[i].fd);
	}
	worker_run(&h);
}

static pid_t
spawn_worker(void *arg, size_t pool, struct slot *slot)
{
	const struct master *m = arg;
	pid_t pid;
	int saved;

	signals_block();
	if ((pid = fork()) == 0)
		become_worker(m, pool, slot);
	saved = errno;
	signals_unblock();
	errno = saved;
	return pid;
}

static void
signal_worker(void *arg, pid_t pid, int signo)
{
	(void)arg;
	if (kill(pid, signo) != 0 && errno != ESRCH)
		log_error("kill %ld: %s", (long)pid, strerror(errno));
}

static const struct supervisor_ops worker_ops = { spawn_worker, signal_worker };

static void
reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		supervisor_reaped(m->sup, pid, status, clock_mono_us());
}

/* ---- the settings ---- */

static bool
workers_fit(const struct conf *conf)
{
	int64_t n = 0;

	for (size_t i = 0; i < conf->npools; i++)
		n += conf->pools[i].workers;
	if (n > SCOREBOARD_WORKERS_MAX)
		log_error("workers: %lld in all pools, at most %d can be had", (long long)n,
		    SCOREBOARD_WORKERS_MAX);
	return n <= SCOREBOARD_WORKERS_MAX;
}

static bool
same_pools(const struct master *m, const struct conf *next)
{
	bool same = next->npools == m->first->npools;

	for (size_t i = 0; i < m->first->npools; i++)
		same = same && pool_named(next, m->first->pools[i].name) != NULL;
	if (!same)
		log_error("the pools are others than at the start: a pool is added or removed by a restart");
	return same;
}

static void
warn_of_restart(const char *what, const char *name, const char *was, const char *is)
{
	if (strcmp(was, is) != 0)
		log_warn("%s%s is \"%s\" until a restart, then \"%s\"", what, name, was, is);
}

static void
warn_of_restarts(const struct master *m)
{
	for (size_t i = 0; i < m->nlisteners; i++) {
		const struct conf_pool *p = pool_at(m, i);

		warn_of_restart("listen of pool ", p->name, m->listeners[i].address, p->listen);
	}
	warn_of_restart("user", "", m->first->user, m->conf->user);
	warn_of_restart("pid_file", "", m->first->pid_file, m->conf->pid_file);
}

static void
set_pools(struct master *m)
{
	for (size_t i = 0; i < m->nlisteners; i++) {
		const struct conf_pool *p = pool_at(m, i);

		supervisor_set_pool(m->sup, i, &(struct supervisor_pool){ p->name, p->workers, p->deadline_ms });
	}
	supervisor_set_stop_timeout(m->sup, m->conf->stop_timeout_ms);
}

static void
reload(struct master *m)
{
	struct conf *next = start_reread(), *before = m->reread;

	if (next == NULL || !workers_fit(next) || !same_pools(m, next)) {
		log_error("not reloaded: going on with the settings as they were");
		if (next != NULL)
			conf_free(next);
		return;
	}
	m->conf = m->reread = next;
	start_log(m->conf, "master");
	warn_of_restarts(m);
	set_pools(m);
	if (before != NULL)
		conf_free(before);
	log_info("reloading: replacing the workers one by one");
	supervisor_reload(m->sup);
}

/* ---- the loop ---- */

static void
on_event(void *arg, enum signals_byte b)
{
	struct master *m = arg;

	switch (b) {
	case SIGNALS_RELOAD:
		/* Not while ending. */
		if (supervisor_state(m->sup) <= SUP_RELOADING)
			reload(m);
		break;
	case SIGNALS_QUIT:
		log_info("QUIT: finishing");
		supervisor_stop(m->sup, true, clock_mono_us());
		break;
	case SIGNALS_TERM:
		log_info("TERM: ending");
		supervisor_stop(m->sup, false, clock_mono_us());
		break;
	case SIGNALS_CHILD:
		reap(m);
		break;
	case SIGNALS_WAKE:
		break;
	}
}

static int
loop(struct master *m)
{
	int wait_ms;

	if (!signals_init()) {
		log_error("signals: %s", strerror(errno));
		return EX_OSERR;
	}
	set_pools(m);
	log_info("serving");
	for (;;) {
		wait_ms = supervisor_tick(m->sup, clock_mono_us());
		if (supervisor_state(m->sup) == SUP_GONE)
			break;
		signals_wait(wait_ms, on_event, m);
	}
	log_info("ended");
	signals_free();
	return 0;
}

/* ---- beginning and end ---- */

static bool
bind_pools(struct master *m, const struct privileges *p)
{
	for (size_t i = 0; i < m->conf->npools; i++) {
		if (!listener_open(m->conf->pools[i].listen, p->uid, p->gid, &m->listeners[i]))
			return false;
		m->nlisteners++;
	}
	return true;
}

static bool
make_supervisor(struct master *m)
{
	if ((m->board = scoreboard_new()) != NULL)
		m->sup = supervisor_new(m->board, &worker_ops, m);
	if (m->sup == NULL)
		log_error("no memory for the workers: %s", strerror(errno));
	return m->sup != NULL;
}

/* 0, or an exit status. */
static int
begin(struct master *m)
{
	struct privileges p;

	if (!workers_fit(m->conf) || !privileges_plan(m->conf->user, &p))
		return EX_CONFIG;
	if (m->conf->pid_file[0] != '\0' && (m->pid_fd = pidfile_take(m->conf->pid_file)) < 0)
		return EX_CANTCREAT;
	if (!bind_pools(m, &p))
		return EX_UNAVAILABLE;
	/* Only binding needs root; the database is asked without it. */
	if (!privileges_drop(&p))
		return EX_NOPERM;
	if (!start_schema(m->conf))
		return EX_CONFIG;
	return make_supervisor(m) ? 0 : EX_OSERR;
}

static void
end(struct master *m)
{
	for (size_t i = 0; i < m->nlisteners; i++)
		listener_close(&m->listeners[i]);
	if (m->pid_fd >= 0)
		pidfile_drop(m->first->pid_file, m->pid_fd);
	if (m->sup != NULL)
		supervisor_free(m->sup);
	if (m->board != NULL)
		scoreboard_free(m->board);
	if (m->reread != NULL)
		conf_free(m->reread);
}

int
master_run(const struct conf *conf, const struct route *routes)
{
	struct master m = { .conf = conf, .first = conf, .routes = routes, .pid_fd = -1, .pid = getpid() };
	int status;

	if ((status = begin(&m)) == 0)
		status = loop(&m);
	end(&m);
	return status;
}
