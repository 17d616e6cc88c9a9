/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_ids.c: ids.c, with the published vectors of what it implements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"

#define NOW_US (INT64_C(1795323600123) * US_PER_MS)

static void
ids_are_uuid_v7_and_sort(void **state)
{
	char before[ID_LEN + 1] = "", id[ID_LEN + 1];

	(void)state;
	/* Within one millisecond, over the next ones, and with the clock set back. */
	for (int i = 0; i < 50000; i++) {
		id_new(NOW_US + (i < 20000 ? 0 : i < 40000 ? (i - 20000) * 100 : -US_PER_S), id);
		assert_int_equal(strlen(id), ID_LEN);
		assert_true(id_valid(id));
		assert_int_equal(id[14], '7');
		assert_non_null(strchr("89ab", id[19]));
		if (strcmp(before, id) >= 0)
			fail_msg("%s came after %s", id, before);
		memcpy(before, id, sizeof(id));
	}
	/* The time is in front. */
	id_new(INT64_C(0x01f000000000) * US_PER_MS, id);
	assert_memory_equal(id, "01f00000-0000-7", 15);
}

static void
ids_of_a_text_are_its_own(void **state)
{
	char a[ID_LEN + 1], b[ID_LEN + 1];

	(void)state;
	id_of("points-record:1", 0, a);
	id_of("points-record:1", 0, b);
	assert_string_equal(a, b);
	assert_true(id_valid(a));
	assert_int_equal(a[14], '8');
	id_of("points-record:2", 0, b);
	assert_string_not_equal(a, b);
	id_of("user:x", INT64_C(0x01f000000000) * US_PER_MS, a);
	id_of("user:y", INT64_C(0x01f000000000) * US_PER_MS, b);
	assert_memory_equal(a, "01f00000-0000-7", 15);
	assert_memory_equal(b, "01f00000-0000-7", 15);
	assert_string_not_equal(a, b);
	assert_non_null(strchr("89ab", a[19]));
}

static void
ids_are_checked(void **state)
{
	static const char *const bad[] = {
		"", "0190", "01900000-0000-7000-8000-00000000000", "01900000-0000-7000-8000-0000000000011",
		"01900000-0000-7000-8000-00000000000G", "01900000-0000-7000-8000-00000000000A",
		"01900000_0000-7000-8000-000000000001", "{1900000-0000-7000-8000-000000000001",
		"0190000000007000800000000000000100000",
	};

	(void)state;
	assert_true(id_valid("01900000-0000-7000-8000-00000000000a"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (id_valid(bad[i]))
			fail_msg("%s passed", bad[i]);
}

static void
order_numbers_are_readable(void **state)
{
	char a[ORDER_NO_LEN + 1], b[ORDER_NO_LEN + 1];

	(void)state;
	order_no_new(NOW_US, a);
	order_no_new(NOW_US, b);
	assert_int_equal(strlen(a), ORDER_NO_LEN);
	assert_memory_equal(a, "261122", 6);
	assert_string_not_equal(a, b);
	for (int i = 0; i < 1000; i++) {
		order_no_new(NOW_US, a);
		assert_int_equal(strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), ORDER_NO_LEN);
	}
}

static void
a_child_has_random_bytes_of_its_own(void **state)
{
	uint8_t	mine[32], its[32], small[1];
	int	fds[2], status;
	pid_t	pid;

	(void)state;
	random_bytes(small, sizeof(small));	/* fetched ahead before the fork */
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		random_bytes(its, sizeof(its));
		_exit(write(fds[1], its, sizeof(its)) == sizeof(its) ? 0 : 1);
	}
	random_bytes(mine, sizeof(mine));
	assert_int_equal(read(fds[0], its, sizeof(its)), sizeof(its));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(mine, its, sizeof(mine));
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
random_bytes_of_all_sizes_differ(void **state)
{
	uint8_t		a[2000], b[2000];
	uint64_t	seen[512], r;

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < 512; i++) {
		random_bytes(&r, sizeof(r));
		for (size_t j = 0; j < i; j++)
			assert_true(seen[j] != r);
		seen[i] = r;
	}
}

static void
hashes_are_the_published_ones(void **state)
{
	uint8_t	h[SHA256_LEN], key[131];
	char	hex[2 * SHA256_LEN + 1];

	(void)state;
	/* FIPS 180-4, and the empty text */
	sha256("abc", 3, h);
	hex_encode(h, sizeof(h), hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256("", 0, h);
	hex_encode(h, sizeof(h), hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	/* RFC 4231, cases 2 and 6 */
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, h);
	hex_encode(h, sizeof(h), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First", 54, h);
	hex_encode(h, sizeof(h), hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
secrets_are_compared(void **state)
{
	(void)state;
	assert_true(equal_secret("abc", "abc", 3));
	assert_false(equal_secret("abc", "abd", 3));
	assert_false(equal_secret("xbc", "abc", 3));
	assert_true(equal_secret("abc", "abd", 2));
}

static void
hex_is_read_exactly(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_true(hex_decode("00ffAb", out, 3));
	assert_memory_equal(out, "\x00\xff\xab", 3);
	assert_true(hex_decode("", out, 0));
	assert_false(hex_decode("00ffa", out, 3));
	assert_false(hex_decode("00ffab0", out, 3));
	assert_false(hex_decode("00ffag", out, 3));
	assert_false(hex_decode("00 fab", out, 3));
	assert_false(hex_decode("", out, 1));
}

static void
base64url_is_the_published_one(void **state)
{
	static const struct {
		const char *bytes, *text;
	} known[] = {	/* RFC 4648, 10, without padding; and 5 */
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "-__-" },
	};
	uint8_t	bytes[8];
	char	text[16];
	size_t	n;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		n = strlen(known[i].bytes);
		b64url_encode(known[i].bytes, n, text);
		assert_string_equal(text, known[i].text);
		assert_int_equal(strlen(text), B64_LEN(n));
		assert_int_equal(b64url_decode(text, strlen(text), bytes, sizeof(bytes)), n);
		assert_memory_equal(bytes, known[i].bytes, n);
	}
}

static void
base64url_is_canonical(void **state)
{
	static const char *const	bad[] = { "Z", "Zh", "Zm9", "Zg==", "Zm+v", "Zm/v", "Z g", "Zm9vY", "积分" };
	uint8_t				out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (b64url_decode(bad[i], strlen(bad[i]), out, sizeof(out)) != -1)
			fail_msg("%s was read", bad[i]);
	assert_int_equal(b64url_decode("Zm9v", 4, out, 3), 3);
	assert_int_equal(b64url_decode("Zm9v", 4, out, 2), -1);
}

static void
base64url_comes_back(void **state)
{
	uint8_t	bytes[100], again[100];
	char	text[B64_LEN(100) + 1];

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		random_bytes(bytes, n);
		b64url_encode(bytes, n, text);
		assert_int_equal(b64url_decode(text, strlen(text), again, n), n);
		assert_int_equal(memcmp(bytes, again, n), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_uuid_v7_and_sort),
		cmocka_unit_test(ids_of_a_text_are_its_own),
		cmocka_unit_test(ids_are_checked),
		cmocka_unit_test(order_numbers_are_readable),
		cmocka_unit_test(a_child_has_random_bytes_of_its_own),
		cmocka_unit_test(random_bytes_of_all_sizes_differ),
		cmocka_unit_test(hashes_are_the_published_ones),
		cmocka_unit_test(secrets_are_compared),
		cmocka_unit_test(hex_is_read_exactly),
		cmocka_unit_test(base64url_is_the_published_one),
		cmocka_unit_test(base64url_is_canonical),
		cmocka_unit_test(base64url_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
