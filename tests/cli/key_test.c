/* The key of what is sealed is changed by the command, and the command killed (kill -9)
 * at any moment: every value opens at any time, and the next run finishes. */
#include "people/people_int.h"

#include "support/dbs.h"
#include "support/server.h"
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUES = 3000, ROUNDS = 20 };

static struct place {
    struct server server;
    struct arena a;
} the;

static str plain_of(struct arena *a, int64_t person)
{
    return str_fmt(a, "%020lld", (long long)person);
}

static struct db *database(struct arena *life, bool writer)
{
    struct db *db;
    dbs_ok(db_open(life, str_fmt(life, "sqlite:%s/zhidu.db", the.server.data),
                   (struct db_options){.writer = writer}, &db));
    return db;
}

static struct secrets secrets(struct arena *life, struct db *db)
{
    struct secrets s;
    str sample;
    dbs_ok(people_sealed(db, life, &sample));
    dbs_ok(secrets_open(life, str_fmt(life, "%s/secret.key", the.server.data), sample, &s));
    assert_int_equal(s.state, SECRETS_READY);
    return s;
}

static void fill(void)
{
    struct arena life = arena_make(64 << 20);
    struct db *db = database(&life, true);
    struct secrets s = secrets(&life, db);
    db_write_begin(db);
    for (int64_t person = 1; person <= VALUES; person++) {
        str sealed;
        dbs_ok(
            secret_seal(&s, &life, people_second_place(person), plain_of(&life, person), &sealed));
        dbs_ok(db_exec(db, &life,
                       SQL("insert into second_factor(person, key, created_at) values($1, $2, 1)"),
                       ARGS(db_i64(person), db_blob(sealed))));
    }
    dbs_ok(db_commit(db, &life));
    arena_end(&life);
}

/* Every value opens with the file as it is and says what was sealed. */
static struct secrets whole(struct arena *life)
{
    struct db *db = database(life, false);
    struct secrets s = secrets(life, db);
    struct rows r;
    dbs_ok(db_query(db, life, SQL("select person, key from second_factor"), NO_ARGS, &r));
    assert_int_equal(rows_count(&r), VALUES);
    while (rows_next(&r)) {
        str plain;
        int64_t person = rows_i64(&r, 0);
        dbs_ok(secret_open(&s, life, people_second_place(person), rows_text(&r, 1), &plain));
        assert_true(str_eq(plain, plain_of(life, person)));
    }
    return s;
}

/* Begins the command, and kills it after so long; true when it had ended before. */
static bool begin_and_kill(int64_t after_us)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDOUT_FILENO);
        execl(the.server.program, the.server.program, "key", "rotate", "--yes", "--data",
              the.server.data, (char *)NULL);
        _exit(127);
    }
    struct timespec t = {.tv_sec = after_us / 1000000, .tv_nsec = after_us % 1000000 * 1000};
    nanosleep(&t, NULL);
    kill(pid, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static str run(const char *what, int wanted)
{
    const char *args[] = {"key", what, "--yes", NULL};
    int status = 0;
    setenv("LC_ALL", "en_US.UTF-8", 1);
    str said = server_try(&the.server, &the.a, args, &status);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted) {
        fail_msg("status %d: %.*s", status, STR_ARG(said));
    }
    return said;
}

static void killed_at_any_moment_no_value_is_lost_and_the_next_run_finishes(void **state)
{
    (void)state;
    struct arena life = arena_make(64 << 20);
    int64_t began = now_us();
    run("rotate", 0);
    int64_t took = now_us() - began;
    struct secrets first = whole(&life);
    assert_int_equal(first.nkeys, 1);
    int cut = 0;
    int halves = 0;
    int64_t step = took / ROUNDS;
    for (int i = 0; i < ROUNDS || (!cut && step); i++) {
        arena_reset(&life);
        /* earlier and earlier where the machine has become so much faster that none was cut */
        step = i < ROUNDS ? step : step / 2;
        bool ended = begin_and_kill(i < ROUNDS ? step * (i + 1) : step);
        struct secrets s = whole(&life);
        cut += !ended;
        halves += s.nkeys == 2;
        assert_true(!ended || s.nkeys == 1);
    }
    run("rotate", 0);
    arena_reset(&life);
    struct secrets last = whole(&life);
    assert_int_equal(last.nkeys, 1);
    assert_true(cut > 0);
    printf("%d changes of %d values killed, %d of them between the two keys\n", cut, VALUES,
           halves);
    arena_end(&life);
}

static void it_tells_and_refuses(void **state)
{
    (void)state;
    assert_true(str_has(run("", 0), STR("3000 encrypted values, all of them open")));
    struct arena life = arena_make(64 << 20);
    struct db *db = database(&life, true);
    dbs_ok(db_exec(db, &life, SQL("update second_factor set key = $1 where person = 7"),
                   ARGS(db_blob(STR("not a sealed value, but as long as one is: 0123456789012345678"
                                    "9")))));
    arena_reset(&life);
    str said = run("rotate", 1);
    assert_true(str_has(said, STR("the first is that of person 7")));
    said = run("rotate", 1); /* both keys stay */
    assert_true(str_has(said, STR("second-off")));
    db = database(&life, true);
    dbs_ok(db_exec(db, &life, SQL("delete from second_factor where person = 7"), NO_ARGS));
    arena_reset(&life);
    run("rotate", 0);
    server_start(&the.server, true);
    assert_true(str_has(run("rotate", 1), STR("Another process uses")));
    server_stop(&the.server, SIGTERM);
    arena_end(&life);
}

static int set_up(void **state)
{
    (void)state;
    the.a = arena_make(64u << 20);
    the.server = server_for("key");
    fill();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    server_remove(&the.server);
    arena_end(&the.a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_moment_no_value_is_lost_and_the_next_run_finishes),
        cmocka_unit_test(it_tells_and_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
