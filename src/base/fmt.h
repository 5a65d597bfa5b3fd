/* fmt.h - the part of printf that pages are made of, quickly.
 *
 * Knows %s %.*s %c %d %u %x %lld %llu %llx %zu %zx %%, with a width and a zero
 * in front where numbers want them.  Anything else is left to vsnprintf by
 * those who call this (str_fmt, buf_put_fmt); what it knows it writes exactly
 * as vsnprintf would.
 */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#define FMT_UNKNOWN ((size_t)-1)

/* Writes at most `cap` bytes, without a NUL; the length of the whole text, or
 * FMT_UNKNOWN where the format says something it does not know. */
size_t fmt_put(char *to, size_t cap, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif
