#include "base/clock.h"

#include "base/arena.h"

#include <time.h>

int64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t clock_day(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct clock_civil clock_civil_day(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = floor_div(z, 146097);
    unsigned doe = (unsigned)(z - era * 146097); /* small from here on: quick to divide */
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    unsigned month = mp < 10 ? mp + 3 : mp - 9;
    struct clock_civil c = {.year = (int)((int64_t)yoe + era * 400 + (month <= 2)),
                            .month = (int)month,
                            .day = (int)(doy - (153 * mp + 2) / 5 + 1)};
    c.weekday = (int)(day + 3 - floor_div(day + 3, 7) * 7) + 1;
    return c;
}

int64_t clock_day_at(int64_t ms, int zone_minutes)
{
    return floor_div(ms + (int64_t)zone_minutes * CLOCK_MINUTE, CLOCK_DAY);
}

int64_t clock_day_start(int64_t day, int zone_minutes)
{
    return day * CLOCK_DAY - (int64_t)zone_minutes * CLOCK_MINUTE;
}

struct clock_civil clock_civil_at(int64_t ms, int zone_minutes)
{
    int64_t day = clock_day_at(ms, zone_minutes);
    unsigned rest = (unsigned)(ms - clock_day_start(day, zone_minutes));
    struct clock_civil c = clock_civil_day(day);
    c.hour = (int)(rest / CLOCK_HOUR);
    c.minute = (int)(rest / CLOCK_MINUTE % 60);
    c.second = (int)(rest / CLOCK_SECOND % 60);
    c.ms = (int)(rest % 1000);
    return c;
}

static char *digits_of(char *p, int v, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return p + n;
}

static char *date_of(char *p, const struct clock_civil *c)
{
    p = digits_of(p, c->year, 4);
    *p++ = '-';
    p = digits_of(p, c->month, 2);
    *p++ = '-';
    return digits_of(p, c->day, 2);
}

static bool has_four_digits(const struct clock_civil *c)
{
    return c->year >= 0 && c->year <= 9999;
}

/* By hand, here and below: lists and histories are full of them. */
str clock_iso(struct arena *a, int64_t ms, int zone_minutes)
{
    struct clock_civil c = clock_civil_at(ms, zone_minutes);
    int z = zone_minutes < 0 ? -zone_minutes : zone_minutes;
    if (has_four_digits(&c) && z < 6000) {
        char *text = arena_bytes(a, 32);
        char *p = date_of(text, &c);
        *p++ = 'T';
        p = digits_of(p, c.hour, 2);
        *p++ = ':';
        p = digits_of(p, c.minute, 2);
        *p++ = ':';
        p = digits_of(p, c.second, 2);
        *p++ = '.';
        p = digits_of(p, c.ms, 3);
        *p++ = zone_minutes < 0 ? '-' : '+';
        p = digits_of(p, z / 60, 2);
        *p++ = ':';
        p = digits_of(p, z % 60, 2);
        *p = '\0';
        return str_from_n(text, (size_t)(p - text));
    }
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d", c.year, c.month, c.day,
                   c.hour, c.minute, c.second, c.ms, zone_minutes < 0 ? '-' : '+', z / 60, z % 60);
}

str clock_minutes(struct arena *a, int64_t ms, int zone_minutes)
{
    struct clock_civil c = clock_civil_at(ms, zone_minutes);
    if (!has_four_digits(&c)) {
        return str_fmt(a, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    }
    char *text = arena_bytes(a, 20);
    char *p = date_of(text, &c);
    *p++ = ' ';
    p = digits_of(p, c.hour, 2);
    *p++ = ':';
    p = digits_of(p, c.minute, 2);
    *p = '\0';
    return str_from_n(text, (size_t)(p - text));
}

str clock_date(struct arena *a, int64_t day)
{
    struct clock_civil c = clock_civil_day(day);
    return str_fmt(a, "%04d-%02d-%02d", c.year, c.month, c.day);
}

/* Takes exactly `n` digits from the front. */
static bool digits(str *s, size_t n, int *ret)
{
    if (s->len < n) {
        return false;
    }
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9') {
            return false;
        }
        v = v * 10 + (s->ptr[i] - '0');
    }
    *s = str_from_n(s->ptr + n, s->len - n);
    *ret = v;
    return true;
}

static bool one(str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c) {
        return false;
    }
    *s = str_from_n(s->ptr + 1, s->len - 1);
    return true;
}

static bool take_date(str *s, int64_t *ret)
{
    int y;
    int m;
    int d;
    if (!digits(s, 4, &y) || !one(s, '-') || !digits(s, 2, &m) || !one(s, '-') ||
        !digits(s, 2, &d) || y < 1 || m < 1 || m > 12 || d < 1) {
        return false;
    }
    int64_t day = clock_day(y, m, d);
    struct clock_civil back = clock_civil_day(day);
    if (back.month != m || back.day != d) {
        return false;
    }
    *ret = day;
    return true;
}

bool clock_parse_date(str s, int64_t *ret_day)
{
    int64_t day;
    if (!take_date(&s, &day) || s.len) {
        return false;
    }
    *ret_day = day;
    return true;
}

bool clock_parse_zone(str s, int *ret_minutes)
{
    int h;
    int m;
    bool minus = s.len && s.ptr[0] == '-';
    if ((!one(&s, '+') && !one(&s, '-')) || !digits(&s, 2, &h) || !one(&s, ':') ||
        !digits(&s, 2, &m) || s.len || h > 14 || m > 59) {
        return false;
    }
    *ret_minutes = minus ? -(h * 60 + m) : h * 60 + m;
    return true;
}

/* ":ss" and ".mmm", both optional. */
static bool take_seconds(str *s, int *sec, int *ms)
{
    *sec = 0;
    *ms = 0;
    if (!one(s, ':')) {
        return true;
    }
    if (!digits(s, 2, sec) || *sec > 59) {
        return false;
    }
    if (!one(s, '.')) {
        return true;
    }
    int scale = 100;
    size_t n = 0;
    for (int d; n < 9 && digits(s, 1, &d); n++) {
        *ms += d * scale;
        scale /= 10;
    }
    return n > 0;
}

bool clock_parse_time(str s, int zone_minutes, int64_t *ret_ms)
{
    int64_t day;
    int h;
    int m;
    int sec;
    int ms;
    if (!take_date(&s, &day) || (!one(&s, 'T') && !one(&s, ' ')) || !digits(&s, 2, &h) ||
        !one(&s, ':') || !digits(&s, 2, &m) || h > 23 || m > 59 || !take_seconds(&s, &sec, &ms)) {
        return false;
    }
    int zone = zone_minutes;
    if (one(&s, 'Z')) {
        zone = 0;
    } else if (s.len && !clock_parse_zone(s, &zone)) {
        return false;
    } else {
        s = STR("");
    }
    if (s.len) {
        return false;
    }
    *ret_ms = clock_day_start(day, zone) + (int64_t)h * CLOCK_HOUR + (int64_t)m * CLOCK_MINUTE +
              (int64_t)sec * 1000 + ms;
    return true;
}
