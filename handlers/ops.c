/* SPDX-License-Identifier: Apache-2.0 */
/* ops.c: what the people and programs that run the machines ask. */
#include "handlers/handlers.h"
#include "service/health.h"
#include "service/metrics.h"

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

/* GET /metrics: Prometheus text. */
enum err
metrics_get(struct req *r)
{
	struct buf b;
	enum err e;

	buf_init(&b, r->arena, 8192);
	if ((e = metrics_write(r->mall, &b)) != E_OK)
		return e;
	r->reply = (struct reply){ .status = 200, .type = METRICS_TYPE, .body = b.p, .len = b.len };
	return E_OK;
}
