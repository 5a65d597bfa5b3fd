#include "base/arena.h"
#include "store/db_pg_int.h"

#include <string.h>
#include <sys/socket.h>

static err pg_run(struct db *db, struct batch *b)
{
    struct pg *p = pg_of(db);
    if (p->lost) {
        return pg_lost_err();
    }
    if (db->began && PQtransactionStatus(p->c) != PQTRANS_INTRANS) {
        return err_make(ERR_STORE, STR("the transaction is gone"));
    }
    p->send_ok = true;
    /* BEGIN goes first and unprepared: after any other command of the pipeline, a
     * "deallocate" for instance, it could no longer choose its isolation. */
    for (int i = 0; i < db->npend; i++) {
        pg_send_text(p, pg_step_text(db, db->pend[i]), PG_STEP, 0);
    }
    pg_send_forget(p);
    for (int i = 0; i < b->len && p->send_ok; i++) {
        if (db_fault_due(db)) {
            pg_send_fault(p, (int16_t)i);
        }
        pg_send_stmt(p, &b->stmts[i], PG_STMT, (int16_t)i);
    }
    if (!pg_send_sync(p)) {
        pg_settle(db);
        return p->lost ? pg_lost_err() : err_make(ERR_STORE, STR("too much SQL text at once"));
    }
    p->deadline_us = db->limits.time_ms ? db_now_us() + db->limits.time_ms * 1000 : 0;
    return pg_read(p, b, b->arena);
}

static err pg_commit(struct db *db, struct arena *a)
{
    struct pg *p = pg_of(db);
    if (p->lost) {
        return pg_lost_err();
    }
    p->send_ok = true;
    if (db->commit_fault == COMMIT_FAILS) {
        pg_send_text(p, "select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)", PG_QUIET, 0);
    }
    pg_send_text(p, db->scratch ? "release w" : "commit", db->scratch ? PG_QUIET : PG_COMMIT, 0);
    bool unheard = db->commit_fault == COMMIT_UNHEARD;
    db->commit_fault = COMMIT_SOUND;
    err e = pg_send_sync(p) ? pg_read(p, NULL, a) : pg_lost_err();
    if (unheard) { /* it came, and nobody is told; closing at once might come too late */
        shutdown(PQsocket(p->c), SHUT_RDWR);
        p->lost = true;
        return pg_lost_err();
    }
    return e;
}

static void pg_rollback(struct db *db, bool wait)
{
    struct pg *p = pg_of(db);
    if (p->lost || PQtransactionStatus(p->c) == PQTRANS_IDLE) {
        return;
    }
    p->send_ok = true;
    if (db->scratch) {
        pg_send_text(p, "rollback to w", PG_QUIET, 0);
    }
    pg_send_text(p, db->scratch ? "release w" : "rollback", PG_QUIET, 0);
    if (pg_send_sync(p) && wait) {
        pg_settle(db);
    }
}

static err pg_rollback_to(struct db *db)
{
    struct pg *p = pg_of(db);
    /* An error text, if there is one, needs a place; it is short. */
    struct arena a = arena_make(128 << 10);
    p->send_ok = true;
    pg_send_text(p, "rollback to s", PG_QUIET, 0);
    pg_send_text(p, "release s", PG_QUIET, 0);
    err e = pg_send_sync(p) ? pg_read(p, NULL, &a) : pg_lost_err();
    arena_end(&a);
    return e.code ? err_make(e.code, STR("postgresql: rollback to savepoint failed")) : OK;
}

static bool pg_in_write(struct db *db)
{
    struct pg *p = pg_of(db);
    if (p->lost) {
        return false;
    }
    PGTransactionStatusType s = PQtransactionStatus(p->c);
    return s == PQTRANS_INTRANS || (s == PQTRANS_INERROR && db->savepoints > 0);
}

static bool pg_lost(const struct db *db)
{
    return ((const struct pg *)db)->lost;
}

static void pg_nothing(struct db *db)
{
    (void)db; /* limits are looked at when a batch runs */
}

static const struct db_ops ops = {
    .settle = pg_settle,
    .run = pg_run,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .rollback_to = pg_rollback_to,
    .in_write = pg_in_write,
    .lost = pg_lost,
    .limits = pg_nothing,
    .plant = pg_nothing,
    .rest = pg_nothing,
};

/* --- opening -------------------------------------------------------------------------------- */

static void pg_close(void *arg)
{
    struct pg *p = arg;
    PQclear(p->held);
    PQfinish(p->c);
    arena_end(&p->texts);
}

static void on_notice(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r; /* the server's log has it */
}

/* A node that dies in a transaction holds the write lock no longer than 5 s. */
static bool pg_setup(struct pg *p, struct arena *life, struct db_options opt)
{
    struct sqlb b = sqlb_make(life);
    SQLB_LIT(&b, "set client_min_messages = warning; set standard_conforming_strings = on;"
                 "set bytea_output = hex; set timezone = 'UTC'; set jit = off;"
                 "set statement_timeout = 0; set lock_timeout = '10s';"
                 "set idle_in_transaction_session_timeout = '5s';"
                 "set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 1;"
                 "set tcp_keepalives_count = 2; set tcp_user_timeout = 5000;"
                 "set search_path to ");
    sqlb_ident(&b, opt.schema ? str_from(opt.schema) : STR("public"));
    PGresult *r = PQexec(p->c, sqlb_end(&b).text.ptr);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return ok && PQenterPipelineMode(p->c);
}

err db_pg_open(struct arena *life, str url, struct db_options opt, struct db **ret)
{
    struct pg *p = arena_new(life, struct pg);
    p->db.kind = DB_PG;
    p->db.ops = &ops;
    p->texts = arena_make(TEXTS_MAX);
    cache_make(&p->db.cache, life);
    str z = str_copy(life, url);
    const char *keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                          "keepalives_count", "tcp_user_timeout", "client_encoding",
                          "application_name", "dbname",           NULL};
    const char *values[] = {"5", "3", "1", "2", "5000", "UTF8", "zhidu", z.ptr, NULL};
    arena_defer(life, pg_close, p);
    p->c = PQconnectdbParams(keys, values, 1);
    if (PQstatus(p->c) != CONNECTION_OK || !pg_setup(p, life, opt)) {
        return err_make(ERR_STORE,
                        str_fmt(life, "cannot open PostgreSQL: %s", PQerrorMessage(p->c)));
    }
    PQsetNoticeReceiver(p->c, on_notice, NULL);
    *ret = &p->db;
    return OK;
}
