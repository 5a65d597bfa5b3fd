/* refusal.h - why an act was refused: the rule, its clause, what would allow it.
 *
 * Every ERR_RULE, ERR_DENIED and ERR_VALUE of the engine carries one in
 * err.why.  Pages and API show the same one.
 */
#ifndef ENGINE_REFUSAL_H
#define ENGINE_REFUSAL_H

#include "base/err.h"
#include "model/model.h"

enum refusal_kind {
    REFUSED_WHO,   /* not one of those who may; `remedy` names who may */
    REFUSED_STATE, /* not in this state; `remedy` names the states */
    REFUSED_NEEDS, /* a condition of the action */
    REFUSED_RULE,  /* a rule of a type, on the result */
    REFUSED_UNIQUE,
    REFUSED_VALUE,   /* a value is missing or not valid; `fields` */
    REFUSED_UNKNOWN, /* a condition is unknown: names the missing field and row */
    REFUSED_GUARDED,
    REFUSED_LIMIT,  /* too many rows, acts, depth */
    REFUSED_STRAND, /* a publication that would strand records */
};

struct refusal {
    enum refusal_kind kind;
    const struct clause *clause; /* never NULL, except for REFUSED_VALUE of a built-in */
    struct words what;           /* one sentence: what was refused and why */
    struct words remedy;         /* what would make it allowed */
    const struct field_error {   /* beside the fields */
        str field;               /* key; lines: "steps.2.result" */
        struct words words;
    } * fields;
    size_t nfields;
};

#endif
