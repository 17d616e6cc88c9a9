/* SPDX-License-Identifier: Apache-2.0 */
/* route.c: the route table, matched and checked. */
#include <stdio.h>
#include <string.h>

#include "http/query.h"
#include "http/route.h"
#include "http/serve.h"

#define GATEWAY_BODY_MAX 65536	/* client_max_body_size of nginx/server.conf, but for *.csv */

static const char *const methods[] = { [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [DELETE] = "DELETE" };

static const struct {
	unsigned	 who;
	const char	*name;
} whos[] = {
	{ WHO_ANYONE, "anyone" }, { WHO_USER, "user" }, { WHO_MERCHANT, "merchant" }, { WHO_ADMIN, "admin" },
	{ WHO_SERVICE, "service" }, { WHO_LOOPBACK, "loopback" },
};

const char *
method_name(enum method m)
{
	return methods[m];
}

const char *
who_names(unsigned who, struct arena *a)
{
	struct buf b;

	buf_init(&b, a, 64);
	for (size_t i = 0; i < sizeof(whos) / sizeof(whos[0]); i++)
		if (who & whos[i].who)
			buf_printf(&b, "%s%s", b.len > 0 ? "," : "", whos[i].name);
	return b.p;
}

/* Segment by segment; ":name" takes any segment that is not empty. */
static bool
matches(const char *pattern, const char *path, struct arena *a, const char **params)
{
	size_t n = 0;

	while (*pattern != '\0' && *path != '\0') {
		size_t len = strcspn(path, "/");

		if (*pattern == ':') {
			if (len == 0)
				return false;
			params[n++] = arena_strndup(a, path, len);
			pattern += strcspn(pattern, "/");
			path += len;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

static void
note_allowed(struct req *r, enum method m)
{
	const char *name = m == GET ? "GET, HEAD" : method_name(m);
	const char *sofar = r->reply.allow;

	r->reply.allow = sofar == NULL ? name : arena_printf(r->arena, "%s, %s", sofar, name);
}

/* A path written out in the table is that path, and not also the ":id" of another. */
enum err
route_find(const struct route *routes, struct req *r)
{
	bool written_out = false;

	for (const struct route *row = routes; row->path != NULL; row++) {
		bool literal = strcmp(row->path, r->path) == 0;

		if (!literal && (written_out || !matches(row->path, r->path, r->arena, r->params)))
			continue;
		written_out = written_out || literal;
		if (row->method == r->method) {
			r->route = row;
			r->reply.allow = NULL;
			return E_OK;
		}
		note_allowed(r, row->method);
	}
	return r->reply.allow != NULL ? E_METHOD : E_NOT_FOUND;
}

static size_t
params_of(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == ':';
	return n;
}

static bool
ends_in_csv(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".csv") == 0;
}

static const char *
wrong_with(const struct route *routes, const struct route *row)
{
	if (row->who == 0)
		return "does not say who may come";
	if (row->method < GET || row->method > DELETE)
		return "has no method";
	if (row->handler == NULL)
		return "has no handler";
	if (row->path[0] != '/')
		return "does not begin with /";
	if (params_of(row->path) > ROUTE_PARAMS_MAX)
		return "has too many parameters";
	if (row->body_max > GATEWAY_BODY_MAX && !ends_in_csv(row->path))
		return "takes more than the gateway lets through";
	if (row->public_copy && (row->method != GET || row->who != WHO_ANYONE))
		return "is copied, but not a GET for anyone";
	if (row->idempotent && (row->method == GET || row->who & WHO_ANYONE))
		return "is idempotent by key, but has no caller or changes nothing";
	for (const struct route *other = routes; other < row; other++)
		if (other->method == row->method && strcmp(other->path, row->path) == 0)
			return "stands twice";
	return NULL;
}

bool
routes_check(const struct route *routes, conf_complain *complain, void *arg)
{
	bool good = true;
	char message[256];

	for (const struct route *row = routes; row->path != NULL; row++) {
		const char *wrong = wrong_with(routes, row);

		if (wrong == NULL)
			continue;
		snprintf(message, sizeof(message), "route %s %s", row->path, wrong);
		complain(arg, message);
		good = false;
	}
	return good;
}
