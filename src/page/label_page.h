/* label_page.h - what label.html shows. */
#ifndef PAGE_LABEL_PAGE_H
#define PAGE_LABEL_PAGE_H

#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct label {
    str name, code, fact; /* code: what the bars say; fact: the number where they say another */
    html_safe bars, qr;
};
struct label_page {
    str type, title, organisation;
    url back;
    struct {
        const struct label *ptr;
        size_t len;
    } labels;
};

#endif
