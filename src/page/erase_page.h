/* erase_page.h - what erase.html shows beside a request to erase somebody's personal data, and
 * beside a record that names him: what will happen, and with how much. */
#ifndef PAGE_ERASE_PAGE_H
#define PAGE_ERASE_PAGE_H

#include "engine/erase_plan.h"
#include "page/frame.h"

#include "gen/frame.html.h"

struct erase_card {
    struct erase_plan plan;
    int64_t traces; /* of signing in, that go */
    int64_t kept;   /* of these and of records, whose time of keeping is not over */
    bool mention;   /* of a record that names him: */
    int64_t texts, remarks, history;
};

/* *ret is NULL where nothing is about to be erased: another type, or it is decided. */
MUST_CHECK err erase_show(struct visit *v, const struct type *t, int64_t record,
                          const struct erase_card **ret);

#endif
