/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_json_in.c: json_in.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"

#define UUID "01900000-0000-7000-8000-00000000000a"

struct item {
	const char	*product_id;
	int64_t		 quantity;
};

struct contact {
	const char	*name;
};

struct in {
	const char	 *str, *text, *id, *raw;
	int64_t		  i64, time;
	bool		  flag;
	struct contact	 *contact;
	struct item	 *items;
	size_t		  nitems;
	const char	**tags;
	size_t		  ntags;
};

static const struct json_field item_in[] = {
	JSON_ID(struct item, product_id, "productId", JSON_REQUIRED),
	JSON_I64(struct item, quantity, "quantity", JSON_REQUIRED, 1, 99),
	JSON_END
};

static const struct json_field contact_in[] = {
	JSON_STR(struct contact, name, "name", JSON_REQUIRED, 1, 10),
	JSON_END
};

#define ONE(...) (const struct json_field[]){ __VA_ARGS__, JSON_END }

static const struct json_field all_in[] = {
	JSON_STR(struct in, str, "str", JSON_REQUIRED, 1, 5),
	JSON_TEXT(struct in, text, "text", JSON_OPTIONAL, 0, 20),
	JSON_ID(struct in, id, "id", JSON_OPTIONAL),
	JSON_I64(struct in, i64, "i64", JSON_REQUIRED, -5, 100),
	JSON_BOOL(struct in, flag, "flag", JSON_OPTIONAL),
	JSON_TIME(struct in, time, "time", JSON_OPTIONAL),
	JSON_OBJ(struct in, contact, "contact", JSON_OPTIONAL, contact_in),
	JSON_LIST(struct in, items, nitems, "items", item_in, 1, 50),
	JSON_STRS(struct in, tags, ntags, "tags", JSON_OPTIONAL, 0, 3),
	JSON_RAW(struct in, raw, "raw", JSON_OPTIONAL, 64, 8),
	JSON_END
};

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static enum err
decode(struct arena *a, const struct json_field *fields, const char *text, struct fault *f, struct in *in)
{
	memset(f, 0, sizeof(*f));
	return json_decode(text, strlen(text), fields, a, f, in);
}

/* text must be refused with the one field named, and the message holding word. */
static void
refuses(struct arena *a, const struct json_field *fields, const char *text, const char *field, const char *word)
{
	struct in	in = { .i64 = 0 };
	struct fault	f;

	if (decode(a, fields, text, &f, &in) != E_INVALID)
		fail_msg("%s was taken", text);
	assert_int_equal(f.code, E_INVALID);
	if (f.nfields != 1 || strcmp(f.fields[0].field, field) != 0 || strstr(f.fields[0].en, word) == NULL)
		fail_msg("%s: %zu named, \"%s\" %s", text, f.nfields, f.fields[0].field, f.fields[0].en);
	assert_true(strlen(f.fields[0].zh) > 0);
}

static void
takes(struct arena *a, const struct json_field *fields, const char *text, struct in *in)
{
	struct fault f;

	memset(in, 0, sizeof(*in));
	if (decode(a, fields, text, &f, in) != E_OK)
		fail_msg("%s: \"%s\" %s", text, f.nfields > 0 ? f.fields[0].field : "-",
		    f.nfields > 0 ? f.fields[0].en : f.cause);
}

static void
every_kind_is_read(void **state)
{
	struct in in;

	takes(*state, all_in,
	    " {\"str\":\"积分\\u5546\",\"text\":\"a\\n\\tb\\r\",\"id\":\"" UUID "\",\"i64\":-5,\"flag\":true,"
	    "\"time\":\"2026-11-22T05:00:00Z\",\"contact\":{\"name\":\"n\"},"
	    "\"items\":[{\"productId\":\"" UUID "\",\"quantity\":1},{\"quantity\":99,\"productId\":\"" UUID "\"}],"
	    "\"tags\":[\"x\",\"\"],\"raw\":{\"a\":[1,2.50,null],\"b\":\"/\"}} ", &in);
	assert_string_equal(in.str, "积分商");
	assert_string_equal(in.text, "a\n\tb\r");
	assert_string_equal(in.id, UUID);
	assert_int_equal(in.i64, -5);
	assert_true(in.flag);
	assert_int_equal(in.time, 1795323600 * US_PER_S);
	assert_string_equal(in.contact->name, "n");
	assert_int_equal(in.nitems, 2);
	assert_string_equal(in.items[1].product_id, UUID);
	assert_int_equal(in.items[1].quantity, 99);
	assert_int_equal(in.ntags, 2);
	assert_string_equal(in.tags[0], "x");
	assert_string_equal(in.tags[1], "");
	assert_string_equal(in.raw, "{\"a\":[1,2.50,null],\"b\":\"/\"}");
}

static const struct json_field shop_in[] = {
	JSON_YUAN(struct in, text, "price", JSON_NULLABLE, 99999999),
	JSON_URLS(struct in, raw, "images", JSON_NULLABLE, 2),
	JSON_URL(struct in, str, "icon", JSON_NULLABLE, 20),
	JSON_END
};

static void
amounts_are_kept_as_they_came(void **state)
{
	static const char *const good[] = { "0", "0.5", "12", "12.50", "99999999.99", "0.00" };
	static const char *const bad[] = { "-1", "-0.5", "1.234", "1e2", "1.5e1", "100000000", "99999999999999999999", "true",
	    "\"1\"", "[]" };
	struct in in;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		takes(*state, shop_in, arena_printf(*state, "{\"price\":%s}", good[i]), &in);
		assert_string_equal(in.text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(*state, shop_in, arena_printf(*state, "{\"price\":%s}", bad[i]), "price", "from 0 to 99999999");
	takes(*state, shop_in, "{\"price\":null}", &in);
	assert_null(in.text);
}

static void
addresses_are_of_this_site_or_secure(void **state)
{
	static const char *const bad[] = { "[\"http://a/b\"]", "[\"javascript:x\"]", "[\"//a/b\"]", "[\"\"]", "[\"https://\"]",
	    "[\"https:///x\"]", "[\"/a b\"]", "[\"/a\\u0001\"]", "[\"/a\\\"\"]", "[\"files/x\"]", "[1]", "{}", "\"/a\"",
	    "[\"/a\",\"/b\",\"/c\"]", "[null]" };
	static const char *const odd[] = { "\"icon\"", "\"\"", "[\"/a\"]", "7", "\"/files/021-characters\"" };
	struct in in;

	takes(*state, shop_in, "{\"images\":[\"/files/a.png\", \"https://cdn.example/商\"]}", &in);
	assert_string_equal(in.raw, "[\"/files/a.png\",\"https://cdn.example/商\"]");
	takes(*state, shop_in, "{\"images\":[]}", &in);
	assert_string_equal(in.raw, "[]");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(*state, shop_in, arena_printf(*state, "{\"images\":%s}", bad[i]), "images", "at most 2 addresses");
	takes(*state, shop_in, "{\"icon\":\"/files/20-characters\"}", &in);
	assert_string_equal(in.str, "/files/20-characters");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		refuses(*state, shop_in, arena_printf(*state, "{\"icon\":%s}", odd[i]), "icon", "at most 20 characters");
}

#define MINIMAL "\"str\":\"s\",\"i64\":1,\"items\":[{\"productId\":\"" UUID "\",\"quantity\":1}]"

static void
what_is_absent_stays(void **state)
{
	static const char	text[] = "{" MINIMAL "}";
	struct in		in = { .text = "before", .time = 7, .flag = true };
	struct fault		f;

	assert_int_equal(decode(*state, all_in, text, &f, &in), E_OK);
	assert_string_equal(in.text, "before");
	assert_int_equal(in.time, 7);
	assert_true(in.flag);
	assert_null(in.contact);
}

static void
all_bad_members_are_named_at_once(void **state)
{
	static const char *const expected[] = { "str", "id", "i64", "contact.name", "contact.nick",
	    "items[0].quantity",
		"items[1]", "items[2].productId", "items[2].quantity", "items[2].x", "wat" };
	struct in	in = { .i64 = 0 };
	struct fault	f;

	assert_int_equal(decode(*state, all_in,
	    "{\"wat\":1,\"str\":\"\",\"id\":\"x\",\"contact\":{\"nick\":1},\"items\":["
	    "{\"productId\":\"" UUID "\",\"quantity\":0},7,{\"x\":1}]}", &f, &in), E_INVALID);
	assert_int_equal(f.nfields, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < f.nfields; i++)
		assert_string_equal(f.fields[i].field, expected[i]);
	assert_string_equal(f.fields[0].en, "must be text of 1 to 5 characters without control characters");
	assert_string_equal(f.fields[0].zh, "必须是 1 到 5 个字符的文本，不含控制字符");
	assert_string_equal(f.fields[2].en, "is required");
	assert_string_equal(f.fields[5].en, "must be an integer from 1 to 99");
	assert_string_equal(f.fields[10].zh, "未知字段");
}

static void
so_many_bad_members_are_too_many(void **state)
{
	struct in	in = { .i64 = 0 };
	struct fault	f;
	struct buf	b;

	buf_init(&b, *state, 0);
	buf_adds(&b, "{" MINIMAL);
	for (int i = 0; i < 200; i++)
		buf_printf(&b, ",\"x%d\":1", i);
	buf_adds(&b, "}");
	assert_int_equal(decode(*state, all_in, b.p, &f, &in), E_INVALID);
	assert_int_equal(f.nfields, FAULT_FIELDS_MAX);
}

static void
text_that_is_no_object_has_no_field(void **state)
{
	static const char *const texts[] = { "", "[]", "1", "null", "\"{}\"", "{", "{} {}", "{\"a\":1,\"a\":1}",
	    "nope" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refuses(*state, ONE(JSON_END), texts[i], "", "JSON");
}

static void
integers_are_never_coerced(void **state)
{
	const struct json_field	*any = ONE(JSON_I64(struct in, i64, "n", JSON_REQUIRED, INT64_MIN, INT64_MAX));
	static const char *const bad[] = { "\"12\"", "1.0", "1e2", "1E2", "1.5", "true", "false", "null", "[]",
	    "[1]", "{}", "\"\"",
		"\"12abc\"", "9223372036854775808", "18446744073709551615", "18446744073709551616",
		"1000000000000000000000000",
		"-9223372036854775808", "-9223372036854775809", "-1000000000000000000000000", "1e400", "0.0",
		"-0.0" };
	static const struct {
		const char	*text;
		int64_t		 value;
	} good[] = { { "0", 0 }, { "-0", 0 }, { "12", 12 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775807", -INT64_MAX } };
	struct in		 in;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(*state, any, arena_printf(*state, "{\"n\":%s}", bad[i]), "n",
		    "must be an integer from -9223372036854775808");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		takes(*state, any, arena_printf(*state, "{\"n\":%s}", good[i].text), &in);
		assert_int_equal(in.i64, good[i].value);
	}
}

static void
other_types_are_never_coerced(void **state)
{
	const struct json_field *str = ONE(JSON_STR(struct in, str, "v", JSON_REQUIRED, 0, 99));
	const struct json_field *flag = ONE(JSON_BOOL(struct in, flag, "v", JSON_REQUIRED));
	const struct json_field *obj = ONE(JSON_OBJ(struct in, contact, "v", JSON_REQUIRED, contact_in));
	const struct json_field *list = ONE(JSON_LIST(struct in, items, nitems, "v", item_in, 0, 2));
	const struct json_field *strs = ONE(JSON_STRS(struct in, tags, ntags, "v", JSON_REQUIRED, 1, 2));
	const struct json_field *raw = ONE(JSON_RAW(struct in, raw, "v", JSON_REQUIRED, 20, 8));
	const struct {
		const struct json_field	*fields;
		const char		*word, *values[9];
	} bad[] = {
		{ str, "must be text", { "1", "true", "null", "[]", "{}" } },
		{ flag, "true or false", { "1", "0", "\"true\"", "null", "[]" } },
		{ obj, "must be an object", { "1", "\"{}\"", "null", "[]" } },
		{ list, "must be an array of 0 to 2 objects", { "1", "{}", "null", "\"[]\"", "[{},{},{}]" } },
		{ strs, "must be an array of 1 to 2 texts", { "\"x\"", "{}", "null", "[]", "[1]", "[null]",
		    "[\"a\",\"a\",\"a\"]", "[\"\\n\"]" } },
		{ raw, "must be an object of at most 20 bytes", { "\"x\"", "1", "null", "[]",
		    "{\"a\":\"0123456789012345\"}" } },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (const char *const *v = bad[i].values; *v != NULL; v++)
			refuses(*state, bad[i].fields, arena_printf(*state, "{\"v\":%s}", *v), "v", bad[i].word);
}

static void
text_is_counted_in_code_points(void **state)
{
	const struct json_field *str = ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED, 2, 3));
	struct in		 in;

	takes(*state, str, "{\"s\":\"积分\"}", &in);
	takes(*state, str, "{\"s\":\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}", &in);
	assert_string_equal(in.str, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
	refuses(*state, str, "{\"s\":\"积\"}", "s", "2 to 3");
	refuses(*state, str, "{\"s\":\"积分商城\"}", "s", "2 to 3");
}

static void
control_characters_are_refused(void **state)
{
	const struct json_field *str = ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED, 0, 99));
	const struct json_field *text = ONE(JSON_TEXT(struct in, text, "s", JSON_REQUIRED, 0, 99));
	static const char *const always[] = { "\\u0000", "a\\u0000b", "\\u0001", "\\b", "\\f", "\\u001b", "\x7f",
	    "\\u007f",
		"\\u0080", "\\u009f" };
	static const char *const only_in_text[] = { "\\n", "\\r", "\\t" };
	struct in		 in;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		refuses(*state, str, arena_printf(*state, "{\"s\":\"%s\"}", always[i]), "s", "control");
		refuses(*state, text, arena_printf(*state, "{\"s\":\"%s\"}", always[i]), "s", "line breaks");
	}
	for (size_t i = 0; i < 3; i++) {
		refuses(*state, str, arena_printf(*state, "{\"s\":\"%s\"}", only_in_text[i]), "s", "control");
		takes(*state, text, arena_printf(*state, "{\"s\":\"%s\"}", only_in_text[i]), &in);
	}
	takes(*state, str, "{\"s\":\"\\u00a0\xc2\xa0\"}", &in);
}

static void
a_nul_never_hides(void **state)
{
	const struct json_field	*id = ONE(JSON_ID(struct in, id, "id", JSON_REQUIRED));
	const struct json_field	*raw = ONE(JSON_RAW(struct in, raw, "r", JSON_REQUIRED, 999, 4));
	const struct json_field *lenient = ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED | JSON_LENIENT, 0, 9));

	refuses(*state, id, "{\"id\":\"" UUID "\\u0000\"}", "id", "UUID");
	refuses(*state, id, "{\"id\\u0000x\":\"" UUID "\"}", "", "U+0000");
	refuses(*state, lenient, "{\"s\":\"a\",\"s\\u0000\" \n:\"b\"}", "", "U+0000");
	refuses(*state, lenient, "{\"s\":\"a\",\"x\":[{\"\\\\\\u0000\":1}]}", "", "U+0000");
	refuses(*state, raw, "{\"r\":{\"a\":\"\\u0000\"}}", "r", "U+0000");
	refuses(*state, raw, "{\"r\":{\"a\":[{\"b\":[\"x\\u0000y\"]}]}}", "r", "U+0000");
}

static void
an_escaped_backslash_is_no_nul(void **state)
{
	const struct json_field *lenient = ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED | JSON_LENIENT, 0, 9));
	struct in		 in;

	takes(*state, lenient, "{\"s\":\"a\",\"\\\\u0000\":1,\"v\":\"\\u0000\"}", &in);
	takes(*state, lenient, "{\"s\":\"\\\\u0000\"}", &in);
	assert_string_equal(in.str, "\\u0000");
}

static void
raw_keeps_what_was_meant(void **state)
{
	const struct json_field	*raw = ONE(JSON_RAW(struct in, raw, "r", JSON_REQUIRED, 999, 4));
	struct in		 in;

	takes(*state, raw, "{\"r\":{}}", &in);
	assert_string_equal(in.raw, "{}");
	takes(*state, raw, "{\"r\": { \"a\\u79ef\" : [ 1.10, 1e400, -7, true, \"\\n\\\"\\u0001\" ] } }", &in);
	assert_string_equal(in.raw, "{\"a积\":[1.10,1e400,-7,true,\"\\n\\\"\\u0001\"]}");
	refuses(*state, raw, "{\"r\":{\"a\":18446744073709551616}}", "r", "64 bits");
	refuses(*state, raw, "{\"r\":{\"a\":[9223372036854775808]}}", "r", "64 bits");
	refuses(*state, raw, "{\"r\":{\"a\":{\"b\":-9223372036854775809}}}", "r", "64 bits");
}

static void
raw_is_no_deeper_than_its_levels(void **state)
{
	const struct json_field	*raw = ONE(JSON_RAW(struct in, raw, "r", JSON_REQUIRED, 999, 4));
	struct in		 in;

	takes(*state, raw, "{\"r\":{\"a\":[{\"b\":[1]}],\"c\":[[{}]]}}", &in);
	refuses(*state, raw, "{\"r\":{\"a\":[{\"b\":[[]]}]}}", "r", "4 levels");
	refuses(*state, raw, "{\"r\":{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}}", "r", "4 levels");
}

static void
words_are_not_white_space_alone(void **state)
{
	static const char *const white[] = { " ", "   ", "\u3000", " \u00a0\u2003\ufeff " };
	const struct json_field	*words = ONE(JSON_WORDS(struct in, str, "s", JSON_REQUIRED, 1, 9));
	struct in		 in;

	for (size_t i = 0; i < sizeof(white) / sizeof(white[0]); i++)
		refuses(*state, words, arena_printf(*state, "{\"s\":\"%s\"}", white[i]), "s", "white space");
	refuses(*state, words, "{\"s\":\"\"}", "s", "1 to 9");
	refuses(*state, words, "{\"s\":\"a\\nb\"}", "s", "control");
	takes(*state, words, "{\"s\":\" 王\\u3000五 \"}", &in);
	assert_string_equal(in.str, " 王　五 ");
}

static void
ids_are_lower_case_uuids(void **state)
{
	const struct json_field	*id = ONE(JSON_ID(struct in, id, "id", JSON_REQUIRED));
	static const char *const bad[] = { "", "x", "01900000-0000-7000-8000-00000000000A", (UUID "0"),
	    (" " UUID) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(*state, id, arena_printf(*state, "{\"id\":\"%s\"}", bad[i]), "id", "UUID in lower case");
}

static void
times_are_rfc_3339(void **state)
{
	const struct json_field *time = ONE(JSON_TIME(struct in, time, "t", JSON_REQUIRED));
	static const struct {
		const char	*text;
		int64_t		 us;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 }, { "2026-11-22T05:00:00Z", 1795323600000000 },
		{ "2026-11-22T13:00:00+08:00", 1795323600000000 },
		{ "2026-11-22t00:00:00.000001-05:00", 1795323600000001 },
		{ "2026-11-22T05:00:00.5z", 1795323600500000 },
		{ "2026-11-22T05:00:00.1234567899Z", 1795323600123456 },
		{ "2024-02-29T00:00:00Z", 1709164800000000 },
	};
	static const char *const bad[] = { "", "2026-11-22", "2026-11-22T05:00:00", "2026-11-22 05:00:00Z",
	    "2026-11-22T05:00Z",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2026-11-22T24:00:00Z", "2026-11-22T05:60:00Z", "2026-11-22T05:00:60Z", "2026-11-22T05:00:00.Z",
		"2026-11-22T05:00:00+8:00", "2026-11-22T05:00:00+0800", "2026-11-22T05:00:00+24:00",
		"2026-11-22T05:00:00ZZ",
		"+026-11-22T05:00:00Z", "0000-11-22T05:00:00Z", "20261-1-22T05:00:00Z", "2026-1-022T05:00:00Z",
		"1795323600" };
	struct in in;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		takes(*state, time, arena_printf(*state, "{\"t\":\"%s\"}", good[i].text), &in);
		assert_int_equal(in.time, good[i].us);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(*state, time, arena_printf(*state, "{\"t\":\"%s\"}", bad[i]), "t", "RFC 3339");
	refuses(*state, time, "{\"t\":1795323600}", "t", "RFC 3339");
}

static const struct json_field nullable_in[] = {
	JSON_STR(struct in, str, "str", JSON_NULLABLE, 1, 5),
	JSON_I64(struct in, i64, "i64", JSON_NULLABLE, 1, 5),
	JSON_BOOL(struct in, flag, "flag", JSON_NULLABLE),
	JSON_TIME(struct in, time, "time", JSON_NULLABLE),
	JSON_OBJ(struct in, contact, "contact", JSON_NULLABLE, contact_in),
	JSON_STRS(struct in, tags, ntags, "tags", JSON_NULLABLE, 1, 2),
	JSON_RAW(struct in, raw, "raw", JSON_NULLABLE | JSON_REQUIRED, 99, 8),
	JSON_END
};

static void
null_is_taken_where_it_is_allowed(void **state)
{
	struct in	in = { .str = "x", .flag = true, .ntags = 7 };
	struct fault	f;

	assert_int_equal(decode(*state, nullable_in,
	    "{\"str\":null,\"i64\":null,\"flag\":null,\"time\":null,\"contact\":null,"
	    "\"tags\":null,\"raw\":null}", &f, &in), E_OK);
	assert_null(in.str);
	assert_int_equal(in.i64, I64_NONE);
	assert_false(in.flag);
	assert_int_equal(in.time, I64_NONE);
	assert_null(in.contact);
	assert_int_equal(in.ntags, 0);
	assert_null(in.raw);
	refuses(*state, nullable_in, "{\"str\":\"\",\"raw\":{}}", "str", ", or null");
	refuses(*state, nullable_in, "{}", "raw", "is required");
	refuses(*state, all_in, "{" MINIMAL ",\"text\":null}", "text", "must be text");
}

static void
others_may_say_more(void **state)
{
	const struct json_field *lenient = ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED | JSON_LENIENT, 0, 9));
	struct in		 in;

	takes(*state, lenient, "{\"s\":\"a\",\"more\":[{}],\"S\":1}", &in);
	refuses(*state, ONE(JSON_STR(struct in, str, "s", JSON_REQUIRED, 0, 9)), "{\"s\":\"a\",\"S\":1}", "S",
	    "known");
}

static void
a_long_name_is_shortened(void **state)
{
	char			 name[300 * 3 + 1] = "", expected[100] = "";
	const struct json_field	*none = ONE(JSON_STR(struct in, str, "s", JSON_OPTIONAL, 0, 9));

	for (int i = 0; i < 300; i++)
		strcat(name, "积");
	for (int i = 0; i < 21; i++)
		strcat(expected, "积");
	strcat(expected, "…");
	refuses(*state, none, arena_printf(*state, "{\"%s\":1}", name), expected, "known");
}

static void
what_may_be_checked_may_be_parsed(void **state)
{
	static const char *const insides[] = { "1", "{}", "[]", "\"x\"", "null", "" };
	const struct json_field	*lenient = ONE(JSON_STR(struct in, str, "s", JSON_LENIENT, 0, 9));
	struct in		 in;

	/* The object itself is the first of JSON_DEPTH_MAX levels. */
	for (size_t i = 0; i < 6; i++) {
		struct buf	b;
		int		depth = JSON_DEPTH_MAX - 1 - (i == 1 || i == 2);

		buf_init(&b, *state, 0);
		buf_adds(&b, "{\"x\":");
		for (int d = 0; d < depth; d++)
			buf_addc(&b, '[');
		buf_adds(&b, insides[i]);
		for (int d = 0; d < depth; d++)
			buf_addc(&b, ']');
		buf_addc(&b, '}');
		takes(*state, lenient, b.p, &in);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(amounts_are_kept_as_they_came, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_are_of_this_site_or_secure, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_absent_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(all_bad_members_are_named_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(so_many_bad_members_are_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(text_that_is_no_object_has_no_field, setup, teardown),
		cmocka_unit_test_setup_teardown(integers_are_never_coerced, setup, teardown),
		cmocka_unit_test_setup_teardown(other_types_are_never_coerced, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_counted_in_code_points, setup, teardown),
		cmocka_unit_test_setup_teardown(control_characters_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_nul_never_hides, setup, teardown),
		cmocka_unit_test_setup_teardown(an_escaped_backslash_is_no_nul, setup, teardown),
		cmocka_unit_test_setup_teardown(raw_keeps_what_was_meant, setup, teardown),
		cmocka_unit_test_setup_teardown(raw_is_no_deeper_than_its_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(words_are_not_white_space_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_are_lower_case_uuids, setup, teardown),
		cmocka_unit_test_setup_teardown(times_are_rfc_3339, setup, teardown),
		cmocka_unit_test_setup_teardown(null_is_taken_where_it_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(others_may_say_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_name_is_shortened, setup, teardown),
		cmocka_unit_test_setup_teardown(what_may_be_checked_may_be_parsed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
