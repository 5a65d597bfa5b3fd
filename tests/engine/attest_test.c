/* Manual controls: asked when it is time, answered by the owner alone, the newest answer is
 * the result, it grows old; nothing of it ever counts as kept by a machine. */
#include "engine/attest.h"
#include "engine/control.h"
#include "engine/house.h"
#include "engine/publish.h"
#include "model/diag.h"
#include "model/load.h"

#include <stdio.h>
#include <string.h>

#define REGISTER                                                                                \
    "regulation: desk\n"                                                                        \
    "title: {zh: 办事, en: Desk}\n"                                                           \
    "owner: keeper\n"                                                                           \
    "uses: [town]\n"                                                                            \
    "posts:\n"                                                                                  \
    "  keeper: {zh: 管理员, en: Keeper}\n"                                                   \
    "settings:\n"                                                                               \
    "  look.every: {type: months, default: 2 months, clause: look, zh: 周期, en: Cadence}\n"  \
    "types:\n"                                                                                  \
    "  attestation:\n"                                                                          \
    "    title: {zh: 核实, en: Attestation}\n"                                                \
    "    follows: newest\n"                                                                     \
    "    name: \"{control}\"\n"                                                                 \
    "    has: [attachments]\n"                                                                  \
    "    see: everyone\n"                                                                       \
    "    fields:\n"                                                                             \
    "      control: {type: text, max: 40, zh: 点, en: Control}\n"                              \
    "      question: {type: text, max: 200, zh: 问, en: Question}\n"                           \
    "      due: {type: date, zh: 限, en: Due}\n"                                               \
    "      answer: {type: choice, of: {\"yes\": {zh: 是, en: \"Yes\"}, \"no\": {zh: 否, en: " \
    "\"No\"}, unknown: {zh: 不明, en: Unknown}}, zh: 答, en: Answer}\n"                      \
    "      remark: {type: text, max: 200, zh: 注, en: Remark}\n"                               \
    "      person: {type: person, zh: 人, en: Person}\n"                                       \
    "    unique: [{of: [control], while: \"state == 'asked'\", clause: look}]\n"                \
    "    states:\n"                                                                             \
    "      asked: {zh: 待答, en: Asked, next: [answer]}\n"                                    \
    "      answered: {zh: 已答, en: Answered}\n"                                              \
    "      past: {zh: 过去, en: Past, final: true}\n"                                         \
    "      withdrawn: {zh: 撤回, en: Withdrawn, final: true}\n"                               \
    "    actions:\n"                                                                            \
    "      ask: {to: asked, who: auto, asks: [control, question], may: [due], clause: look,\n"  \
    "        zh: 问, en: Ask}\n"                                                               \
    "      answer:\n"                                                                           \
    "        from: asked\n"                                                                     \
    "        to: answered\n"                                                                    \
    "        who: answerers(control)\n"                                                         \
    "        asks: [answer]\n"                                                                  \
    "        may: [remark]\n"                                                                   \
    "        effects:\n"                                                                        \
    "          - set: {person: actor}\n"                                                        \
    "          - perform: o.pass\n"                                                             \
    "            for_each: o in attestation where o.control == control and o.state ==\n"        \
    "              'answered' and o.id != id\n"                                                 \
    "            take: 1\n"                                                                     \
    "            order: id\n"                                                                   \
    "        clause: look\n"                                                                    \
    "        zh: 答\n"                                                                         \
    "        en: Answer\n"                                                                      \
    "      pass: {from: answered, to: past, who: nobody, clause: look, zh: 过, en: Pass}\n"    \
    "      withdraw: {from: asked, to: withdrawn, who: auto, clause: look, zh: 撤,\n"          \
    "        en: Withdraw}\n"                                                                   \
    "controls:\n"

#define LAW(locked)                                               \
    REGISTER                                                      \
    "  locked:\n"                                                 \
    "    manual: {zh: " locked ", en: Locked?, every: quarter,\n" \
    "      owner: post('keeper')}\n"                              \
    "    clause: look\n"                                          \
    "    zh: 上锁\n"                                            \
    "    en: Locked\n" SWEPT

#define SWEPT                                                                 \
    "  swept:\n"                                                              \
    "    manual: {zh: 扫了吗, en: Swept?, every: setting('look.every'),\n" \
    "      owner: post('keeper') or role('auditor')}\n"                       \
    "    clause: look\n"                                                      \
    "    zh: 清扫\n"                                                        \
    "    en: Swept\n"

static const char law[] = LAW("锁好了吗");

static struct control_result of(struct house *h, const char *key)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_result r;
    struct control_result *all;
    size_t n;
    const struct control *c = model_control(house_model(h), str_from(key));
    assert_int_equal(control_result(&ctx, c, &r).code, 0);
    assert_int_equal(control_results(&ctx, &all, &n).code, 0);
    for (size_t i = 0; i < n; i++) { /* both ways say the same */
        if (all[i].control == c) {
            assert_int_equal(all[i].state, r.state);
            assert_int_equal(all[i].answer.record, r.answer.record);
            assert_int_equal(all[i].answer.asked, r.answer.asked);
        }
    }
    assert_int_equal(r.counts.n, 0);
    assert_int_equal(control_rate(&r.counts), -1);
    assert_false(control_state_good(r.state));
    return r;
}

static size_t ask(struct house *h)
{
    struct arena a = arena_make(8u << 20);
    size_t n;
    err e = attest_ask(h->e, house_db(h), &a, h->now, &n);
    if (e.code) {
        fail_msg("%s %.*s", err_name(e.code), STR_ARG(e.detail));
    }
    arena_end(&a);
    return n;
}

static int64_t tasks_of(struct house *h, int64_t person)
{
    return house_i64(h, SQL("select count(*) from task where person = $1"), ARGS(db_i64(person)));
}

static void asked_and_answered_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    house_appoint(&h, h.bob, "keeper", h.top);
    assert_int_equal(of(&h, "locked").state, CONTROL_STALE); /* never answered */
    assert_int_equal(ask(&h), 2);
    assert_int_equal(ask(&h), 0); /* one open question at a time */
    assert_int_equal(tasks_of(&h, h.bob), 2);
    int64_t q = of(&h, "locked").answer.asked;
    assert_true(q > 0);
    house_do(&h, h.amy, "attestation", q, "answer", "answer", "yes", NULL);
    assert_refused(&h, "look"); /* not the owner */
    assert_done(&h, house_do(&h, h.bob, "attestation", q, "answer", "answer", "no", "remark",
                             "门坏了", NULL));
    struct control_result r = of(&h, "locked");
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(r.answer.person, h.bob);
    assert_true(str_eq(r.answer.remark, STR("门坏了")));
    assert_int_equal(tasks_of(&h, h.bob), 1);
    house_do(&h, h.bob, "attestation", q, "answer", "answer", "yes", NULL);
    assert_int_not_equal(h.last.code, 0); /* twice: it is answered already */
    house_verify(&h);
}

static void an_answer_grows_old_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    house_appoint(&h, h.bob, "keeper", h.top);
    ask(&h);
    int64_t q = of(&h, "locked").answer.asked;
    assert_done(&h, house_do(&h, h.bob, "attestation", q, "answer", "answer", "yes", NULL));
    struct control_result r = of(&h, "locked");
    assert_int_equal(r.state, CONTROL_ATTESTED);
    /* A quarter after 5 January 09:00 is 5 April 09:00. */
    assert_int_equal(r.answer.until, HOUSE_NOW + 90 * DAY);
    house_clock(&h, HOUSE_NOW + 80 * DAY);
    ask(&h);
    assert_int_equal(of(&h, "locked").answer.asked, 0); /* a tenth ahead: nine days */
    house_clock(&h, HOUSE_NOW + 82 * DAY);
    ask(&h);
    int64_t again = of(&h, "locked").answer.asked;
    assert_true(again > q);
    assert_int_equal(of(&h, "locked").state, CONTROL_ATTESTED);
    house_clock(&h, HOUSE_NOW + 90 * DAY - 1);
    assert_int_equal(of(&h, "locked").state, CONTROL_ATTESTED);
    house_clock(&h, HOUSE_NOW + 90 * DAY);
    assert_int_equal(of(&h, "locked").state, CONTROL_STALE);
    assert_done(&h, house_do(&h, h.bob, "attestation", again, "answer", "answer", "unknown", NULL));
    assert_int_equal(of(&h, "locked").state, CONTROL_UNKNOWN);
    assert_string_equal(house_state(&h, "attestation", q), "past");
    struct attest_past *past;
    size_t n;
    struct ctx ctx = house_ctx(&h, h.amy);
    assert_int_equal(
        attest_history(&ctx, model_control(house_model(&h), STR("locked")), 10, &past, &n).code, 0);
    assert_int_equal(n, 2);
    assert_int_equal(past[0].said, ATTEST_UNKNOWN);
    assert_int_equal(past[1].said, ATTEST_YES);
    house_verify(&h);
}

static void publish_next(struct house *h, const char *definition)
{
    struct source list[] = {house_town(h->a), house_source(h->a, str_from(definition))};
    struct sources folders = {.ptr = list, .len = 2};
    struct diags d = diags_make(h->a);
    struct publication p;
    dbs_ok(publish_plan(h->e, h->a, &folders, &d, &p));
    dbs_ok(publish(h->e, h->a, &p, 0, h->now, &d));
}

/* What was answered before is no answer to another question, and what was asked is not asked. */
static void another_question_is_asked_anew_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    house_appoint(&h, h.bob, "keeper", h.top);
    assert_int_equal(ask(&h), 2);
    int64_t q = of(&h, "locked").answer.asked;
    int64_t swept = of(&h, "swept").answer.asked;
    assert_done(&h, house_do(&h, h.bob, "attestation", q, "answer", "answer", "yes", NULL));
    assert_done(&h, house_do(&h, h.bob, "attestation", swept, "answer", "answer", "yes", NULL));
    house_clock(&h, HOUSE_NOW + DAY);
    publish_next(&h, LAW("锁好并贴封条了吗"));
    struct control_result r = of(&h, "locked");
    assert_int_equal(r.state, CONTROL_STALE);
    assert_int_equal(r.answer.record, 0);
    assert_int_equal(of(&h, "swept").state, CONTROL_ATTESTED); /* that is the same */
    assert_int_equal(ask(&h), 1);
    int64_t again = of(&h, "locked").answer.asked;
    assert_true(again > q);
    house_clock(&h, HOUSE_NOW + 2 * DAY);
    publish_next(&h, LAW("门窗锁好了吗"));
    assert_int_equal(ask(&h), 2); /* one withdrawn, one asked */
    assert_string_equal(house_state(&h, "attestation", again), "withdrawn");
    q = of(&h, "locked").answer.asked;
    assert_done(&h, house_do(&h, h.bob, "attestation", q, "answer", "answer", "yes", NULL));
    assert_int_equal(of(&h, "locked").state, CONTROL_ATTESTED);
    house_verify(&h);
}

/* Who may answer is whoever holds the position at that moment. */
static void the_owner_changes_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct ctx ctx = house_ctx(&h, h.amy);
    const struct control *c = model_control(house_model(&h), STR("locked"));
    str *names;
    size_t n;
    ask(&h); /* nobody holds it: asked all the same, and no task */
    assert_int_equal(attest_owners(&ctx, c->newest->manual, 10, &names, &n).code, 0);
    assert_int_equal(n, 0);
    int64_t q = of(&h, "locked").answer.asked;
    house_do(&h, h.bob, "attestation", q, "answer", "answer", "yes", NULL);
    assert_refused(&h, "look");
    int64_t post = house_appoint(&h, h.cat, "keeper", h.north);
    house_clock(&h, h.now + HOUR);
    assert_int_equal(tasks_of(&h, h.cat), 2);
    ctx = house_ctx(&h, h.cat);
    assert_true(attest_may(&ctx, c->newest->manual));
    assert_int_equal(attest_owners(&ctx, c->newest->manual, 10, &names, &n).code, 0);
    assert_int_equal(n, 1);
    assert_done(&h, house_do(&h, h.eve, "post", post, "end", NULL));
    ctx = house_ctx(&h, h.cat);
    assert_false(attest_may(&ctx, c->newest->manual));
    house_do(&h, h.cat, "attestation", q, "answer", "answer", "yes", NULL);
    assert_refused(&h, "look");
    house_verify(&h);
}

/* A moment so many days after 1970, and until when an answer of then is good. */
static void months_end_with_the_month(void **state)
{
    (void)state;
    struct model m = {.zone_minutes = 480};
    struct control_manual c = {.unit = V_MONTHS, .every = 1};
    int64_t jan31 = 1769792400000; /* 2026-01-31 01:00 +08:00 */
    assert_int_equal(attest_until(&m, &c, jan31), jan31 + 28 * DAY);
    c.every = 12;
    assert_int_equal(attest_until(&m, &c, jan31), jan31 + 365 * DAY);
    c = (struct control_manual){.unit = V_DAYS, .every = 10};
    assert_int_equal(attest_until(&m, &c, jan31), jan31 + 10 * DAY);
    c = (struct control_manual){.unit = V_DURATION, .every = 36 * HOUR};
    assert_int_equal(attest_until(&m, &c, jan31), jan31 + 36 * HOUR);
}

static bool loads(struct arena *a, const char *control, const char *says)
{
    struct source list[] = {house_town(a), house_source(a, str_fmt(a, "%s%s", REGISTER, control))};
    struct diags d = diags_make(a);
    const struct model *m = model_build(a, &(struct sources){list, 2}, &d);
    bool found = false;
    for (size_t i = 0; i < d.len; i++) {
        found = found || str_has(d.ptr[i].words.en, str_from(says));
        if (says[0] && !found) {
            print_message("%.*s\n", STR_ARG(d.ptr[i].words.en));
        }
    }
    return says[0] ? !m && found : m != NULL;
}

#define MANUAL(body) "  k:\n    manual: {" body "}\n    clause: look\n    zh: 某\n    en: K\n"

static void bad_definitions_are_named(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    assert_true(loads(&a, MANUAL("zh: 问, every: year, owner: post('keeper')"), ""));
    assert_true(loads(&a, MANUAL("zh: 问, every: 90d, owner: post('keeper')"), ""));
    assert_true(loads(&a, MANUAL("zh: 问, owner: post('keeper')"), "manual needs every"));
    assert_true(
        loads(&a, MANUAL("zh: 问, every: weekly, owner: post('keeper')"), "every is month"));
    assert_true(loads(&a, MANUAL("zh: 问, every: 1h, owner: post('keeper')"), "every is month"));
    assert_true(loads(&a, MANUAL("zh: 问, every: 0d, owner: post('keeper')"), "every is month"));
    assert_true(
        loads(&a, MANUAL("zh: 问, every: 200 months, owner: post('keeper')"), "every is month"));
    assert_true(loads(&a, MANUAL("zh: 问, every: setting('none'), owner: post('keeper')"),
                      "every is month"));
    assert_true(loads(&a, MANUAL("zh: 问, every: year"), "manual needs owner"));
    assert_true(loads(&a, MANUAL("every: year, owner: post('keeper')"), "manual needs zh"));
    assert_true(loads(&a, MANUAL("zh: 问, every: year, owner: nobody"), "owner says who"));
    assert_true(loads(&a, MANUAL("zh: 问, every: year, owner: post('none')"), "none"));
    assert_true(loads(&a,
                      "  k:\n    manual: {zh: 问, every: year, owner: post('keeper')}\n"
                      "    over: attestation\n    holds: \"true\"\n    clause: look\n"
                      "    zh: 某\n    en: K\n",
                      "over"));
    arena_end(&a);
}

static void asked_and_answered(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, asked_and_answered_body);
}

static void an_answer_grows_old(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, an_answer_grows_old_body);
}

static void another_question_is_asked_anew(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, another_question_is_asked_anew_body);
}

static void the_owner_changes(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, the_owner_changes_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_and_answered),
        cmocka_unit_test(an_answer_grows_old),
        cmocka_unit_test(another_question_is_asked_anew),

        cmocka_unit_test(the_owner_changes),
        cmocka_unit_test(months_end_with_the_month),
        cmocka_unit_test(bad_definitions_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
