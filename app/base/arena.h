/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h: memory with the lifetime of one request. Nothing is freed singly; the whole is reset.
 * An allocation never returns NULL: without memory the process logs one line and ends (the master
 * starts another).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Everything allocated from it is gone; the first block stays for the next request. */
void arena_reset(struct arena *a);

/* A place to come back to: what is allocated after the mark is gone with arena_release(). */
struct arena_mark {
	const void	*block;
	size_t		 used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark mark);

/* n zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
/* count * size zeroed bytes; an overflowing product ends the process. */
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* n bytes, whatever they are, and a NUL after them. */
char *arena_memdup(struct arena *a, const void *p, size_t n);
/* At most n bytes of a string: it ends at its NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A growing string in an arena; p is always NUL-terminated and NULL before the first byte. */
struct buf {
	struct arena	*arena;
	char		*p;
	size_t		 len;
	size_t		 cap;
};

/* Room for at least cap bytes at once. */
void buf_init(struct buf *b, struct arena *a, size_t cap);
/* Room for n more bytes and their NUL; returns where they go. Who writes there adds to len, and the NUL. */
char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addi(struct buf *b, long long i);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
