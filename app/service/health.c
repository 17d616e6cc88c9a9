/* SPDX-License-Identifier: Apache-2.0 */
/* health.c: is the database there, and new enough. */
#include <inttypes.h>

#include "service/health.h"
#include "store/db.h"
#include "store/migrations.h"

enum err
health_ready(struct mall *m)
{
	int64_t version;
	enum err e;

	if ((e = db_ping(m->tx)) != E_OK || (e = db_schema_version(m->db, &version)) != E_OK)
		return e == E_DOWN ? e : FAULT(m->fault, E_DOWN, "readyz: %s", err_name(e));
	if (version < SCHEMA_VERSION)
		return FAULT(m->fault, E_DOWN, "readyz: schema %" PRId64 " is older than %d", version, SCHEMA_VERSION);
	return E_OK;
}
