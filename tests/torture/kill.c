/* kill.c - kill -9 under write load, many times.
 *
 *     kill [--rounds N] [--signers N] [--data DIR] [--port N] [--seed N]
 *
 * Signed-in people report faults, accept and withdraw them through the API, each
 * act under an idempotency key; the server is killed at a random moment and
 * started again.  In some rounds it is frozen before, may let no file grow, or gets
 * no more memory.  What had been acknowledged must be there exactly once, with
 * the id, number and act it was acknowledged with.  What was on its way is sent
 * again under its key, and must then be there exactly once, too.  At the end
 * numbers have no gap and `zhidu ledger verify` passes.  Before that the process
 * that signs is killed --signers times.
 */
#include "base/arena.h"
#include "store/db.h"

#include "support/client.h"
#include "support/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PEOPLE = 8, ACKED_MAX = 1 << 20, VERIFY_EVERY = 50 };

enum what { REPORT, ACCEPT, WITHDRAW };

struct acked {
    enum what what;
    int64_t key, record, act;
    char number[24];
};

struct person { /* one connection; one act at a time */
    pthread_t thread;
    struct torture *all;
    struct arena a;
    struct client c;
    enum what what; /* what is on its way, or comes next */
    bool on_its_way;
    int64_t key, record;
};

struct torture {
    struct server server;
    str staff, desk; /* tokens */
    struct person people[PEOPLE];
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    struct acked *acked;
    int64_t nacked, nchecked, next_key, again, repeated, busy;
    int64_t full;                    /* answers that said the disk is full */
    bool trouble;                    /* a refusal of the machine is in order */
    int64_t frozen, filled, starved; /* rounds */
};

static void die(const char *what, int64_t n, str said)
{
    fprintf(stderr, "kill: %s %lld: %.*s\n", what, (long long)n, STR_ARG(said));
    exit(1);
}

static void pause_us(long us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

/* --- one act -------------------------------------------------------------------- */

static str request(struct person *p)
{
    struct arena *a = &p->a;
    str body = STR("{\"withdraw_reason\":\"误报\"}");
    str path = str_fmt(a, "/api/v1/r/fault/%lld/do/withdraw", (long long)p->record);
    str token = p->all->staff;
    if (p->what == REPORT) {
        body = str_fmt(a, "{\"summary\":\"拔电 %lld\",\"contact\":\"8832\"}", (long long)p->key);
        path = STR("/api/v1/r/fault/new/report");
    } else if (p->what == ACCEPT) {
        body = STR("{\"verification\":\"属实\",\"category\":\"printing\"}");
        path = str_fmt(a, "/api/v1/r/fault/%lld/do/accept", (long long)p->record);
        token = p->all->desk;
    }
    return str_fmt(a,
                   "POST %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n"
                   "Idempotency-Key: kill-%lld\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n%.*s",
                   STR_ARG(path), STR_ARG(token), (long long)p->key, body.len, STR_ARG(body));
}

/* The value of a key in a flat JSON object. */
static str json_part(str body, const char *key)
{
    char want[32];
    snprintf(want, sizeof(want), "\"%s\":", key);
    const char *at = memmem(body.ptr, body.len, want, strlen(want));
    if (!at) {
        return (str){0};
    }
    at += strlen(want);
    str rest = str_from_n(at, (size_t)(body.ptr + body.len - at));
    str dummy;
    str value = str_cut(str_cut(rest, '}', &dummy), ',', &dummy);
    value = str_trim(value);
    bool quoted = value.len >= 2 && value.ptr[0] == '"';
    return quoted ? str_from_n(value.ptr + 1, value.len - 2) : value;
}

static void acknowledged(struct person *p, str body)
{
    struct torture *t = p->all;
    struct acked x = {.what = p->what, .key = p->key};
    str number = json_part(body, "number");
    if (!str_to_i64(json_part(body, "id"), &x.record) ||
        !str_to_i64(json_part(body, "act"), &x.act) || number.len >= sizeof(x.number)) {
        die("an answer without id", p->key, body);
    }
    memcpy(x.number, number.ptr, number.len);
    pthread_mutex_lock(&t->lock);
    if (t->nacked == ACKED_MAX) {
        die("too many acts", t->nacked, STR(""));
    }
    t->acked[t->nacked++] = x;
    t->again += p->on_its_way;
    t->repeated += str_eq(json_part(body, "repeated"), STR("true"));
    pthread_mutex_unlock(&t->lock);
    p->record = x.record;
}

/* After a report comes an acceptance or a withdrawal of it, or another report. */
static void choose_next(struct person *p, unsigned *dice)
{
    struct torture *t = p->all;
    enum what then = REPORT;
    if (p->what == REPORT) {
        int d = rand_r(dice) % 4;
        then = d == 0 ? ACCEPT : d == 1 ? WITHDRAW : REPORT;
    }
    p->what = then;
    pthread_mutex_lock(&t->lock);
    p->key = ++t->next_key;
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *arg)
{
    struct person *p = arg;
    struct torture *t = p->all;
    unsigned dice = (unsigned)p->key + (unsigned)(p - t->people) * 7919u;
    while (!t->stop) {
        struct client_answer r;
        arena_reset(&p->a);
        if (!client_ask(&p->c, &p->a, request(p), &r)) {
            p->on_its_way = true; /* perhaps done, perhaps not: the same again later */
            break;
        }
        if (r.status == 503 || (r.status == 500 && t->trouble)) {
            p->on_its_way = true; /* refused, or done and nobody could tell: the same again */
            pthread_mutex_lock(&t->lock);
            t->busy++;
            t->full += str_has(r.body, STR("磁盘"));
            pthread_mutex_unlock(&t->lock);
            pause_us(2000);
            continue;
        }
        if (r.status != 200 && r.status != 201) {
            die("an act was refused, key", p->key, r.body);
        }
        acknowledged(p, r.body);
        p->on_its_way = false;
        choose_next(p, &dice);
    }
    client_close(&p->c);
    return NULL;
}

/* --- what must be there --------------------------------------------------------------- */

static struct db *look(struct torture *t, struct arena *a)
{
    struct db *db = NULL;
    err e =
        db_open(a, str_fmt(a, "sqlite:%s/zhidu.db", t->server.data), (struct db_options){0}, &db);
    if (e.code) {
        die("the database cannot be opened", 0, e.detail);
    }
    return db;
}

static int64_t number_of(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    struct rows r;
    err e = db_query(db, a, sql, args, &r);
    if (e.code || !rows_next(&r)) {
        die("a question failed", 0, e.detail);
    }
    return rows_i64(&r, 0);
}

/* How often each key was reported, in one pass: a question per act would read the
 * table as often as it has rows. */
static const uint8_t *times_reported(struct db *db, struct arena *a, int64_t keys)
{
    enum { WINDOW = 5000 };
    uint8_t *times = arena_array(a, uint8_t, (size_t)keys + 1);
    struct arena step = arena_make(16 << 20);
    for (int64_t after = 0, n = WINDOW; n == WINDOW;) {
        struct rows r;
        err e = db_query(
            db, &step, SQL("select id, f_summary from r_fault where id > $1 order by id limit $2"),
            ARGS(db_i64(after), db_i64(WINDOW)), &r);
        if (e.code) {
            die("the faults cannot be read", after, e.detail);
        }
        for (n = 0; rows_next(&r); n++) {
            int64_t key;
            str text = rows_text(&r, 1);
            after = rows_i64(&r, 0);
            str before = STR("拔电 ");
            bool ours = str_starts(text, before) &&
                        str_to_i64(str_from_n(text.ptr + before.len, text.len - before.len), &key);
            if (!ours || key < 1 || key > keys) {
                die("a fault that nobody reported", after, text);
            }
            times[key] = (uint8_t)(times[key] + (times[key] < UINT8_MAX));
        }
        arena_reset(&step);
    }
    arena_end(&step);
    return times;
}

static void there_once(struct db *db, struct arena *a, const struct acked *x, const uint8_t *times)
{
    static const char *const actions[] = {"report", "accept", "withdraw"};
    str action = str_from(actions[x->what]);
    int64_t same = number_of(db, a,
                             SQL("select count(*) from act where id = $1 and record = $2"
                                 " and action = $3"),
                             ARGS(db_i64(x->act), db_i64(x->record), db_text(action)));
    int64_t acts =
        number_of(db, a, SQL("select count(*) from act where record = $1 and action = $2"),
                  ARGS(db_i64(x->record), db_text(action)));
    int64_t numbered =
        x->number[0]
            ? number_of(db, a, SQL("select count(*) from r_fault where id = $1 and number = $2"),
                        ARGS(db_i64(x->record), db_text(str_from(x->number))))
            : 1;
    bool once = x->what != REPORT || times[x->key] == 1;
    if (same != 1 || acts != 1 || numbered != 1 || !once) {
        die("an acknowledged act is not there exactly once, key", x->key, action);
    }
}

static void check_acked(struct torture *t, bool all)
{
    struct arena a = arena_make(256u << 20);
    struct arena step = arena_make(16 << 20);
    struct db *db = look(t, &a);
    const uint8_t *times = times_reported(db, &a, t->next_key);
    for (int64_t i = all ? 0 : t->nchecked; i < t->nacked; i++) {
        there_once(db, &step, &t->acked[i], times);
        arena_reset(&step);
    }
    t->nchecked = t->nacked;
    arena_end(&step);
    arena_end(&a);
}

/* Every fault has a number of its own, and between the first and the last of a
 * year none is missing. */
static int64_t check_numbers(struct torture *t)
{
    struct arena a = arena_make(64 << 20);
    struct db *db = look(t, &a);
    int64_t n = number_of(db, &a, SQL("select count(*) from r_fault"), NO_ARGS);
    int64_t bad =
        number_of(db, &a,
                  SQL("select count(*) from (select substr(number, 1, 8) y, count(*) n,"
                      " count(distinct number) d, max(cast(substr(number, 9) as integer)) m"
                      " from r_fault group by 1) q where n <> d or n <> m"),
                  NO_ARGS);
    int64_t torn = number_of(db, &a,
                             SQL("select count(*) from act a where not exists"
                                 " (select 1 from ledger_leaf l where l.seq = a.seq)"),
                             NO_ARGS);
    if (bad || torn) {
        die("numbers with gaps, or acts without an entry", bad + torn, STR(""));
    }
    arena_end(&a);
    return n;
}

static void check_ledger(struct torture *t)
{
    struct arena a = arena_make(4 << 20);
    const char *args[] = {"ledger", "verify", NULL};
    server_run(&t->server, &a, args);
    arena_end(&a);
}

/* --- rounds ----------------------------------------------------------------------------- */

static void start_people(struct torture *t)
{
    t->stop = false;
    for (int i = 0; i < PEOPLE; i++) {
        struct person *p = &t->people[i];
        if (pthread_create(&p->thread, NULL, work, p) != 0) {
            die("no thread", i, STR(""));
        }
    }
}

static void join_people(struct torture *t)
{
    t->stop = true;
    for (int i = 0; i < PEOPLE; i++) {
        pthread_join(t->people[i].thread, NULL);
    }
}

/* --- trouble before the kill ---------------------------------------------------------- */

/* It stands still, as on a machine that sleeps, and goes on. */
static void freeze(struct torture *t, unsigned *dice)
{
    kill(t->server.pid, SIGSTOP);
    pause_us(20000 + rand_r(dice) % 200000);
    kill(t->server.pid, SIGCONT);
    t->frozen++;
}

static bool set_limit(struct torture *t, int what, int64_t most)
{
    struct rlimit r = {.rlim_cur = most < 0 ? RLIM_INFINITY : (rlim_t)most,
                       .rlim_max = RLIM_INFINITY};
    return prlimit(t->server.pid, (__rlimit_resource_t)what, &r, NULL) == 0;
}

static int64_t heard_full(struct torture *t)
{
    pthread_mutex_lock(&t->lock);
    int64_t n = t->full;
    pthread_mutex_unlock(&t->lock);
    return n;
}

static int64_t acked(struct torture *t)
{
    pthread_mutex_lock(&t->lock);
    int64_t n = t->nacked;
    pthread_mutex_unlock(&t->lock);
    return n;
}

/* No file may be written beyond its first pages, as on a full disk, for a moment and until
 * somebody was told, but not for ever; then there is room again, and the same process goes on. */
static void fill(struct torture *t, unsigned *dice)
{
    enum { PATIENCE = 1000, UNTIL_TOLD = 50 };
    t->trouble = true;
    if (!set_limit(t, RLIMIT_FSIZE, rand_r(dice) % 65536)) {
        die("no limit can be set", t->server.pid, STR(""));
    }
    int64_t told = heard_full(t);
    pause_us(100000 + rand_r(dice) % 300000);
    for (int i = 0; i < UNTIL_TOLD && heard_full(t) == told; i++) {
        pause_us(20000);
    }
    set_limit(t, RLIMIT_FSIZE, -1);
    int64_t before = acked(t);
    for (int i = 0; acked(t) == before; i++) {
        if (i == PATIENCE) {
            die("there is room again, and nothing is written, seconds", PATIENCE / 50, STR(""));
        }
        pause_us(20000);
    }
    t->filled++;
}

/* There is no more memory: it answers what it can, or ends. */
static void starve(struct torture *t, unsigned *dice)
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
    set_limit(t, RLIMIT_AS, pages * sysconf(_SC_PAGESIZE) + rand_r(dice) % 262144);
    pause_us(50000 + rand_r(dice) % 200000);
    t->starved++;
}

/* A round: started, loaded, killed.  Of ten, one is killed while it starts, one is
 * frozen before, one meets a full disk, one has no memory. */
static void one_round(struct torture *t, int round, unsigned *dice)
{
    int kind = round % 10;
    if (kind == 9) {
        server_start(&t->server, false);
        pause_us(rand_r(dice) % 100000);
        server_stop(&t->server, SIGKILL);
        return;
    }
    server_start(&t->server, true);
    start_people(t);
    pause_us(20000 + rand_r(dice) % 330000);
    if (kind == 2) {
        freeze(t, dice);
    } else if (kind == 4) {
        fill(t, dice);
    } else if (kind == 6) {
        starve(t, dice);
    }
    server_stop(&t->server, SIGKILL);
    join_people(t);
    t->trouble = false;
    check_acked(t, false);
    if (round % VERIFY_EVERY == VERIFY_EVERY - 2) {
        check_numbers(t);
        check_ledger(t);
    }
}

/* At last everything on its way is brought to its end. */
static void last_round(struct torture *t)
{
    server_start(&t->server, true);
    start_people(t);
    pause_us(200000);
    join_people(t);
    for (int i = 0; i < PEOPLE; i++) {
        if (t->people[i].on_its_way) {
            die("an act could not be finished, key", t->people[i].key, STR(""));
        }
    }
    int status = server_stop(&t->server, SIGTERM);
    if (status != 0) {
        die("the server did not end well, status", status, STR(""));
    }
    check_acked(t, true);
    check_ledger(t);
}

static str token_of(struct torture *t, struct arena *a, const char *login)
{
    const char *args[] = {"token", login, "--name", "torture", "--scopes", "read write", NULL};
    str last = {0};
    for (str rest = str_trim(server_run(&t->server, a, args)); rest.ptr;) {
        last = str_trim(str_cut(rest, '\n', &rest)); /* before it, what the log says */
    }
    return last;
}

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

/* Kills the one that signs, again and again, while people work: nobody may notice, and
 * when it is left alone everything is signed, by checkpoints that fit each other
 * (`zhidu ledger verify` holds every one against the log). */
static void signer_rounds(struct torture *t, int rounds, unsigned *dice)
{
    int killed = 0;
    int64_t before = t->nacked;
    server_start(&t->server, true);
    start_people(t);
    for (int i = 0; i < rounds; i++) {
        pause_us(rand_r(dice) % 60000);
        pid_t signer = 0;
        for (int tries = 0; tries < 500 && !signer; tries++) {
            signer = server_signer(&t->server);
            pause_us(signer ? 0 : 10000);
        }
        killed += signer > 0 && kill(signer, SIGKILL) == 0;
    }
    join_people(t);
    struct arena a = arena_make(16 << 20);
    struct db *db = look(t, &a);
    int64_t left = 1;
    for (int waited = 0; left && waited < 200; waited++) {
        pause_us(50000);
        left = number_of(db, &a,
                         SQL("select (select count(*) from ledger_leaf) -"
                             " (select max(size) from ledger_checkpoint)"),
                         NO_ARGS);
    }
    int64_t signatures = number_of(db, &a, SQL("select count(*) from ledger_checkpoint"), NO_ARGS);
    arena_end(&a);
    if (left || killed < rounds) {
        die("the signer did not come back; entries without a checkpoint", left, STR(""));
    }
    server_stop(&t->server, SIGTERM);
    check_acked(t, true);
    check_ledger(t);
    printf("%d kills of the signer under load: %lld acts acknowledged meanwhile, none refused; %lld"
           " checkpoints in all, none contradicts another\n",
           killed, (long long)(t->nacked - before), (long long)signatures);
    printf("%d passed, 0 failed\n", killed);
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 200, SIGNERS = 100, PORT = 18390 };
    int signers = (int)option(argc, argv, "--signers", SIGNERS);
    int rounds = (int)option(argc, argv, "--rounds", ROUNDS);
    unsigned dice = (unsigned)option(argc, argv, "--seed", (int64_t)time(NULL));
    const char *data = "build/torture-data";
    for (int i = 1; i + 1 < argc; i++) {
        data = strcmp(argv[i], "--data") == 0 ? argv[i + 1] : data;
    }
    struct arena life = arena_make(256u << 20);
    struct torture *t = arena_new(&life, struct torture);
    printf("seed %u\n", dice);
    t->server = server_make(data, (int)option(argc, argv, "--port", PORT));
    t->acked = arena_array(&life, struct acked, ACKED_MAX);
    pthread_mutex_init(&t->lock, NULL);
    t->staff = token_of(t, &life, "li.lei");
    t->desk = token_of(t, &life, "wu.tao");
    for (int i = 0; i < PEOPLE; i++) {
        t->people[i] = (struct person){.all = t,
                                       .a = arena_make(4 << 20),
                                       .c = client_make(t->server.port),
                                       .key = ++t->next_key};
    }
    signer_rounds(t, signers, &dice);
    int64_t slowest_us = 0;
    for (int round = 0; round < rounds; round++) {
        one_round(t, round, &dice);
        bool later = t->server.ready_in_us > slowest_us && round % 10 != 9;
        slowest_us = later ? t->server.ready_in_us : slowest_us;
    }
    last_round(t);
    int64_t faults = check_numbers(t);
    if (t->filled && !t->full) {
        die("no answer said that the disk is full; rounds", t->filled, STR(""));
    }
    printf(
        "%lld rounds frozen before, %lld with a full disk (%lld answers said so, each time it went"
        " on), %lld without memory\n",
        (long long)t->frozen, (long long)t->filled, (long long)t->full, (long long)t->starved);
    printf("%d rounds of kill -9: %lld acts acknowledged, each there exactly once; %lld were sent"
           " again after a kill, %lld of them had happened; %lld faults, numbers without a gap;"
           " the ledger verifies; slowest start %lld ms\n",
           rounds, (long long)t->nacked, (long long)t->again, (long long)t->repeated,
           (long long)faults, (long long)(slowest_us / 1000));
    printf("%d passed, 0 failed\n", rounds);
    server_remove(&t->server);
    arena_end(&life);
    return 0;
}
