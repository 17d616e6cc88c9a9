/* SPDX-License-Identifier: Apache-2.0 */
/* migrate.h: brings a database to this program's schema; forward only. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"

struct migration;

/* Applies every migration of the list (migrations, points_migrations) above the database's version, in order, and tells each to
 * say (may be NULL). A migration that was applied with another text is E_CONFLICT, named in the fault. db is a DB_OWNER
 * connection. Safe to run again, also after it broke off between two migrations. */
enum err migrate_up(struct db *db, const struct migration *list, struct arena *a,
    void (*say)(const char *name)) MUST_CHECK;

#endif
