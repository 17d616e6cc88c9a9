/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.c: the points of users, changed at any time of day that a test says: a command a line on standard input, an answer a
 * line on standard output. For tests/it, which has a database and a model to hold the answers against.
 *
 *   drive CONF
 *
 *   now US                            the clock stands there from here on
 *   award USER POINTS US SOURCE       points that expire then; 0: never
 *   payment USER ORDER FEN            what jobs do with the event payment.success
 *   take USER ORDER POINTS
 *   refund USER ORDER POINTS
 *   adjust USER POINTS                down where below 0
 *   expire                            until nothing is due
 *   balance USER                      balance, debt, earned, spent, and each date as POINTS@US
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/day.h"
#include "service/award.h"
#include "service/ledger.h"
#include "service/lots.h"
#include "store/db.h"

#define WORDS_MAX 5
#define DEADLINE_MS 20000

static void
complain(void *arg, const char *message)
{
	(void)arg;
	fprintf(stderr, "%s\n", message);
}

static enum err
change_tx(struct db *db, void *arg)
{
	struct ledger_change *c = ((void **)arg)[0];
	struct mall *m = ((void **)arg)[1];
	struct db_batch *b = db_batch_new(db, m->arena);
	int first = ledger_add(b, m, c), failed;
	enum err e;

	ledger_add_events(b, m, c);
	e = db_batch_run(b, &failed);
	if (e == E_DUPLICATE && failed == first)
		return E_CONFLICT;
	return e == E_GUARD && failed == ledger_guard(c, first) ? E_POINTS : e;
}

static enum err
change(struct mall *m, struct ledger_change c)
{
	void *arg[] = { &c, m };

	c.description = "测试";
	return db_tx(m->points_tx, change_tx, arg);
}

static enum err
do_award(struct mall *m, char **w)
{
	struct points_expiring dated = { atoll(w[2]), atoll(w[3]) };

	return change(m, (struct ledger_change){ .kind = LEDGER_AWARD, .user_id = w[1], .points = dated.points,
	    .source = w[4], .dated = &dated, .ndated = dated.expires_at_us != 0 });
}

static enum err
do_payment(struct mall *m, char **w)
{
	struct payment p = { w[2], w[1], atoll(w[3]), NULL };

	return award_payment(m, &p);
}

static enum err
do_take(struct mall *m, char **w)
{
	return change(m, (struct ledger_change){ .kind = LEDGER_TAKE, .user_id = w[1], .points = atoll(w[3]),
	    .related_id = w[2] });
}

static enum err
do_refund(struct mall *m, char **w)
{
	struct ledger_change c = { .kind = LEDGER_GIVE_BACK, .user_id = w[1], .points = atoll(w[3]), .related_id = w[2],
	    .source = arena_printf(m->arena, "refund:%s", w[2]) };
	struct points_expiring *dated;
	enum err e;

	if ((e = lots_origin(m, m->points, w[1], w[2], &dated, &c.ndated)) != E_OK)
		return e;
	c.dated = dated;
	return change(m, c);
}

static enum err
do_adjust(struct mall *m, char **w)
{
	long long points = atoll(w[2]);

	return change(m, (struct ledger_change){ .kind = points < 0 ? LEDGER_ADJUST_DOWN : LEDGER_ADJUST_UP,
	    .user_id = w[1], .points = llabs(points) });
}

static enum err
do_expire(struct mall *m, char **w)
{
	bool more = true;
	enum err e = E_OK;

	(void)w;
	while (more && e == E_OK)
		e = lots_expire(m, &more);
	return e;
}

static enum err
do_balance(struct mall *m, char **w)
{
	struct points_balance b = { 0 };
	enum err e;

	if ((e = points_balance(m, w[1], &b)) != E_OK)
		return e;
	printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, b.balance, b.debt, b.earned, b.spent);
	for (size_t i = 0; i < b.nexpiring; i++)
		printf(" %" PRId64 "@%" PRId64, b.expiring[i].points, b.expiring[i].expires_at_us);
	printf(" ");
	return E_OK;
}

static const struct command {
	const char	*name;
	int		 words;
	enum err	 (*run)(struct mall *m, char **w);
} commands[] = {
	{ "award", 5, do_award }, { "payment", 4, do_payment }, { "take", 4, do_take }, { "refund", 4, do_refund },
	{ "adjust", 3, do_adjust }, { "expire", 1, do_expire }, { "balance", 2, do_balance },
};

static enum err
obey(struct mall *m, char **w, int n, int64_t *now_us)
{
	if (n == 2 && strcmp(w[0], "now") == 0) {
		*now_us = atoll(w[1]);
		return E_OK;
	}
	if (*now_us != 0)
		m->now_us = *now_us;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].words == n && strcmp(w[0], commands[i].name) == 0)
			return commands[i].run(m, w);
	fprintf(stderr, "drive: %s: no such command\n", w[0]);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct conf *conf = argc == 2 ? conf_read(argv[1], complain, NULL) : NULL;
	struct arena *a = arena_new();
	struct mall *m;
	int64_t now_us = 0;
	char line[512];

	if (conf == NULL)
		return 2;
	day_zone(conf->time_zone);
	m = mall_new(conf);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct fault f = { 0 };
		char *words[WORDS_MAX] = { NULL };
		enum err e;
		int n = 0;

		for (char *w = strtok(line, " \n"); w != NULL && n < WORDS_MAX; w = strtok(NULL, " \n"))
			words[n++] = w;
		mall_request(m, a, &f, DEADLINE_MS);
		e = obey(m, words, n, &now_us);
		printf("%s%s%s\n", err_name(e), e == E_INTERNAL ? " " : "", e == E_INTERNAL ? f.cause : "");
		fflush(stdout);
		arena_reset(a);
	}
	mall_free(m);
	arena_free(a);
	conf_free(conf);
	return 0;
}
