/* duty_time.c - when the periods of a duty begin, end and are due. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/duty_int.h"

enum { STEPS_MAX = 1000, LEAST_MS = 60000 };

/* --- periods of the calendar --------------------------------------------------------------- */

static int months_of(enum duty_every every)
{
    switch (every) {
    case EVERY_MONTH:
        return 1;
    case EVERY_QUARTER:
        return 3;
    case EVERY_HALF_YEAR:
        return 6;
    case EVERY_YEAR:
        return 12;
    case EVERY_LENGTH:
    case EVERY_WEEK:
    case EVERY_ONCE:
        break;
    }
    return 0;
}

/* The day on which the period that holds `day` begins, and the one after it. */
static void around(enum duty_every every, int64_t day, int64_t *begins, int64_t *next)
{
    struct clock_civil c = clock_civil_day(day);
    if (every == EVERY_WEEK) {
        *begins = day - (c.weekday - 1);
        *next = *begins + 7;
        return;
    }
    int n = months_of(every);
    int month = (c.month - 1) / n * n;
    *begins = clock_day(c.year, month + 1, 1);
    int after = month + n;
    *next = clock_day(c.year + after / 12, after % 12 + 1, 1);
}

/* The period after `last`; the first is the first whole one after `since`.  A rhythm that a
 * new version has changed goes on where the old one ended. */
static struct duty_period by_calendar(const struct ctx *ctx, const struct ddef *d,
                                      const struct duty_object *o, int64_t last)
{
    int64_t begins;
    int64_t next;
    around(d->every, calendar_day_of(ctx->model, last ? last : o->since), &begins, &next);
    struct duty_period p = {.begins = calendar_day_start(ctx->model, begins),
                            .ends = calendar_day_start(ctx->model, next)};
    if (last) {
        p.begins = last;
    } else if (p.begins < o->since) {
        around(d->every, next, &begins, &next);
        p.begins = calendar_day_start(ctx->model, begins);
        p.ends = calendar_day_start(ctx->model, next);
    }
    return p;
}

/* --- lengths -------------------------------------------------------------------------------- */

static bool by_days(enum vkind k)
{
    return k == V_DAYS || k == V_MONTHS || k == V_WORKDAYS;
}

/* `n` after `from`.  Of days, months and working days the end of the last one; a midnight is
 * the end of the day before, so that a period that begins with a day counts that day. */
static err after(const struct ctx *ctx, int64_t from, enum vkind k, int64_t n, int64_t *ret)
{
    bool midnight = calendar_day_start(ctx->model, calendar_day_of(ctx->model, from)) == from;
    return calendar_due(ctx, by_days(k) && midnight ? from - 1 : from, k, n, ret);
}

static err by_length(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                     int64_t last, struct duty_period *ret)
{
    enum vkind k = d->length.type.kind;
    int64_t from = last ? last : o->since;
    if (!last && by_days(k)) {
        int64_t day = calendar_day_of(ctx->model, from);
        int64_t start = calendar_day_start(ctx->model, day);
        from = start == from ? from : calendar_day_start(ctx->model, day + 1);
    }
    *ret = (struct duty_period){.begins = from, .ends = from};
    err e = after(ctx, from, k, o->length, &ret->ends);
    if (!e.code && ret->ends < from + LEAST_MS) {
        ret->ends = from + LEAST_MS;
    }
    return e;
}

err duty_period_after(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                      int64_t last, struct duty_period *ret)
{
    if (d->every != EVERY_LENGTH) {
        *ret = by_calendar(ctx, d, o, last);
        return OK;
    }
    return by_length(ctx, d, o, last, ret);
}

/* --- due ------------------------------------------------------------------------------------ */

/* `due` and `grace` of a period, as the definition says them. */
static err ask_due(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                   const struct duty_period *p, struct rows *r)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select ");
    if (d->due.tree) {
        sqlb_sql(&b, d->due.value);
    } else {
        SQLB_LIT(&b, "null");
    }
    SQLB_LIT(&b, ", ");
    if (d->grace.tree) {
        sqlb_sql(&b, d->grace.value);
    } else {
        SQLB_LIT(&b, "null");
    }
    SQLB_LIT(&b, " from (select cast($4 as bigint) as f_begins, cast($5 as bigint) as f_ends,"
                 " cast($6 as bigint) as f_about) r");
    if (d->each) {
        SQLB_LIT(&b, ", ");
        duty_put_object(&b, d, 6);
    }
    struct db_arg more[] = {db_i64(p->begins), db_i64(p->ends), db_i64(o->id)};
    return db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, more, 3), r);
}

err duty_reckon(const struct ctx *ctx, const struct ddef *d, const struct duty_said *said,
                struct duty_period *p)
{
    err e = OK;
    p->due = p->ends;
    if (said->has_due && d->due_moment) {
        p->due =
            d->due.type.kind == V_DATE ? calendar_day_start(ctx->model, said->due + 1) : said->due;
    } else if (said->has_due) {
        int64_t from = d->creates || d->every == EVERY_ONCE ? p->begins : p->ends;
        e = after(ctx, from, d->due.type.kind, said->due, &p->due);
    }
    p->closes = p->due;
    if (said->has_grace && !e.code) {
        e = after(ctx, p->due, d->grace.type.kind, said->grace, &p->closes);
    }
    if (d->every == EVERY_ONCE) {
        p->ends = p->due > p->begins ? p->due : p->begins;
    }
    return e;
}

static err put_due(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                   struct duty_period *p)
{
    struct rows r;
    struct duty_said said = {0};
    err e = d->due.tree || d->grace.tree ? ask_due(ctx, d, o, p, &r) : OK;
    if (!e.code && (d->due.tree || d->grace.tree) && rows_next(&r)) {
        said = (struct duty_said){.has_due = !rows_null(&r, 0),
                                  .due = rows_i64(&r, 0),
                                  .has_grace = !rows_null(&r, 1),
                                  .grace = rows_i64(&r, 1)};
    }
    return e.code ? e : duty_reckon(ctx, d, &said, p);
}

int64_t duty_next_begin(const struct ctx *ctx, const struct ddef *d)
{
    int64_t begins;
    int64_t next;
    if (d->every == EVERY_LENGTH || d->every == EVERY_ONCE) {
        return 0;
    }
    around(d->every, ctx->today, &begins, &next);
    return calendar_day_start(ctx->model, next);
}

int64_t duty_day(const struct model *m, int64_t due)
{
    return calendar_day_of(m, due - 1);
}

/* --- the next one --------------------------------------------------------------------------- */

int64_t duty_step_over(const struct ddef *d, const struct duty_object *o, int64_t at, int64_t to)
{
    bool plain = d->every == EVERY_LENGTH && d->length.type.kind == V_DURATION;
    int64_t length = o->length < LEAST_MS ? LEAST_MS : o->length;
    return plain && at < to ? at + (to - at + length - 1) / length * length : at;
}

/* Of periods that a stop has left behind, how many lie before the last DUTY_CATCH_UP: each is
 * walked over, or, where all are of one length, reckoned. */
static err pass_over(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                     int64_t *last, int64_t *skipped)
{
    int64_t ends[DUTY_CATCH_UP + 1];
    size_t n = 0;
    int64_t at = *last;
    bool plain = d->every == EVERY_LENGTH && d->length.type.kind == V_DURATION;
    if (plain && at && o->length >= LEAST_MS) {
        int64_t behind = (ctx->now - at) / o->length;
        *skipped = behind > DUTY_CATCH_UP ? behind - DUTY_CATCH_UP : 0;
        *last = at + *skipped * o->length;
        return OK;
    }
    for (int i = 0; i < STEPS_MAX; i++) {
        struct duty_period p;
        err e = duty_period_after(ctx, d, o, at, &p);
        if (e.code || p.ends > ctx->now) {
            return e;
        }
        ends[n++ % (DUTY_CATCH_UP + 1)] = at = p.ends;
        if (n > DUTY_CATCH_UP) { /* this one and the DUTY_CATCH_UP - 1 before stay */
            *last = ends[(n - DUTY_CATCH_UP - 1) % (DUTY_CATCH_UP + 1)];
            *skipped = (int64_t)n - DUTY_CATCH_UP;
        }
    }
    return OK;
}

err duty_period(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                struct duty_period *ret)
{
    int64_t last = o->last;
    int64_t skipped = 0;
    *ret = (struct duty_period){0};
    if (d->every == EVERY_ONCE) {
        *ret = (struct duty_period){.begins = o->length, .ends = o->length};
        err e = put_due(ctx, d, o, ret);
        ret->any = !e.code && ret->begins <= ctx->now && ret->due >= o->since;
        return e;
    }
    if (d->every == EVERY_LENGTH && o->length <= 0) {
        return OK;
    }
    err e = pass_over(ctx, d, o, &last, &skipped);
    e = e.code ? e : duty_period_after(ctx, d, o, last, ret);
    if (e.code || ret->begins > ctx->now) {
        ret->any = false;
        return e;
    }
    ret->skipped = skipped;
    ret->any = true;
    return put_due(ctx, d, o, ret);
}
