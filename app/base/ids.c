/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.c: ids, hashes and random bytes by OpenSSL, which this file alone includes. In every process;
 * random bytes are fetched ahead, and what was fetched before a fork is thrown away after it.
 */
#include "base/ids.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define AHEAD 1024u

static const char hex_digits[] = "0123456789abcdef";

static struct {
	uint8_t	bytes[AHEAD];
	size_t	left;
	pid_t	owner;
} ahead;

/* The time and count of the last id: RFC 9562, 6.2, method 1, with rand_a as the counter. */
static uint64_t	last_ms;
static unsigned	last_count;

static void crypto_failed(const char *what) __attribute__((noreturn, cold));

/* Nothing can go on safely without random numbers or hashes. */
static void
crypto_failed(const char *what)
{
	log_error("libcrypto: %s failed", what);
	_exit(EX_SOFTWARE);
}

static void
fetch(void *out, size_t n)
{
	if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
		crypto_failed("RAND_bytes");
}

void
random_bytes(void *out, size_t n)
{
	pid_t	me = getpid();
	uint8_t	*from;

	if (n > AHEAD / 4) {
		fetch(out, n);
		return;
	}
	if (ahead.owner != me || ahead.left < n) {
		fetch(ahead.bytes, AHEAD);
		ahead.left = AHEAD;
		ahead.owner = me;
	}
	ahead.left -= n;
	from = ahead.bytes + ahead.left;
	memcpy(out, from, n);
	/* It may be somebody's token now: it stays nowhere else. */
	OPENSSL_cleanse(from, n);
}

/* The next (time, count), larger than every one before in this process. */
static void
id_tick(uint64_t ms, unsigned seed)
{
	if (ms > last_ms) {
		last_ms = ms;
		last_count = seed & 0x7ff;	/* the upper half is room to count */
	} else if (++last_count > 0xfff) {
		last_ms++;
		last_count = 0;
	}
}

static void
put_time(uint8_t *b, uint64_t ms)
{
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
}

static void
put_id(const uint8_t *b, char *out)
{
	static const uint8_t hyphen_before[16] = { [4] = 1, [6] = 1, [8] = 1, [10] = 1 };

	for (int i = 0; i < 16; i++) {
		if (hyphen_before[i])
			*out++ = '-';
		*out++ = hex_digits[b[i] >> 4];
		*out++ = hex_digits[b[i] & 15];
	}
	*out = '\0';
}

void
id_new(int64_t now_us, char *out)
{
	uint8_t	b[16];

	random_bytes(b + 6, 10);
	id_tick((uint64_t)(now_us / US_PER_MS), (unsigned)b[6] << 8 | b[7]);
	put_time(b, last_ms);
	b[6] = (uint8_t)(0x70 | last_count >> 8);
	b[7] = (uint8_t)last_count;
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	put_id(b, out);
}

void
id_of(const char *text, int64_t at_us, char *out)
{
	uint8_t	b[SHA256_LEN];

	sha256(text, strlen(text), b);
	if (at_us != 0)
		put_time(b, (uint64_t)(at_us / US_PER_MS));
	b[6] = (uint8_t)((at_us != 0 ? 0x70 : 0x80) | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	put_id(b, out);
}

bool
id_valid(const char *s)
{
	for (int i = 0; i < ID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f'))) {
			return false;
		}
	}
	return s[ID_LEN] == '\0';
}

void
order_no_new(int64_t now_us, char *out)
{
	static const char	crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char			day[RFC3339_LEN + 1];
	uint64_t		r;

	clock_rfc3339(now_us, day);
	memcpy(out, day + 2, 2);
	memcpy(out + 2, day + 5, 2);
	memcpy(out + 4, day + 8, 2);
	random_bytes(&r, sizeof(r));
	for (int i = 6; i < ORDER_NO_LEN; i++) {
		out[i] = crockford[r & 31];
		r >>= 5;
	}
	out[ORDER_NO_LEN] = '\0';
}

/* The algorithm is fetched and the context made once a process: that costs more than hashing a key does. */
void
sha256(const void *p, size_t n, uint8_t out[SHA256_LEN])
{
	static EVP_MD *algorithm;
	static EVP_MD_CTX *context;

	if (context == NULL) {
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
		context = EVP_MD_CTX_new();
	}
	if (algorithm == NULL || context == NULL || EVP_DigestInit_ex2(context, algorithm, NULL) != 1 ||
	    EVP_DigestUpdate(context, p, n) != 1 || EVP_DigestFinal_ex(context, out, NULL) != 1)
		crypto_failed("SHA256");
}

void
hmac_sha256(const void *key, size_t nkey, const void *p, size_t n, uint8_t out[SHA256_LEN])
{
	if (nkey > INT_MAX || HMAC(EVP_sha256(), key, (int)nkey, p, n, out, NULL) == NULL)
		crypto_failed("HMAC");
}

bool
equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

/* ---- text forms of bytes ---- */

void
hex_encode(const void *p, size_t n, char *out)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = hex_digits[b[i] >> 4];
		*out++ = hex_digits[b[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_decode(const char *s, uint8_t *out, size_t n)
{
	int high, low;

	for (size_t i = 0; i < n; i++) {
		if ((high = hex_value(s[2 * i])) < 0 || (low = hex_value(s[2 * i + 1])) < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * n] == '\0';
}

static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
b64url_encode(const void *p, size_t n, char *out)
{
	const uint8_t	*b = p;
	unsigned	 acc = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = (acc & 0x3f) << 8 | b[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = b64_digits[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = b64_digits[acc << (6 - bits) & 63];
	*out = '\0';
}

static int
b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

long
b64url_decode(const char *s, size_t n, uint8_t *out, size_t cap)
{
	unsigned	acc = 0, bits = 0;
	size_t		len = 0;
	int		v;

	if (n % 4 == 1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if ((v = b64_value(s[i])) < 0)
			return -1;
		acc = (acc & 0xff) << 6 | (unsigned)v;
		bits += 6;
		if (bits < 8)
			continue;
		if (len == cap)
			return -1;
		bits -= 8;
		out[len++] = (uint8_t)(acc >> bits);
	}
	/* Two texts must not mean the same bytes: what is left over is zero. */
	return (acc & ((1u << bits) - 1)) == 0 ? (long)len : -1;
}
