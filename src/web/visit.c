#include "base/buf.h"
#include "base/clock.h"
#include "base/html.h"
#include "base/log.h"
#include "engine/attach.h"
#include "engine/reading.h"

#include "web/visit_int.h"
#include "web/work.h"

#include <string.h>
#include <unistd.h>

/* --- answers -------------------------------------------------------------------- */

static const char csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

/* Is the whole host known to be ours and https: the address of links has no port? */
static bool https_host(str address)
{
    str scheme = STR("https://");
    return str_starts(address, scheme) &&
           !memchr(address.ptr + scheme.len, ':', address.len - scheme.len);
}

/* The answer is a page: CSP and the other security headers.  Where the address of links
 * is https without a port, browsers are told to come by https only for 30 days (RFC 6797). */
static void secure(struct visit *v)
{
    http_header_add(v->x, STR("Content-Security-Policy"), str_from(csp));
    http_header_add(v->x, STR("X-Frame-Options"), STR("DENY")); /* who knows no frame-ancestors */
    if (v->x->req.secure && https_host(v->app->public_url)) {
        http_header_add(v->x, STR("Strict-Transport-Security"), STR("max-age=2592000"));
    }
    http_header_add(v->x, STR("Referrer-Policy"), STR("same-origin"));
    http_header_add(v->x, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

static void answer(struct visit *v, int status, str type, str body)
{
    v->x->res.status = status;
    v->x->res.type = type;
    v->x->res.body = body;
    v->x->res.file = -1;
}

void visit_html(struct visit *v, int status, str body)
{
    answer(v, status, STR("text/html; charset=utf-8"), body);
    secure(v);
}

void visit_json(struct visit *v, int status, str body)
{
    answer(v, status, STR("application/json"), body);
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

/* A local path in a header: percent-encoded where it must be. */
static str location(struct arena *a, str path)
{
    static const char hex[] = "0123456789ABCDEF";
    struct buf b = buf_make(a, 8192);
    str safe = url_local(path).text;
    for (size_t i = 0; i < safe.len; i++) {
        unsigned char c = (unsigned char)safe.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\') {
            char e[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_put(&b, str_from_n(e, 3));
        } else {
            buf_put_c(&b, (char)c);
        }
    }
    return buf_str(&b);
}

void visit_redirect(struct visit *v, str path)
{
    answer(v, 303, STR("text/plain; charset=utf-8"), STR(""));
    http_header_add(v->x, STR("Location"), location(v->ctx.arena, path));
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

/* What is our fault is said once, with the number the answer carries. */
static void log_failure(const struct visit *v, err e)
{
    struct log_line l = log_line(LOG_ERROR, "request.failed");
    log_i64(&l, "id", v->x->req.id);
    log_str(&l, "path", visit_told_path(v));
    log_str(&l, "error", str_from(err_name(e.code)));
    log_str(&l, "detail", e.detail);
    log_write(&l);
}

void visit_error(struct visit *v, err e)
{
    if (v->failed) {
        *v->failed = e;
        return;
    }
    admit_refused(v, e);
    if (err_http(e.code) == 500) {
        log_failure(v, e);
    }
    if (err_http(e.code) == 503) { /* a disk is not made room on in a second */
        http_header_add(v->x, STR("Retry-After"), e.code == ERR_DISK ? STR("10") : STR("1"));
    }
    bool api =
        v->route ? (v->route->flags & ROUTE_API) != 0 : str_starts(v->x->req.path, STR("/api/"));
    if (api) {
        v->app->error_api(v, e);
    } else {
        v->app->error_page(v, e);
    }
}

str visit_param(struct visit *v, str name)
{
    if (http_has_param(&v->x->req.query, name)) {
        return http_param(&v->x->req.query, name);
    }
    return http_param(&v->x->req.form, name);
}

bool visit_is_htmx(const struct visit *v)
{
    return str_eq(http_param(&v->x->req.headers, STR("hx-request")), STR("true"));
}

/* --- what may run ---------------------------------------------------------------- */

static err admit(struct visit *v)
{
    err e = part_identify(v);
    if (e.code) {
        return e;
    }
    if (!v->route) {
        e = v->signed_in ? part_figures(v, false) : OK;
        return e.code ? e : err_make(ERR_NOT_FOUND, STR("route"));
    }
    if (!v->signed_in && !(v->route->flags & ROUTE_PUBLIC)) {
        return err_make(ERR_SIGNIN, STR("no session"));
    }
    if (!admit_csrf(v)) {
        return err_make(ERR_INVALID, STR("csrf"));
    }
    if (v->signed_in && !admit_scope(v)) {
        return err_make(ERR_DENIED, STR("scope of the token"));
    }
    e = admit_reading(v);
    if (e.code) {
        return e;
    }
    e = part_framed(v) && !v->prelude.b ? part_figures(v, false) : OK;
    return e.code ? e : admit_rate(v);
}

/* The address is there, and answers to other methods (RFC 9110, 15.5.6). */
static void other_methods(struct visit *v)
{
    static const char *const names[] = {"GET, HEAD", "", "POST", "PUT", "PATCH", "DELETE"};
    struct buf allow = buf_make(v->ctx.arena, 100);
    for (int m = HTTP_GET; m <= HTTP_DELETE; m++) {
        bool no = false;
        bool there = m != HTTP_HEAD && (route_find(v, &v->app->pages, (enum http_method)m, &no) ||
                                        route_find(v, &v->app->api, (enum http_method)m, &no));
        if (there) {
            buf_put(&allow, allow.len ? STR(", ") : STR(""));
            buf_put(&allow, str_from(names[m]));
        }
    }
    str methods = buf_str(&allow);
    http_header_add(v->x, STR("Allow"), methods);
    answer(v, 405, STR("text/plain; charset=utf-8"),
           str_fmt(v->ctx.arena, "这个地址只接受：%.*s。 This address answers only to: %.*s.\n",
                   STR_ARG(methods), STR_ARG(methods)));
}

static enum visit_kind kind_of(const struct visit_route *r)
{
    static const struct {
        unsigned flag;
        enum visit_kind kind;
    } of[] = {{ROUTE_ASSET, VISIT_ASSET},
              {ROUTE_PROBE, VISIT_PROBE},
              {ROUTE_FILE, VISIT_FILE},
              {ROUTE_API, VISIT_API}};
    for (size_t i = 0; r && i < sizeof(of) / sizeof(of[0]); i++) {
        if (r->flags & of[i].flag) {
            return of[i].kind;
        }
    }
    return r ? VISIT_PAGE : VISIT_NONE;
}

static void run(struct visit *v)
{
    bool other_method = false;
    v->route = route_find(v, &v->app->pages, v->x->req.method, &other_method);
    if (!v->route) {
        v->route = route_find(v, &v->app->api, v->x->req.method, &other_method);
    }
    v->x->kind = (int)kind_of(v->route);
    v->x->route = v->route ? v->route->pattern : NULL;
    v->x->secret = v->route && (v->route->flags & ROUTE_PASS);
    if (v->route && (v->route->flags & ROUTE_PROBE)) {
        v->route->run(v);
        return;
    }
    err e = admit(v);
    if (!v->route && other_method) {
        other_methods(v);
        return;
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str first = admit_first(v);
    if (first.len) {
        visit_redirect(v, first);
        return;
    }
    v->route->run(v);
}

/* --- acts: two plain functions ------------------------------------------------------ */

static void act_done(struct act *act)
{
    struct visit *v = act->user;
    http_resume(v->x);
}

static int resume(struct http_exchange *x);

/* The end of a part: the snapshot is closed, and an act that was submitted goes
 * to the writer. */
static int conclude(struct visit *v)
{
    part_end(v);
    if (!v->finish) {
        admit_note(v);
        return HTTP_DONE;
    }
    v->x->later = resume;
    err e = act_submit(v->app->engine, &v->act);
    if (!e.code) {
        return HTTP_LATER; /* from here on another thread may own the exchange */
    }
    v->finish = NULL;
    part_begin(v);
    v->ctx.actor = v->session.person;
    visit_error(v, e);
    part_end(v);
    return HTTP_DONE;
}

static int resume(struct http_exchange *x)
{
    struct visit *v = x->user;
    part_begin(v);
    v->ctx.actor = v->session.person;
    void (*finish)(struct visit *) = v->finish;
    v->finish = NULL;
    admit_act_refused(v);
    err e = (v->route->flags & (ROUTE_API | ROUTE_PUBLIC)) ? OK : part_figures(v, true);
    if (e.code) {
        visit_error(v, e);
    } else {
        finish(v);
    }
    return conclude(v);
}

void visit_submit(struct visit *v, void (*finish)(struct visit *v))
{
    struct act *act = &v->act;
    act->arena = v->ctx.arena;
    act->actor = v->session.person;
    act->now = v->ctx.now;
    act->lang = v->ctx.lang;
    act->done = act_done;
    act->user = v;
    act->result = act_check(&v->ctx, act);
    if (act->result.code) {
        admit_act_refused(v);
        finish(v);
        return;
    }
    v->finish = finish;
}

/* The guess was wrong: nothing of the page made with it is kept. */
static void make_again(struct visit *v)
{
    struct seat *seat = v->x->local;
    guess_forget(seat->guesses, v->token);
    part_end(v);
    if (v->x->res.file >= 0) {
        close(v->x->res.file);
    }
    v->x->res = (struct http_response){.file = -1};
    *v = (struct visit){.x = v->x, .app = v->app, .sure = true};
    part_begin(v);
    run(v);
}

static int handle(struct http_exchange *x)
{
    struct visit *v = arena_new(&x->arena, struct visit);
    *v = (struct visit){.x = x, .app = x->app};
    x->user = v;
    x->res.file = -1;
    seat_ready(x->app, x->local);
    memo_tidy(db_memo(((struct seat *)x->local)->db)); /* nobody holds anything of it now */
    arena_defer(&x->arena, part_end, v);               /* also when the arena is full half-way */
    part_begin(v);
    run(v);
    if (!part_right(v)) {
        make_again(v);
    }
    return conclude(v);
}

/* --- without a request --------------------------------------------------------------- */

void visit_alone(struct visit *v, unsigned flags)
{
    bool other = false;
    arena_defer(&v->x->arena, part_end, v);
    part_begin(v);
    v->route = route_find(v, &v->app->pages, HTTP_GET, &other);
    err e = reading_find(&v->ctx);
    v->session.reading = v->ctx.reading;
    e = e.code ? e
        : v->route && (v->route->flags & flags) == flags
            ? part_figures(v, true)
            : err_make(ERR_NOT_FOUND, STR("no such address for this"));
    if (e.code) {
        visit_error(v, e);
    } else {
        v->route->run(v);
    }
    part_end(v);
}

/* --- the server's options ------------------------------------------------------------ */

static const struct visit_route *route_of(struct app *app, enum http_method method, str path)
{
    struct visit probe = {.app = app};
    struct http_exchange x = {.req = {.path = path, .method = method}};
    probe.x = &x;
    bool other = false;
    const struct visit_route *r = route_find(&probe, &app->pages, method, &other);
    if (!r) {
        r = route_find(&probe, &app->api, method, &other);
    }
    return r;
}

static int64_t body_limit(void *app, enum http_method method, str path)
{
    const struct visit_route *r = route_of(app, method, path);
    return r && (r->flags & ROUTE_UPLOAD) ? (int64_t)ATTACH_MAX + (1 << 20) : 1 << 20;
}

static bool body_plain(void *app, enum http_method method, str path)
{
    const struct visit_route *r = route_of(app, method, path);
    return r && (r->flags & ROUTE_PASS);
}

void web_options(struct app *app, struct http_options *opt)
{
    opt->app = app;
    opt->handle = handle;
    opt->worker_start = seat_start;
    opt->worker_end = seat_end;
    opt->worker_idle = seat_idle;
    opt->body_limit = body_limit;
    opt->body_plain = body_plain;
}
