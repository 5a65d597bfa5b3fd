/* map_time.c - times as files write them: the few directives of strptime that
 * mean the same everywhere. */
#include "base/clock.h"
#include "connect/mapping.h"

#include <string.h>

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};

bool map_time_form(str form, str *ret_wrong)
{
    bool day = false;
    for (size_t i = 0; i < form.len; i++) {
        if (form.ptr[i] != '%') {
            continue;
        }
        size_t n = i + 1 < form.len ? 2 : 1;
        if (n == 1 || !memchr("dmYyHMSb%", form.ptr[i + 1], 9)) {
            *ret_wrong = str_from_n(form.ptr + i, n);
            return false;
        }
        day = day || form.ptr[i + 1] == 'd';
        i++;
    }
    *ret_wrong = form;
    return day;
}

struct reading {
    str text;
    size_t at;
    int64_t year, month, day, hour, minute, second;
};

static bool number(struct reading *r, size_t most, int64_t low, int64_t high, int64_t *ret)
{
    size_t n = 0;
    int64_t v = 0;
    while (n < most && r->at < r->text.len && r->text.ptr[r->at] >= '0' &&
           r->text.ptr[r->at] <= '9') {
        v = v * 10 + (r->text.ptr[r->at++] - '0');
        n++;
    }
    *ret = v;
    return n > 0 && v >= low && v <= high;
}

static bool month_name(struct reading *r)
{
    for (int i = 0; i < 12 && r->at + 3 <= r->text.len; i++) {
        bool same = true;
        for (size_t k = 0; k < 3; k++) {
            same = same && (r->text.ptr[r->at + k] | 0x20) == months[i][k];
        }
        if (same) {
            r->month = i + 1;
            r->at += 3;
            return true;
        }
    }
    return false;
}

static bool directive(struct reading *r, char c)
{
    switch (c) {
    case 'd':
        return number(r, 2, 1, 31, &r->day);
    case 'm':
        return number(r, 2, 1, 12, &r->month);
    case 'Y':
        return number(r, 4, 1, 9999, &r->year);
    case 'y': /* as strptime: 69 to 99 belong to the last century */
        if (!number(r, 2, 0, 99, &r->year)) {
            return false;
        }
        r->year += r->year < 69 ? 2000 : 1900;
        return true;
    case 'H':
        return number(r, 2, 0, 23, &r->hour);
    case 'M':
        return number(r, 2, 0, 59, &r->minute);
    case 'S':
        return number(r, 2, 0, 59, &r->second);
    case 'b':
        return month_name(r);
    default:
        return r->at < r->text.len && r->text.ptr[r->at++] == c;
    }
}

static int days_of(int64_t year, int64_t month)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : len[month - 1];
}

static bool by_form(const struct mapping *m, str text, int64_t *ret_ms)
{
    struct reading r = {.text = text, .month = 1};
    str form = m->time;
    for (size_t i = 0; i < form.len; i++) {
        bool ok;
        if (form.ptr[i] == '%' && i + 1 < form.len) {
            ok = directive(&r, form.ptr[++i]);
        } else {
            ok = r.at < text.len && text.ptr[r.at++] == form.ptr[i];
        }
        if (!ok) {
            return false;
        }
    }
    if (r.at != text.len || r.day < 1 || r.year < 1 || r.day > days_of(r.year, r.month)) {
        return false;
    }
    int64_t day = clock_day((int)r.year, (int)r.month, (int)r.day);
    *ret_ms = clock_day_start(day, m->zone) + r.hour * (int64_t)CLOCK_HOUR +
              r.minute * (int64_t)CLOCK_MINUTE + r.second * (int64_t)CLOCK_SECOND;
    return true;
}

bool map_time(const struct mapping *m, str text, int64_t *ret_ms)
{
    return by_form(m, text, ret_ms) || clock_parse_time(text, m->zone, ret_ms);
}
