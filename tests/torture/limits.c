/* limits.c - a server without more memory, or without more open files: what it cannot do
 * it refuses, and when it may have more it goes on, the same process. */
#include "torture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TOGETHER = 6, CONNECTIONS = 60 };

struct tried {
    atomic_int asked, refused, unheard; /* attachments and exports */
    int64_t memory, files;
};

struct asker {
    pthread_t thread;
    struct torture *t;
    struct tried *n;
};

static void limit(struct torture *t, __rlimit_resource_t what, rlim_t most)
{
    struct rlimit r;
    bool known = prlimit(t->server.pid, what, NULL, &r) == 0;
    r.rlim_cur = most < r.rlim_max ? most : r.rlim_max;
    if (!known || prlimit(t->server.pid, what, &r, NULL) != 0) {
        die("no limit can be set", t->server.pid, STR(""));
    }
}

static rlim_t memory_now(const struct torture *t)
{
    char path[40];
    unsigned long pages = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", t->server.pid);
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%lu", &pages) != 1) {
        die("its size cannot be read", t->server.pid, STR(""));
    }
    fclose(f);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* The lowest number that no open file has. */
static rlim_t files_now(const struct torture *t)
{
    char path[60];
    for (rlim_t n = 0;; n++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%llu", t->server.pid, (unsigned long long)n);
        char to[200];
        if (readlink(path, to, sizeof(to)) < 0) {
            return n;
        }
    }
}

/* What needs much: files coming in, workbooks going out. */
static void *ask_much(void *arg)
{
    struct asker *x = arg;
    struct arena a = arena_make(128u << 20);
    for (int i = 0; i < 2; i++) {
        arena_reset(&a);
        int status = load_upload(x->t, &a);
        arena_reset(&a);
        struct client_answer r = get(x->t, &a, "/r/fault/export.xlsx", x->t->admin_zh);
        if (r.status && r.status != 200 && r.status != 503) {
            die("an export is answered", r.status, r.body);
        }
        x->n->asked += 2;
        x->n->refused += (status == 503) + (r.status == 503);
        x->n->unheard += (status == 0) + (r.status == 0);
    }
    arena_end(&a);
    return NULL;
}

/* All at once; after a while the limit is lifted, and `idle` connections are given up. */
static void together(struct torture *t, struct tried *n, __rlimit_resource_t what, rlim_t usual,
                     struct client *idle, int nidle)
{
    enum { WHILE_US = 1500000 };
    struct asker all[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) {
        all[i] = (struct asker){.t = t, .n = n};
        if (pthread_create(&all[i].thread, NULL, ask_much, &all[i]) != 0) {
            die("no thread", i, STR(""));
        }
    }
    pause_us(WHILE_US);
    limit(t, what, usual);
    for (int i = 0; i < nidle; i++) {
        client_close(&idle[i]);
    }
    for (int i = 0; i < TOGETHER; i++) {
        pthread_join(all[i].thread, NULL);
    }
}

static void little_memory(struct torture *t, struct tried *n)
{
    limit(t, RLIMIT_AS, memory_now(t) - (rlim_t)roll(t, 0, 4 << 20));
    together(t, n, RLIMIT_AS, RLIM_INFINITY, NULL, 0);
    n->memory++;
}

static void few_files(struct torture *t, struct tried *n)
{
    struct client many[CONNECTIONS];
    limit(t, RLIMIT_NOFILE, files_now(t) + (rlim_t)roll(t, 0, 8));
    for (int i = 0; i < CONNECTIONS; i++) {
        many[i] = client_make(t->server.port);
        client_open(&many[i]);
    }
    together(t, n, RLIMIT_NOFILE, 4096, many, CONNECTIONS);
    n->files++;
}

void part_limits(struct torture *t, int rounds)
{
    struct tried n = {0};
    town_start(t);
    t->patient = true;
    t->pace_us = 20000;
    load_start(t);
    pid_t pid = t->server.pid;
    for (int i = 0; i < 2 * rounds; i++) {
        load_goes_on(t, "between the rounds");
        if (i % 2) {
            little_memory(t, &n);
        } else {
            few_files(t, &n);
        }
        load_goes_on(t, "it may have more again");
        reads(t);
        if (kill(pid, 0) != 0) {
            die("the server ended in round", i, STR(""));
        }
    }
    load_finish(t);
    if (server_stop(&t->server, SIGTERM) != 0) {
        die("the server did not end well", 0, STR(""));
    }
    held_all(t);
    printf("%lld times little memory, %lld times few open files: %d attachments and workbooks, %d "
           "refused in words, %d without an answer; %lld acts acknowledged and there exactly once, "
           "%lld answers 503; the same process went on\n",
           (long long)n.memory, (long long)n.files, n.asked, n.refused, n.unheard,
           (long long)t->nacked, (long long)t->n.busy);
    printf("%lld passed, 0 failed\n", (long long)(n.memory + n.files));
}
