/* compliance_unit.h - verdicts by the unit that a record belongs to (column unit of a record:
 * model/model.h): how many of how many are good, and which controls the others break.
 *
 * Read from figures that looks keep (control_unit.c), so that it costs the same however many
 * records are judged; what is in grace or waived is asked as it stands, as control_results does.
 * Never judged, and what has no record of its own (self, manual), counts in no unit. */
#ifndef ENGINE_COMPLIANCE_UNIT_H
#define ENGINE_COMPLIANCE_UNIT_H

#include "engine/control.h"
#include "engine/duty.h"

struct unit_breaks {
    const struct control *control;
    int64_t violation, in_grace, waived, unknown, all; /* all: their sum */
    int64_t n, ok; /* verdicts on the unit's records, and those that are good */
    int64_t as_of; /* of the control's result, UTC ms */
};
struct unit_state {
    int64_t unit; /* 0: records without one */
    str name;     /* empty: without one, or the actor may not see it */
    struct {
        const struct unit_breaks *ptr;
        size_t len;
    } list;                                       /* the most first */
    int64_t violation, in_grace, waived, unknown; /* sums */
    struct duty_counts owed; /* occurrences of duties of its own, the last DUTY_YEAR_DAYS */
    int64_t n, ok;           /* verdicts on its records, and those that are good */
};
enum { UNIT_BREAKS_MAX = 50000 }; /* pairs of unit and control */

/* Its name; else why there is none. */
struct words unit_state_words(const struct unit_state *u);
/* Of one unit, that an address names, the same words: asked along with the next batch of the
 * connection, read when that has run; into ctx->arena. */
struct unit_asked {
    int64_t unit;
    struct batch *b;
    struct names *names;
};
struct unit_asked compliance_unit_ask(const struct ctx *ctx, int64_t unit);
MUST_CHECK err compliance_unit_read(const struct ctx *ctx, const struct unit_asked *q,
                                    struct words *ret);
/* Units with records that are judged, or with duties, those with the most that do not hold first;
 * into ctx->arena.  *as_of: the oldest of the results they are counted from, UTC ms; 0: there is
 * none.  *unjudged: controls over records that were never judged.  ERR_TOO_LARGE. */
MUST_CHECK err compliance_units(const struct ctx *ctx, struct unit_state **ret, size_t *n,
                                int64_t *as_of, size_t *unjudged);

#endif
