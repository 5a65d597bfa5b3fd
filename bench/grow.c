#include "grow.h"

#include "base/clock.h"
#include "base/uid.h"
#include "engine/engine.h"

#include "inside.h"
#include "steps.h"

#include <string.h>

/* --- what is asked for ----------------------------------------------------------------------- */

enum { WHOLE = 1, WINDOWS = 2 };
struct errand {
    const char *path; /* as in routes, # being an id by the errand's `of` */
    const char *ask;  /* "#fault" and the like are filled in; NULL: as it stands */
    int kind;         /* WHOLE: all rows are what is asked for.  WINDOWS: reads a bounded
                         number of rows: windows of a list, hits of a search for 40 ms,
                         the 5,000 newest to choose from */
};

static const struct errand errands[] = {
    {"/inbox", "/inbox?box=mine", 0},
    {"/inbox", "/inbox?box=done", 0},
    {"/inbox", "/inbox?box=watched", 0},
    {"/inbox", "/inbox?box=copied", 0},
    {"/notifications", "/notifications?before=9000000000000000", 0},
    {"/r/~", "/r/fault", 0},
    {"/r/~", "/r/fault?open=1", 0},
    {"/r/~", "/r/fault?mine=1", 0},
    {"/r/~", "/r/fault?o=created_at", WINDOWS},
    {"/r/~", "/r/fault?o=-created_at", WINDOWS},
    {"/r/~", "/r/fault?w.state=withdrawn", WINDOWS},
    {"/r/~", "/r/fault?w.state=accepted", WINDOWS},
    {"/r/~", "/r/fault?w.state=closed", WINDOWS},
    {"/r/~", "/r/fault?w.place=nowhere", WINDOWS},
    {"/r/~", "/r/fault?f=contact%20%3D%3D%20'9999'", WINDOWS},
    {"/r/~", "/r/fault?n=1", WINDOWS},
    {"/r/~", "/r/fault?q=%E6%89%93%E5%8D%B0%E6%9C%BA", WINDOWS},
    {"/r/~", "/r/device", 0},
    {"/r/~", "/r/person", 0},
    {"/r/~/export", "/r/fault/export", WHOLE},
    {"/r/~/export.xlsx", "/r/fault/export.xlsx", WHOLE},
    {"/r/~/labels", "/r/device/labels?id=#device", 0},
    {"/r/~/#/label", "/r/device/#device/label", 0},
    {"/r/~/#/pdf", "/r/fault/#fault/pdf", 0},
    {"/r/~/new/~", "/r/fault/new/report", 0},
    {"/r/~/new/~", "/r/fault/new/report_for", 0},
    {"/r/~/suggest", "/r/person/suggest?q=li", 0},
    {"/r/~/suggest", "/r/fault/suggest?q=%E6%89%93%E5%8D%B0%E6%9C%BA", WINDOWS},
    {"/r/~/suggest", "/r/fault/suggest?q=F", WINDOWS},
    {"/r/~/suggest", "/r/fault/suggest?q=zzzz", WINDOWS},
    {"/r/~/#", "/r/fault/#fault", 0},
    {"/r/~/#", "/r/fault/#fault?print=1", 0},
    {"/r/~/#", "/r/person/#person", 0},
    {"/r/~/#", "/r/device/#device", 0},
    {"/r/~/#/live", "/r/fault/#fault/live", 0},
    {"/r/~/#/live", "/r/wish/#wish/live", 0},
    {"/r/~/#/activity", "/r/fault/#fault/activity?before=9000000000000000", 0},
    {"/r/~/#/do/~", "/r/fault/#fault/do/accept", 0},
    {"/r/~", "/r/wish", 0},
    {"/r/~/#", "/r/wish/#wish", 0},
    {"/r/~/#/approval", "/r/wish/#wish/approval", 0},
    {"/r/~/#/approval/resubmit", "/r/wish/#wish/approval/resubmit", 0},
    {"/r/~/#/approval/~", "/r/wish/#wish/approval/vote", 0},
    {"/file/#", "/file/1", 0},
    {"/file/#/picture", "/file/1/picture", 0},
    {"/me/jobs/#/file", "/me/jobs/1/file", 0},
    {"/proof/#", "/proof/#seq", 0},
    {"/proof/#/file", "/proof/#seq/file", 0},
    {"/compliance", "/compliance", 0},
    {"/compliance", "/compliance?by=standard", 0},
    {"/compliance", "/compliance?by=unit", 0},
    {"/compliance", "/compliance?by=lived", 0},
    {"/compliance/export.xlsx", "/compliance/export.xlsx", WHOLE},
    {"/compliance/export.xlsx", "/compliance/export.xlsx?by=standard", WHOLE},
    {"/compliance/export.xlsx", "/compliance/export.xlsx?by=unit", WHOLE},
    {"/compliance/regulations/~", "/compliance/regulations/fault_reporting", 0},
    {"/compliance/standards/~", "/compliance/standards/ISO27001", 0},
    {"/api/v1/compliance", "/api/v1/compliance", 0},
    {"/duties", "/duties", 0},
    {"/calendar", "/calendar", 0},
    {"/api/v1/calendar.ics", "/api/v1/calendar.ics", 0},
    {"/duties/~", "/duties/equipment_is_counted", 0},
    {"/duties/heartbeat/#", "/duties/heartbeat/1", 0}, /* none in the data grown */
    {"/ping/~", "/ping/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0},
    {"/ping/~/~", "/ping/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/fail", 0},
    {"/api/v1/duties", "/api/v1/duties", 0},
    {"/api/v1/duties/~", "/api/v1/duties/equipment_is_counted", 0},
    {"/controls", "/controls", 0},
    {"/controls/~", "/controls/faults_accepted", 0},
    {"/controls/~/evidence.zip", NULL, 0}, /* made only by a job */
    {"/api/v1/controls", "/api/v1/controls", 0},
    {"/api/v1/controls/~", "/api/v1/controls/faults_accepted", 0},
    {"/law/~", "/law/fault_reporting", 0},
    {"/law/~/v/#", "/law/fault_reporting/v/1", 0},
    {"/law/~/v/#/changes", "/law/fault_reporting/v/1/changes", 0},
    {"/search", "/search?q=%E6%89%93%E5%8D%B0%E6%9C%BA", WINDOWS},
    {"/search", "/search?q=%E6%89%93%E5%8D%B0%E6%9C%BA+zzzz", WINDOWS},
    {"/search", "/search?q=zzzz", 0},
    {"/help/~", "/help/user", 0},
    {"/admin/settings/~/~", "/admin/settings/organisation/calendar.week", 0},
    {"/admin/account/#", "/admin/account/#person", 0},
    {"/admin/seats/#", "/admin/seats/#person", 0},
    {"/admin/security", "/admin/security?kind=8", 0},
    {"/admin/security", "/admin/security?kind=23", WINDOWS},
    {"/admin/security", "/admin/security?login=han.mei", WINDOWS},
    {"/admin/security/export", NULL, WHOLE},
    {"/assets/~/~", NULL, 0},
    {"/assets/~/~/~", NULL, 0},
    {"/api/v1/tasks", "/api/v1/tasks?box=mine", 0},
    {"/api/v1/search", "/api/v1/search?q=%E6%89%93%E5%8D%B0%E6%9C%BA", WINDOWS},
    {"/api/v1/types/~", "/api/v1/types/fault", 0},
    {"/api/v1/r/~", "/api/v1/r/fault?limit=200", 0},
    {"/api/v1/r/~", "/api/v1/r/fault?order=created_at&open=1", WINDOWS},
    {"/api/v1/r/~/new/~", "/api/v1/r/fault/new/report", 0},
    {"/api/v1/r/~/#", "/api/v1/r/fault/#fault?view=full", 0},
    {"/api/v1/r/~/#/pdf", "/api/v1/r/fault/#fault/pdf", 0},
    {"/api/v1/r/~/#/acts", "/api/v1/r/fault/#fault/acts", 0},
    {"/api/v1/r/~/#/do/~", "/api/v1/r/fault/#fault/do/accept", 0},
    {"/api/v1/r/~/#/approvals", "/api/v1/r/wish/#wish/approvals", 0},
    {"/api/v1/attachments/#", "/api/v1/attachments/1", 0},
    {"/api/v1/regulations/~", "/api/v1/regulations/fault_reporting", 0},
    {"/api/v1/regulations/~/~", "/api/v1/regulations/fault_reporting/1", 0},
    {"/api/v1/ledger/~", "/api/v1/ledger/#seq", 0},
    {"/api/v1/ledger/~/proof", "/api/v1/ledger/#seq/proof", 0},
};
enum { ERRANDS = sizeof(errands) / sizeof(errands[0]) };

const char *const grow_reporters[] = {"li.lei", "xu.jing", "gao.yuan"};
const size_t grow_nreporters = sizeof(grow_reporters) / sizeof(grow_reporters[0]);

/* Staff, service desk, administrator, security officer. */
static const char *const people[] = {"li.lei", "wu.tao", "xu.jing", "gao.yuan"};
enum { PEOPLE = sizeof(people) / sizeof(people[0]), ITEMS_MAX = 1000, ACTS = 20 };

/* --- one folder ---------------------------------------------------------------------------------
 */

struct item { /* the same place in the lists of both folders */
    const char *name, *who;
    int kind, status;
    struct steps cost;
};
struct folder {
    struct arena life;
    struct plant plant;
    struct inside in;
    str tokens[PEOPLE];
    int64_t fault, device, person, seq, wish;
    struct item items[ITEMS_MAX];
    size_t n;
    err e;
};

static int64_t one(struct folder *f, struct sql sql)
{
    struct rows r;
    err e = db_query(f->plant.db, &f->plant.life, sql, NO_ARGS, &r);
    f->e = f->e.code ? f->e : e;
    return !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
}

static str fill(struct folder *f, const char *shape)
{
    const struct {
        const char *name;
        int64_t n;
    } names[] = {{"#fault", f->fault},
                 {"#device", f->device},
                 {"#person", f->person},
                 {"#seq", f->seq},
                 {"#wish", f->wish}};
    str text = str_from(shape);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *at = strstr(text.ptr, names[i].name);
        if (at) {
            text = str_fmt(&f->life, "%.*s%lld%s", (int)(at - text.ptr), text.ptr,
                           (long long)names[i].n, at + strlen(names[i].name));
        }
    }
    return text;
}

static struct item *item(struct folder *f, const char *name, const char *who, int kind)
{
    struct item *it = &f->items[f->n < ITEMS_MAX - 1 ? f->n++ : f->n];
    *it = (struct item){.name = name, .who = who, .kind = kind};
    return it;
}

/* Not the first time: what a connection makes once of the model is made then.  The
 * least of some: an answer that was kept is asked again when the writer was busy. */
static void ask(struct folder *f, const char *shape, int kind)
{
    enum { TIMES = 4 };
    for (size_t i = 0; i < PEOPLE; i++) {
        str path = fill(f, shape);
        struct item *it = item(f, shape, people[i], kind);
        (void)inside_ask(&f->in, f->tokens[i], path);
        for (int k = 0; k < TIMES; k++) {
            struct steps cost;
            steps_begin(STEPS_MINE);
            it->status = inside_ask(&f->in, f->tokens[i], path).status;
            steps_end(&f->life, &cost);
            if (!k || steps_cost(&cost) < steps_cost(&it->cost)) {
                it->cost = cost;
            }
        }
    }
}

static void ask_route(struct folder *f, const struct visit_route *route)
{
    bool any = false;
    if (route->method != HTTP_GET) {
        return;
    }
    if (!strpbrk(route->pattern, "~#")) {
        ask(f, route->pattern, strstr(route->pattern, "export") ? WHOLE : 0);
        any = true;
    }
    for (size_t i = 0; i < ERRANDS; i++) {
        if (strcmp(errands[i].path, route->pattern) == 0) {
            any = true;
            if (errands[i].ask) {
                ask(f, errands[i].ask, errands[i].kind);
            }
        }
    }
    if (!any) {
        printf("FAILED %s: no errand in bench/grow.c\n", route->pattern);
        f->e = err_make(ERR_NOT_FOUND, str_from(route->pattern));
    }
}

/* Until nothing is left to be done and to be indexed. */
static void settle(struct folder *f, int64_t now)
{
    enum { TURNS = 1000 };
    for (int i = 0; i < TURNS && !f->e.code; i++) {
        if (!engine_tick(f->plant.in.engine, now) &&
            !one(f, SQL("select count(*) from search_queue"))) {
            return;
        }
    }
}

/* The yes of who sits alone in it: it is granted at once. */
static err vote(struct folder *f)
{
    struct rows r;
    err e = db_query(f->plant.db, &f->life,
                     SQL("select s.id, w.hash from approval a join approval_seat s"
                         " on s.approval = a.id join approval_round w on w.approval = a.id"
                         " where a.record = $1 and s.state = 1"),
                     ARGS(db_i64(f->wish)), &r);
    if (e.code || !rows_next(&r)) {
        return e.code ? e : err_make(ERR_NOT_FOUND, STR("seat"));
    }
    struct value_in values[] = {
        {.field = STR("seat"), .text = str_fmt(&f->life, "%lld", (long long)rows_i64(&r, 0))},
        {.field = STR("vote"), .text = STR("approve")},
        {.field = STR("hash"), .text = rows_text(&r, 1)}};
    struct arena own = arena_make(8u << 20); /* what an act holds of the engine ends before it */
    struct act *act = arena_new(&own, struct act);
    *act = (struct act){.arena = &own,
                        .actor = f->person,
                        .now = clock_now(),
                        .type = STR("wish"),
                        .record = f->wish,
                        .action = STR("approve.vote"),
                        .values = values,
                        .nvalues = sizeof(values) / sizeof(values[0])};
    e = act_call(f->plant.in.engine, act);
    e = e.code ? err_make(e.code, str_copy(&f->life, e.detail)) : OK;
    arena_end(&own);
    return e;
}

/* What is no page: acts with all that follows them, and what runs by the clock. */
static void work(struct folder *f)
{
    struct engine *e = f->plant.in.engine;
    int64_t now = clock_now();
    struct item *it = item(f, "20 reports, and what becomes of them", "", 0);
    err x = plant_faults(&f->plant, ACTS, false);
    settle(f, now);
    steps_begin(STEPS_ALL);
    x = x.code ? x : plant_faults(&f->plant, ACTS, false);
    settle(f, now); /* or the vote would pay for what they left to be indexed */
    steps_end(&f->life, &it->cost);
    it = item(f, "a vote that decides", "", 0);
    steps_begin(STEPS_ALL);
    x = x.code ? x : vote(f);
    steps_end(&f->life, &it->cost);
    f->e = f->e.code ? f->e : x;
    settle(f, now);
    it = item(f, "a turn of the clock", "", 0);
    steps_begin(STEPS_ALL);
    (void)engine_tick(e, now);
    steps_end(&f->life, &it->cost);
    people_turn(f->plant.in.people, now);
    it = item(f, "a sweep of sessions", "", 0);
    steps_begin(STEPS_ALL);
    people_turn(f->plant.in.people, now + 61000);
    steps_end(&f->life, &it->cost);
    it = item(f, "a sign-in", "", 0);
    str token;
    steps_begin(STEPS_ALL);
    x = inside_sign_in(&f->in, STR("li.lei"), &token);
    steps_end(&f->life, &it->cost);
    f->e = f->e.code ? f->e : x;
}

static void measure(struct folder *f, str data)
{
    *f = (struct folder){.life = arena_make(256u << 20)};
    f->e = plant_open(&f->plant, data, false);
    if (f->e.code) {
        return;
    }
    inside_open(&f->plant, &f->in);
    for (size_t i = 0; i < PEOPLE && !f->e.code; i++) {
        f->e = inside_sign_in(&f->in, str_from(people[i]), &f->tokens[i]);
    }
    /* The newest that still stands as it was reported. */
    f->fault = one(f, SQL("select max(id) from r_fault where state = 0 and creator ="
                          " (select id from r_person where f_login = 'li.lei')"));
    f->device = one(f, SQL("select min(id) from r_device"));
    f->person = one(f, SQL("select id from r_person where f_login = 'li.lei'"));
    f->wish = one(f, SQL("select max(w.id) from r_wish w join r_person p on p.id = w.creator"
                         " where w.state = 0 and p.f_login = 'xu.jing'"));
    f->seq = one(f, SQL("select max(seq) from act where record = (select max(id) from r_fault"
                        " where state = 0 and creator ="
                        " (select id from r_person where f_login = 'li.lei'))"));
    for (size_t i = 0; i < f->in.app.pages.len && !f->e.code; i++) {
        ask_route(f, &f->in.app.pages.ptr[i]);
    }
    for (size_t i = 0; i < f->in.app.api.len && !f->e.code; i++) {
        ask_route(f, &f->in.app.api.ptr[i]);
    }
    if (!f->e.code) {
        work(f);
    }
    inside_close(&f->in);
    plant_close(&f->plant);
}

/* --- both
 * ------------------------------------------------------------------------------------------ */

/* A tree of many rows is a level or two higher, a page a little fuller, the ledger's
 * last tile more or less full; what reads windows ends after five of them. */
static bool grows(const struct item *few, const struct item *many)
{
    enum { WINDOWS_MOST = 3000000 };
    int64_t was = steps_cost(&few->cost);
    int64_t is = steps_cost(&many->cost);
    return few->kind == WINDOWS ? is > WINDOWS_MOST
                                : few->kind != WHOLE && is > was + was / 3 + 2000;
}

static void print(const struct item *few, const struct item *many, bool grown)
{
    const struct steps *a = &few->cost;
    const struct steps *b = &many->cost;
    printf("%s %-50s %-8s %d %3lld %9lld %7lld   %3lld %9lld %7lld %9lld\n",
           grown                ? "GROWS"
           : few->kind == WHOLE ? "whole"
           : few->kind          ? "parts"
                                : "     ",
           few->name, few->who, many->status, (long long)a->statements, (long long)a->vm,
           (long long)a->pages, (long long)b->statements, (long long)b->vm, (long long)b->pages,
           (long long)b->scan);
    if (grown) {
        printf("      %lld of it: %.*s\n", (long long)b->of_dearest,
               b->dearest.len < 1200 ? (int)b->dearest.len : 1200, b->dearest.ptr);
    }
}

err grow_run(str few, str many, int *ret_tried, int *ret_grown)
{
    struct folder *f = calloc(2, sizeof(*f));
    *ret_tried = *ret_grown = 0;
    measure(&f[0], few);
    measure(&f[1], many);
    err e = f[0].e.code ? f[0].e : f[1].e;
    e = !e.code && f[0].n != f[1].n ? err_make(ERR_INVALID, STR("two lists")) : e;
    printf("%-56s %-8s     %3s %9s %7s   %3s %9s %7s %9s\n", "steps and pages, few rows and many",
           "who", "", "steps", "pages", "", "steps", "pages", "scanned");
    for (size_t i = 0; !e.code && i < f[0].n; i++) {
        struct item *a = &f[0].items[i];
        struct item *b = &f[1].items[i];
        bool grown = grows(a, b) || a->status != b->status;
        print(a, b, grown);
        ++*ret_tried;
        *ret_grown += grown;
    }
    if (e.code) {
        printf("FAILED %s %.*s\n", err_name(e.code), STR_ARG(e.detail));
    }
    arena_end(&f[0].life);
    arena_end(&f[1].life);
    free(f);
    return e.code ? err_make(e.code, STR("see above")) : OK;
}

/* --- rows beside faults
 * -------------------------------------------------------------------------------- */

err grow_strew(struct arena *a, str data, int64_t n)
{
    struct db *db;
    struct db_arg many = db_i64(n);
    struct db_arg now = db_i64(clock_now());
    struct uid_state ids = {0};
    err e = db_open(a, str_fmt(a, "sqlite:%.*s/zhidu.db", STR_ARG(data)),
                    (struct db_options){.writer = true}, &db);
    if (e.code) {
        return e;
    }
    db_write_begin(db);
    struct batch *b = batch_begin(db, a);
    batch_add(b,
              SQL("with recursive i(n) as (select 1 union all select n + 1 from i where n < $1)"
                  " insert into security_log(at, until, kind, person, peer, detail, times)"
                  " select $2 - n * 1000, $2 - n * 1000, 1 + n % 10, p.person, '127.0.0.1',"
                  " '/r/fault', 1 from i join (select min(person) as person from account) p"),
              ARGS(many, now));
    batch_add(b,
              SQL("with recursive i(n) as (select 1 union all select n + 1 from i where n < $1)"
                  " insert into session(token, person, created_at, seen_at, idle_until, until,"
                  " csrf, peer, agent) select randomblob(32), p.person, $2, $2, $2 + 86400000,"
                  " $2 + 86400000, '', '127.0.0.1', 'strewn' from i"
                  " join (select person from account order by person desc limit 1) p"),
              ARGS(many, now));
    batch_add(b,
              SQL("with recursive i(n) as (select 1 union all select n + 1 from i where n < $1)"
                  " insert into token(id, person, name, hash, scopes, created_at, until, used_at)"
                  " select n + 100, p.person, 'strewn', randomblob(32), 'read', $2, $2 + 86400000,"
                  " $2 from i join (select person from account order by person desc limit 1) p"),
              ARGS(many, now));
    batch_add(b,
              SQL("with recursive i(n) as (select 1 union all select n + 1 from i where n < $1)"
                  " insert into job(id, kind, title_zh, title_en, person, state, done, total,"
                  " created_at, changed_at) select $3 + n, 'import', '', '', p.person, 2, 1, 1,"
                  " $2, $2 from i join (select min(person) as person from account) p"),
              ARGS(many, now, db_i64(uid_next(&ids, now.i64))));
    e = batch_run(b);
    e = e.code ? e : db_commit(db, a);
    if (e.code) {
        db_rollback(db);
    }
    return e;
}
