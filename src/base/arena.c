#include "base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under ASan, unused arena bytes are poisoned and each allocation is followed
 * by a poisoned gap, so an overrun inside one block is reported. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { GAP = 16 };
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { GAP = 0 };
#endif

enum {
    BLOCK_MIN = 64 * 1024,
    BLOCK_KEEP = 512 * 1024,
    BLOCK_FIRST = 8 * 1024, /* of an arena with a pool */
    BLOCK_POOL = 128 * 1024 /* ... and the next: a page finds room in one or two */
};

struct arena_block {
    struct arena_block *next;
    size_t cap; /* usable bytes in data */
    size_t pos; /* data[0..pos) is handed out */
    alignas(max_align_t) unsigned char data[];
};

struct arena_cleanup {
    struct arena_cleanup *next;
    void (*fn)(void *);
    void *arg;
};

struct arena arena_make(size_t limit)
{
    return (struct arena){.limit = limit};
}

static _Noreturn void arena_full(struct arena *a)
{
    if (a->full) {
        a->full(a->full_arg);
    }
    fprintf(stderr, "arena: limit of %zu bytes reached, or no memory: %zu held\n", a->limit,
            a->held);
    abort();
}

struct arena arena_make_in(struct arena_pool *pool, size_t limit)
{
    return (struct arena){.limit = limit, .pool = pool};
}

static void block_free(struct arena_pool *pool, struct arena_block *b)
{
    if (pool && b->cap == BLOCK_POOL) {
        POISON(b->data, b->pos);
        pthread_mutex_lock(&pool->lock);
        bool room = pool->blocks < pool->most;
        if (room) {
            b->next = pool->free;
            pool->free = b;
            pool->blocks++;
        }
        pthread_mutex_unlock(&pool->lock);
        if (room) {
            return;
        }
    }
    UNPOISON(b->data, b->cap);
    free(b);
}

static struct arena_block *pool_take(struct arena_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct arena_block *b = pool->free;
    if (b) {
        pool->free = b->next;
        pool->blocks--;
    }
    pthread_mutex_unlock(&pool->lock);
    return b;
}

void arena_pool_make(struct arena_pool *p, int most)
{
    *p = (struct arena_pool){.most = most};
    pthread_mutex_init(&p->lock, NULL);
}

void arena_pool_end(struct arena_pool *p)
{
    for (struct arena_block *b; (b = pool_take(p));) {
        block_free(NULL, b);
    }
    pthread_mutex_destroy(&p->lock);
}

static void run_cleanups(struct arena *a)
{
    while (a->cleanups) {
        struct arena_cleanup *c = a->cleanups;
        a->cleanups = c->next; /* unlink first: fn may register another */
        c->fn(c->arg);
    }
}

void arena_reset(struct arena *a)
{
    run_cleanups(a);
    struct arena_block *keep = NULL;
    while (a->blocks) {
        struct arena_block *b = a->blocks;
        a->blocks = b->next;
        if (!keep && b->cap <= (a->pool ? (size_t)BLOCK_FIRST : (size_t)BLOCK_KEEP)) {
            keep = b;
        } else {
            a->held -= sizeof(struct arena_block) + b->cap;
            block_free(a->pool, b);
        }
    }
    if (keep) {
        keep->next = NULL;
        POISON(keep->data, keep->pos); /* what lies behind it never was handed out */
        keep->pos = 0;
        a->blocks = keep;
    }
}

void arena_end(struct arena *a)
{
    run_cleanups(a);
    while (a->blocks) {
        struct arena_block *b = a->blocks;
        a->blocks = b->next;
        block_free(a->pool, b);
    }
    a->held = 0;
}

/* A block with room for `need` bytes, or NULL at the limit or without memory. */
static struct arena_block *arena_grow(struct arena *a, size_t need)
{
    size_t least = !a->pool ? BLOCK_MIN : a->blocks ? BLOCK_POOL : BLOCK_FIRST;
    size_t usual = a->pool ? BLOCK_POOL : BLOCK_MIN;
    size_t cap = need <= least ? least : need <= usual ? usual : need;
    if (cap > SIZE_MAX - sizeof(struct arena_block)) {
        return NULL;
    }
    size_t total = sizeof(struct arena_block) + cap;
    if (total > a->limit - a->held) {
        return NULL;
    }
    struct arena_block *b = a->pool && cap == BLOCK_POOL ? pool_take(a->pool) : NULL;
    if (!b) {
        b = malloc(total);
        if (!b) {
            return NULL; /* a machine without memory is a limit reached early */
        }
        POISON(b->data, cap);
    }
    b->next = a->blocks;
    b->cap = cap;
    b->pos = 0;
    a->blocks = b;
    a->held += total;
    return b;
}

/* Room for `bytes`, unpoisoned and not zeroed; NULL at the limit.  Asked hundreds of times
 * for a page.  A block's data are aligned as anything may be, so places in it are as well. */
static inline void *take(struct arena *a, size_t bytes, size_t align)
{
    assert(align <= alignof(max_align_t));
    struct arena_block *b = a->blocks;
    size_t at = b ? (b->pos + align - 1) & ~(align - 1) : 0;
    if (!b || at > b->cap || bytes + GAP > b->cap - at) {
        b = arena_grow(a, bytes + GAP);
        at = 0;
        if (!b) {
            return NULL;
        }
    }
    b->pos = at + bytes + GAP;
    UNPOISON(b->data + at, bytes);
    return b->data + at;
}

/* Of `count` things; SIZE_MAX, which is above every limit, where there is no such number. */
static inline size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    bool none = __builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2;
    return none ? SIZE_MAX : bytes;
}

static inline void *unset(struct arena *a, size_t count, size_t size, size_t align)
{
    size_t bytes = bytes_of(count, size);
    return bytes == SIZE_MAX ? NULL : take(a, bytes, align);
}

void *arena_try(struct arena *a, size_t count, size_t size, size_t align)
{
    void *p = unset(a, count, size, align);
    if (p) {
        memset(p, 0, count * size);
    }
    return p;
}

void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align)
{
    void *p = unset(a, count, size, align);
    if (!p) {
        arena_full(a);
    }
    return memset(p, 0, count * size);
}

void *arena_unset(struct arena *a, size_t count, size_t size, size_t align)
{
    void *p = unset(a, count, size, align);
    if (!p) {
        arena_full(a);
    }
    return p;
}

char *arena_bytes(struct arena *a, size_t n)
{
    return arena_unset(a, n, 1, 1);
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    struct arena_cleanup *c = arena_new(a, struct arena_cleanup);
    *c = (struct arena_cleanup){.next = a->cleanups, .fn = fn, .arg = arg};
    a->cleanups = c;
}
