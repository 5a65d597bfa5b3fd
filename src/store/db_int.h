/* db_int.h - what db*.c share: the connection's state, batches, results, the
 * cache of prepared statements.  Nobody else includes it.
 *
 * db.c keeps the state of the transaction; a backend (db_sqlite.c, db_pg.c)
 * runs statements.  BEGIN, SAVEPOINT and RELEASE wait in `pend` until a batch
 * takes them along.
 *
 * A full arena may jump out of a backend between two calls of its library.
 * So a backend keeps whatever is half done in the connection, and ops->settle,
 * called first by every entry, puts it in order.
 */
#ifndef STORE_DB_INT_H
#define STORE_DB_INT_H

#include "base/memo.h"
#include "store/db.h"

enum { DB_ROWS_DEFAULT = 10000, BATCHES_WAITING = 8 };

struct cell {
    union {
        int64_t i64;
        const char *ptr;
    } v;
    uint32_t len; /* of a text, bytes */
    enum { CELL_NULL, CELL_I64, CELL_TEXT } type;
};

struct rows_data {
    struct arena *arena; /* where numbers asked for as text are written */
    struct cell *cells;  /* row by row */
    int64_t rows, cap;
    int cols;
    int64_t changed;
};

struct batch_stmt {
    struct sql sql;
    const struct db_arg *args;
    int nargs;
    bool once;    /* not worth preparing: DDL */
    bool unbound; /* its arguments do not matter: a plan */
    bool keep;    /* an answer kept from an earlier page will do */
    int64_t max_rows;
    struct rows_data result;
};

struct batch {
    struct db *db;
    struct arena *arena;
    struct batch_stmt *stmts;
    int len, cap;
    bool ran;
    bool nameless; /* of db_queue: nobody asks for its results */
    err result;    /* of the run it was part of, when it waited for it */
};

/* --- the cache of prepared statements (db_cache.c) ------------------------- */

enum { CACHE_MAX = 512, CACHE_HEADS = 1024, CACHE_HINTS = 256, CACHE_NONE = -1 };

struct cache_entry {
    str text; /* the backend's memory; valid while the entry is used */
    uint64_t hash;
    uint64_t types;     /* of the arguments; 0 where they do not matter */
    void *stmt;         /* SQLite's statement */
    int64_t serial;     /* SQLite: of all prepared on this connection */
    uint16_t *map;      /* SQLite: argument of each parameter; NULL: in order */
    int nparams;        /* SQLite's parameters */
    int highest;        /* highest $n */
    bool reads;         /* changes nothing */
    uint32_t id;        /* PostgreSQL's name, a number */
    int16_t prev, next; /* by age; next also links free entries */
    int16_t chain;      /* next in the same head */
};

struct cache {
    struct cache_entry *entries;
    int16_t *heads, *hints;
    int16_t newest, oldest, unused;
};

void cache_make(struct cache *c, struct arena *life);
/* The entry of this text, made the newest; NULL when there is none. */
struct cache_entry *cache_find(struct cache *c, struct sql sql, uint64_t types);
/* An entry to fill; give it to cache_put.  `drop` gets the oldest first when
 * all are used. */
struct cache_entry *cache_take(struct cache *c, void (*drop)(void *, struct cache_entry *),
                               void *arg);
/* Puts a filled entry (text, hash, types set) in its place. */
void cache_put(struct cache *c, struct cache_entry *e);
/* Takes an entry out, after the backend dropped what it held. */
void cache_remove(struct cache *c, struct cache_entry *e);

/* --- the connection --------------------------------------------------------- */

enum db_tx { TX_NONE, TX_READ, TX_WRITE };
enum db_step { STEP_BEGIN_READ, STEP_BEGIN_WRITE, STEP_SAVEPOINT, STEP_RELEASE };

enum db_commit_fault { COMMIT_SOUND, COMMIT_FAILS, COMMIT_UNHEARD };

struct db_ops {
    /* Puts right what a jump or an unread answer left behind. */
    void (*settle)(struct db *db);
    /* Runs the pending steps, then the statements: one trip. */
    err (*run)(struct db *db, struct batch *b);
    err (*commit)(struct db *db, struct arena *a);
    /* Without `wait` its answer is read by the next settle. */
    void (*rollback)(struct db *db, bool wait);
    err (*rollback_to)(struct db *db); /* to the innermost savepoint, and ends it */
    bool (*in_write)(struct db *db);
    bool (*lost)(const struct db *db);
    void (*limits)(struct db *db); /* they have changed */
    void (*plant)(struct db *db);  /* a fault was planted, or taken back */
    void (*rest)(struct db *db);
};

struct db {
    enum db_kind kind;
    const struct db_ops *ops;
    struct db_limits limits;
    struct db_counts counts;
    int64_t tag; /* db_tag */
    enum db_tx tx;
    enum db_step pend[2 * SAVEPOINTS_MAX + 2];
    int npend;
    bool began;                             /* the database has seen BEGIN */
    struct batch *waiting[BATCHES_WAITING]; /* go with the next batch, in order */
    int nwaiting;
    int savepoints; /* ... and that many SAVEPOINTs, one inside the other */
    int64_t wrote;  /* SQLite: statements that may have changed something */
    int64_t mark;   /* how many those were at db_mark */
    bool scratch;   /* transactions are savepoints `w` of one that is undone */
    struct cache cache;
    struct memo memo;
    enum db_fault fault;
    int64_t fault_in; /* statements until the planted fault; 0: it has come */
    enum db_commit_fault commit_fault;
};

MUST_CHECK err db_sqlite_open(struct arena *life, str path, struct db_options opt, struct db **ret);
MUST_CHECK err db_pg_open(struct arena *life, str url, struct db_options opt, struct db **ret);

/* A backend reports a pending step done: it leaves the list. */
void db_step_done(struct db *db);
/* Room for one more row of `cols` cells; the caller fills them. */
struct cell *rows_add(struct rows_data *d);
/* Is it the planted fault's turn?  Counts the statement. */
bool db_fault_due(struct db *db);
int64_t db_now_us(void); /* monotonic, for limits and figures only */

/* --- db_slow.c ----------------------------------------------------------------- */

/* A cheap clock of about 4 ms, enough to find what is slow. */
int64_t db_slow_clock_us(void);
/* Logs n statements that began then, when they took longer than is allowed. */
void db_slow_look(const struct db *db, const struct batch_stmt *s, int n, int64_t began_us);

#endif
