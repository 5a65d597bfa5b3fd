/* A task reports at its address, over a server as a task meets it: every method and ending, what
 * is sent along, and all that must be refused; and who gives the address out. */
#include "engine/heartbeat.h"
#include "people/security.h"

#include "site.h"
#include "support/client.h"

#include <string.h>

#define WORD "a long enough secret"

struct pings {
    struct site site;
    struct arena *a;
    struct http_server *server;
    struct client c;
    int64_t heartbeat;
    str secret;
};

static int64_t do_act(struct pings *s, const char *who, int64_t record, const char *action,
                      const struct value_in *values, size_t n)
{
    struct act *x = arena_new(s->a, struct act);
    *x = (struct act){.arena = s->a,
                      .actor = inst_person(&s->site.in, who),
                      .now = INST_NOW,
                      .type = STR("heartbeat"),
                      .record = record,
                      .action = str_from(action),
                      .values = values,
                      .nvalues = n};
    dbs_ok(act_call(s->site.in.e, x));
    return x->ret_record;
}

static void give(struct pings *s)
{
    s->secret = heartbeat_secret(s->a);
    assert_int_equal(s->secret.len, HEARTBEAT_SECRET);
    struct value_in v = {.field = STR("address"), .text = heartbeat_fingerprint(s->a, s->secret)};
    do_act(s, "liu.yang", s->heartbeat, "issue", &v, 1);
}

static void begin(struct pings *s, struct dbs *t)
{
    site_make(&s->site, t);
    s->a = t->life;
    struct http_options *o = &s->site.http;
    o->address = STR("127.0.0.1");
    o->workers = 2;
    o->event_threads = 1;
    o->clock = inst_clock;
    dbs_ok(http_start(t->life, o, &s->server));
    s->c = client_make(http_port(s->server));
    struct value_in v[] = {{.field = STR("title"), .text = STR("业务库每日备份")}};
    s->heartbeat = do_act(s, "liu.yang", 0, "register", v, 1);
    give(s);
}

static struct client_answer ask(struct pings *s, const char *method, str path, const char *more,
                                str body)
{
    struct client_answer r = {0};
    str head = str_fmt(s->a, "%s %.*s HTTP/1.1\r\nHost: x\r\n%s", method, STR_ARG(path), more);
    str end = body.len ? str_fmt(s->a, "Content-Length: %zu\r\n\r\n", body.len) : STR("\r\n");
    char *all = arena_bytes(s->a, head.len + end.len + body.len);
    memcpy(all, head.ptr, head.len);
    memcpy(all + head.len, end.ptr, end.len);
    if (body.len) {
        memcpy(all + head.len + end.len, body.ptr, body.len);
    }
    client_close(&s->c); /* a HEAD has no body to read: each on its own */
    s->c.timeout_ms = method[0] == 'H' ? 500 : 0;
    bool ok = client_open(&s->c) &&
              client_send(&s->c, str_from_n(all, head.len + end.len + body.len)) &&
              client_read(&s->c, s->a, &r);
    assert_true(ok || method[0] == 'H');
    return r;
}

static str at(struct pings *s, const char *ending)
{
    return str_fmt(s->a, "/ping/%.*s%s", STR_ARG(s->secret), ending);
}

static int64_t count(struct pings *s)
{
    return inst_i64(&s->site.in, SQL("select count(*) from r_ping"), NO_ARGS);
}

struct last {
    str kind, body, sender;
    int64_t status, by;
};

static struct last last(struct pings *s)
{
    struct rows r;
    const struct model *m = engine_model(s->site.app.engine);
    const struct field *kind = tdef_field(model_type(m, STR("ping"))->newest, STR("kind"));
    dbs_ok(db_query(s->site.in.db, s->a,
                    SQL("select f_kind, coalesce(f_exit_status, -1), coalesce(f_body, ''),"
                        " f_sender, coalesce(creator, 0) from r_ping where f_heartbeat = $1"
                        " order by id desc limit 1"),
                    ARGS(db_i64(s->heartbeat)), &r));
    assert_true(rows_next(&r));
    struct last l = {.kind = field_choice_at(kind, rows_i64(&r, 0))->key,
                     .status = rows_i64(&r, 1),
                     .body = rows_text(&r, 2),
                     .sender = rows_text(&r, 3),
                     .by = rows_i64(&r, 4)};
    engine_release(s->site.app.engine, m);
    return l;
}

static void every_method_and_ending_is_kept(struct pings *s)
{
    static const struct {
        const char *method, *ending, *kind;
        int64_t status;
    } rows[] = {{"GET", "", "success", -1},     {"POST", "", "success", -1},
                {"GET", "/start", "start", -1}, {"POST", "/fail", "fail", -1},
                {"GET", "/log", "log", -1},     {"GET", "/0", "success", 0},
                {"POST", "/1", "fail", 1},      {"GET", "/255", "fail", 255},
                {"HEAD", "", "success", -1},    {"HEAD", "/7", "fail", 7}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t before = count(s);
        struct client_answer r = ask(s, rows[i].method, at(s, rows[i].ending), "", STR(""));
        if (rows[i].method[0] != 'H') {
            assert_int_equal(r.status, 200);
            assert_true(str_eq(r.body, STR("OK\n")));
        }
        struct last l = last(s);
        assert_int_equal(count(s), before + 1);
        assert_true(str_eq(l.kind, str_from(rows[i].kind)));
        assert_int_equal(l.status, rows[i].status);
        assert_int_equal(l.by, 0); /* auto */
        assert_true(str_eq(l.sender, STR("127.0.0.1")));
        assert_int_equal(l.body.len, 0);
    }
}

static void the_same_twice_is_two_reports_and_no_harm(struct pings *s)
{
    int64_t before = count(s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(s, "POST", at(s, ""), "", STR("done")).status, 200);
    }
    assert_int_equal(count(s), before + 2);
}

/* curl calls what --data sends a form, whatever it holds. */
static void what_is_sent_along_is_kept_as_it_is(struct pings *s)
{
    static const char *const form = "Content-Type: application/x-www-form-urlencoded\r\n";
    str text = STR("完成 12 个库\n占用 87% & 正常=是\n");
    assert_int_equal(ask(s, "POST", at(s, "/0"), form, text).status, 200);
    assert_true(str_eq(last(s).body, text));
    static const char *const parts = "Content-Type: multipart/form-data; boundary=x\r\n";
    assert_int_equal(ask(s, "POST", at(s, ""), parts, text).status, 200);
    assert_true(str_eq(last(s).body, text));
    assert_int_equal(ask(s, "POST", at(s, "/log"), "", STR("a\0b\x7f\x1b[1m\t\r\n")).status, 200);
    assert_true(str_eq(last(s).body, STR("a b  [1m\t \n")));
    assert_int_equal(ask(s, "POST", at(s, "/log"), "", STR("x\xff\xfe\x80y")).status, 200);
    assert_true(str_eq(last(s).body, STR("x???y")));
}

static void a_long_body_is_cut_at_a_character_and_says_so(struct pings *s)
{
    enum { LONG = 900000 };
    char *p = arena_bytes(s->a, LONG);
    for (int i = 0; i < LONG; i++) {
        p[i] = "备"[i % 3];
    }
    assert_int_equal(ask(s, "POST", at(s, "/fail"), "", str_from_n(p, LONG)).status, 200);
    struct last l = last(s);
    assert_true(l.body.len > 19000 && l.body.len <= 20000);
    assert_true(str_utf8_ok(l.body));
    assert_true(str_has(l.body, STR("Of 900000 bytes; the rest is not kept.")));
}

/* Told by its head: none of it is read, whoever sends it. */
static void a_gigabyte_is_refused_before_it_is_read(struct pings *s)
{
    int64_t before = count(s);
    const char *const length = "Content-Length: 1073741824\r\n";
    str wrong = STR("/ping/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(ask(s, "POST", at(s, ""), length, STR("")).status, 413);
    assert_int_equal(ask(s, "POST", wrong, length, STR("")).status, 413);
    assert_int_equal(ask(s, "POST", at(s, ""), "Transfer-Encoding: chunked\r\n", STR("")).status,
                     411);
    assert_int_equal(count(s), before);
}

static void a_wrong_address_learns_nothing(struct pings *s)
{
    int64_t before = count(s);
    str other = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    str print = heartbeat_fingerprint(s->a, s->secret); /* what everybody may read opens nothing */
    str few = str_from_n(s->secret.ptr, 20);
    str want = ask(s, "GET", str_fmt(s->a, "/ping/%.*s", STR_ARG(other)), "", STR("")).body;
    assert_true(want.len > 0 && !str_has(want, s->secret));
    const str paths[] = {str_fmt(s->a, "/ping/%.*s/fail", STR_ARG(other)),
                         str_fmt(s->a, "/ping/%.*s/256", STR_ARG(other)),
                         str_fmt(s->a, "/ping/%.*s", STR_ARG(few)),
                         str_fmt(s->a, "/ping/%.*s", STR_ARG(print)),
                         str_fmt(s->a, "/ping/%.*sx", STR_ARG(s->secret)),
                         STR("/ping/x"),
                         STR("/ping/%00"),
                         at(s, "/256"),
                         at(s, "/-1"),
                         at(s, "/0x1"),
                         at(s, "/1e1"),
                         at(s, "/99999999999999999999"),
                         at(s, "/success"),
                         at(s, "/FAIL"),
                         at(s, "/%2e")};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct client_answer r = ask(s, "POST", paths[i], "", STR("x"));
        if (r.status != 404 && r.status != 400) {
            fail_msg("%.*s: %d", STR_ARG(paths[i]), r.status);
        }
        assert_true(r.status == 400 || str_eq(r.body, want));
    }
    assert_int_equal(ask(s, "POST", at(s, "/fail/more"), "", STR("x")).status, 404);
    assert_int_equal(ask(s, "DELETE", at(s, ""), "", STR("")).status, 405);
    assert_int_equal(count(s), before);
}

/* A person's session changes nothing: a task reports, not a person. */
static void nothing_is_done_in_the_name_of_who_is_signed_in(struct pings *s)
{
    const char *cookie = str_fmt(s->a, "Cookie: zhidu=%.*s\r\n", STR_ARG(s->site.token)).ptr;
    assert_int_equal(ask(s, "GET", at(s, ""), cookie, STR("")).status, 200);
    assert_int_equal(last(s).by, 0);
}

static bool kept_anywhere(struct pings *s, str text)
{
    struct security_filter f = {.limit = 1000};
    struct security_row *rows;
    size_t n;
    security_turn(s->site.app.people, INST_NOW + 120000, true);
    dbs_ok(security_list(s->site.in.db, s->a, &f, &rows, &n));
    bool told = false;
    for (size_t i = 0; i < n; i++) {
        assert_false(str_has(rows[i].detail, STR("AAAA")));
        assert_false(str_has(rows[i].detail, text));
        told =
            told || (rows[i].kind == SECURITY_HEARTBEAT && str_eq(rows[i].detail, STR("/ping/~")));
    }
    return told;
}

static void who_guesses_is_slowed_and_the_tasks_are_not(struct pings *s)
{
    struct rates *r = rates_make(s->a);
    rates_set(r, RATE_PING, 3);
    s->site.app.rates = r;
    struct client_answer w = {0};
    for (int i = 0; i < 4; i++) {
        w = ask(s, "GET", STR("/ping/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "", STR(""));
        assert_int_equal(w.status, i < 3 ? 404 : 429);
    }
    assert_true(str_eq(client_header(&w, STR("Retry-After")), STR("20")));
    int64_t before = count(s);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ask(s, "GET", at(s, ""), "", STR("")).status, i < 3 ? 200 : 429);
    }
    assert_int_equal(count(s), before + 3);
    s->site.app.rates = NULL;
    assert_true(kept_anywhere(s, s->secret));
}

static void who(struct pings *s, const char *login, const char **cookie, str *csrf)
{
    struct words why = {0};
    struct signed_in in;
    dbs_ok(people_set_account(s->site.app.people, s->a, INST_NOW, inst_person(&s->site.in, login),
                              str_from(login), STR(WORD), false, &why));
    dbs_ok(people_sign_in(
        s->site.app.people, s->site.in.db, s->a, INST_NOW,
        &(struct sign_in){str_from(login), STR(WORD), STR("127.0.0.1"), STR("x"), LANG_ZH}, &in));
    *cookie = str_fmt(s->a, "Cookie: zhidu=%.*s\r\n%s%c", STR_ARG(in.token),
                      "Content-Type: application/x-www-form-urlencoded\r\n", 0)
                  .ptr;
    s->site.token = in.token;
    struct rows r;
    dbs_ok(db_query(s->site.in.db, s->a, SQL("select csrf from session where person = $1"),
                    ARGS(db_i64(inst_person(&s->site.in, login))), &r));
    assert_true(rows_next(&r));
    *csrf = str_fmt(s->a, "csrf=%.*s", STR_ARG(rows_text(&r, 0)));
}

static str page(struct pings *s, const char *more)
{
    return str_fmt(s->a, "/duties/heartbeat/%lld%s", (long long)s->heartbeat, more);
}

static void the_address_is_shown_once_and_the_old_one_ends(struct pings *s)
{
    const char *cookie;
    str csrf;
    who(s, "liu.yang", &cookie, &csrf);
    str was = at(s, "");
    struct client_answer r = ask(s, "POST", page(s, "/issue"), cookie, csrf);
    assert_int_equal(r.status, 200);
    assert_false(str_has(r.body, s->secret));
    const char *found = strstr(str_fmt(s->a, "%.*s%c", STR_ARG(r.body), 0).ptr, "127.0.0.1/ping/");
    assert_non_null(found);
    s->secret = str_from_n(found + strlen("127.0.0.1/ping/"), HEARTBEAT_SECRET);
    assert_int_equal(ask(s, "GET", at(s, ""), "", STR("")).status, 200);
    assert_int_equal(ask(s, "GET", was, "", STR("")).status, 404);
    r = ask(s, "GET", page(s, ""), cookie, STR(""));
    assert_int_equal(r.status, 200);
    assert_false(str_has(r.body, s->secret));
    /* nothing in the database or the ledger holds it */
    assert_int_equal(inst_i64(&s->site.in,
                              SQL("select count(*) from r_heartbeat where f_address = $1"),
                              ARGS(db_text(s->secret))),
                     0);
    r = ask(s, "GET", str_fmt(s->a, "/r/heartbeat/%lld/do/issue", (long long)s->heartbeat), cookie,
            STR(""));
    assert_int_equal(r.status, 303); /* a secret is made, not typed */
    assert_true(str_eq(client_header(&r, STR("Location")), page(s, "")));
    nothing_is_done_in_the_name_of_who_is_signed_in(s);
    assert_int_equal(ask(s, "POST", page(s, "/revoke"), cookie, csrf).status, 200);
    assert_int_equal(ask(s, "GET", at(s, ""), "", STR("")).status, 404);
}

static void nobody_else_gives_it_out(struct pings *s)
{
    const char *cookie;
    str csrf;
    who(s, "chen.gang", &cookie, &csrf); /* may see it */
    struct client_answer r = ask(s, "GET", page(s, ""), cookie, STR(""));
    assert_int_equal(r.status, 200);
    assert_false(str_has(r.body, STR("/issue")));
    assert_int_equal(ask(s, "POST", page(s, "/issue"), cookie, csrf).status, 403);
    assert_int_equal(ask(s, "POST", page(s, "/revoke"), cookie, csrf).status, 403);
    who(s, "li.lei", &cookie, &csrf); /* may not */
    assert_int_equal(ask(s, "GET", page(s, ""), cookie, STR("")).status, 404);
    assert_int_equal(ask(s, "POST", page(s, "/issue"), cookie, csrf).status, 404);
}

static void a_task_that_runs_no_more_reports_no_more(struct pings *s)
{
    give(s);
    assert_int_equal(ask(s, "GET", at(s, ""), "", STR("")).status, 200);
    do_act(s, "liu.yang", s->heartbeat, "stop", NULL, 0);
    int64_t before = count(s);
    assert_int_equal(ask(s, "GET", at(s, ""), "", STR("")).status, 404);
    assert_int_equal(count(s), before);
    assert_true(inst_verify(&s->site.in) > before);
}

static const struct {
    const char *name;
    void (*body)(struct pings *s);
} bodies[] = {
    {"every_method_and_ending_is_kept", every_method_and_ending_is_kept},
    {"the_same_twice_is_two_reports_and_no_harm", the_same_twice_is_two_reports_and_no_harm},
    {"what_is_sent_along_is_kept_as_it_is", what_is_sent_along_is_kept_as_it_is},
    {"a_long_body_is_cut_at_a_character_and_says_so",
     a_long_body_is_cut_at_a_character_and_says_so},
    {"a_gigabyte_is_refused_before_it_is_read", a_gigabyte_is_refused_before_it_is_read},
    {"a_wrong_address_learns_nothing", a_wrong_address_learns_nothing},
    {"who_guesses_is_slowed_and_the_tasks_are_not", who_guesses_is_slowed_and_the_tasks_are_not},
    {"the_address_is_shown_once_and_the_old_one_ends",
     the_address_is_shown_once_and_the_old_one_ends},
    {"nobody_else_gives_it_out", nobody_else_gives_it_out},
    {"a_task_that_runs_no_more_reports_no_more", a_task_that_runs_no_more_reports_no_more},
};

static void body_all(struct dbs *t)
{
    struct pings *s = arena_new(t->life, struct pings);
    begin(s, t);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        print_message("           %s\n", bodies[i].name);
        bodies[i].body(s);
    }
    client_close(&s->c);
    assert_int_equal(http_stop(s->server), 0);
    engine_stop(s->site.in.e);
}

static void a_task_reports(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_task_reports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
