/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_csv.c: any bytes as a CSV body (libFuzzer; build with clang -fsanitize=fuzzer). What must hold: no crash; what is refused
 * is named; what is taken is within its table, and goes out and comes back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

struct item {
	const char	 *name;
	int64_t		  n;
	bool		  hot;
	const char	**tags;
	size_t		  ntags;
};

static const struct json_field item_in[] = {
	JSON_TEXT(struct item, name, "name", JSON_REQUIRED, 1, 20),
	JSON_I64(struct item, n, "n", JSON_NULLABLE, -5, 99),
	JSON_BOOL(struct item, hot, "hot", JSON_OPTIONAL),
	JSON_STRS(struct item, tags, ntags, "tags", JSON_OPTIONAL, 0, 3),
	JSON_END,
};

static const struct json_view item_view[] = {
	VIEW_STR(struct item, name, "name", 0), VIEW_I64(struct item, n, "n", 0), VIEW_BOOL(struct item, hot, "hot", 0), VIEW_END,
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static enum err
decode(const char *text, size_t n, struct arena *a, struct csv_rows *out)
{
	struct fault f = { .nfields = 0 };
	enum err e = csv_decode(text, n, item_in, sizeof(struct item), NULL, 100000, a, &f, out);

	must(e == E_OK || e == E_INVALID);
	must((e == E_OK) == (f.nfields == 0));
	return e;
}

static void
comes_back(const struct csv_rows *rows, struct arena *a)
{
	const struct item *in = rows->items, *back;
	struct csv_rows again;
	struct buf b;

	buf_init(&b, a, 4096);
	csv_add_header(&b, item_view);
	for (size_t i = 0; i < rows->n; i++)
		csv_add_row(&b, item_view, &in[i]);
	must(decode(b.p, b.len, a, &again) == E_OK && again.n == rows->n);
	back = again.items;
	for (size_t i = 0; i < rows->n; i++)
		must(strcmp(in[i].name, back[i].name) == 0 && in[i].n == back[i].n && in[i].hot == back[i].hot);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char header[] = "name,n,hot,tags\n";
	struct arena *a = arena_new();
	char *text = arena_alloc(a, sizeof(header) + n);
	struct csv_rows rows;

	/* With a good header first: few of the fuzzer's own would be one. */
	memcpy(text, header, sizeof(header) - 1);
	memcpy(text + sizeof(header) - 1, p, n);
	if (decode(text, sizeof(header) - 1 + n, a, &rows) == E_OK)
		comes_back(&rows, a);
	(void)decode((const char *)p, n, a, &rows);
	arena_free(a);
	return 0;
}
