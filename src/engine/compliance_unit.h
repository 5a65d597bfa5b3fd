/* compliance_unit.h - the records that do not hold, by the unit they belong to (column unit of
 * a record: model/model.h).  Only what does not hold is counted: how many a unit has is not. */
#ifndef ENGINE_COMPLIANCE_UNIT_H
#define ENGINE_COMPLIANCE_UNIT_H

#include "engine/control.h"

struct unit_breaks {
    const struct control *control;
    int64_t violation, in_grace, waived, unknown, all; /* all: their sum */
};
struct unit_state {
    int64_t unit; /* 0: records without one */
    str name;     /* empty: without one, or the actor may not see it */
    struct {
        const struct unit_breaks *ptr;
        size_t len;
    } list;                                       /* the most first */
    int64_t violation, in_grace, waived, unknown; /* sums */
};
enum { UNIT_BREAKS_MAX = 50000 }; /* pairs of unit and control */

/* Its name; else why there is none. */
struct words unit_state_words(const struct unit_state *u);
/* Units with records that do not hold, the most first; into ctx->arena.  ERR_TOO_LARGE. */
MUST_CHECK err compliance_units(const struct ctx *ctx, struct unit_state **ret, size_t *n);

#endif
