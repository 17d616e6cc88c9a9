/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: libcurl, held to what we need of it; in a worker or in jobs. The only file that includes curl.h. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "wechat/client.h"

struct wechat {
	const struct conf	*conf;
	CURL			*curl;	/* NULL: not opened yet */
};

struct wechat *
wechat_new(const struct conf *conf)
{
	struct wechat *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->conf = conf;
	return w;
}

void
wechat_free(struct wechat *w)
{
	if (w == NULL)
		return;
	if (w->curl != NULL) {
		curl_easy_cleanup(w->curl);
		curl_global_cleanup();
	}
	free(w);
}

/* An answer over the limit is cut off, which fails the transfer. */
static size_t
take_bytes(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	n *= size;
	if (n > WECHAT_ANSWER_MAX - body->len)
		return 0;
	buf_add(body, p, n);
	return n;
}

/* The environment's proxies are not looked at: what is called, and how, is said by the configuration alone. */
static bool
set_options(CURL *c, int64_t timeout_ms)
{
	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout_ms + 1) / 2) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "pointsmall") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes) == CURLE_OK;
}

static enum err
opened(struct wechat *w, struct fault *f)
{
	CURL *c;

	if (w->curl != NULL)
		return E_OK;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return FAULT(f, E_INTERNAL, "wechat: libcurl does not start");
	if ((c = curl_easy_init()) == NULL || !set_options(c, w->conf->wechat_timeout_ms)) {
		curl_easy_cleanup(c);
		curl_global_cleanup();
		return FAULT(f, E_INTERNAL, "wechat: libcurl refuses an option");
	}
	w->curl = c;
	return E_OK;
}

/* Percent-encoding of everything but RFC 3986's unreserved characters. */
static void
add_escaped(struct buf *b, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s != '\0'; s++) {
		if (strchr(plain, *s) != NULL)
			buf_addc(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
	}
}

static const char *
make_url(const char *base, const char *path, const struct wechat_param *params, struct arena *a)
{
	struct buf url;
	size_t n = strlen(base);

	while (n > 0 && base[n - 1] == '/')
		n--;
	buf_init(&url, a, 512);
	buf_add(&url, base, n);
	buf_adds(&url, path);
	for (size_t i = 0; params[i].name != NULL; i++) {
		buf_addc(&url, i == 0 ? '?' : '&');
		add_escaped(&url, params[i].name);
		buf_addc(&url, '=');
		add_escaped(&url, params[i].value);
	}
	return url.p;
}

static enum err
perform(struct wechat *w, const char *path, struct fault *f)
{
	CURLcode rc = curl_easy_perform(w->curl);
	long status = 0;

	if (rc == CURLE_OPERATION_TIMEDOUT)
		return FAULT(f, E_TIMEOUT, "wechat: %s: no answer in time", path);
	if (rc != CURLE_OK)
		return FAULT(f, E_UPSTREAM, "wechat: %s: %s", path, curl_easy_strerror(rc));
	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return FAULT(f, E_UPSTREAM, "wechat: %s: status %ld", path, status);
	return E_OK;
}

enum err
wechat_get_json(struct wechat *w, const char *path, const struct wechat_param *params, struct arena *a,
    struct fault *f, const char **body, size_t *len)
{
	struct buf answer;
	enum err e;

	if ((e = opened(w, f)) != E_OK)
		return e;
	buf_init(&answer, a, 4096);
	if (curl_easy_setopt(w->curl, CURLOPT_URL, make_url(w->conf->wechat_url, path, params, a)) != CURLE_OK ||
	    curl_easy_setopt(w->curl, CURLOPT_WRITEDATA, &answer) != CURLE_OK)
		return FAULT(f, E_INTERNAL, "wechat: %s: libcurl refuses the address", path);
	if ((e = perform(w, path, f)) != E_OK)
		return e;
	*body = answer.len > 0 ? answer.p : "";
	*len = answer.len;
	return E_OK;
}
