/* db_sqlite_int.h - one SQLite connection, shared by db_sqlite*.c. */
#ifndef STORE_DB_SQLITE_INT_H
#define STORE_DB_SQLITE_INT_H

#include "store/db_int.h"
#include "store/db_kept.h"

#include <sqlite3.h>

/* Stands between SQLite and one of its open files (db_sqlite_fault.c). */
struct sq_shim {
    sqlite3_io_methods methods; /* first: the file points here */
    const sqlite3_io_methods *real;
    sqlite3_file *file;
    bool *failing;
};

struct sq {
    struct db db;
    sqlite3 *h;
    sqlite3_stmt *running;   /* stepped and not reset yet */
    struct cache_entry once; /* a statement outside the cache */
    sqlite3_stmt *back;      /* "rollback": the end of every page */
    bool own_tx;             /* a batch's own transaction is open */
    bool limited;            /* the running statement may be interrupted */
    int64_t steps_left, deadline_us;
    struct kept *kept;       /* of a reader of a file; else NULL */
    int64_t version;         /* of the snapshot; 0: not asked yet */
    int64_t log_pages;       /* in the write-ahead log at the last commit */
    enum db_fault armed;     /* strikes at the next occasion */
    bool failing;            /* files fail */
    struct sq_shim shims[2]; /* the database, its log */
};

enum { SQ_PROGRESS_STEPS = 1000 };

static inline struct sq *sq_of(struct db *db)
{
    return (struct sq *)db; /* db is its first member */
}

/* The connection's last error, with the statement it met. */
err sq_err(struct sq *q, struct arena *a, str text);
/* Fills `e` with the prepared statement; sq_drop is its end. */
err sq_prepare(struct sq *q, struct arena *a, str text, unsigned flags, struct cache_entry *e);
void sq_drop(void *arg, struct cache_entry *e);
/* The cached statement of this text, prepared when it is new. */
err sq_find(struct sq *q, struct arena *a, struct sql sql, struct cache_entry **ret);
err sq_bind(struct sq *q, struct arena *a, const struct cache_entry *e, const struct batch_stmt *s);

/* Sets SQLite's progress callback as the limits (and a planted interrupt) say. */
void sq_progress(struct sq *q);
/* Makes ready the planted fault, right before the statement that meets it. */
void sq_fault_arm(struct sq *q);
/* ... before a commit that is planned to fail. */
void sq_fault_commit(struct sq *q);
/* After a statement or a commit: takes the fault away once it has struck. */
void sq_fault_after(struct sq *q, int rc);
void sq_fault_off(struct sq *q);

#endif
