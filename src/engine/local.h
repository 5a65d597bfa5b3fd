/* local.h - settings a unit may set for itself (`local: true`): a unit's own
 * value holds for it and the units below it.
 *
 * It is no version of the regulation, which allows it: it is entered in the
 * ledger and holds for what begins from then on; deadlines that run keep their
 * length.
 */
#ifndef ENGINE_LOCAL_H
#define ENGINE_LOCAL_H

#include "engine/engine.h"
#include "engine/record.h"

struct local_value {
    struct record_ref unit;
    int64_t i64; /* in the stored unit of the setting's kind */
};
/* The units' own values of one setting, by unit; at most 1,000. */
MUST_CHECK err local_list(const struct ctx *ctx, const struct setting *s, struct local_value **ret,
                          size_t *n);
/* `value` as people write it; empty takes it back.  `a` is worked in by the writer
 * while the caller waits: never an arena that jumps when it is full.  ERR_VALUE: no value of the
 * setting's kind, `why` says so. */
MUST_CHECK err local_set(struct engine *e, struct arena *a, const struct setting *s, int64_t unit,
                         str value, int64_t actor, int64_t now, struct words *why);

#endif
