/* trend.c - days of controls as bars. */
#include "page/trend.h"

#include "base/arena.h"
#include "base/clock.h"
#include "page/control_page.h"

enum { DAY_WIDTH = TREND_WIDTH / HISTORY_CHART, LEAST = 3 };

str trend_length(const struct visit *v, int64_t ms)
{
    bool en = v->ctx.lang == LANG_EN;
    long long minutes = ms / 60000;
    long long days = minutes / 1440;
    long long hours = minutes / 60 % 24;
    if (days) {
        return str_fmt(v->ctx.arena, en ? "%lld d %lld h" : "%lld 天 %lld 小时", days, hours);
    }
    if (hours) {
        return str_fmt(v->ctx.arena, en ? "%lld h %lld min" : "%lld 小时 %lld 分钟", hours,
                       minutes % 60);
    }
    return str_fmt(v->ctx.arena, en ? "%lld min" : "%lld 分钟", minutes);
}

static int64_t value_of(const struct trend *t, const struct control_day *d)
{
    return t->all ? d->good : d->counts.violation;
}

static void put_days(struct trend *t, const struct control_day *days, size_t n)
{
    struct arena *a = t->visit->ctx.arena;
    struct trend_bar *bars = arena_array(a, struct trend_bar, n + 1);
    struct trend_row *rows = arena_array(a, struct trend_row, n + 1);
    int64_t begin = t->visit->ctx.today - HISTORY_CHART + 1;
    for (size_t i = 0; i < n; i++) {
        const struct control_day *d = &days[i];
        int64_t of = t->all ? d->controls : d->counts.n;
        int64_t height = t->most > 0 ? value_of(t, d) * TREND_HEIGHT / t->most : 0;
        height = height < LEAST ? LEAST : height;
        str class = t->all && d->good == d->controls ? STR("good") : control_class(d->state);
        str day = clock_date(a, d->day);
        bars[i] = (struct trend_bar){.x = (d->day - begin) * DAY_WIDTH,
                                     .y = TREND_HEIGHT - height,
                                     .height = height,
                                     .class = class,
                                     .title = str_fmt(a, "%.*s: %lld / %lld", STR_ARG(day),
                                                      (long long)value_of(t, d), (long long)of)};
        rows[n - 1 - i] = (struct trend_row){
            .day = day, .state = d->state, .class = class, .first = value_of(t, d), .of = of};
    }
    t->bars.ptr = bars;
    t->bars.len = n;
    t->rows.ptr = rows;
    t->rows.len = n;
}

struct trend trend_of(const struct visit *v, bool all, const struct control_day *days, size_t n)
{
    struct trend t = {.visit = v, .all = all};
    for (size_t i = 0; i < n; i++) {
        int64_t most = all ? days[i].controls : days[i].counts.violation;
        t.most = most > t.most ? most : t.most;
    }
    t.from = clock_date(v->ctx.arena, v->ctx.today - HISTORY_CHART + 1);
    t.to = clock_date(v->ctx.arena, v->ctx.today);
    t.words = words_in(all ? WORDS("最近 90 天，每天有多少控制点符合；数字见下表",
                                   "The last 90 days: how many controls were kept each day; the "
                                   "figures stand in the table below")
                           : WORDS("最近 90 天，每天有多少条不符合；数字见下表",
                                   "The last 90 days: how many records did not hold each day; the "
                                   "figures stand in the table below"),
                       v->ctx.lang);
    put_days(&t, days, n);
    return t;
}
