/* later.c - effects put off, large sets in steps, tasks after a change of
 * appointments: what the clock works off besides the marks of terms. */
#include "base/str.h"
#include "engine/clock_int.h"

enum { STEP_ROWS = 100, TASKS_AT_ONCE = 100, DRAWN_MAX = 200 };

/* The record as of the version that put the effect off: a register's may have
 * become another since. */
static struct touched as_of(struct doing *d, const struct touched *x, int64_t law)
{
    struct touched then = *x;
    const struct type *t = x->t->type;
    for (size_t i = 0; law && i < t->ndefs; i++) {
        if (t->defs[i]->law->version == law) {
            then.t = plan_type(d->h, t->defs[i]);
        }
    }
    return then;
}

/* "term:KEY/MARK", or an action's key. */
static struct effect_list effects_of(struct doing *d, const struct touched *x, str of)
{
    str mark_text;
    str key = str_cut(of, '/', &mark_text);
    int64_t mark = 0;
    if (!str_starts(of, STR("term:"))) {
        const struct action *a = tdef_action(x->t->def, of);
        struct aplan *p = a ? plan_action(d->h, x->t, a) : NULL;
        return p ? (struct effect_list){p->effect_list, p->effects, p->neffects, p->effect_laws, of}
                 : (struct effect_list){0};
    }
    const struct term *t = tdef_term(x->t->def, str_from_n(key.ptr + 5, key.len - 5));
    bool there = t && str_to_i64(mark_text, &mark) && mark >= 0 && (size_t)mark < t->nmarks;
    return there ? perform_mark_effects(d->a, x, t, (size_t)mark) : (struct effect_list){0};
}

/* `law`: the version it was put off under. */
static err run_put_off(struct doing *d, struct touched *x, const struct rows *r, int64_t law,
                       struct effect_span *span)
{
    struct touched then = as_of(d, x, law);
    struct effect_list l = effects_of(d, &then, rows_text(r, 4));
    int64_t place = rows_i64(r, 5);
    if (place < 0 || (size_t)place >= l.n) {
        return OK;
    }
    if (span->limit == 0) {
        span->limit = l.list[place]->each ? DRAWN_MAX : 1;
    }
    return perform_effect(d, l.list[place], &l.plans[place], x, rows_i64(r, 3), d->cause,
                          l.laws[place]->reg, span);
}

/* --- one effect put off ---------------------------------------------------------------- */

static err run_later(struct turn *t, struct db *db, struct arena *a, struct rows *r)
{
    int64_t who = rows_i64(r, 7);
    struct engine *e = t->e;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, who, LANG_ZH);
    struct doing *d = turn_begin(t, &ctx, a, 0, who);
    d->cause = STR("later");
    const struct type *type = model_type_at(d->h->model, (int)t->at.type);
    struct touched *x;
    err y = type ? perform_touch(d, type, t->at.record, &x) : err_make(ERR_NOT_FOUND, STR("type"));
    if (y.code) {
        return y;
    }
    struct effect_span all = {.to = INT64_MAX};
    y = run_put_off(d, x, r, rows_i64(r, 8), &all);
    return y.code ? y : perform_finish(d);
}

err later_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct rows r;
    (void)world;
    err x = db_query(db, a,
                     SQL("select id, record, type, act, action, effect, x, actor, law from later"
                         " where at <= $1 order by at, id limit 1"),
                     ARGS(db_i64(t->now)), &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    t->at.id = rows_i64(&r, 0);
    t->at.record = rows_i64(&r, 1);
    t->at.type = rows_i64(&r, 2);
    x = db_exec(db, a, SQL("delete from later where id = $1"), ARGS(db_i64(t->at.id)));
    if (x.code) {
        return x;
    }
    if (t->give_up) {
        return turn_put_away(t, db, a);
    }
    x = run_later(t, db, a, &r);
    turn_refused(t, x);
    return x;
}

/* --- a large set ----------------------------------------------------------------------- */

static err run_step(struct turn *t, struct db *db, struct arena *a, struct rows *r)
{
    int64_t who = rows_i64(r, 6);
    struct engine *e = t->e;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, who, LANG_ZH);
    struct doing *d = turn_begin(t, &ctx, a, 0, who);
    d->cause = STR("steps");
    const struct type *type = model_type_at(d->h->model, (int)t->at.type);
    struct touched *x;
    err y = type ? perform_touch(d, type, t->at.record, &x) : err_make(ERR_NOT_FOUND, STR("type"));
    if (y.code) {
        return y;
    }
    y = run_put_off(d, x, r, rows_i64(r, 9), &t->span);
    return y.code ? y : perform_finish(d);
}

/* A step that is refused is tried again with fewer rows; one row that is refused
 * is put away, and the others go on. */
err later_step(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct rows r;
    (void)world;
    err x = db_query(db, a,
                     SQL("select id, record, type, act, action, effect, actor, next_x, max_x, law"
                         " from step_job where \"left\" > 0 and at <= $1 order by at, id limit 1"),
                     ARGS(db_i64(t->now)), &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    t->at.id = rows_i64(&r, 0);
    t->at.record = rows_i64(&r, 1);
    t->at.type = rows_i64(&r, 2);
    if (t->give_up) {
        x = turn_put_away(t, db, a); /* span: the row that was refused */
    } else {
        t->span = (struct effect_span){.from = rows_i64(&r, 7),
                                       .to = rows_i64(&r, 8),
                                       .limit = t->limit ? t->limit : STEP_ROWS};
        x = run_step(t, db, a, &r);
        turn_refused(t, x);
    }
    if (x.code) {
        return x;
    }
    bool more = t->span.done == t->span.limit;
    return db_exec(
        db, a,
        SQL("update step_job set next_x = $2, done = done + $3,"
            " \"left\" = case when $4 = 1 and \"left\" > $3 then \"left\" - $3 else 0"
            " end where id = $1"),
        ARGS(db_i64(t->at.id), db_i64(t->span.from), db_i64(t->span.done), db_i64(more)));
}

/* --- tasks after a change of appointments ---------------------------------------------------- */

static err waiting_states(struct sqlb *b, const struct type *type)
{
    bool some = false; /* in any version: cases go by their own */
    for (size_t k = 0; k < type->ndefs; k++) {
        const struct tdef *def = type->defs[k];
        for (size_t i = 0; i < def->nstates; i++) {
            if (!def->states[i].nnext) {
                continue;
            }
            if (some) {
                SQLB_LIT(b, ", ");
            }
            sqlb_i64(b, def->states[i].code);
            some = true;
        }
    }
    return some ? OK : err_make(ERR_NOT_FOUND, STR("no state waits"));
}

static err tasks_of_type(struct turn *t, struct ctx *ctx, struct arena *a, const struct type *type,
                         int64_t *after, bool *some)
{
    struct sqlb b = sqlb_make(a);
    struct rows r;
    SQLB_LIT(&b, "select id from ");
    sqlb_ident(&b, type->table);
    SQLB_LIT(&b, " where id > $1 and state in (");
    if (waiting_states(&b, type).code) {
        *after = 0;
        return OK;
    }
    SQLB_LIT(&b, ") order by id limit ");
    sqlb_i64(&b, TASKS_AT_ONCE);
    err e = db_query(ctx->db, a, sqlb_end(&b), ARGS(db_i64(*after)), &r);
    int64_t last = 0;
    struct doing *d = turn_begin(t, ctx, a, 0, 0);
    while (!e.code && rows_next(&r)) {
        struct touched *x;
        last = rows_i64(&r, 0);
        e = perform_touch(d, type, last, &x);
        e = e.code ? e : perform_tasks(d, x);
    }
    *after = d->n == TASKS_AT_ONCE ? last : 0;
    *some = d->n > 0;
    return e;
}

/* tasks_at holds "type:id", where the work stands; there is none when it is done. */
err later_tasks(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = t->e;
    struct rows r;
    (void)world;
    err x =
        db_query(db, a, SQL("select value from installation where key = 'tasks_at'"), NO_ARGS, &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    str after_text;
    str at_text = str_cut(rows_text(&r, 0), ':', &after_text);
    int64_t at = 0;
    int64_t after = 0;
    if (!str_to_i64(at_text, &at) || !str_to_i64(after_text, &after)) {
        at = after = 0;
    }
    const struct model *m = e->now.model->model;
    struct ctx ctx = ctx_make(e, m, db, a, t->now, 0, LANG_ZH);
    if (at >= (int64_t)m->ntypes) {
        return db_exec(db, a, SQL("delete from installation where key = 'tasks_at'"), NO_ARGS);
    }
    bool some = false; /* types of which nothing waits take no turn of their own */
    while (!x.code && !some && at < (int64_t)m->ntypes) {
        const struct type *type = m->types[at];
        if (!type->part_of || type->newest->nstates) {
            x = tasks_of_type(t, &ctx, a, type, &after, &some);
        }
        at += after == 0;
    }
    return x.code
               ? x
               : db_exec(db, a, SQL("update installation set value = $1 where key = 'tasks_at'"),
                         ARGS(db_text(str_fmt(a, "%lld:%lld", (long long)at, (long long)after))));
}
