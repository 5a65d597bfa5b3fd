#include "base/arena.h"
#include "store/bigram.h"
#include "store/db_sqlite_int.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum { BUSY_MS = 5000 };

/* --- results -------------------------------------------------------------------- */

static void take_bytes(struct cell *c, struct arena *a, const void *p, int n)
{
    char *copy = arena_bytes(a, (size_t)n + 1);
    if (n) {
        memcpy(copy, p, (size_t)n);
    }
    copy[n] = '\0';
    c->v.ptr = copy;
    c->len = (uint32_t)n;
    c->type = CELL_TEXT;
}

static void take_cell(struct cell *c, struct arena *a, sqlite3_stmt *stmt, int col)
{
    /* Found once; the connection is this thread's alone, so it needs no lock. */
    sqlite3_value *v = sqlite3_column_value(stmt, col);
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        c->v.i64 = sqlite3_value_int64(v);
        c->type = CELL_I64;
        break;
    case SQLITE_NULL:
        c->type = CELL_NULL;
        break;
    case SQLITE_BLOB: {
        const void *p = sqlite3_value_blob(v);
        take_bytes(c, a, p, sqlite3_value_bytes(v));
        break;
    }
    default: {
        const void *p = sqlite3_value_text(v);
        take_bytes(c, a, p, p ? sqlite3_value_bytes(v) : 0);
        break;
    }
    }
}

static err sq_step(struct sq *q, struct batch_stmt *s, struct cache_entry *e)
{
    struct rows_data *d = &s->result;
    sqlite3_stmt *stmt = e->stmt;
    d->cols = sqlite3_column_count(stmt);
    for (;;) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE) {
            d->changed = e->reads ? 0 : sqlite3_changes64(q->h);
            return OK;
        }
        if (rc != SQLITE_ROW) {
            return sq_err(q, d->arena, s->sql.text);
        }
        if (d->rows == s->max_rows) {
            return err_make(ERR_STORE, str_fmt(d->arena, "more than %lld rows: %.*s",
                                               (long long)s->max_rows, STR_ARG(s->sql.text)));
        }
        struct cell *row = rows_add(d);
        for (int i = 0; i < d->cols; i++) {
            take_cell(&row[i], d->arena, stmt, i);
        }
    }
}

static void sq_reset(struct sq *q)
{
    if (q->running) {
        sqlite3_reset(q->running);
        q->running = NULL;
    }
    if (q->once.stmt) {
        sq_drop(NULL, &q->once);
    }
    q->limited = false;
}

/* One of our own statements without arguments or rows. */
static err sq_say(struct sq *q, struct arena *a, struct sql sql)
{
    struct batch_stmt s = {.sql = sql, .result = {.arena = a}};
    struct cache_entry *e = NULL;
    err x = sq_find(q, a, sql, &e);
    if (!x.code) {
        q->running = e->stmt;
        x = sq_step(q, &s, e);
    }
    sq_reset(q);
    return x;
}

/* The number of the snapshot's state; false where none can be had. */
static bool sq_version(struct sq *q, struct arena *a)
{
    if (q->db.tx != TX_READ || q->db.fault != DB_FAULT_NONE) {
        return false;
    }
    if (!q->version) {
        struct batch_stmt s = {
            .sql = SQL("pragma data_version"), .max_rows = 1, .result = {.arena = a}};
        struct cache_entry *e = NULL;
        err x = sq_find(q, a, s.sql, &e);
        if (!x.code) {
            q->running = e->stmt;
            x = sq_step(q, &s, e);
        }
        sq_reset(q);
        q->version = !x.code && s.result.rows == 1 ? s.result.cells[0].v.i64 : 0;
    }
    return q->version != 0;
}

static err sq_one(struct sq *q, struct batch_stmt *s)
{
    struct arena *a = s->result.arena;
    struct cache_entry *e = &q->once;
    err x;
    if (s->once) {
        *e = (struct cache_entry){0};
        x = sq_prepare(q, a, s->sql.text, 0, e);
    } else {
        x = sq_find(q, a, s->sql, &e);
    }
    if (!x.code && q->db.tx == TX_READ && !e->reads) {
        x = err_make(ERR_STORE, STR("a read transaction cannot write"));
    }
    bool keep = !x.code && s->keep && e->reads && q->kept && sq_version(q, a);
    if (keep && kept_find(q->kept, e->serial, q->version, s)) {
        return OK;
    }
    if (!x.code && q->kept && !e->reads) { /* its own changes have no number */
        *q->kept = (struct kept){0};
    }
    if (!x.code) {
        x = sq_bind(q, a, e, s);
    }
    if (!x.code) {
        if (db_fault_due(&q->db)) {
            sq_fault_arm(q);
        }
        q->db.wrote += !e->reads;
        q->running = e->stmt;
        q->limited = e->reads;
        q->steps_left = q->db.limits.steps;
        x = sq_step(q, s, e);
    }
    if (keep && !x.code) {
        kept_put(q->kept, e->serial, q->version, s);
    }
    int rc = x.code ? sqlite3_extended_errcode(q->h) : SQLITE_OK;
    sq_reset(q);
    sq_fault_after(q, rc);
    return x;
}

static struct sql step_sql(const struct db *db, enum db_step step)
{
    switch (step) {
    case STEP_BEGIN_READ:
        return db->scratch ? SQL("savepoint w") : SQL("begin");
    case STEP_BEGIN_WRITE:
        return db->scratch ? SQL("savepoint w") : SQL("begin immediate");
    case STEP_SAVEPOINT:
        return SQL("savepoint s");
    case STEP_RELEASE:
        break;
    }
    return SQL("release s");
}

static struct sql commit_sql(const struct db *db)
{
    return db->scratch ? SQL("release w") : SQL("commit");
}

/* --- what db.c calls --------------------------------------------------------------- */

static void sq_rollback(struct db *db, bool wait)
{
    (void)wait;
    struct sq *q = sq_of(db);
    if (!sqlite3_get_autocommit(q->h)) {
        if (q->back && !db->scratch) { /* prepared: every page ends with one */
            sqlite3_step(q->back);
            sqlite3_reset(q->back);
            return;
        }
        sqlite3_exec(q->h, db->scratch ? "rollback to w; release w" : "rollback", NULL, NULL, NULL);
    }
}

static void sq_settle(struct db *db)
{
    struct sq *q = sq_of(db);
    sq_reset(q);
    if (q->own_tx) {
        q->own_tx = false;
        sq_rollback(db, true);
    }
}

/* Does any statement change something?  What cannot be prepared before the
 * ones in front of it have run (a table just made) does. */
static bool batch_writes(struct sq *q, struct batch *b)
{
    for (int i = 0; i < b->len; i++) {
        struct cache_entry *e = NULL;
        if (b->stmts[i].once || sq_find(q, b->arena, b->stmts[i].sql, &e).code || !e->reads) {
            return true;
        }
    }
    return false;
}

static err run_all(struct sq *q, struct batch *b)
{
    for (int i = 0; i < b->len; i++) {
        int64_t began = db_slow_clock_us();
        err e = sq_one(q, &b->stmts[i]);
        db_slow_look(&q->db, &b->stmts[i], 1, began);
        if (e.code) {
            return e;
        }
    }
    return OK;
}

static err run_own_tx(struct sq *q, struct batch *b)
{
    enum db_step begin = batch_writes(q, b) ? STEP_BEGIN_WRITE : STEP_BEGIN_READ;
    err e = sq_say(q, b->arena, step_sql(&q->db, begin));
    if (e.code) {
        return e;
    }
    q->own_tx = true;
    e = run_all(q, b);
    if (!e.code) {
        e = sq_say(q, b->arena, commit_sql(&q->db));
    }
    if (e.code) {
        sq_rollback(&q->db, true);
    }
    q->own_tx = false;
    return e;
}

static err sq_run(struct db *db, struct batch *b)
{
    struct sq *q = sq_of(db);
    if (db->limits.time_ms) {
        q->deadline_us = db_now_us() + db->limits.time_ms * 1000;
    }
    if (db->tx == TX_WRITE && db->began && sqlite3_get_autocommit(q->h)) {
        /* An error ended the transaction; what follows would commit alone, and a
         * savepoint would begin another. */
        return err_make(ERR_STORE, STR("the transaction is gone"));
    }
    while (db->npend) {
        err e = sq_say(q, b->arena, step_sql(db, db->pend[0]));
        if (e.code) {
            return e;
        }
        q->version = 0; /* another snapshot */
        db_step_done(db);
    }
    if (db->tx == TX_NONE && b->len > 1) {
        return run_own_tx(q, b);
    }
    return run_all(q, b);
}

static err sq_commit(struct db *db, struct arena *a)
{
    struct sq *q = sq_of(db);
    if (sqlite3_get_autocommit(q->h)) {
        return err_make(ERR_STORE, STR("the transaction is gone"));
    }
    sq_fault_commit(q);
    err e = sq_say(q, a, commit_sql(db));
    sq_fault_after(q, e.code ? sqlite3_extended_errcode(q->h) : SQLITE_OK);
    if (!e.code && db->commit_fault == COMMIT_UNHEARD) {
        e = err_make(ERR_STORE, STR("the answer to the commit was lost"));
    }
    db->commit_fault = COMMIT_SOUND;
    return e;
}

static err sq_rollback_to(struct db *db)
{
    struct sq *q = sq_of(db);
    if (sqlite3_exec(q->h, "rollback to s; release s", NULL, NULL, NULL)) {
        return err_make(ERR_STORE, STR("sqlite: rollback to savepoint failed"));
    }
    return OK;
}

static bool sq_in_write(struct db *db)
{
    return !sqlite3_get_autocommit(sq_of(db)->h);
}

static bool sq_lost(const struct db *db)
{
    (void)db;
    return false;
}

/* SQLite calls this every SQ_PROGRESS_STEPS steps; no jump may leave it. */
static int on_progress(void *arg)
{
    struct sq *q = arg;
    if (!q->limited) {
        return 0;
    }
    if (q->db.limits.steps) {
        q->steps_left -= SQ_PROGRESS_STEPS;
        if (q->steps_left <= 0) {
            return 1;
        }
    }
    return q->db.limits.time_ms && db_now_us() > q->deadline_us;
}

void sq_progress(struct sq *q)
{
    bool any = q->db.limits.steps || q->db.limits.time_ms;
    sqlite3_progress_handler(q->h, any ? SQ_PROGRESS_STEPS : 0, any ? on_progress : NULL, q);
}

static void sq_limits(struct db *db)
{
    sq_progress(sq_of(db));
}

static void sq_plant(struct db *db)
{
    if (db->fault == DB_FAULT_NONE) {
        sq_fault_off(sq_of(db));
    }
}

static void sq_rest(struct db *db)
{
    sqlite3_db_release_memory(sq_of(db)->h);
}

static const struct db_ops ops = {
    .settle = sq_settle,
    .run = sq_run,
    .commit = sq_commit,
    .rollback = sq_rollback,
    .rollback_to = sq_rollback_to,
    .in_write = sq_in_write,
    .lost = sq_lost,
    .limits = sq_limits,
    .plant = sq_plant,
    .rest = sq_rest,
};

/* --- the log ------------------------------------------------------------------------- */

static int on_commit(void *arg, sqlite3 *h, const char *name, int pages)
{
    (void)h;
    (void)name;
    ((struct sq *)arg)->log_pages = pages;
    return SQLITE_OK;
}

int64_t db_log_bytes(const struct db *db)
{
    enum { FRAME = 4096 + 24 };
    return db->kind == DB_SQLITE ? ((const struct sq *)db)->log_pages * FRAME : 0;
}

int64_t db_checkpoint(struct db *db, bool restart)
{
    enum { WAIT_FOR_READERS_MS = 50 };
    if (db->kind != DB_SQLITE) {
        return 0;
    }
    struct sq *q = sq_of(db);
    db->ops->settle(db);
    int log = 0;
    int done = 0;
    sqlite3_busy_timeout(q->h, WAIT_FOR_READERS_MS);
    int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int rc = sqlite3_wal_checkpoint_v2(q->h, NULL, mode, &log, &done);
    sqlite3_busy_timeout(q->h, BUSY_MS);
    if (rc == SQLITE_OK && restart) {
        q->log_pages = 0;
    }
    return log > done ? log - done : 0;
}

err db_settle_log(struct db *db, struct arena *a)
{
    if (db->kind != DB_SQLITE) {
        return OK;
    }
    struct sq *q = sq_of(db);
    db->ops->settle(db);
    int rc = sqlite3_wal_checkpoint_v2(q->h, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL);
    err e = rc == SQLITE_OK ? OK : sq_err(q, a, STR("checkpoint"));
    return e.code == ERR_STORE ? err_make(ERR_BUSY, e.detail) : e;
}

/* --- opening ------------------------------------------------------------------------- */

static void sq_close(void *arg)
{
    struct sq *q = arg;
    if (!q->h) {
        return;
    }
    sq_fault_off(q);
    sq_reset(q);
    while (q->db.cache.newest != CACHE_NONE) {
        struct cache_entry *e = &q->db.cache.entries[q->db.cache.newest];
        sq_drop(NULL, e);
        cache_remove(&q->db.cache, e);
    }
    sqlite3_finalize(q->back);
    int rc = sqlite3_close(q->h);
    assert(rc == SQLITE_OK); /* no statement is left open */
    (void)rc;
}

static bool sq_setup(struct sq *q, struct db_options opt)
{
    sqlite3_extended_result_codes(q->h, 1);
    sqlite3_busy_timeout(q->h, BUSY_MS);
    sqlite3_db_config(q->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(q->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(q->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    const char *always = "pragma journal_mode=wal; pragma synchronous=full;"
                         "pragma temp_store=memory; pragma foreign_keys=off;"
                         "pragma secure_delete=on;" /* what is erased is overwritten */;
    const char *cache = opt.writer ? "pragma cache_size=-10240; pragma wal_autocheckpoint=0"
                                   : "pragma cache_size=-4096";
    if (sqlite3_exec(q->h, always, NULL, NULL, NULL) ||
        sqlite3_exec(q->h, cache, NULL, NULL, NULL) || !bigram_register(q->h)) {
        return false;
    }
    if (opt.writer) {
        sqlite3_wal_hook(q->h, on_commit, q);
    }
    return !sqlite3_prepare_v3(q->h, "rollback", -1, SQLITE_PREPARE_PERSISTENT, &q->back, NULL);
}

/* Counting memory costs a lock that all connections share, at every malloc. */
static void once_for_all(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

err db_sqlite_open(struct arena *life, str path, struct db_options opt, struct db **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, once_for_all);
    struct sq *q = arena_new(life, struct sq);
    q->db.kind = DB_SQLITE;
    q->db.ops = &ops;
    cache_make(&q->db.cache, life);
    if (!opt.writer && !str_eq(path, STR(":memory:"))) {
        q->kept = arena_new(life, struct kept);
    }
    str file = str_copy(life, path);
    arena_defer(life, sq_close, q);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(file.ptr, &q->h, flags, NULL);
    if (rc || !sq_setup(q, opt)) {
        const char *why = q->h ? sqlite3_errmsg(q->h) : "out of memory";
        bool full = q->h && sq_err(q, life, path).code == ERR_DISK; /* said as such to who starts */
        return err_make(full ? ERR_DISK : ERR_STORE,
                        str_fmt(life, "cannot open %.*s: %s", STR_ARG(path), why));
    }
    *ret = &q->db;
    return OK;
}
