#include "engine/explain.h"

#include "base/arena.h"
#include "engine/schema.h"
#include "model/control.h"
#include "model/ddl.h"
#include "store/db.h"

struct explaining {
    struct db *db;
    struct arena *side; /* of one statement */
    const struct model *m;
    struct diags *d;
    const struct type *type;   /* of r */
    const struct effect *each; /* whose for_each variable is known, or NULL */
    err e;
};

/* " from r_T r, r_T o[, r_E v_x] where r.id = $4 and o.id = r.id[ and v_x.id = $5]" */
static void put_from(struct sqlb *b, const struct explaining *x, const char *more)
{
    SQLB_LIT(b, " from ");
    sqlb_ident(b, x->type->table);
    SQLB_LIT(b, " r, ");
    sqlb_ident(b, x->type->table);
    SQLB_LIT(b, " o");
    if (x->each) {
        SQLB_LIT(b, ", ");
        sqlb_ident(b, x->each->each_type->table);
        SQLB_LIT(b, " ");
        sqlb_ident2(b, "v_", x->each->each_name);
    }
    if (more) {
        SQLB_LIT(b, ", ");
        sqlb_ident(b, str_from(more));
        SQLB_LIT(b, " w");
    }
    SQLB_LIT(b, " where r.id = $4 and o.id = r.id");
    if (x->each) {
        SQLB_LIT(b, " and ");
        sqlb_ident2(b, "v_", x->each->each_name);
        SQLB_LIT(b, ".id = $5");
    }
}

static const struct type *of_table(const struct model *m, str table)
{
    for (size_t i = 0; i < m->ntypes; i++) {
        if (str_eq(m->types[i]->table, table)) {
            return m->types[i];
        }
    }
    return NULL;
}

static void judge(struct explaining *x, struct sqlb *b, struct pos at)
{
    struct str_list scans;
    x->e = db_scans(x->db, x->side, sqlb_end(b), false, &scans);
    for (size_t i = 0; !x->e.code && i < scans.len; i++) {
        const struct type *t = of_table(x->m, scans.ptr[i]);
        if (t && !t->newest->small) {
            diag_error(x->d, at,
                       "这个条件要逐条翻看全部“%.*s”；请按引用本记录的字段查找（x.字段 == self），"
                       "或在该类型上写 small: true",
                       "this condition walks all records of \"%.*s\"; look them up by a field that "
                       "refers to this record (x.field == self), or declare the type small: true",
                       STR_ARG(t->key));
        }
    }
    x->e.detail = x->e.code ? STR("a condition could not be explained") : x->e.detail;
    arena_reset(x->side);
}

static void one(struct explaining *x, const struct cond *c)
{
    if (x->e.code || !c->tree) {
        return;
    }
    struct sqlb b = sqlb_make(x->side);
    SQLB_LIT(&b, "select (");
    sqlb_sql(&b, c->value);
    SQLB_LIT(&b, ")");
    put_from(&b, x, NULL);
    judge(x, &b, c->pos);
    if (c->when) {
        one(x, c->when);
    }
    if (c->other) {
        one(x, c->other);
    }
}

static void is_he(struct explaining *x, const struct people *p)
{
    if (x->e.code || !p->is_actor.text.len) {
        return;
    }
    struct sqlb b = sqlb_make(x->side);
    SQLB_LIT(&b, "select case when (");
    sqlb_sql(&b, p->is_actor);
    SQLB_LIT(&b, ") then 1 else 0 end");
    put_from(&b, x, NULL);
    judge(x, &b, p->pos);
}

static void who_are_they(struct explaining *x, const struct people *p)
{
    if (x->e.code || !p->who.text.len || !x->m->person) {
        return;
    }
    struct sqlb b = sqlb_make(x->side);
    SQLB_LIT(&b, "select w.id");
    put_from(&b, x, x->m->person->table.ptr);
    SQLB_LIT(&b, " and w.id in (");
    sqlb_sql(&b, p->who);
    SQLB_LIT(&b, ")");
    judge(x, &b, p->pos);
}

/* The set of a for_each; one that is worked off in steps may be walked. */
static void each_set(struct explaining *x, const struct effect *ef)
{
    if (x->e.code || !ef->each || !ef->each_from.text.len || ef->has_after) {
        return;
    }
    struct sqlb b = sqlb_make(x->side);
    SQLB_LIT(&b, "select w.id");
    put_from(&b, x, ef->each_type->table.ptr);
    SQLB_LIT(&b, " and w.id in (select ");
    sqlb_ident2(&b, "v_", ef->each_name);
    SQLB_LIT(&b, ".id ");
    sqlb_sql(&b, ef->each_from);
    SQLB_LIT(&b, ")");
    judge(x, &b, ef->each_set.pos);
}

static void effects(struct explaining *x, const struct effect *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct effect *ef = &list[i];
        each_set(x, ef);
        x->each = ef->each && ef->each_type ? ef : NULL;
        const struct cond *own[] = {&ef->when,  &ef->take, &ef->order,
                                    &ef->after, &ef->path, &ef->due};
        for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
            one(x, own[k]);
        }
        for (size_t k = 0; k < ef->nassigns; k++) {
            one(x, &ef->assigns[k].value);
        }
        who_are_they(x, &ef->to);
        x->each = NULL;
    }
}

static void needs(struct explaining *x, const struct need *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        one(x, &list[i].check);
    }
}

static void rules(struct explaining *x, const struct rule *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        one(x, &list[i].check);
    }
}

static void route(struct explaining *x, const struct route *r)
{
    for (int i = 0; i < r->plan.n; i++) {
        const struct route_node *n = &r->nodes[i];
        const struct people *crowds[] = {&n->who, &n->substitute, &n->copy};
        for (size_t k = 0; k < sizeof(crowds) / sizeof(crowds[0]); k++) {
            who_are_they(x, crowds[k]);
        }
        is_he(x, &n->keep_out);
        one(x, &n->when);
        one(x, &n->term);
        one(x, &n->remind);
    }
}

static void action(struct explaining *x, const struct action *a)
{
    is_he(x, &a->who);
    needs(x, a->needs, a->nneeds);
    for (size_t i = 0; i < a->nasks; i++) {
        one(x, &a->asks[i].when);
    }
    for (size_t i = 0; i < a->ntos; i++) {
        one(x, &a->tos[i].when);
    }
    effects(x, a->effects, a->neffects);
    if (a->route) {
        route(x, a->route);
    }
}

static void term(struct explaining *x, const struct term *t)
{
    one(x, &t->until);
    one(x, &t->within);
    one(x, &t->from);
    for (size_t i = 0; i < t->nmarks; i++) {
        one(x, &t->marks[i].at);
        one(x, &t->marks[i].every);
        effects(x, t->marks[i].effects, t->marks[i].neffects);
    }
}

static void type(struct explaining *x, const struct tdef *t)
{
    x->type = t->type;
    is_he(x, &t->see);
    rules(x, t->rules, t->nrules);
    for (size_t i = 0; i < t->nfields; i++) {
        one(x, &t->fields[i].def);
        one(x, &t->fields[i].is);
        is_he(x, &t->fields[i].see);
    }
    for (size_t i = 0; i < t->nstates; i++) {
        for (size_t k = 0; k < t->states[i].nnext; k++) {
            who_are_they(x, &t->states[i].next[k]->who);
        }
    }
    for (size_t i = 0; i < t->nactions; i++) {
        action(x, &t->actions[i]);
    }
    for (size_t i = 0; i < t->nterms; i++) {
        term(x, &t->terms[i]);
    }
}

static void adds(struct explaining *x, const struct law *l)
{
    for (size_t i = 0; i < l->nadds; i++) {
        const struct add *add = &l->adds[i];
        x->type = add->to_type;
        one(x, &add->when);
        needs(x, add->needs, add->nneeds);
        rules(x, add->rules, add->nrules);
        effects(x, add->effects, add->neffects);
    }
}

/* A control looks things up for each record of its type: what it looks up in must have a key. */
static void controls(struct explaining *x, const struct law *l)
{
    for (size_t i = 0; i < l->ncontrols; i++) {
        const struct cdef *c = &l->controls[i];
        if (!c->over) {
            continue;
        }
        x->type = c->over;
        one(x, &c->where);
        one(x, &c->holds);
        for (size_t k = 0; k < c->nreasons; k++) {
            one(x, &c->reasons[k].when);
        }
        for (size_t k = 0; k < c->nshow; k++) {
            one(x, &c->show[k].value);
        }
    }
}

/* Empty tables of everything a condition may speak of. */
static err make_empty(struct arena *a, const struct model *m, struct db **ret)
{
    size_t n;
    const struct migration *list = schema_migrations(&n);
    err e = db_open(a, STR("sqlite::memory:"), (struct db_options){.writer = true}, ret);
    e = e.code ? e : db_migrate(*ret, a, list, n);
    return e.code ? e : ddl_apply(*ret, a, m);
}

err explain_model(const struct model *m, struct diags *d)
{
    struct arena own = arena_make(256u << 20);
    struct arena side = arena_make(64u << 20);
    struct explaining x = {.side = &side, .m = m, .d = d};
    x.e = make_empty(&own, m, &x.db);
    for (size_t i = 0; !x.e.code && i < m->ntypes; i++) {
        type(&x, m->types[i]->newest);
    }
    for (size_t i = 0; !x.e.code && i < m->nregs; i++) {
        adds(&x, m->regs[i]->newest);
        controls(&x, m->regs[i]->newest);
    }
    arena_end(&side);
    x.e.detail = x.e.code ? STR("conditions could not be explained") : x.e.detail;
    arena_end(&own);
    return x.e;
}
