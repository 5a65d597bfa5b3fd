/* Who hears of an approval, and what stands in whose inbox: urging reaches whom it is about,
 * and from the third time on who stands above; what is suspended waits for nobody. */
#include "votes.h"

#include <stdio.h>
#include <string.h>

static const char desk[] = "regulation: desk\n"
                           "title: {zh: 桌, en: Desk}\n"
                           "owner: keeper\n"
                           "uses: [town]\n"
                           "posts:\n"
                           "  keeper: {zh: 管理员, en: Keeper}\n"
                           "types:\n"
                           "  paper:\n"
                           "    title: {zh: 文件, en: Paper}\n"
                           "    name: \"{what}\"\n"
                           "    unit: place\n"
                           "    see: everyone\n"
                           "    fields:\n"
                           "      what: {type: text, max: 20, zh: 名, en: What}\n"
                           "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
                           "    states:\n"
                           "      there: {zh: 在, en: There}\n"
                           "      fine: {zh: 可, en: Fine, final: true}\n"
                           "    actions:\n"
                           "      enter:\n"
                           "        to: there\n"
                           "        who: everyone\n"
                           "        asks: [what]\n"
                           "        clause: things\n"
                           "        approval: [{who: head_of(place)}]\n"
                           "        then_approved: {to: fine}\n";

static int64_t told(struct house *h, int64_t record, int64_t person)
{
    return house_i64(h, SQL("select count(*) from notification where person = $1 and record = $2"),
                     ARGS(db_i64(person), db_i64(record)));
}

static int64_t waits(struct house *h, int64_t record, int64_t person)
{
    return house_i64(
        h, SQL("select count(*) from task where record = $1 and person = $2 and kind = 4"),
        ARGS(db_i64(record), db_i64(person)));
}

static void urge(struct house *h, int64_t who, int64_t record, int64_t of)
{
    const char *seat = house_text(h, seat_of(h, record, of));
    assert_done(h, !op(h, who, "paper", record, "approve.urge", "", "seat", seat, NULL).code);
}

static void heard(struct dbs *t)
{
    struct house h = house_make(t, desk);
    char north[24];
    snprintf(north, sizeof(north), "%lld", (long long)h.north);
    int64_t hal = house_create(&h, h.eve, "person", "full_name", "hal", "unit", north, NULL);
    house_appoint(&h, hal, "head", h.north);
    house_appoint(&h, h.cat, "head", h.top);
    house_appoint(&h, h.bob, "administrator", h.top);
    int64_t id = house_create(&h, h.amy, "paper", "what", "a map", NULL);
    assert_done(&h, id);
    int64_t before = told(&h, id, hal);
    for (int i = 1; i <= 3; i++) {
        urge(&h, h.amy, id, hal);
        assert_int_equal(told(&h, id, hal), before + i);
        assert_int_equal(told(&h, id, h.cat), i == 3); /* above him, from the third on */
        h.now += APPROVAL_URGE_MS;
    }
    /* a seat without a term: suspended it waits for nobody, resumed for the same person */
    assert_int_equal(waits(&h, id, hal), 1);
    assert_done(&h, !op(&h, h.bob, "paper", id, "approve.suspend", "wait", NULL).code);
    assert_int_equal(waits(&h, id, hal), 0);
    assert_false(vote(&h, hal, "paper", id, "approve"));
    assert_done(&h, !op(&h, h.bob, "paper", id, "approve.resume", "", NULL).code);
    assert_int_equal(waits(&h, id, hal), 1);
    assert_done(&h, vote(&h, hal, "paper", id, "approve"));
    assert_int_equal(waits(&h, id, hal), 0);
    house_verify(&h);
}

static str newest(struct house *h, int64_t record, int64_t person)
{
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a,
                    SQL("select en from notification where person = $1 and record = $2"
                        " order by id desc limit 1"),
                    ARGS(db_i64(person), db_i64(record)), &r));
    assert_true(rows_next(&r));
    return rows_text(&r, 0);
}

static void back(struct house *h, int64_t id, const char *note)
{
    const char *seat = house_text(h, seat_of(h, id, h->bob));
    assert_done(
        h, !op(h, h->bob, "paper", id, "approve.return", note, "seat", seat, "node", "author", NULL)
                .code);
}

/* Who gets it back reads why; of what is long, a part, whole characters. */
static void told_why(struct dbs *t)
{
    enum { PIECES = 200 };
    struct house h = house_make(t, desk);
    house_appoint(&h, h.bob, "head", h.north);
    int64_t id = house_create(&h, h.amy, "paper", "what", "x", NULL);
    assert_done(&h, id);
    back(&h, id, "缺报价单");
    assert_true(str_ends(newest(&h, id, h.amy), STR(": 缺报价单")));
    char text[PIECES * 3 + 1] = "";
    for (int i = 0; i < PIECES; i++) {
        memcpy(text + 3 * i, "长", 4);
    }
    assert_done(&h, !op(&h, h.amy, "paper", id, "approve.resubmit", "", NULL).code);
    back(&h, id, text);
    str said = newest(&h, id, h.amy);
    assert_true(said.len < 500 && str_utf8_ok(said) && str_ends(said, STR("长…")));
}

static void whom_it_is_about_is_told(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, heard);
    dbs_each(DBS_MEMORY | DBS_PG, told_why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whom_it_is_about_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
