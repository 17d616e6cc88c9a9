/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h: what monitoring reads of the database, in Prometheus' text format. */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include "service/mall.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends every metric to out. All are cheap: none reads more of a table than is due or recent. */
enum err metrics_write(struct mall *m, struct buf *out) MUST_CHECK;

#endif
