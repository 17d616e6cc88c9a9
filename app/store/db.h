/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h: the truth. One struct db is one connection of one process, opened when first used and
 * reopened by the next use after it was lost. db.c alone includes mysql.h.
 *
 * Statements are rows of the generated table (sql/query/ *.sql → store/queries.h): name, text, the types of its
 * parameters and of its columns. Nothing else is ever sent, and no value is ever put into SQL outside db.c.
 *
 * Errors: E_DOWN (no connection, or lost), E_DUPLICATE (a UNIQUE key), E_DEADLOCK, E_LOCK_WAIT, E_TIMEOUT,
 * E_INTERNAL (anything else; noted in the fault). Only db_tx() and its callers see the retryable ones; of a
 * statement outside a transaction they are E_DOWN.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/row.h"
#include "store/queries.h"

struct db;

/* How a connection may be used; DB_BATCH alone has multi-statements on. */
enum db_use { DB_PLAIN = 1, DB_BATCH, DB_OWNER };

/* To the mall's own database. Does not connect yet. conf is borrowed for life. */
struct db *db_new(const struct conf *conf, enum db_use use);
/* The same to the database of the points, where that is another one (conf_points_apart()). */
struct db *db_new_points(const struct conf *conf, enum db_use use);
void db_free(struct db *db);
/* Where faults are noted, and the time after which nothing is rerun, for the request that begins.
 * Both are borrowed until the next call. */
void db_request(struct db *db, struct fault *fault, int64_t deadline_mono_us);
/* From now on whatever this connection waits for is broken off at that time, to the millisecond and whatever it is in, and
 * then is a connection lost; 0: no more. One connection of a process at a time. */
void db_cut_at(struct db *db, int64_t mono_us);
/* Connects if it is not connected, and asks the server whether it is there. */
enum err db_ping(struct db *db) MUST_CHECK;

/* ---- parameters ---- */

struct db_arg {
	char		 type;	/* 's' text, 'b' bytes, 'i' integer, 't' time in microseconds, 0: NULL */
	int64_t		 i;
	const void	*p;
	size_t		 n;
};

struct db_arg A_STR(const char *s);		/* NULL is NULL */
struct db_arg A_BIN(const void *p, size_t n);	/* p NULL is NULL */
struct db_arg A_I64(int64_t i);			/* I64_NONE is NULL */
struct db_arg A_TIME(int64_t us);		/* 0 is NULL */
/* Patterns for LIKE: what begins with s, and what has s in it; no character of s is a wildcard. NULL is NULL. */
struct db_arg A_PREFIX(struct arena *a, const char *s);
struct db_arg A_PART(struct arena *a, const char *s);

/* An argument list and its length, as two arguments. */
#define ARGS(...) (const struct db_arg[]){ __VA_ARGS__ }, sizeof((const struct db_arg[]){ __VA_ARGS__ }) / sizeof(struct db_arg)
#define NO_ARGS NULL, 0

/* ---- rows to structs ---- */

struct db_col {
	char	type;	/* 's' const char *, 'i' int64_t, 'o' bool, 't' int64_t microseconds, 'b' struct db_bin; 0 ends */
	size_t	off;
};

struct db_bin {
	const uint8_t	*p;
	size_t		 n;
};

#define DB_OFF(s, m, t) (offsetof(s, m) + 0 * sizeof(char[_Generic(((s *)0)->m, t: 1, default: -1)]))
#define DB_STR(s, m) { 's', DB_OFF(s, m, const char *) }	/* SQL NULL: NULL */
#define DB_I64(s, m) { 'i', DB_OFF(s, m, int64_t) }		/* SQL NULL: I64_NONE */
#define DB_BOOL(s, m) { 'o', DB_OFF(s, m, bool) }		/* SQL NULL: false */
#define DB_TIME(s, m) { 't', DB_OFF(s, m, int64_t) }		/* SQL NULL: 0 */
#define DB_BIN(s, m) { 'b', DB_OFF(s, m, struct db_bin) }	/* SQL NULL: p NULL */
#define DB_END { 0, 0 }

/* The one row of a SELECT into *out; E_NOT_FOUND where there is none. Strings are the arena's. */
enum err db_row(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols,
    struct arena *a, void *out) MUST_CHECK;
/* All rows of a SELECT, as an array of stride bytes each in the arena. At most max; more is E_INTERNAL. */
enum err db_rows(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols,
    struct arena *a, size_t stride, size_t max, void *rows, size_t *nrows) MUST_CHECK;
/* Each row of a SELECT, as it comes, into the same struct of size bytes, and that to fn: no more than one is ever held. When fn
 * says anything but E_OK the connection is closed, which ends the statement, and that is returned. E_TIMEOUT: the request's
 * deadline came. */
enum err db_each(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols,
    struct arena *a, size_t size, row_fn *fn, void *arg) MUST_CHECK;
/* A statement without a result. affected may be NULL: then the caller says that the count does not matter. */
enum err db_exec(struct db *db, enum query q, const struct db_arg *args, size_t nargs, uint64_t *affected) MUST_CHECK;

/* ---- transactions ---- */

/* Runs in a transaction; may be run again from its start, so it changes nothing but the database and its own
 * results. E_OK commits, anything else rolls back. */
typedef enum err db_tx_fn(struct db *db, void *arg);

/* fn in a transaction, rerun as a whole (a bounded number of times, within the request's deadline) on a deadlock,
 * a lock wait, a Galera conflict, or a connection lost before COMMIT was sent. E_UNCERTAIN: lost at COMMIT.
 * db is a DB_BATCH connection. */
enum err db_tx(struct db *db, db_tx_fn *fn, void *arg) MUST_CHECK;

/* Inside db_tx: a statement that rides in the COMMIT's round trip. It must be an INSERT … VALUES: that adds its row
 * or fails, and a failure stops the batch before COMMIT, so no affected-row count is left unseen. One a
 * transaction; the arguments are copied. */
void db_tx_with_commit(struct db *db, enum query q, const struct db_arg *args, size_t nargs);

/* A batch: named statements sent in one round trip inside db_tx. Each one's affected rows are held against
 * min..max afterwards. */
struct db_batch;

#define DB_ANY_ROWS UINT64_MAX

struct db_batch *db_batch_new(struct db *db, struct arena *a);
/* Adds a statement; returns its index. */
int db_batch_add(struct db_batch *b, enum query q, const struct db_arg *args, size_t nargs, uint64_t min, uint64_t max);
/* Adds a SELECT of at most one row, read into *out when the batch is run; no row counts as 0 of min 1. */
int db_batch_row(struct db_batch *b, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols,
    void *out);
/* Sends it. E_OK: every statement did what was expected. Else *failed is the index of the first that did not, with
 * E_GUARD where its count was off (the later ones were run too, or failed because of it), or its error. */
enum err db_batch_run(struct db_batch *b, int *failed) MUST_CHECK;

/* ---- the schema (migrate.c) ---- */

/* The highest migration applied (0: none). */
enum err db_schema_version(struct db *db, int64_t *version) MUST_CHECK;
/* Runs all text as one owner's script, statement by statement (migrations, demo). DB_OWNER connections only. */
enum err db_script(struct db *db, const char *text) MUST_CHECK;

#endif
