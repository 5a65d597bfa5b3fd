/* The calendar against the C library's, day by day and at odd moments. */
#include "base/arena.h"
#include "base/clock.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void days(void **state)
{
    (void)state;
    for (int64_t day = -719468; day < 2932896; day += 1 + (day & 15)) { /* 0000-03-01 to 9999 */
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        struct clock_civil c = clock_civil_day(day);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(c.weekday % 7, tm.tm_wday);
        assert_int_equal(clock_day(c.year, c.month, c.day), day);
    }
}

static void moments(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    static const int zones[] = {0, 480, -330, 845, -720};
    for (int64_t ms = -62135596800000; ms < 253402214400000; ms += 86400000ll * 97 + 12345678) {
        for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
            int z = zones[i] < 0 ? -zones[i] : zones[i];
            int64_t local = ms + zones[i] * 60000ll;
            int64_t rest = ((local % 1000) + 1000) % 1000;
            time_t t = (time_t)((local - rest) / 1000);
            struct tm tm;
            char want[64];
            if (!gmtime_r(&t, &tm) || tm.tm_year < -1900) {
                continue;
            }
            snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d",
                     tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                     (int)rest, zones[i] < 0 ? '-' : '+', z / 60, z % 60);
            str have = clock_iso(&a, ms, zones[i]);
            assert_true(str_eq(have, str_from(want)));
            want[10] = ' ';
            want[16] = '\0';
            have = clock_minutes(&a, ms, zones[i]);
            assert_true(str_eq(have, str_from(want)));
        }
        arena_reset(&a);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(days), cmocka_unit_test(moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
