/* duty.h - duties: what must be done again and again.
 *
 * Two levels, as with controls: struct duty is one duty through all versions of its
 * regulation, struct ddef is how one version words it.  The newest version's is in force;
 * what has begun keeps its dates.
 *
 * Each occurrence of a duty is a record of the language's register `duty_run`
 * (contract.h): who owes it, from when to when, when it was done, by whom.  It is met
 *   creates   by the record that the clock creates when the period begins, once `done`
 *             is true of it (absent: once it is in a final state)
 *   expects   by a record that arrives by itself within the period
 * Expressions: `x` (the name `each` gives) is the object; in `with`, `expects`, `due` and
 * `missed` the bare names are the fields of the occurrence: begins, ends, owner, about.
 * In `done` they are those of the created record.
 */
#ifndef MODEL_DUTY_H
#define MODEL_DUTY_H

#include "model/model.h"

enum { DUTIES_MAX = 500 /* of an installation */ };

enum duty_every {
    EVERY_LENGTH, /* ddef.length */
    EVERY_WEEK,   /* from Monday */
    EVERY_MONTH,
    EVERY_QUARTER,
    EVERY_HALF_YEAR,
    EVERY_YEAR,
    EVERY_ONCE /* at ddef.at of each object */
};

struct ddef;

struct duty {
    str key; /* unique in the installation, for ever */
    int code;
    struct reg *reg;
    const struct ddef **defs; /* by version; NULL where a version has it not */
    size_t ndefs;
    const struct ddef *newest; /* the newest version's; NULL: it is retired */
};

struct ddef {
    struct duty *duty;
    struct law *law;
    struct words words;
    const struct clause *clause;
    const struct type *each; /* NULL: one occurrence a period */
    str each_name;
    struct sql each_from; /* FROM .. WHERE over v_NAME, elements of which it is unknown included */
    struct cond each_set; /* 1, 0 or null of each */
    enum duty_every every;
    struct cond length; /* EVERY_LENGTH: read over v_NAME */
    struct cond at;     /* EVERY_ONCE: a moment, over v_NAME */
    struct people owner;
    bool creates;
    struct effect create;        /* creates; for_each over the object */
    const struct type *expected; /* expects; else NULL */
    str expected_name;
    struct sql expected_from; /* over v_NAME of the arrived record, v_ of the object, r the
                                 occurrence */
    struct cond expected_set;
    struct cond done; /* over r, the created record; tree NULL: a final state */
    /* A length from the beginning (creates, at) or the end (expects) of the period, or a
     * moment over r; tree NULL: the end. */
    struct cond due;
    bool due_moment;
    struct cond grace; /* a length after `due`, until it counts as missed; tree NULL: none */
    const struct effect *missed;
    size_t nmissed;
    struct pos pos;
};

/* NULL when absent. */
const struct duty *model_duty(const struct model *m, str key);

#endif
