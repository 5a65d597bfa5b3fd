/* http_int.h - what server.c, worker.c and reply.c share. */
#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include "http/http.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <time.h>

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_WORK, STAGE_ANSWER, STAGE_SENT };
/* Of a handler that answers HTTP_LATER: whoever comes second puts the exchange
 * into the queue again. */
enum phase { PHASE_RUNNING, PHASE_RETURNED, PHASE_RESUMED };

struct http_exchange_private {
    struct http_exchange x;
    struct http_server *server;
    struct MHD_Connection *connection;
    enum stage stage;
    atomic_int phase;
    bool second; /* the next part is x.later */
    char *body;  /* in the arena */
    size_t body_len, body_cap;
    int64_t body_limit;
    int refuse;        /* status to refuse with once the body was skipped; 0: none */
    char *uri;         /* raw target, in the arena */
    int64_t queued_us; /* monotonic, when it came into the queue */
    struct http_exchange_private *next;
};

/* One open socket and the moment by which its request must be complete. */
struct conn {
    int fd;
    _Atomic int64_t deadline_s; /* monotonic; 0: none (the request is complete) */
    struct conn *next, **prev;
};

struct http_server {
    struct http_options opt;
    struct MHD_Daemon *daemon;
    int port;
    pthread_t *workers;
    int nworkers;
    atomic_int worker_no;
    pthread_t reaper;
    bool reaping;
    pthread_mutex_t lock;     /* queue, pool */
    pthread_cond_t *wake;     /* by worker */
    bool *awake;              /* by worker: it was called */
    int *idle, nidle;         /* sleeping workers, the last to fall asleep on top */
    struct arena_pool blocks; /* of the exchanges' arenas */
    struct http_exchange_private *head, **tail, *pool;
    int npool;
    int64_t queued, queue_most, in_work;
    int64_t *since_us; /* by worker: when its handler began; 0: it is idle */
    int watcher;       /* an idle worker that looks whether the others are held up; -1: none */
    bool stopping;
    atomic_bool draining, dead;
    pthread_mutex_t conn_lock;
    struct conn *conns;
    int64_t nconns;
    _Atomic int64_t requests, refused, next_id;
    _Atomic int64_t status[6];
};

struct http_exchange_private *http_exchange_take(struct http_server *s); /* NULL: out of memory */
void http_exchange_give(struct http_exchange_private *p);
/* Puts a complete request to the workers; false: the queue is full. */
bool http_queue(struct http_exchange_private *p);
void *http_worker(void *arg);
/* Calls every worker, to end; under the lock. */
void http_wake_all(struct http_server *s);
void http_pool_end(struct http_server *s);
/* The MHD response of what the handler left; NULL: none could be made. */
struct MHD_Response *http_reply(struct http_exchange_private *p);
/* Target into path and query; false: malformed. */
bool http_parse_target(struct arena *a, str target, struct http_request *req);

static inline int64_t http_mono_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

#endif
