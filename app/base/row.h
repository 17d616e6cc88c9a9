/* SPDX-License-Identifier: Apache-2.0 */
/* row.h: what takes rows one at a time, on every floor: none of them ever holds them all. */
#ifndef BASE_ROW_H
#define BASE_ROW_H

#include "base/err.h"

/* row, its strings and whatever is allocated in the request's arena here are gone when it returns. The connection that
 * rows come by can do nothing else meanwhile. Anything but E_OK ends the reading, and is what the reading then returns. */
typedef enum err row_fn(void *arg, const void *row);

#endif
