/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h: comma-separated values (RFC 4180, UTF-8), in and out.
 *
 * In:  records of any stream in constant memory; or a whole text with a header line into an array of structs, as a table of
 *      json_fields says: the same types, ranges and strictness as JSON, one grammar for both.
 * Out: rows as a table of json_views says. What a spreadsheet would take for a formula is made text by an apostrophe,
 *      which csv_decode() takes off again.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/json.h"

#define CSV_CELLS_MAX 64
#define CSV_RECORD_MAX 65536
/* At the start of a file: without it spreadsheet programs take UTF-8 for something else. */
#define CSV_BOM "\xef\xbb\xbf"

/* ---- in ---- */

/* Reads at most n bytes (the first time 3 at least, where there are as many); 0 at the end, -1: failed. */
typedef long csv_read_fn(void *arg, char *out, size_t n);

struct csv_record {
	int64_t		 line;	/* where it begins; the first is 1 */
	size_t		 ncells;
	const char	*cells[CSV_CELLS_MAX];	/* each a string, good until the next record */
};

/* What is wrong with a record. */
struct csv_wrong {
	const char	*zh;
	const char	*en;
};

enum csv_got { CSV_RECORD = 1, CSV_WRONG, CSV_FAILED, CSV_END };

struct csv;

struct csv *csv_new(struct arena *a, csv_read_fn *read, void *arg);
/* The next record; blank lines and a byte order mark are passed over. CSV_WRONG: the record at out->line is none, as *wrong
 * says (no UTF-8, a NUL, quotes where none may be, too many or too long cells); the next call goes on after it.
 * CSV_FAILED: the reading did. */
enum csv_got csv_next(struct csv *c, struct csv_record *out, struct csv_wrong *wrong);

/* Whether f is one of n columns. */
bool csv_has_column(const struct json_field *const *columns, size_t n, const struct json_field *f);

struct csv_rows {
	void	*items;
	int64_t	*lines;	/* where each began */
	size_t	 n;
};

/* Reads text, whose first record names the columns, into structs of stride bytes. Each begins as a copy of defaults (NULL:
 * zeros); a column that is not there, or an empty cell, is a member that is not there: JSON_REQUIRED ones are missed,
 * JSON_NULLABLE ones become null where the column is there. Lists and objects are cells of JSON.
 * E_INVALID: every bad cell is named in f as "line N, column", and there are no rows. At most max rows. */
enum err csv_decode(const char *text, size_t n, const struct json_field *fields, size_t stride, const void *defaults,
    size_t max, struct arena *a, struct fault *f, struct csv_rows *out) MUST_CHECK;

/* ---- out ---- */

/* Appends the names of the columns, or a row, with its line end. Columns are strings, raw text, integers, booleans and times. */
void csv_add_header(struct buf *b, const struct json_view *columns);
void csv_add_row(struct buf *b, const struct json_view *columns, const void *row);
/* Appends s as a cell: quoted where it must be, made text where a spreadsheet would compute it. NULL is empty. */
void csv_add_text(struct buf *b, const char *s);
/* A cell of csv_add_text() as it was before. */
const char *csv_plain(const char *cell);

#endif
