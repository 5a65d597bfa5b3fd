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

/* One name among the records of one type, and where in the batch it is looked up. */
struct looked_up {
    int places[LOOKUPS_MAX];
    int n;
};

/* Names of one batch: one round trip on PostgreSQL. */
struct lookups {
    const struct ctx *ctx;
    struct batch *b;
    int left; /* statements the batch has room for */
};

static struct lookups lookups_begin(const struct ctx *ctx)
{
    return (struct lookups){ctx, batch_begin(ctx->db, ctx->arena), BATCH_MAX};
}

static bool lookups_full(const struct lookups *l)
{
    return l->left < LOOKUPS_MAX;
}

/* By id, by number, by what is unique, by name: the first of them that finds something counts.
 * What is hidden from some finds nothing. */
static struct looked_up look_up(struct lookups *l, const struct type *t, str s)
{
    const struct ctx *ctx = l->ctx;
    struct looked_up at = {0};
    int64_t id = 0;
    struct db_args text = ctx_args(ctx, (struct db_arg[]){db_text(s)}, 1);
    if (str_to_i64(s, &id)) {
        at.places[at.n++] = batch_add(l->b, lookup(ctx, t, STR("id")),
                                      ctx_args(ctx, (struct db_arg[]){db_i64(id)}, 1));
    }
    at.places[at.n++] = batch_add(l->b, lookup(ctx, t, STR("number")), text);
    const struct tdef *def = t->newest;
    for (size_t i = 0; i < def->nuniques && at.n < LOOKUPS_MAX - 1; i++) {
        const struct unique *u = &def->uniques[i];
        if (u->nof == 1 && u->of[0]->value.kind == V_TEXT && u->of[0]->column.len &&
            !(ctx->actor && u->of[0]->see.tree)) {
            at.places[at.n++] = batch_add(l->b, lookup(ctx, t, u->of[0]->column), text);
        }
    }
    for (size_t i = 0; i < def->nfields && at.n < LOOKUPS_MAX - 1; i++) {
        const struct field *f = &def->fields[i];
        bool known = f->unique && f->value.kind == V_TEXT && f->column.len;
        if (known && !(ctx->actor && f->see.tree)) {
            at.places[at.n++] = batch_add(l->b, lookup(ctx, t, f->column), text);
        }
    }
    at.places[at.n++] = batch_add(l->b, lookup(ctx, t, STR("name")), text);
    l->left -= at.n;
    return at;
}

static struct words none_such(const struct ctx *ctx, str s)
{
    return words_fmt(ctx->arena, "没有“%.*s”，或您无权查看",
                     "there is no '%.*s', or you may not see it", STR_ARG(s));
}

/* After the batch has run. */
static void read_found(const struct lookups *l, const struct looked_up *at, str s, int64_t *ret,
                       struct words *why)
{
    for (int i = 0; i < at->n; i++) {
        struct rows r = batch_rows(l->b, at->places[i]);
        if (rows_count(&r) == 1 && rows_next(&r)) {
            *ret = rows_i64(&r, 0);
            return;
        }
        if (rows_count(&r) > 1) {
            *why = words_fmt(l->ctx->arena, "“%.*s”不止一个，请写编号",
                             "there are several '%.*s'; please give a number", STR_ARG(s));
            return;
        }
    }
    *why = none_such(l->ctx, s);
}

err value_ref(const struct ctx *ctx, const struct type *t, str s, int64_t *ret, struct words *why)
{
    struct lookups l = lookups_begin(ctx);
    struct looked_up at = look_up(&l, t, s);
    err e = batch_run(l.b);
    if (!e.code) {
        read_found(&l, &at, s, ret, why);
    }
    return e;
}

/* The names of a list of references, one after another or with commas between them. */
static size_t names_of(struct arena *a, const struct value_in *in, str **ret)
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
    *ret = arena_array(a, str, cap + 1);
    size_t nnames = 0;
    for (size_t i = 0; i < n; i++) {
        for (str rest = items[i]; rest.ptr;) {
            str s = str_trim(str_cut(rest, ',', &rest));
            if (s.len) {
                (*ret)[nnames++] = s;
            }
        }
    }
    return nnames;
}

static size_t add_once(int64_t *ids, size_t n, int64_t id)
{
    for (size_t k = 0; k < n; k++) {
        if (ids[k] == id) {
            return n;
        }
    }
    ids[n] = id;
    return n + 1;
}

err value_refs(const struct ctx *ctx, const struct field *f, const struct value_in *in,
               struct value *ret, struct words *why)
{
    str *names;
    size_t n = names_of(ctx->arena, in, &names);
    struct looked_up *at = arena_array(ctx->arena, struct looked_up, n + 1);
    int64_t *ids = arena_array(ctx->arena, int64_t, n + 1);
    ret->ids = ids;
    ret->nids = 0;
    for (size_t from = 0, to = 0; from < n; from = to) {
        struct lookups l = lookups_begin(ctx);
        for (; to < n && !lookups_full(&l); to++) {
            at[to] = look_up(&l, f->to, names[to]);
        }
        err e = batch_run(l.b);
        for (size_t i = from; !e.code && i < to; i++) {
            int64_t id = 0;
            read_found(&l, &at[i], names[i], &id, why);
            if (why->zh.len) {
                return OK;
            }
            ret->nids = add_once(ids, ret->nids, id);
        }
        if (e.code) {
            return e;
        }
    }
    return OK;
}

/* A record of any type: the first type, in the order of the model, that has one of this name. */
err value_ref_any(const struct ctx *ctx, str s, int64_t *ret, struct words *why)
{
    size_t n = ctx->model->ntypes;
    struct looked_up *at = arena_array(ctx->arena, struct looked_up, n + 1);
    for (size_t from = 0, to = 0; from < n; from = to) {
        struct lookups l = lookups_begin(ctx);
        for (; to < n && !lookups_full(&l); to++) {
            if (!ctx->model->types[to]->lines) {
                at[to] = look_up(&l, ctx->model->types[to], s);
            }
        }
        err e = batch_run(l.b);
        if (e.code) {
            return e;
        }
        for (size_t i = from; i < to; i++) {
            struct words none = {0};
            if (at[i].n) {
                read_found(&l, &at[i], s, ret, &none);
            }
            if (at[i].n && !none.zh.len) {
                return OK;
            }
        }
    }
    *why = none_such(ctx, s);
    return OK;
}
