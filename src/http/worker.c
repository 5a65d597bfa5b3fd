#include "base/clock.h"
#include "base/wake.h"
#include "http/http_int.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POOL_MAX = 64 };

/* --- exchanges are kept with their first block of memory -------------------------- */

struct http_exchange_private *http_exchange_take(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct http_exchange_private *p = s->pool;
    if (p) {
        s->pool = p->next;
        s->npool--;
    }
    pthread_mutex_unlock(&s->lock);
    if (!p) {
        p = calloc(1, sizeof(*p));
        if (!p) {
            return NULL;
        }
        p->x.arena = arena_make_in(&s->blocks, s->opt.arena_limit);
    }
    struct arena arena = p->x.arena;
    memset(p, 0, sizeof(*p));
    p->x = (struct http_exchange){.arena = arena, .app = s->opt.app, .priv = p};
    p->x.res.file = -1;
    p->server = s;
    return p;
}

void http_exchange_give(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    p->x.arena.full = NULL;
    arena_reset(&p->x.arena);
    pthread_mutex_lock(&s->lock);
    bool keep = s->npool < POOL_MAX && !s->stopping;
    if (keep) {
        p->next = s->pool;
        s->pool = p;
        s->npool++;
    }
    pthread_mutex_unlock(&s->lock);
    if (!keep) {
        arena_end(&p->x.arena);
        free(p);
    }
}

void http_pool_end(struct http_server *s)
{
    while (s->pool) {
        struct http_exchange_private *p = s->pool;
        s->pool = p->next;
        arena_end(&p->x.arena);
        free(p);
    }
    arena_pool_end(&s->blocks);
}

/* --- the queue ---------------------------------------------------------------------- */

/* A handler that takes longer is held up by something: it no longer counts, and
 * a worker more steps in.  That the queue is long is no reason: more handlers
 * than cores only take turns, with cold caches. */
enum { PATIENCE_US = 4000, IDLE_US = 2000000 };

/* May one more worker run? */
static bool room_to_run(const struct http_server *s, int64_t now_us)
{
    int running = 0;
    for (int i = 0; i < s->opt.workers; i++) {
        running += s->since_us[i] && now_us - s->since_us[i] < PATIENCE_US;
    }
    return running < s->opt.at_once;
}

static void wake(struct http_server *s, int worker, int64_t since_us)
{
    s->awake[worker] = true;
    s->since_us[worker] = since_us;
    pthread_cond_signal(&s->wake[worker]);
}

/* One more may run: the worker that became idle last, whose connection, cache
 * and stack are the warm ones; with nobody idle, the one that watches.  It
 * counts as running from now on, or the next request would wake another one. */
static void wake_to_run(struct http_server *s, int64_t now_us)
{
    int w = s->nidle ? s->idle[--s->nidle] : s->watcher;
    if (w >= 0) {
        wake(s, w, now_us);
    }
}

/* None may run, and somebody has to see it when those that do are held up: the
 * worker that has been idle longest. */
static void wake_to_watch(struct http_server *s)
{
    if (s->watcher < 0 && s->nidle) {
        int w = s->idle[0];
        s->nidle--;
        memmove(s->idle, s->idle + 1, (size_t)s->nidle * sizeof(*s->idle));
        wake(s, w, 0);
    }
}

static void put(struct http_server *s, struct http_exchange_private *p)
{
    p->next = NULL;
    *s->tail = p;
    s->tail = &p->next;
    s->queued++;
    s->queue_most = s->queued > s->queue_most ? s->queued : s->queue_most;
    p->queued_us = clock_mono_us();
    if (room_to_run(s, p->queued_us)) {
        wake_to_run(s, p->queued_us);
    } else {
        wake_to_watch(s);
    }
}

bool http_queue(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    pthread_mutex_lock(&s->lock);
    bool room = s->queued < s->opt.queue_max && !s->stopping;
    s->in_work++; /* until request_done, also when it is refused now */
    if (room) {
        put(s, p);
    }
    pthread_mutex_unlock(&s->lock);
    return room;
}

/* Until it is called.  One that has been idle for a while gives back what it holds only
 * to be quicker: without the lock, and it may be called meanwhile. */
static void sleep_idle(struct http_server *s, int worker, void *local)
{
    s->idle[s->nidle++] = worker;
    if (s->opt.worker_idle && !s->awake[worker]) {
        wake_wait_for(&s->wake[worker], &s->lock, IDLE_US);
    }
    if (s->opt.worker_idle && !s->awake[worker]) {
        pthread_mutex_unlock(&s->lock);
        s->opt.worker_idle(s->opt.app, local);
        pthread_mutex_lock(&s->lock);
    }
    while (!s->awake[worker]) {
        pthread_cond_wait(&s->wake[worker], &s->lock);
    }
}

/* Sleeps until it is called, or, as the one that watches a queue which the
 * running workers should empty, for a while. */
static void doze(struct http_server *s, int worker, void *local)
{
    s->awake[worker] = false;
    if (!s->head || s->watcher >= 0) {
        sleep_idle(s, worker, local);
        return;
    }
    s->watcher = worker;
    wake_wait_for(&s->wake[worker], &s->lock, PATIENCE_US);
    s->watcher = -1;
}

void http_wake_all(struct http_server *s)
{
    for (int i = 0; i < s->opt.workers; i++) {
        wake(s, i, 0);
    }
    s->nidle = 0;
}

static struct http_exchange_private *take(struct http_server *s, int worker, void *local)
{
    pthread_mutex_lock(&s->lock);
    s->since_us[worker] = 0;
    int64_t now = clock_mono_us();
    while (!s->stopping && (!s->head || !room_to_run(s, now))) {
        doze(s, worker, local);
        s->since_us[worker] = 0;
        now = clock_mono_us();
    }
    struct http_exchange_private *p = s->head;
    if (p) {
        s->head = p->next;
        s->queued--;
        s->since_us[worker] = now;
        if (!s->head) {
            s->tail = &s->head;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return p;
}

void http_resume(struct http_exchange *x)
{
    struct http_exchange_private *p = x->priv;
    if (atomic_exchange(&p->phase, PHASE_RESUMED) == PHASE_RETURNED) {
        struct http_server *s = p->server;
        pthread_mutex_lock(&s->lock);
        put(s, p);
        pthread_mutex_unlock(&s->lock);
    }
}

/* --- one part of one exchange ---------------------------------------------------------- */

struct target {
    jmp_buf jump;
};

static void arena_was_full(void *arg)
{
    struct target *t = arg;
    longjmp(t->jump, 1);
}

static int call(struct http_exchange_private *p)
{
    return p->second ? p->x.later(&p->x) : p->server->opt.handle(&p->x);
}

/* The one target of this layer.  Alone in its function: nothing here changes
 * between setjmp and the jump. */
static int guarded(struct http_exchange_private *p)
{
    struct target t;
    if (setjmp(t.jump) != 0) {
        return -1;
    }
    p->x.arena.full = arena_was_full;
    p->x.arena.full_arg = &t;
    return call(p);
}

static void cut_short(struct http_exchange *x)
{
    x->arena.full = NULL;
    arena_reset(&x->arena); /* its clean-ups end the transaction */
    if (x->res.file >= 0) {
        close(x->res.file);
    }
    x->res = (struct http_response){
        .status = 503,
        .type = STR("text/plain; charset=utf-8"),
        .body = STR("系统繁忙，或者此请求需要的内存过多；请稍后再试。 "
                    "Busy, or the request needs too much memory; please try again.\n"),
        .headers = {{STR("Retry-After"), STR("1")}},
        .nheaders = 1,
        .constant = true,
        .file = -1};
}

static void work(struct http_exchange_private *p)
{
    atomic_store(&p->phase, PHASE_RUNNING);
    int r = guarded(p);
    if (r == HTTP_LATER) {
        /* From the moment the phase says so another thread may own it. */
        if (atomic_exchange(&p->phase, PHASE_RETURNED) == PHASE_RESUMED) {
            p->second = true;
            work(p);
        }
        return;
    }
    if (r < 0) {
        cut_short(&p->x);
    }
    p->x.arena.full = NULL;
    p->stage = STAGE_ANSWER;
    http_count(&p->server->asleep, -1);
    MHD_resume_connection(p->connection);
}

void *http_worker(void *arg)
{
    struct http_server *s = arg;
    int no = atomic_fetch_add(&s->worker_no, 1);
    void *local = s->opt.worker_start ? s->opt.worker_start(s->opt.app, no) : NULL;
    for (struct http_exchange_private *p; (p = take(s, no, local));) {
        /* A second time in the queue means resumed: PHASE_RESUMED. */
        p->second = atomic_load(&p->phase) == PHASE_RESUMED;
        p->x.local = local;
        work(p);
    }
    if (s->opt.worker_end) {
        s->opt.worker_end(s->opt.app, local);
    }
    return NULL;
}
