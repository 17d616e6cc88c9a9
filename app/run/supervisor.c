/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor.c: the state machine of the master; all in its process, nothing here blocks. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "run/supervisor.h"

#define TICK_MS 250
#define STOP_TICK_MS 100		/* a lost QUIT is sent again after that */
#define DEADLINE_GRACE_US US_PER_S
#define START_MAX_US (30 * US_PER_S)	/* from fork to ready */
#define TERM_TO_KILL_US US_PER_S
#define YOUNG_US (5 * US_PER_S)		/* who fails before is the sign of a fault that a new one will have too */
#define CALM_US (60 * US_PER_S)		/* without such a death the back-off begins anew */
#define BACKOFF_MIN_US (100 * US_PER_MS)
#define BACKOFF_MAX_US (10 * US_PER_S)

/* What the master alone knows of a worker; the pid of the shared slot is for readers, never for kill(2). */
struct child {
	pid_t		pid;		/* 0: none */
	size_t		pool;
	uint64_t	generation;
	int64_t		started_us;
	int64_t		deadline_us;	/* of its requests: the settings that it was born with */
	int64_t		stop_us;	/* when it was told to end; 0: it was not */
	int64_t		quit_us;	/* when QUIT is due next */
	uint64_t	quit_requests;	/* how many requests it had had at the last look */
	bool		termed;
	bool		killed;
};

struct pool {
	struct supervisor_pool	set;
	int64_t			backoff_us;
	int64_t			young_death_us;
	int64_t			not_before_us;	/* no fork before */
};

struct supervisor {
	struct scoreboard		*board;
	const struct supervisor_ops	*ops;
	void				*arg;
	enum supervisor_state		 state;
	uint64_t			 generation;
	int64_t				 stop_timeout_us;
	struct pool			 pools[CONF_POOLS_MAX];
	struct child			 children[SCOREBOARD_SLOTS];
};

/* A pool's workers that are not on their way out, and those that are. */
struct tally {
	int64_t fresh, old, starting, stopping;
};

struct supervisor *
supervisor_new(struct scoreboard *board, const struct supervisor_ops *ops, void *arg)
{
	struct supervisor *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->board = board;
	s->ops = ops;
	s->arg = arg;
	s->state = SUP_NORMAL;
	s->generation = 1;
	return s;
}

void
supervisor_free(struct supervisor *s)
{
	free(s);
}

void
supervisor_set_pool(struct supervisor *s, size_t i, const struct supervisor_pool *p)
{
	assert(i < CONF_POOLS_MAX);
	s->pools[i].set = *p;
}

void
supervisor_set_stop_timeout(struct supervisor *s, int64_t stop_timeout_ms)
{
	s->stop_timeout_us = stop_timeout_ms * US_PER_MS;
}

enum supervisor_state
supervisor_state(const struct supervisor *s)
{
	return s->state;
}

static bool
is_running(const struct supervisor *s)
{
	return s->state == SUP_NORMAL || s->state == SUP_RELOADING;
}

static struct slot *
slot_of(struct supervisor *s, const struct child *c)
{
	return &s->board->slots[c - s->children];
}

static const char *
pool_name(const struct supervisor *s, const struct child *c)
{
	return s->pools[c->pool].set.name;
}

static void
send_signal(struct supervisor *s, const struct child *c, int signo)
{
	s->ops->kill(s->arg, c->pid, signo);
}

/* ---- birth ---- */

static void
back_off(struct pool *p, int64_t now_us)
{
	bool calm = p->backoff_us == 0 || now_us - p->young_death_us > CALM_US;

	p->backoff_us = calm ? BACKOFF_MIN_US : p->backoff_us * 2;
	if (p->backoff_us > BACKOFF_MAX_US)
		p->backoff_us = BACKOFF_MAX_US;
	p->young_death_us = now_us;
	p->not_before_us = now_us + p->backoff_us;
}

static struct child *
free_child(struct supervisor *s)
{
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (s->children[i].pid == 0)
			return &s->children[i];
	}
	return NULL;
}

/* false: not now; the pool has backed off. */
static bool
spawn(struct supervisor *s, size_t pool, int64_t now_us)
{
	struct pool *p = &s->pools[pool];
	struct child *c = free_child(s);
	pid_t pid;

	if (c == NULL) {
		log_error("pool %s: no slot free for a worker", p->set.name);
		back_off(p, now_us);
		return false;
	}
	slot_claim(slot_of(s, c), pool, s->generation, now_us);
	pid = s->ops->spawn(s->arg, pool, slot_of(s, c));
	if (pid < 0) {
		log_error("pool %s: fork: %s", p->set.name, strerror(errno));
		slot_release(slot_of(s, c));
		back_off(p, now_us);
		return false;
	}
	slot_of(s, c)->pid = pid;
	*c = (struct child){
		.pid = pid, .pool = pool, .generation = s->generation, .started_us = now_us,
		.deadline_us = p->set.deadline_ms * US_PER_MS,
	};
	return true;
}

/* ---- the way out ---- */

static void
stop_child(struct supervisor *s, struct child *c, int64_t now_us)
{
	c->stop_us = now_us;
	c->quit_us = now_us + STOP_TICK_MS * US_PER_MS;
	c->quit_requests = atomic_load(&slot_of(s, c)->requests);
	atomic_store(&slot_of(s, c)->stop, true);
}

/* How long it has from being told to TERM. */
static int64_t
stop_patience_us(const struct supervisor *s, const struct child *c)
{
	int64_t graceful = c->deadline_us + DEADLINE_GRACE_US;

	if (s->state == SUP_TERMINATING)
		return s->stop_timeout_us;
	return graceful > s->stop_timeout_us ? graceful : s->stop_timeout_us;
}

/*
 * A worker under load sees its slot's stop before its next accept. QUIT is for the one that has been waiting since
 * the last look: it would break into the reading of a request that has just come (libfcgi gives up a connection on
 * EINTR), and a signal between a worker's own check and its accept is lost, hence again and again.
 */
static void
urge(struct supervisor *s, struct child *c, int64_t now_us)
{
	struct slot *slot = slot_of(s, c);
	uint64_t requests = atomic_load(&slot->requests);

	if (now_us < c->quit_us)
		return;
	if (atomic_load(&slot->state) != SLOT_BUSY && requests == c->quit_requests)
		send_signal(s, c, SIGQUIT);
	c->quit_requests = requests;
	c->quit_us = now_us + STOP_TICK_MS * US_PER_MS;
}

static void
press(struct supervisor *s, struct child *c, int64_t now_us)
{
	int64_t waited_us = now_us - c->stop_us;
	int64_t patience_us = stop_patience_us(s, c);

	if (waited_us < patience_us) {
		urge(s, c, now_us);
	} else if (!c->termed) {
		log_warn("worker %ld of pool %s does not end: TERM", (long)c->pid, pool_name(s, c));
		send_signal(s, c, SIGTERM);
		c->termed = true;
	} else if (!c->killed && waited_us >= patience_us + TERM_TO_KILL_US) {
		log_warn("worker %ld of pool %s does not end: KILL", (long)c->pid, pool_name(s, c));
		send_signal(s, c, SIGKILL);
		c->killed = true;
	}
}

/* ---- who takes too long ---- */

static void
check_deadline(struct supervisor *s, struct child *c, int64_t now_us)
{
	char id[SCOREBOARD_ID_LEN + 1];
	int64_t since_us = slot_busy_since(slot_of(s, c), id);

	if (c->killed || since_us == 0 || now_us - since_us <= c->deadline_us + DEADLINE_GRACE_US)
		return;
	log_request(id);
	log_error("worker %ld of pool %s killed: its request is over the deadline of %lld ms", (long)c->pid,
	    pool_name(s, c), (long long)(c->deadline_us / US_PER_MS));
	log_request(NULL);
	send_signal(s, c, SIGKILL);
	c->killed = true;
}

static void
check_start(struct supervisor *s, struct child *c, int64_t now_us)
{
	bool starting = atomic_load(&slot_of(s, c)->state) == SLOT_STARTING;

	if (c->killed || !starting || now_us - c->started_us <= START_MAX_US)
		return;
	log_error("worker %ld of pool %s killed: not ready after %d s", (long)c->pid, pool_name(s, c),
	    (int)(START_MAX_US / US_PER_S));
	send_signal(s, c, SIGKILL);
	c->killed = true;
}

/* ---- death ---- */

static struct child *
child_of(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (s->children[i].pid == pid)
			return &s->children[i];
	}
	return NULL;
}

static void
log_death(const struct supervisor *s, const struct child *c, int status)
{
	if (WIFSIGNALED(status)) {
		log_warn("worker %ld of pool %s ended by signal %d", (long)c->pid, pool_name(s, c),
		    WTERMSIG(status));
	} else if (WEXITSTATUS(status) != 0) {
		log_warn("worker %ld of pool %s ended with status %d", (long)c->pid, pool_name(s, c),
		    WEXITSTATUS(status));
	} else {
		log_debug("worker %ld of pool %s ended", (long)c->pid, pool_name(s, c));
	}
}

void
supervisor_reaped(struct supervisor *s, pid_t pid, int status, int64_t now_us)
{
	struct child *c;
	bool served, young;

	if (pid <= 0 || (c = child_of(s, pid)) == NULL)
		return;
	log_death(s, c, status);
	served = WIFEXITED(status) && WEXITSTATUS(status) == 0 && atomic_load(&slot_of(s, c)->requests) > 0;
	young = now_us - c->started_us < YOUNG_US;
	/* One that we ended ourselves says nothing about the next. */
	if (!served && young && c->stop_us == 0 && !c->killed)
		back_off(&s->pools[c->pool], now_us);
	slot_release(slot_of(s, c));
	c->pid = 0;
}

/* ---- balance ---- */

static struct tally
tally(struct supervisor *s, size_t pool)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct child *c = &s->children[i];

		if (c->pid == 0 || c->pool != pool)
			continue;
		if (c->stop_us != 0) {
			t.stopping++;
			continue;
		}
		t.fresh += c->generation == s->generation;
		t.old += c->generation != s->generation;
		t.starting += atomic_load(&s->board->slots[i].state) == SLOT_STARTING;
	}
	return t;
}

/* The one to go: of the oldest generation. NULL: there is none left that was not told already. */
static struct child *
pick(struct supervisor *s, size_t pool)
{
	struct child *best = NULL;

	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		struct child *c = &s->children[i];

		if (c->pid == 0 || c->pool != pool || c->stop_us != 0)
			continue;
		if (best == NULL || c->generation < best->generation)
			best = c;
	}
	return best;
}

/*
 * As many workers as the settings say. Replacing goes one by one: a new one, until it is ready; then an old one
 * is told to end, until it is gone; so a pool never has fewer than it should, nor more than one beyond.
 */
static void
balance(struct supervisor *s, size_t pool, int64_t now_us)
{
	struct pool *p = &s->pools[pool];
	struct tally t = tally(s, pool);
	int64_t live = t.fresh + t.old;

	for (; live < p->set.workers && now_us >= p->not_before_us; live++) {
		if (!spawn(s, pool, now_us))
			return;
		t.starting++;
	}
	if (t.starting > 0 || t.stopping > 0)
		return;
	if (live > p->set.workers)
		stop_child(s, pick(s, pool), now_us);
	else if (t.old > 0 && now_us >= p->not_before_us)
		spawn(s, pool, now_us);
}

static bool
has_old(const struct supervisor *s)
{
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (s->children[i].pid != 0 && s->children[i].generation != s->generation)
			return true;
	}
	return false;
}

static bool
has_children(const struct supervisor *s)
{
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (s->children[i].pid != 0)
			return true;
	}
	return false;
}

static void
advance(struct supervisor *s)
{
	if (s->state == SUP_RELOADING && !has_old(s)) {
		s->state = SUP_NORMAL;
		log_info("reloaded: every worker was replaced");
	} else if (!is_running(s) && !has_children(s)) {
		s->state = SUP_GONE;
	}
}

/* ---- events ---- */

void
supervisor_reload(struct supervisor *s)
{
	if (!is_running(s))
		return;
	s->generation++;
	s->state = SUP_RELOADING;
}

void
supervisor_stop(struct supervisor *s, bool graceful, int64_t now_us)
{
	if (s->state == SUP_GONE || s->state == SUP_TERMINATING || (graceful && !is_running(s)))
		return;
	s->state = graceful ? SUP_FINISHING : SUP_TERMINATING;
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (s->children[i].pid != 0)
			stop_child(s, &s->children[i], now_us);
	}
}

int
supervisor_tick(struct supervisor *s, int64_t now_us)
{
	int next_ms = TICK_MS;

	for (size_t i = 0; i < CONF_POOLS_MAX && is_running(s); i++)
		balance(s, i, now_us);
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		struct child *c = &s->children[i];

		if (c->pid == 0)
			continue;
		check_start(s, c, now_us);
		check_deadline(s, c, now_us);
		if (c->stop_us != 0) {
			press(s, c, now_us);
			next_ms = STOP_TICK_MS;
		}
	}
	for (size_t i = 0; i < CONF_POOLS_MAX && is_running(s); i++) {
		if (s->pools[i].not_before_us > now_us)
			next_ms = STOP_TICK_MS;
	}
	advance(s);
	return next_ms;
}
