/* A minute's allowance at once, then evenly, for each apart; and the table is bounded. */
#include "base/arena.h"

#include "support/test.h"
#include "web/rate.h"

#include <pthread.h>
#include <stdatomic.h>

enum { START = 1000000 };

static struct arena life;

static struct rates *made(int per_minute)
{
    struct rates *r = rates_make(&life);
    rates_set(r, RATE_SEARCH, per_minute);
    return r;
}

static int took(struct rates *r, uint64_t who, int64_t now, int tries)
{
    int n = 0;
    for (int i = 0; i < tries; i++) {
        n += rate_take(r, RATE_SEARCH, who, now) == 0;
    }
    return n;
}

static void an_allowance_may_be_used_at_once_and_comes_back_evenly(void **state)
{
    (void)state;
    struct rates *r = made(60);
    uint64_t me = rate_person(1);
    assert_int_equal(took(r, me, START, 100), 60);
    assert_int_equal(rate_take(r, RATE_SEARCH, me, START), 1);
    assert_int_equal(took(r, me, START + 999, 5), 0);
    assert_int_equal(took(r, me, START + 1000, 5), 1);
    assert_int_equal(took(r, me, START + 11000, 100), 10);
    assert_int_equal(took(r, me, START + 200000, 100), 60);
}

static void the_wait_told_is_enough(void **state)
{
    static const int limits[] = {1, 2, 7, 60, 6000};
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rates *r = made(limits[i]);
        int64_t now = START;
        assert_int_equal(took(r, 7, now, limits[i] + 10), limits[i]);
        int wait = rate_take(r, RATE_SEARCH, 7, now);
        assert_true(wait >= 1 && wait <= 60);
        assert_int_equal(rate_take(r, RATE_SEARCH, 7, now + wait * 1000), 0);
    }
}

static void each_has_his_own_and_each_kind(void **state)
{
    (void)state;
    struct rates *r = made(3);
    rates_set(r, RATE_EXPORT, 2);
    uint64_t all[] = {rate_person(1),
                      rate_person(2),
                      rate_token(1),
                      rate_address(STR("192.0.2.1")),
                      rate_address(STR("192.0.2.2")),
                      rate_address(STR("2001:db8:0:1:2:3:4:5")),
                      rate_address(STR("2001:db8:0:2:2:3:4:5"))};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(took(r, all[i], START, 10), 3);
        assert_int_equal(rate_take(r, RATE_EXPORT, all[i], START), 0);
    }
    assert_true(rate_address(STR("2001:db8:0:1:2:3:4:5")) ==
                rate_address(STR("2001:db8:0:1:ffff::1")));
}

static void no_limit_is_no_limit_and_one_may_change(void **state)
{
    (void)state;
    struct rates *r = made(0);
    assert_int_equal(took(r, 1, START, 10000), 10000);
    rates_set(r, RATE_SEARCH, 5);
    assert_int_equal(took(r, 1, START, 100), 5);
    assert_int_equal(rate_take(r, RATE_NONE, 1, START), 0);
}

static void a_clock_that_was_set_back_locks_nobody_out(void **state)
{
    (void)state;
    struct rates *r = made(5);
    assert_int_equal(took(r, 1, START + 3600000, 100), 5);
    assert_int_equal(took(r, 1, START, 100), 5);
}

static void a_flood_of_others_frees_nobody(void **state)
{
    (void)state;
    struct rates *r = made(60);
    uint64_t me = rate_person(1);
    assert_int_equal(took(r, me, START, 100), 60);
    for (int64_t i = 0; i < 200000; i++) {
        (void)rate_take(r, RATE_SEARCH, rate_person(100 + i), START);
    }
    assert_int_equal(took(r, me, START, 10), 0);
}

struct caller {
    struct rates *rates;
    atomic_int *took;
};

static void *call(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < 5000; i++) {
        atomic_fetch_add(c->took, rate_take(c->rates, RATE_SEARCH, 1, START) == 0);
    }
    return NULL;
}

static void many_threads_take_no_more_than_there_is(void **state)
{
    enum { THREADS = 4 };
    (void)state;
    atomic_int n = 0;
    struct caller c = {made(1000), &n};
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, call, &c), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
    assert_int_equal(atomic_load(&n), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allowance_may_be_used_at_once_and_comes_back_evenly),
        cmocka_unit_test(the_wait_told_is_enough),
        cmocka_unit_test(each_has_his_own_and_each_kind),
        cmocka_unit_test(no_limit_is_no_limit_and_one_may_change),
        cmocka_unit_test(a_clock_that_was_set_back_locks_nobody_out),
        cmocka_unit_test(a_flood_of_others_frees_nobody),
        cmocka_unit_test(many_threads_take_no_more_than_there_is),
    };
    life = arena_make(64u << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_end(&life);
    return failed;
}
