/* What goes wrong around approvals: content that moved, votes at the same moment, seats
 * that are gone, loops, deputies who are the author, leavers, units that were dissolved,
 * a thousand seats, approvers who may not see: each is refused or follows a stated rule,
 * and the ledger is in order. */
#include "engine/record.h"

#include "votes.h"

#include <stdio.h>

static const char desk[] = HOUSE_DESK
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
    "      mend: {from: asked, who: creator, asks: [what], clause: ours}\n"
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

/* Every refusal says what would allow it, in both languages, and cites the node's clause. */
#define assert_no(h, clause)                                                       \
    do {                                                                           \
        assert_refused(h, clause);                                                 \
        assert_true((h)->last.why->remedy.zh.len && (h)->last.why->remedy.en.len); \
    } while (0)

/* What stands of the approvals of a record: a refusal changes none of it. */
static int64_t stands(struct house *h, int64_t record)
{
    return house_i64(h,
                     SQL("select coalesce(sum(p.events * 7 + p.state), 0) + (select"
                         " coalesce(sum(s.state * 31 + s.actor % 1009 + s.late + s.urges), 0) from"
                         " approval_seat s where s.record = $1) + (select count(*) from"
                         " approval_vote v where v.approval in (select id from approval where"
                         " record = $1)) from approval p where p.record = $1"),
                     ARGS(db_i64(record)));
}

static int64_t refused_votes(struct house *h, int64_t record, int64_t person)
{
    return house_i64(h,
                     SQL("select count(*) from act where record = $1 and person = $2 and seq > 0"
                         " and action = 'approve.vote_refused'"),
                     ARGS(db_i64(record), db_i64(person)));
}

/* A vote that is refused: nothing half done, and an act of its own, with the reason in both
 * languages, in the ledger. */
static void refused_vote(struct house *h, int64_t who, int64_t id, const char *seat,
                         const char *hash, const char *clause, enum approval_no no)
{
    int64_t before = stands(h, id);
    int64_t had = refused_votes(h, id, who);
    assert_int_not_equal(op(h, who, "ask", id, "approve.vote", "", "seat", seat, "vote", "approve",
                            "hash", hash, NULL)
                             .code,
                         ERR_NONE);
    err why = h->last;
    assert_no(h, clause);
    assert_true(str_eq(why.why->what.zh, approval_no_what(no).zh));
    assert_true(str_eq(why.why->what.en, approval_no_what(no).en));
    assert_int_equal(stands(h, id), before);
    assert_int_equal(refused_votes(h, id, who), had + 1);
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a, SQL("select note from act where id = $1"),
                    ARGS(db_i64(h->last_act)), &r));
    assert_true(rows_next(&r) && str_has(rows_text(&r, 0), why.why->what.zh) &&
                str_has(rows_text(&r, 0), why.why->what.en));
}

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
    refused_vote(&h, h.cat, id, seat_text(&h, id, h.cat), seen, "unit-all", NO_CONTENT);
    /* a row changed behind our back: no vote counts on it */
    const char *now = hash_of_record(&h, id);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_ask set f_what = 'that one' where id = $1"),
                   ARGS(db_i64(id))));
    refused_vote(&h, h.cat, id, seat_text(&h, id, h.cat), now, "unit-all", NO_CONTENT);
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
    refused_vote(&h, sam, id, his, hash, "unit-any", NO_CLOSED);
    assert_int_equal(house_i64(&h, SQL("select count(*) from approval_vote"), NO_ARGS), 1);
    assert_int_equal(house_i64(&h, SQL("select sum(decisions) from approval_run"), NO_ARGS), 1);
    assert_true(seat_of(&h, id, ute));
    /* transferred a second ago */
    const char *old = seat_text(&h, id, ute);
    assert_done(&h, !op(&h, ute, "ask", id, "approve.transfer", "yours", "seat", old, "person",
                        house_text(&h, h.cat), NULL)
                         .code);
    refused_vote(&h, ute, id, old, hash, "unit-head", NO_CLOSED);
    refused_vote(&h, ute, id, seat_text(&h, id, h.cat), hash, "unit-head", NO_NOT_YOURS);
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
    /* and when all is decided */
    refused_vote(&h, h.cat, id,
                 house_text(&h, house_i64(&h,
                                          SQL("select max(id) from approval_seat"
                                              " where actor = $1"),
                                          ARGS(db_i64(h.cat)))),
                 hash, "unit-head", NO_NOT_RUNNING);
    /* what is filled in wrongly is none, nor what who does not see the record tries */
    int64_t acts = house_i64(&h, SQL("select count(*) from act"), NO_ARGS);
    op(&h, h.cat, "ask", id, "approve.vote", "", "seat", old, "vote", "perhaps", "hash", hash,
       NULL);
    assert_int_equal(h.last.code, ERR_VALUE);
    op(&h, h.bob, "ask", id, "approve.vote", "", "seat", old, "vote", "approve", "hash", hash,
       NULL);
    assert_int_equal(h.last.code, ERR_NOT_FOUND);
    /* nor is it anybody's to say */
    op(&h, h.cat, "ask", id, "approve.vote_refused", "because", NULL);
    assert_int_equal(h.last.code, ERR_NOT_FOUND);
    assert_int_equal(house_i64(&h, SQL("select count(*) from act"), NO_ARGS), acts);
    house_verify(&h);
}

static void seats_that_are_gone(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, moments);
}

/* What went back is changed by another action before it is submitted again as it is: the
 * round is on what the record has become. */
static void mended(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t id = begin(&h, h.amy, "all_of_us", h.south);
    const char *seen = hash_of_record(&h, id);
    assert_false(house_do(&h, h.amy, "ask", id, "mend", "what", "that", NULL)); /* voted on */
    assert_refused(&h, "ours");
    assert_done(&h, !op(&h, h.cat, "ask", id, "approve.return", "which one?", "seat",
                        seat_text(&h, id, h.cat), "node", "author", NULL)
                         .code);
    assert_done(&h, house_do(&h, h.amy, "ask", id, "mend", "what", "that", NULL));
    assert_int_equal(
        op(&h, h.amy, "ask", id, "approve.resubmit", "", "straight", "true", NULL).code, ERR_RULE);
    assert_true(str_eq(h.last.why->what.en, approval_no_what(NO_CHANGED).en));
    assert_done(&h, !op(&h, h.amy, "ask", id, "approve.resubmit", "", NULL).code);
    assert_string_not_equal(hash_of_record(&h, id), seen);
    refused_vote(&h, h.cat, id, seat_text(&h, id, h.cat), seen, "unit-all", NO_CONTENT);
    assert_done(&h, vote(&h, h.cat, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    house_verify(&h);
}

static void changed_while_it_was_back(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, mended);
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
    /* nor does it come to her otherwise */
    int64_t before = stands(&h, id);
    op(&h, h.cat, "ask", id, "approve.transfer", "yours", "seat", seat_text(&h, id, h.cat),
       "person", house_text(&h, h.amy), NULL);
    assert_no(&h, "unit-all");
    assert_true(str_eq(h.last.why->what.en, approval_no_what(NO_AUTHOR).en));
    op(&h, h.cat, "ask", id, "approve.add", "you too", "seat", seat_text(&h, id, h.cat), "where",
       "beside", "people", house_text(&h, h.amy), "hash", hash_of_record(&h, id), NULL);
    assert_no(&h, "unit-all");
    house_clock(&h, h.now + DAY); /* when appointments are looked at */
    assert_int_equal(stands(&h, id), before);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from act where action = 'approve.tick'"), NO_ARGS),
        0); /* what nothing came of leaves nothing */
    refused_vote(&h, h.amy, id, seat_text(&h, id, h.cat), hash_of_record(&h, id), "unit-all",
                 NO_NOT_YOURS);
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

/* The unit is closed, its people are elsewhere, its head is none: who was seated decides, the
 * next node goes to who minds approvals, and an approval that nobody can be found for stands
 * until somebody is placed. */
static void closed(struct dbs *t)
{
    struct house h = house_make(t, desk);
    int64_t post = house_appoint(&h, h.dan, "head", h.south_1);
    int64_t boss = join(&h, "boss", h.north);
    house_appoint(&h, boss, "leader", h.top);
    int64_t id = begin(&h, h.amy, "one_of_us", h.south_1);
    assert_done(&h, house_do(&h, 0, "post", post, "end", NULL));
    assert_done(
        &h, house_do(&h, 0, "person", h.dan, "transfer", "unit", house_text(&h, h.north), NULL));
    assert_done(&h, house_do(&h, 0, "unit", h.south_1, "close", NULL));
    assert_true(seat_of(&h, id, h.dan)); /* it is his still */
    op(&h, h.dan, "ask", id, "approve.vote", "", "seat", seat_text(&h, id, h.dan), "vote",
       "approve", "hash", hash_of_record(&h, id), NULL);
    assert_int_equal(h.last.code, ERR_NOT_FOUND); /* but he sees it no more */
    house_appoint(&h, boss, "administrator", h.top);
    assert_done(&h, !op(&h, boss, "ask", id, "approve.transfer", "closed", "seat",
                        seat_text(&h, id, h.dan), "person", house_text(&h, boss), NULL)
                         .code);
    assert_done(&h, vote(&h, boss, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "asked");
    assert_true(seat_of(&h, id, boss)); /* the second node: nobody heads what is closed */
    assert_done(&h, vote(&h, boss, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    /* and one that is asked for now */
    id = begin(&h, h.amy, "one_of_us", h.south_1);
    assert_true(seat_of(&h, id, boss));
    house_verify(&h);
}

static void a_unit_that_is_closed(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, closed);
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
    assert_true(str_has(h.last.why->what.zh, STR("看不到这条记录")));
    int64_t ned = join(&h, "ned", h.north);
    assert_done(
        &h,
        !op(&h, h.bob, "ask", id, "approve.place", "", "person", house_text(&h, ned), NULL).code);
    /* nor is he asked for advice, or sent a copy */
    int64_t before = stands(&h, id);
    op(&h, ned, "ask", id, "approve.ask", "your view?", "seat", seat_text(&h, id, ned), "person",
       house_text(&h, h.dan), NULL);
    assert_int_equal(h.last.code, ERR_RULE);
    assert_no(&h, "kept");
    op(&h, ned, "ask", id, "approve.copy", "", "person", house_text(&h, h.dan), NULL);
    assert_int_equal(h.last.code, ERR_RULE);
    assert_no(&h, "ours");
    assert_int_equal(stands(&h, id), before);
    assert_done(&h, vote(&h, ned, "ask", id, "approve"));
    assert_string_equal(house_state(&h, "ask", id), "yes");
    house_verify(&h);
}

/* The first administrator does not see it; the second does. */
static void second(struct dbs *t)
{
    struct house h = house_make(t, desk);
    house_appoint(&h, h.amy, "administrator", h.top);
    house_appoint(&h, h.cat, "administrator", h.top);
    int64_t ned = join(&h, "ned", h.north);
    house_appoint(&h, ned, "administrator", h.top);
    int64_t id = begin(&h, h.bob, "unseen", h.north);
    assert_true(seat_of(&h, id, h.amy)); /* of his unit */
    id = begin(&h, h.amy, "unseen", h.north);
    assert_int_equal(seat_of(&h, id, h.cat), 0);
    assert_true(seat_of(&h, id, ned));
    house_verify(&h);
}

static void an_administrator_who_may(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, second);
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
    int64_t more = join(&h, "one more", unit); /* nobody is left out in silence */
    struct value_in v[] = {{.field = STR("what"), .text = STR("a thing")},
                           {.field = STR("unit"), .text = str_from(house_text(&h, unit))}};
    struct act a = {
        .actor = h.amy, .type = STR("ask"), .action = STR("all_of_us"), .values = v, .nvalues = 2};
    h.last = house_act(&h, &a);
    assert_no(&h, "unit-all");
    assert_true(str_has(h.last.why->what.zh, STR("超过 1000 人")));
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_ask"), NO_ARGS), 0);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct form form;
    dbs_ok(form_get(&ctx, house_type(&h, "ask"), 0, STR("all_of_us"), v, 2, false, &form));
    assert_true(form.refusal && str_eq(form.refusal->clause->id, STR("unit-all")));
    assert_done(&h, house_do(&h, 0, "person", more, "leave", NULL));
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
        cmocka_unit_test(changed_while_it_was_back),
        cmocka_unit_test(a_deputy_is_never_the_author),
        cmocka_unit_test(a_leaver_with_forty_seats),
        cmocka_unit_test(a_unit_without_a_head),
        cmocka_unit_test(a_unit_that_is_closed),
        cmocka_unit_test(an_approver_who_may_not_see),
        cmocka_unit_test(an_administrator_who_may),
        cmocka_unit_test(a_thousand_seats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
