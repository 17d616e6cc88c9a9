/* SPDX-License-Identifier: Apache-2.0 */
/*
 * req.h: one request as a handler sees it, and the route table's row.
 */
#ifndef HTTP_REQ_H
#define HTTP_REQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"
#include "service/seen.h"

#define ROUTE_PARAMS_MAX 3

struct req;
typedef enum err handler_fn(struct req *r);

enum method { GET = 1, POST, PUT, DELETE };

/* Who may come; a set. Starts at 1: a row that forgot it stops start-up. */
enum who {
	WHO_ANYONE = 1,		/* a bearer token is not looked at */
	WHO_USER = 2,
	WHO_MERCHANT = 4,
	WHO_ADMIN = 8,
	WHO_SERVICE = 16,
	WHO_LOOPBACK = 32	/* served by nginx to loopback only */
};

struct fcgi;
struct query_field;
struct answer;

struct route {
	enum method			 method;
	const char			*path;		/* "/api/mall/products/:id" */
	handler_fn			*handler;
	unsigned			 who;
	size_t				 body_max;	/* 0: takes no body */
	bool				 idempotent;	/* honours Idempotency-Key */
	bool				 public_copy;	/* the answer may be copied: same for everybody */
	const struct query_field	*query;		/* what of the query string is read */
};

/* Who the caller is, from a verified token. */
struct caller {
	enum who	 role;		/* 0: nobody */
	const char	*id;		/* sub */
	const char	*family;	/* of its login, or NULL */
	const char	*merchant;	/* of a merchant's token */
	const char	*service;	/* of a service's token */
};

struct reply {
	int		 status;	/* 0: none yet */
	const char	*body;
	size_t		 len;
	const char	*type;
	const struct answer *copy;	/* where the answer may be copied: its age and ETag */
	const char	*allow;
	int64_t		 version;	/* the ETag of an operators' answer, or I64_NONE */
	int		 retry_after_s;
	bool		 replayed;
	const char	*filename;	/* to be saved under; its length is not known before its end */
	bool		 sent;		/* the head is out: what fails now can only break off */
};

struct req {
	const struct route	*route;
	struct mall		*mall;
	struct arena		*arena;
	struct fault		*fault;
	struct caller		 caller;
	/* as they came */
	enum method		 method;
	bool			 head;
	const char		*path;
	const char		*query_string;
	const char		*id;			/* request id */
	const char		*body;
	size_t			 body_len;
	const char		*content_type;
	const char		*if_match;
	const char		*if_none_match;
	const char		*remote_addr;
	bool			 english;		/* Accept-Language */
	const char		*params[ROUTE_PARAMS_MAX];
	struct once		 once;
	struct fcgi		*fcgi;			/* for what goes out piece by piece */
	void			*query;			/* decoded by the route's query table */
	const char		*list_key;		/* the path and what the list is filtered by */
	const char		*copy_key;		/* the same with its place: names the answer */
	struct reply		 reply;
};

/* The request's body, read as fields say, into *out (whose content is the defaults). */
enum err req_json(struct req *r, const struct json_field *fields, void *out) MUST_CHECK;
/* The n-th ":param" of the path as an id; E_NOT_FOUND where it is none. */
enum err req_id(struct req *r, size_t n, const char **out) MUST_CHECK;

/* The versions of If-Match, any where none was sent, or "*". Of its ETags those that reply_versioned() gives; a weak one, or
 * anybody else's, is no row's. What is no list of ETags has none: the service then answers E_PRECONDITION. */
void req_seen(const struct req *r, struct seen *out);

/* The key that the request brought, for a service that will answer with status and view. */
const struct once *req_once(struct req *r, int status, const struct json_view *view);

/* The operator who calls, of a WHO_ADMIN or WHO_MERCHANT route. */
struct actor req_actor(const struct req *r);

/* Exactly one reply a request; the second is our bug and asserted. Return E_OK. */
enum err reply_json(struct req *r, int status, const struct json_view *view, const void *p) MUST_CHECK;
/* The same with the row's version as its ETag, for the If-Match of the next change. */
enum err reply_versioned(struct req *r, int status, const struct json_view *view, const void *p, int64_t version) MUST_CHECK;
enum err reply_empty(struct req *r, int status) MUST_CHECK;
/* {"items":[…],"nextCursor":…}: n structs of stride bytes each. */
enum err reply_page(struct req *r, const struct json_view *view, const void *items, size_t stride, size_t n,
    const struct keyset *next) MUST_CHECK;
/* {"items":[…],"nextCursor":…,"total":…}: an operators' list. The count stops at TOTAL_MAX, for it costs what it counts:
 * SELECT COUNT(*) FROM (SELECT 1 FROM … WHERE … LIMIT 10000) t. */
#define TOTAL_MAX 10000
enum err reply_page_total(struct req *r, const struct json_view *view, const void *items, size_t stride, size_t n,
    const struct keyset *next, int64_t total) MUST_CHECK;

#endif
