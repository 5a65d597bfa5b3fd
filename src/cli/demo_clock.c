/* demo_clock.c - the clock of an installation: the machine's, and in a
 * demonstration moved forward, so that one can see deadlines pass and rechecks
 * fall due without waiting for days.  How far it was moved stands in
 * <data>/clock-moved: a demonstration that is started again goes on from there,
 * for its history is never newer than its clock. */
#include "base/clock.h"
#include "model/expr.h"

#include "cli/cli.h"

#include <stdatomic.h>
#include <unistd.h>

struct demo_clock {
    atomic_llong moved; /* ms */
    str file;
};

int64_t demo_clock_now(void *arg)
{
    struct demo_clock *k = arg;
    return clock_now() + (int64_t)atomic_load(&k->moved);
}

struct demo_clock *demo_clock_open(struct arena *life, str data)
{
    struct demo_clock *k = arena_new(life, struct demo_clock);
    k->file = str_fmt(life, "%.*s/clock-moved", STR_ARG(data));
    FILE *f = fopen(k->file.ptr, "re");
    if (f) {
        char text[32];
        int64_t moved = 0;
        size_t n = fread(text, 1, sizeof(text), f);
        fclose(f);
        if (str_to_i64(str_trim(str_from_n(text, n)), &moved) && moved > 0) {
            atomic_store(&k->moved, moved);
        }
    }
    return k;
}

void demo_clock_back(struct demo_clock *k, int64_t ms)
{
    atomic_fetch_sub(&k->moved, ms);
}

static bool keep(const struct demo_clock *k, int64_t moved)
{
    FILE *f = fopen(k->file.ptr, "we");
    if (!f) {
        return false;
    }
    fprintf(f, "%lld\n", (long long)moved);
    bool ok = fflush(f) == 0 && fsync(fileno(f)) == 0;
    return fclose(f) == 0 && ok;
}

/* Until the clock's thread has worked off what fell due. */
static bool settled(struct cli *c, int64_t at)
{
    for (int i = 0; i < 300; i++) {
        if (engine_stats(c->engine).last_tick_at >= at) {
            return true;
        }
        usleep(100000);
    }
    return false;
}

int cmd_clock(struct cli *c, int argc, char **argv)
{
    int64_t length = 0;
    str word = cli_word(argc, argv, 0);
    if (!c->clock) {
        cli_say(c, "只能拨动正在运行的演示实例的时钟（ZHIDU_DEMO=yes，本机地址）。",
                "Only the clock of a running demonstration can be moved (ZHIDU_DEMO=yes, on a "
                "loopback address).");
        return 1;
    }
    if (!expr_literal(word, V_DURATION, &length, NULL) || length <= 0 ||
        length > 400LL * CLOCK_DAY) {
        cli_say(
            c, "要拨快多少？例如 30m、8h、7d（至多 400d）。时钟不能倒拨。",
            "By how much?  For example 30m, 8h, 7d (at most 400d).  The clock never goes back.");
        return 2;
    }
    int64_t moved = (int64_t)atomic_load(&c->clock->moved) + length;
    if (!keep(c->clock, moved)) {
        return cli_fail(c, err_make(ERR_STORE, c->clock->file));
    }
    atomic_store(&c->clock->moved, moved);
    if (!settled(c, demo_clock_now(c->clock))) {
        return cli_fail(c, err_make(ERR_BUSY, STR("the clock is still at work")));
    }
    str now = clock_iso(c->arena, demo_clock_now(c->clock), 480);
    cli_say(c, "现在是 %.*s", "It is now %.*s", STR_ARG(now));
    return 0;
}
