/* erase_plan.c - what an erasure would do, before anybody agrees to it. */
#include "engine/erase_plan.h"

#include "engine/erase_int.h"

static void put_kept(struct sqlb *b, const struct model *m)
{
    SQLB_LIT(b, ", case when exists(select 1 from approval p where p.record = r.id"
                " and p.state < 2) then 1 else 0 end, ");
    if (!m->legal_hold) {
        SQLB_LIT(b, "0");
        return;
    }
    SQLB_LIT(b, "case when exists(select 1 from ");
    sqlb_ident(b, m->legal_hold->table);
    SQLB_LIT(b, " h where h.f_about = r.id and h.state = ");
    sqlb_i64(b, tdef_state(m->legal_hold->newest, STR("in_force"))->code);
    SQLB_LIT(b, ") then 1 else 0 end");
}

static void put_end(struct sqlb *b)
{
    SQLB_LIT(b, " order by r.id limit ");
    sqlb_i64(b, ERASE_PLAN_MAX + 1);
}

/* Records about the person; then those with comments of his, each with how many. */
static struct sql about_sql(const struct ctx *ctx, const struct type *t)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.changed_at, 1");
    put_kept(&b, ctx->model);
    SQLB_LIT(&b, ", 1 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.");
    sqlb_ident(&b, erase_subject(ctx->model, t));
    SQLB_LIT(&b, " = $1");
    put_end(&b);
    return sqlb_end(&b);
}

static struct sql said_sql(const struct ctx *ctx, const struct type *t)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.changed_at, q.n");
    put_kept(&b, ctx->model);
    if (erase_concerns(t)) { /* left alone it was counted among those about him */
        SQLB_LIT(&b, ", case when r.");
        sqlb_ident(&b, erase_subject(ctx->model, t));
        SQLB_LIT(&b, " = $1 then 0 else 1 end");
    } else {
        SQLB_LIT(&b, ", 1");
    }
    SQLB_LIT(&b, " from (select record, count(*) n from act where person = $1"
                 " and action = 'comment' and type = ");
    sqlb_i64(&b, t->code);
    SQLB_LIT(&b, " and not exists (select 1 from ledger_erased x where x.seq = act.seq)"
                 " group by record) q join ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r on r.id = q.record");
    put_end(&b);
    return sqlb_end(&b);
}

static void count(const struct ctx *ctx, const struct type *t, struct rows r, int64_t *of,
                  struct erase_plan *ret)
{
    ret->more = ret->more || rows_count(&r) > ERASE_PLAN_MAX;
    while (rows_next(&r)) {
        int64_t fresh = rows_i64(&r, 4);
        if (ret->hold || rows_i64(&r, 3)) {
            ret->held += fresh;
        } else if (ctx->now < erase_kept_until(ctx->model, t, rows_i64(&r, 0))) {
            ret->retained += fresh;
        } else if (rows_i64(&r, 2)) {
            ret->busy += fresh;
        } else {
            *of += rows_i64(&r, 1);
        }
    }
}

/* Types from `first` on, as many as one batch may ask about; *next: where to go on. */
static err plan_some(const struct ctx *ctx, int64_t person, size_t first, size_t *next,
                     struct erase_plan *ret)
{
    enum { SOME = BATCH_MAX / 2 }; /* of each type two statements */
    const struct model *m = ctx->model;
    int about[SOME];
    int said[SOME];
    size_t n = m->ntypes - first < SOME ? m->ntypes - first : SOME;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    for (size_t i = 0; i < n; i++) {
        const struct type *t = m->types[first + i];
        bool kept = !t->lines && t->newest;
        about[i] =
            kept && erase_concerns(t) ? batch_add(b, about_sql(ctx, t), ARGS(db_i64(person))) : -1;
        said[i] = kept && t->newest->has & HAS_COMMENTS
                      ? batch_add(b, said_sql(ctx, t), ARGS(db_i64(person)))
                      : -1;
    }
    err e = batch_run(b);
    for (size_t i = 0; i < n && !e.code; i++) {
        if (about[i] >= 0) {
            count(ctx, m->types[first + i], batch_rows(b, about[i]), &ret->records, ret);
        }
        if (said[i] >= 0) {
            count(ctx, m->types[first + i], batch_rows(b, said[i]), &ret->comments, ret);
        }
    }
    *next = first + n;
    return e;
}

err erase_plan(const struct ctx *ctx, int64_t person, struct erase_plan *ret)
{
    *ret = (struct erase_plan){0};
    err e = erase_hold(ctx, person, &ret->hold);
    for (size_t at = 0; at < ctx->model->ntypes && !e.code;) {
        e = plan_some(ctx, person, at, &at, ret);
    }
    return e;
}
