#include "inside.h"

#include "api/api.h"
#include "base/clock.h"
#include "page/frame.h"
#include "page/page.h"

#include "floor.h"
#include "load.h"
#include "web/visit.h"

#include <unistd.h>

static err person_of(struct plant *p, str login, int64_t *ret)
{
    struct rows r;
    err e = db_query(p->db, &p->life, SQL("select \"id\" from \"r_person\" where \"f_login\" = $1"),
                     ARGS(db_text(login)), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e.code || *ret ? e : err_make(ERR_NOT_FOUND, login);
}

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

err inside_get(struct plant *p, str login, str path, int64_t times, bool print_sql,
               struct inside_result *ret)
{
    struct app app = {.engine = p->in.engine,
                      .people = p->in.people,
                      .organisation = p->config.organisation,
                      .pages = {page_routes, page_routes_len},
                      .api = {api_routes, api_routes_len},
                      .error_page = frame_error,
                      .error_api = api_error};
    struct http_options opt = {0};
    struct arena round = arena_make(64u << 20);
    struct signed_in signed_in;
    int64_t person;
    err e = person_of(p, login, &person);
    if (!e.code) {
        e = people_sign_in(
            p->in.people, p->db, &p->life, clock_now(),
            &(struct sign_in){login, STR("zhidu-demo-2026"), STR("127.0.0.1"), STR("bench")},
            &signed_in);
    }
    if (e.code) {
        arena_end(&round);
        return e;
    }
    web_options(&app, &opt);
    void *seat = opt.worker_start(&app, 0);
    struct db *db = ((struct seat *)seat)->db;
    struct http_param cookie = {STR("zhidu"), signed_in.token};
    struct http_params query = query_of(&p->life, &path);
    double began = 0;
    *ret = (struct inside_result){0};
    for (int64_t i = 0; i < times; i++) {
        struct http_exchange x = {.req = {.method = HTTP_GET,
                                          .path = path,
                                          .query = query,
                                          .cookies = {&cookie, 1},
                                          .peer = STR("127.0.0.1"),
                                          .id = i + 1},
                                  .arena = round,
                                  .now = clock_now(),
                                  .app = &app,
                                  .local = seat};
        struct db_counts before = db_counts(db), after;
        floor_print(print_sql && i + 1 == times);
        opt.handle(&x);
        floor_print(false);
        after = db_counts(db);
        ret->status = x.res.status;
        ret->bytes = x.res.body.len;
        ret->statements = after.statements - before.statements;
        ret->trips = after.trips - before.trips;
        ret->prepared = after.prepared - before.prepared;
        arena_reset(&x.arena);
        round = x.arena;
        if (i == 0) {
            began = load_cpu_s(getpid());
        }
    }
    ret->cpu_us = times > 1 ? (load_cpu_s(getpid()) - began) * 1e6 / (double)(times - 1) : 0;
    opt.worker_end(&app, seat);
    arena_end(&round);
    return OK;
}
