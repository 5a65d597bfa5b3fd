/* http.h - requests in, responses out.
 *
 * Event threads (libmicrohttpd, epoll) read a whole request under limits and
 * hand it to a pool of workers; the connection sleeps meanwhile.  A worker
 * calls one plain function, the handler, from start to end.  A handler that
 * has to wait for the writer answers HTTP_LATER and arranges that somebody
 * calls http_resume(): a worker then calls the second function on the same
 * exchange.  So an act is two plain functions, submit and finish, and no
 * worker ever waits.
 *
 * An exchange is one request and its response with one arena; both parts see
 * the same one.  When the arena reaches its limit the exchange is cut short
 * with 503 (the one longjmp target of this layer, in worker.c).
 *
 * http knows no page.  It calls what http_options.handle names, and it never
 * looks at cookies or rights itself.
 *
 * Refused before a handler runs, each with its own answer in both languages
 * (refuse.c): a target that is absolute, not UTF-8 or holds NUL or ".." 400; a
 * method nobody knows 501; lines that do not end in CRLF, are folded or hold a
 * NUL, no or two or odd hosts, odd characters in names or values, a length
 * that is repeated, contradictory or no number 400; chunks 411 (decision
 * 0017); headers over 24 KB or more than 200 of them 431; body over the
 * route's limit 413; Content-Encoding 415; more connections than an address
 * may hold 429; a request not complete within the deadline: closed; queue
 * full: 503 with Retry-After.  Some of it libmicrohttpd refuses itself.
 *
 * Figures are relaxed counters, three additions a request; a line of the log is
 * written for a request only when it took long, failed, or all are wanted.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/words.h"

struct http_server;

struct http_param {
    str name, value;
};
struct http_params {
    const struct http_param *ptr;
    size_t len;
};

/* An uploaded file of a multipart form: in memory (<= the route's limit). */
struct http_file {
    str name;     /* of the form field; without NUL, as filename and type are */
    str filename; /* as sent; only the part after the last slash */
    str type;     /* as sent; never trusted */
    str bytes;
};
struct http_files {
    const struct http_file *ptr;
    size_t len;
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

struct http_request {
    enum http_method method;
    str path;                   /* "/fault/7", decoded, valid UTF-8 */
    struct http_params query;   /* decoded, in order, without NUL; a name may stand twice */
    struct http_params headers; /* names in lower case */
    struct http_params cookies;
    str type;                /* Content-Type, lower case, without parameters */
    str body;                /* raw bytes */
    struct http_params form; /* of a urlencoded or multipart body, without NUL; else empty */
    struct http_files files;
    str peer;    /* address of the client: of the socket, or what a listed proxy says */
    bool secure; /* came by https, here or at a listed proxy */
    int64_t id;  /* of the request, for the log; also in X-Request-Id */
};

struct http_header {
    str name, value;
};

struct http_response {
    int status;
    str type;      /* Content-Type */
    str body;      /* in the exchange's arena, or constant */
    bool constant; /* body outlives the server: no copy, no wait */
    int file;      /* >= 0 with file_size: the body is this open file; http closes it */
    int64_t file_size;
    struct http_header headers[16];
    int nheaders;
};

struct http_exchange {
    struct http_request req;
    struct http_response res;
    struct arena arena;
    int64_t now;       /* UTC ms when the request was complete */
    int64_t now_us;    /* monotonic, for latencies */
    enum lang lang;    /* from Accept-Language until the handler knows better */
    int kind;          /* the handler's: which of HTTP_KINDS it is counted as */
    const char *route; /* the handler's, for the log: a constant, NULL: none */
    bool secret;       /* the handler's: the path is not for the log */
    void *app;         /* http_options.app */
    void *local;       /* of the worker that runs this part: http_options.worker_start */
    void *user;        /* the handler's, carried from the first part to the second */
    int (*later)(struct http_exchange *x); /* the second part; set with HTTP_LATER */
    struct http_exchange_private *priv;
};

enum { HTTP_DONE, HTTP_LATER };

/* Wakes an exchange whose handler answered HTTP_LATER; from any thread, once.
 * It may even happen before the handler has returned. */
void http_resume(struct http_exchange *x);

/* What may change while the server runs. */
struct http_limits {
    int deadline_s;      /* for a request to be complete; 0: 10 */
    int64_t per_address; /* connections of one address that is no listed proxy, of IPv6 of one
                            /64; 0: 2,000 */
    struct http_params proxies; /* .name: addresses whose X-Forwarded-For/-Proto count */
    int64_t slow_us;            /* requests that took as long are logged; 0: 1,000,000 */
    bool log_all;               /* every request is */
};

struct http_options {
    str address;       /* "127.0.0.1" or "::1" or "0.0.0.0" */
    int port;          /* 0: any; http_port() tells */
    int event_threads; /* 0: 2 */
    int workers;       /* 0: 4 per core, at least 4 */
    /* Workers that run side by side as long as none takes longer than a few
     * milliseconds; 0: all.  Handlers that compute and never wait are quickest
     * with one a core, on memory that stays warm; the others step in when those
     * are held up. */
    int at_once;
    size_t arena_limit; /* of an exchange; 0: 48 MB */
    int queue_max;      /* 0: 2000 */
    struct http_limits limits;
    int connections;  /* open at once; 0: 12,000 */
    int stop_s;       /* what http_stop gives to what is in work; 0: 30 */
    int64_t body_max; /* bytes; 0: 1 MB */
    /* The limit for one route, asked when the headers are complete; may be
     * NULL.  Uploads need more than body_max. */
    int64_t (*body_limit)(void *app, enum http_method method, str path);
    /* Are bodies of this route bytes, even where they are called a form?  Then none is read as
     * one, and none is refused as malformed.  Asked when such a body is complete; may be NULL. */
    bool (*body_plain)(void *app, enum http_method method, str path);
    str tls_cert, tls_key;       /* PEM texts; empty: no TLS */
    int64_t (*clock)(void *arg); /* UTC ms, for exchange.now; NULL: the machine's */
    void *clock_arg;
    void *app;
    int (*handle)(struct http_exchange *x);
    /* Called on each worker's thread at its start and end; what it returns is
     * `local`: its database connection. */
    void *(*worker_start)(void *app, int worker);
    void (*worker_end)(void *app, void *local);
    /* Called on a worker's thread when it has had nothing to do for two seconds, once
     * until it has again; may be NULL. */
    void (*worker_idle)(void *app, void *local);
};

enum { HTTP_KINDS = 6, HTTP_BUCKETS = 12, HTTP_REFUSALS = 15 };
extern const int64_t http_bucket_us[HTTP_BUCKETS]; /* upper bounds, rising */

/* Of the answers of one kind. */
struct http_kind_stats {
    int64_t status[6];                /* status[2]: 2xx */
    int64_t bucket[HTTP_BUCKETS + 1]; /* by time from complete to answered; not cumulative */
    int64_t us;                       /* their sum */
};

struct http_stats {
    int64_t requests, refused, queue_now, queue_most, open, status[6]; /* of all kinds */
    struct http_kind_stats kinds[HTTP_KINDS];
    int64_t refused_as[HTTP_REFUSALS]; /* see http_refusal_name; [0] is nothing */
    int64_t addresses;                 /* that hold a connection */
};

/* ERR_INVALID: certificate and key do not fit; ERR_NOT_FOUND: no such address; ERR_BUSY: the
 * port cannot be had; ERR_STORE: no threads.  Then nothing is left running. */
MUST_CHECK err http_start(struct arena *life, const struct http_options *opt,
                          struct http_server **ret);
int http_port(const struct http_server *s);
struct http_stats http_stats(struct http_server *s);
/* Who answers it; NULL where an exchange was made without a server. */
struct http_server *http_server_of(const struct http_exchange *x);
const char *http_refusal_name(int refusal); /* "framing"; NULL for 0 */
/* Other limits from now on; *l (whose zeros become the defaults) and what it
 * points to must live as long as the server. */
void http_set_limits(struct http_server *s, struct http_limits *l);
/* Another certificate, of a server that speaks TLS: new connections meet it, old
 * ones go on to their end.  After an error all is as before.  Texts as in
 * http_options; copied. */
MUST_CHECK err http_set_certificate(struct http_server *s, struct arena *a, str cert, str key);
/* Stops accepting, answers what is in work, ends all threads.  Returns how many
 * requests had no answer when stop_s had passed; then their sockets stay open
 * until the process ends. */
int64_t http_stop(struct http_server *s);

/* --- small helpers for handlers ------------------------------------------- */

str http_param(const struct http_params *p, str name); /* first of that name; empty when absent */
bool http_has_param(const struct http_params *p, str name);
/* No name and no value holds a NUL, which is no character of a text: PostgreSQL takes none. */
bool http_without_nul(const struct http_params *p);
void http_header_add(struct http_exchange *x, str name, str value);
/* Set-Cookie with Path=/, HttpOnly, SameSite=Lax; Secure and the __Host- prefix
 * when the request came by https.  max_age_s < 0: until the browser closes; 0: removes it. */
void http_cookie_set(struct http_exchange *x, str name, str value, int64_t max_age_s);
str http_cookie(const struct http_exchange *x, str name); /* looks for both forms of the name */

/* --- parsers, for tests and fuzzing ---------------------------------------- */

enum { HTTP_PARAMS_MAX = 2000, HTTP_FILES_MAX = 20 };
/* false: broken escape, not UTF-8, or too many. */
bool http_parse_form(struct arena *a, str body, struct http_params *ret);
bool http_parse_multipart(struct arena *a, str content_type, str body, struct http_params *ret,
                          struct http_files *files);
bool http_parse_cookies(struct arena *a, str header, struct http_params *ret);

#endif
