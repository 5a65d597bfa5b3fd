/* perform_row.c - the row written, and what it may not be twice. */
#include "base/buf.h"
#include "engine/perform_int.h"

#include <string.h>

/* --- writing the row ------------------------------------------------------------------------ */

static bool is_about(struct arena *a, str detail, str table, const struct unique *u)
{
    struct buf cols = buf_make(a, 8192);
    for (size_t i = 0; i < u->nof; i++) {
        if (i) {
            BUF_LIT(&cols, ", ");
        }
        buf_put(&cols, table);
        buf_put_c(&cols, '.');
        buf_put(&cols, u->of[i]->column);
    }
    str columns = buf_str(&cols);
    return str_has(detail, str_fmt(a, "\"%.*s\"", STR_ARG(u->index_name))) ||
           str_has(detail, str_fmt(a, "failed: %.*s: ", STR_ARG(columns)));
}

static err unique_refused(struct doing *d, const struct touched *x, err e)
{
    const struct tdef *def = x->t->type->newest;
    const struct clause *clause = NULL;
    struct words words = {0};
    str names = STR("");
    for (size_t i = 0; i < def->nuniques; i++) {
        const struct unique *u = &def->uniques[i];
        if (u->nof && is_about(d->a, e.detail, x->t->type->table, u)) {
            clause = u->clause;
            words = u->words;
            names = words_in(u->of[0]->words, d->act->lang);
            break;
        }
    }
    if (!clause) {
        clause = x->action ? x->action->clause : NULL;
    }
    if (!words.zh.len) {
        words = words_fmt(d->a, "已有相同的记录，不得重复：%.*s",
                          "There is one like it already: %.*s", STR_ARG(names));
    }
    return refuse(
        d->a, ERR_RULE, REFUSED_UNIQUE, clause, words,
        WORDS("请使用已有的记录，或改填其他内容。", "Use the one that is there, or change this."));
}

err perform_write(struct doing *d, struct touched *x, const struct cell *before, bool insert)
{
    struct db_arg args[COLS_MAX + 1];
    int n = 0;
    struct sql sql;
    if (insert) {
        for (int i = 0; i < x->t->ncols; i++) {
            args[n++] = perform_cell_arg(x->t, i, &x->now[i]);
        }
        sql = x->t->insert;
    } else {
        struct colset set = {0};
        args[n++] = db_i64(x->id);
        for (int i = 0; i < x->t->ncols; i++) {
            if (!history_same_cell(&before[i], &x->now[i], x->t->is_text[i])) {
                colset_add(&set, i);
                args[n++] = perform_cell_arg(x->t, i, &x->now[i]);
            }
        }
        if (n == 1) {
            return OK;
        }
        sql = plan_update(d->h, x->t, &set, d->a);
    }
    err e = db_queue(d->ctx->db, d->a, sql, (struct db_args){args, n});
    if (!e.code && d->at_once) {
        e = db_flush(d->ctx->db, d->a);
    }
    return e.code == ERR_CONFLICT ? unique_refused(d, x, e) : e;
}

/* Does the database speak of this record's table? */
static bool is_of(struct arena *a, str detail, const struct type *t)
{
    if (str_has(detail, str_fmt(a, "%.*s.", STR_ARG(t->table)))) {
        return true;
    }
    for (size_t i = 0; i < t->newest->nuniques; i++) {
        if (str_has(detail, str_fmt(a, "\"%.*s\"", STR_ARG(t->newest->uniques[i].index_name)))) {
            return true;
        }
    }
    return false;
}

err perform_conflict(struct doing *d, err e)
{
    if (e.code != ERR_CONFLICT || e.why) {
        return e;
    }
    for (size_t i = d->n; i-- > 0;) {
        if (is_of(d->a, e.detail, d->list[i].t->type)) {
            return unique_refused(d, &d->list[i], e);
        }
    }
    return e;
}

err perform_set(struct doing *d, struct touched *x, const struct value_in *vals, size_t n)
{
    struct cell *before = arena_array(d->a, struct cell, (size_t)x->t->ncols + 1);
    memcpy(before, x->now, sizeof(*before) * (size_t)x->t->ncols);
    for (size_t i = 0; i < n; i++) {
        const struct field *f = tdef_field(x->t->def, vals[i].field);
        int col = f ? plan_col(x->t, f) : -1;
        if (col < 0) {
            continue;
        }
        perform_put_cell(x, col, &vals[i].typed);
        if (f == x->t->def->unit_field) {
            perform_put_cell(x, COL_UNIT, &vals[i].typed);
        }
    }
    if (!x->created && x->now[COL_VER].i == x->old[COL_VER].i) { /* no action moved it on */
        x->now[COL_VER].i++;
        x->now[COL_CHANGED] = (struct cell){.i = d->ctx->now};
    }
    return perform_write(d, x, before, false);
}
