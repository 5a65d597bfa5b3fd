/* items.h - check-lists (model/checklist.h): to be answered in a form, and as they stand. */
#ifndef PAGE_ITEMS_H
#define PAGE_ITEMS_H

#include "engine/record.h"
#include "page/frame.h"

#include "gen/frame.html.h"

struct item_answer { /* one of the answers there are */
    str value;
    struct words words;
    str class; /* of the pill of an answer that was given */
    bool on;
};

struct item {
    int64_t no; /* from 1 */
    int64_t id; /* of its row */
    str prefix; /* "sheet.0": names of its inputs begin so */
    str what, basis, guide;
    str limits; /* "-20 – -16 ℃"; empty: there are none */
    str reads_in;
    bool reading, photo; /* are asked for: marked so, and shown where they are wanted only */
    bool remark;         /* must be filled in, whatever the answer */
    bool takes_answer, takes_reading, takes_remark, takes_photo; /* by this action */
    const struct item_answer *given;                             /* NULL: none yet */
    struct {
        const struct item_answer *ptr;
        size_t len;
    } answers;
    str reading_value, remark_value;
    int64_t remark_max;
    int64_t file; /* the photo there is; 0: none */
};

struct items {
    const struct item *ptr;
    size_t len;
    int64_t answered, no; /* items that have an answer; whose answer is no */
};

/* What a field of type checklist holds; `typed`: what was filled in over it, or NULL.
 * `ask`: by which it is answered; NULL: it is only shown. */
struct items items_make(const struct visit *v, const struct record_field *now,
                        const struct value_in *typed, const struct ask *ask);
/* As it stands: each item with what was found. */
void items_show(struct html *out, const struct visit *v, const struct record_field *f);

#endif
