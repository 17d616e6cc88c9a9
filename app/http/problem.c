/* SPDX-License-Identifier: Apache-2.0 */
/* problem.c: errors as application/problem+json, in Chinese or English. */
#include <string.h>

#include "base/log.h"
#include "http/problem.h"

struct problem {
	int		 status;
	int		 retry_after_s;	/* where the fault says none */
	const char	*title_zh;
	const char	*title_en;
	const char	*detail_zh;	/* what to do */
	const char	*detail_en;
};

static const struct problem problems[E__MAX] = {
	[E_INVALID] = { 400, 0, "请求无效", "Invalid request", "请检查并更正所列字段后重试。",
	    "Correct the named fields and try again." },
	[E_CURSOR] = { 400, 0, "翻页游标无效", "Invalid cursor", "请从第一页重新开始。", "Start again from the first page." },
	[E_UNAUTHORIZED] = { 401, 0, "未登录", "Not signed in", "请登录后重试。", "Sign in and try again." },
	[E_TOKEN_EXPIRED] = { 401, 0, "登录已过期", "Token expired", "请刷新令牌或重新登录。", "Refresh the token or sign in again." },
	[E_SIGNATURE] = { 401, 0, "签名无效", "Invalid signature", "签名校验未通过。", "The signature does not verify." },
	[E_FORBIDDEN] = { 403, 0, "没有权限", "Forbidden", "当前账号不能执行此操作。", "This account may not do that." },
	[E_NOT_FOUND] = { 404, 0, "未找到", "Not found", "所请求的内容不存在。", "There is no such thing." },
	[E_METHOD] = { 405, 0, "不支持的请求方法", "Method not allowed", "请使用 Allow 头列出的方法。", "Use a method that Allow names." },
	[E_UNAVAILABLE] = { 409, 0, "商品暂不可兑换", "Product unavailable", "商品已下架或不在兑换时间内。",
	    "The product is off sale or outside its sale window." },
	[E_PRICE_CHANGED] = { 409, 0, "积分价格已变动", "Price changed", "请按最新积分重新确认。", "Confirm again at the new cost." },
	[E_LIMIT] = { 409, 0, "超出限购数量", "Purchase limit exceeded", "该商品每人限购，您已达到上限。",
	    "This product is limited per person and you have reached the limit." },
	[E_POINTS] = { 409, 0, "积分余额不足", "Insufficient points", "积分余额不足，请先赚取积分。", "Earn more points first." },
	[E_STOCK] = { 409, 0, "商品库存不足", "Out of stock", "商品库存不足，请减少数量或选择其他商品。",
	    "Take fewer or another product." },
	[E_STATE] = { 409, 0, "当前状态不允许此操作", "Invalid state", "请刷新后查看最新状态。", "Reload to see the present state." },
	[E_IN_PROGRESS] = { 409, 1, "请求正在处理", "Request in progress", "相同的请求正在处理，请稍后以相同的 Idempotency-Key 重试。",
	    "The same request is still running; repeat it with the same Idempotency-Key." },
	[E_CONFLICT] = { 409, 0, "存在冲突", "Conflict", "内容已被他人更改，请刷新后重试。", "It was changed meanwhile; reload and try again." },
	[E_PRECONDITION] = { 412, 0, "前提条件不满足", "Precondition failed", "内容已更新，请刷新后重试。",
	    "It was changed meanwhile; reload and try again." },
	[E_TOO_LARGE] = { 413, 0, "请求内容过大", "Payload too large", "请减小请求内容。", "Send less." },
	[E_MEDIA_TYPE] = { 415, 0, "不支持的内容类型", "Unsupported media type", "请以 application/json 发送。",
	    "Send application/json." },
	[E_KEY_REUSED] = { 422, 0, "幂等键已被使用", "Idempotency key reused", "同一个 Idempotency-Key 不能用于不同的请求。",
	    "An Idempotency-Key stands for one request; use a new one." },
	[E_RATE] = { 429, 1, "请求过于频繁", "Too many requests", "请稍后重试。", "Slow down and try again later." },
	[E_INTERNAL] = { 500, 0, "服务器内部错误", "Internal error", "问题已记录，请稍后重试。", "It has been logged; try again later." },
	[E_UPSTREAM] = { 502, 0, "上游服务异常", "Upstream failed", "请稍后重试。", "Try again later." },
	[E_DOWN] = { 503, 1, "服务暂不可用", "Service unavailable", "请稍后重试。", "Try again later." },
	[E_UNCERTAIN] = { 503, 1, "结果未知", "Outcome unknown", "请以相同的 Idempotency-Key 重复请求以确认结果。",
	    "Repeat the request with the same Idempotency-Key to learn the outcome." },
	[E_TIMEOUT] = { 504, 0, "处理超时", "Timed out", "请稍后重试。", "Try again later." },
};

/* What never should have come up to here is our own fault. */
static const struct problem *
problem_of(enum err *e)
{
	if (problems[*e].status == 0)
		*e = E_INTERNAL;
	return &problems[*e];
}

int
problem_status(enum err e)
{
	return problem_of(&e)->status;
}

static void
add_member(struct buf *b, const char *name, const char *value)
{
	json_encode_str(b, name);
	buf_addc(b, ':');
	json_encode_str(b, value);
	buf_addc(b, ',');
}

static void
add_fields(struct buf *b, const struct fault *f, bool english)
{
	buf_adds(b, ",\"errors\":[");
	for (size_t i = 0; i < f->nfields; i++) {
		buf_adds(b, i > 0 ? ",{" : "{");
		add_member(b, "field", f->fields[i].field);
		buf_adds(b, "\"message\":");
		json_encode_str(b, english ? f->fields[i].en : f->fields[i].zh);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static const char *
pick(bool english, const char *zh, const char *en)
{
	return english ? en : zh;
}

const char *
problem_detail(const struct req *r, enum err e)
{
	const struct fault *f = r->fault;
	const struct problem *p = problem_of(&e);

	if (f->detail_zh != NULL && f->code == e)
		return pick(r->english, f->detail_zh, f->detail_en);
	return pick(r->english, p->detail_zh, p->detail_en);
}

void
problem_log(const struct req *r, enum err e)
{
	const struct fault *f = r->fault;

	if (f->file != NULL)
		log_error("%s: %s (%s:%d)", err_name(e), f->cause, f->file, f->line);
	else
		log_error("%s", err_name(e));
}

void
problem_reply(struct req *r, enum err e)
{
	const struct problem *p = problem_of(&e);
	const struct fault *f = r->fault;
	struct buf b;

	if (p->status >= 500)
		problem_log(r, e);
	buf_init(&b, r->arena, 512);
	buf_adds(&b, "{\"type\":\"about:blank\",");
	add_member(&b, "title", pick(r->english, p->title_zh, p->title_en));
	buf_printf(&b, "\"status\":%d,", p->status);
	add_member(&b, "detail", problem_detail(r, e));
	add_member(&b, "code", err_name(e));
	buf_adds(&b, "\"requestId\":");
	json_encode_str(&b, r->id);
	if (e == E_INVALID)
		add_fields(&b, f, r->english);
	if (f->extra_name != NULL)
		buf_printf(&b, ",\"%s\":%lld", f->extra_name, (long long)f->extra);
	buf_addc(&b, '}');
	r->reply.status = p->status;
	r->reply.type = "application/problem+json";
	r->reply.body = b.p;
	r->reply.len = b.len;
	r->reply.copy = NULL;
	r->reply.version = I64_NONE;
	r->reply.filename = NULL;
	r->reply.retry_after_s = f->retry_after_s > 0 ? f->retry_after_s : p->retry_after_s;
}
