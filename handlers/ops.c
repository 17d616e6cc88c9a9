/* SPDX-License-Identifier: Apache-2.0 */
/* ops.c: what the people and programs that run the machines ask. */
#include "handlers/handlers.h"
#include "service/health.h"

struct health {
	const char	*status;
};

static const struct json_view health_view[] = { VIEW_STR(struct health, status, "status", 0), VIEW_END };
static const struct health ok = { "ok" };

/* GET /healthz: this worker answers. */
enum err
healthz_get(struct req *r)
{
	return reply_json(r, 200, health_view, &ok);
}

/* GET /readyz: the database is there and has the schema. */
enum err
readyz_get(struct req *r)
{
	enum err e;

	if ((e = health_ready(r->mall)) != E_OK)
		return e;
	return reply_json(r, 200, health_view, &ok);
}
