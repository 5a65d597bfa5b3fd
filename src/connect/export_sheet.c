/* export_sheet.c - records as rows of a workbook, and what is told beside them. */
#include "base/arena.h"
#include "connect/export.h"
#include "connect/xlsx.h"

enum { LEGEND_COLUMNS = 4, NARROW = 12, WIDE = 36 };

/* Names of the columns that are no fields. */
static const struct {
    const char *key;
    struct words words;
} own[] = {{"number", WORDS_INIT("编号", "Number")},
           {"name", WORDS_INIT("名称", "Name")},
           {"state", WORDS_INIT("状态", "State")},
           {"created_at", WORDS_INIT("创建于", "Created")},
           {"changed_at", WORDS_INIT("更新于", "Changed")}};
enum { OWN = sizeof(own) / sizeof(own[0]) };

static struct words title_of(const struct type *t, str key)
{
    const struct field *f = tdef_field(t->newest, key);
    for (size_t i = 0; !f && i < OWN; i++) {
        if (str_eq(key, str_from(own[i].key))) {
            return own[i].words;
        }
    }
    return f ? f->words : (struct words){key, key};
}

static int width_of(const struct type *t, str key)
{
    const struct field *f = tdef_field(t->newest, key);
    bool wide = f ? f->type == F_TEXT || f->type == F_MARKDOWN : str_eq(key, STR("name"));
    bool narrow = f && (f->type == F_BOOL || f->type == F_INT || f->type == F_DATE);
    return wide ? WIDE : narrow ? NARROW : 0;
}

err export_sheet(const struct ctx *ctx, const struct type *t, const struct export_columns *c,
                 struct xlsx **ret)
{
    struct xlsx_column *columns = arena_array(ctx->arena, struct xlsx_column, c->len + 1);
    for (size_t i = 0; i < c->len; i++) {
        columns[i] = (struct xlsx_column){.name = c->keys[i],
                                          .title = words_in(title_of(t, c->keys[i]), ctx->lang),
                                          .width = width_of(t, c->keys[i])};
    }
    return xlsx_begin(ctx->arena, words_in(WORDS("数据", "Data"), ctx->lang), columns, c->len,
                      ctx->model->zone_minutes, ret);
}

/* false: as text. */
static bool put_typed(struct xlsx *x, const struct record_field *f)
{
    if (f->value.null) {
        return false;
    }
    switch ((int)f->field->type) {
    case F_INT:
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
        xlsx_number(x, f->value.i64, 0);
        return true;
    case F_DECIMAL:
        xlsx_number(x, f->value.i64, 4);
        return true;
    case F_MONEY:
        xlsx_number(x, f->value.i64, 2);
        return true;
    case F_BOOL:
        xlsx_bool(x, f->value.i64 != 0);
        return true;
    case F_DATE:
        xlsx_date(x, f->value.i64);
        return true;
    case F_DATETIME:
        xlsx_moment(x, f->value.i64);
        return true;
    default:
        return false;
    }
}

static bool put_field(struct xlsx *x, const struct record *r, str key)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, key)) {
            return put_typed(x, &r->fields[i]);
        }
    }
    return false;
}

void export_sheet_record(const struct ctx *ctx, struct xlsx *x, const struct export_columns *c,
                         const struct record *r)
{
    for (size_t i = 0; i < c->len; i++) {
        str key = c->keys[i];
        bool field = tdef_field(r->type->newest, key) != NULL;
        if (!field && str_eq(key, STR("created_at"))) {
            xlsx_moment(x, r->created_at);
        } else if (!field && str_eq(key, STR("changed_at"))) {
            xlsx_moment(x, r->changed_at);
        } else if (!put_field(x, r, key)) {
            xlsx_text(x, export_cell(ctx, r, key));
        }
    }
    xlsx_row(x);
}

/* --- beside the records -------------------------------------------------------------------- */

struct legend {
    str *cells;
    size_t rows, most;
};

static void legend_add(struct legend *l, str key, str title, str value, str words)
{
    if (l->rows < l->most) {
        str *c = l->cells + l->rows++ * LEGEND_COLUMNS;
        c[0] = key;
        c[1] = title;
        c[2] = value;
        c[3] = words;
    }
}

/* Column by column: its key, its name, and the keys that stand in its cells. */
static struct legend legend_of(const struct ctx *ctx, const struct type *t,
                               const struct export_columns *c)
{
    const struct tdef *d = t->newest;
    size_t most = 1 + c->len + d->nstates;
    for (size_t i = 0; i < d->nfields; i++) {
        most += d->fields[i].nkeys;
    }
    struct legend l = {.most = most, .cells = arena_array(ctx->arena, str, most * LEGEND_COLUMNS)};
    legend_add(&l, words_in(WORDS("列", "Column"), ctx->lang),
               words_in(WORDS("名称", "Name"), ctx->lang),
               words_in(WORDS("单元格中的值", "Value in a cell"), ctx->lang),
               words_in(WORDS("含义", "Meaning"), ctx->lang));
    for (size_t i = 0; i < c->len; i++) {
        const struct field *f = tdef_field(d, c->keys[i]);
        legend_add(&l, c->keys[i], words_in(title_of(t, c->keys[i]), ctx->lang), STR(""), STR(""));
        for (size_t k = 0; f && k < f->nkeys; k++) {
            legend_add(&l, STR(""), STR(""), f->keys[k].key, words_in(f->keys[k].words, ctx->lang));
        }
        for (size_t k = 0; !f && str_eq(c->keys[i], STR("state")) && k < d->nstates; k++) {
            legend_add(&l, STR(""), STR(""), d->states[k].key,
                       words_in(d->states[k].words, ctx->lang));
        }
    }
    return l;
}

err export_sheet_end(const struct ctx *ctx, struct xlsx *x, const struct type *t,
                     const struct export_columns *c, const struct export_note *notes, size_t nnotes,
                     int *ret_fd, int64_t *ret_size)
{
    str *cells = arena_array(ctx->arena, str, 2 * (nnotes + 2));
    size_t rows = 0;
    cells[rows * 2] = words_in(WORDS("导出", "Export"), ctx->lang);
    cells[rows++ * 2 + 1] = words_in(t->newest->title, ctx->lang);
    for (size_t i = 0; i < nnotes; i++) {
        cells[rows * 2] = words_in(notes[i].label, ctx->lang);
        cells[rows++ * 2 + 1] = notes[i].value;
    }
    if (xlsx_cut(x)) {
        cells[rows * 2] = words_in(WORDS("截短的单元格", "Cells cut short"), ctx->lang);
        cells[rows++ * 2 + 1] =
            str_fmt(ctx->arena,
                    ctx->lang == LANG_EN ? "%lld; the whole text stands in the CSV export"
                                         : "%lld 个；全文见 CSV 导出",
                    (long long)xlsx_cut(x));
    }
    xlsx_notes(x, words_in(WORDS("说明", "About"), ctx->lang), cells, 2, rows);
    struct legend l = legend_of(ctx, t, c);
    xlsx_notes(x, words_in(WORDS("对照", "Legend"), ctx->lang), l.cells, LEGEND_COLUMNS, l.rows);
    return xlsx_end(x, ret_fd, ret_size);
}
