/* uid.h - ids of records: 53 bits, so that every program reads them exactly.
 *
 *   41 bits  ms since 2025-01-01 UTC (until 2094)
 *    5 bits  lease of the node (0..31)
 *    7 bits  counter within the millisecond
 *
 * Ids of one state only grow: when the counter is full or the clock was set
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

int64_t uid_next(struct uid_state *s, int64_t now_ms);
int64_t uid_time(int64_t id); /* UTC ms at which it was made */

#endif
