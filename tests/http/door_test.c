/* Connections that wait at the door: without a file descriptor left, or at the limit of
 * connections, they wait, and come in as soon as there is room; nobody has to leave for it
 * who would not have left. */
#include "base/clock.h"
#include "http/http.h"

#include "support/client.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 100000, A_MOMENT_MS = 400 };

struct place {
    struct arena life, a;
    struct http_server *server;
};

static const str request = {.ptr = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", .len = 27};

static int handle(struct http_exchange *x)
{
    x->res.status = 200;
    x->res.type = STR("text/plain; charset=utf-8");
    x->res.body = STR("in");
    x->res.file = -1;
    return HTTP_DONE;
}

static void begin(struct place *p, int connections)
{
    *p = (struct place){.life = arena_make(64 << 20), .a = arena_make(64 << 20)};
    struct http_options opt = {.address = STR("127.0.0.1"),
                               .connections = connections,
                               .event_threads = 1,
                               .limits.deadline_s = 120,
                               .handle = handle};
    err e = http_start(&p->life, &opt, &p->server);
    assert_int_equal(e.code, ERR_NONE);
}

static void end(struct place *p)
{
    http_stop(p->server);
    arena_end(&p->a);
    arena_end(&p->life);
}

static struct client caller(struct place *p)
{
    struct client c = client_make(http_port(p->server));
    c.timeout_ms = PATIENCE_MS;
    assert_true(client_open(&c));
    return c;
}

static void is_answered(struct place *p, struct client *c)
{
    struct client_answer r;
    assert_true(client_read(c, &p->a, &r));
    assert_int_equal(r.status, 200);
}

/* They are inside, and stay. */
static void come_in(struct place *p, struct client *c, int n)
{
    for (int i = 0; i < n; i++) {
        c[i] = caller(p);
        assert_true(client_send(&c[i], request));
        is_answered(p, &c[i]);
    }
}

static void leave(struct client *c, int n)
{
    for (int i = 0; i < n; i++) {
        client_close(&c[i]);
    }
}

static bool hears_nothing(const struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return poll(&p, 1, A_MOMENT_MS) == 0;
}

/* The lowest number that no open file has. */
static rlim_t lowest_free(void)
{
    int fd = dup(STDIN_FILENO);
    assert_true(fd >= 0);
    close(fd);
    return (rlim_t)fd;
}

static struct client socket_only(struct place *p)
{
    struct client c = client_make(http_port(p->server));
    c.timeout_ms = PATIENCE_MS;
    c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c.fd >= 0);
    return c;
}

static void knock(const struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(c->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
}

/* Two more, while there is no descriptor (but the one that a sleeping accept(2) has taken
 * beforehand); then there is.  Has the second waited? */
static bool two_at_the_door(struct place *p)
{
    struct rlimit usual;
    struct client c[2] = {socket_only(p), socket_only(p)};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    struct rlimit none = {.rlim_cur = lowest_free(), .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 2; i++) {
        knock(&c[i]);
        assert_true(client_send(&c[i], request));
    }
    bool waited = hears_nothing(&c[1]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    int64_t since = clock_mono_us();
    for (int i = 0; i < 2; i++) {
        is_answered(p, &c[i]);
    }
    assert_true(clock_mono_us() - since < PATIENCE_MS * INT64_C(500)); /* nobody was idle so long */
    leave(c, 2);
    return waited;
}

/* Those before are closed a moment after they left, which makes room. */
static void wait_at_the_door(struct place *p)
{
    enum { TRIES = 200 };
    bool waited = two_at_the_door(p);
    for (int i = 0; i < TRIES && !waited; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000L}, NULL);
        waited = two_at_the_door(p);
    }
    assert_true(waited);
}

static void without_a_descriptor_the_first_one_waits(void **state)
{
    (void)state;
    struct place p;
    begin(&p, 0);
    wait_at_the_door(&p);
    end(&p);
}

static void without_a_descriptor_others_wait_though_nobody_leaves(void **state)
{
    enum { INSIDE = 8 };
    (void)state;
    struct place p;
    struct client c[INSIDE];
    begin(&p, 0);
    come_in(&p, c, INSIDE);
    for (int i = 0; i < 3; i++) {
        wait_at_the_door(&p);
    }
    for (int i = 0; i < INSIDE; i++) {
        assert_true(client_send(&c[i], request));
        is_answered(&p, &c[i]);
    }
    leave(c, INSIDE);
    end(&p);
}

/* What is logged from now on goes into a file; `usual` is where it went. */
static FILE *listen_to_log(int *usual)
{
    FILE *said = tmpfile();
    assert_non_null(said);
    *usual = dup(STDERR_FILENO);
    assert_true(*usual >= 0 && dup2(fileno(said), STDERR_FILENO) >= 0);
    return said;
}

/* Waits for it; then the log goes where it did. */
static bool was_said(FILE *said, int usual, const char *what)
{
    char text[4096] = "";
    for (int i = 0; i < PATIENCE_MS / 10 && !strstr(text, what); i++) {
        usleep(10000);
        ssize_t n = pread(fileno(said), text, sizeof(text) - 1, 0);
        text[n > 0 ? n : 0] = '\0';
    }
    dup2(usual, STDERR_FILENO);
    close(usual);
    fclose(said);
    return strstr(text, what) != NULL;
}

static void at_the_limit_of_connections_the_next_waits_for_one_to_leave(void **state)
{
    enum { MOST = 6, MORE = 3 };
    (void)state;
    struct place p;
    struct client c[MOST];
    struct client more[MORE];
    int usual;
    FILE *said = listen_to_log(&usual);
    begin(&p, MOST);
    come_in(&p, c, MOST);
    for (int i = 0; i < MORE; i++) {
        more[i] = caller(&p);
        assert_true(client_send(&more[i], request));
    }
    assert_true(hears_nothing(&more[0]));
    assert_int_equal(http_stats(p.server).open, MOST);
    assert_true(was_said(said, usual, "as many connections as may be open are"));
    leave(c, MORE);
    for (int i = 0; i < MORE; i++) {
        is_answered(&p, &more[i]);
    }
    leave(more, MORE);
    leave(c + MORE, MOST - MORE);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_descriptor_the_first_one_waits),
        cmocka_unit_test(without_a_descriptor_others_wait_though_nobody_leaves),
        cmocka_unit_test(at_the_limit_of_connections_the_next_waits_for_one_to_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
