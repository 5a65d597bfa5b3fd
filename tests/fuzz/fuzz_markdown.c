/* Markdown: only the tags we make, only links we allow, whatever went in. */
#include "base/markdown.h"

#include "fuzz/fuzz.h"

#include <string.h>

static const char *const tags[] = {"p",   "h3",    "h4",         "h5",    "h6",   "ul", "ol",
                                   "li",  "em",    "strong",     "code",  "pre",  "hr", "br",
                                   "a",   "table", "thead",      "tbody", "tr",   "th", "td",
                                   "del", "s",     "blockquote", "input", "span", "div"};

static bool tag_known(const char *p, size_t n)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        size_t len = strlen(tags[i]);
        if (n > len && memcmp(p, tags[i], len) == 0 && memchr(" />", p[len], 3)) {
            return true;
        }
    }
    return false;
}

static bool link_known(str href)
{
    return str_starts(href, STR("http://")) || str_starts(href, STR("https://")) ||
           str_starts(href, STR("mailto:")) ||
           (str_starts(href, STR("/")) && !str_starts(href, STR("//")) &&
            !str_starts(href, STR("/\\"))) ||
           str_starts(href, STR("#"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    str out = markdown_html(a, fuzz_text(data, size)).html;
    MUST(out.len <= 1u << 20);
    for (size_t i = 0; i < out.len; i++) {
        if (out.ptr[i] != '<') {
            continue;
        }
        const char *p = out.ptr + i + 1;
        size_t n = out.len - i - 1;
        bool end = n && *p == '/';
        MUST(tag_known(p + end, n - end));
        if (n > 8 && memcmp(p, "a href=\"", 8) == 0) {
            str rest;
            MUST(link_known(str_cut(str_from_n(p + 8, n - 8), '"', &rest)));
        }
    }
    str plain = markdown_plain(a, fuzz_text(data, size));
    MUST(plain.len <= 4 * size + 16);
    return 0;
}
