#include "store/writer_int.h"

#include <stdio.h>

enum { REOPEN_TRIES = 5 };

/* --- the connection -------------------------------------------------------------------- */

static bool in_memory(const struct writer *w)
{
    return str_eq(w->opt.url, STR("sqlite::memory:"));
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

err writer_open(struct writer *w)
{
    w->core.db = NULL;
    arena_reset(&w->conn);
    struct db *db = NULL;
    err e = db_open(&w->conn, w->opt.url, w->opt.db, &db);
    if (!e.code) {
        e = db_settle_log(db, &w->conn); /* before anybody asks what happened */
    }
    if (!e.code) {
        db_limit(db, w->opt.limits);
        w->core.db = db;
        writer_tell(&w->core, w->hooks.opened);
    }
    return e;
}

/* Told in a literal: what a connection says ends with its arena. */
static err cannot_open(enum err_code why)
{
    return why == ERR_DISK ? err_make(ERR_DISK, STR("the disk is full or cannot be written"))
                           : err_make(ERR_BUSY, STR("the database cannot be reached"));
}

static err reopen_tries(struct writer *w)
{
    int64_t wait_ms = w->opt.reopen_ms;
    err e = OK;
    for (int i = 0; i < REOPEN_TRIES; i++) {
        e = writer_open(w);
        if (!e.code) {
            pthread_mutex_lock(&w->lock);
            w->stats.reopened++;
            pthread_mutex_unlock(&w->lock);
            return OK;
        }
        pause_ms(wait_ms);
        wait_ms *= 2;
    }
    return cannot_open(e.code);
}

/* Another connection, when the old one must not be used again.  The only one of
 * a database in memory is the database, and stays.  When it cannot be had, the
 * rest of the group is told at once instead of waiting again, job by job. */
static err reopen(struct writer *w)
{
    if (in_memory(w)) {
        return OK;
    }
    if (w->down) {
        return cannot_open(w->down);
    }
    err e = reopen_tries(w);
    w->down = e.code;
    return e;
}

err writer_ready(struct writer *w)
{
    return w->core.db && !db_lost(w->core.db) ? OK : reopen(w);
}

/* --- what happens when a group fails ------------------------------------------------------ */

/* After a failed commit, on a new connection: answers a job that happened, or
 * that nobody can tell about; false when it did not happen. */
static bool answer_if_done(struct writer *w, struct writer_job *job)
{
    bool done = false;
    err e = writer_ready(w);
    bool asked = e.code == ERR_NONE;
    if (asked) {
        e = w->hooks.was_done ? writer_out(&w->core, CALL_WAS_DONE, job, &done)
                              : err_make(ERR_BUSY, STR("the commit failed; it may have happened"));
    }
    bool told = e.code || done;
    if (told) {
        writer_keep(job, e); /* while its text is there */
    }
    if (asked) {
        db_reset(w->core.db);
        arena_reset(&w->a);
    }
    if (told) {
        writer_answer(w, job);
    }
    return told;
}

/* What the database says of itself, which is no refusal of a job. */
static void note_trouble(struct writer *w, err e)
{
    pthread_mutex_lock(&w->lock);
    bool ours = e.code == ERR_STORE || e.code == ERR_BUSY || e.code == ERR_DISK;
    if (ours) {
        w->stats.failing = true;
        w->trouble_us = writer_now_us();
        snprintf(w->stats.trouble, sizeof(w->stats.trouble), "%.*s", STR_ARG(e.detail));
    }
    pthread_mutex_unlock(&w->lock);
}

static void count_group(struct writer *w, int64_t began_us)
{
    int64_t us = writer_now_us() - began_us;
    int64_t log = db_log_bytes(w->core.db);
    pthread_mutex_lock(&w->lock);
    w->samples[w->stats.groups % WRITER_SAMPLES] = us;
    w->stats.groups++;
    w->stats.log_bytes = log;
    w->stats.failing = false;
    pthread_mutex_unlock(&w->lock);
}

/* Runs a job in a transaction of its own and answers it. */
static void settle_single(struct writer *w, struct writer_job *job)
{
    int64_t began = writer_now_us();
    bool unsure = false;
    err e = writer_ready(w);
    if (!e.code) {
        e = writer_single(&w->core, job, &unsure);
    }
    writer_keep(job, e);
    arena_reset(&w->a);
    arena_reset(&w->own);
    if (!e.code) {
        count_group(w, began);
    } else {
        note_trouble(w, job->result);
    }
    if (unsure) {
        err opened = reopen(w);
        if (!opened.code && answer_if_done(w, job)) {
            return;
        }
        if (opened.code) {
            writer_keep(job, opened);
        } /* else what was kept above stands; the error's own text is gone */
    }
    writer_answer(w, job);
}

/* An error ended the transaction of the group: every job runs again alone, the
 * one that met the error last. */
static void regroup(struct writer *w, int culprit)
{
    writer_undo_all(&w->core);
    arena_reset(&w->a);
    pthread_mutex_lock(&w->lock);
    w->stats.regrouped++;
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n; i++) {
        if (i != culprit) {
            settle_single(w, w->group[i]);
        }
    }
    if (culprit >= 0) {
        settle_single(w, w->group[culprit]);
    }
}

/* The commit failed.  On a new connection each job tells whether it happened;
 * those that did not run again.  A refusal that rests on the group's work
 * stands if that work does. */
static void after_failed_commit(struct writer *w)
{
    writer_undo_all(&w->core);
    err opened = reopen(w);
    bool happened = false;
    for (int i = 0; i < w->n; i++) {
        struct writer_job *job = w->group[i];
        bool refused = job->result.code != ERR_NONE;
        if (opened.code) {
            writer_keep(job, opened);
            writer_answer(w, job);
        } else if (!refused && answer_if_done(w, job)) {
            happened = true;
        } else if (refused && happened) {
            writer_answer(w, job);
        } else {
            settle_single(w, job);
        }
    }
}

/* --- groups -------------------------------------------------------------------------------- */

/* The job at that place, taken from the queue unless the group had it before. */
static struct writer_job *job_of_group(struct writer *w, int place, int64_t began_us)
{
    bool full =
        w->n == w->opt.group_max || (w->n > 0 && writer_now_us() - began_us >= w->opt.group_us);
    if (place == w->n && !full) {
        w->group[w->n] = writer_pop(w);
        w->n += w->group[w->n] != NULL;
    }
    return place < w->n ? w->group[place] : NULL;
}

/* Runs one job; false when it failed and cannot be undone alone. */
static bool run_in_group(struct writer *w, struct writer_job *job, bool savepoints)
{
    struct core *c = &w->core;
    bool savepoint = savepoints || job->tentative;
    writer_tell(c, c->hooks->mark);
    if (savepoint) {
        db_savepoint(c->db);
    } else {
        db_mark(c->db);
    }
    err e = writer_out(c, CALL_RUN, job, NULL);
    writer_keep(job, e);
    if (e.code) {
        bool undone =
            savepoint ? db_in_write(c->db) && !db_rollback_to(c->db).code : db_back_to_mark(c->db);
        if (!undone) {
            return false;
        }
        writer_tell(c, c->hooks->undo_job);
    } else if (savepoint) {
        db_release(c->db);
    }
    arena_reset(&w->a);
    return true;
}

static err begin_group(struct writer *w)
{
    err e = writer_ready(w);
    if (e.code) {
        return e;
    }
    db_write_begin(w->core.db);
    e = writer_out(&w->core, CALL_BEGIN, NULL, NULL);
    if (e.code) {
        writer_undo_all(&w->core);
    }
    return e;
}

/* The group cannot even begin: those who wait now are told. */
static void refuse_waiting(struct writer *w, err e)
{
    note_trouble(w, e);
    pthread_mutex_lock(&w->lock);
    int64_t n = w->queued; /* who comes while they are told may find it mended */
    pthread_mutex_unlock(&w->lock);
    for (int64_t i = 0; i < n; i++) {
        struct writer_job *job = writer_pop(w);
        writer_keep(job, e);
        writer_answer(w, job);
    }
    arena_reset(&w->a);
}

/* A write that failed and was undone to its savepoint, as PostgreSQL allows it: the
 * group goes on, and yet the database has trouble. */
static void note_undone(struct writer *w)
{
    for (int i = 0; i < w->n; i++) {
        enum err_code code = w->group[i]->result.code;
        if (code == ERR_DISK || code == ERR_STORE) {
            note_trouble(w, w->group[i]->result);
        }
    }
}

static void commit_group(struct writer *w, int good, int64_t began_us)
{
    if (good == 0) {
        writer_undo_all(&w->core); /* nothing to make durable, and no flush to pay */
    } else {
        err e = db_commit(w->core.db, &w->own);
        if (e.code) {
            after_failed_commit(w);
            return;
        }
        if (w->hooks.committed) {
            w->hooks.committed(w->hooks.world, good);
        }
        count_group(w, began_us);
    }
    note_undone(w);
    for (int i = 0; i < w->n; i++) {
        writer_answer(w, w->group[i]);
    }
}

/* A job failed after it had written, without a savepoint: from the beginning, with them.
 * False when the transaction is gone, or none can be had. */
static bool begin_again(struct writer *w)
{
    if (!db_in_write(w->core.db)) {
        return false;
    }
    writer_undo_all(&w->core);
    arena_reset(&w->a);
    pthread_mutex_lock(&w->lock);
    w->stats.redone++;
    pthread_mutex_unlock(&w->lock);
    err e = begin_group(w);
    arena_reset(&w->a);
    return !e.code;
}

/* Runs what waits; how many succeeded, or -1: a job ended the transaction, and all are answered. */
static int run_group(struct writer *w, int64_t began_us)
{
    bool savepoints = db_kind(w->core.db) != DB_SQLITE;
    struct writer_job *job;
    int good = 0;
    for (int i = 0; (job = job_of_group(w, i, began_us)) != NULL; i++) {
        if (run_in_group(w, job, savepoints)) {
            good += job->result.code == ERR_NONE;
        } else if (!savepoints && begin_again(w)) {
            savepoints = true;
            good = 0;
            i = -1;
        } else {
            regroup(w, i);
            return -1;
        }
    }
    return good;
}

void writer_group(struct writer *w)
{
    int64_t began = writer_now_us();
    w->n = 0;
    w->down = ERR_NONE;
    err e = begin_group(w);
    if (e.code) {
        arena_reset(&w->a);
        e = begin_group(w); /* a connection that broke while idle is no failure yet */
    }
    if (e.code) {
        refuse_waiting(w, e);
        return;
    }
    arena_reset(&w->a);
    int good = run_group(w, began);
    if (good < 0) {
        return;
    }
    e = good ? writer_out(&w->core, CALL_END, NULL, NULL) : OK;
    arena_reset(&w->a);
    if (e.code) {
        regroup(w, -1);
        return;
    }
    commit_group(w, good, began);
    arena_reset(&w->own);
}
