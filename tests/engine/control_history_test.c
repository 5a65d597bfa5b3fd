/* What controls were: after a random walk, a period says of each record what a naive replay of
 * its verdicts says; what nobody looked at is not taken for kept; days follow the looks. */
#include "engine/control_history.h"
#include "engine/control_int.h"
#include "engine/house.h"

#include <stdlib.h>
#include <string.h>

static const char law[] = HOUSE_DESK
    "types:\n" HOUSE_THING "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      gone: {zh: 去, en: Gone, final: true}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: keeping, zh: 存, en: "
    "Keep}\n"
    "      change: {from: kept, who: everyone, may: [n], clause: keeping, zh: 改, en: Change}\n"
    "      drop: {from: kept, to: gone, who: everyone, clause: keeping, zh: 弃, en: Drop}\n"
    "controls:\n"
    "  small:\n"
    "    over: thing\n"
    "    where: state == 'kept'\n"
    "    holds: n <= 10\n"
    "    reasons:\n"
    "      huge: {when: n > 100, zh: 太多, en: Far too many}\n"
    "      many: {zh: 超出, en: Too many}\n"
    "    clause: bound\n"
    "    zh: 不多\n"
    "    en: Not many\n";

enum { THINGS = 12, STEPS = 160 };

static uint64_t dice_state;
/* xorshift: the same walk every time. */
static int64_t dice(int64_t n)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (int64_t)(dice_state % (uint64_t)n);
}

static void run(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    err e = control_run(h->e, house_db(h), &a, h->now, false);
    assert_int_equal(e.code, 0);
    arena_end(&a);
}

static void keep(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    err e = control_history_stale(h->e, house_db(h), &a, h->now);
    assert_int_equal(e.code, 0);
    run(h);
    e = control_history_keep(h->e, house_db(h), &a, h->now);
    assert_int_equal(e.code, 0);
    arena_end(&a);
}

static struct control_period period(struct house *h, int64_t from, int64_t to)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_period p;
    struct control_period *all;
    const struct control *c = model_control(house_model(h), STR("small"));
    struct control_result res;
    struct control_day *days;
    size_t n;
    struct control_look l = control_look_ask(&ctx, c, from, to);
    assert_int_equal(control_result(&ctx, c, &res).code, 0);
    assert_int_equal(control_look_read(&ctx, &l, &res, &p, &days, &n).code, 0);
    assert_int_equal(control_periods_ask(&ctx, from, to, &all).code, 0);
    assert_memory_equal(&p, &all[c->code], sizeof(p));
    return p;
}

/* The naive replay: what each look found of each thing. */
struct replay {
    int64_t at[STEPS + 1];
    bool broken[STEPS + 1][THINGS];
    int n;
};

static int by_length(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x;
    int64_t b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void replay_says(const struct replay *r, int64_t from, int64_t to, struct control_period *p)
{
    int64_t lengths[THINGS];
    size_t n = 0;
    memset(p, 0, sizeof(*p));
    for (int k = 0; k < THINGS; k++) {
        int64_t sum = 0;
        bool ever = false;
        for (int i = 0; i < r->n; i++) {
            int64_t a = r->at[i] > from ? r->at[i] : from;
            int64_t b = i + 1 < r->n && r->at[i + 1] < to ? r->at[i + 1] : to;
            if (r->broken[i][k] && a < b) {
                sum += b - a;
                ever = true;
            }
        }
        if (ever) {
            lengths[n++] = sum;
            p->still += r->broken[r->n - 1][k];
        }
    }
    qsort(lengths, n, sizeof(lengths[0]), by_length);
    p->subjects = (int64_t)n;
    p->most_ms = n ? lengths[n - 1] : 0;
    p->median_ms = n ? (lengths[(n - 1) / 2] + lengths[n / 2]) / 2 : 0;
}

static void same(const struct replay *r, struct house *h, int64_t from, int64_t to)
{
    struct control_period want;
    struct control_period is = period(h, from, to);
    replay_says(r, from, is.to, &want);
    if (is.subjects != want.subjects || is.still != want.still || is.most_ms != want.most_ms ||
        is.median_ms != want.median_ms) {
        fail_msg("%lld-%lld: %lld %lld %lld %lld, not %lld %lld %lld %lld", (long long)from,
                 (long long)to, (long long)is.subjects, (long long)is.still,
                 (long long)is.median_ms, (long long)is.most_ms, (long long)want.subjects,
                 (long long)want.still, (long long)want.median_ms, (long long)want.most_ms);
    }
}

static void step(struct house *h, int64_t *things, int *n, bool *gone)
{
    static const char *const values[] = {"5", "50", "500", "*", "10", "11"};
    int k = (int)dice(THINGS);
    n[k] = (int)dice(6);
    if (!things[k]) {
        things[k] = house_create(h, h->amy, "thing", "what", "x", "n", values[n[k]], NULL);
        assert_done(h, things[k]);
    } else if (dice(12) == 0 && !gone[k]) {
        assert_done(h, house_do(h, h->amy, "thing", things[k], "drop", NULL));
        gone[k] = true;
    } else if (!gone[k]) {
        assert_done(h, house_do(h, h->amy, "thing", things[k], "change", "n", values[n[k]], NULL));
    }
}

static void a_random_walk_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct replay *r = arena_new(h.a, struct replay);
    int64_t things[THINGS] = {0};
    int n[THINGS] = {0};
    bool gone[THINGS] = {false};
    int64_t begin = h.now;
    dice_state = 20261127;
    for (int i = 0; i < STEPS; i++) {
        h.now += 1 + dice(2 * HOUR);
        for (int64_t k = dice(3); k >= 0; k--) {
            step(&h, things, n, gone);
        }
        run(&h);
        r->at[r->n] = h.now;
        for (int k = 0; k < THINGS; k++) {
            r->broken[r->n][k] = things[k] && !gone[k] && (n[k] == 1 || n[k] == 2 || n[k] == 5);
        }
        r->n++;
    }
    h.now += HOUR;
    for (int i = 0; i < 60; i++) {
        int64_t from = begin + dice(h.now - begin);
        int64_t to = from + 1 + dice(h.now - from);
        same(r, &h, from, to);
    }
    same(r, &h, begin - DAY, h.now + DAY); /* what is to come is not judged */
    assert_true(house_i64(&h, SQL("select count(*) from control_interval"), NO_ARGS) > 20);
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from control_interval where to_ms < from_ms"
                                   " or to_seq < from_seq or from_seq <= 0"),
                               NO_ARGS),
                     0);
}

static void what_is_not_tested_is_told_apart_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    house_create(&h, h.amy, "thing", "what", "x", "n", "5", NULL);
    keep(&h);
    int64_t begin = h.now;
    struct control_period p = period(&h, begin - HOUR, begin + 10 * DAY);
    assert_int_equal(p.subjects, 0);
    assert_int_equal(p.stale_ms, 0);
    h.now = begin + 5 * DAY; /* nobody looks: it is stale now, and has been since */
    int64_t stale = 5 * DAY - CONTROL_AGE_MS;
    assert_int_equal(period(&h, begin, h.now).stale_ms, stale);
    keep(&h); /* and stays so when somebody looks again */
    assert_int_equal(period(&h, begin, h.now).stale_ms, stale);
    h.now += HOUR;
    keep(&h);
    assert_int_equal(period(&h, begin, h.now).stale_ms, stale);
    assert_int_equal(period(&h, begin, begin + DAY).stale_ms, 0);
    dbs_ok(
        db_exec(house_db(&h), h.a, SQL("update control_result set trouble = 'broken'"), NO_ARGS));
    struct arena a = arena_make(64u << 20);
    assert_int_equal(control_history_keep(h.e, house_db(&h), &a, h.now).code, 0);
    h.now += HOUR;
    assert_int_equal(period(&h, begin, h.now).error_ms, HOUR); /* it still is */
    assert_int_equal(control_history_keep(h.e, house_db(&h), &a, h.now).code, 0);
    keep(&h);
    h.now += HOUR;
    assert_int_equal(period(&h, begin, h.now).error_ms, HOUR); /* and is no more */
    arena_end(&a);
}

static void each_day_has_its_figure_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = house_create(&h, h.amy, "thing", "what", "x", "n", "5", NULL);
    keep(&h);
    h.now += DAY;
    assert_done(&h, house_do(&h, h.amy, "thing", id, "change", "n", "50", NULL));
    house_create(&h, h.amy, "thing", "what", "y", "n", "1", NULL);
    keep(&h);
    keep(&h); /* the last look of the day counts */
    struct ctx ctx = house_ctx(&h, h.amy);
    struct control_day *list;
    size_t n;
    const struct control *c = model_control(house_model(&h), STR("small"));
    assert_int_equal(control_days_read(&ctx, control_days_ask(&ctx, c->code), &list, &n).code, 0);
    assert_int_equal(n, 2);
    assert_int_equal(list[0].state, CONTROL_PASS);
    assert_int_equal(list[1].state, CONTROL_FAIL);
    assert_int_equal(list[1].counts.violation, 1);
    assert_int_equal(list[1].counts.n, 2);
    assert_int_equal(control_days_read(&ctx, control_days_ask(&ctx, HISTORY_ALL), &list, &n).code,
                     0);
    assert_int_equal(n, 2);
    assert_int_equal(list[1].controls, 1);
    assert_int_equal(list[1].good, 0);
    assert_int_equal(list[1].state, CONTROL_FAIL);
    struct control_period p = period(&h, h.now - 2 * DAY, h.now);
    assert_int_equal(p.least, 1);
    assert_int_equal(p.most, 2);
    h.now += (HISTORY_DAYS + 2) * DAY;
    keep(&h);
    assert_int_equal(control_days_read(&ctx, control_days_ask(&ctx, c->code), &list, &n).code, 0);
    assert_int_equal(house_i64(&h, SQL("select count(*) from control_day"), NO_ARGS), 2);
}

static void a_random_walk(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, a_random_walk_body);
}

static void what_is_not_tested_is_told_apart(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_is_not_tested_is_told_apart_body);
}

static void each_day_has_its_figure(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, each_day_has_its_figure_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_walk),
        cmocka_unit_test(what_is_not_tested_is_told_apart),
        cmocka_unit_test(each_day_has_its_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
