/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: the log of what operators changed. */
#include "base/ids.h"
#include "service/audit.h"
#include "store/db.h"

void
audit_add(struct db_batch *b, struct mall *m, const struct actor *who, const struct audit_entry *entry)
{
	char id[ID_LEN + 1];

	id_new(m->now_us, id);
	db_batch_add(b, Q_AUDIT_ADD, ARGS(A_STR(id), A_STR(arena_printf(m->arena, "%s:%s", who->role, who->id)),
	    A_STR(who->role), A_STR(who->merchant), A_STR(entry->action), A_STR(entry->subject), A_STR(entry->subject_id),
	    A_STR(entry->before), A_STR(entry->after), A_STR(who->request_id), A_TIME(m->now_us)), 1, 1);
}
