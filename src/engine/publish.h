/* publish.h - the law of the day: new versions of regulations, as one act.
 *
 * A publication is planned (what changes, what forbids it), shown, confirmed and
 * carried out: columns, tables and indexes are added first, then in one short
 * transaction the texts, the epoch and a ledger entry a regulation.  The
 * writer's next act stands on the new model, readers' next request too; nobody
 * waits and nothing is interrupted.
 *
 * It is refused, with the names, while it would strand a record:
 *   - a register (follows: newest) loses a state, or the way out of a state,
 *     in which records are; or the type while records are not at their end
 *   - what becomes unique is not
 *   - a version still in use names what another regulation's new version takes
 *     away.  In use: the newest of a regulation, and one with cases open.
 * Cases keep the version they began with, so nothing of theirs can be lost.
 */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "engine/engine.h"
#include "engine/record.h"
#include "model/diff.h"

struct held_model;

struct publication {
    struct sources sources;  /* those that change, as their next versions */
    struct changes changes;  /* what it does, for confirmation; `refused`: it may not */
    int64_t epoch;           /* the epoch it was planned on: stale if another came first */
    struct held_model *next; /* the model as it would be; goes with the arena */
};

/* Compares folders with what is in force.  Text or definition make a version;
 * examples and records alone do not.  A regulation without a folder is left as
 * it is.  Settings changed since keep their values.  Nothing changed:
 * sources.len 0.  Mistakes go to `d`, ERR_VALUE. */
MUST_CHECK err publish_plan(struct engine *e, struct arena *a, const struct sources *folders,
                            struct diags *d, struct publication *ret);
/* One changed setting as a new version: the value as people write it, lists as
 * in struct source, overrides. */
MUST_CHECK err publish_plan_setting(struct engine *e, struct arena *a, str reg, str key, str value,
                                    struct diags *d, struct publication *ret);
/* What a version of a regulation changed against the one before it, and who
 * published it (id 0: nobody who is a person). */
MUST_CHECK err publish_difference(const struct ctx *ctx, const struct law *law, struct changes *ret,
                                  struct record_ref *by);
/* `a` is worked in by the writer while the caller waits: never an arena that jumps
 * when it is full.  ERR_STALE: another publication came first; plan again.  ERR_RULE: it would
 * strand a record; changes says which.  Records that a new regulation brings
 * along are made afterwards; their mistakes go to `d`. */
MUST_CHECK err publish(struct engine *e, struct arena *a, struct publication *p, int64_t actor,
                       int64_t now, struct diags *d);

#endif
