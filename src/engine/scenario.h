/* scenario.h - runs examples.yaml and records.yaml.
 *
 * `zhidu check` runs each example on its own in-memory installation with the
 * records all regulations bring along and the demo organisation.
 */
#ifndef ENGINE_SCENARIO_H
#define ENGINE_SCENARIO_H

#include "engine/engine.h"
#include "model/steps.h"

/* Runs the steps; a step that does not go as it says is a mistake at its place. */
MUST_CHECK err scenario_run(struct engine *e, struct arena *a, const struct scenario *s, str folder,
                            struct diags *d);
/* records.yaml: each step must succeed; by auto; a record that is already there
 * (by unique field) is left alone, so that running it again changes nothing. */
MUST_CHECK err scenario_records(struct engine *e, struct arena *a, str text, str file,
                                struct diags *d, int64_t *ret_created);
/* The same, and no act is done twice within the seven days that keys of idempotency are kept:
 * `key`, of at most 40 characters, and a number is that of each.  What was cut short is run again.
 */
MUST_CHECK err scenario_records_once(struct engine *e, struct arena *a, str text, str file, str key,
                                     struct diags *d);
/* A life: steps that lead from the engine's present to a later one, `present`.
 * clock -3d is that long before it.  The demonstration begins weeks ago and
 * plays until today. */
MUST_CHECK err scenario_life(struct engine *e, struct arena *a, str text, str file, int64_t present,
                             struct diags *d, int64_t *ret_created);

#endif
