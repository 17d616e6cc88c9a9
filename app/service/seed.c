/* SPDX-License-Identifier: Apache-2.0 */
/* seed.c: the demo shop from its scripts, and shops of any size by INSERT … SELECT, a block of rows at a time. */
#include "service/seed.h"

#include "base/num.h"
#include "store/db.h"
#include "store/demo.h"

#define BLOCK_MAX 10000
#define NARGS_MAX 8

/* One table that is filled, and the ledger whose rows belong to it in the same transaction. */
struct seed_table {
	const char	*what;
	enum query	 last;
	struct db_arg	 of_last[2];	/* its arguments */
	size_t		 nof_last;
	int64_t		 base;		/* rows up to this one are none of ours */
	enum query	 add;
	bool		 has_ledger;
	enum query	 ledger;
	int64_t		 wanted;
	int64_t		 block;		/* at most what the statement's digits reach */
	struct db_arg	 before[4];	/* the statement's arguments before first and last */
	size_t		 nbefore;
};

/* Rows first to last of one table. */
struct block {
	const struct seed_table	*t;
	int64_t			 first;
	int64_t			 last;
};

struct number_row {
	int64_t n;
};

static const struct db_col number_cols[] = { DB_I64(struct number_row, n), DB_END };

enum err
seed_demo(struct db *db, struct arena *a, bool *there)
{
	struct number_row row;
	struct buf text;
	enum err e;

	if ((e = db_row(db, Q_SEED_DEMO_THERE, NO_ARGS, number_cols, a, &row)) != E_OK)
		return e;
	if ((*there = row.n > 0))
		return E_OK;
	buf_init(&text, a, 0);
	buf_adds(&text, "START TRANSACTION;\n");
	for (const char *const *s = demo_script; *s != NULL; s++)
		buf_adds(&text, *s);
	buf_adds(&text, "COMMIT;\n");
	return db_script(db, text.p);
}

static enum err
add_block(struct db *db, void *arg)
{
	const struct block *b = arg;
	struct db_arg args[NARGS_MAX];
	size_t n = 0;
	enum err e;

	while (n < b->t->nbefore) {
		args[n] = b->t->before[n];
		n++;
	}
	args[n++] = A_I64(b->first);
	args[n++] = A_I64(b->last);
	if ((e = db_exec(db, b->t->add, args, n, NULL)) != E_OK || !b->t->has_ledger)
		return e;
	return db_exec(db, b->t->ledger, ARGS(A_I64(b->first), A_I64(b->last)), NULL);
}

static enum err
fill(struct db *db, struct arena *a, const struct seed_table *t, seed_say *say, int64_t *added)
{
	struct number_row there;
	struct block b = { .t = t };
	enum err e;

	if ((e = db_row(db, t->last, t->of_last, t->nof_last, number_cols, a, &there)) != E_OK)
		return e;
	for (int64_t n = there.n > t->base ? there.n : t->base; n < t->wanted; n = b.last) {
		b.first = n + 1;
		b.last = t->wanted - n > t->block ? n + t->block : t->wanted;
		if ((e = db_tx(db, add_block, &b)) != E_OK)
			return e;
		*added += b.last - n;
		say(t->what, b.last, t->wanted);
	}
	return E_OK;
}

/* Primes beyond every number of users: a multiplication by one goes through all of them, in an order like none. */
static const int64_t primes[] = { 982451653, 961748941, 941083987, 920419823, 899809363, 879190841, 858599509, 838041647 };

#define NPRIMES ((int64_t)(sizeof(primes) / sizeof(primes[0])))

/* The second and further records of the users that are still to come: the users themselves come after their records, so
 * that a run that was broken off goes on with the same ones. */
static enum err
fill_records(struct db *db, struct arena *a, const struct seed_size *size, int64_t each, seed_say *say, int64_t *added)
{
	struct number_row there;
	enum err e;

	if ((e = db_row(db, Q_SEED_LAST_USER, NO_ARGS, number_cols, a, &there)) != E_OK || there.n >= size->users)
		return e;
	for (int64_t seq = 2; seq <= each; seq++) {
		const struct seed_table t = {
			.what = "points records", .last = Q_SEED_LAST_RECORD, .of_last = { A_I64(seq), A_I64(seq) },
			.nof_last = 2, .base = there.n, .add = Q_SEED_RECORDS, .wanted = size->users, .block = BLOCK_MAX,
			.before = { A_I64(seq), A_I64(there.n), A_I64(primes[seq % NPRIMES]), A_I64(size->users - there.n) },
			.nbefore = 4,
		};

		if ((e = fill(db, a, &t, say, added)) != E_OK)
			return e;
	}
	return E_OK;
}

enum err
seed_load(struct db *db, struct arena *a, const struct seed_size *size, seed_say *say, int64_t *added)
{
	/* Every fifth category, from the first, is at the top; products are in the others. */
	const int64_t leaves = size->categories - (size->categories + 4) / 5;
	const int64_t each = size->records > size->users && size->users > 0 ? size->records / size->users : 1;
	const struct seed_table tables[] = {
		{ .what = "merchants", .last = Q_SEED_LAST_MERCHANT, .add = Q_SEED_MERCHANTS,
		    .wanted = SEED_MERCHANTS, .block = SEED_MERCHANTS },
		{ .what = "categories", .last = Q_SEED_LAST_CATEGORY, .add = Q_SEED_CATEGORIES,
		    .wanted = size->categories, .block = BLOCK_MAX },
		{ .what = "products", .last = Q_SEED_LAST_PRODUCT, .add = Q_SEED_PRODUCTS,
		    .has_ledger = true, .ledger = Q_SEED_STOCK, .wanted = size->products, .block = BLOCK_MAX,
		    .before = { A_I64(SEED_MERCHANTS), A_I64(leaves) }, .nbefore = 2 },
		{ .what = "users", .last = Q_SEED_LAST_USER, .add = Q_SEED_USERS,
		    .has_ledger = true, .ledger = Q_SEED_POINTS, .wanted = size->users, .block = BLOCK_MAX,
		    .before = { A_I64(each), A_I64(each), A_I64(each) }, .nbefore = 3 },
	};
	enum err e;

	*added = 0;
	if ((e = fill_records(db, a, size, each, say, added)) != E_OK)
		return e;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if ((e = fill(db, a, &tables[i], say, added)) != E_OK)
			return e;
	return E_OK;
}
