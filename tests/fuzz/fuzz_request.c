/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_request.c: any bytes as a path, a query string and a bearer token (libFuzzer; build with clang -fsanitize=fuzzer).
 * The input is "path NUL query NUL token". What must hold: no crash, only the errors that a caller can cause, and a
 * token that nobody signed is nobody's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "handlers/routes.h"
#include "http/query.h"
#include "http/route.h"
#include "http/token.h"

static struct conf conf = { .cursor_secret_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };
static struct mall mall = { .conf = &conf };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
set_key(void)
{
	struct conf_key *k = &conf.keys[0];

	conf.nkeys = 1;
	k->kid = "k";
	k->secret_len = 32;
	memset(k->secret, 'k', 32);
	k->issuer = k->audience = "pointsmall";
	k->roles = "user";
	k->default_role = "";
	k->sign = true;
}

static void
route_and_query(struct req *r)
{
	enum err e = route_find(routes, r);

	must(e == E_OK || e == E_NOT_FOUND || e == E_METHOD);
	if (e != E_OK)
		return;
	e = query_decode(r);
	must(e == E_OK || e == E_INVALID || e == E_CURSOR);
	must(e != E_INVALID || r->fault->nfields > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct caller caller;
	char *path = arena_memdup(a, p, n);
	char *query = path + strlen(path) + (strlen(path) < n);
	char *token = query + strlen(query) + (query + strlen(query) < path + n);
	struct req r = { .mall = &mall, .arena = a, .fault = &f, .path = path, .query_string = query };

	set_key();
	for (enum method m = GET; m <= DELETE; m++) {
		memset(&f, 0, sizeof(f));
		r.method = m;
		route_and_query(&r);
	}
	must(token_verify(&conf, token, 1700000000 * US_PER_S, a, &f, &caller) != E_OK);
	arena_free(a);
	return 0;
}
