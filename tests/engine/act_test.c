/* One act, step by step in the order of the language, and what each step
 * refuses: law, state, who, needs; values; rules on the result; unique; effects
 * and their limits; numbers; keys; versions; three truth values. */
#include "house.h"

#include <string.h>

static const char shop[] =
    "regulation: shop\n"
    "title: {zh: 商店, en: Shop}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "settings:\n"
    "  shop.most: {type: int, default: 100, clause: limit, zh: 上限, en: Most}\n"
    "types:\n"
    "  order:\n"
    "    title: {zh: 订单, en: Order}\n"
    "    number: \"O-{yyyy}-{seq:4}\"\n"
    "    name: \"{what}\"\n"
    "    has: [comments, watchers, label]\n"
    "    unit: place\n"
    "    see: owner or creator or post('keeper', place)\n"
    "    fields:\n"
    "      what: {type: text, max: 20, zh: 货, en: What}\n"
    "      owner: {type: person, default: actor, zh: 主, en: Owner}\n"
    "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
    "      n: {type: int, min: 0, max: 1000, zh: 数, en: Number, clause: number}\n"
    "      code: {type: text, max: 10, pattern: \"[a-z]+\", zh: 码, en: Code}\n"
    "      urgent: {type: bool, default: \"false\", zh: 急, en: Urgent}\n"
    "      why: {type: text, max: 50, zh: 因, en: Why}\n"
    "      checked: {type: int, zh: 核, en: Checked}\n"
    "      double: {type: int, is: n * 2, zh: 倍, en: Double}\n"
    "    unique: [{of: [code], while: \"state in ['open', 'sent']\", clause: once, "
    "zh: 此码在用, en: The code is taken}]\n"
    "    states:\n"
    "      open: {zh: 开, en: Open, next: [send]}\n"
    "      sent: {zh: 发, en: Sent}\n"
    "      few: {zh: 少, en: Few}\n"
    "      done: {zh: 毕, en: Done, final: true}\n"
    "    rules:\n"
    "      - {check: n <= setting('shop.most'), clause: limit, zh: 太多, en: Too many}\n"
    "      - {check: not urgent or why != null, clause: reason, zh: 急须有因, en: Urgent needs a "
    "why}\n"
    "    actions:\n"
    "      place_order:\n"
    "        to: open\n"
    "        who: everyone\n"
    "        asks: [what, {field: why, when: urgent}]\n"
    "        may: [n, code, urgent, owner, place]\n"
    "        clause: buy\n"
    "      send:\n"
    "        from: open\n"
    "        to: sent\n"
    "        who: post('keeper', place)\n"
    "        needs:\n"
    "          - {check: n > 0, clause: number, zh: 须有数, en: It needs a number}\n"
    "        clause: keeper-sends\n"
    "      count:\n"
    "        from: [open, sent]\n"
    "        to: [{state: few, when: checked < 10}, {state: sent, when: checked < 50}, {state: "
    "done}]\n"
    "        who: owner or post('keeper', place)\n"
    "        asks: [checked]\n"
    "        needs: [{check: \"checked >= default(old.checked, 0)\", clause: rising, zh: 只增, en: "
    "Only rising}]\n"
    "        clause: counting\n"
    "      again: {from: few, to: back, who: everyone, clause: counting}\n"
    "      change: {from: any, who: owner, may: [n, what, code, urgent, why], clause: buy}\n"
    "      close: {from: any, to: done, who: nobody, clause: counting}\n";

static int64_t order(struct house *h, int64_t who, const char *n)
{
    int64_t id = house_create(h, who, "order", "what", "ink", "n", n, NULL);
    assert_done(h, id);
    return id;
}

static int64_t count(struct house *h, const char *table)
{
    struct sqlb b = sqlb_make(h->a);
    SQLB_LIT(&b, "select count(*) from ");
    sqlb_ident(&b, str_from(table));
    return house_i64(h, sqlb_end(&b), NO_ARGS);
}

static int64_t field(struct house *h, int64_t id, const char *column)
{
    struct sqlb b = sqlb_make(h->a);
    SQLB_LIT(&b, "select coalesce(");
    sqlb_ident(&b, str_from(column));
    SQLB_LIT(&b, ", -1) from r_order where id = $1");
    return house_i64(h, sqlb_end(&b), ARGS(db_i64(id)));
}

/* --- state, who, needs ------------------------------------------------------------------ */

static void before(struct dbs *t)
{
    struct house h = house_make(t, shop);
    house_appoint(&h, h.cat, "keeper", h.south);
    house_appoint(&h, h.eve, "keeper", h.top);
    int64_t id = order(&h, h.amy, "5");
    /* what one may not see is not there, whatever the rest says */
    assert_false(house_do(&h, h.cat, "order", id, "send", NULL));
    assert_int_equal(h.last.code, ERR_NOT_FOUND);
    assert_null(h.last.why);
    /* seen, but not one of those who may */
    assert_false(house_do(&h, h.amy, "order", id, "send", NULL));
    assert_int_equal(h.last.code, ERR_DENIED);
    assert_refused(&h, "keeper-sends");
    assert_true(h.last.why->remedy.en.len && h.last.why->remedy.zh.len);
    assert_done(&h, house_do(&h, h.eve, "order", id, "send", NULL));
    assert_string_equal(house_state(&h, "order", id), "sent");
    /* the state is asked before who */
    assert_false(house_do(&h, h.amy, "order", id, "send", NULL));
    assert_int_equal(h.last.why->kind, REFUSED_STATE);
    assert_refused(&h, "keeper-sends");
    assert_true(str_has(h.last.why->remedy.en, STR("Open")));
    /* a need that fails, with its own clause; one that is unknown names what is missing */
    int64_t none = order(&h, h.amy, "0");
    assert_false(house_do(&h, h.eve, "order", none, "send", NULL));
    assert_refused(&h, "number");
    assert_int_equal(h.last.why->kind, REFUSED_NEEDS);
    int64_t unknown = order(&h, h.amy, "5");
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_order set f_n = null where id = $1"),
                   ARGS(db_i64(unknown))));
    assert_false(house_do(&h, h.eve, "order", unknown, "send", NULL));
    assert_refused(&h, "number");
    assert_int_equal(h.last.why->kind, REFUSED_UNKNOWN);
    assert_true(str_has(h.last.why->remedy.en, STR("n")));
    /* nobody; an action that is none */
    assert_false(house_do(&h, h.amy, "order", id, "close", NULL));
    assert_refused(&h, "counting");
    assert_false(house_do(&h, h.amy, "order", id, "nothing", NULL));
    assert_int_equal(h.last.code, ERR_NOT_FOUND);
    assert_false(house_do(&h, h.amy, "order", id + 1, "send", NULL));
    assert_int_equal(h.last.code, ERR_NOT_FOUND);
}

static void state_who_and_needs_are_asked_in_this_order(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, before);
}

static void lapses(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t post =
        house_create(&h, 0, "post", "person", house_text(&h, h.bob), "position", "keeper", "unit",
                     house_text(&h, h.north), "starts", "2026-01-05", "ends", "2026-01-06", NULL);
    assert_done(&h, post);
    int64_t id = order(&h, h.amy, "5");
    int64_t other = order(&h, h.amy, "5");
    h.now += DAY;
    assert_done(&h, house_do(&h, h.bob, "order", id, "send", NULL));
    h.now += DAY; /* no job ran */
    assert_false(house_do(&h, h.bob, "order", other, "send", NULL));
    assert_int_equal(h.last.code, ERR_NOT_FOUND); /* nor does he see it any more */
}

static void a_right_lapses_with_its_appointment(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, lapses);
}

/* --- values ----------------------------------------------------------------------------------- */

struct bad_value {
    const char *field, *text;
};

static void values(struct dbs *t)
{
    struct house h = house_make(t, shop);
    static const struct bad_value bad[] = {
        {"n", "-1"},       {"n", "1001"},     {"n", "x"},
        {"n", "1.5"},      {"code", "A1"},    {"what", "123456789012345678901"},
        {"owner", "none"}, {"urgent", "who"}, {"what", "\xff"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bool what = strcmp(bad[i].field, "what") == 0;
        int64_t id =
            what ? house_create(&h, h.amy, "order", bad[i].field, bad[i].text, NULL)
                 : house_create(&h, h.amy, "order", "what", "ink", bad[i].field, bad[i].text, NULL);
        if (id || h.last.code != ERR_VALUE || !h.last.why || h.last.why->nfields != 1 ||
            !str_eq(h.last.why->fields[0].field, str_from(bad[i].field))) {
            fail_msg("%s = %s: %s", bad[i].field, bad[i].text, err_name(h.last.code));
        }
    }
    /* all mistakes at once; a field the action does not take; one that must be filled */
    assert_int_equal(house_create(&h, h.amy, "order", "n", "x", "code", "1", "checked", "3", NULL),
                     0);
    assert_int_equal(h.last.code, ERR_VALUE);
    assert_int_equal(h.last.why->nfields, 3);
    assert_int_equal(house_create(&h, h.amy, "order", "n", "1", NULL), 0);
    assert_int_equal(h.last.code, ERR_VALUE);
    assert_true(str_eq(h.last.why->fields[0].field, STR("what")));
    /* asked only when its condition holds */
    assert_int_equal(house_create(&h, h.amy, "order", "what", "ink", "urgent", "true", NULL), 0);
    assert_true(str_eq(h.last.why->fields[0].field, STR("why")));
    assert_done(&h, house_create(&h, h.amy, "order", "what", "ink", "n", "1", "urgent", "true",
                                 "why", "now", NULL));
    /* defaults, computed fields, the unit that places it */
    int64_t id = order(&h, h.amy, "7");
    assert_int_equal(field(&h, id, "f_owner"), h.amy);
    assert_int_equal(field(&h, id, "f_place"), h.north);
    assert_int_equal(field(&h, id, "unit"), h.north);
    assert_int_equal(field(&h, id, "f_urgent"), 0);
    assert_int_equal(field(&h, id, "f_double"), 14);
    assert_done(&h, house_do(&h, h.amy, "order", id, "change", "n", "9", NULL));
    assert_int_equal(field(&h, id, "f_double"), 18);
    assert_int_equal(field(&h, id, "ver"), 2);
    /* nothing of what was refused is there */
    assert_int_equal(count(&h, "r_order"), 2);
    house_verify(&h);
}

static void values_are_judged_all_at_once_and_named(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, values);
}

/* --- where it goes -----------------------------------------------------------------------------
 */

static void targets(struct dbs *t)
{
    struct house h = house_make(t, shop);
    static const struct {
        const char *checked, *state;
    } rows[] = {{"3", "few"}, {"9", "few"}, {"10", "sent"}, {"49", "sent"}, {"50", "done"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t id = order(&h, h.amy, "5");
        assert_done(&h,
                    house_do(&h, h.amy, "order", id, "count", "checked", rows[i].checked, NULL));
        assert_string_equal(house_state(&h, "order", id), rows[i].state);
    }
    int64_t id = order(&h, h.amy, "5");
    assert_done(&h, house_do(&h, h.amy, "order", id, "count", "checked", "20", NULL));
    assert_done(&h, house_do(&h, h.amy, "order", id, "count", "checked", "20", NULL));
    /* a need on the typed value, with the one before */
    assert_false(house_do(&h, h.amy, "order", id, "count", "checked", "19", NULL));
    assert_refused(&h, "rising");
    assert_int_equal(field(&h, id, "f_checked"), 20);
    /* back to where it came from */
    int64_t few = order(&h, h.amy, "5");
    assert_done(&h, house_do(&h, h.amy, "order", few, "count", "checked", "1", NULL));
    assert_done(&h, house_do(&h, h.amy, "order", few, "again", NULL));
    assert_string_equal(house_state(&h, "order", few), "open");
}

static void the_target_state_is_chosen_on_the_values(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, targets);
}

/* --- rules, unique
 * -------------------------------------------------------------------------------- */

static void rules(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t entries = count(&h, "ledger_leaf");
    assert_int_equal(house_create(&h, h.amy, "order", "what", "ink", "n", "101", NULL), 0);
    assert_refused(&h, "limit");
    assert_int_equal(h.last.why->kind, REFUSED_RULE);
    assert_true(str_eq(h.last.why->what.en, STR("Too many")));
    int64_t id = order(&h, h.amy, "100");
    assert_false(house_do(&h, h.amy, "order", id, "change", "urgent", "true", NULL));
    assert_refused(&h, "reason");
    /* unknown: refused, and the missing field is named */
    assert_false(house_do(&h, h.amy, "order", id, "change", "n", "*", NULL));
    assert_refused(&h, "limit");
    assert_int_equal(h.last.why->kind, REFUSED_UNKNOWN);
    assert_true(str_has(h.last.why->remedy.en, STR("n ")));
    /* a rule whose fields did not change is not asked: nobody is locked out */
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_order set f_n = 500 where id = $1"),
                   ARGS(db_i64(id))));
    assert_done(&h, house_do(&h, h.amy, "order", id, "change", "what", "pen", NULL));
    assert_false(house_do(&h, h.amy, "order", id, "change", "n", "501", NULL));
    assert_refused(&h, "limit");
    /* refused acts leave no trace */
    assert_int_equal(count(&h, "ledger_leaf"), entries + 2);
    assert_int_equal(count(&h, "r_order"), 1);
}

static void rules_are_judged_on_the_result_where_it_changed(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, rules);
}

static void once(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t a = house_create(&h, h.amy, "order", "what", "ink", "n", "1", "code", "abc", NULL);
    assert_done(&h, a);
    assert_int_equal(house_create(&h, h.amy, "order", "what", "ink", "n", "1", "code", "abc", NULL),
                     0);
    assert_refused(&h, "once");
    assert_int_equal(h.last.why->kind, REFUSED_UNIQUE);
    assert_true(str_eq(h.last.why->what.zh, STR("此码在用")));
    assert_true(str_eq(h.last.why->what.en, STR("The code is taken")));
    int64_t b = order(&h, h.amy, "1");
    assert_false(house_do(&h, h.amy, "order", b, "change", "code", "abc", NULL));
    assert_refused(&h, "once");
    /* the connection goes on, and the place is free when the other is done */
    assert_done(&h, house_do(&h, h.amy, "order", a, "count", "checked", "99", NULL));
    assert_done(&h, house_do(&h, h.amy, "order", b, "change", "code", "abc", NULL));
    house_verify(&h);
}

static void what_is_unique_is_there_once_while_it_counts(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, once);
}

/* --- numbers, keys, versions
 * ------------------------------------------------------------------------ */

static const char *number_of(struct house *h, int64_t id)
{
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a, SQL("select number from r_order where id = $1"),
                    ARGS(db_i64(id)), &r));
    assert_true(rows_next(&r));
    return str_copy(h->a, rows_text(&r, 0)).ptr;
}

static void numbers(struct dbs *t)
{
    struct house h = house_make(t, shop);
    assert_string_equal(number_of(&h, order(&h, h.amy, "1")), "O-2026-0001");
    for (int i = 0; i < 3; i++) { /* refused late: its number is not lost */
        assert_int_equal(house_create(&h, h.amy, "order", "what", "ink", "n", "101", NULL), 0);
    }
    assert_string_equal(number_of(&h, order(&h, h.amy, "1")), "O-2026-0002");
    h.now += 365 * DAY; /* a new prefix begins anew */
    assert_string_equal(number_of(&h, order(&h, h.amy, "1")), "O-2027-0001");
}

static void numbers_have_no_gaps(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, numbers);
}

static struct act order_act(struct house *h, const char *key, const char *n, struct value_in *vals)
{
    vals[0] = (struct value_in){.field = STR("what"), .text = STR("ink")};
    vals[1] = (struct value_in){.field = STR("n"), .text = str_from(n)};
    return (struct act){
        .actor = h->amy, .type = STR("order"), .values = vals, .nvalues = 2, .key = str_from(key)};
}

static void keys(struct dbs *t)
{
    struct house h = house_make(t, shop);
    struct value_in *v = arena_array(h.a, struct value_in, 12);
    struct act a = order_act(&h, "k1", "1", v);
    dbs_ok(house_act(&h, &a));
    struct act again = order_act(&h, "k1", "1", v + 2);
    dbs_ok(house_act(&h, &again));
    assert_true(again.ret_repeated);
    assert_int_equal(again.ret_record, a.ret_record);
    assert_int_equal(again.ret_act, a.ret_act);
    assert_int_equal(count(&h, "r_order"), 1);
    /* the same key with another body */
    struct act other = order_act(&h, "k1", "2", v + 4);
    assert_int_equal(house_act(&h, &other).code, ERR_VALUE);
    /* another person's key is another */
    struct act his = order_act(&h, "k1", "1", v + 6);
    his.actor = h.bob;
    dbs_ok(house_act(&h, &his));
    assert_false(his.ret_repeated);
    /* a refusal is not kept */
    struct act bad = order_act(&h, "k2", "101", v + 8);
    assert_int_equal(house_act(&h, &bad).code, ERR_RULE);
    struct act good = order_act(&h, "k2", "100", v + 10);
    dbs_ok(house_act(&h, &good));
    assert_int_equal(count(&h, "r_order"), 3);
}

static void a_key_stands_for_one_act(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, keys);
}

static void stale(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t id = order(&h, h.amy, "1");
    struct value_in *v = arena_array(h.a, struct value_in, 2);
    *v = (struct value_in){.field = STR("n"), .text = STR("2")};
    struct act a = {.actor = h.amy,
                    .type = STR("order"),
                    .record = id,
                    .ver = 1,
                    .action = STR("change"),
                    .values = v,
                    .nvalues = 1};
    struct act b = a;
    dbs_ok(house_act(&h, &a));
    assert_int_equal(a.ret_ver, 2);
    assert_int_equal(house_act(&h, &b).code, ERR_STALE);
    b.ver = 2;
    dbs_ok(house_act(&h, &b));
    assert_int_equal(field(&h, id, "ver"), 3);
}

static void a_stale_version_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, stale);
}

/* --- acts that are built in
 * ---------------------------------------------------------------------------- */

static err built_in(struct house *h, int64_t who, int64_t id, const char *action, const char *note,
                    const char *label)
{
    struct value_in *v = arena_new(h->a, struct value_in);
    *v = (struct value_in){.field = STR("label"), .text = str_from(label)};
    struct act a = {.actor = who,
                    .type = STR("order"),
                    .record = id,
                    .action = str_from(action),
                    .note = str_from(note),
                    .values = v,
                    .nvalues = label ? 1 : 0};
    return house_act(h, &a);
}

static void built(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t id = order(&h, h.amy, "1");
    dbs_ok(built_in(&h, h.amy, id, "comment", "hello", NULL));
    dbs_ok(built_in(&h, h.amy, id, "watch", NULL, NULL));
    dbs_ok(built_in(&h, h.amy, id, "label", NULL, "late"));
    assert_int_equal(count(&h, "watcher"), 1);
    assert_int_equal(count(&h, "label"), 1);
    dbs_ok(built_in(&h, h.amy, id, "unwatch", NULL, NULL));
    dbs_ok(built_in(&h, h.amy, id, "unlabel", NULL, "late"));
    assert_int_equal(count(&h, "watcher"), 0);
    assert_int_equal(count(&h, "label"), 0);
    assert_int_equal(built_in(&h, h.amy, id, "comment", "", NULL).code, ERR_VALUE);
    assert_int_equal(built_in(&h, h.amy, id, "attach", "", NULL).code, ERR_NOT_FOUND);
    assert_int_equal(built_in(&h, h.cat, id, "comment", "hello", NULL).code, ERR_NOT_FOUND);
    assert_int_equal(field(&h, id, "ver"), 1);
    house_verify(&h);
}

static void comments_labels_and_watching_are_acts(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_who_and_needs_are_asked_in_this_order),
        cmocka_unit_test(a_right_lapses_with_its_appointment),
        cmocka_unit_test(values_are_judged_all_at_once_and_named),
        cmocka_unit_test(the_target_state_is_chosen_on_the_values),
        cmocka_unit_test(rules_are_judged_on_the_result_where_it_changed),
        cmocka_unit_test(what_is_unique_is_there_once_while_it_counts),
        cmocka_unit_test(numbers_have_no_gaps),
        cmocka_unit_test(a_key_stands_for_one_act),
        cmocka_unit_test(a_stale_version_is_refused),
        cmocka_unit_test(comments_labels_and_watching_are_acts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
