/* SPDX-License-Identifier: Apache-2.0 */
/* failpoint.c: what a test's build does at its named points. */
#include <assert.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/num.h"

#define NAME_MAX_LEN 95

enum action { ACT_EXIT = 1, ACT_ERROR, ACT_DELAY };

struct rule {
	char		pattern[NAME_MAX_LEN + 1];
	enum action	action;
	int64_t		delay_ms;
	int64_t		times;		/* 0: without end */
	int64_t		nth;		/* 0: any */
	int64_t		percent;
};

const char *const failpoint_names[] = {
	"db.connect", "db.batch", "db.commit", "db.rollback", "cache.get", "cache.set", "cache.add", "cache.delete", "reply",
	NULL,
};

static struct failpoint_board *board;
static struct rule rules[FAILPOINT_RULES];
static size_t nrules;
static bool split;
static uint32_t version;	/* of the board's text that the rules are of */

/* ---- the text ---- */

static void
refuse(const char *what, const char *where)
{
	fprintf(stderr, "pointsmall: POINTSMALL_FAILPOINTS: %s: %s\n", what, where);
	_exit(EX_CONFIG);
}

/* A number at *p, which is moved behind it. */
static int64_t
take_number(const char **p, int64_t max)
{
	size_t n = strspn(*p, "0123456789");
	char digits[21];
	int64_t value;

	snprintf(digits, sizeof(digits), "%.*s", (int)n, *p);
	if (!num_parse(digits, 1, max, &value))
		refuse("not a number of 1 and more", *p);
	*p += n;
	return value;
}

static bool
take_word(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static void
take_action(struct rule *r, const char **p)
{
	if (take_word(p, "exit")) {
		r->action = ACT_EXIT;
		r->times = 1;
	} else if (take_word(p, "error")) {
		r->action = ACT_ERROR;
	} else if (take_word(p, "delay:")) {
		r->action = ACT_DELAY;
		r->delay_ms = take_number(p, 3600000);
		if (!take_word(p, "ms"))
			refuse("a delay is in ms", *p);
	} else {
		refuse("neither exit nor error nor delay", *p);
	}
}

static void
take_rule(const char *name, size_t len, const char *p)
{
	struct rule *r = &rules[nrules];

	if (nrules == FAILPOINT_RULES || len > NAME_MAX_LEN)
		refuse("too long", name);
	*r = (struct rule){ .percent = 100 };
	snprintf(r->pattern, sizeof(r->pattern), "%.*s", (int)len, name);
	take_action(r, &p);
	while (*p != '\0') {
		if (take_word(&p, "*"))
			r->times = take_number(&p, INT32_MAX);
		else if (take_word(&p, "#"))
			r->nth = take_number(&p, INT32_MAX);
		else if (take_word(&p, "%"))
			r->percent = take_number(&p, 100);
		else
			refuse("none of *N #N %N", p);
	}
	nrules++;
}

static void
take_item(const char *item)
{
	const char *eq = strchr(item, '=');
	const char *p = item;

	if (take_word(&p, "seed="))
		atomic_store(&board->seed, (uint32_t)take_number(&p, UINT32_MAX));
	else if (strcmp(item, "batch=split") == 0)
		split = true;
	else if (eq != NULL)
		take_rule(item, (size_t)(eq - item), eq + 1);
	else
		refuse("no NAME=ACTION", item);
}

static void
take_text(const char *text)
{
	char copy[FAILPOINT_TEXT], *rest = copy, *item;

	nrules = 0;
	split = false;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&rest, ";")) != NULL)
		if (*item != '\0')
			take_item(item);
}

/* ---- the board ---- */

static void
board_open(void)
{
	const char *path = getenv("POINTSMALL_FAILPOINTS_FILE"), *text = getenv("POINTSMALL_FAILPOINTS");
	int flags = path != NULL ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (path != NULL && fd < 0)
		refuse("cannot be opened", path);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, flags, fd, 0);
	if (board == MAP_FAILED)
		refuse("no memory", "");
	if (fd >= 0)
		close(fd);
	else if (text != NULL && strlen(text) < FAILPOINT_TEXT)
		strcpy(board->text, text);
	version = UINT32_MAX;
}

static void
draw_seed(void)
{
	uint32_t none = 0;
	uint32_t drawn;

	random_bytes(&drawn, sizeof(drawn));
	atomic_compare_exchange_strong(&board->seed, &none, drawn | 1);
}

/* The rules of the text as it is now; while somebody changes it, they stay what they were. */
static void
follow_text(void)
{
	uint32_t now = atomic_load(&board->version);
	char text[FAILPOINT_TEXT];

	if (now == version || now % 2 == 1)
		return;
	memcpy(text, board->text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	if (atomic_load(&board->version) != now)
		return;
	version = now;
	take_text(text);
	draw_seed();
	if (nrules > 0)
		log_info("failpoints: %s; seed %u", text, (unsigned)atomic_load(&board->seed));
}

static void
ready(void)
{
	if (board == NULL)
		board_open();
	follow_text();
}

static uint64_t
hash(uint64_t h, const void *p, size_t n)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static void
note_met(const char *name)
{
	uint64_t key = hash(HASH_BEGIN, name, strlen(name));

	for (size_t i = 0; i < FAILPOINT_SEEN; i++) {
		size_t at = (size_t)(key + i) % FAILPOINT_SEEN;
		uint64_t is = 0;

		if (atomic_compare_exchange_strong(&board->seen[at].key, &is, key) || is == key) {
			atomic_fetch_add(&board->seen[at].met, 1);
			return;
		}
	}
}

/* ---- at a point ---- */

/* Statements have capitals; what else is a point is in the list. */
static bool
listed(const char *name)
{
	for (size_t i = 0; failpoint_names[i] != NULL; i++)
		if (strncmp(name, failpoint_names[i], strlen(failpoint_names[i])) == 0)
			return true;
	return strncmp(name, "db.", 3) == 0 && name[3] >= 'A' && name[3] <= 'Z';
}

/* The same seed decides the same for the same meeting, whichever process has it. */
static bool
drawn(size_t i, uint32_t met)
{
	uint64_t what[3] = { atomic_load(&board->seed), i, met };
	uint64_t h = hash(HASH_BEGIN, what, sizeof(what));

	return (int64_t)((h >> 17) % 100) < rules[i].percent;
}

static bool
due(size_t i)
{
	uint32_t met = (uint32_t)atomic_fetch_add(&board->rules[i].met, 1) + 1;

	if (rules[i].nth != 0 && met != rules[i].nth)
		return false;
	if (!drawn(i, met))
		return false;
	return (int64_t)atomic_fetch_add(&board->rules[i].fired, 1) < rules[i].times || rules[i].times == 0;
}

static void
pass_time(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static bool
act(const struct rule *r, const char *name)
{
	log_warn("failpoint %s: %s", name, r->action == ACT_EXIT ? "exit" : r->action == ACT_ERROR ? "error" : "delay");
	if (r->action == ACT_EXIT)
		raise(SIGKILL);
	if (r->action == ACT_DELAY)
		pass_time(r->delay_ms);
	return r->action == ACT_ERROR;
}

bool
failpoint(const char *area, const char *op, const char *when)
{
	char name[NAME_MAX_LEN + 1];
	bool failed = false;

	ready();
	snprintf(name, sizeof(name), "%s%s%s.%s", area, op[0] != '\0' ? "." : "", op, when);
	assert(listed(name));
	note_met(name);
	for (size_t i = 0; i < nrules; i++)
		if (fnmatch(rules[i].pattern, name, 0) == 0 && due(i))
			failed = act(&rules[i], name) || failed;
	return failed;
}

bool
failpoint_split(void)
{
	ready();
	return split;
}
