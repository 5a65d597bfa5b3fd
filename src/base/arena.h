/* arena.h - memory with one lifetime.
 *
 * An arena hands out memory and takes all of it back at once; there is no
 * free().  Each request owns one arena.  What must outlive the request goes
 * into the store.
 *
 * An arena also owns clean-ups: functions that arena_reset() runs, newest
 * first.  Whatever needs closing (a statement, a file) registers itself when
 * it is opened, so an early return cannot leak it.
 *
 * Allocation never returns NULL.  An arena that would pass its limit calls
 * `full`, which must not return: a worker jumps back to its request loop and
 * answers 503; a tool or a test aborts.
 *
 * Threads: an arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>

struct arena_block;
struct arena_cleanup;

struct arena {
    struct arena_block *blocks;     /* newest first; NULL when empty */
    struct arena_cleanup *cleanups; /* newest first; NULL when none */
    size_t held;                    /* bytes held from malloc; never above limit */
    size_t limit;                   /* bytes */
    void (*full)(void *);           /* must not return; NULL: print and abort() */
    void *full_arg;
    struct arena_pool *pool; /* where its blocks come from and go to; NULL: malloc */
};

/* Blocks that many arenas share, the last one given back taken first: what is
 * made next is made in memory the processor still has at hand.  An arena of a
 * pool keeps only a small first block for itself.  For any number of threads;
 * zero is an empty pool without room, arena_pool_make makes room. */
struct arena_pool {
    pthread_mutex_t lock;
    struct arena_block *free;
    int blocks, most; /* of 128 KB */
};
void arena_pool_make(struct arena_pool *p, int most);
void arena_pool_end(struct arena_pool *p);

/* An empty arena that may grow to `limit` bytes. */
struct arena arena_make(size_t limit);

/* The same, with blocks of a pool, which must outlive it. */
struct arena arena_make_in(struct arena_pool *pool, size_t limit);

/* Runs the clean-ups, then takes all memory back; one block is kept for the
 * next round, so that a worker's arena costs no malloc per request.  Pointers
 * into the arena are void.  Safe on an empty arena, and safe to call twice. */
void arena_reset(struct arena *a);

/* arena_reset, and gives the kept block back too: the end of the arena. */
void arena_end(struct arena *a);

/* Zeroed memory for `count` things of `size` bytes.  Never NULL. */
void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align);

/* The same, but NULL where arena_alloc would not return.  For callbacks of
 * libraries and for code that holds a lock: `full` may longjmp, and a jump
 * must never cross a frame that is not ours. */
void *arena_try(struct arena *a, size_t count, size_t size, size_t align);

/* Bytes of at least `n` that are not zeroed, for buffers about to be filled. */
char *arena_bytes(struct arena *a, size_t n);

/* As arena_alloc, but what is in it is left as it was: for things that are all
 * written before they are read. */
void *arena_unset(struct arena *a, size_t count, size_t size, size_t align);

/* Runs fn(arg) at the next arena_reset().  Register before you open: this call
 * may itself reach the limit and not return. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

#define arena_new(a, T) ((T *)arena_alloc((a), 1, sizeof(T), alignof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc((a), (n), sizeof(T), alignof(T)))

#endif
