/* SPDX-License-Identifier: Apache-2.0 */
/* test_service_verify_screen.c: ledgers that are whole agree in any order; each way of not being whole does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first. */
#include <cmocka.h>

#include "service/verify_screen.h"

#define N 6

static const int64_t moves[N] = { 100, -30, 50, -120, 7, -7 };

struct ledger {
	char			user[40];
	struct screen_record	records[N];
	struct screen_account	account;
};

static void
fill(struct ledger *l, int number)
{
	int64_t balance = 0;

	memset(l, 0, sizeof(*l));
	snprintf(l->user, sizeof(l->user), "01900000-0000-7000-9000-%012x", (unsigned)number);
	l->account.user_id = l->user;
	for (int i = 0; i < N; i++) {
		struct screen_record *r = &l->records[i];

		balance += moves[i];
		*r = (struct screen_record){ l->user, i + 1, moves[i], balance, moves[i] > 0 ? moves[i] : 0,
		    moves[i] < 0 ? -moves[i] : 0 };
		l->account.earned += r->earned;
		l->account.spent += r->spent;
		l->account.out += moves[i] < 0 ? -moves[i] : 0;
	}
	l->account.balance = balance;
	l->account.seq = N;
}

static bool
agrees(const struct ledger *l)
{
	struct screen *s = screen_new(1);
	bool good;

	for (int i = 0; i < N; i++)
		if (l->records[i].user_id != NULL)
			screen_add(s, &l->records[i]);
	good = screen_agrees(s, &l->account);
	screen_free(s);
	return good;
}

static void
test_any_order(void **state)
{
	struct ledger all[100];
	struct screen *s = screen_new(100);

	(void)state;
	for (int u = 0; u < 100; u++)
		fill(&all[u], u);
	for (int i = 0; i < 100 * N; i++) {
		int k = i * 7 % (100 * N);	/* 7 and 600 have no common divisor */

		screen_add(s, &all[k % 100].records[k / 100]);
	}
	for (int u = 0; u < 100; u++)
		assert_true(screen_agrees(s, &all[u].account));
	screen_free(s);
}

static void
test_nobody(void **state)
{
	struct screen *s = screen_new(0);
	const struct screen_account empty = { .user_id = "nobody" }, rich = { .user_id = "nobody", .balance = 1 };

	(void)state;
	assert_true(screen_agrees(s, &empty));
	assert_false(screen_agrees(s, &rich));
	screen_free(s);
}

static void
test_account(void **state)
{
	struct ledger l;
	int64_t *const fields[] = {
		&l.account.balance, &l.account.seq, &l.account.earned, &l.account.spent, &l.account.out,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		fill(&l, 1);
		assert_true(agrees(&l));
		++*fields[i];
		assert_false(agrees(&l));
	}
}

static void
test_records(void **state)
{
	struct ledger l;

	(void)state;
	for (int i = 0; i < N; i++) {
		int64_t *const fields[] = {
			&l.records[i].seq, &l.records[i].points, &l.records[i].balance_after, &l.records[i].earned,
			&l.records[i].spent,
		};

		fill(&l, 1);
		l.records[i].user_id = NULL;	/* is gone */
		assert_false(agrees(&l));
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
			fill(&l, 1);
			++*fields[k];
			assert_false(agrees(&l));
		}
	}
}

/* Two links off by as much in opposite directions: the sums are right, the chain is not. */
static void
test_links_that_cancel_out(void **state)
{
	struct ledger l;

	(void)state;
	fill(&l, 1);
	l.records[1].balance_after += 5;
	l.records[2].balance_after -= 5;
	assert_false(agrees(&l));
	fill(&l, 1);
	l.records[2].seq = 4;
	l.records[3].seq = 3;
	assert_false(agrees(&l));
}

static void
test_more_than_were_announced(void **state)
{
	struct screen *s = screen_new(1);
	struct ledger l, last;

	(void)state;
	for (int u = 0; u < 100; u++) {
		fill(&l, u);
		for (int i = 0; i < N; i++)
			screen_add(s, &l.records[i]);
	}
	fill(&last, 0);
	assert_false(screen_agrees(s, &last.account));
	screen_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order), cmocka_unit_test(test_nobody), cmocka_unit_test(test_account),
		cmocka_unit_test(test_records), cmocka_unit_test(test_links_that_cancel_out),
		cmocka_unit_test(test_more_than_were_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
