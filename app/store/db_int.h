/* SPDX-License-Identifier: Apache-2.0 */
/* db_int.h: what the files of the database share: the connection without its driver. For store/ alone. */
#ifndef STORE_DB_INT_H
#define STORE_DB_INT_H

#include "store/db.h"

/* One text result of a multi-statement trip. */
struct db_result {
	uint64_t	 affected;
	bool		 has_row;
	const char	**cells;	/* the first row's, in the arena; NULL cells are SQL NULL */
	size_t		*lens;
	size_t		 ncells;
};

typedef enum err db_result_fn(void *arg, int index, const struct db_result *r);

/* Asserts that the arguments are of the statement's number and types. */
void db_check_args(enum query q, const struct db_arg *args, size_t nargs);
/* Appends s escaped for a quoted literal of this connection. */
void db_escape(struct db *db, struct buf *out, const char *s, size_t n);
/* Appends q with its arguments escaped in. Types are held against the statement's. */
void db_text(struct db *db, struct buf *out, enum query q, const struct db_arg *args, size_t nargs);
/* Sends text and gives each statement's result to fn, by its index. *reached is the index of the last
 * statement that answered or failed. what names the trip, for messages and failpoints. */
enum err db_trip(struct db *db, const char *what, const struct buf *text, struct arena *a, db_result_fn *fn, void *arg,
    int *reached) MUST_CHECK;
/* Connects where needed, for the texts of a trip within db_tx(). */
enum err db_trip_open(struct db *db) MUST_CHECK;
/* A column's value, whichever protocol it came by. */
struct db_value {
	bool		 null;
	const char	*p;	/* of text and bytes, in the arena */
	size_t		 n;
	int64_t		 i;	/* of integers and booleans; of times in microseconds */
};

/* Into the member of the struct at out that col names. */
void db_put(const struct db_col *col, const struct db_value *v, void *out);
/* One text cell into the struct member that col names. */
enum err db_cell(struct db *db, const struct db_col *col, const char *cell, size_t len, void *out) MUST_CHECK;
struct fault *db_fault(struct db *db);

#endif
