/* pages.h - a list that is known as a whole and shown so many at a time: "page=2". */
#ifndef PAGE_PAGES_H
#define PAGE_PAGES_H

#include "base/html.h"

#include "web/visit.h"

struct pages {
    int64_t page, pages; /* from 1 on; at least one */
    url previous, next;  /* empty: there is none */
    size_t first, len;   /* what of the list stands on it */
};

/* Of n things, `most` to a page: the page that is asked for, or the last where there are not so
 * many.  `base`: the list's own address, ending in '?' or '&'. */
struct pages pages_of(struct visit *v, str base, size_t n, size_t most);

#endif
