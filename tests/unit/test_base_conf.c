/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_conf.c: conf.c, by files written for the purpose and the complaints that they earn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/conf.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define POOL "[pool read]\nlisten = /run/read.sock\n"
#define KEY "[key k1]\nsecret = " HEX32 "\nissuer = i\naudience = a\n" \
	"roles = user merchant admin service\nsign = yes\n"
#define DB "[db]\nsocket = /run/mysql.sock\n"
#define TOKEN "[token]\ncursor_secret = " HEX32 "\n"
#define WECHAT "[wechat]\nappid = wx1\nsecret = s\n"
#define COMPLETE DB TOKEN WECHAT POOL KEY

static char	path[] = "/tmp/pointsmall-conf-XXXXXX";
static char	told[65536];
static size_t	ntold;

static void
note(void *arg, const char *message)
{
	size_t n = strlen(told);

	assert_ptr_equal(arg, told);
	(void)snprintf(told + n, sizeof(told) - n, "%s\n", message);
	ntold++;
}

static struct conf *
read_bytes(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	told[0] = '\0';
	ntold = 0;
	return conf_read(path, note, told);
}

static struct conf *
read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd >= 0 && close(fd) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
what_is_left_out_has_its_default(void **state)
{
	struct conf *c = read_text(COMPLETE);

	(void)state;
	assert_string_equal(told, "");
	assert_non_null(c);
	assert_string_equal(c->db_socket, "/run/mysql.sock");
	assert_string_equal(c->db_host, "");
	assert_int_equal(c->db_port, 3306);
	assert_string_equal(c->log_level, "info");
	assert_string_equal(c->memcached, "");
	assert_string_equal(c->wechat_url, "https://api.weixin.qq.com");
	assert_int_equal(c->access_ttl_s, 900);
	assert_int_equal(c->refresh_ttl_s, 2592000);
	assert_int_equal(c->npools, 1);
	assert_string_equal(c->pools[0].name, "read");
	assert_true(c->pools[0].workers > 0);
	assert_false(c->pools[0].keep_connections);
	assert_int_equal(c->nkeys, 1);
	assert_true(c->keys[0].sign);
	assert_int_equal(c->keys[0].secret_len, 32);
	assert_int_equal(c->keys[0].secret[31], 0x1f);
	assert_string_equal(c->keys[0].default_role, "");
	conf_free(c);
}

static void
everything_can_be_set(void **state)
{
	struct conf *c = read_text("# a comment\n\n"
	    "[process]\r\n user = www-data \r\nlog_level=debug\npid_file = /run/x.pid\nstop_timeout_ms = 5000\n"
	    "[db]\nhost = db.example\nca = /etc/ca.pem\nport = 3307\nuser = 积分\npassword = a = b # c \"d\"\n"
	    "[memcached]\nservers = 127.0.0.1:11211,cache.example:1\ntimeout_ms = 20\n"
	    "[copies]\nslots = 0\n[limits]\nuser_rate = 0\n[jobs]\npoll_ms = 10\n[shop]\ndefault_delivery_days = 0\n"
	    "  # another comment\n"
	    "[wechat]\nurl = http://127.0.0.1:8080/wx\nappid = wx1\nsecret = s\n"
	    TOKEN POOL "[pool write]\nlisten = 127.0.0.1:9000\nworkers = 16\nkeep_connections = yes\n"
	    "[key 2026-01.a_b]\nsecret = " HEX32 "AB\nissuer = i\naudience = a\n"
	    "roles = user admin\ndefault_role = user\n" KEY);

	(void)state;
	assert_string_equal(told, "");
	assert_non_null(c);
	assert_string_equal(c->user, "www-data");
	assert_string_equal(c->log_level, "debug");
	assert_int_equal(c->stop_timeout_ms, 5000);
	assert_string_equal(c->db_user, "积分");
	assert_string_equal(c->db_password, "a = b # c \"d\"");
	assert_string_equal(c->memcached, "127.0.0.1:11211,cache.example:1");
	assert_int_equal(c->copies_slots, 0);
	assert_int_equal(c->npools, 2);
	assert_string_equal(c->pools[1].name, "write");
	assert_int_equal(c->pools[1].workers, 16);
	assert_true(c->pools[1].keep_connections);
	assert_int_equal(c->nkeys, 2);
	assert_string_equal(c->keys[0].kid, "2026-01.a_b");
	assert_string_equal(c->keys[0].default_role, "user");
	assert_int_equal(c->keys[0].secret_len, 33);
	assert_int_equal(c->keys[0].secret[32], 0xab);
	assert_false(c->keys[0].sign);
	conf_free(c);
}

static void
the_points_are_where_the_dsn_says(void **state)
{
	struct conf *c = read_text(COMPLETE "[points]\ndsn = mysql://%E7%A7%AF:a%40b%3A%2fc:d@db.example:3307/p%25?ca=/etc/ca.pem\n"
	    "owner = o\nowner_password = w\n");

	(void)state;
	assert_string_equal(told, "");
	assert_non_null(c);
	assert_true(conf_points_apart(c));
	assert_string_equal(c->points.socket, "");
	assert_string_equal(c->points.host, "db.example");
	assert_int_equal(c->points.port, 3307);
	assert_string_equal(c->points.user, "积");
	assert_string_equal(c->points.password, "a@b:/c:d");
	assert_string_equal(c->points.name, "p%");
	assert_string_equal(c->points.ca, "/etc/ca.pem");
	assert_string_equal(c->points.owner, "o");
	assert_string_equal(c->points.owner_password, "w");
	assert_int_equal(c->points.timeout_ms, 5000);
	conf_free(c);
	c = read_text(COMPLETE "[points]\ndsn = mysql://u@[::1]/n?ca=/c\n");
	assert_string_equal(c->points.host, "::1");
	assert_int_equal(c->points.port, 3306);
	assert_string_equal(c->points.password, "");
	conf_free(c);
	c = read_text(COMPLETE "[points]\ndsn = unix://u:p@/run/a%20b.sock?name=n\n");
	assert_string_equal(c->points.socket, "/run/a b.sock");
	assert_string_equal(c->points.name, "n");
	assert_string_equal(conf_db(c).socket, "/run/mysql.sock");
	conf_free(c);
	c = read_text(COMPLETE);
	assert_false(conf_points_apart(c));
	conf_free(c);
}

/* Each is COMPLETE with something added, or a text of its own, and must earn exactly one complaint. */
static const struct {
	const char *text, *complaint;
} faults[] = {
	{ COMPLETE "nonsense\n", ":16: must be [section], key = value" },
	{ COMPLETE "colour = blue\n", ":16: unknown key colour in [key]" },
	{ COMPLETE "[colours]\nred = 1\nblue = 2\n", ":16: unknown section [colours]" },
	{ COMPLETE "[shop\ndefault_delivery_days = 1\n", ":16: a section's line must end in ]" },
	{ COMPLETE "sign = no\n", ":16: [key] sign is set already, in line 15" },
	{ COMPLETE "[db]\nport = 1\n", ":16: [db] is there already, in line 1" },
	{ COMPLETE "[shop x]\n", ":16: [shop] takes no name" },
	{ COMPLETE "[pool]\nlisten = /x\n", ":16: [pool NAME]: the name must be" },
	{ COMPLETE "[pool a b]\nlisten = /x\n", ":16: [pool NAME]: the name must be" },
	{ COMPLETE "[pool read]\nlisten = /x\n", ":16: [pool read] is there already" },
	{ COMPLETE "[pool b]\nlisten = /run/read.sock\n", ":16: [pool read] and [pool b] listen on the same" },
	{ COMPLETE "[pool b]\n", ":16: [pool] lacks listen" },
	{ COMPLETE "[pool b]\nlisten = 0.0.0.0:9000\n", ":17: [pool] listen = 0.0.0.0:9000: must be the path" },
	{ COMPLETE "[pool b]\nlisten = 127.0.0.1:0\n", ":17: [pool] listen" },
	{ COMPLETE "[pool b]\nlisten = 127.0.0.1:65536\n", ":17: [pool] listen" },
	{ COMPLETE "[pool b]\nlisten = relative.sock\n", ":17: [pool] listen" },
	{ COMPLETE "[pool b]\nlisten =\n", ":17: [pool] listen" },
	{ COMPLETE "[pool b]\nlisten = /b\nworkers = 0\n",
	    ":18: [pool] workers = 0: must be an integer from 1 to" },
	{ COMPLETE "[pool b]\nlisten = /b\nkeep_connections = true\n",
	    ":18: [pool] keep_connections = true: must be yes or no" },
	{ COMPLETE "[shop]\ndefault_delivery_days = 1x\n", ":17: [shop] default_delivery_days = 1x: must be an integer" },
	{ COMPLETE "[shop]\ndefault_delivery_days = -1\n", ":17: [shop] default_delivery_days" },
	{ COMPLETE "[shop]\ndefault_delivery_days = 99999999999999999999\n", ":17: [shop] default_delivery_days" },
	{ COMPLETE "[shop]\ndefault_delivery_days\x01 = 1\n", ":17: a control character" },
	{ COMPLETE "[process]\nlog_level = loud\n", ":17: [process] log_level = loud: must be one of: debug" },
	{ COMPLETE "[process]\nuser = \xff\n", ":17: [process] user" },
	{ COMPLETE "[memcached]\nservers = localhost\n", ":17: [memcached] servers" },
	{ COMPLETE "[memcached]\nservers = a:1,\n", ":17: [memcached] servers" },
	{ COMPLETE "[memcached]\nservers = :1\n", ":17: [memcached] servers" },
	{ COMPLETE "[key k2]\nsecret = " HEX32 "\nissuer = i\naudience = a\nroles = user root\n",
	    ":20: [key] roles = user root: must be some of" },
	{ COMPLETE "[key k2]\nsecret = " HEX32 "\nissuer = i\naudience = a\nroles = user\ndefault_role = admin\n",
	    ":16: [key k2] default_role = admin is none of its roles" },
	{ COMPLETE "[key k2]\nsecret = 0011\nissuer = i\naudience = a\nroles = user\n",
	    ":17: [key] secret: must be 32 to 128" },
	{ COMPLETE "[key k2]\nsecret = " HEX32 "0\nissuer = i\naudience = a\nroles = user\n", ":17: [key] secret" },
	{ COMPLETE "[key k2]\nsecret = " HEX32 "0g\nissuer = i\naudience = a\nroles = user\n",
	    ":17: [key] secret" },
	{ COMPLETE "[key k2]\nsecret = " HEX32 "\nissuer = i\naudience = a\nroles = user\nsign = yes\n",
	    ": exactly one [key KID] must have sign = yes; 2 have" },
	{ "user = x\n" COMPLETE, ":1: user is set before any [section]" },
	{ DB TOKEN WECHAT KEY, ": there must be at least one [pool NAME]" },
	{ DB TOKEN WECHAT POOL, ": exactly one [key KID] must have sign = yes; 0 have" },
	{ TOKEN WECHAT POOL KEY, ": [db] lacks socket, or host and ca" },
	{ "[db]\nhost = h\n" TOKEN WECHAT POOL KEY, ":1: [db] lacks ca" },
	{ "[db]\nhost = h\nsocket = /s\n" TOKEN WECHAT POOL KEY, ":1: [db] has both" },
	{ "[db]\nsocket = s\n" TOKEN WECHAT POOL KEY, ":1: [db] socket = s: must be an absolute path" },
	{ COMPLETE "[points]\ndsn = x\n", ":17: [points] dsn: must begin with mysql:// or unix://" },
	{ COMPLETE "[points]\ndsn = mysql://h/n?ca=/c\n", ":17: [points] dsn: names no user" },
	{ COMPLETE "[points]\ndsn = mysql://:p@h/n?ca=/c\n", ":17: [points] dsn: names no user" },
	{ COMPLETE "[points]\ndsn = mysql://u%zz:p@h/n?ca=/c\n", ":17: [points] dsn: has a % that" },
	{ COMPLETE "[points]\ndsn = mysql://u:p%0@h/n?ca=/c\n", ":17: [points] dsn: has a % that" },
	{ COMPLETE "[points]\ndsn = mysql://u:p%00@h/n?ca=/c\n", ":17: [points] dsn: has a % that" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@/n?ca=/c\n", ":17: [points] dsn: names no host" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@h:0/n?ca=/c\n", ":17: [points] dsn: has a port that is none" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@[::1]x/n?ca=/c\n", ":17: [points] dsn: has a port that is none" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@[::1/n?ca=/c\n", ":17: [points] dsn: has a bracket" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@h\n", ":17: [points] dsn: names no database" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@h/?ca=/c\n", ":17: [points] dsn: names no database" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@h/n\n", ":17: [points] dsn: lacks ?ca=FILE" },
	{ COMPLETE "[points]\ndsn = mysql://u:p@h/n?ca=/c&x=y\n", ":17: [points] dsn: lacks ?ca=FILE" },
	{ COMPLETE "[points]\ndsn = unix://u:p@x.sock?name=n\n", ":17: [points] dsn: names no socket" },
	{ COMPLETE "[points]\ndsn = unix://u:p@/x.sock\n", ":17: [points] dsn: lacks ?name=DATABASE" },
	{ COMPLETE "[points]\ndsn = unix://u:p p@/x.sock?name=n\n", ":17: [points] dsn: must have no blanks" },
	{ DB WECHAT POOL KEY, ": [token] cursor_secret is not set" },
	{ DB "[token]\naccess_ttl_s = 900\n" WECHAT POOL KEY, ":3: [token] lacks cursor_secret" },
	{ DB TOKEN "[wechat]\nappid = x\n" POOL KEY, ":5: [wechat] lacks secret" },
	{ DB TOKEN WECHAT "url = http://api.weixin.qq.com\n" POOL KEY, ":8: [wechat] url" },
	{ DB TOKEN WECHAT "url = http://localhost.example/\n" POOL KEY, ":8: [wechat] url" },
	{ DB TOKEN WECHAT "url = http://127.0.0.1:80@evil.example/\n" POOL KEY, ":8: [wechat] url" },
	{ DB TOKEN WECHAT "url = ftp://127.0.0.1/\n" POOL KEY, ":8: [wechat] url" },
	{ DB TOKEN WECHAT "url = https:///x\n" POOL KEY, ":8: [wechat] url" },
};

static void
every_fault_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct conf	*c = read_text(faults[i].text);
		size_t		 n = strlen(path);

		if (c != NULL)
			fail_msg("%s was accepted, but should earn \"%s\"", faults[i].text, faults[i].complaint);
		if (ntold != 1 || strncmp(told, path, n) != 0 ||
		    strncmp(told + n, faults[i].complaint, strlen(faults[i].complaint)) != 0)
			fail_msg("told:\n%sbut should be \"%s\"", told, faults[i].complaint);
	}
}

static void
all_faults_are_told_at_once(void **state)
{
	(void)state;
	assert_null(read_text("[db]\nport = x\nsocket = /s\nsocket = /s\n[pool a]\nwat = 1\n"
	    "[token]\ncursor_secret = xyz\n"));
	/* port, socket twice, wat, listen, cursor_secret, appid, secret, no key */
	assert_int_equal(ntold, 8);
}

static void
secrets_are_never_told(void **state)
{
	(void)state;
	assert_null(read_text("[db]\npassword = hush-\xff\n[token]\ncursor_secret = hush\n"
	    "[points]\ndsn = mysql://hush:hush@\n"
	    "[wechat]\nsecret = hush\nsecret = hush\n[key k]\nsecret = hush\nhush\n"));
	assert_true(ntold > 4);
	assert_null(strstr(told, "hush"));
}

static void
a_file_can_be_too_large_or_no_text(void **state)
{
	size_t	 n = 1024 * 1024, m = strlen(COMPLETE);
	char	*text = malloc(n + 1);
	struct conf *c;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', n + 1);
	memcpy(text, COMPLETE, m);
	c = read_bytes(text, n);
	assert_non_null(c);
	conf_free(c);
	assert_null(read_bytes(text, n + 1));
	assert_int_equal(ntold, 1);
	assert_non_null(strstr(told, "1 MiB"));
	text[m + 1] = '\0';
	assert_null(read_bytes(text, m + 9));
	assert_int_equal(ntold, 1);
	assert_non_null(strstr(told, "NUL"));
	free(text);
}

static void
a_missing_file_is_told(void **state)
{
	(void)state;
	told[0] = '\0';
	ntold = 0;
	assert_null(conf_read("/nonexistent/pointsmall.conf", note, told));
	assert_string_equal(told, "/nonexistent/pointsmall.conf: No such file or directory\n");
	assert_null(conf_read("/", note, told));
	assert_int_equal(ntold, 2);
	conf_free(NULL);
}

static void
there_are_only_so_many_pools_and_keys(void **state)
{
	char	text[4096] = DB TOKEN WECHAT KEY;
	size_t	n = strlen(text);

	(void)state;
	for (int i = 0; i <= CONF_POOLS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[pool p%d]\nlisten = /p%d\n", i, i);
	assert_null(read_text(text));
	assert_int_equal(ntold, 1);
	assert_non_null(strstr(told, "[pool p8]: there can be 8 at most"));
}

static void
any_text_is_survived(void **state)
{
	static const char	bits[][80] = { "[", "]", "=", "\n", "db", "pool", "key", " ", "#", "x", "listen",
	    "socket",
		"secret", HEX32, "yes", "\r", "\t", "/s", "积" };
	unsigned		seed = (unsigned)getpid();
	char			text[2000];

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		text[0] = '\0';
		for (int i = rand_r(&seed) % 60; i > 0; i--)
			strcat(text, bits[(size_t)rand_r(&seed) % (sizeof(bits) / sizeof(bits[0]))]);
		assert_null(read_text(text));
		assert_true(ntold > 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(everything_can_be_set),
		cmocka_unit_test(the_points_are_where_the_dsn_says),
		cmocka_unit_test(every_fault_is_told_with_its_line),
		cmocka_unit_test(all_faults_are_told_at_once),
		cmocka_unit_test(secrets_are_never_told),
		cmocka_unit_test(a_file_can_be_too_large_or_no_text),
		cmocka_unit_test(a_missing_file_is_told),
		cmocka_unit_test(there_are_only_so_many_pools_and_keys),
		cmocka_unit_test(any_text_is_survived),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
