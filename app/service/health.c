/* SPDX-License-Identifier: Apache-2.0 */
/* health.c: are the databases there, and new enough. */
#include <inttypes.h>

#include "base/clock.h"
#include "service/health.h"
#include "store/db.h"
#include "store/points_schema.h"

#define POINTS_WAIT_US US_PER_S

static enum err
judge(struct mall *m, struct db *db, int needed)
{
	int64_t version;
	enum err e;

	if ((e = db_schema_version(db, &version)) != E_OK)
		return e == E_DOWN ? e : FAULT(m->fault, E_DOWN, "readyz: %s", err_name(e));
	if (version < needed)
		return FAULT(m->fault, E_UNAVAILABLE, "readyz: schema %" PRId64 " is older than %d", version, needed);
	return E_OK;
}

/* Points that live apart and cannot be reached are no reason to send nobody here: orders settle once they can be. */
static enum err
judge_points(struct mall *m)
{
	enum err e;

	if (!mall_points_apart(m))
		return E_OK;
	db_cut_at(m->points, clock_mono_us() + POINTS_WAIT_US);
	e = judge(m, m->points, POINTS_SCHEMA_VERSION);
	db_cut_at(m->points, 0);
	return e == E_DOWN ? E_OK : e;
}

enum err
health_ready(struct mall *m)
{
	enum err e;

	if ((e = db_ping(m->tx)) != E_OK)
		return e == E_DOWN ? e : FAULT(m->fault, E_DOWN, "readyz: %s", err_name(e));
	if ((e = judge(m, m->db, SCHEMA_VERSION)) == E_OK)
		e = judge_points(m);
	return e == E_OK ? E_OK : E_DOWN;
}
