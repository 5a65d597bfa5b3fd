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
