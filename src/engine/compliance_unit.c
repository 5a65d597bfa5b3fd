/* compliance_unit.c - what does not hold, by unit. */
#include "engine/compliance_unit.h"

#include "engine/control_int.h"
#include "engine/duty_sum.h"
#include "engine/record_load.h"

#include <stdlib.h>

static void put_waived(struct sqlb *b, const struct model *m)
{
    if (!m->waiver) {
        SQLB_LIT(b, "0");
        return;
    }
    SQLB_LIT(b, "case when exists (select 1 from ");
    sqlb_ident(b, m->waiver->table);
    SQLB_LIT(b, " v where v.f_about = q.record and v.f_control = k.key and ");
    control_put_in_force(b, m, "v");
    SQLB_LIT(b, ") then 1 else 0 end");
}

/* One branch for each type that has controls. */
static struct sql breaks_sql(const struct ctx *ctx)
{
    size_t n;
    struct control_set *sets = control_sets(ctx->model, ctx->arena, &n);
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select x.unit, x.control, sum(case when x.verdict >= 3 and x.waived = 0"
                 " and not x.grace > $1 then 1 else 0 end), sum(case when x.verdict >= 3"
                 " and x.waived = 0 and x.grace > $1 then 1 else 0 end),"
                 " sum(case when x.verdict >= 3 then x.waived else 0 end),"
                 " sum(case when x.verdict < 3 then 1 else 0 end) from (");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            SQLB_LIT(&b, " union all ");
        }
        SQLB_LIT(&b, "select coalesce(r.unit, 0) as unit, q.control as control, q.verdict as"
                     " verdict, coalesce(q.grace_at, 0) as grace, ");
        put_waived(&b, ctx->model);
        SQLB_LIT(&b, " as waived from control_row q join control_result k on k.control = q.control"
                     " join ");
        sqlb_ident(&b, sets[i].type->table);
        SQLB_LIT(&b, " r on r.id = q.record where q.control in (");
        for (size_t c = 0; c < sets[i].n; c++) {
            if (c) {
                SQLB_LIT(&b, ", ");
            }
            sqlb_i64(&b, sets[i].list[c]->code);
        }
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, ") x group by x.unit, x.control order by x.unit, 3 desc, x.control");
    return n ? sqlb_end(&b) : (struct sql){0};
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

static void take(const struct ctx *ctx, struct rows *r, struct unit_state **ret, size_t *n)
{
    size_t all = (size_t)rows_count(r);
    struct unit_state *units = arena_array(ctx->arena, struct unit_state, all + 1);
    struct unit_breaks *list = arena_array(ctx->arena, struct unit_breaks, all + 1);
    size_t k = 0;
    *n = 0;
    while (rows_next(r)) {
        const struct control *c = model_control_at(ctx->model, rows_i64(r, 1));
        if (!c || !c->newest) {
            continue;
        }
        if (!*n || units[*n - 1].unit != rows_i64(r, 0)) {
            units[(*n)++] = (struct unit_state){.unit = rows_i64(r, 0), .list = {.ptr = &list[k]}};
        }
        struct unit_state *u = &units[*n - 1];
        list[k] = (struct unit_breaks){.control = c,
                                       .violation = rows_i64(r, 2),
                                       .in_grace = rows_i64(r, 3),
                                       .waived = rows_i64(r, 4),
                                       .unknown = rows_i64(r, 5)};
        list[k].all = list[k].violation + list[k].in_grace + list[k].waived + list[k].unknown;
        u->violation += list[k].violation;
        u->in_grace += list[k].in_grace;
        u->waived += list[k].waived;
        u->unknown += list[k].unknown;
        u->list.len++;
        k++;
    }
    *ret = units;
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

/* Verdicts by unit: unit, n.  Of types that have controls. */
static struct sql judged_sql(const struct ctx *ctx)
{
    size_t n;
    struct control_set *sets = control_sets(ctx->model, ctx->arena, &n);
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select u.unit, cast(sum(u.n) as bigint) from control_unit u where u.type in (0");
    for (size_t i = 0; i < n; i++) {
        SQLB_LIT(&b, ", ");
        sqlb_i64(&b, sets[i].type->code);
    }
    SQLB_LIT(&b, ") and u.n > 0 group by u.unit order by u.unit");
    return sqlb_end(&b);
}

/* Both in order of unit: those that break something, and those that are judged. */
static void merge(const struct ctx *ctx, struct rows *judged, struct unit_state **ret, size_t *n)
{
    struct unit_state *list =
        arena_array(ctx->arena, struct unit_state, *n + (size_t)rows_count(judged) + 1);
    const struct unit_state *broken = *ret;
    size_t at = 0;
    size_t k = 0;
    while (rows_next(judged)) {
        int64_t unit = rows_i64(judged, 0);
        while (at < *n && broken[at].unit < unit) {
            list[k++] = broken[at++];
        }
        list[k] =
            at < *n && broken[at].unit == unit ? broken[at++] : (struct unit_state){.unit = unit};
        list[k++].n = rows_i64(judged, 1);
    }
    while (at < *n) {
        list[k++] = broken[at++];
    }
    for (size_t i = 0; i < k; i++) {
        struct unit_state *u = &list[i];
        int64_t all = u->violation + u->in_grace + u->waived + u->unknown;
        u->n = u->n > all ? u->n : all; /* a record came to the unit since */
        u->ok = u->n - all;
    }
    *ret = list;
    *n = k;
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
    SQLB_LIT(&b, " and r.f_begins >= $4) r group by r.unit order by r.unit");
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

/* The oldest result of a control over records, and how many have none. */
static void age(const struct ctx *ctx, struct rows *r, int64_t *as_of, size_t *unjudged)
{
    size_t judged = 0;
    *as_of = 0;
    *unjudged = 0;
    while (rows_next(r)) {
        const struct control *c = model_control_at(ctx->model, rows_i64(r, 0));
        if (c && c->newest && c->over && rows_i64(r, 1)) {
            int64_t at = rows_i64(r, 1);
            *as_of = !*as_of || at < *as_of ? at : *as_of;
            judged++;
        }
    }
    for (size_t i = 0; i < ctx->model->ncontrols; i++) {
        const struct control *c = ctx->model->controls[i];
        *unjudged += c->newest && c->over;
    }
    *unjudged -= judged;
}

/* `places`: of what does not hold, of what is judged, of what is owed; -1: not asked. */
static void read_units(const struct ctx *ctx, struct batch *b, const int *places,
                       struct unit_state **ret, size_t *n)
{
    struct rows r = {0};
    if (places[0] >= 0) {
        r = batch_rows(b, places[0]);
        take(ctx, &r, ret, n);
    }
    r = batch_rows(b, places[1]);
    merge(ctx, &r, ret, n);
    if (places[2] >= 0) {
        r = batch_rows(b, places[2]);
        merge_owed(ctx, &r, ret, n);
    }
}

err compliance_units(const struct ctx *ctx, struct unit_state **ret, size_t *n, int64_t *as_of,
                     size_t *unjudged)
{
    struct sql sql = breaks_sql(ctx);
    bool owes = ctx->model->duty_run && ctx->model->nduties;
    *n = 0;
    *ret = NULL;
    *as_of = 0;
    *unjudged = 0;
    if (!sql.text.len && !owes) {
        return OK;
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int breaks = sql.text.len ? batch_add(b, sql, ctx_args(ctx, NULL, 0)) : -1;
    int judged = batch_add(b, judged_sql(ctx), NO_ARGS);
    struct db_arg args[DUTY_SUM_ARGS];
    int nargs = 0;
    struct sql owed_by = owes ? owed_sql(ctx, args, &nargs) : (struct sql){0};
    int owed = owes ? batch_add(b, owed_by, ctx_args(ctx, args, nargs)) : -1;
    const int many[] = {breaks, judged, owed};
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        if (many[i] >= 0) {
            batch_max_rows(b, many[i], UNIT_BREAKS_MAX);
        }
    }
    int ages = batch_add(b, SQL("select control, as_of from control_result"), NO_ARGS);
    int names = ctx->model->unit ? batch_add(b, names_sql(ctx), ctx_args(ctx, NULL, 0)) : -1;
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    read_units(ctx, b, many, ret, n);
    struct rows r = {0};
    r = batch_rows(b, ages);
    age(ctx, &r, as_of, unjudged);
    if (names >= 0) {
        r = batch_rows(b, names);
        put_names(*ret, *n, &r);
    }
    qsort(*ret, *n, sizeof(**ret), most_first);
    return OK;
}
