/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_text.c: patterns for LIKE in which nothing of the caller's is a wildcard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/db.h"

static void
wildcards_are_escaped(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(A_PREFIX(a, "SF12").p, "SF12%");
	assert_string_equal(A_PREFIX(a, "50%_\\x").p, "50\\%\\_\\\\x%");
	assert_string_equal(A_PART(a, "红%").p, "%红\\%%");
	assert_true(A_PART(a, "红%").n == strlen("%红\\%%"));
	arena_free(a);
}

static void
null_stays_null(void **state)
{
	(void)state;
	assert_int_equal(A_PREFIX(NULL, NULL).type, 0);
	assert_int_equal(A_PART(NULL, NULL).type, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards_are_escaped),
		cmocka_unit_test(null_stays_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
