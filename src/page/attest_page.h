/* attest_page.h - what attest.html shows: a control that people answer. */
#ifndef PAGE_ATTEST_PAGE_H
#define PAGE_ATTEST_PAGE_H

#include "engine/control.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct attest_view {
    const struct visit *visit;
    const struct control_result *r;
    const struct control_manual *manual;
    str every;  /* the cadence in words */
    str owners; /* "高远、徐静"; empty: nobody holds the position */
    bool may;   /* the visitor is one of them */
    struct {
        const struct attest_past *ptr;
        size_t len;
    } past; /* the newest first */
    bool more;
};

/* What stands about a manual control, on its page. */
MUST_CHECK err attest_show(struct visit *v, const struct control_result *r,
                           struct attest_view *ret);
/* The class of the pill that shows an answer. */
str attest_class(enum attest_answer a);

#endif
