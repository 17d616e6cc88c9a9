/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.c: one connection to MariaDB or MySQL: opening it, prepared statements, transactions, errors.
 * The only file that includes mysql.h; it keeps to what libmariadb and libmysqlclient share.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include <mysql.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/num.h"
#include "store/db_int.h"

#define TX_RUNS_MAX 8
#define TX_LOCK_WAITS_MAX 3	/* each has waited a second and holds up a worker */
#define CONNECT_PAUSE_US (300 * US_PER_MS)
#define CELLS_MAX 40
#define PENDING_MAX 8

/* libmariadb says my_bool, libmysqlclient bool. */
typedef __typeof__(*((MYSQL_BIND *)0)->is_null) null_flag;

/* One column of a prepared result, bound once for the statement's life. */
struct cell {
	int64_t		i;
	MYSQL_TIME	t;
	unsigned long	len;
	null_flag	null;
	null_flag	cut;	/* it did not fit: an error for anything but text */
};

struct stmt {
	MYSQL_STMT	*h;
	size_t		 ncols;
	struct cell	*cells;
};

/* A statement that waits for COMMIT. */
struct pending {
	bool		 set;
	enum query	 q;
	struct db_arg	 args[PENDING_MAX];
	size_t		 nargs;
};

struct db {
	struct conf_db		 at;
	enum db_use		 use;
	MYSQL			*c;		/* NULL: not connected */
	struct stmt		 stmts[Q__MAX];
	int64_t			 connect_after_us;	/* no new attempt before */
	int64_t			 cut_at_us;	/* nothing is waited for beyond; 0: no such time */
	struct fault		*fault;
	struct fault		 own_fault;	/* where no request gave one */
	int64_t			 deadline_us;
	bool			 in_tx;		/* inside db_tx() */
	bool			 giving;	/* inside db_each(): the connection can do nothing else */
	bool			 begun;		/* something was sent in this run */
	bool			 lost;		/* an established connection broke in this run */
	struct pending		 pending;
	struct arena		*scratch;	/* for the COMMIT's text */
};

/* What every session sets for itself: no server default may change a result. */
static const char *const session_setup[] = {
	"SET NAMES utf8mb4 COLLATE utf8mb4_bin",
	"SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 1",
	("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
	    "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"),
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
};

/* Server and client error numbers (mysqld_error.h, errmsg.h: their macros differ between the two libraries). */
static const struct {
	unsigned	number;
	enum err	err;
	bool		lost;
} errors[] = {
	{ 1062, E_DUPLICATE, false },	/* ER_DUP_ENTRY */
	{ 1213, E_DEADLOCK, false },	/* ER_LOCK_DEADLOCK; Galera's conflicts too */
	{ 1020, E_DEADLOCK, false },	/* ER_CHECKREAD */
	{ 1205, E_LOCK_WAIT, false },	/* ER_LOCK_WAIT_TIMEOUT; MariaDB's NOWAIT too */
	{ 3572, E_LOCK_WAIT, false },	/* MySQL's ER_LOCK_NOWAIT */
	{ 1317, E_TIMEOUT, false },	/* ER_QUERY_INTERRUPTED */
	{ 1969, E_TIMEOUT, false },	/* MariaDB's ER_STATEMENT_TIMEOUT */
	{ 3024, E_TIMEOUT, false },	/* MySQL's ER_QUERY_TIMEOUT */
	{ 1047, E_DOWN, true },		/* ER_UNKNOWN_COM_ERROR: a Galera node that is not ready */
	{ 1053, E_DOWN, true },		/* ER_SERVER_SHUTDOWN */
	{ 1180, E_DOWN, true },		/* ER_ERROR_DURING_COMMIT */
	{ 1290, E_DOWN, true },		/* ER_OPTION_PREVENTS_STATEMENT: read-only after a fail-over */
	{ 1927, E_DOWN, true },		/* MariaDB's ER_CONNECTION_KILLED */
	{ 4031, E_DOWN, true },		/* MySQL's ER_CLIENT_INTERACTION_TIMEOUT */
};

/* Every error of the client library itself: lost, refused, timed out, a TLS session that broke, out of step. Whichever it
 * is, the connection is of no more use, and what the server made of the last statement is not known. */
#define CLIENT_ERROR(number) ((number) >= 2000 && (number) < 3000)
#define CLIENT_ERROR_LOST 2013

struct fault *
db_fault(struct db *db)
{
	return db->fault != NULL ? db->fault : &db->own_fault;
}

static struct db *
new_at(const struct conf_db *at, enum db_use use)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		abort();
	db->at = *at;
	db->use = use;
	db->scratch = arena_new();
	return db;
}

struct db *
db_new(const struct conf *conf, enum db_use use)
{
	const struct conf_db at = conf_db(conf);

	return new_at(&at, use);
}

struct db *
db_new_points(const struct conf *conf, enum db_use use)
{
	assert(conf_points_apart(conf));
	return new_at(&conf->points, use);
}

/* ---- cutting short ---- */

/* The library's time-outs are whole seconds, each for one of the many waits of a statement or a connection: who has promised
 * an answer in time cannot live by them. A timer ends the socket under the library instead. */
static MYSQL *volatile cut_short;

static void
on_alarm(int signo)
{
	MYSQL *c = cut_short;
	int saved = errno;

	(void)signo;
	if (c != NULL && c->net.fd >= 0)
		shutdown(c->net.fd, SHUT_RDWR);
	errno = saved;
}

static void
set_timer(int64_t us)
{
	/* Again and again: a connection may be at the point between one socket and the next. */
	const struct itimerval t = {
		.it_value = { us / US_PER_S, us % US_PER_S }, .it_interval = { 0, us > 0 ? 20 * US_PER_MS : 0 },
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

void
db_cut_at(struct db *db, int64_t mono_us)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int64_t left_us = mono_us - clock_mono_us();

	set_timer(0);
	db->cut_at_us = mono_us;
	cut_short = mono_us != 0 ? db->c : NULL;
	if (mono_us == 0)
		return;
	sigaction(SIGALRM, &sa, NULL);
	set_timer(left_us > 0 ? left_us : 1);
}

/* Before any waiting begins: none shall begin too late. */
static bool
too_late(const struct db *db)
{
	return db->cut_at_us != 0 && clock_mono_us() >= db->cut_at_us;
}

static void
stmt_close(struct stmt *s)
{
	if (s->h != NULL)
		mysql_stmt_close(s->h);
	free(s->cells);
	memset(s, 0, sizeof(*s));
}

static void
disconnect(struct db *db)
{
	MYSQL *c = db->c;

	for (size_t i = 0; i < Q__MAX; i++)
		stmt_close(&db->stmts[i]);
	if (cut_short == c)
		cut_short = NULL;
	db->c = NULL;
	if (c != NULL)
		mysql_close(c);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	arena_free(db->scratch);
	free(db);
}

void
db_request(struct db *db, struct fault *fault, int64_t deadline_mono_us)
{
	db->fault = fault;
	db->deadline_us = deadline_mono_us;
}

/* ---- errors ---- */

/* Turns the server's error into ours; the connection is closed where it is of no more use. */
static enum err
fail(struct db *db, unsigned number, const char *message, const char *what)
{
	enum err e = CLIENT_ERROR(number) ? E_DOWN : E_INTERNAL;
	bool lost = CLIENT_ERROR(number);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].number == number) {
			e = errors[i].err;
			lost = errors[i].lost;
		}
	}
	if (lost) {
		db->lost = true;
		disconnect(db);
	}
	return FAULT(db_fault(db), e, "database: %s: %u %s", what, number, message);
}

/* As if the server were gone: whatever was sent, its answer never comes. */
static enum err
lose(struct db *db, const char *what)
{
	return fail(db, CLIENT_ERROR_LOST, "a failpoint", what);
}

static enum err
fail_conn(struct db *db, const char *what)
{
	char message[160];

	snprintf(message, sizeof(message), "%s", mysql_error(db->c));
	return fail(db, mysql_errno(db->c), message, what);
}

/* ---- connecting ---- */

static unsigned
seconds(int64_t ms)
{
	return (unsigned)((ms + 999) / 1000);
}

/* TLS with verification wherever the connection leaves this machine's sockets. */
static void
set_tls(struct db *db)
{
	mysql_options(db->c, MYSQL_OPT_SSL_CA, db->at.ca);
#if defined(HAVE_DECL_MYSQL_OPT_SSL_MODE) && HAVE_DECL_MYSQL_OPT_SSL_MODE
	unsigned mode = SSL_MODE_VERIFY_IDENTITY;

	mysql_options(db->c, MYSQL_OPT_SSL_MODE, &mode);
#else
	null_flag on = 1;

	mysql_options(db->c, MYSQL_OPT_SSL_ENFORCE, &on);
	mysql_options(db->c, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
#endif
}

static void
set_options(struct db *db)
{
	unsigned connect_s = seconds(db->at.connect_timeout_ms);
	unsigned io_s = seconds(db->at.timeout_ms);
	unsigned no = 0;
	null_flag off = 0;

	if (db->use == DB_OWNER)
		io_s = 3600;	/* a migration may take its time */
	mysql_options(db->c, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(db->c, MYSQL_OPT_READ_TIMEOUT, &io_s);
	mysql_options(db->c, MYSQL_OPT_WRITE_TIMEOUT, &io_s);
	mysql_options(db->c, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_options(db->c, MYSQL_OPT_RECONNECT, &off);
	mysql_options(db->c, MYSQL_REPORT_DATA_TRUNCATION, &(null_flag){ 1 });
	mysql_options(db->c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

static enum err
run_setup(struct db *db)
{
	for (size_t i = 0; i < sizeof(session_setup) / sizeof(session_setup[0]); i++)
		if (mysql_real_query(db->c, session_setup[i], strlen(session_setup[i])) != 0)
			return fail_conn(db, "session");
	/* Where everything is a transaction, none has to be begun: a statement and its answer less, each time. */
	if (db->use == DB_BATCH && mysql_autocommit(db->c, 0) != 0)
		return fail_conn(db, "session");
	return E_OK;
}

static bool
open_connection(struct db *db)
{
	const struct conf_db *at = &db->at;
	bool tcp = at->socket[0] == '\0';
	bool owner = db->use == DB_OWNER && at->owner[0] != '\0';
	unsigned long flags = CLIENT_FOUND_ROWS;	/* a guard asks what matched, not what changed */

	if (db->use == DB_BATCH)
		flags |= CLIENT_MULTI_STATEMENTS;
	set_options(db);
	if (tcp)
		set_tls(db);
	return mysql_real_connect(db->c, tcp ? at->host : "localhost", owner ? at->owner : at->user,
	    owner ? at->owner_password : at->password, at->name, tcp ? (unsigned)at->port : 0, tcp ? NULL : at->socket,
	    flags) != NULL;
}

/* A server that is away is not asked by every request: each would wait for the time-out. */
static enum err
connect_now(struct db *db)
{
	enum err e;

	if (clock_mono_us() < db->connect_after_us || too_late(db))
		return FAULT(db_fault(db), E_DOWN, "database: not connected");
	if ((db->c = mysql_init(NULL)) == NULL)
		abort();
	db->c->net.fd = -1;
	if (db->cut_at_us != 0)
		cut_short = db->c;
	if (!FAILPOINT("db", "connect", "before") && open_connection(db) && (e = run_setup(db)) == E_OK &&
	    !FAILPOINT("db", "connect", "after"))
		return E_OK;
	e = E_DOWN;
	if (db->c != NULL)
		e = FAULT(db_fault(db), E_DOWN, "database: connect: %u %s", mysql_errno(db->c), mysql_error(db->c));
	db->connect_after_us = clock_mono_us() + CONNECT_PAUSE_US;
	disconnect(db);
	return e;
}

static enum err
connected(struct db *db)
{
	if (db->c != NULL)
		return E_OK;
	if (db->in_tx && db->lost)
		return FAULT(db_fault(db), E_DOWN, "database: lost in a transaction");
	return connect_now(db);
}

enum err
db_ping(struct db *db)
{
	enum err e;

	if ((e = connected(db)) != E_OK)
		return e;
	if (mysql_ping(db->c) == 0)
		return E_OK;
	disconnect(db);
	return connect_now(db);
}

/* ---- parameters ---- */

static void
bind_time(MYSQL_TIME *out, int64_t us)
{
	struct clock_parts p;

	clock_split(us, &p);
	memset(out, 0, sizeof(*out));
	out->year = (unsigned)p.year;
	out->month = (unsigned)p.month;
	out->day = (unsigned)p.day;
	out->hour = (unsigned)p.hour;
	out->minute = (unsigned)p.minute;
	out->second = (unsigned)p.second;
	out->second_part = (unsigned long)p.us;
	out->time_type = MYSQL_TIMESTAMP_DATETIME;
}

static void
bind_arg(MYSQL_BIND *b, MYSQL_TIME *t, const struct db_arg *arg)
{
	memset(b, 0, sizeof(*b));
	switch (arg->type) {
	case 's':
	case 'b':
		b->buffer_type = arg->type == 's' ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
		b->buffer = (void *)(uintptr_t)arg->p;
		b->buffer_length = arg->n;
		break;
	case 'i':
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = (void *)(uintptr_t)&arg->i;
		break;
	case 't':
		bind_time(t, arg->i);
		b->buffer_type = MYSQL_TYPE_DATETIME;
		b->buffer = t;
		break;
	default:
		b->buffer_type = MYSQL_TYPE_NULL;
	}
}

/* ---- prepared statements ---- */

static enum err
fail_stmt(struct db *db, struct stmt *s, enum query q)
{
	char message[160];
	unsigned number = mysql_stmt_errno(s->h);
	enum err e;

	snprintf(message, sizeof(message), "%s", mysql_stmt_error(s->h));
	e = fail(db, number, message, queries[q].name);
	if (db->c != NULL && e == E_INTERNAL)
		stmt_close(s);	/* the next use prepares it afresh */
	return e;
}

static const enum enum_field_types cell_types[128] = {
	['i'] = MYSQL_TYPE_LONGLONG, ['o'] = MYSQL_TYPE_LONGLONG, ['t'] = MYSQL_TYPE_DATETIME,
	['s'] = MYSQL_TYPE_STRING, ['b'] = MYSQL_TYPE_BLOB,
};

/* Text is bound with no room: its length is known after the fetch, and then it is copied once, to the arena. */
static enum err
bind_cells(struct db *db, struct stmt *s, enum query q)
{
	const char *types = queries[q].columns;
	MYSQL_BIND binds[CELLS_MAX];

	s->ncols = strlen(types);
	assert(s->ncols <= CELLS_MAX);
	if (mysql_stmt_field_count(s->h) != s->ncols)
		return FAULT(db_fault(db), E_INTERNAL, "%s: declares %zu columns, has %u", queries[q].name, s->ncols,
		    mysql_stmt_field_count(s->h));
	if (s->ncols == 0)
		return E_OK;
	if ((s->cells = calloc(s->ncols, sizeof(*s->cells))) == NULL)
		abort();
	memset(binds, 0, sizeof(binds));
	for (size_t i = 0; i < s->ncols; i++) {
		binds[i].buffer_type = cell_types[(unsigned char)types[i]];
		binds[i].is_null = &s->cells[i].null;
		binds[i].length = &s->cells[i].len;
		binds[i].error = &s->cells[i].cut;
		if (types[i] == 'i' || types[i] == 'o')
			binds[i].buffer = &s->cells[i].i;
		if (types[i] == 't') {
			binds[i].buffer = &s->cells[i].t;
			binds[i].buffer_length = sizeof(s->cells[i].t);
		}
	}
	return mysql_stmt_bind_result(s->h, binds) == 0 ? E_OK : fail_stmt(db, s, q);
}

static enum err
prepare(struct db *db, enum query q, struct stmt **out)
{
	struct stmt *s = &db->stmts[q];
	enum err e;

	*out = s;
	if (s->h != NULL)
		return E_OK;
	if ((s->h = mysql_stmt_init(db->c)) == NULL)
		abort();
	if (mysql_stmt_prepare(s->h, queries[q].text, strlen(queries[q].text)) != 0)
		e = fail_stmt(db, s, q);
	else if (mysql_stmt_param_count(s->h) != strlen(queries[q].params))
		e = FAULT(db_fault(db), E_INTERNAL, "%s: wrong number of parameters", queries[q].name);
	else
		e = bind_cells(db, s, q);
	if (e != E_OK && db->c != NULL)
		stmt_close(s);
	return e;
}

static enum err
execute_once(struct db *db, enum query q, const struct db_arg *args, size_t nargs, struct stmt **out)
{
	MYSQL_BIND binds[CELLS_MAX];
	MYSQL_TIME times[CELLS_MAX];
	enum err e;

	assert(nargs <= CELLS_MAX && !db->giving);
	db_check_args(q, args, nargs);
	if ((e = connected(db)) != E_OK || (e = prepare(db, q, out)) != E_OK)
		return e;
	db->begun = db->in_tx;
	for (size_t i = 0; i < nargs; i++)
		bind_arg(&binds[i], &times[i], &args[i]);
	if (nargs > 0 && mysql_stmt_bind_param((*out)->h, binds) != 0)
		return fail_stmt(db, *out, q);
	if (FAILPOINT("db", queries[q].name, "before"))
		return lose(db, queries[q].name);
	if (mysql_stmt_execute((*out)->h) != 0)
		return fail_stmt(db, *out, q);
	return FAILPOINT("db", queries[q].name, "after") ? lose(db, queries[q].name) : E_OK;
}

/* A connection that was idle may have been closed by the server: outside a transaction a statement that only reads
 * is sent once more on a new one. */
static enum err
execute(struct db *db, enum query q, const struct db_arg *args, size_t nargs, struct stmt **out)
{
	bool had = db->c != NULL;
	enum err e;

	if (!db->in_tx)
		db->lost = false;
	e = execute_once(db, q, args, nargs, out);
	if (e == E_DOWN && had && db->lost && !db->in_tx && queries[q].columns[0] != '\0')
		e = execute_once(db, q, args, nargs, out);
	/* A statement of its own has no transaction that would be run again: whoever asked may. */
	if (!db->in_tx && (e == E_LOCK_WAIT || e == E_DEADLOCK))
		e = db_fault(db)->code = E_DOWN;
	return e;
}

/* ---- rows ---- */

static int64_t
time_us(const MYSQL_TIME *t)
{
	struct clock_parts p = {
		(int)t->year, (int)t->month, (int)t->day, (int)t->hour, (int)t->minute, (int)t->second, (int)t->second_part,
	};

	return clock_join(&p);
}

/* Copies column i of the fetched row, len bytes, into the arena. */
static char *
fetch_bytes(struct stmt *s, size_t i, struct arena *a)
{
	MYSQL_BIND b;
	unsigned long len = s->cells[i].len;
	char *p = arena_alloc(a, len + 1);

	memset(&b, 0, sizeof(b));
	b.buffer_type = MYSQL_TYPE_STRING;
	b.buffer = p;
	b.buffer_length = len;
	b.length = &b.length_value;
	if (len > 0 && mysql_stmt_fetch_column(s->h, &b, (unsigned)i, 0) != 0)
		return NULL;
	return p;
}

static enum err
take_cell(struct db *db, struct stmt *s, size_t i, const struct db_col *col, struct arena *a, void *out)
{
	const struct cell *c = &s->cells[i];
	bool bytes = col->type == 's' || col->type == 'b';
	struct db_value v = { c->null, NULL, c->len, c->i };

	if (!v.null && bytes && (v.p = fetch_bytes(s, i, a)) == NULL)
		return FAULT(db_fault(db), E_INTERNAL, "database: column %zu cannot be fetched", i);
	if (!v.null && !bytes && c->cut)
		return FAULT(db_fault(db), E_INTERNAL, "database: column %zu does not fit its type", i);
	if (!v.null && col->type == 't')
		v.i = time_us(&c->t);
	db_put(col, &v, out);
	return E_OK;
}

static enum err
take_row(struct db *db, struct stmt *s, enum query q, const struct db_col *cols, struct arena *a, void *out)
{
	enum err e;

	for (size_t i = 0; i < s->ncols; i++) {
		assert(cols[i].type == queries[q].columns[i]);
		if ((e = take_cell(db, s, i, &cols[i], a, out)) != E_OK)
			return e;
	}
	assert(cols[s->ncols].type == 0);
	return E_OK;
}

enum step { STEP_ROW, STEP_DONE, STEP_ERROR };

/* Text is bound without room, so the row as a whole is always "truncated"; take_cell() looks at each column. */
static enum step
db_step(struct stmt *s)
{
	switch (mysql_stmt_fetch(s->h)) {
	case 0:
	case MYSQL_DATA_TRUNCATED:
		return STEP_ROW;
	case MYSQL_NO_DATA:
		return STEP_DONE;
	default:
		return STEP_ERROR;
	}
}

struct row_sink {
	char	*rows;
	size_t	 n;
	size_t	 cap;
	size_t	 stride;
	size_t	 max;
};

static void *
next_slot(struct row_sink *k, struct arena *a)
{
	if (k->n == k->cap) {
		size_t cap = k->cap == 0 ? 8 : k->cap * 4;
		char *grown = arena_array(a, cap, k->stride);

		if (k->n > 0)
			memcpy(grown, k->rows, k->n * k->stride);
		k->rows = grown;
		k->cap = cap;
	}
	return k->rows + k->n++ * k->stride;
}

static enum err
collect(struct db *db, struct stmt *s, enum query q, const struct db_col *cols, struct arena *a, struct row_sink *k)
{
	enum step step;
	enum err e;

	while ((step = db_step(s)) == STEP_ROW) {
		if (k->n == k->max)
			return FAULT(db_fault(db), E_INTERNAL, "%s: more than %zu rows", queries[q].name, k->max);
		if ((e = take_row(db, s, q, cols, a, next_slot(k, a))) != E_OK)
			return e;
	}
	return step == STEP_DONE ? E_OK : fail_stmt(db, s, q);
}

enum err
db_rows(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols, struct arena *a,
    size_t stride, size_t max, void *rows, size_t *nrows)
{
	struct row_sink k = { NULL, 0, 0, stride, max };
	struct stmt *s;
	enum err e;

	if ((e = execute(db, q, args, nargs, &s)) != E_OK)
		return e;
	if (mysql_stmt_store_result(s->h) != 0)
		return fail_stmt(db, s, q);
	e = collect(db, s, q, cols, a, &k);
	if (db->c != NULL && s->h != NULL)
		mysql_stmt_free_result(s->h);
	*(void **)rows = k.rows;
	*nrows = k.n;
	return e;
}

enum err
db_row(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols, struct arena *a,
    void *out)
{
	struct stmt *s;
	enum step step;
	enum err e;

	if ((e = execute(db, q, args, nargs, &s)) != E_OK)
		return e;
	if (mysql_stmt_store_result(s->h) != 0)
		return fail_stmt(db, s, q);
	step = db_step(s);
	if (step == STEP_ERROR)
		return fail_stmt(db, s, q);
	e = step == STEP_ROW ? take_row(db, s, q, cols, a, out) : E_NOT_FOUND;
	mysql_stmt_free_result(s->h);
	return e;
}

static enum err
give_rows(struct db *db, struct stmt *s, enum query q, const struct db_col *cols, struct arena *a, size_t size, row_fn *fn,
    void *arg)
{
	void *row = arena_alloc(a, size);
	struct arena_mark mark = arena_mark(a);
	enum step step;
	enum err e = E_OK;

	while (e == E_OK && (step = db_step(s)) != STEP_DONE) {
		if (step == STEP_ERROR)
			return fail_stmt(db, s, q);
		memset(row, 0, size);
		if ((e = take_row(db, s, q, cols, a, row)) == E_OK)
			e = fn(arg, row);
		if (e == E_OK && clock_mono_us() > db->deadline_us)
			e = FAULT(db_fault(db), E_TIMEOUT, "%s: over the deadline", queries[q].name);
		arena_release(a, mark);
	}
	return e;
}

enum err
db_each(struct db *db, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols, struct arena *a,
    size_t size, row_fn *fn, void *arg)
{
	struct stmt *s;
	enum err e;

	assert(!db->in_tx);
	if ((e = execute(db, q, args, nargs, &s)) != E_OK)
		return e;
	db->giving = true;
	e = give_rows(db, s, q, cols, a, size, fn, arg);
	db->giving = false;
	if (e == E_OK) {
		mysql_stmt_free_result(s->h);
	} else if (db->c != NULL) {
		/* To be done with it in good order the library would read all that is still to come. */
		shutdown(db->c->net.fd, SHUT_RDWR);
		disconnect(db);
	}
	return e;
}

enum err
db_exec(struct db *db, enum query q, const struct db_arg *args, size_t nargs, uint64_t *affected)
{
	struct stmt *s;
	enum err e;

	if ((e = execute(db, q, args, nargs, &s)) != E_OK)
		return e;
	if (affected != NULL)
		*affected = mysql_stmt_affected_rows(s->h);
	return E_OK;
}

/* ---- text: batches and scripts ---- */

void
db_escape(struct db *db, struct buf *out, const char *s, size_t n)
{
	char *escaped = arena_alloc(out->arena, 2 * n + 1);

	buf_add(out, escaped, mysql_real_escape_string(db->c, escaped, s, n));
}

static void
read_first_row(MYSQL_RES *res, struct arena *a, struct db_result *out)
{
	MYSQL_ROW row = mysql_fetch_row(res);
	unsigned long *lens;

	out->ncells = mysql_num_fields(res);
	if (row == NULL)
		return;
	out->has_row = true;
	lens = mysql_fetch_lengths(res);
	out->cells = arena_array(a, out->ncells, sizeof(*out->cells));
	out->lens = arena_array(a, out->ncells, sizeof(*out->lens));
	for (size_t i = 0; i < out->ncells; i++) {
		out->lens[i] = lens[i];
		out->cells[i] = row[i] != NULL ? arena_memdup(a, row[i], lens[i]) : NULL;
	}
}

static enum err
read_result(struct db *db, const char *what, struct arena *a, struct db_result *out)
{
	MYSQL_RES *res = mysql_store_result(db->c);

	memset(out, 0, sizeof(*out));
	if (res == NULL) {
		if (mysql_field_count(db->c) != 0)
			return fail_conn(db, what);
		out->affected = mysql_affected_rows(db->c);
		return E_OK;
	}
	read_first_row(res, a, out);
	mysql_free_result(res);
	return E_OK;
}

enum err
db_trip_open(struct db *db)
{
	assert(db->in_tx && db->use == DB_BATCH);
	return connected(db);
}

static enum err
trip(struct db *db, const char *what, const struct buf *text, struct arena *a, db_result_fn *fn, void *arg, int *reached)
{
	struct db_result r;
	enum err e = E_OK, told;
	int more;

	*reached = 0;
	if (mysql_real_query(db->c, text->p, text->len) != 0)
		return fail_conn(db, what);
	for (;;) {
		if ((told = read_result(db, what, a, &r)) != E_OK)
			return told;
		if ((told = fn(arg, *reached, &r)) != E_OK && e == E_OK)
			e = told;
		if ((more = mysql_next_result(db->c)) < 0)
			return e;
		++*reached;
		if (more > 0)
			return fail_conn(db, what);
	}
}

enum err
db_trip(struct db *db, const char *what, const struct buf *text, struct arena *a, db_result_fn *fn, void *arg,
    int *reached)
{
	enum err e;

	db->begun = true;
	*reached = 0;
	if (FAILPOINT("db", what, "before"))
		return lose(db, what);
	e = trip(db, what, text, a, fn, arg, reached);
	return FAILPOINT("db", what, "after") && db->c != NULL ? lose(db, what) : e;
}

/* ---- transactions ---- */

void
db_tx_with_commit(struct db *db, enum query q, const struct db_arg *args, size_t nargs)
{
	struct pending *p = &db->pending;

	assert(db->in_tx && !p->set && nargs <= PENDING_MAX);
	p->set = true;
	p->q = q;
	p->nargs = nargs;
	memcpy(p->args, args, nargs * sizeof(*args));
}

static enum err
nothing_to_see(void *arg, int index, const struct db_result *r)
{
	(void)arg;
	(void)index;
	(void)r;
	return E_OK;
}

/* Ahead of COMMIT in its text; in a test, sometimes ahead of it in time. */
static enum err
send_pending(struct db *db, struct buf *text)
{
	const struct pending *p = &db->pending;
	int reached;
	enum err e;

	db_text(db, text, p->q, p->args, p->nargs);
	if (!FAILPOINT_SPLIT()) {
		buf_addc(text, ';');
		return E_OK;
	}
	e = db_trip(db, queries[p->q].name, text, db->scratch, nothing_to_see, NULL, &reached);
	buf_init(text, db->scratch, 64);
	return e;
}

/* Once COMMIT was sent, a connection that breaks tells nothing: it may have been carried out. */
static enum err
commit(struct db *db)
{
	struct buf text;
	int reached;
	enum err e;

	if (!db->begun)
		return E_OK;
	arena_reset(db->scratch);
	buf_init(&text, db->scratch, 1024);
	if (db->pending.set && (e = send_pending(db, &text)) != E_OK)
		return e;
	buf_adds(&text, "COMMIT");
	e = db_trip(db, "commit", &text, db->scratch, nothing_to_see, NULL, &reached);
	if (e == E_DOWN || e == E_TIMEOUT)
		return FAULT(db_fault(db), E_UNCERTAIN, "database: lost at COMMIT");
	return e;
}

static void
rollback(struct db *db)
{
	static const char text[] = "ROLLBACK";

	if (db->c == NULL || !db->begun)
		return;
	if (FAILPOINT("db", "rollback", "before") || mysql_real_query(db->c, text, sizeof(text) - 1) != 0 ||
	    FAILPOINT("db", "rollback", "after"))
		disconnect(db);
}

/* Whether the whole callback is run again: the server undid it, or never had it whole. */
static bool
run_again(struct db *db, enum err e, int runs)
{
	bool redo = (e == E_DEADLOCK && runs < TX_RUNS_MAX) || (e == E_LOCK_WAIT && runs < TX_LOCK_WAITS_MAX) ||
	    (e == E_DOWN && db->lost && runs == 1);

	return redo && clock_mono_us() < db->deadline_us;
}

static enum err
run_tx(struct db *db, db_tx_fn *fn, void *arg)
{
	enum err e;

	db->begun = false;
	db->lost = false;
	db->pending.set = false;
	e = fn(db, arg);
	if (e == E_OK)
		e = commit(db);
	if (e != E_OK)
		rollback(db);
	db->begun = false;
	return e;
}

/* Rivals that met once would meet again: each waits a little, and not equally long. */
static void
pause_before_rerun(int runs)
{
	struct timespec t = { 0, (long)(clock_mono_us() % 1000 + 200) * 1000 * runs };

	nanosleep(&t, NULL);
}

enum err
db_tx(struct db *db, db_tx_fn *fn, void *arg)
{
	enum err e;
	int runs = 1;

	assert(!db->in_tx);
	db->in_tx = true;
	while (e = run_tx(db, fn, arg), run_again(db, e, runs))
		pause_before_rerun(runs++);
	db->in_tx = false;
	if (e == E_DEADLOCK || e == E_LOCK_WAIT) {
		log_warn("transaction given up after %d runs: %s", runs, db_fault(db)->cause);
		return FAULT(db_fault(db), E_DOWN, "database: busy");
	}
	return e;
}

/* ---- the owner's scripts ---- */

static enum err
run_text(struct db *db, const char *text, size_t n)
{
	MYSQL_RES *res;

	if (mysql_real_query(db->c, text, n) != 0)
		return fail_conn(db, "script");
	if ((res = mysql_store_result(db->c)) != NULL)
		mysql_free_result(res);
	return E_OK;
}

static bool
blank(const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\n' || *s == '\t'))
		s++, n--;
	return n == 0;
}

enum err
db_script(struct db *db, const char *text)
{
	const char *end;
	enum err e;

	assert(db->use == DB_OWNER);
	if ((e = connected(db)) != E_OK)
		return e;
	while ((end = strstr(text, ";\n")) != NULL) {
		if ((e = run_text(db, text, (size_t)(end - text))) != E_OK)
			return e;
		text = end + 2;
	}
	if (blank(text, strlen(text)))
		return E_OK;
	return run_text(db, text, strlen(text));
}
