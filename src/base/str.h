/* str.h - a view of bytes: pointer and length.
 *
 * A str never owns memory.  Its bytes live in an arena, in a literal, or in a
 * buffer that the function documents.  It need not end in NUL and may contain
 * NUL.  The zero value is the empty string.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

typedef struct str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;      /* bytes */
} str;

struct str_list {
    const str *ptr;
    size_t len;
};

/* A str of a string literal; anything else does not compile. */
#define STR(lit) ((str){.ptr = "" lit, .len = sizeof(lit) - 1})

/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).ptr

str str_from(const char *z); /* NULL gives the empty string */
/* Here, as most of the hundreds of questions a page asks end at the length. */
static inline bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
int str_cmp(str a, str b);     /* by bytes, like memcmp; a prefix sorts first */
bool str_has(str s, str part); /* part stands somewhere in s; "" stands everywhere */
str str_trim(str s);           /* without ASCII white space at both ends */
str str_from_n(const char *p, size_t n);
uint64_t str_hash(str s); /* FNV-1a, 64 bits: for tables in memory only */

/* Splits at the first `sep`.  *rest gets what follows it, or the empty string
 * with a NULL pointer when there was none: `while (rest.ptr)` walks a list. */
str str_cut(str s, char sep, str *rest);

/* A copy in the arena, followed by a NUL that len does not count. */
str str_copy(struct arena *a, str s);

str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* UTF-8: well-formed by RFC 3629 (no surrogates, no overlong forms, <= U+10FFFF). */
bool str_utf8_ok(str s);
/* Number of code points; s must be well-formed. */
size_t str_utf8_len(str s);
/* The first `most` bytes at most, never half a character; s need not be well-formed. */
str str_utf8_head(str s, size_t most);

/* Decimal, optional minus, nothing else, no overflow.  *ret is set only on
 * true. */
bool str_to_i64(str s, int64_t *ret);

#endif
