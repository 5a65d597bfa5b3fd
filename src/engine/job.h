/* job.h - long work: import, export, rebuild.  Shown with its progress; can be
 * left, come back to, and cancelled.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "engine/ctx.h"

struct engine;

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

struct job {
    int64_t id, person, done, total, created_at, changed_at;
    enum job_state state;
    struct words title;
    str kind, message, result;
};

/* The newest 100. */
MUST_CHECK err job_list(const struct ctx *ctx, struct job **ret, size_t *n);

/* Whoever does the work begins a job, tells of it now and then, and ends it.
 * Each is durable when it returns.  A job of the same kind that has been silent
 * for a minute belonged to a program that is gone: begin marks it as failed. */
MUST_CHECK err job_begin(struct engine *e, str kind, struct words title, int64_t person,
                         int64_t total, int64_t now, int64_t *ret_id);
/* *cancelled: somebody asked for its end. */
MUST_CHECK err job_tell(struct engine *e, int64_t id, int64_t done, str message, int64_t now,
                        bool *cancelled);
MUST_CHECK err job_end(struct engine *e, int64_t id, enum job_state state, int64_t done,
                       str message, str result, int64_t now);
/* ERR_NOT_FOUND when no such job waits or runs. */
MUST_CHECK err job_cancel(struct engine *e, int64_t id, int64_t now);

#endif
