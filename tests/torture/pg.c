/* pg.c - PostgreSQL under the server fails in every way it is known to: torn down
 * and started again, gone for a while, connections ended, statements cancelled,
 * tables locked, frozen, read-only.  The same server process goes on each time. */
#include "torture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cluster {
    char dir[160];
    char url[160]; /* of its database "postgres" */
    char bin[160];
};

struct pg_tried {
    int64_t restarts, stops, ended, cancelled, locked, frozen, full;
    int64_t pages, pages_refused;
};

/* --- the cluster ---------------------------------------------------------------------- */

static str output(struct arena *a, const char *command)
{
    enum { MOST = 65536 };
    FILE *f = popen(command, "re");
    if (!f) {
        die("a command cannot be started", 0, str_from(command));
    }
    char *p = arena_bytes(a, MOST);
    size_t n = fread(p, 1, MOST, f);
    int status = pclose(f);
    return status ? STR("") : str_trim(str_from_n(p, n));
}

static bool cluster_start(struct cluster *c, const char *data)
{
    struct arena a = arena_make(1 << 20);
    snprintf(c->dir, sizeof(c->dir), "%s.pg", data);
    str url = output(&a, str_fmt(&a, "tests/support/pg.sh start %s 2>/dev/null", c->dir).ptr);
    str bin = output(&a, "ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1");
    snprintf(c->url, sizeof(c->url), "%.*s", STR_ARG(url));
    snprintf(c->bin, sizeof(c->bin), "%.*s", STR_ARG(bin));
    arena_end(&a);
    return url.len > 0;
}

static void run(const char *what)
{
    if (system(what) != 0) {
        die("a command failed", 0, str_from(what));
    }
}

static void cluster_end(struct cluster *c)
{
    char command[300];
    snprintf(command, sizeof(command), "tests/support/pg.sh stop %s", c->dir);
    run(command);
}

/* pg_ctl, as the user who may run it. */
static void ctl(const struct cluster *c, const char *what)
{
    char command[700];
    snprintf(command, sizeof(command),
             "%s %s/pg_ctl -D %s/data -l %s/server.log -w %s >/dev/null 2>&1 </dev/null",
             getuid() == 0 ? "runuser -u postgres --" : "", c->bin, c->dir, c->dir, what);
    run(command);
}

/* Something told to the server beside the product; the last value it answers. */
static str sql(const struct cluster *c, struct arena *a, const char *text)
{
    return output(a, str_fmt(a, "%s/psql '%s' -qAtc \"%s\" 2>/dev/null", c->bin, c->url, text).ptr);
}

/* --- rounds ---------------------------------------------------------------------------- */

static void told(struct torture *t, int64_t before, const char *what)
{
    enum { PATIENCE = 1500 };
    for (int i = 0; load_busy(t) <= before; i++) {
        if (i == PATIENCE) {
            die(what, 0, STR("nobody was told"));
        }
        pause_us(20000);
    }
}

/* A page while the database is away: it is there, or refused in words. */
static void a_page(struct torture *t, struct arena *a, struct pg_tried *n)
{
    struct client_answer r = get(t, a, "/r/fault", t->page);
    n->pages++;
    n->pages_refused += r.status == 503;
    bool words = str_has(r.body, STR("系统繁忙")) || str_has(r.body, STR("busy"));
    if (r.status != 200 &&
        !(r.status == 503 && words && client_header(&r, STR("retry-after")).len)) {
        die("a page without a database is answered", r.status, r.body);
    }
}

static void restarted(struct torture *t, const struct cluster *c, struct pg_tried *n)
{
    (void)t;
    ctl(c, "-m immediate restart");
    n->restarts++;
}

static void stopped(struct torture *t, const struct cluster *c, struct pg_tried *n, int seconds)
{
    struct arena a = arena_make(1 << 20);
    int64_t before = load_busy(t);
    ctl(c, roll(t, 0, 1) ? "-m immediate stop" : "-m fast stop");
    told(t, before, "the database is stopped");
    int64_t until = mono_ms() + seconds * 1000L;
    struct client_answer r = get(t, &a, "/readyz", STR(""));
    if (r.status != 503) {
        die("it is ready without a database", r.status, r.body);
    }
    r = get(t, &a, "/healthz", STR(""));
    if (r.status != 200) {
        die("it is not alive without a database", r.status, r.body);
    }
    do {
        arena_reset(&a);
        a_page(t, &a, n);
        pause_us(10000);
    } while (mono_ms() < until);
    char start[300]; /* with the port and all it was started with before */
    snprintf(start, sizeof(start),
             "-o \"$(sed 's/^[^ ]* //; s/\\\"//g' %s/data/postmaster.opts)\" start", c->dir);
    ctl(c, start);
    n->stops++;
    arena_end(&a);
}

/* One connection of the product's, or all of them, ended or interrupted. */
static void signalled(struct torture *t, const struct cluster *c, const char *how, int64_t *count)
{
    struct arena a = arena_make(1 << 20);
    for (int i = 0; i < 5; i++) {
        sql(c, &a,
            str_fmt(&a,
                    "select count(%s(pid)) from (select pid from pg_stat_activity where"
                    " datname = 'torture' order by random() limit %ld) q",
                    how, roll(t, 1, 12))
                .ptr);
        pause_us(roll(t, 0, 100000));
    }
    ++*count;
    arena_end(&a);
}

/* Somebody else holds a table for longer than anybody waits. */
static void locked(struct torture *t, const struct cluster *c, struct pg_tried *n)
{
    char command[700];
    int64_t before = load_busy(t);
    snprintf(command, sizeof(command),
             "%s/psql '%.*s/torture' -qc \"begin; lock table r_fault in access exclusive mode;"
             " select pg_sleep(11)\" -c commit >/dev/null 2>&1 &",
             c->bin, (int)(strlen(c->url) - strlen("/postgres")), c->url);
    run(command);
    told(t, before, "a table is locked");
    n->locked++;
}

/* Its processes stand still, as on a machine that sleeps or a network that drops all. */
static void frozen(struct torture *t, const struct cluster *c, struct pg_tried *n)
{
    struct arena a = arena_make(1 << 20);
    str pids = sql(c, &a,
                   "select string_agg(pid::text, ' ') from pg_stat_activity"
                   " where datname = 'torture'");
    char command[1000];
    snprintf(command, sizeof(command),
             "kill -STOP %.*s 2>/dev/null; sleep 0.%ld; kill -CONT %.*s 2>/dev/null; true",
             STR_ARG(pids), roll(t, 1, 9), STR_ARG(pids));
    run(command);
    n->frozen++;
    arena_end(&a);
}

/* The disk of its tables is full. */
static void full(struct torture *t, struct pg_tried *n)
{
    int64_t before = load_full(t);
    if (!t->disk[0]) {
        return;
    }
    room_fill(t, t->disk);
    for (int i = 0; load_full(t) <= before; i++) {
        if (i == 1500) {
            die("nobody was told of a full disk", i, STR(""));
        }
        pause_us(20000);
    }
    says(t, "数据库拒绝写入", "多为磁盘已满或只读", "The database refuses writes",
         "Mostly a disk that is full or read-only");
    says_page(t, "磁盘已满或只读");
    reads(t);
    room_free(t->disk);
    n->full++;
}

static void one_round(struct torture *t, const struct cluster *c, int round, struct pg_tried *n,
                      int seconds)
{
    switch (round % 7) {
    case 0:
        restarted(t, c, n);
        break;
    case 1:
        signalled(t, c, "pg_terminate_backend", &n->ended);
        break;
    case 2:
        full(t, n);
        break;
    case 3:
        stopped(t, c, n, seconds);
        break;
    case 4:
        signalled(t, c, "pg_cancel_backend", &n->cancelled);
        break;
    case 5:
        frozen(t, c, n);
        break;
    default:
        locked(t, c, n);
    }
    load_goes_on(t, "the database is back");
}

static void summary(const struct torture *t, const struct pg_tried *n, int64_t rounds)
{
    printf(
        "PostgreSQL: %lld times torn down and started, %lld times away, %lld times connections "
        "ended, %lld statements cancelled, %lld a table locked, %lld frozen, %lld its disk full: "
        "%lld acts acknowledged and there exactly once (%lld were sent again, %lld had happened)"
        ", %lld answers 503, all in words and with Retry-After; %lld pages asked without a "
        "database, %lld refused in words; %lld sentences; the same process went on\n",
        (long long)n->restarts, (long long)n->stops, (long long)n->ended, (long long)n->cancelled,
        (long long)n->locked, (long long)n->frozen, (long long)n->full, (long long)t->nacked,
        (long long)t->n.again, (long long)t->n.repeated, (long long)t->n.busy, (long long)n->pages,
        (long long)n->pages_refused, (long long)t->n.sentences);
    printf("%lld passed, 0 failed\n", (long long)rounds);
}

/* Its tables stand on a small disk, where one can be mounted. */
static void on_small_disk(struct torture *t, const struct cluster *c, struct arena *a)
{
    char tables[180];
    char command[600];
    snprintf(tables, sizeof(tables), "%s/tables", t->disk);
    if (!t->disk[0]) {
        sql(c, a, "create database torture");
        return;
    }
    snprintf(command, sizeof(command), "mkdir -p %s && chown -R --reference=%s/data %s", tables,
             c->dir, tables);
    run(command);
    str whole = output(a, str_fmt(a, "realpath %s", tables).ptr);
    sql(c, a, str_fmt(a, "create tablespace small location '%.*s'", STR_ARG(whole)).ptr);
    sql(c, a, "create database torture tablespace small");
}

void part_pg(struct torture *t, const char *data, int port, int rounds, int seconds)
{
    enum { MB = 400 };
    struct cluster c;
    struct pg_tried n = {0};
    char url[200];
    snprintf(t->disk, sizeof(t->disk), "%s.disk", data);
    if (!room_make(t->disk, MB)) { /* before the cluster, which has to see it */
        printf("skipped: no disk can be mounted here, so PostgreSQL's was not filled\n");
        room_end(t->disk);
        t->disk[0] = '\0';
    }
    if (!cluster_start(&c, data)) {
        room_end(t->disk);
        printf("skipped: no PostgreSQL can be started here, so none was torn down\n");
        return;
    }
    struct arena a = arena_make(1 << 20);
    on_small_disk(t, &c, &a);
    arena_end(&a);
    snprintf(url, sizeof(url), "%.*s/torture", (int)(strlen(c.url) - strlen("/postgres")), c.url);
    town_make(t, data, port, url);
    t->patient = true;
    t->pace_us = 5000;
    town_start(t);
    load_start(t);
    pid_t pid = t->server.pid;
    for (int i = 0; i < rounds; i++) {
        load_goes_on(t, "between the rounds");
        one_round(t, &c, i, &n, seconds);
    }
    load_finish(t);
    if (kill(pid, 0) != 0 || server_stop(&t->server, SIGTERM) != 0) {
        die("the server did not end well", pid, STR(""));
    }
    held_all(t);
    summary(t, &n, rounds);
    town_end(t);
    cluster_end(&c);
    room_end(t->disk);
}
