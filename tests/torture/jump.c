/* jump.c - the machine's clock jumps, by a day and by a year, ahead and back, while people
 * work. */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

struct shifted { /* of the server's clock, in a file that it maps */
    char file[180], library[300];
    _Atomic int64_t *ms;
};

/* build/V/clockshift.so stands beside build/V/zhidu. */
static bool prepare(const struct torture *t, struct shifted *s)
{
    snprintf(s->file, sizeof(s->file), "%s.shift", t->server.data);
    snprintf(s->library, sizeof(s->library), "%s", t->server.program);
    char *end = strrchr(s->library, '/');
    snprintf(end ? end + 1 : s->library, 20, "clockshift.so");
    char *whole = realpath(s->library, NULL);
    int fd = open(s->file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (!whole || fd < 0 || ftruncate(fd, sizeof(int64_t)) != 0) {
        return false;
    }
    void *p = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    snprintf(s->library, sizeof(s->library), "%s", whole);
    free(whole);
    s->ms = p;
    return p != MAP_FAILED;
}

static void start(struct torture *t, const struct shifted *s)
{
    setenv("ZHIDU_CLOCK_SHIFT", s->file, 1);
    setenv("LD_PRELOAD", s->library, 1);
    town_start(t);
    unsetenv("LD_PRELOAD");
}

/* Nobody is kept out, it is said, and what runs by the clock goes on. */
static void one_jump(struct torture *t, struct shifted *s, int64_t to)
{
    enum { BACKGROUND_MS = 11000 }; /* silent for longer, and it is said */
    int64_t from = atomic_load(s->ms);
    int64_t began = mono_ms();
    atomic_store(s->ms, to);
    load_goes_on(t, "the clock jumped");
    town_sign_in(t); /* sessions may have ended, but nobody is kept out */
    if (to > from) {
        says(t, "系统时钟向前跳了", "检查网络校时", "machine&#39;s clock jumped ahead by",
             "Look at time synchronisation");
    } else {
        says(t, "系统时钟向后拨了", "检查网络校时", "machine&#39;s clock was set back by",
             "Look at time synchronisation");
    }
    while (mono_ms() - began < BACKGROUND_MS) {
        pause_us(50000);
    }
    says(t, "每秒处理一次到期事项", "", "What falls due is handled every second", "");
    says(t, "检查点每秒签出", "", "a checkpoint is signed every second", "");
    load_goes_on(t, "the clock jumped a while ago");
}

/* No entry of the ledger was recorded before the one in front of it: what `ledger verify`
 * looks at; ids only grow. */
static void in_order(struct torture *t)
{
    struct arena a = arena_make(16 << 20);
    int64_t back = held_number(held_look(t, &a), &a,
                               SQL("select count(*) from (select id, lag(id) over (order by seq)"
                                   " before from act) q where id <= before"),
                               NO_ARGS);
    arena_end(&a);
    if (back) {
        die("acts whose id is before that of an earlier one", back, STR(""));
    }
}

void part_clock(struct torture *t, int rounds)
{
    static const int64_t days[] = {1, 0, -1, 0, 400, 0, -300, 0, 366, -1};
    struct shifted s = {0};
    if (!prepare(t, &s)) {
        die("the clock cannot be shifted", errno, str_from(s.library));
    }
    start(t, &s);
    t->patient = true;
    t->pace_us = 20000;
    load_start(t);
    int jumps = rounds < 10 ? 2 : rounds;
    for (int i = 0; i < jumps; i++) {
        load_goes_on(t, "between the jumps");
        one_jump(t, &s, days[(size_t)i % (sizeof(days) / sizeof(days[0]))] * DAY_MS);
    }
    load_finish(t);
    if (server_stop(&t->server, SIGTERM) != 0) {
        die("the server did not end well", 0, STR(""));
    }
    held_all(t);
    in_order(t);
    unlink(s.file);
    printf("%d jumps of the clock under load, by a day and by a year, ahead and back: %lld acts "
           "acknowledged and there exactly once, in the order of their ids; deadlines, checkpoints "
           "and sign-in go on; %lld sentences compared\n",
           jumps, (long long)t->nacked, (long long)t->n.sentences);
    printf("%d passed, 0 failed\n", jumps);
}
