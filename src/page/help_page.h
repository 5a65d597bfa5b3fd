/* help_page.h - what help.html shows: the manuals, one of them, what was found in them. */
#ifndef PAGE_HELP_PAGE_H
#define PAGE_HELP_PAGE_H

#include "page/frame.h"
#include "page/help.h"

#include "gen/frame.html.h"

struct help_block {
    html_safe text;
    bool picture;
    url src;
    str alt;
    int64_t width, height; /* pixels */
};
struct help_view {
    const struct help_section *section;
    struct {
        const struct help_block *ptr;
        size_t len;
    } blocks;
};
struct help_views {
    const struct help_view *ptr;
    size_t len;
};
struct help_page {
    struct help_manual manual;
    struct help_views sections;
    bool printing; /* what is far down must be there, too */
};
struct help_manuals {
    const struct help_manual *ptr;
    size_t len;
};
struct help_hits {
    const struct help_found *ptr;
    size_t len;
};
struct help_index {
    str query;
    struct help_manuals manuals;
    struct help_hits found;
};
struct help_contents { /* the headings of a manual */
    const struct help_section *ptr;
    size_t len;
};

struct help_contents help_contents(const struct help_manual *m);

#endif
