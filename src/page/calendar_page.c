/* calendar_page.c - a month with what falls due on its days; working days are those of the
 * organisation's calendar. */
#include "page/calendar_page.h"

#include "base/arena.h"
#include "base/clock.h"
#include "engine/calendar.h"
#include "page/page.h"

#include "gen/calendar.html.h"

enum { YEAR_FIRST = 2000, YEAR_LAST = 2099, CELLS_MAX = 42 };

struct month {
    int year, month;
};

struct words calendar_weekday(int weekday)
{
    static const struct words names[] = {WORDS_INIT("周一", "Mon"), WORDS_INIT("周二", "Tue"),
                                         WORDS_INIT("周三", "Wed"), WORDS_INIT("周四", "Thu"),
                                         WORDS_INIT("周五", "Fri"), WORDS_INIT("周六", "Sat"),
                                         WORDS_INIT("周日", "Sun")};
    return names[weekday - 1];
}

static str month_key(const struct visit *v, struct month m)
{
    return m.year < YEAR_FIRST || m.year > YEAR_LAST
               ? STR("")
               : str_fmt(v->ctx.arena, "%04d-%02d", m.year, m.month);
}

static struct month month_beside(struct month m, int by)
{
    int at = m.year * 12 + m.month - 1 + by;
    return (struct month){at / 12, at % 12 + 1};
}

/* Of the address, else the one that runs. */
static struct month month_asked(struct visit *v)
{
    int64_t day;
    str asked = visit_param(v, STR("month"));
    struct clock_civil c = clock_civil_day(v->ctx.today);
    if (asked.len == 7 &&
        clock_parse_date(str_fmt(v->ctx.arena, "%.*s-01", STR_ARG(asked)), &day)) {
        struct clock_civil at = clock_civil_day(day);
        c = at.year >= YEAR_FIRST && at.year <= YEAR_LAST ? at : c;
    }
    return (struct month){c.year, c.month};
}

static str month_title(const struct visit *v, struct month m)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return v->ctx.lang == LANG_EN ? str_fmt(v->ctx.arena, "%s %d", names[m.month - 1], m.year)
                                  : str_fmt(v->ctx.arena, "%d年%d月", m.year, m.month);
}

/* The days of whole weeks, Monday first, that hold the month. */
static int64_t put_days(struct visit *v, struct month m, struct calendar_cell *cells, int *n)
{
    struct month next = month_beside(m, 1);
    int64_t first = clock_day(m.year, m.month, 1);
    int64_t end = clock_day(next.year, next.month, 1);
    int64_t from = first - (clock_civil_day(first).weekday - 1);
    *n = (int)((end - from + 6) / 7 * 7);
    for (int i = 0; i < *n; i++) {
        struct clock_civil c = clock_civil_day(from + i);
        cells[i] = (struct calendar_cell){.day = from + i,
                                          .date = clock_date(v->ctx.arena, from + i),
                                          .dom = c.day,
                                          .weekday = c.weekday,
                                          .inside = from + i >= first && from + i < end,
                                          .today = from + i == v->ctx.today};
    }
    return from;
}

/* The rows come in order of their days. */
static void put_cases(struct visit *v, struct calendar_page *p, struct calendar_cell *cells, int n,
                      const struct duty_row *rows, size_t nrows)
{
    struct duty_cases all = duty_cases_of(v, rows, nrows);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        size_t from = at;
        while (at < nrows && duty_day(v->model, rows[at].due) <= cells[i].day) {
            at++;
        }
        size_t first = at - from > CALENDAR_DAY ? CALENDAR_DAY : at - from;
        cells[i].cases = (struct duty_cases){all.ptr + from, first};
        cells[i].more = (struct duty_cases){all.ptr + from + first, at - from - first};
        p->owed += cells[i].inside ? at - from : 0;
    }
}

/* --- what is to come ------------------------------------------------------------------------ */

static str count_of(const struct visit *v, const struct duty_foreseen *f)
{
    bool en = v->ctx.lang == LANG_EN;
    str often = !f->often ? STR("") : en ? STR("several times") : STR("当日多次");
    struct arena *a = v->ctx.arena;
    if (!f->def->each) {
        return often;
    }
    str of = words_in(f->def->each->newest->title, v->ctx.lang);
    const char *least = !f->at_least ? "" : en ? "at least " : "至少 ";
    str n = str_fmt(a, en ? "%.*s: %s%lld" : "%.*s %s%lld 项", STR_ARG(of), least,
                    (long long)f->objects);
    return often.len ? str_fmt(a, en ? "%.*s, %.*s" : "%.*s，%.*s", STR_ARG(n), STR_ARG(often)) : n;
}

/* In order of their days. */
static void put_ahead(struct visit *v, struct calendar_page *p, struct calendar_cell *cells, int n,
                      const struct duty_foreseen *list, size_t len)
{
    struct calendar_ahead *all = arena_array(v->ctx.arena, struct calendar_ahead, len + 1);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        size_t from = at;
        for (; at < len && list[at].day <= cells[i].day; at++) {
            const struct duty_foreseen *f = &list[at];
            all[at] = (struct calendar_ahead){.key = f->def->duty->key,
                                              .title = words_in(f->def->words, v->ctx.lang),
                                              .owner = duty_owner_words(&v->ctx, f->def),
                                              .count = count_of(v, f)};
        }
        size_t first = at - from > CALENDAR_DAY ? CALENDAR_DAY : at - from;
        cells[i].ahead = (struct calendar_aheads){all + from, first};
        cells[i].ahead_more = (struct calendar_aheads){all + from + first, at - from - first};
        cells[i].rest = cells[i].more.len + cells[i].ahead_more.len;
        cells[i].idle = !cells[i].cases.len && !first;
        p->ahead += cells[i].inside ? at - from : 0;
    }
}

static err read_ahead(struct visit *v, struct calendar_page *p, struct calendar_cell *cells, int n,
                      const struct duty_foresight *q)
{
    struct duty_foreseen *list;
    size_t len;
    err e = duty_foresee_read(&v->ctx, q, &list, &len, &p->ahead_cut);
    if (!e.code) {
        put_ahead(v, p, cells, n, list, len);
    }
    int64_t last = v->ctx.today + DUTY_FORESEE_DAYS;
    p->until = cells[n - 1].day > last ? clock_date(v->ctx.arena, last) : STR("");
    return e;
}

static void put_weeks(struct visit *v, struct calendar_page *p, const struct calendar_cell *cells,
                      int n)
{
    struct calendar_week *weeks = arena_array(v->ctx.arena, struct calendar_week, CELLS_MAX / 7);
    for (int i = 0; i < n / 7; i++) {
        weeks[i] = (struct calendar_week){cells + 7 * (size_t)i, 7};
    }
    p->weeks.ptr = weeks;
    p->weeks.len = (size_t)n / 7;
}

static err put_month(struct visit *v, struct month m, struct calendar_page *p)
{
    struct calendar_cell *cells = arena_array(v->ctx.arena, struct calendar_cell, CELLS_MAX);
    bool worked[CELLS_MAX];
    int n;
    int64_t from = put_days(v, m, cells, &n);
    for (int i = 0; i < n; i++) { /* outside the calendar's years */
        worked[i] = cells[i].weekday <= 5;
    }
    struct calendar_days days = calendar_days_ask(&v->ctx, from, n);
    struct duty_foresight ahead = duty_foresee_ask(&v->ctx, from, from + n, p->mine);
    struct duty_ask ask = {.state = -1, /* what is due at midnight falls on the day before */
                           .mine = p->mine,
                           .from = calendar_day_start(v->model, from) + 1,
                           .to = calendar_day_start(v->model, from + n) + 1,
                           .limit = CALENDAR_MOST + 1};
    struct duty_row *rows;
    size_t nrows;
    err e = duty_rows(&v->ctx, &ask, &rows, &nrows);
    e = e.code ? e : calendar_days_read(&days, worked);
    if (e.code) {
        return e;
    }
    for (int i = 0; i < n; i++) {
        cells[i].worked = worked[i];
    }
    p->more = nrows > CALENDAR_MOST;
    put_cases(v, p, cells, n, rows, p->more ? CALENDAR_MOST : nrows);
    put_weeks(v, p, cells, n);
    return read_ahead(v, p, cells, n, &ahead);
}

void page_calendar(struct visit *v)
{
    struct month m = month_asked(v);
    struct calendar_page p = {.visit = v,
                              .month = month_key(v, m),
                              .before = month_key(v, month_beside(m, -1)),
                              .after = month_key(v, month_beside(m, 1)),
                              .title = month_title(v, m),
                              .mine = str_eq(visit_param(v, STR("show")), STR("mine"))};
    err e = put_month(v, m, &p);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, frame_title(v, WORDS("日历", "Calendar"), p.title), STR("duties"));
    calendar_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
