/* SPDX-License-Identifier: Apache-2.0 */
/* err.c: the names of the errors, and how a detail gets into a fault. In every process. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[E__MAX] = {
	[E_OK] = "ok",
	[E_INVALID] = "invalid_request",
	[E_CURSOR] = "invalid_cursor",
	[E_UNAUTHORIZED] = "unauthorized",
	[E_TOKEN_EXPIRED] = "token_expired",
	[E_SIGNATURE] = "invalid_signature",
	[E_FORBIDDEN] = "forbidden",
	[E_NOT_FOUND] = "not_found",
	[E_METHOD] = "method_not_allowed",
	[E_UNAVAILABLE] = "product_unavailable",
	[E_PRICE_CHANGED] = "price_changed",
	[E_LIMIT] = "purchase_limit_exceeded",
	[E_POINTS] = "insufficient_points",
	[E_STOCK] = "out_of_stock",
	[E_STATE] = "invalid_state",
	[E_IN_PROGRESS] = "idempotency_in_progress",
	[E_CONFLICT] = "conflict",
	[E_PRECONDITION] = "precondition_failed",
	[E_TOO_LARGE] = "payload_too_large",
	[E_MEDIA_TYPE] = "unsupported_media_type",
	[E_KEY_REUSED] = "idempotency_key_reused",
	[E_RATE] = "rate_limited",
	[E_INTERNAL] = "internal",
	[E_UPSTREAM] = "upstream_failed",
	[E_DOWN] = "unavailable",
	[E_UNCERTAIN] = "unavailable",
	[E_TIMEOUT] = "timeout",
	/* A caller that sees one of these sees a bug of ours. */
	[E_GUARD] = "internal",
	[E_DUPLICATE] = "internal",
	[E_DEADLOCK] = "internal",
	[E_LOCK_WAIT] = "internal",
	[E_STOPPED] = "internal",
};

enum err
fault_field(struct fault *f, const char *field, const char *zh, const char *en)
{
	f->code = E_INVALID;
	if (f->nfields < FAULT_FIELDS_MAX)
		f->fields[f->nfields++] = (struct fault_field){ .field = field, .zh = zh, .en = en };
	return E_INVALID;
}

enum err
fault_detail(struct fault *f, enum err code, const char *zh, const char *en)
{
	f->code = code;
	f->detail_zh = zh;
	f->detail_en = en;
	return code;
}

enum err
fault_note(struct fault *f, enum err code, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	f->code = code;
	f->file = file;
	f->line = line;
	va_start(ap, fmt);
	(void)vsnprintf(f->cause, sizeof(f->cause), fmt, ap);
	va_end(ap);
	return code;
}

const char *
err_name(enum err e)
{
	if ((unsigned)e >= E__MAX)
		return "internal";
	return names[e];
}
