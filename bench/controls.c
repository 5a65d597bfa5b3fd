#include "controls.h"

#include "base/buf.h"
#include "base/clock.h"
#include "engine/compliance_lived.h"
#include "engine/control_history.h"
#include "engine/engine_int.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CHANGES = 200,
    THROUGHPUT = 4000,
    PAGES = 50,
    TURN_US = 1000000,
    WAYS = 64,
    BESIDE = 40000,
    SETTLE_US = 600000000
};

struct judged {
    struct arena *life;
    const struct controls_bench *c;
    struct engine *e;
    struct db *db;
    int64_t first; /* id of the first reading */
    str url;
};

static int64_t bench_clock(void *arg)
{
    (void)arg;
    return clock_now();
}

/* The register, and as many controls as were asked for, each with a where and a holds. */
struct source controls_register(struct arena *a, int64_t controls)
{
    struct buf b = buf_make(a, 4u << 20);
    buf_put(&b,
            STR("regulation: readings\n"
                "title: {zh: 读数, en: Readings}\n"
                "owner: keeper\n"
                "uses: [organisation]\n"
                "posts:\n"
                "  keeper: {zh: 管理员, en: Keeper}\n"
                "settings:\n"
                "  post.keeper: {type: text, default: equipment_keeper, zh: 谁, en: Who}\n"
                "types:\n"
                "  reading:\n"
                "    title: {zh: 读数, en: Reading}\n"
                "    follows: newest\n"
                "    name: \"{what}\"\n"
                "    see: everyone\n"
                "    fields:\n"
                "      what: {type: text, max: 80, zh: 名, en: What}\n"
                "      n: {type: int, min: 0, max: 1000000, zh: 数, en: N}\n"
                "      until: {type: date, zh: 限, en: Until}\n"
                "    states:\n"
                "      kept: {zh: 在, en: Kept}\n"
                "      gone: {zh: 去, en: Gone, final: true}\n"
                "    actions:\n"
                "      keep: {to: kept, who: everyone, asks: [what], may: [n, until], clause: c,"
                " zh: 存, en: Keep}\n"
                "      change: {from: kept, who: everyone, may: [n, until], clause: c, zh: 改,"
                " en: Change}\n"
                "      drop: {from: kept, to: gone, who: everyone, clause: c, zh: 弃,"
                " en: Drop}\n"));
    if (controls) {
        buf_put(&b, STR("controls:\n"));
    }
    for (int64_t i = 0; i < controls; i++) {
        buf_put_fmt(&b,
                    "  rule_%lld: {over: reading, where: state == 'kept' and n != %lld, holds: "
                    "\"(n < %lld or n >= %lld) and (until == null or today <= until)\","
                    " clause: c, zh: 规, en: R}\n",
                    (long long)i, (long long)(1000000 - i), (long long)(i % 100 * 10),
                    (long long)(i % 100 * 10 + 10));
    }
    return (struct source){.name = STR("readings"),
                           .text_zh = STR("# 读数\n\n### 第一条 {#c}\n应符合。\n"),
                           .text_en = STR("# Readings\n\n### Article 1 {#c}\nThey keep to it.\n"),
                           .definition = buf_str(&b),
                           .version = 1,
                           .epoch = 1};
}

static err open_one(struct judged *j)
{
    struct arena *a = j->life;
    struct sources folder;
    err e = load_folder(a, NULL, STR("regulations"), &folder);
    if (e.code) {
        return e;
    }
    struct sources all = {.ptr = arena_array(a, struct source, 2)};
    for (size_t i = 0; i < folder.len; i++) {
        if (str_eq(folder.ptr[i].name, STR("organisation"))) {
            all.ptr[all.len++] = folder.ptr[i];
            all.ptr[0].epoch = 1;
        }
    }
    all.ptr[all.len++] = controls_register(a, j->c->controls);
    str path = str_fmt(a, "%.*s/controls.db", STR_ARG(j->c->data));
    struct diags d = diags_make(a);
    j->url = j->c->url.len ? j->c->url : str_fmt(a, "sqlite:%.*s", STR_ARG(path));
    struct engine_options opt = {.url = j->url, .clock = bench_clock, .db = {.writer = true}};
    if (!j->c->url.len) {
        unlink(path.ptr);
        unlink(str_fmt(a, "%.*s-wal", STR_ARG(path)).ptr);
        unlink(str_fmt(a, "%.*s-shm", STR_ARG(path)).ptr);
    }
    e = engine_open_memory(a, &all, &opt, &d, &j->e);
    if (d.errors) {
        str line = diag_print(a, &d.ptr[0], LANG_EN);
        fprintf(stderr, "%.*s\n", STR_ARG(line));
    }
    j->db = e.code ? NULL : engine_db(j->e);
    return e;
}

err controls_fill(struct db *db, struct arena *a, int64_t first, int64_t n)
{
    struct rows r;
    err e = db_exec(
        db, a,
        SQL("insert into r_reading(id, name, state, law, ver, created_at, changed_at, creator,"
            " f_what, f_n) with recursive k(i) as (select 0 union all select i + 1 from k"
            " where i + 1 < $2) select $1 + i, 'reading', 0, 1, 1, $3, $3, 0, 'reading',"
            " i * 7 % 1000 from k"),
        ARGS(db_i64(first), db_i64(n), db_i64(clock_now())));
    e = e.code ? e : db_query(db, a, SQL("select count(*) from r_reading"), NO_ARGS, &r);
    if (!e.code && (!rows_next(&r) || rows_i64(&r, 0) != n)) {
        e = err_make(ERR_STORE, STR("the rows were not put"));
    }
    return e;
}

static err fill(struct judged *j)
{
    j->first = engine_id(j->e, clock_now());
    return controls_fill(j->db, j->life, j->first, j->c->n);
}

static err look(struct judged *j, const char *what)
{
    struct arena a = arena_make(256u << 20);
    int64_t began = clock_mono_us();
    err e = control_run(j->e, j->db, &a, clock_now(), false);
    double s = (double)(clock_mono_us() - began) / 1e6;
    if (!e.code) {
        printf("%-34s %8.2f s  %10.0f verdicts/s\n", what, s,
               (double)(j->c->n * j->c->controls) / s);
    }
    e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
    arena_end(&a);
    return e;
}

int64_t controls_place(int64_t i, int64_t n)
{
    return (n % 17 ? 17 : 1) * i % n;
}

int64_t controls_value(int64_t at, int64_t turn)
{
    return (at * 7 + turn) % 1000;
}

static str value_at(struct arena *a, int64_t at, int64_t turn)
{
    return str_fmt(a, "%lld", (long long)controls_value(at, turn));
}

static err change(struct judged *j, struct arena *a, int64_t at, int64_t turn)
{
    struct value_in v = {.field = STR("n"), .text = value_at(a, at, turn)};
    struct act *act = arena_new(a, struct act);
    *act = (struct act){.arena = a,
                        .now = clock_now(),
                        .type = STR("reading"),
                        .record = j->first + at,
                        .action = STR("change"),
                        .actor = 0,
                        .values = &v,
                        .nvalues = 1};
    return act_call(j->e, act);
}

/* From the answer of an act until its record stands judged. */
static err single_changes(struct judged *j)
{
    int64_t longest = 0;
    int64_t all = 0;
    err e = OK;
    for (int i = 0; i < CHANGES && !e.code; i++) {
        struct arena a = arena_make(128u << 20);
        bool whole;
        e = change(j, &a, 13 * (int64_t)i % j->c->n, 1);
        int64_t began = clock_mono_us();
        e = e.code ? e : control_follow_up(j->e, j->db, &a, clock_now(), &whole);
        int64_t took = clock_mono_us() - began;
        longest = took > longest ? took : longest;
        all += took;
        e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
        arena_end(&a);
    }
    if (!e.code) {
        printf("%-34s %8.2f ms on the average, %.2f ms at most (and the turn of half a second)\n",
               "a single change is judged in", (double)all / CHANGES / 1000.0,
               (double)longest / 1000.0);
    }
    return e;
}

/* What the page /compliance asks, without its HTML. */
static err scorecard(struct judged *j)
{
    const struct model *m = engine_model(j->e);
    int64_t began = clock_mono_us();
    err e = OK;
    for (int i = 0; i < PAGES && !e.code; i++) {
        struct arena a = arena_make(64u << 20);
        struct ctx ctx = ctx_make(j->e, m, j->db, &a, clock_now(), 0, LANG_ZH);
        struct batch *lived = compliance_lived_ask(&ctx);
        struct batch *days = control_days_ask(&ctx, HISTORY_ALL);
        struct compliance c;
        struct control_day *list;
        size_t n;
        struct lived l;
        e = compliance_ask(&ctx, &c);
        e = e.code ? e : control_days_read(&ctx, days, &list, &n);
        e = e.code ? e : compliance_lived_read(&ctx, &c, lived, &l);
        e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
        arena_end(&a);
    }
    engine_release(j->e, m);
    if (!e.code) {
        printf("%-34s %8.2f ms\n", "the scorecard is asked in",
               (double)(clock_mono_us() - began) / PAGES / 1000.0);
    }
    return e;
}

/* Acts a second, each durable by itself, with the marks they leave. */
static err acts(struct judged *j)
{
    int64_t began = clock_mono_us();
    err e = OK;
    for (int i = 0; i < THROUGHPUT && !e.code; i++) {
        struct arena a = arena_make(128u << 20);
        e = change(j, &a, 17 * (int64_t)i % j->c->n, 2);
        e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
        arena_end(&a);
    }
    if (!e.code) {
        printf("%-34s %8.0f acts/s\n", "one after the other",
               THROUGHPUT * 1e6 / (double)(clock_mono_us() - began));
    }
    return e;
}

/* --- acts beside the judging ---------------------------------------------------------------- */

struct way {
    struct act act;
    struct arena arena;
    struct value_in value;
    struct crowd *crowd;
    bool busy;
};

/* As many acts under way as a busy server has. */
struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t over;
    struct way ways[WAYS];
    int busy;
    err e; /* the first that failed */
};

static void way_done(struct act *act)
{
    struct way *w = act->user;
    struct crowd *c = w->crowd;
    pthread_mutex_lock(&c->lock);
    w->busy = false;
    c->busy--;
    c->e = c->e.code ? c->e : act->result;
    pthread_cond_signal(&c->over);
    pthread_mutex_unlock(&c->lock);
}

/* Waits until at most `most` are under way; one that is free. */
static struct way *way_free(struct crowd *c, int most)
{
    struct way *free = c->ways;
    pthread_mutex_lock(&c->lock);
    while (c->busy > most) {
        pthread_cond_wait(&c->over, &c->lock);
    }
    while (free < c->ways + WAYS - 1 && free->busy) {
        free++;
    }
    pthread_mutex_unlock(&c->lock);
    return free;
}

static err way_go(struct judged *j, struct crowd *c, int64_t i)
{
    struct way *w = way_free(c, WAYS - 1);
    struct arena *a = &w->arena;
    arena_reset(a);
    int64_t at = controls_place(i, j->c->n);
    w->value = (struct value_in){.field = STR("n"), .text = value_at(a, at, 3 + i / j->c->n)};
    w->act = (struct act){.arena = a,
                          .now = clock_now(),
                          .done = way_done,
                          .user = w,
                          .type = STR("reading"),
                          .record = j->first + at,
                          .action = STR("change"),
                          .values = &w->value,
                          .nvalues = 1};
    pthread_mutex_lock(&c->lock);
    w->busy = true;
    c->busy++;
    err e = c->e;
    pthread_mutex_unlock(&c->lock);
    return e.code ? e : act_submit(j->e, &w->act);
}

err controls_marks(struct db *db, struct arena *a, int64_t *n)
{
    struct rows r;
    err e = db_query(db, a, SQL("select count(*) from control_dirty"), NO_ARGS, &r);
    *n = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}

/* The engine as a server has it: its own thread judges, each half second, what is marked. */
static err open_again(struct judged *j, struct db **db)
{
    struct engine_options opt = {
        .url = j->url, .background = true, .clock = bench_clock, .db = {.writer = true}};
    engine_stop(j->e);
    err e = engine_open(j->life, &opt, &j->e);
    return e.code ? e : engine_reader(j->e, j->life, db);
}

err controls_settle(struct db *db, struct arena *a, int64_t opened)
{
    int64_t began = clock_mono_us();
    int64_t at = 0;
    err e = OK;
    while (!e.code && at < opened) {
        struct rows r;
        e = db_query(db, a, SQL("select at from control_seen"), NO_ARGS, &r);
        at = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
        usleep(TURN_US / 10);
        if (clock_mono_us() - began > SETTLE_US) {
            e = err_make(ERR_STORE, STR("the look with which a server begins does not end"));
        }
    }
    return e;
}

static err acts_beside(struct judged *j)
{
    struct crowd c = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    struct db *db = NULL;
    int64_t left = 0;
    int64_t opened = clock_now();
    err e = open_again(j, &db);
    e = e.code || !j->c->controls ? e : controls_settle(db, j->life, opened);
    for (int i = 0; i < WAYS; i++) {
        c.ways[i].arena = arena_make(16u << 20);
        c.ways[i].crowd = &c;
    }
    int64_t began = clock_mono_us();
    for (int64_t i = 0; i < BESIDE && !e.code; i++) {
        e = way_go(j, &c, i);
    }
    way_free(&c, 0);
    int64_t ended = clock_mono_us();
    e = e.code ? e : c.e;
    e = e.code ? e : controls_marks(db, j->life, &left);
    int64_t after = left;
    while (!e.code && after) {
        usleep(TURN_US / 100);
        e = controls_marks(db, j->life, &after);
    }
    if (!e.code) {
        printf("%-34s %8.0f acts/s; %lld marks left, judged %.2f s after\n",
               "64 at a time, judged beside", BESIDE * 1e6 / (double)(ended - began),
               (long long)left, (double)(clock_mono_us() - ended) / 1e6);
    }
    e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
    for (int i = 0; i < WAYS; i++) {
        arena_end(&c.ways[i].arena);
    }
    return e;
}

err controls_measure(struct arena *life, const struct controls_bench *c)
{
    struct judged j = {.life = life, .c = c};
    printf("%lld records, %lld controls, %s\n", (long long)c->n, (long long)c->controls,
           c->url.len ? "PostgreSQL" : "SQLite");
    err e = open_one(&j);
    e = e.code ? e : fill(&j);
    if (c->controls) {
        e = e.code ? e : look(&j, "the first look (all is written)");
        e = e.code ? e : look(&j, "a full look");
        e = e.code ? e : single_changes(&j);
        e = e.code ? e : scorecard(&j);
    }
    e = e.code ? e : acts(&j);
    return e.code ? e : acts_beside(&j);
}
