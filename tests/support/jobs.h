/* jobs.h - jobs for tests of the writer: each writes a row in several
 * statements, and everything about it can be counted afterwards. */
#ifndef TESTS_SUPPORT_JOBS_H
#define TESTS_SUPPORT_JOBS_H

#include "store/writer.h"

#include "support/dbs.h"

#include <semaphore.h>

enum { JOBS_STATEMENTS = 5 }; /* of each job */

/* What the hooks see.  `made` stands for what an engine keeps in memory: it
 * must follow the transaction, so it is at last the number of rows. */
struct jobs_world {
    int64_t made, marked, durable;
    int64_t began, ended, committed;
    _Atomic int idle;
    /* Met by the statement that begins or ends the next group, planted once. */
    enum db_fault begin_fault, end_fault;
};

struct jobs_job {
    struct writer_job job; /* first */
    struct jobs_world *world;
    int64_t id;
    sem_t *wait;    /* run waits for it, once, before anything else */
    sem_t *started; /* ... and tells here that it is running */
    bool deny;      /* ends with ERR_RULE instead of its work */
    bool refuse;    /* ends with ERR_RULE after its work */
    bool glutton;   /* asks for more memory than a job may have */
    enum db_fault fault;
    int64_t fault_at;               /* statement of this job, planted once */
    bool struck;                    /* ... and it failed for that */
    bool commit_fails, commit_lost; /* planted once */
    int64_t statements;             /* of its last run */
    int runs, answers;
    enum err_code result;
    bool (*check)(struct jobs_job *j); /* called in done */
    bool checked;
    void *arg;
    sem_t *answered;
};

/* The hooks of a world. */
struct writer_hooks jobs_hooks(struct jobs_world *world);
/* A writer on t's database, with the tables made. */
struct writer *jobs_writer(struct dbs *t, struct writer_options opt, struct jobs_world *world);

struct jobs_job jobs_make(struct jobs_world *world, int64_t id, sem_t *answered);
/* Jobs of the ids first, first + 1 ..., and the semaphore they answer by. */
void jobs_fill(struct jobs_job *jobs, int n, struct jobs_world *world, int64_t first,
               sem_t *answered);
/* Submits jobs[0..n), holding the first until all are queued, and waits. */
void jobs_run(struct writer *w, struct jobs_job *jobs, int n);
/* How many times the job left its row, asked through the writer. */
int64_t jobs_rows(struct writer *w, int64_t id);

#endif
