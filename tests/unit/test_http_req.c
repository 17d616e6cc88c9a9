/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_req.c: what a handler reads of a request, and the replies that lists and versions make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/req.h"

static struct req r;

static int
setup(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	r.reply.version = I64_NONE;
	r.arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(r.arena);
	return 0;
}

static struct seen
seen_of(const char *if_match)
{
	struct seen seen;

	r.if_match = if_match;
	req_seen(&r, &seen);
	return seen;
}

static void
no_condition_is_none(void **state)
{
	(void)state;
	assert_true(seen_of("").any);
	assert_true(seen_of("*").any);
}

static void
our_own_tag_is_its_version(void **state)
{
	(void)state;
	struct seen one = seen_of("\"1\""), top = seen_of("\"2147483647\"");

	assert_true(!one.any && one.n == 1 && seen_has(&one, 1) && !seen_has(&one, 2));
	assert_true(top.n == 1 && seen_has(&top, INT32_MAX));
}

static void
any_member_of_a_list_fits(void **state)
{
	static const char *const lists[] = {
		"\"7\", \"1\"", "\"7\",\"1\"", " ,\t\"7\" ,, \"1\" , ", "W/\"3\", \"7\", \"a,b\", \"1\", \"\"", "\"7\", \"07\", \"1\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct seen seen = seen_of(lists[i]);

		assert_true(!seen.any && seen.n == 2 && seen_has(&seen, 7) && seen_has(&seen, 1) && !seen_has(&seen, 3));
	}
}

static void
any_other_tag_fits_nothing(void **state)
{
	static const char *const others[] = {
		"1", "\"", "\"\"", "W/\"1\"", "W/\"1\", W/\"2\"", "\"1\", 2", "\"1\" \"2\"", "\"1\", *", "\"1\", \"2", ",", "\"01\"", "\"-1\"", "\"1 \"", "\"2147483648\"", "\"abc\"", "\"1",
		"\"9a9046aa60f3e1c9642bc27859e3ec40\"", "**", "\"99999999999999999999999999\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(!seen_of(others[i]).any && seen_of(others[i]).n == 0);
}

struct thing {
	int64_t	n;
};

static const struct json_view thing_view[] = { VIEW_I64(struct thing, n, "n", 0), VIEW_END };

static void
a_list_has_its_total(void **state)
{
	static const struct thing things[] = { { 1 }, { 2 } };
	static const struct keyset end;

	(void)state;
	assert_int_equal(reply_page_total(&r, thing_view, things, sizeof(things[0]), 2, &end, TOTAL_MAX), E_OK);
	assert_string_equal(r.reply.body, "{\"items\":[{\"n\":1},{\"n\":2}],\"nextCursor\":null,\"total\":10000}");
}

static void
a_versioned_reply_has_its_version(void **state)
{
	static const struct thing one = { 1 };

	(void)state;
	assert_int_equal(reply_versioned(&r, 200, thing_view, &one, 7), E_OK);
	assert_true(r.reply.version == 7);
	assert_string_equal(r.reply.body, "{\"n\":1}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_condition_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(our_own_tag_is_its_version, setup, teardown),
		cmocka_unit_test_setup_teardown(any_member_of_a_list_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(any_other_tag_fits_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_has_its_total, setup, teardown),
		cmocka_unit_test_setup_teardown(a_versioned_reply_has_its_version, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
