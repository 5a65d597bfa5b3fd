#include "backup/keep.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 4096 };
#define BEFORE "zhidu-"
#define AFTER "Z.backup"

str keep_name(struct arena *a, int64_t at)
{
    struct clock_civil t = clock_civil_at(at, 0);
    return str_fmt(a, BEFORE "%04d%02d%02dT%02d%02d%02d" AFTER, t.year, t.month, t.day, t.hour,
                   t.minute, t.second);
}

bool keep_name_parse(str name, int64_t *ret)
{
    enum { DIGITS = 15 }; /* 20261126T023000 */
    str before = STR(BEFORE);
    str after = STR(AFTER);
    if (name.len != before.len + DIGITS + after.len || !str_starts(name, before) ||
        !str_ends(name, after)) {
        return false;
    }
    const char *p = name.ptr + before.len;
    char iso[] = "0000-00-00T00:00:00Z";
    static const unsigned char to[DIGITS] = {0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18};
    for (size_t i = 0; i < DIGITS; i++) {
        iso[to[i]] = p[i];
    }
    return clock_parse_time(str_from(iso), 0, ret);
}

/* Which day, week or month a moment belongs to, as a number. */
static int64_t bucket(int rule, int64_t at, int zone)
{
    enum { THURSDAY_TO_MONDAY = 3, WEEK = 7 }; /* day 0 was a Thursday */
    int64_t day = clock_day_at(at, zone);
    struct clock_civil t = clock_civil_at(at, zone);
    return rule == 0   ? day
           : rule == 1 ? (day + THURSDAY_TO_MONDAY) / WEEK
                       : (int64_t)t.year * 12 + t.month;
}

void keep_which(const int64_t *times, size_t n, struct keep_rules rules, int zone, bool *keep)
{
    const int most[] = {rules.daily, rules.weekly, rules.monthly};
    memset(keep, 0, n * sizeof(*keep));
    for (int rule = 0; rule < 3; rule++) {
        int64_t last = -1;
        int kept = 0;
        for (size_t i = 0; i < n && kept < most[rule]; i++) {
            int64_t b = bucket(rule, times[i], zone);
            if (b != last) {
                keep[i] = true;
                last = b;
                kept++;
            }
        }
    }
    if (n) {
        keep[0] = true;
    }
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

err keep_tidy(struct arena *a, str folder, struct keep_rules rules, int zone, int *ret)
{
    int64_t *times = arena_array(a, int64_t, FILES_MAX);
    bool *keep = arena_array(a, bool, FILES_MAX);
    size_t n = 0;
    DIR *d = opendir(str_copy(a, folder).ptr);
    if (!d) {
        return backup_io(a, str_copy(a, folder).ptr, errno);
    }
    for (struct dirent *e = readdir(d); e && n < FILES_MAX; e = readdir(d)) {
        n += keep_name_parse(str_from(e->d_name), &times[n]);
    }
    qsort(times, n, sizeof(*times), newest_first);
    keep_which(times, n, rules, zone, keep);
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        *ret += !keep[i] && unlinkat(dirfd(d), keep_name(a, times[i]).ptr, 0) == 0;
    }
    closedir(d);
    return OK;
}
