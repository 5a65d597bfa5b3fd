/* perform_lines.c - what a record holds outside its row: links and lines. */
#include "engine/digest.h"
#include "engine/perform_int.h"

#include <stdlib.h>
#include <string.h>

enum { LINKS_MAX = 200 };

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void keep_links(struct doing *d, const struct touched *x, str table, const struct value *v)
{
    size_t n = v->nids < LINKS_MAX ? v->nids : LINKS_MAX;
    int64_t *ids = arena_array(d->a, int64_t, n + 1);
    if (n) {
        memcpy(ids, v->ids, n * sizeof(*ids));
        qsort(ids, n, sizeof(*ids), by_value);
    }
    struct digest g = digest_begin(d->e->ledger->hasher);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || ids[i] != ids[i - 1]) {
            digest_i64(&g, STR("target"), ids[i]);
        }
    }
    struct piece *p = history_piece(d, x->id, table, x->id);
    p->digest = digest_end(&g);
    p->gone = n == 0;
}

static err write_links(struct doing *d, const struct touched *x, const struct field *f,
                       const struct value *v)
{
    struct sqlb del = sqlb_make(d->a);
    struct sqlb ins = sqlb_make(d->a);
    str table = str_fmt(d->a, "l_%.*s__%.*s", STR_ARG(x->t->type->key), STR_ARG(f->key));
    SQLB_LIT(&del, "delete from ");
    sqlb_ident(&del, table);
    SQLB_LIT(&del, " where owner = $1");
    SQLB_LIT(&ins, "insert into ");
    sqlb_ident(&ins, table);
    SQLB_LIT(&ins, "(owner, target) values ($1, $2) on conflict do nothing");
    struct sql put = sqlb_end(&ins);
    struct batch *b = batch_begin(d->ctx->db, d->a);
    batch_add(b, sqlb_end(&del), ARGS(db_i64(x->id)));
    for (size_t i = 0; i < v->nids && i < LINKS_MAX; i++) {
        batch_add(b, put, ARGS(db_i64(x->id), db_i64(v->ids[i])));
    }
    keep_links(d, x, table, v);
    return batch_run(b);
}

static err write_row(struct doing *d, const struct touched *parent, const struct field *lines,
                     const struct row_in *row)
{
    struct tplan *t = plan_type(d->h, type_at(lines->part, parent->now[COL_LAW].i));
    struct cell *cells = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    struct colset set = {0};
    for (int i = 0; i < t->ncols; i++) {
        cells[i].null = true;
    }
    for (size_t i = 0; i < row->nvalues; i++) {
        const struct field *f = tdef_field(t->def, row->values[i].field);
        int col = f ? plan_col(t, f) : -1;
        struct value v;
        struct words why;
        if (col < 0) {
            return refuse_value(d->a, lines->clause, row->values[i].field,
                                WORDS("没有这一栏", "there is no such column"));
        }
        err e = row->values[i].is_typed ? OK : value_read(d->ctx, f, &row->values[i], &v, &why);
        if (e.code) {
            return e.code == ERR_VALUE ? refuse_value(d->a, lines->clause, lines->key, why) : e;
        }
        if (row->values[i].is_typed) {
            v = row->values[i].typed;
        }
        struct touched one = {.t = t, .now = cells};
        perform_put_cell(&one, col, &v);
        colset_add(&set, col);
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    struct db_arg args[COLS_MAX];
    int n = 0;
    if (row->id && row->remove) {
        struct sqlb q = sqlb_make(d->a);
        SQLB_LIT(&q, "delete from ");
        sqlb_ident(&q, t->type->table);
        SQLB_LIT(&q, " where id = $1 and ");
        sqlb_ident(&q, t->cols[t->parent_col]);
        SQLB_LIT(&q, " = $2");
        batch_add(b, sqlb_end(&q), ARGS(db_i64(row->id), db_i64(parent->id)));
        history_line(d, parent->id, t, row->id)->gone = true;
    } else if (row->id) {
        colset_add(&set, COL_CHANGED);
        cells[COL_CHANGED] = (struct cell){.i = d->ctx->now};
        args[n++] = db_i64(row->id);
        for (int i = 0; i < t->ncols; i++) {
            if (colset_has(&set, i)) {
                args[n++] = perform_cell_arg(t, i, &cells[i]);
            }
        }
        batch_add(b, plan_update(d->h, t, &set), (struct db_args){args, n});
        history_line(d, parent->id, t, row->id);
    } else {
        cells[COL_ID] = (struct cell){.i = engine_id(d->e, d->act->now)};
        cells[COL_LAW] = parent->now[COL_LAW];
        cells[COL_VER] = (struct cell){.i = 1};
        cells[COL_CREATED] = cells[COL_CHANGED] = (struct cell){.i = d->ctx->now};
        cells[COL_CREATOR] = (struct cell){.i = d->act->actor};
        cells[t->parent_col] = (struct cell){.i = parent->id};
        for (int i = 0; i < t->ncols; i++) {
            args[n++] = perform_cell_arg(t, i, &cells[i]);
        }
        batch_add(b, t->insert, (struct db_args){args, n});
        history_line(d, parent->id, t, cells[COL_ID].i);
    }
    return batch_run(b);
}

err perform_later_writes(struct doing *d, struct touched *x, const struct later_write *list,
                         size_t n)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < n; i++) {
        if (!list[i].rows) {
            e = write_links(d, x, list[i].field, &list[i].value);
            continue;
        }
        for (size_t k = 0; !e.code && k < list[i].rows->nrows; k++) {
            e = write_row(d, x, list[i].field, &list[i].rows->rows[k]);
        }
        if (x->nparts < 8) {
            x->changed_parts[x->nparts++] = list[i].field->part->key;
        }
    }
    return e;
}

err perform_set_line(struct doing *d, const struct touched *parent, const struct type *type,
                     int64_t id, const struct value_in *vals, size_t n)
{
    struct tplan *t = plan_type(d->h, type_at(type, parent->now[COL_LAW].i));
    struct cell *cells = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    struct touched one = {.t = t, .now = cells};
    struct colset set = {0};
    for (size_t i = 0; i < n; i++) {
        const struct field *f = tdef_field(t->def, vals[i].field);
        int col = f ? plan_col(t, f) : -1;
        if (col >= 0) {
            perform_put_cell(&one, col, &vals[i].typed);
            colset_add(&set, col);
        }
    }
    struct db_arg args[COLS_MAX];
    int na = 0;
    args[na++] = db_i64(id);
    for (int i = 0; i < t->ncols; i++) {
        if (colset_has(&set, i)) {
            args[na++] = perform_cell_arg(t, i, &cells[i]);
        }
    }
    if (na == 1) {
        return OK;
    }
    history_line(d, parent->id, t, id);
    return db_exec(d->ctx->db, d->a, plan_update(d->h, t, &set), (struct db_args){args, na});
}
