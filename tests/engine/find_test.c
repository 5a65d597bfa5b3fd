/* Findings and waivers: a violation past its grace becomes one finding, never two, also where
 * two look at once; mended, it has passed its re-test; violated again it is open again; a
 * waiver holds it off to its last day and no longer; what a waiver must not be is refused. */
#include "base/buf.h"
#include "engine/control_int.h"
#include "engine/find_law.h"
#include "engine/house.h"
#include "engine/inst.h"

#include <pthread.h>
#include <string.h>

static const char law[] = FIND_DESK FIND_THING
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      gone: {zh: 去, en: Gone, final: true}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what, n], clause: keeping}\n"
    "      change: {from: kept, who: everyone, asks: [n], clause: keeping, effects: [{when: n == "
    "77, finding: {severity: high, zh: 七七, en: Seven}}]}\n"
    "      drop: {from: kept, to: gone, who: everyone, clause: keeping}\n" FINDING WAIVER
    "controls:\n"
    "  few:\n"
    "    over: thing\n"
    "    where: state == 'kept'\n"
    "    holds: n <= 10\n"
    "    grace: 2h\n"
    "    fix_within: 3d\n"
    "    show: [what, n, unit.title, state]\n"
    "    severity: high\n"
    "    clause: keeping\n"
    "    zh: 数量不得超过十件，多了要送走\n"
    "    en: Not too many\n"
    "  odd:\n"
    "    over: thing\n"
    "    holds: n != 4 or exists(w in waivers where w.clause == 'desk#keeping')"
    " or exists(f in findings where f.summary == 'known')\n"
    "    clause: keeping\n"
    "    zh: 不为四\n"
    "    en: Not four\n";

static struct control_result of(struct house *h, const char *key)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_result r;
    dbs_ok(control_result(&ctx, model_control(house_model(h), str_from(key)), &r));
    assert_int_equal(r.counts.n, r.counts.ok + r.counts.violation + r.counts.in_grace +
                                     r.counts.waived + r.counts.unknown);
    struct control_result *all;
    size_t n;
    dbs_ok(control_results(&ctx, &all, &n));
    for (size_t i = 0; i < n; i++) {
        assert_true(all[i].control != r.control ||
                    memcmp(&all[i].counts, &r.counts, sizeof(r.counts)) == 0);
    }
    return r;
}

static int64_t thing(struct house *h, const char *n)
{
    int64_t id = house_create(h, h->amy, "thing", "what", "x", "n", n, NULL);
    assert_done(h, id);
    return id;
}

static void change(struct house *h, int64_t id, const char *n)
{
    assert_true(house_do(h, h->amy, "thing", id, "change", "n", n, NULL));
}

static int64_t findings(struct house *h)
{
    return house_i64(h, SQL("select count(*) from r_finding"), NO_ARGS);
}

static int64_t newest(struct house *h)
{
    return house_i64(h, SQL("select max(id) from r_finding"), NO_ARGS);
}

static int64_t number_of(struct house *h, struct sql sql, int64_t id)
{
    return house_i64(h, sql, ARGS(db_i64(id)));
}

static void one_finding_for_each_violation_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "11");
    find_look(&h);
    assert_int_equal(of(&h, "few").counts.in_grace, 1);
    assert_int_equal(findings(&h), 0); /* it is in grace */
    house_clock(&h, h.now + 2 * HOUR);
    find_look(&h);
    find_look(&h);
    assert_int_equal(findings(&h), 1);
    int64_t f = newest(&h);
    assert_int_equal(number_of(&h, SQL("select f_about from r_finding where id = $1"), f), id);
    assert_int_equal(number_of(&h, SQL("select unit from r_finding where id = $1"), f), h.north);
    assert_true(number_of(&h, SQL("select f_due from r_finding where id = $1"), f) > h.now);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct control_row *rows;
    size_t n;
    dbs_ok(control_rows(&ctx, model_control(house_model(&h), STR("few")), CONTROL_ANY_UNIT, 0, 0,
                        10, &rows, &n));
    assert_int_equal(n, 1);
    assert_int_equal(rows->finding, f);
    assert_true(str_eq(rows->finding_state->key, STR("opened")));
    static const char *const shown[] = {"x", "11", "north", "Kept"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_eq(rows->shown[i], str_from(shown[i])));
    }
    change(&h, id, "12"); /* worse: the same finding */
    find_look(&h);
    assert_int_equal(findings(&h), 1);
    /* Nobody but the engine says that it is mended. */
    assert_false(
        house_do(&h, h.amy, "finding", f, "retest_passed", "test", "passed", "entry", "1", NULL));
    assert_refused(&h, "finding");
    house_verify(&h);
}

static void mended_tested_closed_and_back_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "11");
    find_look(&h);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    int64_t f = newest(&h);
    change(&h, id, "5");
    find_look(&h);
    assert_string_equal(house_state(&h, "finding", f), "passed");
    int64_t entry = number_of(&h, SQL("select f_entry from r_finding where id = $1"), f);
    assert_true(entry > 0);
    assert_int_equal(of(&h, "few").state, CONTROL_PASS);
    change(&h, id, "50"); /* before anybody closes it */
    find_look(&h);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    assert_string_equal(house_state(&h, "finding", f), "opened");
    change(&h, id, "5");
    find_look(&h);
    assert_done(&h, house_do(&h, h.cat, "finding", f, "close", NULL));
    change(&h, id, "60");
    find_look(&h);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    assert_string_equal(house_state(&h, "finding", f), "opened");
    assert_int_equal(number_of(&h, SQL("select f_times from r_finding where id = $1"), f), 2);
    assert_int_equal(findings(&h), 1);
    assert_done(&h, house_do(&h, h.amy, "thing", id, "drop", NULL));
    find_look(&h); /* not judged any more */
    assert_string_equal(house_state(&h, "finding", f), "passed");
    assert_int_equal(number_of(&h, SQL("select f_test from r_finding where id = $1"), f), 2);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_retest"), NO_ARGS), 0);
    house_verify(&h);
}

static const char *day(struct house *h, int64_t from_now)
{
    struct ctx ctx = house_ctx(h, 0);
    struct value v = {.i64 = ctx.today + from_now};
    struct field f = {.type = F_DATE};
    str s = value_plain(&ctx, &f, &v);
    char *z = arena_bytes(h->a, s.len + 1);
    memcpy(z, s.ptr, s.len);
    z[s.len] = '\0';
    return z;
}

static void a_waiver_holds_to_its_last_day_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "11");
    const char *about = house_text(&h, id);
    find_look(&h);
    int64_t w = house_create(&h, h.bob, "waiver", "about", about, "control", "few", "ends",
                             day(&h, 2), NULL);
    assert_done(&h, w);
    struct control_result r = of(&h, "few");
    assert_int_equal(r.counts.waived, 1); /* though it is in grace, too */
    assert_int_equal(r.counts.in_grace, 0);
    assert_int_equal(r.state, CONTROL_PASS_WAIVED);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    assert_int_equal(findings(&h), 0);
    house_clock(&h, HOUSE_NOW + 2 * DAY + 15 * HOUR - 1); /* a moment before midnight */
    find_look(&h);
    assert_int_equal(of(&h, "few").state, CONTROL_PASS_WAIVED);
    assert_int_equal(findings(&h), 0);
    h.now++; /* without any job it counts no more */
    assert_int_equal(of(&h, "few").counts.waived, 0);
    assert_int_equal(of(&h, "few").state, CONTROL_FAIL);
    find_look(&h);
    assert_int_equal(findings(&h), 1);
    /* One that is seen by nobody else is in everybody's result. */
    w = house_create(&h, h.bob, "waiver", "about", about, "control", "few", "ends", day(&h, 2),
                     NULL);
    assert_done(&h, w);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct control_row *rows;
    size_t n;
    dbs_ok(control_rows(&ctx, model_control(house_model(&h), STR("few")), CONTROL_ANY_UNIT, 0, 0,
                        10, &rows, &n));
    assert_true(n == 1 && rows->waived && !rows->waiver);
    ctx = house_ctx(&h, h.bob);
    dbs_ok(control_rows(&ctx, model_control(house_model(&h), STR("few")), CONTROL_ANY_UNIT, 0, 0,
                        10, &rows, &n));
    assert_true(n == 1 && rows->waived && rows->waiver == w);
    assert_done(&h, house_do(&h, h.bob, "waiver", w, "revoke", NULL));
    assert_int_equal(of(&h, "few").state, CONTROL_FAIL);
}

/* A thing of which there are too many for longer than may be, and its finding. */
static int64_t found(struct house *h, int64_t *id)
{
    *id = thing(h, "11");
    find_look(h);
    house_clock(h, h->now + 3 * HOUR);
    find_look(h);
    assert_int_equal(findings(h), 1);
    return newest(h);
}

static void is_in(struct house *h, int64_t f, const char *state)
{
    find_look(h);
    assert_string_equal(house_state(h, "finding", f), state);
}

static int64_t waive(struct house *h, int64_t id, int64_t starts, int64_t ends)
{
    int64_t w = house_create(h, h->bob, "waiver", "about", house_text(h, id), "control", "few",
                             "starts", day(h, starts), "ends", day(h, ends), NULL);
    assert_done(h, w);
    return w;
}

/* Who says that it is mended is believed as far as the record. */
static void what_is_not_mended_goes_back_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id;
    int64_t f = found(&h, &id);
    assert_done(&h, house_do(&h, h.amy, "finding", f, "say", NULL));
    assert_string_equal(house_state(&h, "finding", f), "said");
    is_in(&h, f, "opened");
    assert_int_equal(number_of(&h, SQL("select f_times from r_finding where id = $1"), f), 1);
    find_look(&h); /* and is left alone */
    assert_int_equal(number_of(&h, SQL("select f_times from r_finding where id = $1"), f), 1);
    change(&h, id, "3");
    assert_done(&h, house_do(&h, h.amy, "finding", f, "say", NULL));
    is_in(&h, f, "passed");
    assert_int_equal(findings(&h), 1);
    house_verify(&h);
}

/* What was found before its waiver waits as long as that holds, and goes back then. */
static void a_waiver_holds_off_what_was_found_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id;
    int64_t f = found(&h, &id);
    int64_t w = waive(&h, id, 0, 2);
    is_in(&h, f, "passed");
    assert_int_equal(number_of(&h, SQL("select f_test from r_finding where id = $1"), f), 3);
    assert_done(&h, house_do(&h, h.bob, "waiver", w, "revoke", NULL));
    is_in(&h, f, "opened");
    waive(&h, id, 0, 2);
    find_look(&h);
    assert_done(&h, house_do(&h, h.cat, "finding", f, "close", NULL));
    house_clock(&h, h.now + 2 * DAY);
    is_in(&h, f, "closed");
    house_clock(&h, h.now + DAY);
    is_in(&h, f, "opened");
    assert_int_equal(number_of(&h, SQL("select f_times from r_finding where id = $1"), f), 2);
    assert_int_equal(findings(&h), 1);
    house_verify(&h);
}

static void a_waiver_that_begins_later_does_so_on_its_day_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id;
    int64_t f = found(&h, &id);
    waive(&h, id, 1, 2);
    is_in(&h, f, "opened");
    assert_done(&h, house_do(&h, h.amy, "finding", f, "say", NULL)); /* it holds nothing off yet */
    is_in(&h, f, "opened");
    house_clock(&h, h.now + DAY);
    is_in(&h, f, "passed");
    house_clock(&h, h.now + 2 * DAY);
    is_in(&h, f, "opened");
    house_verify(&h);
}

static void a_revoked_waiver_holds_nothing_off_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "11");
    find_look(&h);
    int64_t w = house_create(&h, h.bob, "waiver", "about", house_text(&h, id), "control", "few",
                             "ends", day(&h, 20), NULL);
    assert_done(&h, w);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    assert_int_equal(findings(&h), 0);
    assert_done(&h, house_do(&h, h.bob, "waiver", w, "revoke", NULL));
    find_look(&h);
    assert_int_equal(findings(&h), 1);
}

static void what_a_waiver_must_not_be_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    const char *about = house_text(&h, thing(&h, "11"));
    const char *unit = house_text(&h, h.north);
    const char *ends = day(&h, 5);
    static const char no_clause[] = "desk#nowhere";
    assert_false(house_create(&h, h.amy, "waiver", "control", "few", "ends", ends, NULL));
    assert_refused(&h, "scope"); /* about everything */
    assert_false(house_create(&h, h.amy, "waiver", "about", about, "ends", ends, NULL));
    assert_refused(&h, "scope");
    assert_false(
        house_create(&h, h.amy, "waiver", "about", about, "control", "*", "ends", ends, NULL));
    assert_refused(&h, "scope");
    assert_false(
        house_create(&h, h.amy, "waiver", "about", unit, "control", "few", "ends", ends, NULL));
    assert_refused(&h, "scope"); /* the control does not judge units */
    assert_false(
        house_create(&h, h.amy, "waiver", "about", about, "clause", no_clause, "ends", ends, NULL));
    assert_refused(&h, "scope");
    assert_false(house_create(&h, h.amy, "waiver", "about", about, "control", "few", NULL));
    assert_refused(&h, "term");
    assert_false(house_create(&h, h.amy, "waiver", "about", about, "control", "few", "ends",
                              day(&h, 31), NULL));
    assert_refused(&h, "term");
    assert_done(&h, house_create(&h, h.amy, "waiver", "about", about, "control", "few", "ends",
                                 day(&h, 30), NULL));
}

static void raise_by_hand(struct house *h, int64_t about)
{
    struct value_in values[] = {{.field = STR("about"), .text = str_from(house_text(h, about))},
                                {.field = STR("summary"), .text = STR("known")}};
    struct act act = {.arena = h->a,
                      .actor = h->amy,
                      .now = h->now,
                      .type = STR("finding"),
                      .action = STR("raise"),
                      .values = values,
                      .nvalues = 2};
    dbs_ok(house_act(h, &act));
}

/* Conditions read the waivers and findings about a record, and such a change is followed. */
static void conditions_read_them_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct arena a = arena_make(64u << 20);
    bool whole;
    int64_t id = thing(&h, "4");
    find_look(&h);
    assert_int_equal(of(&h, "odd").counts.violation, 1);
    assert_done(&h, house_create(&h, h.amy, "waiver", "about", house_text(&h, id), "clause",
                                 "desk#keeping", "ends", day(&h, 5), NULL));
    dbs_ok(control_follow_up(h.e, house_db(&h), &a, h.now, &whole));
    assert_false(whole);
    assert_int_equal(of(&h, "odd").counts.ok, 1);
    int64_t other = thing(&h, "4");
    dbs_ok(control_follow_up(h.e, house_db(&h), &a, h.now, &whole));
    assert_int_equal(of(&h, "odd").counts.violation, 1);
    raise_by_hand(&h, other);
    dbs_ok(control_follow_up(h.e, house_db(&h), &a, h.now, &whole));
    assert_int_equal(of(&h, "odd").counts.ok, 2);
    arena_end(&a);
}

static void an_effect_enters_one_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "1");
    change(&h, id, "77");
    assert_int_equal(findings(&h), 1);
    int64_t f = newest(&h);
    assert_int_equal(number_of(&h, SQL("select f_about from r_finding where id = $1"), f), id);
    assert_int_equal(number_of(&h, SQL("select f_severity from r_finding where id = $1"), f), 2);
    assert_int_equal(number_of(&h, SQL("select unit from r_finding where id = $1"), f), h.north);
    assert_int_equal(
        number_of(&h,
                  SQL("select count(*) from r_finding where id = $1 and f_clause = 'desk#keeping'"
                      " and f_control is null"),
                  f),
        1);
}

/* What a rule refuses is told once, and not tried again. */
static void a_refusal_is_put_away_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = house_create(&h, h.amy, "thing", "what", "cursed", "n", "11", NULL);
    assert_done(&h, id);
    find_look(&h);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    find_look(&h);
    dbs_ok(control_find_again(h.e, h.now));
    find_look(&h);
    assert_int_equal(findings(&h), 0);
    assert_int_equal(house_i64(&h, SQL("select count(*) from job where kind = 'clock'"), NO_ARGS),
                     1);
    change(&h, id, "3"); /* nothing is to be tested */
    find_look(&h);
    assert_int_equal(house_i64(&h, SQL("select count(*) from job where kind = 'clock'"), NO_ARGS),
                     1);
}

/* Of very many only so many are open at once; the others are counted, and come when it is
 * their turn. */
static void not_all_at_once_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    enum { MORE = 7 };
    for (int i = 0; i < CONTROL_OPEN_MAX + MORE; i++) {
        thing(&h, "11");
    }
    find_look(&h);
    house_clock(&h, h.now + 3 * HOUR);
    find_look(&h);
    assert_int_equal(findings(&h), CONTROL_FIND_TURN);
    for (int i = 0; i < CONTROL_OPEN_MAX / CONTROL_FIND_TURN + 2; i++) {
        find_look(&h);
    }
    assert_int_equal(findings(&h), CONTROL_OPEN_MAX);
    struct ctx ctx = house_ctx(&h, h.amy);
    int64_t left;
    dbs_ok(control_unfound_read(
        &ctx, control_unfound_ask(&ctx, model_control(house_model(&h), STR("few"))), &left));
    assert_int_equal(left, MORE);
    int64_t f = newest(&h);
    assert_done(&h, house_do(&h, h.amy, "finding", f, "say", NULL)); /* tested however many */
    dbs_ok(control_unfound_read(
        &ctx, control_unfound_ask(&ctx, model_control(house_model(&h), STR("few"))), &left));
    assert_int_equal(left, MORE);
    find_look(&h);
    assert_string_equal(house_state(&h, "finding", f), "opened");
    assert_int_equal(number_of(&h, SQL("select f_times from r_finding where id = $1"), f), 1);
    change(&h, number_of(&h, SQL("select f_about from r_finding where id = $1"), f), "1");
    find_look(&h);
    assert_done(&h, house_do(&h, h.amy, "finding", f, "close", NULL));
    find_look(&h);
    assert_int_equal(findings(&h), CONTROL_OPEN_MAX + 1);
}

/* Whoever looks: on a node, in a thread, with a connection of his own. */
struct looker {
    struct engine *e;
    err result;
};

static void *look_beside(void *arg)
{
    struct looker *l = arg;
    struct arena a = arena_make(64u << 20);
    struct db *db;
    int acts;
    l->result = engine_reader(l->e, &a, &db);
    for (int i = 0; i < 2 && !l->result.code; i++) {
        l->result = control_find(l->e, db, &a, INST_NOW, &acts);
    }
    arena_end(&a);
    return NULL;
}

/* Devices whose technician has left. */
static void devices(struct inst *in, int n)
{
    struct diags d = diags_make(in->t->a);
    struct buf b = buf_make(in->t->a, 1 << 20);
    int64_t made;
    buf_put(&b, STR("- {create: person, with: {full_name: 高明, login: gao.ming, unit: 信息中心},"
                    " save: T}\n"));
    for (int i = 0; i < n; i++) {
        buf_put_fmt(&b,
                    "- {create: device, with: {title: 终端, category: laptop, source: purchase,"
                    " maker: 甲, model: M, serial_number: Z-%d, configuration: 无, bundled: 无},"
                    " save: D}\n- {perform: D.put_into_use, with: {place: 四楼, technician: T,"
                    " custodian: li.lei}}\n",
                    i);
    }
    buf_put(&b, STR("- {as: xu.jing, perform: T.leave, with: {left_on: =today}}\n"));
    dbs_ok(scenario_records(in->e, in->t->a, buf_str(&b), STR("devices"), &d, &made));
    inst_no_diags(in->t, &d);
}

static void two_at_once_open_one_body(struct dbs *t)
{
    enum { DEVICES = 15, LOOKERS = 3 };
    struct inst in = inst_make(t, 0);
    struct arena a = arena_make(64u << 20);
    struct engine *other = in.e;
    pthread_t threads[LOOKERS];
    struct looker lookers[LOOKERS];
    if (t->which == DBS_PG) { /* another node */
        struct engine_options opt = {.url = t->url, .db = t->options, .clock = inst_clock};
        dbs_ok(engine_open(t->life, &opt, &other));
    }
    devices(&in, DEVICES);
    dbs_ok(control_run(in.e, in.db, &a, INST_NOW, false));
    for (int i = 0; i < LOOKERS; i++) {
        lookers[i].e = i ? in.e : other;
        assert_int_equal(pthread_create(&threads[i], NULL, look_beside, &lookers[i]), 0);
    }
    for (int i = 0; i < LOOKERS; i++) {
        pthread_join(threads[i], NULL);
        dbs_ok(lookers[i].result);
    }
    assert_int_equal(inst_i64(&in,
                              SQL("select count(*) from r_finding"
                                  " where f_control = 'devices_have_a_technician'"),
                              NO_ARGS),
                     DEVICES);
    assert_int_equal(inst_i64(&in,
                              SQL("select count(distinct f_about) from r_finding"
                                  " where f_control = 'devices_have_a_technician'"),
                              NO_ARGS),
                     DEVICES);
    assert_int_equal(inst_i64(&in, SQL("select count(*) from job where kind = 'clock'"), NO_ARGS),
                     0);
    inst_verify(&in);
    if (other != in.e) {
        engine_stop(other);
    }
    engine_stop(in.e);
    arena_end(&a);
}

#define EACH(name, which)             \
    static void name(void **state)    \
    {                                 \
        (void)state;                  \
        dbs_each(which, name##_body); \
    }

EACH(one_finding_for_each_violation, DBS_MEMORY | DBS_PG)
EACH(mended_tested_closed_and_back, DBS_MEMORY | DBS_PG)
EACH(a_waiver_holds_to_its_last_day, DBS_MEMORY | DBS_PG)
EACH(what_is_not_mended_goes_back, DBS_MEMORY | DBS_PG)
EACH(a_waiver_holds_off_what_was_found, DBS_MEMORY | DBS_PG)
EACH(a_waiver_that_begins_later_does_so_on_its_day, DBS_MEMORY | DBS_PG)
EACH(a_revoked_waiver_holds_nothing_off, DBS_MEMORY | DBS_PG)
EACH(what_a_waiver_must_not_be, DBS_MEMORY | DBS_PG)
EACH(conditions_read_them, DBS_MEMORY | DBS_PG)
EACH(an_effect_enters_one, DBS_MEMORY | DBS_PG)
EACH(a_refusal_is_put_away, DBS_MEMORY | DBS_PG)
EACH(not_all_at_once, DBS_MEMORY | DBS_PG)
EACH(two_at_once_open_one, DBS_FILE | DBS_PG)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_finding_for_each_violation),
        cmocka_unit_test(mended_tested_closed_and_back),
        cmocka_unit_test(a_waiver_holds_to_its_last_day),
        cmocka_unit_test(what_is_not_mended_goes_back),
        cmocka_unit_test(a_waiver_holds_off_what_was_found),
        cmocka_unit_test(a_waiver_that_begins_later_does_so_on_its_day),
        cmocka_unit_test(a_revoked_waiver_holds_nothing_off),
        cmocka_unit_test(what_a_waiver_must_not_be),
        cmocka_unit_test(conditions_read_them),
        cmocka_unit_test(an_effect_enters_one),
        cmocka_unit_test(a_refusal_is_put_away),
        cmocka_unit_test(not_all_at_once),
        cmocka_unit_test(two_at_once_open_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
