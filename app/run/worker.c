/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c: accept, answer, again; a child of the master. */
#define _GNU_SOURCE	/* SCHED_BATCH */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "http/serve.h"
#include "run/signals.h"
#include "run/start.h"
#include "run/worker.h"

static volatile sig_atomic_t stopping;

static void
on_stop(int signo)
{
	(void)signo;
	stopping = 1;
	server_shutdown();
}

/* Without SA_RESTART: waiting for a request must end. */
static void
set_handler(int signo, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigfillset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

/* After server_new(): FastCGI's own start puts handlers on PIPE, USR1 and TERM. A terminal's INT and HUP are for
 * the master. */
static void
install_handlers(void)
{
	set_handler(SIGQUIT, on_stop);
	set_handler(SIGTERM, on_stop);
	set_handler(SIGINT, SIG_IGN);
	set_handler(SIGHUP, SIG_IGN);
	set_handler(SIGUSR1, SIG_IGN);
	set_handler(SIGPIPE, SIG_IGN);
}

uint64_t
worker_lifetime(int64_t max_requests, uint32_t random)
{
	uint64_t max = (uint64_t)max_requests;
	uint64_t spread = max / 10;

	if (max_requests <= 0)
		return UINT64_MAX;
	return max - spread + random % (2 * spread + 1);
}

/* The kernel tells us of the master's death; it may have been before we asked. */
static void
follow_master(pid_t master)
{
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (getppid() != master)
		_exit(EX_TEMPFAIL);
}

static void
serve(struct server *s, const struct heritage *h)
{
	uint64_t left;
	uint32_t random;

	random_bytes(&random, sizeof(random));
	left = worker_lifetime(h->pool->max_requests, random);
	while (left > 0 && !stopping && !atomic_load(&h->slot->stop)) {
		if (!server_accept(s)) {
			/* A signal, or a connection that came to nothing; counted, or a fault would spin. */
			left--;
			continue;
		}
		slot_busy(h->slot, server_request_id(s), clock_mono_us());
		server_answer(s);
		slot_idle(h->slot);
		left--;
	}
}

/* The database answers a batch statement by statement. Woken by each answer, a worker would take the processor from the
 * very thread that is about to give the next one: a batch process waits for its turn, and finds several. Measured on
 * two processors: a quarter more transactions. Where the system does not know it, nothing is lost. */
static void
give_way(void)
{
#ifdef SCHED_BATCH
	static const struct sched_param none;

	(void)sched_setscheduler(0, SCHED_BATCH, &none);
#endif
}

void
worker_run(const struct heritage *h)
{
	const char ready = SIGNALS_WAKE;
	struct server *s;

	follow_master(h->master);
	give_way();
	start_log(h->conf, "worker");
	s = server_new(h->conf, h->pool, h->listen_fd, h->routes, h->board->buckets);
	if (s == NULL)
		exit(EX_UNAVAILABLE);
	install_handlers();
	signals_unblock();
	slot_ready(h->slot);
	/* Lost where the pipe is full: then the master is about to look anyway. */
	if (write(h->wake_fd, &ready, 1) != 1)
		log_debug("the master's pipe is full");
	serve(s, h);
	server_free(s);
	exit(EXIT_SUCCESS);
}
