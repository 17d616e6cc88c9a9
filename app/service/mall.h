/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mall.h: what every service works with. A worker makes one at its start; arena, fault, now_us and deadline are
 * those of the request that runs. Services take values and give values; they know no HTTP.
 */
#ifndef SERVICE_MALL_H
#define SERVICE_MALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/num.h"

struct db;
struct cache;
struct copies;
struct wechat;
struct revocations;

struct mall {
	const struct conf	*conf;
	struct db		*db;		/* reads, and single writes */
	struct db		*tx;		/* transactions: the connection with multi-statements */
	struct db		*points;	/* where the points are: db itself, unless they live apart */
	struct db		*points_tx;	/* likewise tx */
	struct cache		*cache;
	struct copies		*copies;	/* this worker's own copies of public answers */
	struct wechat		*wechat;
	struct revocations	*revocations;	/* tokens that no longer count */
	/* of the request */
	struct arena		*arena;
	struct fault		*fault;
	int64_t			 now_us;
	int64_t			 deadline_us;	/* of the monotonic clock */
};

/* Opens nothing yet: connections are made at first use. After fork only. Ends the process without memory. */
struct mall *mall_new(const struct conf *conf);
void mall_free(struct mall *m);
/* Whether the points live in another database than the mall's. */
bool mall_points_apart(const struct mall *m);
/* A request begins: the arena and fault are borrowed until the next one. */
void mall_request(struct mall *m, struct arena *a, struct fault *f, int64_t deadline_ms);

/* Where a list goes on: the sort key and id of the last row given. */
struct keyset {
	bool		set;
	int64_t		n;
	char		id[37];
};

#endif
