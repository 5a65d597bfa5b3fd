#include "store/writer.h"

#include "base/arena.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE_MAX = 512,
    GROUP_MAX = 64,
    GROUP_US = 4000,
    IDLE_EVERY_MS = 200,
    JOB_ARENA = 16 << 20,
    OWN_ARENA = 1 << 20, /* texts of our own errors */
    CONN_ARENA = 32 << 20,
    SAMPLES = 1024,
    LOG_CHECKPOINT = 32 << 20,
    LOG_RESTART = 64 << 20,
    LOG_STEP = 4 << 20, /* a checkpoint that readers held back waits for this much more */
    REOPEN_TRIES = 5
};

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
    bool down;         /* no connection could be opened; tried again by the next group */
    int64_t log_tried; /* bytes of log at the last checkpoint */
    pthread_t thread;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more, answered;
    struct writer_job *head, **tail;
    int queued;
    bool stop, ended;
    struct writer_stats stats;
    int64_t samples[SAMPLES]; /* µs of the last groups */
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- calling out ---------------------------------------------------------------- */

enum call { CALL_BEGIN, CALL_RUN, CALL_END, CALL_WAS_DONE, CALL_IDLE };

static err call_plain(struct core *c, enum call call, struct writer_job *job, bool *ret)
{
    const struct writer_hooks *h = c->hooks;
    switch (call) {
    case CALL_BEGIN:
        return h->group_begin ? h->group_begin(h->world, c->db, c->a) : OK;
    case CALL_RUN: {
        err e = job->run(job, c->db, c->a, h->world);
        return e.code ? e : db_flush(c->db, c->a);
    }
    case CALL_END:
        return h->group_end ? h->group_end(h->world, c->db, c->a) : OK;
    case CALL_WAS_DONE:
        return h->was_done(h->world, c->db, c->a, job, ret);
    case CALL_IDLE:
        *ret = h->idle(h->world, c->db, c->a);
        break;
    }
    return OK;
}

/* The one place a full arena of the writer's jumps to; alone in its function,
 * so that nothing it holds can be lost. */
static err call_out(struct core *c, enum call call, struct writer_job *job, bool *ret)
{
    if (c->jumps) {
        if (setjmp(c->target)) {
            return err_make(ERR_BUSY, STR("needs more memory than an act may use"));
        }
    }
    return call_plain(c, call, job, ret);
}

static void on_full(void *arg)
{
    longjmp(((struct core *)arg)->target, 1);
}

static void tell(const struct core *c, void (*fn)(void *world))
{
    if (fn) {
        fn(c->hooks->world);
    }
}

static void keep_result(struct writer_job *job, err e)
{
    size_t n = e.detail.len < sizeof(job->detail) ? e.detail.len : sizeof(job->detail);
    if (n && e.detail.ptr != job->detail) {
        memcpy(job->detail, e.detail.ptr, n);
    }
    e.detail = str_from_n(job->detail, n);
    job->result = e;
}

/* --- one job, one transaction ----------------------------------------------------- */

static void undo_all(struct core *c)
{
    tell(c, c->hooks->undo_group);
    db_reset(c->db);
}

/* *unsure: the commit failed, so only a look can tell whether it happened. */
static err run_single(struct core *c, struct writer_job *job, bool *unsure)
{
    *unsure = false;
    db_write_begin(c->db);
    err e = call_out(c, CALL_BEGIN, NULL, NULL);
    if (!e.code) {
        tell(c, c->hooks->mark);
        e = call_out(c, CALL_RUN, job, NULL);
    }
    if (!e.code) {
        e = call_out(c, CALL_END, NULL, NULL);
    }
    if (e.code) {
        undo_all(c);
        return e;
    }
    e = db_commit(c->db, c->own);
    if (e.code) {
        *unsure = true;
        undo_all(c);
        return e;
    }
    if (c->hooks->committed) {
        c->hooks->committed(c->hooks->world, 1);
    }
    return OK;
}

err writer_run_here(struct db *db, struct arena *a, const struct writer_hooks *hooks,
                    struct writer_job *jobs, int n)
{
    struct core c = {.db = db, .a = a, .own = a, .hooks = hooks};
    err first = OK;
    for (int i = 0; i < n; i++) {
        struct writer_job *job = jobs;
        jobs = job->next;
        bool unsure;
        job->queued_at_us = now_us();
        keep_result(job, run_single(&c, job, &unsure));
        err e = job->result;
        first = first.code ? first : e;
        if (job->done) {
            job->done(job, e);
        }
    }
    return first;
}

/* --- the queue ---------------------------------------------------------------------- */

static struct writer_job *pop(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct writer_job *job = w->head;
    if (job) {
        w->head = job->next;
        if (!w->head) {
            w->tail = &w->head;
        }
        job->next = NULL;
        w->queued--;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}

static bool anything_waits(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool any = w->head != NULL;
    pthread_mutex_unlock(&w->lock);
    return any;
}

static err submit(struct writer *w, struct writer_job *job, bool *over)
{
    job->over = over;
    job->next = NULL;
    job->result = OK;
    job->queued_at_us = now_us();
    pthread_mutex_lock(&w->lock);
    bool full = w->queued >= w->opt.queue_max;
    bool taken = !w->stop && !full;
    if (taken) {
        *w->tail = job;
        w->tail = &job->next;
        w->queued++;
        if (w->queued > w->stats.queue_most) {
            w->stats.queue_most = w->queued;
        }
        pthread_cond_signal(&w->more);
    } else {
        w->stats.turned_away++;
    }
    pthread_mutex_unlock(&w->lock);
    return taken ? OK : err_make(ERR_BUSY, full ? STR("the queue is full") : STR("stopping"));
}

err writer_submit(struct writer *w, struct writer_job *job)
{
    return submit(w, job, NULL);
}

err writer_call(struct writer *w, struct writer_job *job)
{
    bool over = false;
    err e = submit(w, job, &over);
    if (e.code) {
        return e;
    }
    pthread_mutex_lock(&w->lock);
    while (!over) {
        pthread_cond_wait(&w->answered, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return job->result;
}

static void answer(struct writer *w, struct writer_job *job)
{
    err e = job->result;
    bool *over = job->over;
    pthread_mutex_lock(&w->lock);
    w->stats.jobs++;
    w->stats.refused += e.code != ERR_NONE;
    pthread_mutex_unlock(&w->lock);
    if (job->done) {
        job->done(job, e); /* the job may be gone after this */
    }
    if (over) {
        pthread_mutex_lock(&w->lock);
        *over = true;
        pthread_cond_broadcast(&w->answered);
        pthread_mutex_unlock(&w->lock);
    }
}

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

static err open_connection(struct writer *w)
{
    w->core.db = NULL;
    arena_reset(&w->conn);
    err e = db_open(&w->conn, w->opt.url, w->opt.db, &w->core.db);
    if (e.code) {
        w->core.db = NULL;
    } else {
        db_limit(w->core.db, w->opt.limits);
    }
    return e;
}

static err reopen_tries(struct writer *w)
{
    int64_t wait_ms = 50;
    for (int i = 0; i < REOPEN_TRIES; i++) {
        if (!open_connection(w).code) {
            pthread_mutex_lock(&w->lock);
            w->stats.reopened++;
            pthread_mutex_unlock(&w->lock);
            return OK;
        }
        pause_ms(wait_ms);
        wait_ms *= 2;
    }
    return err_make(ERR_BUSY, STR("the database cannot be reached"));
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
        return err_make(ERR_BUSY, STR("the database cannot be reached"));
    }
    err e = reopen_tries(w);
    w->down = e.code != ERR_NONE;
    return e;
}

static err ready(struct writer *w)
{
    return w->core.db && !db_lost(w->core.db) ? OK : reopen(w);
}

/* --- what happens when a group fails ------------------------------------------------------ */

/* After a failed commit, on a new connection: answers a job that happened, or
 * that nobody can tell about; false when it did not happen. */
static bool answer_if_done(struct writer *w, struct writer_job *job)
{
    bool done = false;
    err e = ready(w);
    if (!e.code) {
        e = w->hooks.was_done ? call_out(&w->core, CALL_WAS_DONE, job, &done)
                              : err_make(ERR_BUSY, STR("the commit failed; it may have happened"));
        db_reset(w->core.db);
        arena_reset(&w->a);
    }
    if (!e.code && !done) {
        return false;
    }
    keep_result(job, e);
    answer(w, job);
    return true;
}

static void count_group(struct writer *w, int64_t began_us)
{
    int64_t us = now_us() - began_us;
    int64_t log = db_log_bytes(w->core.db);
    pthread_mutex_lock(&w->lock);
    w->samples[w->stats.groups % SAMPLES] = us;
    w->stats.groups++;
    w->stats.log_bytes = log;
    pthread_mutex_unlock(&w->lock);
}

/* Runs a job in a transaction of its own and answers it. */
static void settle_single(struct writer *w, struct writer_job *job)
{
    int64_t began = now_us();
    bool unsure = false;
    err e = ready(w);
    if (!e.code) {
        e = run_single(&w->core, job, &unsure);
    }
    keep_result(job, e);
    arena_reset(&w->a);
    arena_reset(&w->own);
    if (!e.code) {
        count_group(w, began);
    }
    if (unsure) {
        err opened = reopen(w);
        if (!opened.code && answer_if_done(w, job)) {
            return;
        }
        keep_result(job, opened.code ? opened : e);
    }
    answer(w, job);
}

/* An error ended the transaction of the group: every job runs again alone, the
 * one that met the error last. */
static void regroup(struct writer *w, int culprit)
{
    undo_all(&w->core);
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
    undo_all(&w->core);
    err opened = reopen(w);
    bool happened = false;
    for (int i = 0; i < w->n; i++) {
        struct writer_job *job = w->group[i];
        bool refused = job->result.code != ERR_NONE;
        if (opened.code) {
            keep_result(job, opened);
            answer(w, job);
        } else if (!refused && answer_if_done(w, job)) {
            happened = true;
        } else if (refused && happened) {
            answer(w, job);
        } else {
            settle_single(w, job);
        }
    }
}

/* --- groups -------------------------------------------------------------------------------- */

static struct writer_job *next_of_group(struct writer *w, int64_t began_us)
{
    bool over = w->n > 0 && now_us() - began_us >= w->opt.group_us;
    return over || w->n == w->opt.group_max ? NULL : pop(w);
}

/* Runs one job inside its savepoint; false when the transaction is gone. */
static bool run_in_group(struct writer *w, struct writer_job *job)
{
    struct core *c = &w->core;
    tell(c, c->hooks->mark);
    db_savepoint(c->db);
    err e = call_out(c, CALL_RUN, job, NULL);
    keep_result(job, e);
    if (!e.code) {
        db_release(c->db);
    } else {
        if (!db_in_write(c->db) || db_rollback_to(c->db).code) {
            return false;
        }
        tell(c, c->hooks->undo_job);
    }
    arena_reset(&w->a);
    return true;
}

static err begin_group(struct writer *w)
{
    err e = ready(w);
    if (e.code) {
        return e;
    }
    db_write_begin(w->core.db);
    e = call_out(&w->core, CALL_BEGIN, NULL, NULL);
    if (e.code) {
        undo_all(&w->core);
    }
    return e;
}

/* The group cannot even begin: those who wait now are told. */
static void refuse_waiting(struct writer *w, err e)
{
    struct writer_job *job;
    for (int i = 0; i < w->opt.group_max && (job = pop(w)) != NULL; i++) {
        keep_result(job, e);
        answer(w, job);
    }
    arena_reset(&w->a);
}

static void commit_group(struct writer *w, int good, int64_t began_us)
{
    if (good == 0) {
        undo_all(&w->core); /* nothing to make durable, and no flush to pay */
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
    for (int i = 0; i < w->n; i++) {
        answer(w, w->group[i]);
    }
}

static void run_group(struct writer *w)
{
    int64_t began = now_us();
    w->n = 0;
    w->down = false;
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
    int good = 0;
    struct writer_job *job;
    while ((job = next_of_group(w, began)) != NULL) {
        w->group[w->n++] = job;
        if (!run_in_group(w, job)) {
            regroup(w, w->n - 1);
            return;
        }
        good += job->result.code == ERR_NONE;
    }
    e = good ? call_out(&w->core, CALL_END, NULL, NULL) : OK;
    arena_reset(&w->a);
    if (e.code) {
        regroup(w, -1);
        return;
    }
    commit_group(w, good, began);
    arena_reset(&w->own);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void checkpoint(struct writer *w)
{
    if (!w->core.db) {
        return;
    }
    int64_t log = db_log_bytes(w->core.db);
    if (log < w->log_tried) {
        w->log_tried = 0; /* it began anew */
    }
    if (log >= LOG_CHECKPOINT && log >= w->log_tried + LOG_STEP) {
        db_checkpoint(w->core.db, log > LOG_RESTART);
        w->log_tried = log;
    }
}

/* One round of the hook's idle work; true when there is more. */
static bool idle_once(struct writer *w)
{
    bool more = false;
    w->down = false;
    if (w->hooks.idle && !ready(w).code) {
        err e = call_out(&w->core, CALL_IDLE, NULL, &more);
        db_reset(w->core.db);
        arena_reset(&w->a);
        return more && !e.code;
    }
    return false;
}

/* Waits for a job, or for the time of idle work; false when it is time to end. */
static bool wait_for_work(struct writer *w, int64_t until_us)
{
    struct timespec t = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->stop) {
        if (pthread_cond_timedwait(&w->more, &w->lock, &t)) {
            break;
        }
    }
    bool go_on = w->head || !w->stop;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *writer_thread(void *arg)
{
    struct writer *w = arg;
    int64_t every_us = w->opt.idle_every_ms * 1000;
    int64_t idle_at = now_us() + every_us;
    while (wait_for_work(w, idle_at)) {
        bool any = anything_waits(w);
        if (any) {
            run_group(w);
            checkpoint(w);
        }
        /* Idle work waits for a gap, but not longer than its interval. */
        bool more = false;
        if (now_us() >= idle_at || (any && !anything_waits(w))) {
            more = idle_once(w);
            checkpoint(w);
            idle_at = now_us() + (more ? 0 : every_us);
        }
    }
    if (w->core.db && !db_lost(w->core.db)) {
        db_checkpoint(w->core.db, true);
    }
    return NULL;
}

static void defaults(struct writer_options *o)
{
    o->queue_max = o->queue_max ? o->queue_max : QUEUE_MAX;
    o->group_max = o->group_max ? o->group_max : GROUP_MAX;
    o->group_us = o->group_us ? o->group_us : GROUP_US;
    o->arena_limit = o->arena_limit ? o->arena_limit : JOB_ARENA;
    o->idle_every_ms = o->idle_every_ms ? o->idle_every_ms : IDLE_EVERY_MS;
    o->db.writer = true;
}

static void writer_end(void *arg)
{
    struct writer *w = arg;
    writer_stop(w);
    arena_end(&w->conn);
    arena_end(&w->a);
    arena_end(&w->own);
    pthread_cond_destroy(&w->more);
    pthread_cond_destroy(&w->answered);
    pthread_mutex_destroy(&w->lock);
}

static void make_locks(struct writer *w)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, &attr);
    pthread_cond_init(&w->answered, &attr);
    pthread_condattr_destroy(&attr);
}

err writer_start(struct arena *life, const struct writer_options *opt,
                 const struct writer_hooks *hooks, struct writer **ret)
{
    struct writer *w = arena_new(life, struct writer);
    w->opt = *opt;
    defaults(&w->opt);
    w->opt.url = str_copy(life, opt->url);
    w->hooks = *hooks;
    w->group = arena_array(life, struct writer_job *, (size_t)w->opt.group_max);
    w->conn = arena_make(CONN_ARENA);
    w->own = arena_make(OWN_ARENA);
    w->a = arena_make(w->opt.arena_limit);
    w->a.full = on_full;
    w->a.full_arg = &w->core;
    w->core = (struct core){.a = &w->a, .own = &w->own, .hooks = &w->hooks, .jumps = true};
    w->tail = &w->head;
    w->ended = true;
    make_locks(w);
    arena_defer(life, writer_end, w);
    err e = open_connection(w);
    if (e.code) {
        return err_make(e.code, str_copy(life, e.detail));
    }
    if (pthread_create(&w->thread, NULL, writer_thread, w)) {
        return err_make(ERR_BUSY, STR("cannot start the writer's thread"));
    }
    w->ended = false;
    *ret = w;
    return OK;
}

void writer_stop(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    bool ended = w->ended;
    w->ended = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    if (!ended) {
        pthread_join(w->thread, NULL);
    }
}

/* --- figures ------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct writer_stats writer_stats(struct writer *w)
{
    int64_t sorted[SAMPLES];
    pthread_mutex_lock(&w->lock);
    struct writer_stats s = w->stats;
    s.queue_now = w->queued;
    memcpy(sorted, w->samples, sizeof(sorted));
    pthread_mutex_unlock(&w->lock);
    size_t n = s.groups < SAMPLES ? (size_t)s.groups : SAMPLES;
    if (n) {
        qsort(sorted, n, sizeof(sorted[0]), by_size);
        s.group_p50_us = sorted[n / 2];
        s.group_p99_us = sorted[n * 99 / 100];
    }
    return s;
}
