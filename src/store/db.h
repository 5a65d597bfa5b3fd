/* db.h - SQL against the chosen database, in batches.
 *
 * One struct db is one connection, used by one thread at a time: SQLite
 * (db_sqlite.c) or PostgreSQL (db_pg.c) behind the same functions.
 *
 * A page or an act first states the statements it needs, then runs them, then
 * reads the results in order:
 *
 *     struct batch *b = batch_begin(db, arena);
 *     int who  = batch_add(b, SQL("select name from account where id = $1"), ARGS(db_i64(id)));
 *     int mine = batch_add(b, SQL("select id from task where person = $1"), ARGS(db_i64(id)));
 *     err e = batch_run(b);
 *     if (e.code) { return e; }
 *     struct rows r = batch_rows(b, mine);
 *     while (rows_next(&r)) { use(rows_i64(&r, 0)); }
 *
 * On PostgreSQL one batch is one pipeline: one round trip.  On SQLite it is a
 * loop.  Results are complete and live in the arena, so nothing stays open.
 * The first failing statement ends the batch; its error is batch_run's.
 *
 * Statements are prepared once per connection and cached by text.  Arguments
 * carry their SQL type even when they are null (PostgreSQL needs to know).
 * Numbers are bigint, text is UTF-8, truth values are 0 and 1: a boolean
 * expression is selected as cast((...) as integer).
 *
 * A statement may return at most `max_rows` rows (default 10,000, batch_max_rows);
 * one more is ERR_STORE, a bug of the caller, who should page.  Limits per
 * connection: db_limit().
 *
 * Errors: a unique key broken is ERR_CONFLICT; a limit passed, a lock not given
 * in time, a lost connection, no memory or no file to be had is ERR_BUSY; a disk
 * that is full or cannot be written is ERR_DISK; everything else is ERR_STORE.
 * Their detail lives in the arena of the call.
 *
 * Round trips and statements are counted (db_counts), so that tests can hold a
 * page to <= 2 trips and <= 20 statements.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/err.h"
#include "store/sql.h"

struct arena;
struct db;
struct memo;
struct batch;

enum db_kind { DB_SQLITE, DB_PG };

struct db_arg {
    enum { DB_ARG_I64, DB_ARG_TEXT, DB_ARG_BLOB } type;
    bool null;
    int64_t i64;
    str text; /* must live until the batch has run */
};

static inline struct db_arg db_i64(int64_t v)
{
    return (struct db_arg){.type = DB_ARG_I64, .i64 = v};
}
static inline struct db_arg db_text(str v)
{
    return (struct db_arg){.type = DB_ARG_TEXT, .text = v};
}
static inline struct db_arg db_blob(str v)
{
    return (struct db_arg){.type = DB_ARG_BLOB, .text = v};
}
static inline struct db_arg db_null_i64(void)
{
    return (struct db_arg){.type = DB_ARG_I64, .null = true};
}
static inline struct db_arg db_null_text(void)
{
    return (struct db_arg){.type = DB_ARG_TEXT, .null = true};
}

struct db_args {
    const struct db_arg *ptr;
    int len;
};
#define ARGS(...)                                    \
    ((struct db_args){                               \
        .ptr = (const struct db_arg[]){__VA_ARGS__}, \
        .len = (int)(sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg))})
#define NO_ARGS ((struct db_args){0})

enum { BATCH_MAX = 256, DB_ARGS_MAX = 800 };

/* Outside a transaction a batch is one of its own, all or nothing: it commits when
 * the last statement has succeeded.  It lives in `a`, and runs once. */
struct batch *batch_begin(struct db *db, struct arena *a);
/* Adds a statement; the arguments are copied (not the bytes of their texts).
 * Returns its place for batch_rows.  More than BATCH_MAX statements, or more than
 * DB_ARGS_MAX arguments, abort. */
int batch_add(struct batch *b, struct sql sql, struct db_args args);
/* The same, for a question that every page asks.  On SQLite the answer of an
 * earlier page is given again while nothing was committed in between (so within
 * the snapshot it is what asking would give).  Kept are only answers of at most 64
 * whole numbers to at most 8, on connections that read a file; else it is asked. */
int batch_add_kept(struct batch *b, struct sql sql, struct db_args args);
void batch_max_rows(struct batch *b, int place, int64_t max_rows);
MUST_CHECK err batch_run(struct batch *b);

struct rows {
    const struct rows_data *data; /* NULL: no rows, as where nothing was asked */
    int64_t row;                  /* of the current row; -1 before the first rows_next */
};
/* The results of the statement at `place`, once the batch has run; columns count from 0,
 * and one that is not there, or a row before rows_next, aborts. */
struct rows batch_rows(struct batch *b, int place);
int64_t rows_count(const struct rows *r);          /* rows returned */
int64_t batch_changed(struct batch *b, int place); /* rows inserted, updated or deleted */
bool rows_next(struct rows *r);
bool rows_null(const struct rows *r, int col);
int64_t rows_i64(const struct rows *r, int col); /* 0 where null, or no whole number */
str rows_text(const struct rows *r,
              int col); /* empty where null; lives in the arena; also for blobs */

/* A batch that goes along with the next one of its connection, before it, and
 * costs no trip of its own; at most 8 can wait (more abort).  batch_join, of a batch
 * that was told to ride: it has run, now or then; its results can be read.  The error
 * of one is the error of both. */
void batch_ride(struct batch *b);
MUST_CHECK err batch_join(struct batch *b);
/* The same for a statement whose result nobody asks for.  What fails is said by
 * the next batch, by db_flush or by db_commit (or at once, when 128 wait and are sent
 * on); the end of a read transaction and a rollback, also to a savepoint, forget what
 * waits.  Flush before a savepoint and before its release: what waits there aborts. */
MUST_CHECK err db_queue(struct db *db, struct arena *a, struct sql sql, struct db_args args);
MUST_CHECK err db_flush(struct db *db, struct arena *a);

/* One statement as a batch of one. */
MUST_CHECK err db_query(struct db *db, struct arena *a, struct sql sql, struct db_args args,
                        struct rows *ret);
MUST_CHECK err db_exec(struct db *db, struct arena *a, struct sql sql, struct db_args args);

/* --- connections --------------------------------------------------------- */

struct db_options {
    bool writer;        /* SQLite: 16 MB cache, no automatic checkpoint */
    const char *schema; /* PostgreSQL: search_path, for tests; NULL: public */
};

/* Opens `url`: "sqlite:/path/file", "sqlite::memory:", or what libpq accepts,
 * beginning with "postgresql:" or "host=".  The connection closes when `life`
 * is reset.  SQLite: WAL, synchronous=FULL, temp_store=MEMORY, foreign_keys
 * off (the engine owns the references), trusted_schema off, defensive on; the
 * bigram tokeniser (store/bigram.h) is registered.  ERR_DISK where the file's disk is
 * full; ERR_STORE for every other reason, an unreachable server included. */
MUST_CHECK err db_open(struct arena *life, str url, struct db_options opt, struct db **ret);
enum db_kind db_kind(const struct db *db);
/* Is the connection beyond use?  Then only opening another helps. */
bool db_lost(const struct db *db);

struct db_limits {
    int64_t steps;   /* SQLite: virtual machine steps per SELECT / PostgreSQL: ignored; 0: none */
    int64_t time_ms; /* per batch; 0: none.  A SELECT over it ends with ERR_BUSY.  A
                        mutation is never interrupted (architecture.md, One act 3) */
};
void db_limit(struct db *db, struct db_limits limits);

/* Nobody will ask for a while: what is held only to be quicker is given back.  Outside a
 * transaction. */
void db_rest(struct db *db);

/* Whom the connection works for: in the log, beside statements that took longer
 * than log_settings().slow_statement_us (their text, with ? for every value). */
void db_tag(struct db *db, int64_t request);

struct db_counts {
    int64_t statements, trips, prepared;
};
struct db_counts db_counts(const struct db *db); /* since it was opened */

/* What its users worked out once (base/memo.h): as long-lived as the connection
 * and as much one thread's. */
struct memo *db_memo(struct db *db);

/* --- transactions --------------------------------------------------------- */

/* A connection is in one transaction at a time: beginning inside another, and ending
 * one that was not begun, abort.
 *
 * A read transaction: one snapshot for a whole page (PostgreSQL: REPEATABLE
 * READ, READ ONLY).  Begin is sent with the first batch, so it costs no trip;
 * end is a ROLLBACK sent without waiting for its answer.  A statement that writes
 * is ERR_STORE in it. */
void db_read_begin(struct db *db);
void db_read_end(struct db *db);

/* A write transaction (SQLite: BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED).
 * Begin and savepoints are sent with the next batch; commit is durable when it
 * returns OK, and ends the transaction in any case: after an error only a look tells
 * whether it happened. */
void db_write_begin(struct db *db);
MUST_CHECK err db_commit(struct db *db, struct arena *a);
void db_rollback(struct db *db);
/* Savepoints, one inside the other (at most SAVEPOINTS_MAX).  db_savepoint and
 * db_release ride on the next batch (release also on commit); release and
 * rollback_to speak of the innermost; rollback_to runs at once, and ends it.  Its error
 * says that the transaction is gone with it. */
enum { SAVEPOINTS_MAX = 12 };
void db_savepoint(struct db *db);
void db_release(struct db *db);
MUST_CHECK err db_rollback_to(struct db *db);
/* Instead of a savepoint, where hardly anything is ever taken back and the whole
 * transaction can be done again: a savepoint of SQLite's copies every page that is changed
 * after it.  db_back_to_mark drops what was queued since and is true when nothing more has
 * to be undone; false when a statement since may have changed something, or the
 * transaction is gone.  There is one mark, the last.  SQLite only. */
void db_mark(struct db *db);
bool db_back_to_mark(struct db *db);
/* Is the transaction still there?  False after an error that ended it (SQLite:
 * autocommit is back; PostgreSQL: connection lost or the transaction is gone
 * beyond the savepoint).  Ask after every error of a write. */
bool db_in_write(struct db *db);
/* Between db_read_begin and db_read_end? */
bool db_in_read(const struct db *db);
/* Between begin and end everything is undone at the end, what was committed in
 * between included: for a series of examples that all begin from the same
 * records.  Not inside a transaction, no other connection sees it, and DDL of
 * the search tables may not run in it. */
MUST_CHECK err db_scratch_begin(struct db *db, struct arena *a);
MUST_CHECK err db_scratch_end(struct db *db, struct arena *a);
/* Ends whatever transaction is open, for those who were cut short: after a jump
 * out of a full arena, or when a function that begins and ends transactions
 * did not come to its end. */
void db_reset(struct db *db);
/* SQLite: works the log into the database, as far as readers allow; `restart`: waits for
 * them up to 50 ms and has the log begin anew.  Its file keeps its length, of some 64 MB: to
 * give it back and take it again costs as much as all that is written meanwhile.  Returns the
 * pages left, 0 also where it could not begin.  PostgreSQL: nothing, 0. */
int64_t db_checkpoint(struct db *db, bool restart);
/* What the log holds, made durable by another way than the log itself: for a new
 * connection after a commit that failed, or a process that died.  A file whose
 * sync failed once may lose what the kernel still shows, and a later sync of it
 * says nothing about that; so the log is copied into the database, and that is
 * synced.  ERR_BUSY while readers hold it back or the disk fails, ERR_DISK where it is full.
 * PostgreSQL: nothing, the server answers for it. */
MUST_CHECK err db_settle_log(struct db *db, struct arena *a);
/* SQLite's write-ahead log after this connection's last commit, for a writer;
 * 0 elsewhere. */
int64_t db_log_bytes(const struct db *db);

/* SQLite: writes the database as the connection's read transaction shows it into
 * a new file, page by page; acts go on meanwhile, and the log cannot be restarted
 * until it is done.  `progress` (may be NULL; done and total in bytes) is asked about
 * every megabyte; false ends it with ERR_BUSY.  What the new file cannot take, a full
 * disk too, is ERR_STORE with SQLite's words.  After an error the file is of no use.
 * Inside db_read_begin only; else, and on PostgreSQL, ERR_INVALID. */
MUST_CHECK err db_copy(struct db *db, struct arena *a, str path,
                       bool (*progress)(void *arg, int64_t done, int64_t total), void *arg);
/* SQLite: the file becomes one that stands alone, its log worked in and gone;
 * ERR_BUSY while another connection has it open.  An open transaction is undone first.
 * Close the connection next.  PostgreSQL: OK. */
MUST_CHECK err db_alone(struct db *db, struct arena *a);
/* SQLite: is every page, row and index of the file where it should be?  ERR_STORE
 * with the first thing that is not.  PostgreSQL: OK. */
MUST_CHECK err db_whole(struct db *db, struct arena *a);

/* --- schema ---------------------------------------------------------------- */

/* Runs DDL written once for both databases.  Words in capitals stand for
 * types: ID (integer primary key / bigint primary key), INT (integer /
 * bigint), BLOB (blob / bytea); text is text.  Statements end with ';', and every ';'
 * outside quotes ends one: no body of a trigger or function.  One batch: at most
 * BATCH_MAX statements. */
MUST_CHECK err db_ddl(struct db *db, struct arena *a, struct sql script);
/* The columns of a table, empty when there is no such table. */
MUST_CHECK err db_columns(struct db *db, struct arena *a, str table, struct str_list *ret);
MUST_CHECK err db_has_table(struct db *db, struct arena *a, str table, bool *ret);

/* The names of all tables, without what the database and the search index keep for
 * themselves. */
MUST_CHECK err db_tables(struct db *db, struct arena *a, struct str_list *ret);
struct db_column {
    str name;
    int type; /* DB_ARG_I64, DB_ARG_TEXT, DB_ARG_BLOB */
    bool odd; /* of a type only this database has */
};
/* The columns of a table with their types, in order; none when there is no such table. */
MUST_CHECK err db_column_types(struct db *db, struct arena *a, str table, struct db_column **ret,
                               size_t *n);
/* Every row of a table, DB_WALK_ROWS at a time, with these columns in this order; in
 * a read transaction, whose snapshot it walks, and once for each table in it (a cursor
 * of PostgreSQL stays to its end).  The arena of a page is reset after it.  An error,
 * the page's own too, ends the walk and keeps its code, not its text. */
enum { DB_WALK_ROWS = 256 };
MUST_CHECK err db_walk(struct db *db, str table, const struct db_column *columns, size_t n,
                       err (*page)(void *arg, struct arena *a, struct rows *r), void *arg);

struct migration {
    const char *name;  /* "engine 0001", unique for ever */
    struct sql script; /* DDL as in db_ddl */
};
/* Runs, in one transaction, those that are not yet in table `migration`. */
MUST_CHECK err db_migrate(struct db *db, struct arena *a, const struct migration *list, size_t n);

/* --- plans ------------------------------------------------------------------ */

/* Tables that the plan of `sql` walks from end to end ("SCAN t" in SQLite's
 * EXPLAIN QUERY PLAN; on PostgreSQL always empty: its planner looks at sizes).
 * Walking an index in order counts as a scan unless `ordered` allows it. */
MUST_CHECK err db_scans(struct db *db, struct arena *a, struct sql sql, bool ordered,
                        struct str_list *ret);

/* --- faults, for tests -------------------------------------------------------- */

enum db_fault { DB_FAULT_NONE, DB_FAULT_INTERRUPT, DB_FAULT_FULL, DB_FAULT_IO, DB_FAULT_LOST };
/* The n-th statement from now (1: the next) fails with this kind, as the
 * database itself would fail: SQLite through its progress callback, max_page_count
 * and failing reads and writes of its files; PostgreSQL through
 * statement_timeout, an error raised by the server and pg_terminate_backend.  A
 * statement that SQLite can answer without what is missing (no page to add, no
 * byte to read) leaves the fault to the next.  SQLite has no connection to lose:
 * there DB_FAULT_LOST is DB_FAULT_IO; a database in memory has no files either,
 * and takes both for DB_FAULT_INTERRUPT. */
void db_plant_fault(struct db *db, enum db_fault fault, int64_t n);
/* The next commit reports a failure: it fails (a write of the log fails / the
 * server ends the connection first), or it happens and its answer is lost. */
void db_plant_commit_fault(struct db *db, bool happens);

/* What a database needs of the machine besides a socket: of SQLite its file, of
 * PostgreSQL the ports and the files that its settings (and libpq's environment) name.
 * Opens nothing.  ERR_INVALID: not a database. */
enum { DB_OUTSIDE_MAX = 8 };
struct db_outside {
    int ports[DB_OUTSIDE_MAX], nports;
    str files[DB_OUTSIDE_MAX];
    int nfiles;
};
MUST_CHECK err db_outside(struct arena *a, str url, struct db_outside *ret);

#endif
