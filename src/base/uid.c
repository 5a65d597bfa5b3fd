#include "base/uid.h"

static const int64_t epoch_2025 = 1735689600000;

int64_t uid_next(struct uid_state *s, int64_t now_ms)
{
    int64_t ms = now_ms - epoch_2025;
    if (ms < 0) {
        ms = 0;
    }
    if (ms > s->last_ms) {
        s->last_ms = ms;
        s->counter = 0;
    } else if (++s->counter > 127) {
        s->last_ms++;
        s->counter = 0;
    }
    return s->last_ms << 12 | (int64_t)(s->node & 31) << 7 | s->counter;
}

int64_t uid_time(int64_t id)
{
    return (id >> 12) + epoch_2025;
}
