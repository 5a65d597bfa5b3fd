/* A unit's own value of a setting: for whom it holds, from when, and that the
 * ledger knows of it. */
#include "engine/local.h"
#include "engine/verify.h"

#include "house.h"

static const char loans[] =
    "regulation: loans\n"
    "title: {zh: 借用, en: Loans}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "settings:\n"
    "  loan.most: {type: duration, default: 2h, clause: lend, local: true, zh: 最长, en: Longest}\n"
    "  loan.all: {type: duration, default: 2h, clause: lend, zh: 一律, en: For all}\n"
    "types:\n"
    "  loan:\n"
    "    title: {zh: 借用单, en: Loan}\n"
    "    name: \"{thing}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      thing: {type: text, max: 100, zh: 物品, en: Thing}\n"
    "    states:\n"
    "      lent: {zh: 借出, en: Lent}\n"
    "      returned: {zh: 归还, en: Back, final: true}\n"
    "    actions:\n"
    "      lend: {to: lent, who: everyone, asks: [thing], clause: lend, zh: 借出, en: Lend}\n"
    "      take_back: {from: lent, to: returned, who: everyone, clause: lend, zh: 归还, en: Back}\n"
    "    terms:\n"
    "      back:\n"
    "        runs_in: [lent]\n"
    "        within: setting('loan.most')\n"
    "        clause: lend\n"
    "        zh: 归还\n"
    "        en: Back\n";

static int64_t lend(struct house *h, int64_t who)
{
    int64_t id = house_create(h, who, "loan", "thing", "ladder", NULL);
    assert_done(h, id);
    return id;
}

static int64_t hours(struct house *h, int64_t loan)
{
    return house_i64(h, SQL("select (due - started) / 3600000 from term where record = $1"),
                     ARGS(db_i64(loan)));
}

static const struct setting *setting_of(struct house *h, const char *key)
{
    return law_setting(model_reg(house_model(h), STR("loans"))->newest, str_from(key));
}

static err set(struct house *h, const char *key, int64_t unit, const char *value)
{
    struct words why = {0};
    err e = local_set(h->e, h->a, setting_of(h, key), unit, str_from(value), h->eve, h->now, &why);
    assert_int_equal(e.code == ERR_VALUE, why.zh.len && why.en.len);
    return e;
}

static void nearest_unit_decides(struct dbs *t)
{
    struct house h = house_make(t, loans);
    int64_t before = lend(&h, h.amy);
    dbs_ok(set(&h, "loan.most", h.north, "5h"));
    assert_int_equal(hours(&h, lend(&h, h.amy)), 5);
    assert_int_equal(hours(&h, before), 2); /* what runs keeps its length */
    assert_int_equal(hours(&h, lend(&h, h.cat)), 2);
    dbs_ok(set(&h, "loan.most", h.top, "9h"));
    assert_int_equal(hours(&h, lend(&h, h.amy)), 5);
    assert_int_equal(hours(&h, lend(&h, h.dan)), 9);
    dbs_ok(set(&h, "loan.most", h.south, "3h"));
    assert_int_equal(hours(&h, lend(&h, h.dan)), 3); /* south_1 is below south */
    dbs_ok(set(&h, "loan.most", h.south, ""));
    assert_int_equal(hours(&h, lend(&h, h.dan)), 9);
    assert_int_equal(set(&h, "loan.most", h.north, "soon").code, ERR_VALUE);
    assert_int_equal(set(&h, "loan.most", h.amy, "4h").code, ERR_NOT_FOUND);
    assert_int_equal(set(&h, "loan.all", h.north, "4h").code, ERR_NOT_FOUND);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct local_value *list;
    size_t n;
    dbs_ok(local_list(&ctx, setting_of(&h, "loan.most"), &list, &n));
    assert_int_equal(n, 2);
    house_verify(&h);
}

static void it_holds_for_the_unit_and_those_below(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, nearest_unit_decides);
}

static void named(struct house *h, struct sql harm, bool bad)
{
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    dbs_ok(db_exec(house_db(h), h->a, harm, NO_ARGS));
    dbs_ok(engine_verify(house_db(h), h->a, &opt, &r));
    if (r.bad != bad || (bad && !str_eq(r.table, STR("setting_local")))) {
        fail_msg("%.*s: bad %d, %.*s", STR_ARG(harm.text), r.bad, STR_ARG(r.what.en));
    }
}

static void behind_the_program(struct dbs *t)
{
    struct house h = house_make(t, loans);
    dbs_ok(set(&h, "loan.most", h.north, "5h"));
    dbs_ok(set(&h, "loan.most", h.south, "5h"));
    dbs_ok(set(&h, "loan.most", h.south, ""));
    named(&h, SQL("update setting_local set value = '7200000'"), true);
    named(&h, SQL("update setting_local set value = '18000000'"), false);
    named(&h,
          SQL("insert into setting_local(reg, key, unit, value)"
              " values ('loans', 'loan.most', 5, '1')"),
          true);
    named(&h, SQL("delete from setting_local where unit = 5"), false);
    named(&h, SQL("delete from setting_local"), true);
}

static void a_value_set_by_sql_is_named(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, behind_the_program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_for_the_unit_and_those_below),
        cmocka_unit_test(a_value_set_by_sql_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
