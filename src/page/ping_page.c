/* ping_page.c - what reports by itself: the address that a task calls, and the page on which that
 * address is given out. */
#include "base/arena.h"
#include "base/enc.h"
#include "people/pass.h"
#include "page/page.h"
#include "page/ping_page.h"

#include "engine/act.h"
#include "engine/record.h"

#include "gen/ping.html.h"

enum { BODY_MAX = 100000, STATUS_MAX = 255 };

/* --- a ping -------------------------------------------------------------------------------- */

static void say(struct visit *v, int status, str text)
{
    v->x->res = (struct http_response){
        .status = status, .type = STR("text/plain; charset=utf-8"), .body = text, .file = -1};
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

static void nobody(struct visit *v)
{
    say(v, 404, STR("not found\n"));
}

/* It stands in the ledger, durable, before the answer. */
static void arrived(struct visit *v)
{
    err e = v->act.result;
    if (!e.code) {
        say(v, 200, STR("OK\n"));
    } else if (act_is_refusal(e)) { /* it is kept no more */
        nobody(v);
    } else {
        say(v, err_http(e.code), STR("not recorded, try again\n"));
    }
}

/* What the last part of the address says; NULL: nothing that is known. */
static const char *kind_of(str word, int64_t *status)
{
    static const char *const kinds[] = {"start", "fail", "log"};
    *status = -1;
    if (!word.len) {
        return "success";
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq(word, str_from(kinds[i]))) {
            return kinds[i];
        }
    }
    if (word.len <= 3 && str_to_i64(word, status) && *status >= 0 && *status <= STATUS_MAX) {
        return *status ? "fail" : "success";
    }
    return NULL;
}

/* The first BODY_MAX bytes as text; what is no UTF-8, and what a text cannot hold, is a mark. */
static str body_text(struct arena *a, str body)
{
    size_t n = body.len < BODY_MAX ? body.len : BODY_MAX;
    char *out = arena_bytes(a, n + 1);
    for (size_t i = 0; i < n; i++) {
        char c = body.ptr[i];
        out[i] = c == '\n' || c == '\t' || (unsigned char)c >= 0x20 ? c : ' ';
    }
    while (n && n < body.len && ((unsigned char)body.ptr[n] & 0xC0) == 0x80) {
        n--; /* never half a character */
    }
    for (size_t i = 0, ok = str_utf8_ok(str_from_n(out, n)); i < n && !ok; i++) {
        out[i] = (unsigned char)out[i] < 0x80 ? out[i] : '?'; /* no UTF-8: what is ASCII of it */
    }
    return str_from_n(out, n);
}

static void put(struct value_in *list, size_t *n, const char *field, str text)
{
    list[(*n)++] = (struct value_in){.field = str_from(field), .text = text};
}

void page_ping(struct visit *v)
{
    int64_t heartbeat;
    int64_t status;
    const char *kind = kind_of(v->nseg > 1 ? v->seg[1] : STR(""), &status);
    err e = pass_find(&v->ctx, PASS_PING, v->seg[0], &heartbeat);
    if (e.code == ERR_NOT_FOUND || !kind || !model_type(v->model, STR("ping"))) {
        nobody(v);
        return;
    }
    if (e.code) {
        say(v, err_http(e.code), STR("not recorded, try again\n"));
        return;
    }
    struct value_in *list = arena_array(v->ctx.arena, struct value_in, 6);
    size_t n = 0;
    put(list, &n, "heartbeat", str_fmt(v->ctx.arena, "%lld", (long long)heartbeat));
    list[0] = (struct value_in){.field = STR("heartbeat"), .is_typed = true, .typed.i64 = heartbeat};
    put(list, &n, "kind", str_from(kind));
    if (status >= 0) {
        put(list, &n, "exit_status", str_fmt(v->ctx.arena, "%lld", (long long)status));
    }
    put(list, &n, "sender", v->x->req.peer);
    if (v->x->req.body.len) {
        put(list, &n, "body", body_text(v->ctx.arena, v->x->req.body));
    }
    v->act = (struct act){
        .type = STR("ping"), .action = STR("arrive"), .values = list, .nvalues = n};
    visit_submit(v, arrived);
}

/* --- its address ------------------------------------------------------------------------------ */

static void show(struct visit *v, str secret)
{
    struct record r;
    struct heartbeat_page p = {.visit = v, .id = v->num[0]};
    const struct type *t = model_type(v->model, STR("heartbeat"));
    err e = t ? record_get(&v->ctx, t, p.id, &r) : err_make(ERR_NOT_FOUND, STR("heartbeat"));
    int64_t since = 0;
    e = e.code ? e : pass_since(&v->ctx, PASS_PING, p.id, &since);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.name = r.name;
    p.since = since ? show_when(v, since) : STR("");
    p.url = secret.len ? str_fmt(v->ctx.arena, "%.*s/ping/%.*s", STR_ARG(v->app->public_url),
                                 STR_ARG(secret))
                       : STR("");
    struct frame f;
    struct html out = frame_begin(v, &f, frame_title(v, WORDS("心跳", "Heartbeat"), r.name),
                                  STR("duties"));
    heartbeat_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_heartbeat(struct visit *v)
{
    show(v, STR(""));
}

/* What the regulation allowed is done: only then is there a new address, or none. */
static void given(struct visit *v)
{
    str secret = STR("");
    err e = v->act.result;
    if (!e.code) {
        db_read_end(v->ctx.db);
        e = str_eq(v->act.action, STR("issue"))
                ? pass_make(v->app->engine, v->ctx.arena, v->ctx.now, PASS_PING, v->num[0],
                            v->session.person, &secret)
                : pass_end(v->app->engine, v->ctx.arena, PASS_PING, v->num[0]);
        db_read_begin(v->ctx.db);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    show(v, secret);
}

static void give(struct visit *v, str action)
{
    if (!model_type(v->model, STR("heartbeat"))) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("heartbeat")));
        return;
    }
    v->act = (struct act){.type = STR("heartbeat"), .record = v->num[0], .action = action};
    visit_submit(v, given);
}

void page_heartbeat_issue(struct visit *v)
{
    give(v, STR("issue"));
}

void page_heartbeat_revoke(struct visit *v)
{
    give(v, STR("revoke"));
}
