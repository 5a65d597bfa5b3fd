/* control_write.c - what was judged otherwise than before, written. */
#include "engine/calendar.h"
#include "engine/control_history.h"
#include "engine/control_int.h"

#include <stdlib.h>
#include <string.h>

struct write_job {
    struct writer_job job;
    struct engine *e;
    const struct model *model;
    const struct control_work *work;
    int64_t now;
};

int control_byte(str v, size_t i)
{
    return i < v.len ? (unsigned char)v.ptr[i] : VERDICT_OUT;
}

/* Is the record in any population? */
static bool counts(str vector)
{
    for (size_t i = 0; i < vector.len; i++) {
        if (vector.ptr[i]) {
            return true;
        }
    }
    return false;
}

bool control_differs(const struct control_change *c)
{
    for (size_t i = 0; i < c->is.len; i++) {
        if (control_byte(c->was, i) != control_byte(c->is, i)) {
            return true;
        }
    }
    return c->unit != c->unit_was && counts(c->is);
}

struct control_change control_judged(struct arena *a, const struct control_set *s,
                                     const struct rows *r)
{
    char *bytes = arena_array(a, char, s->n);
    for (size_t i = 0; i < s->n; i++) {
        bytes[i] = (char)rows_i64(r, 1 + (int)i);
    }
    return (struct control_change){
        .record = rows_i64(r, 0), .is = {bytes, s->n}, .unit = rows_i64(r, 1 + (int)s->n)};
}

void control_put_was(struct control_change *c, const struct rows *old, bool there)
{
    if (there && rows_i64(old, 0) == c->record) {
        c->was = rows_text(old, 1);
        c->unit_was = rows_i64(old, 2);
    }
}

err control_until(const struct ctx *ctx, const struct cond *length, struct db_arg *ret)
{
    *ret = db_null_i64();
    if (!length->tree) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select ");
    sqlb_sql(&b, length->value);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, NULL, 0), &r);
    int64_t until = 0;
    if (e.code || !rows_next(&r) || rows_null(&r, 0)) {
        return e;
    }
    e = calendar_due(ctx, ctx->now, length->type.kind, rows_i64(&r, 0), &until);
    *ret = e.code ? *ret : db_i64(until);
    return e;
}

/* A row of control_row that a job is about to end. */
struct standing {
    int64_t control, since, seq, finding;
};
/* Of one record, by control. */
struct standings {
    struct standing *list;
    size_t n;
};

static bool stands(int verdict)
{
    return verdict != VERDICT_OK && verdict != VERDICT_OUT;
}

/* Does it go on, if for another reason? */
static bool goes_on(int was, int is)
{
    return was >= VERDICT_VIOLATION && is >= VERDICT_VIOLATION;
}

static bool ends_any(const struct control_set *s, const struct control_change *c)
{
    for (size_t k = 0; k < s->n; k++) {
        int was = control_byte(c->was, k);
        int is = control_byte(c->is, k);
        if (was != is && stands(was) && !goes_on(was, is)) {
            return true;
        }
    }
    return false;
}

/* Rows that a change writes: its vector, and one for each control whose row begins, goes on or
 * ends. */
static size_t rows_of(const struct control_work *w, const struct control_change *c)
{
    size_t n = 1;
    for (size_t k = 0; k < w->set->n; k++) {
        int was = control_byte(c->was, k);
        int is = control_byte(c->is, k);
        n += was != is && (stands(was) || stands(is));
    }
    return n;
}

/* What stands of the records of which something ends, in one trip: to select them row by row
 * while they are ended would have SQLite open a journal for each statement, and walk through the
 * job's own each time. */
static err read_standings(const struct ctx *ctx, const struct control_work *w,
                          struct standings *ret)
{
    int *at = arena_array(ctx->arena, int, w->nchanges + 1);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    for (size_t i = 0; i < w->nchanges; i++) {
        at[i] = ends_any(w->set, &w->changes[i])
                    ? batch_add(b,
                                SQL("select control, since, seq, coalesce(finding, 0) from"
                                    " control_row where record = $1 order by control"),
                                ARGS(db_i64(w->changes[i].record)))
                    : -1;
    }
    err e = batch_run(b);
    for (size_t i = 0; i < w->nchanges && !e.code; i++) {
        if (at[i] >= 0) {
            struct rows r = batch_rows(b, at[i]);
            ret[i].list = arena_array(ctx->arena, struct standing, (size_t)rows_count(&r) + 1);
            while (rows_next(&r)) {
                ret[i].list[ret[i].n++] = (struct standing){rows_i64(&r, 0), rows_i64(&r, 1),
                                                            rows_i64(&r, 2), rows_i64(&r, 3)};
            }
        }
    }
    return e;
}

static int by_control(const void *a, const void *b)
{
    int64_t x = ((const struct standing *)a)->control;
    int64_t y = ((const struct standing *)b)->control;
    return x < y ? -1 : x > y;
}

/* What was is over: it becomes an interval of the control's history, and what was found is tested
 * again where nothing stands in its place.  It holds, or is not judged any more. */
static err end_row(const struct ctx *ctx, const struct standings *was, const struct control *c,
                   int64_t record, int verdict, bool goes, int64_t seq)
{
    struct standing key = {.control = c->code};
    const struct standing *s =
        was->n ? bsearch(&key, was->list, was->n, sizeof(key), by_control) : NULL;
    if (!s) {
        return OK;
    }
    struct control_over over = {.kind = verdict == VERDICT_UNKNOWN ? HISTORY_UNKNOWN
                                                                   : HISTORY_VIOLATION,
                                .from = s->since,
                                .from_seq = s->seq,
                                .to_seq = seq};
    err e = control_history_end(ctx, c, record, &over);
    if (!e.code && goes && s->finding > 0) {
        e = db_queue(ctx->db, ctx->arena,
                     SQL("insert into control_retest(control, record, finding) values ($1, $2, $3)"
                         " on conflict (control, record) do update set finding ="
                         " excluded.finding"),
                     ARGS(db_i64(c->code), db_i64(record), db_i64(s->finding)));
    }
    return e.code || !goes
               ? e
               : db_queue(ctx->db, ctx->arena,
                          SQL("delete from control_row where control = $1 and record = $2"),
                          ARGS(db_i64(c->code), db_i64(record)));
}

/* --- rows, many in one statement -------------------------------------------------------------- */

/* Rows of one table that a job is about to put there, each another. */
struct puts {
    struct sql into, otherwise; /* before and after the values */
    int columns;
    struct db_arg *args;
    size_t n;
};

enum { VECTOR_COLUMNS = 4, ROW_COLUMNS = 7, UNIT_COLUMNS = 6, PUT_MANY = 50 };

static void puts_init(struct puts *p, struct arena *a, size_t rows)
{
    p->args = arena_array(a, struct db_arg, rows * (size_t)p->columns + 1);
}

static void puts_add(struct puts *p, const struct db_arg *row)
{
    memcpy(p->args + p->n++ * (size_t)p->columns, row, (size_t)p->columns * sizeof(*row));
}

static struct sql puts_sql(const struct ctx *ctx, const struct puts *p, size_t rows)
{
    struct sqlb b = sqlb_make(ctx->arena);
    sqlb_sql(&b, p->into);
    int arg = 0;
    for (size_t i = 0; i < rows; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        for (int c = 0; c < p->columns; c++) {
            if (c) {
                SQLB_LIT(&b, ", ");
            } else {
                SQLB_LIT(&b, "(");
            }
            sqlb_param(&b, ++arg);
        }
        SQLB_LIT(&b, ")");
    }
    sqlb_sql(&b, p->otherwise);
    return sqlb_end(&b);
}

/* On PostgreSQL a statement costs more than a row.  On SQLite it does not, and one of several rows
 * keeps a journal of its own. */
static err puts_write(const struct ctx *ctx, const struct puts *p)
{
    size_t many = db_kind(ctx->db) == DB_PG ? PUT_MANY : 1;
    struct sql all = puts_sql(ctx, p, many);
    struct sql one = many == 1 ? all : puts_sql(ctx, p, 1);
    err e = OK;
    for (size_t at = 0; at < p->n && !e.code;) {
        size_t n = p->n - at >= many ? many : 1;
        e = db_queue(ctx->db, ctx->arena, n == many ? all : one,
                     (struct db_args){p->args + at * (size_t)p->columns, (int)n * p->columns});
        at += n;
    }
    return e;
}

/* The row of one control about one record follows its byte: there is one where the record neither
 * holds nor is out of question.  A first look asks for nothing where nothing is. */
static err put_row(const struct ctx *ctx, const struct standings *stood, const struct control *c,
                   int64_t record, int was, int is, int64_t seq, struct puts *rows)
{
    bool on = goes_on(was, is);
    err x = stands(was) && !on ? end_row(ctx, stood, c, record, was, !stands(is), seq) : OK;
    if (x.code || !stands(is)) {
        return x;
    }
    if (on) {
        return db_queue(ctx->db, ctx->arena,
                        SQL("update control_row set verdict = $3 where control = $1"
                            " and record = $2"),
                        ARGS(db_i64(c->code), db_i64(record), db_i64(is)));
    }
    bool violated = c->newest && is >= VERDICT_VIOLATION;
    struct db_arg grace = db_null_i64();
    err e = violated ? control_until(ctx, &c->newest->grace, &grace) : OK;
    struct db_arg find =
        violated && c->newest->fix.tree ? grace.null ? db_i64(ctx->now) : grace : db_null_i64();
    const struct db_arg row[ROW_COLUMNS] = {
        db_i64(c->code), db_i64(record), db_i64(is), db_i64(ctx->now), grace, find, db_i64(seq)};
    puts_add(rows, row);
    return e;
}

static err put_vector(const struct ctx *ctx, const struct control_set *s,
                      const struct control_change *c, struct puts *vectors)
{
    if (!counts(c->is)) {
        return db_queue(ctx->db, ctx->arena, SQL("delete from control_vector where record = $1"),
                        ARGS(db_i64(c->record)));
    }
    const struct db_arg row[VECTOR_COLUMNS] = {db_i64(c->record), db_i64(s->type->code),
                                               db_blob(c->is), db_i64(c->unit)};
    puts_add(vectors, row);
    return OK;
}

/* --- figures -----------------------------------------------------------------------------------
 */

static err put_more(const struct ctx *ctx, const struct control *c, const struct control_tally *t)
{
    return !control_tally_any(t)
               ? OK
               : db_queue(
                     ctx->db, ctx->arena,
                     SQL("update control_result set n = n + $2, ok = ok + $3,"
                         " violation = violation + $4, unknown = unknown + $5 where control = $1"),
                     ARGS(db_i64(c->code), db_i64(t->n), db_i64(t->ok), db_i64(t->violation),
                          db_i64(t->unknown)));
}

/* How many more records of which unit have which verdict. */
static err put_units(const struct ctx *ctx, const struct control_units *u)
{
    struct puts p = {.into =
                         SQL("insert into control_figure(control, unit, n, ok, violation, unknown)"
                             " values "),
                     .otherwise = SQL(" on conflict (control, unit) do update set"
                                      " n = control_figure.n + excluded.n,"
                                      " ok = control_figure.ok + excluded.ok,"
                                      " violation = control_figure.violation + excluded.violation,"
                                      " unknown = control_figure.unknown + excluded.unknown"),
                     .columns = UNIT_COLUMNS};
    puts_init(&p, ctx->arena, u->n * u->set->n);
    for (size_t i = 0; i < u->n; i++) {
        for (size_t k = 0; k < u->set->n; k++) {
            const struct control_tally *t = &u->list[i].of[k];
            const struct db_arg row[UNIT_COLUMNS] = {
                db_i64(u->set->list[k]->code), db_i64(u->list[i].unit), db_i64(t->n), db_i64(t->ok),
                db_i64(t->violation),          db_i64(t->unknown)};
            if (control_tally_any(t)) {
                puts_add(&p, row);
            }
        }
    }
    return puts_write(ctx, &p);
}

/* The figures follow what the changes take away and bring. */
static err put_figures(const struct ctx *ctx, const struct control_work *w)
{
    struct control_units u = {.set = w->set};
    for (size_t i = 0; i < w->nchanges; i++) {
        const struct control_change *c = &w->changes[i];
        struct control_tally *from = control_units_at(&u, ctx->arena, c->unit_was);
        struct control_tally *to = control_units_at(&u, ctx->arena, c->unit);
        for (size_t k = 0; k < w->set->n; k++) {
            control_tally_put(&from[k], control_byte(c->was, k), -1);
            control_tally_put(&to[k], control_byte(c->is, k), 1);
        }
    }
    err e = put_units(ctx, &u);
    for (size_t k = 0; k < w->set->n && !e.code; k++) {
        struct control_tally all = control_units_sum(&u, k);
        e = put_more(ctx, w->set->list[k], &all);
    }
    return e;
}

/* What one job puts. */
struct wanted {
    struct puts vectors, rows;
    int64_t seq; /* entries the ledger has */
};

static struct wanted wanted_of(struct arena *a, const struct control_work *w)
{
    struct wanted x = {
        .vectors = {.into = SQL("insert into control_vector(record, type, vector, unit) values "),
                    .otherwise = SQL(" on conflict (record) do update set vector ="
                                     " excluded.vector, unit = excluded.unit"),
                    .columns = VECTOR_COLUMNS},
        .rows = {.into = SQL("insert into control_row(control, record, verdict, since, grace_at,"
                             " find_at, seq) values "),
                 .otherwise =
                     SQL(" on conflict (record, control) do update set verdict = excluded.verdict,"
                         " since = excluded.since, seq = excluded.seq,"
                         " grace_at = excluded.grace_at, find_at = case when"
                         " coalesce(control_row.finding, 1) > 0 then excluded.find_at end"),
                 .columns = ROW_COLUMNS}};
    size_t rows = 0;
    for (size_t i = 0; i < w->nchanges; i++) {
        rows += rows_of(w, &w->changes[i]);
    }
    puts_init(&x.vectors, a, w->nchanges);
    puts_init(&x.rows, a, rows);
    return x;
}

static err put_change(const struct ctx *ctx, const struct control_work *w,
                      const struct control_change *c, const struct standings *stood,
                      struct wanted *wanted)
{
    err e = put_vector(ctx, w->set, c, &wanted->vectors);
    for (size_t k = 0; k < w->set->n && !e.code; k++) {
        int was = control_byte(c->was, k);
        int is = control_byte(c->is, k);
        if (was != is) {
            e = put_row(ctx, stood, w->set->list[k], c->record, was, is, wanted->seq,
                        &wanted->rows);
        }
    }
    return e;
}

static err write_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct write_job *j = (struct write_job *)job;
    const struct control_work *w = j->work;
    (void)world;
    struct ctx ctx = ctx_make(j->e, j->model, db, a, j->now, 0, LANG_ZH);
    struct standings *stood = arena_array(a, struct standings, w->nchanges + 1);
    struct wanted wanted = wanted_of(a, w);
    err e = control_judge_check(j->e, db, a);
    e = e.code ? e : read_standings(&ctx, w, stood);
    e = e.code ? e : control_ledger_size(&ctx, &wanted.seq);
    for (size_t i = 0; i < w->nchanges && !e.code; i++) {
        e = put_change(&ctx, w, &w->changes[i], &stood[i], &wanted);
    }
    e = e.code ? e : puts_write(&ctx, &wanted.vectors);
    e = e.code ? e : puts_write(&ctx, &wanted.rows);
    e = e.code || !w->count ? e : put_figures(&ctx, w);
    return e.code ? e : db_flush(db, a);
}

/* How many of the changes, from `at` on, one job writes: one at least; and as far as neither
 * CONTROL_ROWS nor the questions of read_standings are too many. */
static size_t slice(const struct control_work *w, size_t at)
{
    size_t rows = 0;
    size_t asks = 0;
    size_t n = 0;
    for (; at + n < w->nchanges; n++) {
        rows += rows_of(w, &w->changes[at + n]);
        asks += ends_any(w->set, &w->changes[at + n]);
        if (n && (rows > CONTROL_ROWS || asks > BATCH_MAX)) {
            break;
        }
    }
    return n;
}

err control_write(struct engine *e, const struct ctx *ctx, const struct control_work *work)
{
    err x = OK;
    for (size_t at = 0; at < work->nchanges && !x.code;) {
        struct control_work w = *work;
        w.changes += at;
        w.nchanges = slice(work, at);
        at += w.nchanges;
        struct write_job j = {.e = e, .model = ctx->model, .work = &w, .now = ctx->now};
        j.job = (struct writer_job){.run = write_run};
        x = engine_run(e, &j.job);
    }
    return x;
}
