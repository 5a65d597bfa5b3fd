/* value_ref.c - references as values: what a person writes for a record. */
#include "base/arena.h"
#include "engine/record_load.h"
#include "engine/value_int.h"

/* A SELECT of visible records of `t` with r.<column> = $4. */
static struct sql lookup(const struct ctx *ctx, const struct type *t, str column)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.");
    sqlb_ident(&b, column);
    SQLB_LIT(&b, " = $4");
    if (ctx->actor) {
        SQLB_LIT(&b, " and ");
        load_visible(ctx, &b, t);
    }
    SQLB_LIT(&b, " order by r.id limit 2");
    return sqlb_end(&b);
}

enum { LOOKUPS_MAX = 12 };

err value_ref(const struct ctx *ctx, const struct type *t, str s, int64_t *ret, struct words *why)
{
    int64_t id = 0;
    int places[LOOKUPS_MAX];
    int n = 0;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct db_args text = ctx_args(ctx, (struct db_arg[]){db_text(s)}, 1);
    if (str_to_i64(s, &id)) {
        places[n++] = batch_add(b, lookup(ctx, t, STR("id")),
                                ctx_args(ctx, (struct db_arg[]){db_i64(id)}, 1));
    }
    places[n++] = batch_add(b, lookup(ctx, t, STR("number")), text);
    const struct tdef *def = t->newest;
    for (size_t i = 0; i < def->nuniques && n < LOOKUPS_MAX - 1; i++) {
        const struct unique *u = &def->uniques[i];
        if (u->nof == 1 && u->of[0]->value.kind == V_TEXT && u->of[0]->column.len &&
            !(ctx->actor && u->of[0]->see.tree)) {
            places[n++] = batch_add(b, lookup(ctx, t, u->of[0]->column), text);
        }
    }
    for (size_t i = 0; i < def->nfields && n < LOOKUPS_MAX - 1; i++) {
        const struct field *f = &def->fields[i];
        bool known = f->unique && f->value.kind == V_TEXT && f->column.len;
        if (known && !(ctx->actor && f->see.tree)) { /* what is hidden from some finds nothing */
            places[n++] = batch_add(b, lookup(ctx, t, f->column), text);
        }
    }
    places[n++] = batch_add(b, lookup(ctx, t, STR("name")), text);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    for (int i = 0; i < n; i++) {
        struct rows r = batch_rows(b, places[i]);
        if (rows_count(&r) == 1 && rows_next(&r)) {
            *ret = rows_i64(&r, 0);
            return OK;
        }
        if (rows_count(&r) > 1) {
            *why = words_fmt(ctx->arena, "“%.*s”不止一个，请写编号",
                             "there are several '%.*s'; please give a number", STR_ARG(s));
            return OK;
        }
    }
    *why = words_fmt(ctx->arena, "没有“%.*s”，或您无权查看",
                     "there is no '%.*s', or you may not see it", STR_ARG(s));
    return OK;
}

err value_refs(const struct ctx *ctx, const struct field *f, const struct value_in *in,
               struct value *ret, struct words *why)
{
    str one[1] = {in->text};
    const str *items = in->nitems ? in->items : one;
    size_t n = in->nitems ? in->nitems : (in->text.len ? 1 : 0);
    size_t cap = 0;
    for (size_t i = 0; i < n; i++) {
        cap += 1;
        for (size_t k = 0; k < items[i].len; k++) {
            cap += items[i].ptr[k] == ',';
        }
    }
    int64_t *ids = arena_array(ctx->arena, int64_t, cap + 1);
    size_t nids = 0;
    for (size_t i = 0; i < n; i++) {
        for (str rest = items[i]; rest.ptr;) {
            str s = str_trim(str_cut(rest, ',', &rest));
            if (!s.len) {
                continue;
            }
            int64_t id = 0;
            err e = value_ref(ctx, f->to, s, &id, why);
            if (e.code || why->zh.len) {
                return e;
            }
            bool had = false;
            for (size_t k = 0; k < nids; k++) {
                had = had || ids[k] == id;
            }
            if (!had) {
                ids[nids++] = id;
            }
        }
    }
    ret->ids = ids;
    ret->nids = nids;
    return OK;
}

/* A record of any type: by id, then by number. */
err value_ref_any(const struct ctx *ctx, str s, int64_t *ret, struct words *why)
{
    for (size_t i = 0; i < ctx->model->ntypes; i++) {
        const struct type *t = ctx->model->types[i];
        if (t->lines) {
            continue;
        }
        struct words none = {0};
        err e = value_ref(ctx, t, s, ret, &none);
        if (e.code || !none.zh.len) {
            return e;
        }
    }
    *why = words_fmt(ctx->arena, "没有“%.*s”，或您无权查看",
                     "there is no '%.*s', or you may not see it", STR_ARG(s));
    return OK;
}
