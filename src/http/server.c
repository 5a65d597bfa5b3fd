/* server.c - start, change and stop. */
#include "base/wake.h"
#include "http/http_int.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* CROWD: connections more than wanted that came before they were counted */
enum { HEADER_MEMORY = 24 * 1024, BLOCKS_KEPT = 64, CROWD = 64 };

static void defaults(struct http_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    o->event_threads = o->event_threads ? o->event_threads : 2;
    o->event_threads =
        o->event_threads < HTTP_EVENT_THREADS_MAX ? o->event_threads : HTTP_EVENT_THREADS_MAX;
    o->workers = o->workers ? o->workers : (cores > 1 ? (int)cores * 4 : 4);
    o->at_once = o->at_once > 0 && o->at_once < o->workers ? o->at_once : o->workers;
    o->arena_limit = o->arena_limit ? o->arena_limit : 48u << 20;
    o->queue_max = o->queue_max ? o->queue_max : 2000;
    o->stop_s = o->stop_s ? o->stop_s : 30;
    o->connections = o->connections ? o->connections : 12000;
    o->body_max = o->body_max ? o->body_max : 1 << 20;
    o->address = o->address.len ? o->address : STR("127.0.0.1");
}

static struct http_limits with_defaults(struct http_limits l)
{
    l.deadline_s = l.deadline_s ? l.deadline_s : 10;
    l.per_address = l.per_address ? l.per_address : 2000;
    l.slow_us = l.slow_us ? l.slow_us : 1000000;
    return l;
}

static err unfit(void)
{
    return err_make(ERR_INVALID, STR("certificate and key do not fit or cannot be read"));
}

void http_listener_end(struct http_listener *l)
{
    for (int i = 0; i < HTTP_EVENT_THREADS_MAX && l->daemons[i]; i++) {
        MHD_stop_daemon(l->daemons[i]);
        l->daemons[i] = NULL;
    }
    if (l->waker >= 0) {
        close(l->waker);
        l->waker = -1;
    }
}

/* When exactly 128 events came at once, an event thread of libmicrohttpd (0.9.75, MHD_epoll) waits
 * for more before it looks at them: until another comes, or a connection was silent for
 * HTTP_IDLE_S.  Who reaps wakes it (http_listener_wake); an event without data is passed over.
 * Not a timer beside it: one that repeats rings no more until somebody has read it. */
static bool wake_by(int waker, struct MHD_Daemon *d)
{
    const union MHD_DaemonInfo *i = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
    return i && epoll_ctl(i->epoll_fd, EPOLL_CTL_ADD, waker, &ev) == 0;
}

/* Never read: each thread sees the edge of each write. */
void http_listener_wake(struct http_listener *l)
{
    (void)eventfd_write(l->waker, 1);
}

/* An event thread that is woken waits until who computes on its core has had his turn
 * (SCHED_BATCH, sched(7)), and finds the answers of several requests then: at once it would take
 * the core from a worker after each of them (docs/decisions/0074).  Where a core is idle nothing is
 * later for it.  A thread begins as the one that makes it; what is not permitted is left alone. */
static struct MHD_Daemon *started(unsigned flags, struct http_listener *l, struct MHD_OptionItem *o)
{
    struct sched_param none = {0};
    int usual = sched_getscheduler(0);
    bool other = sched_setscheduler(0, SCHED_BATCH, &none) == 0;
    struct MHD_Daemon *d =
        MHD_start_daemon(flags, 0, NULL, NULL, http_access, l, MHD_OPTION_ARRAY, o, MHD_OPTION_END);
    if (other) {
        (void)sched_setscheduler(0, usual, &none);
    }
    return d;
}

static struct MHD_Daemon *daemon_make(struct http_listener *l, const char *cert, const char *key)
{
    struct MHD_OptionItem o[] = {
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_request_done, l},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_conn_notice, l},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_uri_seen, l},
        {MHD_OPTION_CONNECTION_LIMIT, l->server->opt.connections + CROWD, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S, NULL},
#if MHD_VERSION >= 0x00097601
        {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 3, NULL},
#else
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
#endif
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY, NULL},
        {cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)(uintptr_t)cert},
        {cert ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_END, 0, NULL}
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET | (cert ? MHD_USE_TLS : 0);
    return started(flags, l, o);
}

/* Event threads that wait for what accept.c hands over; NULL: none could be started. */
static struct http_listener *listener_make(struct http_server *s, struct arena *a, const char *cert,
                                           const char *key)
{
    struct http_listener *l = arena_new(a, struct http_listener);
    l->server = s;
    l->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    for (int i = 0; i < s->opt.event_threads; i++) {
        l->daemons[i] = l->waker < 0 ? NULL : daemon_make(l, cert, key);
        if (!l->daemons[i] || !wake_by(l->waker, l->daemons[i])) {
            http_listener_end(l);
            return NULL;
        }
    }
    return l;
}

static err begin_to_listen(struct http_server *s, struct arena *a)
{
    bool tls = s->opt.tls_cert.len > 0;
    const char *cert = tls ? str_copy(a, s->opt.tls_cert).ptr : NULL;
    const char *key = tls ? str_copy(a, s->opt.tls_key).ptr : NULL;
    struct http_listener *l = listener_make(s, a, cert, key);
    pthread_mutex_lock(&s->listener_lock);
    s->listener = l;
    pthread_mutex_unlock(&s->listener_lock);
    if (!l) {
        return tls ? unfit() : err_make(ERR_STORE, STR("no event threads"));
    }
    return http_listen(s, a);
}

err http_start(struct arena *life, const struct http_options *opt, struct http_server **ret)
{
    struct http_server *s = arena_new(life, struct http_server);
    s->opt = *opt;
    defaults(&s->opt);
    s->first = with_defaults(opt->limits);
    atomic_store(&s->limits, &s->first);
    s->tail = &s->head;
    arena_pool_make(&s->blocks, BLOCKS_KEPT);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->conn_lock, NULL);
    pthread_mutex_init(&s->listener_lock, NULL);
    size_t workers = (size_t)s->opt.workers;
    s->workers = arena_array(life, pthread_t, workers);
    s->since_us = arena_array(life, int64_t, workers);
    s->wake = arena_array(life, pthread_cond_t, workers);
    s->awake = arena_array(life, bool, workers);
    s->idle = arena_array(life, int, workers);
    s->watcher = -1;
    s->listening = -1;
    for (size_t i = 0; i < workers; i++) {
        wake_make(&s->wake[i]);
    }
    for (int i = 0; i < s->opt.workers; i++) {
        if (pthread_create(&s->workers[i], NULL, http_worker, s) != 0) {
            break;
        }
        s->nworkers++;
    }
    s->reaping = pthread_create(&s->reaper, NULL, http_conn_reap, s) == 0;
    err e = begin_to_listen(s, life);
    if (e.code) {
        http_stop(s);
        return e;
    }
    *ret = s;
    return OK;
}

int http_port(const struct http_server *s)
{
    return s->port;
}

void http_set_limits(struct http_server *s, struct http_limits *l)
{
    *l = with_defaults(*l);
    atomic_store_explicit(&s->limits, l, memory_order_release);
}

/* The old one gets no more connections, and ends with those it has. */
err http_set_certificate(struct http_server *s, struct arena *a, str cert, str key)
{
    if (!s->opt.tls_cert.len) {
        return err_make(ERR_INVALID, STR("it does not speak https"));
    }
    struct http_listener *l = listener_make(s, a, str_copy(a, cert).ptr, str_copy(a, key).ptr);
    if (!l) {
        return unfit();
    }
    pthread_mutex_lock(&s->listener_lock);
    struct http_listener *old = s->listener;
    s->listener = l;
    pthread_mutex_unlock(&s->listener_lock);
    atomic_store(&old->retired, true);
    pthread_mutex_lock(&s->conn_lock);
    old->retired_s = http_mono_s();
    old->next = s->retired;
    s->retired = old;
    pthread_mutex_unlock(&s->conn_lock);
    return OK;
}

static void read_counts(struct http_counts *from, struct http_kind_stats *to,
                        struct http_stats *all)
{
    for (int i = 0; i < 6; i++) {
        to->status[i] = atomic_load_explicit(&from->status[i], memory_order_relaxed);
        all->status[i] += to->status[i];
        all->requests += to->status[i];
    }
    for (int i = 0; i <= HTTP_BUCKETS; i++) {
        to->bucket[i] = atomic_load_explicit(&from->bucket[i], memory_order_relaxed);
    }
    to->us = atomic_load_explicit(&from->us, memory_order_relaxed);
}

struct http_server *http_server_of(const struct http_exchange *x)
{
    return x->priv ? x->priv->server : NULL;
}

struct http_stats http_stats(struct http_server *s)
{
    struct http_stats st = {0};
    for (int i = 0; i < HTTP_KINDS; i++) {
        read_counts(&s->counts[i], &st.kinds[i], &st);
    }
    for (int i = 0; i < HTTP_REFUSALS; i++) {
        st.refused_as[i] = atomic_load_explicit(&s->refused[i], memory_order_relaxed);
        st.refused += st.refused_as[i];
    }
    pthread_mutex_lock(&s->lock);
    st.queue_now = s->queued;
    st.queue_most = s->queue_most;
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_lock(&s->conn_lock);
    st.open = s->nconns;
    st.addresses = s->naddresses;
    pthread_mutex_unlock(&s->conn_lock);
    return st;
}

static int64_t in_work(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    int64_t n = s->in_work;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* Accepts no more, and lets what is in work come to its end, within its time. */
static void drain(struct http_server *s)
{
    http_accept_end(s);
    for (int i = 0; i < s->opt.stop_s * 10 && in_work(s) > 0; i++) {
        struct timespec t = {.tv_nsec = 100 * 1000 * 1000};
        nanosleep(&t, NULL);
    }
    if (s->listening >= 0) {
        close(s->listening);
    }
}

static void end_workers(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    http_wake_all(s);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->nworkers; i++) {
        pthread_join(s->workers[i], NULL);
    }
}

static void end_listeners(struct http_server *s)
{
    if (s->listener) {
        http_listener_end(s->listener);
    }
    for (struct http_listener *l = s->retired; l; l = l->next) {
        http_listener_end(l);
    }
}

int64_t http_stop(struct http_server *s)
{
    atomic_store(&s->draining, true);
    drain(s);
    end_workers(s);
    atomic_store(&s->dead, true);
    if (s->reaping) {
        pthread_join(s->reaper, NULL); /* it ends retired listeners, too */
    }
    int64_t left = atomic_load(&s->asleep);
    if (left) {
        return left; /* somebody else, the writer, still holds them */
    }
    end_listeners(s);
    http_pool_end(s);
    http_conn_end(s);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->conn_lock);
    pthread_mutex_destroy(&s->listener_lock);
    for (int i = 0; i < s->opt.workers; i++) {
        pthread_cond_destroy(&s->wake[i]);
    }
    return 0;
}
