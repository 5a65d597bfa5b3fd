/* Actions that wait for consent: asked, voted on, returned, withdrawn, carried out; values
 * that wait on a living record; terms, deputies, administrators; the ledger at the end. */
#include "engine/record.h"

#include "votes.h"

#include <stdio.h>

static const char shop[] =
    "regulation: shop\n"
    "title: {zh: 商店, en: Shop}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  thing:\n"
    "    title: {zh: 物品, en: Thing}\n"
    "    follows: newest\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 20, zh: 名, en: What}\n"
    "      holder: {type: person, zh: 责任人, en: Holder}\n"
    "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
    "    unit: place\n"
    "    states:\n"
    "      there: {zh: 在, en: There}\n"
    "      gone: {zh: 销, en: Gone, final: true}\n"
    "    actions:\n"
    "      enter: {to: there, who: everyone, asks: [what], may: [holder], clause: things}\n"
    "      rename: {from: there, who: everyone, asks: [what], clause: things}\n"
    "      move: {from: there, who: everyone, asks: [holder], clause: things}\n"
    "      hand:\n"
    "        from: there\n"
    "        who: everyone\n"
    "        asks: [holder]\n"
    "        clause: hand\n"
    "        approval: [{who: head_of(holder.unit), clause: hand-head}]\n"
    "        then_approved: {}\n"
    "      drop:\n"
    "        from: there\n"
    "        who: everyone\n"
    "        clause: drop\n"
    "        approval: [{who: post('keeper')}]\n"
    "        then_approved: {to: gone}\n"
    "  loan:\n"
    "    title: {zh: 借用, en: Loan}\n"
    "    name: \"{purpose}\"\n"
    "    number: \"L-{seq:4}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      purpose: {type: text, max: 50, zh: 用途, en: Purpose}\n"
    "      worth: {type: int, default: \"0\", zh: 价值, en: Worth}\n"
    "      limit: {type: int, default: \"1000\", zh: 上限, en: Limit}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      requested: {zh: 已申请, en: Requested}\n"
    "      approved: {zh: 已批准, en: Approved}\n"
    "      refused: {zh: 已拒绝, en: Refused, final: true}\n"
    "    rules:\n"
    "      - {check: \"state != 'approved' or worth <= limit\", clause: cap, zh: 超过上限, en: Too "
    "much}\n"
    "    actions:\n"
    "      request:\n"
    "        to: requested\n"
    "        who: everyone\n"
    "        asks: [purpose]\n"
    "        may: [worth, unit]\n"
    "        clause: ask\n"
    "        approval:\n"
    "          - {who: head_of(unit), clause: heads, term: 8 workhours, escalate: add, "
    "take_back: 2h, opinion: refusal}\n"
    "          - {who: \"post('leader')\", when: worth > 100, clause: leads, fail: author}\n"
    "        then_approved: {to: approved}\n"
    "        then_refused: {to: refused}\n"
    "      note: {from: any, who: everyone, asks: [purpose], clause: ask}\n"
    "      drop_it: {from: requested, to: refused, who: everyone, clause: ask}\n"
    "      lower: {from: any, who: everyone, asks: [limit], clause: ask}\n";

struct shop {
    struct house h;
    int64_t hal, ida; /* head of north, leader */
};

static struct shop open_shop(struct dbs *t)
{
    struct shop s = {.h = house_make(t, shop)};
    struct house *h = &s.h;
    char north[24];
    snprintf(north, sizeof(north), "%lld", (long long)h->north);
    s.hal = house_create(h, h->eve, "person", "full_name", "hal", "unit", north, NULL);
    s.ida = house_create(h, h->eve, "person", "full_name", "ida", "unit", north, NULL);
    assert_done(h, s.hal && s.ida);
    house_appoint(h, s.hal, "head", h->north);
    house_appoint(h, h->cat, "head", h->south);
    house_appoint(h, s.ida, "leader", h->top);
    house_appoint(h, h->dan, "keeper", h->top);
    house_appoint(h, h->bob, "administrator", h->top);
    return s;
}

static void is_in(struct house *h, const char *type, int64_t record, const char *state)
{
    assert_string_equal(house_state(h, type, record), state);
}

static int64_t tasks(struct house *h, int64_t record, int64_t person)
{
    return house_i64(
        h, SQL("select count(*) from task where record = $1 and person = $2 and kind = 4"),
        ARGS(db_i64(record), db_i64(person)));
}

static int64_t ticks(struct house *h, int64_t record)
{
    return house_i64(h,
                     SQL("select count(*) from act where record = $1 and action = 'approve.tick'"),
                     ARGS(db_i64(record)));
}

/* --- asked and voted on ---------------------------------------------------------------------- */

static void walked(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    /* one node: the head of the unit */
    int64_t small = house_create(h, h->amy, "loan", "purpose", "a cable", NULL);
    assert_done(h, small);
    is_in(h, "loan", small, "requested");
    assert_int_equal(tasks(h, small, s.hal), 1);
    /* nobody else, not by another's seat, not on other content */
    assert_false(vote(h, h->amy, "loan", small, "approve"));
    assert_int_equal(op(h, h->amy, "loan", small, "approve.vote", "", "seat",
                        house_text(h, seat_of(h, small, s.hal)), "vote", "approve", "hash",
                        hash_of_record(h, small), NULL)
                         .code,
                     ERR_DENIED);
    assert_refused(h, "heads");
    assert_int_equal(op(h, s.hal, "loan", small, "approve.vote", "", "seat",
                        house_text(h, seat_of(h, small, s.hal)), "vote", "approve", "hash",
                        "0000000000000000000000000000000000000000000000000000000000000000", NULL)
                         .code,
                     ERR_RULE);
    assert_refused(h, "heads");
    /* what is voted on stays as it is; the rest does not */
    assert_false(house_do(h, h->amy, "loan", small, "note", "purpose", "two cables", NULL));
    assert_refused(h, "ask");
    assert_done(h, house_do(h, h->amy, "loan", small, "lower", "limit", "500", NULL));
    assert_done(h, vote(h, s.hal, "loan", small, "approve"));
    is_in(h, "loan", small, "approved");
    assert_int_equal(tasks(h, small, s.hal), 0);
    assert_done(h, house_do(h, h->amy, "loan", small, "note", "purpose", "two cables", NULL));
    /* who asked is told; he is the actor of what followed */
    assert_true(house_i64(h,
                          SQL("select count(*) from notification where person = $1"
                              " and record = $2"),
                          ARGS(db_i64(h->amy), db_i64(small))) >= 1);
    assert_int_equal(house_i64(h,
                               SQL("select person from act where record = $1"
                                   " and action = 'request.approved'"),
                               ARGS(db_i64(small))),
                     h->amy);
    /* two nodes; a refusal says why */
    int64_t large = house_create(h, h->amy, "loan", "purpose", "a crane", "worth", "300", NULL);
    assert_done(h, large);
    assert_false(vote(h, s.hal, "loan", large, "reject"));
    assert_refused(h, "heads");
    assert_done(h, vote(h, s.hal, "loan", large, "approve"));
    is_in(h, "loan", large, "requested");
    assert_int_equal(tasks(h, large, s.ida), 1);
    /* fails back to the author, who changes it and asks again: from the first node on */
    assert_done(h, vote_note(h, s.ida, "loan", large, "reject", "too dear"));
    assert_int_equal(tasks(h, large, h->amy), 1);
    is_in(h, "loan", large, "requested");
    assert_done(h, !op(h, h->amy, "loan", large, "approve.resubmit", "", "purpose", "a ladder",
                       "worth", "200", NULL)
                        .code);
    assert_int_equal(tasks(h, large, s.hal), 1);
    assert_done(h, vote(h, s.hal, "loan", large, "approve"));
    assert_done(h, vote(h, s.ida, "loan", large, "approve"));
    is_in(h, "loan", large, "approved");
    assert_int_equal(
        house_i64(h, SQL("select \"f_worth\" from r_loan where id = $1"), ARGS(db_i64(large))),
        200);
    house_verify(h);
}

static void an_action_waits_for_consent(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, walked);
}

/* A record that ends takes what is asked about it along. */
static void ended_meanwhile(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a rope", NULL);
    assert_int_equal(tasks(h, id, s.hal), 1);
    assert_done(h, house_do(h, h->bob, "loan", id, "drop_it", NULL));
    is_in(h, "loan", id, "refused");
    assert_int_equal(tasks(h, id, s.hal), 0);
    assert_int_equal(
        house_i64(h, SQL("select state from approval where record = $1"), ARGS(db_i64(id))),
        APPROVAL_ENDED);
    assert_false(vote(h, s.hal, "loan", id, "approve"));
    assert_refused(h, "ask");
    house_verify(h);
}

static void an_approval_ends_with_its_record(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, ended_meanwhile);
}

/* The head asks himself: his superior decides, never he. */
static void by_the_head(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    house_appoint(h, h->eve, "head", h->top);
    int64_t id = house_create(h, s.hal, "loan", "purpose", "a lamp", NULL);
    assert_done(h, id);
    assert_int_equal(seat_of(h, id, s.hal), 0);
    assert_true(seat_of(h, id, h->eve));
    assert_done(h, vote(h, h->eve, "loan", id, "approve"));
    is_in(h, "loan", id, "approved");
    /* refused: then_refused */
    id = house_create(h, h->amy, "loan", "purpose", "a boat", NULL);
    assert_done(h, vote_note(h, s.hal, "loan", id, "reject", "no"));
    is_in(h, "loan", id, "refused");
    /* withdrawn, and ended by who asked */
    id = house_create(h, h->amy, "loan", "purpose", "a kite", NULL);
    assert_int_equal(op(h, s.hal, "loan", id, "approve.withdraw", "", NULL).code, ERR_DENIED);
    assert_done(h, !op(h, h->amy, "loan", id, "approve.withdraw", "", NULL).code);
    assert_int_equal(tasks(h, id, s.hal), 0);
    assert_done(h, house_do(h, h->amy, "loan", id, "note", "purpose", "a red kite", NULL));
    assert_done(h, !op(h, h->amy, "loan", id, "approve.end", "not needed", NULL).code);
    is_in(h, "loan", id, "refused");
    house_verify(h);
}

static void a_head_does_not_decide_on_himself(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, by_the_head);
}

/* --- on a living record ------------------------------------------------------------------------
 */

static int64_t holder(struct house *h, int64_t id)
{
    return house_i64(h, SQL("select coalesce(\"f_holder\", 0) from r_thing where id = $1"),
                     ARGS(db_i64(id)));
}

static void living(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    int64_t id = house_create(h, h->amy, "thing", "what", "a drill", NULL);
    assert_done(h, house_do(h, h->amy, "thing", id, "move", "holder", house_text(h, h->amy), NULL));
    /* the route sees the new holder: his head decides; nothing is written meanwhile */
    assert_done(h, house_do(h, h->amy, "thing", id, "hand", "holder", house_text(h, h->cat), NULL));
    assert_int_equal(holder(h, id), h->amy);
    assert_int_equal(seat_of(h, id, s.hal), 0);
    assert_true(seat_of(h, id, h->cat));
    /* what is asked for is frozen, the rest is not; one approval at a time */
    assert_done(h, house_do(h, h->amy, "thing", id, "rename", "what", "a big drill", NULL));
    assert_false(house_do(h, h->amy, "thing", id, "move", "holder", house_text(h, h->bob), NULL));
    assert_refused(h, "hand");
    assert_false(house_do(h, h->amy, "thing", id, "drop", NULL));
    assert_refused(h, "drop");
    assert_done(h, vote(h, h->cat, "thing", id, "approve"));
    assert_int_equal(holder(h, id), h->cat);
    /* refused: it stays */
    assert_done(h, house_do(h, h->amy, "thing", id, "hand", "holder", house_text(h, h->bob), NULL));
    assert_done(h, vote(h, s.hal, "thing", id, "reject"));
    assert_int_equal(holder(h, id), h->cat);
    /* without values: the state moves when it is decided */
    assert_done(h, house_do(h, h->amy, "thing", id, "drop", NULL));
    is_in(h, "thing", id, "there");
    assert_done(h, vote(h, h->dan, "thing", id, "approve"));
    is_in(h, "thing", id, "gone");
    house_verify(h);
}

/* Approved, but against a rule by now: the vote stands, and who asked tries again. */
static void not_carried(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a van", "worth", "90", NULL);
    assert_done(h, house_do(h, h->amy, "loan", id, "lower", "limit", "50", NULL));
    assert_done(h, vote(h, s.hal, "loan", id, "approve"));
    is_in(h, "loan", id, "requested");
    assert_int_equal(
        house_i64(h, SQL("select carried from approval where record = $1"), ARGS(db_i64(id))),
        CARRIED_REFUSED);
    assert_int_equal(op(h, s.hal, "loan", id, "approve.retry", "", NULL).code, ERR_DENIED);
    assert_done(h, house_do(h, h->amy, "loan", id, "lower", "limit", "100", NULL));
    assert_done(h, !op(h, h->amy, "loan", id, "approve.retry", "", NULL).code);
    is_in(h, "loan", id, "approved");
    house_verify(h);
}

static void what_cannot_be_carried_out_is_said(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, not_carried);
}

/* --- seats that move
 * ------------------------------------------------------------------------------ */

static void moved(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a desk", NULL);
    const char *seat = house_text(h, seat_of(h, id, s.hal));
    /* transferred for good, by who holds it, not to the author */
    assert_int_equal(op(h, s.hal, "loan", id, "approve.transfer", "", "seat", seat, "person",
                        house_text(h, h->cat), NULL)
                         .code,
                     ERR_VALUE);
    assert_int_equal(op(h, s.hal, "loan", id, "approve.transfer", "on leave", "seat", seat,
                        "person", house_text(h, h->amy), NULL)
                         .code,
                     ERR_RULE);
    assert_done(h, !op(h, s.hal, "loan", id, "approve.transfer", "on leave", "seat", seat, "person",
                       house_text(h, h->cat), NULL)
                        .code);
    assert_int_equal(tasks(h, id, s.hal), 0);
    assert_int_equal(tasks(h, id, h->cat), 1);
    /* a second one before her, whose opinion she then has */
    assert_done(h, !op(h, h->cat, "loan", id, "approve.add", "please look", "seat",
                       house_text(h, seat_of(h, id, h->cat)), "where", "before", "people",
                       house_text(h, h->dan), "hash", hash_of_record(h, id), NULL)
                        .code);
    assert_int_equal(tasks(h, id, h->cat), 0);
    assert_false(vote(h, h->cat, "loan", id, "approve"));
    assert_done(h, vote(h, h->dan, "loan", id, "approve"));
    assert_int_equal(tasks(h, id, h->cat), 1);
    assert_done(h, vote(h, h->cat, "loan", id, "approve"));
    is_in(h, "loan", id, "approved");
    house_verify(h);
}

static void seats_move(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, moved);
}

/* --- time and deputies
 * ------------------------------------------------------------------------------ */

static void by_clock(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    house_appoint(h, h->eve, "head", h->top);
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a tent", NULL);
    /* a working day without a vote: his superior sits beside him */
    house_clock(h, h->now + 2 * DAY);
    assert_true(seat_of(h, id, h->eve));
    assert_true(seat_of(h, id, s.hal));
    /* who has no seat here is away: nothing is done to it, and nothing told */
    int64_t before = ticks(h, id);
    assert_done(h, house_create(h, h->bob, "deputy", "person", house_text(h, h->bob), "deputy",
                                house_text(h, h->cat), NULL));
    house_clock(h, h->now + 60000);
    assert_int_equal(ticks(h, id), before);
    /* away: his deputy has the hand, the right stays his; and comes back */
    int64_t away = house_create(h, s.hal, "deputy", "person", house_text(h, s.hal), "deputy",
                                house_text(h, h->dan), NULL);
    assert_done(h, away);
    house_clock(h, h->now + 60000);
    assert_true(seat_of(h, id, h->dan));
    assert_int_equal(tasks(h, id, h->dan), 1);
    assert_int_equal(tasks(h, id, s.hal), 0);
    assert_done(h, house_do(h, s.hal, "deputy", away, "end_deputy", NULL));
    house_clock(h, h->now + 60000);
    assert_true(seat_of(h, id, s.hal));
    assert_done(h, vote(h, s.hal, "loan", id, "approve"));
    assert_done(h, vote(h, h->eve, "loan", id, "approve"));
    is_in(h, "loan", id, "approved");
    house_verify(h);
}

static void time_and_deputies_move_seats(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, by_clock);
}

/* --- two administrators
 * ------------------------------------------------------------------------------ */

static void jumped(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    house_appoint(h, h->eve, "administrator", h->top);
    int64_t id = house_create(h, h->amy, "loan", "purpose", "a mast", "worth", "500", NULL);
    assert_int_equal(op(h, h->amy, "loan", id, "approve.jump_ask", "quick", "node", "2", NULL).code,
                     ERR_DENIED);
    assert_done(
        h, !op(h, h->bob, "loan", id, "approve.jump_ask", "he is away", "node", "2", NULL).code);
    assert_int_equal(op(h, h->bob, "loan", id, "approve.jump", "", "node", "2", NULL).code,
                     ERR_RULE);
    assert_int_equal(op(h, h->eve, "loan", id, "approve.jump", "", "node", "3", NULL).code,
                     ERR_RULE);
    assert_done(h, !op(h, h->eve, "loan", id, "approve.jump", "", "node", "2", NULL).code);
    assert_true(seat_of(h, id, s.ida));
    int64_t own = house_create(h, h->bob, "loan", "purpose", "an oar", "worth", "500", NULL);
    assert_int_equal(op(h, h->bob, "loan", own, "approve.jump_ask", "mine", "node", "2", NULL).code,
                     ERR_RULE);
    assert_refused(h, "ask");
    /* one demand, one jump */
    assert_int_equal(op(h, h->eve, "loan", id, "approve.jump", "", "node", "2", NULL).code,
                     ERR_RULE);
    assert_done(h, !op(h, h->bob, "loan", id, "approve.suspend", "audit", NULL).code);
    assert_int_equal(op(h, h->amy, "loan", id, "approve.withdraw", "", NULL).code, ERR_RULE);
    assert_false(vote(h, s.ida, "loan", id, "approve"));
    assert_done(h, !op(h, h->bob, "loan", id, "approve.resume", "", NULL).code);
    assert_done(h, vote(h, s.ida, "loan", id, "approve"));
    is_in(h, "loan", id, "approved");
    house_verify(h);
}

static void two_administrators_may_jump(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, jumped);
}

/* --- before it is submitted
 * ------------------------------------------------------------------------------ */

static void foreseen(struct dbs *t)
{
    struct shop s = open_shop(t);
    struct house *h = &s.h;
    struct ctx ctx = house_ctx(h, h->amy);
    struct value_in v[] = {{.field = STR("purpose"), .text = STR("a crane")},
                           {.field = STR("worth"), .text = STR("20")}};
    struct form f;
    dbs_ok(form_get(&ctx, house_type(h, "loan"), 0, STR("request"), v, 2, false, &f));
    assert_int_equal(f.nroute, 2);
    assert_true(f.route[0].applies && !f.route[1].applies);
    assert_int_equal(f.route[0].nseats, 1);
    assert_int_equal(f.route[0].seats[0].person.id, s.hal);
    assert_true(str_eq(f.route[0].seats[0].person.name, STR("hal")));
    assert_int_equal(f.route[0].term, 8 * HOUR);
    v[1].text = STR("200");
    dbs_ok(form_get(&ctx, house_type(h, "loan"), 0, STR("request"), v, 2, false, &f));
    assert_true(f.route[1].applies);
    assert_int_equal(f.route[1].seats[0].person.id, s.ida);
}

static void the_route_is_shown_before(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, foreseen);
}

static void values_wait_on_a_living_record(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, living);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_waits_for_consent),
        cmocka_unit_test(an_approval_ends_with_its_record),
        cmocka_unit_test(a_head_does_not_decide_on_himself),
        cmocka_unit_test(values_wait_on_a_living_record),
        cmocka_unit_test(what_cannot_be_carried_out_is_said),
        cmocka_unit_test(seats_move),
        cmocka_unit_test(time_and_deputies_move_seats),
        cmocka_unit_test(two_administrators_may_jump),
        cmocka_unit_test(the_route_is_shown_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
