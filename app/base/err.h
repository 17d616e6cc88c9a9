/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h: the one error type of the house, and the detail that travels with it.
 *
 * Every function that can fail returns enum err; what a caller needs to know beyond the code is
 * written into the request's struct fault where the error arises. Only http/problem.c turns
 * either into an HTTP status.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err {
	E_OK = 0,
	/* what the caller did */
	E_INVALID,		/* 400 invalid_request */
	E_CURSOR,		/* 400 invalid_cursor */
	E_UNAUTHORIZED,		/* 401 */
	E_TOKEN_EXPIRED,	/* 401 */
	E_SIGNATURE,		/* 401 invalid_signature */
	E_FORBIDDEN,		/* 403 */
	E_NOT_FOUND,		/* 404 */
	E_METHOD,		/* 405 */
	E_UNAVAILABLE,		/* 409 product_unavailable */
	E_PRICE_CHANGED,	/* 409 */
	E_LIMIT,		/* 409 purchase_limit_exceeded */
	E_POINTS,		/* 409 insufficient_points */
	E_STOCK,		/* 409 out_of_stock */
	E_STATE,		/* 409 invalid_state */
	E_IN_PROGRESS,		/* 409 idempotency_in_progress */
	E_CONFLICT,		/* 409 */
	E_PRECONDITION,		/* 412 */
	E_TOO_LARGE,		/* 413 */
	E_MEDIA_TYPE,		/* 415 */
	E_KEY_REUSED,		/* 422 idempotency_key_reused */
	E_RATE,			/* 429 */
	/* what happened to us */
	E_INTERNAL,		/* 500 */
	E_UPSTREAM,		/* 502 */
	E_DOWN,			/* 503: the database cannot be reached */
	E_UNCERTAIN,		/* 503: lost at COMMIT; it may or may not have happened */
	E_TIMEOUT,		/* 504 */
	/* between floors only; never reach a caller */
	E_GUARD,		/* a batch's guard did not hold: nothing happened */
	E_DUPLICATE,		/* a UNIQUE key was there already */
	E_DEADLOCK,		/* the transaction must be run again from its start */
	E_LOCK_WAIT,		/* waited too long for a row lock; run again after ROLLBACK */
	E_STOPPED,		/* who was given rows wants no more of them */
	E__MAX
};

/* A bad field of the input, in both languages of the shop. */
struct fault_field {
	const char	*field;
	const char	*zh;
	const char	*en;
};

#define FAULT_FIELDS_MAX 100

struct fault {
	enum err		 code;
	const char		*detail_zh;	/* NULL: the code's own text */
	const char		*detail_en;
	struct fault_field	 fields[FAULT_FIELDS_MAX];
	size_t			 nfields;
	const char		*extra_name;	/* one more member of the problem, or NULL */
	int64_t			 extra;
	int			 retry_after_s;	/* 0: none */
	const char		*file;		/* where our own fault arose, for the log */
	int			 line;
	char			 cause[256];	/* for the log only, never for the caller */
};

/* Names a bad field; the strings must live as long as the request. Returns E_INVALID. */
enum err fault_field(struct fault *f, const char *field, const char *zh, const char *en);

/* Gives the caller a detail beyond the code's own text. Returns code. */
enum err fault_detail(struct fault *f, enum err code, const char *zh, const char *en);

/* Notes a fault of our own or of an upstream, for the log. Returns code. Use FAULT(). */
enum err fault_note(struct fault *f, enum err code, const char *file, int line, const char *fmt, ...) PRINTF_LIKE(5, 6);
#define FAULT(f, code, ...) fault_note((f), (code), __FILE__, __LINE__, __VA_ARGS__)

/* The code's stable name as clients see it ("out_of_stock"). */
const char *err_name(enum err e);

#endif
