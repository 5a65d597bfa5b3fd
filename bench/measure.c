/* measure.c - rounds of one kind of request, beside the floor. */
#include "bench.h"

#include <stdlib.h>

static int by_rate(const void *a, const void *b)
{
    double x = ((const struct load_result *)a)->per_s, y = ((const struct load_result *)b)->per_s;
    return (x > y) - (x < y);
}

bool measure(struct bench *b, struct kind *k, int conns)
{
    struct load_result own[ROUNDS_MAX], fl[ROUNDS_MAX];
    struct load l = {.conns = conns, .seconds = (double)b->seconds_ms / 1000, .arg = &b->ask};
    int n = (int)b->rounds;
    struct load_result warm;
    for (int i = -1; i < n; i++) { /* the first is for warming up */
        struct load now = l;
        now.port = (int)b->port;
        now.pid = b->server;
        now.make = k->make;
        now.took = k->took;
        now.expect = k->expect;
        if (k->make == ask_accept) { /* each once */
            now.count = (b->ask.nmade - b->ask.accepted) / (n - i);
        }
        if (i < 0) {
            now.seconds = 0.2;
            now.count = 500;
        }
        struct load_result *r = i < 0 ? &warm : &own[i];
        if (!load_run(&now, r)) {
            return false;
        }
        if (r->failed) {
            fprintf(stderr, "bench: %s: %lld of %lld answers were not %d but %d\n", k->name,
                    (long long)r->failed, (long long)r->done, k->expect, r->failed_status);
            b->failed = true;
        }
        if (i >= 0 && k->floor) {
            now.port = (int)b->port + 1;
            now.pid = b->floor;
            now.make = ask_floor;
            now.took = NULL;
            now.expect = 200;
            b->ask.floor_bytes = r->body;
            if (!load_run(&now, &fl[i])) {
                return false;
            }
        }
    }
    qsort(own, (size_t)n, sizeof(own[0]), by_rate);
    k->r = own[n / 2];
    if (k->floor) {
        qsort(fl, (size_t)n, sizeof(fl[0]), by_rate);
        k->fl = fl[n / 2];
    }
    return true;
}

void print_head(int conns)
{
    printf("\n%d signed-in keep-alive connection%s\n"
           "%-22s %9s %9s %9s %9s %9s | %9s %8s %8s %9s\n",
           conns, conns > 1 ? "s" : "", "", "per s", "p50 ms", "p99 ms", "CPU µs", "bytes",
           "floor/s", "CPU µs", "ratio", "above µs");
}

void print_kind(const struct kind *k)
{
    const struct load_result *r = &k->r;
    printf("%-22s %9.0f %9.2f %9.2f %9.1f %9zu |", k->name, r->per_s, r->p50_us / 1000,
           r->p99_us / 1000, r->cpu_us, r->body);
    if (k->floor) {
        printf(" %9.0f %8.1f %8.2f %9.1f", k->fl.per_s, k->fl.cpu_us, r->per_s / k->fl.per_s,
               r->cpu_us - k->fl.cpu_us);
    }
    printf("\n");
    fflush(stdout);
}

/* `only`: the first word of one of them, or empty. */
bool measure_reads(struct bench *b, int conns, str only)
{
    struct kind kinds[] = {
        {.name = "record page", .make = ask_record, .expect = 200, .floor = true},
        {.name = "newest 50 open", .make = ask_list, .expect = 200, .floor = true},
        {.name = "the same, of staff", .make = ask_list_staff, .expect = 200, .floor = true},
        {.name = "search", .make = ask_search, .expect = 200, .floor = true},
        {.name = "json of a record", .make = ask_json, .expect = 200, .floor = true},
    };
    print_head(conns);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!str_starts(str_from(kinds[i].name), only)) {
            continue;
        }
        if (!measure(b, &kinds[i], conns)) {
            return bench_fail(b, kinds[i].name) == 0;
        }
        print_kind(&kinds[i]);
    }
    return true;
}

/* Creates and the write floor in turn; then transitions. */
bool measure_writes(struct bench *b, int conns)
{
    struct kind create = {.name = "create", .make = ask_create, .took = ask_created, .expect = 303};
    struct kind accept = {.name = "transition", .make = ask_accept, .expect = 303};
    double ratio[ROUNDS_MAX];
    struct floor_result fl = {0};
    int64_t rounds = b->rounds;
    struct kind one = create;
    b->rounds = 1;
    double acts = ask_figure(&b->ask, "zhidu_acts_total");
    double groups = ask_figure(&b->ask, "zhidu_commits_total");
    for (int64_t i = 0; i < rounds; i++) {
        if (!measure(b, &one, conns)) {
            return bench_fail(b, one.name) == 0;
        }
        if (one.r.per_s > create.r.per_s) {
            create.r = one.r;
        }
        if (conns > 1) {
            err e = floor_write(b->copy, &b->copy_work, WRITE_RECORD / rounds, &fl);
            if (e.code) {
                return bench_fail_err(b, "the write floor", e) == 0;
            }
            ratio[i] = one.r.per_s / fl.per_s;
        }
    }
    b->rounds = rounds;
    print_kind(&create);
    if (conns > 1) {
        double best = 0;
        for (int64_t i = 0; i < rounds; i++) {
            best = ratio[i] > best ? ratio[i] : best;
        }
        acts = ask_figure(&b->ask, "zhidu_acts_total") - acts;
        groups = ask_figure(&b->ask, "zhidu_commits_total") - groups;
        printf("  write floor %.0f acts/s, %.0f µs CPU an act, group p99 %.1f ms; creates are %.2f"
               " of it\n  acts in a group %.1f, group p99 %.1f ms\n",
               fl.per_s, fl.cpu_us, fl.group_p99_us / 1000, best, groups > 0 ? acts / groups : 0,
               ask_figure(&b->ask, "zhidu_commit_p99_seconds") * 1000);
    }
    if (!measure(b, &accept, conns)) {
        return bench_fail(b, accept.name) == 0;
    }
    print_kind(&accept);
    return true;
}
