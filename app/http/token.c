/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.c: access tokens, in a worker and in `pointsmall token`. libjwt computes and compares the signature and no
 * more: 1.10 never looks at exp, takes any token for a key without length, and copies a token onto its stack.
 * So the length, the form, the algorithm and the key are settled before it sees a token, and the claims are read
 * by our own strict decoder afterwards.
 */
#include <jwt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/ids.h"
#include "http/token.h"

#define KEY_BYTES_MIN 32
#define TIME_S_MAX INT64_C(253402300799)	/* the end of the year 9999 */
#define AUDIENCES_MAX 16

/* The three parts of a token: where each begins, and its length. */
struct parts {
	const char	*p[3];
	size_t		 n[3];
};

struct header {
	const char	*alg;
	const char	*kid;
	const char	*typ;
	const char	**crit;
	size_t		 ncrit;
};

struct claims {
	int64_t		 exp;
	int64_t		 nbf;
	int64_t		 iat;
	const char	*iss;
	const char	*aud;
	const char	**auds;
	size_t		 nauds;
	const char	*sub;
	const char	*role;
	const char	*fam;
	const char	*merchant;
	const char	*service;
};

static const struct json_field header_in[] = {
	JSON_STR(struct header, alg, "alg", JSON_REQUIRED | JSON_LENIENT, 1, 16),
	JSON_STR(struct header, kid, "kid", JSON_REQUIRED, 1, 64),
	JSON_STR(struct header, typ, "typ", JSON_OPTIONAL, 1, 16),
	JSON_STRS(struct header, crit, ncrit, "crit", JSON_OPTIONAL, 1, 64),
	JSON_END
};

#define CLAIMS_BUT_AUD \
	JSON_I64(struct claims, exp, "exp", JSON_REQUIRED | JSON_LENIENT, 0, TIME_S_MAX), \
	JSON_I64(struct claims, nbf, "nbf", JSON_OPTIONAL, 0, TIME_S_MAX), \
	JSON_I64(struct claims, iat, "iat", JSON_OPTIONAL, 0, TIME_S_MAX), \
	JSON_STR(struct claims, iss, "iss", JSON_REQUIRED, 1, 512), \
	JSON_STR(struct claims, sub, "sub", JSON_REQUIRED, 1, ID_LEN), \
	JSON_STR(struct claims, role, "role", JSON_OPTIONAL, 1, 16), \
	JSON_STR(struct claims, fam, "fam", JSON_OPTIONAL, 1, ID_LEN), \
	JSON_STR(struct claims, merchant, "merchant", JSON_OPTIONAL, 1, ID_LEN), \
	JSON_STR(struct claims, service, "service", JSON_OPTIONAL, 1, 32)

static const struct json_field claims_in[] = {
	CLAIMS_BUT_AUD,
	JSON_STR(struct claims, aud, "aud", JSON_REQUIRED, 1, 512),
	JSON_END
};

/* RFC 7519, 4.1.3: aud is one string, or an array of them. */
static const struct json_field claims_in_auds[] = {
	CLAIMS_BUT_AUD,
	JSON_STRS(struct claims, auds, nauds, "aud", JSON_REQUIRED, 1, AUDIENCES_MAX),
	JSON_END
};

static const struct {
	const char	*name;
	enum who	 who;
} roles[] = {
	{ "user", WHO_USER },
	{ "merchant", WHO_MERCHANT },
	{ "admin", WHO_ADMIN },
	{ "service", WHO_SERVICE },
};

static enum err
refuse(struct fault *f, const char *zh, const char *en)
{
	return fault_detail(f, E_UNAUTHORIZED, zh, en);
}

static enum err
refuse_claim(struct fault *f, struct arena *a, const char *claim)
{
	return refuse(f, arena_printf(a, "访问令牌的声明 %s 缺失或不被接受。", claim),
	    arena_printf(a, "The token's claim %s is missing or not accepted.", claim));
}

static bool
split(const char *jwt, struct parts *out)
{
	size_t len = strnlen(jwt, TOKEN_LEN_MAX + 1);
	const char *end = jwt + len, *dot;

	if (len > TOKEN_LEN_MAX)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if ((dot = memchr(jwt, '.', (size_t)(end - jwt))) == NULL)
			return false;
		out->p[i] = jwt;
		out->n[i] = (size_t)(dot - jwt);
		jwt = dot + 1;
	}
	out->p[2] = jwt;
	out->n[2] = (size_t)(end - jwt);
	return memchr(jwt, '.', out->n[2]) == NULL;
}

/* One part as the object it must be. The faults of a token are not faults in a request's body: they go to own. */
static enum err
decode_part(const struct parts *t, size_t i, const struct json_field *fields, struct arena *a, struct fault *own,
    void *out)
{
	char *text = arena_alloc(a, t->n[i] + 1);
	long n = b64url_decode(t->p[i], t->n[i], (uint8_t *)text, t->n[i]);

	memset(own, 0, sizeof(*own));
	if (n < 0)
		return E_INVALID;
	return json_decode(text, (size_t)n, fields, a, own, out);
}

static const struct conf_key *
find_key(const struct conf *conf, const char *kid)
{
	for (size_t i = 0; i < conf->nkeys; i++)
		if (strcmp(conf->keys[i].kid, kid) == 0)
			return &conf->keys[i];
	return NULL;
}

static const struct conf_key *
signing_key(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nkeys; i++)
		if (conf->keys[i].sign)
			return &conf->keys[i];
	return NULL;
}

static bool
usable(const struct conf_key *key)
{
	return key != NULL && key->secret_len >= KEY_BYTES_MIN && key->secret_len <= CONF_KEY_BYTES_MAX;
}

/* The key that the header names, where the header is one that we accept. */
static enum err
check_header(const struct conf *conf, const struct parts *t, struct arena *a, struct fault *f,
    const struct conf_key **key)
{
	struct header h = { 0 };
	struct fault own;

	if (decode_part(t, 0, header_in, a, &own, &h) != E_OK)
		return refuse(f, "访问令牌的头部不正确。", "The token's header is malformed, or lacks alg or kid.");
	if (strcmp(h.alg, "HS256") != 0)
		return refuse(f, "不接受该访问令牌的签名算法。", "The token's algorithm is not accepted.");
	if (h.typ != NULL && strcasecmp(h.typ, "JWT") != 0)
		return refuse(f, "不接受该类型的令牌。", "The token's typ is not JWT.");
	if (h.ncrit != 0)
		return refuse(f, "不支持访问令牌的 crit 头部。", "The token's header crit is not supported.");
	*key = find_key(conf, h.kid);
	if (!usable(*key))
		return refuse(f, "签发该访问令牌的密钥未知。", "The key that the token names is not known.");
	return E_OK;
}

static enum err
check_signature(const char *token, const struct parts *t, const struct conf_key *key, struct fault *f)
{
	uint8_t mac[SHA256_LEN];
	jwt_t *jwt = NULL;
	bool good;

	good = b64url_decode(t->p[2], t->n[2], mac, sizeof(mac)) == SHA256_LEN &&
	    jwt_decode(&jwt, token, key->secret, (int)key->secret_len) == 0 && jwt_get_alg(jwt) == JWT_ALG_HS256;
	jwt_free(jwt);
	if (!good)
		return refuse(f, "访问令牌的签名无效。", "The token's signature is not valid.");
	return E_OK;
}

static enum err
read_claims(const struct parts *t, struct arena *a, struct fault *f, struct claims *out)
{
	struct fault own;
	enum err e;

	e = decode_part(t, 1, claims_in, a, &own, out);
	if (e != E_OK && own.nfields == 1 && strcmp(own.fields[0].field, "aud") == 0) {
		memset(out, 0, sizeof(*out));
		e = decode_part(t, 1, claims_in_auds, a, &own, out);
	}
	if (e == E_OK)
		return E_OK;
	if (own.nfields == 0 || own.fields[0].field[0] == '\0')
		return refuse(f, "访问令牌的内容不正确。", "The token's payload is not a strict JSON object.");
	return refuse_claim(f, a, own.fields[0].field);
}

static bool
visible(const char *s)
{
	while (*s >= '!' && *s <= '~')
		s++;
	return *s == '\0';
}

static bool
is_for(const struct claims *c, const char *audience)
{
	if (c->aud != NULL)
		return strcmp(c->aud, audience) == 0;
	for (size_t i = 0; i < c->nauds; i++)
		if (strcmp(c->auds[i], audience) == 0)
			return true;
	return false;
}

/* A key with the issuer of the one that signs is our own: its subjects are our users' ids. */
static bool
sub_fits(const struct conf *conf, const struct conf_key *key, const char *sub)
{
	const struct conf_key *ours = signing_key(conf);

	if (ours != NULL && strcmp(ours->issuer, key->issuer) == 0)
		return id_valid(sub);
	return visible(sub);
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word), len;

	for (; *words != '\0'; words += len) {
		words += strspn(words, " \t,");
		len = strcspn(words, " \t,");
		if (len == n && n > 0 && memcmp(words, word, n) == 0)
			return true;
	}
	return false;
}

/* The role that the key may grant; 0: none. */
static enum who
role_of(const struct conf_key *key, const char *role)
{
	if (!has_word(key->roles, role))
		return 0;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, role) == 0)
			return roles[i].who;
	return 0;
}

/* The first claim that says what we do not accept of this key, or NULL. exp is the caller's to look at. */
static const char *
wrong_claim(const struct conf *conf, const struct conf_key *key, const struct claims *c, int64_t now_s,
    enum who role)
{
	int64_t latest = now_s + conf->clock_leeway_s;

	if (strcmp(c->iss, key->issuer) != 0)
		return "iss";
	if (!is_for(c, key->audience))
		return "aud";
	if (!sub_fits(conf, key, c->sub))
		return "sub";
	if (role == 0)
		return "role";
	if (c->fam != NULL && !visible(c->fam))
		return "fam";
	if (c->merchant != NULL ? !visible(c->merchant) : role == WHO_MERCHANT)
		return "merchant";
	if (c->service != NULL ? !visible(c->service) : role == WHO_SERVICE)
		return "service";
	if (c->nbf > latest)
		return "nbf";
	if (c->iat > latest)
		return "iat";
	return NULL;
}

enum err
token_verify(const struct conf *conf, const char *jwt, int64_t now_us, struct arena *a, struct fault *f,
    struct caller *out)
{
	const struct conf_key *key = NULL;
	struct claims c = { 0 };
	struct parts t;
	const char *wrong;
	enum err e;
	enum who role;

	if (!split(jwt, &t))
		return refuse(f, "访问令牌的格式不正确。", "The token is too long, or is not three parts.");
	if ((e = check_header(conf, &t, a, f, &key)) != E_OK)
		return e;
	if ((e = check_signature(jwt, &t, key, f)) != E_OK)
		return e;
	if ((e = read_claims(&t, a, f, &c)) != E_OK)
		return e;
	role = role_of(key, c.role != NULL ? c.role : key->default_role);
	if ((wrong = wrong_claim(conf, key, &c, now_us / US_PER_S, role)) != NULL)
		return refuse_claim(f, a, wrong);
	if (now_us / US_PER_S >= c.exp + conf->clock_leeway_s)
		return fault_detail(f, E_TOKEN_EXPIRED, "访问令牌已过期，请刷新。",
		    "The token has expired; refresh it.");
	*out = (struct caller){
		.role = role, .id = c.sub, .family = c.fam, .merchant = c.merchant, .service = c.service,
	};
	return E_OK;
}

static bool
add_text(jwt_t *jwt, const char *name, const char *value)
{
	return value == NULL || jwt_add_grant(jwt, name, value) == 0;
}

static bool
add_times(jwt_t *jwt, int64_t now_s, int64_t ttl_s)
{
	return jwt_add_grant_int(jwt, "iat", (long)now_s) == 0 && jwt_add_grant_int(jwt, "nbf", (long)now_s) == 0 &&
	    jwt_add_grant_int(jwt, "exp", (long)(now_s + ttl_s)) == 0;
}

static bool
set_key(jwt_t *jwt, const struct conf_key *key)
{
	return jwt_set_alg(jwt, JWT_ALG_HS256, key->secret, (int)key->secret_len) == 0 &&
	    jwt_add_header(jwt, "kid", key->kid) == 0 && add_text(jwt, "iss", key->issuer) &&
	    add_text(jwt, "aud", key->audience);
}

enum err
token_issue(const struct conf *conf, const char *sub, const char *role, const char *fam, const char *merchant,
    const char *service, int64_t ttl_s, int64_t now_us, struct arena *a, const char **out)
{
	const struct conf_key *key = signing_key(conf);
	enum err e = E_INTERNAL;
	jwt_t *jwt = NULL;
	char *text = NULL;

	if (!usable(key) || jwt_new(&jwt) != 0)
		goto out;
	if (!set_key(jwt, key) || !add_text(jwt, "sub", sub) || !add_text(jwt, "role", role) ||
	    !add_text(jwt, "fam", fam) || !add_text(jwt, "merchant", merchant) ||
	    !add_text(jwt, "service", service) || !add_times(jwt, now_us / US_PER_S, ttl_s))
		goto out;
	if ((text = jwt_encode_str(jwt)) == NULL)
		goto out;
	*out = arena_strdup(a, text);
	e = E_OK;
out:
	free(text);
	jwt_free(jwt);
	return e;
}
