#include "site.h"

static void no_api(struct visit *v, err e)
{
    (void)e;
    visit_json(v, 500, STR("{}"));
}

void site_make(struct site *s, struct dbs *t)
{
    s->in = inst_make(t, 0);
    s->app = (struct app){.engine = s->in.e,
                          .public_url = STR("http://127.0.0.1"),
                          .organisation = STR("test"),
                          .pages = {page_routes, page_routes_len},
                          .error_page = frame_error,
                          .error_api = no_api};
    size_t n;
    const struct migration *list = people_migrations(&n);
    dbs_ok(db_migrate(t->db, t->a, list, n));
    dbs_ok(people_open(t->life, s->in.e, &s->app.people));
    web_options(&s->app, &s->http);
    dbs_ok(engine_reader(s->in.e, t->life, &s->seat.db));
}
