#include "base/arena.h"

#include "floor.h"
#include "load.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* --- the recorder ------------------------------------------------------------------ */

enum { GROUP = 64, GROUPS_MAX = 1 << 16, ARGS_EACH = 64 };

enum event_kind { EV_ACT, EV_STATEMENT, EV_COMMIT };
struct event {
    enum event_kind kind;
    struct sql sql;
    struct db_args args;
    struct event *next;
};

static struct {
    pthread_mutex_t lock;
    bool on;
    struct arena arena;
    struct event *first, *last, *at;
    int64_t acts, statements;
    bool in_act;
    double took[GROUPS_MAX];
} rec = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool changes(str text)
{
    str t = str_trim(text);
    return str_starts(t, STR("insert")) || str_starts(t, STR("update")) ||
           str_starts(t, STR("delete")) || str_starts(t, STR("replace"));
}

static struct event *put(enum event_kind kind)
{
    struct event *e = arena_new(&rec.arena, struct event);
    e->kind = kind;
    if (rec.last) {
        rec.last->next = e;
    } else {
        rec.first = rec.at = e;
    }
    rec.last = e;
    return e;
}

static void statement(struct sql sql, struct db_args args)
{
    if (!rec.on || !changes(sql.text)) {
        return;
    }
    pthread_mutex_lock(&rec.lock);
    struct event *e = put(EV_STATEMENT);
    struct db_arg *list = arena_array(&rec.arena, struct db_arg, (size_t)args.len + 1);
    for (int i = 0; i < args.len; i++) {
        list[i] = args.ptr[i];
        if (list[i].type != DB_ARG_I64 && !list[i].null) {
            list[i].text = str_copy(&rec.arena, list[i].text);
        }
    }
    e->sql = (struct sql){.text = str_copy(&rec.arena, sql.text)};
    e->args = (struct db_args){.ptr = list, .len = args.len};
    rec.statements += rec.in_act;
    pthread_mutex_unlock(&rec.lock);
}

static void sign(enum event_kind kind)
{
    if (rec.on) {
        pthread_mutex_lock(&rec.lock);
        put(kind);
        rec.acts += kind == EV_ACT;
        rec.in_act = kind == EV_ACT;
        pthread_mutex_unlock(&rec.lock);
    }
}

/* --- in front of the store (ld --wrap) ------------------------------------------------ */

int __real_batch_add(struct batch *b, struct sql sql, struct db_args args);
int __wrap_batch_add(struct batch *b, struct sql sql, struct db_args args);
err __real_db_query(struct db *db, struct arena *a, struct sql sql, struct db_args args,
                    struct rows *ret);
err __wrap_db_query(struct db *db, struct arena *a, struct sql sql, struct db_args args,
                    struct rows *ret);
err __real_batch_run(struct batch *b);
err __wrap_batch_run(struct batch *b);
err __real_db_exec(struct db *db, struct arena *a, struct sql sql, struct db_args args);
err __wrap_db_exec(struct db *db, struct arena *a, struct sql sql, struct db_args args);
err __real_db_queue(struct db *db, struct arena *a, struct sql sql, struct db_args args);
err __wrap_db_queue(struct db *db, struct arena *a, struct sql sql, struct db_args args);
void __real_db_mark(struct db *db);
void __wrap_db_mark(struct db *db);
err __real_db_commit(struct db *db, struct arena *a);
err __wrap_db_commit(struct db *db, struct arena *a);

static bool printing;

void floor_print(bool on)
{
    printing = on;
}

static void print(struct sql sql, struct db_args args)
{
    if (printing) {
        printf("\n%.*s\n", STR_ARG(sql.text));
        for (int i = 0; i < args.len; i++) {
            const struct db_arg *g = &args.ptr[i];
            if (g->null || g->type == DB_ARG_I64) {
                printf(g->null ? "  $%d null" : "  $%d %lld", i + 1, (long long)g->i64);
            } else {
                printf("  $%d %zu bytes", i + 1, g->text.len);
            }
        }
        printf("\n");
    }
}

int __wrap_batch_add(struct batch *b, struct sql sql, struct db_args args)
{
    statement(sql, args);
    print(sql, args);
    return __real_batch_add(b, sql, args);
}

err __wrap_db_query(struct db *db, struct arena *a, struct sql sql, struct db_args args,
                    struct rows *ret)
{
    statement(sql, args);
    print(sql, args);
    double began = load_now_s();
    err e = __real_db_query(db, a, sql, args, ret);
    if (printing) {
        printf("--- %.1f µs\n", (load_now_s() - began) * 1e6);
    }
    return e;
}

err __wrap_batch_run(struct batch *b)
{
    double began = load_now_s();
    err e = __real_batch_run(b);
    if (printing) {
        printf("--- %.1f µs\n", (load_now_s() - began) * 1e6);
    }
    return e;
}

err __wrap_db_exec(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    statement(sql, args);
    return __real_db_exec(db, a, sql, args);
}

err __wrap_db_queue(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    statement(sql, args);
    return __real_db_queue(db, a, sql, args);
}

void __wrap_db_mark(struct db *db)
{
    sign(EV_ACT);
    __real_db_mark(db);
}

err __wrap_db_commit(struct db *db, struct arena *a)
{
    sign(EV_COMMIT);
    return __real_db_commit(db, a);
}

void floor_record(bool on)
{
    if (on && !rec.first) {
        rec.arena = arena_make((size_t)4 << 30);
    }
    rec.on = on;
}

int64_t floor_recorded_acts(void)
{
    return rec.acts;
}

int64_t floor_recorded_statements(void)
{
    return rec.statements;
}

/* --- the floor -------------------------------------------------------------------------- */

static err flush(struct batch *b, int *n)
{
    int some = *n;
    *n = 0;
    return some ? batch_run(b) : OK;
}

/* One transaction: up to `acts` acts, or what stands between two commits and
 * belongs to none (search text, indexed in batches). */
static err group(struct db *db, struct arena *a, int64_t acts, int64_t *did)
{
    bool search = rec.at && rec.at->kind == EV_STATEMENT;
    int n = 0;
    struct batch *b = batch_begin(db, a);
    *did = 0;
    db_write_begin(db);
    for (; rec.at; rec.at = rec.at->next) {
        if (rec.at->kind == EV_COMMIT) {
            bool idle_next = rec.at->next && rec.at->next->kind == EV_STATEMENT;
            if (search || idle_next) {
                rec.at = rec.at->next;
                break;
            }
            continue;
        }
        if (rec.at->kind == EV_ACT) {
            if (*did == acts) {
                break;
            }
            ++*did;
            err e = flush(b, &n);
            if (e.code) {
                return e;
            }
            b = batch_begin(db, a);
            continue;
        }
        if (n == BATCH_MAX) {
            err e = flush(b, &n);
            if (e.code) {
                return e;
            }
            b = batch_begin(db, a);
        }
        batch_add(b, rec.at->sql, rec.at->args);
        n++;
    }
    err e = flush(b, &n);
    return e.code ? e : db_commit(db, a);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

err floor_write(struct db *db, struct arena *a, int64_t acts, struct floor_result *ret)
{
    double began = load_now_s(), cpu = load_cpu_s(getpid());
    size_t groups = 0;
    int64_t done = 0;
    while (rec.at && done < acts) {
        int64_t did;
        double t = load_now_s();
        arena_reset(a);
        err e = group(db, a, GROUP, &did);
        if (e.code) {
            db_rollback(db);
            return e;
        }
        done += did;
        if (did && groups < GROUPS_MAX) {
            rec.took[groups++] = (load_now_s() - t) * 1e6;
        }
        if (db_log_bytes(db) > 32 << 20) { /* as the writer does it */
            db_checkpoint(db, false);
        }
    }
    double took = load_now_s() - began;
    *ret = (struct floor_result){.acts = done, .seconds = took};
    if (done) {
        qsort(rec.took, groups, sizeof(double), by_size);
        ret->per_s = (double)done / took;
        ret->cpu_us = (load_cpu_s(getpid()) - cpu) * 1e6 / (double)done;
        ret->group_p99_us = groups ? rec.took[groups * 99 / 100] : 0;
    }
    return OK;
}
