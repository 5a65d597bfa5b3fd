/* clock.h - times as numbers and as text.
 *
 * A moment is UTC milliseconds since 1970-01-01; a date is a day number since
 * 1970-01-01.  Zones are offsets in minutes (480: +08:00).  Only clock_now and
 * clock_mono_us look at the machine; everything else is arithmetic.
 * Years 1 to 9999 (proleptic Gregorian; the algorithms are the well-known ones
 * of civil days from eras of 400 years).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

enum { CLOCK_SECOND = 1000, CLOCK_MINUTE = 60000, CLOCK_HOUR = 3600000, CLOCK_DAY = 86400000 };

struct clock_civil {
    int year, month, day, hour, minute, second, ms;
    int weekday; /* 1 Monday .. 7 Sunday */
};

int64_t clock_now(void);     /* UTC ms */
int64_t clock_mono_us(void); /* for lengths of time; never goes back */

int64_t clock_day(int year, int month, int day); /* day number */
struct clock_civil clock_civil_at(int64_t ms, int zone_minutes);
struct clock_civil clock_civil_day(int64_t day);
/* Day number of a moment in a zone. */
int64_t clock_day_at(int64_t ms, int zone_minutes);
/* Moment at which a day begins in a zone. */
int64_t clock_day_start(int64_t day, int zone_minutes);

/* "2026-11-24T10:30:00.000+08:00" */
str clock_iso(struct arena *a, int64_t ms, int zone_minutes);
str clock_minutes(struct arena *a, int64_t ms, int zone_minutes); /* "2026-11-24 10:30" */
str clock_date(struct arena *a, int64_t day);                     /* "2026-11-24" */
/* "2026-11-24"; strict, and the day must exist. */
bool clock_parse_date(str s, int64_t *ret_day);
/* "2026-11-24T10:30", seconds and fraction optional, a space instead of T, and
 * Z or +hh:mm at the end (else `zone_minutes`). */
bool clock_parse_time(str s, int zone_minutes, int64_t *ret_ms);
/* "+08:00" in minutes. */
bool clock_parse_zone(str s, int *ret_minutes);

#endif
