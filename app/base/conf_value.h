/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value.h: what the values of single settings must be beyond their type and range. For conf.c alone. */
#ifndef BASE_CONF_VALUE_H
#define BASE_CONF_VALUE_H

#include "base/arena.h"
#include "base/conf.h"

#define PORT_MAX 65535

/* What is wrong with a value, as a static English predicate, or NULL. */
typedef const char *conf_judge(const char *value);

conf_judge conf_judge_dsn, conf_judge_expiry, conf_judge_listen, conf_judge_memcached, conf_judge_url, conf_judge_zone;

/* Reads mysql://USER:PASSWORD@HOST… or unix://…, as pointsmall.conf(5) tells of points.dsn, into *out; its strings are the
 * arena's. What is wrong with it, or NULL. */
const char *conf_read_dsn(struct arena *a, const char *dsn, struct conf_db *out);

#endif
