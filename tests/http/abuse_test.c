/* What no decent client sends, against the product as a process: requests of two
 * meanings, lines without end, ten thousand connections that say nothing.  Each
 * is answered with its own error or cut off, and the server goes on. */
#include "support/client.h"
#include "support/prom.h"
#include "support/server.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IDLE = 2000, IDLE_MB = 4000 }; /* memory of theirs, slowness of theirs */
#else
enum { IDLE = 10000, IDLE_MB = 160 /* of the whole process, with all of them open */ };
#endif
/* AMPLE_S: where a deadline is not what is tried, however busy the machine is. */
enum { DEADLINE_S = 5, AMPLE_S = 120, PER_ADDRESS = 1500, WAIT_MS = 60000, BATCH_MOST = 272 };

static struct server server;
static struct arena a;
static char conf[160];

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

static double figure(const char *series)
{
    struct client c = client_make(server.port);
    struct client_answer r;
    double v = -1;
    c.timeout_ms = WAIT_MS;
    assert_true(client_ask(&c, &a, STR("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), &r));
    assert_int_equal(r.status, 200);
    assert_true(prom_value(r.body, str_from(series), &v));
    client_close(&c);
    return v;
}

static void lives(void)
{
    struct client c = client_make(server.port);
    struct client_answer r;
    c.timeout_ms = WAIT_MS;
    assert_true(client_ask(&c, &a, STR("GET /signin HTTP/1.1\r\nHost: x\r\n\r\n"), &r));
    assert_int_equal(r.status, 200);
    client_close(&c);
}

/* --- requests of two meanings -------------------------------------------------------------- */

#define HOST "Host: x\r\n"
#define TAIL "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

struct raw {
    const char *what;
    str bytes;
    int status;       /* 0: closed without an answer */
    const char *says; /* stands in the answer; NULL: whatever libmicrohttpd says */
};

/* Whoever stands in front may read each of them as one request and what follows
 * in its body, or as two. */
static const struct raw two_meanings[] = {
#define RAW(text)                 \
    {                             \
        "" text, sizeof(text) - 1 \
    }
    {"two lengths",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 40\r\n\r\n" TAIL),
     400, "repeated, contradictory or malformed"},
    {"the same length twice",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" TAIL),
     400, "repeated, contradictory or malformed"},
    {"a length and chunks",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" TAIL),
     400, "repeated, contradictory or malformed"},
    {"a list of lengths",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 0, 40\r\n\r\n" TAIL), 400,
     "Content-Length"},
    {"a length in hex", RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 0x0\r\n\r\n" TAIL),
     400, "Content-Length"},
    {"a signed length", RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: +0\r\n\r\n" TAIL),
     400, "Content-Length"},
    {"an enormous length",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n" TAIL),
     413, NULL},
    {"chunks",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" TAIL), 411,
     "Content-Length"},
    {"a chunk extension",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0;a=\nb\r\n\r\n" TAIL),
     411, "Content-Length"},
    {"a huge chunk",
     RAW("POST /signin HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" TAIL),
     411, "Content-Length"},
    {"another coding",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" TAIL), 411,
     "Content-Length"},
    {"two codings",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" TAIL),
     411, "Content-Length"},
    {"a coding twice",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
         "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" TAIL),
     400, "repeated, contradictory or malformed"},
    {"a coding behind a control character",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
         "chunked\r\n\r\n0\r\n\r\n" TAIL),
     400, "characters that are not allowed"},
    {"a space before the colon",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length : 40\r\n\r\n" TAIL), 400,
     "characters that are not allowed"},
    {"chunks in HTTP/1.0",
     RAW("POST /signin HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" TAIL), 411,
     "Content-Length"},
    {"a line that ends in LF",
     RAW("POST /signin HTTP/1.1\r\nX: a\nContent-Length: 40\r\n" HOST "\r\n" TAIL), 400,
     "must end in CRLF"},
    {"all lines end in LF", RAW("GET /signin HTTP/1.1\nHost: x\n\n" TAIL), 400, "must end in CRLF"},
    {"a folded header", RAW("GET /signin HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a folded length",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Length: 4\r\n 0\r\n\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a NUL in a value",
     RAW("GET /signin HTTP/1.1\r\nX: a\0Content-Length: 40\r\n" HOST "\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a line that begins with a colon", RAW("GET /signin HTTP/1.1\r\n" HOST ": x\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a colon alone", RAW("GET /signin HTTP/1.1\r\n" HOST ":\r\n" TAIL), 400, "must end in CRLF"},
    {"a line that begins with a NUL", RAW("GET /signin HTTP/1.1\r\n" HOST "\0: x\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a NUL alone", RAW("GET /signin HTTP/1.1\r\n" HOST "\0\r\n" TAIL), 400, "must end in CRLF"},
    {"a length behind a colon",
     RAW("POST /signin HTTP/1.1\r\n" HOST ": x\r\nContent-Length: 36\r\n\r\n" TAIL), 400,
     "must end in CRLF"},
    {"a NUL in the target", RAW("GET /sign\0in HTTP/1.1\r\n" HOST "\r\n" TAIL), 400,
     "address asked for is malformed"},
    {"a CR in a value", RAW("GET /signin HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n" TAIL), 400,
     "characters that are not allowed"},
    {"two hosts", RAW("GET /signin HTTP/1.1\r\n" HOST "Host: y\r\n\r\n" TAIL), 400, "Host"},
    {"no host", RAW("GET /signin HTTP/1.1\r\n\r\n" TAIL), 400, "Host"},
    {"a host of two words", RAW("GET /signin HTTP/1.1\r\nHost: x y\r\n\r\n" TAIL), 400, "Host"},
    {"an absolute target", RAW("GET http://evil/signin HTTP/1.1\r\n" HOST "\r\n" TAIL), 400,
     "address asked for is malformed"},
    {"a target of two words", RAW("GET /sign in HTTP/1.1\r\n" HOST "\r\n" TAIL), 0, NULL},
    {"a method nobody knows", RAW("FROB /signin HTTP/1.1\r\n" HOST "\r\n" TAIL), 501,
     "No such method"},
    {"a method in small letters", RAW("get /signin HTTP/1.1\r\n" HOST "\r\n" TAIL), 501,
     "No such method"},
    {"a tunnel", RAW("CONNECT evil:443 HTTP/1.1\r\n" HOST "\r\n" TAIL), 501, "No such method"},
    {"an echo", RAW("TRACE /signin HTTP/1.1\r\n" HOST "\r\n" TAIL), 501, "No such method"},
    {"another protocol", RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" TAIL), 505, NULL},
    {"no protocol", RAW("GET /signin\r\n\r\n" TAIL), 400, NULL},
    {"a line without colon", RAW("GET /signin HTTP/1.1\r\n" HOST "nonsense\r\n\r\n" TAIL), 400,
     NULL},
    {"a compressed body",
     RAW("POST /signin HTTP/1.1\r\n" HOST "Content-Encoding: gzip\r\n"
         "Content-Length: 40\r\n\r\n" TAIL),
     415, "compressed"},
};

static void a_request_of_two_meanings_is_refused_and_what_follows_is_not_read(void **state)
{
    (void)state;
    enum { N = sizeof(two_meanings) / sizeof(two_meanings[0]) };
    for (int i = 0; i < N; i++) {
        const struct raw *w = &two_meanings[i];
        struct client c = client_make(server.port);
        struct client_answer r = {0};
        struct client_answer second = {0};
        c.timeout_ms = WAIT_MS;
        assert_true(client_open(&c) && client_send(&c, w->bytes));
        bool answered = client_read(&c, &a, &r);
        int status = answered ? r.status : 0;
        if (status != w->status || (w->says && !str_has(r.body, str_from(w->says)))) {
            fail_msg("%s: %d, wanted %d: %.*s", w->what, status, w->status, STR_ARG(r.body));
        }
        if (client_read(&c, &a, &second) && second.status == 404) {
            fail_msg("%s: what follows was answered: %.*s", w->what, STR_ARG(second.head));
        }
        if (!client_ended(&c, WAIT_MS)) {
            fail_msg("%s: the connection stays open", w->what);
        }
        client_close(&c);
    }
    print_message("           %d requests\n", N);
    lives();
}

static void what_is_allowed_is_answered(void **state)
{
    static const struct raw good[] = {
        {"HTTP/1.0", RAW("GET /signin HTTP/1.0\r\n\r\n"), 200, "password"},
        {"spaces around values",
         RAW("GET /signin HTTP/1.1\r\nHost: \t x \r\nX:\r\nY: \t\r\nZ:a\r\n\r\n"), 200, "password"},
        {"an empty line before", RAW("\r\nGET /signin HTTP/1.1\r\n" HOST "\r\n"), 200, "password"},
        {"a body of a GET", RAW("GET /signin HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"),
         200, "password"},
        {"an IPv6 host", RAW("GET /signin HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 200, "password"},
        {"a method of other addresses", RAW("DELETE /signin HTTP/1.1\r\n" HOST "\r\n"), 405,
         "answers only to: GET, HEAD, POST"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct client c = client_make(server.port);
        struct client_answer r = {0};
        assert_true(client_ask(&c, &a, good[i].bytes, &r));
        if (r.status != good[i].status || !str_has(r.body, str_from(good[i].says))) {
            fail_msg("%s: %d %.*s", good[i].what, r.status, STR_ARG(r.body));
        }
        client_close(&c);
    }
    struct client c = client_make(server.port);
    assert_true(client_open(&c));
    assert_true(client_send(&c, STR("HEAD /signin HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n")));
    char bytes[4096];
    ssize_t n = 0;
    for (ssize_t got; (got = read(c.fd, bytes + n, sizeof(bytes) - (size_t)n)) > 0;) {
        n += got;
    }
    str all = str_from_n(bytes, (size_t)n);
    assert_true(str_starts(all, STR("HTTP/1.1 200")) && str_ends(all, STR("\r\n\r\n")));
    client_close(&c);
}

/* --- too much ----------------------------------------------------------------------------------
 */

static str filled(const char *before, char c, size_t n, const char *after)
{
    char *p = arena_bytes(&a, n + 1);
    memset(p, c, n);
    p[n] = '\0';
    return str_fmt(&a, "%s%s%s", before, p, after);
}

static int status_of(str bytes)
{
    struct client c = client_make(server.port);
    struct client_answer r = {0};
    c.timeout_ms = WAIT_MS;
    assert_true(client_open(&c));
    client_send(&c, bytes); /* the other side may close before all is taken */
    int status = client_read(&c, &a, &r) ? r.status : 0;
    client_close(&c);
    return status;
}

static void whatever_is_too_large_has_its_own_error(void **state)
{
    (void)state;
    str many = STR("GET /signin HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 300; i++) {
        many = str_fmt(&a, "%.*sX-%d: b\r\n", STR_ARG(many), i);
    }
    const struct {
        const char *what;
        int status, or_status;
        str bytes;
    } rows[] = {
        {"headers", 431, 0, str_fmt(&a, "%.*s\r\n", STR_ARG(many))},
        {"a header", 431, 0,
         filled("GET /signin HTTP/1.1\r\nHost: x\r\nX: ", 'a', 30000, "\r\n\r\n")},
        {"a name", 431, 0,
         filled("GET /signin HTTP/1.1\r\nHost: x\r\n", 'a', 30000, ": b\r\n\r\n")},
        {"a target", 414, 431, filled("GET /", 'a', 30000, " HTTP/1.1\r\nHost: x\r\n\r\n")},
        {"a method", 414, 431, filled("", 'A', 30000, " / HTTP/1.1\r\nHost: x\r\n\r\n")},
        {"a head that never ends", 431, 414,
         filled("GET / HTTP/1.1\r\nHost: x\r\nX", 'a', 3000000, "")},
        {"a body", 413, 0,
         filled("POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 1100000\r\n\r\n", 'a', 1100000,
                "")},
        {"a body, said before", 413, 0,
         STR("POST /signin HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
             "Content-Length: 900000000\r\n\r\n")},
        {"parameters of which all are read", 200, 0,
         filled("GET /signin?a=", '&', 1900, " HTTP/1.1\r\nHost: x\r\n\r\n")},
        {"parameters", 400, 0, filled("GET /signin?a=", '&', 2500, " HTTP/1.1\r\nHost: x\r\n\r\n")},
        {"cookies", 400, 0,
         filled("GET /signin HTTP/1.1\r\nHost: x\r\nCookie: ", ';', 100, "\r\n\r\n")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = status_of(rows[i].bytes);
        if (status != rows[i].status && (!status || status != rows[i].or_status)) {
            fail_msg("too large: %s: %d, wanted %d", rows[i].what, status, rows[i].status);
        }
    }
    lives();
}

/* --- many at once --------------------------------------------------------------------------------
 */

static void a_thousand_requests_sent_at_once_are_answered_in_order(void **state)
{
    enum { MANY = 1000, OF_EACH = 20 };
    (void)state;
    struct client c = client_make(server.port);
    c.timeout_ms = WAIT_MS;
    assert_true(client_open(&c));
    int64_t last = 0;
    for (int n = 0; n < MANY; n += OF_EACH) {
        str all = STR("");
        for (int i = 0; i < OF_EACH; i++) {
            all = str_fmt(&a, "%.*sGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", STR_ARG(all));
        }
        assert_true(client_send(&c, all));
    }
    for (int i = 0; i < MANY; i++) {
        struct client_answer r;
        int64_t id = 0;
        assert_true(client_read(&c, &a, &r));
        assert_int_equal(r.status, 200);
        assert_true(str_to_i64(client_header(&r, STR("x-request-id")), &id) && id > last);
        last = id;
    }
    client_close(&c);
}

/* From 127.0.0.(2 + group): a group stays within what one address may hold. */
static int connect_from(int group)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server.port)};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)group);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    }
    if (fd < 0 || bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        fail_msg("connection: %s", strerror(errno));
    }
    return fd;
}

static int raise_files(int wanted)
{
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    r.rlim_cur = r.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
    int most = r.rlim_max > 1000000 ? 1000000 : (int)r.rlim_max;
    return most - 600 < wanted ? most - 600 : wanted; /* the server needs some for itself */
}

static int still_open(const int *fds, int n)
{
    int open = 0;
    for (int i = 0; i < n; i++) {
        char c;
        ssize_t got = recv(fds[i], &c, 1, MSG_DONTWAIT);
        open += got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    return open;
}

/* A byte to each that has begun, now and then, until the other side has had enough of all. */
static void slow(const int *fds, int n, int silent)
{
    int64_t until_ms = now_ms() + WAIT_MS;
    while (still_open(fds, n)) {
        assert_true(now_ms() < until_ms);
        for (int i = 0; i < n; i++) {
            ssize_t sent = i % silent ? send(fds[i], "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
            (void)sent;
        }
        lives();
        pause_ms(100);
    }
}

static void serve(int deadline_s)
{
    FILE *f = fopen(conf, "w");
    assert_non_null(f);
    fprintf(f, "request_seconds = %d\nconnections_per_address = %d\nlog_level = error\n",
            deadline_s, PER_ADDRESS);
    fclose(f);
    server_stop(&server, SIGTERM);
    server_start(&server, true);
}

/* A byte of a header now and then, or nothing at all, from hundreds at once. */
static void whoever_is_slow_is_cut_off_and_holds_up_nobody(void **state)
{
    enum { SLOW = 600, KINDS = 4 };
    (void)state;
    raise_files(IDLE);
    serve(DEADLINE_S);
    int fds[SLOW];
    for (int i = 0; i < SLOW; i++) {
        static const char *const begun[] = {
            "", "GET /signin HTTP/1.1\r\nHost: x\r\nX-A: ",
            "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "G"};
        fds[i] = connect_from(0);
        ssize_t sent = send(fds[i], begun[i % KINDS], strlen(begun[i % KINDS]), MSG_NOSIGNAL);
        (void)sent; /* a busy machine: it may be closed already */
    }
    int64_t began = now_ms();
    slow(fds, SLOW, KINDS);
    print_message("           %d slow ones cut off within %lld ms\n", SLOW,
                  (long long)(now_ms() - began));
    for (int i = 0; i < SLOW; i++) {
        close(fds[i]);
    }
    lives();
    serve(AMPLE_S);
}

static void ten_thousand_that_say_nothing_hold_up_nobody(void **state)
{
    (void)state;
    int n = raise_files(IDLE);
    int *fds = calloc((size_t)n, sizeof(*fds));
    assert_non_null(fds);
    for (int i = 0; i < n; i++) {
        fds[i] = connect_from(1 + i / (PER_ADDRESS - 100));
    }
    double open = figure("zhidu_http_connections");
    for (int64_t until = now_ms() + WAIT_MS; open <= n * 0.9 && now_ms() < until;) {
        open = figure("zhidu_http_connections"); /* those still before the door come in */
    }
    double mb = figure("zhidu_resident_memory_bytes") / (1 << 20);
    int64_t began = now_ms();
    for (int i = 0; i < 50; i++) {
        lives();
    }
    print_message(
        "           %d idle connections, %.0f open at once; %.0f MB; 50 pages in %lld ms\n", n,
        open, mb, (long long)(now_ms() - began));
    assert_true(open > n * 0.9);
    assert_true(mb < IDLE_MB);
    assert_true(still_open(fds, n) > n * 0.9);
    for (int i = 0; i < n; i++) {
        close(fds[i]);
    }
    free(fds);
    int64_t until_ms = now_ms() + WAIT_MS;
    while (now_ms() < until_ms &&
           (figure("zhidu_http_connections") > 2 || figure("zhidu_http_addresses") > 1)) {
        pause_ms(50);
    }
    assert_true(figure("zhidu_http_connections") <= 2);
    assert_true(figure("zhidu_http_addresses") <= 1);
}

/* Something that is answered without work: all must be in before the first has been idle
 * for as long as the server lets it (HTTP_IDLE_S), also on a busy machine. */
static int ask_from(int group)
{
    static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = connect_from(group);
    ssize_t sent = send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL);
    (void)sent; /* what is read tells */
    return fd;
}

/* False: closed without a word. */
static bool told_too_many(int fd)
{
    char answer[2048];
    ssize_t got = recv(fd, answer, sizeof(answer), 0);
    str text = str_from_n(answer, got > 0 ? (size_t)got : 0);
    if (got > 0 &&
        !(str_starts(text, STR("HTTP/1.1 429")) && str_has(text, STR("Too many connections")))) {
        fail_msg("not told that they are too many, but: %.*s", STR_ARG(text));
    }
    return got > 0;
}

static void one_address_cannot_take_all_places(void **state)
{
    enum { GROUP = 100, OVER = 50 };
    (void)state;
    int n = raise_files(PER_ADDRESS + OVER);
    if (n < PER_ADDRESS + OVER) {
        fail_msg("the limit of open files (%d) is too low for this test", n);
    }
    int *fds = calloc((size_t)n, sizeof(*fds));
    assert_non_null(fds);
    double before = figure("zhidu_http_refused_total{reason=\"address\"}");
    int64_t began = now_ms();
    for (int i = 0; i < PER_ADDRESS; i++) {
        fds[i] = ask_from(GROUP);
    }
    /* Several threads accept: who was answered is in. */
    for (int i = 0; i < PER_ADDRESS; i++) {
        char answer[64];
        assert_true(recv(fds[i], answer, sizeof(answer), 0) > 12);
        assert_memory_equal(answer, "HTTP/1.1 200", 12);
    }
    for (int i = PER_ADDRESS; i < n; i++) {
        fds[i] = ask_from(GROUP);
    }
    lives(); /* others are not held up */
    print_message("           %d connections within %lld ms\n", n, (long long)(now_ms() - began));
    int again = 0;
    for (int i = PER_ADDRESS; i < n; i++) {
        while (!told_too_many(fds[i])) { /* cut off before it was heard: a busy machine */
            assert_true(++again < 10 * OVER);
            close(fds[i]);
            fds[i] = ask_from(GROUP);
        }
    }
    double refused = figure("zhidu_http_refused_total{reason=\"address\"}") - before;
    assert_true(refused >= OVER && refused <= OVER + again);
    for (int i = 0; i < n; i++) {
        close(fds[i]);
    }
    free(fds);
}

/* Two event threads get a batch of the library's own size at once, 128, and nothing after it. */
/* A whole answer, be it in pieces; they close on what is not one. */
static bool answered(int fd)
{
    char text[2048];
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n < sizeof(text) - 1;) {
        got = recv(fd, text + n, sizeof(text) - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
        text[n] = 0;
        const char *body = strstr(text, "\r\n\r\n");
        const char *len = strstr(text, "Content-Length: ");
        if (body && len && (size_t)strtol(len + 16, NULL, 10) <= strlen(body + 4)) {
            break;
        }
    }
    if (n == 0) {
        print_message("           closed without an answer\n");
    }
    return str_starts(str_from_n(text, n), STR("HTTP/1.1 200"));
}

static void batch_of(int many, int group)
{
    static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    int fds[BATCH_MOST];
    for (int i = 0; i < many; i++) {
        fds[i] = ask_from(group);
        assert_true(answered(fds[i]));
    }
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    for (int i = 0; i < many; i++) {
        assert_int_equal(send(fds[i], ask, sizeof(ask) - 1, MSG_NOSIGNAL), sizeof(ask) - 1);
    }
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    for (int i = 0; i < many; i++) {
        assert_true(answered(fds[i]));
        close(fds[i]);
    }
}

/* One of them is 128 for one of the event threads, however connections fall to them.  What is not
 * looked at is closed after HTTP_IDLE_S. */
static void a_whole_batch_is_answered_at_once(void **state)
{
    enum { GROUP = 101, FEWEST = 240 };
    (void)state;
    int64_t began = now_ms();
    for (int many = FEWEST; many <= BATCH_MOST; many++) {
        batch_of(many, GROUP);
    }
    print_message("           batches of %d to %d answered within %lld ms\n", FEWEST, BATCH_MOST,
                  (long long)(now_ms() - began));
}

static int set_up(void **state)
{
    (void)state;
    char data[100];
    signal(SIGPIPE, SIG_IGN);
    a = arena_make(1u << 30);
    snprintf(data, sizeof(data), "/tmp/zhidu-abuse-test-%d", (int)getpid());
    server = server_make(data, server_free_port());
    snprintf(conf, sizeof(conf), "%s/test.conf", data);
    setenv("ZHIDU_CONFIG", conf, 1);
    serve(AMPLE_S);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bool well = server_stop(&server, SIGTERM) == 0;
    server_remove(&server);
    arena_end(&a);
    return well ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_of_two_meanings_is_refused_and_what_follows_is_not_read),
        cmocka_unit_test(what_is_allowed_is_answered),
        cmocka_unit_test(whatever_is_too_large_has_its_own_error),
        cmocka_unit_test(a_thousand_requests_sent_at_once_are_answered_in_order),
        cmocka_unit_test(whoever_is_slow_is_cut_off_and_holds_up_nobody),
        cmocka_unit_test(one_address_cannot_take_all_places),
        cmocka_unit_test(a_whole_batch_is_answered_at_once),
        cmocka_unit_test(ten_thousand_that_say_nothing_hold_up_nobody),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
