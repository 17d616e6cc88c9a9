/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c: the one table of settings, and the reader of the file that sets them. In the process that
 * was started, before anything else; its children inherit the result.
 *
 * The file: "[section]" or "[section NAME]", "key = value", and lines that begin with '#'. Everything after the
 * first '=' is the value, without the blanks around it: there are no quotes, escapes or comments behind it.
 */
#include "base/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/conf_value.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/num.h"

#define FILE_MAX (1024u * 1024)
#define NAME_LEN_MAX 64u
#define SECRET_BYTES_MIN 32
#define MESSAGE_MAX 512
#define DAY_S 86400

/* ---- the table ---- */

enum conf_type {
	T_TEXT,		/* min to max bytes */
	T_INT,		/* min to max */
	T_BOOL,		/* yes or no */
	T_HEX,		/* min to max bytes in hex; kept as written */
	T_CHOICE,	/* one word of choices, or what the default is */
	T_CHOICES,	/* one or more words of choices */
};

#define REQUIRED 1u
#define SECRET 2u	/* its value appears in no message */

struct setting {
	const char	*section;
	const char	*key;
	enum conf_type	 type;
	unsigned	 flags;
	int64_t		 min;
	int64_t		 max;
	const char	*def;
	const char	*choices;
	conf_judge	*judge;
	size_t		 off;		/* in struct conf, or in the pool or key of a named section */
	const char	*meaning;
};

/* A section that may appear several times has a name each and an array in struct conf. */
struct section {
	const char	*name;
	size_t		 array_off;
	size_t		 count_off;
	size_t		 stride;	/* 0: appears once */
	size_t		 max;
	size_t		 name_off;
};

static const struct section sections[] = {
	{ .name = "copies" },
	{ .name = "db" },
	{ .name = "jobs" },
	{ "key", offsetof(struct conf, keys), offsetof(struct conf, nkeys), sizeof(struct conf_key), CONF_KEYS_MAX,
	    offsetof(struct conf_key, kid) },
	{ .name = "limits" },
	{ .name = "memcached" },
	{ "pool", offsetof(struct conf, pools), offsetof(struct conf, npools), sizeof(struct conf_pool),
	    CONF_POOLS_MAX, offsetof(struct conf_pool, name) },
	{ .name = "points" },
	{ .name = "process" },
	{ .name = "shop" },
	{ .name = "token" },
	{ .name = "wechat" },
};
#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

#define AT(m) offsetof(struct conf, m)
#define AT_KEY(m) offsetof(struct conf_key, m)
#define AT_POOL(m) offsetof(struct conf_pool, m)
#define TEXT(sec, key, flags, min, max, def, off, meaning) \
	{ sec, key, T_TEXT, flags, min, max, def, NULL, NULL, off, meaning }
#define JUDGED(sec, key, flags, max, def, judge, off, meaning) \
	{ sec, key, T_TEXT, flags, 0, max, def, NULL, judge, off, meaning }
#define INT(sec, key, min, max, def, off, meaning) { sec, key, T_INT, 0, min, max, def, NULL, NULL, off, meaning }
#define BOOL(sec, key, def, off, meaning) { sec, key, T_BOOL, 0, 0, 0, def, NULL, NULL, off, meaning }
#define HEX(sec, key, off, meaning) \
	{ sec, key, T_HEX, REQUIRED | SECRET, SECRET_BYTES_MIN, CONF_KEY_BYTES_MAX, NULL, NULL, NULL, off, meaning }
#define CHOICE(sec, key, def, choices, off, meaning) \
	{ sec, key, T_CHOICE, 0, 0, 0, def, choices, NULL, off, meaning }
#define CHOICES(sec, key, choices, off, meaning) \
	{ sec, key, T_CHOICES, REQUIRED, 0, 0, NULL, choices, NULL, off, meaning }

#define ROLES "user merchant admin service"

static const struct setting settings[] = {
	INT("copies", "bytes", 0, 16777216, "262144", AT(copies_bytes),
	    "the largest answer of which a worker keeps a copy"),
	INT("copies", "slots", 0, 65536, "256", AT(copies_slots),
	    "how many copies of public answers a worker keeps; 0: none"),

	TEXT("db", "ca", 0, 0, 1024, "", AT(db_ca),
	    "file of the CA that the server's certificate is held against; for TCP"),
	INT("db", "connect_timeout_ms", 100, 60000, "2000", AT(db_connect_timeout_ms),
	    "how long connecting may take"),
	TEXT("db", "host", 0, 0, 255, "", AT(db_host), "the server's host, reached over TCP with TLS"),
	TEXT("db", "name", 0, 1, 64, "pointsmall", AT(db_name), "the database"),
	TEXT("db", "owner", 0, 0, 80, "", AT(db_owner), "the user who migrates; empty: db.user"),
	TEXT("db", "owner_password", SECRET, 0, 256, "", AT(db_owner_password), "the password of db.owner"),
	TEXT("db", "password", SECRET, 0, 256, "", AT(db_password), "the password of db.user"),
	INT("db", "port", 1, PORT_MAX, "3306", AT(db_port), "the server's port"),
	TEXT("db", "socket", 0, 0, sizeof(((struct sockaddr_un *)0)->sun_path) - 1, "", AT(db_socket),
	    "the server's UNIX socket, in place of db.host"),
	INT("db", "timeout_ms", 100, 600000, "5000", AT(db_timeout_ms),
	    "how long an answer of the server may take"),
	TEXT("db", "user", 0, 1, 80, "pointsmall", AT(db_user), "the user that workers and jobs connect as"),

	INT("jobs", "event_attempts", 1, 1000, "10", AT(event_attempts),
	    "how often an event is tried before it is left to the operators"),
	INT("jobs", "poll_ms", 10, 60000, "500", AT(jobs_poll_ms), "how long the jobs rest when nothing is due"),
	INT("jobs", "saga_attempts", 1, 1000, "12", AT(saga_attempts),
	    "how often a saga is tried in one direction before it turns back, or is left to the operators"),
	INT("jobs", "saga_retry_ms", 10, 3600000, "1000", AT(saga_retry_ms),
	    "the pause after a saga's first attempt that failed; each one doubles it"),

	TEXT("key", "audience", REQUIRED, 1, 255, NULL, AT_KEY(audience), "the aud that its tokens carry"),
	CHOICE("key", "default_role", "", ROLES, AT_KEY(default_role),
	    "the role of tokens that carry none; empty: they are refused"),
	TEXT("key", "issuer", REQUIRED, 1, 255, NULL, AT_KEY(issuer), "the iss that its tokens carry"),
	CHOICES("key", "roles", ROLES, AT_KEY(roles), "the roles that its tokens may grant"),
	HEX("key", "secret", AT_KEY(secret_hex), "the HMAC key"),
	BOOL("key", "sign", "no", AT_KEY(sign), "whether our own tokens are signed with it; exactly one key is"),

	INT("limits", "user_burst", 1, 100000, "40", AT(user_burst), "requests that a user may make at once"),
	INT("limits", "user_rate", 0, 10000, "20", AT(user_rate), "requests per second and user; 0: no limit"),

	JUDGED("memcached", "servers", 0, 1024, "", conf_judge_memcached, AT(memcached),
	    "host:port[,host:port...] or the path of a UNIX socket; empty: no memcached"),
	INT("memcached", "timeout_ms", 1, 1000, "50", AT(memcached_timeout_ms), "how long memcached is waited for"),

	INT("points", "connect_timeout_ms", 100, 60000, "2000", AT(points_connect_timeout_ms),
	    "how long connecting to the points' server may take"),
	JUDGED("points", "dsn", SECRET, 2048, "", conf_judge_dsn, AT(points_dsn),
	    "the database of the points; empty: the mall's own"),
	TEXT("points", "owner", 0, 0, 80, "", AT(points_owner),
	    "the user who migrates the points' database; empty: the user of points.dsn"),
	TEXT("points", "owner_password", SECRET, 0, 256, "", AT(points_owner_password), "the password of points.owner"),
	INT("points", "timeout_ms", 100, 600000, "5000", AT(points_timeout_ms),
	    "how long an answer of the points' server may take"),

	INT("pool", "deadline_ms", 100, 600000, "10000", AT_POOL(deadline_ms),
	    "a request over it is killed with its worker"),
	BOOL("pool", "keep_connections", "no", AT_POOL(keep_connections),
	    "keep nginx's FastCGI connections open between requests"),
	JUDGED("pool", "listen", REQUIRED, 1024, NULL, conf_judge_listen, AT_POOL(listen),
	    "the path of a UNIX socket, or 127.0.0.1:port"),
	INT("pool", "max_requests", 1, 1000000000, "10000", AT_POOL(max_requests),
	    "a worker ends after that many requests, and another takes its place"),
	INT("pool", "workers", 1, 1024, "4", AT_POOL(workers), "how many workers share the socket"),

	CHOICE("process", "log_level", "info", "debug info warn error", AT(log_level),
	    "lines below it are not logged"),
	TEXT("process", "pid_file", 0, 0, 1024, "", AT(pid_file),
	    "where the master writes its process id; empty: nowhere"),
	INT("process", "stop_timeout_ms", 100, 600000, "30000", AT(stop_timeout_ms),
	    "how long workers may finish what they do before they are killed"),
	TEXT("process", "user", 0, 0, 32, "", AT(user),
	    "the user to become after the sockets are open; required when started as root"),

	INT("shop", "complete_after_days", 1, 365, "15", AT(complete_after_days),
	    "days after which a shipped or delivered order completes by itself"),
	INT("shop", "default_delivery_days", 0, 365, "3", AT(default_delivery_days),
	    "days until delivery, for products of no merchant"),
	JUDGED("shop", "points_expiry", 0, 20, "none", conf_judge_expiry, AT(points_expiry),
	    "when points earned expire: none, N months, or a day"),
	INT("shop", "refund_grace_days", 1, 365, "30", AT(refund_grace_days),
	    "days for which points come back that have expired while an order had them"),
	JUDGED("shop", "time_zone", 0, 64, "Asia/Shanghai", conf_judge_zone, AT(time_zone),
	    "the time zone whose days are the shop's"),
	INT("shop", "settle_wait_ms", 100, 60000, "2000", AT(settle_wait_ms),
	    "how long a caller waits for points that live in another database"),
	INT("shop", "hold_minutes", 1, 1440, "15", AT(hold_minutes),
	    "how long an order that only holds points and stock may wait to be confirmed"),
	INT("shop", "return_days", 0, 365, "7", AT(return_days),
	    "days after delivery within which a completed order may be returned"),
	INT("shop", "review_over_points", 0, 2147483647, "0", AT(review_over_points),
	    "orders that cost more wait for an operator; 0: none do"),

	INT("token", "access_ttl_s", 60, DAY_S, "900", AT(access_ttl_s), "how long an access token is good"),
	INT("token", "clock_leeway_s", 0, 300, "30", AT(clock_leeway_s),
	    "how far other issuers' clocks may be off"),
	HEX("token", "cursor_secret", AT(cursor_secret_hex), "the HMAC key of the cursors of lists"),
	INT("token", "refresh_ttl_s", 3600, 400 * DAY_S, "2592000", AT(refresh_ttl_s),
	    "how long a refresh token is good"),

	TEXT("wechat", "appid", REQUIRED, 1, 64, NULL, AT(wechat_appid), "the mini-program's AppID"),
	TEXT("wechat", "secret", REQUIRED | SECRET, 1, 128, NULL, AT(wechat_secret),
	    "the mini-program's AppSecret"),
	INT("wechat", "timeout_ms", 100, 30000, "3000", AT(wechat_timeout_ms), "how long WeChat is waited for"),
	JUDGED("wechat", "url", 0, 255, "https://api.weixin.qq.com", conf_judge_url, AT(wechat_url),
	    "the base of WeChat's API; http only to loopback"),
};
#define NSETTINGS (sizeof(settings) / sizeof(settings[0]))

/* ---- the reader ---- */

struct reader {
	const char		*path;
	conf_complain		*complain;
	void			*arg;
	struct conf		*conf;
	size_t			 faults;
	int			 line;
	const struct section	*section;	/* NULL: before the first, or an unknown one */
	bool			 in_section;	/* a header was seen, though it may have been wrong */
	int			 section_line;
	char			*base;		/* what the offsets of the section's settings count from */
	int			 seen[NSETTINGS];	/* where each was set in this section */
	int			 first[NSECTIONS];	/* where each unnamed section began */
	int			 pool_line[CONF_POOLS_MAX];
	int			 key_line[CONF_KEYS_MAX];
};

static void complain(struct reader *r, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* line 0: of the file as a whole. */
static void
complain(struct reader *r, int line, const char *fmt, ...)
{
	char	text[MESSAGE_MAX];
	va_list	ap;
	int	n;

	if (line > 0)
		n = snprintf(text, sizeof(text), "%s:%d: ", r->path, line);
	else
		n = snprintf(text, sizeof(text), "%s: ", r->path);
	if (n > 0 && (size_t)n < sizeof(text)) {
		va_start(ap, fmt);
		(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	r->faults++;
	r->complain(r->arg, text);
}

static bool
has_word(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static bool
all_words(const char *list, const char *words)
{
	size_t n;

	for (const char *p = words; *p != '\0'; p += n + strspn(p + n, " ")) {
		n = strcspn(p, " ");
		if (!has_word(list, p, n))
			return false;
	}
	return *words != '\0';
}

/* What a value of s must look like. */
static const char *
wanted(struct reader *r, const struct setting *s)
{
	struct arena	*a = r->conf->arena;
	long long	 min = s->min, max = s->max;

	switch (s->type) {
	case T_TEXT:
		return arena_printf(a, "%lld to %lld bytes of UTF-8 text", min, max);
	case T_INT:
		return arena_printf(a, "an integer from %lld to %lld", min, max);
	case T_BOOL:
		return "yes or no";
	case T_HEX:
		return arena_printf(a, "%lld to %lld bytes in hex", min, max);
	case T_CHOICE:
		return arena_printf(a, "one of: %s", s->choices);
	case T_CHOICES:
		return arena_printf(a, "some of: %s", s->choices);
	}
	return "";
}

static bool
hex_ok(const struct setting *s, const char *value)
{
	uint8_t	bytes[CONF_KEY_BYTES_MAX];
	size_t	n = strlen(value) / 2;

	return (int64_t)n >= s->min && (int64_t)n <= s->max && hex_decode(value, bytes, n);
}

static bool
text_ok(const struct setting *s, const char *value)
{
	size_t n = strlen(value), points;

	return (int64_t)n >= s->min && (int64_t)n <= s->max && utf8_valid(value, n, &points);
}

static bool
store_text(bool ok, const char *value, void *to)
{
	if (ok)
		*(const char **)to = value;
	return ok;
}

static bool
store_bool(const char *value, void *to)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return false;
	*(bool *)to = yes;
	return true;
}

/* Puts value in its place; false: it is none for s. */
static bool
store(const struct setting *s, const char *value, char *base)
{
	void *to = base + s->off;

	switch (s->type) {
	case T_TEXT:
		return store_text(text_ok(s, value), value, to);
	case T_INT:
		return num_parse(value, s->min, s->max, to);
	case T_BOOL:
		return store_bool(value, to);
	case T_HEX:
		return store_text(hex_ok(s, value), value, to);
	case T_CHOICE:
		return store_text(strcmp(value, s->def) == 0 || has_word(s->choices, value, strlen(value)), value,
		    to);
	case T_CHOICES:
		return store_text(all_words(s->choices, value), value, to);
	}
	return false;
}

static void
set(struct reader *r, const struct setting *s, const char *value)
{
	const char *wrong;

	if (!store(s, value, r->base)) {
		if (s->flags & SECRET)
			complain(r, r->line, "[%s] %s: must be %s", s->section, s->key, wanted(r, s));
		else
			complain(r, r->line, "[%s] %s = %s: must be %s", s->section, s->key, value, wanted(r, s));
	} else if (s->judge != NULL && (wrong = s->judge(value)) != NULL) {
		if (s->flags & SECRET)
			complain(r, r->line, "[%s] %s: %s", s->section, s->key, wrong);
		else
			complain(r, r->line, "[%s] %s = %s: %s", s->section, s->key, value, wrong);
	}
}

/* The settings that the section left out get their defaults. */
static void
end_section(struct reader *r)
{
	if (r->section == NULL)
		return;
	for (size_t i = 0; i < NSETTINGS; i++) {
		if (strcmp(settings[i].section, r->section->name) != 0 || r->seen[i] != 0)
			continue;
		if (!(settings[i].flags & REQUIRED))
			set(r, &settings[i], settings[i].def);
		else if (r->section_line > 0)
			complain(r, r->section_line, "[%s] lacks %s", settings[i].section, settings[i].key);
		else
			complain(r, 0, "[%s] %s is not set", settings[i].section, settings[i].key);
	}
	r->section = NULL;
}

static bool
name_ok(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(name);

	return n > 0 && n <= NAME_LEN_MAX && strspn(name, allowed) == n;
}

/* Begins one of the sections that have a name each; false: it cannot be. */
static bool
begin_named(struct reader *r, const struct section *sec, const char *name)
{
	size_t	*count = (size_t *)(void *)((char *)r->conf + sec->count_off);
	char	*first = (char *)r->conf + sec->array_off;

	if (!name_ok(name)) {
		complain(r, r->line, "[%s NAME]: the name must be 1 to %u of A-Z a-z 0-9 . _ -", sec->name,
		    NAME_LEN_MAX);
		return false;
	}
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(*(const char **)(void *)(first + i * sec->stride + sec->name_off), name) == 0) {
			complain(r, r->line, "[%s %s] is there already", sec->name, name);
			return false;
		}
	}
	if (*count == sec->max) {
		complain(r, r->line, "[%s %s]: there can be %zu at most", sec->name, name, sec->max);
		return false;
	}
	(sec->array_off == AT(pools) ? r->pool_line : r->key_line)[*count] = r->line;
	r->base = first + (*count)++ * sec->stride;
	*(const char **)(void *)(r->base + sec->name_off) = name;
	return true;
}

static bool
begin_unnamed(struct reader *r, const struct section *sec, const char *name)
{
	int *first = &r->first[sec - sections];

	if (*name != '\0') {
		complain(r, r->line, "[%s] takes no name", sec->name);
		*first = r->line;	/* its settings are not missed as well */
		return false;
	}
	if (*first != 0) {
		complain(r, r->line, "[%s] is there already, in line %d", sec->name, *first);
		return false;
	}
	*first = r->line;
	r->base = (char *)r->conf;
	return true;
}

static const struct section *
find_section(const char *name)
{
	for (size_t i = 0; i < NSECTIONS; i++)
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
	return NULL;
}

static const struct setting *
find_setting(const char *section, const char *key)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

/* s without the blanks at both ends, in place. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	for (n = strlen(s); n > 0 && strchr(" \t\r", s[n - 1]) != NULL; n--)
		continue;
	s[n] = '\0';
	return s;
}

static void
read_header(struct reader *r, char *s)
{
	const struct section	*sec;
	char			*name;
	size_t			 n = strlen(s);

	end_section(r);
	r->in_section = true;
	if (s[n - 1] != ']') {
		complain(r, r->line, "a section's line must end in ]");
		return;
	}
	s[n - 1] = '\0';
	s = trim(s + 1);
	name = s + strcspn(s, " \t");
	if (*name != '\0')
		*name++ = '\0';
	name = trim(name);
	if ((sec = find_section(s)) == NULL) {
		complain(r, r->line, "unknown section [%s]", s);
		return;
	}
	memset(r->seen, 0, sizeof(r->seen));
	r->section_line = r->line;
	if (sec->stride > 0 ? begin_named(r, sec, name) : begin_unnamed(r, sec, name))
		r->section = sec;
}

static void
read_setting(struct reader *r, char *s)
{
	const struct setting	*set_me;
	char			*value = strchr(s, '=');
	int			*seen;

	/* The whole line is never told: it may hold a secret. */
	if (value == NULL) {
		complain(r, r->line, "must be [section], key = value, or a comment that begins with #");
		return;
	}
	*value++ = '\0';
	s = trim(s);
	if (r->section == NULL) {
		/* After a wrong header, the header was the fault. */
		if (!r->in_section)
			complain(r, r->line, "%s is set before any [section]", s);
		return;
	}
	if ((set_me = find_setting(r->section->name, s)) == NULL) {
		complain(r, r->line, "unknown key %s in [%s]", s, r->section->name);
		return;
	}
	seen = &r->seen[set_me - settings];
	if (*seen != 0) {
		complain(r, r->line, "[%s] %s is set already, in line %d", set_me->section, s, *seen);
		return;
	}
	*seen = r->line;
	set(r, set_me, trim(value));
}

static void
read_line(struct reader *r, char *s)
{
	s = trim(s);
	for (const char *p = s; *p != '\0'; p++) {
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) {
			complain(r, r->line, "a control character");
			return;
		}
	}
	if (*s == '[')
		read_header(r, s);
	else if (*s != '\0' && *s != '#')
		read_setting(r, s);
}

static void
read_lines(struct reader *r, char *text)
{
	char *next;

	for (char *s = text; s != NULL; s = next) {
		r->line++;
		if ((next = strchr(s, '\n')) != NULL)
			*next++ = '\0';
		read_line(r, s);
	}
	end_section(r);
	r->section_line = 0;
	memset(r->seen, 0, sizeof(r->seen));
	for (size_t i = 0; i < NSECTIONS; i++) {
		if (sections[i].stride > 0 || r->first[i] != 0)
			continue;
		r->section = &sections[i];
		r->base = (char *)r->conf;
		end_section(r);
	}
}

/* What is wrong with the n bytes of the file, or NULL. */
static const char *
judge_file(const char *text, size_t n, bool failed)
{
	if (failed)
		return strerror(errno);
	if (n > FILE_MAX)
		return "is larger than 1 MiB";
	return memchr(text, '\0', n) != NULL ? "is no text: it has a NUL byte" : NULL;
}

/* The file's text, or NULL. */
static char *
read_file(struct reader *r)
{
	FILE		*f = fopen(r->path, "re");
	char		*text = malloc(FILE_MAX + 1), *kept = NULL;
	const char	*wrong = NULL;
	size_t		 n;

	if (f == NULL || text == NULL) {
		wrong = strerror(errno);
		goto out;
	}
	n = fread(text, 1, FILE_MAX + 1, f);
	if ((wrong = judge_file(text, n, ferror(f) != 0)) == NULL)
		kept = arena_strndup(r->conf->arena, text, n);
out:
	if (wrong != NULL)
		complain(r, 0, "%s", wrong);
	if (f != NULL)
		(void)fclose(f);
	free(text);
	return kept;
}

/* ---- combinations ---- */

static void
check_pools(struct reader *r)
{
	const struct conf *c = r->conf;

	if (c->npools == 0)
		complain(r, 0, "there must be at least one [pool NAME]");
	for (size_t i = 1; i < c->npools; i++) {
		for (size_t j = 0; j < i; j++) {
			if (c->pools[i].listen == NULL || c->pools[j].listen == NULL ||
			    strcmp(c->pools[i].listen, c->pools[j].listen) != 0)
				continue;
			complain(r, r->pool_line[i], "[pool %s] and [pool %s] listen on the same %s",
			    c->pools[j].name, c->pools[i].name, c->pools[i].listen);
		}
	}
}

static void
check_keys(struct reader *r)
{
	struct conf	*c = r->conf;
	size_t		 signing = 0;

	for (size_t i = 0; i < c->nkeys; i++) {
		struct conf_key *k = &c->keys[i];

		signing += k->sign;
		if (k->secret_hex != NULL) {
			k->secret_len = strlen(k->secret_hex) / 2;
			(void)hex_decode(k->secret_hex, k->secret, k->secret_len);
		}
		if (k->roles != NULL && k->default_role != NULL && *k->default_role != '\0' &&
		    !has_word(k->roles, k->default_role, strlen(k->default_role)))
			complain(r, r->key_line[i], "[key %s] default_role = %s is none of its roles", k->kid,
			    k->default_role);
	}
	if (signing != 1)
		complain(r, 0, "exactly one [key KID] must have sign = yes; %zu have", signing);
}

static void
check_db(struct reader *r)
{
	const struct conf	*c = r->conf;
	int			 line = r->first[find_section("db") - sections];

	/* NULL: what was set was refused, and that has been told. */
	if (c->db_socket == NULL || c->db_host == NULL || c->db_ca == NULL)
		return;
	if (*c->db_socket == '\0' && *c->db_host == '\0')
		complain(r, line, "[db] lacks socket, or host and ca");
	else if (*c->db_socket != '\0' && *c->db_host != '\0')
		complain(r, line, "[db] has both socket and host: only one can be meant");
	else if (*c->db_host != '\0' && *c->db_ca == '\0')
		complain(r, line, "[db] lacks ca: over TCP the server's certificate is always verified");
	if (*c->db_socket != '\0' && *c->db_socket != '/')
		complain(r, line, "[db] socket = %s: must be an absolute path", c->db_socket);
}

/* A dsn that is wrong has been told by its judge. */
static void
fill_points(struct conf *c)
{
	if (c->points_dsn == NULL || *c->points_dsn == '\0' || conf_read_dsn(c->arena, c->points_dsn, &c->points) != NULL)
		return;
	c->points.owner = c->points_owner;
	c->points.owner_password = c->points_owner_password;
	c->points.connect_timeout_ms = c->points_connect_timeout_ms;
	c->points.timeout_ms = c->points_timeout_ms;
}

struct conf *
conf_read(const char *path, conf_complain *tell, void *arg)
{
	struct arena	*a = arena_new();
	struct reader	 r = { .path = path, .complain = tell, .arg = arg };
	char		*text;

	r.conf = arena_alloc(a, sizeof(*r.conf));
	r.conf->arena = a;
	text = read_file(&r);
	if (text != NULL) {
		read_lines(&r, text);
		check_pools(&r);
		check_keys(&r);
		check_db(&r);
		fill_points(r.conf);
	}
	if (r.faults == 0)
		return r.conf;
	conf_free(r.conf);
	return NULL;
}

void
conf_free(struct conf *c)
{
	if (c != NULL)
		arena_free(c->arena);
}

struct conf_db
conf_db(const struct conf *c)
{
	return (struct conf_db){
		c->db_socket, c->db_host, c->db_port, c->db_ca, c->db_name, c->db_user, c->db_password, c->db_owner,
		c->db_owner_password, c->db_connect_timeout_ms, c->db_timeout_ms,
	};
}

bool
conf_points_apart(const struct conf *c)
{
	return c->points_dsn[0] != '\0';
}

void
conf_print_table(void)
{
	struct arena	*a = arena_new();
	struct conf	 c = { .arena = a };
	struct reader	 r = { .conf = &c };

	for (size_t i = 0; i < NSETTINGS; i++) {
		const struct setting	*s = &settings[i];
		const char		*def = s->flags & REQUIRED ? "required" : s->def;

		if (*def == '\0')
			def = "empty";
		(void)printf("%s\t%s\t%s\t%s\t%s\n", s->section, s->key, wanted(&r, s), def, s->meaning);
	}
	arena_free(a);
}
