#include "engine/reading.h"

#include "base/clock.h"
#include "engine/refusal_int.h"

#define DAY_MS INT64_C(86400000)

static void put_counts(struct sqlb *b, const struct model *m)
{
    SQLB_LIT(b, "w.state = ");
    sqlb_i64(b, tdef_state(m->access->newest, STR("in_force"))->code);
    SQLB_LIT(b, " and w.f_starts <= $3 and w.f_ends >= $3");
}

void reading_put_join(struct sqlb *b, const struct model *m)
{
    if (m->access) {
        SQLB_LIT(b, " left join ");
        sqlb_ident(b, m->access->table);
        SQLB_LIT(b, " w on w.f_person = c.person and ");
        put_counts(b, m);
    }
}

void reading_put_columns(struct sqlb *b, const struct model *m)
{
    if (m->access) {
        SQLB_LIT(b, ", w.id, w.f_ends, w.f_since, w.f_until");
    } else {
        SQLB_LIT(b, ", null, null, null, null");
    }
}

struct access reading_row(const struct rows *r, int first)
{
    if (rows_null(r, first)) {
        return (struct access){0};
    }
    return (struct access){.on = true,
                           .access = rows_i64(r, first),
                           .ends = rows_i64(r, first + 1),
                           .since = rows_i64(r, first + 2),
                           .until = rows_i64(r, first + 3)};
}

int reading_ask(const struct ctx *ctx, struct batch *b)
{
    static const char maker;
    const struct model *m = ctx->model;
    if (!m->access || !ctx->actor) {
        return -1;
    }
    struct memo_key k = ctx_key(ctx, &maker, m->access, NULL, 0);
    struct sql sql;
    if (!ctx_find_sql(ctx, k, &sql)) {
        struct ctx room = ctx_room(ctx);
        struct sqlb q = sqlb_make(room.arena);
        SQLB_LIT(&q, "select w.id, w.f_ends, w.f_since, w.f_until from ");
        sqlb_ident(&q, m->access->table);
        SQLB_LIT(&q, " w where w.f_person = $2 and ");
        put_counts(&q, m);
        SQLB_LIT(&q, " limit 1");
        sql = ctx_keep_sql(&room, k, sqlb_end(&q));
    }
    return batch_add(b, sql, ctx_args(ctx, NULL, 0));
}

struct access reading_read(struct batch *b, int place)
{
    if (place < 0) {
        return (struct access){0};
    }
    struct rows r = batch_rows(b, place);
    return rows_next(&r) ? reading_row(&r, 0) : (struct access){0};
}

err reading_find(struct ctx *ctx)
{
    ctx->reading = (struct access){0};
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int place = reading_ask(ctx, b);
    err e = place < 0 ? OK : batch_run(b);
    if (!e.code) {
        ctx->reading = reading_read(b, place);
    }
    return e;
}

const struct refusal *reading_refusal(const struct ctx *ctx)
{
    struct arena *a = ctx->arena;
    const struct field *f = tdef_field(ctx->model->access->newest, STR("ends"));
    str ends = clock_date(a, ctx->reading.ends);
    struct words what = {
        .zh = str_fmt(a, "您按查阅授权只能查看，不能办理，至 %.*s 止。", STR_ARG(ends)),
        .en = str_fmt(a, "You were given access to read, until %.*s; nothing can be done with it.",
                      STR_ARG(ends))};
    return refuse(a, ERR_DENIED, REFUSED_WHO, f ? f->clause : NULL, what,
                  WORDS("授权到期或被撤销后，恢复原有的权限；在此之前请由有权的人办理。",
                        "Your own rights return when it ends or is revoked; until then somebody "
                        "who has the right can do this."))
        .why;
}

err reading_refused(const struct ctx *ctx)
{
    const struct refusal *why = reading_refusal(ctx);
    return (err){.code = ERR_DENIED, .detail = why->what.en, .why = why};
}

bool reading_windows(const struct ctx *ctx, const struct type *t)
{
    return ctx && ctx->reading.on && t != ctx->model->person && t != ctx->model->unit &&
           t != ctx->model->access;
}

static int64_t midnight(const struct model *m)
{
    return INT64_C(-60000) * m->zone_minutes;
}

void reading_put_visible(struct sqlb *b, const struct model *m)
{
    SQLB_LIT(b, "exists(select 1 from ");
    sqlb_ident(b, m->access->table);
    SQLB_LIT(b, " w join act wa on wa.record = r.id and wa.at >= w.f_since * 86400000 + ");
    sqlb_i64(b, midnight(m));
    SQLB_LIT(b, " and wa.at < (w.f_until + 1) * 86400000 + ");
    sqlb_i64(b, midnight(m));
    SQLB_LIT(b, " where w.f_person = $2 and ");
    put_counts(b, m);
    SQLB_LIT(b, ")");
}

struct span reading_span(const struct ctx *ctx)
{
    if (!ctx->reading.on) {
        return (struct span){INT64_MIN, INT64_MAX};
    }
    int64_t zero = midnight(ctx->model);
    return (struct span){ctx->reading.since * DAY_MS + zero,
                         (ctx->reading.until + 1) * DAY_MS + zero};
}

bool reading_covers(const struct ctx *ctx, int64_t at)
{
    struct span s = reading_span(ctx);
    return at >= s.from && at < s.to;
}
