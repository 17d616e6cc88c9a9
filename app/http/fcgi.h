/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fcgi.h: one worker's end of FastCGI. fcgi.c alone includes fcgiapp.h.
 */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>
#include <stddef.h>

struct fcgi;

/* The parameters that are read; "" where nginx sent none. Borrowed until fcgi_finish(). */
struct fcgi_params {
	const char	*method;
	const char	*path;
	const char	*query;
	const char	*request_id;
	const char	*language;
	const char	*content_type;
	const char	*content_length;
	const char	*authorization;
	const char	*idempotency_key;
	const char	*if_match;
	const char	*if_none_match;
	const char	*remote_addr;
};

/* fd is the listening socket. keep: leave a connection open that nginx wants kept, unless somebody waits to be
 * accepted (an idle kept connection pins the worker). NULL: libfcgi cannot be had. */
struct fcgi *fcgi_new(int fd, bool keep);
void fcgi_free(struct fcgi *f);

/* Waits for a request. false: interrupted, or nothing to be had just now. */
bool fcgi_accept(struct fcgi *f);
const struct fcgi_params *fcgi_params(const struct fcgi *f);
/* Reads at most n bytes of the body; returns how many, fewer only at its end. */
size_t fcgi_read(struct fcgi *f, void *out, size_t n);
/* false: nobody is there any more. */
bool fcgi_write(struct fcgi *f, const void *p, size_t n);
void fcgi_finish(struct fcgi *f);
/* In the place of fcgi_finish(), or before it: the request has no end, and nginx breaks its answer off. */
void fcgi_abort(struct fcgi *f);
/* Async-signal-safe: the next or the current wait ends. */
void fcgi_shutdown(void);

#endif
