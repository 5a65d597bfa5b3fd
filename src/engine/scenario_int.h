/* scenario_int.h - a scenario as it runs: what acts (scenario.c) and what only
 * looks (scenario_look.c). */
#ifndef ENGINE_SCENARIO_INT_H
#define ENGINE_SCENARIO_INT_H

#include "engine/act.h"
#include "engine/engine_int.h"
#include "engine/scenario.h"

enum { SAVED_MAX = 200, TURNS_MAX = 10000, FILES_MAX = 20 };

struct saved { /* what `save:` named */
    str name;
    int64_t id;
    const struct type *type;
};

struct run { /* one scenario */
    struct engine *e;
    struct arena *a;
    struct diags *d;
    struct saved saved[SAVED_MAX];
    size_t nsaved;
    int64_t now;
    int64_t present; /* of a life: what clock -3d counts back from; else 0 */
    int64_t told;    /* refusals of the clock up to this job were reported */
    str key;         /* idempotency of the acts, before their number; empty: none */
    int64_t nkeys;
    bool records, filled; /* filled: the calendar, before the first step that makes no day */
    struct act_file files[FILES_MAX]; /* of the act that is being made, for rows */
    size_t nfiles;
};

const struct saved *scenario_saved(const struct run *r, str name);
/* The id of a login; 0 for auto. */
MUST_CHECK err scenario_person(struct run *r, str login, int64_t *ret);
/* The refusal of a step that names what there is not: a type, or something saved. */
err scenario_unknown(struct run *r, str name);
/* What people do in an approval: makes the act; act->record is 0 where the step only
 * looked. */
MUST_CHECK err scenario_approve(struct run *r, const struct step *s, str as, struct act *act,
                                const struct type **ret_type);
/* Whether a control says of the saved records what the step says (scenario_control.c). */
MUST_CHECK err scenario_control(struct run *r, const struct step *s);
/* Judges all controls, and opens and tests findings, as the engine does by itself. */
MUST_CHECK err scenario_judge(struct run *r, const struct step *s);
/* How the occurrences of a duty stand, against what the step says (scenario_duty.c). */
MUST_CHECK err scenario_duty(struct run *r, const struct step *s);
/* Steps that look: check, see, list, term, tasks, notified, number.  A thing
 * that is not as the step says is a mistake at its place. */
MUST_CHECK err scenario_look(struct run *r, const struct step *s, str as);

#endif
