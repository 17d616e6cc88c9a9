/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.h: idempotency. A request that brings an Idempotency-Key hands its service a struct once; the service
 * claims the key as the first statement of its transaction and stores the answer with the COMMIT, so that
 * the key, the effect and the answer are there together or not at all. A saga alone commits a claim without an answer: its own
 * row then owns the key (saga_answers), and its end answers it or frees it.
 */
#ifndef SERVICE_ONCE_H
#define SERVICE_ONCE_H

#include "base/ids.h"
#include "service/mall.h"

struct db_batch;

struct once {
	const char	*caller;	/* "user:<id>" */
	const char	*key;		/* NULL: the request brought none; everything here then does nothing */
	uint8_t		 fingerprint[SHA256_LEN];	/* of method, path and body */
	int		 status;	/* of the answer that render makes */
	/* Turns the service's result into the bytes that are answered and stored. */
	const char	*(*render)(void *arg, const void *result, struct arena *a, size_t *len);
	void		*arg;
};

struct once_answer {
	int64_t		 status;
	const char	*body;
	size_t		 len;
};

/* E_OK: the key has this answer already. E_NOT_FOUND: it is free (or none was brought).
 * E_KEY_REUSED: it stands for another request. E_IN_PROGRESS: a saga has it. */
enum err once_find(struct mall *m, const struct once *o, struct once_answer *out) MUST_CHECK;

/* First in the batch: refuses at once where another transaction holds the key, else claims it. */
void once_claim(struct db_batch *b, const struct once *o, int64_t now_us);
/* What a batch's failure means where the failed statement may be the claim's: E_IN_PROGRESS, E_CONFLICT for a key that
 * is there already (the dispatcher then answers from it), else e itself. once_claim() must have come first. */
enum err once_judge(const struct once *o, int failed, enum err e) MUST_CHECK;
/* Last: renders result and lets it ride with the COMMIT. */
void once_keep(struct mall *m, const struct once *o, const void *result);

#endif
