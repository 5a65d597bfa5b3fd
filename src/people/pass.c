#include "people/pass.h"

#include "engine/write.h"
#include "people/people_int.h"

struct new_pass {
    enum pass_kind kind;
    int64_t object, by, now;
    str hash;
};

static err forget(void *arg, struct db *db, struct arena *a)
{
    const struct new_pass *p = arg;
    return db_exec(db, a, SQL("delete from pass where kind = $1 and object = $2"),
                   ARGS(db_i64(p->kind), db_i64(p->object)));
}

static err put(void *arg, struct db *db, struct arena *a)
{
    const struct new_pass *p = arg;
    err e = forget(arg, db, a);
    return e.code ? e
                  : db_exec(db, a,
                            SQL("insert into pass(hash, kind, object, made_by, created_at)"
                                " values ($1, $2, $3, $4, $5)"),
                            ARGS(db_blob(p->hash), db_i64(p->kind), db_i64(p->object),
                                 db_i64(p->by), db_i64(p->now)));
}

err pass_make(struct engine *e, struct arena *a, int64_t now, enum pass_kind kind, int64_t object,
              int64_t by, str *ret_secret)
{
    str secret = token_random(a);
    struct new_pass p = {
        .kind = kind, .object = object, .by = by, .now = now, .hash = token_hash(a, secret)};
    err x = engine_write(e, put, &p);
    *ret_secret = x.code ? STR("") : secret;
    return x;
}

err pass_end(struct engine *e, struct arena *a, enum pass_kind kind, int64_t object)
{
    struct new_pass p = {.kind = kind, .object = object};
    (void)a;
    return engine_write(e, forget, &p);
}

err pass_find(const struct ctx *ctx, enum pass_kind kind, str secret, int64_t *ret)
{
    struct rows r;
    *ret = 0;
    if (!secret.len || secret.len > 100) {
        return err_make(ERR_NOT_FOUND, STR("pass"));
    }
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select object from pass where hash = $1 and kind = $2"),
                     ARGS(db_blob(token_hash(ctx->arena, secret)), db_i64(kind)), &r);
    if (!e.code && !rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("pass"));
    }
    *ret = e.code ? 0 : rows_i64(&r, 0);
    return e;
}

err pass_since(const struct ctx *ctx, enum pass_kind kind, int64_t object, int64_t *ret)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select created_at from pass where kind = $1 and object = $2"),
                     ARGS(db_i64(kind), db_i64(object)), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}
