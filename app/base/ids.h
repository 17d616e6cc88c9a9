/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h: ids, hashes, random bytes and text forms of bytes; the only file that includes OpenSSL is ids.c. */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_LEN 36
#define ORDER_NO_LEN 18
#define SHA256_LEN 32

/* A UUIDv7 (RFC 9562, 5.7) in lower case, of the time now_us, into out[ID_LEN + 1]. Within one process
 * ids made one after another sort in that order. */
void id_new(int64_t now_us, char *out);
/* The UUID that stands for text, always the same one (RFC 9562, 5.8), into out[ID_LEN + 1]; of a time at_us, which is not 0,
 * it is one that sorts with those of id_new(). */
void id_of(const char *text, int64_t at_us, char *out);
/* Whether s is a UUID in lower-case text. */
bool id_valid(const char *s);

/* An order number into out[ORDER_NO_LEN + 1]: the day as YYMMDD and 12 characters of Crockford's
 * base 32 (no I, L, O, U: it is read over the telephone), 60 random bits. */
void order_no_new(int64_t now_us, char *out);

void random_bytes(void *out, size_t n);
void sha256(const void *p, size_t n, uint8_t out[SHA256_LEN]);
void hmac_sha256(const void *key, size_t nkey, const void *p, size_t n, uint8_t out[SHA256_LEN]);
/* Compares in time that does not depend on where they differ. */
bool equal_secret(const void *a, const void *b, size_t n);

/* Lower-case hex of n bytes into out[2 * n + 1]. */
void hex_encode(const void *p, size_t n, char *out);
/* n bytes from 2 * n hex digits; false where s is anything else. */
bool hex_decode(const char *s, uint8_t *out, size_t n);
/* base64url without padding (RFC 4648, 5). out[B64_LEN(n) + 1]. */
#define B64_LEN(n) (((n) * 4 + 2) / 3)
void b64url_encode(const void *p, size_t n, char *out);
/* Decodes n characters into out[cap]; returns the length or -1: not canonical base64url, or too long. */
long b64url_decode(const char *s, size_t n, uint8_t *out, size_t cap);

#endif
