/* Terms in working time, with holidays and the working Saturdays that make up for
 * them; pauses; marks, once and late rather than never; what the clock refuses. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/record.h"
#include "engine/write.h"

#include "house.h"
#include "inst.h"

#include <string.h>

static const char service[] =
    "regulation: service\n"
    "title: {zh: 服务, en: Service}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  ticket:\n"
    "    title: {zh: 单, en: Ticket}\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 20, zh: 事, en: What}\n"
    "      day: {type: date, zh: 期, en: By}\n"
    "      rung: {type: int, default: \"0\", zh: 铃, en: Rung}\n"
    "      hours: {type: workhours, default: 4 workhours, zh: 时, en: Hours}\n"
    "    states:\n"
    "      new: {zh: 新, en: New}\n"
    "      working: {zh: 办, en: Working}\n"
    "      waiting: {zh: 等, en: Waiting}\n"
    "      late: {zh: 迟, en: Late}\n"
    "      done: {zh: 毕, en: Done, final: true}\n"
    "    actions:\n"
    "      open: {to: new, who: everyone, asks: [what], may: [day, hours], clause: c}\n"
    "      begin: {from: [new, late], to: working, who: everyone, clause: c}\n"
    "      wait: {from: working, to: waiting, who: everyone, clause: c}\n"
    "      go_on: {from: waiting, to: working, who: everyone, clause: c}\n"
    "      finish: {from: working, to: done, who: everyone, clause: c}\n"
    "      put_off: {from: any, who: everyone, asks: [day], clause: c}\n"
    "      be_late: {from: new, to: late, who: auto, clause: c}\n"
    "      ring: {from: [new, working], who: auto, clause: c, effects: [{set: {rung: rung + 1}}]}\n"
    "    terms:\n"
    "      response:\n"
    "        runs_in: [new]\n"
    "        within: hours\n"
    "        clause: c\n"
    "        marks:\n"
    "          - {at: -1 workhours, do: [{perform: ring}]}\n"
    "          - {at: 0d, do: [{perform: be_late}]}\n"
    "      repair:\n"
    "        runs_in: [working]\n"
    "        pause_in: [waiting]\n"
    "        within: 2 workdays\n"
    "        clause: c\n"
    "      promise:\n"
    "        runs_in: [working]\n"
    "        until: day\n"
    "        clause: c\n"
    "        marks:\n"
    "          - {at: 0d, every: 1d, do: [{perform: ring}]}\n";

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(clock_parse_time(str_from(text), 480, &ms));
    return ms;
}

static int64_t due(struct house *h, int64_t id, const char *term)
{
    return house_i64(h,
                     SQL("select coalesce(max(due), 0) from term where record = $1 and term = $2"
                         " and ended is null"),
                     ARGS(db_i64(id), db_text(str_from(term))));
}

static int64_t rung(struct house *h, int64_t id)
{
    return house_i64(h, SQL("select f_rung from r_ticket where id = $1"), ARGS(db_i64(id)));
}

static int64_t ticket(struct house *h, const char *by)
{
    int64_t id = by ? house_create(h, h->amy, "ticket", "what", "x", "day", by, NULL)
                    : house_create(h, h->amy, "ticket", "what", "x", NULL);
    assert_done(h, id);
    return id;
}

static void day(struct house *h, const char *which, const char *kind)
{
    assert_done(h, house_create(h, 0, "calendar_day", "day", which, "kind", kind, NULL));
}

static void act(struct house *h, int64_t id, const char *action)
{
    assert_done(h, house_do(h, h->amy, "ticket", id, action, NULL));
}

/* What the record's page says is left of it in working time; -1: not counted so. */
static int64_t left(struct house *h, int64_t id, const char *term)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct record_view v;
    dbs_ok(record_view(&ctx, model_type(ctx.model, STR("ticket")), id, &v));
    for (size_t i = 0; i < v.nterms; i++) {
        if (str_eq(v.terms[i].term->key, str_from(term))) {
            return v.terms[i].working_ms;
        }
    }
    return -2;
}

/* --- working time ------------------------------------------------------------------------ */

static void working(struct dbs *t)
{
    struct house h = house_make(t, service);
    /* Monday 2026-01-05, 09:00 */
    int64_t a = ticket(&h, NULL);
    assert_int_equal(due(&h, a, "response"), at("2026-01-05T14:30+08:00"));
    /* Tuesday is a holiday, Saturday makes up for it: known from the next act on */
    day(&h, "2026-01-06", "holiday");
    day(&h, "2026-01-10", "workday");
    h.now = at("2026-01-05T16:30+08:00");
    int64_t over_night = ticket(&h, NULL);
    assert_int_equal(due(&h, over_night, "response"), at("2026-01-07T11:30+08:00"));
    assert_int_equal(left(&h, over_night, "response"), 4 * HOUR);
    h.now = at("2026-01-05T17:00+08:00");
    assert_int_equal(left(&h, over_night, "response"), 4 * HOUR - HOUR / 2);
    h.now = at("2026-01-06T12:00+08:00"); /* the holiday takes nothing away */
    assert_int_equal(left(&h, over_night, "response"), 3 * HOUR);
    h.now = at("2026-01-09T16:30+08:00"); /* over */
    assert_int_equal(left(&h, over_night, "response"), -1);
    h.now = at("2026-01-09T16:30+08:00");
    assert_int_equal(due(&h, ticket(&h, NULL), "response"), at("2026-01-10T11:30+08:00"));
    /* begun on a holiday, at night, at noon */
    h.now = at("2026-01-11T10:00+08:00");
    assert_int_equal(due(&h, ticket(&h, NULL), "response"),
                     at("2026-01-12T13:30+08:00") + HOUR / 2);
    h.now = at("2026-01-13T12:30+08:00");
    assert_int_equal(due(&h, ticket(&h, NULL), "response"), at("2026-01-13T17:30+08:00"));
    /* days: to the end of the second working day after */
    h.now = at("2026-01-16T10:00+08:00");
    int64_t b = ticket(&h, NULL);
    act(&h, b, "begin");
    assert_int_equal(due(&h, b, "repair"), at("2026-01-21T00:00+08:00"));
    assert_int_equal(due(&h, b, "response"), 0); /* ended with its state */
    assert_int_equal(left(&h, b, "repair"), -1); /* counted in days */
}

static void terms_run_in_working_time(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, working);
}

/* What the writer holds in memory says what the tables say. */
static void both_ways(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    day(&h, "2026-02-16", "holiday");
    day(&h, "2026-02-17", "holiday");
    day(&h, "2026-02-14", "workday");
    struct ctx reader = house_ctx(&h, 0);
    struct ctx writer = reader;
    writer.writer = true;
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 300; i++) {
        static const enum vkind kinds[] = {V_WORKHOURS, V_WORKDAYS, V_WORKHOURS, V_DAYS, V_MONTHS};
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int64_t from = HOUSE_NOW + (int64_t)(random % (90 * (uint64_t)DAY));
        enum vkind k = kinds[i % 5];
        int64_t n = (int64_t)(random >> 40) % 40 - 20;
        n = k == V_WORKHOURS ? n * HOUR / 2 : n;
        int64_t x = 0, y = 0;
        dbs_ok(calendar_shift(&reader, from, k, n, &x));
        dbs_ok(calendar_shift(&writer, from, k, n, &y));
        assert_int_equal(x, y);
        dbs_ok(calendar_working(&reader, from, from + DAY * 3 + i, &x));
        dbs_ok(calendar_working(&writer, from, from + DAY * 3 + i, &y));
        assert_int_equal(x, y);
    }
    int64_t x;
    assert_int_equal(calendar_shift(&reader, HOUSE_NOW, V_WORKDAYS, 100000, &x).code, ERR_VALUE);
    assert_int_equal(calendar_shift(&writer, HOUSE_NOW, V_WORKDAYS, 100000, &x).code, ERR_VALUE);
    int64_t far = INT64_C(100000) * 3600000; /* no moment at the end of the last day */
    assert_int_equal(calendar_shift(&reader, HOUSE_NOW, V_WORKHOURS, far, &x).code, ERR_VALUE);
    assert_int_equal(calendar_shift(&writer, HOUSE_NOW, V_WORKHOURS, far, &x).code, ERR_VALUE);
}

static void the_calendar_in_memory_is_that_of_the_tables(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, both_ways);
}

/* All that the tables say, in one number. */
#define CALENDAR_SUM                                                              \
    SQL("select (select sum(workday * (day % 97) + working * day) from calendar)" \
        " + (select sum(before_ms / 60000 * (start_ms / 60000 % 89)) from calendar_span)")

static err again(void *arg, struct db *db, struct arena *a)
{
    struct engine *e = arg;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, INST_NOW, 0, LANG_ZH);
    return calendar_rebuild(&ctx);
}

static void first_days(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    int64_t days = inst_i64(&in, SQL("select count(*) from r_calendar_day"), NO_ARGS);
    assert_true(days > 40);
    assert_int_equal(inst_i64(&in,
                              SQL("select count(*) from r_calendar_day d join calendar c"
                                  " on c.day = d.f_day where c.working"
                                  " = case when d.f_title like '%调休' then 1 else 0 end"),
                              NO_ARGS),
                     days);
    int64_t sum = inst_i64(&in, CALENDAR_SUM, NO_ARGS);
    dbs_ok(engine_write(in.e, again, in.e));
    assert_int_equal(inst_i64(&in, CALENDAR_SUM, NO_ARGS), sum);
}

static void the_days_that_regulations_bring_are_in_the_calendar(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, first_days);
}

/* --- pauses ------------------------------------------------------------------------------------
 */

static void pauses(struct dbs *t)
{
    struct house h = house_make(t, service);
    int64_t a = ticket(&h, NULL);
    act(&h, a, "begin"); /* Monday 09:00: to the end of Wednesday */
    int64_t first = due(&h, a, "repair");
    assert_int_equal(first, at("2026-01-08T00:00+08:00"));
    h.now = at("2026-01-05T10:00+08:00");
    act(&h, a, "wait");
    h.now = at("2026-01-05T15:00+08:00"); /* 3.5 working hours stood */
    act(&h, a, "go_on");
    assert_int_equal(due(&h, a, "repair"), at("2026-01-08T12:00+08:00"));
    act(&h, a, "finish");
    assert_int_equal(due(&h, a, "repair"), 0);
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from term where record = $1 and ended is"
                                   " null"),
                               ARGS(db_i64(a))),
                     0);
}

static void a_pause_moves_the_end_by_the_time_it_stood(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, pauses);
}

/* --- marks
 * ----------------------------------------------------------------------------------------- */

static void marks(struct dbs *t)
{
    struct house h = house_make(t, service);
    int64_t a = ticket(&h, NULL);
    int64_t b = ticket(&h, NULL);
    house_clock(&h, at("2026-01-05T11:59+08:00"));
    assert_int_equal(rung(&h, a), 0);
    house_clock(&h, at("2026-01-05T13:30+08:00")); /* a working hour before 14:30 */
    assert_int_equal(rung(&h, a), 1);
    act(&h, b, "begin");
    house_clock(&h, at("2026-01-05T14:30+08:00"));
    assert_string_equal(house_state(&h, "ticket", a), "late");
    assert_string_equal(house_state(&h, "ticket", b), "working"); /* no longer in its state */
    house_clock(&h, at("2026-01-09T14:30+08:00"));
    assert_int_equal(rung(&h, a), 1); /* once */
    /* what time did stands in the history, in nobody's name, with its cause */
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from act where record = $1 and action ="
                                   " 'be_late' and person = 0 and cause = 'term:response/1'"),
                               ARGS(db_i64(a))),
                     1);
    house_verify(&h);
}

static void marks_fire_once_at_their_moment(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, marks);
}

static void stopped(struct dbs *t)
{
    struct house h = house_make(t, service);
    int64_t a = ticket(&h, "2026-01-07");
    act(&h, a, "begin");
    /* the server stood for days: what was due comes once, then goes on as usual */
    h.now = at("2026-01-10T10:00+08:00");
    for (int i = 0; i < 5; i++) {
        engine_tick(h.e, h.now);
    }
    assert_int_equal(rung(&h, a), 1);
    house_clock(&h, at("2026-01-11T01:00+08:00"));
    assert_int_equal(rung(&h, a), 2);
    /* the end moves with its field */
    h.now = at("2026-01-11T02:00+08:00");
    assert_done(&h, house_do(&h, h.amy, "ticket", a, "put_off", "day", "2026-02-01", NULL));
    assert_int_equal(due(&h, a, "promise"), at("2026-02-01T00:00+08:00"));
    house_clock(&h, at("2026-01-31T23:59+08:00"));
    assert_int_equal(rung(&h, a), 2);
    house_clock(&h, at("2026-02-01T00:00+08:00"));
    assert_int_equal(rung(&h, a), 3);
}

static void what_was_missed_comes_once_late(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_run_in_working_time),
        cmocka_unit_test(the_calendar_in_memory_is_that_of_the_tables),
        cmocka_unit_test(the_days_that_regulations_bring_are_in_the_calendar),
        cmocka_unit_test(a_pause_moves_the_end_by_the_time_it_stood),
        cmocka_unit_test(marks_fire_once_at_their_moment),
        cmocka_unit_test(what_was_missed_comes_once_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
