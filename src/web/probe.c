#include "web/probe.h"

#include "base/buf.h"
#include "base/health.h"
#include "base/version.h"
#include "engine/schema.h"

#include <sodium.h>
#include <stdatomic.h>

/* --- who may ask --------------------------------------------------------------------------- */

static bool loopback(str peer)
{
    return str_starts(peer, STR("127.")) || str_eq(peer, STR("::1")) ||
           str_starts(peer, STR("::ffff:127."));
}

/* A proxy on this machine that nobody listed: its askers are anybody. */
static bool forwarded(const struct http_request *req)
{
    static const char *const signs[] = {"x-forwarded-for", "forwarded", "x-real-ip", "via"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (http_has_param(&req->headers, str_from(signs[i]))) {
            return true;
        }
    }
    return false;
}

static bool token_fits(const struct http_request *req, str token)
{
    str have = http_param(&req->headers, STR("authorization"));
    if (!token.len || !str_starts(have, STR("Bearer "))) {
        return false;
    }
    have = str_trim(str_from_n(have.ptr + 7, have.len - 7));
    return have.len == token.len && sodium_memcmp(have.ptr, token.ptr, token.len) == 0;
}

static bool may_ask(const struct visit *v)
{
    const struct http_request *req = &v->x->req;
    const struct probe_rights *r = atomic_load(&v->app->probes);
    if (loopback(req->peer) && !forwarded(req)) {
        return true;
    }
    if (r && token_fits(req, r->token)) {
        return true;
    }
    for (size_t i = 0; r && i < r->addresses.len; i++) {
        if (str_eq(r->addresses.ptr[i].name, req->peer)) {
            return true;
        }
    }
    return false;
}

static void say(struct visit *v, int status, str body)
{
    v->x->res.status = status;
    v->x->res.type = STR("text/plain; charset=utf-8");
    v->x->res.body = body;
    v->x->res.file = -1;
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

/* False when the visit is answered. */
static bool admitted(struct visit *v)
{
    if (!may_ask(v)) {
        say(v, 403,
            STR("只有本机、配置项 monitors 列出的地址，或带有 monitor_token 的请求可以查看。\n"
                "Only the machine itself, addresses listed in the setting monitors, and requests "
                "with the monitor_token may read this.\n"));
        return false;
    }
    return true;
}

/* --- alive, ready ---------------------------------------------------------------------------- */

void probe_alive(struct visit *v)
{
    if (admitted(v)) {
        say(v, 200, STR("ok\n"));
    }
}

/* Does the database answer, and may this program work with what it holds? */
static void look_at_data(struct visit *v, struct buf *why)
{
    struct rows r;
    err e = db_query(v->ctx.db, v->ctx.arena,
                     SQL("select key, value from installation where key in ('epoch', 'min_binary')"
                         " order by key"),
                     NO_ARGS, &r);
    int64_t n;
    bool model = false;
    if (e.code) {
        BUF_LIT(why, "database\n");
        return;
    }
    while (rows_next(&r)) {
        bool known = str_to_i64(rows_text(&r, 1), &n);
        if (str_eq(rows_text(&r, 0), STR("epoch"))) {
            model = known;
        } else if (!known || n > SCHEMA_BINARY) {
            BUF_LIT(why, "min_binary\n");
        }
    }
    if (!model || !v->model) {
        BUF_LIT(why, "model\n");
    }
}

static str not_ready(struct visit *v)
{
    struct buf why = buf_make(v->ctx.arena, 4096);
    const struct health_row *rows;
    if (atomic_load(&v->app->stopping)) {
        BUF_LIT(&why, "stopping\n");
    }
    look_at_data(v, &why);
    size_t n = v->app->health ? health_look(v->app->health, v->ctx.arena, v->ctx.now, &rows) : 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].check->needed && rows[i].now.state == HEALTH_BAD) {
            buf_put(&why, rows[i].check->name);
            buf_put_c(&why, '\n');
        }
    }
    return buf_str(&why);
}

void probe_ready(struct visit *v)
{
    if (!admitted(v)) {
        return;
    }
    str why = not_ready(v);
    if (why.len) {
        say(v, 503, why);
    } else {
        say(v, 200, STR("ready\n"));
    }
}

/* --- figures -------------------------------------------------------------------------------- */

enum { TEXT_MAX = 256 << 10 };

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_put_fmt(b, "# HELP zhidu_%s %s\n# TYPE zhidu_%s %s\n", name, help, name, type);
}

static void one(struct buf *b, const char *name, const char *type, const char *help, int64_t value)
{
    head(b, name, type, help);
    buf_put_fmt(b, "zhidu_%s %lld\n", name, (long long)value);
}

static const char *const kinds[HTTP_KINDS] = {
    [VISIT_NONE] = "none",   [VISIT_PAGE] = "page", [VISIT_API] = "api",
    [VISIT_ASSET] = "asset", [VISIT_FILE] = "file", [VISIT_PROBE] = "probe"};

static void put_requests(struct buf *b, const struct http_stats *s)
{
    head(b, "http_requests_total", "counter", "Answers by kind of route and class of status.");
    for (int k = 0; k < HTTP_KINDS; k++) {
        for (int c = 1; c < 6; c++) {
            buf_put_fmt(b, "zhidu_http_requests_total{kind=\"%s\",status=\"%dxx\"} %lld\n",
                        kinds[k], c, (long long)s->kinds[k].status[c]);
        }
    }
}

static void put_times(struct buf *b, const struct http_stats *s)
{
    head(b, "http_request_duration_seconds", "histogram",
         "From the request being complete to its answer being ready.");
    for (int k = 0; k < HTTP_KINDS; k++) {
        const struct http_kind_stats *n = &s->kinds[k];
        int64_t sum = 0;
        for (int i = 0; i < HTTP_BUCKETS; i++) {
            sum += n->bucket[i];
            buf_put_fmt(b,
                        "zhidu_http_request_duration_seconds_bucket{kind=\"%s\",le=\"%g\"} %lld\n",
                        kinds[k], (double)http_bucket_us[i] / 1e6, (long long)sum);
        }
        sum += n->bucket[HTTP_BUCKETS];
        buf_put_fmt(b,
                    "zhidu_http_request_duration_seconds_bucket{kind=\"%s\",le=\"+Inf\"} %lld\n"
                    "zhidu_http_request_duration_seconds_sum{kind=\"%s\"} %.6f\n"
                    "zhidu_http_request_duration_seconds_count{kind=\"%s\"} %lld\n",
                    kinds[k], (long long)sum, kinds[k], (double)n->us / 1e6, kinds[k],
                    (long long)sum);
    }
}

static void put_http(struct buf *b, struct http_server *server)
{
    struct http_stats s = http_stats(server);
    put_requests(b, &s);
    put_times(b, &s);
    head(b, "http_refused_total", "counter", "Requests refused before a handler, by reason.");
    for (int i = 1; i < HTTP_REFUSALS; i++) {
        buf_put_fmt(b, "zhidu_http_refused_total{reason=\"%s\"} %lld\n", http_refusal_name(i),
                    (long long)s.refused_as[i]);
    }
    one(b, "http_queue", "gauge", "Requests that wait for a worker.", s.queue_now);
    one(b, "http_queue_most", "gauge", "The most that have waited since the start.", s.queue_most);
    one(b, "http_connections", "gauge", "Open connections.", s.open);
    one(b, "http_addresses", "gauge", "Addresses that hold a connection.", s.addresses);
}

static void put_checks(struct buf *b, struct visit *v)
{
    const struct health_row *rows;
    size_t n = health_look(v->app->health, v->ctx.arena, v->ctx.now, &rows);
    head(b, "health", "gauge", "Checks: 0 well, 1 watch, 2 bad; in words on the health page.");
    for (size_t i = 0; i < n; i++) {
        buf_put_fmt(b, "zhidu_health{check=\"%.*s\"} %d\n", STR_ARG(rows[i].check->name),
                    (int)rows[i].now.state);
    }
    const struct health_figure *figures;
    n = health_figures(v->app->health, v->ctx.arena, &figures);
    for (size_t i = 0; i < n; i++) {
        const struct health_figure *f = &figures[i];
        double x = f->read(f->arg, v->ctx.now);
        if (x == x) { /* known */
            head(b, f->name, f->counter ? "counter" : "gauge", f->help);
            buf_put_fmt(b, "zhidu_%s %.17g\n", f->name, x);
        }
    }
}

void probe_metrics(struct visit *v)
{
    if (!admitted(v)) {
        return;
    }
    struct buf b = buf_make(v->ctx.arena, TEXT_MAX);
    head(&b, "build_info", "gauge", "Which program this is.");
    buf_put_fmt(&b, "zhidu_build_info{version=\"%s\",database=\"%s\"} 1\n", ZHIDU_VERSION,
                db_kind(v->ctx.db) == DB_SQLITE ? "sqlite" : "postgresql");
    one(&b, "ready", "gauge", "Is /readyz content?", not_ready(v).len == 0);
    int64_t sessions = people_sessions(v->app->people, &v->ctx);
    if (sessions >= 0) {
        one(&b, "sessions", "gauge", "Sessions that have not ended.", sessions);
    }
    struct http_server *http = http_server_of(v->x);
    if (http) {
        put_http(&b, http);
    }
    if (v->app->health) {
        put_checks(&b, v);
    }
    say(v, 200, buf_str(&b));
    v->x->res.type = STR("text/plain; version=0.0.4; charset=utf-8");
}
