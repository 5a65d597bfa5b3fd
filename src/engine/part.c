#include "engine/part.h"

#include "base/arena.h"

err part_def(const struct ctx *ctx, const struct type *t, const struct value_in *values, size_t n,
             const struct tdef **ret)
{
    *ret = t->newest;
    if (!t->part_of || t->reg->nlaws < 2) {
        return OK;
    }
    const struct field *f = tdef_field(t->newest, t->part_of->key);
    struct value v = {.null = true};
    for (size_t i = 0; f && i < n; i++) {
        if (!str_eq(values[i].field, f->key)) {
            continue;
        }
        struct words why;
        v = values[i].typed;
        err e = values[i].is_typed ? OK : value_read(ctx, f, &values[i], &v, &why);
        if (e.code == ERR_VALUE || e.code == ERR_INVALID) {
            return OK; /* said where values are taken */
        }
        if (e.code) {
            return e;
        }
    }
    if (v.null) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    struct rows r;
    SQLB_LIT(&b, "select law from ");
    sqlb_ident(&b, t->part_of->table);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(v.i64)), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    const struct tdef *d = type_at(t, rows_i64(&r, 0));
    bool its = d->newest ? !t->retired : d->law->version == rows_i64(&r, 0);
    *ret = its ? d : NULL;
    return its ? OK : err_make(ERR_NOT_FOUND, STR("the parent's version has no such part"));
}
