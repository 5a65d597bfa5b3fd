#include "engine/calendar_held.h"

#include "engine/calendar.h"
#include "engine/engine_int.h"

#include <string.h>

enum { DAYS_MAX = 60000, SPANS_MAX = 400000, HELD_BYTES = 32 << 20 };

static void read_days(struct calendar_held *c, struct arena *a, struct rows *r)
{
    c->ndays = 0;
    c->workdays = arena_array(a, int64_t, (size_t)rows_count(r) + 1);
    while (rows_next(r)) {
        if (c->ndays == 0) {
            c->first_day = rows_i64(r, 0);
        }
        c->workdays[c->ndays++] = rows_i64(r, 1);
    }
}

static void read_spans(struct calendar_held *c, struct arena *a, struct rows *r)
{
    c->nspans = 0;
    c->spans = arena_array(a, struct held_span, (size_t)rows_count(r) + 1);
    while (rows_next(r)) {
        c->spans[c->nspans++] = (struct held_span){rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2)};
    }
}

static void end_arena(void *arg)
{
    arena_end(arg);
}

/* Where memory ends, it ends where the act's does; what is held is then read again. */
static err read_again(const struct ctx *ctx, struct calendar_held *c)
{
    struct arena *side = arena_new(ctx->arena, struct arena);
    arena_defer(ctx->arena, end_arena, side);
    *side = arena_make(HELD_BYTES);
    side->full = c->arena.full = ctx->arena->full;
    side->full_arg = c->arena.full_arg = ctx->arena->full_arg;
    struct batch *b = batch_begin(ctx->db, side);
    int days = batch_add(b, SQL("select day, workday from calendar order by day"), NO_ARGS);
    int spans = batch_add(
        b, SQL("select start_ms, end_ms, before_ms from calendar_span order by start_ms"), NO_ARGS);
    batch_max_rows(b, days, DAYS_MAX);
    batch_max_rows(b, spans, SPANS_MAX);
    err e = batch_run(b);
    if (!e.code) {
        c->stamp = STR(""); /* it lies in what is given back now */
        arena_reset(&c->arena);
        struct rows r = batch_rows(b, days);
        read_days(c, &c->arena, &r);
        r = batch_rows(b, spans);
        read_spans(c, &c->arena, &r);
        c->stamp = str_copy(&c->arena, str_from(c->known));
        c->good = true;
    }
    c->arena.full = NULL;
    e.detail = str_copy(ctx->arena, e.detail);
    arena_end(side);
    return e;
}

void calendar_make(struct engine *e)
{
    e->calendar = arena_new(e->life, struct calendar_held);
    e->calendar->arena = arena_make(HELD_BYTES);
}

err calendar_hold(const struct ctx *ctx, const struct calendar_held **ret)
{
    *ret = ctx->calendar;
    if (ctx->calendar || !ctx->writer) {
        return OK;
    }
    struct calendar_held *c = ctx->engine->calendar;
    err e = c->good ? OK : read_again(ctx, c);
    *ret = e.code ? NULL : c;
    return e;
}

struct calendar_asked calendar_hold_ask(const struct ctx *ctx, int64_t first, int64_t n)
{
    const struct model *m = ctx->model;
    struct calendar_asked q = {.b = batch_begin(ctx->db, ctx->arena)};
    q.days = batch_add(q.b,
                       SQL("select day, workday from calendar where day >= $1 and day < $2"
                           " order by day"),
                       ARGS(db_i64(first), db_i64(first + n)));
    q.spans = batch_add(
        q.b,
        SQL("select start_ms, end_ms, before_ms from calendar_span"
            " where start_ms >= $1 and start_ms < $2 order by start_ms"),
        ARGS(db_i64(calendar_day_start(m, first)), db_i64(calendar_day_start(m, first + n))));
    batch_max_rows(q.b, q.days, DAYS_MAX);
    batch_max_rows(q.b, q.spans, SPANS_MAX);
    batch_ride(q.b);
    return q;
}

err calendar_hold_read(const struct ctx *ctx, const struct calendar_asked *q,
                       const struct calendar_held **ret)
{
    struct calendar_held *c = arena_new(ctx->arena, struct calendar_held);
    err e = batch_join(q->b);
    if (!e.code) {
        struct rows r = batch_rows(q->b, q->days);
        read_days(c, ctx->arena, &r);
        r = batch_rows(q->b, q->spans);
        read_spans(c, ctx->arena, &r);
    }
    *ret = c;
    return e;
}

err calendar_stamp(const struct ctx *ctx)
{
    ctx->engine->calendar->good = false;
    ctx->engine->calendar->known[0] = '\0';
    str stamp = str_fmt(ctx->arena, "%lld", (long long)engine_id(ctx->engine, ctx->now));
    return db_exec(ctx->db, ctx->arena,
                   SQL("insert into installation(key, value) values ('calendar', $1)"
                       " on conflict (key) do update set value = excluded.value"),
                   ARGS(db_text(stamp)));
}

void calendar_group(struct engine *e, str stamp)
{
    struct calendar_held *c = e->calendar;
    size_t n = stamp.len < sizeof(c->known) ? stamp.len : 0;
    memcpy(c->known, stamp.ptr ? stamp.ptr : "", n);
    c->known[n] = '\0';
    c->good = n > 0 && str_eq(c->stamp, stamp);
}

void calendar_doubt(struct engine *e)
{
    e->calendar->good = false;
    e->calendar->stamp = STR("");
}

void calendar_drop(struct engine *e)
{
    if (e->calendar) {
        arena_end(&e->calendar->arena);
        e->calendar = NULL;
    }
}

/* --- looking things up -------------------------------------------------------------- */

int64_t held_span_at(const struct calendar_held *c, int64_t at)
{
    int64_t lo = 0;
    int64_t hi = c->nspans;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (c->spans[mid].start <= at) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo - 1;
}

int64_t held_span_before(const struct calendar_held *c, int64_t ms, bool or_equal)
{
    int64_t lo = 0;
    int64_t hi = c->nspans;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (c->spans[mid].before < ms || (or_equal && c->spans[mid].before == ms)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo - 1;
}

bool held_workday(const struct calendar_held *c, int64_t number, int64_t *ret)
{
    int64_t lo = 0;
    int64_t hi = c->ndays;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (c->workdays[mid] < number) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == c->ndays || c->workdays[lo] != number) {
        return false;
    }
    *ret = c->first_day + lo;
    return true;
}
