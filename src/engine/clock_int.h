/* clock_int.h - what the clock does in one turn of the writer: marks of terms,
 * effects put off, large sets in steps, tasks after a change of appointments.
 *
 * Each turn is one transaction.  What a rule refuses is put away with its
 * reason as a failed job, which administration shows, and never tried again;
 * what the database refuses (busy, full, lost) is tried again at the next tick.
 */
#ifndef ENGINE_CLOCK_INT_H
#define ENGINE_CLOCK_INT_H

#include "engine/perform_int.h"

typedef err turn_fn(struct writer_job *job, struct db *db, struct arena *a, void *world);

struct turn {
    struct writer_job job;
    turn_fn *fn;
    struct engine *e;
    int64_t now;
    bool done;     /* there was something to do */
    bool give_up;  /* the last run was refused: put away what `at` names */
    bool gives_up; /* give_up before the run: the writer may begin it again */
    struct {       /* what this turn is about */
        int64_t id, record, run, type;
        char term[64];
    } at;
    struct effect_span span;
    int64_t limit; /* steps: rows of one turn */
    char zh[600], en[600];
};

turn_fn later_run, later_step, later_tasks;

/* One run of `fn` as a job of the writer's; t->done: there was something to do. */
MUST_CHECK err turn_run(struct turn *t, turn_fn *fn);
struct doing *turn_begin(struct turn *t, struct ctx *ctx, struct arena *a, int64_t actor,
                         int64_t principal);
/* Keeps the words of a refusal; true when it was one. */
bool turn_refused(struct turn *t, err e);
/* Writes the failed job that tells of it. */
MUST_CHECK err turn_put_away(struct turn *t, struct db *db, struct arena *a);

#endif
