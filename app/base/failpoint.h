/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failpoint.h: named places at which a test makes the program fail: before and after each round trip to the database, each
 * operation of memcached and each reply. Only in a build with --enable-failpoints; any other has nothing of it.
 *
 * POINTSMALL_FAILPOINTS says what happens where, a NAME=ACTION each, with semicolons between; a name may be a pattern:
 *
 *   db.commit.before=exit*1;db.*.after=delay:20ms%5;cache.get.before=error#3;batch=split;seed=42
 *
 *   exit            the process ends at once, by SIGKILL; once, unless *N says otherwise
 *   error           as if the connection were lost: before, nothing was done; after, it was done and the answer is lost
 *   delay:Nms       it takes that much longer
 *   *N              at most N times
 *   #N              the N-th time that somebody comes by, and at no other
 *   %N              in N of 100 cases; seed= (or one of its own, which is logged) decides in which
 *   batch=split     a batch goes one statement at a time, with the points of each statement around it
 *
 * All is counted by all processes together: in memory that the master's workers inherit, or in the file that
 * POINTSMALL_FAILPOINTS_FILE names. That holds a struct failpoint_board, outlives the processes, and its text, which is
 * taken instead of the environment's, may be changed at any time.
 */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAILPOINT_TEXT 4096
#define FAILPOINT_RULES 64
#define FAILPOINT_SEEN 4096

/* tests/fault/failpoints.py reads and writes the same. Whoever changes the text makes version odd before and even
 * after, and clears rules. */
struct failpoint_board {
	_Atomic uint32_t	version;
	_Atomic uint32_t	seed;		/* 0: none yet */
	char			text[FAILPOINT_TEXT];
	struct {
		_Atomic uint32_t	met;
		_Atomic uint32_t	fired;
	}			rules[FAILPOINT_RULES];
	struct {
		_Atomic uint64_t	key;	/* FNV-1a of the point's name; 0: free */
		_Atomic uint64_t	met;
	}			seen[FAILPOINT_SEEN];
};

#ifdef ENABLE_FAILPOINTS
/* Point AREA.OP.WHEN was reached. true: fail as if the connection were lost. */
bool failpoint(const char *area, const char *op, const char *when);
/* Whether batches go one statement at a time now. */
bool failpoint_split(void);
/* The points that have no statement's name, without their ".before" and ".after"; ends with NULL. */
extern const char *const failpoint_names[];
#define FAILPOINT(area, op, when) failpoint((area), (op), (when))
#define FAILPOINT_SPLIT() failpoint_split()
#else
#define FAILPOINT(area, op, when) false
#define FAILPOINT_SPLIT() false
#endif

#endif
