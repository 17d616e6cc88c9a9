/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h: one JSON object a line on standard error, written in one write(2), so that lines of several
 * processes never mix. Never tokens, secrets, phone numbers.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG = 1, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below level are dropped; role ("master", "worker", "jobs") is put into each line. */
void log_setup(enum log_level level, const char *role);
/* The request id put into each line until it is set to NULL. Borrowed. */
void log_request(const char *request_id);
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
