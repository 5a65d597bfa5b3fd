/* Planted failures.  Nothing is pretended: SQLite is interrupted, meets its
 * page limit, or has its reads and writes fail, and then does what it does. */
#include "store/db_sqlite_int.h"

#include <stdio.h>

/* --- files that fail ---------------------------------------------------------- */

static const struct sq_shim *shim_of(const sqlite3_file *f)
{
    return (const struct sq_shim *)f->pMethods;
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    const struct sq_shim *s = shim_of(f);
    return *s->failing ? SQLITE_IOERR_READ : s->real->xRead(f, p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    const struct sq_shim *s = shim_of(f);
    return *s->failing ? SQLITE_IOERR_WRITE : s->real->xWrite(f, p, n, at);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    const struct sq_shim *s = shim_of(f);
    return *s->failing ? SQLITE_IOERR_FSYNC : s->real->xSync(f, flags);
}

static void put_shim(struct sq *q, struct sq_shim *s, int which)
{
    sqlite3_file *f = NULL;
    if (s->file || sqlite3_file_control(q->h, "main", which, &f) || !f || !f->pMethods) {
        return;
    }
    s->real = f->pMethods;
    s->methods = *f->pMethods;
    s->methods.xRead = shim_read;
    s->methods.xWrite = shim_write;
    s->methods.xSync = shim_sync;
    s->failing = &q->failing;
    s->file = f;
    f->pMethods = &s->methods;
}

static void take_shim(struct sq_shim *s)
{
    if (s->file && s->file->pMethods == &s->methods) {
        s->file->pMethods = s->real;
    }
    s->file = NULL;
}

/* With everything written to the log and no page kept, whatever a statement
 * wants must come from the files. */
static void arm_io(struct sq *q)
{
    sqlite3_db_cacheflush(q->h);
    sqlite3_db_release_memory(q->h);
    put_shim(q, &q->shims[0], SQLITE_FCNTL_FILE_POINTER);
    put_shim(q, &q->shims[1], SQLITE_FCNTL_JOURNAL_POINTER);
    q->failing = true;
}

/* --- a disk that is full --------------------------------------------------------- */

static int one_number(void *arg, int cols, char **values, char **names)
{
    (void)names;
    int64_t *n = arg;
    return cols == 1 && values[0] && str_to_i64(str_from(values[0]), n) ? 0 : 1;
}

static void limit_pages(struct sq *q, int64_t pages)
{
    char text[64];
    snprintf(text, sizeof(text), "pragma max_page_count=%lld", (long long)pages);
    sqlite3_exec(q->h, text, NULL, NULL, NULL);
}

static void arm_full(struct sq *q)
{
    int64_t pages = 0;
    sqlite3_exec(q->h, "pragma page_count", one_number, &pages, NULL);
    limit_pages(q, pages);
}

/* --- an interrupt -------------------------------------------------------------------- */

static int on_step(void *arg)
{
    const struct sq *q = arg;
    return q->running != NULL;
}

/* --- arming and ending ------------------------------------------------------------------ */

static bool in_memory(struct sq *q)
{
    const char *name = sqlite3_db_filename(q->h, "main");
    return !name || !name[0];
}

void sq_fault_arm(struct sq *q)
{
    enum db_fault fault = q->db.fault;
    bool io = fault == DB_FAULT_IO || fault == DB_FAULT_LOST;
    if (io && in_memory(q)) {
        fault = DB_FAULT_INTERRUPT;
    }
    q->armed = fault;
    switch (fault) {
    case DB_FAULT_NONE:
        break;
    case DB_FAULT_INTERRUPT:
        sqlite3_progress_handler(q->h, 1, on_step, q);
        break;
    case DB_FAULT_FULL:
        arm_full(q);
        break;
    case DB_FAULT_IO:
    case DB_FAULT_LOST:
        arm_io(q);
        break;
    }
}

void sq_fault_commit(struct sq *q)
{
    if (q->db.commit_fault == COMMIT_FAILS) {
        q->db.fault = DB_FAULT_IO;
        sq_fault_arm(q);
    }
}

void sq_fault_off(struct sq *q)
{
    enum { NO_LIMIT = 1073741823 };
    if (q->armed == DB_FAULT_FULL) {
        limit_pages(q, NO_LIMIT);
    }
    q->failing = false;
    take_shim(&q->shims[0]);
    take_shim(&q->shims[1]);
    q->armed = DB_FAULT_NONE;
    q->db.fault = DB_FAULT_NONE;
    sq_progress(q);
}

void sq_fault_after(struct sq *q, int rc)
{
    int primary = rc & 0xff;
    bool struck = primary == SQLITE_INTERRUPT || primary == SQLITE_FULL || primary == SQLITE_IOERR;
    if (q->armed != DB_FAULT_NONE && struck) {
        sq_fault_off(q);
    }
}
