/* http_int.h - what the C files of http share: server.c starts and stops, accept.c lets
 * connections in, conn.c knows them, request.c one request, refuse.c what is none,
 * parse.c its parts, worker.c the queue, reply.c the answer. */
#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include "http/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { HTTP_ADDRESS_HEADS = 1024 };
struct http_address; /* conn.c */

enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_WORK, STAGE_ANSWER, STAGE_SENT };
/* Of a handler that answers HTTP_LATER: whoever comes second puts the exchange
 * into the queue again. */
enum phase { PHASE_RUNNING, PHASE_RETURNED, PHASE_RESUMED };

/* From this version on libmicrohttpd refuses lone LFs and folded lines when asked. */
enum { HTTP_MHD_STRICT = 0x00097601 };

/* Why a request is refused before a handler runs (refuse.c). */
enum http_refusal {
    REFUSE_NOTHING,
    REFUSE_TARGET,
    REFUSE_HOST,
    REFUSE_METHOD,
    REFUSE_LINES,
    REFUSE_FRAMING,
    REFUSE_CHUNKS,
    REFUSE_HEADER,
    REFUSE_HEADERS,
    REFUSE_COOKIES,
    REFUSE_FORM,
    REFUSE_CODING,
    REFUSE_LARGE,
    REFUSE_ADDRESS,
    REFUSE_BUSY,
};
_Static_assert(REFUSE_BUSY + 1 == HTTP_REFUSALS, "http.h says how many there are");

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
    enum http_refusal refuse; /* once the body was skipped */
    int64_t skipped;          /* bytes over the limit, thrown away */
    struct http_listener *listener;
    char *uri;              /* raw target, in the arena */
    const char *target_end; /* where it ends in MHD's buffer */
    int64_t queued_us;      /* monotonic, when it came into the queue */
    struct http_exchange_private *next;
};

enum { HTTP_EVENT_THREADS_MAX = 16 };

/* Event threads with one certificate: MHD's daemons, each with one.  Every callback gets it.  One
 * that was replaced stays until its last connection ends. */
struct http_listener {
    struct http_server *server;
    struct MHD_Daemon *daemons[HTTP_EVENT_THREADS_MAX]; /* as many as event threads */
    int waker;                                          /* an eventfd of theirs; -1: none */
    int64_t open;                                       /* connections, under conn_lock */
    atomic_bool retired;
    int64_t retired_s;          /* monotonic, when */
    struct http_listener *next; /* of the retired, under conn_lock */
};

/* Counters of answers; relaxed. */
struct http_counts {
    _Atomic int64_t status[6], bucket[HTTP_BUCKETS + 1], us;
};

/* One open socket and the moment by which its request must be complete. */
struct conn {
    int fd;
    struct http_listener *listener;
    uint64_t key;                        /* its address (conn.c) */
    bool over;                           /* the address holds too many: told so, and closed */
    _Atomic int64_t deadline_s;          /* monotonic; 0: none (the request is complete) */
    struct http_exchange_private *begun; /* of the request that is read or answered now */
    struct conn *next, **prev;
};

struct http_server {
    struct http_options opt;
    _Atomic(const struct http_limits *) limits;
    struct http_limits first; /* those of the start */
    pthread_mutex_t listener_lock;
    struct http_listener *listener, *retired; /* the first under listener_lock */
    int listening, port;                      /* its socket; -1: none */
    pthread_t acceptor;
    bool accepting;
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
    int64_t nconns, naddresses;
    struct http_address *addresses[HTTP_ADDRESS_HEADS];
    _Atomic int64_t next_id;
    _Atomic int64_t asleep; /* connections that wait for a worker or the writer */
    struct http_counts counts[HTTP_KINDS];
    _Atomic int64_t refused[HTTP_REFUSALS];
};

enum { HTTP_IDLE_S = 60 };

static inline const struct http_limits *http_limits(struct http_server *s)
{
    return atomic_load_explicit(&s->limits, memory_order_acquire);
}

static inline void http_count(_Atomic int64_t *n, int64_t more)
{
    atomic_fetch_add_explicit(n, more, memory_order_relaxed);
}

/* --- accept.c ---------------------------------------------------------------------- */

/* Opens the socket of s->opt and begins to accept, for s->listener.  ERR_NOT_FOUND: no
 * such address; ERR_BUSY: the port cannot be had. */
MUST_CHECK err http_listen(struct http_server *s, struct arena *a);
/* Once `draining` is set.  No more are accepted: who waits in the socket's backlog, or comes now,
 * is refused by the kernel. */
void http_accept_end(struct http_server *s);

/* --- conn.c ------------------------------------------------------------------------ */

void http_conn_notice(void *listener, struct MHD_Connection *c, void **socket_context,
                      enum MHD_ConnectionNotificationCode code);
/* By when its request must be complete (http_mono_s); 0: it is. */
void http_conn_deadline(struct MHD_Connection *c, int64_t at);
bool http_conn_over(struct MHD_Connection *c);
/* The exchange of the request now on its way; NULL: it has ended.  A request that
 * MHD refuses after its first line never ends: its exchange ends with the socket. */
void http_conn_begun(struct MHD_Connection *c, struct http_exchange_private *p);
void http_listener_end(struct http_listener *l); /* its threads and connections */
void http_listener_wake(struct http_listener *l);
void *http_conn_reap(void *server); /* a thread: closes what is late, ends retired listeners */
void http_conn_end(struct http_server *s);

/* --- refuse.c, request.c ------------------------------------------------------------ */

enum MHD_Result http_refuse(struct http_server *s, struct MHD_Connection *c, enum http_refusal why);
str http_peer_address(struct MHD_Connection *c, struct arena *a);
bool http_is_proxy(const struct http_limits *l, str peer);
void *http_uri_seen(void *cls, const char *uri, struct MHD_Connection *c);
enum MHD_Result http_access(void *cls, struct MHD_Connection *c, const char *url,
                            const char *method, const char *version, const char *upload_data,
                            size_t *upload_size, void **con);
void http_request_done(void *cls, struct MHD_Connection *c, void **con,
                       enum MHD_RequestTerminationCode code);

/* --- worker.c, reply.c, parse.c ------------------------------------------------------ */

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

static inline bool http_has_nul(str s)
{
    return s.len && memchr(s.ptr, 0, s.len);
}

static inline int64_t http_mono_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

#endif
