/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h: CSV as a body, both ways. A path that ends in ".csv" goes to the bulk pool: few workers, a long deadline, bodies
 * of up to CSV_BODY_MAX.
 */
#ifndef HTTP_CSV_H
#define HTTP_CSV_H

#include "base/csv.h"
#include "base/row.h"
#include "http/req.h"

#define CSV_BODY_MAX ((size_t)5 * 1024 * 1024)

/* Calls a service that gives row(out, …) each row, a struct of the columns' view. Returns what the service does. */
typedef enum err csv_export_fn(struct req *r, row_fn *row, void *out);

/* Replies with a file of filename: a header line with the columns' names, and a line for each row of export, sent as they
 * come, in constant memory. HEAD does not call export. An error of export is a problem as any other while nothing was sent, and
 * after that breaks the transfer off. A caller who is gone ends export with E_STOPPED. */
enum err reply_csv(struct req *r, const char *filename, const struct json_view *columns, csv_export_fn *export) MUST_CHECK;

/* The request's body as csv_decode() reads it. */
enum err req_csv(struct req *r, const struct json_field *fields, size_t stride, const void *defaults, size_t max,
    struct csv_rows *out) MUST_CHECK;

#endif
