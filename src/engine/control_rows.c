/* control_rows.c - the records of one control that do not hold: which finding stands about
 * each, which waiver. */
#include "engine/calendar.h"
#include "engine/control_int.h"
#include "engine/record_load.h"
#include "engine/value.h"

/* Columns before those of `show`. */
enum { ROW_COLUMNS = 14 };

void control_put_in_force(struct sqlb *b, const struct model *m, const char *alias)
{
    str v = str_from(alias);
    sqlb_ident(b, v);
    SQLB_LIT(b, ".state = ");
    sqlb_i64(b, tdef_state(m->waiver->newest, STR("in_force"))->code);
    SQLB_LIT(b, " and ");
    sqlb_ident(b, v);
    SQLB_LIT(b, ".f_starts <= $3 and ");
    sqlb_ident(b, v);
    SQLB_LIT(b, ".f_ends >= $3");
}

/* ", (select r.COLUMN from REGISTER r where it is about this record and control, and its
 * state is one that counts, and the actor may see it)": the newest. */
static void put_about(const struct ctx *ctx, struct sqlb *b, const struct type *t,
                      const char *column, struct sql counts)
{
    SQLB_LIT(b, ", (select r.");
    sqlb_ident(b, str_from(column));
    SQLB_LIT(b, " from ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " r where r.f_about = q.record and r.f_control = $8 and ");
    sqlb_sql(b, counts);
    SQLB_LIT(b, " and ");
    load_visible_few(ctx, b, t);
    SQLB_LIT(b, " order by r.id desc limit 1)");
}

static void put_nothing(struct sqlb *b)
{
    SQLB_LIT(b, ", null, null, null");
}

/* Findings that are not closed. */
static struct sql open_findings(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "not ");
    control_put_closed(&b, ctx->model, "r");
    return sqlb_end(&b);
}

static void put_finding(struct sqlb *b, const struct ctx *ctx)
{
    const struct type *t = ctx->model->finding;
    if (!t) {
        put_nothing(b);
        return;
    }
    struct sql counts = open_findings(ctx);
    put_about(ctx, b, t, "id", counts);
    put_about(ctx, b, t, "number", counts);
    put_about(ctx, b, t, "state", counts);
}

static void put_waiver(struct sqlb *b, const struct ctx *ctx)
{
    const struct type *t = ctx->model->waiver;
    if (!t) {
        put_nothing(b);
        SQLB_LIT(b, ", null");
        return;
    }
    struct sqlb c = sqlb_make(ctx->arena);
    SQLB_LIT(&c, "r.state = ");
    sqlb_i64(&c, tdef_state(t->newest, STR("in_force"))->code);
    SQLB_LIT(&c, " and r.f_starts <= $3 and r.f_ends >= $3");
    struct sql counts = sqlb_end(&c);
    put_about(ctx, b, t, "id", counts);
    put_about(ctx, b, t, "number", counts);
    put_about(ctx, b, t, "f_ends", counts);
    /* That it is waived is in every result, whoever may see the waiver itself. */
    SQLB_LIT(b, ", (select max(v.f_ends) from ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " v where v.f_about = q.record and v.f_control = $8 and ");
    control_put_in_force(b, ctx->model, "v");
    SQLB_LIT(b, ")");
}

static struct sql rows_sql(const struct ctx *ctx, const struct control *c, bool of_unit)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select q.record, q.since, q.grace_at, q.verdict, r.number, r.name, r.law");
    put_finding(&b, ctx);
    put_waiver(&b, ctx);
    for (size_t i = 0; i < c->newest->nshow; i++) {
        SQLB_LIT(&b, ", ");
        sqlb_sql(&b, c->newest->show[i].value.value);
    }
    SQLB_LIT(&b, " from control_row q join ");
    sqlb_ident(&b, c->over->table);
    SQLB_LIT(&b, " r on r.id = q.record where q.control = $4 and (q.since, q.record) > ($5, $6)"
                 " and ");
    load_visible(ctx, &b, c->over);
    if (of_unit) {
        SQLB_LIT(&b, " and coalesce(r.unit, 0) = $9");
    }
    SQLB_LIT(&b, " order by q.since, q.record limit $7");
    return sqlb_end(&b);
}

const struct control_reason *control_reason_of(const struct control *c, int64_t law, int verdict)
{
    const struct cdef *d = c->newest;
    if (!cdef_judges_all(d) && law >= 1 && (size_t)law <= c->ndefs && c->defs[law - 1]) {
        d = c->defs[law - 1];
    }
    size_t i = (size_t)(verdict - VERDICT_VIOLATION);
    return verdict >= VERDICT_VIOLATION && i < d->nreasons ? &d->reasons[i] : NULL;
}

static struct control_row row_of(const struct ctx *ctx, const struct control *c,
                                 const struct rows *r)
{
    int verdict = (int)rows_i64(r, 3);
    const struct type *f = ctx->model->finding;
    struct control_row x = {.record = rows_i64(r, 0),
                            .since = rows_i64(r, 1),
                            .grace_at = rows_i64(r, 2),
                            .verdict = verdict,
                            .number = rows_text(r, 4),
                            .name = rows_text(r, 5),
                            .reason = control_reason_of(c, rows_i64(r, 6), verdict)};
    if (!rows_null(r, 7)) {
        x.finding = rows_i64(r, 7);
        x.finding_number = rows_text(r, 8);
        x.finding_state = f ? type_state(f, rows_i64(r, 9)) : NULL;
    }
    if (!rows_null(r, 10)) {
        x.waiver = rows_i64(r, 10);
        x.waiver_number = rows_text(r, 11);
    }
    str *shown = arena_array(ctx->arena, str, c->newest->nshow + 1);
    for (size_t i = 0; i < c->newest->nshow; i++) {
        const struct cond *v = &c->newest->show[i].value;
        shown[i] = value_cond_show(ctx, v, r, ROW_COLUMNS + (int)i, ctx->lang);
    }
    x.shown = shown;
    x.waived = !rows_null(r, 13) && verdict >= VERDICT_VIOLATION;
    x.waived_until = x.waived ? rows_i64(r, 13) : 0;
    return x;
}

bool control_unit_named(str text, int64_t *ret)
{
    *ret = CONTROL_ANY_UNIT;
    return !text.len || (str_to_i64(text, ret) && *ret >= 0);
}

err control_rows(const struct ctx *ctx, const struct control *c, int64_t unit, int64_t since,
                 int64_t record, int limit, struct control_row **ret, size_t *n)
{
    struct db_arg more[] = {db_i64(c->code), db_i64(since),   db_i64(record),
                            db_i64(limit),   db_text(c->key), db_i64(unit)};
    bool of_unit = unit != CONTROL_ANY_UNIT;
    struct rows r;
    *n = 0;
    *ret = NULL;
    if (!c->over) { /* people answer it */
        return OK;
    }
    err e = db_query(ctx->db, ctx->arena, rows_sql(ctx, c, of_unit),
                     ctx_args(ctx, more, of_unit ? 6 : 5), &r);
    struct control_row *list =
        arena_array(ctx->arena, struct control_row, (size_t)(e.code ? 0 : rows_count(&r)) + 1);
    while (!e.code && rows_next(&r)) {
        list[(*n)++] = row_of(ctx, c, &r);
    }
    *ret = list;
    return e;
}
