/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stmts.c: has the server prepare every statement of sql/query/ against a migrated database, and holds what it
 * says of it against what the file declares: parameters, columns, and the kind of each column.
 *
 *	test_stmts CONF
 *
 * As the user who serves; what that user may not is tried as the owner, and must be one of the owner's own.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>

#include "base/conf.h"
#include "store/queries.h"

#define ER_TABLEACCESS_DENIED 1142
#define ER_COLUMNACCESS_DENIED 1143
#define CHARSET_BINARY 63

/* Theirs alone to run: the names begin so. */
static const char *const owners[] = { "SCHEMA_", "SEED_" };

/* The modes that store/db.c sets: a statement must be good under them. */
static const char session[] = "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,"
    "NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'";

static int faults;

static void
complain(void *arg, const char *message)
{
	(void)arg;
	fprintf(stderr, "test_stmts: %s\n", message);
}

static void
fault(const struct query_def *q, const char *message)
{
	printf("%s: %s\n", q->name, message);
	faults++;
}

static MYSQL *
open_as(const struct conf *conf, const char *user, const char *password)
{
	MYSQL *c = mysql_init(NULL);

	if (c == NULL)
		abort();
	mysql_options(c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(c, "localhost", user, password, conf->db_name, 0, conf->db_socket, 0) == NULL ||
	    mysql_real_query(c, session, sizeof(session) - 1) != 0) {
		fprintf(stderr, "test_stmts: %s: %s\n", user, mysql_error(c));
		exit(1);
	}
	return c;
}

static bool
is_owners(const struct query_def *q)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (strncmp(q->name, owners[i], strlen(owners[i])) == 0)
			return true;
	return false;
}

static bool
is_integer(enum enum_field_types t)
{
	return t == MYSQL_TYPE_TINY || t == MYSQL_TYPE_SHORT || t == MYSQL_TYPE_INT24 || t == MYSQL_TYPE_LONG ||
	    t == MYSQL_TYPE_LONGLONG;
}

static bool
is_time(enum enum_field_types t)
{
	return t == MYSQL_TYPE_TIMESTAMP || t == MYSQL_TYPE_DATETIME;
}

/* Decimals are read as text, and so is JSON, whose charset some servers call binary. */
static bool
fits(char letter, const MYSQL_FIELD *f)
{
	bool number = is_integer(f->type) || f->type == MYSQL_TYPE_NEWDECIMAL || f->type == MYSQL_TYPE_DOUBLE ||
	    f->type == MYSQL_TYPE_FLOAT;

	switch (letter) {
	case 'i':
		return is_integer(f->type) || f->type == MYSQL_TYPE_NEWDECIMAL;	/* a sum */
	case 'o':
		return is_integer(f->type);
	case 't':
		return is_time(f->type);
	case 'b':
		return !number && !is_time(f->type) && f->charsetnr == CHARSET_BINARY;
	case 's':
		return f->type == MYSQL_TYPE_NEWDECIMAL || (!number && !is_time(f->type));
	default:
		return false;
	}
}

static void
check_columns(const struct query_def *q, MYSQL_STMT *s)
{
	MYSQL_RES *res = mysql_stmt_result_metadata(s);
	unsigned n = res != NULL ? mysql_num_fields(res) : 0;
	char message[160];

	if (n != strlen(q->columns)) {
		snprintf(message, sizeof(message), "has %u columns, declares %zu", n, strlen(q->columns));
		fault(q, message);
		n = 0;
	}
	for (unsigned i = 0; i < n; i++) {
		const MYSQL_FIELD *f = mysql_fetch_field_direct(res, i);

		if (fits(q->columns[i], f))
			continue;
		snprintf(message, sizeof(message), "column %u (%.60s) is declared '%c' and has the type %d, charset %u", i + 1,
		    f->name, q->columns[i], (int)f->type, f->charsetnr);
		fault(q, message);
	}
	if (res != NULL)
		mysql_free_result(res);
}

/* false: this user may not. */
static bool
check(MYSQL *c, const struct query_def *q, bool owner)
{
	MYSQL_STMT *s = mysql_stmt_init(c);
	char message[300];
	unsigned number;

	if (s == NULL)
		abort();
	if (mysql_stmt_prepare(s, q->text, strlen(q->text)) != 0) {
		number = mysql_stmt_errno(s);
		snprintf(message, sizeof(message), "%u %s", number, mysql_stmt_error(s));
		mysql_stmt_close(s);
		if (!owner && (number == ER_TABLEACCESS_DENIED || number == ER_COLUMNACCESS_DENIED))
			return false;
		fault(q, message);
		return true;
	}
	if (mysql_stmt_param_count(s) != strlen(q->params)) {
		snprintf(message, sizeof(message), "has %lu parameters, declares %zu", mysql_stmt_param_count(s),
		    strlen(q->params));
		fault(q, message);
	}
	check_columns(q, s);
	mysql_stmt_close(s);
	return true;
}

int
main(int argc, char **argv)
{
	struct conf *conf;
	MYSQL *user, *owner;

	if (argc != 2 || (conf = conf_read(argv[1], complain, NULL)) == NULL) {
		fprintf(stderr, "usage: test_stmts CONF\n");
		return 2;
	}
	user = open_as(conf, conf->db_user, conf->db_password);
	owner = open_as(conf, conf->db_owner, conf->db_owner_password);
	for (int i = 0; i < Q__MAX; i++) {
		if (check(user, &queries[i], false))
			continue;
		if (!is_owners(&queries[i]))
			fault(&queries[i], "the user who serves may not run it");
		(void)check(owner, &queries[i], true);
	}
	mysql_close(user);
	mysql_close(owner);
	conf_free(conf);
	mysql_library_end();
	if (faults == 0)
		printf("%d statements, no fault\n", (int)Q__MAX);
	return faults == 0 ? 0 : 1;
}
