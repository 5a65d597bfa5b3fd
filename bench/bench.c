/* bench.c - measures the product beside what the machine could do at best.
 *
 * bench --help says how it is called; README.md what each figure means.  Nothing
 * here passes or fails by a time: it prints. */
#include "bench.h"

#include "controls.h"
#include "controls_http.h"
#include "grow.h"
#include "inside.h"
#include "users.h"
#include "votes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROW_WISHES = 6 /* a wish beside so many faults */ };

/* One person's and another's; nobody's: none. */
static int plant_seats(struct bench *b, int64_t n, const char *who, int64_t few, const char *other)
{
    struct plant *p = b->plant;
    double began = load_now_s();
    err e = plant_open(p, b->data, true);
    if (!e.code && b->nreporters) {
        e = plant_reporters(p, b->reporters, b->nreporters);
    }
    e = e.code ? e : plant_wishes(p, n, who);
    e = e.code || !other ? e : plant_wishes(p, few, other);
    plant_close(p);
    if (e.code) {
        return bench_fail_err(b, "planting wishes", e);
    }
    printf(
        "planted %lld wishes that wait for one person's vote, and %lld for another's, in %.1f s\n",
        (long long)n, (long long)few, load_now_s() - began);
    fflush(stdout);
    return 0;
}

static int plant_inboxes(struct bench *b)
{
    return plant_seats(b, VOTES_MANY, VOTES_LONG_OF, VOTES_FEW, VOTES_SHORT_OF);
}

static int plant(struct bench *b)
{
    struct plant *p = b->plant;
    double began = load_now_s(), cpu = load_cpu_s(getpid());
    err e = plant_open(p, b->data, true);
    if (!e.code && b->nreporters) {
        e = plant_reporters(p, b->reporters, b->nreporters);
    }
    if (!e.code) {
        e = plant_faults(p, b->faults, false);
    }
    if (e.code) {
        return bench_fail_err(b, "planting", e);
    }
    double took = load_now_s() - began;
    printf("planted %lld faults through the one door in %.1f s (%.0f faults/s, %.0f µs of "
           "processor each with what followed)\n",
           (long long)b->faults, took, (double)b->faults / took,
           (load_cpu_s(getpid()) - cpu) * 1e6 / (double)b->faults);
    fflush(stdout);
    plant_close(p);
    return 0;
}

static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = in >= 0 && out >= 0 ? 1 : -1;
    while (n > 0) {
        n = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0);
    }
    bool ok = n == 0 && fsync(out) == 0;
    if (in >= 0) {
        close(in);
    }
    if (out >= 0) {
        close(out);
    }
    return ok;
}

/* Acts recorded on the installation, to be run again on its copy. */
static int record_writes(struct bench *b)
{
    struct plant *p = b->plant;
    str db = str_fmt(&b->life, "%.*s/zhidu.db", STR_ARG(b->data));
    str copy = str_fmt(&b->life, "%.*s/copy.db", STR_ARG(b->data));
    if (!copy_file(db.ptr, copy.ptr)) {
        return bench_fail(b, "the database cannot be copied");
    }
    int64_t *ids = arena_array(&b->life, int64_t, PLANT_SAMPLE);
    int64_t nids = p->nids < PLANT_SAMPLE ? p->nids : PLANT_SAMPLE;
    memcpy(ids, p->ids, (size_t)nids * sizeof(*ids));
    err e = plant_open(p, b->data, false);
    if (!e.code) {
        floor_record(true);
        e = plant_faults(p, WRITE_RECORD, true);
        struct timespec t = {.tv_sec = 1}; /* search text is indexed between groups */
        nanosleep(&t, NULL);
        floor_record(false);
    }
    plant_close(p);
    if (e.code) {
        return bench_fail_err(b, "recording", e);
    }
    memcpy(p->ids, ids, (size_t)nids * sizeof(*ids));
    p->nids = nids;
    b->copy_life = arena_make(256u << 20);
    b->copy_work = arena_make(256u << 20);
    e = db_open(&b->copy_life, str_fmt(&b->life, "sqlite:%.*s", STR_ARG(copy)),
                (struct db_options){.writer = true}, &b->copy);
    return e.code ? bench_fail_err(b, "the copy", e) : 0;
}

static bool measure_votes(struct bench *b)
{
    struct votes v = {.ask = &b->ask,
                      .data = b->data,
                      .port = (int)b->port,
                      .pid = b->server,
                      .seconds = (double)b->seconds_ms / 1000,
                      .rounds = (int)b->rounds};
    err e = votes_measure(&v);
    return e.code ? bench_fail_err(b, "votes", e) == 0 : true;
}

static int count_statements(struct bench *b)
{
    struct plant *p = b->plant;
    int64_t id = p->ids[0];
    /* Files of as many records as they hold at most must find room in a request, too. */
    static const struct {
        const char *path;
        int times;
    } paths[] = {{"/r/fault/%lld", 500},
                 {"/r/fault?open=1", 500},
                 {"/search?q=%%E6%%89%%93%%E5%%8D%%B0", 500},
                 {"/api/v1/r/fault/%lld", 500},
                 {"/r/fault/export", 2},
                 {"/r/fault/export.xlsx", 2}};
    err e = plant_open(p, b->data, false);
    printf("\n%-40s %10s %10s %10s %10s\n", "inside, without sockets", "statements", "batches",
           "prepared", "CPU µs");
    for (size_t i = 0; !e.code && i < sizeof(paths) / sizeof(paths[0]); i++) {
        char path[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, sizeof(path), paths[i].path, (long long)id);
#pragma GCC diagnostic pop
        struct inside_result r;
        e = inside_get(p, STR("wu.tao"), str_copy(&b->life, str_from(path)), paths[i].times, false,
                       &r);
        if (!e.code) {
            printf("%-40s %10lld %10lld %10lld %10.1f\n", path, (long long)r.statements,
                   (long long)r.trips, (long long)r.prepared, r.cpu_us);
            b->failed = b->failed || r.status != 200;
        }
    }
    plant_close(p);
    return e.code ? bench_fail_err(b, "inside", e) : 0;
}

static void print_machine(void)
{
    struct utsname u;
    char model[128] = "?", line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "model name : %127[^\n]", model) == 1) {
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    uname(&u);
    double load = 0;
    getloadavg(&load, 1);
    printf("%s, %ld cores, %s %s, load %.1f\n", model, sysconf(_SC_NPROCESSORS_ONLN), u.sysname,
           u.release, load);
}

static int whole(struct bench *b)
{
    print_machine();
    if (!make_data(b)) {
        return bench_fail(b, "zhidu init");
    }
    if (!publish_folder(b, STR("bench/regulations"))) {
        return bench_fail(b, "bench/regulations cannot be published");
    }
    if (plant_inboxes(b) || plant(b) || record_writes(b)) {
        return 1;
    }
    printf("a create changes rows by %.1f statements\n",
           (double)floor_recorded_statements() / (double)floor_recorded_acts());
    if (!start_floor(b) || !start_server(b)) {
        return bench_fail(b, "the servers do not start");
    }
    printf("cold start, exec to the first page: %.3f s\n", b->cold_s);
    ask_open(&b->ask, (int)b->port, b->plant->ids,
             b->plant->nids < PLANT_SAMPLE ? b->plant->nids : PLANT_SAMPLE);
    if (!ask_sign_in(&b->ask)) {
        return bench_fail(b, "nobody can sign in");
    }
    bool ok = measure_reads(b, 64, STR("")) && measure_writes(b, 64) && measure_votes(b) &&
              measure_reads(b, 1, STR("")) && measure_writes(b, 1);
    printf("\nresident memory of the server after all: %.1f MB\n",
           (double)load_resident(b->server) / 1e6);
    process_end(&b->server);
    process_end(&b->floor);
    return !ok || count_statements(b) || b->failed;
}

/* Some of a folder that exists. */
static int find_faults(struct bench *b)
{
    struct plant *p = b->plant;
    struct rows r;
    err e = plant_open(p, b->data, false);
    if (!e.code) {
        e = db_query(p->db, &p->life,
                     SQL("select \"id\" from \"r_fault\" order by \"id\" desc limit 10000"),
                     NO_ARGS, &r);
    }
    while (!e.code && rows_next(&r)) {
        p->ids[p->nids++] = rows_i64(&r, 0);
    }
    installation_close(&p->in);
    return e.code || !p->nids ? bench_fail_err(b, "no faults", e) : 0;
}

/* Many people with think time.  Says what is met; only a wrong answer is a failure. */
static int users(struct bench *b, const struct users_options *given)
{
    struct users_options opt = *given;
    struct users_result r;
    print_machine();
    if (!make_data(b)) {
        return bench_fail(b, "zhidu init");
    }
    if (b->faults ? plant(b) : find_faults(b)) {
        return 1;
    }
    /* A thousand share nine accounts here. */
    static const char *const shared[] = {"ZHIDU_SIGNINS_PER_MINUTE", "ZHIDU_SEARCHES_PER_MINUTE",
                                         "ZHIDU_EXPORTS_PER_MINUTE", "ZHIDU_UPLOADS_PER_MINUTE"};
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        setenv(shared[i], "0", 1);
    }
    if (!start_server(b)) {
        return bench_fail(b, "the server does not start");
    }
    ask_open(&b->ask, (int)b->port, b->plant->ids,
             b->plant->nids < PLANT_SAMPLE ? b->plant->nids : PLANT_SAMPLE);
    opt.pid = b->server;
    printf("%d users, %.0f s of thinking between pages, for %.0f s\n", opt.users, opt.think_s,
           opt.seconds);
    if (!users_run(&b->ask, &opt, &r)) {
        return bench_fail(b, "the users could not do their work");
    }
    printf(
        "signed in within %.1f s; %lld answers, %lld failed (%s)\n"
        "p50 %.1f ms, p99 %.1f ms (at most 200: %s), most %.1f ms\n"
        "resident memory at most %.1f MB (at most 150: %s), after five minutes %+.1f MB an hour\n",
        r.signed_in_s, (long long)r.asked, (long long)r.failed, r.failed ? "NOT MET" : "met",
        r.p50_ms, r.p99_ms, r.p99_ms <= 200 ? "met" : "NOT MET", r.most_ms, r.resident_mb,
        r.resident_mb <= 150 ? "met" : "NOT MET", r.slope_mb_h);
    process_end(&b->server);
    return r.failed || !r.asked;
}

/* Does anything cost more beside many rows?  The two folders are made where they are not. */
static int grow(struct bench *b, int64_t few, int64_t many)
{
    const int64_t sizes[] = {few, many};
    str folders[2];
    str base = b->data;
    int tried, grown;
    b->reporters = grow_reporters;
    b->nreporters = grow_nreporters;
    for (int i = 0; i < 2; i++) {
        folders[i] = b->data = str_fmt(&b->life, "%.*s-%lld", STR_ARG(base), (long long)sizes[i]);
        b->faults = sizes[i];
        bool there = access(str_fmt(&b->life, "%.*s/ledger.pub", STR_ARG(b->data)).ptr, R_OK) == 0;
        if (!there &&
            (!make_data(b) || !publish_folder(b, STR("bench/regulations")) ||
             plant_seats(b, sizes[i] / GROW_WISHES, grow_reporters[0], 0, NULL) || plant(b))) {
            return bench_fail(b, "planting");
        }
        err e = there ? OK : grow_strew(&b->life, b->data, sizes[i]);
        if (e.code) {
            return bench_fail_err(b, "rows beside", e);
        }
    }
    err e = grow_run(folders[0], folders[1], &tried, &grown);
    if (e.code) {
        return bench_fail_err(b, "measuring", e);
    }
    printf("%d passed, %d failed\n", tried - grown, grown);
    return grown > 0;
}

/* One kind of read on a folder that exists, again and again: for profilers. */
static int only(struct bench *b, str kind)
{
    struct plant *p = b->plant;
    if (find_faults(b)) {
        return 1;
    }
    int64_t nids = p->nids;
    if (!start_floor(b) || !start_server(b)) {
        return bench_fail(b, "the servers do not start");
    }
    printf("cold start %.3f s, server is process %d\n", b->cold_s, (int)b->server);
    ask_open(&b->ask, (int)b->port, p->ids, nids);
    bool ok = ask_sign_in(&b->ask) && measure_reads(b, 64, kind) && measure_reads(b, 1, kind);
    printf("resident memory %.1f MB\n", (double)load_resident(b->server) / 1e6);
    return !ok || b->failed;
}

/* Votes and inboxes alone, on a folder that is made for them unless it exists. */
static int votes(struct bench *b)
{
    bool there = access(str_fmt(&b->life, "%.*s/ledger.pub", STR_ARG(b->data)).ptr, R_OK) == 0;
    print_machine();
    if (!there &&
        (!make_data(b) || !publish_folder(b, STR("bench/regulations")) || plant_inboxes(b))) {
        return bench_fail(b, "the folder cannot be made");
    }
    if (!start_server(b)) {
        return bench_fail(b, "the server does not start");
    }
    ask_open(&b->ask, (int)b->port, NULL, 0);
    bool ok = ask_sign_in(&b->ask) && measure_votes(b);
    return !ok || b->failed;
}

/* Judging alone, on a database of its own; or through servers. */
static int controls(struct bench *b, int64_t n, str url, bool http)
{
    struct controls_bench c = {.data = b->data, .url = url, .n = b->faults, .controls = n};
    print_machine();
    mkdir(str_copy(&b->life, b->data).ptr, 0700);
    if (http) {
        return !controls_over_http(b, n, url);
    }
    err e = controls_measure(&b->life, &c);
    return e.code ? bench_fail_err(b, "controls", e) : 0;
}

static int inside(struct bench *b, str path, str as, int64_t times, bool print_sql)
{
    struct inside_result r;
    err e = plant_open(b->plant, b->data, false);
    if (!e.code) {
        e = inside_get(b->plant, as, path, times, print_sql, &r);
    }
    if (e.code) {
        return bench_fail_err(b, "inside", e);
    }
    printf("%d, %zu bytes, %lld statements in %lld batches, %lld prepared, %.1f µs CPU;"
           " resident %+lld KB in the last four fifths\n",
           r.status, r.bytes, (long long)r.statements, (long long)r.trips, (long long)r.prepared,
           r.cpu_us, (long long)r.grown / 1024);
    plant_close(b->plant);
    return 0;
}

static int help(void)
{
    printf("bench: measures the product; README.md beside it says what each figure means.\n\n"
           "  bench [--data DIR] [--faults 20000] [--ms 2000] [--rounds 3] [--port 18450]\n"
           "        everything, beside the floors of the machine\n"
           "  bench --data DIR --only record|newest|the|search|json [--ms 5000]\n"
           "        one kind of read, again and again\n"
           "  bench --data DIR --votes [--ms 2000]\n"
           "        votes beside creates, a long inbox beside a short one\n"
           "  bench --data DIR --controls 1 [--faults 1000000] [--database URL] [--http]\n"
           "        so many controls over so many records; --http: their pages, and acts beside\n"
           "        the judging, through servers\n"
           "  bench --data DIR --inside PATH [--as wu.tao] [--times 1000] [--sql]\n"
           "        one page without sockets\n"
           "  bench --data DIR --users 1000 [--minutes 3] [--think 10] [--faults N; 0: as it is]\n"
           "        many people with think time\n"
           "  bench --data DIR --grow 600 --many 3000\n"
           "        does anything cost more beside more rows?\n\n"
           "--zhidu build/release/zhidu is the program that is measured.\n");
    return 0;
}

/* Everything here is an option with a name of these. */
static bool understood(int argc, char **argv)
{
    static const char *const names[] = {
        "data", "zhidu", "faults", "ms",    "rounds",   "port",     "inside",
        "only", "grow",  "many",   "users", "minutes",  "seconds",  "think",
        "as",   "times", "sql",    "votes", "controls", "database", "http"};
    for (int i = 1; i < argc; i++) {
        bool known = strncmp(argv[i], "--", 2) != 0;
        for (size_t k = 0; !known && k < sizeof(names) / sizeof(names[0]); k++) {
            size_t n = strlen(names[k]);
            known = strncmp(argv[i] + 2, names[k], n) == 0 &&
                    (argv[i][2 + n] == '\0' || argv[i][2 + n] == '=');
        }
        if (!known) {
            fprintf(stderr, "bench: %s: no such option; bench --help\n", argv[i]);
            return false;
        }
    }
    return true;
}

static int64_t number(int argc, char **argv, const char *name, int64_t otherwise)
{
    int64_t n;
    return str_to_i64(cli_option(argc, argv, name), &n) ? n : otherwise;
}

static str word(int argc, char **argv, const char *name, str otherwise)
{
    str s = cli_option(argc, argv, name);
    return s.len ? s : otherwise;
}

int main(int argc, char **argv)
{
    struct bench b = {.life = arena_make((size_t)1 << 30)};
    if (cli_flag(argc, argv, "help")) {
        return help();
    }
    if (!understood(argc, argv)) {
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0); /* what is known stays known when it is cut off */
    b.plant = arena_new(&b.life, struct plant);
    b.data = word(argc, argv, "data", STR("build/bench"));
    b.zhidu = word(argc, argv, "zhidu", STR("build/release/zhidu"));
    b.faults = number(argc, argv, "faults", 20000);
    b.seconds_ms = number(argc, argv, "ms", 2000);
    b.rounds = number(argc, argv, "rounds", 3);
    b.rounds = b.rounds < 1 ? 1 : b.rounds > ROUNDS_MAX ? ROUNDS_MAX : b.rounds;
    b.port = number(argc, argv, "port", 18450);
    str path = cli_option(argc, argv, "inside");
    str kind = cli_option(argc, argv, "only");
    int64_t few = number(argc, argv, "grow", 0);
    struct users_options u = {
        .users = (int)number(argc, argv, "users", 0),
        .seconds = (double)number(argc, argv, "seconds", number(argc, argv, "minutes", 3) * 60),
        .think_s = (double)number(argc, argv, "think", 10)};
    int code = few                             ? grow(&b, few, number(argc, argv, "many", few * 8))
               : u.users                       ? users(&b, &u)
               : kind.len                      ? only(&b, kind)
               : cli_flag(argc, argv, "votes") ? votes(&b)
               : cli_option(argc, argv, "controls").len
                   ? controls(&b, number(argc, argv, "controls", 1),
                              cli_option(argc, argv, "database"), cli_flag(argc, argv, "http"))
               : path.len ? inside(&b, path, word(argc, argv, "as", STR("wu.tao")),
                                   number(argc, argv, "times", 1000), cli_flag(argc, argv, "sql"))
                          : whole(&b);
    process_end(&b.server);
    process_end(&b.floor);
    ask_close(&b.ask);
    arena_end(&b.copy_work);
    arena_end(&b.copy_life);
    arena_end(&b.life);
    return code;
}
