#include "dbs.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEST_ARENA = 256 << 20 };

void dbs_ok(err e)
{
    if (e.code) {
        fail_msg("%s: %.*s", err_name(e.code), STR_ARG(e.detail));
    }
}

int64_t dbs_i64(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    struct rows r;
    dbs_ok(db_query(db, a, sql, args, &r));
    assert_true(rows_next(&r));
    return rows_i64(&r, 0);
}

struct db *dbs_open(struct dbs *t, struct arena *life, bool writer)
{
    struct db *db = NULL;
    struct db_options opt = t->options;
    opt.writer = writer;
    dbs_ok(db_open(life, t->url, opt, &db));
    return db;
}

static void run(struct dbs *t, void (*body)(struct dbs *t))
{
    struct arena life = arena_make(TEST_ARENA);
    struct arena a = arena_make(TEST_ARENA);
    t->life = &life;
    t->a = &a;
    t->db = dbs_open(t, &life, true);
    print_message("           on %s\n", t->name);
    body(t);
    arena_end(&a);
    arena_end(&life);
}

static void on_file(void (*body)(struct dbs *t))
{
    char dir[128];
    char url[160];
    const char *where = getenv("ZHIDU_TEST_DIR");
    snprintf(dir, sizeof(dir), "%s/zhidu-test-XXXXXX", where ? where : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(url, sizeof(url), "sqlite:%s/db", dir);
    struct dbs t = {.name = "SQLite, a file", .which = DBS_FILE, .url = str_from(url)};
    run(&t, body);
    const char *ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s%s", url + strlen("sqlite:"), ends[i]);
        unlink(path);
    }
    rmdir(dir);
}

/* The schema's name is our own making: a letter and numbers. */
static void schema_say(const char *url, const char *schema, bool make)
{
    struct arena a = arena_make(TEST_ARENA);
    struct db *db = NULL;
    dbs_ok(db_open(&a, str_from(url), (struct db_options){0}, &db));
    str text = make ? str_fmt(&a, "create schema %s", schema)
                    : str_fmt(&a, "drop schema %s cascade", schema);
    dbs_ok(db_exec(db, &a, (struct sql){.text = text}, NO_ARGS));
    arena_end(&a);
}

static void on_pg(void (*body)(struct dbs *t))
{
    const char *url = getenv("ZHIDU_PG");
    if (!url || !url[0]) {
        print_message("SKIPPED on PostgreSQL: ZHIDU_PG not set\n");
        return;
    }
    static int count; /* tests run one after another */
    char schema[48];
    snprintf(schema, sizeof(schema), "t%ld_%d", (long)getpid(), ++count);
    schema_say(url, schema, true);
    struct dbs t = {
        .name = "PostgreSQL", .which = DBS_PG, .url = str_from(url), .options = {.schema = schema}};
    run(&t, body);
    schema_say(url, schema, false);
}

void dbs_each(enum dbs_which which, void (*body)(struct dbs *t))
{
    if (which & DBS_MEMORY) {
        struct dbs t = {
            .name = "SQLite in memory", .which = DBS_MEMORY, .url = STR("sqlite::memory:")};
        run(&t, body);
    }
    if (which & DBS_FILE) {
        on_file(body);
    }
    if (which & DBS_PG) {
        on_pg(body);
    }
}
