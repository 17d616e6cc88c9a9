/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h: THE table of what the program answers. */
#ifndef HANDLERS_ROUTES_H
#define HANDLERS_ROUTES_H

#include "http/req.h"

/* Ends with a row without a path. */
extern const struct route routes[];

#endif
