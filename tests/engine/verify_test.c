/* Rows that were changed, removed or put in by SQL are found and named. */
#include "engine/verify_int.h"

#include "house.h"

static const char loans[] =
    "regulation: loans\n"
    "title: {zh: 借用, en: Loans}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  loan:\n"
    "    title: {zh: 借用单, en: Loan}\n"
    "    number: \"L-{yyyy}-{seq:3}\"\n"
    "    name: \"{thing} {borrower.name}\"\n"
    "    has: [comments, attachments]\n"
    "    see: everyone\n"
    "    fields:\n"
    "      thing: {type: text, max: 100, zh: 物品, en: Thing}\n"
    "      borrower: {type: person, default: actor, zh: 借用人, en: Borrower}\n"
    "      helpers: {type: people, zh: 协助人, en: Helpers}\n"
    "      price: {type: money, zh: 价格, en: Price}\n"
    "      twice: {type: money, is: price * 2, zh: 双倍, en: Twice}\n"
    "      items:\n"
    "        type: lines\n"
    "        of:\n"
    "          what: {type: text, max: 50, zh: 名目, en: What}\n"
    "          n: {type: int, zh: 数量, en: Number}\n"
    "        zh: 明细\n"
    "        en: Items\n"
    "    states:\n"
    "      lent: {zh: 借出, en: Lent}\n"
    "      returned: {zh: 归还, en: Back, final: true}\n"
    "    actions:\n"
    "      lend: {to: lent, who: everyone, asks: [thing], may: [helpers, price, items], clause: "
    "lend, zh: "
    "借出, en: Lend}\n"
    "      alter: {from: lent, who: everyone, may: [helpers, price, items], clause: lend, zh: "
    "更改, en: "
    "Alter}\n"
    "      take_back: {from: lent, to: returned, who: everyone, clause: lend, effects: [{set: "
    "{price: "
    "\"0.00\"}}], zh: "
    "归还, en: Take back}\n";

struct town_of_loans {
    struct house h;
    int64_t first, second, third;
};

static struct value_in number_of(const char *field, const char *text)
{
    return (struct value_in){.field = str_from(field), .text = str_from(text)};
}

static int64_t lend(struct house *h, const char *thing, bool lines)
{
    struct value_in cells[2][2] = {{number_of("what", "cable"), number_of("n", "3")},
                                   {number_of("what", "bag"), number_of("n", "1")}};
    struct row_in rows[2] = {{.values = cells[0], .nvalues = 2},
                             {.values = cells[1], .nvalues = 2}};
    str helpers[2] = {str_from(house_text(h, h->bob)), str_from(house_text(h, h->cat))};
    struct value_in vals[] = {number_of("thing", thing),
                              number_of("price", "12.50"),
                              {.field = STR("helpers"), .items = helpers, .nitems = 2},
                              {.field = STR("items"), .rows = rows, .nrows = 2}};
    struct act_file file = {.name = STR("a.txt"), .mime = STR("text/plain"), .bytes = STR("abc")};
    struct act act = {.actor = h->amy,
                      .type = STR("loan"),
                      .values = vals,
                      .nvalues = lines ? 4 : 2,
                      .files = &file,
                      .nfiles = lines};
    dbs_ok(house_act(h, &act));
    return act.ret_record;
}

static struct town_of_loans make(struct dbs *t)
{
    struct town_of_loans x = {.h = house_make(t, loans)};
    struct house *h = &x.h;
    x.first = lend(h, "projector", true);
    x.second = lend(h, "camera", true);
    x.third = lend(h, "ladder", false);
    /* lines edited and removed, links changed, effects, comments */
    int64_t line = house_i64(h, SQL("select min(id) from r_loan__items where f_loan = $1"),
                             ARGS(db_i64(x.second)));
    struct value_in cell = number_of("n", "7");
    struct row_in rows[2] = {{.id = line, .values = &cell, .nvalues = 1},
                             {.id = line + 1, .remove = true}};
    rows[1].id = house_i64(h, SQL("select max(id) from r_loan__items where f_loan = $1"),
                           ARGS(db_i64(x.second)));
    struct value_in vals[] = {{.field = STR("items"), .rows = rows, .nrows = 2},
                              {.field = STR("helpers"), .null = true}};
    struct act act = {.actor = h->amy,
                      .type = STR("loan"),
                      .record = x.second,
                      .action = STR("alter"),
                      .values = vals,
                      .nvalues = 2};
    dbs_ok(house_act(h, &act));
    struct act note = {.actor = h->bob,
                       .type = STR("loan"),
                       .record = x.first,
                       .action = STR("comment"),
                       .note = STR("fine")};
    dbs_ok(house_act(h, &note));
    assert_done(h, house_do(h, h->amy, "loan", x.third, "take_back", NULL));
    return x;
}

static void all_good(struct dbs *t)
{
    struct town_of_loans x = make(t);
    assert_int_equal(
        house_i64(&x.h, SQL("select f_twice from r_loan where id = $1"), ARGS(db_i64(x.first))),
        2500);
    house_verify(&x.h);
}

static void what_only_acts_have_touched_is_in_order(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, all_good);
}

struct harm {
    const char *name;
    const char *sql[2];
    const char *table, *column; /* what must be named */
    const char *words;          /* part of the report */
};

/* :1 :2 stand for the first, the second loan */
static const struct harm harms[] = {
    {"a field",
     {"update r_loan set f_price = 99 where id = :1"},
     "r_loan",
     "f_price",
     "Loan L-2026-001, \"Price\""},
    {"a text",
     {"update r_loan set f_thing = 'x' where id = :2"},
     "r_loan",
     "f_thing",
     "L-2026-002"},
    {"emptied",
     {"update r_loan set f_borrower = null where id = :1"},
     "r_loan",
     "f_borrower",
     "Borrower"},
    {"filled", {"update r_loan set f_price = 0 where id = :1"}, "r_loan", "f_price", "Price"},
    {"computed", {"update r_loan set f_twice = 1 where id = :1"}, "r_loan", "f_twice", "Twice"},
    {"the state",
     {"update r_loan set state = 1 - state where id = :1"},
     "r_loan",
     "state",
     "\"state\""},
    {"the version",
     {"update r_loan set ver = 9 where id = :1"},
     "r_loan",
     "ver",
     "count of changes"},
    {"the time",
     {"update r_loan set created_at = 9 where id = :1"},
     "r_loan",
     "created_at",
     "time of creation"},
    {"the number",
     {"update r_loan set number = 'L-2026-009' where id = :1"},
     "r_loan",
     "number",
     "number"},
    {"a record gone", {"delete from r_loan where id = :1"}, "r_loan", "", "was removed"},
    {"a record put in",
     {"insert into r_loan(id, law, ver, created_at, changed_at, creator) values (5, 1, 1, 1, 1, "
      "1)"},
     "r_loan",
     "",
     "no entry tells of it"},
    {"two records change places",
     {"update r_loan set id = -id where id = :1", "update r_loan set id = :1 where id = :2"},
     "r_loan",
     "",
     ""},
    {"a line",
     {"update r_loan__items set f_n = 4 where f_loan = :1"},
     "r_loan__items",
     "",
     "L-2026-001, \"Items\""},
    {"a line gone",
     {"delete from r_loan__items where f_loan = :1"},
     "r_loan__items",
     "",
     "L-2026-001"},
    {"a line moved",
     {"update r_loan__items set f_loan = :2 where f_loan = :1"},
     "r_loan__items",
     "",
     "Items"},
    {"a line put in",
     {"insert into r_loan__items(id, law, ver, created_at, changed_at, creator, f_loan) values (6,"
      " 1, 1, 1, 1, 1, :1)"},
     "r_loan__items",
     "",
     "no entry"},
    {"a link gone",
     {"delete from l_loan__helpers where owner = :1"},
     "l_loan__helpers",
     "",
     "L-2026-001, \"Helpers\""},
    {"one link less",
     {"delete from l_loan__helpers where owner = :1 and target = (select max(target) from"
      " l_loan__helpers)"},
     "l_loan__helpers",
     "",
     "Helpers"},
    {"a link where there were",
     {"insert into l_loan__helpers(owner, target) values (:2, 4)"},
     "l_loan__helpers",
     "",
     "Helpers"},
    {"an attachment",
     {"update attachment set sha256 = 'aa' where record = :1"},
     "attachment",
     "",
     "L-2026-001, an attachment"},
    {"an attachment gone",
     {"delete from attachment where record = :1"},
     "attachment",
     "",
     "attachment"},
    {"the history", {"update act set person = 1 where record = :1"}, "act", "", "history"},
    {"a comment", {"update act set note = 'not fine' where note = 'fine'"}, "act", "", "history"},
    {"what was changed",
     {"update act set changes = '[]' where record = :1 and changes is not null"},
     "act",
     "",
     "history"},
    {"history gone", {"delete from act where record = :1"}, "act", "", "was removed"},
    {"history made up",
     {"insert into act select id + 1, seq, record, type, law, action, person, principal, at,"
      " recorded, from_state, to_state, parent, cause, flags, note, changes from act where record ="
      " :2 and parent is null and from_state is null"},
     "act",
     "",
     "history"},
    {"a published text",
     {"update law set text_zh = '' where reg = 'loans'"},
     "law",
     "",
     "regulation"},
    {"a version put in",
     {"insert into law select reg, 2, 2, published_at, published_by, text_zh, text_en, definition,"
      " examples, records, overrides from law where reg = 'loans'"},
     "law",
     "",
     "no entry"},
};

static str filled_in(struct arena *a, const char *sql, const struct town_of_loans *x)
{
    struct buf b = buf_make(a, 10000);
    for (const char *p = sql; *p; p++) {
        if (p[0] == ':' && (p[1] == '1' || p[1] == '2')) {
            buf_put_i64(&b, *++p == '1' ? x->first : x->second);
        } else {
            buf_put_c(&b, *p);
        }
    }
    return buf_str(&b);
}

static void say(struct town_of_loans *x, str sql)
{
    dbs_ok(db_exec(house_db(&x->h), x->h.t->a, (struct sql){.text = sql}, NO_ARGS));
}

static void harm(struct town_of_loans *x, const struct harm *m, size_t most)
{
    struct arena *a = x->h.t->a;
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    say(x, str_fmt(a, "create table kept as select * from %s", m->table));
    for (size_t i = 0; i < 2 && m->sql[i]; i++) {
        say(x, filled_in(a, m->sql[i], x));
    }
    dbs_ok(verify_within(house_db(&x->h), a, &opt, most, &r));
    if (!r.bad || r.ledger.bad || !str_eq(r.table, str_from(m->table)) ||
        !str_eq(r.column, str_from(m->column)) || !str_has(r.what.en, str_from(m->words)) ||
        !r.what.zh.len) {
        fail_msg("%s: bad %d, %.*s.%.*s %lld, entry %lld: %.*s", m->name, r.bad, STR_ARG(r.table),
                 STR_ARG(r.column), (long long)r.id, (long long)r.seq, STR_ARG(r.what.en));
    }
    say(x, str_fmt(a, "delete from %s", m->table));
    say(x, str_fmt(a, "insert into %s select * from kept", m->table));
    say(x, STR("drop table kept"));
}

static void harmed(struct dbs *t)
{
    struct town_of_loans x = make(t);
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        harm(&x, &harms[i], VERIFY_ROWS);
        if (t->which == DBS_MEMORY) { /* in many passes, too */
            harm(&x, &harms[i], 4);
        }
    }
    house_verify(&x.h);
}

static void each_row_changed_removed_or_put_in_by_sql_is_named(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, harmed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_acts_have_touched_is_in_order),
        cmocka_unit_test(each_row_changed_removed_or_put_in_by_sql_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
