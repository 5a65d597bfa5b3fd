#include "base/arena.h"
#include "store/db_int.h"

#include <assert.h>
#include <string.h>
#include <time.h>

static err open_of(struct arena *life, str url, struct db_options opt, struct db **ret)
{
    str sqlite = STR("sqlite:");
    if (str_starts(url, sqlite)) {
        str path = {.ptr = url.ptr + sqlite.len, .len = url.len - sqlite.len};
        return db_sqlite_open(life, path, opt, ret);
    }
    if (str_starts(url, STR("postgresql:")) || str_starts(url, STR("host="))) {
        return db_pg_open(life, url, opt, ret);
    }
    return err_make(ERR_STORE, STR("a database is sqlite:FILE or postgresql:..."));
}

static void forget(void *memo)
{
    memo_end(memo);
}

err db_open(struct arena *life, str url, struct db_options opt, struct db **ret)
{
    err e = open_of(life, url, opt, ret);
    if (!e.code) {
        (*ret)->memo = memo_make();
        arena_defer(life, forget, &(*ret)->memo);
    }
    return e;
}

struct memo *db_memo(struct db *db)
{
    return &db->memo;
}

enum db_kind db_kind(const struct db *db)
{
    return db->kind;
}

void db_rest(struct db *db)
{
    db->ops->rest(db);
}

void db_limit(struct db *db, struct db_limits limits)
{
    db->limits = limits;
    db->ops->limits(db);
}

struct db_counts db_counts(const struct db *db)
{
    return db->counts;
}

bool db_lost(const struct db *db)
{
    return db->ops->lost(db);
}

int64_t db_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- batches ---------------------------------------------------------------- */

enum { BATCH_FIRST = 4 };

struct batch *batch_begin(struct db *db, struct arena *a)
{
    struct batch *b = arena_new(a, struct batch);
    b->db = db;
    b->arena = a;
    return b;
}

static void batch_grow(struct batch *b)
{
    assert(b->len < BATCH_MAX);
    int cap = b->cap ? b->cap * 2 : BATCH_FIRST;
    struct batch_stmt *more = arena_array(b->arena, struct batch_stmt, (size_t)cap);
    if (b->len) {
        memcpy(more, b->stmts, (size_t)b->len * sizeof(*more));
    }
    b->stmts = more;
    b->cap = cap;
}

int batch_add(struct batch *b, struct sql sql, struct db_args args)
{
    assert(!b->ran && args.len <= DB_ARGS_MAX);
    if (b->len == b->cap) {
        batch_grow(b);
    }
    struct batch_stmt *s = &b->stmts[b->len];
    s->sql = sql;
    s->nargs = args.len;
    s->max_rows = DB_ROWS_DEFAULT;
    s->result.arena = b->arena;
    if (args.len) {
        struct db_arg *copy = arena_array(b->arena, struct db_arg, (size_t)args.len);
        memcpy(copy, args.ptr, (size_t)args.len * sizeof(*copy));
        s->args = copy;
    }
    return b->len++;
}

int batch_add_kept(struct batch *b, struct sql sql, struct db_args args)
{
    int place = batch_add(b, sql, args);
    b->stmts[place].keep = true;
    return place;
}

void batch_max_rows(struct batch *b, int place, int64_t max_rows)
{
    assert(place >= 0 && place < b->len && max_rows >= 0);
    b->stmts[place].max_rows = max_rows;
}

static err run_alone(struct db *db, struct batch *b)
{
    db->counts.trips++;
    db->counts.statements += b->len;
    if (db->kind == DB_SQLITE) {
        return db->ops->run(db, b); /* it looks at each statement */
    }
    int64_t began = db_slow_clock_us();
    err e = db->ops->run(db, b);
    db_slow_look(db, b->stmts, b->len, began);
    return e;
}

/* What waits and b, as one; each then finds its own results. */
static err run_together(struct db *db, struct batch *b, int all)
{
    struct batch one = {.db = db, .arena = b->arena, .len = all, .cap = all};
    struct batch *list[BATCHES_WAITING + 1];
    int n = 0;
    for (int i = 0; i < db->nwaiting; i++) {
        list[n++] = db->waiting[i];
    }
    list[n++] = b;
    db->nwaiting = 0;
    one.stmts = arena_array(b->arena, struct batch_stmt, (size_t)all);
    int at = 0;
    for (int i = 0; i < n; i++) {
        if (list[i]->len) {
            memcpy(one.stmts + at, list[i]->stmts, (size_t)list[i]->len * sizeof(*one.stmts));
        }
        list[i]->stmts = one.stmts + at;
        at += list[i]->len;
    }
    err e = run_alone(db, &one);
    for (int i = 0; i < n; i++) {
        list[i]->ran = true;
        list[i]->result = e;
    }
    return e;
}

err batch_run(struct batch *b)
{
    struct db *db = b->db;
    assert(!b->ran);
    b->ran = true;
    db->ops->settle(db);
    int all = b->len;
    for (int i = 0; i < db->nwaiting; i++) {
        all += db->waiting[i]->len;
    }
    if (all == 0 && db->npend == 0) {
        return OK;
    }
    if (all == b->len) {
        db->nwaiting = 0;
        return run_alone(db, b);
    }
    if (all <= BATCH_MAX) {
        return run_together(db, b, all);
    }
    err e = db_flush(db, b->arena);
    return e.code || !b->len ? e : run_alone(db, b);
}

static void wait_for_next(struct batch *b)
{
    struct db *db = b->db;
    assert(db->nwaiting < BATCHES_WAITING);
    db->waiting[db->nwaiting++] = b;
}

void batch_ride(struct batch *b)
{
    assert(!b->ran);
    wait_for_next(b);
}

err batch_join(struct batch *b)
{
    if (b->ran) {
        return b->result;
    }
    err e = db_flush(b->db, b->arena);
    return e.code ? e : b->result;
}

err db_queue(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    struct batch *last = db->nwaiting ? db->waiting[db->nwaiting - 1] : NULL;
    if (!last || !last->nameless) {
        last = batch_begin(db, a);
        last->nameless = true;
        wait_for_next(last);
    }
    batch_add(last, sql, args);
    return last->len < BATCH_MAX / 2 ? OK : db_flush(db, a);
}

err db_flush(struct db *db, struct arena *a)
{
    while (db->nwaiting) {
        struct batch *first = db->waiting[0];
        int all = first->len;
        int n = 1;
        while (n < db->nwaiting && all + db->waiting[n]->len <= BATCH_MAX) {
            all += db->waiting[n++]->len;
        }
        struct batch *rest[BATCHES_WAITING];
        int nrest = db->nwaiting - n;
        memcpy(rest, db->waiting + n, (size_t)nrest * sizeof(struct batch *));
        db->nwaiting = n;
        struct batch *none = batch_begin(db, a);
        none->ran = true;
        db->ops->settle(db);
        err e = all ? run_together(db, none, all) : OK;
        db->nwaiting = 0;
        if (e.code) {
            return e;
        }
        memcpy(db->waiting, rest, (size_t)nrest * sizeof(struct batch *));
        db->nwaiting = nrest;
    }
    return OK;
}

struct rows batch_rows(struct batch *b, int place)
{
    assert(b->ran && place >= 0 && place < b->len);
    return (struct rows){.data = &b->stmts[place].result, .row = -1};
}

int64_t batch_changed(struct batch *b, int place)
{
    assert(b->ran && place >= 0 && place < b->len);
    return b->stmts[place].result.changed;
}

/* --- rows ------------------------------------------------------------------- */

struct cell *rows_add(struct rows_data *d)
{
    enum { ROWS_FIRST = 4 };
    size_t cols = (size_t)d->cols;
    if (d->rows == d->cap) {
        int64_t cap = d->cap ? d->cap * 2 : ROWS_FIRST;
        struct cell *more =
            arena_unset(d->arena, (size_t)cap * cols, sizeof(*more), alignof(struct cell));
        if (d->rows) {
            memcpy(more, d->cells, (size_t)d->rows * cols * sizeof(*more));
        }
        d->cells = more;
        d->cap = cap;
    }
    return d->cells + (size_t)d->rows++ * cols;
}

int64_t rows_count(const struct rows *r)
{
    return r->data ? r->data->rows : 0;
}

bool rows_next(struct rows *r)
{
    if (r->row + 1 >= rows_count(r)) {
        return false;
    }
    r->row++;
    return true;
}

static const struct cell *at(const struct rows *r, int col)
{
    assert(r->row >= 0 && r->row < r->data->rows && col >= 0 && col < r->data->cols);
    return r->data->cells + (size_t)r->row * (size_t)r->data->cols + (size_t)col;
}

bool rows_null(const struct rows *r, int col)
{
    return at(r, col)->type == CELL_NULL;
}

int64_t rows_i64(const struct rows *r, int col)
{
    const struct cell *c = at(r, col);
    int64_t v = 0;
    if (c->type == CELL_I64) {
        return c->v.i64;
    }
    if (c->type == CELL_TEXT && !str_to_i64(str_from_n(c->v.ptr, c->len), &v)) {
        return 0;
    }
    return v;
}

str rows_text(const struct rows *r, int col)
{
    const struct cell *c = at(r, col);
    if (c->type == CELL_TEXT) {
        return str_from_n(c->v.ptr, c->len);
    }
    if (c->type == CELL_I64) {
        return str_fmt(r->data->arena, "%lld", (long long)c->v.i64);
    }
    return (str){0};
}

err db_query(struct db *db, struct arena *a, struct sql sql, struct db_args args, struct rows *ret)
{
    struct batch *b = batch_begin(db, a);
    int place = batch_add(b, sql, args);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    *ret = batch_rows(b, place);
    return OK;
}

err db_exec(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    struct batch *b = batch_begin(db, a);
    batch_add(b, sql, args);
    return batch_run(b);
}

/* --- transactions ------------------------------------------------------------ */

/* What waits was said before the step: it must not come after it. */
static void pend(struct db *db, enum db_step step)
{
    assert(!db->nwaiting);
    assert(db->npend < (int)(sizeof(db->pend) / sizeof(db->pend[0])));
    db->pend[db->npend++] = step;
}

void db_step_done(struct db *db)
{
    assert(db->npend > 0);
    switch (db->pend[0]) {
    case STEP_BEGIN_READ:
    case STEP_BEGIN_WRITE:
        db->began = true;
        break;
    case STEP_SAVEPOINT:
        db->savepoints++;
        break;
    case STEP_RELEASE:
        db->savepoints--;
        break;
    }
    db->npend--;
    memmove(db->pend, db->pend + 1, (size_t)db->npend * sizeof(db->pend[0]));
}

static void tx_over(struct db *db)
{
    db->tx = TX_NONE;
    db->npend = 0;
    db->nwaiting = 0;
    db->began = false;
    db->savepoints = 0;
}

void db_read_begin(struct db *db)
{
    assert(db->tx == TX_NONE);
    db->tx = TX_READ;
    pend(db, STEP_BEGIN_READ);
}

void db_read_end(struct db *db)
{
    assert(db->tx == TX_READ);
    db->ops->settle(db);
    if (db->began) {
        db->ops->rollback(db, false);
    }
    tx_over(db);
}

void db_write_begin(struct db *db)
{
    assert(db->tx == TX_NONE);
    db->tx = TX_WRITE;
    pend(db, STEP_BEGIN_WRITE);
}

err db_commit(struct db *db, struct arena *a)
{
    assert(db->tx == TX_WRITE);
    db->ops->settle(db);
    err e = db_flush(db, a);
    if (!e.code && db->began) {
        db->counts.trips++;
        e = db->ops->commit(db, a);
    }
    if (e.code && db->began) {
        db->ops->rollback(db, true);
    }
    tx_over(db);
    return e;
}

void db_rollback(struct db *db)
{
    assert(db->tx == TX_WRITE);
    db->ops->settle(db);
    if (db->began) {
        db->counts.trips++;
        db->ops->rollback(db, true);
    }
    tx_over(db);
}

void db_reset(struct db *db)
{
    if (db->tx == TX_READ) {
        db_read_end(db);
    } else if (db->tx == TX_WRITE) {
        db_rollback(db);
    }
    db->ops->settle(db);
}

err db_scratch_begin(struct db *db, struct arena *a)
{
    assert(db->tx == TX_NONE && !db->scratch);
    err e = db_exec(db, a, SQL("begin"), NO_ARGS);
    db->scratch = !e.code;
    return e;
}

err db_scratch_end(struct db *db, struct arena *a)
{
    assert(db->scratch);
    db_reset(db);
    db->scratch = false;
    return db_exec(db, a, SQL("rollback"), NO_ARGS);
}

void db_savepoint(struct db *db)
{
    assert(db->tx == TX_WRITE);
    pend(db, STEP_SAVEPOINT);
}

/* A savepoint that nothing has used yet is taken off the list again. */
static bool unpend_savepoint(struct db *db)
{
    if (db->npend && db->pend[db->npend - 1] == STEP_SAVEPOINT) {
        db->npend--;
        return true;
    }
    return false;
}

void db_release(struct db *db)
{
    assert(db->tx == TX_WRITE);
    if (!unpend_savepoint(db)) {
        pend(db, STEP_RELEASE);
    }
}

err db_rollback_to(struct db *db)
{
    assert(db->tx == TX_WRITE);
    db->nwaiting = 0;
    db->ops->settle(db);
    if (unpend_savepoint(db)) {
        return OK;
    }
    int levels = 1;
    while (db->npend && db->pend[db->npend - 1] == STEP_RELEASE) {
        db->npend--; /* released in name only: still inside the one that is meant */
        levels++;
    }
    err e = OK;
    for (int i = 0; i < levels && !e.code; i++) {
        if (!db->savepoints || !db_in_write(db)) {
            return err_make(ERR_STORE, STR("the savepoint is gone"));
        }
        db->counts.trips++;
        e = db->ops->rollback_to(db);
        db->savepoints -= !e.code;
    }
    return e;
}

void db_mark(struct db *db)
{
    assert(db->tx == TX_WRITE && db->kind == DB_SQLITE);
    db->mark = db->wrote;
}

bool db_back_to_mark(struct db *db)
{
    db->nwaiting = 0;
    return db_in_write(db) && db->wrote == db->mark;
}

bool db_in_read(const struct db *db)
{
    return db->tx == TX_READ;
}

bool db_in_write(struct db *db)
{
    if (db->tx != TX_WRITE) {
        return false;
    }
    db->ops->settle(db);
    return db->began ? db->ops->in_write(db) : !db->ops->lost(db);
}

/* --- faults ------------------------------------------------------------------- */

void db_plant_fault(struct db *db, enum db_fault fault, int64_t n)
{
    assert(n >= 1);
    db->fault = fault;
    db->fault_in = n;
    if (fault == DB_FAULT_NONE) {
        db->fault_in = 0;
    }
    db->ops->plant(db);
}

void db_plant_commit_fault(struct db *db, bool happens)
{
    db->commit_fault = happens ? COMMIT_UNHEARD : COMMIT_FAILS;
}

bool db_fault_due(struct db *db)
{
    if (db->fault == DB_FAULT_NONE || db->fault_in == 0) {
        return false;
    }
    return --db->fault_in == 0;
}
