/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_token.c: what token_verify() accepts, and one case for each thing that it refuses. The tokens are put
 * together by hand, with hmac_sha256(): libjwt would not make most of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "http/token.h"

#define NOW_S INT64_C(1700000000)
#define LEEWAY_S 10
#define USER "01900000-0000-7000-9000-000000000001"
#define FAMILY "01900000-0000-7000-8888-000000000002"

#define HEAD "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"ours\"}"
#define TIMES "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000900"
#define OURS "\"iss\":\"pointsmall\",\"aud\":\"mall\""
#define SUB "\"sub\":\"" USER "\""
#define GOOD "{" OURS "," SUB ",\"role\":\"user\"," TIMES "}"

enum { KEY_OURS, KEY_NARROW, KEY_OLD, KEY_SHORT, KEY_TWIN };

static struct conf conf;
static struct arena *arena;
static struct fault fault;
static struct caller caller;

static void
set_key(size_t i, const char *kid, const char *issuer, const char *audience, const char *roles, const char *def)
{
	struct conf_key *k = &conf.keys[i];

	k->kid = kid;
	k->secret_len = 32;
	memset(k->secret, 'a' + (int)i, 32);
	k->issuer = issuer;
	k->audience = audience;
	k->roles = roles;
	k->default_role = def;
}

static int
setup(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	conf.clock_leeway_s = LEEWAY_S;
	set_key(KEY_OURS, "ours", "pointsmall", "mall", "user merchant admin service", "");
	set_key(KEY_NARROW, "narrow", "pointsmall", "mall", "user", "");
	set_key(KEY_OLD, "old", "legacy", "legacy-app", "user", "user");
	set_key(KEY_SHORT, "short", "pointsmall", "mall", "user", "");
	set_key(KEY_TWIN, "twin", "partner", "mall", "user superuser", "");
	conf.keys[KEY_OURS].sign = true;
	conf.keys[KEY_SHORT].secret_len = 0;
	conf.nkeys = 5;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static char *
b64(const void *p, size_t n)
{
	char *out = arena_alloc(arena, B64_LEN(n) + 1);

	b64url_encode(p, n, out);
	return out;
}

/* header.payload.signature with the secret of key; both parts as given, right or wrong. */
static char *
token_by(size_t key, const char *header, const char *payload)
{
	char *text = arena_printf(arena, "%s.%s", b64(header, strlen(header)), b64(payload, strlen(payload)));
	uint8_t mac[SHA256_LEN];

	hmac_sha256(conf.keys[key].secret, conf.keys[key].secret_len, text, strlen(text), mac);
	return arena_printf(arena, "%s.%s", text, b64(mac, sizeof(mac)));
}

static enum err
verify_at(const char *token, int64_t now_s)
{
	memset(&fault, 0, sizeof(fault));
	memset(&caller, 0, sizeof(caller));
	return token_verify(&conf, token, now_s * US_PER_S, arena, &fault, &caller);
}

/* Refused at NOW_S, nobody named, with a detail in two languages that holds what and nothing of the token. */
static void
refused(const char *token, const char *what)
{
	assert_int_equal(verify_at(token, NOW_S), E_UNAUTHORIZED);
	assert_int_equal(caller.role, 0);
	assert_null(caller.id);
	assert_int_equal(fault.nfields, 0);
	assert_non_null(fault.detail_zh);
	assert_non_null(fault.detail_en);
	if (strstr(fault.detail_en, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", fault.detail_en, what);
	assert_null(strstr(fault.detail_en, "eyJ"));
	assert_null(strstr(fault.detail_zh, "eyJ"));
}

static void
refused_header(const char *header, const char *what)
{
	refused(token_by(KEY_OURS, header, GOOD), what);
}

static void
refused_payload(const char *payload, const char *what)
{
	refused(token_by(KEY_OURS, HEAD, payload), what);
}

/* ---- accepted ---- */

static void
accepts_a_good_one(void **state)
{
	(void)state;
	assert_int_equal(verify_at(token_by(KEY_OURS, HEAD, GOOD), NOW_S), E_OK);
	assert_int_equal(caller.role, WHO_USER);
	assert_string_equal(caller.id, USER);
	assert_null(caller.family);
	assert_null(caller.merchant);
	assert_null(caller.service);
}

static void
accepts_what_it_issues(void **state)
{
	static const struct {
		const char	*role;
		const char	*fam;
		const char	*merchant;
		const char	*service;
		enum who	 who;
	} rows[] = {
		{ "user", FAMILY, NULL, NULL, WHO_USER },
		{ "merchant", NULL, "01900000-0000-7000-b000-000000000001", NULL, WHO_MERCHANT },
		{ "admin", NULL, NULL, NULL, WHO_ADMIN },
		{ "service", NULL, NULL, "payment", WHO_SERVICE },
	};
	const char *token;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(token_issue(&conf, USER, rows[i].role, rows[i].fam, rows[i].merchant,
		    rows[i].service, 900, NOW_S * US_PER_S, arena, &token), E_OK);
		assert_int_equal(verify_at(token, NOW_S), E_OK);
		assert_int_equal(caller.role, rows[i].who);
		assert_string_equal(caller.id, USER);
		assert_int_equal(caller.family == NULL, rows[i].fam == NULL);
		assert_int_equal(caller.merchant == NULL, rows[i].merchant == NULL);
		assert_int_equal(caller.service == NULL, rows[i].service == NULL);
		assert_int_equal(verify_at(token, NOW_S + 900 + LEEWAY_S - 1), E_OK);
		assert_int_equal(verify_at(token, NOW_S + 900 + LEEWAY_S), E_TOKEN_EXPIRED);
	}
}

static void
issues_nothing_without_a_usable_key(void **state)
{
	const int64_t now_us = NOW_S * US_PER_S;
	const char *t = NULL;

	(void)state;
	conf.keys[KEY_OURS].sign = false;
	assert_int_equal(token_issue(&conf, USER, "user", NULL, NULL, NULL, 900, now_us, arena, &t), E_INTERNAL);
	conf.keys[KEY_SHORT].sign = true;
	assert_int_equal(token_issue(&conf, USER, "user", NULL, NULL, NULL, 900, now_us, arena, &t), E_INTERNAL);
	assert_null(t);
}

static void
accepts_the_existing_system(void **state)
{
	(void)state;
	assert_int_equal(verify_at(token_by(KEY_OLD, "{\"kid\":\"old\",\"alg\":\"HS256\"}", "{\"iss\":\"legacy\","
	    "\"aud\":\"legacy-app\",\"sub\":\"wx_4711\",\"exp\":1700000001,\"name\":\"x\"}"), NOW_S), E_OK);
	assert_int_equal(caller.role, WHO_USER);
	assert_string_equal(caller.id, "wx_4711");
}

static void
accepts_aud_in_an_array(void **state)
{
	(void)state;
	assert_int_equal(verify_at(token_by(KEY_OURS, HEAD, "{\"iss\":\"pointsmall\",\"aud\":[\"else\",\"mall\"],"
	    SUB ",\"role\":\"user\"," TIMES "}"), NOW_S), E_OK);
	assert_string_equal(caller.id, USER);
}

static void
ignores_other_header_members(void **state)
{
	(void)state;
	assert_int_equal(verify_at(token_by(KEY_OURS,
	    "{\"alg\":\"HS256\",\"kid\":\"ours\",\"jku\":\"https://x\",\"n\":1}", GOOD), NOW_S), E_OK);
}

/* ---- refused: the form ---- */

static void
refuses_its_length(void **state)
{
	size_t big = 8u * 1024 * 1024;
	char *eight = malloc(big + 1);
	char *pad = arena_alloc(arena, 3800), *five = arena_alloc(arena, 5121);

	(void)state;
	assert_non_null(eight);
	memset(eight, 'A', big);
	eight[big] = '\0';
	refused(eight, "too long");
	eight[big / 3] = eight[big / 2] = '.';
	refused(eight, "too long");
	free(eight);
	memset(five, 'A', 5120);
	refused(five, "too long");
	memset(pad, 'x', 3799);
	refused(token_by(KEY_OURS, HEAD, arena_printf(arena, "{" OURS "," SUB ",\"role\":\"user\"," TIMES
	    ",\"pad\":\"%s\"}", pad)), "too long");
}

static void
accepts_up_to_its_length(void **state)
{
	char *pad = arena_alloc(arena, 3001), *token;
	int accepted = 0, n;

	(void)state;
	memset(pad, 'x', 3000);
	for (n = 2600; n < 3000; n++) {
		token = token_by(KEY_OURS, HEAD, arena_printf(arena, "{" OURS "," SUB ",\"role\":\"user\"," TIMES
		    ",\"pad\":\"%.*s\"}", n, pad));
		if (strlen(token) > TOKEN_LEN_MAX) {
			refused(token, "too long");
			continue;
		}
		assert_int_equal(verify_at(token, NOW_S), E_OK);
		accepted++;
	}
	assert_in_range(accepted, 1, 399);
}

static void
refuses_other_than_three_parts(void **state)
{
	char *good = token_by(KEY_OURS, HEAD, GOOD);
	char *two = arena_strdup(arena, good);

	(void)state;
	*strrchr(two, '.') = '\0';
	refused("", "three parts");
	refused("abc", "three parts");
	refused(two, "three parts");
	refused(arena_printf(arena, "%s.", good), "three parts");
	refused(arena_printf(arena, "%s.e30", good), "three parts");
	refused("..", "header");
	refused(arena_printf(arena, "%s.", two), "signature");
}

static void
refuses_every_truncation(void **state)
{
	char *good = token_by(KEY_OURS, HEAD, GOOD);

	(void)state;
	for (size_t n = 0; n < strlen(good); n++) {
		char *cut = arena_strndup(arena, good, n);

		assert_int_equal(verify_at(cut, NOW_S), E_UNAUTHORIZED);
	}
}

static void
refuses_every_changed_character(void **state)
{
	char *good = token_by(KEY_OURS, HEAD, GOOD);

	(void)state;
	for (size_t i = 0; i < strlen(good); i++) {
		char *bad = arena_strdup(arena, good);

		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(verify_at(bad, NOW_S), E_UNAUTHORIZED);
	}
}

/* Padded, or in base64's other alphabet, or with something before or behind: signed as it stands, and refused. */
static void
refuses_other_base64(void **state)
{
	char *h = b64(HEAD, strlen(HEAD)), *p = b64(GOOD, strlen(GOOD)), *text;
	uint8_t mac[SHA256_LEN];
	const char *const texts[] = {
		arena_printf(arena, "%s=.%s", h, p), arena_printf(arena, "%s.%s=", h, p),
		arena_printf(arena, "%s.%s==", h, p), arena_printf(arena, "%s.%s+", h, p),
		arena_printf(arena, " %s.%s", h, p), arena_printf(arena, "%s.%s\n", h, p),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hmac_sha256(conf.keys[KEY_OURS].secret, 32, texts[i], strlen(texts[i]), mac);
		refused(arena_printf(arena, "%s.%s", texts[i], b64(mac, sizeof(mac))), "");
	}
	text = token_by(KEY_OURS, HEAD, GOOD);
	refused(arena_printf(arena, "%s=", text), "signature");
	refused(arena_printf(arena, "%sA", text), "signature");
}

/* ---- refused: the header ---- */

static void
refuses_other_algorithms(void **state)
{
	static const char *const algs[] = {
		"none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", "HS256 ",
	};
	char *none;

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		refused_header(arena_printf(arena, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"ours\"}", algs[i]),
		    "algorithm");
	none = token_by(KEY_OURS, "{\"alg\":\"none\",\"kid\":\"ours\"}", GOOD);
	strrchr(none, '.')[1] = '\0';
	refused(none, "algorithm");
}

static void
refuses_bad_headers(void **state)
{
	(void)state;
	refused_header("{\"typ\":\"JWT\",\"kid\":\"ours\"}", "header");
	refused_header("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "header");
	refused_header("{\"alg\":\"HS256\",\"kid\":1}", "header");
	refused_header("{\"alg\":\"HS256\",\"kid\":null}", "header");
	refused_header("{\"alg\":[\"HS256\"],\"kid\":\"ours\"}", "header");
	refused_header("{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"ours\"}", "header");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\",\"typ\":\"JWE\"}", "typ");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\"} ,", "header");
	refused_header("{'alg':'HS256','kid':'ours'}", "header");
	refused_header("[]", "header");
	refused_header("", "header");
}

static void
refuses_crit(void **state)
{
	(void)state;
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\",\"crit\":[\"exp\"]}", "crit");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\",\"crit\":[]}", "header");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\",\"crit\":\"exp\"}", "header");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"ours\",\"crit\":null}", "header");
}

static void
refuses_unknown_and_wrong_keys(void **state)
{
	(void)state;
	refused_header("{\"alg\":\"HS256\",\"kid\":\"other\"}", "key");
	refused_header("{\"alg\":\"HS256\",\"kid\":\"Ours\"}", "key");
	refused(token_by(KEY_SHORT, "{\"alg\":\"HS256\",\"kid\":\"short\"}", GOOD), "key");
	refused(token_by(KEY_NARROW, HEAD, GOOD), "signature");
	/* a key of another issuer signs for itself alone */
	refused(token_by(KEY_OLD, "{\"alg\":\"HS256\",\"kid\":\"old\"}", GOOD), "iss");
	refused(token_by(KEY_TWIN, "{\"alg\":\"HS256\",\"kid\":\"twin\"}", GOOD), "iss");
}

/* ---- refused: the claims ---- */

static void
refuses_bad_exp(void **state)
{
	(void)state;
	refused_payload("{" OURS "," SUB ",\"role\":\"user\"}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1700000900.0}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1.7e9}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":\"1700000900\"}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":null}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":true}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":-1}", "exp");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":9223372036854775807}", "exp");
	/* libjwt's own JSON reader refuses this one before us */
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":99999999999999999999999}", "");
}

static void
tells_expired_from_wrong(void **state)
{
	static const struct {
		const char	*exp;
		enum err	 err;
	} rows[] = { { "1699999991", E_OK }, { "1699999990", E_TOKEN_EXPIRED }, { "0", E_TOKEN_EXPIRED } };
	const char *payload;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		payload = arena_printf(arena, "{" OURS "," SUB ",\"role\":\"user\",\"exp\":%s}", rows[i].exp);
		assert_int_equal(verify_at(token_by(KEY_OURS, HEAD, payload), NOW_S), rows[i].err);
		assert_int_equal(caller.id == NULL, rows[i].err != E_OK);
	}
	refused_payload("{" OURS "," SUB ",\"role\":\"root\",\"exp\":1}", "role");
	refused(token_by(KEY_NARROW, HEAD, "{" OURS "," SUB ",\"role\":\"user\",\"exp\":1}"), "signature");
}

static void
refuses_the_future(void **state)
{
	(void)state;
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1700000900,\"nbf\":1700000011}", "nbf");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1700000900,\"iat\":1700000011}", "iat");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1700000900,\"nbf\":\"1700000000\"}", "nbf");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"exp\":1700000900,\"iat\":1700000000.5}", "iat");
	assert_int_equal(verify_at(token_by(KEY_OURS, HEAD, "{" OURS "," SUB
	    ",\"role\":\"user\",\"exp\":1700000900,\"nbf\":1700000010,\"iat\":1700000010}"), NOW_S), E_OK);
}

static void
refuses_other_issuers_and_audiences(void **state)
{
	(void)state;
	refused_payload("{\"iss\":\"pointsmall2\",\"aud\":\"mall\"," SUB ",\"role\":\"user\"," TIMES "}", "iss");
	refused_payload("{\"aud\":\"mall\"," SUB ",\"role\":\"user\"," TIMES "}", "iss");
	refused_payload("{\"iss\":[\"pointsmall\"],\"aud\":\"mall\"," SUB ",\"role\":\"user\"," TIMES "}", "iss");
	refused_payload("{\"iss\":\"pointsmall\"," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":\"Mall\"," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":[]," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":[\"else\"]," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":[\"mall\",1]," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":{\"mall\":1}," SUB ",\"role\":\"user\"," TIMES "}", "aud");
	refused_payload("{\"iss\":\"pointsmall\",\"aud\":null," SUB ",\"role\":\"user\"," TIMES "}", "aud");
}

static void
refuses_bad_subjects(void **state)
{
	static const char *const other[] = { "", "a b", "名", "0123456789012345678901234567890123456" };

	(void)state;
	refused_payload("{" OURS ",\"role\":\"user\"," TIMES "}", "sub");
	refused_payload("{" OURS ",\"sub\":12,\"role\":\"user\"," TIMES "}", "sub");
	refused_payload("{" OURS ",\"sub\":\"wx_4711\",\"role\":\"user\"," TIMES "}", "sub");
	refused_payload("{" OURS ",\"sub\":\"01900000-0000-7000-9000-00000000000A\",\"role\":\"user\"," TIMES "}",
	    "sub");
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		refused(token_by(KEY_OLD, "{\"kid\":\"old\",\"alg\":\"HS256\"}", arena_printf(arena,
		    "{\"iss\":\"legacy\",\"aud\":\"legacy-app\",\"sub\":\"%s\",\"exp\":1700000001}", other[i])),
		    "sub");
}

static void
refuses_roles_beyond_the_key(void **state)
{
	static const char *const narrow[] = { "admin", "merchant", "service", "use", "user admin", "" };
	const char *payload;

	(void)state;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		payload = arena_printf(arena, "{" OURS "," SUB ",\"role\":\"%s\",\"merchant\":\"m\","
		    "\"service\":\"s\"," TIMES "}", narrow[i]);
		refused(token_by(KEY_NARROW, "{\"alg\":\"HS256\",\"kid\":\"narrow\"}", payload), "role");
	}
	refused_payload("{" OURS "," SUB "," TIMES "}", "role");
	refused_payload("{" OURS "," SUB ",\"role\":null," TIMES "}", "role");
	refused_payload("{" OURS "," SUB ",\"role\":[\"user\"]," TIMES "}", "role");
	refused_payload("{" OURS "," SUB ",\"role\":2," TIMES "}", "role");
	/* the key lists it, and yet there is no such role */
	refused(token_by(KEY_TWIN, "{\"alg\":\"HS256\",\"kid\":\"twin\"}", "{\"iss\":\"partner\",\"aud\":\"mall\","
	    SUB ",\"role\":\"superuser\"," TIMES "}"), "role");
}

static void
refuses_roles_without_their_name(void **state)
{
	(void)state;
	refused_payload("{" OURS "," SUB ",\"role\":\"merchant\"," TIMES "}", "merchant");
	refused_payload("{" OURS "," SUB ",\"role\":\"merchant\",\"merchant\":\"\"," TIMES "}", "merchant");
	refused_payload("{" OURS "," SUB ",\"role\":\"merchant\",\"merchant\":7," TIMES "}", "merchant");
	refused_payload("{" OURS "," SUB ",\"role\":\"service\"," TIMES "}", "service");
	refused_payload("{" OURS "," SUB ",\"role\":\"service\",\"service\":\"a b\"," TIMES "}", "service");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"fam\":false," TIMES "}", "fam");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"fam\":\"a b\"," TIMES "}", "fam");
}

static void
refuses_loose_payloads(void **state)
{
	(void)state;
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"role\":\"admin\"," TIMES "}", "payload");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\",\"r\\u006fle\":\"admin\"," TIMES "}", "payload");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\"," TIMES ",\"exp\":1900000000}", "payload");
	refused_payload("{" OURS "," SUB ",\"role\":\"user\"," TIMES ",\"x\":1,\"x\":2}", "payload");
	refused_payload("", "");
	refused_payload("[]", "");
	refused_payload("\"x\"", "");
	refused_payload(GOOD "x", "");
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(accepts_a_good_one),
		T(accepts_what_it_issues),
		T(issues_nothing_without_a_usable_key),
		T(accepts_the_existing_system),
		T(accepts_aud_in_an_array),
		T(ignores_other_header_members),
		T(refuses_its_length),
		T(accepts_up_to_its_length),
		T(refuses_other_than_three_parts),
		T(refuses_every_truncation),
		T(refuses_every_changed_character),
		T(refuses_other_base64),
		T(refuses_other_algorithms),
		T(refuses_bad_headers),
		T(refuses_crit),
		T(refuses_unknown_and_wrong_keys),
		T(refuses_bad_exp),
		T(tells_expired_from_wrong),
		T(refuses_the_future),
		T(refuses_other_issuers_and_audiences),
		T(refuses_bad_subjects),
		T(refuses_roles_beyond_the_key),
		T(refuses_roles_without_their_name),
		T(refuses_loose_payloads),
	};

	return cmocka_run_group_tests_name("http/token", tests, NULL, NULL);
}
