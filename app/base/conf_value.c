/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value.c: what a value of a setting must be beyond its type and range; and the address of the points' database. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "base/conf_value.h"
#include "base/day.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/num.h"

/* Whether s is a port number, up to end. */
static bool
port_ok(const char *s, size_t n)
{
	char	digits[8];
	int64_t	port;

	if (n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	return num_parse(digits, 1, PORT_MAX, &port);
}

static const char *
judge_socket(const char *path)
{
	return strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path) ? NULL : "is too long for a UNIX socket";
}

const char *
conf_judge_listen(const char *value)
{
	static const char loopback[] = "127.0.0.1:";
	const char *port = value + strlen(loopback);

	if (*value == '/')
		return judge_socket(value);
	if (strncmp(value, loopback, strlen(loopback)) == 0 && port_ok(port, strlen(port)))
		return NULL;
	return "must be the path of a UNIX socket, or 127.0.0.1:port";
}

const char *
conf_judge_memcached(const char *value)
{
	static const char	 wrong[] = "must be host:port[,host:port...] or the path of a UNIX socket";
	const char		*colon;
	size_t			 n;

	if (*value == '/')
		return judge_socket(value);
	for (const char *p = value; *p != '\0'; p += n) {
		n = strcspn(p, ",");
		colon = memchr(p, ':', n);
		if (colon == NULL || colon == p || !port_ok(colon + 1, (size_t)(p + n - colon - 1)))
			return wrong;
		if (p[n] == ',' && p[++n] == '\0')
			return wrong;
	}
	return NULL;
}

const char *
conf_judge_url(const char *value)
{
	static const char *const	loopbacks[] = { "127.0.0.1", "localhost", "[::1]" };
	static const char		https[] = "https://", http[] = "http://";
	size_t				n;

	if (value[strcspn(value, " ?#@\t")] != '\0')
		return "must have no blanks, query, fragment or user";
	if (strncmp(value, https, strlen(https)) == 0)
		return value[strlen(https)] != '\0' && value[strlen(https)] != '/' ? NULL : "has no host";
	if (strncmp(value, http, strlen(http)) != 0)
		return "must begin with https://";
	value += strlen(http);
	for (size_t i = 0; i < sizeof(loopbacks) / sizeof(loopbacks[0]); i++) {
		n = strlen(loopbacks[i]);
		if (strncmp(value, loopbacks[i], n) == 0 && strchr(":/", value[n]) != NULL)
			return NULL;
	}
	return "must begin with https://, unless its host is 127.0.0.1, localhost or [::1]";
}

const char *
conf_judge_expiry(const char *value)
{
	return day_rule_ok(value) ? NULL : "must be none, N months (1 to 120), or a day as 2027-03-31";
}

const char *
conf_judge_zone(const char *value)
{
	return day_zone_known(value) ? NULL : "is no time zone of this machine's tzdata";
}

/* ---- points.dsn ---- */

#define DSN_TCP "mysql://"
#define DSN_SOCKET "unix://"

/* s up to end with its %XX taken for the bytes that they are; NULL where that is no text. */
static const char *
dsn_text(struct arena *a, const char *s, const char *end)
{
	char	*out = arena_alloc(a, (size_t)(end - s) + 1), *o = out;
	char	 hex[3] = "";
	uint8_t	 byte;
	size_t	 points;

	for (; s < end; s++) {
		if (*s != '%') {
			*o++ = *s;
			continue;
		}
		if (end - s < 3)
			return NULL;
		memcpy(hex, s + 1, 2);
		if (!hex_decode(hex, &byte, 1) || byte < 0x20 || byte == 0x7f)
			return NULL;
		*o++ = (char)byte;
		s += 2;
	}
	*o = '\0';
	return utf8_valid(out, (size_t)(o - out), &points) ? out : NULL;
}

/* "USER[:PASSWORD]", up to end. */
static const char *
dsn_login(struct arena *a, const char *s, const char *end, struct conf_db *out)
{
	const char *colon = memchr(s, ':', (size_t)(end - s));

	out->user = dsn_text(a, s, colon != NULL ? colon : end);
	out->password = colon != NULL ? dsn_text(a, colon + 1, end) : "";
	if (out->user == NULL || out->password == NULL)
		return "has a % that begins no byte in hex";
	return *out->user != '\0' ? NULL : "names no user";
}

/* "NAME=VALUE" and nothing else, from s to its end. */
static const char *
dsn_option(struct arena *a, const char *s, const char *name, const char **out)
{
	size_t n = strlen(name);

	if (strncmp(s, name, n) != 0 || s[n] != '=' || s[n + 1] == '\0' || strchr(s, '&') != NULL)
		return NULL;
	*out = dsn_text(a, s + n + 1, s + strlen(s));
	return *out;
}

/* "HOST[:PORT]", up to end; an address of IPv6 stands in brackets. */
static const char *
dsn_host(struct arena *a, const char *s, const char *end, struct conf_db *out)
{
	const char *host_end = *s == '[' ? memchr(s, ']', (size_t)(end - s)) : memchr(s, ':', (size_t)(end - s));
	const char *port = host_end;

	if (*s == '[') {
		if (host_end == NULL)
			return "has a bracket that is not closed";
		s++;
		port++;
	} else if (host_end == NULL) {
		host_end = port = end;
	}
	out->port = 3306;
	out->host = arena_strndup(a, s, (size_t)(host_end - s));
	if (*out->host == '\0')
		return "names no host";
	if (port == end)
		return NULL;
	if (*port != ':' || !port_ok(port + 1, (size_t)(end - port - 1)))
		return "has a port that is none";
	(void)num_parse(arena_strndup(a, port + 1, (size_t)(end - port - 1)), 1, PORT_MAX, &out->port);
	return NULL;
}

/* What follows the @ of mysql://: "HOST[:PORT]/NAME?ca=FILE". */
static const char *
dsn_tcp(struct arena *a, const char *s, struct conf_db *out)
{
	const char *slash = strchr(s, '/'), *query, *wrong;

	if (slash == NULL)
		return "names no database";
	if ((wrong = dsn_host(a, s, slash, out)) != NULL)
		return wrong;
	query = slash + strcspn(slash, "?");
	if ((out->name = dsn_text(a, slash + 1, query)) == NULL || *out->name == '\0')
		return "names no database";
	if (*query == '\0' || dsn_option(a, query + 1, "ca", &out->ca) == NULL)
		return "lacks ?ca=FILE: over TCP the server's certificate is always verified";
	return NULL;
}

/* What follows the @ of unix://: "/SOCKET?name=NAME". */
static const char *
dsn_socket(struct arena *a, const char *s, struct conf_db *out)
{
	const char *query = s + strcspn(s, "?");

	if (*s != '/' || (out->socket = dsn_text(a, s, query)) == NULL)
		return "names no socket by its absolute path";
	if (*query == '\0' || dsn_option(a, query + 1, "name", &out->name) == NULL)
		return "lacks ?name=DATABASE";
	return judge_socket(out->socket);
}

/* What is wrong with dsn, or NULL: then it is in *out, whose strings are the arena's. */
const char *
conf_read_dsn(struct arena *a, const char *dsn, struct conf_db *out)
{
	bool		 tcp = strncmp(dsn, DSN_TCP, strlen(DSN_TCP)) == 0;
	const char	*at, *wrong;

	*out = (struct conf_db){ .socket = "", .host = "", .ca = "" };
	if (!tcp && strncmp(dsn, DSN_SOCKET, strlen(DSN_SOCKET)) != 0)
		return "must begin with " DSN_TCP " or " DSN_SOCKET;
	if (dsn[strcspn(dsn, " #\t")] != '\0')
		return "must have no blanks and no #: write %20 and %23";
	dsn += strlen(tcp ? DSN_TCP : DSN_SOCKET);
	if ((at = strchr(dsn, '@')) == NULL)
		return "names no user: USER:PASSWORD@ comes first";
	if ((wrong = dsn_login(a, dsn, at, out)) != NULL)
		return wrong;
	return tcp ? dsn_tcp(a, at + 1, out) : dsn_socket(a, at + 1, out);
}

const char *
conf_judge_dsn(const char *value)
{
	struct arena	*a = arena_new();
	struct conf_db	 ignored;
	const char	*wrong = *value != '\0' ? conf_read_dsn(a, value, &ignored) : NULL;

	arena_free(a);
	return wrong;
}
