/* ical_duty.c - what is owed, as a calendar. */
#include "base/clock.h"
#include "connect/ical.h"
#include "engine/calendar.h"
#include "engine/duty.h"

static str title_of(const struct ctx *ctx, const struct duty_row *r)
{
    str title = duty_row_title(ctx, r);
    return r->about_name.len
               ? str_fmt(ctx->arena, "%.*s - %.*s", STR_ARG(title), STR_ARG(r->about_name))
               : title;
}

/* How it stands, who owes it, and the article. */
static str told_of(const struct ctx *ctx, const struct duty_row *r)
{
    const struct ddef *d = r->duty ? r->duty->newest : NULL;
    const struct state *s = tdef_state(ctx->model->duty_run->newest, duty_state_keys[r->state]);
    struct buf b = buf_make(ctx->arena, 4096);
    buf_put(&b, s ? words_in(s->words, ctx->lang) : duty_state_keys[r->state]);
    if (r->owners.len) {
        buf_put_c(&b, '\n');
        buf_put(&b, r->owners);
    }
    if (d) {
        buf_put_fmt(&b, "\n%.*s %.*s", STR_ARG(words_in(d->law->title, ctx->lang)),
                    STR_ARG(words_in(d->clause->no, ctx->lang)));
    }
    return buf_str(&b);
}

err ical_duties(const struct ctx *ctx, str public_url, str organisation, bool mine, str *ret)
{
    struct duty_ask ask = {.state = -1,
                           .mine = mine,
                           .from = ctx->now - ICAL_BACK_DAYS * (int64_t)CLOCK_DAY,
                           .limit = ICAL_MOST};
    struct duty_row *rows;
    size_t n;
    err e = duty_rows(ctx, &ask, &rows, &n);
    if (e.code) {
        return e;
    }
    struct buf b = buf_make(ctx->arena, 8 << 20);
    str own = words_in(WORDS("定期职责", "Duties"), ctx->lang);
    str whose = public_url.len ? public_url : organisation;
    ical_begin(&b, str_fmt(ctx->arena, "%.*s %.*s", STR_ARG(organisation), STR_ARG(own)));
    for (size_t i = 0; i < n; i++) {
        const struct duty_row *r = &rows[i];
        str at = str_fmt(ctx->arena, "/r/duty_run/%lld", (long long)r->id);
        struct ical_day d = {
            .uid = str_fmt(ctx->arena, "%lld@%.*s", (long long)r->id, STR_ARG(whose)),
            .day = calendar_day_of(ctx->model, r->due),
            .summary = title_of(ctx, r),
            .description = told_of(ctx, r),
            .url = public_url.len
                       ? str_fmt(ctx->arena, "%.*s%.*s", STR_ARG(public_url), STR_ARG(at))
                       : STR(""),
            .cancelled = r->state == DUTY_STATES - 1};
        ical_put(&b, &d, ctx->now);
    }
    ical_end(&b);
    *ret = buf_str(&b);
    return OK;
}
