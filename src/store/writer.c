#include "base/wake.h"
#include "store/writer_int.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_MAX = 512,
    GROUP_MAX = 64,
    GROUP_US = 4000,
    IDLE_EVERY_MS = 200,
    REOPEN_MS = 50,
    JOB_ARENA = 16 << 20,
    OWN_ARENA = 1 << 20, /* texts of our own errors */
    CONN_ARENA = 32 << 20,
    LOG_CHECKPOINT = 32 << 20,
    LOG_RESTART = 64 << 20,
    LOG_STEP = 4 << 20 /* a checkpoint that readers held back waits for this much more */
};

/* --- the queue ---------------------------------------------------------------------- */

struct writer_job *writer_pop(struct writer *w)
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

void writer_answer(struct writer *w, struct writer_job *job)
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

/* --- the thread ------------------------------------------------------------------------------- */

static void checkpoint(struct writer *w)
{
    if (!w->core.db) {
        return;
    }
    int64_t log = db_log_bytes(w->core.db);
    if (log < w->log_tried) {
        w->log_tried = 0; /* it began anew */
        w->log_waited = 0;
    }
    if (log >= LOG_CHECKPOINT && log >= w->log_tried + LOG_STEP) {
        /* Where somebody reads for long acts do not wait for him again and again. */
        bool wait = log > LOG_RESTART && log >= w->log_waited + w->log_waited / 2;
        db_checkpoint(w->core.db, wait);
        w->log_tried = log;
        w->log_waited = wait ? log : w->log_waited;
    }
}

/* One round of the hook's idle work; true when there is more. */
static bool idle_once(struct writer *w)
{
    bool more = false;
    w->down = ERR_NONE;
    if (w->hooks.idle && !writer_ready(w).code) {
        err e = writer_out(&w->core, CALL_IDLE, NULL, &more);
        db_reset(w->core.db);
        arena_reset(&w->a);
        return more && !e.code;
    }
    return false;
}

/* Waits for a job, or for the time of idle work; false when it is time to end. */
static bool wait_for_work(struct writer *w, int64_t until_us)
{
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->stop) {
        if (!wake_wait(&w->more, &w->lock, until_us)) {
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
    int64_t idle_at = writer_now_us() + every_us;
    while (wait_for_work(w, idle_at)) {
        atomic_store_explicit(&w->beat_us, writer_now_us(), memory_order_relaxed);
        bool any = anything_waits(w);
        if (any) {
            writer_group(w);
            checkpoint(w);
        }
        /* Idle work waits for a gap, but not longer than its interval. */
        bool more = false;
        if (writer_now_us() >= idle_at || (any && !anything_waits(w))) {
            more = idle_once(w);
            checkpoint(w);
            idle_at = writer_now_us() + (more ? 0 : every_us);
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
    o->reopen_ms = o->reopen_ms ? o->reopen_ms : REOPEN_MS;
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
    pthread_mutex_init(&w->lock, NULL);
    wake_make(&w->more);
    wake_make(&w->answered);
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
    w->a.full = writer_full;
    w->a.full_arg = &w->core;
    w->core = (struct core){.a = &w->a, .own = &w->own, .hooks = &w->hooks, .jumps = true};
    w->tail = &w->head;
    w->ended = true;
    w->beat_us = writer_now_us();
    make_locks(w);
    arena_defer(life, writer_end, w);
    err e = writer_open(w);
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
    int64_t sorted[WRITER_SAMPLES];
    pthread_mutex_lock(&w->lock);
    struct writer_stats s = w->stats;
    s.queue_now = w->queued;
    s.trouble_age_us = s.failing ? writer_now_us() - w->trouble_us : 0;
    s.silent_us =
        w->ended ? 0 : writer_now_us() - atomic_load_explicit(&w->beat_us, memory_order_relaxed);
    memcpy(sorted, w->samples, sizeof(sorted));
    pthread_mutex_unlock(&w->lock);
    size_t n = s.groups < WRITER_SAMPLES ? (size_t)s.groups : WRITER_SAMPLES;
    if (n) {
        qsort(sorted, n, sizeof(sorted[0]), by_size);
        s.group_p50_us = sorted[n / 2];
        s.group_p99_us = sorted[n * 99 / 100];
    }
    return s;
}
