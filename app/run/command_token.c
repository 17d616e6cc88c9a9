/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_token.c: `pointsmall token`: access tokens for operators, tests and load, one a line on standard output.
 * They belong to no login: only their time ends them, or a revocation of their user.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/num.h"
#include "http/token.h"
#include "run/commands.h"

#define TTL_S_MAX (INT64_C(366) * 86400)
#define COUNT_MAX 10000000
#define SEEDED_ID_SIZE 48		/* as seed numbers its users; room for any 64-bit number */

struct wanted {
	const char	*user;		/* NULL: not said */
	const char	*role;
	const char	*merchant;
	const char	*service;
	int64_t		 ttl_s;
	int64_t		 count;		/* 0: one token, of user */
};

static const struct option options[] = {
	{ "user", required_argument, NULL, 'u' },
	{ "role", required_argument, NULL, 'r' },
	{ "merchant", required_argument, NULL, 'm' },
	{ "service", required_argument, NULL, 's' },
	{ "ttl", required_argument, NULL, 't' },
	{ "count", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 }
};

static int
usage(void)
{
	fputs("usage: pointsmall token [--user ID] [--role user|merchant|admin|service] [--merchant ID]\n"
	    "                        [--service NAME] [--ttl SECONDS] [--count N]\n", stderr);
	return EX_USAGE;
}

static int
complain(const char *message)
{
	fprintf(stderr, "pointsmall: token: %s\n", message);
	return EX_USAGE;
}

static bool
read_options(int argc, char **argv, struct wanted *w)
{
	bool good = true;
	int c;

	optind = 0;	/* main() has read options of its own */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'u':
			w->user = optarg;
			break;
		case 'r':
			w->role = optarg;
			break;
		case 'm':
			w->merchant = optarg;
			break;
		case 's':
			w->service = optarg;
			break;
		case 't':
			good = good && num_parse(optarg, 1, TTL_S_MAX, &w->ttl_s);
			break;
		case 'n':
			good = good && num_parse(optarg, 1, COUNT_MAX, &w->count);
			break;
		default:
			return false;
		}
	}
	return good && optind == argc;
}

static bool
is_role(const char *role)
{
	static const char *const known[] = { "user", "merchant", "admin", "service" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], role) == 0)
			return true;
	return false;
}

static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n >= 1 && n <= 32;
}

/* What is wrong, or NULL. */
static const char *
check(const struct wanted *w)
{
	if (!is_role(w->role))
		return "--role is user, merchant, admin or service";
	if (strcmp(w->role, "merchant") == 0 && (w->merchant == NULL || !id_valid(w->merchant)))
		return "--role merchant needs --merchant ID, a UUID";
	if (strcmp(w->role, "service") == 0 && (w->service == NULL || !is_name(w->service)))
		return "--role service needs --service NAME, at most 32 visible characters";
	if (w->user != NULL && !id_valid(w->user))
		return "--user is a UUID in lower case";
	if (w->user != NULL && w->count > 0)
		return "--count makes tokens of the seeded users: no --user with it";
	if (w->user == NULL && w->count == 0 && strcmp(w->role, "user") == 0)
		return "--role user needs --user ID, or --count N";
	return NULL;
}

/* Operators and services have no row in users: the same name is always the same subject (RFC 9562, 5.8). */
static void
named_id(const struct wanted *w, char *out)
{
	const char *name = w->service != NULL ? w->service : w->merchant != NULL ? w->merchant : "";
	uint8_t hash[SHA256_LEN];
	char text[128], hex[2 * SHA256_LEN + 1];
	int n = snprintf(text, sizeof(text), "pointsmall %s %s", w->role, name);

	sha256(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, hash);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	hex_encode(hash, sizeof(hash), hex);
	snprintf(out, ID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static bool
print_one(const struct conf *conf, const struct wanted *w, const char *user, struct arena *a)
{
	const char *token;

	arena_reset(a);
	return token_issue(conf, user, w->role, NULL, w->merchant, w->service, w->ttl_s, clock_now_us(), a,
	    &token) == E_OK && puts(token) >= 0;
}

static bool
print_all(const struct conf *conf, const struct wanted *w, struct arena *a)
{
	char id[SEEDED_ID_SIZE];
	bool good = true;

	if (w->user != NULL)
		return print_one(conf, w, w->user, a);
	if (w->count == 0) {
		named_id(w, id);
		return print_one(conf, w, id, a);
	}
	for (int64_t n = 1; good && n <= w->count; n++) {
		snprintf(id, sizeof(id), "01900000-0000-7000-9000-%012" PRIx64, (uint64_t)n);
		good = print_one(conf, w, id, a);
	}
	return good;
}

int
command_token(const struct conf *conf, int argc, char **argv)
{
	struct wanted w = { .role = "user", .ttl_s = conf->access_ttl_s };
	struct arena *a;
	const char *wrong;
	bool good;

	if (!read_options(argc, argv, &w))
		return usage();
	if ((wrong = check(&w)) != NULL)
		return complain(wrong);
	a = arena_new();
	good = print_all(conf, &w, a) && fflush(stdout) == 0;
	arena_free(a);
	if (!good)
		fputs("pointsmall: token: cannot be signed or written\n", stderr);
	return good ? EX_OK : EX_SOFTWARE;
}
