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

/* A reference stands by name in the row's own statement: no trip for names.  What
 * one may not see has none.  Inside the derived table r is still the row. */
void list_put_names(const struct listing *l, struct sqlb *b)
{
    for (size_t i = 0; i < l->ncolumns; i++) {
        const struct field *f = l->columns[i];
        const struct type *t = load_is_ref(f) ? load_ref_type(l->ctx, f) : NULL;
        if (!t || !f->column.len) {
            continue;
        }
        SQLB_LIT(b, ", (select case when ");
        load_visible(l->ctx, b, t);
        SQLB_LIT(b, " then coalesce(nullif(r.\"name\", ''), r.\"number\", '') end from"
                    " (select * from ");
        sqlb_ident(b, t->table);
        SQLB_LIT(b, " n0 where n0.\"id\" = r.");
        sqlb_ident(b, f->column);
        SQLB_LIT(b, ") r)");
    }
}

void list_read_names(const struct listing *l, struct record *rec, const struct rows *r)
{
    int col = l->base + (int)l->ncolumns; /* each listed column is selected */
    for (size_t i = 0; i < l->ncolumns; i++) {
        const struct field *f = l->columns[i];
        const struct type *t = load_is_ref(f) ? load_ref_type(l->ctx, f) : NULL;
        if (!t || !f->column.len) {
            continue;
        }
        bool visible = !rows_null(r, col);
        struct record_ref *ref = arena_new(l->ctx->arena, struct record_ref);
        *ref = (struct record_ref){.id = rec->fields[i].value.i64,
                                   .type = t,
                                   .name = visible ? rows_text(r, col) : STR(""),
                                   .visible = visible};
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
