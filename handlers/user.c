/* SPDX-License-Identifier: Apache-2.0 */
/* user.c: logging in, staying so, logging out; a user's own profile. In a worker. */
#include "handlers.h"
#include "http/token.h"
#include "service/auth.h"
#include "service/user.h"

#define AVATAR_MAX 500

static const struct json_view terms_view[] = {
	VIEW_STR(struct user_terms, version, "version", 0),
	VIEW_TIME(struct user_terms, agreed_at_us, "agreedAt", 0),
	VIEW_END
};

static const struct json_view points_view[] = {
	VIEW_I64(struct user_points, balance, "balance", 0),
	VIEW_I64(struct user_points, held, "held", 0),
	VIEW_I64(struct user_points, debt, "debt", 0),
	VIEW_I64(struct user_points, total_earned, "totalEarned", 0),
	VIEW_I64(struct user_points, total_spent, "totalSpent", 0),
	VIEW_END
};

static const struct json_view profile_view[] = {
	VIEW_STR(struct user_profile, id, "id", 0),
	VIEW_STR(struct user_profile, nickname, "nickname", 0),
	VIEW_STR(struct user_profile, avatar, "avatar", 0),
	VIEW_BOOL(struct user_profile, personalized, "personalized", 0),
	VIEW_OBJ(struct user_profile, terms, "agreedTerms", 0, terms_view),
	VIEW_OBJ(struct user_profile, points, "points", 0, points_view),
	VIEW_TIME(struct user_profile, created_at_us, "createdAt", 0),
	VIEW_END
};

/* ---- tokens ---- */

struct auth_answer {
	const char		*access_token;
	const char		*token_type;
	int64_t			 expires_in;
	const char		*refresh_token;
	struct user_profile	 user;
};

static const struct json_view auth_view[] = {
	VIEW_STR(struct auth_answer, access_token, "accessToken", 0),
	VIEW_STR(struct auth_answer, token_type, "tokenType", 0),
	VIEW_I64(struct auth_answer, expires_in, "expiresIn", 0),
	VIEW_STR(struct auth_answer, refresh_token, "refreshToken", 0),
	VIEW_IN(struct auth_answer, user, "user", profile_view),
	VIEW_END
};

static enum err
reply_tokens(struct req *r, const struct auth_result *got)
{
	const struct conf *conf = r->mall->conf;
	struct auth_answer out = {
		.token_type = "Bearer",
		.expires_in = conf->access_ttl_s,
		.refresh_token = got->refresh_token,
		.user = got->user,
	};
	enum err e;

	e = token_issue(conf, got->user.id, "user", got->family, NULL, NULL, conf->access_ttl_s, r->mall->now_us,
	    r->arena, &out.access_token);
	if (e != E_OK)
		return FAULT(r->fault, e, "token: cannot be signed");
	return reply_json(r, 200, auth_view, &out);
}

struct login_in {
	const char	*code;
};

static const struct json_field login_in[] = {
	JSON_STR(struct login_in, code, "code", JSON_REQUIRED, 1, 128),
	JSON_END
};

/* POST /api/auth/login: a code of wx.login for tokens; the first login makes the user. */
enum err
auth_login_post(struct req *r)
{
	struct login_in		in = { 0 };
	struct auth_result	out = { 0 };
	enum err		e;

	if ((e = req_json(r, login_in, &in)) != E_OK)
		return e;
	if ((e = auth_login(r->mall, in.code, &out)) != E_OK)
		return e;
	return reply_tokens(r, &out);
}

struct refresh_in {
	const char	*refresh_token;
};

static const struct json_field refresh_in[] = {
	JSON_STR(struct refresh_in, refresh_token, "refreshToken", JSON_REQUIRED, 1, 128),
	JSON_END
};

/* POST /api/auth/refresh: a refresh token for the next pair of tokens. */
enum err
auth_refresh_post(struct req *r)
{
	struct refresh_in	in = { 0 };
	struct auth_result	out = { 0 };
	enum err		e;

	if ((e = req_json(r, refresh_in, &in)) != E_OK)
		return e;
	if ((e = auth_refresh(r->mall, in.refresh_token, &out)) != E_OK)
		return e;
	return reply_tokens(r, &out);
}

/* POST /api/auth/logout: ends the login that the caller's token came from. */
enum err
auth_logout_post(struct req *r)
{
	enum err e;

	if ((e = auth_logout(r->mall, r->caller.id, r->caller.family)) != E_OK)
		return e;
	return reply_empty(r, 204);
}

/* ---- profile ---- */

/* GET /api/user/profile: the caller's own. */
enum err
user_profile_get(struct req *r)
{
	struct user_profile	out;
	enum err		e;

	if ((e = user_profile(r->mall, r->caller.id, &out)) != E_OK)
		return e;
	return reply_json(r, 200, profile_view, &out);
}

struct profile_in {
	const char	*nickname;
	const char	*avatar;
	bool		 personalized;
	const char	*agreed_terms;
};

static const struct json_field profile_in[] = {
	JSON_STR(struct profile_in, nickname, "nickname", JSON_OPTIONAL, 1, 32),
	JSON_STR(struct profile_in, avatar, "avatar", JSON_NULLABLE, 1, AVATAR_MAX),
	JSON_BOOL(struct profile_in, personalized, "personalized", JSON_OPTIONAL),
	JSON_STR(struct profile_in, agreed_terms, "agreedTerms", JSON_OPTIONAL, 1, 32),
	JSON_END
};

/* What the body says and what it leaves out. An absent member keeps its default: "" is no avatar that could be
 * sent, and a boolean is absent where it keeps either default. */
static enum err
read_change(struct req *r, struct user_change *out)
{
	struct profile_in in = { .avatar = "", .personalized = false };
	struct profile_in other = { .avatar = "", .personalized = true };
	enum err e;

	if ((e = req_json(r, profile_in, &in)) != E_OK || (e = req_json(r, profile_in, &other)) != E_OK)
		return e;
	*out = (struct user_change){
		.nickname = in.nickname,
		.set_avatar = in.avatar == NULL || in.avatar[0] != '\0',
		.avatar = in.avatar,
		.personalized = in.personalized == other.personalized ? in.personalized : I64_NONE,
		.agreed_terms = in.agreed_terms,
	};
	return E_OK;
}

/* PUT /api/user/profile: changes what the body names. */
enum err
user_profile_put(struct req *r)
{
	struct user_change	in;
	struct user_profile	out;
	enum err		e;

	if ((e = read_change(r, &in)) != E_OK)
		return e;
	if ((e = user_update(r->mall, r->caller.id, &in, &out)) != E_OK)
		return e;
	return reply_json(r, 200, profile_view, &out);
}
