/* SPDX-License-Identifier: Apache-2.0 */
/* once.c: idempotency keys: looked up, claimed, and answered for good. */
#include <string.h>

#include "service/once.h"
#include "store/db.h"

struct once_row {
	struct db_bin	fingerprint;
	int64_t		status;
	struct db_bin	body;
};

static const struct db_col once_cols[] = {
	DB_BIN(struct once_row, fingerprint), DB_I64(struct once_row, status), DB_BIN(struct once_row, body), DB_END,
};

enum err
once_find(struct mall *m, const struct once *o, struct once_answer *out)
{
	struct once_row row;
	enum err e;

	if (o->key == NULL)
		return E_NOT_FOUND;
	e = db_row(m->db, Q_ONCE_FIND, ARGS(A_STR(o->caller), A_STR(o->key)), once_cols, m->arena, &row);
	if (e != E_OK)
		return e;
	if (row.fingerprint.n != SHA256_LEN || memcmp(row.fingerprint.p, o->fingerprint, SHA256_LEN) != 0)
		return E_KEY_REUSED;
	if (row.status == I64_NONE)
		return E_IN_PROGRESS;
	*out = (struct once_answer){ row.status, (const char *)row.body.p, row.body.n };
	return E_OK;
}

/* The claim's two statements are the batch's first; see once_judge(). */
void
once_claim(struct db_batch *b, const struct once *o, int64_t now_us)
{
	if (o->key == NULL)
		return;
	db_batch_add(b, Q_ONCE_PROBE, ARGS(A_STR(o->caller), A_STR(o->key)), 0, DB_ANY_ROWS);
	db_batch_add(b, Q_ONCE_CLAIM, ARGS(A_STR(o->caller), A_STR(o->key), A_TIME(now_us)), 1, 1);
}

enum err
once_judge(const struct once *o, int failed, enum err e)
{
	if (o->key == NULL || failed < 0 || failed > 1)
		return e;
	if (e == E_LOCK_WAIT)
		return E_IN_PROGRESS;
	if (e == E_DUPLICATE)
		return E_CONFLICT;
	return e;
}

void
once_keep(struct mall *m, const struct once *o, const void *result)
{
	const char *body;
	size_t len;

	if (o->key == NULL)
		return;
	body = o->render(o->arg, result, m->arena, &len);
	db_tx_with_commit(m->tx, Q_ONCE_ANSWER, ARGS(A_STR(o->caller), A_STR(o->key), A_BIN(o->fingerprint, SHA256_LEN),
	    A_I64(o->status), A_BIN(body, len)));
}
