/* publish.h - the law of the day: new versions of regulations, as acts.
 *
 * Order (architecture.md, Publication): columns and tables first, then version,
 * epoch and ledger entry in one short transaction; the writer takes the newer
 * model before its next act; readers at their next request.  Refused, with the
 * names, while it would strand a record.
 */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "engine/engine.h"

struct publication {
    struct sources sources; /* changed regulations only; versions are set by plan */
    struct model *model;    /* as it would be */
    struct changes changes; /* what it does, for confirmation */
    int64_t epoch;          /* the epoch it was planned on: stale if another came first */
};

/* Compares the folders with what is in force.  Unchanged regulations are left
 * out; nothing changed: sources.len 0. */
MUST_CHECK err publish_plan(struct engine *e, struct arena *a, const struct sources *folders,
                            struct diags *d, struct publication *ret);
/* A changed setting as a new version: value as people write it. */
MUST_CHECK err publish_plan_setting(struct engine *e, struct arena *a, str reg, str key, str value,
                                    struct diags *d, struct publication *ret);
MUST_CHECK err publish(struct engine *e, struct arena *a, const struct publication *p,
                       int64_t actor, int64_t now);

#endif
