#include "base/buf.h"

#include "base/arena.h"
#include "base/fmt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_make(struct arena *a, size_t limit)
{
    return (struct buf){.arena = a, .limit = limit};
}

/* Room for n bytes and a NUL; false when the limit forbids. */
static bool buf_room(struct buf *b, size_t n)
{
    if (b->full || n > b->limit - b->len) {
        b->full = true;
        return false;
    }
    if (b->len + n + 1 > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        while (cap < b->len + n + 1) {
            cap *= 2;
        }
        char *p = arena_bytes(b->arena, cap);
        if (b->len) {
            memcpy(p, b->ptr, b->len);
        }
        b->ptr = p;
        b->cap = cap;
    }
    return true;
}

void buf_put(struct buf *b, str s)
{
    if (s.len && buf_room(b, s.len)) {
        memcpy(b->ptr + b->len, s.ptr, s.len);
        b->len += s.len;
    }
}

void buf_put_c(struct buf *b, char c)
{
    buf_put(b, (str){.ptr = &c, .len = 1});
}

void buf_put_i64(struct buf *b, int64_t v)
{
    char tmp[20]; /* the longest is INT64_MIN: a minus and 19 digits */
    char *p = tmp + sizeof(tmp);
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0) {
        *--p = '-';
    }
    buf_put(b, (str){.ptr = p, .len = (size_t)(tmp + sizeof(tmp) - p)});
}

void buf_put_fmt(struct buf *b, const char *fmt, ...)
{
    char local[256];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t len = fmt_put(local, sizeof(local), fmt, ap);
    va_end(ap);
    if (len <= sizeof(local)) {
        buf_put(b, str_from_n(local, len));
        va_end(again);
        return;
    }
    va_list once;
    va_copy(once, again);
    int n = vsnprintf(NULL, 0, fmt, once);
    va_end(once);
    if (n > 0 && buf_room(b, (size_t)n)) {
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

str buf_str(struct buf *b)
{
    if (!b->ptr) {
        return STR("");
    }
    b->ptr[b->len] = '\0'; /* buf_room keeps a byte for it */
    return (str){.ptr = b->ptr, .len = b->len};
}
