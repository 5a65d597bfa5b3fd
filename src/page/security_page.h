/* security_page.h - what security.html shows: the security log. */
#ifndef PAGE_SECURITY_PAGE_H
#define PAGE_SECURITY_PAGE_H

#include "page/frame.h"
#include "page/show.h"
#include "people/security.h"

#include "gen/frame.html.h"

struct security_choice {
    int64_t number;
    struct words words;
    bool here;
};
struct security_line {
    const struct security_row *row;
    struct words what;
    str when;
};
struct security_page {
    const struct visit *visit;
    str login, peer, from, to, said;
    str posts;          /* what is amiss with who administers, audits, protects; or empty */
    int64_t kind, next; /* next: id to go on from; 0: that was all */
    struct {
        const struct security_choice *ptr;
        size_t len;
    } kinds;
    struct {
        const struct security_line *ptr;
        size_t len;
    } lines;
};

#endif
