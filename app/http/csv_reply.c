/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_reply.c: CSV bodies in and out. An export goes out as its rows come from the database, in constant memory; once its
 * head is out, what fails can only be told by breaking the transfer off (serve.c).
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "http/csv.h"
#include "http/fcgi.h"
#include "http/reply.h"

/* What is gathered before it is sent; an error before that much is still an ordinary one. */
#define CHUNK 32768

struct csv_out {
	struct req		*r;
	const struct json_view	*columns;
	struct arena		*arena;	/* of the text alone: the request's is taken back after each row */
	struct buf		 text;
};

static void
begin_chunk(struct csv_out *out)
{
	arena_reset(out->arena);
	buf_init(&out->text, out->arena, CHUNK + CHUNK / 4);
}

static enum err
send_chunk(struct csv_out *out)
{
	struct req *r = out->r;
	struct buf head;

	if (!r->reply.sent) {
		buf_init(&head, r->arena, 1024);
		reply_head(r, &head);
		r->reply.sent = true;
		if (!fcgi_write(r->fcgi, head.p, head.len))
			return E_STOPPED;
	}
	if (out->text.len > 0 && !fcgi_write(r->fcgi, out->text.p, out->text.len))
		return E_STOPPED;
	begin_chunk(out);
	return E_OK;
}

static enum err
add_row(void *arg, const void *row)
{
	struct csv_out *out = arg;

	csv_add_row(&out->text, out->columns, row);
	return out->text.len < CHUNK ? E_OK : send_chunk(out);
}

static enum err
stream(struct req *r, const struct json_view *columns, csv_export_fn *export)
{
	struct csv_out out = { .r = r, .columns = columns, .arena = arena_new() };
	enum err e;

	begin_chunk(&out);
	buf_adds(&out.text, CSV_BOM);
	csv_add_header(&out.text, columns);
	if ((e = export(r, add_row, &out)) == E_OK)
		e = send_chunk(&out);
	arena_free(out.arena);
	return e;
}

enum err
reply_csv(struct req *r, const char *filename, const struct json_view *columns, csv_export_fn *export)
{
	assert(r->reply.status == 0);
	r->reply.status = 200;
	r->reply.type = "text/csv; charset=utf-8";
	r->reply.filename = filename;
	return r->head ? E_OK : stream(r, columns, export);
}

static bool
is_csv(const char *type)
{
	static const char csv[] = "text/csv";
	size_t n = sizeof(csv) - 1;

	return strncasecmp(type, csv, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

enum err
req_csv(struct req *r, const struct json_field *fields, size_t stride, const void *defaults, size_t max,
    struct csv_rows *out)
{
	if (!is_csv(r->content_type))
		return fault_detail(r->fault, E_MEDIA_TYPE, "请以 text/csv 发送。", "Send text/csv.");
	return csv_decode(r->body, r->body_len, fields, stride, defaults, max, r->arena, r->fault, out);
}
