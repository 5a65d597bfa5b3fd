/* standards.c - lists of standards: loaded from files, and which there are. */
#include "engine/standard.h"

#include "cli/cli.h"

#include <string.h>

enum { FILES_MAX = STANDARDS_MAX };

static int open_file(void *arg, str path)
{
    return cli_open(arg, path, false);
}

err cli_standards(struct cli *c, str regulations, struct diags *d)
{
    struct standard_file *files;
    size_t n;
    size_t put;
    str folder = str_fmt(c->arena, "%.*s/standards", STR_ARG(regulations));
    err e = load_standards(c->arena, NULL, folder, &files, &n);
    return e.code || !n ? e : standards_put(c->engine, c->arena, files, n, c->now(), d, &put);
}

static err show(struct cli *c)
{
    struct standard_head *list;
    size_t n;
    struct db *db;
    err e = engine_reader(c->engine, c->arena, &db);
    e = e.code ? e : standards_list(db, c->arena, &list, &n);
    if (e.code) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        str title = words_in(list[i].title, c->lang);
        cli_say(c, "%.*s  第 %lld 版  %lld 条  %.*s（%.*s）  SHA-256 %.16s",
                "%.*s  edition %lld  %lld items  %.*s (%.*s)  SHA-256 %.16s", STR_ARG(list[i].key),
                (long long)list[i].edition, (long long)list[i].nitems, STR_ARG(title),
                STR_ARG(list[i].source), list[i].hash.ptr);
    }
    if (!n) {
        cli_say(c, "没有装入任何标准清单。", "No list of a standard is loaded.");
    }
    return OK;
}

/* The files that were named, and those of folders that were. */
static err read_files(struct cli *c, int argc, char **argv, struct standard_file *all, size_t *n)
{
    const struct load_files at_caller = {.open = open_file, .arg = c};
    const struct load_files *files = c->open ? &at_caller : NULL;
    err e = OK;
    str word;
    for (int i = 0; !e.code && (word = cli_word(argc, argv, i)).len; i++) {
        struct standard_file *some;
        size_t k = 0;
        str path = files ? word : cli_path(c, word);
        if (str_ends(word, STR(".tsv"))) {
            some = arena_array(c->arena, struct standard_file, 1);
            e = load_standard(c->arena, files, path, &some[0]);
            k = 1;
        } else {
            e = load_standards(c->arena, files, path, &some, &k);
            e = e.code || k ? e
                            : cli_refuse(c->arena, ERR_NOT_FOUND,
                                         words_fmt(c->arena, "%s 里没有标准清单（*.tsv）。",
                                                   "%s holds no list of a standard (*.tsv).",
                                                   str_copy(c->arena, path).ptr),
                                         (struct words){0});
        }
        for (size_t x = 0; x < k && !e.code; x++) {
            if (*n == FILES_MAX) {
                return err_make(ERR_TOO_LARGE, STR("more than 50 lists of standards"));
            }
            all[(*n)++] = some[x];
        }
    }
    return e;
}

int cmd_standards(struct cli *c, int argc, char **argv)
{
    struct standard_file *all = arena_array(c->arena, struct standard_file, FILES_MAX);
    struct diags d = diags_make(c->arena);
    size_t n = 0;
    size_t put = 0;
    err e = read_files(c, argc, argv, all, &n);
    e = e.code || !n ? e : standards_put(c->engine, c->arena, all, n, c->now(), &d, &put);
    cli_diags(c, &d);
    if (e.code == ERR_VALUE) {
        cli_say(c, "未装入：清单有错误，什么也没有改变。",
                "Not loaded: the lists hold mistakes.  Nothing was changed.");
        return 1;
    }
    if (!e.code && n) {
        cli_say(c, "已装入 %zu 个清单，%zu 个没有变化。", "%zu lists loaded, %zu as they were.",
                put, n - put);
    }
    e = e.code ? e : show(c);
    return e.code ? cli_fail(c, e) : 0;
}
