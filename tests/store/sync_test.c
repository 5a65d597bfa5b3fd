/* A log whose sync failed is not trusted with another: what was acknowledged after
 * the process was started anew is there when the power goes. */
#include "base/arena.h"
#include "store/writer.h"

#include "support/disk.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct note {
    struct writer_job job; /* first */
    int64_t n;
};

static err note_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)world;
    return db_exec(db, a, SQL("insert into note(n) values ($1)"),
                   ARGS(db_i64(((struct note *)job)->n)));
}

static struct db *open_db(struct arena *life, str url)
{
    struct db *db = NULL;
    err e = db_open(life, url, (struct db_options){.writer = true}, &db);
    assert_int_equal(e.code, ERR_NONE);
    return db;
}

/* Written, never synced, and then the process dies. */
static void die_unsynced(str url)
{
    struct arena life = arena_make(16 << 20);
    struct db *db = open_db(&life, url);
    assert_int_equal(db_exec(db, &life, SQL("create table note(n integer)"), NO_ARGS).code, 0);
    disk_fail(DISK_SYNC, 0, 1, 1 << 20);
    db_write_begin(db);
    assert_int_equal(db_exec(db, &life, SQL("insert into note(n) values (1)"), NO_ARGS).code, 0);
    assert_true(db_commit(db, &life).code != ERR_NONE);
    disk_power(1);
    arena_end(&life);
    disk_sound();
}

/* The next process acknowledges a note; then the power goes. */
static void acknowledge(str url, unsigned *dice)
{
    struct arena life = arena_make(16 << 20);
    struct writer_options o = {.url = url};
    struct writer_hooks hooks = {0};
    struct writer *w = NULL;
    struct note two = {.job = {.run = note_run}, .n = 2};
    assert_int_equal(writer_start(&life, &o, &hooks, &w).code, ERR_NONE);
    assert_int_equal(writer_call(w, &two.job).code, ERR_NONE);
    disk_power(1);
    arena_end(&life);
    (void)disk_crash(dice);
}

static int64_t notes(str url, int64_t n)
{
    struct arena life = arena_make(16 << 20);
    struct rows r;
    err e = db_query(open_db(&life, url), &life, SQL("select count(*) from note where n = $1"),
                     ARGS(db_i64(n)), &r);
    assert_int_equal(e.code, ERR_NONE);
    assert_true(rows_next(&r));
    int64_t count = rows_i64(&r, 0);
    arena_end(&life);
    return count;
}

static void what_follows_a_failed_sync_does_not_stand_on_it(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        char dir[] = "/tmp/zhidu-sync-XXXXXX";
        char text[64];
        unsigned dice = seed;
        assert_non_null(mkdtemp(dir));
        snprintf(text, sizeof(text), "sqlite:%s/db", dir);
        disk_begin(true);
        die_unsynced(str_from(text));
        acknowledge(str_from(text), &dice);
        assert_int_equal(notes(str_from(text), 2), 1);
        assert_true(notes(str_from(text), 1) <= 1);
        disk_end();
        const char *ends[] = {"", "-wal", "-shm"};
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            char path[80];
            snprintf(path, sizeof(path), "%s/db%s", dir, ends[i]);
            unlink(path);
        }
        rmdir(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_a_failed_sync_does_not_stand_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
