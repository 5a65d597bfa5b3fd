/* part.c - a part of a visit: a snapshot around a function, and who asks in it.  A page that
 * only reads is begun on a guess; whether it was right is seen in the page's own first batch. */
#include "web/visit_int.h"

#include <sodium.h>

void part_begin(struct visit *v)
{
    struct seat *seat = v->x->local;
    v->model = engine_model(v->app->engine);
    v->ctx = ctx_make(v->app->engine, v->model, seat->db, &v->x->arena, v->x->now,
                      v->session.person, v->signed_in ? v->session.lang : v->x->lang);
    v->ctx.reading = v->session.reading;
    db_tag(seat->db, v->x->req.id);
    db_read_begin(seat->db);
}

void part_end(void *visit)
{
    struct visit *v = visit;
    if (v->model) {
        struct seat *seat = v->x->local;
        if (db_in_read(seat->db)) { /* not where a page waits without one, and the arena is full */
            db_read_end(seat->db);
        }
        engine_release(v->app->engine, v->model);
        v->model = NULL;
    }
}

/* A publication may come between taking the model and opening the snapshot.  The
 * snapshot tells (`place`: the epoch, asked in its first batch), and the part
 * begins again on the newer model. */
static err settle(struct visit *v, struct batch *b, int place, bool *again)
{
    struct rows r = batch_rows(b, place);
    int64_t epoch;
    *again = rows_next(&r) && str_to_i64(rows_text(&r, 0), &epoch) && epoch > v->model->epoch;
    if (!*again) {
        return OK;
    }
    part_end(v);
    err e = engine_catch_up(v->app->engine, epoch);
    part_begin(v);
    return e;
}

static int ask_epoch(struct batch *b)
{
    return batch_add(b, SQL("select value from installation where key = 'epoch'"), NO_ARGS);
}

bool part_framed(const struct visit *v)
{
    return v->signed_in && v->route && !(v->route->flags & (ROUTE_API | ROUTE_PUBLIC));
}

static void sit(struct visit *v)
{
    v->ctx.actor = v->session.person;
    v->ctx.reading = v->session.reading;
    v->ctx.lang = v->session.lang;
    v->x->lang = v->session.lang;
}

/* A page that only reads is begun on a guess; conclude() looks whether it was right. */
static bool guessed(struct visit *v, bool by_token)
{
    struct seat *seat = v->x->local;
    bool reads = v->x->req.method == HTTP_GET || v->x->req.method == HTTP_HEAD;
    const struct guess *g = reads && !v->sure ? guess_find(seat->guesses, v->token) : NULL;
    if (!g || g->session.token != by_token) {
        return false;
    }
    struct arena *a = v->ctx.arena;
    struct session s = g->session;
    s.login = str_copy(a, s.login);
    s.csrf = str_copy(a, s.csrf);
    s.theme = str_copy(a, s.theme);
    s.scopes = str_copy(a, s.scopes);
    s.name = str_copy(a, s.name);
    v->session = s;
    v->signed_in = true;
    sit(v);
    struct prelude *p = &v->prelude;
    *p = (struct prelude){.b = batch_begin(v->ctx.db, a), .frame = part_framed(v)};
    p->epoch = ask_epoch(p->b);
    p->session =
        by_token ? token_ask(&v->ctx, p->b, v->token) : session_ask(&v->ctx, p->b, v->token);
    if (p->frame) {
        p->figures = desk_counts_ask(&v->ctx, p->b);
    }
    batch_ride(p->b);
    return true;
}

/* Somebody is there: his session goes on. */
static void seen(struct visit *v, const struct session *s)
{
    if (!v->route || !(v->route->flags & ROUTE_QUIET)) {
        people_seen(v->app->people, &v->ctx, s, v->token);
    }
}

bool part_right(struct visit *v)
{
    struct prelude *p = &v->prelude;
    struct session s;
    if (!p->b) {
        return true;
    }
    struct rows r = {0};
    int64_t epoch = 0;
    bool ok = !batch_join(p->b).code;
    if (ok) {
        r = batch_rows(p->b, p->epoch);
        ok = rows_next(&r) && str_to_i64(rows_text(&r, 0), &epoch) && epoch <= v->model->epoch;
    }
    ok = ok && (v->session.token ? token_read(&v->ctx, p->b, p->session, &s)
                                 : session_read(&v->ctx, p->b, p->session, &s));
    ok = ok && guess_same(&s, &v->session);
    if (ok) {
        seen(v, &s);
    }
    return ok;
}

/* The token a program sent; empty: none. */
static str token_sent(struct visit *v)
{
    str sent = http_param(&v->x->req.headers, STR("authorization"));
    unsigned flags = v->route ? v->route->flags : 0;
    if ((flags & ROUTE_API) && str_starts(sent, STR("Bearer "))) {
        return str_trim(str_from_n(sent.ptr + 7, sent.len - 7));
    }
    char plain[300];
    size_t n = 0;
    if (!(flags & ROUTE_FEED) || !str_starts(sent, STR("Basic ")) ||
        sodium_base642bin((unsigned char *)plain, sizeof(plain), sent.ptr + 6, sent.len - 6, NULL,
                          &n, NULL, sodium_base64_VARIANT_ORIGINAL)) {
        return STR("");
    }
    str password;
    str_cut(str_from_n(plain, n), ':', &password);
    return str_copy(v->ctx.arena, password);
}

err part_identify(struct visit *v)
{
    if (v->route && (v->route->flags & ROUTE_PASS)) {
        return OK;
    }
    v->token = token_sent(v);
    bool by_token = v->token.len > 0;
    v->token = by_token ? v->token : http_cookie(v->x, STR("zhidu"));
    if (!v->token.len || v->token.len > 200) {
        return OK;
    }
    if (guessed(v, by_token)) {
        return OK;
    }
    struct batch *b = NULL;
    struct session_ask ask = {0};
    for (bool again = true; again;) {
        b = batch_begin(v->ctx.db, v->ctx.arena);
        int epoch = ask_epoch(b);
        ask = by_token ? token_ask(&v->ctx, b, v->token) : session_ask(&v->ctx, b, v->token);
        err e = batch_run(b);
        e = e.code ? e : settle(v, b, epoch, &again);
        if (e.code) {
            return e;
        }
    }
    v->signed_in = by_token ? token_read(&v->ctx, b, ask, &v->session)
                            : session_read(&v->ctx, b, ask, &v->session);
    struct seat *seat = v->x->local;
    if (!v->signed_in) {
        guess_forget(seat->guesses, v->token);
        v->session = (struct session){0};
        return OK;
    }
    guess_keep(seat->guesses, v->token, &v->session);
    sit(v);
    seen(v, &v->session);
    return OK;
}

err part_figures(struct visit *v, bool first)
{
    err e = OK;
    for (bool again = true; again && !e.code;) {
        struct batch *b = batch_begin(v->ctx.db, v->ctx.arena);
        int epoch = first ? ask_epoch(b) : -1;
        struct desk_ask ask = desk_counts_ask(&v->ctx, b);
        e = batch_run(b);
        again = false;
        e = e.code || !first ? e : settle(v, b, epoch, &again);
        if (!e.code && !again) {
            v->counts = desk_counts_read(b, ask);
            v->counted = true;
        }
    }
    return e;
}

struct desk_counts visit_counts(struct visit *v)
{
    struct prelude *p = &v->prelude;
    if (v->ctx.reading.on) { /* his tasks rest */
        return (struct desk_counts){0};
    }
    if (!v->counted && p->b && p->frame && !batch_join(p->b).code) {
        v->counts = desk_counts_read(p->b, p->figures);
        v->counted = true;
    }
    return v->counts;
}
