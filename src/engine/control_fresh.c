/* control_fresh.c - what acts have marked, judged again. */
#include "base/clock.h"
#include "engine/control_int.h"

/* A mark is worked off when the record has not been marked anew meanwhile. */
struct mark_seen {
    int64_t record, act;
};

struct freshening {
    struct engine *e;
    struct ctx ctx;
    struct mark_seen *marks;
    size_t nmarks;
    int64_t upto; /* the act of the last of them */
};

/* --- marks --------------------------------------------------------------------------------- */

/* The oldest, CONTROL_TURN of them and those of the last one's act. */
static err read_marks(struct freshening *f, bool *more)
{
    struct rows r;
    err e = db_query(f->ctx.db, f->ctx.arena,
                     SQL("select k.record, k.act from control_dirty k where k.act <= coalesce("
                         "(select q.act from control_dirty q order by q.act limit 1 offset $1),"
                         " 9000000000000000000) order by k.act, k.record"),
                     ARGS(db_i64(CONTROL_TURN - 1)), &r);
    size_t n = e.code ? 0 : (size_t)rows_count(&r);
    f->marks = arena_array(f->ctx.arena, struct mark_seen, n + 1);
    while (!e.code && rows_next(&r)) {
        f->marks[f->nmarks++] = (struct mark_seen){rows_i64(&r, 0), rows_i64(&r, 1)};
    }
    f->upto = n ? f->marks[n - 1].act : 0;
    *more = n >= CONTROL_TURN;
    return e;
}

struct forget_job {
    struct writer_job job;
    const struct freshening *f;
};

static err forget_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct freshening *f = ((struct forget_job *)job)->f;
    err e = control_judge_check(f->e, db, a);
    (void)world;
    for (size_t i = 0; i < f->nmarks && !e.code; i++) {
        e = db_queue(db, a, SQL("delete from control_dirty where record = $1 and act = $2"),
                     ARGS(db_i64(f->marks[i].record), db_i64(f->marks[i].act)));
    }
    return e.code ? e : db_flush(db, a);
}

static err forget_marks(const struct freshening *f)
{
    struct forget_job j = {.job = {.run = forget_run}, .f = f};
    return engine_run(f->e, &j.job);
}

struct due_job {
    struct writer_job job;
    int64_t from, to;
};

static err due_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct due_job *j = (const struct due_job *)job;
    (void)world;
    return db_exec(db, a,
                   SQL("insert into control_dirty(record, type, act) select distinct t.record,"
                       " t.type, 0 from term t where t.ended is null and t.due > $1"
                       " and t.due <= $2 on conflict (record) do nothing"),
                   ARGS(db_i64(j->from), db_i64(j->to)));
}

err control_mark_due(struct engine *e, int64_t from, int64_t to)
{
    struct due_job j = {.job = {.run = due_run}, .from = from, .to = to};
    return engine_run(e, &j.job);
}

/* --- judging ------------------------------------------------------------------------------- */

/* The changes among the records concerned; *n of them. */
static struct control_change *compare(const struct freshening *f, const struct control_set *s,
                                      struct rows *now, struct rows *old, size_t *n)
{
    struct control_change *list =
        arena_array(f->ctx.arena, struct control_change, (size_t)rows_count(now) + 1);
    bool there = rows_next(old);
    *n = 0;
    while (rows_next(now)) {
        struct control_change c = control_judged(f->ctx.arena, s, now);
        while (there && rows_i64(old, 0) < c.record) {
            there = rows_next(old);
        }
        control_put_was(&c, old, there);
        if (control_differs(&c)) {
            list[(*n)++] = c;
        }
    }
    return list;
}

/* What is different among the records that the marks concern. */
static err judge_set(const struct freshening *f, struct control_work *w, bool *whole)
{
    const struct control_set *s = w->set;
    struct db_arg upto = db_i64(f->upto);
    struct batch *b = batch_begin(f->ctx.db, f->ctx.arena);
    int now = batch_add(b, control_select_marked(s, f->ctx.arena), ctx_args(&f->ctx, &upto, 1));
    int old = batch_add(b, control_vectors_marked(s, f->ctx.arena), ctx_args(&f->ctx, &upto, 1));
    batch_max_rows(b, now, CONTROL_CONCERNED);
    batch_max_rows(b, old, CONTROL_CONCERNED);
    err e = batch_run(b);
    if (e.code) { /* too many, or one of them cannot be judged: a full run sees to either */
        *whole = true;
        return OK;
    }
    struct rows fresh = batch_rows(b, now);
    struct rows written = batch_rows(b, old);
    w->changes = compare(f, s, &fresh, &written, &w->nchanges);
    return OK;
}

static err judge_all(struct freshening *f, struct control_work **works, size_t *n, bool *whole)
{
    struct control_set *sets = control_sets(f->ctx.model, f->ctx.arena, n);
    *works = arena_array(f->ctx.arena, struct control_work, *n + 1);
    err e = OK;
    for (size_t i = 0; i < *n && !e.code && !*whole; i++) {
        (*works)[i] = (struct control_work){.set = &sets[i], .count = true};
        e = judge_set(f, &(*works)[i], whole);
    }
    return e;
}

/* Judges what marks concern, CONTROL_TURN of them at most.  *more: there are further ones.
 * *whole: too many records are concerned, all must be judged.  What is different is written
 * after the snapshot has ended: while one is held the log cannot begin anew. */
static err freshen(struct engine *e, struct db *db, struct arena *a, int64_t now, bool *more,
                   bool *whole)
{
    const struct model *m = engine_model(e);
    struct freshening f = {.e = e, .ctx = ctx_make(e, m, db, a, now, 0, LANG_ZH)};
    struct control_work *works = NULL;
    size_t n = 0;
    *more = false;
    *whole = false;
    if (!e->memory) {
        db_read_begin(db);
    }
    err x = read_marks(&f, more);
    x = !x.code && f.nmarks ? judge_all(&f, &works, &n, whole) : x;
    if (!e->memory) {
        db_read_end(db);
    }
    for (size_t i = 0; i < n && !x.code && !*whole; i++) {
        x = control_write(e, &f.ctx, &works[i]);
    }
    if (!x.code && f.nmarks && !*whole) { /* else they stay until all was judged */
        x = forget_marks(&f);
    }
    engine_release(e, m);
    return x;
}

/* After a turn beside which acts went on, these go first for as long as it took: while they come
 * faster than they are judged, half of the time, and of the writer's, is theirs alone. */
static void let_go_first(struct engine *e, int64_t jobs, int64_t began_us)
{
    enum { BUSY = 50 }; /* jobs of the writer in one turn, more than the turn's own */
    if (!e->memory && engine_stats(e).writer.jobs - jobs > BUSY) {
        engine_pause(e, clock_mono_us() - began_us);
    }
}

err control_follow_up(struct engine *e, struct db *db, struct arena *a, int64_t now, bool *whole)
{
    bool more = true;
    err x = OK;
    *whole = false;
    while (more && !x.code && !*whole) {
        struct arena turn = arena_make(CONTROL_CHUNK_BYTES);
        int64_t jobs = engine_stats(e).writer.jobs;
        int64_t began = clock_mono_us();
        x = freshen(e, db, &turn, now, &more, whole);
        x.detail = x.code ? str_copy(a, x.detail) : x.detail;
        arena_end(&turn);
        if (more && !x.code && !*whole) {
            let_go_first(e, jobs, began);
            more = !engine_stopping(e);
        }
    }
    return x;
}

struct seen_job {
    struct writer_job job;
    int64_t at, size;
};

static err seen_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct seen_job *j = (const struct seen_job *)job;
    (void)world;
    return db_exec(db, a,
                   SQL("insert into control_seen(one, at, size) values (1, $1, $2)"
                       " on conflict (one) do update set at = excluded.at, size = excluded.size"),
                   ARGS(db_i64(j->at), db_i64(j->size)));
}

err control_put_seen(struct engine *e, int64_t now, int64_t size)
{
    struct seen_job j = {.job = {.run = seen_run}, .at = now, .size = size};
    return engine_run(e, &j.job);
}
