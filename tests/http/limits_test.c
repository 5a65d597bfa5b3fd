/* A server with a handler of the test's, and clients that no browser is: slow,
 * greedy, gone half-way. */
#include "http/http.h"

#include "support/client.h"
#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of the tests that wait for it; the others have all the time that a busy machine takes. */
enum { DEADLINE_S = 1, AMPLE_S = 120, PATIENCE_MS = 60000, BODY_MAX = 65536, BIG = 8 << 20 };

struct place { /* of one test */
    struct arena life;
    struct http_server *server;
    int port;
    sem_t entered, go; /* "/wait" tells and waits */
};

static void pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the handler ---------------------------------------------------------------- */

static int say(struct http_exchange *x, int status, str body)
{
    x->res.status = status;
    x->res.type = STR("text/plain; charset=utf-8");
    x->res.body = body;
    x->res.file = -1;
    return HTTP_DONE;
}

static int second_part(struct http_exchange *x)
{
    return say(x, 200, str_fmt(&x->arena, "later %s", (const char *)x->user));
}

static void *wake(void *arg)
{
    struct http_exchange *x = arg;
    pause_ms(30);
    http_resume(x);
    return NULL;
}

static int later(struct http_exchange *x)
{
    pthread_t t;
    x->user = (void *)(uintptr_t)str_copy(&x->arena, STR("kept")).ptr;
    x->later = second_part;
    if (pthread_create(&t, NULL, wake, x) != 0) {
        return say(x, 500, STR("no thread"));
    }
    pthread_detach(t);
    return HTTP_LATER;
}

static int handle(struct http_exchange *x)
{
    struct place *p = x->app;
    if (str_eq(x->req.path, STR("/later"))) {
        return later(x);
    }
    if (str_eq(x->req.path, STR("/glut")) || str_eq(x->req.path, STR("/glut/file"))) {
        x->res.file = str_eq(x->req.path, STR("/glut")) ? -1 : open("/dev/null", O_RDONLY);
        arena_bytes(&x->arena, (size_t)1 << 40);
    }
    if (str_eq(x->req.path, STR("/big"))) {
        char *bytes = arena_bytes(&x->arena, BIG);
        memset(bytes, 'x', BIG);
        return say(x, 200, str_from_n(bytes, BIG));
    }
    if (str_eq(x->req.path, STR("/wait"))) {
        sem_post(&p->entered);
        sem_wait(&p->go);
    }
    return say(x, 200, str_fmt(&x->arena, "%zu", x->req.body.len));
}

static void begin(struct place *p, struct http_options opt)
{
    *p = (struct place){.life = arena_make(64 << 20)};
    sem_init(&p->entered, 0, 0);
    sem_init(&p->go, 0, 0);
    opt.address = STR("127.0.0.1");
    opt.limits.deadline_s = opt.limits.deadline_s ? opt.limits.deadline_s : AMPLE_S;
    opt.body_max = BODY_MAX;
    opt.app = p;
    opt.handle = handle;
    err e = http_start(&p->life, &opt, &p->server);
    assert_int_equal(e.code, ERR_NONE);
    p->port = http_port(p->server);
}

static void end(struct place *p)
{
    http_stop(p->server);
    arena_end(&p->life);
    sem_destroy(&p->entered);
    sem_destroy(&p->go);
}

static struct client caller(struct place *p)
{
    struct client c = client_make(p->port);
    c.timeout_ms = PATIENCE_MS;
    assert_true(client_open(&c));
    return c;
}

static int status_of(struct place *p, const char *request)
{
    struct client c = caller(p);
    struct client_answer r;
    struct arena a = arena_make(64 << 20);
    bool answered = client_send(&c, str_from(request)) && client_read(&c, &a, &r);
    int status = answered ? r.status : 0;
    client_close(&c);
    arena_end(&a);
    return status;
}

/* Once more where a strict deadline was too short for a busy machine. */
static void lives(struct place *p)
{
    int status = 0;
    for (int i = 0; i < 20 && status == 0; i++) {
        status = status_of(p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    assert_int_equal(status, 200);
}

/* --- slowness --------------------------------------------------------------------- */

static void begin_strict(struct place *p)
{
    begin(p, (struct http_options){.limits.deadline_s = DEADLINE_S});
}

/* One byte each tenth of a second to each, until the other side has had enough of all.
 * began: before the first of them had a deadline. */
static void drip(struct client *c, int n, int64_t began)
{
    for (int open = n; open > 0;) {
        open = 0;
        for (int i = 0; i < n; i++) {
            if (!client_ended(&c[i], 0)) {
                client_send(&c[i], STR("a"));
                open++;
            }
        }
        pause_ms(100);
        assert_true(now_ms() - began < PATIENCE_MS);
    }
    assert_true(now_ms() - began >= 500 * DEADLINE_S);
}

static void a_request_that_comes_in_drops_is_closed(void **state)
{
    static const char *const begun[] = {
        "", "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: ",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"};
    (void)state;
    struct place p;
    begin_strict(&p);
    int64_t began = now_ms();
    enum { N = sizeof(begun) / sizeof(begun[0]) };
    struct client c[N];
    for (int i = 0; i < N; i++) {
        c[i] = caller(&p);
        client_send(&c[i], str_from(begun[i])); /* a busy machine: it may be closed already */
    }
    drip(c, N, began);
    for (int i = 0; i < N; i++) {
        client_close(&c[i]);
    }
    lives(&p);
    end(&p);
}

static void the_second_request_of_a_connection_has_its_deadline_too(void **state)
{
    (void)state;
    struct place p;
    begin_strict(&p);
    struct arena a = arena_make(1 << 20);
    struct client c = caller(&p);
    struct client_answer r;
    /* again where a busy machine took longer for the first one than is granted */
    for (int i = 0; !client_ask(&c, &a, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &r); i++) {
        assert_true(i < 20);
        client_close(&c);
        c = caller(&p);
    }
    assert_int_equal(r.status, 200);
    int64_t began = now_ms();
    client_send(&c, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"));
    drip(&c, 1, began);
    client_close(&c);
    arena_end(&a);
    end(&p);
}

static void a_connection_that_says_nothing_is_closed(void **state)
{
    (void)state;
    struct place p;
    begin_strict(&p);
    struct client c = caller(&p);
    assert_true(client_ended(&c, PATIENCE_MS));
    client_close(&c);
    end(&p);
}

/* --- sizes ------------------------------------------------------------------------- */

static str body_of(struct arena *a, size_t n)
{
    char *bytes = arena_bytes(a, n);
    memset(bytes, 'b', n);
    return str_fmt(a, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%.*s", n, (int)n,
                   bytes);
}

static void a_body_at_the_limit_is_taken_and_one_over_is_not(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    struct arena a = arena_make(8 << 20);
    assert_int_equal(status_of(&p, body_of(&a, BODY_MAX).ptr), 200);
    assert_int_equal(status_of(&p, body_of(&a, BODY_MAX + 1).ptr), 413);
    assert_int_equal(status_of(&p,
                               "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "1\r\na\r\n0\r\n\r\n"),
                     411);
    lives(&p);
    arena_end(&a);
    end(&p);
}

static void requests_sent_at_once_are_answered_in_order(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    struct arena a = arena_make(4 << 20);
    struct client c = caller(&p);
    str all = STR("");
    for (int i = 1; i <= 5; i++) {
        all = str_fmt(&a, "%.*sPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%.*s",
                      STR_ARG(all), i, i, "bbbbb");
    }
    assert_true(client_send(&c, all));
    for (int i = 1; i <= 5; i++) {
        struct client_answer r;
        assert_true(client_read(&c, &a, &r));
        assert_int_equal(r.status, 200);
        assert_true(str_eq(r.body, str_fmt(&a, "%d", i)));
    }
    client_close(&c);
    arena_end(&a);
    end(&p);
}

static void a_request_that_wants_too_much_memory_is_cut_short(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    for (int i = 0; i < 20; i++) {
        assert_int_equal(status_of(&p, "GET /glut HTTP/1.1\r\nHost: a\r\n\r\n"), 503);
    }
    struct arena a = arena_make(4 << 20);
    struct client c = caller(&p);
    struct client_answer r;
    assert_true(client_ask(&c, &a, STR("GET /glut HTTP/1.1\r\nHost: a\r\n\r\n"), &r));
    assert_true(str_has(r.body, STR("请稍后再试")) && str_has(r.body, STR("please try again")));
    assert_true(str_eq(client_header(&r, STR("retry-after")), STR("1")));
    client_close(&c);
    arena_end(&a);
    lives(&p);
    end(&p);
}

/* The test's own client and the server share one process: sockets of both are there. */
static int open_of(const char *target)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    for (struct dirent *x; (x = readdir(d));) {
        char to[64];
        ssize_t len = readlinkat(dirfd(d), x->d_name, to, sizeof(to) - 1);
        to[len > 0 ? len : 0] = 0;
        n += strcmp(to, target) == 0;
    }
    closedir(d);
    return n;
}

static void a_file_of_an_answer_that_is_cut_short_is_closed(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    int before = open_of("/dev/null");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(status_of(&p, "GET /glut/file HTTP/1.1\r\nHost: a\r\n\r\n"), 503);
    }
    assert_int_equal(open_of("/dev/null"), before);
    end(&p);
}

/* --- waiting ------------------------------------------------------------------------ */

static void what_answers_later_keeps_its_memory(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    struct arena a = arena_make(4 << 20);
    struct client c = caller(&p);
    for (int i = 0; i < 10; i++) {
        struct client_answer r;
        assert_true(client_ask(&c, &a, STR("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"), &r));
        assert_true(str_eq(r.body, STR("later kept")));
    }
    client_close(&c);
    arena_end(&a);
    end(&p);
}

static void a_client_that_leaves_while_it_waits_harms_nobody(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    for (int i = 0; i < 50; i++) {
        struct client c = caller(&p);
        struct linger hard = {.l_onoff = 1, .l_linger = 0}; /* a reset instead of an end */
        setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        const char *what = i % 2 ? "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                                 : "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_true(client_send(&c, str_from(what)));
        pause_ms(i % 7);
        client_close(&c);
    }
    lives(&p);
    end(&p);
}

struct waiting {
    pthread_t thread;
    struct place *p;
    int status;
};

static void *ask_wait(void *arg)
{
    struct waiting *w = arg;
    w->status = status_of(w->p, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    return NULL;
}

static void a_full_queue_is_said_and_everybody_is_answered(void **state)
{
    enum { MANY = 8, ROOM = 2 };
    (void)state;
    struct place p;
    begin(&p, (struct http_options){.workers = 1, .queue_max = ROOM});
    struct waiting w[MANY];
    for (int i = 0; i < MANY; i++) {
        w[i] = (struct waiting){.p = &p};
        assert_int_equal(pthread_create(&w[i].thread, NULL, ask_wait, &w[i]), 0);
        if (i == 0) {
            sem_wait(&p.entered); /* the one worker is taken */
        }
    }
    while (http_stats(p.server).refused < MANY - 1 - ROOM) {
        pause_ms(5);
    }
    for (int i = 0; i < MANY; i++) {
        sem_post(&p.go);
    }
    int good = 0;
    int busy = 0;
    for (int i = 0; i < MANY; i++) {
        pthread_join(w[i].thread, NULL);
        good += w[i].status == 200;
        busy += w[i].status == 503;
    }
    assert_int_equal(good, 1 + ROOM);
    assert_int_equal(busy, MANY - 1 - ROOM);
    end(&p);
}

static void what_is_in_work_is_answered_before_the_end(void **state)
{
    (void)state;
    struct place p;
    begin(&p, (struct http_options){0});
    struct waiting w = {.p = &p};
    assert_int_equal(pthread_create(&w.thread, NULL, ask_wait, &w), 0);
    sem_wait(&p.entered);
    sem_post(&p.go);
    end(&p);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_comes_in_drops_is_closed),
        cmocka_unit_test(the_second_request_of_a_connection_has_its_deadline_too),
        cmocka_unit_test(a_connection_that_says_nothing_is_closed),
        cmocka_unit_test(a_body_at_the_limit_is_taken_and_one_over_is_not),
        cmocka_unit_test(requests_sent_at_once_are_answered_in_order),
        cmocka_unit_test(a_request_that_wants_too_much_memory_is_cut_short),
        cmocka_unit_test(a_file_of_an_answer_that_is_cut_short_is_closed),
        cmocka_unit_test(what_answers_later_keeps_its_memory),
        cmocka_unit_test(a_client_that_leaves_while_it_waits_harms_nobody),
        cmocka_unit_test(a_full_queue_is_said_and_everybody_is_answered),
        cmocka_unit_test(what_is_in_work_is_answered_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
