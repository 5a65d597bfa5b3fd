/* Every page on both databases: on PostgreSQL at most two round trips, session
 * and frame included (SQLite makes none: there a batch more may be the quicker
 * way), and at most twenty statements, however many rows there are. */

#include "site.h"

/* A record with an approval asks for its rounds, nodes, seats, votes, events and people in the
 * same batch; what was submitted names records that only its text tells: one trip more. */
enum { TRIPS_MAX = 2, BATCHES_MAX = 3, STATEMENTS_MAX = 20, APPROVED_MAX = 25 };

struct trip {
    struct site site;
    bool failed;
};

static void sign_in(struct trip *s, const char *login)
{
    struct arena *a = s->site.in.t->life;
    struct words why = {0};
    struct signed_in in;
    s->site.person = inst_person(&s->site.in, login);
    str password = STR("a long enough secret");
    err e = people_set_account(s->site.app.people, a, INST_NOW, s->site.person, str_from(login),
                               password, false, &why);
    if (e.code) {
        fail_msg("%.*s %.*s", STR_ARG(e.detail), STR_ARG(why.en));
    }
    dbs_ok(people_sign_in(
        s->site.app.people, s->site.in.db, a, INST_NOW,
        &(struct sign_in){str_from(login), password, STR("127.0.0.1"), STR("test"), LANG_ZH}, &in));
    s->site.token = in.token;
}

/* One GET, as a worker would run it; the second time, when it knows the session. */
static int get(struct trip *s, str path, const char *query, struct db_counts *ret)
{
    int status = 0;
    for (int i = 0; i < 2; i++) {
        struct http_exchange *x = arena_new(s->site.in.t->life, struct http_exchange);
        x->arena = arena_make(64 << 20);
        struct http_param cookie = {STR("zhidu"), s->site.token};
        x->req = (struct http_request){.method = HTTP_GET, .path = path, .cookies = {&cookie, 1}};
        if (query && !http_parse_form(&x->arena, str_from(query), &x->req.query)) {
            fail_msg("query %s", query);
        }
        x->now = INST_NOW;
        x->app = &s->site.app;
        x->local = &s->site.seat;
        struct db_counts a = db_counts(s->site.seat.db);
        int later = s->site.http.handle(x);
        struct db_counts b = db_counts(s->site.seat.db);
        assert_int_equal(later, HTTP_DONE);
        *ret = (struct db_counts){.trips = b.trips - a.trips,
                                  .statements = b.statements - a.statements};
        status = x->res.status;
        arena_end(&x->arena);
    }
    return status;
}

static void page_most(struct trip *s, str path, const char *query, int64_t trips,
                      int64_t statements)
{
    struct db_counts n;
    int status = get(s, path, query, &n);
    int64_t most = db_kind(s->site.seat.db) == DB_PG ? trips : BATCHES_MAX;
    bool bad = n.trips > most || n.statements > statements || status != 200;
    print_message("           %s %-34.*s %-22s %d %2lld trips %2lld statements\n", bad ? "!" : " ",
                  STR_ARG(path), query ? query : "", status, (long long)n.trips,
                  (long long)n.statements);
    s->failed = s->failed || bad;
}

static void page(struct trip *s, str path, const char *query)
{
    page_most(s, path, query, TRIPS_MAX, STATEMENTS_MAX);
}

static int64_t report(struct trip *s, int n)
{
    struct act *act = arena_new(s->site.in.t->life, struct act);
    struct value_in *v = arena_array(s->site.in.t->life, struct value_in, 2);
    v[0] = (struct value_in){.field = STR("summary"),
                             .text = str_fmt(s->site.in.t->life, "打印机卡纸 %d", n)};
    v[1] = (struct value_in){.field = STR("contact"), .text = STR("8832")};
    *act = (struct act){.arena = s->site.in.t->life,
                        .actor = s->site.person,
                        .now = INST_NOW,
                        .type = STR("fault"),
                        .action = STR("report"),
                        .values = v,
                        .nvalues = 2};
    dbs_ok(act_call(s->site.in.e, act));
    return act->ret_record;
}

/* A loan that waits for a head of a unit and after him a leader. */
static int64_t lend(struct trip *s)
{
    struct arena *a = s->site.in.t->life;
    struct value_in *v = arena_array(a, struct value_in, 3);
    struct act *act = arena_new(a, struct act);
    v[0] = (struct value_in){.field = STR("device"), .text = STR("备用笔记本")};
    v[1] = (struct value_in){.field = STR("title"), .text = STR("备用笔记本")};
    *act = (struct act){.arena = a,
                        .actor = inst_person(&s->site.in, "huang.he"),
                        .now = INST_NOW,
                        .type = STR("loan_item"),
                        .action = STR("offer"),
                        .values = v,
                        .nvalues = 2};
    dbs_ok(act_call(s->site.in.e, act));
    struct value_in *w = arena_array(a, struct value_in, 3);
    struct act *ask = arena_new(a, struct act);
    w[0] = (struct value_in){.field = STR("loan_item"),
                             .text = str_fmt(a, "%lld", (long long)act->ret_record)};
    w[1] = (struct value_in){.field = STR("purpose"), .text = STR("外出巡检")};
    w[2] = (struct value_in){.field = STR("due"), .text = STR("2026-01-09")};
    *ask = (struct act){.arena = a,
                        .actor = s->site.person,
                        .now = INST_NOW,
                        .type = STR("loan"),
                        .action = STR("request"),
                        .values = w,
                        .nvalues = 3};
    dbs_ok(act_call(s->site.in.e, ask));
    return ask->ret_record;
}

static int64_t task(struct trip *s)
{
    struct value_in v[] = {
        {.field = STR("title"), .text = STR("backup")},
        {.field = STR("keeper"), .is_typed = true, .typed = {.i64 = s->site.person}}};
    struct act *ask = arena_new(s->site.in.t->life, struct act);
    *ask = (struct act){.arena = s->site.in.t->life,
                        .actor = inst_person(&s->site.in, "liu.yang"),
                        .now = INST_NOW,
                        .type = STR("heartbeat"),
                        .action = STR("register"),
                        .values = v,
                        .nvalues = 2};
    dbs_ok(act_call(s->site.in.e, ask));
    return ask->ret_record;
}

static void pages(struct dbs *t)
{
    struct trip *s = arena_new(t->life, struct trip);
    struct arena *a = t->life;
    site_make(&s->site, t);
    sign_in(s, "wu.tao");
    int64_t id = 0;
    for (int i = 0; i < 30; i++) {
        id = report(s, i);
    }
    page(s, STR("/"), NULL);
    page(s, STR("/inbox"), NULL);
    page(s, STR("/inbox"), "box=mine");
    page(s, STR("/inbox"), "box=done");
    page(s, STR("/notifications"), NULL);
    page(s, STR("/r"), NULL);
    page(s, STR("/r/fault"), NULL);
    page(s, STR("/r/fault"), "open=1");
    page(s, STR("/r/device"), NULL);
    page(s, STR("/r/person"), NULL);
    page(s, STR("/r/fault/new/report"), NULL);
    page(s, STR("/r/fault/new/report_for"), NULL);
    page(s, STR("/r/person/suggest"), "q=li");
    page(s, str_fmt(a, "/r/fault/%lld", (long long)id), NULL);
    page(s, str_fmt(a, "/r/person/%lld", (long long)s->site.person), NULL);
    page(s, str_fmt(a, "/r/fault/%lld/activity", (long long)id), "before=9000000000000000");
    page(s, str_fmt(a, "/r/fault/%lld/do/accept", (long long)id), NULL);
    int64_t loan = lend(s);
    page_most(s, str_fmt(a, "/r/loan/%lld", (long long)loan), NULL, TRIPS_MAX, APPROVED_MAX);
    page_most(s, str_fmt(a, "/r/loan/%lld/approval", (long long)loan), NULL, TRIPS_MAX + 1,
              STATEMENTS_MAX);
    page_most(s, str_fmt(a, "/r/loan/%lld/approval/withdraw", (long long)loan), NULL, TRIPS_MAX + 1,
              STATEMENTS_MAX);
    page(s, STR("/inbox"), "box=copied");
    page(s, STR("/law"), NULL);
    page(s, STR("/law/fault_reporting"), NULL);
    page(s, STR("/compliance"), NULL);
    page(s, STR("/compliance"), "by=standard");
    page(s, STR("/compliance"), "by=unit");
    page(s, STR("/compliance"), "by=lived");
    page_most(s, STR("/compliance/export.xlsx"), NULL, TRIPS_MAX, STATEMENTS_MAX);
    page_most(s, STR("/compliance/export.xlsx"), "by=unit", TRIPS_MAX, STATEMENTS_MAX);
    /* the lists themselves: which are there, and then their items */
    page_most(s, STR("/compliance/export.xlsx"), "by=standard", TRIPS_MAX + 2, STATEMENTS_MAX);
    page(s, STR("/compliance/regulations/fault_reporting"), NULL);
    page(s, STR("/duties"), NULL);
    page(s, STR("/duties"), "regulation=equipment&unit=1&owner=1&by=1&show=ended");
    page_most(s, STR("/calendar"), NULL, TRIPS_MAX + 1, STATEMENTS_MAX);
    page_most(s, STR("/duties/equipment_is_counted"), NULL, TRIPS_MAX + 1, STATEMENTS_MAX);
    page(s, str_fmt(a, "/duties/heartbeat/%lld", (long long)task(s)), NULL);
    page(s, STR("/controls"), NULL);
    page(s, STR("/controls/loan_returned"), NULL);
    page(s, STR("/controls"), "unit=0");
    page(s, STR("/controls/loan_returned"), "unit=0");
    page(s, STR("/law/fault_reporting/v/1"), NULL);
    page(s, STR("/search"), "q=打印");
    page(s, STR("/me"), NULL);
    if (s->failed) {
        fail_msg("a page takes more than %d trips or %d statements", TRIPS_MAX, STATEMENTS_MAX);
    }
}

static void a_page_takes_two_trips_and_twenty_statements(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_takes_two_trips_and_twenty_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
