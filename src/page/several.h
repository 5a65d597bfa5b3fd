/* several.h - one act for each of several things, one after the other, each with its own
 * answer, and the page of these answers. */
#ifndef PAGE_SEVERAL_H
#define PAGE_SEVERAL_H

#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

enum { SEVERAL_MAX = 200 };

struct several_item {
    str type;
    int64_t record;
    str name;
    const struct value_in *values;
    size_t nvalues;
    url href;      /* where its name leads */
    bool left_out; /* by the caller, who has filled `words`: no act is tried */
    /* --- the answer --- */
    bool ok;
    struct words words, remedy; /* why not, what would allow it */
    const struct clause *clause;
};

struct several {
    str action, note; /* of every act */
    struct several_item *items;
    size_t n, at; /* at: the next one */
    void (*show)(struct visit *v, struct several *s);
    void *user; /* the caller's */
};

/* Performs them, then calls s->show.  The acts' keys are made of the form's. */
void several_run(struct visit *v, struct several *s);

/* What the page shows. */
struct several_page {
    struct words title;
    url up, back; /* what it belongs to, and where one goes on */
    str up_words;
    struct words back_words;
    str summary;
    struct {
        const struct several_item *ptr;
        size_t len;
    } items;
    url more; /* a form that goes on with what is left; .text empty: none */
    str csrf, key, to, note;
    int64_t before;
};
/* "3 of 5 done". */
str several_summary(struct visit *v, const struct several *s);

#endif
