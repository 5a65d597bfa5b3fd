/* uid.h - ids of records: 53 bits, so that every program reads them exactly.
 *
 *   41 bits  ms since 2025-01-01 UTC (until 2094)
 *    5 bits  lease of the node (0..31)
 *    7 bits  counter within the millisecond
 *
 * Above 0.  Ids of one state only grow: when the counter is full or the clock was set
 * back, the next millisecond after the last is used, ahead of the clock.
 */
#ifndef BASE_UID_H
#define BASE_UID_H

#include <stdint.h>

struct uid_state {
    int64_t last_ms; /* since 2025 */
    int counter;
    int node; /* 0..31 */
};

/* `now_ms`: UTC.  One thread at a time. */
int64_t uid_next(struct uid_state *s, int64_t now_ms);
/* Less than every id given at or after that moment, by whatever node; 0 before 2025. */
int64_t uid_at(int64_t now_ms);
/* Ids from now on are greater than this one and than what was given within a second after
 * it, though the clock has been set back. */
void uid_after(struct uid_state *s, int64_t id);

#endif
