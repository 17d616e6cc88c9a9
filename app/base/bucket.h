/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bucket.h: token buckets in memory that many processes share (GCRA, one 64-bit word each, lock-free): the limit per
 * verified user. A table that is full lets through: a limit is a protection, not a promise.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stddef.h>
#include <stdint.h>

struct buckets;

/* How many bytes n buckets need (n a power of two). */
size_t buckets_size(size_t n);
/* Puts an empty table into zeroed shared memory of that size. */
struct buckets *buckets_init(void *mem, size_t n);
/* One request of key (a hash of the user): 0: go on; else the milliseconds to wait.
 * rate a second, burst at once; now is monotonic and the same clock in every process. */
int64_t buckets_take(struct buckets *b, uint64_t key, int64_t rate, int64_t burst, int64_t now_mono_us);

#endif
