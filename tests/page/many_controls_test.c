/* The pages about controls with five hundred of them: none is larger than a page may be, and
 * none of the controls is lost between them. */

#include "engine/control.h"
#include "engine/publish.h"

#include "site.h"

#include <string.h>

enum { MANY = 500, RECORDS = 200, UNITS = 120, UNITS_OF_PAGE = 30, PAGE_MOST = 60 * 1024 };

/* Every control is broken by two records, and by others than the next one. */
static struct source register_of(struct arena *a)
{
    struct buf b = buf_make(a, 1 << 20);
    BUF_LIT(&b, "regulation: readings\n"
                "title: {zh: 读数, en: Readings}\n"
                "owner: keeper\n"
                "uses: [organisation]\n"
                "posts:\n"
                "  keeper: {zh: 管理员, en: Keeper}\n"
                "settings:\n"
                "  post.keeper: {type: text, default: equipment_keeper, zh: 谁, en: Who}\n"
                "types:\n"
                "  reading:\n"
                "    title: {zh: 读数, en: Reading}\n"
                "    follows: newest\n"
                "    name: \"{what}\"\n"
                "    see: everyone\n"
                "    fields:\n"
                "      what: {type: text, max: 80, zh: 名, en: What}\n"
                "      n: {type: int, min: 0, max: 1000, zh: 数, en: N}\n"
                "    states:\n"
                "      kept: {zh: 在, en: Kept}\n"
                "    actions:\n"
                "      keep: {to: kept, who: everyone, asks: [what, n], clause: c, zh: 存,"
                " en: Keep}\n"
                "controls:\n");
    for (int i = 0; i < MANY; i++) {
        buf_put_fmt(&b,
                    "  rule_%d: {over: reading, holds: n != %d, clause: c, zh: 读数不等于第 %d"
                    " 项的上限, en: A reading is not what item %d says is the most}\n",
                    i, i % 100, i, i);
    }
    return (struct source){.name = STR("readings"),
                           .text_zh = STR("# 读数\n\n### 第一条 {#c}\n应符合。\n"),
                           .text_en = STR("# Readings\n\n### Article 1 {#c}\nThey keep to it.\n"),
                           .definition = buf_str(&b)};
}

static void publish_it(struct site *s, struct dbs *t)
{
    struct source one = register_of(t->life);
    struct sources all = {.ptr = &one, .len = 1};
    struct diags d = diags_make(t->a);
    struct publication p;
    err e = publish_plan(s->in.e, t->a, &all, &d, &p);
    inst_no_diags(t, &d);
    dbs_ok(e);
    dbs_ok(publish(s->in.e, t->a, &p, 0, INST_NOW, &d));
}

/* Records without acts: judging reads rows. */
static void judge(struct site *s, struct dbs *t)
{
    dbs_ok(db_exec(t->db, t->a,
                   SQL("insert into r_reading(id, name, state, law, ver, created_at, changed_at,"
                       " creator, f_what, f_n) with recursive k(i) as (select 0 union all"
                       " select i + 1 from k where i + 1 < $1) select 1000 + i, 'r', 0, 1, 1, $2,"
                       " $2, 0, 'r', i % 100 from k"),
                   ARGS(db_i64(RECORDS), db_i64(INST_NOW))));
    dbs_ok(control_run(s->in.e, s->in.db, t->a, INST_NOW, false));
}

static void sign_in(struct site *s)
{
    struct arena *a = s->in.t->life;
    struct words why = {0};
    struct signed_in in;
    s->person = inst_person(&s->in, "wu.tao");
    dbs_ok(people_set_account(s->app.people, a, INST_NOW, s->person, STR("wu.tao"),
                              STR("a long enough secret"), false, &why));
    dbs_ok(people_sign_in(s->app.people, s->in.db, a, INST_NOW,
                          &(struct sign_in){STR("wu.tao"), STR("a long enough secret"),
                                            STR("127.0.0.1"), STR("test"), LANG_ZH},
                          &in));
    s->token = in.token;
}

/* Its body, no larger than a page may be. */
static str get(struct site *s, const char *path, const char *query, int expect)
{
    struct http_exchange *x = arena_new(s->in.t->life, struct http_exchange);
    x->arena = arena_make(64 << 20);
    struct http_param cookie = {STR("zhidu"), s->token};
    x->req =
        (struct http_request){.method = HTTP_GET, .path = str_from(path), .cookies = {&cookie, 1}};
    if (!http_parse_form(&x->arena, str_from(query), &x->req.query)) {
        fail_msg("query %s", query);
    }
    x->now = INST_NOW;
    x->app = &s->app;
    x->local = &s->seat;
    assert_int_equal(s->http.handle(x), HTTP_DONE);
    print_message("           %-36s %-28s %zu bytes\n", path, query, x->res.body.len);
    assert_int_equal(x->res.status, expect);
    assert_true(x->res.body.len < PAGE_MOST);
    str body = str_copy(s->in.t->life, x->res.body);
    arena_end(&x->arena);
    return body;
}

/* Marks the rules that the rows of a page name; how many. */
static int rules_in(str body, bool *seen)
{
    static const char mark[] = "href=\"/controls/rule_";
    int n = 0;
    for (const char *at = body.ptr;
         (at = memmem(at, (size_t)(body.ptr + body.len - at), mark, sizeof(mark) - 1)); n++) {
        at += sizeof(mark) - 1;
        int rule = 0;
        while (*at >= '0' && *at <= '9') {
            rule = rule * 10 + (*at++ - '0');
        }
        assert_true(rule < MANY && !seen[rule]);
        seen[rule] = true;
    }
    return n;
}

static void lists(struct site *s)
{
    bool seen[MANY] = {0};
    int n = 0;
    for (int page = 1; page <= 9; page++) { /* sixty a page */
        char query[40];
        snprintf(query, sizeof(query), "regulation=readings&page=%d", page);
        str body = get(s, "/controls", query, 200);
        n += rules_in(body, seen);
        assert_true(str_has(body, STR("0 / 500")));
        assert_true(str_has(body, STR("rel=\"prev\"")) == (page > 1));
        assert_true(str_has(body, STR("rel=\"next\"")) == (page < 9));
        assert_true(str_has(body, STR("/controls?regulation=readings&amp;page=")));
    }
    assert_int_equal(n, MANY);
    bool again[MANY] = {0};
    assert_int_equal(rules_in(get(s, "/controls", "regulation=readings&page=99", 200), again), 20);
    memset(again, 0, sizeof(again));
    assert_int_equal(rules_in(get(s, "/controls", "regulation=readings&page=-1", 200), again), 60);
    get(s, "/controls", "", 200);
    get(s, "/controls", "page=3", 200);
    assert_true(!str_has(get(s, "/controls", "regulation=organisation", 200), STR("rule_")));
    get(s, "/controls", "regulation=none", 404);
}

/* Rows of a list: of units, of controls, of records. */
static int rows_of(str body)
{
    static const char mark[] = "<td class=\"first\">";
    int n = 0;
    for (const char *at = body.ptr;
         (at = memmem(at, (size_t)(body.ptr + body.len - at), mark, sizeof(mark) - 1)); n++) {
        at += sizeof(mark) - 1;
    }
    return n;
}

/* A unit's figure opens the controls that counted it, sixty a page, and each of these its
 * records: here of no unit, two to a control. */
static void behind_a_unit(struct site *s)
{
    bool seen[MANY] = {0};
    int n = 0;
    for (int page = 1; page <= 9; page++) {
        char query[40];
        snprintf(query, sizeof(query), "unit=0&page=%d", page);
        str body = get(s, "/controls", query, 200);
        n += rules_in(body, seen);
        assert_true(str_has(body, STR("<h1>没有部门</h1>")));
        assert_int_equal(str_has(body, STR("/controls?unit=0&amp;page=")), true);
    }
    assert_int_equal(n, MANY);
    assert_int_equal(rows_of(get(s, "/controls/rule_7", "unit=0", 200)), 2);
    assert_int_equal(rows_of(get(s, "/controls/rule_7", "", 200)), 2);
    assert_int_equal(rows_of(get(s, "/controls/rule_7", "unit=7", 200)), 0);
    assert_int_equal(rows_of(get(s, "/controls", "unit=7", 200)), 0);
    get(s, "/controls", "unit=x", 404);
    get(s, "/controls", "unit=-1", 404);
    get(s, "/controls/rule_7", "unit=-1", 404);
}

/* Records of many units, each breaking more than a row names. */
static void units(struct site *s, struct dbs *t)
{
    dbs_ok(db_exec(t->db, t->a,
                   SQL("update r_reading set unit = 5000 + (id % $1) where id >= 1000"),
                   ARGS(db_i64(UNITS))));
    dbs_ok(control_run(s->in.e, s->in.db, t->a, INST_NOW, false));
    int n = 0;
    bool more = true;
    for (int page = 1; more; page++) {
        char query[40];
        snprintf(query, sizeof(query), "by=unit&page=%d", page);
        str body = get(s, "/compliance", query, 200);
        more = str_has(body, STR("rel=\"next\""));
        assert_int_equal(str_has(body, STR("rel=\"prev\"")), page > 1);
        assert_true(rows_of(body) == UNITS_OF_PAGE || !more);
        n += rows_of(body);
    }
    struct rows r;
    dbs_ok(db_query(s->in.db, t->a,
                    SQL("select count(distinct unit) from control_figure where n > 0"), NO_ARGS,
                    &r));
    assert_true(rows_next(&r));
    assert_int_equal(n, rows_i64(&r, 0));
    assert_true(n >= UNITS);
}

static void pages(struct dbs *t)
{
    struct site *s = arena_new(t->life, struct site);
    site_make(s, t);
    publish_it(s, t);
    judge(s, t);
    sign_in(s);
    lists(s);
    get(s, "/compliance", "", 200);
    get(s, "/compliance", "by=standard", 200);
    get(s, "/compliance", "by=lived", 200);
    get(s, "/controls/rule_7", "", 200);
    bool seen[MANY] = {0};
    str body = get(s, "/compliance/regulations/readings", "", 200);
    assert_int_equal(rules_in(body, seen), 5);
    assert_true(str_has(body, STR("另有 495 个控制点")));
    assert_true(str_has(body, STR("href=\"/controls?regulation=readings\"")));
    memset(seen, 0, sizeof(seen));
    body = get(s, "/compliance", "by=unit", 200);
    assert_int_equal(rules_in(body, seen), 5);
    assert_true(str_has(body, STR("另有 495 个控制点")));
    assert_true(str_has(
        body, STR("<a class=\"tap\" href=\"/controls?unit=0\">1000</a>"))); /* two of each */
    behind_a_unit(s);
    units(s, t);
    engine_stop(s->in.e);
}

static void five_hundred_controls_fit_their_pages(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_controls_fit_their_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
