#include "base/arena.h"
#include "store/db_sqlite_int.h"

enum { STEP_PAGES = 256, PAGE_BYTES = 4096 };

static err copy_err(struct arena *a, sqlite3 *to, str path)
{
    return err_make(ERR_STORE,
                    str_fmt(a, "copying to %.*s: %s", STR_ARG(path), sqlite3_errmsg(to)));
}

static err copy_pages(struct sq *q, struct arena *a, sqlite3 *to, str path,
                      bool (*progress)(void *arg, int64_t done, int64_t total), void *arg)
{
    sqlite3_exec(to, "pragma journal_mode=off; pragma synchronous=off", NULL, NULL, NULL);
    sqlite3_backup *b = sqlite3_backup_init(to, "main", q->h, "main");
    if (!b) {
        return copy_err(a, to, path);
    }
    int rc = SQLITE_OK;
    bool on = true;
    while (rc == SQLITE_OK && on) {
        rc = sqlite3_backup_step(b, STEP_PAGES);
        int64_t total = sqlite3_backup_pagecount(b);
        int64_t done = total - sqlite3_backup_remaining(b);
        on = !progress || progress(arg, done * PAGE_BYTES, total * PAGE_BYTES);
    }
    sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE && rc != SQLITE_OK) {
        return err_make(ERR_STORE,
                        str_fmt(a, "copying to %.*s: %s", STR_ARG(path), sqlite3_errstr(rc)));
    }
    return rc == SQLITE_DONE ? OK : err_make(ERR_BUSY, STR("the copy was cancelled"));
}

err db_copy(struct db *db, struct arena *a, str path,
            bool (*progress)(void *arg, int64_t done, int64_t total), void *arg)
{
    if (db->kind != DB_SQLITE || db->tx != TX_READ) {
        return err_make(ERR_INVALID, STR("only what a read transaction of SQLite sees is copied"));
    }
    /* The first question begins the snapshot, and it stays until db_read_end: so pages that
     * others write meanwhile do not make the copy begin again. */
    struct rows r;
    err e = db_query(db, a, SQL("select count(*) from sqlite_schema"), NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    struct sq *q = sq_of(db);
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(str_copy(a, path).ptr, &to, flags, NULL);
    e = rc ? copy_err(a, to, path) : copy_pages(q, a, to, path, progress, arg);
    sqlite3_close(to);
    return e;
}

err db_whole(struct db *db, struct arena *a)
{
    if (db->kind != DB_SQLITE) {
        return OK;
    }
    struct rows r;
    err e = db_query(db, a, SQL("select * from pragma_integrity_check(1)"), NO_ARGS, &r);
    if (!e.code && (!rows_next(&r) || !str_eq(rows_text(&r, 0), STR("ok")))) {
        e = err_make(ERR_STORE, rows_text(&r, 0));
    }
    return e;
}

err db_alone(struct db *db, struct arena *a)
{
    if (db->kind != DB_SQLITE) {
        return OK;
    }
    db_reset(db);
    struct sq *q = sq_of(db);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(q->h, "pragma journal_mode=delete", -1, &stmt, NULL);
    bool alone = false;
    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);
        alone = mode && str_eq(str_from(mode), STR("delete"));
    }
    sqlite3_finalize(stmt);
    return alone ? OK
                 : err_make(ERR_BUSY, str_fmt(a, "another process has the database open: %s",
                                              sqlite3_errmsg(q->h)));
}
