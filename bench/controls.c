#include "controls.h"

#include "base/buf.h"
#include "base/clock.h"
#include "engine/compliance_lived.h"
#include "engine/control_history.h"
#include "engine/engine_int.h"

#include <stdio.h>
#include <unistd.h>

enum { CHANGES = 200, THROUGHPUT = 4000, PAGES = 50, TURN_US = 1000000 };

struct judged {
    struct arena *life;
    const struct controls_bench *c;
    struct engine *e;
    struct db *db;
    int64_t first; /* id of the first reading */
};

static int64_t bench_clock(void *arg)
{
    (void)arg;
    return clock_now();
}

/* The register, and as many controls as were asked for, each with a where and a holds. */
static struct source register_of(struct arena *a, int64_t controls)
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
        buf_put_fmt(
            &b,
            "  rule_%lld: {over: reading, where: state == 'kept' and n != %lld, holds: "
            "\"n < %lld and (until == null or today <= until)\", clause: c, zh: 规, en: R}\n",
            (long long)i, (long long)i, (long long)(900000 + i));
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
    all.ptr[all.len++] = register_of(a, j->c->controls);
    str path = str_fmt(a, "%.*s/controls.db", STR_ARG(j->c->data));
    struct diags d = diags_make(a);
    struct engine_options opt = {.url = j->c->url.len ? j->c->url
                                                      : str_fmt(a, "sqlite:%.*s", STR_ARG(path)),
                                 .clock = bench_clock,
                                 .db = {.writer = true}};
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

/* n rows; one in a hundred breaks the rules, one in fifty says nothing. */
static err fill(struct judged *j)
{
    struct rows r;
    j->first = engine_id(j->e, clock_now());
    err e = db_exec(
        j->db, j->life,
        SQL("insert into r_reading(id, name, state, law, ver, created_at, changed_at, creator,"
            " f_what, f_n) with recursive k(i) as (select 0 union all select i + 1 from k"
            " where i + 1 < $2) select $1 + i, 'reading', 0, 1, 1, $3, $3, 0, 'reading',"
            " case when i % 100 = 7 then 999999 when i % 50 = 3 then null else i % 1000 end from "
            "k"),
        ARGS(db_i64(j->first), db_i64(j->c->n), db_i64(clock_now())));
    e = e.code ? e : db_query(j->db, j->life, SQL("select count(*) from r_reading"), NO_ARGS, &r);
    if (!e.code && (!rows_next(&r) || rows_i64(&r, 0) != j->c->n)) {
        e = err_make(ERR_STORE, STR("the rows were not put"));
    }
    return e;
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

static err change(struct judged *j, struct arena *a, int64_t record, int64_t n)
{
    struct value_in v = {.field = STR("n"), .text = str_fmt(a, "%lld", (long long)n)};
    struct act *act = arena_new(a, struct act);
    *act = (struct act){.arena = a,
                        .now = clock_now(),
                        .type = STR("reading"),
                        .record = record,
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
        e = change(j, &a, j->first + 13 * (int64_t)i % j->c->n, 5000 + i);
        int64_t began = clock_mono_us();
        e = e.code ? e : control_follow_up(j->e, j->db, &a, clock_now(), &whole);
        int64_t took = clock_mono_us() - began;
        longest = took > longest ? took : longest;
        all += took;
        e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
        arena_end(&a);
    }
    if (!e.code) {
        printf("%-34s %8.2f ms on the average, %.2f ms at most (and the turn of a second)\n",
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

/* Acts a second, each durable by itself, with the marks they leave; judged: and with what they
 * touched judged each second, on the same thread and connection, where the server has others. */
static err acts(struct judged *j, bool judged)
{
    int64_t began = clock_mono_us();
    int64_t turn = began;
    err e = OK;
    for (int i = 0; i < THROUGHPUT && !e.code; i++) {
        struct arena a = arena_make(128u << 20);
        bool whole;
        e = change(j, &a, j->first + 17 * (int64_t)i % j->c->n, 6000 + i + (judged ? 1 : 0));
        if (!e.code && judged && clock_mono_us() - turn >= TURN_US) {
            turn = clock_mono_us();
            e = control_follow_up(j->e, j->db, &a, clock_now(), &whole);
        }
        e.detail = e.code ? str_copy(j->life, e.detail) : e.detail;
        arena_end(&a);
    }
    if (!e.code) {
        printf("%-34s %8.0f acts/s\n",
               judged ? "... and judged each second" : "one after the other",
               THROUGHPUT * 1e6 / (double)(clock_mono_us() - began));
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
    e = e.code ? e : acts(&j, false);
    return e.code || !c->controls ? e : acts(&j, true);
}
