/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c: blocks in a list; an allocation moves a mark in the newest one. In every process.
 * Under AddressSanitizer what is not handed out is poisoned, with a gap after each allocation.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP 16u
#else
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#define GAP 0u
#endif

#define ALIGN _Alignof(max_align_t)
#define FIRST_BLOCK (64u * 1024)
#define LARGEST_STEP (4u * 1024 * 1024)
#define SIZE_SANE (SIZE_MAX / 4)
#define BUF_FIRST 256u

struct block {
	struct block	*older;
	size_t		 size;
	size_t		 used;
	_Alignas(max_align_t) char data[];
};

struct arena {
	struct block	*newest;
};

static void no_memory(size_t n) __attribute__((noreturn, cold));

static void
no_memory(size_t n)
{
	log_error("out of memory: %zu bytes asked for", n);
	_exit(EX_OSERR);
}

static struct block *
block_new(struct block *older, size_t size)
{
	struct block *b;

	if (size > SIZE_SANE || (b = malloc(sizeof(*b) + size)) == NULL)
		no_memory(size);
	b->older = older;
	b->size = size;
	b->used = 0;
	POISON(b->data, size);
	return b;
}

static void
block_free(struct block *b)
{
	UNPOISON(b->data, b->size);
	free(b);
}

struct arena *
arena_new(void)
{
	struct arena *a;

	if ((a = malloc(sizeof(*a))) == NULL)
		no_memory(sizeof(*a));
	a->newest = block_new(NULL, FIRST_BLOCK);
	return a;
}

void
arena_reset(struct arena *a)
{
	struct block *b;

	while ((b = a->newest)->older != NULL) {
		a->newest = b->older;
		block_free(b);
	}
	b->used = 0;
	POISON(b->data, b->size);
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->newest, a->newest->used };
}

void
arena_release(struct arena *a, struct arena_mark mark)
{
	struct block *b;

	while ((b = a->newest) != mark.block) {
		a->newest = b->older;
		block_free(b);
	}
	POISON(b->data + mark.used, b->used - mark.used);
	b->used = mark.used;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	block_free(a->newest);
	free(a);
}

static size_t
rounded(size_t n)
{
	return (n + GAP + ALIGN - 1) & ~(ALIGN - 1);
}

/* A block for at least n bytes; they grow with the request, so that many small ones are rare. */
static void
add_block(struct arena *a, size_t n)
{
	size_t size = a->newest->size * 2;

	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	a->newest = block_new(a->newest, size < n ? n : size);
}

/* n bytes as they come. */
static void *
take(struct arena *a, size_t n)
{
	struct block	*b = a->newest;
	size_t		 want;
	void		*p;

	if (__builtin_expect(n > SIZE_SANE, 0))
		no_memory(n);
	want = rounded(n);
	if (__builtin_expect(want > b->size - b->used, 0)) {
		add_block(a, want);
		b = a->newest;
	}
	p = b->data + b->used;
	b->used += want;
	UNPOISON(p, n);
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	return memset(take(a, n), 0, n);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		no_memory(SIZE_MAX);
	return arena_alloc(a, n);
}

char *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = take(a, n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(take(a, n), s, n);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char	 small[256], *p;
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		no_memory(0);
	p = take(a, (size_t)n + 1);
	if ((size_t)n < sizeof(small))
		return memcpy(p, small, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

/* ---- buf ---- */

/* Lengthens the newest allocation of the arena where it stands; false: p is not the newest, or no room. */
static bool
extend(struct arena *a, const char *p, size_t old, size_t new)
{
	struct block	*b = a->newest;
	size_t		 more = rounded(new) - rounded(old);

	if (p == NULL || p + rounded(old) != b->data + b->used || more > b->size - b->used)
		return false;
	b->used += more;
	UNPOISON(p, new);
	return true;
}

static void __attribute__((noinline, cold))
grow(struct buf *b, size_t n)
{
	size_t	 cap = b->p == NULL ? b->cap : b->cap * 2;
	char	*p;

	if (n > SIZE_SANE || b->len > SIZE_SANE)
		no_memory(n);
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	if (cap < b->len + n + 1)
		cap = b->len + n + 1;
	if (!extend(b->arena, b->p, b->cap, cap)) {
		p = take(b->arena, cap);
		if (b->p != NULL)
			memcpy(p, b->p, b->len);
		b->p = p;
	}
	b->cap = cap;
}

void
buf_init(struct buf *b, struct arena *a, size_t cap)
{
	/* Taken at the first byte: until then p is NULL. */
	*b = (struct buf){ .arena = a, .cap = cap < SIZE_SANE ? cap + 1 : cap };
}

char *
buf_room(struct buf *b, size_t n)
{
	if (__builtin_expect(b->p == NULL || n >= b->cap - b->len, 0))
		grow(b, n);
	return b->p + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0)
		return;
	to = buf_room(b, n);
	memcpy(to, p, n);
	to[n] = '\0';
	b->len += n;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	char *to = buf_room(b, 1);

	to[0] = c;
	to[1] = '\0';
	b->len++;
}

/* Two digits at a time halves the divisions. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

void
buf_addi(struct buf *b, long long i)
{
	char			 text[24], *p = text + sizeof(text);
	unsigned long long	 u = i < 0 ? 0 - (unsigned long long)i : (unsigned long long)i;

	while (u >= 100) {
		p -= 2;
		memcpy(p, pairs + u % 100 * 2, 2);
		u /= 100;
	}
	if (u >= 10) {
		p -= 2;
		memcpy(p, pairs + u * 2, 2);
	} else {
		*--p = (char)('0' + u);
	}
	if (i < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		no_memory(0);
	if (n == 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf_room(b, (size_t)n), (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
