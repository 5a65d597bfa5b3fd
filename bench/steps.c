#include "steps.h"

#include <pthread.h>
#include <sqlite3.h>

enum { TEXTS = 1024 };

static struct {
    pthread_mutex_t lock;
    bool on, all;
    pthread_t who;
    struct steps sum;
    struct of_text { /* by text, whoever ran it */
        str text;    /* in `arena` */
        int64_t cost;
    } texts[TEXTS];
    size_t ntexts;
    struct arena arena;
} rec = {.lock = PTHREAD_MUTEX_INITIALIZER};

int __real_sqlite3_reset(sqlite3_stmt *stmt);
int __wrap_sqlite3_reset(sqlite3_stmt *stmt);

static int64_t take(sqlite3_stmt *stmt, int what)
{
    return sqlite3_stmt_status(stmt, what, 1);
}

static int64_t pages_since(sqlite3 *h)
{
    int hit = 0;
    int miss = 0;
    int most = 0;
    sqlite3_db_status(h, SQLITE_DBSTATUS_CACHE_HIT, &hit, &most, 1);
    sqlite3_db_status(h, SQLITE_DBSTATUS_CACHE_MISS, &miss, &most, 1);
    return hit + miss;
}

static void add_text(const char *sql, int64_t cost)
{
    str text = str_from(sql ? sql : "");
    size_t i = 0;
    while (i < rec.ntexts && !str_eq(rec.texts[i].text, text)) {
        i++;
    }
    if (i == rec.ntexts && i < TEXTS) {
        rec.texts[rec.ntexts++] = (struct of_text){.text = str_copy(&rec.arena, text)};
    }
    if (i < rec.ntexts) {
        rec.texts[i].cost += cost;
    }
}

int __wrap_sqlite3_reset(sqlite3_stmt *stmt)
{
    if (stmt) { /* the counters of statements nobody asks about begin anew, too */
        struct steps s = {.statements = 1,
                          .vm = take(stmt, SQLITE_STMTSTATUS_VM_STEP),
                          .scan = take(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP),
                          .pages = pages_since(sqlite3_db_handle(stmt))};
        pthread_mutex_lock(&rec.lock);
        if (rec.on && (rec.all || pthread_equal(rec.who, pthread_self()))) {
            rec.sum.statements += s.statements;
            rec.sum.vm += s.vm;
            rec.sum.scan += s.scan;
            rec.sum.pages += s.pages;
            add_text(sqlite3_sql(stmt), s.vm + s.pages);
        }
        pthread_mutex_unlock(&rec.lock);
    }
    return __real_sqlite3_reset(stmt);
}

void steps_begin(enum steps_whose whose)
{
    pthread_mutex_lock(&rec.lock);
    if (!rec.arena.limit) {
        rec.arena = arena_make(64u << 20);
    }
    arena_reset(&rec.arena);
    rec.on = true;
    rec.all = whose == STEPS_ALL;
    rec.who = pthread_self();
    rec.sum = (struct steps){0};
    rec.ntexts = 0;
    pthread_mutex_unlock(&rec.lock);
}

void steps_end(struct arena *a, struct steps *ret)
{
    pthread_mutex_lock(&rec.lock);
    rec.on = false;
    *ret = rec.sum;
    for (size_t i = 0; i < rec.ntexts; i++) {
        if (rec.texts[i].cost > ret->of_dearest) {
            ret->of_dearest = rec.texts[i].cost;
            ret->dearest = rec.texts[i].text;
        }
    }
    str text = ret->dearest;
    pthread_mutex_unlock(&rec.lock);
    ret->dearest = str_copy(a, text); /* nothing records now */
}
