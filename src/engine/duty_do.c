/* duty_do.c - occurrences of duties as acts by auto. */
#include "base/arena.h"
#include "engine/duty_int.h"

#include <string.h>

struct duty_turn {
    struct turn t; /* first: the job is the turn's */
    const struct duty_todo *todo;
};

struct duty_plans *duty_plans(const struct model *m, struct arena *a)
{
    struct duty_plans *all = arena_array(a, struct duty_plans, m->nduties + 1);
    for (size_t i = 0; i < m->nduties; i++) {
        const struct ddef *d = m->duties[i]->newest;
        all[i] =
            (struct duty_plans){.missed = arena_array(a, struct eplan, (d ? d->nmissed : 0) + 1)};
    }
    return all;
}

/* --- who owes it ------------------------------------------------------------------------------ */

/* Whoever the duty names now, by id. */
static err owners_of(const struct ctx *ctx, const struct ddef *d, int64_t about, int64_t *ids,
                     size_t *n)
{
    *n = 0;
    if (!d->owner.who.text.len || !ctx->model->person) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select w.id from ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " w");
    if (d->each) {
        SQLB_LIT(&b, ", ");
        duty_put_object(&b, d, 4);
        SQLB_LIT(&b, " and w.id in (");
    } else {
        SQLB_LIT(&b, " where w.id in (");
    }
    sqlb_sql(&b, d->owner.who);
    SQLB_LIT(&b, ") order by w.id limit ");
    sqlb_i64(&b, DUTY_OWNERS_MAX);
    struct db_arg object = db_i64(about);
    struct rows r;
    err e =
        db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, &object, d->each ? 1 : 0), &r);
    while (!e.code && rows_next(&r) && *n < DUTY_OWNERS_MAX) {
        ids[(*n)++] = rows_i64(&r, 0);
    }
    return e;
}

/* Those it was last written to be. */
static err owners_were(const struct ctx *ctx, int64_t run, int64_t *ids, size_t *n)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select target from ");
    sqlb_ident(&b, str_fmt(ctx->arena, "l_%.*s__owner", STR_ARG(ctx->model->duty_run->key)));
    SQLB_LIT(&b, " where owner = $1 order by target limit ");
    sqlb_i64(&b, DUTY_OWNERS_MAX);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(run)), &r);
    *n = 0;
    while (!e.code && rows_next(&r) && *n < DUTY_OWNERS_MAX) {
        ids[(*n)++] = rows_i64(&r, 0);
    }
    return e;
}

/* --- values and calls ----------------------------------------------------------------------- */

enum { VALUES_MAX = 14 };
struct giving {
    struct value_in list[VALUES_MAX];
    size_t n;
};

static void give_i64(struct giving *g, const char *field, int64_t v)
{
    g->list[g->n++] =
        (struct value_in){.field = str_from(field), .is_typed = true, .typed = {.i64 = v}};
}

static void give_text(struct giving *g, const char *field, str v)
{
    g->list[g->n++] =
        (struct value_in){.field = str_from(field), .is_typed = true, .typed = {.text = v}};
}

static void give_people(struct giving *g, const int64_t *ids, size_t n)
{
    g->list[g->n++] = (struct value_in){
        .field = STR("owner"), .is_typed = true, .typed = {.ids = ids, .nids = n}};
}

static err call(struct doing *d, const char *action, int64_t run, const struct giving *g,
                int64_t *ret)
{
    struct call c = {.type = d->h->model->duty_run,
                     .action = str_from(action),
                     .record = run,
                     .values = g->list,
                     .nvalues = g->n,
                     .cause = d->cause,
                     .by = d->h->model->duty_run->reg};
    return perform_call(d, &c, ret);
}

static struct touched *touched_run(struct doing *d, int64_t run)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].id == run) {
            return &d->list[i];
        }
    }
    return NULL;
}

static str cause_of(struct arena *a, const struct duty *d)
{
    return d ? str_fmt(a, "duty:%.*s", STR_ARG(d->key)) : STR("duty");
}

/* --- a period begins ------------------------------------------------------------------------ */

static err exists(const struct ctx *ctx, str key, bool *ret)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select 1 from ");
    sqlb_ident(&b, ctx->model->duty_run->table);
    SQLB_LIT(&b, " where f_key = $1");
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_text(key)), &r);
    *ret = !e.code && rows_next(&r);
    return e;
}

/* The record it is met by is made along with it. */
static err create_record(struct doing *d, const struct ddef *def, int64_t run)
{
    struct touched *x = touched_run(d, run);
    const struct effect *list[] = {&def->create};
    const struct law *laws[] = {def->law};
    size_t before = d->nacts;
    struct effect_list l = {.list = list,
                            .plans = &d->h->duties[def->duty->code].create,
                            .n = 1,
                            .laws = laws,
                            .of = d->cause};
    err e = perform_effects(d, &l, x, before ? d->acts[before - 1].id : 0, d->cause);
    if (e.code || d->nacts == before) {
        return e;
    }
    struct giving g = {0};
    give_i64(&g, "record", d->acts[before].record);
    return perform_set(d, touched_run(d, run), g.list, g.n);
}

static err open_run(struct duty_turn *t, struct doing *d)
{
    const struct duty_todo *todo = t->todo;
    const struct duty_period *p = &todo->period;
    const struct ddef *def = todo->duty->newest;
    int64_t ids[DUTY_OWNERS_MAX];
    size_t n;
    str key = duty_key(d->a, todo->duty, todo->object.id, p->begins);
    bool there;
    err e = exists(d->ctx, key, &there);
    if (e.code || there) {
        return e;
    }
    e = owners_of(d->ctx, def, todo->object.id, ids, &n);
    struct giving g = {0};
    give_text(&g, "key", key);
    give_text(&g, "duty", todo->duty->key);
    give_text(&g, "title", words_in(def->words, LANG_ZH));
    give_i64(&g, "begins", p->begins);
    give_i64(&g, "ends", p->ends);
    give_i64(&g, "due", p->due);
    give_i64(&g, "closes", p->closes);
    if (p->skipped) {
        give_i64(&g, "skipped", p->skipped);
    }
    if (todo->object.id) {
        give_i64(&g, "about", todo->object.id);
    }
    if (todo->object.unit) {
        give_i64(&g, "unit", todo->object.unit);
    }
    if (n) {
        give_people(&g, ids, n);
    }
    int64_t run = 0;
    e = e.code ? e : call(d, "open", 0, &g, &run);
    if (!e.code && t->t.give_up) {
        e = turn_put_away(&t->t, d->ctx->db, d->a);
    } else if (!e.code && def->creates && p->closes > t->t.now) {
        e = create_record(d, def, run); /* of a period that is over nothing is asked any more */
    }
    return e;
}

/* --- met, missed, handed on ----------------------------------------------------------------- */

/* Does it still stand where the look saw it, and about what? */
static err still(struct doing *d, int64_t run, int64_t *state, int64_t *about)
{
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select state, coalesce(f_about, 0) from ");
    sqlb_ident(&b, d->h->model->duty_run->table);
    SQLB_LIT(&b, " where id = $1");
    struct rows r;
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ARGS(db_i64(run)), &r);
    bool there = !e.code && rows_next(&r);
    *state = there ? rows_i64(&r, 0) : -1;
    *about = there ? rows_i64(&r, 1) : 0;
    return e;
}

/* When a created record was met, and who last had a hand in it; one that arrived: when, and
 * by whom. */
static err when_met(struct doing *d, const struct ddef *def, int64_t record, int64_t *at,
                    int64_t *who)
{
    const struct type *t = def->creates ? def->create.target : def->expected;
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select r.created_at, r.changed_at, coalesce((select q.person from act q where"
                 " q.record = r.id and q.person <> 0");
    if (!def->creates) {
        SQLB_LIT(&b, " and q.from_state is null order by q.id");
    } else {
        SQLB_LIT(&b, " order by q.id desc");
    }
    SQLB_LIT(&b, " limit 1), 0) from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.id = $1");
    struct rows r;
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ARGS(db_i64(record)), &r);
    bool there = !e.code && rows_next(&r);
    *at = there ? rows_i64(&r, def->creates ? 1 : 0) : d->ctx->now;
    *who = there ? rows_i64(&r, 2) : 0;
    return e;
}

static err met_run(struct duty_turn *t, struct doing *d)
{
    const struct duty_todo *todo = t->todo;
    struct giving g = {0};
    int64_t at;
    int64_t who;
    int64_t done;
    err e = when_met(d, todo->duty->newest, todo->met_by, &at, &who);
    give_i64(&g, "done_at", at);
    give_i64(&g, "record", todo->met_by);
    if (who) {
        give_i64(&g, "doer", who);
    }
    return e.code ? e : call(d, "met", todo->run, &g, &done);
}

/* Owes it somebody else now? */
static err assign_run(struct duty_turn *t, struct doing *d, int64_t about)
{
    const struct duty_todo *todo = t->todo;
    int64_t now[DUTY_OWNERS_MAX];
    int64_t was[DUTY_OWNERS_MAX];
    size_t nnow;
    size_t nwas;
    int64_t done;
    if (!todo->duty || !todo->duty->newest) {
        return OK;
    }
    err e = owners_of(d->ctx, todo->duty->newest, about, now, &nnow);
    e = e.code ? e : owners_were(d->ctx, todo->run, was, &nwas);
    bool same = !e.code && nnow == nwas && memcmp(now, was, nnow * sizeof(now[0])) == 0;
    if (e.code || same) {
        return e;
    }
    struct giving g = {0};
    give_people(&g, now, nnow);
    return call(d, "assign", todo->run, &g, &done);
}

static err miss_run(struct duty_turn *t, struct doing *d, int64_t about)
{
    const struct duty_todo *todo = t->todo;
    const struct ddef *def = todo->duty ? todo->duty->newest : NULL;
    struct giving none = {0};
    int64_t done;
    err e = assign_run(t, d, about);
    e = e.code ? e : call(d, "miss", todo->run, &none, &done);
    if (!e.code && t->t.give_up) {
        return turn_put_away(&t->t, d->ctx->db, d->a);
    }
    if (e.code || !def || !def->nmissed) {
        return e;
    }
    const struct effect **list = arena_array(d->a, const struct effect *, def->nmissed);
    const struct law **laws = arena_array(d->a, const struct law *, def->nmissed);
    for (size_t i = 0; i < def->nmissed; i++) {
        list[i] = &def->missed[i];
        laws[i] = def->law;
    }
    struct effect_list l = {.list = list,
                            .plans = d->h->duties[def->duty->code].missed,
                            .n = def->nmissed,
                            .laws = laws,
                            .of = d->cause};
    return perform_effects(d, &l, touched_run(d, todo->run), d->acts[d->nacts - 1].id, d->cause);
}

static err one_run(struct duty_turn *t, struct doing *d)
{
    const struct duty_todo *todo = t->todo;
    const struct model *m = d->h->model;
    struct giving none = {0};
    int64_t state;
    int64_t about;
    int64_t done;
    err e = still(d, todo->run, &state, &about);
    bool waiting = state == duty_state_code(m, 0);
    bool open = waiting || state == duty_state_code(m, 3);
    if (e.code || (todo->what == DUTY_MET ? !open : !waiting)) {
        return e;
    }
    switch (todo->what) {
    case DUTY_MET:
        return met_run(t, d);
    case DUTY_MISS:
        return miss_run(t, d, about);
    case DUTY_DROP:
        return call(d, "drop", todo->run, &none, &done);
    case DUTY_ASSIGN:
        return assign_run(t, d, about);
    case DUTY_OPEN:
        break;
    }
    return OK;
}

/* --- the turn ------------------------------------------------------------------------------- */

static err duty_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct duty_turn *t = (struct duty_turn *)job;
    struct engine *e = t->t.e;
    const struct model *m = e->now.model->model;
    (void)world;
    /* The look may have seen the model before this one. */
    const struct duty *duty = t->todo->duty ? model_duty(m, t->todo->duty->key) : NULL;
    bool needed = t->todo->what == DUTY_OPEN || t->todo->what == DUTY_MET;
    if (!m->duty_run || duty != t->todo->duty || (needed && !(duty && duty->newest))) {
        return OK;
    }
    struct ctx ctx = ctx_make(e, m, db, a, t->t.now, 0, LANG_ZH);
    struct doing *d = turn_begin(&t->t, &ctx, a, 0, 0);
    d->cause = cause_of(a, t->todo->duty);
    t->t.at.record = t->todo->run;
    t->t.at.type = m->duty_run->code;
    bool again = t->t.give_up;
    err x = t->todo->what == DUTY_OPEN ? open_run(t, d) : one_run(t, d);
    x = x.code || !d->n ? x : perform_finish(d);
    t->t.done = !x.code && d->n > 0;
    if (!again) {
        turn_refused(&t->t, x);
    }
    return x;
}

err duty_do(struct engine *e, int64_t now, const struct duty_todo *todo, bool *done)
{
    struct duty_turn t = {.t = {.e = e, .now = now}, .todo = todo};
    err x = turn_run(&t.t, duty_job);
    bool effects = todo->what == DUTY_OPEN || todo->what == DUTY_MISS;
    if (x.code && t.t.give_up && effects) {
        x = turn_run(&t.t, duty_job);
    } else if (x.code && t.t.give_up) {
        return OK;
    }
    *done = !x.code && t.t.done;
    return x;
}
