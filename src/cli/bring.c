/* bring.c - import: a history from elsewhere. */
#include "connect/import.h"

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
    FILE *f = fopen(path.ptr, "re");
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

/* The newest law, the mapping against it, the file against the mapping. */
static err prepare(struct cli *c, int argc, char **argv, const struct model *model,
                   struct import_options *o, struct diags *d, struct words *why)
{
    str path = cli_path(c, cli_option(argc, argv, "mapping"));
    str text;
    err e = read_text(c, path, &text);
    if (e.code) {
        *why = (struct words){str_fmt(c->arena, "打不开对应文件 %s", path.ptr),
                              str_fmt(c->arena, "cannot open the mapping %s", path.ptr)};
        return e;
    }
    struct mapping *m = mapping_load(c->arena, text, cli_option(argc, argv, "mapping"), model, d);
    if (!m) {
        return err_make(ERR_INVALID, STR("mapping"));
    }
    str encoding = cli_option(argc, argv, "encoding");
    if (encoding.len) {
        m->gb18030 = str_eq(encoding, STR("gb18030"));
    }
    e = csv_file_open(c->arena, cli_path(c, cli_word(argc, argv, 0)), m->separator, m->gb18030, why,
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
    err after = o->dry_run ? OK : afterwards(c, o, &r, &all);
    import_print(c->out, c->lang, o->mapping, &r, o->dry_run ? NULL : &all, o->dry_run);
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
    str rejects = cli_option(argc, argv, "rejects");
    struct import_options o = {
        .engine = c->engine,
        .lang = c->lang,
        .dry_run = cli_flag(argc, argv, "dry-run"),
        .retry = cli_flag(argc, argv, "retry"),
        .out = c->out,
        .rejects = cli_path(c, rejects.len ? rejects
                                           : str_fmt(c->arena, "%.*s.rejects.csv", STR_ARG(file)))};
    if (cli_flag(argc, argv, "progress")) {
        o.progress = progress;
    }
    const struct model *model = engine_model(c->engine);
    struct diags d = diags_make(c->arena);
    struct words why = {0};
    err e = prepare(c, argc, argv, model, &o, &d, &why);
    for (size_t i = 0; i < d.len; i++) {
        str line = diag_print(c->arena, &d.ptr[i], c->lang);
        fprintf(c->out, "%.*s\n", STR_ARG(line));
    }
    if (why.zh.len) {
        str w = words_in(why, c->lang);
        fprintf(c->out, "%.*s\n", STR_ARG(w));
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
