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
typedef uint64_t words2 __attribute__((vector_size(16)));

static bool has_special(bytes16 v)
{
    /* & and ' differ in their last bit only, < and > in the second */
    words2 hit = (words2)(((v | 1) == '\'') | (v == '"') | ((v | 2) == '>'));
    return (hit[0] | hit[1]) != 0;
}

/* Fewer than sixteen: two loads that may overlap. */
static bool short_has_special(const unsigned char *p, size_t n)
{
    words2 two = {0, 0};
    if (n >= 8) {
        memcpy(&two, p, 8);
        memcpy((char *)&two + 8, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&two, p, 4);
        memcpy((char *)&two + 8, p + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++) {
            two[0] = two[0] << 8 | p[i];
        }
    }
    return has_special((bytes16)two);
}

/* Where the first special byte stands, or n. */
static size_t plain(const unsigned char *p, size_t n)
{
    bytes16 v;
    size_t i = 0;
    for (; n - i >= sizeof(v); i += sizeof(v)) {
        memcpy(&v, p + i, sizeof(v));
        if (has_special(v)) {
            break;
        }
    }
    if (n - i < sizeof(v) && !short_has_special(p + i, n - i)) {
        return n;
    }
    while (!special[p[i]]) {
        i++;
    }
    return i;
}

void html_str(struct html *out, str s)
{
    while (s.len) {
        size_t n = plain((const unsigned char *)s.ptr, s.len);
        html_lit(out, s.ptr, n);
        if (n == s.len) {
            return;
        }
        const str *e = &entity[special[(unsigned char)s.ptr[n]]];
        html_lit(out, e->ptr, e->len);
        s = str_from_n(s.ptr + n + 1, s.len - n - 1);
    }
}

bool html_foreign(const struct html *out, str s)
{
    if (out->lang != LANG_EN) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0xe4 && c <= 0xe9) { /* U+4000 to U+9FFF begin with these in UTF-8, no tail does */
            return true;
        }
    }
    return false;
}

void html_text(struct html *out, str s)
{
    bool foreign = html_foreign(out, s);
    if (foreign) {
        html_lit(out, "<span lang=\"zh\">", 16);
    }
    html_str(out, s);
    if (foreign) {
        html_lit(out, "</span>", 7);
    }
}

void html_text_words(struct html *out, struct words w)
{
    html_text(out, words_in(w, out->lang));
}

void html_i64(struct html *out, int64_t v)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char buf[20]; /* the longest is INT64_MIN: a minus and 19 digits */
    char *p = buf + sizeof(buf);
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    for (; u >= 10000; u /= 10000) { /* four at a time: a number of a record has fifteen */
        unsigned four = (unsigned)(u % 10000);
        p -= 4;
        memcpy(p, pairs + 2 * (four / 100), 2);
        memcpy(p + 2, pairs + 2 * (four % 100), 2);
    }
    unsigned rest = (unsigned)u;
    for (; rest >= 10; rest /= 100) {
        p -= 2;
        memcpy(p, pairs + 2 * (rest % 100), 2);
    }
    if (rest || p == buf + sizeof(buf)) {
        *--p = (char)('0' + rest);
    }
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

/* Unreserved: letters, digits, - . _ ~ (RFC 3986, 2.3). */
static const bool url_plain[256] = {['-'] = 1,         ['.'] = 1, ['0' ... '9'] = 1,
                                    ['A' ... 'Z'] = 1, ['_'] = 1, ['a' ... 'z'] = 1,
                                    ['~'] = 1};

void html_url_part(struct html *out, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!url_plain[c]) {
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
