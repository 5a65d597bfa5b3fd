/* strand.h - would a new model strand a record?  See publish.h. */
#ifndef ENGINE_STRAND_H
#define ENGINE_STRAND_H

#include "engine/engine.h"
#include "model/diff.h"

/* Adds a CHANGE_STRANDS for each reason found in the data.  `db` is a reader's
 * snapshot when planning, the writer's transaction when publishing. */
MUST_CHECK err strand_find(struct db *db, struct arena *a, const struct model *now,
                           const struct model *next, const struct diags *d, struct changes *ret);

#endif
