/* evidence_waiver.c - which records a control lets off, and until when. */
#include "base/buf.h"
#include "base/clock.h"
#include "engine/control_int.h"
#include "engine/evidence_int.h"
#include "engine/record_load.h"
#include "ledger/canon.h"

static struct sql waivers_sql(const struct ctx *ctx)
{
    const struct type *t = ctx->model->waiver;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select v.id, v.f_about, v.f_starts, v.f_ends, v.number, substr(v.name, 1, 1000),"
                 " case when exists(select 1 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.id = v.id and ");
    load_visible_few(ctx, &b, t);
    SQLB_LIT(&b, ") then 1 else 0 end from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " v where v.f_control = $4 and v.id > $5 and ");
    control_put_in_force(&b, ctx->model, "v");
    SQLB_LIT(&b, " order by v.id limit $6");
    return sqlb_end(&b);
}

static err text_of(struct arena *a, const struct rows *r, str *ret)
{
    struct canon *c = canon_make(a);
    canon_str(c, STR("about"), str_fmt(a, "%019lld", (long long)rows_i64(r, 1)));
    canon_str(c, STR("ends"), clock_date(a, rows_i64(r, 3)));
    if (rows_i64(r, 6)) {
        canon_str(c, STR("name"), rows_text(r, 5));
        canon_str(c, STR("number"), rows_text(r, 4));
    }
    canon_str(c, STR("starts"), clock_date(a, rows_i64(r, 2)));
    canon_i64(c, STR("waiver"), rows_i64(r, 0));
    err e = canon_end(c, ret);
    *ret = e.code ? *ret : str_fmt(a, "%.*s\n", STR_ARG(*ret));
    return e;
}

err evidence_waivers(const struct ctx *ctx, const struct control *c,
                     err (*line)(void *arg, str line), void *arg)
{
    int64_t at = 0;
    err e = OK;
    if (!ctx->model->waiver) {
        return OK;
    }
    struct sql select = waivers_sql(ctx);
    for (bool more = true; more && !e.code;) {
        struct db_arg args[] = {db_text(c->key), db_i64(at), db_i64(EVIDENCE_CHUNK)};
        struct rows r;
        e = db_query(ctx->db, ctx->arena, select, ctx_args(ctx, args, 3), &r);
        more = !e.code && rows_count(&r) == EVIDENCE_CHUNK;
        while (!e.code && rows_next(&r)) {
            str text;
            at = rows_i64(&r, 0);
            e = text_of(ctx->arena, &r, &text);
            e = e.code ? e : line(arg, text);
        }
    }
    return e;
}
