/* Duties in different hands: acts on one record, its approvals, appointments. */
#include "engine/post.h"
#include "engine/record.h"

#include "votes.h"

#include <stdio.h>

static const char depot[] =
    "regulation: depot\n"
    "title: {zh: 仓库, en: Depot}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  checker: {zh: 检查员, en: Checker}\n"
    "settings:\n"
    "  post.checker: {type: text, default: auditor, zh: 检查员由谁, en: Who checks}\n"
    "types:\n"
    "  loan:\n"
    "    title: {zh: 借用, en: Loan}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 物品, en: What}\n"
    "      days: {type: int, default: \"5\", zh: 天数, en: Days}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      asked: {zh: 已申请, en: Asked}\n"
    "      granted: {zh: 已批准, en: Granted}\n"
    "      lent: {zh: 借出, en: Lent}\n"
    "      home: {zh: 归还, en: Back, final: true}\n"
    "    actions:\n"
    "      request:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit]\n"
    "        approval: [{who: head_of(unit)}]\n"
    "        then_approved: {to: granted}\n"
    "        clause: loans\n"
    "        zh: 申请\n"
    "        en: Ask\n"
    "      hand_over: {from: granted, to: lent, who: everyone or auto, clause: loans, zh: 交接, "
    "en: "
    "Hand over}\n"
    "      pass_on:\n"
    "        from: granted\n"
    "        who: everyone\n"
    "        effects: [{perform: hand_over}]\n"
    "        clause: loans\n"
    "        zh: 转交\n"
    "        en: Pass on\n"
    "      extend:\n"
    "        from: lent\n"
    "        who: everyone\n"
    "        asks: [days]\n"
    "        approval: [{who: post('keeper') or post('checker'), rule: any}]\n"
    "        then_approved: {}\n"
    "        clause: loans\n"
    "        zh: 延期\n"
    "        en: Extend\n"
    "      take_back: {from: lent, to: home, who: everyone or auto, clause: loans, zh: 验收, en: "
    "Take "
    "back}\n"
    "    terms:\n"
    "      waiting: {runs_in: [granted], within: 1d, clause: loans, zh: 待领, en: Waiting, marks: "
    "[{at: 0d, do: [{perform: hand_over}]}]}\n"
    "      lending: {runs_in: [lent], within: 2d, clause: loans, zh: 借期, en: Lending, marks: "
    "[{at: 0d, do: [{perform: take_back}]}]}\n"
    "apart:\n"
    "  - {of: loan, acts: [request, request.approval, hand_over, extend.approval, take_back], "
    "clause: duties}\n"
    "  - {posts: [keeper, checker], clause: posts}\n"
    "  - {posts: [head, checker], per: unit, clause: per-unit, zh: 不得兼, en: Not both}\n"
    "  - {posts: [leader, administrator], per: object, clause: per-object}\n";

struct depot {
    struct house h;
    int64_t hal, ann; /* head of north; nobody in particular */
};

static struct depot open_depot(struct dbs *t)
{
    struct depot s = {.h = house_make(t, depot)};
    struct house *h = &s.h;
    char north[24];
    snprintf(north, sizeof(north), "%lld", (long long)h->north);
    s.hal = house_create(h, h->eve, "person", "full_name", "hal", "unit", north, NULL);
    s.ann = house_create(h, h->eve, "person", "full_name", "ann", "unit", north, NULL);
    assert_done(h, s.hal && s.ann);
    house_appoint(h, s.hal, "head", h->north);
    house_appoint(h, h->dan, "keeper", h->top);
    house_appoint(h, h->eve, "auditor", h->top);
    return s;
}

static bool can(struct house *h, int64_t who, int64_t id, const char *action)
{
    return house_do(h, who, "loan", id, action, NULL);
}

/* Refused by the clause of the duties, naming this in both languages. */
#define assert_apart(h, zh_, en_)                               \
    do {                                                        \
        assert_refused((h), "duties");                          \
        assert_true(str_has((h)->last.why->what.zh, STR(zh_))); \
        assert_true(str_has((h)->last.why->what.en, STR(en_))); \
    } while (0)

static int64_t granted(struct depot *s, int64_t who)
{
    struct house *h = &s->h;
    int64_t id =
        house_create(h, who, "loan", "what", "a drill", "unit", house_text(h, h->north), NULL);
    assert_done(h, id);
    assert_done(h, vote(h, s->hal, "loan", id, "approve"));
    assert_string_equal(house_state(h, "loan", id), "granted");
    return id;
}

/* --- acts ----------------------------------------------------------------------------- */

static void transfer(struct house *h, int64_t from, int64_t id, int64_t to)
{
    (void)op(h, from, "loan", id, "approve.transfer", "away", "seat",
             house_text(h, seat_of(h, id, from)), "person", house_text(h, to), NULL);
}

static void walked(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    int64_t id = granted(&s, h->amy);
    /* who asked, who approved: not who hands it over */
    assert_false(can(h, h->amy, id, "hand_over"));
    assert_apart(h, "您已办理“申请”，同一人不得再办理“交接”", "You did \"Ask\"");
    assert_false(can(h, s.hal, id, "hand_over"));
    assert_apart(h, "您参加了“申请”的审批", "You take part in the approval of \"Ask\"");
    assert_done(h, can(h, h->bob, id, "hand_over"));
    int64_t tried[] = {h->amy, s.hal, h->bob};
    for (size_t i = 0; i < 3; i++) {
        assert_false(can(h, tried[i], id, "take_back"));
        assert_refused(h, "duties");
    }
    /* who approves the extension: nobody of them, however he would come to sit there */
    assert_done(h, house_do(h, h->cat, "loan", id, "extend", "days", "9", NULL));
    assert_true(seat_of(h, id, h->dan) && seat_of(h, id, h->eve));
    transfer(h, h->eve, id, h->bob);
    assert_apart(h, "此人已办理“交接”，同一人不得再审批“延期”", "This person did \"Hand over\"");
    transfer(h, h->eve, id, s.hal);
    assert_apart(h, "此人参加了“申请”的审批", "takes part in the approval of \"Ask\"");
    (void)op(h, h->eve, "loan", id, "approve.add", "look", "seat",
             house_text(h, seat_of(h, id, h->eve)), "where", "beside", "people",
             house_text(h, h->amy), "hash", hash_of_record(h, id), NULL);
    assert_apart(h, "此人已办理“申请”", "This person did \"Ask\"");
    transfer(h, h->eve, id, s.ann);
    assert_int_equal(h->last.code, ERR_NONE);
    /* who sits or has voted does not take it back; who sat and gave it away may */
    assert_false(can(h, s.ann, id, "take_back"));
    assert_apart(h, "您参加了“延期”的审批", "the approval of \"Extend\"");
    assert_done(h, vote(h, h->dan, "loan", id, "approve"));
    assert_false(can(h, h->dan, id, "take_back"));
    assert_apart(h, "您参加了“延期”的审批", "the approval of \"Extend\"");
    assert_done(h, can(h, s.ann, id, "take_back"));
    house_verify(h);
}

static void nobody_does_two_of_them(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, walked);
}

/* --- deputies ----------------------------------------------------------------------------- */

static void away(struct house *h, int64_t person, int64_t deputy)
{
    assert_done(h, house_create(h, person, "deputy", "person", house_text(h, person), "deputy",
                                house_text(h, deputy), NULL));
}

static void deputised(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    int64_t id = granted(&s, h->dan);
    assert_done(h, can(h, h->bob, id, "hand_over"));
    away(h, h->dan, s.ann);  /* who asked is kept out, and with him whoever acts for him */
    away(h, h->eve, h->bob); /* who handed over acts for nobody */
    assert_done(h, house_do(h, h->cat, "loan", id, "extend", "days", "9", NULL));
    assert_int_equal(seat_of(h, id, h->dan), 0);
    assert_int_equal(seat_of(h, id, s.ann), 0);
    assert_int_equal(seat_of(h, id, h->bob), 0);
    assert_true(seat_of(h, id, h->eve));
    assert_done(h, vote(h, h->eve, "loan", id, "approve"));
    /* a vote for another counts for both */
    int64_t other = granted(&s, h->amy);
    assert_done(h, can(h, h->cat, other, "hand_over"));
    assert_done(h, house_do(h, h->cat, "loan", other, "extend", "days", "9", NULL));
    assert_true(seat_of(h, other, s.ann) && seat_of(h, other, h->bob));
    assert_done(h, vote(h, h->bob, "loan", other, "approve"));
    assert_false(can(h, h->bob, other, "take_back"));
    assert_refused(h, "duties");
    assert_false(can(h, h->eve, other, "take_back"));
    assert_refused(h, "duties");
    assert_done(h, can(h, s.ann, other, "take_back"));
    house_verify(h);
}

static void nor_does_who_acts_for_another(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, deputised);
}

/* --- effects and the clock ---------------------------------------------------------------- */

static void by_effect(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    int64_t id = granted(&s, h->amy);
    assert_false(can(h, h->amy, id, "pass_on")); /* it would hand over, in her name */
    assert_apart(h, "您已办理“申请”", "You did \"Ask\"");
    assert_string_equal(house_state(h, "loan", id), "granted");
    assert_done(h, can(h, h->bob, id, "pass_on"));
    assert_string_equal(house_state(h, "loan", id), "lent");
    assert_false(can(h, h->bob, id, "take_back"));
    assert_apart(h, "您已办理“交接”", "You did \"Hand over\"");
    /* what the clock does, nobody does: it may do both */
    int64_t left = granted(&s, h->amy);
    house_clock(h, h->now + 4 * DAY);
    assert_string_equal(house_state(h, "loan", left), "home");
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from act where record = $1 and person = 0"
                                   " and action in ('hand_over', 'take_back')"),
                               ARGS(db_i64(left))),
                     2);
    house_verify(h);
}

static void effects_are_their_actors(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, by_effect);
}

/* --- what is shown before ------------------------------------------------------------------ */

/* Why the button of an action is not there for this person; NULL: it is. */
static const struct refusal *why_not(struct house *h, int64_t who, int64_t id, const char *action)
{
    struct ctx ctx = house_ctx(h, who);
    struct record_view rec;
    dbs_ok(record_view(&ctx, house_type(h, "loan"), id, &rec));
    for (size_t i = 0; i < rec.nactions; i++) {
        if (str_eq(rec.actions[i].action->key, str_from(action))) {
            return rec.actions[i].why;
        }
    }
    fail_msg("no action %s", action);
    return NULL;
}

static void shown(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    int64_t id = granted(&s, h->amy);
    const struct refusal *why = why_not(h, h->amy, id, "hand_over");
    assert_true(why && str_eq(why->clause->id, STR("duties")));
    assert_true(str_has(why->what.zh, STR("您已办理“申请”")));
    assert_true(why_not(h, s.hal, id, "hand_over") && !why_not(h, h->bob, id, "hand_over"));
    assert_done(h, can(h, h->dan, id, "hand_over"));
    /* the route leaves out who cannot sit */
    struct ctx ctx = house_ctx(h, h->cat);
    struct value_in v = {.field = STR("days"), .text = STR("9")};
    struct form f;
    dbs_ok(form_get(&ctx, house_type(h, "loan"), id, STR("extend"), &v, 1, false, &f));
    assert_true(f.nroute == 1 && f.route[0].nseats == 1);
    assert_int_equal(f.route[0].seats[0].person.id, h->eve);
    struct value_in what = {.field = STR("what"), .text = STR("a saw")};
    ctx = house_ctx(h, h->bob);
    dbs_ok(form_get(&ctx, house_type(h, "loan"), 0, STR("request"), &what, 1, false, &f));
    assert_true(f.nroute == 1 && f.route[0].nseats == 1);
    assert_int_equal(f.route[0].seats[0].person.id, s.hal);
}

static void it_is_shown_before(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, shown);
}

/* --- appointments --------------------------------------------------------------------------- */

static int64_t post(struct house *h, int64_t who, const char *position, int64_t unit, int64_t of,
                    const char *starts, const char *ends)
{
    return house_create(h, h->amy, "post", "person", house_text(h, who), "position", position,
                        "unit", house_text(h, unit), "starts", starts, ends ? "ends" : "of",
                        ends ? ends
                        : of ? house_text(h, of)
                             : "*",
                        NULL);
}

static void appointed(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    /* anywhere: dan is keeper */
    assert_false(post(h, h->dan, "auditor", h->north, 0, "2026-01-05", NULL));
    assert_refused(h, "posts");
    assert_true(str_has(h->last.why->what.zh, STR("同一人不得兼任“管理员”、“检查员”")));
    assert_true(str_has(h->last.why->what.en, STR("\"Keeper\" and \"Checker\"")));
    assert_true(str_has(h->last.why->remedy.zh, STR("dan 管理员")));
    assert_true(str_has(h->last.why->remedy.en, STR("dan 管理员")));
    assert_done(h, post(h, h->dan, "auditor", h->north, 0, "2025-01-01", "2025-12-31"));
    assert_done(h, post(h, h->dan, "keeper", h->south, 0, "2026-01-05", NULL));
    /* in one unit and above it: hal is head of north */
    assert_false(post(h, s.hal, "auditor", h->north, 0, "2026-01-05", NULL));
    assert_refused(h, "per-unit");
    assert_true(str_has(h->last.why->what.zh, STR("不得兼")));
    assert_false(post(h, s.hal, "auditor", h->top, 0, "2026-01-05", NULL));
    assert_refused(h, "per-unit");
    int64_t there = post(h, s.hal, "auditor", h->south, 0, "2026-01-05", NULL);
    assert_done(h, there);
    assert_false(post(h, s.hal, "head", h->south_1, 0, "2026-01-05", NULL));
    assert_refused(h, "per-unit");
    assert_done(h, house_do(h, h->amy, "post", there, "end", NULL));
    assert_done(h, post(h, s.hal, "head", h->south_1, 0, "2026-01-05", NULL));
    /* for one object */
    int64_t a = granted(&s, h->amy);
    int64_t b = granted(&s, h->amy);
    assert_done(h, post(h, h->bob, "leader", h->top, a, "2026-01-05", NULL));
    assert_false(post(h, h->bob, "administrator", h->top, a, "2026-01-05", NULL));
    assert_refused(h, "per-object");
    assert_done(h, post(h, h->bob, "administrator", h->top, b, "2026-01-05", NULL));
    assert_done(h, post(h, h->bob, "administrator", h->top, 0, "2026-01-05", NULL));
    house_verify(h);
}

static void nobody_holds_two_of_them(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, appointed);
}

/* Appointments that stood before it was said: nobody ends them, and who looks is told how
 * many there are. */
static void stood_before(struct dbs *t)
{
    struct depot s = open_depot(t);
    struct house *h = &s.h;
    struct posts_apart p;
    struct ctx ctx = house_ctx(h, 0);
    dbs_ok(posts_apart(&ctx, &p));
    assert_int_equal(p.clash, 0);
    assert_int_equal(posts_apart_words(h->a, &p).zh.len, 0);
    assert_done(h, post(h, h->amy, "keeper", h->north, 0, "2026-01-05", NULL));
    assert_done(h, post(h, h->amy, "leader", h->north, 0, "2026-01-05", NULL));
    assert_done(h, post(h, h->bob, "head", h->south, 0, "2026-01-05", NULL));
    /* as if the rule were younger than they are */
    dbs_ok(db_exec(house_db(h), h->a,
                   SQL("update r_post set f_position = (select max(o.f_position) from r_post o"
                       " where o.f_person = $2) where f_person = $1 and f_position = (select"
                       " min(f_position) from r_post where f_person = $1)"),
                   ARGS(db_i64(h->amy), db_i64(h->eve))));
    dbs_ok(posts_apart(&ctx, &p));
    assert_int_equal(p.clash, 1);
    struct words w = posts_apart_words(h->a, &p);
    assert_true(str_has(w.zh, STR("1 人兼任了应当分开的岗位（同一人不得兼任“管理员”、“检查员”）")));
    assert_true(str_has(w.en, STR("1 hold positions together that are kept apart (Nobody holds")));
}

static void who_looks_is_told_of_older_ones(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, stood_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_does_two_of_them),
        cmocka_unit_test(nor_does_who_acts_for_another),
        cmocka_unit_test(effects_are_their_actors),
        cmocka_unit_test(it_is_shown_before),
        cmocka_unit_test(nobody_holds_two_of_them),
        cmocka_unit_test(who_looks_is_told_of_older_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
