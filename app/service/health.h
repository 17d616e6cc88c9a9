/* SPDX-License-Identifier: Apache-2.0 */
/* health.h: whether this process can serve. */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include "service/mall.h"

/* E_OK: the database answers on both connections and its schema is at least this program's. Else E_DOWN. */
enum err health_ready(struct mall *m) MUST_CHECK;

#endif
