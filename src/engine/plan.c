/* plan.c - the statements of a model, made once: guards, results, updates. */
#include "engine/engine_int.h"
#include "engine/record_load.h"

#include <assert.h>
#include <string.h>

/* --- columns ------------------------------------------------------------------------ */

static const str base_cols[COL_BASE] = {
    [COL_ID] = {"id", 2},
    [COL_NUMBER] = {"number", 6},
    [COL_NAME] = {"name", 4},
    [COL_STATE] = {"state", 5},
    [COL_LAW] = {"law", 3},
    [COL_VER] = {"ver", 3},
    [COL_CREATED] = {"created_at", 10},
    [COL_CHANGED] = {"changed_at", 10},
    [COL_CREATOR] = {"creator", 7},
    [COL_UNIT] = {"unit", 4},
};

static int col_named(const struct tplan *t, str name)
{
    for (int i = 0; i < t->ncols; i++) {
        if (str_eq(t->cols[i], name)) {
            return i;
        }
    }
    return -1;
}

int plan_col(const struct tplan *t, const struct field *f)
{
    if (t->def && f >= t->def->fields && f < t->def->fields + t->def->nfields) {
        return t->field_col[f - t->def->fields];
    }
    return f->column.len ? col_named(t, f->column) : -1;
}

int plan_state_col(const struct tplan *t, const struct state *s)
{
    return s ? col_named(t, s->at_column) : -1;
}

static void add_col(struct tplan *t, str name, bool text)
{
    if (!name.len || col_named(t, name) >= 0) {
        return;
    }
    assert(t->ncols < COLS_MAX);
    t->cols[t->ncols] = name;
    t->is_text[t->ncols] = text;
    t->ncols++;
}

void plan_columns(struct tplan *t, struct arena *a)
{
    const struct type *type = t->type;
    t->cols = arena_array(a, str, COLS_MAX);
    t->is_text = arena_array(a, bool, COLS_MAX);
    for (int i = 0; i < COL_BASE; i++) {
        add_col(t, base_cols[i], i == COL_NUMBER || i == COL_NAME);
    }
    for (size_t i = 0; i < type->nstates; i++) {
        add_col(t, type->states[i]->at_column, false);
    }
    for (size_t i = 0; i < type->ncolumns; i++) {
        add_col(t, type->columns[i].name, type->columns[i].text);
    }
    t->parent_col = -1;
    if (type->part_of) {
        str name = str_fmt(a, "f_%.*s", STR_ARG(type->part_of->key));
        add_col(t, name, false);
        t->parent_col = col_named(t, name);
    }
    t->sorted = arena_array(a, int, (size_t)t->ncols + 1);
    for (int i = 0; i < t->ncols; i++) {
        int at = i;
        for (; at > 0 && str_cmp(t->cols[t->sorted[at - 1]], t->cols[i]) > 0; at--) {
            t->sorted[at] = t->sorted[at - 1];
        }
        t->sorted[at] = i;
    }
    t->field_col = arena_array(a, int, t->def->nfields + 1);
    for (size_t i = 0; i < t->def->nfields; i++) {
        str column = t->def->fields[i].column;
        t->field_col[i] = column.len ? col_named(t, column) : -1;
    }
}

/* --- pieces ---------------------------------------------------------------------------- */

/* "(select $4 as "id", $5 as "number" ...) r" */
void plan_from_row(struct sqlb *b, const struct tplan *t, const char *alias, int first)
{
    SQLB_LIT(b, "(select ");
    for (int i = 0; i < t->ncols; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_param(b, first + i);
        SQLB_LIT(b, " as ");
        sqlb_ident(b, t->cols[i]);
    }
    SQLB_LIT(b, ") ");
    sqlb_ident(b, str_from(alias));
}

/* 1, 0 or null. */
void plan_bool(struct sqlb *b, const struct cond *c)
{
    SQLB_LIT(b, "cast((");
    sqlb_sql(b, c->value);
    SQLB_LIT(b, ") as integer)");
}

void plan_is_actor(struct sqlb *b, const struct people *p)
{
    if (p->everyone || !p->tree) {
        SQLB_LIT(b, "1");
    } else if (!p->is_actor.text.len) {
        SQLB_LIT(b, "0");
    } else {
        SQLB_LIT(b, "case when (");
        sqlb_sql(b, p->is_actor);
        SQLB_LIT(b, ") then 1 else 0 end");
    }
}

void plan_close(struct sqlb *b, const struct tplan *t, struct stmt *s)
{
    int next = 4;
    if (s->by_id) {
        SQLB_LIT(b, " from ");
        sqlb_ident(b, t->type->table);
        SQLB_LIT(b, " r");
        next = 5;
    } else if (s->by_row) {
        SQLB_LIT(b, " from ");
        plan_from_row(b, t, "r", 4);
        next = 4 + t->ncols;
    }
    if (s->old && s->same) {
        SQLB_LIT(b, ", ");
        sqlb_ident(b, t->type->table);
        SQLB_LIT(b, " o");
    } else if (s->old) {
        if (s->by_id || s->by_row) {
            SQLB_LIT(b, ", ");
        } else {
            SQLB_LIT(b, " from ");
        }
        plan_from_row(b, t, "o", next);
        next += t->ncols;
    }
    if (s->by_id) {
        SQLB_LIT(b, " where r.id = $4");
    }
    if (s->old && s->same) {
        SQLB_LIT(b, " and o.id = r.id");
    }
    s->first_more = next;
    s->present = true;
    s->sql = sqlb_end(b);
}

/* --- guards -------------------------------------------------------------------------------- */

static void guard_add(struct guards *g, struct arena *a, struct guard one)
{
    enum { FIRST = 8 };
    if (!(g->n & (g->n - 1)) && (!g->n || g->n >= FIRST)) { /* full: none, 8, 16, 32 ... */
        struct guard *more = arena_array(a, struct guard, g->n ? 2 * g->n : FIRST);
        if (g->n) {
            memcpy(more, g->list, g->n * sizeof(*more));
        }
        g->list = more;
    }
    g->list[g->n++] = one;
    if (one.cond &&
        (one.cond->reads.old || (one.add && one.add->when.tree && one.add->when.reads.old))) {
        g->stmt.old = true;
    }
}

static void put_guard(struct sqlb *b, struct held_model *h, const struct tplan *t,
                      const struct action *action, const struct guard *g)
{
    switch (g->kind) {
    case GUARD_SEE:
        SQLB_LIT(b, "case when (");
        load_visible(NULL, b, t->type);
        SQLB_LIT(b, ") then 1 else 0 end");
        return;
    case GUARD_WHO:
        plan_is_actor(b, &action->who);
        return;
    case GUARD_NEED:
        if (g->add && g->add->when.tree) {
            SQLB_LIT(b, "case when coalesce(");
            plan_bool(b, &g->add->when);
            SQLB_LIT(b, ", 1) = 0 then 1 else ");
            plan_bool(b, g->cond);
            SQLB_LIT(b, " end");
            return;
        }
        plan_bool(b, g->cond);
        return;
    case GUARD_TO:
    case GUARD_WHEN:
        plan_bool(b, g->cond);
        return;
    case GUARD_DEFAULT:
        if (g->cond) {
            sqlb_sql(b, g->cond->value);
            return;
        }
        SQLB_LIT(b, "(select p.");
        sqlb_ident(b, STR("f_unit"));
        SQLB_LIT(b, " from ");
        sqlb_ident(b, h->model->person->table);
        SQLB_LIT(b, " p where p.id = $2)");
        return;
    }
}

static void make_guards(struct guards *g, struct held_model *h, const struct tplan *t,
                        const struct action *action)
{
    if (!g->n) {
        return;
    }
    struct sqlb b = sqlb_make(&h->arena);
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < g->n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        put_guard(&b, h, t, action, &g->list[i]);
    }
    plan_close(&b, t, &g->stmt);
}

static bool reads_record(const struct cond *c)
{
    return c->reads.record || c->reads.nfields || c->reads.nparts || c->reads.state ||
           c->reads.at || c->reads.old;
}

static void need_guard(struct aplan *p, struct arena *a, const struct need *need,
                       const struct add *add)
{
    bool late = need->when == NEED_VALUES ||
                (p->action->creates && (reads_record(&need->check) ||
                                        (add && add->when.tree && reads_record(&add->when))));
    struct guard g = {.kind = GUARD_NEED, .cond = &need->check, .add = add};
    if (late) {
        guard_add(&p->after, a, g);
        if (need->check.reads.typed && (!add || !add->when.tree || add->when.reads.typed)) {
            guard_add(&p->after_typed, a, g);
        }
    } else {
        guard_add(&p->before, a, g);
    }
}

/* The demands of other regulations that are in force on this action. */
typedef void each_add_fn(void *arg, const struct add *add);

static void each_add(struct held_model *h, const struct action *action, each_add_fn *fn, void *arg)
{
    for (size_t i = 0; i < h->model->nregs; i++) {
        const struct law *l = h->model->regs[i]->newest;
        for (size_t k = 0; l && k < l->nadds; k++) {
            if (l->adds[k].to_type == action->of->type &&
                str_eq(l->adds[k].to_action, action->key)) {
                fn(arg, &l->adds[k]);
            }
        }
    }
}

struct making {
    struct held_model *h;
    struct tplan *t;
    struct aplan *p;
};

static void add_needs(void *arg, const struct add *add)
{
    struct making *m = arg;
    for (size_t i = 0; i < add->nneeds; i++) {
        need_guard(m->p, &m->h->arena, &add->needs[i], add);
    }
}

static void add_effects(void *arg, const struct add *add)
{
    struct making *m = arg;
    for (size_t i = 0; i < add->neffects; i++) {
        m->p->effect_list[m->p->neffects] = &add->effects[i];
        m->p->effect_laws[m->p->neffects++] = add->law;
    }
}

static void count_effects(void *arg, const struct add *add)
{
    *(size_t *)arg += add->neffects;
}

static void make_defaults(struct making *m)
{
    struct arena *a = &m->h->arena;
    const struct tdef *def = m->t->def;
    for (size_t i = 0; i < def->nfields; i++) {
        const struct field *f = &def->fields[i];
        if (f->def.tree && f->column.len && !f->is.tree) {
            struct guard g = {.kind = GUARD_DEFAULT, .cond = &f->def, .index = (int)i};
            guard_add(reads_record(&f->def) ? &m->p->defaults_r : &m->p->defaults, a, g);
        }
    }
    if (!def->unit_field && m->h->model->person) {
        guard_add(&m->p->defaults, a, (struct guard){.kind = GUARD_DEFAULT, .index = -1});
    }
}

static void make_writes(struct making *m)
{
    struct colset *w = &m->p->writes;
    const struct action *action = m->p->action;
    for (size_t i = 0; i < action->nasks; i++) {
        int c = plan_col(m->t, action->asks[i].field);
        if (c >= 0) {
            colset_add(w, c);
            if (action->asks[i].field == m->t->def->unit_field) {
                colset_add(w, COL_UNIT);
            }
        }
    }
    colset_add(w, COL_VER);
    colset_add(w, COL_CHANGED);
}

/* Its own effects, then those that others add. */
static void list_effects(struct making *m, const struct action *action)
{
    struct aplan *p = m->p;
    struct arena *a = &m->h->arena;
    size_t n = action->neffects;
    each_add(m->h, action, count_effects, &n);
    p->effects = arena_array(a, struct eplan, n + 1);
    p->effect_list = arena_array(a, const struct effect *, n + 1);
    p->effect_laws = arena_array(a, const struct law *, n + 1);
    for (size_t i = 0; i < action->neffects; i++) {
        p->effect_list[i] = &action->effects[i];
        p->effect_laws[i] = action->of->law;
    }
    p->neffects = action->neffects;
    each_add(m->h, action, add_effects, m);
}

struct aplan *plan_action(struct held_model *h, struct tplan *t, const struct action *action)
{
    pthread_mutex_lock(&h->lock);
    struct aplan *p = t->actions[action->index];
    if (p) {
        pthread_mutex_unlock(&h->lock);
        return p;
    }
    struct arena *a = &h->arena;
    p = arena_new(a, struct aplan);
    p->action = action;
    struct making m = {.h = h, .t = t, .p = p};
    bool about = !action->creates;
    p->before.stmt.by_id = p->before.stmt.same = about;
    p->asks.stmt.by_row = p->defaults_r.stmt.by_row = p->after_typed.stmt.by_row = true;
    p->asks.stmt.old = true;
    p->after.stmt.by_id = true;
    if (about) {
        guard_add(&p->before, a, (struct guard){.kind = GUARD_SEE});
    }
    struct guard who = {.kind = GUARD_WHO};
    bool who_late = action->creates && action->who.reads.record;
    guard_add(who_late ? &p->after : &p->before, a, who);
    if (who_late) {
        guard_add(&p->after_typed, a, who);
    }
    for (size_t i = 0; i < action->nneeds; i++) {
        need_guard(p, a, &action->needs[i], NULL);
    }
    each_add(h, action, add_needs, &m);
    for (size_t i = 0; action->to_kind == TO_FIRST && i < action->ntos; i++) {
        if (action->tos[i].when.tree) {
            guard_add(
                &p->after, a,
                (struct guard){.kind = GUARD_TO, .cond = &action->tos[i].when, .index = (int)i});
        }
    }
    for (size_t i = 0; i < action->nasks; i++) {
        if (action->asks[i].when.tree) {
            guard_add(
                &p->asks, a,
                (struct guard){.kind = GUARD_WHEN, .cond = &action->asks[i].when, .index = (int)i});
        }
    }
    if (action->creates) {
        make_defaults(&m);
    }
    make_guards(&p->before, h, t, action);
    make_guards(&p->asks, h, t, action);
    make_guards(&p->defaults, h, t, action);
    make_guards(&p->defaults_r, h, t, action);
    make_guards(&p->after, h, t, action);
    make_guards(&p->after_typed, h, t, action);
    make_writes(&m);
    list_effects(&m, action);
    t->actions[action->index] = p;
    pthread_mutex_unlock(&h->lock);
    return p;
}
