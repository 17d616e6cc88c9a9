/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare_exchange.c: the limit that an exchange is held against: the transaction of app/service/exchange.c, with the
 * same tables and the same statements in the same order, by a bare C client straight to the database.
 *
 *   bare_exchange --socket PATH --threads N --seconds S --way one|two --users N --products N [--hot PRODUCT]
 *
 * one: every statement prepared and sent one by one. two: all of them in one trip, every affected-row count looked
 * at, then the stored answer and COMMIT in a second trip. Each thread has one connection. What an exchange reads of
 * its product beforehand is read once for all, at the start. The password is taken from BARE_PASSWORD. Prints one
 * line of JSON.
 */
#define _GNU_SOURCE	/* SCHED_BATCH */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <mysql.h>

#include "store/queries.h"

#define ID_SIZE 37
#define ARGS_MAX 20
#define TEXT_MAX 16384
#define LATENCIES_MAX 1000000
#define ANY UINT64_MAX
#define ER_LOCK_DEADLOCK 1213

typedef __typeof__(*((MYSQL_BIND *)0)->is_null) null_flag;

/* A product as it is at the start. */
struct product {
	char	*name;
	char	*category;
	char	*merchant;
	char	*snapshot;
	int64_t	 price;
	int64_t	 days;
};

/* What one transaction is made of; statements name its members. */
struct tx {
	char	user[ID_SIZE];
	char	product[ID_SIZE];
	char	order[ID_SIZE];
	char	order_no[24];
	char	points_record[ID_SIZE];
	char	stock_record[ID_SIZE];
	char	points_event[ID_SIZE];
	char	order_event[ID_SIZE];
	char	caller[48];
	char	key[ID_SIZE];
	char	fingerprint[33];	/* 32 characters stand for the 32 bytes */
	char	now_s[32];
	char	now[32];
	char	delivery[32];
	char	why[256];
	char	points_payload[256];
	char	order_payload[256];
	char	body[256];
	char	*name;
	char	*category;
	char	*merchant;
	char	*snapshot;
	int64_t	price;
	int64_t	taken;			/* -price */
	int64_t	balance;
};

/* One argument. */
struct source {
	char		 type;		/* as in -- params:, 'n' for NULL, 0 at the end */
	bool		 at;		/* the member points to the text */
	size_t		 off;		/* of the member of struct tx, where text and i say nothing */
	const char	*text;
	int64_t		 i;
};

#define OF(t, member) { (t), false, offsetof(struct tx, member), NULL, 0 }
#define S(member) OF('s', member)
#define B(member) OF('b', member)
#define T(member) OF('t', member)
#define N(member) OF('i', member)
#define AT(member) { 's', true, offsetof(struct tx, member), NULL, 0 }
#define TEXT(s) { 's', false, 0, (s), 0 }
#define I(n) { 'i', false, 0, NULL, (n) }
#define NIL { 'n', false, 0, NULL, 0 }

#define DELIVERY "{\"receiverName\":\"王小明\",\"receiverPhone\":\"13800138000\"," \
	"\"address\":\"北京市海淀区中关村大街1号\"}"
#define TARGETS "[\"profile\",\"recommend\",\"notify\",\"stats\"]"

/* The statements of exchange_tx() with what each must affect. Quantity 1, no pointsCost, no source, with a key, of
 * a product without a limit or a threshold. */
static const struct step {
	enum query	q;
	uint64_t	min;
	uint64_t	max;
	struct source	args[ARGS_MAX];
} steps[] = {
	{ Q_ONCE_PROBE, 0, ANY, { S(caller), S(key) } },
	{ Q_ONCE_CLAIM, 1, 1, { S(caller), S(key), T(now) } },
	{ Q_EXCHANGE_ORDER, 1, 1, { S(order), S(order_no), S(user), S(product), AT(name), I(1), N(price),
	    TEXT(DELIVERY), T(now_s), T(now_s), T(now_s), AT(merchant), AT(category), N(price), AT(snapshot), NIL,
	    T(delivery) } },
	{ Q_POINTS_TAKE, 1, 1, { N(price), N(price), N(price), S(user), N(price) } },
	{ Q_POINTS_RECORD, 1, 1, { S(points_record), TEXT("mall_exchange"), N(taken), S(why), S(order), T(now),
	    N(taken), S(user) } },
	{ Q_EXCHANGE_COUNT, 1, 2, { S(user), S(product), I(1) } },
	{ Q_EVENT_PAIR, 2, 2, { S(points_event), TEXT("points.consumed"), S(user), S(points_payload), S(points_record),
	    TEXT("}"), T(now), T(now), S(order_event), TEXT("mall.product.exchanged"), TEXT(TARGETS), S(user),
	    S(order_payload), T(now), T(now) } },
	{ Q_POINTS_AFTER, 1, 1, { S(user) } },
	{ Q_INVENTORY_TAKE, 1, 1, { I(1), I(1), S(product), I(1), N(price), NIL, NIL, T(now_s),
	    T(now_s) } },
	{ Q_INVENTORY_RECORD, 1, 1, { S(stock_record), I(2), I(-1), S(order), TEXT("商城兑换"), T(now_s), S(product) } },
};

/* Rides with COMMIT. */
static const struct step answer_step = { Q_ONCE_ANSWER, 1, 1, { S(caller), S(key), B(fingerprint), I(201), B(body) } };

#define SQL_MODE "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO," \
	"NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY"
#define STEPS (sizeof(steps) / sizeof(steps[0]))

struct prepared {
	MYSQL_STMT	*h;
	MYSQL_BIND	 binds[ARGS_MAX];
	unsigned long	 lens[ARGS_MAX];
};

static struct {
	const char	*socket;
	int64_t		 threads;
	int64_t		 seconds;
	int64_t		 users;
	int64_t		 products;
	int64_t		 hot;		/* the one product; 0: any */
	bool		 two;
	int64_t		 seed;
} run = { .threads = 16, .seconds = 3, .users = 1, .products = 1 };

static struct product *products;	/* the first is 1 */
static atomic_bool over;
static pthread_barrier_t start;

struct client {
	pthread_t	 thread;
	MYSQL		*c;
	uint64_t	 random;
	struct tx	 tx;
	struct prepared	 prepared[STEPS + 1];
	char		 text[TEXT_MAX];
	uint32_t	*latencies;	/* microseconds, of the first LATENCIES_MAX */
	uint64_t	 done;
	uint64_t	 refused;	/* a guard did not hold */
	uint64_t	 deadlocks;
	uint64_t	 failed;
};

enum outcome { DONE, REFUSED, DEADLOCK, FAILED };

static void die(const char *what, const char *why) __attribute__((noreturn));

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "bare_exchange: %s: %s\n", what, why);
	exit(1);
}

static int64_t
mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* xorshift64*, one a thread. */
static uint64_t
next_random(struct client *cl)
{
	uint64_t x = cl->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	cl->random = x;
	return x * UINT64_C(2685821657736338717);
}

/* UUIDv7: as ordered as the program's own. */
static void
new_id(struct client *cl, int64_t ms, char *out)
{
	uint64_t r = next_random(cl);

	snprintf(out, ID_SIZE, "%08x-%04x-7%03x-%04x-%04x%08x", (unsigned)(ms >> 16),
	    (unsigned)ms & 0xffff, (unsigned)r & 0xfff, 0x8000 | ((unsigned)(r >> 12) & 0x3fff),
	    (unsigned)(r >> 26) & 0xffff, (unsigned)next_random(cl));
}

static void
set_times(struct tx *t, const struct timespec *now, int64_t days)
{
	time_t then = now->tv_sec + (time_t)days * 86400;
	struct tm tm;

	gmtime_r(&now->tv_sec, &tm);
	strftime(t->now_s, sizeof(t->now_s), "%Y-%m-%d %H:%M:%S", &tm);
	gmtime_r(&then, &tm);
	strftime(t->delivery, sizeof(t->delivery), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(t->now, sizeof(t->now), "%.19s.%03u", t->now_s, (unsigned)(now->tv_nsec / 1000000) % 1000);
}

static void
set_product(struct tx *t, const struct product *p)
{
	t->name = p->name;
	t->category = p->category;
	t->merchant = p->merchant;
	t->snapshot = p->snapshot;
	t->price = p->price;
	t->taken = -p->price;
}

static void
set_payloads(struct tx *t)
{
	snprintf(t->why, sizeof(t->why), "商城兑换-%s", t->name);
	snprintf(t->points_payload, sizeof(t->points_payload), "{\"userId\":\"%s\",\"points\":%" PRId64
	    ",\"recordId\":\"%s\",\"relatedId\":\"%s\",\"balanceAfter\":", t->user, t->price, t->points_record, t->order);
	snprintf(t->order_payload, sizeof(t->order_payload), "{\"userId\":\"%s\",\"productId\":\"%s\",\"quantity\":1,"
	    "\"pointsCost\":%" PRId64 ",\"orderId\":\"%s\"}", t->user, t->product, t->price, t->order);
}

static void
new_tx(struct client *cl)
{
	struct tx *t = &cl->tx;
	struct timespec now;
	int64_t ms, user, product;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	user = 1 + (int64_t)(next_random(cl) % (uint64_t)run.users);
	product = run.hot != 0 ? run.hot : 1 + (int64_t)(next_random(cl) % (uint64_t)run.products);
	set_product(t, &products[product]);
	set_times(t, &now, products[product].days);
	snprintf(t->user, ID_SIZE, "01900000-0000-7000-9000-%012" PRIx64, (uint64_t)user & UINT64_C(0xffffffffffff));
	snprintf(t->product, ID_SIZE, "01900000-0000-7000-8000-%012" PRIx64,
	    (uint64_t)product & UINT64_C(0xffffffffffff));
	snprintf(t->caller, sizeof(t->caller), "user:%s", t->user);
	new_id(cl, ms, t->key);
	new_id(cl, ms, t->order);
	new_id(cl, ms, t->points_record);
	new_id(cl, ms, t->stock_record);
	new_id(cl, ms, t->points_event);
	new_id(cl, ms, t->order_event);
	snprintf(t->order_no, sizeof(t->order_no), "B%017" PRIX64, next_random(cl));
	snprintf(t->fingerprint, sizeof(t->fingerprint), "%016" PRIx64 "%016" PRIx64, next_random(cl), next_random(cl));
	set_payloads(t);
}

static void
set_body(struct tx *t)
{
	snprintf(t->body, sizeof(t->body), "{\"success\":true,\"exchangeOrderId\":\"%s\",\"orderNo\":\"%s\",\"status\":1,"
	    "\"remainingPoints\":%" PRId64 ",\"estimatedDelivery\":\"%.10sT%.8sZ\"}", t->order, t->order_no, t->balance,
	    t->delivery, t->delivery + 11);
}

/* ---- one by one ---- */

static bool
is_text(const struct source *s)
{
	return s->type == 's' || s->type == 'b' || s->type == 't';
}

static const char *
source_text(const struct source *s, const struct tx *t)
{
	const char *member = (const char *)t + s->off;

	if (s->text != NULL)
		return s->text;
	return s->at ? *(char *const *)(const void *)member : member;
}

/* No constant is 0: that is what a member's says. */
static const int64_t *
source_int(const struct source *s, const struct tx *t)
{
	return s->i != 0 ? &s->i : (const int64_t *)(const void *)((const char *)t + s->off);
}

static void
bind_source(struct prepared *p, size_t i, const struct source *s, const struct tx *t)
{
	MYSQL_BIND *b = &p->binds[i];

	if (s->type == 'n') {
		b->buffer_type = MYSQL_TYPE_NULL;
	} else if (s->type == 'i') {
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = (void *)(uintptr_t)source_int(s, t);
	} else {
		b->buffer_type = s->type == 'b' ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
		b->length = &p->lens[i];
	}
}

/* The table above must name as many arguments, of the same types, as the statement has. */
static void
check_step(const struct step *s)
{
	const char *params = queries[s->q].params;
	size_t i;

	for (i = 0; s->args[i].type != 0; i++)
		if (params[i] == '\0' || (s->args[i].type != 'n' && s->args[i].type != params[i]))
			die(queries[s->q].name, "its parameters are not those of bare_exchange.c any more");
	if (params[i] != '\0')
		die(queries[s->q].name, "has more parameters than bare_exchange.c gives");
}

static void
prepare_step(struct client *cl, const struct step *s, struct prepared *p)
{
	const char *text = queries[s->q].text;

	p->h = mysql_stmt_init(cl->c);
	if (mysql_stmt_prepare(p->h, text, strlen(text)) != 0)
		die(queries[s->q].name, mysql_stmt_error(p->h));
	for (size_t i = 0; s->args[i].type != 0; i++)
		bind_source(p, i, &s->args[i], &cl->tx);
}

/* The first few: the others would be the same. */
static enum outcome
failed(const char *what, const char *why)
{
	static atomic_int told;

	if (atomic_fetch_add(&told, 1) < 5)
		fprintf(stderr, "bare_exchange: %s: %s\n", what, why);
	return FAILED;
}

static enum outcome
stmt_failed(struct prepared *p, const struct step *s)
{
	if (mysql_stmt_errno(p->h) == ER_LOCK_DEADLOCK)
		return DEADLOCK;
	return failed(queries[s->q].name, mysql_stmt_error(p->h));
}

/* The only row that is looked at is POINTS_AFTER's. */
static uint64_t
fetch_rows(struct client *cl, struct prepared *p, const struct step *s)
{
	MYSQL_BIND out = { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &cl->tx.balance };
	uint64_t rows = 0;

	if (s->q == Q_POINTS_AFTER)
		mysql_stmt_bind_result(p->h, &out);
	mysql_stmt_store_result(p->h);
	while (mysql_stmt_fetch(p->h) == 0)
		rows++;
	mysql_stmt_free_result(p->h);
	return rows;
}

static enum outcome
execute_step(struct client *cl, const struct step *s, struct prepared *p)
{
	uint64_t rows;

	for (size_t i = 0; s->args[i].type != 0; i++) {
		if (!is_text(&s->args[i]))
			continue;
		p->binds[i].buffer = (void *)(uintptr_t)source_text(&s->args[i], &cl->tx);
		p->lens[i] = strlen(p->binds[i].buffer);
	}
	if (mysql_stmt_bind_param(p->h, p->binds) != 0 || mysql_stmt_execute(p->h) != 0)
		return stmt_failed(p, s);
	rows = queries[s->q].columns[0] != '\0' ? fetch_rows(cl, p, s) : mysql_stmt_affected_rows(p->h);
	return rows >= s->min && rows <= s->max ? DONE : REFUSED;
}

static enum outcome
send_text(struct client *cl, const char *text, size_t n)
{
	if (mysql_real_query(cl->c, text, n) == 0)
		return DONE;
	if (mysql_errno(cl->c) == ER_LOCK_DEADLOCK)
		return DEADLOCK;
	return failed("statement", mysql_error(cl->c));
}

static enum outcome
one_by_one(struct client *cl)
{
	enum outcome o = DONE;

	for (size_t i = 0; o == DONE && i < STEPS; i++)
		o = execute_step(cl, &steps[i], &cl->prepared[i]);
	if (o != DONE)
		return o;
	set_body(&cl->tx);
	if ((o = execute_step(cl, &answer_step, &cl->prepared[STEPS])) != DONE)
		return o;
	return send_text(cl, "COMMIT", 6);
}

/* ---- two trips ---- */

/* Nothing here needs escaping: the texts are ours, or were looked through by keep(). */
static char *
put_source(char *out, const struct source *s, const struct tx *t)
{
	if (s->type == 'n')
		return stpcpy(out, "NULL");
	if (s->type == 'i')
		return out + sprintf(out, "%" PRId64, *source_int(s, t));
	*out++ = '\'';
	out = stpcpy(out, source_text(s, t));
	*out++ = '\'';
	return out;
}

static char *
put_step(char *out, const struct step *s, const struct tx *t)
{
	const struct source *args = s->args;
	bool quoted = false;

	for (const char *p = queries[s->q].text; *p != '\0'; p++) {
		if (*p == '\'')
			quoted = !quoted;
		if (*p == '?' && !quoted)
			out = put_source(out, args++, t);
		else
			*out++ = *p;
	}
	*out++ = ';';
	return out;
}

static uint64_t
read_rows(struct client *cl, MYSQL_RES *res, enum query q)
{
	uint64_t rows = mysql_num_rows(res);

	if (q == Q_POINTS_AFTER && rows == 1)
		cl->tx.balance = strtoll(mysql_fetch_row(res)[0], NULL, 10);
	mysql_free_result(res);
	return rows;
}

/* Every result is read, and every count held against its step's. */
static enum outcome
read_results(struct client *cl)
{
	enum outcome o = DONE;
	int more = 0;

	for (size_t i = 0; more == 0; i++) {
		MYSQL_RES *res = mysql_store_result(cl->c);
		uint64_t rows = res != NULL ? read_rows(cl, res, steps[i].q) : mysql_affected_rows(cl->c);

		if (rows < steps[i].min || rows > steps[i].max)
			o = REFUSED;
		more = mysql_next_result(cl->c);
	}
	if (more < 0)
		return o;
	if (mysql_errno(cl->c) == ER_LOCK_DEADLOCK)
		return DEADLOCK;
	return o == REFUSED ? o : failed("batch", mysql_error(cl->c));
}

static enum outcome
two_trips(struct client *cl)
{
	char *end = cl->text;
	enum outcome o;

	for (size_t i = 0; i < STEPS; i++)
		end = put_step(end, &steps[i], &cl->tx);
	if ((o = send_text(cl, cl->text, (size_t)(end - 1 - cl->text))) != DONE)
		return o;
	if ((o = read_results(cl)) != DONE)
		return o;
	set_body(&cl->tx);
	end = stpcpy(put_step(cl->text, &answer_step, &cl->tx), "COMMIT");
	if ((o = send_text(cl, cl->text, (size_t)(end - cl->text))) != DONE)
		return o;
	return mysql_next_result(cl->c) == 0 ? DONE : failed("COMMIT", mysql_error(cl->c));
}

/* ---- clients ---- */

/* As app/store/db.c sets its sessions. */
static const char *const session_setup[] = {
	"SET NAMES utf8mb4 COLLATE utf8mb4_bin",
	"SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 1",
	"SET SESSION sql_mode = '" SQL_MODE "'",
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET SESSION autocommit = 0",
};

static void
open_client(struct client *cl)
{
	cl->c = mysql_init(NULL);
	mysql_options(cl->c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(cl->c, "localhost", "pointsmall", getenv("BARE_PASSWORD"), "pointsmall", 0, run.socket,
	    CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS) == NULL)
		die("connect", mysql_error(cl->c));
	for (size_t i = 0; i < sizeof(session_setup) / sizeof(session_setup[0]); i++)
		if (send_text(cl, session_setup[i], strlen(session_setup[i])) != DONE)
			die("session", mysql_error(cl->c));
	for (size_t i = 0; i < STEPS && !run.two; i++)
		prepare_step(cl, &steps[i], &cl->prepared[i]);
	if (!run.two)
		prepare_step(cl, &answer_step, &cl->prepared[STEPS]);
}

static char *
keep(const char *s)
{
	char *p = strdup(s != NULL ? s : "");

	if (p == NULL || strpbrk(p, "'\\") != NULL)
		die("a product's text", "has a character that would have to be escaped");
	return p;
}

/* Of the seeded products; the last of the columns is the place. */
static const char products_text[] =
	"SELECT p.name, p.category_id, p.merchant_id, JSON_OBJECT('name', p.name, 'description', p.description, 'images', "
	"JSON_EXTRACT(p.images, '$'), 'specifications', JSON_EXTRACT(p.specifications, '$'), 'category', "
	"JSON_OBJECT('id', c.id, 'name', c.name), 'merchant', JSON_OBJECT('id', m.id, 'name', m.name), 'originalPrice', "
	"p.original_price, 'pointsPrice', p.points_price), p.points_price, m.delivery_days, CONV(RIGHT(p.id, 12), 16, 10) "
	"FROM products p JOIN product_categories c ON c.id = p.category_id JOIN merchants m ON m.id = p.merchant_id "
	"WHERE p.id BETWEEN '01900000-0000-7000-8000-000000000001' AND '01900000-0000-7000-8000-ffffffffffff'";

static void
load_products(struct client *cl)
{
	MYSQL_RES *res;
	MYSQL_ROW row;

	if (send_text(cl, products_text, sizeof(products_text) - 1) != DONE || (res = mysql_store_result(cl->c)) == NULL)
		die("products", mysql_error(cl->c));
	while ((row = mysql_fetch_row(res)) != NULL) {
		int64_t n = strtoll(row[6], NULL, 10);

		if (n >= 1 && n <= run.products)
			products[n] = (struct product){ keep(row[0]), keep(row[1]), keep(row[2]), keep(row[3]),
			    strtoll(row[4], NULL, 10), strtoll(row[5], NULL, 10) };
	}
	mysql_free_result(res);
	for (int64_t n = 1; n <= run.products; n++)
		if (products[n].name == NULL)
			die("products", "fewer are there than --products says");
}

static void
exchange(struct client *cl)
{
	int64_t begun = mono_us();
	enum outcome o;

	new_tx(cl);
	while ((o = run.two ? two_trips(cl) : one_by_one(cl)) != DONE) {
		if (mysql_query(cl->c, "ROLLBACK") != 0)
			die("ROLLBACK", mysql_error(cl->c));
		if (o != DEADLOCK)
			break;
		cl->deadlocks++;
	}
	if (o == DONE && cl->done < LATENCIES_MAX)
		cl->latencies[cl->done] = (uint32_t)(mono_us() - begun);
	cl->done += o == DONE;
	cl->refused += o == REFUSED;
	cl->failed += o == FAILED;
}

/* As the program's workers do (app/run/worker.c). */
static void
give_way(void)
{
	static const struct sched_param none;

	(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

static void *
client_run(void *arg)
{
	struct client *cl = arg;

	give_way();
	mysql_thread_init();
	open_client(cl);
	pthread_barrier_wait(&start);
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		exchange(cl);
	mysql_close(cl->c);
	mysql_thread_end();
	return NULL;
}

static struct client *
clients_new(void)
{
	struct client *all = calloc((size_t)run.threads, sizeof(*all));

	if (all == NULL)
		die("memory", "none");
	for (int64_t i = 0; i < run.threads; i++) {
		all[i].random = ((uint64_t)run.seed << 16 | (uint64_t)i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		if ((all[i].latencies = malloc(LATENCIES_MAX * sizeof(uint32_t))) == NULL)
			die("memory", "none");
		if (pthread_create(&all[i].thread, NULL, client_run, &all[i]) != 0)
			die("thread", "cannot be made");
	}
	return all;
}

static int
compare_latency(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t *
all_latencies(const struct client *all, uint64_t *n)
{
	uint32_t *out;
	uint64_t total = 0;

	for (int64_t i = 0; i < run.threads; i++)
		total += all[i].done < LATENCIES_MAX ? all[i].done : LATENCIES_MAX;
	if ((out = malloc((total + 1) * sizeof(*out))) == NULL)
		die("memory", "none");
	*n = 0;
	for (int64_t i = 0; i < run.threads; i++) {
		uint64_t k = all[i].done < LATENCIES_MAX ? all[i].done : LATENCIES_MAX;

		memcpy(out + *n, all[i].latencies, k * sizeof(*out));
		*n += k;
	}
	qsort(out, *n, sizeof(*out), compare_latency);
	return out;
}

static void
report(const struct client *all, int64_t elapsed_us)
{
	uint64_t done = 0, refused = 0, deadlocks = 0, failed = 0, n;
	uint32_t *us = all_latencies(all, &n);

	for (int64_t i = 0; i < run.threads; i++) {
		done += all[i].done;
		refused += all[i].refused;
		deadlocks += all[i].deadlocks;
		failed += all[i].failed;
	}
	printf("{\"requests\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"deadlocks\":%" PRIu64 ",\"failed\":%" PRIu64
	    ",\"duration_us\":%" PRId64 ",\"p50_us\":%u,\"p99_us\":%u}\n", done, refused, deadlocks, failed, elapsed_us,
	    n > 0 ? us[n / 2] : 0, n > 0 ? us[n * 99 / 100] : 0);
}

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "threads", required_argument, NULL, 't' },
	{ "seconds", required_argument, NULL, 'd' },
	{ "way", required_argument, NULL, 'w' },
	{ "users", required_argument, NULL, 'u' },
	{ "products", required_argument, NULL, 'p' },
	{ "hot", required_argument, NULL, 'h' },
	{ "seed", required_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 }
};

static void
read_options(int argc, char **argv)
{
	int64_t *const numbers[128] = {
		['t'] = &run.threads, ['d'] = &run.seconds, ['u'] = &run.users, ['p'] = &run.products, ['h'] = &run.hot,
		['r'] = &run.seed,
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			run.socket = optarg;
		else if (c == 'w')
			run.two = strcmp(optarg, "two") == 0;
		else if (c > 0 && c < 128 && numbers[c] != NULL)
			*numbers[c] = strtoll(optarg, NULL, 10);
		else
			exit(2);
	}
	if (run.socket == NULL || run.threads < 1 || run.seconds < 1 || run.users < 1 || run.products < 1)
		die("options", "see the beginning of bare_exchange.c");
}

int
main(int argc, char **argv)
{
	static struct client loader;
	struct client *all;
	int64_t begun;

	read_options(argc, argv);
	for (size_t i = 0; i < STEPS; i++)
		check_step(&steps[i]);
	check_step(&answer_step);
	mysql_library_init(0, NULL, NULL);
	if ((products = calloc((size_t)run.products + 1, sizeof(*products))) == NULL)
		die("memory", "none");
	open_client(&loader);
	load_products(&loader);
	mysql_close(loader.c);
	pthread_barrier_init(&start, NULL, (unsigned)run.threads + 1);
	all = clients_new();
	pthread_barrier_wait(&start);
	begun = mono_us();
	nanosleep(&(struct timespec){ (time_t)run.seconds, 0 }, NULL);
	atomic_store(&over, true);
	for (int64_t i = 0; i < run.threads; i++)
		pthread_join(all[i].thread, NULL);
	report(all, mono_us() - begun);
	return 0;
}
