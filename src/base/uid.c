#include "base/uid.h"

enum { COUNTER_BITS = 7, NODE_BITS = 5, BELOW_MS = COUNTER_BITS + NODE_BITS };
static const int64_t epoch_2025 = 1735689600000;

int64_t uid_next(struct uid_state *s, int64_t now_ms)
{
    int64_t ms = now_ms - epoch_2025;
    if (ms < 1) {
        ms = 1; /* no id is 0 */
    }
    if (ms > s->last_ms) {
        s->last_ms = ms;
        s->counter = 0;
    } else if (++s->counter >= 1 << COUNTER_BITS) {
        s->last_ms++;
        s->counter = 0;
    }
    int64_t node = s->node & ((1 << NODE_BITS) - 1);
    return s->last_ms << BELOW_MS | node << COUNTER_BITS | s->counter;
}

int64_t uid_at(int64_t now_ms)
{
    int64_t ms = now_ms - epoch_2025;
    return ms > 0 ? ms << BELOW_MS : 0;
}

void uid_after(struct uid_state *s, int64_t id)
{
    enum { SOON_MS = 1000 };
    int64_t ms = (id >> BELOW_MS) + SOON_MS;
    if (id > 0 && ms > s->last_ms) {
        s->last_ms = ms;
        s->counter = 0;
    }
}
