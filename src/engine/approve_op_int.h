/* approve_op_int.h - one operation on an approval: what came in (approve_op.c), what is
 * done (approve_do.c). */
#ifndef ENGINE_APPROVE_OP_INT_H
#define ENGINE_APPROVE_OP_INT_H

#include "engine/approve_int.h"

struct op {
    struct doing *d;
    struct touched *x;
    const struct act *act;
    struct approving *g;
    struct approve_world *w;
    struct approval_by by;
    int seat;                      /* number; 0: of none */
    const struct route_node *node; /* the seat's; NULL: of none */
    struct approval_hash hash;     /* of the content that was before the actor's eyes */
    const int64_t *people;
    int npeople;
    str note;  /* what the history says */
    bool kept; /* what it did is in the approval's own row alone */
};

/* OF_SEAT: a seat is named.  OF_HASH: and the content.  MAY_MIND: who minds approvals may.
 * BY_CLOCK: it, and the engine in somebody's name; no door leads there.  OF_ANY: also of one that
 * has ended. */
enum { OF_SEAT = 1, OF_HASH = 2, MAY_MIND = 4, BY_CLOCK = 8, OF_ANY = 16 };

/* OK and NO_NONE: done.  Else nothing was. */
typedef err op_fn(struct op *o, enum approval_no *no);
struct operation {
    const char *key;
    op_fn *fn;
    unsigned how;
};
const struct operation *approve_operation(str action); /* NULL: none */

str approve_text(const struct op *o, const char *key);
/* The node's clause, else the action's. */
const struct clause *approve_clause(const struct op *o);

#endif
