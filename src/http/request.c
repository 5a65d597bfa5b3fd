/* request.c - one request from its first header to its answer, on an event thread. */
#include "base/clock.h"
#include "base/log.h"
#include "http/http_int.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_S = 60, HEADERS_MAX = 200, SKIP_MAX = 4 << 20 };

const int64_t http_bucket_us[HTTP_BUCKETS] = {1000,   2000,   5000,   10000,   20000,   50000,
                                              100000, 200000, 500000, 1000000, 2000000, 5000000};

/* --- headers ------------------------------------------------------------------------------ */

struct headers {
    struct http_exchange_private *p;
    struct http_param *list;
    size_t len, cap;
    int lengths, encodings, hosts;
    int64_t length;
    enum http_refusal bad;
    const char *next; /* where the next name stands when all lines end in CRLF */
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

/* A host and a port, and nothing that separates. */
static bool is_host(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c <= ' ' || strchr("\"#%/<>?@\\^`{|}", c)) {
            return false;
        }
    }
    return true;
}

static void look_at_header(struct headers *h, str name, str value)
{
    if (str_eq(name, STR("content-length"))) {
        h->lengths++;
        if (!parse_length(value, &h->length)) {
            h->bad = REFUSE_FRAMING;
        }
    } else if (str_eq(name, STR("transfer-encoding"))) {
        h->encodings++;
    } else if (str_eq(name, STR("host"))) {
        h->hosts += is_host(value) ? 1 : 2;
    } else if (str_eq(name, STR("content-encoding"))) {
        h->bad = REFUSE_CODING;
    }
}

/* A character of a field's name (RFC 9110, 5.6.2).  With a space or a control
 * character in it, two programs on the way may read two different names. */
static bool is_name_char(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_name_char(p[i])) {
            return false;
        }
    }
    return n > 0;
}

/* Of a value: no control character but the tab (RFC 9110, 5.5). */
static bool is_value(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* A lone LF, a folded line and a NUL are read by some programs on the way as one
 * line and by others as two.  This libmicrohttpd takes them and does not tell;
 * but it reads in place, with a NUL for each byte that ends something, so in an
 * orderly request each name stands two bytes behind the value before it, and the
 * head ends two bytes behind the last.  Later ones refuse such lines themselves
 * (server.c). */
static bool in_line(struct headers *h, const char *key, const char *value, size_t value_size)
{
    bool orderly = MHD_VERSION >= HTTP_MHD_STRICT || key == h->next;
    h->next = value ? value + value_size + 2 : NULL;
    return orderly;
}

/* A line that begins with a NUL or a colon ends the head for this libmicrohttpd, and
 * for nobody else: what stands behind it would be the next request. */
static bool ends_in_line(const struct headers *h, const char *method)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(h->p->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return MHD_VERSION >= HTTP_MHD_STRICT ||
           (i && h->next && h->next + 2 == method + i->header_size);
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct headers *h = cls;
    char *name = h->len < h->cap ? arena_try(&h->p->x.arena, key_size + 1, 1, 1) : NULL;
    if (!in_line(h, key, value, value_size)) {
        h->bad = REFUSE_LINES;
        return MHD_NO;
    }
    if (!name || !is_name(key, key_size) || (value && !is_value(value, value_size))) {
        h->bad = REFUSE_HEADER;
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

str http_peer_address(struct MHD_Connection *c, struct arena *a)
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

bool http_is_proxy(const struct http_limits *l, str peer)
{
    for (size_t i = 0; i < l->proxies.len; i++) {
        if (str_eq(l->proxies.ptr[i].name, peer)) {
            return true;
        }
    }
    return false;
}

/* Forwarded headers count only from listed proxies. */
static void read_peer(struct http_exchange_private *p)
{
    struct http_request *req = &p->x.req;
    req->peer = http_peer_address(p->connection, &p->x.arena);
    req->secure = p->server->opt.tls_cert.len > 0;
    if (http_is_proxy(http_limits(p->server), req->peer)) {
        str chain = http_param(&req->headers, STR("x-forwarded-for"));
        str last = STR("");
        while (chain.ptr && chain.len) {
            last = str_trim(str_cut(chain, ',', &chain));
        }
        req->peer = last.len ? last : req->peer;
        req->secure = str_eq(http_param(&req->headers, STR("x-forwarded-proto")), STR("https"));
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

/* What the headers say about each other. */
static enum http_refusal weigh(const struct headers *h, const char *version)
{
    if (h->bad) {
        return h->bad;
    }
    if (h->lengths > 1 || h->encodings > 1 || (h->lengths && h->encodings)) {
        return REFUSE_FRAMING;
    }
    if (h->encodings) {
        return REFUSE_CHUNKS;
    }
    bool must = strcmp(version, "HTTP/1.0") != 0;
    return h->hosts > 1 || (h->hosts == 0 && must) ? REFUSE_HOST : REFUSE_NOTHING;
}

static enum http_refusal make_room(struct http_exchange_private *p, int64_t length)
{
    p->body_limit = p->server->opt.body_max;
    if (length && p->server->opt.body_limit) {
        p->body_limit =
            p->server->opt.body_limit(p->server->opt.app, p->x.req.method, p->x.req.path);
    }
    if (length > p->body_limit) {
        return REFUSE_LARGE;
    }
    p->body_cap = (size_t)length;
    p->body = length ? arena_try(&p->x.arena, p->body_cap, 1, 1) : NULL;
    return length && !p->body ? REFUSE_BUSY : REFUSE_NOTHING; /* memory is short */
}

/* Everything that can be known before the body. */
static enum http_refusal read_headers(struct http_exchange_private *p, const char *method,
                                      const char *version)
{
    struct http_request *req = &p->x.req;
    struct arena *a = &p->x.arena;
    struct headers h = {.p = p, .next = version + strlen(version) + 2};
    if (http_conn_over(p->connection)) {
        return REFUSE_ADDRESS;
    }
    if (MHD_VERSION < HTTP_MHD_STRICT && p->target_end + 1 != version) {
        return REFUSE_TARGET; /* a NUL, or more spaces than one */
    }
    req->method = method_of(method);
    if (req->method == HTTP_OTHER) {
        return REFUSE_METHOD;
    }
    MHD_get_connection_values_n(p->connection, MHD_HEADER_KIND, count_header, &h.cap);
    h.list = h.cap <= HEADERS_MAX
                 ? arena_try(a, h.cap + 1, sizeof(*h.list), alignof(struct http_param))
                 : NULL;
    if (!h.list) {
        return REFUSE_HEADERS;
    }
    MHD_get_connection_values_n(p->connection, MHD_HEADER_KIND, take_header, &h);
    enum http_refusal bad = weigh(&h, version);
    if (bad) {
        return bad;
    }
    if (!ends_in_line(&h, method)) {
        return REFUSE_LINES;
    }
    req->headers = (struct http_params){h.list, h.len};
    req->type = media_type(a, http_param(&req->headers, STR("content-type")));
    if (!p->uri || !http_parse_target(a, str_from(p->uri), req) || !http_without_nul(&req->query)) {
        return REFUSE_TARGET;
    }
    if (!http_parse_cookies(a, http_param(&req->headers, STR("cookie")), &req->cookies)) {
        return REFUSE_COOKIES;
    }
    str lang = http_param(&req->headers, STR("accept-language"));
    p->x.lang = str_starts(lang, STR("en")) ? LANG_EN : LANG_ZH;
    read_peer(p);
    return make_room(p, h.length);
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

static bool files_without_nul(const struct http_files *files)
{
    for (size_t i = 0; i < files->len; i++) {
        const struct http_file *f = &files->ptr[i];
        if (http_has_nul(f->name) || http_has_nul(f->filename) || http_has_nul(f->type)) {
            return false;
        }
    }
    return true;
}

static enum http_refusal read_body(struct http_exchange_private *p)
{
    struct http_request *req = &p->x.req;
    req->body = str_from_n(p->body, p->body_len);
    bool ok = true;
    bool form = str_eq(req->type, STR("application/x-www-form-urlencoded")) ||
                str_eq(req->type, STR("multipart/form-data"));
    if (form && p->server->opt.body_plain &&
        p->server->opt.body_plain(p->server->opt.app, req->method, req->path)) {
        return REFUSE_NOTHING;
    }
    if (str_eq(req->type, STR("application/x-www-form-urlencoded"))) {
        ok = http_parse_form(&p->x.arena, req->body, &req->form);
    } else if (str_eq(req->type, STR("multipart/form-data"))) {
        ok = http_parse_multipart(&p->x.arena, http_param(&req->headers, STR("content-type")),
                                  req->body, &req->form, &req->files);
    }
    ok = ok && http_without_nul(&req->form) && files_without_nul(&req->files);
    return ok ? REFUSE_NOTHING : REFUSE_FORM;
}

/* What came over the limit is read and thrown away, for a while, so that the
 * client hears why; a client that goes on and on is cut off. */
static bool body_piece(struct http_exchange_private *p, const char *data, size_t n)
{
    if (!p->refuse && body_add(p, data, n)) {
        return true;
    }
    p->refuse = REFUSE_LARGE;
    p->skipped += (int64_t)n;
    return p->skipped <= SKIP_MAX;
}

/* --- the request's way ------------------------------------------------------------------------ */

/* The query is read by us, from the copy.  Left to the library as well, each parameter would take
 * some 70 bytes of the connection's memory, and when that ends (at about 320 of them) neither an
 * answer nor an end follows (libmicrohttpd 0.9.75): so it is shown none.  The bytes are the
 * connection's own, writable. */
static void hide_query(char *uri)
{
    char *query = strchr(uri, '?');
    if (query && query[1]) {
        query[1] = '\0';
    }
}

void *http_uri_seen(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct http_listener *l = cls;
    struct http_exchange_private *p = http_exchange_take(l->server);
    if (!p) {
        return NULL;
    }
    p->connection = c;
    p->listener = l;
    http_conn_begun(c, p);
    /* also of the next on a kept one */
    http_conn_deadline(c, http_mono_s() + http_limits(p->server)->deadline_s);
    size_t n = strlen(uri);
    p->target_end = uri + n;
    p->uri = arena_try(&p->x.arena, n + 1, 1, 1);
    if (p->uri) {
        memcpy(p->uri, uri, n);
    }
    hide_query((char *)(uintptr_t)uri);
    return p;
}

static enum MHD_Result submit(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    enum http_refusal bad = p->refuse ? p->refuse : read_body(p);
    if (bad) {
        return http_refuse(s, p->connection, bad);
    }
    p->x.req.id = atomic_fetch_add(&s->next_id, 1) + 1;
    p->x.now = s->opt.clock ? s->opt.clock(s->opt.clock_arg) : clock_now();
    p->x.now_us = clock_mono_us();
    http_conn_deadline(p->connection, 0);
    p->stage = STAGE_WORK;
    http_count(&s->asleep, 1);
    MHD_suspend_connection(p->connection);
    if (!http_queue(p)) {
        http_count(&s->asleep, -1);
        MHD_resume_connection(p->connection);
        p->refuse = REFUSE_BUSY;
        p->stage = STAGE_ANSWER;
    }
    return MHD_YES;
}

/* One line, when it took long, went wrong, or every one is wanted. */
static void tell_request(const struct http_exchange *x, int status, int64_t us)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "-"};
    struct log_line l = log_line(status >= 500 ? LOG_WARN : LOG_INFO, "http.request");
    log_i64(&l, "id", x->req.id);
    log_str(&l, "method", str_from(methods[x->req.method]));
    log_str(&l, "route", x->route ? str_from(x->route) : STR("-"));
    if (x->route && !x->secret) {
        log_str(&l, "path", x->req.path); /* of a route: words and numbers of ours */
    }
    log_i64(&l, "status", status);
    log_i64(&l, "us", us);
    log_i64(&l, "bytes", x->res.file >= 0 ? x->res.file_size : (int64_t)x->res.body.len);
    log_write(&l);
}

static void count_answer(struct http_server *s, const struct http_exchange *x, int status)
{
    const struct http_limits *l = http_limits(s);
    int64_t us = clock_mono_us() - x->now_us;
    struct http_counts *n = &s->counts[x->kind >= 0 && x->kind < HTTP_KINDS ? x->kind : 0];
    int bucket = 0;
    while (bucket < HTTP_BUCKETS && us > http_bucket_us[bucket]) {
        bucket++;
    }
    http_count(&n->status[status / 100 < 6 ? status / 100 : 5], 1);
    http_count(&n->bucket[bucket], 1);
    http_count(&n->us, us);
    if (l->log_all || us >= l->slow_us || status >= 500) {
        tell_request(x, status, us);
    }
}

static enum MHD_Result send_answer(struct http_exchange_private *p)
{
    struct http_server *s = p->server;
    p->stage = STAGE_SENT;
    http_conn_deadline(p->connection, http_mono_s() + SEND_S);
    if (p->refuse) {
        return http_refuse(s, p->connection, p->refuse);
    }
    int status = p->x.res.status ? p->x.res.status : 500;
    count_answer(s, &p->x, status);
    struct MHD_Response *r = http_reply(p);
    if (!r) {
        return MHD_NO;
    }
    enum MHD_Result x = MHD_queue_response(p->connection, (unsigned)status, r);
    MHD_destroy_response(r);
    return x;
}

enum MHD_Result http_access(void *cls, struct MHD_Connection *c, const char *url,
                            const char *method, const char *version, const char *upload_data,
                            size_t *upload_size, void **con)
{
    (void)url;
    const struct http_listener *l = cls;
    struct http_exchange_private *p = *con;
    if (!p) {
        return MHD_NO;
    }
    switch (p->stage) {
    case STAGE_HEADERS: {
        p->stage = STAGE_BODY;
        enum http_refusal bad = read_headers(p, method, version);
        return bad ? http_refuse(l->server, c, bad) : MHD_YES;
    }
    case STAGE_BODY:
        if (*upload_size) {
            if (!body_piece(p, upload_data, *upload_size)) {
                return MHD_NO;
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

void http_request_done(void *cls, struct MHD_Connection *c, void **con,
                       enum MHD_RequestTerminationCode code)
{
    (void)code;
    const struct http_listener *l = cls;
    struct http_server *s = l->server;
    struct http_exchange_private *p = *con;
    *con = NULL;
    http_conn_begun(c, NULL);
    int64_t first_s = http_limits(s)->deadline_s;
    http_conn_deadline(c, http_mono_s() + (HTTP_IDLE_S > first_s ? HTTP_IDLE_S : first_s));
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
