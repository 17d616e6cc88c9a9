/* SPDX-License-Identifier: Apache-2.0 */
/* login.h: who a mini-program's user is: code2session. */
#ifndef WECHAT_LOGIN_H
#define WECHAT_LOGIN_H

#include "wechat/client.h"

#define WECHAT_ID_MAX 64

struct wechat_session {
	const char	*openid;	/* 1 to WECHAT_ID_MAX bytes, compared byte for byte */
	const char	*unionid;	/* the same, or NULL */
};

/* Asks WeChat whose code (of wx.login, good once) it is. Strings of *out are the arena's.
 * E_INVALID naming "code"; E_RATE, E_DOWN with a time to wait; E_FORBIDDEN; E_TIMEOUT; E_UPSTREAM for any other.
 * GET /sns/jscode2session, developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html */
enum err wechat_login(struct wechat *w, const struct conf *conf, const char *code, struct arena *a, struct fault *f,
    struct wechat_session *out) MUST_CHECK;

#endif
