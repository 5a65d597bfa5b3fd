#include "plants.h"

#include "base/buf.h"
#include "engine/attach.h"
#include "engine/record.h"

#include "guarded.h"

#include <stdio.h>
#include <string.h>

enum { ACTS = 500, ROUTES_MAX = 128 };

/* --- other functions in the table of routes ---------------------------------------------- */

static void text(struct visit *v, int status, str body)
{
    visit_html(v, status, body);
}

/* An attachment's bytes by its number, or by their hash, whoever asks. */
static void bytes_of(struct visit *v, struct sql sql, struct db_args args)
{
    struct rows r;
    err e = db_query(v->ctx.db, v->ctx.arena, sql, args, &r);
    if (e.code || !rows_next(&r)) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("bytes")));
        return;
    }
    text(v, 200, rows_text(&r, 0));
}

static void file_without_asking(struct visit *v)
{
    bytes_of(v,
             SQL("select b.body from attachment a join blob b on b.sha256 = a.sha256"
                 " where a.id = $1"),
             ARGS(db_i64(v->num[0])));
}

static void file_by_hash(struct visit *v)
{
    bytes_of(v, SQL("select body from blob where sha256 = $1"), ARGS(db_text(v->seg[0])));
}

/* Names of all records of a type, to choose from. */
static void suggest_everything(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct sqlb q = sqlb_make(v->ctx.arena);
    struct buf b = buf_make(v->ctx.arena, 1 << 20);
    struct rows r;
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    SQLB_LIT(&q, "select name from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " order by id desc limit 50");
    if (!db_query(v->ctx.db, v->ctx.arena, sqlb_end(&q), NO_ARGS, &r).code) {
        while (rows_next(&r)) {
            buf_put_fmt(&b, "<option>%.*s", STR_ARG(rows_text(&r, 0)));
        }
    }
    text(v, 200, buf_str(&b));
}

static bool is_there(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct sqlb q = sqlb_make(v->ctx.arena);
    struct rows r;
    if (!t) {
        return false;
    }
    SQLB_LIT(&q, "select 1 from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " where id = $1");
    return !db_query(v->ctx.db, v->ctx.arena, sqlb_end(&q), ARGS(db_i64(v->num[1])), &r).code &&
           rows_next(&r);
}

static void page_of_nobody(struct visit *v)
{
    text(v, 200, STR("new"));
}

static void (*as_before)(struct visit *v);

static bool seen(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct record rec;
    return t && !record_get(&v->ctx, t, v->num[1], &rec).code;
}

/* "You may not" instead of "there is none". */
static void says_it_is_there(struct visit *v)
{
    if (!seen(v) && is_there(v)) {
        visit_error(v, err_make(ERR_DENIED, STR("not for you")));
        return;
    }
    as_before(v);
}

/* The same answer, but more work for one that is there. */
static void takes_longer(struct visit *v)
{
    if (is_there(v)) {
        (void)is_there(v);
    }
    as_before(v);
}

/* --- the holes --------------------------------------------------------------------------- */

struct ground {
    struct site *s;
    struct visit_route pages[ROUTES_MAX], api[ROUTES_MAX];
};

static struct visit_route *route_of(struct ground *g, bool api, enum http_method method,
                                    const char *pattern)
{
    struct routes *list = api ? &g->s->app.api : &g->s->app.pages;
    struct visit_route *copy = api ? g->api : g->pages;
    for (size_t i = 0; i < list->len; i++) {
        if (copy[i].method == method && strcmp(copy[i].pattern, pattern) == 0) {
            as_before = copy[i].run;
            return &copy[i];
        }
    }
    fail_msg("no route %s", pattern);
    return NULL;
}

static void add_route(struct ground *g, const char *pattern, void (*run)(struct visit *v))
{
    struct routes *list = &g->s->app.pages;
    assert_true(list->len < ROUTES_MAX);
    g->pages[list->len++] =
        (struct visit_route){.method = HTTP_GET, .pattern = pattern, .run = run};
}

static void plant_hash(struct ground *g)
{
    add_route(g, "/blob/~", file_by_hash);
}
static void plant_no_rule(struct ground *g)
{
    add_route(g, "/new/and/forgotten", page_of_nobody);
}
static void plant_file(struct ground *g)
{
    route_of(g, false, HTTP_GET, "/file/#")->run = file_without_asking;
}
static void plant_suggest(struct ground *g)
{
    route_of(g, false, HTTP_GET, "/r/~/suggest")->run = suggest_everything;
}
static void plant_denied(struct ground *g)
{
    route_of(g, true, HTTP_GET, "/api/v1/r/~/#")->run = says_it_is_there;
}
static void plant_time(struct ground *g)
{
    route_of(g, true, HTTP_GET, "/api/v1/r/~/#/acts")->run = takes_longer;
}
static void plant_open_door(struct ground *g)
{
    route_of(g, false, HTTP_GET, "/inbox")->flags |= ROUTE_PUBLIC;
}
static void plant_scope(struct ground *g)
{
    route_of(g, true, HTTP_POST, "/api/v1/r/~/#/do/~")->flags &= ~(unsigned)ROUTE_WRITE;
}

static const struct plant {
    const char *name;
    const char *folder, *was, *is;   /* words of a definition, or */
    void (*routes)(struct ground *); /* another function in the table */
    void (*look)(struct probe *p);
} plants[] = {
    {"no visibility condition on a type", "fault_reporting",
     "see: reporter or handler or creator or members(unit) or members(queue) or head_of(unit) or "
     "leader_of(unit) or post('service_desk') or post('technician') or "
     "post('information_centre') or role('auditor')",
     "see: everyone", NULL, probe_records},
    {"a post too many in a visibility condition", "equipment", "post('service_desk') or role",
     "post('service_desk') or role('liaison') or role", NULL, probe_lists},
    {"a right forgotten in a visibility condition", "equipment",
     "or members(unit) or head_of(unit) or leader_of(unit) or post('equipment_keeper')",
     "or head_of(unit) or leader_of(unit) or post('equipment_keeper')", NULL, probe_records},
    {"a condition through a reference left out", "fault_reporting",
     "or members(unit) or members(queue) or head_of(unit)", "or members(unit) or head_of(unit)",
     NULL, probe_records},
    {"a hidden field shown", "seed_bank", "{type: money, see: post('keeper') or role('auditor'), ",
     "{type: money, ", NULL, probe_records},
    {"an action for everyone", "equipment", "who: post('equipment_keeper') or technician",
     "who: everyone", NULL, probe_acts},
    {"a field that no form asked for", "equipment", "may: [asset_number, unit, serial_number",
     "may: [commissioned, asset_number, unit, serial_number", NULL, probe_acts},
    {"an unguarded effect", "organisation",
     "asks: [title]\n        may: [code, parent, kind, phone, place, sort]\n        guarded: "
     "[organisation]",
     "asks: [title]\n        may: [code, parent, kind, phone, place, sort]", NULL, NULL},
    {"a file by its hash", NULL, NULL, NULL, plant_hash, probe_files},
    {"a route without a rule", NULL, NULL, NULL, plant_no_rule, probe_files},
    {"a file without asking for its record", NULL, NULL, NULL, plant_file, probe_files},
    {"suggestions without a visibility condition", NULL, NULL, NULL, plant_suggest, probe_lists},
    {"an answer that says it is there", NULL, NULL, NULL, plant_denied, probe_records},
    {"an answer that takes longer", NULL, NULL, NULL, plant_time, probe_records},
    {"a page without a door", NULL, NULL, NULL, plant_open_door, probe_doors},
    {"a token that only reads, and acts", NULL, NULL, NULL, plant_scope, probe_doors},
};
enum { PLANTS = sizeof(plants) / sizeof(plants[0]) };

/* --- planting ---------------------------------------------------------------------------- */

static void revise(struct arena *a, struct sources *s, const struct plant *k)
{
    str was = str_from(k->was);
    for (size_t i = 0; i < s->len; i++) {
        struct source *x = &s->ptr[i];
        if (!str_eq(x->name, str_from(k->folder))) {
            continue;
        }
        str d = x->definition;
        for (size_t at = 0; at + was.len <= d.len; at++) {
            if (memcmp(d.ptr + at, was.ptr, was.len) == 0) {
                struct buf b = buf_make(a, 1 << 20);
                buf_put(&b, str_from_n(d.ptr, at));
                buf_put(&b, str_from(k->is));
                buf_put(&b, str_from_n(d.ptr + at + was.len, d.len - at - was.len));
                x->definition = buf_str(&b);
                return;
            }
        }
    }
    fail_msg("the words to plant '%s' stand nowhere", k->name);
}

static void route_table(struct ground *g)
{
    struct app *app = &g->s->app;
    assert_true(app->pages.len < ROUTES_MAX && app->api.len < ROUTES_MAX);
    memcpy(g->pages, app->pages.ptr, app->pages.len * sizeof(*g->pages));
    memcpy(g->api, app->api.ptr, app->api.len * sizeof(*g->api));
    app->pages.ptr = g->pages;
    app->api.ptr = g->api;
}

/* The routes the other parts ask for are not this plant's matter: only those
 * that stand in no table of the product. */
static void only_new_routes(struct probe *p)
{
    const struct visit_route *r;
    for (size_t i = 0; (r = probe_route(p, i)); i++) {
        bool ours =
            strcmp(r->pattern, "/blob/~") == 0 || strcmp(r->pattern, "/new/and/forgotten") == 0;
        p->asked[i] += !ours;
        p->at_door[i] += !ours;
    }
    probe_routes(p);
}

static bool found(struct dbs *t, const struct plant *k, char *first)
{
    struct arena life = arena_make(1u << 30);
    struct dbs own = *t;
    own.life = &life;
    struct sources oracle = site_sources(&life);
    struct sources served = site_sources(&life);
    struct diags d = diags_make(&life);
    const struct model *model = model_build(&life, &oracle, &d);
    if (k->was) {
        revise(&life, &served, k);
    }
    struct site s = site_make(&own, &served);
    struct ground *g = arena_new(&life, struct ground);
    struct walk w = {.s = &s, .random = 88172645463325252u};
    w.most = k->folder ? model_reg(model, str_from(k->folder)) : NULL;
    site_admit_all(&s);
    walk_on(&w, model, ACTS);
    g->s = &s;
    route_table(g);
    if (k->routes) {
        k->routes(g);
    }
    struct facts f = facts_read(&s, &life, model);
    struct probe p = probe_make(&s, &f, &life);
    p.thin = 5;
    p.near = w.most; /* one pair of person and record may be all that shows it */
    p.first_only = true;
    if (k->look) {
        k->look(&p);
        only_new_routes(&p);
    } else {
        probe_guarded(&p, &served);
    }
    snprintf(first, FIND_LEN, "%s", p.finds ? p.found[0].said[0] : "not found");
    bool any = p.finds > 0;
    probe_end(&p);
    s.http.worker_end(&s.app, s.seat);
    arena_end(&life);
    return any;
}

int plants_found(struct dbs *t, int *ret_planted)
{
    int n = 0;
    char first[FIND_LEN];
    for (size_t i = 0; i < PLANTS; i++) {
        bool yes = found(t, &plants[i], first);
        n += yes;
        printf("  %s %s\n      %.150s\n", yes ? "found" : "MISSED", plants[i].name, first);
    }
    *ret_planted = PLANTS;
    return n;
}
