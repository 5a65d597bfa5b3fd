/* duty_foresee.c - occurrences that are to come, reckoned by duty_time.c as the clock will. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/calendar_held.h"
#include "engine/duty_int.h"
#include "engine/who_words.h"

enum {
    BEFORE = 400,        /* days of the calendar before today: since when a duty may stand */
    AFTER = 40,          /* and after the last day looked at */
    STEPS_MAX = 200000,  /* periods walked over for one answer */
    PERIODS_MAX = 640,   /* whose due is asked for each by itself */
    SLOTS = 32,          /* of them in one statement */
    FORESEEN_MAX = 2000, /* of an answer */
    ASKED_MAX = 240,     /* statements of one batch: duties, and their dues (BATCH_MAX) */
};

/* A day on which a duty falls due. */
struct due_day {
    int64_t objects, last; /* last: the object counted last */
    bool often;
};
struct pending { /* its due is still to be asked */
    const struct ddef *def;
    struct duty_object object;
    struct duty_period period;
    struct due_day *cells;
    bool often;
};
struct foreseeing {
    struct ctx ctx; /* the reader's, with days of the calendar */
    const struct duty_foresight *q;
    const struct ddef *def;
    struct due_day *cells; /* of it, by day */
    int64_t to;            /* where the last day ends, UTC ms */
    int64_t steps;
    struct pending *pending;
    size_t npending;
    bool often; /* the period at hand stands for others of its day */
    bool more;
};

str duty_owner_words(const struct ctx *ctx, const struct ddef *d)
{
    const struct type *t = d->creates ? d->create.target : d->expected;
    struct words none = {{0}, {0}};
    struct words w = t ? who_words(ctx->arena, ctx->model, t->newest, &d->owner) : none;
    if (!w.zh.len && d->each) { /* a relation of the object: x.keeper */
        w = who_words(ctx->arena, ctx->model, d->each->newest, &d->owner);
    }
    return w.zh.len ? words_in(w, ctx->lang) : d->owner.text;
}

/* Does `due` read anything of the period? */
static bool due_of_period(const struct ddef *d)
{
    return d->due.tree && (d->due.reads.record || d->due.reads.nfields > 0);
}

/* --- asking ------------------------------------------------------------------------------- */

static struct sql make_objects(const struct ctx *ctx, const struct ddef *d, bool mine)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select x.id, x.created_at, x.len, x.last, x.due from");
    duty_put_objects(&b, ctx->model, d,
                     (struct duty_objects){.due = !due_of_period(d), .mine = mine});
    if (d->every == EVERY_ONCE) {
        SQLB_LIT(&b, " where x.last is null and x.len > $1");
    } else {
        SQLB_LIT(&b, " where x.len is not null");
    }
    SQLB_LIT(&b, " order by x.id limit $5");
    return sqlb_end(&b);
}

static struct sql objects_sql(const struct ctx *ctx, const struct ddef *d, bool mine)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, d, NULL, mine);
    struct sql s;
    if (ctx_find_sql(ctx, k, &s)) {
        return s;
    }
    struct ctx room = ctx_room(ctx);
    return ctx_keep_sql(&room, k, make_objects(&room, d, mine));
}

/* From tomorrow's periods on, for a while. */
static int64_t last_day(const struct ctx *ctx, int64_t end)
{
    int64_t most = ctx->today + DUTY_FORESEE_DAYS + 1;
    return end < most ? end : most;
}

struct duty_foresight duty_foresee_ask(const struct ctx *ctx, int64_t first, int64_t end, bool mine)
{
    const struct model *m = ctx->model;
    struct duty_foresight q = {.first = first > ctx->today ? first : ctx->today,
                               .end = last_day(ctx, end)};
    if (!m->duty_run || !m->nduties || ctx->reading.on || q.first >= q.end) {
        return (struct duty_foresight){0};
    }
    q.calendar = arena_new(ctx->arena, struct calendar_asked);
    *q.calendar = calendar_hold_ask(ctx, ctx->today - BEFORE, q.end - ctx->today + BEFORE + AFTER);
    q.b = batch_begin(ctx->db, ctx->arena);
    q.began = batch_add(q.b, SQL("select at from act order by id limit 1"), NO_ARGS);
    q.places = arena_array(ctx->arena, int, m->nduties + 1);
    int asked = 0;
    for (size_t i = 0; i < m->nduties; i++) {
        const struct ddef *d = m->duties[i]->newest;
        bool some = d && (!mine || d->owner.who.text.len);
        q.more = q.more || (some && asked == ASKED_MAX);
        some = some && asked < ASKED_MAX;
        asked += some;
        struct db_arg more[] = {db_text(m->duties[i]->key), db_i64(DUTY_FORESEE_OBJECTS + 1)};
        q.places[i] = some ? batch_add(q.b, objects_sql(ctx, d, mine), ctx_args(ctx, more, 2)) : -1;
    }
    batch_ride(q.b);
    return q;
}

/* --- reckoning ----------------------------------------------------------------------------- */

static void put_due_day(struct foreseeing *f, struct due_day *cells, int64_t object, int64_t due,
                        bool often)
{
    int64_t day = duty_day(f->ctx.model, due);
    if (day < f->q->first || day >= f->q->end) {
        return;
    }
    struct due_day *c = &cells[day - f->q->first];
    c->often = c->often || often || c->last == object;
    c->objects += c->last != object;
    c->last = object;
}

/* Outside the calendar's years, or beyond the days that were read: not in what is looked at. */
static err beyond(err e)
{
    return e.code == ERR_VALUE ? OK : e;
}

static err put_period(struct foreseeing *f, const struct duty_object *o,
                      const struct duty_said *said, struct duty_period *p)
{
    if (due_of_period(f->def)) {
        if (f->npending == PERIODS_MAX) {
            f->more = true;
            return OK;
        }
        f->pending[f->npending++] = (struct pending){f->def, *o, *p, f->cells, f->often};
        return OK;
    }
    err e = duty_reckon(&f->ctx, f->def, said, p);
    if (!e.code) {
        put_due_day(f, f->cells, o->id, p->due, f->often);
    }
    return beyond(e);
}

/* Of periods shorter than a day one a day is looked at. */
static int64_t next_day(const struct foreseeing *f, const struct duty_object *o,
                        const struct duty_period *p)
{
    const struct model *m = f->ctx.model;
    int64_t next = calendar_day_start(m, calendar_day_of(m, p->begins) + 1);
    return duty_step_over(f->def, o, p->ends, next);
}

static err walk(struct foreseeing *f, const struct duty_object *o, const struct duty_said *said)
{
    struct duty_period p;
    int64_t at = o->last ? duty_step_over(f->def, o, o->last, f->ctx.now) : 0;
    for (;;) {
        if (f->steps-- <= 0) {
            f->more = true;
            return OK;
        }
        err e = duty_period_after(&f->ctx, f->def, o, at, &p);
        if (e.code || p.begins >= f->to) {
            return beyond(e);
        }
        if (p.begins <= f->ctx.now) {
            at = duty_step_over(f->def, o, p.ends, f->ctx.now);
            continue;
        }
        at = next_day(f, o, &p);
        f->often = at > p.ends;
        e = put_period(f, o, said, &p);
        if (e.code) {
            return e;
        }
    }
}

static err look_object(struct foreseeing *f, const struct rows *r, int64_t since)
{
    int64_t created = rows_i64(r, 1);
    struct duty_object o = {.id = rows_i64(r, 0),
                            .since = created > since ? created : since,
                            .length = rows_i64(r, 2),
                            .last = rows_i64(r, 3)};
    struct duty_said said = {.has_due = !rows_null(r, 4), .due = rows_i64(r, 4)};
    f->often = false;
    if (f->def->every == EVERY_ONCE) {
        struct duty_period p = {.begins = o.length, .ends = o.length};
        return put_period(f, &o, &said, &p);
    }
    return f->def->every == EVERY_LENGTH && o.length <= 0 ? OK : walk(f, &o, &said);
}

/* --- dues that depend on their period ------------------------------------------------------- */

/* $4: begins, ends, object of each slot. */
static struct sql make_dues(const struct ctx *ctx, const struct ddef *d)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.i, (");
    sqlb_sql(&b, d->due.value);
    SQLB_LIT(&b, ") from (");
    for (int i = 0; i < SLOTS; i++) {
        if (i) {
            SQLB_LIT(&b, " union all ");
        }
        SQLB_LIT(&b, "select ");
        sqlb_i64(&b, i);
        SQLB_LIT(&b, " as i, cast(");
        sqlb_param(&b, 3 * i + 4);
        SQLB_LIT(&b, " as bigint) as f_begins, cast(");
        sqlb_param(&b, 3 * i + 5);
        SQLB_LIT(&b, " as bigint) as f_ends, cast(");
        sqlb_param(&b, 3 * i + 6);
        SQLB_LIT(&b, " as bigint) as f_about");
    }
    SQLB_LIT(&b, ") r");
    if (d->each) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, d->each->table);
        SQLB_LIT(&b, " ");
        sqlb_ident2(&b, "v_", d->each_name);
        SQLB_LIT(&b, " where ");
        sqlb_ident2(&b, "v_", d->each_name);
        SQLB_LIT(&b, ".id = r.f_about");
    }
    SQLB_LIT(&b, " order by r.i");
    return sqlb_end(&b);
}

static struct sql dues_sql(const struct ctx *ctx, const struct ddef *d)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, d, NULL, 0);
    struct sql s;
    if (ctx_find_sql(ctx, k, &s)) {
        return s;
    }
    struct ctx room = ctx_room(ctx);
    return ctx_keep_sql(&room, k, make_dues(&room, d));
}

/* Those from `at` on that one statement takes: of one duty. */
static size_t slots_of(const struct foreseeing *f, size_t at)
{
    size_t n = 0;
    while (n < SLOTS && at + n < f->npending && f->pending[at + n].def == f->pending[at].def) {
        n++;
    }
    return n;
}

static int ask_slots(struct foreseeing *f, struct batch *b, size_t at, size_t n)
{
    struct db_arg *more = arena_array(f->ctx.arena, struct db_arg, 3 * SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct pending *p = &f->pending[at + (i < n ? i : n - 1)];
        more[3 * i] = db_i64(p->period.begins);
        more[3 * i + 1] = db_i64(p->period.ends);
        more[3 * i + 2] = db_i64(p->object.id);
    }
    const struct ddef *d = f->pending[at].def;
    return batch_add(b, dues_sql(&f->ctx, d), ctx_args(&f->ctx, more, 3 * SLOTS));
}

static err read_slots(struct foreseeing *f, struct rows r, size_t at, size_t n)
{
    while (rows_next(&r)) {
        int64_t i = rows_i64(&r, 0);
        if (i >= (int64_t)n) {
            continue;
        }
        struct pending *p = &f->pending[at + (size_t)i];
        struct duty_said said = {.has_due = !rows_null(&r, 1), .due = rows_i64(&r, 1)};
        err e = duty_reckon(&f->ctx, p->def, &said, &p->period);
        if (!e.code) {
            put_due_day(f, p->cells, p->object.id, p->period.due, p->often);
        }
        if (beyond(e).code) {
            return e;
        }
    }
    return OK;
}

static err ask_pending(struct foreseeing *f)
{
    int places[ASKED_MAX];
    size_t k = 0;
    if (!f->npending) {
        return OK;
    }
    struct batch *b = batch_begin(f->ctx.db, f->ctx.arena);
    for (size_t at = 0; at < f->npending; at += slots_of(f, at)) {
        if (k == ASKED_MAX) { /* of too many duties */
            f->npending = at;
            f->more = true;
            break;
        }
        places[k++] = ask_slots(f, b, at, slots_of(f, at));
    }
    err e = batch_run(b);
    k = 0;
    for (size_t at = 0; at < f->npending && !e.code; at += slots_of(f, at)) {
        e = read_slots(f, batch_rows(b, places[k++]), at, slots_of(f, at));
    }
    return e;
}

/* --- the answer ------------------------------------------------------------------------------ */

static err look_duties(struct foreseeing *f, struct due_day *cells, bool *cut)
{
    const struct model *m = f->ctx.model;
    size_t days = (size_t)(f->q->end - f->q->first);
    struct rows began = batch_rows(f->q->b, f->q->began);
    int64_t first_act = rows_next(&began) ? rows_i64(&began, 0) : f->ctx.now;
    for (size_t i = 0; i < m->nduties; i++) {
        if (f->q->places[i] < 0) {
            continue;
        }
        f->def = m->duties[i]->newest;
        f->cells = cells + i * days;
        struct rows r = batch_rows(f->q->b, f->q->places[i]);
        for (int n = 0; rows_next(&r); n++) {
            if (n == DUTY_FORESEE_OBJECTS) {
                cut[i] = f->more = true;
                break;
            }
            err e = look_object(f, &r, duty_since(m->duties[i], first_act));
            if (e.code) {
                return e;
            }
        }
    }
    return OK;
}

static void collect(struct foreseeing *f, const struct due_day *cells, const bool *cut,
                    struct duty_foreseen *list, size_t *n)
{
    const struct model *m = f->ctx.model;
    int64_t days = f->q->end - f->q->first;
    for (int64_t day = 0; day < days; day++) {
        for (size_t i = 0; i < m->nduties; i++) {
            const struct due_day *c = &cells[(int64_t)i * days + day];
            if (c->objects && *n == FORESEEN_MAX) {
                f->more = true;
                return;
            }
            if (c->objects) {
                list[(*n)++] = (struct duty_foreseen){.def = m->duties[i]->newest,
                                                      .day = f->q->first + day,
                                                      .objects = c->objects,
                                                      .at_least = cut[i],
                                                      .often = c->often};
            }
        }
    }
}

err duty_foresee_read(const struct ctx *ctx, const struct duty_foresight *q,
                      struct duty_foreseen **ret, size_t *n, bool *more)
{
    *n = 0;
    *more = false;
    *ret = NULL;
    if (!q->b) {
        return OK;
    }
    struct arena *a = ctx->arena;
    struct foreseeing f = {.ctx = *ctx,
                           .q = q,
                           .to = calendar_day_start(ctx->model, q->end) + 1,
                           .steps = STEPS_MAX,
                           .more = q->more,
                           .pending = arena_array(a, struct pending, PERIODS_MAX)};
    size_t nduties = ctx->model->nduties;
    struct due_day *cells =
        arena_array(a, struct due_day, nduties * (size_t)(q->end - q->first) + 1);
    bool *cut = arena_array(a, bool, nduties + 1);
    err e = batch_join(q->b);
    e = e.code ? e : calendar_hold_read(ctx, q->calendar, &f.ctx.calendar);
    e = e.code ? e : look_duties(&f, cells, cut);
    e = e.code ? e : ask_pending(&f);
    if (e.code) {
        return e;
    }
    *ret = arena_array(a, struct duty_foreseen, FORESEEN_MAX);
    collect(&f, cells, cut, *ret, n);
    *more = f.more;
    return OK;
}
