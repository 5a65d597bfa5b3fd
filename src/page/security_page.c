#include "page/security_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/csv.h"
#include "engine/post.h"
#include "page/admin_page.h"
#include "page/page.h"

#include "gen/security.html.h"

enum { LINES = 50, EXPORT_MOST = 10000, KINDS_MAX = 64 };

bool security_may(struct visit *v, bool *ret)
{
    const str posts[] = {POSITION_AUDITOR, POSITION_SECURITY_OFFICER, POSITION_ADMINISTRATOR};
    struct post_ask asks[sizeof(posts) / sizeof(posts[0])];
    err e = OK;
    *ret = false;
    for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
        asks[i] = post_held_ask(&v->ctx, posts[i]);
        if (asks[i].batch) {
            batch_ride(asks[i].batch);
        }
    }
    for (size_t i = 0; !e.code && i < sizeof(posts) / sizeof(posts[0]); i++) {
        bool held;
        e = post_held_read(&asks[i], &held);
        *ret = *ret || held;
    }
    if (e.code) {
        visit_error(v, e);
    }
    return !e.code;
}

static bool admitted(struct visit *v)
{
    bool may;
    if (!security_may(v, &may)) {
        return false;
    }
    if (!may) {
        visit_error(v, err_make(ERR_DENIED, STR("the security log")));
    }
    return may;
}

/* A day of the form as a moment; false: not a date. */
static bool day_start(struct visit *v, str day, int64_t days_on, int64_t *ret)
{
    int64_t n;
    *ret = 0;
    if (!day.len) {
        return true;
    }
    if (!clock_parse_date(day, &n)) {
        return false;
    }
    *ret = clock_day_start(n + days_on, v->model->zone_minutes);
    return true;
}

static bool read_filter(struct visit *v, struct security_filter *f)
{
    int64_t kind = 0;
    *f = (struct security_filter){.login = str_trim(visit_param(v, STR("login"))),
                                  .peer = str_trim(visit_param(v, STR("peer"))),
                                  .limit = LINES + 1};
    bool ok = !visit_param(v, STR("kind")).len || str_to_i64(visit_param(v, STR("kind")), &kind);
    ok = ok && kind >= 0 && kind < 100;
    f->kind = (enum security_kind)kind;
    ok = ok && (!visit_param(v, STR("before")).len ||
                str_to_i64(visit_param(v, STR("before")), &f->before));
    return ok && day_start(v, visit_param(v, STR("from")), 0, &f->from) &&
           day_start(v, visit_param(v, STR("to")), 1, &f->to);
}

static void put_kinds(struct visit *v, struct security_page *p)
{
    struct security_choice *list = arena_array(v->ctx.arena, struct security_choice, KINDS_MAX);
    size_t n = 0;
    for (enum security_kind k; n < KINDS_MAX && (k = security_kind_at(n)) != SECURITY_NONE; n++) {
        list[n] = (struct security_choice){k, security_words(k), k == p->kind};
    }
    p->kinds.ptr = list;
    p->kinds.len = n;
}

static void put_lines(struct visit *v, struct security_page *p, const struct security_row *rows,
                      size_t n)
{
    size_t shown = n > LINES ? LINES : n;
    struct security_line *list = arena_array(v->ctx.arena, struct security_line, shown + 1);
    for (size_t i = 0; i < shown; i++) {
        bool one = rows[i].until - rows[i].at < CLOCK_SECOND;
        str at = show_time(v, rows[i].at);
        str until = show_time(v, rows[i].until);
        list[i] =
            (struct security_line){&rows[i], security_words(rows[i].kind),
                                   one || str_eq(at, until) ? at
                                                            : str_fmt(v->ctx.arena, "%.*s – %.*s",
                                                                      STR_ARG(at), STR_ARG(until))};
    }
    p->lines.ptr = list;
    p->lines.len = shown;
    p->next = n > shown ? rows[shown - 1].id : 0;
}

void page_admin_security(struct visit *v)
{
    struct security_filter f;
    struct security_row *rows = NULL;
    size_t n = 0;
    if (!admitted(v)) {
        return;
    }
    bool ok = read_filter(v, &f);
    struct posts_apart apart;
    err e = ok ? security_list(v->ctx.db, v->ctx.arena, &f, &rows, &n) : OK;
    e = e.code ? e : posts_apart(&v->ctx, &apart);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct security_page p = {
        .visit = v,
        .login = f.login,
        .peer = f.peer,
        .from = visit_param(v, STR("from")),
        .to = visit_param(v, STR("to")),
        .kind = f.kind,
        .posts = words_in(posts_apart_words(v->ctx.arena, &apart), v->ctx.lang),
        .said = ok ? STR("")
                   : words_in(WORDS("筛选条件有误：日期写作 2026-11-24。",
                                    "The filter is not valid: a date is written 2026-11-24."),
                              v->ctx.lang)};
    put_kinds(v, &p);
    put_lines(v, &p, rows, n);
    struct frame fr;
    struct html out =
        frame_begin(v, &fr, words_in(WORDS("安全日志", "Security log"), v->ctx.lang), STR("admin"));
    security_html(&out, &p);
    frame_end(v, &fr, &out, ok ? 200 : 422);
}

/* --- as a file --------------------------------------------------------------------------- */

static void put_row(struct buf *b, const str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put(b, i ? STR(",") : STR(""));
        csv_put(b, cells[i]);
    }
    buf_put(b, STR("\r\n"));
}

void page_admin_security_export(struct visit *v)
{
    static const str head[] = {{"at", 2},     {"until", 5}, {"kind", 4},    {"times", 5},
                               {"person", 6}, {"login", 5}, {"address", 7}, {"detail", 6}};
    struct security_filter f;
    struct security_row *rows;
    size_t n;
    if (!admitted(v)) {
        return;
    }
    if (!read_filter(v, &f)) {
        visit_error(v, err_make(ERR_INVALID, STR("filter of the security log")));
        return;
    }
    f.limit = EXPORT_MOST;
    err e = security_list(v->ctx.db, v->ctx.arena, &f, &rows, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct arena *a = v->ctx.arena;
    struct buf b = buf_make(a, 16 << 20);
    put_row(&b, head, sizeof(head) / sizeof(head[0]));
    for (size_t i = 0; i < n; i++) {
        const struct security_row *r = &rows[i];
        str cells[] = {show_iso(v, r->at),
                       show_iso(v, r->until),
                       words_in(security_words(r->kind), v->ctx.lang),
                       str_fmt(a, "%lld", (long long)r->times),
                       r->person ? str_fmt(a, "%lld", (long long)r->person) : STR(""),
                       r->login,
                       r->peer,
                       r->detail};
        put_row(&b, cells, sizeof(cells) / sizeof(cells[0]));
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/csv; charset=utf-8"), .body = buf_str(&b), .file = -1};
    http_header_add(v->x, STR("Content-Disposition"),
                    STR("attachment; filename=\"security-log.csv\""));
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}
