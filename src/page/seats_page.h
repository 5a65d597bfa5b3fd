/* seats_page.h - what seats.html shows: the open seats of a person, to be handed over. */
#ifndef PAGE_SEATS_PAGE_H
#define PAGE_SEATS_PAGE_H

#include "engine/seats.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct seats_page {
    const struct visit *visit;
    str name, csrf, key, to, note, person_type;
    struct words error;
    int64_t person, before, next; /* before 0: the first page; next 0: the last */
    struct {
        const struct seat_row *ptr;
        size_t len;
    } rows;
};

/* What kind of decision a seat asks for: "TYPE.ACTION"; empty: not known. */
str seats_kind(struct visit *v, const struct type *t, const struct action *a);

#endif
