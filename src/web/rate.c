#include "web/rate.h"

#include "base/arena.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SLOTS = 8192, WAYS = 8, MINUTE_MS = 60000 };

/* `full_at`: when the whole allowance is there again, in microseconds. */
struct slot {
    uint64_t key;
    int64_t full_at;
};

struct rates {
    pthread_mutex_t lock;
    atomic_int per_minute[RATE_COUNT];
    struct slot slots[SLOTS];
};

static void rates_end(void *arg)
{
    pthread_mutex_destroy(&((struct rates *)arg)->lock);
}

struct rates *rates_make(struct arena *life)
{
    struct rates *r = arena_new(life, struct rates);
    pthread_mutex_init(&r->lock, NULL);
    arena_defer(life, rates_end, r);
    return r;
}

void rates_set(struct rates *r, enum rate kind, int per_minute)
{
    atomic_store(&r->per_minute[kind], per_minute);
}

static struct slot *find(struct rates *r, uint64_t key)
{
    struct slot *least = NULL;
    for (uint64_t i = 0; i < WAYS; i++) {
        struct slot *s = &r->slots[(key + i) % SLOTS];
        if (s->key == key) {
            return s;
        }
        if (!least || s->full_at < least->full_at) {
            least = s;
        }
    }
    *least = (struct slot){.key = key};
    return least;
}

int rate_take(struct rates *r, enum rate kind, uint64_t who, int64_t now)
{
    int per_minute = atomic_load(&r->per_minute[kind]);
    if (kind == RATE_NONE || per_minute <= 0) {
        return 0;
    }
    int64_t now_us = now * 1000;
    int64_t each = (int64_t)MINUTE_MS * 1000 / per_minute;
    int64_t most = each * (per_minute - 1); /* owed, and one more may be taken */
    uint64_t key = who * RATE_COUNT + (uint64_t)kind;
    pthread_mutex_lock(&r->lock);
    struct slot *s = find(r, key ? key : 1);
    int64_t owed = s->full_at - now_us;
    if (owed < 0 || owed > (int64_t)MINUTE_MS * 1000) { /* long ago; or the clock was set back */
        owed = 0;
    }
    bool free = owed <= most;
    if (free) {
        s->full_at = now_us + owed + each;
    }
    pthread_mutex_unlock(&r->lock);
    return free ? 0 : (int)((owed - most + 999999) / 1000000);
}

static uint64_t spread(uint64_t kind, int64_t id)
{
    uint64_t x = ((uint64_t)id * 4 + kind) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 29;
}

uint64_t rate_person(int64_t person)
{
    return spread(1, person);
}

uint64_t rate_token(int64_t token)
{
    return spread(2, token);
}

uint64_t rate_address(str peer)
{
    int colons = 0;
    size_t n = 0;
    while (n < peer.len && colons < 4) {
        colons += peer.ptr[n++] == ':';
    }
    return spread(3, (int64_t)(str_hash(str_from_n(peer.ptr, n)) >> 3));
}
