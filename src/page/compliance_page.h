/* compliance_page.h - what compliance.html shows: how we are doing, by regulation and by
 * standard, and one of each. */
#ifndef PAGE_COMPLIANCE_PAGE_H
#define PAGE_COMPLIANCE_PAGE_H

#include "engine/compliance.h"
#include "engine/compliance_lived.h"
#include "engine/compliance_unit.h"
#include "page/control_page.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct scorecard_page {
    const struct visit *visit;
    struct lenses lenses;
    const struct compliance *all;
    struct trend trend;
    struct lived lived;
    size_t clauses, watched; /* of all regulations; with a control */
    struct {
        const struct law_state *const *ptr;
        size_t len;
    } laws; /* the worst first */
};

struct standards_page {
    const struct visit *visit;
    struct lenses lenses;
    struct {
        const struct standard_state *ptr;
        size_t len;
    } standards;
};

/* Of one page; controls named at a unit: the others are one step away. */
enum { UNITS = 30, UNIT_CONTROLS = 5 };
struct units_page {
    const struct visit *visit;
    struct lenses lenses;
    struct {
        const struct unit_line {
            const struct unit_state *state;
            struct {
                const struct unit_breaks *ptr;
                size_t len;
            } worst;
            size_t more; /* controls beside them that its records break */
        } * ptr;
        size_t len;
    } units; /* of one page, the most first */
    struct pages at;
    int64_t as_of;   /* of the oldest look; 0: none */
    size_t unjudged; /* controls without one */
};

struct unlived_page {
    const struct visit *visit;
    struct lenses lenses;
    struct lived lived;
    struct {
        const struct unlived *ptr;
        size_t len;
    } lines; /* by regulation */
};

struct clause_line {
    const struct clause_state *state;
    struct {
        const struct control_line *ptr;
        size_t len;
    } controls;  /* the worst of them first */
    size_t more; /* controls of it that have no room here */
    struct mapping_list items;
};
/* Clauses that somebody of one kind sees to. */
struct clause_group {
    enum binding binding;
    struct {
        const struct clause_line *ptr;
        size_t len;
    } lines; /* with controls: the worst first; else in the order of the text */
};
struct duty_sum {
    const struct duty_result *r;
    str class; /* of the pill */
};
struct regulation_page {
    const struct visit *visit;
    const struct law_state *law;
    struct {
        const struct duty_sum *ptr;
        size_t len;
    } duties; /* in the order of the text */
    struct {
        const struct clause_group *ptr;
        size_t len;
    } groups;
};

struct item_line {
    const struct standard_item *item;
    const struct item_state *state; /* NULL: no clause answers, or it is a group */
    str class;                      /* of the pill */
    struct {
        const struct clause_line *ptr; /* items: the one mapping that names this item */
        size_t len;
    } clauses;
};
struct standard_page {
    const struct visit *visit;
    const struct standard_state *standard;
    struct {
        const struct item_line *ptr;
        size_t len;
    } items; /* in the order of the list, groups among them */
};

/* "Report, Accept and 2 more": what would make it lived. */
str unlived_by(const struct visit *v, const struct unlived *u);
str tally_class(const struct tally *t);
/* Where the figures of a row come from, control by control: `list` and what it is about. */
url tally_link(const struct visit *v, const char *list, str key);
str outcome_class(enum item_outcome o);
str standard_class(const struct standard_state *s); /* as standard_words */
/* Items of standards that a clause answers to. */
struct mapping_list clause_items(struct arena *a, const struct clause *c);
/* The lenses with the one at `here` lit: "regulation", "unit", "standard",
 * "lived", "control". */
struct lenses compliance_lenses(const struct visit *v, const char *here);

#endif
