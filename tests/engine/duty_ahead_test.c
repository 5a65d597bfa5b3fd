/* What is foreseen of duties is what comes: in working time over a festival, at the edges of
 * months, for each object, once a day where it comes more often; for whoever would owe it today. */
#include "base/buf.h"
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/duty.h"

#include "duties.h"

struct ahead {
    struct duty_foreseen *list;
    size_t n;
    bool more;
};

static struct ahead foresee(struct house *h, int64_t actor, const char *from, const char *to,
                            bool mine)
{
    struct ctx ctx = house_ctx(h, actor);
    struct ahead a;
    int64_t first = calendar_day_of(ctx.model, duties_at(from));
    int64_t end = calendar_day_of(ctx.model, duties_at(to));
    struct duty_foresight q = duty_foresee_ask(&ctx, first, end, mine);
    dbs_ok(duty_foresee_read(&ctx, &q, &a.list, &a.n, &a.more));
    return a;
}

/* For how many a duty is foreseen on a day. */
static int64_t on(const struct ahead *a, const char *duty, const char *day)
{
    int64_t d;
    assert_true(clock_parse_date(str_from(day), &d));
    for (size_t i = 0; i < a->n; i++) {
        if (a->list[i].day == d && str_eq(a->list[i].def->duty->key, str_from(duty))) {
            return a->list[i].objects;
        }
    }
    return 0;
}

static size_t of(const struct ahead *a, const char *duty)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        n += str_eq(a->list[i].def->duty->key, str_from(duty));
    }
    return n;
}

/* Every day of every duty for which something was foreseen came, and for as many. */
static void all_of_it_comes(struct house *h, const struct ahead *a, int64_t since, int64_t until)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct rows r;
    dbs_ok(db_query(ctx.db, h->a,
                    SQL("select f_duty, f_due, coalesce(f_about, 0) from r_duty_run"
                        " where f_begins > $1 order by f_duty, f_about, f_due"),
                    ARGS(db_i64(since)), &r));
    int64_t *left = arena_array(h->a, int64_t, a->n + 1);
    str last = STR("");
    int64_t about = -1;
    int64_t day = -1;
    for (size_t i = 0; i < a->n; i++) {
        left[i] = a->list[i].objects;
    }
    while (rows_next(&r)) {
        int64_t d = duty_day(ctx.model, rows_i64(&r, 1));
        bool again = d == day && rows_i64(&r, 2) == about && str_eq(rows_text(&r, 0), last);
        last = rows_text(&r, 0);
        about = rows_i64(&r, 2);
        day = d;
        size_t i = 0;
        while (i < a->n && !(a->list[i].day == d && str_eq(a->list[i].def->duty->key, last))) {
            i++;
        }
        if (i == a->n && d < calendar_day_of(ctx.model, until)) {
            fail_msg("%.*s on %.*s was not foreseen", STR_ARG(last), STR_ARG(clock_date(h->a, d)));
        }
        if (i < a->n) {
            assert_true(!again || a->list[i].often);
            left[i] -= !again;
        }
    }
    for (size_t i = 0; i < a->n; i++) {
        if (left[i]) {
            fail_msg("%.*s on %.*s: %lld did not come", STR_ARG(a->list[i].def->duty->key),
                     STR_ARG(clock_date(h->a, a->list[i].day)), (long long)left[i]);
        }
    }
}

#define OTHERS                                                                                   \
    "  own: {each: x in thing where x.state == 'kept', every: month, owner: x.creator,"          \
    " expects: n in note where n.of == x, due: 3 workdays, clause: keeping, zh: 各, en: Own}\n" \
    "  often: {each: x in thing where x.state == 'kept', every: 5h, owner: x.creator,"           \
    " expects: n in note where n.of == x, clause: keeping, zh: 常, en: Often}\n"                \
    "  worked: {every: 6 workhours, owner: post('keeper'), creates: check.begin, with: {what:"   \
    " \"'k'\"}, clause: keeping, zh: 时, en: Worked}\n"                                         \
    "  renew: {each: x in thing where x.ends != null, at: x.ends - 10d, owner: x.creator,"       \
    " creates: check.begin, with: {what: x.what, of: x}, due: date(begins + 4d), clause:"        \
    " keeping, zh: 续, en: Renew}\n"

static void foreseen_is_what_comes_body(struct dbs *t)
{
    struct house h = duties_house(t, KINDS MONTHLY OTHERS);
    duties_spring(&h);
    house_appoint(&h, h.amy, "keeper", h.top);
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "a", "ends", "2026-02-20", NULL));
    assert_done(&h, house_create(&h, h.bob, "thing", "what", "b", "ends", "2026-03-10", NULL));
    house_clock(&h, duties_at("2026-01-20T10:00"));
    struct ahead a = foresee(&h, h.amy, "2026-01-20T12:00", "2026-03-20T12:00", false);
    assert_false(a.more);
    assert_int_equal(on(&a, "monthly", "2026-02-24"), 1); /* 12 working days: over the festival */
    assert_int_equal(on(&a, "w", "2026-02-01"), 1);       /* a week's end, not the Monday after */
    assert_int_equal(on(&a, "own", "2026-03-04"), 2);
    assert_int_equal(on(&a, "d", "2026-02-14"), 1); /* a Saturday that is worked */
    assert_int_equal(on(&a, "d", "2026-02-28"), 1);
    assert_int_equal(of(&a, "y"), 0); /* begins next year */
    assert_int_equal(on(&a, "renew", "2026-02-14"), 1);
    assert_int_equal(on(&a, "often", "2026-02-08"), 2);
    assert_int_equal(of(&a, "often"), 59); /* each day, the whole of it once */
    for (size_t i = 1; i < a.n; i++) {
        assert_true(a.list[i - 1].day <= a.list[i].day);
    }
    struct ahead empty = foresee(&h, h.amy, "2026-01-01T00:00", "2026-01-20T00:00", false);
    assert_int_equal(empty.n, 0); /* what is past is not foreseen */
    int64_t since = h.now;
    house_clock(&h, duties_at("2026-03-20T12:00"));
    all_of_it_comes(&h, &a, since, duties_at("2026-03-20T12:00"));
}

static void foreseen_for_whom_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY OTHERS);
    house_appoint(&h, h.amy, "keeper", h.top);
    assert_done(&h, house_create(&h, h.bob, "thing", "what", "b", NULL));
    int64_t gone = house_create(&h, h.bob, "thing", "what", "c", NULL);
    assert_true(house_do(&h, h.bob, "thing", gone, "drop", NULL));
    house_clock(&h, duties_at("2026-01-20T10:00"));
    struct ahead all = foresee(&h, h.cat, "2026-02-01T00:00", "2026-03-01T00:00", false);
    struct ahead amy = foresee(&h, h.amy, "2026-02-01T00:00", "2026-03-01T00:00", true);
    struct ahead bob = foresee(&h, h.bob, "2026-02-01T00:00", "2026-03-01T00:00", true);
    struct ahead cat = foresee(&h, h.cat, "2026-02-01T00:00", "2026-03-01T00:00", true);
    assert_int_equal(of(&all, "monthly"), 1);
    assert_int_equal(on(&all, "own", "2026-02-04"), 0); /* expects: due after the period's end */
    assert_int_equal(of(&amy, "monthly"), 1);
    assert_int_equal(of(&amy, "often"), 0);
    assert_int_equal(of(&bob, "often"), 28);
    assert_int_equal(bob.list[0].objects, 1); /* what has left the set is not owed */
    assert_int_equal(of(&bob, "monthly"), 0);
    assert_int_equal(cat.n, 0);
    assert_int_equal(of(&all, "renew"), 0); /* nothing that ends: no moment */
    struct ahead far = foresee(&h, h.cat, "2027-06-01T00:00", "2027-07-01T00:00", false);
    assert_int_equal(far.n, 0); /* beyond DUTY_FORESEE_DAYS */
    struct ctx ctx = house_ctx(&h, h.cat);
    ctx.reading.on = true;
    struct duty_foresight q = duty_foresee_ask(&ctx, ctx.today, ctx.today + 30, false);
    assert_null(q.b); /* who reads a window of the past is told nothing of what is to come */
}

/* More duties than one batch can ask about, each with a due of its own: some are left out, and
 * it is said. */
static void more_than_can_be_asked_body(struct dbs *t)
{
    enum { MANY = BATCH_MAX + 40 };
    struct buf b = buf_make(t->life, 1 << 20);
    for (int i = 0; i < MANY; i++) {
        buf_put_fmt(&b,
                    "  q%d: {every: quarter, owner: post('keeper'), creates: check.begin,"
                    " with: {what: \"'q'\"}, due: ends - 2d, clause: keeping, zh: 季, en: Q}\n",
                    i);
    }
    buf_put(&b, str_from_n("", 1));
    struct house h = duties_house(t, buf_str(&b).ptr);
    house_clock(&h, duties_at("2026-01-20T10:00"));
    struct ahead a = foresee(&h, h.amy, "2026-02-01T00:00", "2026-12-31T00:00", false);
    assert_true(a.more);
    assert_true(a.n > 0);
}

#define EACH(name)                                  \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
EACH(foreseen_is_what_comes)
EACH(foreseen_for_whom)
EACH(more_than_can_be_asked)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreseen_is_what_comes),
        cmocka_unit_test(foreseen_for_whom),
        cmocka_unit_test(more_than_can_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
