/* controls_http.c - pages about controls, and acts over HTTP beside the judging. */
#include "controls_http.h"

#include "base/clock.h"
#include "base/uid.h"

#include "controls.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECTIONS = 64, POLL_US = 10000 };

/* One installation and its server. */
struct side {
    struct bench b;
    int64_t controls;
    str url;       /* of its database */
    struct db *db; /* a reader beside the server */
    struct kind change;
    double rates[ROUNDS_MAX];
};

/* --- making one ----------------------------------------------------------------------------- */

static bool write_file(struct arena *a, str path, str text)
{
    FILE *f = fopen(str_copy(a, path).ptr, "we");
    bool ok = f && fwrite(text.ptr, 1, text.len, f) == text.len;
    return f && fclose(f) == 0 && ok;
}

/* The folder of the register, as people write one. */
static bool publish_readings(struct side *s)
{
    struct arena *a = &s->b.life;
    struct source r = controls_register(a, s->controls);
    str law = str_fmt(a, "%.*s/law", STR_ARG(s->b.data));
    str folder = str_fmt(a, "%.*s/readings", STR_ARG(law));
    mkdir(law.ptr, 0700);
    mkdir(folder.ptr, 0700);
    return write_file(a, str_fmt(a, "%.*s/definition.yaml", STR_ARG(folder)), r.definition) &&
           write_file(a, str_fmt(a, "%.*s/regulation.md", STR_ARG(folder)), r.text_zh) &&
           write_file(a, str_fmt(a, "%.*s/regulation.en.md", STR_ARG(folder)), r.text_en) &&
           publish_folder(&s->b, law);
}

/* Their ids are an hour old: the server gives out others. */
static err fill(struct side *s)
{
    struct arena a = arena_make(64u << 20);
    struct db *db;
    int64_t first = uid_at(clock_now() - INT64_C(3600000));
    int64_t *ids = arena_array(&s->b.life, int64_t, (size_t)s->b.faults);
    for (int64_t i = 0; i < s->b.faults; i++) {
        ids[i] = first + i;
    }
    s->b.ask.ids = ids;
    err e = db_open(&a, s->url, (struct db_options){.writer = true}, &db);
    e = e.code ? e : controls_fill(db, &a, first, s->b.faults);
    e.detail = e.code ? str_copy(&s->b.life, e.detail) : e.detail;
    arena_end(&a);
    return e;
}

static bool psql(struct side *s, str url, const char *what, const char *name)
{
    char *argv[] = {(char *)(uintptr_t) "/usr/bin/env",
                    (char *)(uintptr_t) "psql",
                    (char *)(uintptr_t)url.ptr,
                    (char *)(uintptr_t) "-qc",
                    (char *)(uintptr_t)str_fmt(&s->b.life, "%s zhidu_bench_%s", what, name).ptr,
                    NULL};
    return process_run(argv);
}

/* The URL with another name at its end. */
static str beside(struct arena *a, str url, const char *name)
{
    size_t n = url.len;
    while (n && url.ptr[n - 1] != '/') {
        n--;
    }
    return str_fmt(a, "%.*szhidu_bench_%s", (int)n, url.ptr, name);
}

static void side_init(struct side *s, const struct bench *b, const char *name, str url)
{
    s->b = (struct bench){.life = arena_make(256u << 20),
                          .zhidu = b->zhidu,
                          .faults = b->faults,
                          .seconds_ms = b->seconds_ms,
                          .rounds = b->rounds,
                          .port = b->port + (s->controls ? 1 : 0)};
    struct arena *a = &s->b.life;
    s->b.data = str_fmt(a, "%.*s/%s", STR_ARG(b->data), name);
    s->b.database = url.len ? beside(a, url, name) : STR("");
    s->url = url.len ? s->b.database : str_fmt(a, "sqlite:%.*s/zhidu.db", STR_ARG(s->b.data));
    s->change = (struct kind){.name = s->controls ? "change, judged beside"
                                                  : "change, none of the controls",
                              .make = ask_change,
                              .expect = 303};
    ask_open(&s->b.ask, (int)s->b.port, NULL, b->faults);
}

static bool side_open(struct side *s, const char *name, str url)
{
    struct bench *b = &s->b;
    if (url.len && !psql(s, url, "create database", name)) {
        return bench_fail(b, "psql cannot create a database beside that of the URL") == 0;
    }
    if (!make_data(b) || !publish_readings(s)) {
        return bench_fail(b, "zhidu init, or publish") == 0;
    }
    err e = fill(s);
    int64_t opened = clock_now();
    if (e.code || !start_server(b) || !ask_sign_in(&b->ask)) {
        return bench_fail_err(b, "the server does not start, or nobody can sign in", e) == 0;
    }
    e = db_open(&b->life, s->url, (struct db_options){.writer = false}, &s->db);
    e = e.code ? e : controls_settle(s->db, &b->life, opened);
    if (e.code) {
        return bench_fail_err(b, "judging", e) == 0;
    }
    printf("%-34s %8.2f s after its server began\n",
           s->controls ? "all is judged" : "the same, none of the controls",
           (double)(clock_now() - opened) / 1000);
    fflush(stdout);
    return true;
}

static void side_close(struct side *s, const char *name, str url)
{
    process_end(&s->b.server);
    ask_close(&s->b.ask);
    arena_end(&s->b.life);
    s->b.life = arena_make(1u << 20);
    if (url.len) {
        psql(s, url, "drop database if exists", name);
    }
    arena_end(&s->b.life);
}

/* --- measuring -------------------------------------------------------------------------------- */

/* Over one connection: what one person waits for. */
static bool pages(struct bench *b)
{
    static const struct {
        const char *name, *path;
    } all[] = {{"scorecard", "/compliance"},
               {"by unit", "/compliance?by=unit"},
               {"by standard", "/compliance?by=standard"},
               {"never lived", "/compliance?by=lived"},
               {"its regulation", "/compliance/regulations/readings"},
               {"all controls", "/controls"},
               {"one control", "/controls/rule_0"}};
    print_head(1);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct kind k = {.name = all[i].name, .make = ask_path, .expect = 200};
        b->ask.path = str_from(all[i].path);
        if (!measure(b, &k, 1)) {
            return bench_fail(b, k.name) == 0;
        }
        print_kind(&k);
    }
    return true;
}

/* Until nothing waits to be judged. */
static err drain(struct side *s, int64_t *left, double *took_s)
{
    double began = load_now_s();
    err e = controls_marks(s->db, &s->b.life, left);
    for (int64_t after = *left; !e.code && after;) {
        usleep(POLL_US);
        e = controls_marks(s->db, &s->b.life, &after);
    }
    *took_s = load_now_s() - began;
    return e;
}

static bool change_once(struct side *s, int64_t round, int64_t *left, double *took_s)
{
    struct kind k = s->change;
    if (!measure(&s->b, &k, CONNECTIONS)) {
        return bench_fail(&s->b, k.name) == 0;
    }
    err e = drain(s, left, took_s);
    s->rates[round] = k.r.per_s;
    if (k.r.per_s > s->change.r.per_s) {
        s->change.r = k.r;
    }
    return e.code ? bench_fail_err(&s->b, k.name, e) == 0 : true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Acts, without and with, in turn. */
static bool changes(struct side *plain, struct side *judged)
{
    double ratio[ROUNDS_MAX];
    int64_t rounds = plain->b.rounds, none;
    plain->b.rounds = judged->b.rounds = 1;
    printf("\n");
    for (int64_t i = 0; i < rounds; i++) {
        int64_t left = 0;
        double took = 0, idle;
        if (!change_once(plain, i, &none, &idle) || !change_once(judged, i, &left, &took)) {
            return false;
        }
        ratio[i] = judged->rates[i] / plain->rates[i];
        printf("  changes/s without %.0f, with %.0f: %.2f; %lld marks left, judged %.2f s after\n",
               plain->rates[i], judged->rates[i], ratio[i], (long long)left, took);
        fflush(stdout);
    }
    print_head(CONNECTIONS);
    print_kind(&plain->change);
    print_kind(&judged->change);
    qsort(ratio, (size_t)rounds, sizeof(ratio[0]), by_size);
    printf("%-34s %8.2f of the changes without (middle of %lld rounds; %.2f to %.2f)\n",
           "64 connections, judged beside", ratio[rounds / 2], (long long)rounds, ratio[0],
           ratio[rounds - 1]);
    return true;
}

bool controls_over_http(struct bench *b, int64_t controls, str url)
{
    static const char *const names[] = {"plain", "judged"};
    struct side sides[2] = {{.controls = 0}, {.controls = controls}};
    bool ok = true;
    printf("\nthrough servers, beside the demonstration's own regulations\n");
    for (int i = 0; i < 2; i++) {
        side_init(&sides[i], b, names[i], url);
        ok = ok && side_open(&sides[i], names[i], url);
    }
    ok = ok && pages(&sides[1].b) && changes(&sides[0], &sides[1]);
    printf("%-34s %8.1f MB, %.1f MB without\n", "resident memory after all",
           (double)load_resident(sides[1].b.server) / 1e6,
           (double)load_resident(sides[0].b.server) / 1e6);
    ok = ok && !sides[0].b.failed && !sides[1].b.failed;
    for (int i = 0; i < 2; i++) {
        side_close(&sides[i], names[i], url);
    }
    return ok;
}
