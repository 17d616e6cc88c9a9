/* SPDX-License-Identifier: Apache-2.0 */
/* start.h: what serve, jobs and check-config do alike before their work begins. */
#ifndef RUN_START_H
#define RUN_START_H

#include <stdbool.h>

#include "base/conf.h"

/* Reads the settings and remembers where they were; complaints go to standard error, one a line. NULL: there were
 * some. */
struct conf *start_read(const char *path);
/* Reads the same file again; complaints go to the log. NULL: there were some. The caller frees it. */
struct conf *start_reread(void);

/* How much is logged, and as whom. */
void start_log(const struct conf *conf, const char *role);

/* Whether this program may work on the database: false (and one line logged) where the schema is older than its
 * newest migration or cannot be read. An unreachable database is logged and is true: it may come back. */
bool start_schema(const struct conf *conf);

/* A conf_complain: one line on standard error. */
void start_complain(void *arg, const char *message);

#endif
