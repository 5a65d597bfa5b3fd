/* list_export.c - a list as a file: CSV for programs, a workbook for people. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/export.h"
#include "connect/xlsx.h"
#include "page/list_page.h"
#include "page/page.h"

enum { EXPORT_MAX = 10000, EXPORT_BYTES = 24 << 20 };

/* The columns of the page, with what names and dates a record around them; all
 * where the page shows its usual ones. */
static size_t shown(struct visit *v, const struct list_query *q, const str **ret)
{
    size_t n = 0;
    str *keys = arena_array(v->ctx.arena, str, q->ncolumns + 6);
    if (q->ncolumns) {
        keys[n++] = STR("number");
        keys[n++] = STR("name");
        keys[n++] = STR("state");
        for (size_t i = 0; i < q->ncolumns; i++) {
            keys[n++] = q->columns[i];
        }
        keys[n++] = STR("created_at");
        keys[n++] = STR("changed_at");
    }
    *ret = keys;
    return n;
}

struct exporting {
    const struct type *type;
    struct list_query query;
    struct export_columns columns;
    struct buf csv;
    struct xlsx *sheet; /* NULL: CSV */
    size_t rows;
    bool more;
};

static err begin(struct visit *v, const struct type *t, struct exporting *x)
{
    struct words bad;
    const str *keys;
    x->type = t;
    list_query_read(v, t, &x->query, &bad);
    x->query.limit = 200;
    x->query.count = false;
    x->query.long_texts = true;
    size_t n = shown(v, &x->query, &keys);
    err e = export_columns(v->ctx.arena, t, false, keys, n, &x->columns, &bad);
    x->query.columns = x->columns.fields;
    x->query.ncolumns = x->columns.nfields;
    return e;
}

/* A page of the list after the other, each in memory that the next one uses again. */
static err records(struct visit *v, struct exporting *x)
{
    struct ctx ctx = v->ctx;
    err e = OK;
    do {
        struct list_page lp;
        e = list_page(&ctx, &x->query, &lp);
        for (size_t i = 0; !e.code && i < lp.nrows; i++, x->rows++) {
            if (x->sheet) {
                export_sheet_record(&ctx, x->sheet, &x->columns, &lp.rows[i]);
            } else {
                export_record(&ctx, &x->csv, &x->columns, &lp.rows[i]);
            }
        }
        x->query.cursor = e.code ? STR("") : lp.next;
    } while (!e.code && x->query.cursor.len && x->rows < EXPORT_MAX);
    x->more = x->query.cursor.len > 0;
    return e;
}

void page_list_export(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct exporting x = {.csv = buf_make(v->ctx.arena, EXPORT_BYTES)};
    err e = t ? begin(v, t, &x) : err_make(ERR_NOT_FOUND, STR("type"));
    if (!e.code) {
        export_head(&x.csv, &x.columns, true);
        e = records(v, &x);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/csv; charset=utf-8"), .body = buf_str(&x.csv), .file = -1};
    visit_download(v, str_fmt(v->ctx.arena, "%.*s.csv", STR_ARG(t->key)));
}

static err sheet_end(struct visit *v, struct exporting *x, int *ret_fd, int64_t *ret_size)
{
    struct arena *a = v->ctx.arena;
    str rows = str_fmt(a, "%zu", x->rows);
    if (x->more) {
        rows = str_fmt(a,
                       v->ctx.lang == LANG_EN ? "the first %zu; narrow the filter for the rest"
                                              : "前 %zu 条；其余请缩小筛选范围",
                       x->rows);
    }
    str filter = list_query_words(v, &x->query);
    const struct export_note notes[] = {
        {WORDS("组织", "Organisation"), v->app->organisation},
        {WORDS("筛选", "Filter"), filter.len ? filter : words_in(WORDS("无", "none"), v->ctx.lang)},
        {WORDS("条数", "Records"), rows},
        {WORDS("导出时间", "Exported at"), clock_iso(a, v->ctx.now, v->model->zone_minutes)},
        {WORDS("导出人", "Exported by"), v->session.name},
        {WORDS("范围", "Scope"),
         words_in(WORDS("导出人看得到的记录与字段", "records and fields the exporter may see"),
                  v->ctx.lang)},
        {WORDS("导回", "Import"),
         words_in(WORDS("第一行（隐藏）是列的键，zhidu import 按它读回",
                        "the first row (hidden) holds the keys of the columns, by which zhidu "
                        "import reads them back"),
                  v->ctx.lang)},
    };
    return export_sheet_end(&v->ctx, x->sheet, x->type, &x->columns, notes,
                            sizeof(notes) / sizeof(notes[0]), ret_fd, ret_size);
}

void page_list_export_sheet(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct exporting x = {0};
    int fd = -1;
    int64_t size = 0;
    err e = t ? begin(v, t, &x) : err_make(ERR_NOT_FOUND, STR("type"));
    e = e.code ? e : export_sheet(&v->ctx, t, &x.columns, &x.sheet);
    e = e.code ? e : records(v, &x);
    e = e.code ? e : sheet_end(v, &x, &fd, &size);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200,
        .type = STR("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        .file = fd,
        .file_size = size};
    visit_download(v, str_fmt(v->ctx.arena, "%.*s.xlsx", STR_ARG(t->key)));
}
