/* SPDX-License-Identifier: Apache-2.0 */
/* login.c: code2session. The session_key in its answer is not read at all: nobody here needs it. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "wechat/login.h"

struct session_answer {
	int64_t		 errcode;
	const char	*openid;
	const char	*unionid;
};

static const struct json_field session_in[] = {
	JSON_I64(struct session_answer, errcode, "errcode", JSON_OPTIONAL | JSON_LENIENT, INT32_MIN, INT32_MAX),
	JSON_STR(struct session_answer, openid, "openid", JSON_OPTIONAL, 0, WECHAT_ID_MAX),
	JSON_STR(struct session_answer, unionid, "unionid", JSON_OPTIONAL | JSON_NULLABLE, 0, WECHAT_ID_MAX),
	JSON_END
};

/* The documented errors that mean something to the user. */
static const struct {
	int64_t		 errcode;
	enum err	 err;
	const char	*field;
	const char	*zh;
	const char	*en;
	int		 retry_after_s;
} meanings[] = {
	{ 40029, E_INVALID, "code", "无效的登录凭证，请重新调用 wx.login", "is not a valid login code; call wx.login again", 0 },
	{ 40163, E_INVALID, "code", "登录凭证已被使用，请重新调用 wx.login", "was used already; call wx.login again", 0 },
	{ 45011, E_RATE, NULL, "登录过于频繁，请一分钟后再试。", "Too many logins; try again in a minute.", 60 },
	{ 40226, E_FORBIDDEN, NULL, "该微信账号存在风险，暂时无法登录。",
	    "WeChat considers this account a risk; it cannot log in.", 0 },
	{ -1, E_DOWN, NULL, "微信系统繁忙，请稍候再试。", "WeChat is busy; try again in a moment.", 1 },
};

static enum err
explain(int64_t errcode, struct fault *f)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].errcode != errcode)
			continue;
		f->retry_after_s = meanings[i].retry_after_s;
		if (meanings[i].field != NULL)
			return fault_field(f, meanings[i].field, meanings[i].zh, meanings[i].en);
		return fault_detail(f, meanings[i].err, meanings[i].zh, meanings[i].en);
	}
	return FAULT(f, E_UPSTREAM, "wechat: jscode2session: errcode %" PRId64, errcode);
}

/* Absent and empty are the same to WeChat. */
static const char *
filled(const char *s)
{
	return s != NULL && *s != '\0' ? s : NULL;
}

static enum err
read_session(const struct session_answer *in, struct fault *f, struct wechat_session *out)
{
	if (in->errcode != 0)
		return explain(in->errcode, f);
	out->openid = filled(in->openid);
	out->unionid = filled(in->unionid);
	if (out->openid == NULL || strlen(out->openid) > WECHAT_ID_MAX)
		return FAULT(f, E_UPSTREAM, "wechat: jscode2session: no openid of 1 to %d bytes", WECHAT_ID_MAX);
	if (out->unionid != NULL && strlen(out->unionid) > WECHAT_ID_MAX)
		return FAULT(f, E_UPSTREAM, "wechat: jscode2session: a unionid of over %d bytes", WECHAT_ID_MAX);
	return E_OK;
}

enum err
wechat_login(struct wechat *w, const struct conf *conf, const char *code, struct arena *a, struct fault *f,
    struct wechat_session *out)
{
	const struct wechat_param params[] = {
		{ "appid", conf->wechat_appid },
		{ "secret", conf->wechat_secret },
		{ "js_code", code },
		{ "grant_type", "authorization_code" },
		{ NULL, NULL }
	};
	struct session_answer in = { 0 };
	struct fault theirs = { 0 };	/* what is wrong with their JSON is not the caller's fault */
	const char *body;
	size_t len;
	enum err e;

	if ((e = wechat_get_json(w, "/sns/jscode2session", params, a, f, &body, &len)) != E_OK)
		return e;
	if (json_decode(body, len, session_in, a, &theirs, &in) != E_OK)
		return FAULT(f, E_UPSTREAM, "wechat: jscode2session: unreadable answer of %zu bytes", len);
	return read_session(&in, f, out);
}
