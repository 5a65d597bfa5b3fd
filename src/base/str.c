#include "base/str.h"

#include "base/arena.h"
#include "base/fmt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

str str_from(const char *z)
{
    return (str){.ptr = z, .len = z ? strlen(z) : 0};
}

bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && str_eq((str){s.ptr, prefix.len}, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq((str){s.ptr + (s.len - suffix.len), suffix.len}, suffix);
}

int str_cmp(str a, str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (c) {
        return c;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool str_has(str s, str part)
{
    return part.len == 0 || (s.len && memmem(s.ptr, s.len, part.ptr, part.len) != NULL);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.len && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

str str_from_n(const char *p, size_t n)
{
    return (str){.ptr = p, .len = n};
}

uint64_t str_hash(str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++) {
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    }
    return h;
}

/* Length of the well-formed sequence at p (n bytes left), or 0. */
static size_t utf8_step(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > n) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
               (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : len;
}

bool str_utf8_ok(str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_step((const unsigned char *)s.ptr + i, s.len - i);
        if (!n) {
            return false;
        }
        i += n;
    }
    return true;
}

size_t str_utf8_len(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    }
    return n;
}

str str_utf8_head(str s, size_t most)
{
    size_t n = s.len < most ? s.len : most;
    while (n && n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80) {
        n--;
    }
    return str_from_n(s.ptr, n);
}

str str_cut(str s, char sep, str *rest)
{
    const char *at = s.len ? memchr(s.ptr, sep, s.len) : NULL;
    if (!at) {
        *rest = (str){0};
        return s;
    }
    size_t n = (size_t)(at - s.ptr);
    *rest = (str){.ptr = at + 1, .len = s.len - n - 1};
    return (str){.ptr = s.ptr, .len = n};
}

str str_copy(struct arena *a, str s)
{
    char *p = arena_array(a, char, s.len + 1);
    if (s.len) {
        memcpy(p, s.ptr, s.len);
    }
    return (str){.ptr = p, .len = s.len};
}

str str_fmt(struct arena *a, const char *fmt, ...)
{
    char local[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t len = fmt_put(local, sizeof(local), fmt, ap);
    va_end(ap);
    if (len <= sizeof(local)) {
        va_end(again);
        char *p = arena_bytes(a, len + 1);
        memcpy(p, local, len);
        p[len] = '\0';
        return (str){.ptr = p, .len = len};
    }
    if (len == FMT_UNKNOWN) {
        va_list once;
        va_copy(once, again);
        int n = vsnprintf(NULL, 0, fmt, once);
        va_end(once);
        if (n < 0) {
            abort(); /* only a broken format string gets here */
        }
        len = (size_t)n;
    }
    char *p = arena_bytes(a, len + 1);
    vsnprintf(p, len + 1, fmt, again);
    va_end(again);
    return (str){.ptr = p, .len = len};
}

bool str_to_i64(str s, int64_t *ret)
{
    bool neg = s.len > 0 && s.ptr[0] == '-';
    size_t i = neg ? 1 : 0;
    if (i == s.len) {
        return false;
    }
    int64_t v = 0; /* kept negative: INT64_MIN has no positive twin */
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
        int digit = s.ptr[i] - '0';
        if (v < (INT64_MIN + digit) / 10) {
            return false;
        }
        v = v * 10 - digit;
    }
    if (!neg && v == INT64_MIN) {
        return false;
    }
    *ret = neg ? v : -v;
    return true;
}
