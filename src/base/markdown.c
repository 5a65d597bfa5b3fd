#include "base/markdown.h"

#include "base/arena.h"
#include "base/buf.h"

#include <md4c.h>
#include <stdio.h>

enum { TEXT_MAX = 200 * 1024, HTML_MAX = 800 * 1024 };

/* md4c calls us back: a jump must not cross it, so the output is one buffer
 * taken before the parse, sticky when full (style: "the jump crosses only our
 * own frames"). */
struct out {
    char *ptr;
    size_t len, cap;
    bool full;
    bool plain;
    bool lines; /* the end of a line is one */
    int in_image;
};

static void put(struct out *o, const char *p, size_t n)
{
    if (o->full || n > o->cap - o->len) {
        o->full = true;
        return;
    }
    if (n) {
        memcpy(o->ptr + o->len, p, n);
        o->len += n;
    }
}

#define PUT(o, lit) put((o), "" lit, sizeof(lit) - 1)

static void put_escaped(struct out *o, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        switch (p[i]) {
        case '&':
            PUT(o, "&amp;");
            break;
        case '<':
            PUT(o, "&lt;");
            break;
        case '>':
            PUT(o, "&gt;");
            break;
        case '"':
            PUT(o, "&quot;");
            break;
        case '\'':
            PUT(o, "&#39;");
            break;
        default:
            put(o, p + i, 1);
        }
    }
}

/* Text: escaped; the U+200B we put in for the emphasis is taken out again. */
static void put_text(struct out *o, const char *p, size_t n)
{
    size_t from = 0;
    for (size_t i = 0; i + 2 < n; i++) {
        if (memcmp(p + i, "\xe2\x80\x8b", 3) == 0) {
            o->plain ? put(o, p + from, i - from) : put_escaped(o, p + from, i - from);
            from = i + 3;
            i += 2;
        }
    }
    o->plain ? put(o, p + from, n - from) : put_escaped(o, p + from, n - from);
}

static bool link_ok(const MD_ATTRIBUTE *href)
{
    str s = str_from_n(href->text, href->size);
    for (size_t i = 0; href->substr_offsets[i] < href->size; i++) {
        if (href->substr_types[i] != MD_TEXT_NORMAL) {
            return false; /* entities and NULs in an address: not needed, not trusted */
        }
    }
    bool local = str_starts(s, STR("/")) && !str_starts(s, STR("//")) && !str_starts(s, STR("/\\"));
    return local || str_starts(s, STR("https://")) || str_starts(s, STR("http://")) ||
           str_starts(s, STR("mailto:")) || str_starts(s, STR("#"));
}

static void open_link(struct out *o, const MD_ATTRIBUTE *href)
{
    if (link_ok(href)) {
        PUT(o, "<a rel=\"noopener nofollow\" href=\"");
        put_escaped(o, href->text, href->size);
        PUT(o, "\">");
    } else {
        PUT(o, "<a>");
    }
}

/* A list that goes on where another ended keeps its numbers. */
static void open_ordered(struct out *o, const MD_BLOCK_OL_DETAIL *detail)
{
    char tag[40];
    if (detail->start == 1) {
        PUT(o, "<ol>");
    } else {
        put(o, tag, (size_t)snprintf(tag, sizeof(tag), "<ol start=\"%u\">", detail->start));
    }
}

static void block_tag(struct out *o, MD_BLOCKTYPE type, const void *detail, bool open)
{
    if (type == MD_BLOCK_OL && open) {
        open_ordered(o, detail);
        return;
    }
    static const char *const names[] = {[MD_BLOCK_QUOTE] = "blockquote",
                                        [MD_BLOCK_UL] = "ul",
                                        [MD_BLOCK_OL] = "ol", /* its end */
                                        [MD_BLOCK_LI] = "li",
                                        [MD_BLOCK_P] = "p",
                                        [MD_BLOCK_TABLE] = "table",
                                        [MD_BLOCK_THEAD] = "thead",
                                        [MD_BLOCK_TBODY] = "tbody",
                                        [MD_BLOCK_TR] = "tr",
                                        [MD_BLOCK_TH] = "th",
                                        [MD_BLOCK_TD] = "td",
                                        [MD_BLOCK_CODE] = "pre"};
    const char *name = NULL;
    if (type == MD_BLOCK_H) {
        unsigned level = ((const MD_BLOCK_H_DETAIL *)detail)->level;
        name = level <= 1 ? "h3" : level == 2 ? "h4" : "h5";
    } else if (type == MD_BLOCK_HR) {
        name = open ? "hr" : NULL;
    } else if ((size_t)type < sizeof(names) / sizeof(names[0])) {
        name = names[type];
    }
    if (name) {
        put(o, open ? "<" : "</", open ? 1 : 2);
        put(o, name, strlen(name));
        PUT(o, ">");
    }
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct out *o = arg;
    if (!o->plain) {
        block_tag(o, type, detail, true);
    }
    return o->full;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct out *o = arg;
    if (o->plain) {
        PUT(o, " ");
    } else {
        block_tag(o, type, detail, false);
    }
    return o->full;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
    struct out *o = arg;
    if (o->plain) {
        return 0;
    }
    switch ((int)type) {
    case MD_SPAN_EM:
        PUT(o, "<em>");
        break;
    case MD_SPAN_STRONG:
        PUT(o, "<strong>");
        break;
    case MD_SPAN_DEL:
        PUT(o, "<del>");
        break;
    case MD_SPAN_CODE:
        PUT(o, "<code>");
        break;
    case MD_SPAN_A:
        open_link(o, &((MD_SPAN_A_DETAIL *)detail)->href);
        break;
    case MD_SPAN_IMG:
        open_link(o, &((MD_SPAN_IMG_DETAIL *)detail)->src);
        break;
    default:
        break;
    }
    return o->full;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
    (void)detail;
    struct out *o = arg;
    if (o->plain) {
        return 0;
    }
    switch ((int)type) {
    case MD_SPAN_EM:
        PUT(o, "</em>");
        break;
    case MD_SPAN_STRONG:
        PUT(o, "</strong>");
        break;
    case MD_SPAN_DEL:
        PUT(o, "</del>");
        break;
    case MD_SPAN_CODE:
        PUT(o, "</code>");
        break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
        PUT(o, "</a>");
        break;
    default:
        break;
    }
    return o->full;
}

/* What was written last is a Chinese character or its punctuation. */
static bool after_cjk(const struct out *o)
{
    unsigned char lead = o->len >= 3 ? (unsigned char)o->ptr[o->len - 3] : 0;
    return (lead >= 0xe3 && lead <= 0xe9) || lead == 0xef;
}

static int text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *arg)
{
    struct out *o = arg;
    switch (type) {
    case MD_TEXT_NULLCHAR:
        PUT(o, "\xef\xbf\xbd");
        break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        if (o->plain) {
            PUT(o, " ");
        } else if (type == MD_TEXT_BR || o->lines) {
            PUT(o, "<br>");
        } else if (!after_cjk(o)) { /* Chinese lines join without a space */
            PUT(o, "\n");
        }
        break;
    case MD_TEXT_ENTITY: /* a known form &name; or &#n; : the browser decodes it */
        put(o, p, n);
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        put_text(o, p, n);
        break;
    }
    return o->full;
}

static bool cjk_mark(const char *p, size_t n)
{
    /* U+3000..U+303F and U+FF00..U+FF65: punctuation that CommonMark takes for
     * the end of a word. */
    if (n < 3) {
        return false;
    }
    const unsigned char *u = (const unsigned char *)p;
    return (u[0] == 0xe3 && u[1] == 0x80) || (u[0] == 0xef && (u[1] == 0xbc || u[1] == 0xbd)) ||
           (u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0x98 && u[2] <= 0x9f);
}

/* Puts U+200B between CJK punctuation and ** so that emphasis opens and closes. */
static str with_spacers(struct arena *a, str s)
{
    struct buf b = buf_make(a, s.len * 4 + 16);
    size_t from = 0;
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.ptr[i] == '*' && s.ptr[i + 1] == '*') {
            bool before = i >= 3 && cjk_mark(s.ptr + i - 3, 3);
            bool after = i + 5 <= s.len && cjk_mark(s.ptr + i + 2, s.len - i - 2);
            buf_put(&b, str_from_n(s.ptr + from, i - from));
            if (before) {
                BUF_LIT(&b, "\xe2\x80\x8b");
            }
            BUF_LIT(&b, "**");
            if (after) {
                BUF_LIT(&b, "\xe2\x80\x8b");
            }
            from = i + 2;
            i++;
        }
    }
    buf_put(&b, str_from_n(s.ptr + from, s.len - from));
    return buf_str(&b);
}

/* `how`: what of struct out is not about memory. */
static bool render(struct arena *a, str in, struct out how, str *ret)
{
    static const MD_PARSER parser = {.flags = MD_FLAG_NOHTML | MD_FLAG_TABLES |
                                              MD_FLAG_STRIKETHROUGH |
                                              MD_FLAG_PERMISSIVEURLAUTOLINKS,
                                     .enter_block = enter_block,
                                     .leave_block = leave_block,
                                     .enter_span = enter_span,
                                     .leave_span = leave_span,
                                     .text = text};
    str src = with_spacers(a, in);
    size_t cap = src.len * 6 + 1024;
    cap = cap > HTML_MAX ? HTML_MAX : cap;
    struct out o = {.ptr = arena_bytes(a, cap), .cap = cap, .plain = how.plain, .lines = how.lines};
    if (md_parse(src.ptr, (MD_SIZE)src.len, &parser, &o) != 0 || o.full) {
        return false;
    }
    *ret = str_from_n(o.ptr, o.len);
    return true;
}

/* What begins no block, no span, no link and no entity, and needs no escape.  All above ASCII is:
 * but U+200B, which put_text() takes out. */
static const bool means_nothing[256] = {
    [' '] = true,          ['%'] = true,         ['('] = true,         [')'] = true,
    [','] = true,          ['.'] = true,         ['/'] = true,         [';'] = true,
    ['?'] = true,          ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    [0x80 ... 0xff] = true};

/* One line of words is a paragraph: most of what people write, and not worth a parser. */
static bool is_words(str s)
{
    unsigned char first = (unsigned char)s.ptr[0];
    if (first == ' ' || (first >= '0' && first <= '9') || s.ptr[s.len - 1] == ' ') {
        return false; /* trimmed, or a list */
    }
    bool words = true;
    for (size_t i = 0; i < s.len && words; i++) {
        words = means_nothing[(unsigned char)s.ptr[i]];
    }
    return words && !str_has(s, STR("\xe2\x80\x8b"));
}

static html_safe paragraph(struct arena *a, str words)
{
    struct out o = {.ptr = arena_bytes(a, words.len + 16), .cap = words.len + 16};
    PUT(&o, "<p>");
    put(&o, words.ptr, words.len);
    PUT(&o, "</p>");
    return (html_safe){.html = str_from_n(o.ptr, o.len)};
}

static html_safe html_of(struct arena *a, str text, bool lines)
{
    str done;
    if (text.len == 0) {
        return (html_safe){.html = STR("")};
    }
    if (text.len <= TEXT_MAX && is_words(text)) {
        return paragraph(a, text);
    }
    if (text.len <= TEXT_MAX && render(a, text, (struct out){.lines = lines}, &done)) {
        return (html_safe){.html = done};
    }
    size_t n = text.len > TEXT_MAX ? TEXT_MAX : text.len;
    struct out o = {.ptr = arena_bytes(a, n * 6 + 16), .cap = n * 6 + 16};
    PUT(&o, "<p>");
    put_escaped(&o, text.ptr, n);
    PUT(&o, "</p>");
    return (html_safe){.html = str_from_n(o.ptr, o.len)};
}

html_safe markdown_html(struct arena *a, str text)
{
    return html_of(a, text, false);
}

html_safe markdown_lines_html(struct arena *a, str text)
{
    return html_of(a, text, true);
}

str markdown_plain(struct arena *a, str text)
{
    str done;
    if (text.len && text.len <= TEXT_MAX && render(a, text, (struct out){.plain = true}, &done)) {
        return str_trim(done);
    }
    return text;
}
