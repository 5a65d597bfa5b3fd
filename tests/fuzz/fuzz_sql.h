/* fuzz_sql.h - an installation in memory: what was compiled to SQL is run there. */
#ifndef TESTS_FUZZ_FUZZ_SQL_H
#define TESTS_FUZZ_FUZZ_SQL_H

#include "engine/ctx.h"
#include "engine/engine.h"
#include "store/db.h"

#include "fuzz/fuzz_model.h"

/* A Monday; it does not move. */
#define FUZZ_NOW INT64_C(1767578400000)

static inline int64_t fuzz_clock(void *arg)
{
    (void)arg;
    return FUZZ_NOW;
}

/* The engine, without records besides those the regulations bring along. */
static inline struct engine *fuzz_engine(void)
{
    static struct arena life;
    static struct engine *e;
    if (!e) {
        life = arena_make(512u << 20);
        struct sources s;
        struct diags d = diags_make(&life);
        struct engine_options o = {.url = STR("sqlite::memory:"), .clock = fuzz_clock};
        MUST(!load_folder(&life, NULL, STR("regulations"), &s).code);
        MUST(!engine_open_memory(&life, &s, &o, &d, &e).code);
    }
    return e;
}

static inline struct ctx fuzz_ctx(struct arena *a)
{
    static const struct model *m;
    struct engine *e = fuzz_engine();
    m = m ? m : engine_model(e);
    return ctx_make(e, m, engine_db(e), a, FUZZ_NOW, 1, LANG_EN);
}

/* Runs it where the record is `r` of the type, in a statement that is as deep as any
 * of ours (EXPR_STACK_MAX says what is left for it); the first column of the first row
 * does not matter, that the database understands it does.  A step limit may end
 * it, nothing else. */
static inline void fuzz_run(const struct ctx *ctx, const struct type *t, struct sql condition)
{
    struct sqlb b = sqlb_make(ctx->arena);
    struct rows r;
    SQLB_LIT(&b, "select r.\"id\" from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where ((((((((((((((((((((");
    sqlb_sql(&b, condition);
    SQLB_LIT(&b, ")))))))))))))))))))) limit 5");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, NULL, 0), &r);
    MUST(!e.code || e.code == ERR_BUSY);
}

#endif
