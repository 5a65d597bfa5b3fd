/* What goes wrong around approvals: content that moved, votes at the same moment, seats
 * that are gone, loops, deputies who are the author, leavers, units that were dissolved,
 * a thousand seats, approvers who may not see: each is refused or follows a stated rule,
 * and the ledger is in order. */
#include "votes.h"

#include <stdio.h>

static const char desk[] =
    "regulation: desk\n"
    "title: {zh: 办事, en: Desk}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  ask:\n"
    "    title: {zh: 申请, en: Request}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: creator or members(unit) or post('leader')\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 事, en: What}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      asked: {zh: 问, en: Asked}\n"
    "      yes: {zh: 是, en: Yes}\n"
    "      no: {zh: 否, en: No, final: true}\n"
    "    actions:\n"
    "      all_of_us:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval: [{who: members(unit), self: skip, fail: author, clause: unit-all}]\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n"
    "      one_of_us:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval:\n"
    "          - {who: members(unit), rule: any, self: skip, removal: passes, clause: unit-any}\n"
    "          - {who: head_of(unit), clause: unit-head}\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n"
    "      unseen:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        clause: ours\n"
    "        approval: [{who: post('keeper'), clause: kept}]\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n";

static int64_t join(struct house *h, const char *name, int64_t unit)
{
    int64_t id = house_create(h, 0, "person", "full_name", name, "unit", house_text(h, unit), NULL);
    assert_done(h, id);
    return id;
}

static int64_t begin(struct house *h, int64_t who, const char *how, int64_t unit)
{
    struct value_in v[] = {{.field = STR("what"), .text = STR("a thing")},
                           {.field = STR("unit"), .text = str_from(house_text(h, unit))}};
    struct act a = {.actor = who,
                    .type = STR("ask"),
                    .action = str_from(how),
                    .values = v,
                    .nvalues = str_eq(str_from(how), STR("unseen")) ? 1 : 2};
    h->last = house_act(h, &a);
    assert_done(h, a.ret_record);
    return a.ret_record;
}

static const char *seat_text(struct house *h, int64_t record, int64_t person)
{
    return house_text(h, seat_of(h, record, person));
}

/* Every refusal says what would allow it, and cites the node's clause. */
#define assert_no(h, clause)                                                       \
    do {                                                                           \
        assert_refused(h, clause);                                                 \
        assert_true((h)->last.why->remedy.zh.len && (h)->last.why->remedy.en.len); \
    } while (0)

/* --- content and moments --------------------------------------------------------------------- */

static void content(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t id = begin(&h, h.amy, "all_of_us", h.south);
    const char *seen = hash_of_record(&h, id);
    /* returned, changed, submitted anew: who still has the old page before him is refused */
    assert_done(&h, !op(&h, h.cat, "ask", id, "approve.return", "which one?", "seat",
                        seat_text(&h, id, h.cat), "node", "author", NULL)
                         .code);
    assert_done(&h,
                !op(&h, h.amy, "ask", id, "approve.resubmit", "", "what", "this one", NULL).code);
    assert_int_equal(op(&h, h.cat, "ask", id, "approve.vote", "", "seat", seat_text(&h, id, h.cat),
                        "vote", "approve", "hash", seen, NULL)
                         .code,
                     ERR_RULE);
    assert_no(&h, "unit-all");
    /* a row changed behind our back: no vote counts on it */
    const char *now = hash_of_record(&h, id);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_ask set f_what = 'that one' where id = $1"),
                   ARGS(db_i64(id))));
    assert_int_equal(op(&h, h.cat, "ask", id, "approve.vote", "", "seat", seat_text(&h, id, h.cat),
                        "vote", "approve", "hash", now, NULL)
                         .code,
                     ERR_RULE);
    assert_no(&h, "unit-all");
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_ask set f_what = 'this one' where id = $1"),
                   ARGS(db_i64(id))));
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    house_verify(&h);
}

static void votes_count_on_exact_content(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, content);
}

static void moments(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t sam = join(&h, "sam", h.south);
    int64_t ute = join(&h, "ute", h.south);
    house_appoint(&h, ute, "head", h.south);
    int64_t id = begin(&h, h.amy, "one_of_us", h.south);
    const char *his = seat_text(&h, id, sam);
    const char *hash = hash_of_record(&h, id);
    /* two at the same moment: one decides, the other is told */
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    assert_int_equal(op(&h, sam, "ask", id, "approve.vote", "", "seat", his, "vote", "reject",
                        "hash", hash, NULL)
                         .code,
                     ERR_RULE);
    assert_no(&h, "unit-any");
    assert_true(seat_of(&h, id, ute));
    /* transferred a second ago */
    const char *old = seat_text(&h, id, ute);
    assert_done(&h, !op(&h, ute, "ask", id, "approve.transfer", "yours", "seat", old, "person",
                        house_text(&h, h.cat), NULL)
                         .code);
    assert_true(op(&h, ute, "ask", id, "approve.vote", "", "seat", old, "vote", "approve", "hash",
                   hash, NULL)
                    .code != ERR_NONE);
    assert_no(&h, "unit-head");
    /* in circles */
    assert_int_equal(op(&h, h.cat, "ask", id, "approve.transfer", "no, yours", "seat",
                        seat_text(&h, id, h.cat), "person", house_text(&h, ute), NULL)
                         .code,
                     ERR_RULE);
    assert_no(&h, "unit-head");
    /* the last who could decide */
    house_appoint(&h, h.bob, "administrator", h.south);
    assert_int_equal(
        op(&h, h.bob, "ask", id, "approve.remove", "off", "seat", seat_text(&h, id, h.cat), NULL)
            .code,
        ERR_NOT_FOUND); /* what he may not see is not there */
    int64_t boss = join(&h, "boss", h.south);
    house_appoint(&h, boss, "administrator", h.south);
    assert_int_equal(
        op(&h, boss, "ask", id, "approve.remove", "off", "seat", seat_text(&h, id, h.cat), NULL)
            .code,
        ERR_RULE);
    assert_no(&h, "unit-head");
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    house_verify(&h);
}

static void seats_that_are_gone(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, moments);
}

/* --- people -------------------------------------------------------------------------------------
 */

static void deputies(struct dbs *t)
{
    struct house h = house_make(t, desk);
    assert_done(&h, house_create(&h, 0, "deputy", "person", house_text(&h, h.cat), "deputy",
                                 house_text(&h, h.amy), NULL));
    /* the deputy is who asks: the seat stays where the right is */
    int64_t id = begin(&h, h.amy, "all_of_us", h.south);
    assert_int_equal(seat_of(&h, id, h.amy), 0);
    assert_true(seat_of(&h, id, h.cat));
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    /* nor is one who may not see it; where he may, both names are kept, and he is told */
    id = begin(&h, h.bob, "all_of_us", h.south);
    assert_true(seat_of(&h, id, h.cat));
    int64_t sue = join(&h, "sue", h.south);
    int64_t tom = join(&h, "tom", h.south_1);
    house_appoint(&h, sue, "leader", h.top);
    assert_done(&h, house_create(&h, 0, "deputy", "person", house_text(&h, tom), "deputy",
                                 house_text(&h, sue), NULL));
    id = begin(&h, h.bob, "all_of_us", h.south_1);
    assert_int_equal(seat_of(&h, id, tom), 0);
    assert_done(&h, vote(&h, sue, "ask", id, "approve"));
    assert_int_equal(house_i64(&h,
                               SQL("select principal from approval_vote where person = $1"
                                   " order by id desc limit 1"),
                               ARGS(db_i64(sue))),
                     tom);
    assert_true(house_i64(&h,
                          SQL("select count(*) from notification where person = $1"
                              " and record = $2"),
                          ARGS(db_i64(tom), db_i64(id))) >= 1);
    house_verify(&h);
}

static void a_deputy_is_never_the_author(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, deputies);
}

static void forty(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t boss = join(&h, "boss", h.south);
    house_appoint(&h, boss, "administrator", h.south);
    int64_t ids[40];
    for (int i = 0; i < 40; i++) {
        ids[i] = begin(&h, h.amy, "all_of_us", h.south_1);
        assert_true(seat_of(&h, ids[i], h.dan));
    }
    house_appoint(&h, boss, "leader", h.top); /* so that he sees them */
    assert_done(&h, house_do(&h, 0, "person", h.dan, "leave", NULL));
    for (int i = 0; i < 40; i++) {
        assert_done(&h, !op(&h, boss, "ask", ids[i], "approve.transfer", "dan has left", "seat",
                            seat_text(&h, ids[i], h.dan), "person", house_text(&h, boss), NULL)
                             .code);
    }
    assert_int_equal(house_i64(&h, SQL("select count(*) from approval_event where kind = $1"),
                               ARGS(db_i64(EVENT_TRANSFERRED))),
                     40);
    assert_int_equal(house_i64(&h, SQL("select count(*) from task where person = $1 and kind = 4"),
                               ARGS(db_i64(h.dan))),
                     0);
    /* nobody is seated who has left */
    int64_t last = begin(&h, h.amy, "all_of_us", h.south_1);
    assert_int_equal(seat_of(&h, last, h.dan), 0);
    assert_true(seat_of(&h, last, boss)); /* nobody there: who minds approvals */
    house_verify(&h);
}

static void a_leaver_with_forty_seats(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, forty);
}

static void dissolved(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t boss = join(&h, "boss", h.south);
    house_appoint(&h, boss, "administrator", h.south);
    int64_t post = house_appoint(&h, h.eve, "head", h.south);
    int64_t id = begin(&h, h.amy, "one_of_us", h.south);
    /* before the second node opens its head is gone: it does not pass with nobody */
    assert_done(&h, house_do(&h, 0, "post", post, "end", NULL));
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "asked");
    assert_true(seat_of(&h, id, boss));
    assert_int_equal(house_i64(&h, SQL("select count(*) from approval_event where kind = $1"),
                               ARGS(db_i64(EVENT_EMPTY))),
                     1);
    assert_done(&h, vote(&h, boss, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    house_verify(&h);
}

static void a_unit_without_a_head(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, dissolved);
}

/* Named, but the record is not for his eyes: he is not seated, and nobody passes it. */
static void unseen(struct dbs *t)
{
    struct house h = house_make(t, desk);
    house_appoint(&h, h.dan, "keeper", h.top);
    int64_t id = begin(&h, h.amy, "unseen", h.north);
    assert_int_equal(seat_of(&h, id, h.dan), 0);
    assert_string_equal(house_state(&h, "ask", id), "asked");
    /* an administrator who sees it seats somebody who does */
    house_appoint(&h, h.bob, "administrator", h.north);
    assert_int_equal(
        op(&h, h.bob, "ask", id, "approve.place", "", "person", house_text(&h, h.dan), NULL).code,
        ERR_RULE);
    int64_t ned = join(&h, "ned", h.north);
    assert_done(
        &h,
        !op(&h, h.bob, "ask", id, "approve.place", "", "person", house_text(&h, ned), NULL).code);
    assert_done(&h, vote(&h, ned, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    house_verify(&h);
}

static void an_approver_who_may_not_see(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, unseen);
}

/* --- many ----------------------------------------------------------------------------------------
 */

enum { MANY = 1000 };

static void thousand(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t unit = house_create(&h, 0, "unit", "title", "crowd", NULL);
    assert_done(&h, unit);
    int64_t last = 0;
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%04d", i);
        last = join(&h, name, unit);
    }
    int64_t id = begin(&h, h.amy, "all_of_us", unit);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from approval_seat where state = 1"), NO_ARGS), MANY);
    assert_done(&h, vote(&h, last, "ask", id, "approve"));
    assert_int_equal(house_i64(&h, SQL("select count(*) from approval_vote"), NO_ARGS), 1);
    /* one refusal is enough here: all the others stay as they were, unanswered */
    int64_t first =
        house_i64(&h, SQL("select min(actor) from approval_seat where state = 1"), NO_ARGS);
    assert_done(&h, vote(&h, first, "ask", id, "reject"));
    assert_int_equal(house_i64(&h, SQL("select count(*) from approval_seat where state = $1"),
                               ARGS(db_i64(SEAT_CLOSED))),
                     MANY - 2);
    assert_int_equal(house_i64(&h, SQL("select count(*) from task where kind = 4 and person <> $1"),
                               ARGS(db_i64(h.amy))),
                     0);
    house_verify(&h);
}

static void a_thousand_seats(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, thousand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votes_count_on_exact_content),
        cmocka_unit_test(seats_that_are_gone),
        cmocka_unit_test(a_deputy_is_never_the_author),
        cmocka_unit_test(a_leaver_with_forty_seats),
        cmocka_unit_test(a_unit_without_a_head),
        cmocka_unit_test(an_approver_who_may_not_see),
        cmocka_unit_test(a_thousand_seats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
