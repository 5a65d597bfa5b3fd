#include "engine/ctx.h"

#include "engine/calendar.h"

#include <string.h>

struct ctx ctx_make(struct engine *e, const struct model *m, struct db *db, struct arena *a,
                    int64_t now, int64_t actor, enum lang lang)
{
    return (struct ctx){.engine = e,
                        .model = m,
                        .db = db,
                        .arena = a,
                        .now = now,
                        .today = calendar_day_of(m, now),
                        .actor = actor,
                        .lang = lang};
}

struct memo_key ctx_key(const struct ctx *ctx, const void *maker, const void *of, const void *also,
                        int64_t n)
{
    return (struct memo_key){.maker = maker,
                             .of = of,
                             .also = also,
                             .n = n,
                             .stamp = ctx->reading.on ? ~ctx->model->stamp : ctx->model->stamp};
}

const void *ctx_find(const struct ctx *ctx, struct memo_key k)
{
    return ctx->writer ? NULL : memo_find(db_memo(ctx->db), k);
}

struct ctx ctx_room(const struct ctx *ctx)
{
    struct ctx room = *ctx;
    if (!ctx->writer) {
        room.arena = memo_room(db_memo(ctx->db), ctx->arena);
    }
    return room;
}

void ctx_keep(const struct ctx *room, struct memo_key k, const void *value)
{
    if (!room->writer) {
        memo_keep(db_memo(room->db), k, value, room->arena);
    }
}

bool ctx_find_sql(const struct ctx *ctx, struct memo_key k, struct sql *ret)
{
    const struct sql *kept = ctx_find(ctx, k);
    *ret = kept ? *kept : (struct sql){0};
    return kept != NULL;
}

struct sql ctx_keep_sql(const struct ctx *room, struct memo_key k, struct sql sql)
{
    struct sql *kept = arena_new(room->arena, struct sql);
    *kept = sql;
    ctx_keep(room, k, kept);
    return sql;
}

struct db_args ctx_args(const struct ctx *ctx, const struct db_arg *more, int nmore)
{
    struct db_arg *args = arena_array(ctx->arena, struct db_arg, (size_t)nmore + 3);
    args[0] = db_i64(ctx->now);
    args[1] = db_i64(ctx->actor);
    args[2] = db_i64(ctx->today);
    if (nmore) {
        memcpy(args + 3, more, (size_t)nmore * sizeof(*more));
    }
    return (struct db_args){.ptr = args, .len = nmore + 3};
}
