/* main.c - the parts of the torture, one after the other.
 *
 *     torture [--only PART] [--rounds N] [--signers N] [--times N] [--data DIR] [--port N]
 *             [--seed N]
 *
 * --rounds: of kill -9; --signers: of kills of the signer; --times: of everything
 * else.  Each part has an installation of its own and prints what it tried.
 */
#include "torture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct asked {
    const char *only, *data;
    int rounds, signers, times, port;
    unsigned seed;
};

static int64_t option(int argc, char **argv, const char *name, int64_t usual)
{
    for (int i = 1; i + 1 < argc; i++) {
        int64_t n;
        if (strcmp(argv[i], name) == 0 && str_to_i64(str_from(argv[i + 1]), &n)) {
            return n;
        }
    }
    return usual;
}

static const char *word(int argc, char **argv, const char *name, const char *usual)
{
    for (int i = 1; i + 1 < argc; i++) {
        usual = strcmp(argv[i], name) == 0 ? argv[i + 1] : usual;
    }
    return usual;
}

static void kills(struct torture *t, const struct asked *x)
{
    town_make(t, x->data, x->port, NULL);
    part_kill(t, x->rounds, x->signers);
    town_end(t);
}

static void disk(struct torture *t, const struct asked *x)
{
    part_disk(t, x->data, x->port, x->times);
}

static void pg(struct torture *t, const struct asked *x)
{
    enum { KINDS = 7, SOME = 4, SHORT = 2, LONG = 20, MANY = 10 };
    bool all = x->times >= MANY;
    part_pg(t, x->data, x->port, all ? x->times * KINDS : SOME, all ? LONG : SHORT);
}

static void limits(struct torture *t, const struct asked *x)
{
    town_make(t, x->data, x->port, NULL);
    part_limits(t, x->times);
    town_end(t);
}

static void clock_jumps(struct torture *t, const struct asked *x)
{
    town_make(t, x->data, x->port, NULL);
    part_clock(t, x->times);
    town_end(t);
}

static void timers(struct torture *t, const struct asked *x)
{
    enum { A_TIME = 3 };
    town_make(t, x->data, x->port, NULL);
    part_timers(t, x->times * A_TIME);
    town_end(t);
}

static const struct part {
    const char *name;
    void (*run)(struct torture *t, const struct asked *x);
} parts[] = {{"kill", kills},    {"disk", disk},         {"pg", pg},
             {"limits", limits}, {"clock", clock_jumps}, {"timers", timers}};

int main(int argc, char **argv)
{
    enum { ROUNDS = 200, SIGNERS = 100, TIMES = 2, PORT = 18390 };
    struct asked x = {.only = word(argc, argv, "--only", ""),
                      .data = word(argc, argv, "--data", "build/torture-data"),
                      .rounds = (int)option(argc, argv, "--rounds", ROUNDS),
                      .signers = (int)option(argc, argv, "--signers", SIGNERS),
                      .times = (int)option(argc, argv, "--times", TIMES),
                      .port = (int)option(argc, argv, "--port", PORT),
                      .seed = (unsigned)option(argc, argv, "--seed", (int64_t)time(NULL))};
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %u\n", x.seed);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (*x.only && strcmp(x.only, parts[i].name) != 0) {
            continue;
        }
        struct torture *t = calloc(1, sizeof(*t));
        int64_t began = mono_ms();
        t->dice = x.seed;
        parts[i].run(t, &x);
        if (t->n.wordless) {
            die("refusals without a sentence or without Retry-After", t->n.wordless, STR(""));
        }
        printf("%s: %lld s\n", parts[i].name, (long long)((mono_ms() - began) / 1000));
        free(t);
    }
    return 0;
}
