/* SPDX-License-Identifier: Apache-2.0 */
/* lots.h: points that expire: which date they get, which date they had, and the day that it comes. */
#ifndef SERVICE_LOTS_H
#define SERVICE_LOTS_H

#include "service/points.h"

struct db;

/* When points earned now expire, by [shop] points_expiry; 0: never. */
int64_t lots_expiry_of_earned(const struct mall *m);

/* Which of the points that an order took go back to a date: the one that they had or, where that is over, the end of the grace
 * period. Soonest first, no two of the same date; the others never expire. What an order took from never changes
 * afterwards, so this may be read outside the transaction; db is where the points are. */
enum err lots_origin(struct mall *m, struct db *db, const char *user_id, const char *order_id,
    struct points_expiring **out, size_t *n) MUST_CHECK;

/* Lets what is due expire: a page of lots, each in a transaction of its own, with its record and event. A task. */
enum err lots_expire(struct mall *m, bool *more) MUST_CHECK;

#endif
