#include "base/html.h"

#include "base/arena.h"

#include <string.h>

struct html html_begin(struct arena *a, enum lang lang)
{
    enum { CAP = 64 * 1024 }; /* most pages stay below it */
    return (struct html){.arena = a, .buf = arena_bytes(a, CAP), .cap = CAP, .lang = lang};
}

str html_end(struct html *out)
{
    return (str){.ptr = out->buf, .len = out->len};
}

/* The old buffer stays in the arena until the request ends: at most as many
 * bytes again as the finished page. */
void html_grow(struct html *out, size_t n)
{
    size_t cap = out->cap * 2;
    while (cap - out->len < n) {
        cap *= 2;
    }
    char *buf = arena_bytes(out->arena, cap);
    memcpy(buf, out->buf, out->len);
    out->buf = buf;
    out->cap = cap;
}

void html_raw(struct html *out, html_safe s)
{
    html_lit(out, s.html.ptr, s.html.len);
}

void html_words(struct html *out, struct words w)
{
    html_str(out, words_in(w, out->lang));
}

/* One table for text and for quoted attributes: escaping a quote in text costs
 * four bytes and removes a decision. */
static const unsigned char special[256] = {['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5};
static const str entity[] = {{"", 0},     {"&amp;", 5},  {"&lt;", 4},
                             {"&gt;", 4}, {"&quot;", 6}, {"&#39;", 5}};

/* Sixteen bytes at a time (GCC's vectors, which clang has, too). */
typedef unsigned char bytes16 __attribute__((vector_size(16)));

static bool any_special(bytes16 v)
{
    bytes16 hit = (bytes16)((v == '&') | (v == '<') | (v == '>') | (v == '"') | (v == '\''));
    uint64_t half[2];
    memcpy(half, &hit, sizeof(half));
    return (half[0] | half[1]) != 0;
}

/* Nothing to escape?  The last step overlaps the one before, so that no byte is
 * looked at alone. */
static bool is_plain(const char *p, size_t n)
{
    bytes16 v = {0};
    if (n >= sizeof(v)) {
        for (size_t i = 0; i + sizeof(v) <= n; i += sizeof(v)) {
            memcpy(&v, p + i, sizeof(v));
            if (any_special(v)) {
                return false;
            }
        }
        memcpy(&v, p + n - sizeof(v), sizeof(v));
    } else if (n >= 8) {
        memcpy(&v, p, 8);
        memcpy((char *)&v + 8, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&v, p, 4);
        memcpy((char *)&v + 4, p + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++) {
            v[i] = (unsigned char)p[i];
        }
    }
    return !any_special(v);
}

void html_str(struct html *out, str s)
{
    if (is_plain(s.ptr, s.len)) {
        html_lit(out, s.ptr, s.len);
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char kind = special[(unsigned char)s.ptr[i]];
        if (kind) {
            html_lit(out, s.ptr + from, i - from);
            html_lit(out, entity[kind].ptr, entity[kind].len);
            from = i + 1;
        }
    }
    html_lit(out, s.ptr + from, s.len - from);
}

void html_i64(struct html *out, int64_t v)
{
    char buf[20]; /* the longest is INT64_MIN: a minus and 19 digits */
    char *p = buf + sizeof(buf);
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    for (; u >= 100; u /= 100) {
        unsigned two = (unsigned)(u % 100);
        *--p = (char)('0' + two % 10);
        *--p = (char)('0' + two / 10);
    }
    if (u >= 10) {
        *--p = (char)('0' + u % 10);
        u /= 10;
    }
    *--p = (char)('0' + u);
    if (v < 0) {
        *--p = '-';
    }
    html_lit(out, p, (size_t)(buf + sizeof(buf) - p));
}

void html_size(struct html *out, size_t v)
{
    html_i64(out, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

void html_url(struct html *out, url u)
{
    html_str(out, u.text);
}

static bool url_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void html_url_part(struct html *out, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!url_plain(c)) {
            char enc[3] = {'%', hex[c >> 4], hex[c & 15]};
            html_lit(out, s.ptr + from, i - from);
            html_lit(out, enc, sizeof(enc));
            from = i + 1;
        }
    }
    if (s.len) {
        html_lit(out, s.ptr + from, s.len - from);
    }
}

bool html_cite(struct html *out, const void *what)
{
    for (size_t i = 0; i < out->ncited; i++) {
        if (out->cited[i] == what) {
            return true;
        }
    }
    if (out->ncited == HTML_CITED_MAX) {
        return false;
    }
    if (!out->cited) {
        out->cited = arena_array(out->arena, const void *, HTML_CITED_MAX);
    }
    out->cited[out->ncited++] = what;
    return true;
}

url url_local(str path)
{
    bool ok =
        str_starts(path, STR("/")) && !str_starts(path, STR("//")) && !str_starts(path, STR("/\\"));
    return (url){.text = ok ? path : STR("/")};
}

url url_web(str address)
{
    bool ok = str_starts(address, STR("https://")) || str_starts(address, STR("http://")) ||
              str_starts(address, STR("mailto:"));
    return (url){.text = ok ? address : STR("/")};
}
