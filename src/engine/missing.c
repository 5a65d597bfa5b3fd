#include "engine/missing.h"

#include "base/arena.h"
#include "base/buf.h"

enum { NAMES_MAX = 6 };

struct naming {
    const struct ctx *ctx;
    struct buf zh, en;
    size_t n;
};

static void name_it(struct naming *x, struct words w)
{
    if (x->n >= NAMES_MAX) {
        return;
    }
    if (x->n++) {
        BUF_LIT(&x->zh, "、");
        BUF_LIT(&x->en, ", ");
    }
    buf_put(&x->zh, words_in(w, LANG_ZH));
    buf_put(&x->en, words_in(w, LANG_EN));
}

/* Own fields that are empty. */
static void own_fields(struct naming *x, const struct cond *c, int64_t id)
{
    struct arena *a = x->ctx->arena;
    const struct field *asked[NAMES_MAX * 4];
    size_t n = 0;
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < c->reads.nfields && n < NAMES_MAX * 4; i++) {
        const struct field *f = c->reads.fields[i];
        if (!f->column.len || f->never_missing) {
            continue;
        }
        if (n) {
            SQLB_LIT(&b, ", ");
        }
        SQLB_LIT(&b, "case when ");
        sqlb_ident(&b, f->column);
        SQLB_LIT(&b, " is null then 1 else 0 end");
        asked[n++] = f;
    }
    struct rows r;
    if (!n) {
        return;
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, asked[0]->of->type->table);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(x->ctx->db, a, sqlb_end(&b), ARGS(db_i64(id)), &r);
    bool some = !e.code && rows_next(&r);
    for (size_t i = 0; some && i < n; i++) {
        if (rows_i64(&r, (int)i)) {
            name_it(x, asked[i]->words);
        }
    }
}

/* The first line or part in which the field is empty, by its place. */
static void part_row(struct naming *x, const struct field *f, int64_t id)
{
    struct arena *a = x->ctx->arena;
    const struct type *part = f->of->type;
    struct sqlb b = sqlb_make(a);
    struct rows r;
    SQLB_LIT(&b, "select p.id, (select count(*) from ");
    sqlb_ident(&b, part->table);
    SQLB_LIT(&b, " q where q.");
    sqlb_ident2(&b, "f_", part->part_of->key);
    SQLB_LIT(&b, " = $1 and q.id <= p.id) from ");
    sqlb_ident(&b, part->table);
    SQLB_LIT(&b, " p where p.");
    sqlb_ident2(&b, "f_", part->part_of->key);
    SQLB_LIT(&b, " = $1 and p.");
    sqlb_ident(&b, f->column);
    SQLB_LIT(&b, " is null order by p.id limit 1");
    err e = db_query(x->ctx->db, a, sqlb_end(&b), ARGS(db_i64(id)), &r);
    if (e.code || !rows_next(&r)) {
        return;
    }
    struct words title = part->newest->title;
    long long place = (long long)rows_i64(&r, 1);
    name_it(x,
            (struct words){
                str_fmt(a, "%.*s第 %lld 行的%.*s", STR_ARG(title.zh), place, STR_ARG(f->words.zh)),
                str_fmt(a, "%.*s of row %lld of %.*s", STR_ARG(words_in(f->words, LANG_EN)), place,
                        STR_ARG(words_in(title, LANG_EN)))});
}

static bool is_own_part(const struct cond *c, const struct type *t)
{
    for (size_t i = 0; i < c->reads.nparts; i++) {
        if (c->reads.parts[i] == t) {
            return true;
        }
    }
    return false;
}

struct words missing_words(const struct ctx *ctx, const struct cond *c, int64_t id)
{
    struct naming x = {
        .ctx = ctx, .zh = buf_make(ctx->arena, 2000), .en = buf_make(ctx->arena, 2000)};
    if (id) {
        own_fields(&x, c, id);
    }
    for (size_t i = 0; id && !x.n && i < c->reads.nfurther; i++) {
        if (is_own_part(c, c->reads.further[i]->of->type)) {
            part_row(&x, c->reads.further[i], id);
        }
    }
    for (size_t i = 0; !id && i < c->reads.nfields; i++) {
        if (!c->reads.fields[i]->never_missing) {
            name_it(&x, c->reads.fields[i]->words);
        }
    }
    for (size_t i = 0; !x.n && i < c->reads.nfurther; i++) {
        name_it(&x, c->reads.further[i]->words);
    }
    if (!x.n) {
        return (struct words){c->text, c->text};
    }
    return (struct words){buf_str(&x.zh), buf_str(&x.en)};
}

struct words missing_remedy(struct arena *a, struct words missing)
{
    return (struct words){
        str_fmt(a, "无法判断，请先补全：%.*s。", STR_ARG(missing.zh)),
        str_fmt(a, "This cannot be decided; fill in first: %.*s.", STR_ARG(missing.en))};
}
