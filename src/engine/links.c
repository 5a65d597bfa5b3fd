/* links.c - what a record's fields hold outside its row: links and lines. */
#include "base/arena.h"
#include "engine/view_int.h"

enum { LINKS_MAX = 200, LINES_MAX = 200 };

struct links_ask {
    int *places; /* by field of the record; -1: nothing */
};

static struct sql link_sql(const struct ctx *ctx, const struct type *t, const struct field *f)
{
    struct sqlb q = sqlb_make(ctx->arena);
    SQLB_LIT(&q, "select \"target\" from ");
    sqlb_ident(&q, str_fmt(ctx->arena, "l_%.*s__%.*s", STR_ARG(t->key), STR_ARG(f->key)));
    SQLB_LIT(&q, " where \"owner\" = $4 order by \"target\" limit 200");
    return sqlb_end(&q);
}

static struct sql lines_sql(const struct ctx *ctx, const struct type *t, const struct field *f)
{
    size_t n;
    const struct field *const *fields = load_fields(ctx, f->part, LOAD_OPEN, &n);
    struct sqlb q = sqlb_make(ctx->arena);
    SQLB_LIT(&q, "select ");
    load_columns(&q, LOAD_BASE, fields, n);
    SQLB_LIT(&q, " from ");
    sqlb_ident(&q, f->part->table);
    SQLB_LIT(&q, " r where r.");
    sqlb_ident2(&q, "f_", t->key);
    SQLB_LIT(&q, " = $4 order by r.\"id\" limit 200");
    return sqlb_end(&q);
}

static int ask_field(const struct ctx *ctx, const struct record *r, const struct field *f,
                     struct batch *b)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, r->type, f, 0);
    struct sql sql;
    if (!ctx_find_sql(ctx, k, &sql)) {
        struct ctx room = ctx_room(ctx);
        sql = ctx_keep_sql(
            &room, k, load_is_link(f) ? link_sql(&room, r->type, f) : lines_sql(&room, r->type, f));
    }
    struct db_arg id = db_i64(r->id);
    return batch_add(b, sql, ctx_args(ctx, &id, 1));
}

struct links_ask *links_ask(const struct ctx *ctx, const struct record *r, struct batch *b)
{
    struct links_ask *ask = arena_new(ctx->arena, struct links_ask);
    ask->places = arena_array(ctx->arena, int, r->nfields + 1);
    for (size_t i = 0; i < r->nfields; i++) {
        const struct field *f = r->fields[i].field;
        bool outside = load_is_link(f) || (f->type == F_LINES && f->part);
        ask->places[i] = outside ? ask_field(ctx, r, f, b) : -1;
    }
    return ask;
}

static void read_link(const struct ctx *ctx, struct rows r, struct names *names,
                      struct record_field *f)
{
    int64_t *ids = arena_array(ctx->arena, int64_t, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        ids[f->value.nids++] = rows_i64(&r, 0);
        names_want(names, load_ref_type(ctx, f->field), rows_i64(&r, 0));
    }
    f->value.ids = ids;
    f->value.null = f->value.nids == 0;
}

static void read_lines(const struct ctx *ctx, struct rows r, struct names *names,
                       struct record_field *f)
{
    size_t n;
    const struct field *const *fields = load_fields(ctx, f->field->part, LOAD_OPEN, &n);
    struct record_row *rows =
        arena_array(ctx->arena, struct record_row, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        struct record rec = load_record(ctx, f->field->part, &r, LOAD_BASE, fields, n);
        load_own(&rec);
        names_want_record(names, &rec);
        rows[f->nrows++] = (struct record_row){rec.id, rec.fields, rec.nfields};
    }
    f->rows = rows;
}

void links_read(const struct ctx *ctx, struct batch *b, struct links_ask *ask, struct names *names,
                struct record *r)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if (ask->places[i] < 0) {
            continue;
        }
        struct rows rows = batch_rows(b, ask->places[i]);
        if (r->fields[i].field->type == F_LINES) {
            read_lines(ctx, rows, names, &r->fields[i]);
        } else {
            read_link(ctx, rows, names, &r->fields[i]);
        }
    }
}
