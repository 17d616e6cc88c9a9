/* SPDX-License-Identifier: Apache-2.0 */
/* migrate.c: applies sql/migrations, which the program carries, to a database. */
#include <string.h>

#include "base/ids.h"
#include "store/db_int.h"
#include "store/migrate.h"
#include "store/migrations.h"

#define MIGRATIONS_MAX 10000

static const char table_of_migrations[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations (\n"
    "  version INT NOT NULL, name VARCHAR(100) NOT NULL, checksum CHAR(64) NOT NULL, applied_at DATETIME NOT NULL,\n"
    "  PRIMARY KEY (version)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

struct applied {
	int64_t		 version;
	const char	*name;
	const char	*checksum;
};

static const struct db_col applied_cols[] = {
	DB_I64(struct applied, version), DB_STR(struct applied, name), DB_STR(struct applied, checksum), DB_END,
};

struct version_row {
	int64_t version;
};

static const struct db_col version_cols[] = { DB_I64(struct version_row, version), DB_END };

enum err
db_schema_version(struct db *db, int64_t *version)
{
	struct arena *a = arena_new();
	struct version_row row = { 0 };
	enum err e;

	e = db_row(db, Q_SCHEMA_VERSION, NO_ARGS, version_cols, a, &row);
	*version = row.version;
	arena_free(a);
	return e;
}

static void
checksum_of(const char *text, char *hex)
{
	uint8_t sum[SHA256_LEN];

	sha256(text, strlen(text), sum);
	hex_encode(sum, sizeof(sum), hex);
}

static enum err
check_applied(struct db *db, const struct migration *list, struct arena *a, int64_t *version)
{
	struct applied *rows;
	size_t n;
	char sum[2 * SHA256_LEN + 1];
	enum err e;

	*version = 0;
	e = db_rows(db, Q_SCHEMA_LIST, NO_ARGS, applied_cols, a, sizeof(*rows), MIGRATIONS_MAX, &rows, &n);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < n && list[i].version != 0; i++) {
		checksum_of(list[i].text, sum);
		if (strcmp(sum, rows[i].checksum) != 0)
			return FAULT(db_fault(db), E_CONFLICT, "migration %s was applied with another text", rows[i].name);
	}
	if (n > 0)
		*version = rows[n - 1].version;
	return E_OK;
}

static enum err
apply(struct db *db, const struct migration *m)
{
	char sum[2 * SHA256_LEN + 1];
	enum err e;

	if ((e = db_script(db, m->text)) != E_OK)
		return e;
	checksum_of(m->text, sum);
	return db_exec(db, Q_SCHEMA_APPLIED, ARGS(A_I64(m->version), A_STR(m->name), A_STR(sum)), NULL);
}

enum err
migrate_up(struct db *db, const struct migration *list, struct arena *a, void (*say)(const char *name))
{
	int64_t version;
	enum err e;

	if ((e = db_script(db, table_of_migrations)) != E_OK || (e = check_applied(db, list, a, &version)) != E_OK)
		return e;
	for (const struct migration *m = list; m->version != 0; m++) {
		if (m->version <= version)
			continue;
		if ((e = apply(db, m)) != E_OK)
			return e;
		if (say != NULL)
			say(m->name);
	}
	return E_OK;
}
