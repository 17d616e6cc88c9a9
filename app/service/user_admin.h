/* SPDX-License-Identifier: Apache-2.0 */
/* user_admin.h: users as operators see them: search, block, adjust the points. For admins alone. */
#ifndef SERVICE_USER_ADMIN_H
#define SERVICE_USER_ADMIN_H

#include "service/audit.h"
#include "service/mall.h"
#include "service/once.h"
#include "service/points.h"
#include "service/seen.h"

struct user_row {
	const char		*id;
	const char		*nickname;
	const char		*avatar;	/* NULL: none */
	const char		*openid;	/* masked, but in user_view(); NULL: none */
	const char		*unionid;	/* NULL: none, and but in user_view() */
	bool			 blocked;
	int64_t			 blocked_at_us;
	const char		*blocked_reason;
	int64_t			 version;
	int64_t			 created_at_us;
	struct points_balance	 points;	/* in lists the balance and the debt alone */
};

/* What is searched for; NULL and I64_NONE: all. */
struct user_filter {
	const char	*q;		/* the beginning of an id, an openid or a nickname */
	int64_t		 blocked;	/* 0, 1 */
};

/* Newest first; *total is counted to 10,000. */
enum err users_list(struct mall *m, const struct user_filter *f, const struct keyset *after, int64_t limit,
    struct user_row **items, size_t *n, struct keyset *next, int64_t *total) MUST_CHECK;
/* One user in full, which is audited. E_NOT_FOUND. */
enum err user_view(struct mall *m, const struct actor *who, const char *id, struct user_row *out) MUST_CHECK;

struct user_status {
	bool		 blocked;
	const char	*reason;
	struct seen	 seen;
};

/* Blocks: the user's tokens stop within a minute, and nothing can be exchanged; or unblocks. What is so already changes
 * nothing. out is as in a list, its points as they were before. E_NOT_FOUND, E_PRECONDITION. */
enum err user_set_status(struct mall *m, const struct actor *who, const char *id, const struct user_status *in,
    const struct once *once, struct user_row *out) MUST_CHECK;

#endif
