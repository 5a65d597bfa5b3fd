/* Controls: each record gets one verdict, unknown is never taken for kept, a control the
 * database cannot judge is in error and hinders no other, nothing empty or old is good; a
 * record is judged by the version it began with. */
#include "engine/control_int.h"
#include "engine/house.h"

#include <stdio.h>
#include <string.h>

static const char law[] = HOUSE_DESK
    "settings:\n"
    "  thing.most: {type: int, default: 10, clause: bound, zh: 上限, en: Most}\n"
    "types:\n" HOUSE_THING "      until: {type: date, zh: 限, en: By}\n"
    "      kind: {type: text, max: 20, zh: 类, en: Kind}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      gone: {zh: 去, en: Gone, final: true}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n, until, kind], clause: keeping,\n"
    "        zh: 存, en: Keep}\n"
    "      change: {from: kept, who: everyone, may: [n, until, kind], clause: keeping, zh: 改,\n"
    "        en: Change}\n"
    "      drop: {from: kept, to: gone, who: everyone, clause: keeping, zh: 弃, en: Drop}\n"
    "  tag:\n"
    "    title: {zh: 标签, en: Tag}\n"
    "    name: \"{thing.what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      thing: {type: ref, to: thing, zh: 物, en: Thing}\n"
    "    actions:\n"
    "      stick: {who: everyone, asks: [thing], clause: keeping, zh: 贴, en: Stick}\n"
    "controls:\n"
    "  bounded:\n"
    "    over: thing\n"
    "    where: state == 'kept' and kind != 'free'\n"
    "    holds: n <= setting('thing.most')\n"
    "    reasons:\n"
    "      far: {when: n > 100, zh: 太多, en: Far too many}\n"
    "      over: {zh: 超出, en: Too many}\n"
    "    clause: bound\n"
    "    zh: 不超出\n"
    "    en: Not too many\n"
    "  in_time:\n"
    "    over: thing\n"
    "    where: until != null\n"
    "    holds: today <= until\n"
    "    grace: 2d\n"
    "    expect: 2\n"
    "    clause: keeping\n"
    "    zh: 不过期\n"
    "    en: In time\n"
    "  labelled:\n"
    "    over: thing\n"
    "    holds: not exists(g in tag where g.thing == self)\n"
    "    clause: keeping\n"
    "    zh: 无标签\n"
    "    en: No tag\n";

static void run(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    err e = control_run(h->e, house_db(h), &a, h->now, false);
    if (e.code) {
        fail_msg("%s %.*s", err_name(e.code), STR_ARG(e.detail));
    }
    arena_end(&a);
}

static struct control_result of(struct house *h, const char *key)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_result r;
    err e = control_result(&ctx, model_control(house_model(h), str_from(key)), &r);
    assert_int_equal(e.code, 0);
    assert_int_equal(r.counts.n, r.counts.ok + r.counts.violation + r.counts.in_grace +
                                     r.counts.waived + r.counts.unknown);
    return r;
}

static int64_t thing(struct house *h, const char *n, const char *until, const char *kind)
{
    int64_t id =
        house_create(h, h->amy, "thing", "what", "x", "n", n, "until", until, "kind", kind, NULL);
    assert_done(h, id);
    return id;
}

/* "key since-order" of the records that do not hold. */
static struct control_row *rows(struct house *h, const char *key, size_t *n)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_row *list;
    err e = control_rows(&ctx, model_control(house_model(h), str_from(key)), CONTROL_ANY_UNIT, 0, 0,
                         100, &list, n);
    assert_int_equal(e.code, 0);
    return list;
}

static void one_verdict_for_each_record_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    assert_int_equal(of(&h, "bounded").state, CONTROL_STALE); /* never judged */
    run(&h);
    assert_int_equal(of(&h, "bounded").state, CONTROL_VACUOUS); /* nothing there is not good */
    thing(&h, "5", "*", "k");
    run(&h);
    assert_int_equal(of(&h, "bounded").state, CONTROL_PASS);
    struct control_result one = of(&h, "bounded");
    assert_int_equal(control_rate(&one.counts), 1000);
    thing(&h, "*", "*", "k"); /* how many is not known */
    thing(&h, "5", "*", "*"); /* whether it counts is not known */
    run(&h);
    struct control_result r = of(&h, "bounded");
    assert_int_equal(r.counts.n, 3);
    assert_int_equal(r.counts.unknown, 2);
    assert_int_equal(r.state, CONTROL_UNKNOWN);
    int64_t some = thing(&h, "11", "*", "k");
    int64_t many = thing(&h, "101", "*", "k");
    thing(&h, "500", "*", "free"); /* not in the population */
    run(&h);
    r = of(&h, "bounded");
    assert_int_equal(r.counts.n, 5);
    assert_int_equal(r.counts.violation, 2);
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(control_rate(&r.counts), 200);
    size_t n;
    struct control_row *list = rows(&h, "bounded", &n);
    int seen = 0;
    for (size_t i = 0; i < n; i++) {
        const char *want = list[i].record == some ? "over" : list[i].record == many ? "far" : "";
        str is = list[i].reason ? list[i].reason->key : STR("");
        assert_true(str_eq(is, str_from(want)));
        seen += want[0] != 0;
    }
    assert_int_equal(n, 4);
    assert_int_equal(seen, 2);
}

static void what_is_mended_is_kept_again_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "11", "*", "k");
    run(&h);
    size_t n;
    int64_t since = rows(&h, "bounded", &n)->since;
    assert_int_equal(n, 1);
    house_clock(&h, h.now + DAY);
    assert_true(house_do(&h, h.amy, "thing", id, "change", "n", "200", NULL));
    run(&h);
    struct control_row *list = rows(&h, "bounded", &n);
    assert_int_equal(n, 1);
    assert_int_equal(list->since, since); /* it goes on, for another reason */
    assert_true(str_eq(list->reason->key, STR("far")));
    assert_true(house_do(&h, h.amy, "thing", id, "change", "n", "1", NULL));
    run(&h);
    rows(&h, "bounded", &n);
    assert_int_equal(n, 0);
    assert_int_equal(of(&h, "bounded").state, CONTROL_PASS);
    assert_true(house_do(&h, h.amy, "thing", id, "drop", NULL));
    run(&h);
    assert_int_equal(of(&h, "bounded").counts.n, 0);
}

static void grace_ends_and_results_age_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    thing(&h, "1", "2026-01-04", "k");
    run(&h);
    assert_int_equal(of(&h, "in_time").state, CONTROL_VACUOUS); /* fewer than expected */
    thing(&h, "1", "2026-02-01", "k");
    run(&h);
    struct control_result r = of(&h, "in_time");
    assert_int_equal(r.counts.in_grace, 1);
    assert_int_equal(r.state, CONTROL_WARN);
    h.now += DAY;
    assert_int_equal(of(&h, "in_time").state, CONTROL_WARN);
    h.now += 3 * HOUR;
    assert_int_equal(of(&h, "in_time").state, CONTROL_STALE); /* nobody has looked for a day */
    house_clock(&h, h.now + 2 * DAY);
    run(&h);
    r = of(&h, "in_time");
    assert_int_equal(r.counts.violation, 1);
    assert_int_equal(r.counts.in_grace, 0);
    assert_int_equal(r.state, CONTROL_FAIL);
}

static void one_in_error_hinders_no_other_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    thing(&h, "5", "*", "k");
    run(&h);
    assert_int_equal(of(&h, "labelled").state, CONTROL_PASS);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("alter table r_tag rename to r_away"), NO_ARGS));
    thing(&h, "11", "*", "k");
    run(&h);
    struct control_result r = of(&h, "labelled");
    assert_int_equal(r.state, CONTROL_ERROR);
    assert_true(r.error.len > 0);
    assert_int_equal(r.counts.n, 1); /* as it was */
    assert_int_equal(of(&h, "bounded").state, CONTROL_FAIL);
    assert_int_equal(of(&h, "bounded").counts.n, 2);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("alter table r_away rename to r_tag"), NO_ARGS));
    run(&h);
    r = of(&h, "labelled");
    assert_int_equal(r.state, CONTROL_PASS);
    assert_int_equal(r.counts.n, 2);
}

/* A second run finds what the first has written, whatever lies between. */
static void many_records_in_many_turns_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    enum { MANY = 4100 };
    for (int i = 0; i < MANY; i++) {
        char n[16];
        snprintf(n, sizeof(n), "%d", i % 20);
        thing(&h, n, "*", "k");
    }
    for (int turn = 0; turn < 2; turn++) {
        run(&h);
        struct control_result r = of(&h, "bounded");
        assert_int_equal(r.counts.n, MANY);
        assert_int_equal(r.counts.violation, MANY / 20 * 9);
        assert_int_equal(
            house_i64(&h, SQL("select count(*) from control_row where control = 0"), NO_ARGS),
            MANY / 20 * 9);
        assert_int_equal(house_i64(&h, SQL("select count(*) from control_vector"), NO_ARGS), MANY);
    }
}

/* More than one job writes at a time, and more than one question can ask: nothing is left out. */
static void more_than_one_job_writes_body(struct dbs *t)
{
    enum { MANY = CONTROL_ROWS + 3 * BATCH_MAX };
    struct house h = house_make(t, law);
    thing(&h, "5", "*", "k");
    dbs_ok(db_exec(house_db(&h), t->life,
                   SQL("insert into r_thing(id, number, name, state, law, ver, created_at,"
                       " changed_at, creator, f_what, f_n, f_kind) with recursive k(i) as (select 1"
                       " union all select i + 1 from k where i < $1) select x.id + i, x.number,"
                       " x.name, x.state, x.law, x.ver, x.created_at, x.changed_at, x.creator,"
                       " x.f_what, 50, x.f_kind from k, r_thing x"),
                   ARGS(db_i64(MANY))));
    run(&h);
    assert_int_equal(of(&h, "bounded").counts.violation, MANY);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_row"), NO_ARGS), MANY);
    h.now += 1000;
    dbs_ok(db_exec(house_db(&h), t->life, SQL("update r_thing set f_n = null where f_n = 50"),
                   NO_ARGS));
    run(&h); /* from one kind to another */
    assert_int_equal(of(&h, "bounded").counts.unknown, MANY);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_interval"), NO_ARGS), MANY);
    h.now += 1000;
    dbs_ok(db_exec(house_db(&h), t->life, SQL("update r_thing set f_n = 5"), NO_ARGS));
    run(&h);
    assert_int_equal(of(&h, "bounded").counts.ok, MANY + 1);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_row"), NO_ARGS), 0);
    assert_int_equal(house_i64(&h,
                               SQL("select count(distinct record) from control_interval"
                                   " where to_ms - from_ms = 1000"),
                               NO_ARGS),
                     MANY);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_interval"), NO_ARGS),
                     2 * MANY);
}

/* The right to judge lies with another node until `until`. */
static void another_judges(struct house *h, int64_t until)
{
    dbs_ok(db_exec(house_db(h), h->a,
                   SQL("insert into control_seen(one, at, size, judge, judge_until)"
                       " values (1, 0, 0, 31, $1) on conflict (one) do update set"
                       " judge = excluded.judge, judge_until = excluded.judge_until"),
                   ARGS(db_i64(until))));
}

/* What a node found is not written once another judges, and what it would have worked off
 * stays; it judges again when the other has left or is silent for too long. */
static void one_node_judges_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct arena a = arena_make(64u << 20);
    int64_t until;
    bool whole;
    dbs_ok(control_judge_take(h.e, h.now, &until));
    assert_true(until > h.now);
    thing(&h, "11", "*", "k");
    run(&h);
    assert_int_equal(of(&h, "bounded").counts.violation, 1);
    another_judges(&h, h.now + 1000);
    thing(&h, "11", "*", "k");
    assert_int_equal(control_run(h.e, house_db(&h), &a, h.now, false).code, ERR_BUSY);
    assert_int_equal(control_follow_up(h.e, house_db(&h), &a, h.now, &whole).code, ERR_BUSY);
    assert_int_equal(of(&h, "bounded").counts.n, 1);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_dirty"), NO_ARGS), 1);
    dbs_ok(control_judge_take(h.e, h.now, &until));
    assert_int_equal(until, 0);
    dbs_ok(control_judge_leave(h.e)); /* it is not ours to leave */
    dbs_ok(control_judge_take(h.e, h.now, &until));
    assert_int_equal(until, 0);
    h.now += 1001;
    dbs_ok(control_judge_take(h.e, h.now, &until));
    assert_true(until > h.now);
    dbs_ok(control_follow_up(h.e, house_db(&h), &a, h.now, &whole));
    assert_int_equal(of(&h, "bounded").counts.violation, 2);
    dbs_ok(control_judge_leave(h.e));
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from control_seen where judge_until = 0"), NO_ARGS), 1);
    arena_end(&a);
}

static void more_than_one_job_writes(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, more_than_one_job_writes_body);
}

static void one_node_judges(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, one_node_judges_body);
}

static void one_verdict_for_each_record(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, one_verdict_for_each_record_body);
}

static void what_is_mended_is_kept_again(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_is_mended_is_kept_again_body);
}

static void grace_ends_and_results_age(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, grace_ends_and_results_age_body);
}

static void one_in_error_hinders_no_other(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, one_in_error_hinders_no_other_body);
}

static void many_records_in_many_turns(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, many_records_in_many_turns_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_verdict_for_each_record),
        cmocka_unit_test(what_is_mended_is_kept_again),
        cmocka_unit_test(grace_ends_and_results_age),
        cmocka_unit_test(one_in_error_hinders_no_other),
        cmocka_unit_test(many_records_in_many_turns),
        cmocka_unit_test(more_than_one_job_writes),
        cmocka_unit_test(one_node_judges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
