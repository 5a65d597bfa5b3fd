/* What one person holds across records, for who hands it over: forty seats and more, in
 * pages, one event each; what is left out; and the phrases he keeps for opinions. */
#include "engine/phrase.h"
#include "engine/seats.h"

#include "votes.h"

#include <string.h>

enum { LOANS = 45 };

static const char shop[] = "regulation: shop\n"
                           "title: {zh: 商店, en: Shop}\n"
                           "owner: keeper\n"
                           "uses: [town]\n"
                           "posts:\n"
                           "  keeper: {zh: 管理员, en: Keeper}\n"
                           "types:\n"
                           "  loan:\n"
                           "    title: {zh: 借用, en: Loan}\n"
                           "    name: \"{purpose}\"\n"
                           "    number: \"L-{seq:4}\"\n"
                           "    unit: unit\n"
                           "    see: not hidden or head_of(unit) or creator\n"
                           "    fields:\n"
                           "      purpose: {type: text, max: 50, zh: 用途, en: Purpose}\n"
                           "      hidden: {type: bool, default: \"false\", zh: 保密, en: Hidden}\n"
                           "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
                           "    states:\n"
                           "      requested: {zh: 已申请, en: Requested}\n"
                           "      approved: {zh: 已批准, en: Approved}\n"
                           "      refused: {zh: 已拒绝, en: Refused, final: true}\n"
                           "    actions:\n"
                           "      request:\n"
                           "        to: requested\n"
                           "        who: everyone\n"
                           "        asks: [purpose]\n"
                           "        may: [hidden]\n"
                           "        clause: ask\n"
                           "        approval: [{who: head_of(unit), rule: order, clause: heads}]\n"
                           "        then_approved: {to: approved}\n"
                           "        then_refused: {to: refused}\n";

struct shop {
    struct house h;
    int64_t hal, boss;
};

static struct shop open_shop(struct dbs *t)
{
    struct shop s = {.h = house_make(t, shop)};
    struct house *h = &s.h;
    const char *north = house_text(h, h->north);
    s.hal = house_create(h, h->eve, "person", "full_name", "hal", "unit", north, NULL);
    s.boss = house_create(h, h->eve, "person", "full_name", "boss", "unit", north, NULL);
    assert_done(h, s.hal && s.boss);
    house_appoint(h, s.hal, "head", h->north);
    house_appoint(h, s.boss, "administrator", h->top);
    return s;
}

static size_t held(struct shop *s, int64_t actor, int64_t before, int limit, struct seat_row **ret,
                   int64_t *next)
{
    struct ctx ctx = house_ctx(&s->h, actor);
    size_t n = 0;
    dbs_ok(seats_held(&ctx, s->hal, before, limit, ret, &n, next));
    return n;
}

static bool hand(struct shop *s, const struct seat_row *seat, int64_t to, const char *note)
{
    struct house *h = &s->h;
    return !op(h, s->boss, "loan", seat->rec.id, "approve.transfer", note, "seat",
               house_text(h, seat->id), "person", house_text(h, to), NULL)
                .code;
}

static int64_t events(struct house *h, enum approval_event_kind kind)
{
    return house_i64(h, SQL("select count(*) from approval_event where kind = $1"),
                     ARGS(db_i64((int64_t)kind)));
}

static void leaves(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    struct seat_row *rows;
    int64_t next;
    for (int i = 0; i < LOANS; i++) {
        assert_done(h, house_create(h, h->amy, "loan", "purpose", "a chair", NULL));
    }
    int64_t hidden =
        house_create(h, h->amy, "loan", "purpose", "a present", "hidden", "true", NULL);
    assert_done(h, hidden);
    /* one more of his that is about himself as who asked: his superior has it, not he */
    assert_done(h, house_create(h, s.hal, "loan", "purpose", "a lamp", NULL));
    /* pages, the newest first, none twice, none forgotten; what may not be seen is not there */
    int64_t last = INT64_MAX;
    size_t all = 0;
    for (int64_t before = 0;; before = next) {
        size_t n = held(&s, s.boss, before, 20, &rows, &next);
        for (size_t i = 0; i < n; i++, all++) {
            assert_true(rows[i].id < last && rows[i].own && !rows[i].waiting && !rows[i].decides);
            assert_true(rows[i].rec.visible && rows[i].rec.id != hidden);
            assert_int_equal(rows[i].hash.len, 64);
            last = rows[i].id;
        }
        if (!next) {
            break;
        }
    }
    assert_int_equal(all, LOANS);
    assert_int_equal(held(&s, s.hal, 0, SEATS_MAX, &rows, &next), LOANS + 1); /* he sees it */
    assert_true(rows[0].decides && !rows[0].viewed);
    /* by who minds approvals, with a reason, not to the author; each its own act and event */
    size_t n = held(&s, s.boss, 0, SEATS_MAX, &rows, &next);
    assert_false(hand(&s, &rows[0], h->cat, ""));
    assert_false(hand(&s, &rows[0], h->amy, "hal leaves"));
    assert_refused(h, "heads");
    assert_int_equal(op(h, h->eve, "loan", rows[0].rec.id, "approve.transfer", "hal leaves", "seat",
                        house_text(h, rows[0].id), "person", house_text(h, h->cat), NULL)
                         .code,
                     ERR_DENIED);
    for (size_t i = 0; i < n; i++) {
        assert_done(h, hand(&s, &rows[i], h->cat, "hal leaves"));
        assert_int_equal(events(h, EVENT_TRANSFERRED), (int64_t)i + 1);
    }
    assert_int_equal(held(&s, s.boss, 0, SEATS_MAX, &rows, &next), 0);
    assert_int_equal(held(&s, s.hal, 0, SEATS_MAX, &rows, &next), 1); /* what nobody could move */
    assert_int_equal(house_i64(h, SQL("select count(*) from task where person = $1 and kind = 4"),
                               ARGS(db_i64(h->cat))),
                     LOANS);
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from act where action = 'approve.transfer'"
                                   " and person = $1 and note = 'hal leaves' and seq > 0"),
                               ARGS(db_i64(s.boss))),
                     LOANS);
    house_verify(h);
}

static void forty_seats_of_who_leaves_are_handed_over_one_by_one(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, leaves);
}

/* --- whose they are ----------------------------------------------------------------------------
 */

static void whose(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    struct seat_row *rows;
    int64_t next;
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a chair", NULL);
    int64_t seat = seat_of(h, id, s.hal);
    /* he asked somebody: the right is still his, and the adviser holds nothing */
    assert_done(h, !op(h, s.hal, "loan", id, "approve.ask", "what do you say", "seat",
                       house_text(h, seat), "person", house_text(h, h->dan), NULL)
                        .code);
    assert_int_equal(held(&s, s.hal, 0, 10, &rows, &next), 1);
    assert_true(rows[0].own && !rows[0].decides);
    struct ctx ctx = house_ctx(h, h->dan);
    size_t n = 0;
    dbs_ok(seats_held(&ctx, h->dan, 0, 10, &rows, &n, &next));
    assert_int_equal(n, 0);
    dbs_ok(seats_named(&ctx, &seat, 1, &rows, &n));
    assert_true(n == 1 && !rows[0].decides);
    assert_done(
        h,
        !op(h, s.hal, "loan", id, "approve.ask_end", "", "seat", house_text(h, seat), NULL).code);
    /* people added before him: he waits, and it is among what he holds */
    assert_done(h, !op(h, s.hal, "loan", id, "approve.add", "first you", "seat",
                       house_text(h, seat), "where", "before", "people", house_text(h, h->dan),
                       "hash", hash_of_record(h, id), NULL)
                        .code);
    assert_int_equal(held(&s, s.hal, 0, 10, &rows, &next), 1);
    assert_true(rows[0].waiting && rows[0].id == seat);
    assert_done(h, vote(h, h->dan, "loan", id, "approve"));
    /* his deputy has the hand: both hold it, only the right is his */
    assert_done(h, house_create(h, s.hal, "deputy", "person", house_text(h, s.hal), "deputy",
                                house_text(h, h->cat), NULL));
    house_clock(h, h->now + 60000);
    assert_int_equal(held(&s, s.hal, 0, 10, &rows, &next), 1);
    assert_true(rows[0].own && !rows[0].decides);
    ctx = house_ctx(h, h->cat);
    dbs_ok(seats_held(&ctx, h->cat, 0, 10, &rows, &n, &next));
    assert_true(n == 1 && !rows[0].own && rows[0].decides && rows[0].principal.id == s.hal);
    /* opened, and decided: nobody holds it any more */
    assert_done(
        h, !op(h, h->cat, "loan", id, "approve.view", "", "seat", house_text(h, seat), NULL).code);
    ctx = house_ctx(h, h->cat);
    dbs_ok(seats_named(&ctx, &seat, 1, &rows, &n));
    assert_true(n == 1 && rows[0].viewed && rows[0].decides);
    assert_done(h, vote(h, h->cat, "loan", id, "approve"));
    assert_int_equal(held(&s, s.hal, 0, 10, &rows, &next), 0);
    ctx = house_ctx(h, h->cat);
    dbs_ok(seats_named(&ctx, &seat, 1, &rows, &n));
    assert_true(n == 1 && !rows[0].decides);
    house_verify(h);
}

static void a_seat_is_of_whose_right_it_is_and_of_who_uses_it(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, whose);
}

/* --- phrases ------------------------------------------------------------------------------------
 */

static err save(struct house *h, int64_t who, str lines)
{
    struct value_in v = {.field = STR("phrases"), .text = lines};
    struct act a = {.actor = who, .action = STR("save_phrases"), .values = &v, .nvalues = 1};
    h->last = house_act(h, &a);
    return h->last;
}

static struct phrases phrases_of(struct house *h, int64_t who)
{
    struct ctx ctx = house_ctx(h, who);
    struct phrases p;
    dbs_ok(phrases_get(&ctx, &p));
    return p;
}

static void kept(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    int64_t leaves = house_i64(h, SQL("select count(*) from ledger_leaf"), NO_ARGS);
    struct phrases p = phrases_of(h, h->amy);
    assert_true(!p.own && p.n > 1);
    assert_done(h, !save(h, h->amy, STR("  fine \r\n\r\nnot yet\n")).code);
    p = phrases_of(h, h->amy);
    assert_true(p.own && p.n == 2);
    assert_true(str_eq(p.text[0], STR("fine")) && str_eq(p.text[1], STR("not yet")));
    assert_false(phrases_of(h, h->bob).own); /* hers alone */
    /* ten, not eleven; none too long; and what was refused changes nothing */
    assert_done(h, !save(h, h->amy, STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n10")).code);
    assert_int_equal(save(h, h->amy, STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11")).code, ERR_VALUE);
    char *lengthy = arena_bytes(h->a, PHRASE_BYTES + 1);
    memset(lengthy, 'x', PHRASE_BYTES + 1);
    assert_int_equal(save(h, h->amy, str_from_n(lengthy, PHRASE_BYTES + 1)).code, ERR_VALUE);
    assert_int_equal(save(h, h->amy, STR("\xff")).code, ERR_VALUE);
    assert_int_equal(phrases_of(h, h->amy).n, 10);
    assert_done(h, !save(h, h->amy, str_from_n(lengthy, PHRASE_BYTES)).code);
    assert_int_equal(phrases_of(h, h->amy).n, 1);
    /* none: the usual ones again; nothing of it is in the ledger */
    assert_done(h, !save(h, h->amy, STR(" \n ")).code);
    assert_false(phrases_of(h, h->amy).own);
    assert_int_equal(house_i64(h, SQL("select count(*) from ledger_leaf"), NO_ARGS), leaves);
    house_verify(h);
}

static void phrases_are_one_s_own(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_seats_of_who_leaves_are_handed_over_one_by_one),
        cmocka_unit_test(a_seat_is_of_whose_right_it_is_and_of_who_uses_it),
        cmocka_unit_test(phrases_are_one_s_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
