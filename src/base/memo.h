/* memo.h - what was worked out once from something that does not change.
 *
 * A statement put together from the model, the words of a refusal: for the same
 * parts they come out the same each time.  A memo remembers them by a key of four
 * words: who makes it (the address of the function or of something of its own),
 * what of (addresses inside what does not change, a number), and the stamp of that
 * unchanging thing, which tells it from another at the same address later.
 *
 *     struct memo_key k = {.maker = make, .of = type, .stamp = model->stamp};
 *     const struct thing *t = memo_find(memo, k);
 *     if (!t) {
 *         struct arena *room = memo_room(memo, arena);
 *         t = make(room, type);
 *         memo_keep(memo, k, t, room);
 *     }
 *
 * A value and all it points to is made in memo_room, or lives as long as what it
 * was made from.  It stays until memo_tidy, which the owner calls where nobody
 * holds one: between two requests.  A full memo keeps nothing more and gives the
 * caller's own arena as room, so all goes on, only slower.
 *
 * Threads: a memo belongs to one thread at a time.
 */
#ifndef BASE_MEMO_H
#define BASE_MEMO_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct memo_key {
    const void *maker, *of, *also; /* compared, never followed */
    int64_t n;
    uint64_t stamp;
};

struct memo {
    struct arena arena;
    struct memo_entry *entries; /* MEMO_SLOTS, open addressing; NULL: still empty */
    int used;
};

/* Values, and bytes after which nothing more is kept.  A connection of the demonstration
 * organisation comes to about 300 KB. */
enum { MEMO_SLOTS = 2048, MEMO_MOST = MEMO_SLOTS / 2, MEMO_BYTES = 2 << 20 };

struct memo memo_make(void);
void memo_end(struct memo *m);

const void *memo_find(const struct memo *m, struct memo_key k); /* NULL: not kept */
/* Where to make a value: the memo's own memory, or `otherwise` when it is full. */
struct arena *memo_room(struct memo *m, struct arena *otherwise);
/* Keeps a value that was made in `room`; does nothing when that is not the memo's. */
void memo_keep(struct memo *m, struct memo_key k, const void *value, const struct arena *room);
/* Forgets everything once it is full.  No value may be in use. */
void memo_tidy(struct memo *m);

#endif
