/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_route.c: which row a request is for, and rows that stop start-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handlers/routes.h"
#include "http/route.h"
#include "http/serve.h"

static enum err
nothing(struct req *r)
{
	(void)r;
	return E_OK;
}

static const struct route table[] = {
	{ GET, "/a", nothing, .who = WHO_USER },
	{ POST, "/a", nothing, .who = WHO_USER },
	{ POST, "/a/check", nothing, .who = WHO_USER },
	{ GET, "/a/:id", nothing, .who = WHO_USER },
	{ POST, "/a/:id/b/:other", nothing, .who = WHO_USER },
	{ 0 },
};

static struct req r;

static enum err
find(enum method m, const char *path)
{
	memset(&r.reply, 0, sizeof(r.reply));
	r.method = m;
	r.path = path;
	return route_find(table, &r);
}

static void
rows_are_found(void **state)
{
	(void)state;
	assert_int_equal(find(POST, "/a"), E_OK);
	assert_ptr_equal(r.route, &table[1]);
	assert_int_equal(find(GET, "/a/x"), E_OK);
	assert_string_equal(r.params[0], "x");
	assert_int_equal(find(POST, "/a/x/b/y"), E_OK);
	assert_string_equal(r.params[1], "y");
}

static void
unknown_paths_are_not_found(void **state)
{
	static const char *const paths[] = { "", "/", "/b", "/a/", "/a/x/", "/a/x/b", "/a//b/y", "/aa", "/a/x/b/y/z" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find(POST, paths[i]), E_NOT_FOUND);
}

static void
a_wrong_method_names_the_right_ones(void **state)
{
	(void)state;
	assert_int_equal(find(PUT, "/a"), E_METHOD);
	assert_string_equal(r.reply.allow, "GET, HEAD, POST");
}

static void
a_path_written_out_is_no_id(void **state)
{
	(void)state;
	assert_int_equal(find(GET, "/a/check"), E_METHOD);
	assert_string_equal(r.reply.allow, "POST");
}

static int complaints;

static void
count(void *arg, const char *message)
{
	(void)arg;
	(void)message;
	complaints++;
}

static void
every_wrong_row_stops_start_up(void **state)
{
	static const struct route wrong[] = {
		{ GET, "/no-who", nothing, .body_max = 0 },
		{ GET, "/no-handler", NULL, .who = WHO_USER },
		{ POST, "/copied", nothing, .who = WHO_ANYONE, .public_copy = true },
		{ POST, "/no-caller", nothing, .who = WHO_ANYONE, .idempotent = true },
		{ GET, "/twice", nothing, .who = WHO_USER },
		{ GET, "/twice", nothing, .who = WHO_USER },
		{ GET, "no-slash", nothing, .who = WHO_USER },
		{ 0 },
	};

	(void)state;
	complaints = 0;
	assert_false(routes_check(wrong, count, NULL));
	assert_int_equal(complaints, 6);
}

static void
the_table_of_the_house_is_right(void **state)
{
	(void)state;
	complaints = 0;
	assert_true(routes_check(routes, count, NULL));
	assert_int_equal(complaints, 0);
}

static int
setup(void **state)
{
	(void)state;
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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found),
		cmocka_unit_test(unknown_paths_are_not_found),
		cmocka_unit_test(a_wrong_method_names_the_right_ones),
		cmocka_unit_test(a_path_written_out_is_no_id),
		cmocka_unit_test(every_wrong_row_stops_start_up),
		cmocka_unit_test(the_table_of_the_house_is_right),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
