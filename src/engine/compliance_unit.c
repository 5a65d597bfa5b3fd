/* compliance_unit.c - what does not hold, by unit. */
#include "engine/compliance_unit.h"

#include "engine/control_int.h"
#include "engine/duty_sum.h"
#include "engine/record_load.h"

#include <stdlib.h>

/* Controls that are no rules any more judge nobody: the next full look takes their figures away. */
static void put_in_force(struct sqlb *b, const struct model *m)
{
    SQLB_LIT(b, "u.control not in (-1");
    for (size_t i = 0; i < m->ncontrols; i++) {
        if (!m->controls[i]->newest) {
            SQLB_LIT(b, ", ");
            sqlb_i64(b, m->controls[i]->code);
        }
    }
    SQLB_LIT(b, ")");
}

/* Verdicts by unit: unit, n, ok. */
static struct sql judged_sql(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select u.unit, cast(sum(u.n) as bigint), cast(sum(u.ok) as bigint)"
                 " from control_figure u where u.n > 0 and ");
    put_in_force(&b, ctx->model);
    SQLB_LIT(&b, " group by u.unit order by u.unit");
    return sqlb_end(&b);
}

/* What does not hold: unit, control, violations, unknown, verdicts, good. */
static struct sql breaks_sql(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select u.unit, u.control, u.violation, u.unknown, u.n, u.ok from control_figure u"
                 " where u.n > 0 and u.violation + u.unknown > 0 and ");
    put_in_force(&b, ctx->model);
    SQLB_LIT(&b, " order by u.unit, u.control");
    return sqlb_end(&b);
}

/* Of row w; asked for each: joined, PostgreSQL reads all vectors while it has no statistics. */
#define ITS_UNIT "(select x.unit from control_vector x where x.record = w.record) as unit"

/* Of these in grace: unit, control, n.  It ends without an act, so it is asked as it stands. */
#define IN_GRACE                                                                         \
    "select g.unit, g.control, count(*) from (select " ITS_UNIT ", w.control as control" \
    " from control_result q cross join control_row w where w.control = q.control"        \
    " and w.grace_at > $1) g group by g.unit, g.control order by g.unit, g.control"

/* Waived, and of these in grace: unit, control, n, n. */
static struct sql waived_sql(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select g.unit, g.control, count(*), cast(sum(case when g.grace_at > $1 then 1"
                 " else 0 end) as bigint) from (select " ITS_UNIT ", w.control as control,"
                 " w.grace_at as grace_at from (");
    control_put_waived(&b, ctx->model, NULL);
    SQLB_LIT(&b, ") w) g group by g.unit, g.control order by g.unit, g.control");
    return sqlb_end(&b);
}

/* Those the actor may see. */
static struct sql names_sql(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id, r.name from ");
    sqlb_ident(&b, ctx->model->unit->table);
    SQLB_LIT(&b, " r where ");
    load_visible(ctx, &b, ctx->model->unit);
    SQLB_LIT(&b, " order by r.id");
    return sqlb_end(&b);
}

static int most_first(const void *x, const void *y)
{
    const struct unit_state *a = x;
    const struct unit_state *b = y;
    int64_t more = b->violation + b->owed.missed - a->violation - a->owed.missed;
    more = more ? more : b->unknown + b->in_grace - a->unknown - a->in_grace;
    return more ? (more < 0 ? -1 : 1) : (a->unit > b->unit) - (a->unit < b->unit);
}

static int worst_first(const void *x, const void *y)
{
    const struct unit_breaks *a = x;
    const struct unit_breaks *b = y;
    int64_t more = b->violation - a->violation;
    return more ? (more < 0 ? -1 : 1)
                : (a->control->code > b->control->code) - (a->control->code < b->control->code);
}

/* Rows in order of unit and control: passes those before this pair; does `r` stand at it? */
static bool at_pair(struct rows *r, bool *there, int64_t unit, int64_t control)
{
    while (*there &&
           (rows_i64(r, 0) < unit || (rows_i64(r, 0) == unit && rows_i64(r, 1) < control))) {
        *there = rows_next(r);
    }
    return *there && rows_i64(r, 0) == unit && rows_i64(r, 1) == control;
}

/* What does not hold, of it in grace, of it waived: each in order of unit and control. */
struct broken {
    struct rows breaks, grace, waived;
    bool there, graced, spared; /* each stands at a row */
    const int64_t *ages;        /* of the results, by code of the control */
};

/* As control_results takes them: what is waived is not in grace. */
static struct unit_breaks take_break(struct broken *k, const struct control *c)
{
    int64_t unit = rows_i64(&k->breaks, 0);
    struct unit_breaks x = {.control = c,
                            .violation = rows_i64(&k->breaks, 2),
                            .unknown = rows_i64(&k->breaks, 3),
                            .n = rows_i64(&k->breaks, 4),
                            .ok = rows_i64(&k->breaks, 5),
                            .as_of = k->ages[c->code]};
    x.in_grace = at_pair(&k->grace, &k->graced, unit, c->code) ? rows_i64(&k->grace, 2) : 0;
    if (at_pair(&k->waived, &k->spared, unit, c->code)) {
        x.waived = rows_i64(&k->waived, 2);
        x.in_grace -= rows_i64(&k->waived, 3);
    }
    x.all = x.violation + x.unknown;
    x.violation -= x.in_grace + x.waived;
    return x;
}

/* Of the next unit that is judged; `list` has room for its breaks. */
static struct unit_state take_unit(const struct ctx *ctx, const struct rows *judged,
                                   struct broken *k, struct unit_breaks *list)
{
    struct unit_state u = {.unit = rows_i64(judged, 0),
                           .n = rows_i64(judged, 1),
                           .ok = rows_i64(judged, 2),
                           .list = {.ptr = list}};
    for (; k->there && rows_i64(&k->breaks, 0) == u.unit; k->there = rows_next(&k->breaks)) {
        const struct control *c = model_control_at(ctx->model, rows_i64(&k->breaks, 1));
        if (c && c->newest) {
            struct unit_breaks *x = &list[u.list.len++];
            *x = take_break(k, c);
            u.violation += x->violation;
            u.in_grace += x->in_grace;
            u.waived += x->waived;
            u.unknown += x->unknown;
        }
    }
    if (u.list.len) {
        qsort(list, u.list.len, sizeof(list[0]), worst_first);
    }
    return u;
}

static void take(const struct ctx *ctx, struct rows *judged, struct broken *k,
                 struct unit_state **ret, size_t *n)
{
    struct unit_breaks *list =
        arena_array(ctx->arena, struct unit_breaks, (size_t)rows_count(&k->breaks) + 1);
    *ret = arena_array(ctx->arena, struct unit_state, (size_t)rows_count(judged) + 1);
    *n = 0;
    k->there = rows_next(&k->breaks);
    k->graced = rows_next(&k->grace);
    k->spared = rows_next(&k->waived);
    while (rows_next(judged)) {
        struct unit_state *u = &(*ret)[(*n)++];
        *u = take_unit(ctx, judged, k, list);
        list += u->list.len;
    }
}

/* Both in order of id. */
static void put_names(struct unit_state *units, size_t n, struct rows *names)
{
    bool there = rows_next(names);
    for (size_t i = 0; i < n; i++) {
        while (there && rows_i64(names, 0) < units[i].unit) {
            there = rows_next(names);
        }
        if (there && rows_i64(names, 0) == units[i].unit) {
            units[i].name = rows_text(names, 1);
        }
    }
}

struct words unit_state_words(const struct unit_state *u)
{
    return u->name.len ? (struct words){u->name, u->name}
           : u->unit   ? WORDS("您无权查看的部门", "a unit you may not see")
                       : WORDS("没有部门", "no unit");
}

struct unit_asked compliance_unit_ask(const struct ctx *ctx, int64_t unit)
{
    struct unit_asked q = {unit, batch_begin(ctx->db, ctx->arena), names_begin(ctx)};
    if (ctx->model->unit && unit) {
        names_want(q.names, ctx->model->unit, unit);
    }
    names_ask(q.names, q.b);
    batch_ride(q.b);
    return q;
}

err compliance_unit_read(const struct ctx *ctx, const struct unit_asked *q, struct words *ret)
{
    struct unit_state u = {.unit = q->unit};
    err e = batch_join(q->b);
    if (!e.code && ctx->model->unit && q->unit) {
        names_read(q->names, q->b);
        u.name = names_get(q->names, ctx->model->unit, q->unit).name;
    }
    *ret = unit_state_words(&u);
    return e;
}

/* Occurrences by unit: unit, figures. */
static struct sql owed_sql(const struct ctx *ctx, struct db_arg *args, int *n)
{
    const struct model *m = ctx->model;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.unit");
    duty_put_figures(&b, m);
    SQLB_LIT(&b, " from (select k.unit as unit, k.state as state, s.n as n,"
                 " cast(0 as bigint) as f_due from");
    duty_sum_put(&b, duty_year_since(ctx), 0, args, n);
    SQLB_LIT(&b, "s join duty_kind k on k.id = s.kind union all"
                 " select coalesce(r.unit, 0), r.state, 1, r.f_due from ");
    sqlb_ident(&b, m->duty_run->table);
    SQLB_LIT(&b, " r where");
    duty_sum_put_waiting(&b, m);
    SQLB_LIT(&b, ") r group by r.unit order by r.unit");
    return sqlb_end(&b);
}

/* Both in order of unit: what was there, and units that owe something. */
static void merge_owed(const struct ctx *ctx, struct rows *owed, struct unit_state **ret, size_t *n)
{
    struct unit_state *list =
        arena_array(ctx->arena, struct unit_state, *n + (size_t)rows_count(owed) + 1);
    const struct unit_state *before = *ret;
    size_t at = 0;
    size_t k = 0;
    while (rows_next(owed)) {
        int64_t unit = rows_i64(owed, 0);
        while (at < *n && before[at].unit < unit) {
            list[k++] = before[at++];
        }
        list[k] =
            at < *n && before[at].unit == unit ? before[at++] : (struct unit_state){.unit = unit};
        list[k++].owed = duty_take_figures(owed, 1);
    }
    while (at < *n) {
        list[k++] = before[at++];
    }
    *ret = list;
    *n = k;
}

/* How old each result is, the oldest of a control over records, and how many have none. */
static const int64_t *age(const struct ctx *ctx, struct rows *r, int64_t *as_of, size_t *unjudged)
{
    int64_t *ages = arena_array(ctx->arena, int64_t, ctx->model->ncontrols + 1);
    size_t judged = 0;
    *as_of = 0;
    *unjudged = 0;
    while (rows_next(r)) {
        const struct control *c = model_control_at(ctx->model, rows_i64(r, 0));
        if (c && c->newest && c->over && rows_i64(r, 1)) {
            int64_t at = rows_i64(r, 1);
            ages[c->code] = at;
            *as_of = !*as_of || at < *as_of ? at : *as_of;
            judged++;
        }
    }
    for (size_t i = 0; i < ctx->model->ncontrols; i++) {
        const struct control *c = ctx->model->controls[i];
        *unjudged += c->newest && c->over;
    }
    *unjudged -= judged;
    return ages;
}

/* Questions of one batch, by place; -1: not asked. */
struct asked {
    int judged, breaks, grace, waived, owed, ages, names;
};

static struct asked ask(const struct ctx *ctx, struct batch *b)
{
    const struct model *m = ctx->model;
    struct db_args now = ARGS(db_i64(ctx->now));
    struct asked x = {.judged = batch_add(b, judged_sql(ctx), NO_ARGS),
                      .breaks = batch_add(b, breaks_sql(ctx), NO_ARGS),
                      .grace = batch_add(b, SQL(IN_GRACE), now),
                      .waived = -1,
                      .owed = -1,
                      .names = -1};
    if (m->waiver) {
        x.waived = batch_add(b, waived_sql(ctx), ctx_args(ctx, NULL, 0));
        batch_max_rows(b, x.waived, UNIT_BREAKS_MAX);
    }
    if (m->duty_run && m->nduties) {
        struct db_arg args[DUTY_SUM_ARGS];
        int n = 0;
        struct sql owed = owed_sql(ctx, args, &n);
        x.owed = batch_add(b, owed, ctx_args(ctx, args, n));
        batch_max_rows(b, x.owed, UNIT_BREAKS_MAX);
    }
    batch_max_rows(b, x.judged, UNIT_BREAKS_MAX);
    batch_max_rows(b, x.breaks, UNIT_BREAKS_MAX);
    batch_max_rows(b, x.grace, UNIT_BREAKS_MAX);
    x.ages = batch_add(b, SQL("select control, as_of from control_result"), NO_ARGS);
    if (m->unit) {
        x.names = batch_add(b, names_sql(ctx), ctx_args(ctx, NULL, 0));
    }
    return x;
}

static struct rows answer(struct batch *b, int place)
{
    return place < 0 ? (struct rows){0} : batch_rows(b, place);
}

err compliance_units(const struct ctx *ctx, struct unit_state **ret, size_t *n, int64_t *as_of,
                     size_t *unjudged)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct asked x = ask(ctx, b);
    *n = 0;
    *ret = NULL;
    *as_of = 0;
    *unjudged = 0;
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows judged = answer(b, x.judged);
    struct rows r = answer(b, x.ages);
    struct broken k = {.breaks = answer(b, x.breaks),
                       .grace = answer(b, x.grace),
                       .waived = answer(b, x.waived),
                       .ages = age(ctx, &r, as_of, unjudged)};
    take(ctx, &judged, &k, ret, n);
    r = answer(b, x.owed);
    merge_owed(ctx, &r, ret, n);
    r = answer(b, x.names);
    put_names(*ret, *n, &r);
    qsort(*ret, *n, sizeof(**ret), most_first);
    return OK;
}
