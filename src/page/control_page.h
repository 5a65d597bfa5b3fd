/* control_page.h - what control.html shows: what is kept of all controls, and one of them. */
#ifndef PAGE_CONTROL_PAGE_H
#define PAGE_CONTROL_PAGE_H

#include "engine/compliance_unit.h"
#include "engine/control.h"
#include "engine/evidence.h"
#include "model/standard.h"
#include "page/attest_page.h"
#include "page/frame.h"
#include "page/pages.h"
#include "page/show.h"
#include "page/trend.h"

#include "gen/attest.html.h"
#include "gen/frame.html.h"

struct control_line {
    const struct control_result *r;
    str class; /* of the pill: good, wait, bad, end */
    str rate;  /* "98.5%", or "-" where none counts */
};
struct lens {
    url href;
    struct words words;
    bool here;
};
/* The ways to look at it: the tabs of these pages. */
struct lenses {
    const struct lens *ptr;
    size_t len;
};
struct mapping_list {
    const struct mapping_of *const *ptr;
    size_t len;
};
struct controls_page {
    const struct visit *visit;
    struct lenses lenses;
    struct {
        const struct control_line *ptr;
        size_t len;
    } lines;               /* of one page, the worst first */
    const struct law *law; /* only its own; NULL: all */
    int64_t unit;          /* only those its records do not keep; CONTROL_ANY_UNIT: all */
    struct words of;       /* its name */
    int64_t all, good, attested;
    struct pages at;
};

struct control_case { /* a record that does not hold */
    const struct control_row *row;
    str name; /* its name, else its number, else its type's */
    bool grace;
    str until; /* the last day of the waiver that holds it off; empty: none */
    bool ask;  /* a waiver can be asked for */
    struct {
        const struct control_shown {
            struct words words;
            str text;
        } * ptr;
        size_t len;
    } shown; /* what the control says is worth knowing of it */
};
/* What it was between two days. */
struct control_span {
    struct control_period period;
    str from, to; /* days, as fields of a form take them */
};
struct control_page {
    const struct visit *visit;
    const struct control *control;
    struct control_line line;
    struct {
        const struct control_case *ptr;
        size_t len;
    } cases;
    struct trend trend;
    struct control_span span;
    struct mapping_list items; /* of standards, that its clause answers to */
    bool more;
    int64_t since, record;     /* where the next page begins */
    str where, holds;          /* as written in the definition */
    bool first;                /* the first page of cases */
    int64_t unit;              /* only its records are shown; CONTROL_ANY_UNIT: all */
    struct words of;           /* its name */
    bool ask;                  /* a waiver can be asked for */
    int64_t unfound;           /* violations that are still to become findings */
    struct attest_view attest; /* of a manual one, instead of all that is judged */
    str csrf;
    struct {
        const struct evidence_shown {
            int64_t seq, at, n;
            str by; /* name of who asked; empty: it may not be seen, or the command line */
        } * ptr;
        size_t len;
    } evidence; /* snapshots of it, the newest first */
};

/* May whoever looks ask for a waiver?  What the regulation says of who may, the form asks. */
bool control_may_ask(const struct visit *v);
/* The action by which one asks; only where one may. */
const struct action *control_asking(const struct visit *v);
/* Of two lines, for qsort: the worst state first, then the graver, then the more. */
int control_line_order(const void *x, const void *y);
struct control_line control_line_of(const struct visit *v, const struct control_result *r);
/* evidence_page.c: fills p->evidence. */
MUST_CHECK err control_evidence(struct visit *v, struct control_page *p, struct batch *asked);
/* The class of the pill that shows a state. */
str control_class(enum control_state s);
/* "7 of 9 kept, 1 in grace, 1 unknown" */
str control_figures(const struct visit *v, const struct control_counts *c);

#endif
