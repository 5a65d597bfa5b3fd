/* list_names.c - names of what the rows of a list refer to.
 *
 * Where a trip costs (PostgreSQL), a name stands in the row's own statement.
 * Where it does not (SQLite), each name is looked up once for all rows. */
#include "base/arena.h"
#include "engine/list_int.h"

bool list_names_apart(const struct listing *l)
{
    return db_kind(l->ctx->db) == DB_SQLITE;
}

static bool is_named(const struct field *f)
{
    return load_is_ref(f) && f->column.len;
}

/* "(select name ..)" of the record of `t` that the row's field is of; `told`: "CODE name". */
static void put_name(const struct listing *l, struct sqlb *b, const struct field *f,
                     const struct type *t, bool told)
{
    SQLB_LIT(b, "(select case when ");
    load_visible(l->ctx, b, t);
    SQLB_LIT(b, " then ");
    if (told) {
        SQLB_LIT(b, "'");
        sqlb_i64(b, t->code);
        SQLB_LIT(b, " ' || ");
    }
    SQLB_LIT(b, "coalesce(nullif(r.\"name\", ''), r.\"number\", '') end from (select * from ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " n0 where n0.\"id\" = r.");
    sqlb_ident(b, f->column);
    SQLB_LIT(b, ") r)");
}

/* A reference to any type: whichever has the record, and which it is. */
static void put_any_name(const struct listing *l, struct sqlb *b, const struct field *f)
{
    SQLB_LIT(b, "coalesce(");
    for (size_t i = 0; i < l->ctx->model->ntypes; i++) {
        const struct type *t = l->ctx->model->types[i];
        if (t->newest && !t->lines) {
            put_name(l, b, f, t, true);
            SQLB_LIT(b, ", ");
        }
    }
    SQLB_LIT(b, "null)");
}

/* A reference stands by name in the row's own statement: no trip for names.  What
 * one may not see has none.  Inside the derived table r is still the row. */
void list_put_names(const struct listing *l, struct sqlb *b)
{
    for (size_t i = 0; i < l->ncolumns; i++) {
        const struct field *f = l->columns[i];
        if (!is_named(f)) {
            continue;
        }
        const struct type *t = load_ref_type(l->ctx, f);
        SQLB_LIT(b, ", ");
        if (t) {
            put_name(l, b, f, t, false);
        } else {
            put_any_name(l, b, f);
        }
    }
}

void list_read_names(const struct listing *l, struct record *rec, const struct rows *r)
{
    int col = l->base + (int)l->ncolumns; /* each listed column is selected */
    for (size_t i = 0; i < l->ncolumns; i++) {
        const struct field *f = l->columns[i];
        if (!is_named(f)) {
            continue;
        }
        const struct type *t = load_ref_type(l->ctx, f);
        bool visible = !rows_null(r, col);
        str name = visible ? rows_text(r, col) : STR("");
        int64_t code;
        if (!t && visible && str_to_i64(str_cut(name, ' ', &name), &code)) {
            t = model_type_at(l->ctx->model, (int)code);
        }
        struct record_ref *ref = arena_new(l->ctx->arena, struct record_ref);
        *ref = (struct record_ref){
            .id = rec->fields[i].value.i64, .type = t, .name = name, .visible = visible};
        col++;
        if (!rec->fields[i].value.null) {
            rec->fields[i].refs = ref;
            rec->fields[i].nrefs = 1;
        }
    }
}

err list_find_names(struct listing *l)
{
    struct names *names = names_begin(l->ctx);
    for (size_t i = 0; i < l->nrows; i++) {
        for (size_t k = 0; k < l->rows[i].nfields; k++) {
            const struct record_field *f = &l->rows[i].fields[k];
            if (load_is_ref(f->field) && !f->value.null) {
                names_want(names, load_ref_type(l->ctx, f->field), f->value.i64);
            }
        }
    }
    struct batch *b = batch_begin(l->ctx->db, l->ctx->arena);
    names_ask(names, b);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    names_read(names, b);
    for (size_t i = 0; i < l->nrows; i++) {
        names_fill(names, &l->rows[i]);
    }
    return OK;
}
