/* ical_duty.c - what is owed, as a calendar. */
#include "base/clock.h"
#include "connect/ical.h"
#include "engine/duty.h"

static str title_of(const struct ctx *ctx, const struct duty_row *r)
{
    str title = duty_row_title(ctx, r);
    return r->about_name.len
               ? str_fmt(ctx->arena, "%.*s - %.*s", STR_ARG(title), STR_ARG(r->about_name))
               : title;
}

static void put_article(struct buf *b, const struct ctx *ctx, const struct ddef *d)
{
    buf_put_fmt(b, "\n%.*s %.*s", STR_ARG(words_in(d->law->title, ctx->lang)),
                STR_ARG(words_in(d->clause->no, ctx->lang)));
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
        put_article(&b, ctx, d);
    }
    return buf_str(&b);
}

static str address(const struct ctx *ctx, str public_url, str path)
{
    return public_url.len ? str_fmt(ctx->arena, "%.*s%.*s", STR_ARG(public_url), STR_ARG(path))
                          : STR("");
}

static void put_row(struct buf *b, const struct ctx *ctx, const struct duty_row *r, str public_url,
                    str whose)
{
    str at = str_fmt(ctx->arena, "/r/duty_run/%lld", (long long)r->id);
    struct ical_day d = {.uid = str_fmt(ctx->arena, "%lld@%.*s", (long long)r->id, STR_ARG(whose)),
                         .day = duty_day(ctx->model, r->due),
                         .summary = title_of(ctx, r),
                         .description = told_of(ctx, r),
                         .url = address(ctx, public_url, at),
                         .cancelled = r->state == DUTY_STATES - 1};
    ical_put(b, &d, ctx->now);
}

/* What is foreseen of one duty on a day. */
static void put_ahead(struct buf *b, const struct ctx *ctx, const struct duty_foreseen *f,
                      str public_url, str whose)
{
    const struct ddef *def = f->def;
    struct arena *a = ctx->arena;
    str key = def->duty->key;
    str title = words_in(def->words, ctx->lang);
    str said = words_in(WORDS("预计", "foreseen"), ctx->lang);
    struct buf told = buf_make(a, 4096);
    buf_put_fmt(&told, "%.*s\n%.*s", STR_ARG(said), STR_ARG(duty_owner_words(ctx, def)));
    if (def->each) {
        buf_put_fmt(&told, "\n%.*s: %s%lld", STR_ARG(words_in(def->each->newest->title, ctx->lang)),
                    f->at_least ? ">= " : "", (long long)f->objects);
    }
    put_article(&told, ctx, def);
    struct ical_day d = {
        .uid = str_fmt(a, "%.*s-%lld@%.*s", STR_ARG(key), (long long)f->day, STR_ARG(whose)),
        .day = f->day,
        .summary = str_fmt(a, ctx->lang == LANG_EN ? "%.*s: %.*s" : "%.*s：%.*s", STR_ARG(said),
                           STR_ARG(title)),
        .description = buf_str(&told),
        .url = address(ctx, public_url, str_fmt(a, "/duties/%.*s", STR_ARG(key))),
        .tentative = true};
    ical_put(b, &d, ctx->now);
}

/* What is not in it, of what is: an entry of today, so that whoever looks sees it. */
static void put_left(struct buf *b, const struct ctx *ctx, const struct duty_row *last, bool ahead,
                     bool mine, str public_url, str whose)
{
    struct arena *a = ctx->arena;
    bool en = ctx->lang == LANG_EN;
    struct buf told = buf_make(a, 4096);
    if (last) {
        str day = clock_date(a, duty_day(ctx->model, last->due));
        buf_put_fmt(&told,
                    en ? "Duty records: only the first %d are in this calendar, those due until "
                         "%.*s.\n"
                       : "履职记录只列入前 %d 项，到 %.*s 为止。\n",
                    ICAL_MOST, STR_ARG(day));
    }
    if (ahead) {
        buf_put(&told, en ? STR("Not all that is foreseen is in it: there is too much to reckon.\n")
                          : STR("预计的没有列全：要推算的太多。\n"));
    }
    buf_put(&told, en ? STR("See the calendar of the system") : STR("请看系统中的日历"));
    if (!mine) {
        buf_put(&told, en ? STR(", or subscribe to your own alone: ?mine=true")
                          : STR("，或只订阅本人的：?mine=true"));
    }
    buf_put(&told, en ? STR(".") : STR("。"));
    struct ical_day d = {.uid = str_fmt(a, "left-out@%.*s", STR_ARG(whose)),
                         .day = ctx->today,
                         .summary = en ? STR("This calendar of duties is not complete")
                                       : STR("定期职责日历没有列全"),
                         .description = buf_str(&told),
                         .url = address(ctx, public_url, STR("/calendar"))};
    ical_put(b, &d, ctx->now);
}

err ical_duties(const struct ctx *ctx, str public_url, str organisation, bool mine, str *ret)
{
    struct duty_foresight q =
        duty_foresee_ask(ctx, ctx->today, ctx->today + ICAL_AHEAD_DAYS + 1, mine);
    struct duty_ask ask = {.state = -1,
                           .mine = mine,
                           .from = ctx->now - ICAL_BACK_DAYS * (int64_t)CLOCK_DAY,
                           .limit = ICAL_MOST + 1};
    struct duty_row *rows;
    struct duty_foreseen *ahead;
    size_t n;
    size_t nahead;
    bool more;
    err e = duty_rows(ctx, &ask, &rows, &n);
    e = e.code ? e : duty_foresee_read(ctx, &q, &ahead, &nahead, &more);
    if (e.code) {
        return e;
    }
    bool cut = n > ICAL_MOST;
    n = cut ? ICAL_MOST : n;
    struct buf b = buf_make(ctx->arena, 8 << 20);
    str own = words_in(WORDS("定期职责", "Duties"), ctx->lang);
    str whose = public_url.len ? public_url : organisation;
    ical_begin(&b, str_fmt(ctx->arena, "%.*s %.*s", STR_ARG(organisation), STR_ARG(own)));
    if (cut || more) {
        put_left(&b, ctx, cut ? &rows[n - 1] : NULL, more, mine, public_url, whose);
    }
    for (size_t i = 0; i < n; i++) {
        put_row(&b, ctx, &rows[i], public_url, whose);
    }
    for (size_t i = 0; i < nahead; i++) {
        put_ahead(&b, ctx, &ahead[i], public_url, whose);
    }
    ical_end(&b);
    *ret = buf_str(&b);
    return OK;
}
