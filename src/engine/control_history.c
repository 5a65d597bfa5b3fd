/* control_history.c - intervals, days, and what was not tested. */
#include "engine/control_history.h"

#include "engine/compliance.h"
#include "engine/engine_int.h"

enum { PRUNE_ROWS = 20000 };
#define DAY_MS (INT64_C(86400000))

/* --- written ------------------------------------------------------------------------------- */

err control_history_end(const struct ctx *ctx, const struct control *c, int64_t record,
                        const struct control_over *over)
{
    return db_queue(ctx->db, ctx->arena,
                    SQL("insert into control_interval(control, record, kind, from_ms, from_seq,"
                        " to_ms, to_seq) values ($1, $2, $3, $4, $5, $6, $7)"),
                    ARGS(db_i64(c->code), db_i64(record), db_i64(over->kind), db_i64(over->from),
                         db_i64(over->from_seq),
                         db_i64(ctx->now > over->from ? ctx->now : over->from),
                         db_i64(over->to_seq)));
}

struct stale_span {
    int64_t control, from;
};
struct history_job {
    struct writer_job job;
    const struct control_result *results;
    size_t n;
    const struct stale_span *spans;
    size_t nspans;
    int64_t now, day, keep_days;
};

static err stale_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct history_job *j = (const struct history_job *)job;
    err e = OK;
    (void)world;
    for (size_t i = 0; i < j->nspans && !e.code; i++) {
        e = db_queue(db, a,
                     SQL("insert into control_untested(control, kind, from_ms, to_ms)"
                         " values ($1, $2, $3, $4) on conflict (control, kind, from_ms)"
                         " do update set to_ms = excluded.to_ms"),
                     ARGS(db_i64(j->spans[i].control), db_i64(HISTORY_STALE),
                          db_i64(j->spans[i].from), db_i64(j->now)));
    }
    return e.code ? e : db_flush(db, a);
}

static int64_t stale_since(const struct control_result *r)
{
    return r->as_of + (r->def->max_age_ms ? r->def->max_age_ms : CONTROL_AGE_MS);
}

err control_history_stale(struct engine *e, struct db *db, struct arena *a, int64_t now)
{
    const struct model *m = engine_model(e);
    struct ctx ctx = ctx_make(e, m, db, a, now, 0, LANG_ZH);
    struct control_result *list;
    size_t n = 0;
    err x = control_results(&ctx, &list, &n);
    struct stale_span *spans = arena_array(a, struct stale_span, (x.code ? 0 : n) + 1);
    struct history_job j = {.job = {.run = stale_run}, .spans = spans, .now = now};
    for (size_t i = 0; i < n && !x.code; i++) {
        const struct control_result *r = &list[i];
        if (!r->def->manual && r->judged && r->as_of > 0 && stale_since(r) < now) {
            spans[j.nspans++] = (struct stale_span){r->control->code, stale_since(r)};
        }
    }
    x = x.code || !j.nspans ? x : engine_run(e, &j.job);
    engine_release(e, m);
    return x;
}

static err put_day(struct db *db, struct arena *a, int64_t day, int64_t control,
                   const struct control_day *d)
{
    const struct control_counts *c = &d->counts;
    return db_queue(
        db, a,
        SQL("insert into control_day(day, control, state, controls, good, n, ok, violation,"
            " in_grace, waived, unknown) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " on conflict (control, day) do update set state = excluded.state,"
            " controls = excluded.controls, good = excluded.good, n = excluded.n,"
            " ok = excluded.ok, violation = excluded.violation, in_grace = excluded.in_grace,"
            " waived = excluded.waived, unknown = excluded.unknown"),
        ARGS(db_i64(day), db_i64(control), db_i64(d->state), db_i64(d->controls), db_i64(d->good),
             db_i64(c->n), db_i64(c->ok), db_i64(c->violation), db_i64(c->in_grace),
             db_i64(c->waived), db_i64(c->unknown)));
}

static void day_add(struct control_day *to, const struct control_day *d)
{
    to->controls += d->controls;
    to->good += d->good;
    to->counts.n += d->counts.n;
    to->counts.ok += d->counts.ok;
    to->counts.violation += d->counts.violation;
    to->counts.in_grace += d->counts.in_grace;
    to->counts.waived += d->counts.waived;
    to->counts.unknown += d->counts.unknown;
}

/* Errors that begin and end, by what stands in control_result. */
static err put_errors(struct db *db, struct arena *a, int64_t now)
{
    err e = db_queue(db, a,
                     SQL("update control_untested set to_ms = $1 where kind = $2"
                         " and to_ms is null and control in"
                         " (select control from control_result where trouble = '')"),
                     ARGS(db_i64(now), db_i64(HISTORY_ERROR)));
    return e.code ? e
                  : db_queue(db, a,
                             SQL("insert into control_untested(control, kind, from_ms, to_ms)"
                                 " select r.control, cast($2 as bigint), cast($1 as bigint), null"
                                 " from control_result r where r.trouble <> '' and not exists"
                                 " (select 1 from control_untested u where u.control = r.control"
                                 " and u.kind = $2 and u.to_ms is null)"),
                             ARGS(db_i64(now), db_i64(HISTORY_ERROR)));
}

/* A bounded piece of each; the next look takes the next. */
static err prune(struct db *db, struct arena *a, const struct history_job *j)
{
    int64_t before = j->now - j->keep_days * DAY_MS;
    err e = db_queue(db, a,
                     SQL("delete from control_interval where to_ms < coalesce((select to_ms + 1"
                         " from control_interval where to_ms < $1 order by to_ms"
                         " limit 1 offset $2), $1)"),
                     ARGS(db_i64(before), db_i64(PRUNE_ROWS)));
    e = e.code ? e
               : db_queue(db, a, SQL("delete from control_untested where to_ms < $1"),
                          ARGS(db_i64(before)));
    return e.code ? e
                  : db_queue(db, a, SQL("delete from control_day where day < $1"),
                             ARGS(db_i64(j->day - j->keep_days)));
}

static err keep_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct history_job *j = (const struct history_job *)job;
    struct control_day all = {0};
    const struct control_result *worst = NULL;
    err e = OK;
    (void)world;
    for (size_t i = 0; i < j->n && !e.code; i++) {
        const struct control_result *r = &j->results[i];
        const struct control_day one = {.state = r->state,
                                        .controls = 1,
                                        .good = control_state_good(r->state),
                                        .counts = r->counts};
        worst = !worst || control_rank(r) < control_rank(worst) ? r : worst;
        day_add(&all, &one);
        e = put_day(db, a, j->day, r->control->code, &one);
    }
    if (!e.code && worst) {
        all.state = worst->state;
        e = put_day(db, a, j->day, HISTORY_ALL, &all);
    }
    e = e.code ? e : put_errors(db, a, j->now);
    e = e.code ? e : prune(db, a, j);
    return e.code ? e : db_flush(db, a);
}

err control_history_keep(struct engine *e, struct db *db, struct arena *a, int64_t now)
{
    const struct model *m = engine_model(e);
    struct ctx ctx = ctx_make(e, m, db, a, now, 0, LANG_ZH);
    struct control_result *list = NULL;
    struct history_job j = {
        .job = {.run = keep_run}, .now = now, .day = ctx.today, .keep_days = HISTORY_DAYS};
    err x = control_results(&ctx, &list, &j.n);
    j.results = list;
    x = x.code ? x : engine_run(e, &j.job);
    engine_release(e, m);
    return x;
}

/* --- read ------------------------------------------------------------------------------------ */

/* Of the control $3; ALL: $3 is -1, each that has any.  Two texts, for to choose while it is read
 * takes the index of controls away. */
#define ONE "control = $3"
#define ALL "$3 < 0"
/* $1 from, $2 to. */
#define BROKEN(OF)                                                                                \
    "with piece as (select control, record, from_ms, to_ms, 0 as still from control_interval"     \
    " where kind = 1 and to_ms > $1 and from_ms < $2 and from_ms < to_ms"                         \
    " and " OF " union all select control, record, since, cast($2 as bigint), 1 from control_row" \
    " where verdict >= 3 and since < $2 and " OF "),"                                             \
    " subject as (select control, record, max(still) as still,"                                   \
    " sum((case when to_ms < $2 then to_ms else $2 end)"                                          \
    " - (case when from_ms > $1 then from_ms else $1 end)) as ms from piece"                      \
    " group by control, record),"                                                                 \
    " ranked as (select control, still, ms, row_number() over (partition by control order by ms)" \
    " as k, count(*) over (partition by control) as n from subject)"                              \
    " select control, max(n), sum(still), max(ms), max(case when k = (n + 1) / 2 then ms end),"   \
    " max(case when k = n / 2 + 1 then ms end) from ranked group by control"

#define UNTESTED                                                                            \
    "select control, kind, sum((case when coalesce(to_ms, $2) < $2 then to_ms else $2 end)" \
    " - (case when from_ms > $1 then from_ms else $1 end)) from control_untested"           \
    " where coalesce(to_ms, $2) > $1 and from_ms < $2 and ($3 < 0 or control = $3)"         \
    " group by control, kind"

#define POPULATION                                                                  \
    "select control, min(n), max(n) from control_day where day >= $1 and day <= $2" \
    " and control >= 0 and ($3 < 0 or control = $3) group by control"

#define DAYS                                                                         \
    "select day, state, controls, good, n, ok, violation, in_grace, waived, unknown" \
    " from control_day where control = $1 and day > $2 and day <= $3 order by day"

static struct control_period *period_of(struct control_period *list, const struct model *m,
                                        const struct rows *r)
{
    const struct control *c = model_control_at(m, rows_i64(r, 0));
    return c ? &list[c->code] : NULL;
}

static void broken_take(struct control_period *list, const struct model *m, struct rows r)
{
    while (rows_next(&r)) {
        struct control_period *p = period_of(list, m, &r);
        if (p) {
            p->subjects = rows_i64(&r, 1);
            p->still = rows_i64(&r, 2);
            p->most_ms = rows_i64(&r, 3);
            p->median_ms = (rows_i64(&r, 4) + rows_i64(&r, 5)) / 2;
        }
    }
}

static void untested_take(struct control_period *list, const struct model *m, struct rows r)
{
    while (rows_next(&r)) {
        struct control_period *p = period_of(list, m, &r);
        if (p && rows_i64(&r, 1) == HISTORY_STALE) {
            p->stale_ms = rows_i64(&r, 2);
        } else if (p) {
            p->error_ms = rows_i64(&r, 2);
        }
    }
}

static void population_take(struct control_period *list, const struct model *m, struct rows r)
{
    while (rows_next(&r)) {
        struct control_period *p = period_of(list, m, &r);
        if (p) {
            p->least = rows_i64(&r, 1);
            p->most = rows_i64(&r, 2);
        }
    }
}

static struct control_look look_begin(const struct ctx *ctx, int64_t code, int64_t from, int64_t to)
{
    int64_t zone = (int64_t)ctx->model->zone_minutes * 60000;
    to = to > ctx->now ? ctx->now : to;
    struct control_look l = {
        .batch = batch_begin(ctx->db, ctx->arena), .from = from, .to = to, .code = code};
    struct batch *b = l.batch;
    l.broken = batch_add(b, code < 0 ? SQL(BROKEN(ALL)) : SQL(BROKEN(ONE)),
                         ARGS(db_i64(from), db_i64(to), db_i64(code)));
    l.untested = batch_add(b, SQL(UNTESTED), ARGS(db_i64(from), db_i64(to), db_i64(code)));
    l.population = batch_add(
        b, SQL(POPULATION),
        ARGS(db_i64((from + zone) / DAY_MS), db_i64((to - 1 + zone) / DAY_MS), db_i64(code)));
    l.days = batch_add(b, SQL(DAYS),
                       ARGS(db_i64(code), db_i64(ctx->today - HISTORY_CHART), db_i64(ctx->today)));
    return l;
}

/* By code of the control. */
static struct control_period *look_read(const struct ctx *ctx, const struct control_look *l)
{
    const struct model *m = ctx->model;
    struct control_period *list = arena_array(ctx->arena, struct control_period, m->ncontrols + 1);
    for (size_t i = 0; i < m->ncontrols; i++) {
        list[i] = (struct control_period){.from = l->from, .to = l->to, .least = -1, .most = -1};
    }
    if (l->from < l->to) {
        broken_take(list, m, batch_rows(l->batch, l->broken));
        untested_take(list, m, batch_rows(l->batch, l->untested));
        population_take(list, m, batch_rows(l->batch, l->population));
    }
    return list;
}

/* A result that is too old now has been so since. */
static void stale_now(const struct control_result *r, struct control_period *p)
{
    int64_t since = stale_since(r);
    if (!r->def->manual && r->judged && since < p->to && p->from < p->to) {
        p->stale_ms += p->to - (since > p->from ? since : p->from);
    }
}

err control_periods_ask(const struct ctx *ctx, int64_t from, int64_t to,
                        struct control_period **ret)
{
    struct control_result *list;
    size_t n = 0;
    struct control_look l = look_begin(ctx, HISTORY_ALL, from, to);
    err e = batch_run(l.batch);
    e = e.code ? e : control_results(ctx, &list, &n);
    if (e.code) {
        return e;
    }
    *ret = look_read(ctx, &l);
    for (size_t i = 0; i < n; i++) {
        stale_now(&list[i], &(*ret)[list[i].control->code]);
    }
    return OK;
}

static void days_take(const struct ctx *ctx, struct rows r, struct control_day **ret, size_t *n)
{
    *n = 0;
    *ret = arena_array(ctx->arena, struct control_day, HISTORY_CHART + 1);
    while (rows_next(&r) && *n < HISTORY_CHART) {
        (*ret)[(*n)++] = (struct control_day){.day = rows_i64(&r, 0),
                                              .state = (enum control_state)rows_i64(&r, 1),
                                              .controls = rows_i64(&r, 2),
                                              .good = rows_i64(&r, 3),
                                              .counts = {.n = rows_i64(&r, 4),
                                                         .ok = rows_i64(&r, 5),
                                                         .violation = rows_i64(&r, 6),
                                                         .in_grace = rows_i64(&r, 7),
                                                         .waived = rows_i64(&r, 8),
                                                         .unknown = rows_i64(&r, 9)}};
    }
}

struct control_look control_look_ask(const struct ctx *ctx, const struct control *c, int64_t from,
                                     int64_t to)
{
    struct control_look l = look_begin(ctx, c->code, from, to);
    batch_ride(l.batch);
    return l;
}

err control_look_read(const struct ctx *ctx, const struct control_look *l,
                      const struct control_result *r, struct control_period *ret,
                      struct control_day **days, size_t *n)
{
    err e = batch_join(l->batch);
    if (e.code) {
        return e;
    }
    *ret = look_read(ctx, l)[r->control->code];
    stale_now(r, ret);
    days_take(ctx, batch_rows(l->batch, l->days), days, n);
    return OK;
}

struct batch *control_days_ask(const struct ctx *ctx, int64_t control)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b, SQL(DAYS),
              ARGS(db_i64(control), db_i64(ctx->today - HISTORY_CHART), db_i64(ctx->today)));
    batch_ride(b);
    return b;
}

err control_days_read(const struct ctx *ctx, struct batch *asked, struct control_day **ret,
                      size_t *n)
{
    err e = batch_join(asked);
    if (!e.code) {
        days_take(ctx, batch_rows(asked, 0), ret, n);
    }
    return e;
}
