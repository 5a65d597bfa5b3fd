/* writer_int.h - what writer*.c share.  Nobody else includes it.
 *
 * writer_run.c    runs one job, and one job in a transaction of its own
 * writer_group.c  groups, and what happens when one fails
 * writer.c        the queue, the thread, what the header promises
 */
#ifndef STORE_WRITER_INT_H
#define STORE_WRITER_INT_H

#include "base/arena.h"
#include "store/writer.h"

#include <pthread.h>
#include <setjmp.h>
#include <time.h>

enum { WRITER_SAMPLES = 1024 };

/* What runs jobs: a writer's thread, or writer_run_here. */
struct core {
    struct db *db;
    struct arena *a;   /* the jobs' */
    struct arena *own; /* ours; never full */
    const struct writer_hooks *hooks;
    bool jumps; /* a full `a` jumps to `target` */
    jmp_buf target;
};

struct writer {
    struct core core;
    struct writer_hooks hooks;
    struct writer_options opt;
    struct arena conn, a, own;
    struct writer_job **group; /* of the running group, in order */
    int n;
    enum err_code down; /* why no connection could be opened; tried again by the next group */
    int64_t log_tried;  /* bytes of log at the last checkpoint */
    int64_t log_waited; /* and at the last one that waited for readers */
    pthread_t thread;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more, answered;
    struct writer_job *head, **tail;
    int queued;
    bool stop, ended;
    struct writer_stats stats;
    int64_t samples[WRITER_SAMPLES]; /* µs of the last groups */
    int64_t trouble_us;              /* monotonic: when the database refused a write */
    _Atomic int64_t beat_us;         /* monotonic: when the thread last came round */
};

static inline int64_t writer_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- writer_run.c ---------------------------------------------------------------- */

enum call { CALL_BEGIN, CALL_RUN, CALL_END, CALL_WAS_DONE, CALL_IDLE };

/* Calls a hook or a job; a full arena of the jobs' ends here, as ERR_BUSY. */
err writer_out(struct core *c, enum call call, struct writer_job *job, bool *ret);
void writer_full(void *arg); /* arena.full of the jobs' arena */
void writer_tell(const struct core *c, void (*fn)(void *world));
/* Keeps a result in the job, where its detail outlives the arena. */
void writer_keep(struct writer_job *job, err e);
void writer_undo_all(struct core *c); /* the transaction, and what `world` holds of it */
/* A job in a transaction of its own; not answered.  *unsure: the commit failed, so only
 * a look can tell whether it happened. */
err writer_single(struct core *c, struct writer_job *job, bool *unsure);

/* --- writer_group.c --------------------------------------------------------------- */

/* Opens the connection, for the first time or again, and settles the log. */
err writer_open(struct writer *w);
/* There is a connection that can be used, or the error that there is none. */
err writer_ready(struct writer *w);
/* Takes what waits, runs it, commits, answers. */
void writer_group(struct writer *w);

/* --- writer.c ----------------------------------------------------------------------- */

struct writer_job *writer_pop(struct writer *w); /* NULL: none waits */
/* Counts the job, calls `done` and wakes who waits for it: the job may be gone then. */
void writer_answer(struct writer *w, struct writer_job *job);

#endif
