/* What the program checks of itself stands at an article: a row that was changed behind its
 * back, one put in, one taken out, an entry of the ledger; and an old answer is none. */
#include "engine/control_int.h"
#include "engine/house.h"

#include <string.h>

static const char law[] = HOUSE_DESK
    "types:\n"
    "  thing:\n"
    "    title: {zh: 物品, en: Thing}\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], clause: c, zh: 存, en: Keep}\n"
    "controls:\n"
    "  true_rows: {self: records, max_age: 2h, severity: critical, clause: c, zh: 记录未被改动,\n"
    "    en: Records are as they were entered}\n";

static struct control_result look(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_result r;
    const struct control *c = model_control(house_model(h), STR("true_rows"));
    dbs_ok(control_self_run(h->e, house_db(h), &a, h->now, c));
    dbs_ok(control_result(&ctx, c, &r));
    assert_int_equal(r.counts.n, r.counts.ok + r.counts.violation + r.counts.unknown);
    arena_end(&a);
    return r;
}

static void by_sql(struct house *h, struct sql sql)
{
    dbs_ok(db_exec(house_db(h), h->a, sql, NO_ARGS));
}

static void what_was_changed_is_named_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "lamp", NULL));
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "desk", NULL));
    struct control_result r = look(&h);
    assert_int_equal(r.state, CONTROL_PASS);
    assert_true(r.counts.n > 2 && r.counts.ok == r.counts.n);
    int64_t all = r.counts.n;

    by_sql(&h, SQL("update r_thing set f_what = 'lantern' where f_what = 'lamp'"));
    r = look(&h);
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(r.counts.violation, 1);
    assert_int_equal(r.counts.n, all);
    assert_true(str_has(words_in(r.note, LANG_EN), STR("Thing")));
    assert_true(str_has(words_in(r.note, LANG_ZH), STR("物品")));
    by_sql(&h, SQL("update r_thing set f_what = 'lamp' where f_what = 'lantern'"));
    r = look(&h);
    assert_int_equal(r.state, CONTROL_PASS);
    assert_int_equal(words_in(r.note, LANG_EN).len, 0);

    by_sql(&h, SQL("delete from r_thing where f_what = 'lamp'"));
    r = look(&h);
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(r.counts.violation, 1);
}

static void an_entry_that_was_changed_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "lamp", NULL));
    int64_t seq = house_i64(&h, SQL("select max(seq) from ledger_payload"), NO_ARGS);
    by_sql(&h, db_kind(house_db(&h)) == DB_PG
                   ? SQL("alter table ledger_payload disable trigger user")
                   : SQL("drop trigger ledger_payload_no_update"));
    dbs_ok(db_exec(house_db(&h), h.a,
                   SQL("update ledger_payload set salt = (select q.salt from ledger_payload q"
                       " where q.seq = $1 - 1) where seq = $1"),
                   ARGS(db_i64(seq))));
    struct control_result r = look(&h);
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(r.counts.violation, 1);
    assert_int_equal(r.counts.ok, seq);
    assert_true(str_has(words_in(r.note, LANG_EN), STR("Entry")));
}

static void an_old_answer_is_none_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct control_result r;
    const struct control *c = model_control(house_model(&h), STR("true_rows"));
    dbs_ok(control_result(&ctx, c, &r));
    assert_int_equal(r.state, CONTROL_STALE);
    assert_int_equal(look(&h).state, CONTROL_PASS);
    h.now += 2 * HOUR + 1;
    ctx = house_ctx(&h, h.amy);
    dbs_ok(control_result(&ctx, c, &r));
    assert_int_equal(r.state, CONTROL_STALE);
}

static void what_was_changed_is_named(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_was_changed_is_named_body);
}

static void an_entry_that_was_changed(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, an_entry_that_was_changed_body);
}

static void an_old_answer_is_none(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, an_old_answer_is_none_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_changed_is_named),
        cmocka_unit_test(an_entry_that_was_changed),
        cmocka_unit_test(an_old_answer_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
