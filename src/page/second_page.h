/* second_page.h - what second.html shows: one's own second factor. */
#ifndef PAGE_SECOND_PAGE_H
#define PAGE_SECOND_PAGE_H

#include "page/frame.h"
#include "page/show.h"
#include "people/second.h"

#include "gen/frame.html.h"

struct second_page {
    const struct visit *visit;
    str csrf, login, said, said_class;
    bool begun, on;
    bool must;     /* a rule wants it, and nothing else is open before */
    int64_t since; /* on */
    int64_t codes; /* recovery codes left */
    str reset;     /* "2026-11-24 10:30, Xu Jing": it was reset by somebody else; or empty */
    html_safe qr;  /* begun */
    str typed;     /* begun: the key in groups of four */
};
struct second_codes_page {
    bool confirmed;
    struct str_list codes;
};

#endif
