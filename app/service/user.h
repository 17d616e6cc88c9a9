/* SPDX-License-Identifier: Apache-2.0 */
/* user.h: a user's own profile. */
#ifndef SERVICE_USER_H
#define SERVICE_USER_H

#include "service/mall.h"

struct user_points {
	int64_t		 balance;
	int64_t		 held;		/* by pending orders */
	int64_t		 debt;
	int64_t		 total_earned;
	int64_t		 total_spent;
};

struct user_terms {
	const char	*version;
	int64_t		 agreed_at_us;
};

struct user_profile {
	const char		*id;
	const char		*nickname;
	const char		*avatar;	/* NULL: none */
	bool			 personalized;
	bool			 blocked;
	struct user_terms	*terms;		/* NULL: agreed to none yet */
	struct user_points	*points;	/* NULL: they live apart, where nobody answers now */
	int64_t			 created_at_us;
};

/* What is to change; the rest stays. */
struct user_change {
	const char	*nickname;	/* 1 to 32 characters; NULL: stays */
	bool		 set_avatar;
	const char	*avatar;	/* "https://…" or "/files/…"; NULL: takes it away */
	int64_t		 personalized;	/* 0, 1; I64_NONE: stays */
	const char	*agreed_terms;	/* the version; NULL: stays. The same version again keeps its first time */
};

/* E_NOT_FOUND: no such user. Strings are the arena's. */
enum err user_profile(struct mall *m, const char *id, struct user_profile *out) MUST_CHECK;
/* Brings points up to date where they live apart; outside any transaction, after user_read(). */
void user_points(struct mall *m, struct user_profile *p);
/* The same as user_profile() on a connection of the caller's choice, inside its transaction, and without user_points(). */
enum err user_read(struct db *db, const char *id, struct arena *a, struct user_profile *out) MUST_CHECK;
/* Changes at least one thing (else E_INVALID) and gives the profile as it is then. E_INVALID names "avatar" where
 * it is no address that we show; E_NOT_FOUND. */
enum err user_update(struct mall *m, const char *id, const struct user_change *in,
    struct user_profile *out) MUST_CHECK;

#endif
