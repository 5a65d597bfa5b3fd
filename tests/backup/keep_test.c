#include "backup/backup_int.h"
#include "backup/keep.h"
#include "backup/schedule.h"
#include "base/arena.h"
#include "base/clock.h"

#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    str whose = STR("8114fb0f");
    str name = keep_name(&a, whose, when);
    assert_true(str_eq(name, STR("zhidu-8114fb0f-20261126T023005Z.backup")));
    assert_true(keep_name_parse(name, whose, &back));
    assert_int_equal(back, when);
    assert_false(keep_name_parse(name, STR("8114fb0e"), &back));
    assert_false(keep_name_parse(name, STR(""), &back));
    name = keep_name(&a, STR(""), when);
    assert_true(str_eq(name, STR("zhidu-20261126T023005Z.backup")));
    assert_true(keep_name_parse(name, STR(""), &back));
    assert_false(keep_name_parse(name, whose, &back));
    const char *others[] = {"zhidu-8114fb0f-20261126T023005Z.backup2",
                            "zhidu-8114fb0f-20261326T023005Z.backup",
                            "zhidu-8114fb0f-20261126X023005Z.backup",
                            "first.backup",
                            "zhidu-8114fb0f-2026112xT023005Z.backup",
                            "zhidu-8114fb0f-20261126T023005Z.backu",
                            "Zhidu-8114fb0f-20261126T023005Z.backup",
                            "zhidu-8114fb0f20261126T023005Z.backup",
                            "zhidu-8114fb0f-",
                            ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(keep_name_parse(str_from(others[i]), whose, &back));
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

/* In place of the system's: as NFS answers, when it is told to. */
static bool no_such_flag;
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
    if (no_such_flag && flags) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

static void make_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void renames(const char *dir)
{
    char a[96], b[96], c[96], d[96];
    struct stat st;
    snprintf(a, sizeof(a), "%s/a", dir);
    snprintf(b, sizeof(b), "%s/b", dir);
    snprintf(c, sizeof(c), "%s/c", dir);
    snprintf(d, sizeof(d), "%s/d", dir);
    make_file(a, "a");
    make_file(b, "other");
    assert_false(backup_rename(a, b));
    assert_int_equal(errno, EEXIST);
    assert_int_equal(stat(b, &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_equal(unlink(b), 0);
    assert_true(backup_rename(a, b));
    assert_int_equal(stat(b, &st), 0);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(stat(a, &st), -1);
    assert_int_equal(mkdir(c, 0700), 0);
    assert_int_equal(mkdir(d, 0700), 0);
    assert_false(backup_rename(c, d));
    assert_int_equal(errno, EEXIST);
    assert_int_equal(rmdir(d), 0);
    assert_true(backup_rename(c, d));
    assert_int_equal(stat(c, &st), -1);
    assert_int_equal(rmdir(d), 0);
    assert_int_equal(unlink(b), 0);
}

static void a_name_is_never_taken_from_another(void **state)
{
    (void)state;
    char dir[] = "/tmp/zhidu-keep-XXXXXX";
    assert_non_null(mkdtemp(dir));
    renames(dir);
    no_such_flag = true;
    renames(dir);
    no_such_flag = false;
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_time_and_nothing_else),
        cmocka_unit_test(a_name_is_never_taken_from_another),
        cmocka_unit_test(a_daily_backup_leaves_days_weeks_and_months),
        cmocka_unit_test(tidying_every_day_removes_nothing_that_is_wanted_later),
        cmocka_unit_test(the_newest_always_stays),
        cmocka_unit_test(it_is_due_once_a_day_in_the_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
