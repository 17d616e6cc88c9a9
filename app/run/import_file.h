/* SPDX-License-Identifier: Apache-2.0 */
/* import_file.h: one CSV file of accounts or of records, read in constant memory and staged. */
#ifndef RUN_IMPORT_FILE_H
#define RUN_IMPORT_FILE_H

#include "service/import.h"

enum import_kind { IMPORT_NONE = 0, IMPORT_ACCOUNTS, IMPORT_RECORDS };

/* What the file's first line says that it is; each line that cannot be read is told by im->complain and counted in im->bad.
 * *lines: how many were staged. E_INVALID: it cannot be read at all, as was told; or the database's error. */
enum err import_file(struct import *im, int64_t number, const char *path, enum import_kind *kind, int64_t *lines) MUST_CHECK;

#endif
