#include "users.h"

#include "plant.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    OUT_MAX = 16 * 1024,
    HEAD_MAX = 8 * 1024,
    KINDS = 11,
    STALL_S = 30,
    TURN_MS = 5,
    WARM_S = 300
};

/* What a user does next, and how often of a hundred times. */
struct kind {
    const char *name;
    int expect;
    int staff, desk; /* of a hundred */
};
enum { HOME, INBOX, LIST, LAW, FORM, CREATE, RECORD, SEARCH, PDF, EXPORT, ATTACH };
static const struct kind kinds[KINDS] = {
    [HOME] = {"home", 200, 30, 10},       [INBOX] = {"inbox", 200, 15, 15},
    [LIST] = {"list", 200, 30, 25},       [LAW] = {"regulation", 200, 10, 2},
    [FORM] = {"form", 200, 8, 0},         [CREATE] = {"report a fault", 303, 7, 0},
    [RECORD] = {"record", 200, 0, 32},    [SEARCH] = {"search", 200, 0, 10},
    [PDF] = {"record as PDF", 200, 0, 3}, [EXPORT] = {"export", 200, 0, 1},
    [ATTACH] = {"a file", 303, 0, 2},
};

struct user {
    struct bench_session session;
    bool desk;
    int fd; /* -1: none */
    int kind;
    double due, sent_at; /* due: 0 while he waits for an answer */
    char head[HEAD_MAX];
    size_t have, body_left;
    bool in_body;
    int status;
};

/* Times of answers, in steps of 0.1 ms; whatever is longer counts as the last. */
enum { STEPS = 100000 };
struct times {
    int64_t n, count[STEPS];
    double most_ms;
};

struct crowd {
    struct caller *a;
    const struct users_options *opt;
    struct user *users;
    struct times all, *of; /* of: by kind */
    int64_t failed;
    int epoll;
    double resident_mb;
    struct line { /* of least squares: seconds, MB */
        double n, x, y, xx, xy;
    } line;
};

/* --- times ------------------------------------------------------------------------------ */

static void times_put(struct times *t, double ms)
{
    int64_t at = (int64_t)(ms * 10);
    t->count[at < STEPS ? at : STEPS - 1]++;
    t->n++;
    t->most_ms = ms > t->most_ms ? ms : t->most_ms;
}

static double times_at(const struct times *t, double share)
{
    int64_t seen = 0;
    for (int i = 0; i < STEPS; i++) {
        seen += t->count[i];
        if (t->n && (double)seen >= share * (double)t->n) {
            return (i + 1) / 10.0;
        }
    }
    return 0;
}

/* --- one user ------------------------------------------------------------------------------ */

static int choose(struct crowd *c, const struct user *u)
{
    int roll = (int)plant_roll(&c->a->dice, 100);
    for (int k = 0; k < KINDS; k++) {
        roll -= u->desk ? kinds[k].desk : kinds[k].staff;
        if (roll < 0) {
            return k;
        }
    }
    return HOME;
}

static size_t write_request(struct crowd *c, const struct user *u, char *to)
{
    static const char *const words[] = {"%E6%89%93%E5%8D%B0%E6%9C%BA", "%E6%8A%95%E5%BD%B1",
                                        "%E6%9C%BA%E6%88%BF"};
    struct caller *a = c->a;
    arena_reset(&a->round);
    str path = STR("/");
    switch (u->kind) {
    case INBOX:
        path = STR("/inbox");
        break;
    case LIST:
        path = STR("/r/fault?open=1");
        break;
    case LAW:
        path = STR("/law/fault_reporting");
        break;
    case FORM:
        path = STR("/r/fault/new/report");
        break;
    case RECORD:
        path = str_fmt(&a->round, "/r/fault/%lld",
                       (long long)a->ids[plant_roll(&a->dice, (uint64_t)a->nids)]);
        break;
    case PDF:
        path = str_fmt(&a->round, "/r/fault/%lld/pdf",
                       (long long)a->ids[plant_roll(&a->dice, (uint64_t)a->nids)]);
        break;
    case EXPORT: /* what was changed in the last minutes stands in front */
        path = STR("/r/fault/export?open=1&w.place=%E4%B8%9A%E5%8A%A1%E4%B8%80%E7%A7%91");
        break;
    case ATTACH:
        return ask_attach(a, &u->session, a->ids[plant_roll(&a->dice, (uint64_t)a->nids)], to,
                          OUT_MAX);
    case SEARCH:
        path = str_fmt(&a->round, "/search?q=%s", words[plant_roll(&a->dice, 3)]);
        break;
    case CREATE:
        return ask_report(a, &u->session, to, OUT_MAX);
    default:
        break;
    }
    return ask_get(&u->session, path, to, OUT_MAX);
}

static bool dial(struct crowd *c, struct user *u)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)c->a->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    u->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = u};
    if (u->fd < 0 || connect(u->fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        epoll_ctl(c->epoll, EPOLL_CTL_ADD, u->fd, &ev) != 0) {
        return false;
    }
    setsockopt(u->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return true;
}

static void hang_up(struct user *u)
{
    if (u->fd >= 0) {
        close(u->fd);
    }
    u->fd = -1;
}

static void think(struct crowd *c, struct user *u)
{
    double share = 0.5 + (double)plant_roll(&c->a->dice, 1000) / 1000.0;
    u->due = load_now_s() + c->opt->think_s * share;
}

static void fail(struct crowd *c, struct user *u, const char *why)
{
    c->failed++;
    if (c->failed <= 10) {
        printf("  failed: %s: %s (status %d)\n", kinds[u->kind].name, why, u->status);
    }
    hang_up(u);
    think(c, u);
}

static void act(struct crowd *c, struct user *u)
{
    char out[OUT_MAX];
    u->kind = choose(c, u);
    u->have = u->body_left = 0;
    u->in_body = false;
    u->status = 0;
    u->due = 0;
    size_t n = write_request(c, u, out);
    if (u->fd < 0 && !dial(c, u)) {
        fail(c, u, "no connection");
        return;
    }
    u->sent_at = load_now_s();
    if (send(u->fd, out, n, MSG_NOSIGNAL) != (ssize_t)n) {
        fail(c, u, "not sent");
    }
}

static void answered(struct crowd *c, struct user *u)
{
    double ms = (load_now_s() - u->sent_at) * 1000;
    times_put(&c->all, ms);
    times_put(&c->of[u->kind], ms);
    if (u->status != kinds[u->kind].expect) {
        fail(c, u, "another answer");
        return;
    }
    think(c, u);
}

/* The head, when it is complete. */
static bool read_head(struct user *u)
{
    char *end = memmem(u->head, u->have, "\r\n\r\n", 4);
    if (!end) {
        return u->have < HEAD_MAX;
    }
    size_t len = (size_t)(end - u->head) + 4;
    int64_t status = 0;
    int64_t length = 0;
    bool ok = len > 12 && str_to_i64(str_from_n(u->head + 9, 3), &status);
    for (str rest = str_from_n(u->head, len); rest.ptr && ok;) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len > 15 && strncasecmp(line.ptr, "content-length:", 15) == 0) {
            ok = str_to_i64(str_trim(str_from_n(line.ptr + 15, line.len - 15)), &length);
        }
    }
    size_t more = u->have - len; /* of the body, come along */
    u->status = (int)status;
    u->in_body = true;
    u->body_left = (size_t)length > more ? (size_t)length - more : 0;
    return ok && more <= (size_t)length;
}

static void readable(struct crowd *c, struct user *u)
{
    char body[65536];
    ssize_t n = u->in_body ? recv(u->fd, body, sizeof(body), MSG_DONTWAIT)
                           : recv(u->fd, u->head + u->have, HEAD_MAX - u->have, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0 && u->due > 0) {
        hang_up(u); /* nobody waits: the server closes what is idle for long */
        return;
    }
    if (n <= 0) {
        fail(c, u, "closed");
        return;
    }
    if (u->in_body) {
        u->body_left -= (size_t)n < u->body_left ? (size_t)n : u->body_left;
    } else {
        u->have += (size_t)n;
        if (!read_head(u)) {
            fail(c, u, "no answer of HTTP");
            return;
        }
    }
    if (u->in_body && !u->body_left) {
        answered(c, u);
    }
}

/* --- all of them --------------------------------------------------------------------------- */

static bool sign_all_in(struct crowd *c)
{
    static const char *const staff[] = {"li.lei",    "han.mei",  "guo.jing", "zhou.jie",
                                        "wang.fang", "tang.xue", "lin.na"};
    for (int i = 0; i < c->opt->users; i++) {
        struct user *u = &c->users[i];
        u->desk = i % 5 == 4;
        const char *login = u->desk ? (i % 2 ? "wu.tao" : "zheng.shuang")
                                    : staff[(size_t)i % (sizeof(staff) / sizeof(staff[0]))];
        u->fd = -1;
        if (!ask_sign_in_one(c->a, login, &u->session)) {
            printf("  %s cannot sign in\n", login);
            return false;
        }
    }
    return true;
}

static void look_at_memory(struct crowd *c, double since, double *next_look, int *minute)
{
    double now = load_now_s();
    if (now < *next_look) {
        return;
    }
    *next_look = now + 1;
    double mb = (double)load_resident(c->opt->pid) / 1e6;
    c->resident_mb = mb > c->resident_mb ? mb : c->resident_mb;
    if (now - since > WARM_S) {
        double x = now - since;
        struct line *l = &c->line;
        *l = (struct line){l->n + 1, l->x + x, l->y + mb, l->xx + x * x, l->xy + x * mb};
    }
    if ((int)((now - since) / 60) > *minute) {
        *minute = (int)((now - since) / 60);
        printf("  minute %3d: resident %6.1f MB, %lld answers, p99 %.1f ms, %lld failed\n", *minute,
               mb, (long long)c->all.n, times_at(&c->all, 0.99), (long long)c->failed);
        fflush(stdout);
    }
}

/* How steep memory goes up after the first minutes, MB an hour. */
static double slope(const struct line *l)
{
    double d = l->n * l->xx - l->x * l->x;
    return l->n > 2 && d > 0 ? (l->n * l->xy - l->x * l->y) / d * 3600 : 0;
}

static void run(struct crowd *c)
{
    double began = load_now_s();
    double next_look = began;
    int minute = 0;
    for (int i = 0; i < c->opt->users; i++) { /* they do not all come at once */
        c->users[i].due = began + c->opt->think_s * i / c->opt->users;
    }
    while (load_now_s() - began < c->opt->seconds) {
        struct epoll_event evs[256];
        int n = epoll_wait(c->epoll, evs, 256, TURN_MS);
        for (int k = 0; k < n; k++) {
            readable(c, evs[k].data.ptr);
        }
        double now = load_now_s();
        for (int i = 0; i < c->opt->users; i++) {
            struct user *u = &c->users[i];
            if (u->due > 0 && now >= u->due) {
                act(c, u);
            } else if (!u->due && now - u->sent_at > STALL_S) {
                fail(c, u, "no answer");
            }
        }
        look_at_memory(c, began, &next_look, &minute);
    }
}

static void print_kinds(const struct crowd *c)
{
    printf("%-16s %9s %9s %9s %9s\n", "", "answers", "p50 ms", "p99 ms", "most ms");
    for (int k = 0; k < KINDS; k++) {
        const struct times *t = &c->of[k];
        printf("%-16s %9lld %9.1f %9.1f %9.1f\n", kinds[k].name, (long long)t->n, times_at(t, 0.5),
               times_at(t, 0.99), t->most_ms);
    }
}

bool users_run(struct caller *a, const struct users_options *opt, struct users_result *ret)
{
    struct crowd *c = arena_new(&a->life, struct crowd);
    c->a = a;
    c->opt = opt;
    c->users = arena_array(&a->life, struct user, (size_t)opt->users);
    c->of = arena_array(&a->life, struct times, KINDS);
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    double began = load_now_s();
    if (c->epoll < 0 || !sign_all_in(c)) {
        return false;
    }
    double signed_in = load_now_s() - began;
    run(c);
    print_kinds(c);
    for (int i = 0; i < opt->users; i++) {
        hang_up(&c->users[i]);
    }
    close(c->epoll);
    *ret = (struct users_result){.asked = c->all.n,
                                 .failed = c->failed,
                                 .p50_ms = times_at(&c->all, 0.5),
                                 .p99_ms = times_at(&c->all, 0.99),
                                 .most_ms = c->all.most_ms,
                                 .resident_mb = c->resident_mb,
                                 .slope_mb_h = slope(&c->line),
                                 .signed_in_s = signed_in};
    return true;
}
