#include "backup/keep.h"
#include "backup/schedule.h"
#include "base/arena.h"
#include "base/clock.h"

#include "support/test.h"

#include <string.h>

#define ZONE 480
#define DAY INT64_C(86400000)

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(clock_parse_time(str_from(text), ZONE, &ms));
    return ms;
}

static void a_name_is_a_time_and_nothing_else(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    int64_t when = at("2026-11-26T10:30:05");
    int64_t back = 0;
    str name = keep_name(&a, when);
    assert_true(str_eq(name, STR("zhidu-20261126T023005Z.backup")));
    assert_true(keep_name_parse(name, &back));
    assert_int_equal(back, when);
    const char *others[] = {"zhidu-20261126T023005Z.backup2", "zhidu-20261326T023005Z.backup",
                            "zhidu-20261126X023005Z.backup",  "first.backup",
                            "zhidu-2026112xT023005Z.backup",  "zhidu-20261126T023005Z.backu",
                            "Zhidu-20261126T023005Z.backup",  ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(keep_name_parse(str_from(others[i]), &back));
    }
    arena_end(&a);
}

/* A backup each day for two years: what stays on the last day. */
static void a_daily_backup_leaves_days_weeks_and_months(void **state)
{
    (void)state;
    enum { DAYS = 730 };
    int64_t times[DAYS];
    bool keep[DAYS];
    int64_t last = at("2026-11-26T02:30"); /* a Thursday */
    for (int i = 0; i < DAYS; i++) {
        times[i] = last - i * DAY;
    }
    keep_which(times, DAYS, (struct keep_rules){7, 5, 12}, ZONE, keep);
    const char *stay[] = {
        "2026-11-26", "2026-11-25", "2026-11-24", "2026-11-23", "2026-11-22", "2026-11-21",
        "2026-11-20",                             /* seven days */
        "2026-11-15", "2026-11-08", "2026-11-01", /* Sundays end weeks; two are days already */
        "2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30", "2026-05-31",
        "2026-04-30", "2026-03-31", "2026-02-28", "2026-01-31", "2025-12-31"};
    size_t n = 0;
    for (int i = 0; i < DAYS; i++) {
        if (!keep[i]) {
            continue;
        }
        int64_t day = 0;
        assert_true(n < sizeof(stay) / sizeof(stay[0]));
        assert_true(clock_parse_date(str_from(stay[n]), &day));
        assert_int_equal(clock_day_at(times[i], ZONE), day);
        n++;
    }
    assert_int_equal(n, sizeof(stay) / sizeof(stay[0]));
}

/* Day after day with tidying each day, the set is what one tidying would leave or more: nothing a
 * rule still wants was removed early. */
static void tidying_every_day_removes_nothing_that_is_wanted_later(void **state)
{
    (void)state;
    enum { MOST = 64, DAYS = 500 };
    const struct keep_rules rules = {7, 5, 12};
    int64_t have[MOST];
    bool keep[MOST];
    size_t n = 0;
    for (int d = 0; d < DAYS; d++) {
        memmove(have + 1, have, n * sizeof(have[0]));
        have[0] = at("2025-01-01T02:30") + d * DAY;
        n++;
        keep_which(have, n, rules, ZONE, keep);
        size_t left = 0;
        for (size_t i = 0; i < n; i++) {
            if (keep[i]) {
                have[left++] = have[i];
            }
        }
        n = left;
        assert_true(n < MOST);
    }
    assert_in_range(n, 19, 24);
    assert_true(have[0] - have[n - 1] > 310 * DAY); /* it reaches back to the twelfth month */
}

static void the_newest_always_stays(void **state)
{
    (void)state;
    int64_t times[] = {at("2026-11-26T02:30"), at("2026-11-26T01:30"), at("2026-11-25T02:30")};
    bool keep[3];
    keep_which(times, 3, (struct keep_rules){0, 0, 0}, ZONE, keep);
    assert_true(keep[0]);
    assert_false(keep[1] || keep[2]);
    keep_which(times, 3, (struct keep_rules){2, 0, 0}, ZONE, keep);
    assert_true(keep[0] && !keep[1] && keep[2]);
    keep_which(times, 0, (struct keep_rules){7, 5, 12}, ZONE, keep);
}

static void it_is_due_once_a_day_in_the_zone(void **state)
{
    (void)state;
    int minute = 0;
    assert_true(schedule_time_parse(STR("02:30"), &minute));
    assert_int_equal(minute, 150);
    const char *bad[] = {"", "2:30", "24:00", "02:60", "0230", "02:3", "02:30:00", "-1:30"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(schedule_time_parse(str_from(bad[i]), &minute));
    }
    minute = 150;
    assert_int_equal(schedule_due(at("2026-11-26T02:30"), minute, ZONE), at("2026-11-26T02:30"));
    assert_int_equal(schedule_due(at("2026-11-26T02:29"), minute, ZONE), at("2026-11-25T02:30"));
    assert_int_equal(schedule_due(at("2026-11-26T23:59"), minute, ZONE), at("2026-11-26T02:30"));
    assert_int_equal(schedule_due(at("2026-11-27T00:00"), minute, ZONE), at("2026-11-26T02:30"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_time_and_nothing_else),
        cmocka_unit_test(a_daily_backup_leaves_days_weeks_and_months),
        cmocka_unit_test(tidying_every_day_removes_nothing_that_is_wanted_later),
        cmocka_unit_test(the_newest_always_stays),
        cmocka_unit_test(it_is_due_once_a_day_in_the_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
