#include "backup/keep.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 4096, WHOSE = 8 };
#define BEFORE "zhidu-"
#define AFTER "Z.backup"

str keep_whose(struct arena *a, str data_dir)
{
    char text[NAME_MAX];
    int fd = open(str_fmt(a, "%.*s/ledger.pub", STR_ARG(data_dir)).ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
    str rest;
    if (fd >= 0) {
        close(fd);
    }
    (void)str_cut(str_from_n(text, n > 0 ? (size_t)n : 0), '+', &rest); /* NAME+DIGITS+KEY */
    str id = str_cut(rest, '+', &rest);
    return id.len == WHOSE ? str_copy(a, id) : STR("");
}

str keep_name(struct arena *a, str whose, int64_t at)
{
    struct clock_civil t = clock_civil_at(at, 0);
    return str_fmt(a, BEFORE "%.*s%s%04d%02d%02dT%02d%02d%02d" AFTER, STR_ARG(whose),
                   whose.len ? "-" : "", t.year, t.month, t.day, t.hour, t.minute, t.second);
}

/* What follows `part`; false: the text does not begin with it. */
static bool skip(str *text, str part)
{
    bool is = str_starts(*text, part);
    if (is) {
        *text = str_from_n(text->ptr + part.len, text->len - part.len);
    }
    return is;
}

bool keep_name_parse(str name, str whose, int64_t *ret)
{
    enum { DIGITS = 15 }; /* 20261126T023000 */
    str rest = name;
    if (!skip(&rest, STR(BEFORE)) || !skip(&rest, whose) || (whose.len && !skip(&rest, STR("-"))) ||
        rest.len != DIGITS + sizeof(AFTER) - 1 || !str_ends(rest, STR(AFTER))) {
        return false;
    }
    char iso[] = "0000-00-00T00:00:00Z";
    static const unsigned char to[DIGITS] = {0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18};
    for (size_t i = 0; i < DIGITS; i++) {
        iso[to[i]] = rest.ptr[i];
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

err keep_tidy(struct arena *a, str folder, str whose, struct keep_rules rules, int zone, int *ret)
{
    int64_t *times = arena_array(a, int64_t, FILES_MAX);
    bool *keep = arena_array(a, bool, FILES_MAX);
    size_t n = 0;
    *ret = 0;
    if (!whose.len) {
        return OK;
    }
    DIR *d = opendir(str_copy(a, folder).ptr);
    if (!d) {
        return backup_io(a, str_copy(a, folder).ptr, errno);
    }
    for (struct dirent *e = readdir(d); e && n < FILES_MAX; e = readdir(d)) {
        n += keep_name_parse(str_from(e->d_name), whose, &times[n]);
    }
    qsort(times, n, sizeof(*times), newest_first);
    keep_which(times, n, rules, zone, keep);
    for (size_t i = 0; i < n; i++) {
        *ret += !keep[i] && unlinkat(dirfd(d), keep_name(a, whose, times[i]).ptr, 0) == 0;
    }
    closedir(d);
    return OK;
}
