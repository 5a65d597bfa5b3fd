/* perform_items.c - rows of check-lists (model/checklist.h): what an answer wants beside
 * it, and the files that belong to a row. */
#include "engine/perform_int.h"
#include "model/checklist.h"

#include <string.h>

static const struct cell *cell_of(const struct tplan *t, const struct cell *row, const char *key)
{
    const struct field *f = tdef_field(t->def, str_from(key));
    int col = f ? plan_col(t, f) : -1;
    return col >= 0 && !row[col].null ? &row[col] : NULL;
}

/* Is this key of a choice, or among those of choices, what the cell holds? */
static bool holds(const struct tplan *t, const struct cell *row, const char *column,
                  const char *key)
{
    const struct field *f = tdef_field(t->def, str_from(column));
    const struct choice_key *k = f ? field_choice(f, str_from(key)) : NULL;
    const struct cell *c = cell_of(t, row, column);
    if (!c || !k) {
        return false;
    }
    return f->type == F_CHOICES ? (c->i >> k->code & 1) != 0 : c->i == k->code;
}

static str shown(struct doing *d, const struct tplan *t, const struct cell *row, const char *key)
{
    const struct cell *c = cell_of(t, row, key);
    struct value v = {.i64 = c ? c->i : 0};
    return c ? value_plain(d->ctx, tdef_field(t->def, str_from(key)), &v) : STR("");
}

/* Why a reading is outside what its item allows; empty: it is not, or there is none. */
static struct words outside(struct doing *d, const struct tplan *t, const struct cell *row)
{
    const struct cell *reading = cell_of(t, row, "reading");
    const struct cell *low = cell_of(t, row, "low");
    const struct cell *high = cell_of(t, row, "high");
    if (reading && low && reading->i < low->i) {
        return words_fmt(d->a, "读数低于下限 %.*s，不能答“符合”",
                         "the reading is below %.*s and the answer cannot be yes",
                         STR_ARG(shown(d, t, row, "low")));
    }
    if (reading && high && reading->i > high->i) {
        return words_fmt(d->a, "读数高于上限 %.*s，不能答“符合”",
                         "the reading is above %.*s and the answer cannot be yes",
                         STR_ARG(shown(d, t, row, "high")));
    }
    return (struct words){0};
}

static struct words lacking(struct doing *d, const struct tplan *t, const struct cell *row)
{
    bool no = holds(t, row, "answer", "no");
    if (!cell_of(t, row, "answer") || holds(t, row, "answer", "na")) {
        return (struct words){0};
    }
    if (holds(t, row, "wants", "reading") && !cell_of(t, row, "reading")) {
        return WORDS("须填写读数", "its reading is wanted");
    }
    if (holds(t, row, "wants", "photo") && !cell_of(t, row, "photo")) {
        return WORDS("须附照片", "a photo of it is wanted");
    }
    if ((no || holds(t, row, "wants", "remark")) && !cell_of(t, row, "remark")) {
        return no ? WORDS("不符合的，须写明情况", "say what is wrong where the answer is no")
                  : WORDS("须填写说明", "a remark is wanted");
    }
    return no ? (struct words){0} : outside(d, t, row);
}

err perform_item(struct doing *d, const struct field *list, const struct tplan *t,
                 const struct cell *row)
{
    if (!cell_of(t, row, "item")) {
        return refuse_value(d->a, list->clause, list->key,
                            WORDS("检查项目不能为空", "an item says what is checked"));
    }
    struct words why = lacking(d, t, row);
    if (!why.zh.len) {
        return OK;
    }
    str item = cell_of(t, row, "item")->s;
    return refuse_value(
        d->a, list->clause, list->key,
        (struct words){str_fmt(d->a, "“%.*s”：%.*s", STR_ARG(item), STR_ARG(why.zh)),
                       str_fmt(d->a, "\"%.*s\": %.*s", STR_ARG(item), STR_ARG(why.en))});
}

err perform_row_files(struct doing *d, const struct field *lines, struct tplan *t, int64_t row,
                      bool (*takes)(const void *with, str column), const void *with,
                      struct cell *now, struct colset *set)
{
    for (size_t i = 0; i < d->act->nfiles; i++) {
        int64_t id = 0;
        str column;
        const struct field *f = checklist_place(lines->of, d->act->files[i].field, &id, &column);
        if (!f || !str_eq(f->key, lines->key) || id != row) {
            continue;
        }
        int col = plan_col(t, tdef_field(t->def, column));
        if (col < 0 || !takes(with, column)) {
            return refuse_value(
                d->a, lines->clause, lines->key,
                WORDS("此操作不能填写这一栏", "this action does not take this field"));
        }
        if (!d->files) {
            d->files = arena_array(d->a, int64_t, d->act->nfiles);
            memset(d->files, 0, d->act->nfiles * sizeof(*d->files));
        }
        d->files[i] = engine_id(d->e, d->act->now);
        now[col] = (struct cell){.i = d->files[i]};
        colset_add(set, col);
    }
    return OK;
}

err perform_items_bounded(struct doing *d, const struct field *list, int64_t record)
{
    struct sqlb b = sqlb_make(d->a);
    struct rows r;
    SQLB_LIT(&b, "select count(*) from ");
    sqlb_ident(&b, list->part->table);
    SQLB_LIT(&b, " where ");
    sqlb_ident(&b, list->part->newest->fields[0].column);
    SQLB_LIT(&b, " = $1");
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ARGS(db_i64(record)), &r);
    if (e.code || (rows_next(&r) && rows_i64(&r, 0) <= CHECKLIST_MAX)) {
        return e;
    }
    return refuse_value(d->a, list->clause, list->key,
                        WORDS("检查表最多 200 项", "a check-list holds at most 200 items"));
}
