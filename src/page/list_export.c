/* list_export.c - a list as a file: CSV for programs, a workbook for people.  Up to
 * EXPORT_MAX records while one waits; all of them as a job (web/work.h). */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/export.h"
#include "connect/xlsx.h"
#include "page/list_page.h"
#include "page/page.h"

#include "web/work.h"

#include <unistd.h>

enum {
    EXPORT_MAX = 10000,
    EXPORT_ALL_MAX = 1000000, /* what a workbook holds */
    EXPORT_BYTES = 24 << 20,
    PAGE_ARENA = 32 << 20
};

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

/* What was written so far goes into the file of the job. */
static err flush(struct visit *v, struct exporting *x)
{
    if (x->sheet || !v->job) {
        return OK;
    }
    bool ok = !x->csv.full;
    for (str rest = buf_str(&x->csv); ok && rest.len;) {
        ssize_t n = write(v->job->fd, rest.ptr, rest.len);
        ok = n > 0;
        rest = ok ? str_from_n(rest.ptr + n, rest.len - (size_t)n) : rest;
    }
    x->csv.len = 0;
    v->job->written = true;
    return ok ? OK : err_make(ERR_STORE, STR("the file cannot be written: is the disk full?"));
}

static void end_arena(void *arg)
{
    arena_end(arg);
}

static err one_page(struct visit *v, struct exporting *x, struct arena *a)
{
    struct ctx ctx = v->ctx;
    struct list_page lp;
    ctx.arena = a;
    err e = list_page(&ctx, &x->query, &lp);
    for (size_t i = 0; !e.code && i < lp.nrows; i++, x->rows++) {
        if (x->sheet) {
            export_sheet_record(&ctx, x->sheet, &x->columns, &lp.rows[i]);
        } else {
            export_record(&ctx, &x->csv, &x->columns, &lp.rows[i]);
        }
    }
    x->query.cursor = e.code ? STR("") : str_copy(v->ctx.arena, lp.next);
    e.detail = str_copy(v->ctx.arena, e.detail);
    return e.code ? e : flush(v, x);
}

/* A page of the list after the other, each in memory that the next one uses again.  A
 * visit's first one is in its own: what was asked of the visitor comes with it. */
static err records(struct visit *v, struct exporting *x)
{
    const size_t most = v->job ? EXPORT_ALL_MAX : EXPORT_MAX;
    struct arena *all = v->ctx.arena;
    struct arena *page = arena_new(all, struct arena);
    arena_defer(all, end_arena, page);
    *page = arena_make(PAGE_ARENA);
    page->full = all->full; /* jumps to the same place, whose clean-ups end it */
    page->full_arg = all->full_arg;
    err e = OK;
    bool on = true;
    do {
        e = one_page(v, x, v->job || x->rows ? page : all);
        arena_reset(page);
        on = !e.code && work_goes_on(v, (int64_t)x->rows);
    } while (on && x->query.cursor.len && x->rows < most);
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

void page_list_export_all(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    bool sheet = str_eq(visit_param(v, STR("as")), STR("xlsx"));
    str path = str_fmt(v->ctx.arena, "/r/%.*s/export%s?%.*s", STR_ARG(t->key), sheet ? ".xlsx" : "",
                       STR_ARG(visit_param(v, STR("query"))));
    const char *as = sheet ? "xlsx" : "csv";
    struct words of = t->newest->title;
    struct words title = {
        str_fmt(v->ctx.arena, "导出 %.*s（%s）", STR_ARG(of.zh), as),
        str_fmt(v->ctx.arena, "Export of %.*s (%s)", STR_ARG(of.en.len ? of.en : of.zh), as)};
    err e = work_ask(v, path, title);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, STR("/me/jobs"));
}
