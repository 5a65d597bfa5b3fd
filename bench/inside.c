#include "inside.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/health.h"
#include "page/frame.h"
#include "page/page.h"

#include "floor.h"
#include "load.h"

#include <unistd.h>

static struct http_params query_of(struct arena *a, str *path)
{
    struct http_params q = {0};
    str text;
    *path = str_cut(*path, '?', &text);
    if (!text.ptr || !http_parse_form(a, text, &q)) {
        return (struct http_params){0};
    }
    return q;
}

void inside_open(struct plant *p, struct inside *ret)
{
    *ret = (struct inside){.p = p,
                           .app = {.engine = p->in.engine,
                                   .people = p->in.people,
                                   .health = health_make(&p->life),
                                   .organisation = p->config.organisation,
                                   .pages = {page_routes, page_routes_len},
                                   .api = {api_routes, api_routes_len},
                                   .error_page = frame_error,
                                   .error_api = api_error},
                           .round = arena_make(48u << 20)}; /* as a request has */
    engine_health(p->in.engine, ret->app.health);
    people_health(p->in.people, ret->app.health);
    web_options(&ret->app, &ret->http);
    ret->seat = ret->http.worker_start(&ret->app, 0);
}

err inside_sign_in(struct inside *in, str login, str *ret_token)
{
    struct plant *p = in->p;
    struct signed_in signed_in;
    err e = people_sign_in(
        p->in.people, p->db, &p->life, clock_now(),
        &(struct sign_in){login, STR("zhidu-demo-2026"), STR("127.0.0.1"), STR("bench"), LANG_ZH},
        &signed_in);
    if (!e.code) {
        *ret_token = signed_in.token;
    }
    return e;
}

struct inside_answer inside_ask(struct inside *in, str token, str path)
{
    struct http_param cookie = {STR("zhidu"), token};
    struct http_exchange x = {.arena = in->round,
                              .now = clock_now(),
                              .app = &in->app,
                              .local = in->seat,
                              .res = {.file = -1}};
    x.req = (struct http_request){
        .method = HTTP_GET, .path = path, .peer = STR("127.0.0.1"), .id = ++in->asked};
    x.req.query = query_of(&x.arena, &x.req.path);
    if (token.len) {
        x.req.cookies = (struct http_params){&cookie, 1};
    }
    in->http.handle(&x);
    struct inside_answer ret = {x.res.status, x.res.body.len};
    if (x.res.file >= 0) {
        ret.bytes = (size_t)x.res.file_size;
        close(x.res.file);
    }
    arena_reset(&x.arena);
    in->round = x.arena;
    return ret;
}

void inside_close(struct inside *in)
{
    in->http.worker_end(&in->app, in->seat);
    arena_end(&in->round);
}

err inside_get(struct plant *p, str login, str path, int64_t times, bool print_sql,
               struct inside_result *ret)
{
    struct inside in;
    str token;
    inside_open(p, &in);
    err e = inside_sign_in(&in, login, &token);
    double began = 0;
    *ret = (struct inside_result){0};
    for (int64_t i = 0; !e.code && i < times; i++) {
        struct db_counts before = db_counts(in.seat->db);
        floor_print(print_sql && i + 1 == times);
        struct inside_answer answer = inside_ask(&in, token, path);
        floor_print(false);
        struct db_counts after = db_counts(in.seat->db);
        ret->status = answer.status;
        ret->bytes = answer.bytes;
        ret->statements = after.statements - before.statements;
        ret->trips = after.trips - before.trips;
        ret->prepared = after.prepared - before.prepared;
        if (i == 0) {
            began = load_cpu_s(getpid());
        }
        if (i == times / 5) {
            ret->grown = -load_resident(getpid());
        }
    }
    ret->grown += load_resident(getpid());
    ret->cpu_us = times > 1 ? (load_cpu_s(getpid()) - began) * 1e6 / (double)(times - 1) : 0;
    inside_close(&in);
    return e;
}
