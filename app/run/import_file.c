/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_file.c: one CSV file of accounts or of records. A line is made the JSON object that it stands for and read by a
 * table of fields, as a request's body is.
 */
#include "run/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/json.h"

#define BIG_TEXT 64
#define AHEAD_MAX_US (INT64_C(86400) * US_PER_S)

static const struct json_field account_fields[] = {
	JSON_STR(struct import_account, openid, "openid", JSON_REQUIRED, 1, BIG_TEXT),
	JSON_STR(struct import_account, unionid, "unionid", JSON_OPTIONAL, 1, BIG_TEXT),
	JSON_STR(struct import_account, nickname, "nickname", JSON_OPTIONAL, 0, 32),
	JSON_I64(struct import_account, balance, "balance", JSON_REQUIRED, 0, IMPORT_POINTS_MAX),
	JSON_TIME(struct import_account, created_at_us, "created_at", JSON_REQUIRED),
	JSON_END,
};

static const struct json_field record_fields[] = {
	JSON_STR(struct import_record, record_id, "record_id", JSON_REQUIRED, 1, BIG_TEXT),
	JSON_STR(struct import_record, openid, "openid", JSON_REQUIRED, 1, BIG_TEXT),
	JSON_STR(struct import_record, type, "type", JSON_REQUIRED, 1, 32),
	JSON_I64(struct import_record, points, "points", JSON_REQUIRED, -IMPORT_POINTS_MAX, IMPORT_POINTS_MAX),
	JSON_STR(struct import_record, description, "description", JSON_REQUIRED, 1, 200),
	JSON_STR(struct import_record, related_id, "related_id", JSON_OPTIONAL, 1, 36),
	JSON_TIME(struct import_record, created_at_us, "created_at", JSON_REQUIRED),
	JSON_END,
};

/* The mall's own types need an order of the mall. */
static const struct {
	const char	*name;
	int		 sign;	/* of the points; 0: either */
} types[] = {
	{ "payment_reward", 1 }, { "payment_refund", -1 }, { "debt_settlement", -1 }, { "adjust", 0 }, { "expire", -1 },
};

struct reading {
	struct import			*im;
	int64_t				 file;
	int				 fd;
	struct arena			*steady;	/* the reader's */
	struct arena			*batch;		/* of the lines that wait to be staged */
	struct csv			*csv;
	struct csv_record		 record;
	enum import_kind		 kind;
	const struct json_field		*fields;
	const struct json_field		*columns[CSV_CELLS_MAX];
	size_t				 ncolumns;
	struct import_account		*accounts;
	struct import_record		*records;
	size_t				 n;		/* lines that wait */
	int64_t				 staged;
};

static long
read_fd(void *arg, char *out, size_t n)
{
	const struct reading *r = arg;
	ssize_t got;

	do {
		got = read(r->fd, out, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

static enum err
bad(struct reading *r, const char *column, const char *message)
{
	const char *text = column != NULL ? arena_printf(r->batch, "%s: %s", column, message) : message;

	r->im->complain(r->im->arg, r->file, r->record.line, text);
	r->im->bad++;
	return E_INVALID;
}

/* ---- the header ---- */

/* By the one column that the other has not. */
static void
judge_kind(struct reading *r)
{
	for (size_t i = 0; i < r->record.ncells && r->kind == IMPORT_NONE; i++) {
		if (strcmp(r->record.cells[i], "balance") == 0)
			r->kind = IMPORT_ACCOUNTS;
		else if (strcmp(r->record.cells[i], "record_id") == 0)
			r->kind = IMPORT_RECORDS;
	}
	r->fields = r->kind == IMPORT_ACCOUNTS ? account_fields : record_fields;
}

static enum err
take_columns(struct reading *r)
{
	enum err e = E_OK;

	for (size_t i = 0; i < r->record.ncells; i++) {
		const struct json_field *f = json_field_named(r->fields, r->record.cells[i]);

		if (f == NULL)
			e = bad(r, r->record.cells[i], "is not a known column");
		else if (csv_has_column(r->columns, r->ncolumns, f))
			e = bad(r, r->record.cells[i], "the column is there twice");
		r->columns[r->ncolumns++] = f;
	}
	for (const struct json_field *f = r->fields; f->type != JSON_IN_END; f++)
		if ((f->flags & JSON_REQUIRED) && !csv_has_column(r->columns, r->ncolumns, f))
			e = bad(r, f->name, "the column is missing");
	return e;
}

static enum err
take_header(struct reading *r)
{
	struct csv_wrong wrong = { NULL, "the first line must name the columns" };
	enum csv_got got;

	r->record.line = 1;
	if ((got = csv_next(r->csv, &r->record, &wrong)) == CSV_FAILED)
		return bad(r, NULL, strerror(errno));
	if (got != CSV_RECORD)
		return bad(r, NULL, wrong.en);
	judge_kind(r);
	if (r->kind == IMPORT_NONE)
		return bad(r, NULL, "must have the column balance (accounts) or record_id (records)");
	return take_columns(r);
}

/* ---- lines ---- */

static void
add_cell(struct reading *r, struct buf *b, const struct json_field *f, const char *cell)
{
	size_t at;

	if (*cell == '\0')
		return;
	if (b->len > 1)
		buf_addc(b, ',');
	json_encode_str(b, f->name);
	buf_addc(b, ':');
	if (f->type == JSON_IN_I64 && json_check(cell, strlen(cell), r->batch, &at) == NULL)
		buf_adds(b, cell);
	else
		json_encode_str(b, cell);
}

/* The line into the struct at out, whose content is the defaults. */
static enum err
decode_line(struct reading *r, void *out)
{
	struct fault f = { .nfields = 0 };
	struct buf b;
	enum err e;

	if (r->record.ncells != r->ncolumns)
		return bad(r, NULL, "has not as many cells as the first line");
	buf_init(&b, r->batch, 512);
	buf_addc(&b, '{');
	for (size_t i = 0; i < r->ncolumns; i++)
		add_cell(r, &b, r->columns[i], r->record.cells[i]);
	buf_addc(&b, '}');
	e = json_decode(b.p, b.len, r->fields, r->batch, &f, out);
	for (size_t i = 0; i < f.nfields; i++)
		(void)bad(r, f.fields[i].field, f.fields[i].en);
	return e;
}

/* Columns of bytes: characters are not what their length is counted in. */
static enum err
check_bytes(struct reading *r, const char *column, const char *text)
{
	return text == NULL || strlen(text) <= BIG_TEXT ? E_OK : bad(r, column, "must be at most 64 bytes");
}

static enum err
check_time(struct reading *r, int64_t us)
{
	/* The columns have milliseconds, and their 0 is no time. */
	if (us < US_PER_MS)
		return bad(r, "created_at", "must be after 1970-01-01T00:00:00Z");
	return us <= clock_now_us() + AHEAD_MAX_US ? E_OK : bad(r, "created_at", "must not be in the future");
}

static enum err
take_account(struct reading *r)
{
	struct import_account *a = &r->accounts[r->n];
	enum err e;

	*a = (struct import_account){ .nickname = "" };
	if ((e = decode_line(r, a)) != E_OK || (e = check_bytes(r, "openid", a->openid)) != E_OK ||
	    (e = check_time(r, a->created_at_us)) != E_OK)
		return e;
	a->line = r->record.line;
	return check_bytes(r, "unionid", a->unionid);
}

static enum err
check_points(struct reading *r, const struct import_record *v)
{
	size_t i = 0, n = sizeof(types) / sizeof(types[0]);

	while (i < n && strcmp(types[i].name, v->type) != 0)
		i++;
	if (i == n)
		return bad(r, "type", "must be payment_reward, payment_refund, debt_settlement, adjust or expire");
	if (v->points == 0)
		return bad(r, "points", "must not be 0");
	if (types[i].sign != 0 && (types[i].sign > 0) != (v->points > 0))
		return bad(r, "points", types[i].sign > 0 ? "must be positive with this type" : "must be negative with this type");
	return E_OK;
}

static enum err
take_record(struct reading *r)
{
	struct import_record *v = &r->records[r->n];
	enum err e;

	*v = (struct import_record){ 0 };
	if ((e = decode_line(r, v)) != E_OK || (e = check_bytes(r, "openid", v->openid)) != E_OK ||
	    (e = check_time(r, v->created_at_us)) != E_OK)
		return e;
	v->line = r->record.line;
	return check_points(r, v);
}

static enum err
take_line(struct reading *r)
{
	enum err e = r->kind == IMPORT_ACCOUNTS ? take_account(r) : take_record(r);

	if (e == E_OK)
		r->n++;
	return e;
}

/* Once a line was wrong nothing comes in, and the rest is only read for what else is wrong. */
static enum err
stage(struct reading *r)
{
	enum err e = E_OK;

	if (r->im->bad == 0 && r->kind == IMPORT_ACCOUNTS)
		e = import_stage_accounts(r->im, r->file, r->accounts, r->n);
	else if (r->im->bad == 0)
		e = import_stage_records(r->im, r->file, r->records, r->n);
	r->staged += (int64_t)r->n;
	r->n = 0;
	arena_reset(r->batch);
	return e;
}

static enum err
take_lines(struct reading *r)
{
	struct csv_wrong wrong;
	enum csv_got got;
	enum err e = E_OK;

	while ((got = csv_next(r->csv, &r->record, &wrong)) == CSV_RECORD || got == CSV_WRONG) {
		if (got == CSV_WRONG)
			(void)bad(r, NULL, wrong.en);
		else if ((e = take_line(r)) != E_OK && e != E_INVALID)
			return e;
		if (r->n == IMPORT_LINES_MAX && (e = stage(r)) != E_OK)
			return e;
	}
	if (got == CSV_FAILED)
		return bad(r, NULL, strerror(errno));
	return stage(r);
}

static enum err
read_all(struct reading *r)
{
	enum err e;

	r->csv = csv_new(r->steady, read_fd, r);
	r->accounts = arena_array(r->steady, IMPORT_LINES_MAX, sizeof(*r->accounts));
	r->records = arena_array(r->steady, IMPORT_LINES_MAX, sizeof(*r->records));
	if ((e = take_header(r)) != E_OK)
		return e;
	return take_lines(r);
}

enum err
import_file(struct import *im, int64_t number, const char *path, enum import_kind *kind, int64_t *lines)
{
	struct reading r = { .im = im, .file = number, .fd = open(path, O_RDONLY | O_CLOEXEC) };
	enum err e;

	r.steady = arena_new();
	r.batch = arena_new();
	e = r.fd >= 0 ? read_all(&r) : bad(&r, NULL, strerror(errno));
	if (r.fd >= 0)
		(void)close(r.fd);
	arena_free(r.batch);
	arena_free(r.steady);
	*kind = r.kind;
	*lines = r.staged;
	return e;
}
