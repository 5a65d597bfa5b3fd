/* check.c - the command `check`: definitions and their examples, without an
 * installation.  The demonstration's records are made once; each example begins
 * from them and is undone. */
#include "base/clock.h"
#include "engine/scenario.h"
#include "model/standard.h"

#include "cli/cli.h"
#include "cli/refusals.h"

#include <string.h>
#include <unistd.h>

enum { FOLDERS_MAX = 16 };

/* Examples begin at a fixed moment, so that they can name days. */
static int64_t steps_begin(void *arg)
{
    (void)arg;
    int64_t ms = 0;
    return clock_parse_time(STEPS_BEGIN, 480, &ms) ? ms : 0;
}

struct checking {
    struct cli *c;
    struct sources sources;
    str folders[FOLDERS_MAX];
    size_t nfolders;
    const struct model *model;
    struct diags *d;
    struct arena life; /* of the engine */
    struct engine *engine;
    str schema; /* on PostgreSQL */
    size_t passed;
};

static err load(struct checking *k, int argc, char **argv)
{
    struct cli *c = k->c;
    size_t n = 0;
    for (str w = cli_word(argc, argv, 0); w.len && k->nfolders < FOLDERS_MAX;
         w = cli_word(argc, argv, (int)k->nfolders)) {
        err e = cli_folder(c, w, &k->folders[k->nfolders++]);
        if (e.code) {
            return e;
        }
    }
    struct source *all = arena_array(c->arena, struct source, 200);
    for (size_t i = 0; i < k->nfolders; i++) {
        struct sources s;
        err e = load_folder(c->arena, NULL, k->folders[i], &s);
        if (e.code) {
            return e;
        }
        if (!s.len) {
            return cli_no_regulations(c, k->folders[i]);
        }
        for (size_t x = 0; x < s.len && n < 200; x++) {
            all[n++] = s.ptr[x];
        }
    }
    k->sources = (struct sources){.ptr = all, .len = n};
    str none;
    return n ? OK : cli_folder(c, STR(""), &none);
}

/* --- the database the examples run in -------------------------------------------------- */

/* The schema's name is our own making: letters and a number. */
static err schema_say(str url, str schema, bool make)
{
    struct arena a = arena_make(64u << 20);
    struct db *db = NULL;
    err e = db_open(&a, url, (struct db_options){0}, &db);
    if (!e.code) {
        struct sqlb b = sqlb_make(&a);
        if (make) {
            SQLB_LIT(&b, "create schema ");
            sqlb_ident(&b, schema);
        } else {
            SQLB_LIT(&b, "drop schema ");
            sqlb_ident(&b, schema);
            SQLB_LIT(&b, " cascade");
        }
        e = db_exec(db, &a, sqlb_end(&b), NO_ARGS);
    }
    e.detail = e.code ? STR("the schema of the examples") : e.detail;
    arena_end(&a);
    return e;
}

static err open_engine(struct checking *k, str url, struct diags *own)
{
    struct engine_options o = {.url = url, .origin = STR("example/ledger"), .clock = steps_begin};
    if (!str_starts(url, STR("sqlite:"))) {
        k->schema = str_fmt(k->c->arena, "zhidu_check_%ld", (long)getpid());
        err e = schema_say(url, k->schema, true);
        if (e.code) {
            k->schema = (str){0};
            return e;
        }
        o.db.schema = k->schema.ptr;
    }
    err e = engine_open_memory(&k->life, &k->sources, &o, own, &k->engine);
    for (size_t i = 0; !e.code && !own->errors && i < k->nfolders; i++) {
        int64_t acts;
        e = cli_demo_organisation(k->engine, &k->life, k->folders[i], own, &acts);
    }
    return e;
}

/* --- examples --------------------------------------------------------------------------- */

static void run_example(struct checking *k, const struct scenario *s)
{
    struct arena a = arena_make(512u << 20);
    size_t before = k->d->errors;
    err e = engine_scratch_begin(k->engine, &a);
    if (!e.code) {
        e = scenario_run(k->engine, &a, s, k->folders[0], k->d);
        err undone = engine_scratch_end(k->engine, &a);
        e = e.code ? e : undone;
    }
    if (e.code) {
        str why = str_copy(k->c->arena, e.detail);
        diag_error(k->d, s->pos, "示例无法运行：%.*s", "the example cannot run: %.*s",
                   STR_ARG(why));
    }
    k->passed += k->d->errors == before;
    arena_end(&a);
}

/* The demonstration must play, too. */
static err play_demonstration(struct checking *k)
{
    struct arena a = arena_make(512u << 20);
    err e = engine_scratch_begin(k->engine, &a);
    for (size_t i = 0; !e.code && i < k->nfolders; i++) {
        int64_t acts;
        e = cli_demo_cases(k->engine, &a, k->folders[i], steps_begin(NULL) + DEMO_BACK_MS, k->d,
                           &acts);
    }
    err undone = engine_scratch_end(k->engine, &a);
    e = e.code ? e : undone;
    e.detail = str_copy(k->c->arena, e.detail);
    arena_end(&a);
    return e;
}

static void take_mistakes(struct checking *k, const struct diags *own)
{
    for (size_t i = 0; i < own->len && own->errors; i++) {
        const struct diag *x = &own->ptr[i];
        if (!x->warning) {
            struct arena *a = k->c->arena;
            struct pos at = x->pos;
            at.file = str_copy(a, at.file);
            struct words w = {str_copy(a, x->words.zh), str_copy(a, x->words.en)};
            diag_error_words(k->d, at, w);
        }
    }
}

static err run_examples(struct checking *k, str url)
{
    k->life = arena_make(1u << 30);
    struct diags own = diags_make(&k->life); /* its warnings were said when it was checked */
    err e = open_engine(k, url, &own);
    take_mistakes(k, &own);
    struct scenarios *lists = arena_array(k->c->arena, struct scenarios, k->sources.len + 1);
    for (size_t i = 0; !e.code && !own.errors && i < k->sources.len; i++) {
        const struct source *s = &k->sources.ptr[i];
        str folder = s->folder.len ? s->folder : s->name;
        str file = str_fmt(k->c->arena, "%.*s/examples.yaml", STR_ARG(folder));
        lists[i] = steps_load(k->c->arena, s->examples, file, k->d);
        for (size_t x = 0; x < lists[i].len; x++) {
            run_example(k, &lists[i].ptr[x]);
        }
    }
    if (!e.code && !own.errors) {
        refusals_check(k->c->arena, k->model, &k->sources, lists, k->d);
    }
    e = e.code || own.errors ? e : play_demonstration(k);
    e.detail = str_copy(k->c->arena, e.detail);
    arena_end(&k->life);
    if (k->schema.len) {
        err gone = schema_say(url, k->schema, false);
        e = e.code ? e : gone;
    }
    return e;
}

/* Items of standards that the definitions name are in the lists beside them. */
static err check_standards(struct checking *k, const struct model *m)
{
    struct arena *a = k->c->arena;
    struct standard *lists = arena_array(a, struct standard, STANDARDS_MAX);
    size_t n = 0;
    err e = OK;
    for (size_t i = 0; i < k->nfolders && !e.code; i++) {
        struct standard_file *files;
        size_t found;
        str folder = str_fmt(a, "%.*s/standards", STR_ARG(k->folders[i]));
        e = load_standards(a, NULL, folder, &files, &found);
        for (size_t x = 0; x < found && n < STANDARDS_MAX && !e.code; x++) {
            n += standard_read(a, files[x].text, files[x].path, k->d, &lists[n]);
        }
    }
    for (size_t i = 0; i < m->nregs && !e.code; i++) {
        standards_check(m->regs[i]->newest, lists, n, k->d);
    }
    return e;
}

int cmd_check(struct cli *c, int argc, char **argv)
{
    struct diags d = diags_make(c->arena);
    struct checking k = {.c = c, .d = &d};
    err e = load(&k, argc, argv);
    if (e.code) {
        return cli_fail(c, e);
    }
    struct model *m = model_build(c->arena, &k.sources, &d);
    e = m ? check_standards(&k, m) : OK;
    if (!e.code && m && !d.errors && !cli_flag(argc, argv, "no-examples")) {
        k.model = m;
        str url = cli_option(argc, argv, "database");
        e = run_examples(&k, url.len ? url : STR("sqlite::memory:"));
    }
    cli_diags(c, &d);
    if (e.code) {
        return cli_fail(c, e);
    }
    if (!m || d.errors) {
        cli_say(c, "未通过：%zu 处错误", "Not passed: %zu mistakes", d.errors);
        return 1;
    }
    size_t clauses = 0;
    for (size_t i = 0; i < m->nregs; i++) {
        clauses += m->regs[i]->newest->nclauses;
    }
    cli_say(c, "通过：%zu 部制度，%zu 条，%zu 个示例",
            "Passed: %zu regulations, %zu articles, %zu examples", m->nregs, clauses, k.passed);
    return 0;
}
