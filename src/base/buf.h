/* buf.h - text being built, in an arena.
 *
 * Grows by doubling up to `limit` bytes.  What would pass the limit is dropped
 * and `full` is set: look at it once, when the text is ready.  Never jumps on
 * its own limit; the arena's limit works as everywhere.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct arena;

struct buf {
    struct arena *arena;
    char *ptr;
    size_t len, cap, limit;
    bool full;
};

struct buf buf_make(struct arena *a, size_t limit);
void buf_put(struct buf *b, str s);
void buf_put_c(struct buf *b, char c);
void buf_put_i64(struct buf *b, int64_t v);
void buf_put_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What was built; followed by a NUL that len does not count. */
str buf_str(struct buf *b);

#define BUF_LIT(b, lit) buf_put((b), STR(lit))

#endif
