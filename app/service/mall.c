/* SPDX-License-Identifier: Apache-2.0 */
/* mall.c: makes what a worker's services work with. Connections open when they are first used, after fork. */
#include <stdlib.h>

#include "base/clock.h"
#include "service/answer.h"
#include "service/auth.h"
#include "service/mall.h"
#include "store/cache.h"
#include "store/db.h"
#include "wechat/client.h"

struct mall *
mall_new(const struct conf *conf)
{
	struct mall *m = calloc(1, sizeof(*m));

	if (m == NULL)
		abort();
	m->conf = conf;
	m->db = db_new(conf, DB_PLAIN);
	m->tx = db_new(conf, DB_BATCH);
	m->points = conf_points_apart(conf) ? db_new_points(conf, DB_PLAIN) : m->db;
	m->points_tx = conf_points_apart(conf) ? db_new_points(conf, DB_BATCH) : m->tx;
	m->cache = cache_new(conf);
	m->copies = copies_new(conf);
	m->wechat = wechat_new(conf);
	m->revocations = revocations_new();
	return m;
}

void
mall_free(struct mall *m)
{
	if (m == NULL)
		return;
	revocations_free(m->revocations);
	wechat_free(m->wechat);
	copies_free(m->copies);
	cache_free(m->cache);
	if (mall_points_apart(m)) {
		db_free(m->points_tx);
		db_free(m->points);
	}
	db_free(m->tx);
	db_free(m->db);
	free(m);
}

bool
mall_points_apart(const struct mall *m)
{
	return m->points != m->db;
}

void
mall_request(struct mall *m, struct arena *a, struct fault *f, int64_t deadline_ms)
{
	int64_t deadline_us = clock_mono_us() + deadline_ms * US_PER_MS;

	m->arena = a;
	m->fault = f;
	m->now_us = clock_now_us();
	m->deadline_us = deadline_us;
	db_request(m->db, f, deadline_us);
	db_request(m->tx, f, deadline_us);
	db_request(m->points, f, deadline_us);
	db_request(m->points_tx, f, deadline_us);
}
