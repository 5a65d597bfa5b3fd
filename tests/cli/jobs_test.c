/* Long work as people meet it: a list asked for as a file, left, found again, fetched,
 * cancelled; and what a killed server left behind. */
#include "support/client.h"
#include "support/dbs.h"
#include "support/server.h"
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

static struct place {
    struct server server;
    struct arena a;
} the;

static struct client_answer ask(str request)
{
    struct client c = client_make(the.server.port);
    struct client_answer r;
    c.timeout_ms = WAIT_MS;
    assert_true(client_ask(&c, &the.a, request, &r));
    client_close(&c);
    return r;
}

struct person {
    str cookie, csrf;
};

static struct client_answer get(const struct person *p, const char *path)
{
    return ask(str_fmt(&the.a, "GET %s HTTP/1.1\r\nHost: x\r\n%.*s\r\n", path, STR_ARG(p->cookie)));
}

static struct client_answer post(const struct person *p, const char *path, const char *body)
{
    str all = str_fmt(&the.a, "csrf=%.*s&%s", STR_ARG(p->csrf), body);
    return ask(str_fmt(&the.a,
                       "POST %s HTTP/1.1\r\nHost: x\r\n%.*sContent-Length: %zu\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n\r\n%.*s",
                       path, STR_ARG(p->cookie), all.len, STR_ARG(all)));
}

/* What stands between them the first time; empty: nowhere. */
static str between(str text, const char *from, char to)
{
    const char *at = memmem(text.ptr, text.len, from, strlen(from));
    if (!at) {
        return STR("");
    }
    at += strlen(from);
    str rest = str_from_n(at, (size_t)(text.ptr + text.len - at));
    return str_copy(&the.a, str_cut(rest, to, &rest));
}

static struct person sign_in(const char *login)
{
    struct person p = {.cookie = STR("")};
    struct client_answer r =
        post(&p, "/signin", str_fmt(&the.a, "login=%s&password=" SERVER_PASSWORD, login).ptr);
    assert_int_equal(r.status, 303);
    str rest;
    str cookie = str_cut(client_header(&r, STR("set-cookie")), ';', &rest);
    p.cookie = str_fmt(&the.a, "Cookie: %.*s\r\n", STR_ARG(cookie));
    r = get(&p, "/me");
    p.csrf = between(r.body, "name=\"csrf\" value=\"", '"');
    assert_int_equal(p.csrf.len, 32);
    return p;
}

/* Until the page shows it, or the time is over. */
static str seen(const struct person *p, const char *path, const char *what)
{
    for (int ms = 0; ms < WAIT_MS; ms += 50) {
        struct client_answer r = get(p, path);
        assert_int_equal(r.status, 200);
        if (str_has(r.body, str_from(what))) {
            return r.body;
        }
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    fail_msg("%s never shows %s", path, what);
    return STR("");
}

static void a_list_is_asked_for_left_and_fetched(void **state)
{
    (void)state;
    struct person wu = sign_in("wu.tao");
    struct person li = sign_in("li.lei");
    struct client_answer at_once = get(&wu, "/r/person/export?c=login");
    assert_int_equal(at_once.status, 200);
    assert_int_equal(post(&wu, "/r/person/export", "as=csv&query=c%3Dlogin").status, 303);
    str page = seen(&wu, "/me/jobs", "/file\"");
    str id = between(page, "/me/jobs/", '/');
    const char *file = str_fmt(&the.a, "/me/jobs/%.*s/file", STR_ARG(id)).ptr;
    struct client_answer later = get(&wu, file);
    assert_int_equal(later.status, 200);
    assert_true(str_eq(later.body, at_once.body));
    assert_true(str_has(later.head, STR("person.csv")));
    assert_int_equal(get(&li, file).status, 404); /* somebody else's */
    assert_false(str_has(get(&li, "/me/jobs").body, STR("/file\"")));
    assert_int_equal(
        post(&li, str_fmt(&the.a, "/me/jobs/%.*s/cancel", STR_ARG(id)).ptr, "x=1").status, 404);
    assert_int_equal(post(&wu, "/r/person/export", "as=xlsx&query=").status, 303);
    page = seen(&wu, "/me/jobs", "xlsx");
    str sheet = between(page, "/me/jobs/", '/'); /* the newest stands first */
    file = str_fmt(&the.a, "/me/jobs/%.*s/file", STR_ARG(sheet)).ptr;
    seen(&wu, "/me/jobs", file);
    later = get(&wu, file);
    assert_true(str_starts(later.body, STR("PK")));
    assert_int_equal(post(&wu, "/r/nothing/export", "as=csv&query=").status, 404);
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
    struct person wu = sign_in("wu.tao");
    seen(&wu, "/me/jobs", "/me/jobs/11/file");
    seen(&wu, "/me/jobs", "/me/jobs/13/file");
    struct person xu = sign_in("xu.jing");
    seen(&xu, "/admin/jobs", "被中断");
    assert_int_equal(get(&wu, "/me/jobs/12/file").status, 404);
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
    struct person wu = sign_in("wu.tao");
    struct client_answer r = post(&wu, "/r/person/export", "as=csv&query=");
    assert_int_equal(r.status, 422);
    assert_true(str_has(r.body, STR("我的任务")));
    assert_int_equal(post(&wu, "/me/jobs/21/cancel", "x=1").status, 303);
    seen(&wu, "/me/jobs", "已取消");
    assert_int_equal(post(&wu, "/r/person/export", "as=csv&query=").status, 303);
    struct person xu = sign_in("xu.jing");
    assert_int_equal(post(&xu, "/me/jobs/22/cancel", "x=1").status, 404);
    assert_int_equal(post(&xu, "/admin/jobs/22/cancel", "x=1").status, 303);
}

static int set_up(void **state)
{
    (void)state;
    char data[100];
    const char *where = getenv("ZHIDU_TEST_DIR");
    signal(SIGPIPE, SIG_IGN);
    the.a = arena_make(256u << 20);
    snprintf(data, sizeof(data), "%s/zhidu-jobs-%d", where ? where : "/tmp", (int)getpid());
    the.server = server_make(data, server_free_port());
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
