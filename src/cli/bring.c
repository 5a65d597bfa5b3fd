/* bring.c - import and export: a history from elsewhere, and ours for others. */
#include "base/clock.h"
#include "connect/export.h"
#include "connect/import.h"
#include "connect/xlsx.h"
#include "engine/refusal_int.h"

#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

enum { MAPPING_MAX = 1 << 20 };

struct bringing {
    struct cli *c;
    bool shown;
};

static err read_text(struct cli *c, str path, str *ret)
{
    int fd = cli_open(c, path, false);
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!f) {
        return err_make(ERR_NOT_FOUND, path);
    }
    char *p = arena_bytes(c->arena, MAPPING_MAX + 1);
    size_t n = fread(p, 1, MAPPING_MAX + 1, f);
    fclose(f);
    if (n > MAPPING_MAX) {
        return err_make(ERR_TOO_LARGE, path);
    }
    *ret = str_from_n(p, n);
    return OK;
}

static bool progress(void *arg, int64_t lines, int64_t total, int64_t acts)
{
    struct bringing *b = arg;
    struct cli *c = b->c;
    if (b->shown) {
        fprintf(c->out,
                c->lang == LANG_EN ? "\r%lld of %lld lines, %lld acts   "
                                   : "\r%lld / %lld 行，%lld 次操作   ",
                (long long)lines, (long long)total, (long long)acts);
        fflush(c->out);
    }
    return !ferror(c->out) && !(c->stop && atomic_load(c->stop));
}

static int open_rejects(void *arg, str path)
{
    struct bringing *b = arg;
    return cli_open(b->c, path, true);
}

/* The newest law, the mapping against it, the file against the mapping. */
static err prepare(struct cli *c, int argc, char **argv, const struct model *model,
                   struct import_options *o, struct diags *d, struct words *why)
{
    str path = cli_option(argc, argv, "mapping");
    str file = cli_word(argc, argv, 0);
    str text;
    err e = read_text(c, path, &text);
    if (e.code) {
        *why = words_fmt(c->arena, "打不开对应文件 %.*s", "cannot open the mapping %.*s",
                         STR_ARG(path));
        return e;
    }
    struct mapping *m = mapping_load(c->arena, text, path, model, d);
    if (!m) {
        return err_make(ERR_INVALID, STR("mapping"));
    }
    str encoding = cli_option(argc, argv, "encoding");
    if (encoding.len) {
        m->gb18030 = str_eq(encoding, STR("gb18030"));
    }
    e = csv_file_take(c->arena, cli_open(c, file, false), file, m->separator, m->gb18030, why,
                      &o->file);
    if (!e.code) {
        mapping_bind(m, o->file, d);
        e = d->errors ? err_make(ERR_INVALID, STR("columns")) : OK;
    }
    o->mapping = m;
    return e;
}

static err afterwards(struct cli *c, const struct import_options *o, struct import_report *r,
                      struct import_counts *all)
{
    struct db *db;
    err e = engine_reader(c->engine, c->arena, &db);
    if (e.code) {
        return e;
    }
    struct ctx ctx = ctx_make(c->engine, o->mapping->model, db, c->arena, c->now(), 0, c->lang);
    db_read_begin(db);
    e = import_totals(&ctx, o->mapping, all);
    e = e.code ? e : import_compare(&ctx, o->mapping, r);
    db_read_end(db);
    return e;
}

static int run(struct cli *c, struct import_options *o)
{
    struct import_report r;
    struct import_counts all = {0};
    struct bringing b = {.c = c, .shown = o->progress != NULL};
    bool shown = b.shown;
    o->progress = progress;
    o->arg = &b;
    err e = import_run(o, &r);
    if (shown) {
        fputc('\n', c->out);
    }
    err after = o->dry_run || e.code || r.stopped ? OK : afterwards(c, o, &r, &all);
    import_print(c->out, c->lang, o->mapping, &r, &all, o->dry_run);
    if (e.code) {
        cli_say(c, "导入中断；已办的有效，再次运行即可继续。",
                "The import was cut short; what was done stays, and running it again goes on.");
    }
    e = e.code ? e : after;
    return e.code ? cli_fail(c, e) : r.stopped ? 3 : 0;
}

int cmd_import(struct cli *c, int argc, char **argv)
{
    str file = cli_word(argc, argv, 0);
    str mapping = cli_option(argc, argv, "mapping");
    if (!file.len || !mapping.len) {
        cli_say(c, "须给出 --mapping 和要导入的文件；见 zhidu import --help",
                "--mapping and a file are needed; see zhidu import --help");
        return 2;
    }
    str encoding = cli_option(argc, argv, "encoding");
    if (encoding.len && !str_eq(encoding, STR("utf-8")) && !str_eq(encoding, STR("gb18030"))) {
        return cli_fail(
            c, cli_refuse(c->arena, ERR_INVALID,
                          words_fmt(c->arena, "没有这种编码：%.*s",
                                    "There is no such encoding: %.*s", STR_ARG(encoding)),
                          WORDS("--encoding 为 utf-8 或 gb18030（GBK、GB2312 也写 gb18030）。",
                                "--encoding is utf-8 or gb18030 (also for GBK and GB2312).")));
    }
    str rejects = cli_option(argc, argv, "rejects");
    struct import_options o = {
        .engine = c->engine,
        .lang = c->lang,
        .dry_run = cli_flag(argc, argv, "dry-run"),
        .retry = cli_flag(argc, argv, "retry"),
        .out = c->out,
        .rejects = rejects.len ? rejects : str_fmt(c->arena, "%.*s" REJECTS_END, STR_ARG(file)),
        .open_rejects = open_rejects};
    if (cli_flag(argc, argv, "progress")) {
        o.progress = progress;
    }
    const struct model *model = engine_model(c->engine);
    struct diags d = diags_make(c->arena);
    struct words why = {0};
    err e = prepare(c, argc, argv, model, &o, &d, &why);
    for (size_t i = 0; i < d.len; i++) {
        str line = diag_print(c->arena, &d.ptr[i], c->lang);
        cli_complain(c, "%.*s", "%.*s", STR_ARG(line));
    }
    if (why.zh.len) {
        str w = words_in(why, c->lang);
        cli_complain(c, "%.*s", "%.*s", STR_ARG(w));
    }
    int code = 1;
    if (!e.code) {
        code = run(c, &o);
    } else if (!d.len && !why.zh.len) {
        code = cli_fail(c, e);
    }
    engine_release(c->engine, model);
    return code;
}

/* --- export -------------------------------------------------------------------------------- */

enum { EXPORT_PAGE = 200, COLUMNS_MOST = 200 };

static err no_type(struct cli *c, const struct model *m, str key, struct words *why)
{
    str *names = arena_array(c->arena, str, m->ntypes + 1);
    size_t n = 0;
    for (size_t i = 0; i < m->ntypes; i++) {
        names[n] = m->types[i]->key;
        n += !m->types[i]->lines;
    }
    str near = diag_nearest(key, names, n);
    str all = STR("");
    for (size_t i = 0; i < n; i++) {
        all = str_fmt(c->arena, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "", STR_ARG(names[i]));
    }
    *why = near.len ? words_fmt(c->arena, "没有单据类型“%.*s”，是否指“%.*s”？",
                                "there is no record type \"%.*s\"; did you mean \"%.*s\"?",
                                STR_ARG(key), STR_ARG(near))
                    : words_fmt(c->arena, "没有单据类型“%.*s”；有：%.*s",
                                "there is no record type \"%.*s\"; there are: %.*s", STR_ARG(key),
                                STR_ARG(all));
    return err_make(ERR_NOT_FOUND, STR("type"));
}

static err export_ask(struct cli *c, int argc, char **argv, const struct type *t,
                      struct export_columns *ret, struct words *why)
{
    str filter = cli_option(argc, argv, "filter");
    str keys[COLUMNS_MOST];
    size_t n = 0;
    for (str rest = cli_option(argc, argv, "columns"); rest.len && n < COLUMNS_MOST;) {
        keys[n++] = str_trim(str_cut(rest, ',', &rest));
    }
    struct ctx ctx =
        ctx_make(c->engine, engine_model(c->engine), NULL, c->arena, c->now(), 0, c->lang);
    err e = filter.len ? list_check_filter(&ctx, t, filter, why) : OK;
    engine_release(c->engine, ctx.model);
    return e.code ? e : export_columns(c->arena, t, true, keys, n, ret, why);
}

/* `sheet` NULL: as CSV, to the output. */
static err export_all(struct cli *c, const struct ctx *base, struct list_query *q,
                      const struct export_columns *columns, struct xlsx *sheet)
{
    err e = OK;
    do {
        struct arena a = arena_make(256u << 20);
        struct ctx ctx = *base;
        struct list_page p;
        struct buf b = buf_make(&a, 200u << 20);
        ctx.arena = &a;
        db_read_begin(ctx.db);
        e = list_page(&ctx, q, &p);
        db_read_end(ctx.db);
        for (size_t i = 0; !e.code && i < p.nrows; i++) {
            if (sheet) {
                export_sheet_record(&ctx, sheet, columns, &p.rows[i]);
            } else {
                export_record(&ctx, &b, columns, &p.rows[i]);
            }
        }
        str text = buf_str(&b);
        fwrite(text.ptr, 1, text.len, c->out);
        q->cursor = e.code ? STR("") : str_copy(c->arena, p.next);
        e.detail = str_copy(c->arena, e.detail);
        arena_end(&a);
        if (!e.code && (b.full || ferror(c->out))) {
            e = err_make(ERR_STORE, STR("the output cannot be written"));
        }
    } while (!e.code && q->cursor.len);
    return e;
}

static err export_workbook(struct cli *c, const struct ctx *ctx, struct list_query *q,
                           const struct export_columns *columns, str path)
{
    struct xlsx *sheet;
    int fd;
    int64_t size;
    err e = export_sheet(ctx, q->type, columns, &sheet);
    e = e.code ? e : export_all(c, ctx, q, columns, sheet);
    const struct export_note notes[] = {
        {WORDS("筛选", "Filter"), q->filter},
        {WORDS("导出时间", "Exported at"), clock_iso(c->arena, ctx->now, ctx->model->zone_minutes)},
        {WORDS("范围", "Scope"), words_in(WORDS("全部", "everything"), c->lang)}};
    e = e.code ? e
               : export_sheet_end(ctx, sheet, q->type, columns, notes,
                                  sizeof(notes) / sizeof(notes[0]), &fd, &size);
    return e.code ? e : cli_copy_out(c, fd, cli_open(c, path, true), path);
}

int cmd_export(struct cli *c, int argc, char **argv)
{
    const struct model *m = engine_model(c->engine);
    str key = cli_word(argc, argv, 0);
    const struct type *t = model_type(m, key);
    struct export_columns columns;
    struct words why = {0};
    struct db *db;
    err e = t ? export_ask(c, argc, argv, t, &columns, &why) : no_type(c, m, key, &why);
    e = e.code ? e : engine_reader(c->engine, c->arena, &db);
    if (!e.code) {
        struct buf head = buf_make(c->arena, 64 << 10);
        struct list_query q = {.type = t,
                               .limit = EXPORT_PAGE,
                               .long_texts = true,
                               .unasked = true,
                               .filter = cli_option(argc, argv, "filter"),
                               .columns = columns.fields,
                               .ncolumns = columns.nfields};
        struct ctx ctx = ctx_make(c->engine, m, db, c->arena, c->now(), 0, c->lang);
        str path = cli_option(argc, argv, "xlsx");
        if (path.len) {
            e = export_workbook(c, &ctx, &q, &columns, path);
        } else {
            export_head(&head, &columns, cli_flag(argc, argv, "bom"));
            fwrite(head.ptr, 1, head.len, c->out);
            e = export_all(c, &ctx, &q, &columns, NULL);
        }
    }
    engine_release(c->engine, m);
    if (!e.code) {
        return 0;
    }
    if (why.zh.len) {
        return cli_fail(c, cli_refuse(c->arena, ERR_VALUE, why, WORDS("", "")));
    }
    return cli_fail(c, e);
}
