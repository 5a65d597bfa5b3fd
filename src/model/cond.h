/* cond.h - what a compiled expression is: its kind, what it reads, its SQL.
 *
 * In which aliases and parameters its SQL speaks: model.h, which includes this.  Everything
 * lives in the model's arena, and nothing here is changed after the model was built.
 */
#ifndef MODEL_COND_H
#define MODEL_COND_H

#include "base/words.h"
#include "store/sql.h"

struct expr;
struct type;
struct field;
struct clause;

/* Where something stands in a definition, for messages. */
struct pos {
    str file;
    int line, col; /* from 1 */
};

enum vkind {
    V_NULL,
    V_BOOL,
    V_INT,
    V_DECIMAL,
    V_MONEY,
    V_TEXT,
    V_DATE,
    V_DATETIME,
    V_DURATION,
    V_DAYS,
    V_MONTHS,
    V_WORKDAYS,
    V_WORKHOURS,
    V_CHOICE,
    V_CHOICES,
    V_STATE,
    V_RECORD, /* one record of vtype.type (NULL: any) */
    V_SET,    /* records of vtype.type */
    V_PEOPLE, /* a set of people */
};
struct vtype {
    enum vkind kind;
    const struct type *type;   /* V_RECORD, V_SET; V_STATE: whose states */
    const struct field *field; /* V_CHOICE, V_CHOICES: whose keys */
};

/* What a compiled condition or value reads of its own record, so that rules
 * run only when something they read was changed. */
struct reads {
    const struct field *const *fields;
    size_t nfields;
    const struct type *const *parts; /* own parts and lines */
    size_t nparts;
    const struct field *const *further; /* of parts and of other records, that may be missing */
    size_t nfurther;
    bool state, at, old, now, actor, record; /* record: mentions r at all */
    bool typed; /* reads only own stored columns (and old, now, actor): can be
                   judged on typed values without touching other tables */
    bool kept;  /* reads only that and own lines, and no setting: may be kept in the row */
};

/* A condition or a value.  Present when tree != NULL. */
struct cond {
    const struct expr *tree;
    str text; /* as written */
    struct pos pos;
    struct vtype type;
    struct reads reads;
    /* For truth values: SQL booleans for WHERE and CASE. */
    struct sql is_true, not_false;
    /* The value; for truth values 1, 0 or null. */
    struct sql value;
    const struct clause *clause; /* what it cites, where it cites something */
    struct words words;          /* its reason in words, where it has one */
    struct cond *when;           /* judged first, may be NULL */
    struct cond *other;          /* rules: the record that stands in the way, NULL: none is told */
};

/* An expression about people: "is he one?" and "who are they?". */
struct people {
    const struct expr *tree;
    str text;
    struct pos pos;
    struct reads reads;
    struct sql is_actor; /* SQL boolean about $2 */
    /* A whole SELECT of person ids (column `id`), no duplicates, active people
     * only; may read r.  Empty text when `auto` or `nobody` alone. */
    struct sql who;
    /* Of the people of a route: expr_people_rank, so that who is named first comes first. */
    struct sql rank;
    bool everyone, nobody, may_auto; /* `auto` is one of the alternatives */
    bool countable; /* each alternative, besides auto, begins with a set of people */
    bool one;       /* one person, by a name or a path: creator, keeper, device.keeper */
    /* `see` only: the alternatives of the disjunctive form, for lists. */
    const struct see_alt *alts;
    size_t nalts;
};

/* One alternative of a `see`.
 * CONST     does not mention the record: `test` is a boolean over $1..$3.
 * COLUMN    r.column is one of the ids that `ids` selects (column `id`,
 *           over $1..$3 only), and `rest` holds (may be empty).
 * OTHER     `test` must be judged row by row; `link`: the field, where all it asks is to be among
 *           the people of one. */
struct see_alt {
    enum { SEE_CONST, SEE_COLUMN, SEE_OTHER } kind;
    struct sql test;
    str column;
    struct sql ids;
    struct sql rest;
    str link;
    str text; /* as written, for explanations */
};

/* A name template "{device.name} → {borrower.name}". */
struct template
{
    const struct template_part {
        str literal;             /* or */
        const struct cond *path; /* its value, rendered by its type */
        int seq_digits;          /* number templates: {seq:4}; 0 otherwise */
        enum { TPL_TEXT, TPL_PATH, TPL_SEQ, TPL_YYYY, TPL_MM, TPL_DD } kind;
    } * parts;
    size_t nparts;
    str text;
};
struct template_words {
    struct template zh, en;
};

#endif
