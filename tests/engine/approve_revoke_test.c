/* What was approved is undone: at once or by an approval of its own, in time or too late,
 * once; what its votes are worth afterwards, who is told, and what the ledger says. */
#include "engine/approve_view.h"
#include "engine/record.h"

#include "votes.h"

#include <stdio.h>

static const char camp[] =
    "regulation: camp\n"
    "title: {zh: 营地, en: Camp}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  tent:\n"
    "    title: {zh: 帐篷, en: Tent}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 何物, en: What}\n"
    "      size: {type: int, default: \"1\", zh: 大小, en: Size}\n"
    "      most: {type: int, default: \"100\", zh: 上限, en: Most}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      asked: {zh: 已申请, en: Asked}\n"
    "      allowed: {zh: 已批准, en: Allowed}\n"
    "      recalled: {zh: 已收回, en: Recalled}\n"
    "      closed: {zh: 已结束, en: Closed, final: true}\n"
    "    rules: [{check: size < most, clause: cap, zh: 太大, en: Too large}]\n"
    "    actions:\n"
    "      ask:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        clause: ask\n"
    "        approval:\n"
    "          - {who: head_of(unit), copy: post('keeper')}\n"
    "          - {who: post('leader'), take_back: 2h}\n"
    "        then_approved: {to: allowed}\n"
    "        then_refused: {to: closed}\n"
    "      recall:\n"
    "        from: [allowed, recalled]\n"
    "        to: recalled\n"
    "        who: post('keeper')\n"
    "        revokes: ask\n"
    "        within: 3d\n"
    "        effects: [{set: {size: \"0\"}}]\n"
    "        clause: recall\n"
    "      enlarge:\n"
    "        from: any\n"
    "        who: creator\n"
    "        asks: [size]\n"
    "        approval: [{who: head_of(unit)}]\n"
    "        then_approved: {}\n"
    "        clause: enlarge\n"
    "      shrink:\n"
    "        from: any\n"
    "        who: creator or post('keeper')\n"
    "        asks: [size]\n"
    "        revokes: enlarge\n"
    "        approval: [{who: head_of(unit)}, {who: post('leader')}]\n"
    "        then_approved: {}\n"
    "        clause: shrink\n"
    "      shrink_now: {from: any, who: post('keeper'), revokes: enlarge, clause: shrink-now}\n"
    "      limit: {from: any, who: everyone, asks: [most], clause: cap}\n"
    "      strike: {from: any, to: closed, who: approvers('ask'), clause: strike}\n"
    "      praise: {from: any, who: everyone, needs: \"approved_at('ask') <= now\", clause: "
    "praise}\n";

struct camp {
    struct house h;
    int64_t hal, ida; /* head of north, leader */
};

static struct camp pitch(struct dbs *t)
{
    struct camp s = {.h = house_make(t, camp)};
    struct house *h = &s.h;
    char north[24];
    snprintf(north, sizeof(north), "%lld", (long long)h->north);
    s.hal = house_create(h, h->eve, "person", "full_name", "hal", "unit", north, NULL);
    s.ida = house_create(h, h->eve, "person", "full_name", "ida", "unit", north, NULL);
    assert_done(h, s.hal && s.ida);
    house_appoint(h, s.hal, "head", h->north);
    house_appoint(h, s.ida, "leader", h->top);
    house_appoint(h, h->dan, "keeper", h->top);
    house_appoint(h, h->bob, "administrator", h->top);
    return s;
}

static bool does(struct house *h, int64_t who, int64_t id, const char *action)
{
    return house_do(h, who, "tent", id, action, NULL);
}

static int64_t allowed(struct camp *s)
{
    struct house *h = &s->h;
    int64_t id = house_create(h, h->amy, "tent", "what", "a tent", NULL);
    assert_done(h, id);
    assert_done(h, vote(h, s->hal, "tent", id, "approve"));
    assert_done(h, vote(h, s->ida, "tent", id, "approve"));
    assert_string_equal(house_state(h, "tent", id), "allowed");
    return id;
}

static int64_t in_state(struct house *h, int64_t id, const char *action, int state)
{
    return house_i64(h,
                     SQL("select count(*) from approval where record = $1 and action = $2"
                         " and state = $3"),
                     ARGS(db_i64(id), db_text(str_from(action)), db_i64(state)));
}

static int64_t notices(struct house *h, int64_t id, int64_t person)
{
    return house_i64(h,
                     SQL("select count(*) from notification where record = $1 and person = $2"
                         " and en like '%: revoked'"),
                     ARGS(db_i64(id), db_i64(person)));
}

static int64_t of_votes(struct house *h, int64_t id)
{
    return house_i64(h,
                     SQL("select count(*) from approval_vote v join approval a on a.id = v.approval"
                         " where a.record = $1 and a.action = 'ask' and v.vote = 0"
                         " and v.voided = 0"),
                     ARGS(db_i64(id)));
}

/* Is the button grey, and for which clause? */
static void is_grey(struct house *h, int64_t who, int64_t id, const char *action,
                    const char *clause)
{
    struct ctx ctx = house_ctx(h, who);
    struct record_view v;
    dbs_ok(record_view(&ctx, house_type(h, "tent"), id, &v));
    for (size_t i = 0; i < v.nactions; i++) {
        const struct record_action *x = &v.actions[i];
        if (!str_eq(x->action->key, str_from(action))) {
            continue;
        }
        assert_int_equal(x->allowed, clause == NULL);
        if (clause) {
            assert_true(str_eq(x->why->clause->id, str_from(clause)));
            assert_true(x->why->what.zh.len && x->why->what.en.len);
        }
        return;
    }
    fail_msg("no action %s", action);
}

static const struct approve_view *newest_of(struct house *h, int64_t id, const char *action)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct approve_views all;
    dbs_ok(approve_views(&ctx, house_type(h, "tent"), id, 20, NULL, &all));
    for (size_t i = 0; i < all.len; i++) {
        if (str_eq(all.ptr[i].action->key, str_from(action))) {
            return &all.ptr[i];
        }
    }
    fail_msg("no approval of %s", action);
    return NULL;
}

/* --- at once ---------------------------------------------------------------------------- */

static void at_once(struct dbs *t)
{
    struct camp s = pitch(t);
    struct house *h = &s.h;
    int64_t id = house_create(h, h->amy, "tent", "what", "a tent", NULL);
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    is_grey(h, h->dan, id, "recall", "recall"); /* by its state */
    assert_false(does(h, h->amy, id, "praise"));
    assert_done(h, vote(h, s.ida, "tent", id, "approve"));
    int64_t passed =
        house_i64(h, SQL("select ended_at from approval where record = $1"), ARGS(db_i64(id)));
    is_grey(h, h->dan, id, "recall", NULL);
    is_grey(h, h->amy, id, "recall", "recall"); /* is not hers to do */
    is_grey(h, s.hal, id, "strike", NULL);
    assert_done(h, does(h, h->amy, id, "praise"));
    h->now += HOUR;
    assert_false(does(h, h->amy, id, "recall"));
    assert_refused(h, "recall");
    assert_done(h, does(h, h->dan, id, "recall"));
    assert_string_equal(house_state(h, "tent", id), "recalled");
    /* the approval as it was, but for its state; votes and seats stay, no clock runs */
    assert_int_equal(in_state(h, id, "ask", APPROVAL_REVOKED), 1);
    assert_int_equal(of_votes(h, id), 2);
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from approval where record = $1"
                                   " and ended_at = $2 and next_at is null"),
                               ARGS(db_i64(id), db_i64(passed))),
                     1);
    assert_int_equal(
        house_i64(h,
                  SQL("select count(*) from approval_event where kind = $1"
                      " and by_person = $2 and at = $3 and act = $4"),
                  ARGS(db_i64(EVENT_REVOKED), db_i64(h->dan), db_i64(h->now), db_i64(h->last_act))),
        1);
    assert_int_equal(house_i64(h, SQL("select f_size from r_tent where id = $1"), ARGS(db_i64(id))),
                     0);
    /* told once: who asked, who voted; the keeper, who has a copy, did it himself */
    assert_int_equal(notices(h, id, h->amy), 1);
    assert_int_equal(notices(h, id, s.hal), 1);
    assert_int_equal(notices(h, id, s.ida), 1);
    assert_int_equal(notices(h, id, h->dan), 0);
    assert_int_equal(notices(h, id, h->bob), 0);
    /* its votes count no more, nor can they be taken back; it is revoked once */
    is_grey(h, s.hal, id, "strike", "strike");
    assert_false(does(h, s.hal, id, "strike"));
    assert_false(does(h, h->amy, id, "praise"));
    assert_int_equal(
        op(h, s.ida, "tent", id, "approve.take_back", "", "seat",
           house_text(h, house_i64(h, SQL("select max(id) from approval_seat"), NO_ARGS)), NULL)
            .code,
        ERR_RULE);
    is_grey(h, h->dan, id, "recall", "recall");
    assert_false(does(h, h->dan, id, "recall"));
    assert_refused(h, "recall");
    assert_true(str_has(h->last.why->what.en, STR("no approval of")));
    const struct approve_view *v = newest_of(h, id, "ask");
    assert_true(str_eq(v->state.en, STR("Revoked")));
    assert_int_equal(v->revoked->at, h->now);
    assert_int_equal(v->revoked->by.id, h->dan);
    assert_int_equal(v->revoked_by, 0);
    house_verify(h);
}

static void it_is_revoked_at_once(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, at_once);
}

/* --- in time ------------------------------------------------------------------------------ */

static void in_time(struct dbs *t)
{
    struct camp s = pitch(t);
    struct house *h = &s.h;
    int64_t early = allowed(&s);
    int64_t late = allowed(&s);
    h->now += 3 * DAY;
    is_grey(h, h->dan, early, "recall", NULL);
    assert_done(h, does(h, h->dan, early, "recall"));
    h->now += 1;
    is_grey(h, h->dan, late, "recall", "recall");
    assert_false(does(h, h->dan, late, "recall"));
    assert_refused(h, "recall");
    assert_true(str_has(h->last.why->what.en, STR("within 3")));
    assert_int_equal(in_state(h, late, "ask", APPROVAL_APPROVED), 1);
    house_verify(h);
}

static void it_is_revoked_in_time_or_not_at_all(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, in_time);
}

/* --- by an approval of its own --------------------------------------------------------------- */

static void enlarge(struct camp *s, int64_t id, const char *size)
{
    struct house *h = &s->h;
    assert_done(h, house_do(h, h->amy, "tent", id, "enlarge", "size", size, NULL));
    assert_done(h, vote(h, s->hal, "tent", id, "approve"));
    h->now += HOUR;
}

static bool shrink(struct camp *s, int64_t id, const char *size)
{
    return house_do(&s->h, s->h.amy, "tent", id, "shrink", "size", size, NULL);
}

static int64_t size(struct house *h, int64_t id)
{
    return house_i64(h, SQL("select f_size from r_tent where id = $1"), ARGS(db_i64(id)));
}

static void by_approval(struct dbs *t)
{
    struct camp s = pitch(t);
    struct house *h = &s.h;
    int64_t id = allowed(&s);
    is_grey(h, h->amy, id, "shrink", "shrink");
    assert_false(shrink(&s, id, "2"));
    assert_refused(h, "shrink");
    enlarge(&s, id, "5");
    enlarge(&s, id, "9");
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 2);
    is_grey(h, h->amy, id, "shrink", NULL);
    /* asked for: nothing has changed, and it cannot be asked for twice */
    assert_done(h, shrink(&s, id, "2"));
    assert_int_equal(size(h, id), 9);
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 2);
    is_grey(h, h->amy, id, "shrink", "shrink");
    is_grey(h, h->amy, id, "enlarge", "enlarge");
    assert_false(shrink(&s, id, "3"));
    assert_refused(h, "shrink");
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 2);
    /* the last vote revokes the newest, in its own transaction; the ones that voted are told */
    int64_t acts =
        house_i64(h, SQL("select count(*) from act where record = $1"), ARGS(db_i64(id)));
    assert_done(h, vote(h, s.ida, "tent", id, "approve"));
    assert_int_equal(
        house_i64(h, SQL("select count(*) from act where record = $1"), ARGS(db_i64(id))),
        acts + 2);
    assert_int_equal(size(h, id), 2);
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 1);
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_REVOKED), 1);
    assert_int_equal(in_state(h, id, "ask", APPROVAL_APPROVED), 1);
    const struct approve_view *v = newest_of(h, id, "enlarge");
    assert_int_equal(v->ap->state, APPROVAL_REVOKED);
    assert_int_equal(v->revoked->by.id, h->amy);
    assert_int_equal(v->revoked_by, newest_of(h, id, "shrink")->id);
    assert_int_equal(notices(h, id, s.hal), 1);
    assert_int_equal(notices(h, id, s.ida), 0); /* she had no part in that one */
    house_verify(h);
}

static void it_is_revoked_by_an_approval_of_its_own(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, by_approval);
}

/* --- which one ------------------------------------------------------------------------------ */

static void one_after_another(struct dbs *t)
{
    struct camp s = pitch(t);
    struct house *h = &s.h;
    int64_t id = allowed(&s);
    enlarge(&s, id, "5");
    enlarge(&s, id, "9");
    assert_done(h, shrink(&s, id, "2"));
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    assert_done(h, vote(h, s.ida, "tent", id, "approve"));
    /* refused: it stands */
    h->now += HOUR;
    assert_done(h, shrink(&s, id, "1"));
    assert_done(h, vote_note(h, s.hal, "tent", id, "reject", "no"));
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 1);
    assert_int_equal(size(h, id), 2);
    /* revoked at once while it is asked for: what passes then finds nothing, and says so */
    assert_done(h, shrink(&s, id, "1"));
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    assert_done(h, does(h, h->dan, id, "shrink_now"));
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_REVOKED), 2);
    h->now += HOUR;
    assert_done(h, vote(h, s.ida, "tent", id, "approve"));
    assert_int_equal(size(h, id), 2);
    const struct approve_view *v = newest_of(h, id, "shrink");
    assert_int_equal(v->ap->state, APPROVAL_APPROVED);
    assert_true(str_has(v->trouble.en, STR("no approval of")));
    struct ctx ctx = house_ctx(h, h->amy);
    struct approve_views all;
    dbs_ok(approve_views(&ctx, house_type(h, "tent"), id, 20, NULL, &all));
    int revoked = 0;
    for (size_t i = 0; i < all.len; i++) { /* the first of them by shrink_now, alone */
        if (all.ptr[i].revoked) {
            assert_int_equal(all.ptr[i].revoked_by != 0, revoked++ == 0);
        }
    }
    assert_int_equal(revoked, 2);
    assert_false(shrink(&s, id, "1"));
    assert_refused(h, "shrink");
    house_verify(h);
}

static void the_newest_goes_first(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, one_after_another);
}

/* --- what was approved and could not be carried out ------------------------------------------- */

static void in_trouble(struct dbs *t)
{
    struct camp s = pitch(t);
    struct house *h = &s.h;
    int64_t id = allowed(&s);
    enlarge(&s, id, "5");
    assert_done(h, shrink(&s, id, "2"));
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    assert_done(h, does(h, h->dan, id, "shrink_now"));
    assert_done(h, vote(h, s.ida, "tent", id, "approve"));
    /* what was enlarged since was before nobody's eyes: it is not what they consented to revoke */
    enlarge(&s, id, "7");
    char which[24];
    snprintf(which, sizeof(which), "%lld", (long long)newest_of(h, id, "shrink")->id);
    assert_done(h, !op(h, h->amy, "tent", id, "approve.retry", "", "approval", which, NULL).code);
    assert_int_equal(size(h, id), 7);
    assert_int_equal(in_state(h, id, "enlarge", APPROVAL_APPROVED), 1);
    assert_true(str_has(newest_of(h, id, "shrink")->trouble.en, STR("no approval of")));
    /* nor is what was approved and could not be carried out tried again once it is revoked */
    assert_done(h, house_do(h, h->amy, "tent", id, "enlarge", "size", "50", NULL));
    assert_done(h, house_do(h, h->amy, "tent", id, "limit", "most", "20", NULL));
    assert_done(h, vote(h, s.hal, "tent", id, "approve"));
    assert_true(newest_of(h, id, "enlarge")->trouble.en.len > 0);
    assert_true(approve_may(newest_of(h, id, "enlarge")->may, APPROVE_RETRY));
    assert_done(h, does(h, h->dan, id, "shrink_now"));
    assert_int_equal(newest_of(h, id, "enlarge")->trouble.en.len, 0);
    assert_false(approve_may(newest_of(h, id, "enlarge")->may, APPROVE_RETRY));
    snprintf(which, sizeof(which), "%lld", (long long)newest_of(h, id, "enlarge")->id);
    assert_int_equal(op(h, h->amy, "tent", id, "approve.retry", "", "approval", which, NULL).code,
                     ERR_RULE);
    assert_refused(h, "enlarge");
    house_verify(h);
}

static void nothing_else_is_revoked(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, in_trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_revoked_at_once),
        cmocka_unit_test(it_is_revoked_in_time_or_not_at_all),
        cmocka_unit_test(it_is_revoked_by_an_approval_of_its_own),
        cmocka_unit_test(the_newest_goes_first),
        cmocka_unit_test(nothing_else_is_revoked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
