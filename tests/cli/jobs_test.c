/* Long work as people meet it: a list asked for as a file, left, found again, fetched,
 * cancelled; and what a killed server left behind. */
#include "support/dbs.h"
#include "support/person.h"
#include "support/test.h"

#include <signal.h>
#include <time.h>

static struct place {
    struct server server;
    struct arena a;
} the;

static void a_list_is_asked_for_left_and_fetched(void **state)
{
    (void)state;
    struct person wu = person_sign_in(&the.server, &the.a, "wu.tao");
    struct person li = person_sign_in(&the.server, &the.a, "li.lei");
    struct client_answer at_once = person_get(&wu, "/r/person/export?c=login");
    assert_int_equal(at_once.status, 200);
    assert_int_equal(person_post(&wu, "/r/person/export", "as=csv&query=c%3Dlogin").status, 303);
    str page = person_sees(&wu, "/me/jobs", "/file\"");
    str id = person_between(&wu, page, "/me/jobs/", '/');
    const char *file = str_fmt(&the.a, "/me/jobs/%.*s/file", STR_ARG(id)).ptr;
    struct client_answer later = person_get(&wu, file);
    assert_int_equal(later.status, 200);
    assert_true(str_eq(later.body, at_once.body));
    assert_true(str_has(later.head, STR("person.csv")));
    assert_int_equal(person_get(&li, file).status, 404); /* somebody else's */
    assert_false(str_has(person_get(&li, "/me/jobs").body, STR("/file\"")));
    assert_int_equal(
        person_post(&li, str_fmt(&the.a, "/me/jobs/%.*s/cancel", STR_ARG(id)).ptr, "x=1").status,
        404);
    assert_int_equal(person_post(&wu, "/r/person/export", "as=xlsx&query=").status, 303);
    page = person_sees(&wu, "/me/jobs", "xlsx");
    str sheet = person_between(&wu, page, "/me/jobs/", '/'); /* the newest stands first */
    file = str_fmt(&the.a, "/me/jobs/%.*s/file", STR_ARG(sheet)).ptr;
    person_sees(&wu, "/me/jobs", file);
    later = person_get(&wu, file);
    assert_true(str_starts(later.body, STR("PK")));
    assert_int_equal(person_post(&wu, "/r/nothing/export", "as=csv&query=").status, 404);
}

/* A row as a killed server leaves it: the file asked for, or an import. */
static void leave(struct db *db, int64_t id, int64_t person, bool file, int state, int64_t at)
{
    dbs_ok(db_exec(db, &the.a,
                   SQL("insert into job(id, kind, title_zh, title_en, person, state, done, total,"
                       " created_at, changed_at, input) values($1, $2, 'left', 'left', $3, $4, 0,"
                       " 0, $5, $5, $6)"),
                   ARGS(db_i64(id), db_text(file ? STR("file") : STR("import")), db_i64(person),
                        db_i64(state), db_i64(at),
                        db_text(file ? STR("en\nWu Tao\n/r/person/export?") : STR("")))));
}

/* Between two runs of the server. */
static void with_rows(void (*fn)(struct db *db, int64_t person, int64_t now))
{
    struct db *db;
    struct arena life = arena_make(16 << 20);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    server_stop(&the.server, SIGKILL);
    dbs_ok(db_open(&life, str_fmt(&life, "sqlite:%s/zhidu.db", the.server.data),
                   (struct db_options){.writer = true}, &db));
    int64_t person =
        dbs_i64(db, &life, SQL("select person from account where login = 'wu.tao'"), NO_ARGS);
    fn(db, person, (int64_t)t.tv_sec * 1000);
    arena_end(&life);
    server_start(&the.server, true);
}

static void cut_off(struct db *db, int64_t person, int64_t now)
{
    leave(db, 11, person, true, 1, now - 70000);
    leave(db, 12, 0, false, 1, now - 70000);
    leave(db, 13, person, true, 0, now - 70000);
}

static void a_killed_server_loses_none_without_a_word(void **state)
{
    (void)state;
    with_rows(cut_off);
    struct person wu = person_sign_in(&the.server, &the.a, "wu.tao");
    person_sees(&wu, "/me/jobs", "/me/jobs/11/file");
    person_sees(&wu, "/me/jobs", "/me/jobs/13/file");
    struct person xu = person_sign_in(&the.server, &the.a, "xu.jing");
    person_sees(&xu, "/admin/jobs", "被中断");
    assert_int_equal(person_get(&wu, "/me/jobs/12/file").status, 404);
}

static void too_many(struct db *db, int64_t person, int64_t now)
{
    (void)now; /* at work elsewhere, and well */
    for (int64_t id = 21; id <= 23; id++) {
        leave(db, id, person, true, 1, now + 600000);
    }
}

static void each_has_only_so_many_and_may_cancel_his_own(void **state)
{
    (void)state;
    with_rows(too_many);
    struct person wu = person_sign_in(&the.server, &the.a, "wu.tao");
    struct client_answer r = person_post(&wu, "/r/person/export", "as=csv&query=");
    assert_int_equal(r.status, 422);
    assert_true(str_has(r.body, STR("我的任务")));
    assert_int_equal(person_post(&wu, "/me/jobs/21/cancel", "x=1").status, 303);
    person_sees(&wu, "/me/jobs", "已取消");
    assert_int_equal(person_post(&wu, "/r/person/export", "as=csv&query=").status, 303);
    struct person xu = person_sign_in(&the.server, &the.a, "xu.jing");
    assert_int_equal(person_post(&xu, "/me/jobs/22/cancel", "x=1").status, 404);
    assert_int_equal(person_post(&xu, "/admin/jobs/22/cancel", "x=1").status, 303);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    the.a = arena_make(256u << 20);
    the.server = server_for("jobs");
    server_start(&the.server, true);
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
        cmocka_unit_test(a_list_is_asked_for_left_and_fetched),
        cmocka_unit_test(a_killed_server_loses_none_without_a_word),
        cmocka_unit_test(each_has_only_so_many_and_may_cancel_his_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
