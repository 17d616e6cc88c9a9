/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h: logins and what ends them. A login is a family of refresh tokens, each good for one use; access tokens
 * name their family, so that ending it stops them too. Access tokens themselves are made in http/token.
 */
#ifndef SERVICE_AUTH_H
#define SERVICE_AUTH_H

#include "service/mall.h"
#include "service/user.h"

struct db_batch;

struct auth_result {
	const char		*family;
	const char		*refresh_token;	/* the only copy: the database has its SHA-256 */
	struct user_profile	 user;
};

/* Logs in whoever WeChat says that the code of wx.login is; the first login makes the user.
 * E_FORBIDDEN: blocked; else as wechat_login(), or the database's error. Strings are the arena's. */
enum err auth_login(struct mall *m, const char *code, struct auth_result *out) MUST_CHECK;

/* Uses a refresh token up and gives its successor. One that was used before revokes its whole family, except within
 * 30 s of its first use while the successor is unused (the answer was lost): then the successor dies and there is a
 * new one. E_UNAUTHORIZED: not one of ours, expired, revoked, or used before; E_FORBIDDEN: the user is blocked. */
enum err auth_refresh(struct mall *m, const char *refresh_token, struct auth_result *out) MUST_CHECK;

/* Ends the user's login family: its refresh tokens at once, its access tokens wherever the list of revocations is
 * read next. NULL (a token of another issuer, which has none) changes nothing. */
enum err auth_logout(struct mall *m, const char *user_id, const char *family) MUST_CHECK;

/* ---- tokens that no longer count, although their signature is good ---- */

/* The worker's copy of the list; empty until auth_check() reads it. */
struct revocations *revocations_new(void);
void revocations_free(struct revocations *r);

/* E_UNAUTHORIZED where the user or the family (NULL: none) is in the list, which is read again once it is 30 s old.
 * Where it cannot be read, the old one counts for 60 s; after that the database's error is the answer. */
enum err auth_check(struct mall *m, const char *user_id, const char *family) MUST_CHECK;

/* Adds to a transaction that blocks or unblocks the user what its tokens are refused by: every worker knows it within a
 * minute, this one as soon as auth_changed() tells it, after COMMIT. */
void auth_block(struct db_batch *b, struct mall *m, const char *user_id, bool blocked);
void auth_changed(struct mall *m);

#endif
