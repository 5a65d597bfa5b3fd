/* perform_lines.c - what a record holds outside its row: links and lines.  Each
 * change is also kept for the history, like those of its fields. */
#include "base/json.h"
#include "engine/digest.h"
#include "engine/perform_int.h"
#include "model/checklist.h"

#include <stdlib.h>
#include <string.h>

enum { LINKS_MAX = 200 };

static void remember(struct doing *d, struct touched *x, struct json *j)
{
    struct side_change *c = arena_new(d->a, struct side_change);
    *c = (struct side_change){.json = json_end(j)};
    if (!x->sides) {
        x->sides_end = &x->sides;
    }
    *x->sides_end = c;
    x->sides_end = &c->next;
}

/* --- links: refs, people ------------------------------------------------------------------ */

static void put_ids(struct json *j, const char *key, const int64_t *ids, size_t n)
{
    json_key(j, str_from(key));
    json_open(j, '[');
    for (size_t i = 0; i < n; i++) {
        json_i64(j, ids[i]);
    }
    json_close(j, ']');
}

static err links_now(struct doing *d, const struct touched *x, str table, int64_t **ret, size_t *n)
{
    struct sqlb q = sqlb_make(d->a);
    SQLB_LIT(&q, "select target from ");
    sqlb_ident(&q, table);
    SQLB_LIT(&q, " where owner = $1 order by target");
    struct rows r;
    err e = db_query(d->ctx->db, d->a, sqlb_end(&q), ARGS(db_i64(x->id)), &r);
    if (e.code) {
        return e;
    }
    *ret = arena_array(d->a, int64_t, (size_t)rows_count(&r) + 1);
    *n = 0;
    while (rows_next(&r)) {
        (*ret)[(*n)++] = rows_i64(&r, 0);
    }
    return OK;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void keep_links(struct doing *d, const struct touched *x, str table, const struct value *v)
{
    size_t n = v->nids;
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

static bool all_among(const int64_t *some, size_t n, const int64_t *list, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < len && list[k] != some[i]) {
            k++;
        }
        if (k == len) {
            return false;
        }
    }
    return true;
}

static err write_links(struct doing *d, struct touched *x, const struct field *f,
                       const struct value *v)
{
    if (v->nids > LINKS_MAX) {
        return refuse_value(d->a, f->clause, f->key, WORDS("最多 200 个", "200 at most"));
    }
    str table = str_fmt(d->a, "l_%.*s__%.*s", STR_ARG(x->t->type->key), STR_ARG(f->key));
    int64_t *old = NULL;
    size_t nold = 0;
    err e = x->created ? OK : links_now(d, x, table, &old, &nold);
    if (e.code || (!x->created && all_among(old, nold, v->ids, v->nids) &&
                   all_among(v->ids, v->nids, old, nold))) {
        return e; /* nothing to write, and nothing for the history */
    }
    struct sqlb del = sqlb_make(d->a);
    struct sqlb ins = sqlb_make(d->a);
    SQLB_LIT(&del, "delete from ");
    sqlb_ident(&del, table);
    SQLB_LIT(&del, " where owner = $1");
    SQLB_LIT(&ins, "insert into ");
    sqlb_ident(&ins, table);
    SQLB_LIT(&ins, "(owner, target) values ($1, $2) on conflict do nothing");
    struct sql put = sqlb_end(&ins);
    e = x->created ? OK : db_queue(d->ctx->db, d->a, sqlb_end(&del), ARGS(db_i64(x->id)));
    size_t n = v->nids;
    for (size_t i = 0; !e.code && i < n; i++) {
        e = db_queue(d->ctx->db, d->a, put, ARGS(db_i64(x->id), db_i64(v->ids[i])));
    }
    if (n || nold) {
        struct json j = json_begin(d->a, 64 << 10);
        json_open(&j, '{');
        JSON_STR(&j, "f", f->key);
        put_ids(&j, "o", old, nold);
        put_ids(&j, "n", v->ids, n);
        json_close(&j, '}');
        remember(d, x, &j);
    }
    keep_links(d, x, table, v);
    return e;
}

/* --- lines ------------------------------------------------------------------------------ */

struct line { /* one line as it is written */
    struct doing *d;
    struct touched *parent;
    const struct field *lines;
    const struct ask *ask;
    const struct action *action; /* NULL: an effect, which may do anything */
    const struct row_in *in;
    struct tplan *t;
    struct cell *old, *now; /* old: NULL for a new one */
    struct colset set;
};

static err not_this(struct line *l, struct words why)
{
    return refuse_value(l->d->a, l->ask ? l->ask->field->clause : l->lines->clause, l->lines->key,
                        why);
}

/* What an action lets be done with the lines of one field: all asks for it together.  Of
 * a check-list that is asked for whole its items are answered, nothing else. */
struct let {
    bool whole, adds, column_adds;
};

static struct let let_of(const struct line *l)
{
    struct let t = {.whole = !l->action};
    for (size_t i = 0; l->action && i < l->action->nasks; i++) {
        const struct ask *x = &l->action->asks[i];
        if (x->field == l->lines) {
            t.whole = t.whole || (x->how == ASK_WHOLE && !l->lines->checklist);
            t.adds = t.adds || x->how == ASK_ADD;
            t.column_adds = t.column_adds || (x->how == ASK_COLUMN && x->column_adds);
        }
    }
    return t;
}

static bool takes_column(const struct line *l, str key)
{
    for (size_t i = 0; i < l->action->nasks; i++) {
        const struct ask *x = &l->action->asks[i];
        bool column = x->how == ASK_COLUMN ? str_eq(x->column->key, key)
                                           : x->how == ASK_WHOLE && checklist_answers(key);
        if (x->field == l->lines && column) {
            return true;
        }
    }
    return false;
}

/* Columns that are asked for end filled in. */
static err columns_filled(struct line *l)
{
    for (size_t i = 0; i < l->action->nasks; i++) {
        const struct ask *x = &l->action->asks[i];
        if (x->field != l->lines || x->how != ASK_COLUMN || !x->required) {
            continue;
        }
        int col = plan_col(l->t, tdef_field(l->t->def, x->column->key));
        if (col >= 0 && l->now[col].null) {
            return not_this(l, WORDS("必须填写", "must be filled in"));
        }
    }
    return OK;
}

static err let(struct line *l)
{
    struct let t = let_of(l);
    if (t.whole) {
        return OK;
    }
    bool new = !l->in->id;
    if (l->in->remove || (!new &&t.adds && !l->ask->column)) {
        return not_this(l, WORDS("此操作只能添加新行", "this action only adds lines"));
    }
    if (new && !t.adds && !t.column_adds) {
        return not_this(l, WORDS("此操作不能添加新行", "this action adds no lines"));
    }
    for (size_t i = 0; !(new &&t.adds) && i < l->in->nvalues; i++) {
        if (!takes_column(l, l->in->values[i].field)) {
            return not_this(l,
                            WORDS("此操作不能填写这一栏", "this action does not take this field"));
        }
    }
    return OK;
}

static bool takes_file(const void *line, str column)
{
    const struct line *l = line;
    return let_of(l).whole || takes_column(l, column);
}

/* A row that is there is as it was: nothing to write, and nothing for the history. */
static bool unchanged(const struct line *l)
{
    for (int i = 0; i < l->t->ncols; i++) {
        if (colset_has(&l->set, i) &&
            !history_same_cell(&l->old[i], &l->now[i], l->t->is_text[i])) {
            return false;
        }
    }
    return true;
}

/* `rows`: the lines this action may touch. */
static err row_let(struct line *l)
{
    const struct cond *rows = l->ask ? &l->ask->rows : NULL;
    if (!rows || !rows->tree) {
        return OK;
    }
    struct doing *d = l->d;
    struct sqlb b = sqlb_make(d->a);
    struct rows r;
    SQLB_LIT(&b, "select case when (");
    sqlb_sql(&b, rows->is_true);
    SQLB_LIT(&b, ") then 1 else 0 end from ");
    sqlb_ident(&b, l->parent->t->type->table);
    SQLB_LIT(&b, " r, ");
    sqlb_ident(&b, l->t->type->table);
    SQLB_LIT(&b, " \"v_t\" where r.id = $4 and \"v_t\".id = $5");
    struct db_arg ids[2] = {db_i64(l->parent->id), db_i64(l->in->id)};
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ctx_args(d->ctx, ids, 2), &r);
    if (e.code || (rows_next(&r) && rows_i64(&r, 0))) {
        return e;
    }
    return refuse(d->a, ERR_RULE, REFUSED_NEEDS, l->action ? l->action->clause : l->lines->clause,
                  words_fmt(d->a, "这一行不归您填写（%.*s）",
                            "This line is not yours to fill in (%.*s)", STR_ARG(rows->text)),
                  WORDS("请只填写归您的行。", "Fill in only the lines that are yours."));
}

/* The line as it stands; it must be one of this record's. */
static err read_old(struct line *l)
{
    struct rows r;
    err e = db_query(l->d->ctx->db, l->d->a, l->t->select, ARGS(db_i64(l->in->id)), &r);
    if (e.code) {
        return e;
    }
    bool there = rows_next(&r);
    l->old = arena_array(l->d->a, struct cell, (size_t)l->t->ncols + 1);
    if (there) {
        perform_read_row(l->t, &r, l->old);
        perform_read_row(l->t, &r, l->now);
    }
    if (!there || l->old[l->t->parent_col].i != l->parent->id) {
        return not_this(l, WORDS("没有这一行，可能已被删除",
                                 "there is no such line; it may have been removed"));
    }
    return OK;
}

static err take(struct line *l)
{
    struct touched one = {.t = l->t, .now = l->now};
    for (size_t i = 0; i < l->in->nvalues; i++) {
        const struct value_in *in = &l->in->values[i];
        const struct field *f = tdef_field(l->t->def, in->field);
        int col = f ? plan_col(l->t, f) : -1;
        if (col < 0 || col == l->t->parent_col) {
            return refuse_value(l->d->a, l->lines->clause, in->field,
                                WORDS("没有这一栏", "there is no such column"));
        }
        struct value v = in->typed;
        struct words why;
        err e = in->is_typed ? OK : value_read(l->d->ctx, f, in, &v, &why);
        if (e.code) {
            return e.code == ERR_VALUE ? not_this(l, why) : e;
        }
        perform_put_cell(&one, col, &v);
        colset_add(&l->set, col);
    }
    return OK;
}

/* Defaults of a new line: constants, now, actor ... what reads no record. */
static err put_defaults(struct line *l)
{
    const struct tdef *def = l->t->def;
    int cols[COLS_MAX];
    int n = 0;
    struct sqlb b = sqlb_make(l->d->a);
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < def->nfields; i++) {
        const struct field *f = &def->fields[i];
        int col = l->t->field_col[i];
        bool own = f->def.reads.record || f->def.reads.nfields || f->def.reads.nparts;
        if (col < 0 || !f->def.tree || f->is.tree || own || !l->now[col].null) {
            continue;
        }
        if (n) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_sql(&b, f->def.value);
        cols[n++] = col;
    }
    if (!n) {
        return OK;
    }
    struct rows r;
    err e = db_query(l->d->ctx->db, l->d->a, sqlb_end(&b), ctx_args(l->d->ctx, NULL, 0), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    for (int i = 0; i < n; i++) {
        struct cell *c = &l->now[cols[i]];
        *c = (struct cell){.null = rows_null(&r, i)};
        if (l->t->is_text[cols[i]]) {
            c->s = rows_text(&r, i);
        } else {
            c->i = rows_i64(&r, i);
        }
    }
    return OK;
}

static err insert(struct line *l)
{
    struct db_arg args[COLS_MAX];
    err e = put_defaults(l);
    if (e.code) {
        return e;
    }
    l->now[COL_ID] = (struct cell){.i = engine_id(l->d->e, l->d->act->now)};
    l->now[COL_LAW] = l->parent->now[COL_LAW];
    l->now[COL_VER] = (struct cell){.i = 1};
    l->now[COL_CREATED] = l->now[COL_CHANGED] = (struct cell){.i = l->d->ctx->now};
    l->now[COL_CREATOR] = (struct cell){.i = l->d->act->actor};
    l->now[l->t->parent_col] = (struct cell){.i = l->parent->id};
    for (int i = 0; i < l->t->ncols; i++) {
        args[i] = perform_cell_arg(l->t, i, &l->now[i]);
    }
    return db_queue(l->d->ctx->db, l->d->a, l->t->insert, (struct db_args){args, l->t->ncols});
}

static err update(struct line *l)
{
    struct db_arg args[COLS_MAX + 1];
    int n = 0;
    colset_add(&l->set, COL_CHANGED);
    l->now[COL_CHANGED] = (struct cell){.i = l->d->ctx->now};
    args[n++] = db_i64(l->in->id);
    for (int i = 0; i < l->t->ncols; i++) {
        if (colset_has(&l->set, i)) {
            args[n++] = perform_cell_arg(l->t, i, &l->now[i]);
        }
    }
    return db_queue(l->d->ctx->db, l->d->a, plan_update(l->d->h, l->t, &l->set, l->d->a),
                    (struct db_args){args, n});
}

static err removal(struct line *l)
{
    struct sqlb q = sqlb_make(l->d->a);
    SQLB_LIT(&q, "delete from ");
    sqlb_ident(&q, l->t->type->table);
    SQLB_LIT(&q, " where id = $1");
    return db_queue(l->d->ctx->db, l->d->a, sqlb_end(&q), ARGS(db_i64(l->in->id)));
}

/* Columns that are other than before, from one side. */
static void put_side(struct json *j, const char *key, const struct line *l, const struct cell *side)
{
    json_key(j, str_from(key));
    if (!side) {
        json_nil(j);
        return;
    }
    json_open(j, '{');
    for (size_t i = 0; i < l->t->def->nfields; i++) {
        int col = l->t->field_col[i];
        if (col < 0 || col == l->t->parent_col) {
            continue;
        }
        bool both = l->old && !l->in->remove;
        bool same = both ? history_same_cell(&l->old[col], &l->now[col], l->t->is_text[col])
                         : side[col].null;
        if (!same) {
            json_key(j, l->t->def->fields[i].key);
            history_put_cell(j, l->t, col, &side[col]);
        }
    }
    json_close(j, '}');
}

static void remember_line(struct line *l)
{
    struct json j = json_begin(l->d->a, 1 << 20);
    json_open(&j, '{');
    JSON_STR(&j, "f", l->lines->key);
    JSON_I64(&j, "row", l->old ? l->in->id : l->now[COL_ID].i);
    put_side(&j, "o", l, l->old);
    put_side(&j, "n", l, l->in->remove ? NULL : l->now);
    json_close(&j, '}');
    remember(l->d, l->parent, &j);
}

static err write_line(struct doing *d, struct touched *x, const struct action *action,
                      const struct later_write *w, const struct row_in *row)
{
    const struct field *lines = w->field;
    struct line l = {
        .d = d, .parent = x, .lines = lines, .ask = w->ask, .action = action, .in = row};
    l.t = plan_type(d->h, type_at(lines->part, x->now[COL_LAW].i));
    l.now = arena_array(d->a, struct cell, (size_t)l.t->ncols + 1);
    for (int i = 0; i < l.t->ncols; i++) {
        l.now[i].null = true;
    }
    if (!row->id && row->remove) {
        return OK;
    }
    err e = let(&l);
    if (!e.code && row->id) {
        e = read_old(&l);
        e = e.code ? e : row_let(&l);
    }
    if (!e.code && !row->remove) {
        e = take(&l);
        e = e.code || !row->id
                ? e
                : perform_row_files(d, lines, l.t, row->id, takes_file, &l, l.now, &l.set);
        e = e.code || !action ? e : columns_filled(&l);
        e = e.code || !lines->checklist ? e : perform_item(d, lines, l.t, l.now);
    }
    if (!e.code && row->id && !row->remove && unchanged(&l)) {
        return OK;
    }
    if (!e.code) {
        e = row->remove ? removal(&l) : row->id ? update(&l) : insert(&l);
    }
    if (!e.code) {
        history_line(d, x->id, l.t, row->id ? row->id : l.now[COL_ID].i)->gone = row->remove;
        remember_line(&l);
    }
    return e;
}

void perform_mark_part(struct touched *x, str key)
{
    size_t room = sizeof(x->changed_parts) / sizeof(x->changed_parts[0]);
    for (size_t i = 0; i < x->nparts; i++) {
        if (str_eq(x->changed_parts[i], key)) {
            return;
        }
    }
    if (x->nparts < room) {
        x->changed_parts[x->nparts++] = key;
    } else {
        x->many_parts = true;
    }
}

err perform_later_writes(struct doing *d, struct touched *x, const struct action *action,
                         const struct later_write *list, size_t n)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < n; i++) {
        if (!list[i].rows) {
            e = write_links(d, x, list[i].field, &list[i].value);
            continue;
        }
        bool adds = false;
        for (size_t k = 0; !e.code && k < list[i].rows->nrows; k++) {
            adds = adds || !list[i].rows->rows[k].id;
            e = write_line(d, x, action, &list[i], &list[i].rows->rows[k]);
        }
        if (!e.code && adds && list[i].field->checklist) {
            e = perform_items_bounded(d, list[i].field, x->id);
        }
        perform_mark_part(x, list[i].field->part->key);
    }
    return e;
}

err perform_add_line(struct doing *d, struct touched *x, const struct type *type,
                     const struct value_in *vals, size_t n)
{
    struct row_in row = {.values = vals, .nvalues = n};
    struct line l = {.d = d, .parent = x, .in = &row};
    for (size_t i = 0; i < x->t->def->nfields; i++) {
        const struct field *f = &x->t->def->fields[i];
        l.lines = f->part == type ? f : l.lines;
    }
    if (!l.lines) {
        return err_make(ERR_NOT_FOUND, type->key); /* not in this record's version */
    }
    l.t = plan_type(d->h, type_at(type, x->now[COL_LAW].i));
    l.now = arena_array(d->a, struct cell, (size_t)l.t->ncols + 1);
    for (int i = 0; i < l.t->ncols; i++) {
        l.now[i].null = true;
    }
    struct touched one = {.t = l.t, .now = l.now};
    for (size_t i = 0; i < n; i++) {
        const struct field *f = tdef_field(l.t->def, vals[i].field);
        int col = f ? plan_col(l.t, f) : -1;
        if (col >= 0) {
            perform_put_cell(&one, col, &vals[i].typed);
        }
    }
    err e = insert(&l);
    if (!e.code) {
        history_line(d, x->id, l.t, l.now[COL_ID].i);
        remember_line(&l);
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
    return db_queue(d->ctx->db, d->a, plan_update(d->h, t, &set, d->a), (struct db_args){args, na});
}
