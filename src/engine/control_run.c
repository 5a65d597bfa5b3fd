/* control_run.c - judging everything: reads one snapshot, writes what is different. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/control_int.h"

#include <string.h>

/* One run over one type. */
struct judging {
    struct engine *e;
    struct ctx ctx;    /* a reader's; its arena is emptied after each chunk */
    struct arena *run; /* lives as long as the run */
    const struct control_set *set;
    bool *only; /* those the database can judge */
    struct control_units units;
    str *errors;
    struct sql select;
    int64_t at;    /* the last record that was judged */
    int64_t chunk; /* records judged by one question */
    bool more;
};

/* --- judging ------------------------------------------------------------------------------ */

static void count(struct judging *j, str vector, int64_t unit)
{
    struct control_tally *of = control_units_at(&j->units, j->run, unit);
    for (size_t i = 0; i < j->set->n; i++) {
        control_tally_put(&of[i], control_byte(vector, i), 1);
    }
}

/* Of a control that could not be judged stands what was written last. */
static void keep_unjudged(const struct judging *j, struct control_change *c)
{
    char *bytes = (char *)c->is.ptr; /* control_judged made them */
    for (size_t i = 0; i < j->set->n; i++) {
        bytes[i] = j->only[i] ? bytes[i] : (char)control_byte(c->was, i);
    }
}

/* The vectors that were written of the records after j->at up to `last`. */
static err written_after(struct judging *j, int64_t last, struct rows *ret)
{
    struct batch *b = batch_begin(j->ctx.db, j->ctx.arena);
    int i = batch_add(b,
                      SQL("select record, vector, unit from control_vector where type = $1"
                          " and record > $2 and record <= $3 order by record"),
                      ARGS(db_i64(j->set->type->code), db_i64(j->at), db_i64(last)));
    err e = batch_run(b);
    *ret = e.code ? (struct rows){0} : batch_rows(b, i);
    return e;
}

/* Judges the next records, j->chunk at most, and keeps what is different. */
static err judge_chunk(struct judging *j)
{
    struct db_arg more[] = {db_i64(j->at), db_i64(j->chunk)};
    struct rows now;
    struct rows old;
    err e = db_query(j->ctx.db, j->ctx.arena, j->select, ctx_args(&j->ctx, more, 2), &now);
    int64_t n = e.code ? 0 : rows_count(&now);
    j->more = n == j->chunk;
    if (e.code) {
        return e;
    }
    struct control_change *list = arena_array(j->ctx.arena, struct control_change, (size_t)n + 1);
    size_t k = 0;
    while (rows_next(&now)) {
        list[k++] = control_judged(j->ctx.arena, j->set, &now);
    }
    int64_t last = j->more ? list[k - 1].record : INT64_MAX;
    e = written_after(j, last, &old);
    bool there = !e.code && rows_next(&old);
    size_t changed = 0;
    for (size_t i = 0; i < k && !e.code; i++) {
        struct control_change *c = &list[i];
        while (there && rows_i64(&old, 0) < c->record) {
            there = rows_next(&old);
        }
        control_put_was(c, &old, there);
        keep_unjudged(j, c);
        count(j, c->is, c->unit);
        if (control_differs(c)) {
            list[changed++] = *c; /* those behind it have been passed */
        }
    }
    struct control_work w = {.set = j->set, .changes = list, .nchanges = changed};
    j->at = last;
    return e.code ? e : control_write(j->e, &j->ctx, &w);
}

/* --- a type ------------------------------------------------------------------------------- */

static err judge_records(struct judging *j)
{
    err e = OK;
    j->units = (struct control_units){.set = j->set};
    j->at = 0;
    j->more = true;
    j->select = control_select(j->set, j->only, j->run);
    while (j->more && !e.code) {
        e = judge_chunk(j);
        e.detail = e.code ? str_copy(j->run, e.detail) : e.detail;
        arena_reset(j->ctx.arena);
    }
    return e;
}

/* Which of them the database cannot judge, at the records where it failed; false: none is
 * to blame. */
static bool leave_out(struct judging *j)
{
    bool found = false;
    bool *one = arena_array(j->run, bool, j->set->n);
    for (size_t i = 0; i < j->set->n; i++) {
        if (!j->only[i]) {
            continue;
        }
        memset(one, 0, j->set->n * sizeof(one[0]));
        one[i] = true;
        struct db_arg more[] = {db_i64(j->at), db_i64(j->chunk)};
        struct rows r;
        db_read_begin(j->ctx.db);
        err e = db_query(j->ctx.db, j->ctx.arena, control_select(j->set, one, j->ctx.arena),
                         ctx_args(&j->ctx, more, 2), &r);
        db_read_end(j->ctx.db);
        if (e.code) {
            j->only[i] = false;
            j->errors[i] = e.detail.len ? str_copy(j->run, e.detail) : STR("?");
            found = true;
        }
        arena_reset(j->ctx.arena);
    }
    return found;
}

struct result_job {
    struct writer_job job;
    struct engine *e;
    const struct judging *run;
    size_t from, to; /* controls of the set */
    int64_t now, size, took_us;
};

/* Of one that was not judged the figures stay as they were, with the error beside them. */
static err result_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct result_job *w = (struct result_job *)job;
    const struct judging *j = w->run;
    err e = control_judge_check(w->e, db, a);
    (void)world;
    for (size_t i = w->from; i < w->to && !e.code; i++) {
        struct control_tally c = control_units_sum(&j->units, i);
        if (!j->only[i]) {
            e = db_queue(db, a,
                         SQL("insert into control_result(control, as_of, size, n, ok, violation,"
                             " unknown, took_us, trouble, key)"
                             " values ($1, 0, 0, 0, 0, 0, 0, 0, $2, $3)"
                             " on conflict (control) do update set trouble = excluded.trouble,"
                             " key = excluded.key"),
                         ARGS(db_i64(j->set->list[i]->code), db_text(j->errors[i]),
                              db_text(j->set->list[i]->key)));
            continue;
        }
        e = db_queue(db, a,
                     SQL("insert into control_result(control, as_of, size, n, ok, violation,"
                         " unknown, took_us, trouble, key)"
                         " values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9)"
                         " on conflict (control) do update set as_of = excluded.as_of,"
                         " size = excluded.size, n = excluded.n, ok = excluded.ok,"
                         " violation = excluded.violation, unknown = excluded.unknown,"
                         " took_us = excluded.took_us, trouble = '', key = excluded.key"),
                     ARGS(db_i64(j->set->list[i]->code), db_i64(w->now), db_i64(w->size),
                          db_i64(c.n), db_i64(c.ok), db_i64(c.violation), db_i64(c.unknown),
                          db_i64(w->took_us), db_text(j->set->list[i]->key)));
    }
    e = e.code ? e : control_units_write(db, a, &j->units, j->only, w->from, w->to);
    return e.code ? e : db_flush(db, a);
}

err control_ledger_size(const struct ctx *ctx, int64_t *ret)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, SQL("select max(seq) from ledger_leaf"), NO_ARGS, &r);
    *ret = !e.code && rows_next(&r) && !rows_null(&r, 0) ? rows_i64(&r, 0) + 1 : 0;
    return e;
}

/* One snapshot of all records of the type; again without those that cannot be judged. */
static err judge_type(struct judging *j)
{
    int64_t size = 0;
    int64_t began = clock_mono_us();
    err e;
    do {
        if (!j->e->memory) {
            db_read_begin(j->ctx.db);
        }
        e = control_ledger_size(&j->ctx, &size);
        e = e.code ? e : judge_records(j);
        if (!j->e->memory) {
            db_read_end(j->ctx.db);
        }
    } while (e.code && leave_out(j));
    int64_t took_us = clock_mono_us() - began;
    size_t many = CONTROL_ROWS / (j->units.n + 1) + 1; /* controls of one job */
    for (size_t from = 0; from < j->set->n && !e.code; from += many) {
        struct result_job w = {.job = {.run = result_run},
                               .e = j->e,
                               .run = j,
                               .from = from,
                               .to = j->set->n - from < many ? j->set->n : from + many,
                               .now = j->ctx.now,
                               .size = size,
                               .took_us = took_us};
        e = engine_run(j->e, &w.job);
    }
    return e;
}

static bool is_far(const struct control_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct control *c = s->list[i];
        for (size_t v = 0; v < c->ndefs; v++) {
            if (c->defs[v] && (c->defs[v]->far || c->defs[v]->clock)) {
                return true;
            }
        }
    }
    return false;
}

bool control_any_far(const struct model *m, bool *clock)
{
    bool far = false;
    *clock = false;
    for (size_t i = 0; i < m->ncontrols; i++) {
        const struct control *c = m->controls[i];
        for (size_t v = 0; v < c->ndefs; v++) {
            far = far || (c->defs[v] && c->defs[v]->far);
            *clock = *clock || (c->defs[v] && c->defs[v]->clock);
        }
    }
    return far;
}

struct marks_job {
    struct writer_job job;
    struct engine *e;
    int64_t upto;
};

static err marks_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct marks_job *j = (const struct marks_job *)job;
    (void)world;
    err e = control_judge_check(j->e, db, a);
    return e.code ? e
                  : db_exec(db, a, SQL("delete from control_dirty where act <= $1"),
                            ARGS(db_i64(j->upto)));
}

/* Marks made before a full run need not be worked off after it. */
static err last_mark(struct db *db, struct arena *a, int64_t *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select max(act) from control_dirty"), NO_ARGS, &r);
    *ret = !e.code && rows_next(&r) && !rows_null(&r, 0) ? rows_i64(&r, 0) : -1;
    return e;
}

/* A question costs something by itself: with few controls more records are asked about at once. */
static int64_t chunk_of(const struct control_set *s)
{
    int64_t most = CONTROL_CELLS / (int64_t)s->n;
    return most < CONTROL_CHUNK        ? CONTROL_CHUNK
           : most > CONTROL_CHUNK_MOST ? CONTROL_CHUNK_MOST
                                       : most;
}

static struct judging *judging_of(struct engine *e, const struct ctx *ctx, struct arena *a,
                                  const struct control_set *s)
{
    struct judging *j = arena_new(a, struct judging);
    *j = (struct judging){.e = e,
                          .ctx = *ctx,
                          .run = a,
                          .set = s,
                          .chunk = chunk_of(s),
                          .only = arena_array(a, bool, s->n),
                          .errors = arena_array(a, str, s->n)};
    memset(j->only, 1, s->n * sizeof(bool));
    return j;
}

err control_run(struct engine *e, struct db *db, struct arena *a, int64_t now, bool far)
{
    const struct model *m = engine_model(e);
    size_t n;
    struct control_set *sets = control_sets(m, a, &n);
    struct arena chunk = arena_make(CONTROL_CHUNK_BYTES);
    struct ctx ctx = ctx_make(e, m, db, &chunk, now, 0, LANG_ZH);
    struct marks_job w = {.job = {.run = marks_run}, .e = e, .upto = -1};
    err x = far ? OK : last_mark(db, a, &w.upto);
    for (size_t i = 0; i < n && !x.code; i++) {
        x = far && !is_far(&sets[i]) ? OK : judge_type(judging_of(e, &ctx, a, &sets[i]));
    }
    if (!x.code && w.upto >= 0) {
        x = engine_run(e, &w.job);
    }
    arena_end(&chunk);
    engine_release(e, m);
    return x;
}
