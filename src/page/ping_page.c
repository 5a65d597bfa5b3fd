/* ping_page.c - what reports by itself: the address that a task calls, and the page on which that
 * address is given out. */
#include "page/ping_page.h"

#include "base/arena.h"
#include "engine/heartbeat.h"
#include "engine/record.h"
#include "page/page.h"
#include "people/security.h"

#include "gen/ping.html.h"

#include <string.h>

enum { STATUS_MAX = 255, SENDER_MAX = 60 };

/* --- a report ------------------------------------------------------------------------------ */

static void say(struct visit *v, int status, str text)
{
    v->x->res.status = status;
    v->x->res.type = STR("text/plain; charset=utf-8");
    v->x->res.body = text;
    v->x->res.file = -1;
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}

/* The same for a secret that is none, one that was ended, and an ending that means nothing. */
static void nobody(struct visit *v)
{
    say(v, 404,
        STR("没有这个报到地址；地址后面只能加 /start、/fail、/log 或者退出码 /0 到 /255。 No such "
            "address to report at; it may end in /start, /fail, /log or an exit status, /0 to "
            "/255.\n"));
}

static void not_now(struct visit *v, err e)
{
    http_header_add(v->x, STR("Retry-After"), STR("10"));
    say(v, err_http(e.code), STR("没有记录，请稍后再试。 Not recorded, try again later.\n"));
}

/* A task by its heartbeat, whoever has no address by his network's. */
static bool too_often(struct visit *v, int64_t heartbeat)
{
    uint64_t who = heartbeat ? rate_token(heartbeat) : rate_address(v->x->req.peer);
    int wait_s = v->app->rates ? rate_take(v->app->rates, RATE_PING, who, v->x->now) : 0;
    if (wait_s) {
        v->refusal = SECURITY_FAST;
        http_header_add(v->x, STR("Retry-After"), str_fmt(v->ctx.arena, "%d", wait_s));
        say(v, 429, STR("报到过于频繁，没有记录。 Too many reports; not recorded.\n"));
    }
    return wait_s > 0;
}

/* It stands in the ledger, durable, before the answer. */
static void arrived(struct visit *v)
{
    err e = v->act.result;
    if (!e.code) {
        say(v, 200, STR("OK\n"));
    } else if (act_is_refusal(e)) { /* stopped a moment ago */
        nobody(v);
    } else {
        not_now(v, e);
    }
}

/* What the end of the address says; NULL: nothing that is known.  *status -1: none. */
static const char *kind_of(str word, int64_t *status)
{
    static const char *const kinds[] = {"start", "fail", "log"};
    *status = -1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq(word, str_from(kinds[i]))) {
            return kinds[i];
        }
    }
    if (word.len > 3 || !str_to_i64(word, status) || *status < 0 || *status > STATUS_MAX) {
        return NULL;
    }
    return *status ? "fail" : "success";
}

/* Its first `most` bytes, at a whole character, as a text: what none can hold is a space, and
 * where it is no UTF-8 only its ASCII stays.  What is left out is said. */
static str body_text(struct arena *a, str body, size_t most)
{
    enum { SAID = 120 };
    size_t n = body.len;
    if (n > most) {
        n = most > SAID ? most - SAID : 0;
        while (n && ((unsigned char)body.ptr[n] & 0xC0) == 0x80) {
            n--;
        }
    }
    char *out = arena_bytes(a, n + 1);
    bool whole = str_utf8_ok(str_from_n(body.ptr, n));
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)body.ptr[i];
        bool line = c == '\n' || c == '\t';
        out[i] = (c < 0x20 && !line) || c == 0x7f ? ' ' : c >= 0x80 && !whole ? '?' : (char)c;
    }
    return n == body.len
               ? str_from_n(out, n)
               : str_fmt(a,
                         "%.*s\n（共 %zu 字节，以下未保存。 Of %zu bytes; the rest is not kept.）",
                         (int)n, out, body.len, body.len);
}

static struct value_in value_of(const char *field, str text)
{
    return (struct value_in){.field = str_from(field), .text = text};
}

static void report(struct visit *v, int64_t heartbeat, const char *kind, int64_t status)
{
    struct arena *a = v->ctx.arena;
    str body = v->x->req.body;
    str sender = v->x->req.peer;
    size_t n = 1;
    struct value_in *list = arena_array(a, struct value_in, 5);
    list[0] =
        (struct value_in){.field = STR("heartbeat"), .is_typed = true, .typed = {.i64 = heartbeat}};
    list[n++] = value_of("kind", str_from(kind));
    list[n++] =
        value_of("sender", sender.len < SENDER_MAX ? sender : str_from_n(sender.ptr, SENDER_MAX));
    if (status >= 0) {
        list[n++] = value_of("exit_status", str_fmt(a, "%lld", (long long)status));
    }
    if (body.len) {
        list[n++] = value_of("body", body_text(a, body, (size_t)heartbeat_body_max(v->model)));
    }
    v->act =
        (struct act){.type = STR("ping"), .action = STR("arrive"), .values = list, .nvalues = n};
    visit_submit(v, arrived);
}

void page_ping(struct visit *v)
{
    int64_t heartbeat;
    int64_t status = -1;
    err e = heartbeat_find(&v->ctx, v->seg[0], &heartbeat);
    if (e.code && e.code != ERR_NOT_FOUND) {
        not_now(v, e);
        return;
    }
    if (too_often(v, heartbeat)) {
        return;
    }
    const char *kind = v->nseg > 1 ? kind_of(v->seg[1], &status) : "success";
    if (!heartbeat || !kind) {
        v->refusal = heartbeat ? SECURITY_NONE : SECURITY_HEARTBEAT;
        nobody(v);
        return;
    }
    report(v, heartbeat, kind, status);
}

/* --- its address ------------------------------------------------------------------------------ */

static bool may(const struct record_view *r, const char *action)
{
    for (size_t i = 0; i < r->nactions; i++) {
        if (str_eq(r->actions[i].action->key, str_from(action))) {
            return r->actions[i].allowed;
        }
    }
    return false;
}

static bool has_address(const struct record *r)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, STR("address"))) {
            return !r->fields[i].value.null;
        }
    }
    return false;
}

/* Where it is not said how the installation is reached: as this person has reached it. */
static str address_of(struct visit *v, str secret)
{
    str host = http_param(&v->x->req.headers, STR("host"));
    str ours = v->app->public_url.len ? v->app->public_url
                                      : str_fmt(v->ctx.arena, "%s://%.*s",
                                                v->x->req.secure ? "https" : "http", STR_ARG(host));
    return str_fmt(v->ctx.arena, "%.*s/ping/%.*s", STR_ARG(ours), STR_ARG(secret));
}

/* The task of the address, as whoever asks sees it. */
static err seen(struct visit *v, struct record_view *ret)
{
    const struct type *t = model_type(v->model, STR("heartbeat"));
    return t && heartbeat_body_max(v->model) ? record_view(&v->ctx, t, v->num[0], ret)
                                             : err_make(ERR_NOT_FOUND, STR("heartbeat"));
}

/* secret: just made; empty: none. */
static void show(struct visit *v, str secret)
{
    struct record_view r;
    struct heartbeat_page p = {
        .visit = v, .id = v->num[0], .most = heartbeat_body_max(v->model), .url = STR("")};
    err e = seen(v, &r);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.name = r.rec.name;
    p.has = has_address(&r.rec);
    p.issue = may(&r, "issue");
    p.revoke = p.has && may(&r, "revoke");
    if (secret.len) {
        p.url = address_of(v, secret);
    }
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("报到地址", "Address of reports"), p.name), STR("duties"));
    heartbeat_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_heartbeat(struct visit *v)
{
    show(v, STR(""));
}

static void given(struct visit *v)
{
    const str *secret = v->user;
    if (v->act.result.code) {
        visit_error(v, v->act.result);
        return;
    }
    show(v, *secret);
}

/* To whom it is not shown it is not there: a refusal would say that it is. */
static void give(struct visit *v, str action, str secret)
{
    struct record_view r;
    err e = seen(v, &r);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str *kept = arena_new(v->ctx.arena, str);
    *kept = secret;
    v->user = kept;
    v->act = (struct act){.type = STR("heartbeat"), .record = v->num[0], .action = action};
    if (secret.len) {
        struct value_in *fresh = arena_new(v->ctx.arena, struct value_in);
        *fresh = (struct value_in){.field = STR("address"),
                                   .text = heartbeat_fingerprint(v->ctx.arena, secret)};
        v->act.values = fresh;
        v->act.nvalues = 1;
    }
    visit_submit(v, given);
}

void page_heartbeat_issue(struct visit *v)
{
    give(v, STR("issue"), heartbeat_secret(v->ctx.arena));
}

void page_heartbeat_revoke(struct visit *v)
{
    give(v, STR("revoke"), STR(""));
}

bool page_heartbeat_instead(struct visit *v)
{
    bool mine = str_eq(v->seg[0], STR("heartbeat")) && str_eq(v->seg[2], STR("issue"));
    if (mine) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/duties/heartbeat/%lld", (long long)v->num[1]));
    }
    return mine;
}
