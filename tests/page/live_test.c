/* What an open page asks now and then: figures and what others did, sent only when they
 * have changed, to nobody who may not see the record, and without prolonging a session. */
#include "base/json.h"

#include "site.h"

#define WORD "a long enough secret"

struct live {
    struct site site;
    str tag, body; /* of the last answer */
    int64_t now;
};

static void account(struct live *s, const char *login, str *token)
{
    struct arena *a = s->site.in.t->life;
    struct words why = {0};
    struct signed_in in;
    dbs_ok(people_set_account(s->site.app.people, a, INST_NOW, inst_person(&s->site.in, login),
                              str_from(login), STR(WORD), false, &why));
    dbs_ok(people_sign_in(
        s->site.app.people, s->site.in.db, a, INST_NOW,
        &(struct sign_in){str_from(login), STR(WORD), STR("192.0.2.7"), STR("x"), LANG_ZH}, &in));
    *token = in.token;
}

static int ask(struct live *s, str token, str path, str tag)
{
    struct http_exchange *x = arena_new(s->site.in.t->life, struct http_exchange);
    x->arena = arena_make(64 << 20);
    struct http_param cookie = {STR("zhidu"), token};
    struct http_param match = {STR("if-none-match"), tag};
    x->req = (struct http_request){.method = HTTP_GET,
                                   .path = path,
                                   .peer = STR("192.0.2.7"),
                                   .headers = {&match, tag.len ? 1 : 0},
                                   .cookies = {&cookie, 1}};
    x->now = s->now;
    x->app = &s->site.app;
    x->local = &s->site.seat;
    assert_int_equal(s->site.http.handle(x), HTTP_DONE);
    s->tag = STR("");
    for (int i = 0; i < x->res.nheaders; i++) {
        if (str_eq(x->res.headers[i].name, STR("ETag"))) {
            s->tag = str_copy(s->site.in.t->life, x->res.headers[i].value);
        }
    }
    s->body = str_copy(s->site.in.t->life, x->res.body);
    int status = x->res.status;
    arena_end(&x->arena);
    return status;
}

static int64_t act(struct live *s, const char *who, int64_t record, const char *action,
                   const struct value_in *values, size_t n, str note)
{
    struct act *x = arena_new(s->site.in.t->life, struct act);
    *x = (struct act){.arena = s->site.in.t->life,
                      .actor = inst_person(&s->site.in, who),
                      .now = s->now,
                      .type = STR("fault"),
                      .record = record,
                      .action = str_from(action),
                      .note = note,
                      .values = values,
                      .nvalues = n};
    dbs_ok(act_call(s->site.in.e, x));
    return record ? x->ret_act : x->ret_record;
}

static int64_t number(const struct live *s, const char *key)
{
    const struct json_value *v;
    struct arena *a = s->site.in.t->life;
    dbs_ok(json_read_own(a, s->body, &v));
    return json_i64_of(json_get(v, str_from(key)), -1);
}

static int64_t seen_at(struct live *s)
{
    return inst_i64(&s->site.in, SQL("select max(seen_at) from session"), NO_ARGS);
}

static void asked(struct dbs *t)
{
    struct live s = {.now = INST_NOW};
    site_make(&s.site, t);
    str li, wu, other;
    account(&s, "li.lei", &li);
    account(&s, "wu.tao", &wu);
    account(&s, "wang.fang", &other);
    const struct value_in values[] = {{.field = STR("summary"), .text = STR("printer")},
                                      {.field = STR("contact"), .text = STR("8832")}};
    /* whose turn it is has one more to do */
    assert_int_equal(ask(&s, wu, STR("/live"), STR("")), 200);
    int64_t tasks = number(&s, "tasks");
    str tag = s.tag;
    assert_int_equal(ask(&s, wu, STR("/live"), tag), 304);
    assert_int_equal(s.body.len, 0);
    int64_t id = act(&s, "li.lei", 0, "report", values, 2, STR(""));
    assert_int_equal(ask(&s, wu, STR("/live"), tag), 200);
    assert_int_equal(number(&s, "tasks"), tasks + 1);
    /* one's own act is nothing new, another's is */
    str path = str_fmt(t->life, "/r/fault/%lld/live", (long long)id);
    assert_int_equal(ask(&s, li, path, STR("")), 200);
    assert_int_equal(number(&s, "act"), 0);
    tag = s.tag;
    act(&s, "li.lei", id, "comment", NULL, 0, STR("mine"));
    assert_int_equal(ask(&s, li, path, tag), 304);
    int64_t theirs = act(&s, "wu.tao", id, "comment", NULL, 0, STR("theirs"));
    assert_int_equal(ask(&s, li, path, tag), 200);
    assert_int_equal(number(&s, "act"), theirs);
    /* nothing of it for who may not see it, nor for nobody */
    assert_int_equal(ask(&s, other, path, STR("")), 404);
    assert_int_equal(ask(&s, STR("nobody"), path, STR("")), 303);
    assert_int_equal(ask(&s, STR("nobody"), STR("/live"), STR("")), 303);
    /* a page that stands open is nobody who is there; one that is opened is */
    s.now = INST_NOW + (int64_t)10 * 60000;
    assert_int_equal(ask(&s, li, path, STR("")), 200);
    assert_int_equal(ask(&s, li, path, STR("")), 200);
    act(&s, "wu.tao", id, "comment", NULL, 0, STR("after it in the queue"));
    assert_int_equal(seen_at(&s), INST_NOW);
    assert_int_equal(ask(&s, li, STR("/inbox"), STR("")), 200);
    act(&s, "wu.tao", id, "comment", NULL, 0, STR("after it in the queue"));
    assert_int_equal(seen_at(&s), s.now);
}

static void an_open_page_learns_what_is_new(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_page_learns_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
