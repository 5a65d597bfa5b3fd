#include "connect/export.h"

#include "base/arena.h"
#include "connect/csv.h"
#include "engine/refusal_int.h"
#include "model/diag.h"

enum { CELL_LIMIT = 256 << 10 };

static const str before[] = {
    {"number", 6},
    {"name", 4},
    {"state", 5},
};
static const str after[] = {
    {"created_at", 10},
    {"changed_at", 10},
};
enum { BEFORE = sizeof(before) / sizeof(before[0]), AFTER = sizeof(after) / sizeof(after[0]) };

static bool among(const str *list, size_t n, str key)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i], key)) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct field *f, bool all)
{
    bool here = f->column.len || (f->is.tree && !f->stored);
    return here && f->type != F_ATTACHMENT && f->type != F_FILTER && (all || !f->see.tree);
}

static err no_such(struct arena *a, const struct tdef *d, bool all, str key, struct words *why)
{
    str *names = arena_array(a, str, d->nfields + BEFORE + AFTER + 1);
    size_t n = 0;
    for (size_t i = 0; i < BEFORE; i++) {
        names[n++] = before[i];
    }
    for (size_t i = 0; i < d->nfields; i++) {
        names[n] = d->fields[i].key;
        n += fits(&d->fields[i], all);
    }
    str near = diag_nearest(key, names, n);
    *why = near.len ? words_fmt(a, "没有列“%.*s”，是否指“%.*s”？",
                                "there is no column \"%.*s\"; did you mean \"%.*s\"?", STR_ARG(key),
                                STR_ARG(near))
                    : words_fmt(a, "没有列“%.*s”", "there is no column \"%.*s\"", STR_ARG(key));
    return err_make(ERR_VALUE, STR("column"));
}

err export_columns(struct arena *a, const struct type *t, bool all, const str *keys, size_t n,
                   struct export_columns *ret, struct words *why)
{
    const struct tdef *d = t->newest;
    str *list = arena_array(a, str, n + d->nfields + BEFORE + AFTER + 1);
    str *fields = arena_array(a, str, n + d->nfields + 1);
    size_t nall = 0;
    *ret = (struct export_columns){0};
    for (size_t i = 0; !n && i < BEFORE; i++) {
        list[nall++] = before[i];
    }
    for (size_t i = 0; !n && i < d->nfields; i++) {
        list[nall] = d->fields[i].key;
        nall += fits(&d->fields[i], all);
    }
    for (size_t i = 0; !n && i < AFTER; i++) {
        list[nall++] = after[i];
    }
    for (size_t i = 0; i < n; i++) {
        list[nall++] = keys[i];
    }
    for (size_t i = 0; i < nall; i++) {
        const struct field *f = tdef_field(d, list[i]);
        if (f && fits(f, all)) {
            fields[ret->nfields++] = f->key;
        } else if (f || (!among(before, BEFORE, list[i]) && !among(after, AFTER, list[i]))) {
            return no_such(a, d, all, list[i], why);
        }
    }
    ret->keys = list;
    ret->len = nall;
    ret->fields = fields;
    return OK;
}

void export_head(struct buf *b, const struct export_columns *c, bool mark)
{
    buf_put(b, mark ? STR("\xEF\xBB\xBF") : STR(""));
    for (size_t i = 0; i < c->len; i++) {
        buf_put(b, i ? STR(",") : STR(""));
        buf_put(b, c->keys[i]);
    }
    buf_put(b, STR("\r\n"));
}

static str field_text(const struct ctx *ctx, const struct record_field *f)
{
    if (!f->nrefs) {
        return f->value.null ? STR("") : value_plain(ctx, f->field, &f->value);
    }
    struct buf b = buf_make(ctx->arena, CELL_LIMIT);
    for (size_t i = 0; i < f->nrefs; i++) {
        buf_put(&b, i ? STR(",") : STR(""));
        buf_put(&b, f->refs[i].number.len ? f->refs[i].number : f->refs[i].name);
    }
    return buf_str(&b);
}

static str moment(const struct ctx *ctx, int64_t ms)
{
    struct field f = {.type = F_DATETIME};
    struct value v = {.i64 = ms};
    return value_plain(ctx, &f, &v);
}

str export_cell(const struct ctx *ctx, const struct record *r, str key)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, key)) {
            return field_text(ctx, &r->fields[i]);
        }
    }
    if (str_eq(key, before[0])) {
        return r->number;
    }
    if (str_eq(key, before[1])) {
        return r->name;
    }
    if (str_eq(key, before[2])) {
        return r->state ? r->state->key : STR("");
    }
    if (str_eq(key, after[0])) {
        return moment(ctx, r->created_at);
    }
    /* a field that this reader may not see has an empty cell */
    return str_eq(key, after[1]) ? moment(ctx, r->changed_at) : STR("");
}

void export_record(const struct ctx *ctx, struct buf *b, const struct export_columns *c,
                   const struct record *r)
{
    for (size_t i = 0; i < c->len; i++) {
        buf_put(b, i ? STR(",") : STR(""));
        csv_put(b, export_cell(ctx, r, c->keys[i]));
    }
    buf_put(b, STR("\r\n"));
}
