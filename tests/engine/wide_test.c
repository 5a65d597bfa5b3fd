/* A type as wide as a definition may be: each condition and rule of it is asked, on each
 * database, and what there is no room for is a mistake at its place, not the process's end. */
#include "base/buf.h"
#include "engine/record.h"

#include "house.h"

enum {
    FIELDS = 158,
    LISTS = 40,
    STATES = 60,
    ASKS = 40,
    ACTIONS = 60,
    NEEDS = 5,
    KINDS = 10,
    NEXT = 20,
    RULES = 48 /* of one definition */
};

static void put_fields(struct buf *b, char f, int next)
{
    for (int i = 0; i < FIELDS; i++) {
        buf_put_fmt(b, "      %c%d: {type: int, zh: 栏%d, en: F %d}\n", f, i, i, i);
    }
    buf_put(b, STR("      own: {type: int, see: creator, zh: 私, en: Own}\n"));
    for (int i = 0; i < LISTS; i++) {
        buf_put_fmt(b, "      p%d: {type: people, zh: 众%d, en: P %d}\n", i, i, i);
    }
    buf_put(b, STR("    states:\n"));
    buf_put(b, STR("      s0: {zh: 态零, en: S 0, next: [x0"));
    for (int i = 1; i < next; i++) {
        buf_put_fmt(b, ", x%d", i);
    }
    buf_put(b, STR("]}\n"));
    for (int i = 1; i < STATES - 1; i++) {
        buf_put_fmt(b, "      s%d: {zh: 态%d, en: S %d}\n", i, i, i);
    }
    buf_put(b, STR("      done: {zh: 毕, en: Done, final: true}\n"));
}

static void put_actions(struct buf *b, char f, int actions)
{
    buf_put_fmt(
        b,
        "    actions:\n"
        "      place_order: {to: s0, who: everyone, asks: [%c0], may: [%c1, own], clause: buy}\n"
        "      change:\n        from: any\n        who: everyone\n        clause: buy\n"
        "        needs: [{check: %c1 > old.%c1, clause: rising, zh: 只增, en: Rising}]\n"
        "        asks:\n",
        f, f, f, f);
    for (int i = 1; i < ASKS; i++) {
        buf_put_fmt(b, "          - {field: %c%d, when: %c%d > 0}\n", f, i, f, i - 1);
    }
    for (int i = 1; i < STATES - 1; i++) {
        buf_put_fmt(b, "      go%d: {from: s%d, to: s%d, who: everyone, clause: buy}\n", i, i - 1,
                    i);
    }
    buf_put(b, STR("      invite:\n        from: any\n        who: everyone\n"
                   "        clause: buy\n        may:\n"));
    for (int i = 0; i < LISTS; i++) {
        buf_put_fmt(b, "          - p%d\n", i);
    }
    for (int i = 0; i < actions; i++) {
        buf_put_fmt(b,
                    "      x%d:\n        from: any\n        who: creator\n"
                    "        clause: buy\n        needs:\n",
                    i);
        for (int k = 0; k < NEEDS; k++) {
            buf_put_fmt(b,
                        "          - {check: \"default(%c%d, 0) > %d\", clause: rising, zh: 不可, "
                        "en: No}\n",
                        f, k, i);
        }
    }
    buf_put_fmt(b, "      close: {from: s%d, to: done, who: everyone, clause: buy}\n", STATES - 2);
}

/* Its fields are f0, f1 ... where `f` is 'f'. */
static str wide(struct arena *a, char f, int rules, int next)
{
    struct buf b = buf_make(a, 1 << 20);
    buf_put_fmt(&b,
                "regulation: shop\n"
                "title: {zh: 商店, en: Shop}\n"
                "owner: keeper\n"
                "uses: [town]\n"
                "posts:\n  keeper: {zh: 管理员, en: Keeper}\n"
                "types:\n"
                "  order:\n"
                "    title: {zh: 订单, en: Order}\n"
                "    number: \"O-{yyyy}-{seq:4}\"\n"
                "    name: \"{%c0}\"\n"
                "    unit: place\n"
                "    see: everyone\n"
                "    fields:\n"
                "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n",
                f);
    put_fields(&b, f, next);
    buf_put(&b, STR("    rules:\n"));
    for (int i = 0; i < rules; i++) {
        buf_put_fmt(&b,
                    "      - {check: \"default(%c%d, 0) != %d\", clause: rule, zh: 不可, en: Not "
                    "so}\n",
                    f, i % FIELDS, 1000 + i);
    }
    put_actions(&b, f, next > ACTIONS ? next : ACTIONS);
    return buf_str(&b);
}

/* One more than a list holds is refused, not left out. */
static void too_many(struct dbs *t)
{
    enum { MOST = 200 };
    struct house h = house_make(t, wide(t->life, 'f', 1, 1).ptr);
    int64_t id = house_create(&h, h.amy, "order", "f0", "1", "f1", "1", NULL);
    assert_done(&h, id);
    str *people = arena_array(h.a, str, MOST + 1);
    for (int i = 0; i <= MOST; i++) {
        const char *name = str_fmt(h.a, "somebody%d", i).ptr;
        int64_t p = house_create(&h, 0, "person", "full_name", name, "login", name, "unit",
                                 house_text(&h, h.north), NULL);
        assert_done(&h, p);
        people[i] = str_from(house_text(&h, p));
    }
    struct value_in v = {.field = STR("p0"), .items = people, .nitems = MOST + 1};
    struct act a = {.actor = h.amy,
                    .type = STR("order"),
                    .record = id,
                    .action = STR("invite"),
                    .values = &v,
                    .nvalues = 1};
    err e = house_act(&h, &a);
    assert_int_equal(e.code, ERR_VALUE);
    assert_true(e.why && str_has(e.why->fields[0].words.en, STR("200 at most")));
    v.nitems = MOST;
    dbs_ok(house_act(&h, &a));
    assert_int_equal(house_i64(&h, SQL("select count(*) from l_order__p0"), NO_ARGS), MOST);
}

static void nobody_is_left_out_of_a_list_unsaid(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, too_many);
}

/* All lists of a record at once. */
static void invite(struct house *h, int64_t id)
{
    struct value_in *v = arena_array(h->a, struct value_in, LISTS);
    str *amy = arena_new(h->a, str);
    *amy = str_from(house_text(h, h->amy));
    for (int i = 0; i < LISTS; i++) {
        v[i] = (struct value_in){.field = str_fmt(h->a, "p%d", i), .items = amy, .nitems = 1};
    }
    struct act a = {.actor = h->amy,
                    .type = STR("order"),
                    .record = id,
                    .action = STR("invite"),
                    .values = v,
                    .nvalues = LISTS};
    dbs_ok(house_act(h, &a));
    assert_int_equal(house_i64(h, SQL("select count(*) from l_order__p39"), NO_ARGS), 1);
}

/* Does this person see the field that only its creator sees? */
static bool sees_own(struct house *h, int64_t who, int64_t id)
{
    struct ctx ctx = house_ctx(h, who);
    struct record_view v;
    bool seen = false;
    dbs_ok(record_view(&ctx, house_type(h, "order"), id, &v));
    for (size_t i = 0; i < v.rec.nfields; i++) {
        seen = seen || str_eq(v.rec.fields[i].field->key, STR("own"));
    }
    return seen;
}

static void as_wide_as_it_may_be(struct dbs *t)
{
    struct house h = house_make(t, wide(t->life, 'f', RULES, NEXT).ptr);
    int64_t id = house_create(&h, h.amy, "order", "f0", "1", "f1", "1", "own", "7", NULL);
    assert_done(&h, id);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from task where person = $1"), ARGS(db_i64(h.amy))),
        NEXT);
    assert_true(sees_own(&h, h.amy, id));
    assert_false(sees_own(&h, h.bob, id));
    assert_done(&h, house_do(&h, h.amy, "order", id, "change", "f1", "2", "f2", "0", NULL));
    assert_false(house_do(&h, h.amy, "order", id, "change", "f1", "1", "f2", "0", NULL));
    assert_refused(&h, "rising");
    assert_false(house_do(&h, h.amy, "order", id, "change", "f1", "1001", "f2", "0", NULL));
    assert_refused(&h, "rule");
    assert_done(&h, house_do(&h, h.amy, "order", id, "go1", NULL));
    invite(&h, id);
    house_verify(&h);
}

static void the_widest_type_is_worked_with(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, as_wide_as_it_may_be);
}

/* --- many kinds of lines --------------------------------------------------------------- */

static str kinds(struct arena *a)
{
    struct buf b = buf_make(a, 1 << 20);
    buf_put(&b, STR("regulation: shop\ntitle: {zh: 商店, en: Shop}\nowner: keeper\nuses: [town]\n"
                    "posts:\n  keeper: {zh: 管理员, en: Keeper}\ntypes:\n  order:\n"
                    "    title: {zh: 订单, en: Order}\n    number: \"O-{seq:4}\"\n"
                    "    name: \"{what}\"\n    see: everyone\n    fields:\n"
                    "      what: {type: text, zh: 货, en: What}\n"));
    for (int i = 0; i < KINDS; i++) {
        buf_put_fmt(&b,
                    "      k%d: {type: lines, of: {n: {type: int, zh: 数, en: N}}, zh: 类%d, en: K "
                    "%d}\n",
                    i, i, i);
    }
    buf_put_fmt(
        &b,
        "    states:\n      open: {zh: 开, en: Open}\n      done: {zh: 毕, en: Done, final: "
        "true}\n"
        "    rules:\n      - {check: \"count(x in k%d where x.n > 5) == 0\", clause: few, zh: "
        "太多, en: "
        "Too many}\n"
        "    actions:\n      begin: {to: open, who: everyone, asks: [what], clause: few}\n"
        "      fill:\n        from: open\n        who: everyone\n        clause: few\n"
        "        may:\n",
        KINDS - 1);
    for (int i = 0; i < KINDS; i++) {
        buf_put_fmt(&b, "          - k%d\n", i);
    }
    buf_put(&b, STR("      close: {from: open, to: done, who: everyone, clause: few}\n"));
    return buf_str(&b);
}

/* A line of every kind in one act. */
static err fill(struct house *h, int64_t id, const char *n)
{
    struct value_in *v = arena_array(h->a, struct value_in, KINDS);
    struct value_in *cell = arena_new(h->a, struct value_in);
    struct row_in *row = arena_new(h->a, struct row_in);
    *cell = (struct value_in){.field = STR("n"), .text = str_from(n)};
    *row = (struct row_in){.values = cell, .nvalues = 1};
    for (int i = 0; i < KINDS; i++) {
        v[i] = (struct value_in){.field = str_fmt(h->a, "k%d", i), .rows = row, .nrows = 1};
    }
    struct act a = {.actor = h->amy,
                    .type = STR("order"),
                    .record = id,
                    .action = STR("fill"),
                    .values = v,
                    .nvalues = KINDS};
    return house_act(h, &a);
}

static void of_many_kinds(struct dbs *t)
{
    struct house h = house_make(t, kinds(t->life).ptr);
    int64_t id = house_create(&h, h.amy, "order", "what", "ink", NULL);
    assert_done(&h, id);
    dbs_ok(fill(&h, id, "5"));
    assert_int_equal(fill(&h, id, "6").code, ERR_RULE);
}

static void a_rule_over_the_tenth_kind_of_lines_is_judged(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, of_many_kinds);
}

/* Another regulation that asks more of `order`, n times as many rules as it may at once. */
static str guild(struct arena *a, int n)
{
    struct buf b = buf_make(a, 1 << 20);
    buf_put(&b, STR("regulation: guild\ntitle: {zh: 行会, en: Guild}\nowner: keeper\n"
                    "uses: [town, shop]\nposts:\n  keeper: {zh: 管理员, en: Keeper}\nadds:\n"));
    for (int i = 0; i < n; i++) {
        buf_put(&b, STR("  - to: order.change\n    clause: more\n    rules:\n"));
        for (int k = 0; k < RULES; k++) {
            buf_put_fmt(&b,
                        "      - {check: \"default(f0, 0) != %d\", clause: more, zh: 不可, en: Not "
                        "so}\n",
                        2000 + i * RULES + k);
        }
    }
    return buf_str(&b);
}

/* The first mistake of what is built of these definitions, the second another version of the
 * first where `again`; empty: none. */
static str mistake(struct arena *a, const str *definitions, int n, bool again)
{
    struct engine_options opt = {.url = STR("sqlite::memory:")};
    struct engine *e = engine_make(a, &opt, true);
    struct source list[3] = {house_town(a)};
    struct held_model *h;
    struct diags d = diags_make(a);
    for (int i = 0; i < n; i++) {
        list[i + 1] = house_source(a, definitions[i]);
        list[i + 1].version = again ? i + 1 : 1;
    }
    struct sources s = {list, (size_t)n + 1};
    err x = engine_build(e, a, &s, 1, &d, &h);
    assert_int_equal(x.code, d.errors ? ERR_RULE : ERR_NONE);
    size_t i = 0;
    while (i < d.len && d.ptr[i].warning) {
        i++;
    }
    return i < d.len ? diag_print(a, &d.ptr[i], LANG_EN) : STR("");
}

static void what_there_is_no_room_for_is_a_mistake_at_its_place(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    str asked[2] = {wide(&a, 'f', RULES, 1), guild(&a, 3)};
    assert_int_equal(mistake(&a, asked, 2, false).len, 0); /* 192 */
    asked[1] = guild(&a, 4);
    assert_true(str_has(mistake(&a, asked, 2, false),
                        STR("rules, with those that other regulations add, are 240; at most 192")));
    str waits = wide(&a, 'f', 1, 101);
    assert_true(
        str_has(mistake(&a, &waits, 1, true), STR("state s0 waits for 101 actions; at most 100")));
    str versions[2] = {wide(&a, 'f', RULES, 100), wide(&a, 'g', 1, 1)};
    assert_int_equal(mistake(&a, versions, 1, true).len, 0);
    assert_true(str_has(mistake(&a, versions, 2, true),
                        STR("fields and states of all versions are 378; at most 309")));
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_widest_type_is_worked_with),
        cmocka_unit_test(nobody_is_left_out_of_a_list_unsaid),
        cmocka_unit_test(a_rule_over_the_tenth_kind_of_lines_is_judged),
        cmocka_unit_test(what_there_is_no_room_for_is_a_mistake_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
