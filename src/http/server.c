#include "base/clock.h"
#include "http/http_int.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_MEMORY = 24 * 1024, IDLE_S = 60, SEND_S = 60, BLOCKS_KEPT = 64 };

/* --- sockets and their deadline ------------------------------------------------------ */

static void connection_notice(void *cls, struct MHD_Connection *c, void **socket_context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct conn *k = calloc(1, sizeof(*k));
        *socket_context = k;
        if (!k) {
            return;
        }
        k->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        atomic_store(&k->deadline_s, http_mono_s() + s->opt.deadline_s);
        pthread_mutex_lock(&s->conn_lock);
        k->next = s->conns;
        k->prev = &s->conns;
        if (s->conns) {
            s->conns->prev = &k->next;
        }
        s->conns = k;
        s->nconns++;
        pthread_mutex_unlock(&s->conn_lock);
        return;
    }
    struct conn *k = *socket_context;
    *socket_context = NULL;
    if (k) {
        pthread_mutex_lock(&s->conn_lock);
        *k->prev = k->next;
        if (k->next) {
            k->next->prev = k->prev;
        }
        s->nconns--;
        pthread_mutex_unlock(&s->conn_lock);
        free(k);
    }
}

static void set_deadline(struct MHD_Connection *c, int64_t at)
{
    struct conn *k = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (k) {
        atomic_store(&k->deadline_s, at);
    }
}

/* MHD's own timeout counts inactivity only; a byte a second would hold a socket
 * for ever. */
static void *reap(void *arg)
{
    struct http_server *s = arg;
    while (!atomic_load(&s->dead)) {
        struct timespec t = {.tv_nsec = 250 * 1000 * 1000};
        nanosleep(&t, NULL);
        int64_t now = http_mono_s();
        pthread_mutex_lock(&s->conn_lock);
        for (struct conn *k = s->conns; k; k = k->next) {
            int64_t at = atomic_load(&k->deadline_s);
            if (at && now > at) {
                shutdown(k->fd, SHUT_RDWR);
            }
        }
        pthread_mutex_unlock(&s->conn_lock);
    }
    return NULL;
}

/* --- refusals before a handler ---------------------------------------------------------- */

static const char *refusal_text(int status)
{
    switch (status) {
    case 400:
        return "请求格式错误。 Malformed request.\n";
    case 413:
        return "提交的内容过大：附件合计不超过 20 MB。 "
               "The request is too large: attachments may have 20 MB together.\n";
    case 415:
        return "不支持的编码。 Unsupported encoding.\n";
    case 503:
        return "系统繁忙，请稍后再试。 Busy, please try again.\n";
    default:
        return "错误。 Error.\n";
    }
}

static enum MHD_Result refuse(struct http_server *s, struct MHD_Connection *c, int status)
{
    const char *text = refusal_text(status);
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_PERSISTENT);
    if (!r) {
        return MHD_NO;
    }
    atomic_fetch_add(&s->refused, 1);
    MHD_add_response_header(r, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Connection", "close");
    if (status == 503) {
        MHD_add_response_header(r, "Retry-After", "1");
    }
    enum MHD_Result x = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return x;
}

/* --- headers ------------------------------------------------------------------------------ */

struct headers {
    struct http_exchange_private *p;
    struct http_param *list;
    size_t len, cap;
    int lengths, encodings, hosts;
    int64_t length;
    int bad; /* status, or 0 */
};

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                    size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    (void)key;
    (void)key_size;
    (void)value;
    (void)value_size;
    ++*(size_t *)cls;
    return MHD_YES;
}

static bool parse_length(str v, int64_t *ret)
{
    return v.len > 0 && v.len < 16 && v.ptr[0] != '-' && str_to_i64(v, ret);
}

static void look_at_header(struct headers *h, str name, str value)
{
    if (str_eq(name, STR("content-length"))) {
        h->lengths++;
        if (!parse_length(value, &h->length)) {
            h->bad = 400;
        }
    } else if (str_eq(name, STR("transfer-encoding"))) {
        h->encodings++;
        if (value.len != 7 || strncasecmp(value.ptr, "chunked", 7) != 0) {
            h->bad = 400;
        }
    } else if (str_eq(name, STR("host"))) {
        h->hosts++;
    } else if (str_eq(name, STR("content-encoding"))) {
        h->bad = 415;
    }
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct headers *h = cls;
    char *name = h->len < h->cap ? arena_try(&h->p->x.arena, key_size + 1, 1, 1) : NULL;
    bool odd = !name || key_size == 0 || key[key_size - 1] == ' ' || key[key_size - 1] == '\t' ||
               memchr(key, 0, key_size) || (value && memchr(value, 0, value_size)) ||
               (value && memchr(value, '\r', value_size));
    if (odd) {
        h->bad = 400;
        return MHD_NO;
    }
    for (size_t i = 0; i < key_size; i++) {
        name[i] = key[i] >= 'A' && key[i] <= 'Z' ? (char)(key[i] + 32) : key[i];
    }
    struct http_param *p = &h->list[h->len++];
    p->name = str_from_n(name, key_size);
    p->value = str_trim(str_from_n(value, value ? value_size : 0)); /* MHD keeps the bytes */
    look_at_header(h, p->name, p->value);
    return MHD_YES;
}

static str peer_address(struct MHD_Connection *c, struct arena *a)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[NI_MAXHOST] = "";
    if (i && i->client_addr) {
        socklen_t len = i->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                              : sizeof(struct sockaddr_in);
        getnameinfo(i->client_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
    }
    size_t n = strlen(text);
    char *p = arena_try(a, n + 1, 1, 1);
    if (!p) {
        return STR("");
    }
    memcpy(p, text, n);
    return str_from_n(p, n);
}

/* Forwarded headers count only from listed proxies. */
static void read_peer(struct http_exchange_private *p)
{
    struct http_request *req = &p->x.req;
    const struct http_params *proxies = &p->server->opt.proxies;
    req->peer = peer_address(p->connection, &p->x.arena);
    req->secure = p->server->opt.tls_cert.len > 0;
    for (size_t i = 0; i < proxies->len; i++) {
        if (str_eq(proxies->ptr[i].name, req->peer)) {
            str chain = http_param(&req->headers, STR("x-forwarded-for"));
            str last = STR("");
            while (chain.ptr && chain.len) {
                last = str_trim(str_cut(chain, ',', &chain));
            }
            req->peer = last.len ? last : req->peer;
            req->secure = str_eq(http_param(&req->headers, STR("x-forwarded-proto")), STR("https"));
            return;
        }
    }
}

static enum http_method method_of(const char *m)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(m, names[i]) == 0) {
            return (enum http_method)i;
        }
    }
    return HTTP_OTHER;
}

static str media_type(struct arena *a, str header)
{
    str rest;
    str t = str_trim(str_cut(header, ';', &rest));
    char *p = arena_try(a, t.len + 1, 1, 1);
    if (!p) {
        return STR("");
    }
    for (size_t i = 0; i < t.len; i++) {
        p[i] = t.ptr[i] >= 'A' && t.ptr[i] <= 'Z' ? (char)(t.ptr[i] + 32) : t.ptr[i];
    }
    return str_from_n(p, t.len);
}

/* Everything that can be known before the body.  0, or the status to refuse with. */
static int read_headers(struct http_exchange_private *p, const char *method, const char *version)
{
    struct http_request *req = &p->x.req;
    struct arena *a = &p->x.arena;
    struct headers h = {.p = p, .length = 0};
    MHD_get_connection_values_n(p->connection, MHD_HEADER_KIND, count_header, &h.cap);
    h.list =
        h.cap <= 200 ? arena_try(a, h.cap + 1, sizeof(*h.list), alignof(struct http_param)) : NULL;
    if (!h.list) {
        return 400;
    }
    MHD_get_connection_values_n(p->connection, MHD_HEADER_KIND, take_header, &h);
    bool conflict = h.lengths > 1 || h.encodings > 1 || (h.lengths && h.encodings) || h.hosts > 1 ||
                    (h.hosts == 0 && strcmp(version, "HTTP/1.1") == 0);
    if (h.bad || conflict) {
        return h.bad ? h.bad : 400;
    }
    req->headers = (struct http_params){h.list, h.len};
    req->method = method_of(method);
    req->type = media_type(a, http_param(&req->headers, STR("content-type")));
    if (!p->uri || !http_parse_target(a, str_from(p->uri), req) ||
        !http_parse_cookies(a, http_param(&req->headers, STR("cookie")), &req->cookies)) {
        return 400;
    }
    str lang = http_param(&req->headers, STR("accept-language"));
    p->x.lang = str_starts(lang, STR("en")) ? LANG_EN : LANG_ZH;
    read_peer(p);
    p->body_limit = p->server->opt.body_max;
    if (p->server->opt.body_limit) {
        p->body_limit = p->server->opt.body_limit(p->server->opt.app, req->method, req->path);
    }
    if (h.length > p->body_limit) {
        return 413;
    }
    p->body_cap = (size_t)h.length;
    if (h.length) {
        p->body = arena_try(a, p->body_cap, 1, 1);
        if (!p->body) {
            return 413;
        }
    }
    return 0;
}

/* --- the body -------------------------------------------------------------------------------- */

static bool body_add(struct http_exchange_private *p, const char *data, size_t n)
{
    if (n > (size_t)p->body_limit - p->body_len) {
        return false;
    }
    if (p->body_len + n > p->body_cap) {
        size_t cap = p->body_cap ? p->body_cap * 2 : 8192;
        while (cap < p->body_len + n) {
            cap *= 2;
        }
        char *body = arena_try(&p->x.arena, cap, 1, 1);
        if (!body) {
            return false;
        }
        if (p->body_len) {
            memcpy(body, p->body, p->body_len);
        }
        p->body = body;
        p->body_cap = cap;
    }
    memcpy(p->body + p->body_len, data, n);
    p->body_len += n;
    return true;
}

static int read_body(struct http_exchange_private *p)
{
    struct http_request *req = &p->x.req;
    req->body = str_from_n(p->body, p->body_len);
    bool ok = true;
    if (str_eq(req->type, STR("application/x-www-form-urlencoded"))) {
        ok = http_parse_form(&p->x.arena, req->body, &req->form);
    } else if (str_eq(req->type, STR("multipart/form-data"))) {
        ok = http_parse_multipart(&p->x.arena, http_param(&req->headers, STR("content-type")),
                                  req->body, &req->form, &req->files);
    }
    return ok ? 0 : 400;
}

/* --- the request's way ------------------------------------------------------------------------ */

static void *uri_seen(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct http_exchange_private *p = http_exchange_take(cls);
    if (!p) {
        return NULL;
    }
    p->connection = c;
    set_deadline(c, http_mono_s() + p->server->opt.deadline_s); /* also of the next on a kept one */
    size_t n = strlen(uri);
    p->uri = arena_try(&p->x.arena, n + 1, 1, 1);
    if (p->uri) {
        memcpy(p->uri, uri, n);
    }
    return p;
}

static enum MHD_Result submit(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    int bad = read_body(p);
    if (bad) {
        return refuse(s, p->connection, bad);
    }
    p->x.req.id = atomic_fetch_add(&s->next_id, 1) + 1;
    p->x.now = s->opt.clock ? s->opt.clock(s->opt.clock_arg) : clock_now();
    p->x.now_us = clock_mono_us();
    set_deadline(p->connection, 0);
    p->stage = STAGE_WORK;
    MHD_suspend_connection(p->connection);
    if (!http_queue(p)) {
        MHD_resume_connection(p->connection);
        p->refuse = 503;
        p->stage = STAGE_ANSWER;
    }
    return MHD_YES;
}

static enum MHD_Result send_answer(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    p->stage = STAGE_SENT;
    set_deadline(p->connection, http_mono_s() + SEND_S);
    if (p->refuse) {
        return refuse(s, p->connection, p->refuse);
    }
    int status = p->x.res.status ? p->x.res.status : 500;
    struct MHD_Response *r = http_reply(p);
    if (!r) {
        return MHD_NO;
    }
    enum MHD_Result x = MHD_queue_response(p->connection, (unsigned)status, r);
    MHD_destroy_response(r);
    atomic_fetch_add(&s->requests, 1);
    atomic_fetch_add(&s->status[status / 100 < 6 ? status / 100 : 5], 1);
    return x;
}

static enum MHD_Result access_handler(void *cls, struct MHD_Connection *c, const char *url,
                                      const char *method, const char *version,
                                      const char *upload_data, size_t *upload_size, void **con)
{
    (void)url;
    struct http_server *s = cls;
    struct http_exchange_private *p = *con;
    if (!p) {
        return MHD_NO;
    }
    switch (p->stage) {
    case STAGE_HEADERS: {
        p->stage = STAGE_BODY;
        int bad = read_headers(p, method, version);
        return bad ? refuse(s, c, bad) : MHD_YES;
    }
    case STAGE_BODY:
        if (*upload_size) {
            if (!p->refuse && !body_add(p, upload_data, *upload_size)) {
                return MHD_NO; /* chunked and too large: closed */
            }
            *upload_size = 0;
            return MHD_YES;
        }
        return submit(p);
    case STAGE_WORK:
        return MHD_YES;
    case STAGE_ANSWER:
        return send_answer(p);
    case STAGE_SENT:
        return MHD_YES;
    }
    return MHD_NO;
}

static void request_done(void *cls, struct MHD_Connection *c, void **con,
                         enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct http_server *s = cls;
    struct http_exchange_private *p = *con;
    *con = NULL;
    set_deadline(c, http_mono_s() + (IDLE_S > s->opt.deadline_s ? IDLE_S : s->opt.deadline_s));
    if (!p) {
        return;
    }
    if (p->stage == STAGE_WORK || p->stage == STAGE_ANSWER || p->stage == STAGE_SENT) {
        pthread_mutex_lock(&s->lock);
        s->in_work--;
        pthread_mutex_unlock(&s->lock);
    }
    if (p->x.res.file >= 0) {
        close(p->x.res.file);
    }
    http_exchange_give(p);
}

/* --- start and stop ---------------------------------------------------------------- */

static void defaults(struct http_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    o->event_threads = o->event_threads ? o->event_threads : 2;
    o->workers = o->workers ? o->workers : (cores > 1 ? (int)cores * 4 : 4);
    o->at_once = o->at_once > 0 && o->at_once < o->workers ? o->at_once : o->workers;
    o->arena_limit = o->arena_limit ? o->arena_limit : 48u << 20;
    o->queue_max = o->queue_max ? o->queue_max : 2000;
    o->deadline_s = o->deadline_s ? o->deadline_s : 10;
    o->body_max = o->body_max ? o->body_max : 1 << 20;
}

static err start_daemon(struct http_server *s, struct arena *a)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *ai = NULL;
    str address = s->opt.address.len ? str_copy(a, s->opt.address) : STR("127.0.0.1");
    str port = str_fmt(a, "%d", s->opt.port);
    if (getaddrinfo(address.ptr, port.ptr, &hints, &ai) != 0) {
        return err_make(ERR_INVALID, str_fmt(a, "not an address: %s", address.ptr));
    }
    bool tls = s->opt.tls_cert.len > 0;
    struct MHD_OptionItem o[] = {
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_done, s},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notice, s},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)uri_seen, s},
        {MHD_OPTION_SOCK_ADDR, 0, ai->ai_addr},
        {MHD_OPTION_CONNECTION_LIMIT, 12000, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, NULL},
        {s->opt.event_threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
         s->opt.event_threads, NULL},
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
         tls ? (void *)(uintptr_t)str_copy(a, s->opt.tls_cert).ptr : NULL},
        {tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0,
         tls ? (void *)(uintptr_t)str_copy(a, s->opt.tls_key).ptr : NULL},
        {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     (ai->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0) | (tls ? MHD_USE_TLS : 0);
    s->daemon = MHD_start_daemon(flags, (uint16_t)s->opt.port, NULL, NULL, access_handler, s,
                                 MHD_OPTION_ARRAY, o, MHD_OPTION_END);
    freeaddrinfo(ai);
    if (!s->daemon) {
        return err_make(ERR_BUSY,
                        str_fmt(a, "cannot listen on %s port %d", address.ptr, s->opt.port));
    }
    const union MHD_DaemonInfo *i = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->port = i ? i->port : s->opt.port;
    return OK;
}

err http_start(struct arena *life, const struct http_options *opt, struct http_server **ret)
{
    struct http_server *s = arena_new(life, struct http_server);
    s->opt = *opt;
    defaults(&s->opt);
    s->tail = &s->head;
    arena_pool_make(&s->blocks, BLOCKS_KEPT);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->conn_lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    size_t workers = (size_t)s->opt.workers;
    s->workers = arena_array(life, pthread_t, workers);
    s->since_us = arena_array(life, int64_t, workers);
    s->wake = arena_array(life, pthread_cond_t, workers);
    s->awake = arena_array(life, bool, workers);
    s->idle = arena_array(life, int, workers);
    s->watcher = -1;
    for (size_t i = 0; i < workers; i++) {
        pthread_cond_init(&s->wake[i], &attr);
    }
    pthread_condattr_destroy(&attr);
    for (int i = 0; i < s->opt.workers; i++) {
        if (pthread_create(&s->workers[i], NULL, http_worker, s) != 0) {
            break;
        }
        s->nworkers++;
    }
    s->reaping = pthread_create(&s->reaper, NULL, reap, s) == 0;
    err e = start_daemon(s, life);
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

struct http_stats http_stats(struct http_server *s)
{
    struct http_stats st = {.requests = atomic_load(&s->requests),
                            .refused = atomic_load(&s->refused)};
    for (int i = 0; i < 6; i++) {
        st.status[i] = atomic_load(&s->status[i]);
    }
    pthread_mutex_lock(&s->lock);
    st.queue_now = s->queued;
    st.queue_most = s->queue_most;
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_lock(&s->conn_lock);
    st.open = s->nconns;
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

void http_stop(struct http_server *s)
{
    atomic_store(&s->draining, true);
    if (s->daemon) {
        MHD_socket listening = MHD_quiesce_daemon(s->daemon);
        for (int i = 0; i < 300 && in_work(s) > 0; i++) {
            struct timespec t = {.tv_nsec = 100 * 1000 * 1000};
            nanosleep(&t, NULL);
        }
        if (listening != MHD_INVALID_SOCKET) {
            close(listening);
        }
    }
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    http_wake_all(s);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->nworkers; i++) {
        pthread_join(s->workers[i], NULL);
    }
    if (s->daemon) {
        MHD_stop_daemon(s->daemon);
        s->daemon = NULL;
    }
    atomic_store(&s->dead, true);
    if (s->reaping) {
        pthread_join(s->reaper, NULL);
    }
    http_pool_end(s);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->conn_lock);
    for (int i = 0; i < s->opt.workers; i++) {
        pthread_cond_destroy(&s->wake[i]);
    }
}
