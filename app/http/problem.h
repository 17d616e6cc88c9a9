/* SPDX-License-Identifier: Apache-2.0 */
/* problem.h: the only place where an error becomes an HTTP status (RFC 9457). */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http/req.h"

/* Makes e, with what the request's fault knows of it, the reply. Faults of our own are logged, once. */
void problem_reply(struct req *r, enum err e);
/* What e says to this caller: its detail, in its language. */
const char *problem_detail(const struct req *r, enum err e);
/* Logs e with what the request's fault knows of it. */
void problem_log(const struct req *r, enum err e);
/* The status that e becomes. */
int problem_status(enum err e);

#endif
