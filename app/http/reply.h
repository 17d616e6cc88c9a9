/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: a reply's head, as FastCGI has it. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/req.h"

/* Appends the lines of r's reply, and the empty one after them. */
void reply_head(const struct req *r, struct buf *out);

#endif
