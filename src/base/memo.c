#include "base/memo.h"

struct memo_entry {
    struct memo_key key;
    const void *value; /* NULL: free */
};

/* The memory has no limit of its own: what is made in it must never be cut short
 * half way.  MEMO_BYTES ends it between two values. */
struct memo memo_make(void)
{
    return (struct memo){.arena = arena_make(SIZE_MAX)};
}

void memo_end(struct memo *m)
{
    arena_end(&m->arena);
    m->entries = NULL;
    m->used = 0;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

static struct memo_entry *slot(const struct memo *m, const struct memo_key *k)
{
    uint64_t h = mix(k->stamp, (uintptr_t)k->maker);
    h = mix(mix(mix(h, (uintptr_t)k->of), (uintptr_t)k->also), (uint64_t)k->n);
    for (size_t i = h % MEMO_SLOTS;; i = (i + 1) % MEMO_SLOTS) {
        struct memo_entry *e = &m->entries[i];
        bool same = e->key.maker == k->maker && e->key.of == k->of && e->key.also == k->also &&
                    e->key.n == k->n && e->key.stamp == k->stamp;
        if (!e->value || same) {
            return e;
        }
    }
}

const void *memo_find(const struct memo *m, struct memo_key k)
{
    return m->entries ? slot(m, &k)->value : NULL;
}

static bool is_full(const struct memo *m)
{
    return m->used >= MEMO_MOST || m->arena.held >= MEMO_BYTES;
}

struct arena *memo_room(struct memo *m, struct arena *otherwise)
{
    if (is_full(m)) {
        return otherwise;
    }
    if (!m->entries) {
        m->entries = arena_array(&m->arena, struct memo_entry, MEMO_SLOTS);
    }
    return &m->arena;
}

void memo_keep(struct memo *m, struct memo_key k, const void *value, const struct arena *room)
{
    if (room != &m->arena || m->used >= MEMO_MOST) {
        return;
    }
    struct memo_entry *e = slot(m, &k);
    m->used += e->value == NULL;
    *e = (struct memo_entry){k, value};
}

void memo_tidy(struct memo *m)
{
    if (is_full(m)) {
        memo_end(m);
        *m = memo_make();
    }
}
