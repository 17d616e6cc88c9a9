/* SPDX-License-Identifier: Apache-2.0 */
/*
 * day.h: business days: the calendar of the shop's time zone, whatever the server's is. day_zone() puts the zone in force for the
 * process, by TZ, once before any thread or child; nothing else in the program asks for local time.
 */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this machine knows the time zone ("Asia/Shanghai"). */
bool day_zone_known(const char *name);
/* From here on the days are those of the zone. */
void day_zone(const char *name);

/* The instant at which the day ends that is months (to the same day, or the month's last) and then days after the day of now_us:
 * the first instant of the day after it, in microseconds. */
int64_t day_end_us(int64_t now_us, int64_t months, int64_t days);

/* A rule of expiry: "none", "N months" (1 to 120; to the end of the month that is N months ahead) or a day, "2027-03-31".
 * Whether it is one. */
bool day_rule_ok(const char *rule);
/* When what is earned now expires by a rule that is one; 0: never, which is also what a day that is over says. */
int64_t day_expiry(const char *rule, int64_t now_us);

#endif
