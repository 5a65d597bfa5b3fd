/* kill.c - kill -9 under write load, many times; also of the process that signs.  In some
 * rounds the server is frozen before, may let no file grow, or gets no more memory. */
#include "torture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { VERIFY_EVERY = 50 };

struct tried {
    int64_t frozen, filled, starved; /* rounds */
    struct midway half;
};

/* --- trouble before the kill ---------------------------------------------------------- */

/* It stands still, as on a machine that sleeps, and goes on. */
static void freeze(struct torture *t, struct tried *n)
{
    kill(t->server.pid, SIGSTOP);
    pause_us(roll(t, 20000, 220000));
    kill(t->server.pid, SIGCONT);
    n->frozen++;
}

static bool set_limit(struct torture *t, int what, int64_t most)
{
    struct rlimit r = {.rlim_cur = most < 0 ? RLIM_INFINITY : (rlim_t)most,
                       .rlim_max = RLIM_INFINITY};
    return prlimit(t->server.pid, (__rlimit_resource_t)what, &r, NULL) == 0;
}

/* No file may be written beyond its first pages, as on a full disk, for a moment and until
 * somebody was told, but not for ever; then there is room again, and the same process goes on. */
static void fill(struct torture *t, struct tried *n)
{
    enum { UNTIL_TOLD = 50 };
    t->trouble = true;
    if (!set_limit(t, RLIMIT_FSIZE, roll(t, 0, 65535))) {
        die("no limit can be set", t->server.pid, STR(""));
    }
    int64_t told = load_full(t);
    pause_us(roll(t, 100000, 400000));
    for (int i = 0; i < UNTIL_TOLD && load_full(t) == told; i++) {
        pause_us(20000);
    }
    set_limit(t, RLIMIT_FSIZE, -1);
    load_goes_on(t, "there is room again");
    n->filled++;
}

/* There is no more memory: it answers what it can, or ends. */
static void starve(struct torture *t, struct tried *n)
{
    char path[40];
    long pages = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", t->server.pid);
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%ld", &pages) != 1) {
        die("its size cannot be read", t->server.pid, STR(""));
    }
    fclose(f);
    t->trouble = true;
    set_limit(t, RLIMIT_AS, pages * sysconf(_SC_PAGESIZE) + roll(t, 0, 262143));
    pause_us(roll(t, 50000, 250000));
    n->starved++;
}

/* A round: started, loaded, killed.  Of ten, one is killed while it starts, one is
 * frozen before, one meets a full disk, one has no memory. */
static void one_round(struct torture *t, int round, struct tried *n)
{
    int kind = round % 10;
    if (kind == 9) {
        server_start(&t->server, false);
        pause_us(roll(t, 0, 100000));
        server_stop(&t->server, SIGKILL);
        return;
    }
    town_start(t);
    load_start(t);
    if (kind == 1 || kind == 7) {
        midway_upload(t, &n->half);
    } else if (kind == 3 || kind == 8) {
        midway_publish(t, &n->half);
    }
    pause_us(roll(t, 20000, kind % 2 || kind == 8 ? 1200000 : 350000)); /* often after its end */
    if (kind == 2) {
        freeze(t, n);
    } else if (kind == 4) {
        fill(t, n);
    } else if (kind == 6) {
        starve(t, n);
    }
    server_stop(&t->server, SIGKILL);
    midway_over(&n->half);
    load_stop(t);
    t->trouble = false;
    held_check(t, false);
    if (round % VERIFY_EVERY == VERIFY_EVERY - 2) {
        held_numbers(t);
        held_ledger(t);
    }
}

/* At last everything on its way is brought to its end. */
static void last_round(struct torture *t, struct tried *n)
{
    town_start(t);
    load_start(t);
    pause_us(200000);
    load_finish(t);
    midway_check(t, &n->half);
    int status = server_stop(&t->server, SIGTERM);
    if (status != 0) {
        die("the server did not end well, status", status, STR(""));
    }
    held_check(t, true);
    held_ledger(t);
}

/* Kills the one that signs, again and again, while people work: nobody may notice, and
 * when it is left alone everything is signed, by checkpoints that fit each other
 * (`zhidu ledger verify` holds every one against the log). */
static void signer_rounds(struct torture *t, int rounds)
{
    int killed = 0;
    int64_t before = t->nacked;
    town_start(t);
    load_start(t);
    for (int i = 0; i < rounds; i++) {
        pause_us(roll(t, 0, 60000));
        bool hit = false; /* the one that was found may just have gone */
        for (int tries = 0; tries < 3000 && !hit; tries++) {
            pid_t signer = server_signer(&t->server);
            hit = signer > 0 && kill(signer, SIGKILL) == 0;
            pause_us(hit ? 0 : 10000);
        }
        killed += hit;
    }
    load_stop(t);
    struct arena a = arena_make(16 << 20);
    struct db *db = held_look(t, &a);
    int64_t left = 1;
    for (int waited = 0; left && waited < 200; waited++) {
        pause_us(50000);
        left = held_number(db, &a,
                           SQL("select (select count(*) from ledger_leaf) -"
                               " (select max(size) from ledger_checkpoint)"),
                           NO_ARGS);
    }
    int64_t signatures =
        held_number(db, &a, SQL("select count(*) from ledger_checkpoint"), NO_ARGS);
    arena_end(&a);
    if (killed < rounds) {
        die("the signer did not come back within half a minute; kills", killed, STR(""));
    }
    if (left) {
        die("the signer is there, and entries have no checkpoint", left, STR(""));
    }
    server_stop(&t->server, SIGTERM);
    held_check(t, true);
    held_ledger(t);
    printf("%d kills of the signer under load: %lld acts acknowledged meanwhile, none refused; %lld"
           " checkpoints in all, none contradicts another\n",
           killed, (long long)(t->nacked - before), (long long)signatures);
    printf("%d passed, 0 failed\n", killed);
}

void part_kill(struct torture *t, int rounds, int signers)
{
    struct tried n = {0};
    int64_t slowest_us = 0;
    midway_begin(t, &n.half);
    signer_rounds(t, signers);
    for (int round = 0; round < rounds; round++) {
        one_round(t, round, &n);
        bool later = t->server.ready_in_us > slowest_us && round % 10 != 9;
        slowest_us = later ? t->server.ready_in_us : slowest_us;
    }
    last_round(t, &n);
    int64_t faults = held_numbers(t);
    if (n.filled && !t->n.full) {
        die("no answer said that the disk is full; rounds", n.filled, STR(""));
    }
    printf(
        "%lld rounds frozen before, %lld with a full disk (%lld answers said so, each time it went"
        " on), %lld without memory\n",
        (long long)n.frozen, (long long)n.filled, (long long)t->n.full, (long long)n.starved);
    printf("%d rounds of kill -9: %lld acts acknowledged, each there exactly once; %lld were sent"
           " again after a kill, %lld of them had happened; %lld faults, numbers without a gap;"
           " the ledger verifies; slowest start %lld ms\n",
           rounds, (long long)t->nacked, (long long)t->n.again, (long long)t->n.repeated,
           (long long)faults, (long long)(slowest_us / 1000));
    printf("%d passed, 0 failed\n", rounds);
}
