/* job.h - long work: import, export, rebuild.  Shown with its progress; can be
 * left, come back to, and cancelled.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "engine/ctx.h"

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

struct job {
    int64_t id, person, done, total, created_at, changed_at;
    enum job_state state;
    struct words title;
    str kind, message, result;
};

/* The newest 100. */
MUST_CHECK err job_list(const struct ctx *ctx, struct job **ret, size_t *n);

#endif
