/* compliance.h - are the regulations kept?  Results of controls (control.h) and of duties (duty.h)
 * summed by clause, regulation and item of a standard.
 *
 * A sum is of counts, never of percentages, and has the worst state beside it: one that
 * is in error, old or empty makes the sum no good one.  A clause without controls says
 * why (enum binding) and counts for neither side.  An item of a standard has the state of
 * the clauses that answer to it (`standards` of their definitions); nothing is inferred.
 *
 * A duty stands in a sum with the state it has at its clause: what was missed and not made up for,
 * or is past its term, is not kept, whatever the controls say.
 *
 * All of it is of the newest versions and comes of control_results and duty_results: one
 * statement each, in one batch.
 */
#ifndef ENGINE_COMPLIANCE_H
#define ENGINE_COMPLIANCE_H

#include "engine/control.h"
#include "engine/duty.h"
#include "engine/standard.h"

/* Who sees to it that a clause is kept. */
enum binding {
    BINDING_CONTROLS, /* at least one control watches it */
    BINDING_PROCESS,  /* the definition cites it: actions, terms, fields; nothing watches it */
    BINDING_MANUAL,   /* people, as its heading says */
    BINDING_NOT_EXECUTABLE,
    BINDING_NOTHING, /* nothing yet */
    BINDINGS
};
struct words binding_words(enum binding b);

/* What some controls and duties say together. */
struct tally {
    size_t controls, good;
    size_t attested;                        /* of them, those that people say are kept: not good */
    struct control_counts sum;              /* of those that are judged */
    const struct control_result *worst;     /* NULL: there are no controls */
    size_t judged, unjudged;                /* of those that are judged at all, by a first look */
    int64_t oldest;                         /* UTC ms of the oldest of these; 0: there is none */
    size_t duties, duties_good, duties_bad; /* bad: duty_bad */
    struct duty_counts owed;                /* of the duties: their occurrences */
    const struct duty_result *worst_duty;   /* NULL: there are no duties */
};
/* One more control; what another sum holds. */
void tally_put(struct tally *t, const struct control_result *r);
void tally_duty(struct tally *t, const struct duty_result *r);
void tally_add(struct tally *t, const struct tally *more);
/* Lesser is worse.  Where nothing was expected, nothing to judge is no worse than in grace. */
int control_rank(const struct control_result *r);
/* The worst of controls and duties; CONTROL_STATES: there are none. */
enum control_state tally_state(const struct tally *t);
/* Its rank; without controls and duties it is a little worse than kept. */
int tally_rank(const struct tally *t);
/* Every control and every duty is kept, and there is one. */
bool tally_good(const struct tally *t);
/* Of tally_state; "no controls" where there is nothing. */
struct words tally_words(const struct tally *t);

struct clause_state {
    const struct clause *clause;
    enum binding binding;
    const struct control_result *results; /* of its controls, beside each other */
    size_t nresults;
    const struct duty_result *duties; /* of its duties, beside each other */
    size_t nduties;
    struct tally tally;
};

struct law_state {
    const struct law *law;
    struct clause_state *clauses; /* in the order of the text */
    size_t nclauses;
    size_t bound[BINDINGS];
    struct tally tally;
};

struct compliance {
    struct law_state *laws; /* by key */
    size_t nlaws;
    struct tally tally;
};

/* Into ctx->arena. */
MUST_CHECK err compliance_ask(const struct ctx *ctx, struct compliance *ret);
/* The same regulations, the worst first; nlaws of them. */
const struct law_state **compliance_worst_first(struct arena *a, const struct compliance *c);
/* NULL when absent. */
const struct law_state *compliance_law(const struct compliance *c, str reg);

/* --- standards ------------------------------------------------------------------------- */

/* How an item stands; the worst first. */
enum item_outcome {
    ITEM_BROKEN,    /* a control of a clause that answers to it is not good, or a duty is bad */
    ITEM_UNWATCHED, /* clauses answer to it, but no control watches any of them */
    ITEM_ATTESTED,  /* kept, as far as can be told: of some, people say so */
    ITEM_PARTLY,    /* their controls are kept, but no clause answers to all of it, or nothing has
                       come of a duty yet */
    ITEM_KEPT,
    ITEM_UNMAPPED, /* no clause answers to it */
    ITEM_OUTCOMES
};
struct words item_outcome_words(enum item_outcome o);

struct item_clause {
    const struct mapping_of *map;
    const struct clause_state *state;
};

struct item_state {
    str item;
    const struct item_clause *clauses;
    size_t nclauses;
    bool whole; /* some clause answers to all of it */
    struct tally tally;
    enum item_outcome outcome;
};

struct standard_state {
    struct standard_head head;
    struct item_state *items; /* those that a clause answers to, by name */
    size_t nitems;
    size_t outcomes[ITEM_OUTCOMES]; /* their sum: head.nitems */
    struct tally tally;
};

/* Of every list that is loaded, by key; `asked`: standards_list_ask, before compliance_ask. */
MUST_CHECK err compliance_standards(const struct ctx *ctx, const struct compliance *c,
                                    struct batch *asked, struct standard_state **ret, size_t *n);
/* Every item of the list is kept, and every control and duty that its clauses have. */
bool standard_good(const struct standard_state *s);
/* Of its worst control; where those are kept, only of a standard all of whose items are. */
struct words standard_words(const struct standard_state *s);
void standards_worst_first(struct standard_state *list, size_t n);
/* NULL: no clause answers to it. */
const struct item_state *standard_item_state(const struct standard_state *s, str item);

#endif
