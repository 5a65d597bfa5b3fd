/* clock.c - what time moves: marks of terms, effects that wait, checkpoints. */
#include "base/clock.h"

#include "engine/calendar.h"
#include "engine/perform_int.h"

#include <string.h>
#include <time.h>

enum { DUE_MAX = 100, IDEM_DAYS = 7 };

/* --- one due mark, one waiting effect: each an act of its own by the clock ------------ */

struct turn {
    struct writer_job job;
    struct engine *e;
    int64_t now;
    int64_t done;
};

static struct doing *begin(struct turn *t, struct ctx *ctx, struct act *act, struct arena *a)
{
    struct doing *d = arena_new(a, struct doing);
    *act = (struct act){.now = t->now, .lang = LANG_ZH};
    d->ctx = ctx;
    d->e = t->e;
    d->h = t->e->now.model;
    d->act = act;
    d->a = a;
    return d;
}

/* The moment of the following mark: the next one in time, or this one again. */
static err next_of(struct doing *d, const struct term *t, const struct rows *j, int col,
                   int64_t due, int64_t last, int64_t fired, int64_t *mark, int64_t *at)
{
    *at = 0;
    int64_t best = INT64_MAX;
    for (size_t i = 0; i < t->nmarks; i++) {
        int c = col + 3 + 2 * (int)i;
        int64_t moment = due;
        err e = rows_null(j, c) ? OK
                                : calendar_shift(d->ctx, due, t->marks[i].at.type.kind,
                                                 rows_i64(j, c), &moment);
        bool repeats = !rows_null(j, c + 1);
        while (!e.code && repeats && moment <= last) {
            e = calendar_shift(d->ctx, moment, t->marks[i].every.type.kind, rows_i64(j, c + 1),
                               &moment);
        }
        if (e.code) {
            return e;
        }
        bool open = repeats || !(fired >> i & 1);
        if (open && moment < best) {
            best = moment;
            *mark = (int64_t)i;
            *at = moment;
        }
    }
    return OK;
}

static err fire(struct turn *tn, struct ctx *ctx, struct arena *a, const struct rows *r)
{
    struct act act;
    struct doing *d = begin(tn, ctx, &act, a);
    const struct type *type = model_type_at(d->h->model, (int)rows_i64(r, 2));
    struct touched *x;
    err e =
        type ? perform_touch(d, type, rows_i64(r, 0), &x) : err_make(ERR_NOT_FOUND, STR("type"));
    const struct term *t = e.code ? NULL : tdef_term(x->t->def, rows_text(r, 1));
    int64_t run = rows_i64(r, 3);
    int64_t m = rows_i64(r, 4);
    int64_t fired = rows_i64(r, 7) | (1LL << (m & 63));
    if (e.code || !t || (size_t)m >= t->nmarks) {
        return db_exec(ctx->db, a,
                       SQL("update term set mark_at = null where record = $1 and term = $2"
                           " and run = $3"),
                       ARGS(db_i64(rows_i64(r, 0)), db_text(rows_text(r, 1)), db_i64(run)));
    }
    /* The following one first: what the effects do to the term comes after. */
    struct db_arg *flags = arena_array(a, struct db_arg, x->t->nrules + 1);
    for (size_t i = 0; i < x->t->nrules; i++) {
        flags[i] = db_i64(0);
    }
    struct rows j;
    e = db_query(ctx->db, a, x->t->judge.sql,
                 perform_args(d, &x->t->judge, x, flags, (int)x->t->nrules), &j);
    if (e.code || !rows_next(&j)) {
        return e;
    }
    int col = x->t->col_terms;
    for (size_t i = 0; &x->t->def->terms[i] != t; i++) {
        col += 3 + 2 * (int)x->t->def->terms[i].nmarks;
    }
    int64_t mark = 0;
    int64_t at = 0;
    e = next_of(d, t, &j, col, rows_i64(r, 6), rows_i64(r, 5), fired, &mark, &at);
    if (e.code) {
        return e;
    }
    e = db_exec(ctx->db, a,
                SQL("update term set fired = $4, mark = $5, mark_at = $6, last_at = $7"
                    " where record = $1 and term = $2 and run = $3"),
                ARGS(db_i64(x->id), db_text(t->key), db_i64(run), db_i64(fired), db_i64(mark),
                     at ? db_i64(at) : db_null_i64(), db_i64(tn->now)));
    const struct mark *mk = &t->marks[m];
    const struct effect **list = arena_array(a, const struct effect *, mk->neffects + 1);
    struct eplan *plans = x->t->marks[t->index];
    for (size_t i = 0; i < (size_t)m; i++) {
        plans += t->marks[i].neffects;
    }
    for (size_t i = 0; i < mk->neffects; i++) {
        list[i] = &mk->effects[i];
    }
    str cause = str_fmt(a, "term:%.*s/%lld", STR_ARG(t->key), (long long)m);
    if (!e.code) {
        e = perform_effects(d, list, plans, mk->neffects, x, 0, cause, x->t->def->law->reg);
    }
    /* Only what an action did is history; a mere notice leaves no act. */
    return e.code || !d->nacts ? e : perform_finish(d);
}

static err fire_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = world;
    struct rows r;
    t->done = 0;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
    err x = db_query(db, a,
                     SQL("select record, term, type, run, mark, mark_at, due, fired from term"
                         " where mark_at is not null and mark_at <= $1 order by mark_at limit 1"),
                     ARGS(db_i64(t->now)), &r);
    if (x.code || !rows_next(&r)) {
        return x;
    }
    t->done = 1;
    x = fire(t, &ctx, a, &r);
    return x;
}

/* A mark whose effects are refused would come again for ever: it is put away
 * and the refusal stands in its row. */
static err skip_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    (void)world;
    return db_exec(db, a,
                   SQL("update term set mark_at = null, how = 'refused' where mark_at is not null"
                       " and mark_at = (select min(mark_at) from term where mark_at <= $1)"),
                   ARGS(db_i64(t->now)));
}

static err later_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = world;
    struct rows r;
    t->done = 0;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
    err x = db_query(db, a,
                     SQL("select id, record, type, act, action, effect, x from later"
                         " where at <= $1 order by at, id limit 1"),
                     ARGS(db_i64(t->now)), &r);
    if (x.code || !rows_next(&r)) {
        return x;
    }
    t->done = 1;
    x = db_exec(db, a, SQL("delete from later where id = $1"), ARGS(db_i64(rows_i64(&r, 0))));
    struct act act;
    struct doing *d = begin(t, &ctx, &act, a);
    const struct type *type = model_type_at(d->h->model, (int)rows_i64(&r, 2));
    struct touched *rec;
    if (!x.code && type) {
        x = perform_touch(d, type, rows_i64(&r, 1), &rec);
    }
    if (x.code || !type) {
        return x;
    }
    const struct action *action = tdef_action(rec->t->def, rows_text(&r, 4));
    struct aplan *p = action ? plan_action(d->h, rec->t, action) : NULL;
    for (size_t i = 0; p && i < p->neffects; i++) {
        if (p->effect_list[i]->index == (int)rows_i64(&r, 5) && !x.code) {
            x = perform_effects(d, &p->effect_list[i], &p->effects[i], 1, rec, rows_i64(&r, 3),
                                STR("later"), rec->t->def->law->reg);
        }
    }
    return x.code || !d->nacts ? x : perform_finish(d);
}

static err clean_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    (void)world;
    return db_exec(db, a, SQL("delete from idem where at < $1"),
                   ARGS(db_i64(t->now - (int64_t)IDEM_DAYS * 86400000)));
}

static void nothing(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

static err run_turn(struct engine *e, struct turn *t,
                    err (*fn)(struct writer_job *, struct db *, struct arena *, void *))
{
    t->job = (struct writer_job){.run = fn, .done = nothing};
    return engine_run(e, &t->job);
}

static void checkpoint(struct engine *e, int64_t now)
{
    if (!e->signer) {
        return;
    }
    struct arena a = arena_make(64u << 20);
    struct db *db = e->db;
    struct ledger *log;
    err x = e->memory ? OK : db_open(&a, e->opt.url, (struct db_options){.writer = true}, &db);
    if (!x.code) {
        x = ledger_open(&a, db, &a, &log);
    }
    int64_t size = 0;
    if (!x.code) {
        x = ledger_checkpoint(log, db, &a, e->signer, now, &size);
    }
    if (!x.code) {
        pthread_mutex_lock(&e->lock);
        e->seen.ledger_size = ledger_size(log);
        e->seen.checkpoint_size = size;
        e->seen.checkpoint_at = now;
        pthread_mutex_unlock(&e->lock);
    }
    arena_end(&a);
}

int64_t engine_tick(struct engine *e, int64_t now)
{
    int64_t acts = 0;
    struct turn t = {.e = e, .now = now};
    for (int i = 0; i < DUE_MAX; i++) {
        err x = run_turn(e, &t, fire_job);
        if (x.code && t.done) {
            x = run_turn(e, &t, skip_job);
        }
        if (x.code || !t.done) {
            break;
        }
        acts++;
    }
    for (int i = 0; i < DUE_MAX; i++) {
        err x = run_turn(e, &t, later_job);
        if (x.code || !t.done) {
            break;
        }
        acts++;
    }
    if (now - e->idem_at > 3600000) {
        e->idem_at = now;
        err x = run_turn(e, &t, clean_job);
        (void)x; /* the next hour tries again */
    }
    if (e->memory) {
        arena_reset(&e->work);
        index_some(e, e->db, &e->work);
        arena_reset(&e->work);
    } else {
        checkpoint(e, now);
    }
    pthread_mutex_lock(&e->lock);
    e->seen.tick_at = now;
    pthread_mutex_unlock(&e->lock);
    return acts;
}

/* --- the background thread ------------------------------------------------------------------ */

static void *background(void *arg)
{
    struct engine *e = arg;
    pthread_mutex_lock(&e->lock);
    while (!e->stopped) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        pthread_cond_timedwait(&e->wake, &e->lock, &until);
        if (e->stopped) {
            break;
        }
        pthread_mutex_unlock(&e->lock);
        engine_tick(e, engine_now(e));
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

err clock_start(struct engine *e)
{
    if (pthread_create(&e->clock_thread, NULL, background, e) != 0) {
        return err_make(ERR_STORE, STR("the clock thread does not start"));
    }
    e->clock_started = true;
    return OK;
}

void clock_stop(struct engine *e)
{
    if (!e->clock_started) {
        return;
    }
    pthread_mutex_lock(&e->lock);
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->clock_thread, NULL);
    e->clock_started = false;
}
