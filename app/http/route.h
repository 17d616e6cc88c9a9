/* SPDX-License-Identifier: Apache-2.0 */
/* route.h: which row of the route table a request is for. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/req.h"

/* Finds r->route and r->params for r->method and r->path. E_NOT_FOUND: no such path; E_METHOD: the path is known with other
 * methods, which r->reply.allow then names. */
enum err route_find(const struct route *routes, struct req *r) MUST_CHECK;

const char *method_name(enum method m);
/* The words of a route's who, as `pointsmall routes` prints them: "user,admin". */
const char *who_names(unsigned who, struct arena *a);

#endif
