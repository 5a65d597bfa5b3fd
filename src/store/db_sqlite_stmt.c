/* db_sqlite_stmt.c - SQLite's errors; statements prepared, cached and bound. */
#include "base/arena.h"
#include "store/db_sqlite_int.h"

/* --- errors ------------------------------------------------------------------ */

static enum err_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       rc == SQLITE_CONSTRAINT_ROWID
                   ? ERR_CONFLICT
                   : ERR_STORE;
    case SQLITE_FULL:
    case SQLITE_READONLY:
        return ERR_DISK;
    case SQLITE_IOERR: /* also: no room, or no memory, for the index of the log */
        if (rc == SQLITE_IOERR_SHMMAP || rc == SQLITE_IOERR_NOMEM) {
            return ERR_BUSY;
        }
        return rc == SQLITE_IOERR_SHMSIZE || rc == SQLITE_IOERR_WRITE ? ERR_DISK : ERR_STORE;
    case SQLITE_CANTOPEN: /* no more open files, mostly */
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return ERR_BUSY;
    default:
        return ERR_STORE;
    }
}

err sq_err(struct sq *q, struct arena *a, str text)
{
    int rc = sqlite3_extended_errcode(q->h);
    str cut = str_from_n(text.ptr, text.len < 300 ? text.len : 300);
    return err_make(code_of(rc),
                    str_fmt(a, "sqlite %d: %s: %.*s", rc, sqlite3_errmsg(q->h), STR_ARG(cut)));
}

/* --- statements ---------------------------------------------------------------- */

void sq_drop(void *arg, struct cache_entry *e)
{
    (void)arg;
    sqlite3_finalize(e->stmt);
    sqlite3_free(e->map);
    e->stmt = NULL;
    e->map = NULL;
}

/* SQLite numbers $1, $2 ... by first appearance, because to it they are names.
 * The map says which argument each of its parameters is. */
static bool map_params(struct cache_entry *e)
{
    e->highest = 0;
    e->nparams = sqlite3_bind_parameter_count(e->stmt);
    bool in_order = true;
    for (int i = 0; i < e->nparams; i++) {
        const char *name = sqlite3_bind_parameter_name(e->stmt, i + 1);
        int64_t n = 0;
        if (!name || name[0] != '$' || !str_to_i64(str_from(name + 1), &n) || n < 1 ||
            n > DB_ARGS_MAX) {
            return false;
        }
        if (n != i + 1 && in_order) {
            in_order = false;
            e->map = sqlite3_malloc64((uint64_t)e->nparams * sizeof(*e->map));
            if (!e->map) {
                return false;
            }
            for (int k = 0; k < i; k++) {
                e->map[k] = (uint16_t)k;
            }
        }
        if (!in_order) {
            e->map[i] = (uint16_t)(n - 1);
        }
        e->highest = (int)n > e->highest ? (int)n : e->highest;
    }
    return true;
}

static bool only_space(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p != ' ' && *p != '\n' && *p != '\t' && *p != '\r' && *p != ';') {
            return false;
        }
    }
    return true;
}

err sq_prepare(struct sq *q, struct arena *a, str text, unsigned flags, struct cache_entry *e)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    if (text.len > INT32_MAX) {
        return err_make(ERR_STORE, STR("statement too long"));
    }
    e->map = NULL;
    int rc = sqlite3_prepare_v3(q->h, text.ptr, (int)text.len, flags, &stmt, &tail);
    if (rc) {
        return sq_err(q, a, text);
    }
    e->stmt = stmt;
    if (!stmt || !only_space(tail, text.ptr + text.len) || !map_params(e)) {
        sq_drop(NULL, e);
        return err_make(ERR_STORE,
                        str_fmt(a, "not one statement with $1, $2: %.*s", STR_ARG(text)));
    }
    e->text = str_from_n(sqlite3_sql(stmt), text.len);
    e->reads = sqlite3_stmt_readonly(stmt);
    e->serial = ++q->db.counts.prepared;
    return OK;
}

err sq_find(struct sq *q, struct arena *a, struct sql sql, struct cache_entry **ret)
{
    struct cache_entry *e = cache_find(&q->db.cache, sql, 0);
    if (!e) {
        e = cache_take(&q->db.cache, sq_drop, NULL);
        err x = sq_prepare(q, a, sql.text, SQLITE_PREPARE_PERSISTENT, e);
        if (x.code) {
            return x;
        }
        e->hash = sql.hash ? sql.hash : sql_hash(sql.text);
        cache_put(&q->db.cache, e);
    }
    *ret = e;
    return OK;
}

static int bind_one(sqlite3_stmt *stmt, int i, const struct db_arg *arg)
{
    if (arg->null) {
        return sqlite3_bind_null(stmt, i);
    }
    if (arg->type == DB_ARG_I64) {
        return sqlite3_bind_int64(stmt, i, arg->i64);
    }
    const char *p = arg->text.ptr ? arg->text.ptr : "";
    if (arg->type == DB_ARG_TEXT) {
        return sqlite3_bind_text64(stmt, i, p, arg->text.len, SQLITE_STATIC, SQLITE_UTF8);
    }
    return sqlite3_bind_blob64(stmt, i, p, arg->text.len, SQLITE_STATIC);
}

err sq_bind(struct sq *q, struct arena *a, const struct cache_entry *e, const struct batch_stmt *s)
{
    if (s->unbound) {
        return OK;
    }
    if (e->highest > s->nargs) {
        return err_make(ERR_STORE,
                        str_fmt(a, "$%d has no argument: %.*s", e->highest, STR_ARG(s->sql.text)));
    }
    for (int i = 0; i < e->nparams; i++) {
        int n = e->map ? e->map[i] : i;
        if (bind_one(e->stmt, i + 1, &s->args[n])) {
            return sq_err(q, a, s->sql.text);
        }
    }
    return OK;
}
