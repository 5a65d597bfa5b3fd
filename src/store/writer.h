/* writer.h - the one thread that writes.
 *
 * Acts are serial and share commits (architecture.md, "One organisation, one
 * serial history").  The writer takes what is waiting, at most 64 jobs or 4 ms
 * of work, runs it in one transaction, commits once, then answers all.  It knows
 * nothing of what a job does.
 *
 * A job that returns an error is undone and answered with it.  PostgreSQL undoes it to
 * its savepoint.  On SQLite a savepoint costs a copy of every page the job changes, and
 * hardly any job fails once it has begun to write: there a group goes without, and is
 * begun again with savepoints when one does.
 * When an error ended the whole transaction (writer asks db_in_write after
 * every error), nothing of the group is answered: its jobs run again one
 * transaction each, the failing one last.  When the commit itself fails, the
 * connection is reopened and `was_done` decides for each job whether it
 * happened.  Nobody is answered OK before the commit is durable.
 *
 * The queue holds `queue_max` jobs; beyond that writer_submit refuses.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/err.h"
#include "store/db.h"

struct writer;

struct writer_job {
    /* Does the work, inside a savepoint or not.  `a` is the writer's arena, reset
     * after each job; results that must outlive the job go into the job's own
     * arena.  Must not commit, roll back or touch savepoints.  May be called
     * again (see above) and must then start from the beginning. */
    err (*run)(struct writer_job *job, struct db *db, struct arena *a, void *world);
    /* Answers, exactly once, on the writer's thread, after the commit or the
     * refusal.  Must not block.  After it the writer no longer knows the job.
     * NULL: nobody is told. */
    void (*done)(struct writer_job *job, err result);
    bool tentative;          /* its work is likely to be undone: has a savepoint in any case */
    struct writer_job *next; /* the writer's */
    bool *over;              /* the writer's */
    /* Set by the writer.  The result's detail is kept in the job, because the
     * writer's arena is reset; its `why` must live in the job's own arena. */
    err result;
    char detail[240];
};

/* Each may be NULL; without `was_done` a job whose commit failed is answered ERR_BUSY,
 * since nobody can tell. */
struct writer_hooks {
    void *world; /* handed to run: the engine */
    /* A connection was opened, the first or another one: what the session of the one
     * before held is gone.  Before any other hook sees it. */
    void (*opened)(void *world);
    /* Begins a group: its statements travel in one batch with BEGIN (on
     * PostgreSQL also the advisory lock).  Loads what the group needs to know:
     * the model's epoch, the ledger's edge. */
    err (*group_begin)(void *world, struct db *db, struct arena *a);
    /* A job was undone / the group was undone / the group is durable.
     * Whatever `world` holds in memory follows the transaction. */
    void (*mark)(void *world);     /* before each job */
    void (*undo_job)(void *world); /* back to the mark */
    void (*undo_group)(void *world);
    err (*group_end)(void *world, struct db *db,
                     struct arena *a); /* before commit: what is written once a group */
    void (*committed)(void *world, int jobs);
    /* After a failed commit, on a new connection: did this job happen? */
    err (*was_done)(void *world, struct db *db, struct arena *a, struct writer_job *job, bool *ret);
    /* Between groups, when there is time: search text, checkpoints.  Returns
     * true when there is more to do.  Runs on the same connection, outside any
     * transaction, at most about 10 ms. */
    bool (*idle)(void *world, struct db *db, struct arena *a);
};

struct writer_options {
    str url;
    struct db_options db;
    struct db_limits limits; /* of each SELECT of a job */
    int queue_max;           /* 0: 512 */
    int group_max;           /* 0: 64 */
    int64_t group_us;        /* 0: 4000 */
    size_t arena_limit;      /* 0: 16 MB, per job */
    int64_t idle_every_ms;   /* idle also without jobs; 0: 200 */
    int64_t reopen_ms;       /* between the first tries to open again, then doubled; 0: 50 */
};

struct writer_stats {
    int64_t jobs;        /* answered */
    int64_t groups;      /* commits, of one job or of many */
    int64_t refused;     /* jobs answered with an error */
    int64_t turned_away; /* jobs not taken: the queue was full */
    int64_t redone;      /* groups begun again with savepoints */
    int64_t regrouped;   /* groups whose transaction an error ended */
    int64_t reopened;    /* connections opened after the first */
    int64_t queue_now, queue_most;
    int64_t group_p50_us, group_p99_us; /* of the last 1,024 groups, begin to durable */
    int64_t log_bytes;                  /* SQLite's write-ahead log */
    int64_t silent_us; /* since the thread last came round: at most idle_every_ms, unless a group
                          or idle work takes long */
    bool failing;      /* the database refused the last write, and none has succeeded since */
    int64_t trouble_age_us; /* since it did */
    char trouble[160];      /* what it said, ended by NUL; for the log and administrators */
};

/* Opens the connection (db_open's errors) and starts the thread; *ret lives in `life`. */
MUST_CHECK err writer_start(struct arena *life, const struct writer_options *opt,
                            const struct writer_hooks *hooks, struct writer **ret);
/* Takes the job, or ERR_BUSY when the queue is full or the writer is stopping;
 * `done` is then not called. */
MUST_CHECK err writer_submit(struct writer *w, struct writer_job *job);
/* Submits, waits, and returns the job's result, whose detail lives in the job, or
 * writer_submit's ERR_BUSY: for the command line, tests, background jobs.  Never on the
 * writer's own thread. */
err writer_call(struct writer *w, struct writer_job *job);
struct writer_stats writer_stats(struct writer *w);
/* Finishes the queue, checkpoints, ends the thread.  A second call does nothing,
 * and the reset of `life` stops a writer that nobody stopped. */
void writer_stop(struct writer *w);

/* The same discipline on the caller's own thread and connection, one job a
 * transaction: for examples, tests and the import of a closed data folder.
 * `jobs` are n jobs linked by `next`; all are run and answered.  `a` is not reset
 * between them, and when it is full its own `full` decides; nobody asks `was_done`.
 * Returns the first result that is no success. */
err writer_run_here(struct db *db, struct arena *a, const struct writer_hooks *hooks,
                    struct writer_job *jobs, int n);

#endif
