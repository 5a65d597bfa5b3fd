/* history.c - the real log, brought along by the program itself.
 *
 *     history [--data DIR] [--port N] [--seed N] [--lines N]
 *
 * A: imported in one go, then once more.  B: the import is killed (kill -9) at random
 * moments, first by itself, then together with the server that does it, and gone on
 * with each time.  Both must end in the same history, act for act; the figures printed
 * must be those of the database; the ledger must verify.
 */
#include "base/arena.h"
#include "connect/maker.h"
#include "store/db.h"

#include "support/client.h"
#include "support/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG "tests/data/service-desk-log.csv"
#define MAPPING "examples/service-desk/mapping.yaml"

enum { LOG_LINES = 3019, LOG_CASES = 445, ROUNDS_MAX = 60, LARGE_MB = 160 };

static int passed;

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "history: not so: %s\n", what);
        exit(1);
    }
    printf("ok  %s\n", what);
    fflush(stdout);
    passed++;
}

/* --- figures ------------------------------------------------------------------------------ */

/* The number that stands before these words in a report; -1: the words are not there. */
static int64_t figure(str report, const char *words)
{
    for (str rest = report; rest.ptr;) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        str after;
        str first = str_cut(line, ' ', &after);
        int64_t n;
        if (after.ptr && str_eq(str_trim(after), str_from(words)) && str_to_i64(first, &n)) {
            return n;
        }
    }
    return -1;
}

static struct db *database(struct server *s, struct arena *a)
{
    struct db *db;
    err e = db_open(a, str_fmt(a, "sqlite:%s/zhidu.db", s->data), (struct db_options){0}, &db);
    if (e.code) {
        fprintf(stderr, "history: %.*s\n", STR_ARG(e.detail));
        exit(1);
    }
    return db;
}

static int64_t number(struct server *s, struct sql sql)
{
    struct arena a = arena_make(64 << 20);
    struct rows r;
    err e = db_query(database(s, &a), &a, sql, NO_ARGS, &r);
    int64_t n = !e.code && rows_next(&r) ? rows_i64(&r, 0) : -1;
    arena_end(&a);
    return n;
}

/* In a process of its own, its words in a file: a dry run has many. */
static pid_t started(struct server *s, const char *csv, const char *more, const char *out)
{
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
        execl(s->program, s->program, "import", "--data", s->data, "--mapping", MAPPING, csv, more,
              (char *)NULL);
        _exit(127);
    }
    return pid;
}

static str import(struct server *s, struct arena *a, const char *csv, const char *more, int *status)
{
    enum { MOST = 4 << 20 };
    char out[160];
    snprintf(out, sizeof(out), "%s.out", s->data);
    waitpid(started(s, csv, more, out), status, 0);
    char *text = arena_bytes(a, MOST);
    FILE *f = fopen(out, "re");
    size_t n = f ? fread(text, 1, MOST, f) : 0;
    if (f) {
        fclose(f);
    }
    unlink(out);
    return str_from_n(text, n);
}

static void verified(struct server *s, const char *what)
{
    struct arena a = arena_make(4 << 20);
    const char *args[] = {"ledger", "verify", NULL};
    int status = 0;
    str said = server_try(s, &a, args, &status);
    if (status != 0) {
        fprintf(stderr, "%.*s\n", STR_ARG(said));
    }
    check(status == 0, what);
    arena_end(&a);
}

/* --- one go ---------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Returns how long the import took, ms. */
static int one_go(struct server *s, struct arena *a)
{
    int status;
    int64_t acts = number(s, SQL("select count(*) from act"));
    int64_t people = number(s, SQL("select count(*) from r_person"));
    int64_t units = number(s, SQL("select count(*) from r_unit"));
    str dry = import(s, a, LOG, "--dry-run", &status);
    check(status == 0 && figure(dry, "lines read") == LOG_LINES, "a dry run reads every line");
    check(number(s, SQL("select count(*) from act")) == acts &&
              number(s, SQL("select count(*) from import_line")) == 0,
          "a dry run writes nothing");
    int64_t began = now_ms();
    str r = import(s, a, LOG, NULL, &status);
    int took = (int)(now_ms() - began);
    printf("%.*s", STR_ARG(r));
    check(status == 0, "the real log is brought along");
    check(figure(r, "lines read") == LOG_LINES, "every line is read");
    check(figure(r, "lines that led to acts") + figure(r, "lines without effect") +
                  figure(r, "lines rejected") ==
              LOG_LINES,
          "every line led to acts, to nothing, or was rejected");
    check(figure(r, "lines that led to acts") ==
              number(s, SQL("select count(*) from import_line where outcome = 1")),
          "lines that led to acts, as noted");
    check(figure(r, "lines rejected") ==
              number(s, SQL("select count(*) from import_line where outcome = 3")),
          "lines rejected, as noted");
    check(figure(r, "acts") == number(s, SQL("select count(*) from act")) - acts,
          "acts, as the history holds");
    check(figure(r, "acts") == number(s, SQL("select count(*) from act where flags % 2 = 1")),
          "every act is marked as imported");
    check(figure(r, "cases made") == LOG_CASES &&
              number(s, SQL("select count(*) from r_fault"
                            " where f_external_number is not null")) == LOG_CASES,
          "every case is there");
    check(figure(r, "people made") == number(s, SQL("select count(*) from r_person")) - people,
          "people made, as the register holds");
    check(figure(r, "units made") == number(s, SQL("select count(*) from r_unit")) - units,
          "units made, as the register holds");
    check(figure(dry, "lines that led to acts") == figure(r, "lines that led to acts") &&
              figure(dry, "lines rejected") == figure(r, "lines rejected"),
          "the dry run told what came");
    check(number(s, SQL("select count(*) from term t join r_fault f on f.id = t.record"
                        " where t.mark_at is not null and f.f_external_number is not null")) == 0,
          "no deadline of years ago will fire");
    verified(s, "the ledger verifies, with every row");
    acts = number(s, SQL("select count(*) from act"));
    int64_t leaves = number(s, SQL("select count(*) from ledger_leaf"));
    r = import(s, a, LOG, NULL, &status);
    check(status == 0 && figure(r, "acts") == 0 &&
              figure(r, "lines imported before") + figure(r, "lines rejected") == LOG_LINES,
          "a second run finds every line done");
    check(number(s, SQL("select count(*) from act")) == acts &&
              number(s, SQL("select count(*) from ledger_leaf")) == leaves,
          "a second run changes nothing");
    return took;
}

/* --- killed -------------------------------------------------------------------------------------
 */

static uint64_t dice;

static int below(int n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int)(dice % (uint64_t)n);
}

static void pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* Runs the import and kills it, or the server that does it; false when it was
 * at its end before. */
static bool killed(struct server *s, bool server, int most_ms)
{
    int status = 0;
    pid_t pid = started(s, LOG, NULL, "/dev/null");
    pause_ms(20 + below(most_ms));
    if (server) {
        server_stop(s, SIGKILL);
    } else {
        kill(pid, SIGKILL);
    }
    waitpid(pid, &status, 0);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int64_t lines_done(struct server *s)
{
    return number(s, SQL("select count(*) from import_line"));
}

/* `whole_ms`: what the import takes when nobody kills it. */
static void again_and_again(struct server *s, struct arena *a, int whole_ms)
{
    int alone = 0;
    int served = 0;
    while (alone < ROUNDS_MAX && (alone < 4 || lines_done(s) == 0)) {
        alone += killed(s, false, whole_ms / 4);
    }
    int64_t some = lines_done(s);
    check(some > 0 && some < LOG_LINES, "the import was killed midway");
    while (served < ROUNDS_MAX && (served < 3 || lines_done(s) == some)) {
        server_start(s, true);
        if (!killed(s, true, whole_ms / 6)) {
            server_stop(s, SIGKILL);
            break;
        }
        served++;
    }
    printf(
        "    killed %d times by itself (%lld lines were done), %d times with its server (%lld)\n",
        alone, (long long)some, served, (long long)lines_done(s));
    check(lines_done(s) > some, "it was killed midway in a server, too");
    int status;
    server_start(s, true);
    str r = import(s, a, LOG, NULL, &status);
    if (status != 0) {
        fprintf(stderr, "%.*s\n", STR_ARG(r));
    }
    check(status == 0 && figure(r, "lines read") == LOG_LINES, "it goes on in a running server");
    server_stop(s, SIGTERM);
    verified(s, "the ledger verifies after all that");
}

/* --- the same history?
 * -------------------------------------------------------------------------------- */

static void same(struct server *a, struct server *b, struct sql sql, const char *what)
{
    struct arena life = arena_make((size_t)512 << 20);
    struct rows r[2];
    struct server *s[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct batch *q = batch_begin(database(s[i], &life), &life);
        int place = batch_add(q, sql, NO_ARGS);
        batch_max_rows(q, place, 1000000);
        err e = batch_run(q);
        if (e.code) {
            fprintf(stderr, "history: %.*s\n", STR_ARG(e.detail));
            exit(1);
        }
        r[i] = batch_rows(q, place);
    }
    bool ok = rows_count(&r[0]) == rows_count(&r[1]) && rows_count(&r[0]) > 0;
    while (ok && rows_next(&r[0]) && rows_next(&r[1])) {
        ok = str_eq(rows_text(&r[0], 0), rows_text(&r[1], 0));
        if (!ok) {
            fprintf(stderr, "A %.*s\nB %.*s\n", STR_ARG(rows_text(&r[0], 0)),
                    STR_ARG(rows_text(&r[1], 0)));
        }
    }
    check(ok, what);
    arena_end(&life);
}

static void compared(struct server *a, struct server *b)
{
    same(a, b,
         SQL("select f.f_external_number || ' ' || f.number || ' ' || f.state || ' ' ||"
             " coalesce(f.at_closed, 0) || ' ' || f.f_summary || ' ' || coalesce(p.name, '') ||"
             " ' ' || coalesce(u.name, '') || ' ' || f.f_routed || ' ' || f.ver"
             " from r_fault f left join r_person p on p.id = f.f_reporter"
             " left join r_unit u on u.id = f.f_queue"
             " where f.f_external_number is not null order by f.f_external_number"),
         "killed or not: the same cases, numbers and states");
    same(a, b,
         SQL("select f.f_external_number || ' ' || x.action || ' ' || x.at || ' ' ||"
             " coalesce(x.to_state, -1) || ' ' || coalesce(p.name, '-')"
             " from act x join r_fault f on f.id = x.record left join r_person p"
             " on p.id = x.person where f.f_external_number is not null"
             " order by f.f_external_number, x.id"),
         "killed or not: the same acts, in the same order");
    same(a, b,
         SQL("select f.f_external_number || ' ' || t.term || ' ' || t.run || ' ' ||"
             " coalesce(t.due, 0) || ' ' || coalesce(t.ended, 0) || ' ' ||"
             " coalesce(t.paused_at, 0) from term t join r_fault f on f.id = t.record"
             " where f.f_external_number is not null order by f.f_external_number, t.term, t.run"),
         "killed or not: the same deadlines");
    same(a, b, SQL("select name || ' ' || state from r_person order by name, id"),
         "killed or not: the same people, nobody twice");
    same(a, b, SQL("select name || ' ' || state from r_unit order by name, id"),
         "killed or not: the same units");
}

/* --- large
 * ---------------------------------------------------------------------------------------------- */

/* Most of its lines say what an earlier one says: read, put together and compared,
 * each of them, but little is done. */
static void large(struct server *s, const char *path, int64_t lines)
{
    struct made_log log = {.seed = 5, .cases = 400, .lines_per_case = 3, .plain = true};
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    maker_write(&log, f);
    fclose(f);
    f = fopen(path, "we");
    const char *body = strchr(text, '\n') + 1;
    fwrite(text, 1, (size_t)(body - text), f);
    int64_t written = 0;
    for (; written < lines; written += log.lines) {
        fputs(body, f);
    }
    fclose(f);
    free(text);
    struct rusage use = {0};
    int status = 0;
    pid_t pid = started(s, path, NULL, "/dev/null");
    wait4(pid, &status, 0, &use);
    printf("    %lld lines: %ld MB at most, %lld s of processor time\n", (long long)written,
           use.ru_maxrss / 1024, (long long)use.ru_utime.tv_sec);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a log of a million lines passes");
    check(use.ru_maxrss / 1024 < LARGE_MB, "... in bounded memory");
    unlink(path);
}

static int64_t option(int argc, char **argv, const char *name, int64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoll(argv[i + 1], NULL, 10);
        }
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    enum { PORT = 18180, LINES = 1000000 };
    const char *data = "build/history-data";
    for (int i = 1; i + 1 < argc; i++) {
        data = strcmp(argv[i], "--data") == 0 ? argv[i + 1] : data;
    }
    dice = (uint64_t)option(argc, argv, "--seed", (int64_t)time(NULL)) | 1;
    printf("seed %llu\n", (unsigned long long)dice);
    setenv("LC_ALL", "en_US.UTF-8", 1);
    struct arena a = arena_make(64 << 20);
    int port = (int)option(argc, argv, "--port", PORT);
    struct server one = server_make(str_fmt(&a, "%s-a", data).ptr, port);
    struct server two = server_make(str_fmt(&a, "%s-b", data).ptr, port + 1);
    int took = one_go(&one, &a);
    again_and_again(&two, &a, took);
    compared(&one, &two);
    char path[160];
    snprintf(path, sizeof(path), "%s/large.csv", one.data);
    large(&one, path, option(argc, argv, "--lines", LINES));
    verified(&one, "the ledger still verifies");
    server_remove(&one);
    server_remove(&two);
    printf("%d passed, 0 failed\n", passed);
    arena_end(&a);
    return 0;
}
