#include "page/items.h"

#include "page/form_page.h"

#include "gen/items.html.h"

static const struct record_field *cell(const struct record_row *row, const char *key)
{
    for (size_t i = 0; i < row->nfields; i++) {
        if (str_eq(row->fields[i].field->key, str_from(key))) {
            return &row->fields[i];
        }
    }
    return NULL;
}

static str plain(const struct visit *v, const struct record_field *c)
{
    bool empty = !c || (c->value.null && !c->value.text.len);
    return empty ? STR("") : value_plain(&v->ctx, c->field, &c->value);
}

/* What was typed for this row, or what it holds. */
static str value_of(const struct visit *v, const struct record_row *row, const struct row_in *typed,
                    const char *key)
{
    for (size_t i = 0; typed && i < typed->nvalues; i++) {
        if (str_eq(typed->values[i].field, str_from(key))) {
            return typed->values[i].text;
        }
    }
    return plain(v, cell(row, key));
}

static bool wants(const struct record_row *row, const char *key)
{
    const struct record_field *c = cell(row, "wants");
    const struct choice_key *k = c ? field_choice(c->field, str_from(key)) : NULL;
    return k && !c->value.null && (c->value.i64 >> k->code & 1);
}

static str limits_of(const struct visit *v, const struct record_row *row)
{
    str low = plain(v, cell(row, "low"));
    str high = plain(v, cell(row, "high"));
    str unit = plain(v, cell(row, "reads_in"));
    struct arena *a = v->ctx.arena;
    if (low.len && high.len) {
        return str_fmt(a, "[%.*s, %.*s] %.*s", STR_ARG(low), STR_ARG(high), STR_ARG(unit));
    }
    return low.len    ? str_fmt(a, "≥ %.*s %.*s", STR_ARG(low), STR_ARG(unit))
           : high.len ? str_fmt(a, "≤ %.*s %.*s", STR_ARG(high), STR_ARG(unit))
                      : STR("");
}

/* A yes is good, a no is bad, what does not apply is neither. */
static void put_answers(const struct visit *v, const struct record_field *c, str value,
                        struct item *i)
{
    struct item_answer *list = arena_array(v->ctx.arena, struct item_answer, c->field->nkeys + 1);
    for (size_t k = 0; k < c->field->nkeys; k++) {
        str key = c->field->keys[k].key;
        list[k] = (struct item_answer){.value = key,
                                       .words = c->field->keys[k].words,
                                       .class = str_eq(key, STR("yes"))  ? STR("good")
                                                : str_eq(key, STR("no")) ? STR("bad")
                                                                         : STR("off"),
                                       .on = str_eq(key, value)};
        i->given = list[k].on ? &list[k] : i->given;
    }
    i->answers.ptr = list;
    i->answers.len = c->field->nkeys;
}

static bool takes(const struct ask *ask, const struct record_field *c)
{
    return ask && c && form_column_asked(ask, c->field, false);
}

static struct item one(const struct visit *v, const struct record_row *row,
                       const struct row_in *typed, const struct ask *ask)
{
    const struct record_field *answer = cell(row, "answer");
    const struct record_field *remark = cell(row, "remark");
    const struct record_field *photo = cell(row, "photo");
    struct item i = {.id = row->id,
                     .what = plain(v, cell(row, "item")),
                     .basis = plain(v, cell(row, "basis")),
                     .guide = plain(v, cell(row, "guide")),
                     .limits = limits_of(v, row),
                     .reads_in = plain(v, cell(row, "reads_in")),
                     .reading = wants(row, "reading") || limits_of(v, row).len,
                     .photo = wants(row, "photo"),
                     .remark = wants(row, "remark"),
                     .takes_answer = takes(ask, answer),
                     .takes_reading = takes(ask, cell(row, "reading")),
                     .takes_remark = takes(ask, remark),
                     .takes_photo = takes(ask, photo),
                     .reading_value = value_of(v, row, typed, "reading"),
                     .remark_value = value_of(v, row, typed, "remark"),
                     .remark_max = remark && remark->field->has_max ? remark->field->max : 500,
                     .file = photo && !photo->value.null ? photo->value.i64 : 0};
    if (answer) {
        put_answers(v, answer, value_of(v, row, typed, "answer"), &i);
    }
    return i;
}

static const struct row_in *typed_row(const struct value_in *typed, int64_t id)
{
    for (size_t i = 0; typed && i < typed->nrows; i++) {
        if (typed->rows[i].id == id) {
            return &typed->rows[i];
        }
    }
    return NULL;
}

struct items items_make(const struct visit *v, const struct record_field *now,
                        const struct value_in *typed, const struct ask *ask)
{
    struct item *list = arena_array(v->ctx.arena, struct item, now->nrows + 1);
    struct items all = {.ptr = list, .len = now->nrows};
    for (size_t k = 0; k < now->nrows; k++) {
        list[k] = one(v, &now->rows[k], typed_row(typed, now->rows[k].id), ask);
        list[k].no = (int64_t)k + 1;
        list[k].prefix = str_fmt(v->ctx.arena, "%.*s.%zu", STR_ARG(now->field->key), k);
        all.answered += list[k].given ? 1 : 0;
        all.no += list[k].given && str_eq(list[k].given->value, STR("no"));
    }
    return all;
}

void items_show(struct html *out, const struct visit *v, const struct record_field *f)
{
    struct items list = items_make(v, f, NULL, NULL);
    items_html(out, &list, f->field->words);
}
