/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi.c: libfcgi, for one worker; the only file that includes it. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>

#include "base/failpoint.h"
#include "http/fcgi.h"

#define SOCKET_HOLDS 65536

struct fcgi {
	FCGX_Request		 request;
	struct fcgi_params	 params;
	int			 fd;
	bool			 keep;
	size_t			 read;		/* of the request's body */
};

#define PARAM(name, member) { name, sizeof(name) - 1, offsetof(struct fcgi_params, member) }

static const struct {
	const char	*name;
	size_t		 len;
	size_t		 off;
} names[] = {
	PARAM("REQUEST_METHOD", method),
	PARAM("DOCUMENT_URI", path),
	PARAM("QUERY_STRING", query),
	PARAM("REQUEST_ID", request_id),
	PARAM("HTTP_ACCEPT_LANGUAGE", language),
	PARAM("CONTENT_TYPE", content_type),
	PARAM("CONTENT_LENGTH", content_length),
	PARAM("HTTP_AUTHORIZATION", authorization),
	PARAM("HTTP_IDEMPOTENCY_KEY", idempotency_key),
	PARAM("HTTP_IF_MATCH", if_match),
	PARAM("HTTP_IF_NONE_MATCH", if_none_match),
	PARAM("REMOTE_ADDR", remote_addr),
};

#define NAMES (sizeof(names) / sizeof(names[0]))

struct fcgi *
fcgi_new(int fd, bool keep)
{
	struct fcgi *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->fd = fd;
	f->keep = keep;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&f->request, fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		free(f);
		return NULL;
	}
	return f;
}

void
fcgi_free(struct fcgi *f)
{
	if (f == NULL)
		return;
	FCGX_Free(&f->request, 1);
	free(f);
}

/* The first of a parameter sent twice counts, as FCGX_GetParam() has it. */
static void
take_param(struct fcgi_params *out, const char *line)
{
	for (size_t i = 0; i < NAMES; i++) {
		const char **at = (const char **)(void *)((char *)out + names[i].off);

		if (strncmp(line, names[i].name, names[i].len) != 0 || line[names[i].len] != '=')
			continue;
		if ((*at)[0] == '\0')
			*at = line + names[i].len + 1;
		return;
	}
}

bool
fcgi_accept(struct fcgi *f)
{
	if (FCGX_Accept_r(&f->request) != 0)
		return false;
	f->read = 0;
	f->params = (struct fcgi_params){ "", "", "", "", "", "", "", "", "", "", "", "" };
	for (char **p = f->request.envp; *p != NULL; p++)
		take_param(&f->params, *p);
	return true;
}

const struct fcgi_params *
fcgi_params(const struct fcgi *f)
{
	return &f->params;
}

size_t
fcgi_read(struct fcgi *f, void *out, size_t n)
{
	int got = FCGX_GetStr(out, (int)n, f->request.in);

	if (got <= 0)
		return 0;
	f->read += (size_t)got;
	return (size_t)got;
}

bool
fcgi_write(struct fcgi *f, const void *p, size_t n)
{
	if (!FAILPOINT("reply", "", "before"))
		(void)FCGX_PutStr(p, (int)n, f->request.out);
	return FCGX_GetError(f->request.out) == 0;
}

static bool
somebody_waits(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) > 0;
}

/* Before it closes a connection libfcgi shuts it down and waits for the peer's end, in case a part of the request was not
 * read yet: closed then, it would take the answer with it. Where all was read that costs three system calls for nothing; a
 * "detached" request is closed without. */
static void
close_at_once_if_read(FCGX_Request *request)
{
	FCGX_Attach(request);
	if (FCGX_GetChar(request->in) == EOF)
		FCGX_Detach(request);
}

void
fcgi_abort(struct fcgi *f)
{
	FCGX_Detach(&f->request);
	FCGX_Free(&f->request, 1);
}

/* nginx stops sending once it has the head of an answer. Of a body that does not fit a socket's buffer the end may then still
 * be with it, and never come: who waited for it would hold back the rest of the answer for ever. */
static bool
end_may_be_missing(const struct fcgi *f)
{
	return f->read > SOCKET_HOLDS;
}

void
fcgi_finish(struct fcgi *f)
{
	if (f->request.in == NULL)
		return;
	if (!f->keep || somebody_waits(f->fd) || end_may_be_missing(f))
		f->request.keepConnection = 0;
	if (!end_may_be_missing(f))
		close_at_once_if_read(&f->request);
	FCGX_Finish_r(&f->request);
	(void)FAILPOINT("reply", "", "after");
}

void
fcgi_shutdown(void)
{
	FCGX_ShutdownPending();
}
