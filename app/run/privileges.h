/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.h: root is only for binding; afterwards it is given up for good. */
#ifndef RUN_PRIVILEGES_H
#define RUN_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

/* Who the process will be. */
struct privileges {
	const char	*user;
	uid_t		 uid;
	gid_t		 gid;
	bool		 drop;	/* false: it is that user already */
};

/* What [process] user means for this process; false and one line logged where it means nothing: root without a
 * user, an unknown user, another user without being root. user is borrowed. */
bool privileges_plan(const char *user, struct privileges *out);
/* Becomes that user, without a way back. false and one line logged where it fails: the caller must end. */
bool privileges_drop(const struct privileges *p);

#endif
