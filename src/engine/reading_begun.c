/* reading_begun.c - that a reader's session began: an act of his at the access he reads by. */
#include "engine/clock_int.h"
#include "engine/reading.h"

err reading_begun(struct engine *e, struct db *db, struct arena *a, int64_t person, int64_t now)
{
    const struct model *m = e->now.model->model;
    struct turn t = {.e = e, .now = now};
    struct touched *x;
    if (!m->access) {
        return OK;
    }
    struct ctx ctx = ctx_make(e, m, db, a, now, person, LANG_ZH);
    err r = reading_find(&ctx);
    if (r.code || !ctx.reading.on) {
        return r;
    }
    int64_t access = ctx.reading.access;
    ctx.reading = (struct access){0}; /* it is the door that refuses his acts; this is none of it */
    struct doing *d = turn_begin(&t, &ctx, a, person, 0);
    r = perform_touch(d, m->access, access, &x);
    if (r.code) {
        return r;
    }
    d->acts[d->nacts++] = (struct inner){.id = engine_id(e, now),
                                         .record = x->id,
                                         .t = x->t,
                                         .action = STR("sign_in"),
                                         .from_null = true,
                                         .to_null = true};
    r = perform_finish(d);
    return r.code ? r : db_flush(db, a);
}
