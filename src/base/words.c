#include "base/words.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 0))) static str fmt_va(struct arena *a, const char *fmt,
                                                        va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) {
        return (str){0};
    }
    char *p = arena_bytes(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    return str_from_n(p, (size_t)n);
}

struct words words_fmt(struct arena *a, const char *zh, const char *en, ...)
{
    va_list ap, again;
    va_start(ap, en);
    va_copy(again, ap);
    struct words w = {.zh = fmt_va(a, zh, ap), .en = fmt_va(a, en, again)};
    va_end(again);
    va_end(ap);
    return w;
}
