/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.h: users, balances and records of the system that was there before. Everything is staged first; only if no
 * line is wrong is it brought in, some accounts a transaction. An account comes once: whoever breaks off and begins
 * again with the same lines has it done in the end. For one process that does nothing else.
 */
#ifndef SERVICE_IMPORT_H
#define SERVICE_IMPORT_H

#include "base/ids.h"
#include "service/mall.h"

#define IMPORT_LINES_MAX 500	/* staged at once */
#define IMPORT_POINTS_MAX INT64_C(1000000000000000)

struct import_account {
	int64_t		 line;
	const char	*openid;
	const char	*unionid;	/* NULL: none */
	const char	*nickname;
	int64_t		 balance;
	int64_t		 created_at_us;
};

struct import_record {
	int64_t		 line;
	const char	*record_id;	/* the other system's */
	const char	*openid;
	const char	*type;
	int64_t		 points;
	const char	*description;
	const char	*related_id;	/* NULL: none */
	int64_t		 created_at_us;
};

struct import_sum {
	int64_t	accounts;	/* that came in */
	int64_t	there;		/* that had come in before */
	int64_t	points;
	int64_t	wrong;
};

struct import {
	struct mall	*mall;
	struct arena	*arena;		/* reset by each step */
	struct fault	 fault;
	char		 holder[ID_LEN + 1];
	int64_t		 bad;		/* lines that were told */
	/* A line that is wrong: the file by its number. */
	void		(*complain)(void *arg, int64_t file, int64_t line, const char *message);
	void		*arg;
	struct import_sum sum;
};

/* Waits until no other import runs, and forgets what one left that was broken off. mall and arena are borrowed. */
enum err import_begin(struct import *im) MUST_CHECK;
/* Stages up to IMPORT_LINES_MAX lines of a file. */
enum err import_stage_accounts(struct import *im, int64_t file, const struct import_account *a, size_t n) MUST_CHECK;
enum err import_stage_records(struct import *im, int64_t file, const struct import_record *r, size_t n) MUST_CHECK;
/* Holds what is staged against itself and against what is there; every wrong line is told. */
enum err import_check(struct import *im) MUST_CHECK;
/* Brings in what was staged of files 0 to nfiles - 1. E_CONFLICT: an account is not what its line says; it and those after it
 * were left out. */
enum err import_apply(struct import *im, int64_t nfiles) MUST_CHECK;
/* Forgets what was staged, and lets others import. */
enum err import_end(struct import *im) MUST_CHECK;

#endif
