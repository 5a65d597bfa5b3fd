/* approve_content.c - what is voted on, as text; values that wait. */
#include "base/enc.h"
#include "engine/approve_int.h"
#include "ledger/canon.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_MAX = 4 << 20 };

/* --- the content --------------------------------------------------------------------- */

struct reading {
    const struct ctx *ctx;
    struct held_model *h;
    struct tplan *t;
    int64_t record;
    struct canon *c;
    struct batch *b;
};

/* One field that is asked for, and where its values come in the batch. */
struct asked_field {
    const struct field *field;
    const struct tplan *lines; /* of a lines field */
    int place;                 /* -1: a column of the row */
};

static const struct tplan *lines_plan(struct reading *q, const struct field *f)
{
    const struct type *part = f->part;
    return plan_type(q->h, type_at(part, q->t->def->law->version));
}

static int ask_lines(struct reading *q, const struct tplan *lines)
{
    struct sqlb b = sqlb_make(q->ctx->arena);
    SQLB_LIT(&b, "select ");
    for (int i = 0; i < lines->ncols; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, lines->cols[i]);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, lines->type->table);
    SQLB_LIT(&b, " where ");
    sqlb_ident(&b, lines->cols[lines->parent_col]);
    SQLB_LIT(&b, " = $1 order by id");
    return batch_add(q->b, sqlb_end(&b), ARGS(db_i64(q->record)));
}

static int ask_links(struct reading *q, const struct field *f)
{
    struct sqlb b = sqlb_make(q->ctx->arena);
    SQLB_LIT(&b, "select target from ");
    sqlb_ident(&b,
               str_fmt(q->ctx->arena, "l_%.*s__%.*s", STR_ARG(q->t->type->key), STR_ARG(f->key)));
    SQLB_LIT(&b, " where owner = $1 order by target");
    return batch_add(q->b, sqlb_end(&b), ARGS(db_i64(q->record)));
}

static int ask_files(struct reading *q, const struct field *f)
{
    return batch_add(q->b,
                     SQL("select sha256 from attachment where record = $1 and field = $2"
                         " and removed_at is null order by id"),
                     ARGS(db_i64(q->record), db_text(f->key)));
}

static struct asked_field ask_field(struct reading *q, const struct field *f)
{
    struct asked_field x = {.field = f, .place = -1};
    if (f->type == F_LINES) {
        x.lines = lines_plan(q, f);
        x.place = ask_lines(q, x.lines);
    } else if (f->type == F_ATTACHMENT) {
        x.place = ask_files(q, f);
    } else if (plan_col(q->t, f) < 0) {
        x.place = ask_links(q, f);
    }
    return x;
}

static void put_cell(struct canon *c, str key, const struct tplan *t, int col, const struct cell *v)
{
    if (v->null) {
        canon_null(c, key);
    } else if (t->is_text[col]) {
        canon_str(c, key, v->s);
    } else {
        canon_i64(c, key, v->i);
    }
}

/* A line is its values; ids are not content. */
static void put_line(struct reading *q, const struct tplan *lines, struct rows *r)
{
    struct cell *row = arena_array(q->ctx->arena, struct cell, (size_t)lines->ncols + 1);
    perform_read_row(lines, r, row);
    canon_map(q->c, NO_KEY);
    for (int i = 0; i < lines->ncols; i++) {
        int col = lines->sorted[i];
        if (col >= COL_BASE && col != lines->parent_col) {
            put_cell(q->c, lines->cols[col], lines, col, &row[col]);
        }
    }
    canon_close(q->c);
}

static void put_field(struct reading *q, const struct asked_field *x, const struct cell *row)
{
    str key = x->field->key;
    if (x->place < 0) {
        int col = plan_col(q->t, x->field);
        put_cell(q->c, key, q->t, col, &row[col]);
        return;
    }
    struct rows r = batch_rows(q->b, x->place);
    canon_list(q->c, key);
    while (rows_next(&r)) {
        if (x->lines) {
            put_line(q, x->lines, &r);
        } else if (x->field->type == F_ATTACHMENT) {
            canon_str(q->c, NO_KEY, rows_text(&r, 0));
        } else {
            canon_i64(q->c, NO_KEY, rows_i64(&r, 0));
        }
    }
    canon_close(q->c);
}

/* Fields asked for in parts (steps.result, steps+) are one. */
static bool asked_before(const struct action *a, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (a->asks[k].field == a->asks[i].field) {
            return true;
        }
    }
    return false;
}

static err content(const struct ctx *ctx, struct held_model *h, struct tplan *t, int64_t record,
                   const struct action *action, const struct cell *row, str *ret)
{
    struct reading q = {.ctx = ctx, .h = h, .t = t, .record = record};
    struct asked_field *list = arena_array(ctx->arena, struct asked_field, action->nasks + 1);
    size_t n = 0;
    q.c = canon_make(ctx->arena);
    q.b = batch_begin(ctx->db, ctx->arena);
    int own = row ? -1 : batch_add(q.b, t->select, ARGS(db_i64(record)));
    bool some = !row;
    for (size_t i = 0; i < action->nasks; i++) {
        if (!asked_before(action, i)) {
            list[n] = ask_field(&q, action->asks[i].field);
            some = some || list[n].place >= 0;
            n++;
        }
    }
    err e = some ? batch_run(q.b) : OK;
    if (!e.code && !row) {
        struct rows r = batch_rows(q.b, own);
        struct cell *read = arena_array(ctx->arena, struct cell, (size_t)t->ncols + 1);
        if (!rows_next(&r)) {
            return err_make(ERR_NOT_FOUND, STR("record"));
        }
        perform_read_row(t, &r, read);
        row = read;
    }
    if (e.code) {
        return e;
    }
    canon_str(q.c, STR("action"), action->key);
    canon_map(q.c, STR("fields"));
    for (size_t i = 0; i < n; i++) {
        put_field(&q, &list[i], row);
    }
    canon_close(q.c);
    canon_i64(q.c, STR("record"), record);
    return canon_end(q.c, ret);
}

err approve_content(const struct ctx *ctx, struct held_model *h, struct tplan *t, int64_t record,
                    const struct action *action, str *ret)
{
    return content(ctx, h, t, record, action, NULL, ret);
}

err approve_content_of(const struct ctx *ctx, struct held_model *h, const struct touched *x,
                       const struct action *action, str *ret)
{
    return content(ctx, h, x->t, x->id, action, x->now, ret);
}

struct approval_hash approve_hash(struct hasher *h, str content)
{
    struct hash x = hash_of(h, content);
    struct approval_hash ret;
    memcpy(ret.b, x.b, sizeof(ret.b));
    return ret;
}

str approve_hash_write(struct arena *a, const struct approval_hash *h)
{
    return enc_hex(a, str_from_n((const char *)h->b, sizeof(h->b)));
}

bool approve_hash_read(struct arena *a, str text, struct approval_hash *ret)
{
    str bytes;
    if (text.len != 2 * sizeof(ret->b) || !dec_hex(a, text, &bytes)) {
        return false;
    }
    memcpy(ret->b, bytes.ptr, sizeof(ret->b));
    return true;
}

/* Links that were changed left a note for the history. */
static bool links_changed(const struct touched *x, const struct field *f)
{
    char begin[NAME_MAX_LEN + 16];
    int n = snprintf(begin, sizeof(begin), "{\"f\":\"%.*s\"", STR_ARG(f->key));
    for (const struct side_change *c = x->sides; c; c = c->next) {
        if (n > 0 && str_starts(c->json, str_from_n(begin, (size_t)n))) {
            return true;
        }
    }
    return false;
}

bool approve_changes(const struct touched *x, const struct action *action)
{
    for (size_t i = 0; i < action->nasks; i++) {
        const struct field *f = action->asks[i].field;
        int col = plan_col(x->t, f);
        if (col >= 0 && history_cell_changed(x, col)) {
            return true;
        }
        if (col < 0 && (x->many_parts || links_changed(x, f))) {
            return true;
        }
    }
    return false;
}

/* --- values that wait ---------------------------------------------------------------- */

static void put_value(struct json *j, const struct value_in *v);

static void put_typed(struct json *j, const struct value *v)
{
    json_key(j, STR("typed"));
    json_open(j, '{');
    JSON_I64(j, "i", v->i64);
    JSON_STR(j, "s", v->text);
    json_key(j, STR("ids"));
    json_open(j, '[');
    for (size_t i = 0; i < v->nids; i++) {
        json_i64(j, v->ids[i]);
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_rows(struct json *j, const struct value_in *v)
{
    json_key(j, STR("rows"));
    json_open(j, '[');
    for (size_t i = 0; i < v->nrows; i++) {
        json_open(j, '{');
        JSON_I64(j, "id", v->rows[i].id);
        JSON_BOOL(j, "remove", v->rows[i].remove);
        json_key(j, STR("values"));
        json_open(j, '[');
        for (size_t k = 0; k < v->rows[i].nvalues; k++) {
            put_value(j, &v->rows[i].values[k]);
        }
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_value(struct json *j, const struct value_in *v)
{
    json_open(j, '{');
    JSON_STR(j, "field", v->field);
    JSON_BOOL(j, "null", v->is_typed ? v->typed.null : v->null);
    JSON_STR(j, "text", v->text);
    if (v->nitems) {
        json_key(j, STR("items"));
        json_open(j, '[');
        for (size_t i = 0; i < v->nitems; i++) {
            json_str(j, v->items[i]);
        }
        json_close(j, ']');
    }
    if (v->nrows) {
        put_rows(j, v);
    }
    if (v->is_typed) {
        put_typed(j, &v->typed);
    }
    json_close(j, '}');
}

str approve_values_write(struct arena *a, const struct value_in *v, size_t n)
{
    struct json j = json_begin(a, VALUES_MAX);
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        put_value(&j, &v[i]);
    }
    json_close(&j, ']');
    return json_end(&j);
}

static void take_values(struct arena *a, const struct json_value *list, struct value_in **ret,
                        size_t *n);

static void take_rows(struct arena *a, const struct json_value *list, struct value_in *v)
{
    struct row_in *rows = arena_array(a, struct row_in, list->len + 1);
    for (size_t i = 0; i < list->len; i++) {
        const struct json_value *x = &list->items[i];
        struct value_in *cells;
        rows[i].id = json_i64_of(json_get(x, STR("id")), 0);
        rows[i].remove = json_bool_of(json_get(x, STR("remove")));
        take_values(a, json_get(x, STR("values")), &cells, &rows[i].nvalues);
        rows[i].values = cells;
    }
    v->rows = rows;
    v->nrows = list->len;
}

static void take_typed(struct arena *a, const struct json_value *x, struct value_in *v)
{
    const struct json_value *ids = json_get(x, STR("ids"));
    size_t n = ids ? ids->len : 0;
    int64_t *list = arena_array(a, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        list[i] = json_i64_of(&ids->items[i], 0);
    }
    v->is_typed = true;
    v->typed = (struct value){.null = v->null,
                              .i64 = json_i64_of(json_get(x, STR("i")), 0),
                              .text = json_str_of(json_get(x, STR("s"))),
                              .ids = list,
                              .nids = n};
}

static void take_value(struct arena *a, const struct json_value *x, struct value_in *v)
{
    const struct json_value *items = json_get(x, STR("items"));
    const struct json_value *rows = json_get(x, STR("rows"));
    const struct json_value *typed = json_get(x, STR("typed"));
    *v = (struct value_in){.field = json_str_of(json_get(x, STR("field"))),
                           .null = json_bool_of(json_get(x, STR("null"))),
                           .text = json_str_of(json_get(x, STR("text")))};
    if (items) {
        str *list = arena_array(a, str, items->len + 1);
        for (size_t i = 0; i < items->len; i++) {
            list[i] = json_str_of(&items->items[i]);
        }
        v->items = list;
        v->nitems = items->len;
    }
    if (rows) {
        take_rows(a, rows, v);
    }
    if (typed) {
        take_typed(a, typed, v);
    }
}

static void take_values(struct arena *a, const struct json_value *list, struct value_in **ret,
                        size_t *n)
{
    *n = list && list->kind == JV_LIST ? list->len : 0;
    *ret = arena_array(a, struct value_in, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        take_value(a, &list->items[i], &(*ret)[i]);
    }
}

err approve_values_read(struct arena *a, str text, struct value_in **ret, size_t *n)
{
    const struct json_value *v = NULL;
    err e = text.len ? json_read_own(a, text, &v) : OK;
    take_values(a, v, ret, n);
    return e;
}
