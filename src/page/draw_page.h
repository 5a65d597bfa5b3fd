/* draw_page.h - what draw.html shows: how a record's sample was drawn. */
#ifndef PAGE_DRAW_PAGE_H
#define PAGE_DRAW_PAGE_H

#include "engine/control.h"
#include "engine/draw.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct draw_wrongs {
    const struct words *ptr;
    size_t len;
};
struct draw_card {
    const struct visit *visit;
    const struct draw *of;
    str class;          /* of the pill */
    struct words words; /* the state */
    str lines;          /* "3, 17, 5": lines of population.ndjson, from 1 */
    str command;        /* empty: not yet */
    struct draw_wrongs wrong;
};

/* *ret is NULL where the record tells of no sample. */
MUST_CHECK err draw_show(struct visit *v, const struct record *rec, const struct draw_card **ret);

#endif
