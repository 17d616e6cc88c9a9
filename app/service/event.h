/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h: the outbox's way out. Every event reaches every consumer of its type at least once and in order per aggregate,
 * and is applied exactly once: the consumer's change and its row in consumed_events are one transaction.
 */
#ifndef SERVICE_EVENT_H
#define SERVICE_EVENT_H

#include "service/mall.h"

/* Delivers up to a page of due events; *more: there may be others. For the task's one holder. */
enum err event_deliver(struct mall *m, bool *more) MUST_CHECK;
/* The same from the outbox of points that live apart. */
enum err event_deliver_points(struct mall *m, bool *more) MUST_CHECK;

#endif
