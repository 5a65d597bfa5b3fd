/* compliance_lived.c - articles of which nothing has ever come. */
#include "engine/compliance_lived.h"

#include "engine/engine_int.h"
#include "model/duty.h"

/* --- what the database is asked ------------------------------------------------------------ */

/* The actions that were ever done: place of the type, key.  A subquery of one row each, so that
 * neither database reads more than one entry of the index for it. */
static struct sql make_acts_sql(const struct ctx *ctx)
{
    const struct model *m = ctx->model;
    struct sqlb b = sqlb_make(ctx->arena);
    bool any = false;
    SQLB_LIT(&b, "select v.column1, v.column2 from (values ");
    for (size_t i = 0; i < m->ntypes; i++) {
        const struct tdef *d = m->types[i]->newest;
        for (size_t k = 0; d && k < d->nactions; k++) {
            if (any) {
                SQLB_LIT(&b, ", ");
            }
            SQLB_LIT(&b, "(");
            sqlb_i64(&b, m->types[i]->code);
            SQLB_LIT(&b, ", ");
            sqlb_i64(&b, (int64_t)k);
            SQLB_LIT(&b, ", ");
            sqlb_text(&b, d->actions[k].key);
            SQLB_LIT(&b, ")");
            any = true;
        }
    }
    SQLB_LIT(&b, ") v where (select 1 from act a where a.type = v.column1 and a.action ="
                 " v.column3 limit 1) = 1");
    return any ? sqlb_end(&b) : (struct sql){0};
}

/* Duties of which an occurrence was done, late or missed (duty_sum.h): their codes. */
static struct sql make_duties_sql(const struct ctx *ctx)
{
    const struct model *m = ctx->model;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select v.column1 from (values ");
    for (size_t i = 0; i < m->nduties; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        SQLB_LIT(&b, "(");
        sqlb_i64(&b, m->duties[i]->code);
        SQLB_LIT(&b, ", ");
        sqlb_text(&b, m->duties[i]->key);
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, ") v where (select 1 from duty_last l where l.duty = v.column2 limit 1) = 1");
    return sqlb_end(&b);
}

/* The statement is the same until another version of a regulation is in force. */
static struct sql kept_sql(const struct ctx *ctx, struct sql (*make)(const struct ctx *),
                           const void *maker)
{
    struct memo_key k = ctx_key(ctx, maker, NULL, NULL, 0);
    struct sql s;
    if (!ctx_find_sql(ctx, k, &s)) {
        struct ctx room = ctx_room(ctx);
        s = ctx_keep_sql(&room, k, make(&room));
    }
    return s;
}

enum { ASK_DAYS, ASK_ACTS, ASK_DUTIES };

struct batch *compliance_lived_ask(const struct ctx *ctx)
{
    static const char acts_maker, duties_maker;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b,
              SQL("select r.control from control_result r where (select 1 from control_day d"
                  " where d.control = r.control and d.n > 0 limit 1) = 1"),
              NO_ARGS);
    struct sql acts = kept_sql(ctx, make_acts_sql, &acts_maker);
    bool duties = ctx->model->duty_run && ctx->model->nduties;
    batch_add(b, acts.text.len ? acts : SQL("select 0, 0 where 1 = 0"), NO_ARGS);
    batch_add(b,
              duties ? kept_sql(ctx, make_duties_sql, &duties_maker) : SQL("select 0 where 1 = 0"),
              NO_ARGS);
    batch_ride(b);
    return b;
}

/* --- what came of it -------------------------------------------------------------------------- */

struct occasion {
    struct unlived u;
    size_t n;
    bool lived;
};
struct looking {
    const struct model *m;
    struct occasion **of; /* by regulation, as in the model, and place of the clause */
    bool *controls, *duties;
    bool **acts; /* by code of the type and place of the action in its newest version */
};

/* What is known of an article of a version in force; NULL: of an older one. */
static struct occasion *occasion_of(struct looking *k, const struct clause *c)
{
    for (size_t i = 0; i < k->m->nregs; i++) {
        if (k->m->regs[i]->newest == c->law) {
            return &k->of[i][c - c->law->clauses];
        }
    }
    return NULL;
}

/* One more occasion of an article; NULL, and those of older versions, are none. */
static void occasion(struct looking *k, const struct clause *c, struct words by, bool lived)
{
    struct occasion *o = c ? occasion_of(k, c) : NULL;
    if (!o) {
        return;
    }
    bool there = false;
    for (size_t w = 0; w < o->u.nby; w++) {
        there = there || str_eq(o->u.by[w].zh, by.zh);
    }
    o->lived = o->lived || lived;
    o->n++;
    if (!there && o->u.nby < UNLIVED_BY) {
        o->u.by[o->u.nby++] = by;
    } else if (!there) {
        o->u.more++;
    }
}

static bool starts(const struct action *a, const struct term *t)
{
    for (size_t i = 0; i < t->nruns; i++) {
        if (a->to_kind == TO_STATE && a->to == t->runs_in[i]) {
            return true;
        }
        for (size_t k = 0; a->to_kind == TO_FIRST && k < a->ntos; k++) {
            if (a->tos[k].state == t->runs_in[i]) {
                return true;
            }
        }
    }
    return false;
}

/* What one action is an occasion of. */
static void of_action(struct looking *k, const struct tdef *d, const struct action *a, bool done)
{
    const struct action *own = a->after ? a->after : a; /* it is called as what was asked for */
    occasion(k, a->clause, own->words, done);
    for (size_t i = 0; i < a->nneeds; i++) {
        occasion(k, a->needs[i].check.clause, own->words, done);
    }
    for (size_t i = 0; i < a->neffects; i++) {
        occasion(k, a->effects[i].clause, own->words, done);
    }
    for (int i = 0; own->route && i < own->route->plan.n; i++) {
        occasion(k, own->route->nodes[i].clause, own->words, done);
    }
    for (size_t i = 0; i < d->nterms; i++) {
        if (starts(a, &d->terms[i])) {
            occasion(k, d->terms[i].clause, own->words, done);
        }
    }
}

static void of_type(struct looking *k, const struct type *t)
{
    const struct tdef *d = t->newest;
    bool any = false;
    for (size_t i = 0; d && i < d->nactions; i++) {
        of_action(k, d, &d->actions[i], k->acts[t->code][i]);
        any = any || k->acts[t->code][i];
    }
    if (!d || !d->nactions) {
        return;
    }
    for (size_t i = 0; i < d->nfields; i++) {
        occasion(k, d->fields[i].clause, d->title, any);
    }
    for (size_t i = 0; i < d->nrules; i++) {
        occasion(k, d->rules[i].check.clause, d->title, any);
    }
    for (size_t i = 0; i < d->nuniques; i++) {
        occasion(k, d->uniques[i].clause, d->title, any);
    }
}

static void of_law(struct looking *k, const struct law_state *l)
{
    for (size_t i = 0; i < l->nclauses; i++) {
        const struct clause_state *s = &l->clauses[i];
        for (size_t r = 0; r < s->nresults; r++) {
            const struct control_result *x = &s->results[r];
            bool answered = x->def->manual && x->judged;
            occasion(k, s->clause, x->def->words,
                     answered || x->counts.n > 0 || k->controls[x->control->code]);
        }
    }
    for (size_t i = 0; i < l->law->nduties; i++) {
        const struct ddef *d = &l->law->duties[i];
        occasion(k, d->clause, d->words, k->duties[d->duty->code]);
    }
}

static struct looking looking_of(const struct ctx *ctx, struct batch *asked)
{
    const struct model *m = ctx->model;
    struct looking k = {.m = m,
                        .of = arena_array(ctx->arena, struct occasion *, m->nregs + 1),
                        .controls = arena_array(ctx->arena, bool, m->ncontrols + 1),
                        .duties = arena_array(ctx->arena, bool, m->nduties + 1),
                        .acts = arena_array(ctx->arena, bool *, m->ntypes + 1)};
    for (size_t i = 0; i < m->nregs; i++) {
        k.of[i] = arena_array(ctx->arena, struct occasion, m->regs[i]->newest->nclauses + 1);
    }
    for (size_t i = 0; i < m->ntypes; i++) {
        const struct tdef *d = m->types[i]->newest;
        k.acts[m->types[i]->code] = arena_array(ctx->arena, bool, (d ? d->nactions : 0) + 1);
    }
    struct rows r = batch_rows(asked, ASK_DAYS);
    while (rows_next(&r)) {
        const struct control *c = model_control_at(m, rows_i64(&r, 0));
        if (c) {
            k.controls[c->code] = true;
        }
    }
    r = batch_rows(asked, ASK_ACTS);
    while (rows_next(&r)) {
        k.acts[rows_i64(&r, 0)][rows_i64(&r, 1)] = true;
    }
    r = batch_rows(asked, ASK_DUTIES);
    while (rows_next(&r)) {
        k.duties[rows_i64(&r, 0)] = true;
    }
    return k;
}

err compliance_lived_read(const struct ctx *ctx, const struct compliance *c, struct batch *asked,
                          struct lived *ret)
{
    const struct model *m = ctx->model;
    size_t all = 0;
    *ret = (struct lived){0};
    err e = batch_join(asked);
    if (e.code) {
        return e;
    }
    struct looking k = looking_of(ctx, asked);
    for (size_t i = 0; i < m->ntypes; i++) {
        of_type(&k, m->types[i]);
    }
    for (size_t i = 0; i < c->nlaws; i++) {
        of_law(&k, &c->laws[i]);
        all += c->laws[i].nclauses;
    }
    struct unlived *list = arena_array(ctx->arena, struct unlived, all + 1);
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *law = m->regs[i]->newest;
        for (size_t p = 0; p < law->nclauses; p++) {
            struct occasion *o = &k.of[i][p];
            ret->occasions += o->n > 0;
            if (o->n && !o->lived) {
                o->u.clause = &law->clauses[p];
                list[ret->n++] = o->u;
            }
        }
    }
    ret->list = list;
    return OK;
}

size_t compliance_unlived(const struct lived *l, const struct law *law)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        n += l->list[i].clause->law == law;
    }
    return n;
}
