/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_then_write.h: a fault on purpose, for the judge's own test. tests/fault/sabotage.py puts it into a copy of
 * app/store/batch.c: "SET c = c - n … WHERE … c >= n" becomes a read of c now, and later the writing of what was read less n.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static enum err
take_read(void *arg, int index, const struct db_result *r)
{
	(void)index;
	if (r->has_row && r->ncells > 0 && r->cells[0] != NULL)
		*(int64_t *)arg = strtoll(r->cells[0], NULL, 10);
	return E_OK;
}

/* Puts value in the place of each word that stands before mark from at on. */
static void
write_value(struct db_batch *b, size_t from, const char *column, const char *mark, int64_t value)
{
	char find[80], put[80];
	char *old = arena_strdup(b->arena, b->text.p + from), *at;

	snprintf(find, sizeof(find), "%s%s", column, mark);
	if ((at = strstr(old, find)) == NULL)
		return;
	snprintf(put, sizeof(put), "%" PRId64 "%s", value, mark);
	b->text.len = from + (size_t)(at - old);
	b->text.p[b->text.len] = '\0';
	buf_adds(&b->text, put);
	buf_adds(&b->text, at + strlen(find));
}

static void
read_then_write(struct db_batch *b, size_t from)
{
	static const char *const columns[][2] = { { "users", "points_balance" }, { "products", "stock_quantity" } };
	int64_t value = 0;
	char head[80];
	struct buf text;
	const char *id;
	int reached;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *table = columns[i][0], *column = columns[i][1];

		snprintf(head, sizeof(head), "UPDATE %s SET %s = %s - ", table, column, column);
		if (strncmp(b->text.p + from, head, strlen(head)) != 0 ||
		    (id = strstr(b->text.p + from, "WHERE id = '")) == NULL)
			continue;
		buf_init(&text, b->arena, 256);
		buf_printf(&text, "SELECT %s FROM %s WHERE id = '%.36s'", column, table, id + strlen("WHERE id = '"));
		if (db_trip(b->db, "batch", &text, b->arena, take_read, &value, &reached) != E_OK)
			return;
		write_value(b, from, column, " - ", value);
		write_value(b, from, column, " >= ", value);
	}
}
