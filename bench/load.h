/* load.h - many keep-alive connections asking one server, and what it cost.
 *
 * One thread and one epoll: each connection has one request under way, and
 * sends the next when the answer has arrived whole.  What is asked is the
 * caller's: `make` writes a request, `took` looks at the answer.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "base/arena.h"
#include "base/str.h"

#include <sys/types.h>

struct load_answer {
    int status;
    str head, body;
};

struct load {
    int port;
    int conns;
    int64_t count;  /* at most so many requests; 0: any number */
    double seconds; /* for so long; 0: until `count` is reached */
    pid_t pid;      /* of the server, for its processor time */
    int expect;     /* every answer must have this status */
    /* Writes request `n` of connection `conn`; the number of bytes. */
    size_t (*make)(void *arg, int conn, int64_t n, char *to, size_t cap);
    void (*took)(void *arg, int conn, const struct load_answer *answer); /* may be NULL */
    void *arg;
};

struct load_result {
    int64_t done, failed;
    int failed_status; /* of the last that was not as expected */
    double seconds, per_s;
    double p50_us, p99_us;
    double cpu_us; /* of the server, per request, user and system */
    size_t body;   /* bytes of the last answer */
};

/* False when the server cannot be reached or stops answering. */
bool load_run(const struct load *l, struct load_result *ret);

double load_now_s(void);          /* monotonic */
double load_cpu_s(pid_t pid);     /* processor time of a process */
int64_t load_resident(pid_t pid); /* bytes in memory now */

#endif
