/* html.h - building a page, escaped by type.
 *
 * Templates (*.html) are compiled to C by tool/tplc.  Each {{ value }} becomes
 * one of the HTML_PUT macros below; the macro picks the function from the C
 * type of the value and the place in the page:
 *
 *     type of value    in text    in an attribute    a whole URL    part of a URL
 *     str              escaped*   escaped            --             percent-encoded
 *     struct words     escaped*   escaped            --             --
 *     integer          decimal    decimal            --             decimal
 *     url              escaped    escaped            escaped        --
 *     html_safe        as it is   --                 --             --
 *
 * "--" does not compile; nor does any other type, char * among them.  *: with its
 * language when that is not the page's (html_text), except in <title>, <option> and
 * <textarea>, which hold no elements and count as attributes here.
 *
 * So there is no way to forget to escape, and one place to look for raw HTML:
 * search for html_safe.
 */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include "base/str.h"
#include "base/words.h"

#include <string.h>

struct arena;
struct memo;

/* HTML that its maker vouches for. */
typedef struct html_safe {
    str html;
} html_safe;

/* A URL that url_local() has checked. */
typedef struct url {
    str text;
} url;

/* A page being built.  It only grows; the bytes live in the arena. */
struct html {
    struct arena *arena;
    char *buf;
    size_t len, cap;
    enum lang lang; /* of {% t %} and of struct words */
    const void **cited;
    size_t ncited;     /* what html_cite() was told, in order, each once */
    struct memo *memo; /* keeps what looks the same on every page (memo.h); NULL: nothing does */
};

struct html html_begin(struct arena *a, enum lang lang);
str html_end(struct html *out);

/* The page refers to `what`, whose text its end will bring once: a footnote.
 * False when it has HTML_CITED_MAX already. */
enum { HTML_CITED_MAX = 80 };
bool html_cite(struct html *out, const void *what);

/* A path on this server.  Anything that does not start with exactly one slash
 * becomes "/". */
url url_local(str path);

void html_grow(struct html *out, size_t n); /* room for n more bytes */

static inline void html_lit(struct html *out, const char *p, size_t n)
{
    if (out->cap - out->len < n) {
        html_grow(out, n);
    }
    if (n) {
        memcpy(out->buf + out->len, p, n);
    }
    out->len += n;
}

void html_str(struct html *out, str s);
/* The same where elements may stand: Chinese on an English page is marked as Chinese, so
 * that a voice reads it as such (WCAG 2.2, 3.1.2).  Latin letters on a Chinese page are
 * names, numbers and terms, and are left alone. */
void html_text(struct html *out, str s);
void html_text_words(struct html *out, struct words w);
/* Whether `s` needs such a mark: for the element around a longer text. */
bool html_foreign(const struct html *out, str s);
void html_i64(struct html *out, int64_t v);
void html_size(struct html *out, size_t v);
void html_raw(struct html *out, html_safe s);
void html_words(struct html *out, struct words w); /* in the page's language */
void html_url(struct html *out, url u);
void html_url_part(struct html *out, str s);

/* clang-format off */
#define HTML_PUT(out, x) _Generic((x), \
    str:       html_text,              \
    int:       html_i64,               \
    long:      html_i64,               \
    long long: html_i64,               \
    unsigned long: html_size,          \
    url:       html_url,               \
    struct words: html_text_words,     \
    html_safe: html_raw)(out, x)
#define HTML_PUT_ATTR(out, x) _Generic((x), \
    str:       html_str,               \
    int:       html_i64,               \
    long:      html_i64,               \
    long long: html_i64,               \
    unsigned long: html_size,          \
    struct words: html_words,          \
    url:       html_url)(out, x)
#define HTML_PUT_URL(out, x) _Generic((x), url: html_url)(out, x)
#define HTML_PUT_URL_PART(out, x) _Generic((x), \
    str:       html_url_part,          \
    int:       html_i64,               \
    long:      html_i64,               \
    long long: html_i64)(out, x)
/* clang-format on */

#endif
