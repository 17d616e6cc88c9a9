/* SPDX-License-Identifier: Apache-2.0 */
/* test_run_scoreboard.c: the slots, and that a child's writing is the parent's reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "run/scoreboard.h"

static void
test_child_writes_parent_reads(void **state)
{
	struct scoreboard *b = scoreboard_new();
	struct slot *s = &b->slots[7];
	char id[SCOREBOARD_ID_LEN + 1];
	int status;
	pid_t pid;

	(void)state;
	slot_claim(s, 2, 5, 100);
	assert_int_equal(atomic_load(&s->state), SLOT_STARTING);
	if ((pid = fork()) == 0) {
		slot_ready(s);
		slot_busy(s, "abc", 12345);
		_exit(buckets_take(b->buckets, 42, 1, 1, US_PER_S) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(slot_busy_since(s, id), 12345);
	assert_string_equal(id, "abc");
	assert_int_equal(atomic_load(&s->requests), 1);
	/* What the child took of the bucket is gone here too. */
	assert_true(buckets_take(b->buckets, 42, 1, 1, US_PER_S) > 0);
	scoreboard_free(b);
}

static void
test_slots_are_reused_clean(void **state)
{
	struct scoreboard *b = scoreboard_new();
	struct slot *s = &b->slots[0];
	char id[SCOREBOARD_ID_LEN + 1];

	(void)state;
	slot_claim(s, 0, 1, 1);
	atomic_store(&s->stop, true);
	slot_busy(s, "first", 10);
	slot_release(s);
	assert_int_equal(slot_busy_since(s, id), 0);
	slot_claim(s, 1, 2, 20);
	assert_false(atomic_load(&s->stop));
	assert_int_equal(atomic_load(&s->requests), 0);
	assert_int_equal(s->pool, 1);
	slot_ready(s);
	slot_busy(s, "second", 30);
	slot_idle(s);
	assert_int_equal(slot_busy_since(s, id), 0);
	assert_int_equal(atomic_load(&s->state), SLOT_IDLE);
	scoreboard_free(b);
}

static void
test_a_long_id_is_cut(void **state)
{
	struct scoreboard *b = scoreboard_new();
	char id[SCOREBOARD_ID_LEN + 1], longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	slot_claim(&b->slots[0], 0, 1, 1);
	slot_busy(&b->slots[0], longer, 9);
	assert_int_equal(slot_busy_since(&b->slots[0], id), 9);
	assert_int_equal(strlen(id), SCOREBOARD_ID_LEN);
	scoreboard_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_writes_parent_reads),
		cmocka_unit_test(test_slots_are_reused_clean),
		cmocka_unit_test(test_a_long_id_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
