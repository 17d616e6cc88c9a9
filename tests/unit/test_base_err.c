/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_err.c: err.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void
every_code_has_a_name(void **state)
{
	(void)state;
	for (int e = 0; e < E__MAX; e++) {
		assert_non_null(err_name((enum err)e));
		assert_true(strlen(err_name((enum err)e)) > 0);
	}
	assert_string_equal(err_name(E_STOCK), "out_of_stock");
	assert_string_equal(err_name(E_CURSOR), "invalid_cursor");
	assert_string_equal(err_name(E_KEY_REUSED), "idempotency_key_reused");
	assert_string_equal(err_name(E_UNCERTAIN), err_name(E_DOWN));
	assert_string_equal(err_name(E__MAX), "internal");
	assert_string_equal(err_name((enum err)9999), "internal");
}

static void
fields_are_named_up_to_the_limit(void **state)
{
	struct fault f = { .code = E_OK };

	(void)state;
	for (int i = 0; i < FAULT_FIELDS_MAX + 5; i++)
		assert_int_equal(fault_field(&f, "f", "坏", "bad"), E_INVALID);
	assert_int_equal(f.code, E_INVALID);
	assert_int_equal(f.nfields, FAULT_FIELDS_MAX);
	assert_string_equal(f.fields[FAULT_FIELDS_MAX - 1].en, "bad");
}

static void
details_and_notes_are_kept(void **state)
{
	struct fault	f = { .code = E_OK };
	char		longer[400];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(fault_detail(&f, E_STATE, "不行", "no"), E_STATE);
	assert_string_equal(f.detail_zh, "不行");
	assert_int_equal(FAULT(&f, E_DOWN, "errno %d %s", 7, longer), E_DOWN);
	assert_int_equal(f.code, E_DOWN);
	assert_string_equal(f.file, __FILE__);
	assert_true(f.line > 0);
	assert_memory_equal(f.cause, "errno 7 xxx", 11);
	assert_int_equal(strlen(f.cause), sizeof(f.cause) - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name),
		cmocka_unit_test(fields_are_named_up_to_the_limit),
		cmocka_unit_test(details_and_notes_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
