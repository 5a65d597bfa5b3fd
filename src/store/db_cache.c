#include "base/arena.h"
#include "store/db_int.h"

void cache_make(struct cache *c, struct arena *life)
{
    c->entries = arena_array(life, struct cache_entry, CACHE_MAX);
    c->heads = arena_array(life, int16_t, CACHE_HEADS);
    c->hints = arena_array(life, int16_t, CACHE_HINTS);
    for (int i = 0; i < CACHE_HEADS; i++) {
        c->heads[i] = CACHE_NONE;
    }
    for (int i = 0; i < CACHE_HINTS; i++) {
        c->hints[i] = CACHE_NONE;
    }
    for (int i = 0; i < CACHE_MAX; i++) {
        c->entries[i].next = (int16_t)(i + 1 < CACHE_MAX ? i + 1 : CACHE_NONE);
    }
    c->newest = CACHE_NONE;
    c->oldest = CACHE_NONE;
    c->unused = 0;
}

static int16_t place(const struct cache *c, const struct cache_entry *e)
{
    return (int16_t)(e - c->entries);
}

static void age_out(struct cache *c, struct cache_entry *e)
{
    if (e->prev == CACHE_NONE) {
        c->newest = e->next;
    } else {
        c->entries[e->prev].next = e->next;
    }
    if (e->next == CACHE_NONE) {
        c->oldest = e->prev;
    } else {
        c->entries[e->next].prev = e->prev;
    }
}

static void age_in(struct cache *c, struct cache_entry *e)
{
    int16_t i = place(c, e);
    e->prev = CACHE_NONE;
    e->next = c->newest;
    if (c->newest == CACHE_NONE) {
        c->oldest = i;
    } else {
        c->entries[c->newest].prev = i;
    }
    c->newest = i;
}

static struct cache_entry *found(struct cache *c, struct cache_entry *e)
{
    if (c->newest != place(c, e)) {
        age_out(c, e);
        age_in(c, e);
    }
    return e;
}

/* Most statements are literals, and stand at the same address every time: a
 * small table by address spares hashing the text.  The text still decides. */
static int16_t *hint(struct cache *c, str text)
{
    uint64_t p = (uint64_t)(uintptr_t)text.ptr * 0x9e3779b97f4a7c15u;
    return &c->hints[(p >> 40) % CACHE_HINTS];
}

static bool same_text(str a, str b)
{
    return a.len == b.len && (a.ptr == b.ptr || str_eq(a, b));
}

struct cache_entry *cache_find(struct cache *c, struct sql sql, uint64_t types)
{
    int16_t *h = hint(c, sql.text);
    if (*h != CACHE_NONE) {
        struct cache_entry *e = &c->entries[*h];
        if (e->types == types && same_text(e->text, sql.text)) {
            return found(c, e);
        }
    }
    uint64_t hash = sql.hash ? sql.hash : sql_hash(sql.text);
    for (int16_t i = c->heads[hash % CACHE_HEADS]; i != CACHE_NONE; i = c->entries[i].chain) {
        struct cache_entry *e = &c->entries[i];
        if (e->hash == hash && e->types == types && same_text(e->text, sql.text)) {
            *h = i;
            return found(c, e);
        }
    }
    return NULL;
}

struct cache_entry *cache_take(struct cache *c, void (*drop)(void *, struct cache_entry *),
                               void *arg)
{
    if (c->unused == CACHE_NONE) {
        struct cache_entry *old = &c->entries[c->oldest];
        drop(arg, old);
        cache_remove(c, old);
    }
    return &c->entries[c->unused];
}

void cache_put(struct cache *c, struct cache_entry *e)
{
    int16_t i = place(c, e);
    c->unused = e->next;
    int16_t *head = &c->heads[e->hash % CACHE_HEADS];
    e->chain = *head;
    *head = i;
    age_in(c, e);
}

void cache_remove(struct cache *c, struct cache_entry *e)
{
    int16_t i = place(c, e);
    int16_t *at = &c->heads[e->hash % CACHE_HEADS];
    while (*at != i) {
        at = &c->entries[*at].chain;
    }
    *at = e->chain;
    age_out(c, e);
    for (int k = 0; k < CACHE_HINTS; k++) {
        if (c->hints[k] == i) {
            c->hints[k] = CACHE_NONE;
        }
    }
    *e = (struct cache_entry){.next = c->unused};
    c->unused = i;
}
