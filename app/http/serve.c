/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c: one request from accept to finish: route → authenticate → limit → bounded body → handler → exactly one reply.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "http/fcgi.h"
#include "http/problem.h"
#include "http/query.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/serve.h"
#include "http/token.h"
#include "service/answer.h"
#include "service/auth.h"

#define KEY_MAX 64

struct server {
	const struct conf	*conf;
	const struct conf_pool	*pool;
	const struct route	*routes;
	struct buckets		*buckets;
	struct fcgi		*fcgi;
	struct mall		*mall;
	struct arena		*arena;
	struct fault		 fault;
};

struct server *
server_new(const struct conf *conf, const struct conf_pool *pool, int fd, const struct route *routes,
    struct buckets *buckets)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->fcgi = fcgi_new(fd, pool->keep_connections)) == NULL) {
		log_error("FastCGI cannot be set up");
		free(s);
		return NULL;
	}
	s->conf = conf;
	s->pool = pool;
	s->routes = routes;
	s->buckets = buckets;
	s->mall = mall_new(conf);
	s->arena = arena_new();
	return s;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	arena_free(s->arena);
	mall_free(s->mall);
	fcgi_free(s->fcgi);
	free(s);
}

bool
server_accept(struct server *s)
{
	return fcgi_accept(s->fcgi);
}

const char *
server_request_id(const struct server *s)
{
	return fcgi_params(s->fcgi)->request_id;
}

void
server_shutdown(void)
{
	fcgi_shutdown();
}

/* ---- what came ---- */

static bool
is_language(const char *tag, const char *name)
{
	return strncasecmp(tag, name, 2) == 0 && strcspn(tag, "-,; \t") == 2;
}

/* Whichever of the shop's two languages is named first; nginx does the same for what it refuses itself. */
static bool
wants_english(const char *accept_language)
{
	for (const char *p = accept_language; *p != '\0'; p += strcspn(p, ",")) {
		p += strspn(p, ", \t");
		if (is_language(p, "en"))
			return true;
		if (is_language(p, "zh"))
			return false;
	}
	return false;
}

static enum err
take_method(struct req *r, const char *name)
{
	r->head = strcmp(name, "HEAD") == 0;
	if (r->head)
		name = "GET";
	for (enum method m = GET; m <= DELETE; m++) {
		if (strcmp(method_name(m), name) == 0) {
			r->method = m;
			return E_OK;
		}
	}
	return E_METHOD;
}

static void
take_request(struct server *s, struct req *r)
{
	const struct fcgi_params *p = fcgi_params(s->fcgi);

	memset(r, 0, sizeof(*r));
	r->reply.version = I64_NONE;
	r->fcgi = s->fcgi;
	memset(&s->fault, 0, sizeof(s->fault));
	mall_request(s->mall, s->arena, &s->fault, s->pool->deadline_ms);
	r->mall = s->mall;
	r->arena = s->arena;
	r->fault = &s->fault;
	r->path = p->path;
	r->query_string = p->query;
	r->id = p->request_id;
	if (r->id[0] == '\0') {
		char *id = arena_alloc(s->arena, ID_LEN + 1);

		id_new(s->mall->now_us, id);
		r->id = id;
	}
	r->content_type = p->content_type;
	r->if_match = p->if_match;
	r->if_none_match = p->if_none_match;
	r->remote_addr = p->remote_addr;
	r->english = wants_english(p->language);
}

static enum err
take_body(struct server *s, struct req *r)
{
	const char *text = fcgi_params(s->fcgi)->content_length;
	int64_t len = 0;
	char *body;

	if (text[0] != '\0' && !num_parse(text, 0, INT64_C(1) << 40, &len))
		return fault_field(r->fault, "Content-Length", "长度无效", "not a length");
	if ((uint64_t)len > r->route->body_max)
		return E_TOO_LARGE;
	body = arena_alloc(r->arena, (size_t)len + 1);
	if (fcgi_read(s->fcgi, body, (size_t)len) != (size_t)len)
		return fault_field(r->fault, "", "请求内容不完整", "the body is shorter than announced");
	r->body = body;
	r->body_len = (size_t)len;
	return E_OK;
}

/* ---- who ---- */

static enum err
authenticate(struct server *s, struct req *r)
{
	static const char scheme[] = "Bearer ";
	const char *header = fcgi_params(s->fcgi)->authorization;
	enum err e;

	if (r->route->who & (WHO_ANYONE | WHO_LOOPBACK))
		return E_OK;
	if (strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return E_UNAUTHORIZED;
	e = token_verify(s->conf, header + sizeof(scheme) - 1, r->mall->now_us, r->arena, r->fault, &r->caller);
	if (e != E_OK)
		return e;
	if ((r->route->who & r->caller.role) == 0)
		return E_FORBIDDEN;
	return auth_check(r->mall, r->caller.id, r->caller.family);
}

/* Per verified user: a token that nobody verified would be a bucket of its own. */
static enum err
limit(struct server *s, struct req *r)
{
	uint8_t hash[SHA256_LEN];
	uint64_t key;
	int64_t wait_ms;

	if (r->caller.id == NULL || s->conf->user_rate == 0)
		return E_OK;
	sha256(r->caller.id, strlen(r->caller.id), hash);
	memcpy(&key, hash, sizeof(key));
	wait_ms = buckets_take(s->buckets, key, s->conf->user_rate, s->conf->user_burst, clock_mono_us());
	if (wait_ms == 0)
		return E_OK;
	r->fault->retry_after_s = (int)((wait_ms + 999) / 1000);
	return E_RATE;
}

/* ---- Idempotency-Key ---- */

static bool
key_valid(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++)
		if (key[i] < 0x21 || key[i] > 0x7e)
			return false;
	return n >= 1 && n <= KEY_MAX;
}

static void
fingerprint(const struct req *r, uint8_t out[SHA256_LEN])
{
	struct buf b;

	buf_init(&b, r->arena, r->body_len + 256);
	buf_printf(&b, "%s %s\n", method_name(r->method), r->path);
	buf_add(&b, r->body, r->body_len);
	sha256(b.p, b.len, out);
}

static enum err
take_key(struct server *s, struct req *r)
{
	const char *key = fcgi_params(s->fcgi)->idempotency_key;

	if (!r->route->idempotent || key[0] == '\0')
		return E_OK;
	if (!key_valid(key))
		return fault_field(r->fault, "Idempotency-Key", "1 到 64 个可见 ASCII 字符", "1 to 64 visible ASCII characters");
	r->once.caller = arena_printf(r->arena, "%s:%s", who_names(r->caller.role, r->arena), r->caller.id);
	r->once.key = key;
	fingerprint(r, r->once.fingerprint);
	return E_OK;
}

/* Nothing but a 2xx is given before the key was looked up: a handler that succeeds has claimed it, and wherever it
 * does not succeed, the key's own answer comes first; also where something is down, which need not be the keys' server. One
 * round trip less for all that goes well. */
static enum err
answer_from_key(struct req *r, enum err e)
{
	struct once_answer old;
	enum err found;

	if (r->once.key == NULL || (problem_status(e) >= 500 && e != E_DOWN))
		return e;
	found = once_find(r->mall, &r->once, &old);
	if (found == E_NOT_FOUND || (found != E_OK && e == E_DOWN && problem_status(found) >= 500))
		return e;
	if (found != E_OK)
		return found;
	r->reply = (struct reply){ .status = (int)old.status, .version = I64_NONE };
	r->reply.type = "application/json";
	r->reply.body = old.body;
	r->reply.len = old.len;
	r->reply.replayed = true;
	return E_OK;
}

/* ---- public answers ---- */

static bool
etag_matches(const char *if_none_match, const char *etag)
{
	return if_none_match[0] != '\0' && (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, etag) != NULL);
}

static enum err
answer_public(struct req *r)
{
	struct answer *a = arena_alloc(r->arena, sizeof(*a));
	enum err e;

	if (!answer_find(r->mall, r->copy_key, a)) {
		if ((e = r->route->handler(r)) != E_OK)
			return e;
		a->t_read_us = r->mall->now_us;
		a->body = r->reply.body;
		a->len = r->reply.len;
		answer_keep(r->mall, r->copy_key, a);
	}
	r->reply.status = 200;
	r->reply.type = "application/json";
	r->reply.body = a->body;
	r->reply.len = a->len;
	r->reply.copy = a;
	if (etag_matches(r->if_none_match, a->etag)) {
		r->reply.status = 304;
		r->reply.type = NULL;
		r->reply.len = 0;
	}
	return E_OK;
}

static enum err
answer_private(struct server *s, struct req *r)
{
	enum err e;

	if ((e = take_body(s, r)) != E_OK || (e = take_key(s, r)) != E_OK)
		return e;
	if ((e = query_decode(r)) == E_OK)
		e = r->route->handler(r);
	if (e != E_OK)
		return answer_from_key(r, e);
	assert(r->once.key == NULL || r->once.render != NULL);	/* an idempotent row's handler took its key */
	return E_OK;
}

static enum err
answer(struct server *s, struct req *r)
{
	enum err e, method;

	method = take_method(r, fcgi_params(s->fcgi)->method);
	if ((e = route_find(s->routes, r)) != E_OK)
		return e;
	if (method != E_OK)
		return method;
	if ((e = authenticate(s, r)) != E_OK || (e = limit(s, r)) != E_OK)
		return e;
	if (!r->route->public_copy)
		return answer_private(s, r);
	if ((e = query_decode(r)) != E_OK)
		return e;
	return answer_public(r);
}

/* ---- the reply ---- */

static void
write_reply(struct server *s, struct req *r)
{
	const struct reply *reply = &r->reply;
	bool body = reply->len > 0 && !r->head;
	struct buf b;

	assert(reply->status != 0);
	buf_init(&b, r->arena, 1024 + (body ? reply->len : 0));
	reply_head(r, &b);
	if (body)
		buf_add(&b, reply->body, reply->len);
	(void)fcgi_write(s->fcgi, b.p, b.len);
}

/* The head is out, and it promised more than comes: nobody shall take it for all. */
static void
break_off(struct server *s, struct req *r, enum err e)
{
	if (e == E_STOPPED)
		log_info("%s: the caller went away", r->path);
	else
		problem_log(r, e);
	fcgi_abort(s->fcgi);
}

static void
give_reply(struct server *s, struct req *r, enum err e)
{
	if (r->reply.sent) {
		if (e != E_OK)
			break_off(s, r, e);
		return;
	}
	if (e != E_OK)
		problem_reply(r, e);
	write_reply(s, r);
}

void
server_answer(struct server *s)
{
	struct req r;

	take_request(s, &r);
	log_request(r.id);
	give_reply(s, &r, answer(s, &r));
	fcgi_finish(s->fcgi);
	log_request(NULL);
	arena_reset(s->arena);
}
