#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT_MAX = 16 * 1024, IN_MAX = 1 << 20, SAMPLES = 1 << 20, STALL_MS = 30000 };

struct client {
    int fd;
    char *out, *in;
    size_t out_len, in_len, want; /* want: of the whole answer; 0: its head is not complete */
    size_t head;
    int status;
    double sent_at;
};

struct run {
    const struct load *l;
    struct client *clients;
    float *took_us;
    int epoll;
    int64_t asked, done, failed;
    int failed_status;
    size_t body;
    double until;
    int busy;
};

double load_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double load_cpu_s(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return 0;
    }
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int64_t load_resident(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    long long size = 0, pages = 0;
    if (!f || fscanf(f, "%lld %lld", &size, &pages) != 2) {
        pages = 0;
    }
    if (f) {
        fclose(f);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static int dial(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    return fd;
}

/* Requests are small: a fresh keep-alive socket takes one whole. */
static bool ask(struct run *r, int i)
{
    struct client *c = &r->clients[i];
    c->out_len = r->l->make(r->l->arg, i, r->asked++, c->out, OUT_MAX);
    c->in_len = c->want = c->head = 0;
    c->sent_at = load_now_s();
    return send(c->fd, c->out, c->out_len, MSG_NOSIGNAL) == (ssize_t)c->out_len;
}

static bool read_head(struct client *c)
{
    char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (!end) {
        return c->in_len < IN_MAX;
    }
    c->head = (size_t)(end - c->in) + 4;
    int64_t status = 0;
    if (c->head < 12 || !str_to_i64(str_from_n(c->in + 9, 3), &status)) {
        return false;
    }
    c->status = (int)status;
    int64_t length = 0;
    for (str rest = str_from_n(c->in, c->head); rest.ptr;) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len > 15 && strncasecmp(line.ptr, "content-length:", 15) == 0 &&
            !str_to_i64(str_trim(str_from_n(line.ptr + 15, line.len - 15)), &length)) {
            return false;
        }
    }
    c->want = c->head + (size_t)length;
    return c->want <= IN_MAX;
}

static void finish(struct run *r, int i)
{
    struct client *c = &r->clients[i];
    double us = (load_now_s() - c->sent_at) * 1e6;
    r->took_us[r->done % SAMPLES] = (float)us;
    r->done++;
    r->body = c->want - c->head;
    if (c->status != r->l->expect) {
        r->failed++;
        r->failed_status = c->status;
    }
    if (r->l->took) {
        struct load_answer a = {.status = c->status,
                                .head = str_from_n(c->in, c->head),
                                .body = str_from_n(c->in + c->head, r->body)};
        r->l->took(r->l->arg, i, &a);
    }
}

static bool more(const struct run *r)
{
    return (!r->l->count || r->asked < r->l->count) &&
           (r->l->seconds <= 0 || load_now_s() < r->until);
}

static bool readable(struct run *r, int i)
{
    struct client *c = &r->clients[i];
    ssize_t n = recv(c->fd, c->in + c->in_len, IN_MAX - c->in_len, MSG_DONTWAIT);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    c->in_len += (size_t)n;
    if (!c->want && !read_head(c)) {
        return false;
    }
    if (!c->want || c->in_len < c->want) {
        return true;
    }
    finish(r, i);
    if (!more(r)) {
        r->busy--;
        return true;
    }
    return ask(r, i);
}

static int by_time(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static bool open_all(struct run *r)
{
    for (int i = 0; i < r->l->conns; i++) {
        struct client *c = &r->clients[i];
        c->out = malloc(OUT_MAX);
        c->in = malloc(IN_MAX);
        c->fd = dial(r->l->port);
        struct epoll_event ev = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (!c->out || !c->in || c->fd < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
            return false;
        }
    }
    return true;
}

static bool turn(struct run *r)
{
    for (int i = 0; i < r->l->conns && more(r); i++) {
        r->busy++;
        if (!ask(r, i)) {
            return false;
        }
    }
    while (r->busy > 0) {
        struct epoll_event evs[64];
        int n = epoll_wait(r->epoll, evs, 64, STALL_MS);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        for (int k = 0; k < n; k++) {
            if (!readable(r, (int)evs[k].data.u32)) {
                return false;
            }
        }
    }
    return true;
}

static void close_all(struct run *r)
{
    for (int i = 0; i < r->l->conns; i++) {
        if (r->clients[i].fd > 0) {
            close(r->clients[i].fd);
        }
        free(r->clients[i].out);
        free(r->clients[i].in);
    }
    free(r->clients);
    free(r->took_us);
    close(r->epoll);
}

bool load_run(const struct load *l, struct load_result *ret)
{
    struct run r = {.l = l,
                    .clients = calloc((size_t)l->conns, sizeof(struct client)),
                    .took_us = malloc(SAMPLES * sizeof(float)),
                    .epoll = epoll_create1(EPOLL_CLOEXEC)};
    bool ok = r.clients && r.took_us && r.epoll >= 0 && open_all(&r);
    double cpu = load_cpu_s(l->pid), began = load_now_s();
    r.until = began + l->seconds;
    ok = ok && turn(&r);
    double took = load_now_s() - began;
    cpu = load_cpu_s(l->pid) - cpu;
    *ret = (struct load_result){.done = r.done,
                                .failed = r.failed,
                                .failed_status = r.failed_status,
                                .seconds = took,
                                .body = r.body};
    if (ok && r.done) {
        size_t n = r.done < SAMPLES ? (size_t)r.done : SAMPLES;
        qsort(r.took_us, n, sizeof(float), by_time);
        ret->per_s = (double)r.done / took;
        ret->cpu_us = cpu * 1e6 / (double)r.done;
        ret->p50_us = r.took_us[n / 2];
        ret->p99_us = r.took_us[n * 99 / 100];
    }
    close_all(&r);
    return ok;
}
