/* control_breaks.c - the controls that one record does not keep. */
#include "engine/control_int.h"

#include <stdlib.h>

/* A record has at most a row for each control of its type; shown are the worst. */
enum { BREAKS_READ = 1000, BREAKS_MAX = 50 };

static struct sql breaks_sql(const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select q.control, q.verdict, q.since, q.grace_at");
    if (ctx->model->waiver) {
        SQLB_LIT(&b, ", (select 1 from control_result k join ");
        sqlb_ident(&b, ctx->model->waiver->table);
        SQLB_LIT(&b, " v on v.f_control = k.key where k.control = q.control"
                     " and v.f_about = q.record and ");
        control_put_in_force(&b, ctx->model, "v");
        SQLB_LIT(&b, " limit 1)");
    } else {
        SQLB_LIT(&b, ", null");
    }
    /* Put in order by us: SQLite would make a table to do it, also for no row. */
    SQLB_LIT(&b, " from control_row q where q.record = $4 limit $5");
    return sqlb_end(&b);
}

struct control_ask control_breaks_ask(const struct ctx *ctx, const struct type *t, int64_t record)
{
    bool any = false;
    for (size_t i = 0; i < ctx->model->ncontrols && !any; i++) {
        const struct control *c = ctx->model->controls[i];
        any = c->newest && c->over == t;
    }
    if (!any) {
        return (struct control_ask){0};
    }
    struct db_arg more[] = {db_i64(record), db_i64(BREAKS_READ)};
    struct control_ask ask = {.batch = batch_begin(ctx->db, ctx->arena)};
    ask.place = batch_add(ask.batch, breaks_sql(ctx), ctx_args(ctx, more, 2));
    return ask;
}

/* The worst first, and of those what has been so longest. */
static int worse(const void *a, const void *b)
{
    const struct control_row *x = &((const struct control_break *)a)->row;
    const struct control_row *y = &((const struct control_break *)b)->row;
    if (x->verdict != y->verdict) {
        return x->verdict > y->verdict ? -1 : 1;
    }
    return (x->since > y->since) - (x->since < y->since);
}

err control_breaks_read(const struct ctx *ctx, const struct control_ask *ask, int64_t law,
                        struct control_break **ret, size_t *n)
{
    *n = 0;
    *ret = NULL;
    err e = ask->batch ? batch_join(ask->batch) : OK;
    if (e.code || !ask->batch) {
        return e;
    }
    struct rows r = batch_rows(ask->batch, ask->place);
    *ret = arena_array(ctx->arena, struct control_break, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        const struct control *c = model_control_at(ctx->model, rows_i64(&r, 0));
        int verdict = (int)rows_i64(&r, 1);
        if (c && c->newest) {
            (*ret)[(*n)++] = (struct control_break){
                .control = c,
                .row = {.verdict = verdict,
                        .since = rows_i64(&r, 2),
                        .grace_at = rows_i64(&r, 3),
                        .waived = !rows_null(&r, 4) && verdict >= VERDICT_VIOLATION,
                        .reason = control_reason_of(c, law, verdict)}};
        }
    }
    qsort(*ret, *n, sizeof(**ret), worse);
    *n = *n < BREAKS_MAX ? *n : BREAKS_MAX;
    return OK;
}
