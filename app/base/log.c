/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one JSON object a line on standard error. In every process. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* PIPE_BUF on Linux: a longer write to a pipe might be mixed with another's. */
#define LINE_MAX_BYTES 4096
/* Room kept for the end of the line. */
#define TAIL 4

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error",
};

static enum log_level	 threshold = LOG_INFO;
static const char	*process_role = "main";
static const char	*request;

struct line {
	char	text[LINE_MAX_BYTES];
	size_t	len;
};

void
log_setup(enum log_level level, const char *role)
{
	threshold = level;
	process_role = role;
}

void
log_request(const char *request_id)
{
	request = request_id;
}

/* All of p or, where the line is full, nothing. */
static void
put(struct line *l, const char *p, size_t n)
{
	if (n > sizeof(l->text) - TAIL - l->len)
		return;
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static void
put_escaped(struct line *l, const char *s)
{
	const char	*end = s + strlen(s);
	char		 esc[8];

	while (s < end) {
		size_t n = utf8_step(s, end);

		if (n == 0) {
			put(l, "\xef\xbf\xbd", 3);
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			put(l, (char[]){ '\\', *s }, 2);
		} else if ((unsigned char)*s < 0x20) {
			(void)snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)*s);
			put(l, esc, 6);
		} else {
			put(l, s, n);
		}
		s += n;
	}
}

static void
put_member(struct line *l, const char *name, const char *value)
{
	put(l, ",\"", 2);
	put(l, name, strlen(name));
	put(l, "\":\"", 3);
	put_escaped(l, value);
	put(l, "\"", 1);
}

static void
put_head(struct line *l, enum log_level level)
{
	struct clock_parts	t;
	char			head[128];
	int			n;

	clock_split(clock_now_us(), &t);
	n = snprintf(head, sizeof(head),
	    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"level\":\"%s\",\"pid\":%ld", t.year, t.month,
	    t.day, t.hour, t.minute, t.second, t.us / 1000, level_names[level], (long)getpid());
	put(l, head, (size_t)n);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char		message[2048];
	struct line	l;
	va_list		ap;
	int		saved = errno;

	if (level < threshold)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	l.len = 0;
	put_head(&l, level);
	put_member(&l, "role", process_role);
	if (request != NULL)
		put_member(&l, "requestId", request);
	put(&l, ",\"message\":\"", 12);
	put_escaped(&l, message);
	memcpy(l.text + l.len, "\"}\n", 3);
	/* Nobody is left to tell where standard error itself fails. */
	if (write(STDERR_FILENO, l.text, l.len + 3) < 0)
		l.len = 0;
	errno = saved;
}
