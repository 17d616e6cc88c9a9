/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c: several statements of a transaction in one round trip, each with the number of rows that it must affect.
 *
 * A guard that does not hold is no error to the server: it goes on with the next statement. So COMMIT is never part of
 * a batch, and the caller of db_batch_run() rolls back unless every count was seen to be right.
 */
#include <assert.h>
#include <string.h>

#include "base/failpoint.h"
#include "store/db_int.h"

#define ENTRIES_FIRST 24

struct entry {
	enum query		 q;
	size_t			 end;	/* of its text */
	uint64_t		 min;
	uint64_t		 max;
	const struct db_col	*cols;	/* of a SELECT */
	void			*out;
};

struct db_batch {
	struct db	*db;
	struct arena	*arena;
	struct buf	 text;
	struct entry	*entries;
	int		 cap;
	int		 n;
	int		 sent;		/* entries of earlier trips, where each has its own */
	int		 off_guard;	/* the first entry whose count was off, or -1 */
	enum err	 opened;
};

struct db_batch *
db_batch_new(struct db *db, struct arena *a)
{
	struct db_batch *b = arena_alloc(a, sizeof(*b));

	b->db = db;
	b->arena = a;
	b->off_guard = -1;
	b->cap = ENTRIES_FIRST;
	b->entries = arena_array(a, ENTRIES_FIRST, sizeof(*b->entries));
	buf_init(&b->text, a, 4096);
	b->opened = db_trip_open(db);
	return b;
}

static void
make_room(struct db_batch *b)
{
	struct entry *grown;

	if (b->n < b->cap)
		return;
	b->cap *= 2;
	grown = arena_array(b->arena, (size_t)b->cap, sizeof(*grown));
	memcpy(grown, b->entries, (size_t)b->n * sizeof(*grown));
	b->entries = grown;
}

static int
add(struct db_batch *b, enum query q, const struct db_arg *args, size_t nargs, struct entry entry)
{
	make_room(b);
	if (b->opened == E_OK) {
		if (b->n > 0)
			buf_addc(&b->text, ';');
		db_text(b->db, &b->text, q, args, nargs);
	}
	entry.q = q;
	entry.end = b->text.len;
	b->entries[b->n] = entry;
	return b->n++;
}

int
db_batch_add(struct db_batch *b, enum query q, const struct db_arg *args, size_t nargs, uint64_t min, uint64_t max)
{
	return add(b, q, args, nargs, (struct entry){ .min = min, .max = max });
}

int
db_batch_row(struct db_batch *b, enum query q, const struct db_arg *args, size_t nargs, const struct db_col *cols,
    void *out)
{
	return add(b, q, args, nargs, (struct entry){ .min = 1, .max = 1, .cols = cols, .out = out });
}

static enum err
take_row(struct db_batch *b, const struct entry *entry, const struct db_result *r)
{
	enum err e;

	for (size_t i = 0; entry->cols[i].type != 0; i++) {
		assert(i < r->ncells);
		if ((e = db_cell(b->db, &entry->cols[i], r->cells[i], r->lens[i], entry->out)) != E_OK)
			return e;
	}
	return E_OK;
}

static enum err
take_result(void *arg, int index, const struct db_result *r)
{
	struct db_batch *b = arg;
	const struct entry *entry;
	uint64_t rows;

	entry = &b->entries[b->sent + index];
	rows = entry->cols != NULL ? r->has_row : r->affected;
	if (rows < entry->min || rows > entry->max) {
		if (b->off_guard < 0)
			b->off_guard = b->sent + index;
		return E_OK;	/* the rest must still be read */
	}
	if (entry->cols != NULL)
		return take_row(b, entry, r);
	return E_OK;
}

/* For tests: each statement in a trip of its own, and so with its own ways to fail. */
static enum err
run_split(struct db_batch *b, int *reached)
{
	struct buf text = b->text;
	size_t from = 0;
	enum err e = E_OK;
	int none;

	for (b->sent = 0; b->sent < b->n && e == E_OK; b->sent++) {
		const struct entry *entry = &b->entries[b->sent];

		*reached = b->sent;
		text.p = b->text.p + from;
		text.len = entry->end - from;
		from = entry->end + 1;
		e = db_trip(b->db, queries[entry->q].name, &text, b->arena, take_result, b, &none);
	}
	return e;
}

static enum err
run(struct db_batch *b, int *reached)
{
	return FAILPOINT_SPLIT() ? run_split(b, reached) :
	    db_trip(b->db, "batch", &b->text, b->arena, take_result, b, reached);
}

enum err
db_batch_run(struct db_batch *b, int *failed)
{
	int reached = -1;
	enum err e;

	*failed = -1;
	if (b->opened != E_OK)
		return b->opened;
	e = run(b, &reached);
	if (b->off_guard >= 0 && (e == E_OK || e == E_DUPLICATE || e == E_INTERNAL)) {
		*failed = b->off_guard;
		return E_GUARD;
	}
	if (e != E_OK) {
		*failed = reached;
		return e;
	}
	assert(reached == b->n - 1);
	return E_OK;
}
