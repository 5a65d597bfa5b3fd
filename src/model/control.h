/* control.h - controls: what must hold of every record of a population.
 *
 * Two levels, as with types: struct control is one control through all versions of
 * its regulation (its code, its findings, its history); struct cdef is how one version
 * words it.
 *
 * Which records one version judges: with `law: now`, of a type that follows the newest
 * version and of another regulation's type, the newest version judges all of them.
 * Else each record is judged by the version it began with; records of a version
 * that had no such control are not in its population (cdef_judges).
 *
 * A record is in the population when `where` is true, or unknown of it: nothing is left
 * out because a value is missing.  Verdict: unknown when `where` or `holds` is unknown,
 * else as `holds` says.  A violation names the first of its reasons that applies.
 *
 * A manual control has no population: `over` is NULL, `manual` is a question that its owner
 * answers and signs at its cadence.  The answers are records of the register `attestation`
 * (contract.h), the newest of them is the result (engine/control.h).
 *
 * `self: records` has neither: the program verifies that every row still says what the ledger
 * says (engine/control_self.c).  A control is of one kind through all versions.
 */
#ifndef MODEL_CONTROL_H
#define MODEL_CONTROL_H

#include "model/model.h"

enum {
    CONTROLS_MAX = 1000, /* of an installation */
    CONTROL_REASONS_MAX = 20,
    CONTROL_SHOW_MAX = 12,
    CONTROL_ENOUGH_ALL = 100, /* per cent */
};

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITIES };

struct cdef;

struct control {
    str key;  /* unique in the installation, for ever */
    int code; /* by first appearance, as codes of types */
    struct reg *reg;
    const struct type *over;  /* of all versions; NULL: manual, self, or none could be read */
    const struct cdef **defs; /* by version; NULL where a version has it not */
    size_t ndefs;
    const struct cdef *newest; /* the newest version's; NULL: it is retired */
};

struct control_reason {
    str key;
    struct words words;
    struct cond when; /* tree NULL: always (the last) */
};

/* A column of `show`: a field of the record, or one of a record it names that everybody, or
 * everybody who sees this one, may see: so who may see the record may see the column. */
struct control_column {
    str path; /* as written */
    struct words words;
    struct cond value;
};

/* How what a control reads of other records leads back to the record it judges. */
struct control_path {
    const struct type *of;     /* when a record of this type was touched, it concerns: */
    const struct field *field; /* down: the record its field names, and named before; */
    bool up;                   /* up: those of the judged type whose field names it */
};

/* What people answer where no record could say it. */
struct control_manual {
    struct words question;
    struct people owner; /* who answers: about no record */
    enum vkind unit;     /* of `every`: V_MONTHS, V_DAYS or V_DURATION (milliseconds) */
    int64_t every;       /* > 0: so long an answer is good */
    str written;         /* as in the definition, its setting followed: "quarter", "90d" */
};

struct cdef {
    struct control *control;
    struct law *law;
    struct words words; /* what is wrong where it does not hold: its title */
    const struct clause *clause;
    const struct control_manual *manual; /* NULL: it is judged by what follows */
    bool self;                           /* what the program verifies of itself */
    const struct type *over;             /* NULL: manual, or self */
    struct cond where;                   /* tree NULL: every record of the type */
    struct cond holds;
    const struct control_reason *reasons; /* at least one: the last applies always */
    size_t nreasons;
    const struct control_column *show;
    size_t nshow;
    struct cond grace;  /* a length; a violation younger than this is one in grace; NULL: none */
    struct cond fix;    /* a length of working time, for whoever mends it; NULL: none said */
    int64_t max_age_ms; /* 0: CONTROL_AGE_MS of engine/control.h */
    enum severity severity;
    int64_t expect; /* fewest records for the result to mean anything */
    int enough;     /* per cent of those judged that must hold */
    bool law_now;
    const struct control_path *paths;
    size_t npaths;
    bool far;   /* it reads what no path leads back from: who holds a post, all of a type */
    bool clock; /* it reads now: its verdict may change at any moment by itself; those that
                   read today or a term change at midnight or when the term ends */
    struct pos pos;
};

/* What a condition over records of `self` reads, added to what is known of `c` already
 * (expr_follow.c). */
void control_follow(struct arena *a, const struct type *self, const struct cond *cond,
                    struct cdef *c);
/* Does `c` judge all records of its type, whatever their version?  Not of a manual one. */
bool cdef_judges_all(const struct cdef *c);
/* NULL when absent. */
const struct control *model_control(const struct model *m, str key);
const struct control *model_control_at(const struct model *m, int64_t code);

/* For places that show one: its words. */
struct words severity_words(enum severity s);

#endif
