/* Duties: each period of each object has one occurrence, begun at its beginning, due in working
 * time of the calendar, met by what was done, missed once and only once; whoever holds the post
 * owes it; what the clock missed is made up, each period once. */
#include "engine/calendar.h"
#include "engine/duty.h"

#include "duties.h"

#include <stdio.h>
#include <string.h>

static int64_t count(struct house *h, const char *duty, const char *state)
{
    const struct type *t = house_type(h, "duty_run");
    return house_i64(
        h, SQL("select count(*) from r_duty_run where f_duty = $1 and state = $2"),
        ARGS(db_text(str_from(duty)), db_i64(tdef_state(t->newest, str_from(state))->code)));
}

static int64_t all(struct house *h, const char *duty)
{
    return house_i64(h, SQL("select count(*) from r_duty_run where f_duty = $1"),
                     ARGS(db_text(str_from(duty))));
}

/* A field of the n-th occurrence, from 0. */
static int64_t when(struct house *h, const char *duty, int n, struct sql sql)
{
    return house_i64(h, sql, ARGS(db_text(str_from(duty)), db_i64(n)));
}
#define FIELD(f) \
    SQL("select " f " from r_duty_run where f_duty = $1 order by f_begins, id limit 1 offset $2")

static enum control_state state_now(struct house *h, const char *duty)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct duty_result r;
    dbs_ok(duty_result(&ctx, model_duty(house_model(h), str_from(duty)), &r));
    return r.state;
}

static void due_in_working_time_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    duties_spring(&h);
    house_appoint(&h, h.amy, "keeper", h.top);
    house_clock(&h, duties_at("2026-01-31T23:00"));
    assert_int_equal(all(&h, "monthly"), 0); /* the month it was published in is not whole */
    assert_int_equal(state_now(&h, "monthly"), CONTROL_VACUOUS);
    house_clock(&h, duties_at("2026-02-01T00:01"));
    assert_int_equal(all(&h, "monthly"), 1);
    assert_int_equal(when(&h, "monthly", 0, FIELD("f_begins")), duties_at("2026-02-01T00:00"));
    assert_int_equal(when(&h, "monthly", 0, FIELD("f_ends")), duties_at("2026-03-01T00:00"));
    /* 2 to 6, 9 to 13, Saturday 14, Tuesday 24 */
    assert_int_equal(when(&h, "monthly", 0, FIELD("f_due")), duties_at("2026-02-25T00:00"));
    assert_int_equal(when(&h, "monthly", 0, FIELD("f_closes")), duties_at("2026-02-27T00:00"));
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_check where state = 0"), NO_ARGS),
                     1);
    house_clock(&h, duties_at("2026-02-24T17:00"));
    assert_int_equal(state_now(&h, "monthly"), CONTROL_UNKNOWN); /* none has ended yet */
    house_clock(&h, duties_at("2026-02-26T09:00"));
    assert_int_equal(count(&h, "monthly", "waiting"), 1);
    assert_int_equal(state_now(&h, "monthly"), CONTROL_WARN); /* but this one is in grace */
    house_clock(&h, duties_at("2026-02-27T00:00"));
    assert_int_equal(count(&h, "monthly", "missed"), 1);
    assert_int_equal(state_now(&h, "monthly"), CONTROL_FAIL);
    assert_int_equal(house_i64(&h, SQL("select count(*) from notification where person = $1"),
                               ARGS(db_i64(h.amy))),
                     1);
    house_clock(&h, duties_at("2026-02-28T12:00"));
    assert_int_equal(house_i64(&h, SQL("select count(*) from notification where person = $1"),
                               ARGS(db_i64(h.amy))),
                     1); /* once */
    house_verify(&h);
}

static int64_t made(struct house *h)
{
    return house_i64(h, SQL("select f_record from r_duty_run order by f_begins desc, id limit 1"),
                     NO_ARGS);
}

static void done_late_and_missed_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    house_appoint(&h, h.amy, "keeper", h.top);
    house_clock(&h, duties_at("2026-02-02T09:00"));
    assert_true(house_do(&h, h.bob, "check", made(&h), "close", NULL));
    house_clock(&h, h.now + 1000);
    assert_int_equal(count(&h, "monthly", "done"), 1);
    assert_int_equal(when(&h, "monthly", 0, FIELD("f_doer")), h.bob);
    house_clock(&h, duties_at("2026-03-18T09:00")); /* due is over on the 17th, grace on the 19th */
    assert_true(house_do(&h, h.amy, "check", made(&h), "close", NULL));
    house_clock(&h, h.now + 1000);
    assert_int_equal(count(&h, "monthly", "late"), 1);
    house_clock(&h, duties_at("2026-04-25T09:00"));
    assert_int_equal(count(&h, "monthly", "missed"), 1);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct duty_result r;
    const struct duty *d = model_duty(house_model(&h), STR("monthly"));
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.state, CONTROL_FAIL);
    assert_int_equal(r.counts.done, 1);
    assert_int_equal(r.counts.late, 1);
    assert_int_equal(r.counts.missed, 1);
    assert_true(house_do(&h, h.amy, "check", made(&h), "close", NULL)); /* made up for */
    house_clock(&h, h.now + 1000);
    assert_int_equal(count(&h, "monthly", "late"), 2);
    ctx = house_ctx(&h, h.amy);
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.state, CONTROL_PASS);
    struct duty_row *rows;
    size_t n;
    struct duty_ask ask = {.of = {.duty = d}, .state = 2, .limit = 10};
    assert_int_equal(duty_rows(&ctx, &ask, &rows, &n).code, 0);
    assert_int_equal(n, 2);
    /* an old look is none */
    ctx.now += 11 * 60000;
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.state, CONTROL_STALE);
    house_verify(&h);
}

static void every_kind_of_period_body(struct dbs *t)
{
    struct house h = duties_house(t, KINDS);
    duties_spring(&h);
    house_clock(&h, duties_at("2027-01-05T00:00"));
    assert_int_equal(when(&h, "w", 0, FIELD("f_begins")), duties_at("2026-01-12T00:00"));
    assert_int_equal(when(&h, "w", 0, FIELD("f_ends")), duties_at("2026-01-19T00:00"));
    assert_int_equal(all(&h, "w"), 52);
    assert_int_equal(count(&h, "w", "missed"), 51);
    assert_int_equal(when(&h, "q", 0, FIELD("f_begins")), duties_at("2026-04-01T00:00"));
    assert_int_equal(when(&h, "q", 0, FIELD("f_due")), duties_at("2026-06-29T00:00"));
    assert_int_equal(all(&h, "q"), 4);
    assert_int_equal(when(&h, "hy", 0, FIELD("f_ends")), duties_at("2027-01-01T00:00"));
    assert_int_equal(when(&h, "y", 0, FIELD("f_begins")), duties_at("2027-01-01T00:00"));
    assert_int_equal(when(&h, "m", 0, FIELD("f_begins")), duties_at("2026-01-06T00:00"));
    assert_int_equal(when(&h, "m", 0, FIELD("f_ends")), duties_at("2026-02-06T00:00"));
    assert_int_equal(when(&h, "m", 1, FIELD("f_begins")), duties_at("2026-02-06T00:00"));
    /* 6 to 12 January; 13 to 19; ...; over the festival: 10 to 14 February (Saturday) */
    assert_int_equal(when(&h, "d", 0, FIELD("f_ends")), duties_at("2026-01-13T00:00"));
    assert_int_equal(when(&h, "d", 5, FIELD("f_begins")), duties_at("2026-02-10T00:00"));
    assert_int_equal(when(&h, "d", 5, FIELD("f_ends")), duties_at("2026-02-15T00:00"));
    assert_int_equal(when(&h, "d", 6, FIELD("f_ends")),
                     duties_at("2026-03-01T00:00")); /* 24 to 28 */
    house_verify(&h);
}

/* A yearly one ends when the next has begun, a year and its grace after its own beginning; and
 * the calendar goes on with the years. */
static void a_year_long_body(struct dbs *t)
{
    struct house h =
        duties_house(t, "  yearly: {every: year, owner: post('keeper'), expects: n in note, grace:"
                        " 10d, clause: keeping, zh: 年, en: Y}\n");
    struct duty_result r;
    const struct duty *d = model_duty(house_model(&h), STR("yearly"));
    house_clock(&h, duties_at("2027-01-04T00:00"));
    house_clock(&h, duties_at("2028-01-04T00:00"));
    struct ctx ctx = house_ctx(&h, h.amy);
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.counts.overdue, 1);
    assert_int_equal(r.state, CONTROL_WARN);
    house_clock(&h, duties_at("2028-01-12T00:00"));
    assert_int_equal(count(&h, "yearly", "missed"), 1);
    ctx = house_ctx(&h, h.amy);
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.counts.failing, 1);
    assert_int_equal(r.state, CONTROL_FAIL);
    /* met in the next year, and still known to be met when that has ended */
    int64_t x = house_create(&h, h.amy, "thing", "what", "a", NULL);
    assert_done(&h, house_create(&h, h.amy, "note", "of", house_text(&h, x), NULL));
    house_clock(&h, duties_at("2028-01-13T00:00"));
    house_clock(&h, duties_at("2029-01-20T00:00"));
    assert_int_equal(count(&h, "yearly", "done"), 1);
    ctx = house_ctx(&h, h.amy);
    assert_int_equal(duty_result(&ctx, d, &r).code, 0);
    assert_int_equal(r.counts.failing, 0);
    assert_int_equal(r.state, CONTROL_PASS);
    int64_t last = house_i64(&h, SQL("select max(start_ms) from calendar"), NO_ARGS);
    assert_int_equal(last, duties_at("2039-12-31T00:00"));
    house_verify(&h);
}

/* The server stood still: what fell due is missed once each, the rest is counted. */
static void after_a_stop_body(struct dbs *t)
{
    struct house h =
        duties_house(t, "  daily: {every: 1d, owner: post('keeper'), creates: check.begin, with: "
                        "{what: \"'d'\"}, clause: keeping, zh: 日, en: D}\n" MONTHLY);
    house_clock(&h, h.now + HOUR);
    assert_int_equal(all(&h, "daily"), 1);
    h.now += 30 * DAY; /* no tick in between */
    engine_tick(h.e, h.now);
    engine_tick(h.e, h.now);
    assert_int_equal(count(&h, "daily", "waiting"), 1);
    assert_int_equal(count(&h, "daily", "missed"), 13); /* the one that was open, and 12 */
    assert_int_equal(
        house_i64(&h, SQL("select sum(f_skipped) from r_duty_run where f_duty = 'daily'"), NO_ARGS),
        17);
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_check where f_what = 'd'"), NO_ARGS),
                     2);
    h.now -= HOUR; /* the clock is put back */
    engine_tick(h.e, h.now);
    h.now += HOUR + 1000;
    engine_tick(h.e, h.now);
    assert_int_equal(all(&h, "daily"), 14);
    h.now = duties_at("2026-06-20T00:00");
    engine_tick(h.e, h.now);
    assert_int_equal(count(&h, "monthly", "missed"), 5);
    assert_int_equal(all(&h, "monthly"), 5);
    house_verify(&h);
}

#define PINGS                                                                             \
    "  noted: {each: x in thing where x.state == 'kept', every: 2h, owner: x.creator or " \
    "head_of(x.place), expects: n in note where n.of == x, grace: 30m,"                   \
    " missed: [{notify: {to: x.creator, zh: \"误 {x.what}\", en: Missed}}],"             \
    " clause: keeping, zh: 记, en: Noted}\n"

static void arrives_by_itself_body(struct dbs *t)
{
    struct house h = duties_house(t, PINGS);
    int64_t x = house_create(&h, h.amy, "thing", "what", "a", NULL);
    int64_t y = house_create(&h, h.bob, "thing", "what", "b", NULL);
    house_clock(&h, h.now + HOUR);
    assert_int_equal(count(&h, "noted", "waiting"), 2);
    assert_done(&h, house_create(&h, h.cat, "note", "of", house_text(&h, x), NULL));
    house_clock(&h, h.now + HOUR / 4);
    assert_int_equal(count(&h, "noted", "done"), 1);
    assert_int_equal(
        house_i64(&h, SQL("select f_doer from r_duty_run where f_done_at is not null"), NO_ARGS),
        h.cat);
    house_clock(&h, HOUSE_NOW + 2 * HOUR + HOUR / 4); /* in grace */
    assert_done(&h, house_create(&h, h.cat, "note", "of", house_text(&h, y), NULL));
    house_clock(&h, h.now + 1000);
    assert_int_equal(count(&h, "noted", "late"), 1);
    assert_int_equal(count(&h, "noted", "waiting"), 2); /* one note meets one period */
    house_clock(&h, HOUSE_NOW + 5 * HOUR);
    assert_int_equal(count(&h, "noted", "missed"), 2);
    assert_int_equal(house_i64(&h, SQL("select count(*) from notification"), NO_ARGS), 2);
    assert_int_equal(house_i64(&h, SQL("select unit from r_duty_run where f_about = $1 limit 1"),
                               ARGS(db_i64(x))),
                     h.north);
    assert_true(house_do(&h, h.amy, "thing", x, "drop", NULL));
    house_clock(&h, h.now + 1000);
    assert_int_equal(count(&h, "noted", "dropped"), 1);
    house_clock(&h, HOUSE_NOW + 7 * HOUR);
    assert_int_equal(count(&h, "noted", "waiting"), 1);
    house_verify(&h);
}

static void once_for_each_end_body(struct dbs *t)
{
    struct house h = duties_house(
        t, "  renew: {each: x in thing where x.ends != null, at: x.ends - 30d, owner: x.creator,"
           " creates: check.begin, with: {what: x.what, of: x}, due: 20d, clause: keeping, zh: 续,"
           " en: Renew}\n");
    int64_t x = house_create(&h, h.amy, "thing", "what", "a", "ends", "2026-03-31", NULL);
    assert_done(&h, x);
    house_clock(&h, duties_at("2026-02-28T00:00"));
    assert_int_equal(all(&h, "renew"), 0);
    house_clock(&h, duties_at("2026-03-02T00:00"));
    assert_int_equal(count(&h, "renew", "waiting"), 1);
    assert_int_equal(when(&h, "renew", 0, FIELD("f_begins")), duties_at("2026-03-01T00:00"));
    assert_int_equal(when(&h, "renew", 0, FIELD("f_due")), duties_at("2026-03-21T00:00"));
    assert_int_equal(house_i64(&h, SQL("select f_of from r_check"), NO_ARGS), x);
    house_clock(&h, duties_at("2026-06-01T00:00"));
    assert_int_equal(count(&h, "renew", "missed"), 1);
    assert_int_equal(all(&h, "renew"), 1);
    house_verify(&h);
}

static int64_t owners(struct house *h, int64_t who)
{
    return house_i64(h, SQL("select count(*) from l_duty_run__owner where target = $1"),
                     ARGS(db_i64(who)));
}

static void whoever_holds_the_post_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    int64_t post =
        house_create(&h, 0, "post", "person", house_text(&h, h.amy), "position", "keeper", "unit",
                     house_text(&h, h.top), "ends", "2026-02-10", NULL);
    assert_done(&h, post);
    house_clock(&h, duties_at("2026-02-02T09:00"));
    assert_int_equal(owners(&h, h.amy), 1);
    assert_done(&h,
                house_create(&h, 0, "post", "person", house_text(&h, h.bob), "position", "keeper",
                             "unit", house_text(&h, h.top), "starts", "2026-02-11", NULL));
    house_clock(&h, duties_at("2026-02-10T23:00"));
    assert_int_equal(owners(&h, h.bob), 0);
    house_clock(&h, duties_at("2026-02-11T00:10"));
    assert_int_equal(owners(&h, h.bob), 1);
    assert_int_equal(owners(&h, h.amy), 0);
    struct ctx ctx = house_ctx(&h, h.bob);
    struct duty_row *rows;
    size_t n;
    struct duty_ask ask = {.state = -1, .mine = true, .open = true, .limit = 10};
    assert_int_equal(duty_rows(&ctx, &ask, &rows, &n).code, 0);
    assert_int_equal(n, 1);
    house_verify(&h);
}

#define MANY                                                                                  \
    "  renew: {each: x in thing where x.ends != null, at: x.ends - 30d, owner: x.creator,"    \
    " creates: check.begin, with: {what: x.what, of: x}, due: 20d, clause: keeping, zh: 续," \
    " en: Renew}\n"                                                                           \
    "  seen: {each: x in thing, every: month, owner: post('keeper'), creates: check.begin,"   \
    " with: {what: x.what}, clause: keeping, zh: 看, en: Seen}\n"

/* Turns of the clock at one moment until nothing is left; how many. */
static int turns(struct house *h)
{
    int n = 0;
    do {
        engine_tick(h->e, h->now);
        n++;
    } while (duty_goes_on(h->e));
    return n;
}

/* More objects than one turn looks at, most of them such as never owe anything: what stands
 * behind them comes all the same, and until then nothing says that all was looked at. */
static void none_is_passed_over_body(struct dbs *t)
{
    enum { OLD = 20, NEW = 4, TURN = 7 };
    struct house h = duties_house(t, MANY);
    house_appoint(&h, h.amy, "keeper", h.top);
    h.e->opt.duty_turn = TURN;
    for (int i = 0; i < OLD + NEW; i++) {
        assert_done(&h, house_create(&h, h.bob, "thing", "what", "a", "ends",
                                     i < OLD ? "2020-01-01" : "2026-03-31", NULL));
    }
    turns(&h);
    h.now = duties_at("2026-03-02T00:00");
    engine_tick(h.e, h.now);
    assert_int_equal(all(&h, "renew"), 0);
    assert_true(duty_goes_on(h.e));
    assert_int_equal(state_now(&h, "renew"), CONTROL_STALE);
    assert_true(turns(&h) > (OLD + NEW) / TURN);
    assert_int_equal(count(&h, "renew", "waiting"), NEW);
    assert_int_equal(count(&h, "seen", "waiting"), OLD + NEW);
    assert_int_equal(count(&h, "seen", "missed"), OLD + NEW); /* February */
    assert_int_equal(state_now(&h, "renew"), CONTROL_UNKNOWN);
    /* whoever holds the post from tomorrow owes each of them */
    assert_done(&h, house_do(&h, 0, "post", house_i64(&h, SQL("select id from r_post"), NO_ARGS),
                             "end", NULL));
    house_appoint(&h, h.cat, "keeper", h.top);
    assert_int_equal(owners(&h, h.cat), 0);
    h.now = duties_at("2026-03-03T00:00");
    assert_true(turns(&h) > (OLD + NEW) / TURN);
    assert_int_equal(owners(&h, h.cat), OLD + NEW);
    assert_int_equal(turns(&h), (OLD + TURN - 1) / TURN); /* with nothing to do, one round */
    house_verify(&h);
}

#define EACH(name)                                  \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
EACH(due_in_working_time)
EACH(done_late_and_missed)
EACH(every_kind_of_period)
EACH(a_year_long)
EACH(after_a_stop)
EACH(arrives_by_itself)
EACH(once_for_each_end)
EACH(whoever_holds_the_post)
EACH(none_is_passed_over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_in_working_time),  cmocka_unit_test(done_late_and_missed),
        cmocka_unit_test(every_kind_of_period), cmocka_unit_test(a_year_long),
        cmocka_unit_test(after_a_stop),         cmocka_unit_test(arrives_by_itself),
        cmocka_unit_test(once_for_each_end),    cmocka_unit_test(whoever_holds_the_post),
        cmocka_unit_test(none_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
