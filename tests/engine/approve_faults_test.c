/* What other engines get wrong (tests/approval/faults_test.c), through acts and on both
 * databases: what is asked here stands in the rows. */
#include "votes.h"

static const char cases[] =
    "regulation: cases\n"
    "title: {zh: 案卷, en: Cases}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  case:\n"
    "    title: {zh: 案卷, en: Case}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 事, en: What}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      asked: {zh: 问, en: Asked}\n"
    "      yes: {zh: 是, en: Yes}\n"
    "      no: {zh: 否, en: No, final: true}\n"
    "    actions:\n"
    "      all:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval:\n"
    "          - {who: members(unit), take_back: 2h, term: 8 workhours}\n"
    "          - {who: post('leader') or role('auditor')}\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n"
    "      share:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval: [{who: members(unit), rule: vote, ratio: 2/3}]\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n"
    "      late:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval: [{who: members(unit), rule: any, term: 1 workhours, late: pass}]\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n"
    "      twice:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        clause: ours\n"
    "        approval:\n"
    "          - {who: post('leader')}\n"
    "          - {who: post('leader') or role('auditor'), dedup: round}\n"
    "          - {who: post('keeper')}\n"
    "        then_approved: {to: yes}\n"
    "        then_refused: {to: no}\n";

/* Three in the south, a leader, an auditor and a keeper; amy asks. */
struct office {
    struct house h;
    int64_t sam, tom, lea, aud, kim;
};

static int64_t join(struct house *h, const char *name, int64_t unit)
{
    int64_t id = house_create(h, 0, "person", "full_name", name, "unit", house_text(h, unit), NULL);
    assert_done(h, id);
    return id;
}

static struct office office(struct dbs *t)
{
    struct office o = {.h = house_make(t, cases)};
    struct house *h = &o.h;
    o.sam = join(h, "sam", h->south);
    o.tom = join(h, "tom", h->south);
    o.lea = join(h, "lea", h->north);
    o.aud = join(h, "aud", h->north);
    o.kim = join(h, "kim", h->north);
    house_appoint(h, o.lea, "leader", h->top);
    house_appoint(h, o.aud, "auditor", h->top);
    house_appoint(h, o.kim, "keeper", h->top);
    return o;
}

static int64_t begin(struct office *o, const char *how)
{
    struct house *h = &o->h;
    struct value_in v[] = {{.field = STR("what"), .text = STR("a thing")},
                           {.field = STR("unit"), .text = str_from(house_text(h, h->south))}};
    struct act a = {
        .actor = h->amy, .type = STR("case"), .action = str_from(how), .values = v, .nvalues = 2};
    h->last = house_act(h, &a);
    assert_done(h, a.ret_record);
    return a.ret_record;
}

static bool yes(struct office *o, int64_t who, int64_t id)
{
    return vote(&o->h, who, "case", id, "approve");
}

/* How many seats of this person stand so. */
static int64_t seats(struct office *o, int64_t id, int64_t person, enum approval_seat_state state)
{
    return house_i64(&o->h,
                     SQL("select count(*) from approval_seat where record = $1 and principal = $2"
                         " and state = $3"),
                     ARGS(db_i64(id), db_i64(person), db_i64((int64_t)state)));
}

static int64_t all_seats(struct office *o, int64_t id)
{
    return house_i64(&o->h, SQL("select count(*) from approval_seat where record = $1"),
                     ARGS(db_i64(id)));
}

#define ON_SEAT(o, who, id, action, note, ...)                          \
    op(&(o)->h, (who), "case", (id), "approve." action, (note), "seat", \
       house_text(&(o)->h, seat_of(&(o)->h, (id), (who))), __VA_ARGS__, NULL)

/* 1, 13: a refusal closes the others' seats, and those of who was added, as they are. */
static void refused(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "all");
    ON_SEAT(&o, o.sam, id, "add", "look", "where", "before", "people", house_text(h, h->dan),
            "hash", hash_of_record(h, id));
    assert_done(h, !h->last.code);
    int64_t n = all_seats(&o, id);
    assert_done(h, vote(h, o.tom, "case", id, "reject"));
    assert_string_equal(house_state(h, "case", id), "no");
    assert_int_equal(all_seats(&o, id), n);
    int64_t left[] = {h->cat, o.sam, h->dan};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(seats(&o, id, left[i], SEAT_CLOSED), 1);
    }
    assert_int_equal(house_i64(h, SQL("select count(*) from approval_vote where person <> $1"),
                               ARGS(db_i64(o.tom))),
                     0);
    house_verify(h);
}

static void seats_stay_after_a_rejection(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, refused);
}

/* 2: the rows of the node that followed stay; the term goes on with what was left. */
static void taken_back(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "all");
    assert_done(h, yes(&o, h->cat, id) && yes(&o, o.sam, id) && yes(&o, o.tom, id));
    assert_int_equal(seats(&o, id, o.lea, SEAT_OPEN), 1);
    int64_t n = all_seats(&o, id);
    int64_t his = house_i64(h,
                            SQL("select id from approval_seat where record = $1"
                                " and principal = $2"),
                            ARGS(db_i64(id), db_i64(o.tom)));
    assert_done(
        h,
        !op(h, o.tom, "case", id, "approve.take_back", "", "seat", house_text(h, his), NULL).code);
    assert_int_equal(all_seats(&o, id), n);
    assert_int_equal(seats(&o, id, o.lea, SEAT_WITHDRAWN), 1);
    assert_int_equal(seats(&o, id, o.aud, SEAT_WITHDRAWN), 1);
    assert_int_equal(seats(&o, id, o.tom, SEAT_OPEN), 1);
    assert_true(house_i64(h, SQL("select due from approval_seat where id = $1"),
                          ARGS(db_i64(his))) > h->now);
    assert_int_equal(house_i64(h, SQL("select count(*) from task where person = $1 and kind = 4"),
                               ARGS(db_i64(o.lea))),
                     0);
    assert_done(h, yes(&o, o.tom, id));
    assert_int_equal(seats(&o, id, o.lea, SEAT_OPEN), 1);
    house_verify(h);
}

static void taking_back_keeps_what_followed(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, taken_back);
}

/* 3: what the clock decides is nobody's. */
static void by_clock(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "late");
    house_clock(h, h->now + 3 * HOUR);
    assert_string_equal(house_state(h, "case", id), "yes");
    assert_true(house_i64(h, SQL("select count(*) from approval_vote where person = 0"), NO_ARGS));
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from approval_vote where person <> 0"
                                   " or principal <> 0"),
                               NO_ARGS),
                     0);
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from act where record = $1 and person <> 0"
                                   " and action like 'approve.%'"),
                               ARGS(db_i64(id))),
                     0);
    assert_int_equal(seats(&o, id, h->cat, SEAT_APPROVED), 0);
    house_verify(h);
}

static void automatic_votes_are_the_systems(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, by_clock);
}

/* 4: a yes is used again on the same content in the same round, and nowhere else. */
static void used_again(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "twice");
    assert_done(h, yes(&o, o.lea, id));
    assert_int_equal(seats(&o, id, o.lea, SEAT_AUTO_APPROVED), 1);
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from approval_vote where cites = 1"
                                   " and person = 0"),
                               NO_ARGS),
                     1);
    ON_SEAT(&o, o.aud, id, "return", "which?", "node", "author");
    assert_done(h, !h->last.code);
    assert_done(h, !op(h, h->amy, "case", id, "approve.resubmit", "", "what", "that", NULL).code);
    assert_int_equal(seats(&o, id, o.lea, SEAT_OPEN), 1); /* asked again */
    assert_done(h, yes(&o, o.lea, id) && yes(&o, o.aud, id));
    assert_int_equal(
        house_i64(h, SQL("select count(*) from approval_vote where cites > 1"), NO_ARGS), 1);
    assert_done(h, yes(&o, o.kim, id)); /* the last node: by himself */
    assert_string_equal(house_state(h, "case", id), "yes");
    house_verify(h);
}

static void no_vote_outlives_its_round(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, used_again);
}

/* 5, 6, 7: one refusal ends nothing, the last does not decide alone, nor does a removal. */
static void shares(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    house_appoint(h, h->bob, "administrator", h->top);
    int64_t id = begin(&o, "share");
    assert_done(h, vote(h, h->cat, "case", id, "reject"));
    assert_string_equal(house_state(h, "case", id), "asked");
    assert_done(h, yes(&o, o.sam, id));
    assert_done(h, vote(h, o.tom, "case", id, "reject")); /* the last: one of three */
    assert_string_equal(house_state(h, "case", id), "no");
    id = begin(&o, "share");
    assert_done(h, yes(&o, o.sam, id));
    const char *of_cat = house_text(h, seat_of(h, id, h->cat));
    assert_done(h, !op(h, h->bob, "case", id, "approve.remove", "ill", "seat", of_cat, NULL).code);
    assert_int_equal(op(h, h->bob, "case", id, "approve.remove", "ill", "seat",
                        house_text(h, seat_of(h, id, o.tom)), NULL)
                         .code,
                     ERR_RULE);
    assert_refused(h, "ours");
    assert_string_equal(house_state(h, "case", id), "asked");
    assert_int_equal(seats(&o, id, h->cat, SEAT_REMOVED), 1);
    assert_done(h, yes(&o, o.tom, id));
    assert_string_equal(house_state(h, "case", id), "yes");
    house_verify(h);
}

static void shares_are_counted(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, shares);
}

/* 9, 12, 14: one of many sends it back, and it goes back: all are asked again, with a term of
 * their own, and what they said stays; copies stay whatever comes of it. */
static void sent_back(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "all");
    assert_done(
        h,
        !op(h, h->amy, "case", id, "approve.copy", "", "person", house_text(h, h->eve), NULL).code);
    assert_done(h, yes(&o, h->cat, id) && yes(&o, o.sam, id) && yes(&o, o.tom, id));
    int64_t first = house_i64(h,
                              SQL("select due from approval_seat where record = $1"
                                  " and principal = $2"),
                              ARGS(db_i64(id), db_i64(h->cat)));
    house_clock(h, h->now + DAY);
    ON_SEAT(&o, o.aud, id, "return", "not so", "node", "1");
    assert_done(h, !h->last.code);
    assert_int_equal(seats(&o, id, o.lea, SEAT_RETURNED), 1);
    int64_t people[] = {h->cat, o.sam, o.tom};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(seats(&o, id, people[i], SEAT_APPROVED), 1);
        assert_int_equal(seats(&o, id, people[i], SEAT_OPEN), 1);
        assert_true(house_i64(h, SQL("select due from approval_seat where id = $1"),
                              ARGS(db_i64(seat_of(h, id, people[i])))) > first);
        assert_true(house_i64(h,
                              SQL("select count(*) from task where person = $1 and record = $2"
                                  " and kind = 4 and due > $3"),
                              ARGS(db_i64(people[i]), db_i64(id), db_i64(h->now))));
    }
    assert_done(h, vote(h, o.tom, "case", id, "reject"));
    assert_string_equal(house_state(h, "case", id), "no");
    assert_int_equal(house_i64(h, SQL("select count(*) from approval_copy where person = $1"),
                               ARGS(db_i64(h->eve))),
                     1);
    assert_done(h, !op(h, h->eve, "case", id, "approve.read", "", NULL).code);
    house_verify(h);
}

static void returning_asks_all_again(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, sent_back);
}

/* A term with nothing at its end: the clock looks once and no more; one whose clock moved
 * nobody leaves nothing. */
static void just_late(struct dbs *t)
{
    struct office o = office(t);
    struct house *h = &o.h;
    int64_t id = begin(&o, "all");
    int64_t acts = house_i64(h, SQL("select count(*) from act"), NO_ARGS);
    house_clock(h, h->now + 3 * DAY);
    house_clock(h, h->now + 3 * DAY);
    assert_int_equal(
        house_i64(h, SQL("select count(*) from approval where next_at is not null"), NO_ARGS), 0);
    assert_int_equal(seats(&o, id, o.sam, SEAT_OPEN), 1);
    assert_true(house_i64(h, SQL("select count(*) from act"), NO_ARGS) <= acts + 1);
    assert_done(h, yes(&o, o.sam, id));
    house_verify(h);
}

static void the_clock_looks_once(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, just_late);
}

int main(void)
{
    /* 8, 10, 11, 15: approve_bad_test.c; 16: approve_random_test.c */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_stay_after_a_rejection),
        cmocka_unit_test(taking_back_keeps_what_followed),
        cmocka_unit_test(automatic_votes_are_the_systems),
        cmocka_unit_test(no_vote_outlives_its_round),
        cmocka_unit_test(shares_are_counted),
        cmocka_unit_test(returning_asks_all_again),
        cmocka_unit_test(the_clock_looks_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
