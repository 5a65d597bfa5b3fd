/* control_write.c - what was judged otherwise than before, written. */
#include "engine/calendar.h"
#include "engine/control_history.h"
#include "engine/control_int.h"

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

bool control_differs(str was, str is)
{
    for (size_t i = 0; i < is.len; i++) {
        if (control_byte(was, i) != control_byte(is, i)) {
            return true;
        }
    }
    return false;
}

str control_vector(struct arena *a, const struct control_set *s, const struct rows *r)
{
    char *bytes = arena_array(a, char, s->n);
    for (size_t i = 0; i < s->n; i++) {
        bytes[i] = (char)rows_i64(r, 1 + (int)i);
    }
    return (str){bytes, s->n};
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

/* It holds, or is not judged any more: what was found is tested again. */
static err drop_row(const struct ctx *ctx, const struct control *c, int64_t record)
{
    err e = db_queue(ctx->db, ctx->arena,
                     SQL("insert into control_retest(control, record, finding)"
                         " select control, record, finding from control_row where control = $1"
                         " and record = $2 and finding > 0 on conflict (control, record)"
                         " do update set finding = excluded.finding"),
                     ARGS(db_i64(c->code), db_i64(record)));
    return e.code ? e
                  : db_queue(ctx->db, ctx->arena,
                             SQL("delete from control_row where control = $1 and record = $2"),
                             ARGS(db_i64(c->code), db_i64(record)));
}

/* The row of one control about one record follows its byte: there is one where the record neither
 * holds nor is out of question.  A first look asks for nothing where nothing is. */
static err put_row(const struct ctx *ctx, const struct control *c, int64_t record, int was, int is,
                   int64_t seq)
{
    bool goes_on = was >= VERDICT_VIOLATION && is >= VERDICT_VIOLATION; /* for another reason */
    bool stands = was != VERDICT_OK && was != VERDICT_OUT;
    err x = stands && !goes_on ? control_history_end(ctx, c, record, was, seq) : OK;
    if (x.code) {
        return x;
    }
    if (is == VERDICT_OK || is == VERDICT_OUT) {
        return stands ? drop_row(ctx, c, record) : OK;
    }
    if (goes_on) {
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
    return e.code
               ? e
               : db_queue(ctx->db, ctx->arena,
                          SQL("insert into control_row(control, record, verdict, since, grace_at,"
                              " find_at, seq) values ($1, $2, $3, $4, $5, $6, $7) on conflict "
                              "(control, record)"
                              " do update set verdict = excluded.verdict, since = excluded.since,"
                              " seq = excluded.seq,"
                              " grace_at = excluded.grace_at, find_at = case when"
                              " control_row.finding is null then excluded.find_at end"),
                          ARGS(db_i64(c->code), db_i64(record), db_i64(is), db_i64(ctx->now), grace,
                               find, db_i64(seq)));
}

static err put_vector(const struct ctx *ctx, const struct control_set *s,
                      const struct control_change *c)
{
    bool any = false;
    for (size_t i = 0; i < c->is.len; i++) {
        any = any || c->is.ptr[i];
    }
    if (!any) {
        return db_queue(ctx->db, ctx->arena, SQL("delete from control_vector where record = $1"),
                        ARGS(db_i64(c->record)));
    }
    return db_queue(ctx->db, ctx->arena,
                    SQL("insert into control_vector(record, type, vector) values ($1, $2, $3)"
                        " on conflict (record) do update set vector = excluded.vector"),
                    ARGS(db_i64(c->record), db_i64(s->type->code), db_blob(c->is)));
}

/* How many more, or fewer, records have which verdict. */
struct delta {
    int64_t n, ok, violation, unknown;
};

static void delta_put(struct delta *d, int verdict, int by)
{
    d->n += verdict == VERDICT_OUT ? 0 : by;
    d->ok += verdict == VERDICT_OK ? by : 0;
    d->unknown += verdict == VERDICT_UNKNOWN ? by : 0;
    d->violation += verdict >= VERDICT_VIOLATION ? by : 0;
}

static err put_delta(const struct ctx *ctx, const struct control *c, const struct delta *d)
{
    if (!d->n && !d->ok && !d->violation && !d->unknown) {
        return OK;
    }
    return db_queue(ctx->db, ctx->arena,
                    SQL("update control_result set n = n + $2, ok = ok + $3,"
                        " violation = violation + $4, unknown = unknown + $5 where control = $1"),
                    ARGS(db_i64(c->code), db_i64(d->n), db_i64(d->ok), db_i64(d->violation),
                         db_i64(d->unknown)));
}

static err put_change(const struct ctx *ctx, const struct control_work *w,
                      const struct control_change *c, struct delta *deltas, int64_t seq)
{
    int64_t more = 0;
    err e = put_vector(ctx, w->set, c);
    for (size_t k = 0; k < w->set->n && !e.code; k++) {
        int was = control_byte(c->was, k);
        int is = control_byte(c->is, k);
        if (was != is) {
            more += (is != VERDICT_OUT) - (was != VERDICT_OUT);
            delta_put(&deltas[k], was, -1);
            delta_put(&deltas[k], is, 1);
            e = put_row(ctx, w->set->list[k], c->record, was, is, seq);
        }
    }
    return e.code || !w->count ? e : control_units_add(ctx, w->set->type, c->record, more);
}

static err write_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct write_job *j = (struct write_job *)job;
    const struct control_work *w = j->work;
    (void)world;
    struct ctx ctx = ctx_make(j->e, j->model, db, a, j->now, 0, LANG_ZH);
    struct delta *deltas = arena_array(a, struct delta, w->set->n + 1);
    int64_t seq = 0;
    err e = control_judge_check(j->e, db, a);
    e = e.code ? e : control_ledger_size(&ctx, &seq);
    for (size_t i = 0; i < w->nchanges && !e.code; i++) {
        e = put_change(&ctx, w, &w->changes[i], deltas, seq);
    }
    for (size_t k = 0; k < w->set->n && !e.code && w->count; k++) {
        e = put_delta(&ctx, w->set->list[k], &deltas[k]);
    }
    return e.code ? e : db_flush(db, a);
}

err control_write(struct engine *e, const struct ctx *ctx, const struct control_work *work)
{
    struct write_job j = {.e = e, .model = ctx->model, .work = work, .now = ctx->now};
    j.job = (struct writer_job){.run = write_run};
    return engine_run(e, &j.job);
}
