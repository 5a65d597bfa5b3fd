/* plan_type.c - the statements of a type: rows in and out, the result of an
 * act, effects. */
#include "engine/engine_int.h"

#include <assert.h>
#include <string.h>

static void put_cols(struct sqlb *b, const struct tplan *t, const char *alias)
{
    for (int i = 0; i < t->ncols; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        if (alias) {
            sqlb_ident(b, str_from(alias));
            SQLB_LIT(b, ".");
        }
        sqlb_ident(b, t->cols[i]);
    }
}

static void make_rows(struct tplan *t, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    put_cols(&b, t, NULL);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->type->table);
    SQLB_LIT(&b, " where id = $1");
    t->select = sqlb_end(&b);
    b = sqlb_make(a);
    SQLB_LIT(&b, "insert into ");
    sqlb_ident(&b, t->type->table);
    SQLB_LIT(&b, " (");
    put_cols(&b, t, NULL);
    SQLB_LIT(&b, ") values (");
    for (int i = 0; i < t->ncols; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_param(&b, i + 1);
    }
    SQLB_LIT(&b, ")");
    t->insert = sqlb_end(&b);
}

static struct sql make_update(struct arena *a, const struct tplan *t, const struct colset *set)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "update ");
    sqlb_ident(&b, t->type->table);
    SQLB_LIT(&b, " set ");
    int n = 1;
    for (int i = 0; i < t->ncols; i++) {
        if (colset_has(set, i)) {
            if (n > 1) {
                SQLB_LIT(&b, ", ");
            }
            sqlb_ident(&b, t->cols[i]);
            SQLB_LIT(&b, " = ");
            sqlb_param(&b, ++n);
        }
    }
    SQLB_LIT(&b, " where id = $1");
    return sqlb_end(&b);
}

struct sql plan_update(struct held_model *h, struct tplan *t, const struct colset *set,
                       struct arena *a)
{
    pthread_mutex_lock(&h->lock);
    struct shape *s = t->shapes;
    while (s && memcmp(&s->set, set, sizeof(*set)) != 0) {
        s = s->next;
    }
    if (!s && t->nshapes < SHAPES_MAX) {
        s = arena_new(&h->arena, struct shape);
        *s = (struct shape){*set, make_update(&h->arena, t, set), t->shapes};
        t->shapes = s;
        t->nshapes++;
    }
    struct sql ret = s ? s->sql : (struct sql){0};
    pthread_mutex_unlock(&h->lock);
    return s ? ret : make_update(a, t, set);
}

/* --- computed fields ------------------------------------------------------------------ */

static bool reads_field(const struct cond *c, const struct field *f)
{
    for (size_t i = 0; i < c->reads.nfields; i++) {
        if (c->reads.fields[i] == f) {
            return true;
        }
    }
    return false;
}

/* In an order in which each reads only those before it; a cycle is a mistake
 * of the definition that the loader has refused. */
static void make_computed(struct tplan *t, struct arena *a)
{
    const struct tdef *def = t->def;
    t->computed = arena_array(a, struct sql, def->nfields + 1);
    bool *done = arena_array(a, bool, def->nfields + 1);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < def->nfields; i++) {
            const struct field *f = &def->fields[i];
            bool ready = f->is.tree && f->stored && t->field_col[i] >= 0 && !done[i];
            for (size_t k = 0; ready && k < def->nfields; k++) {
                const struct field *other = &def->fields[k];
                ready = k == i || done[k] || !other->is.tree || !other->stored ||
                        !reads_field(&f->is, other);
            }
            if (!ready) {
                continue;
            }
            struct sqlb b = sqlb_make(a);
            SQLB_LIT(&b, "update ");
            sqlb_ident(&b, t->type->table);
            SQLB_LIT(&b, " as r set ");
            sqlb_ident(&b, f->column);
            SQLB_LIT(&b, " = ");
            sqlb_sql(&b, f->is.value);
            SQLB_LIT(&b, " where r.id = $4");
            t->computed[t->ncomputed++] = sqlb_end(&b);
            done[i] = more = true;
        }
    }
}

/* --- the result --------------------------------------------------------------------------- */

struct rules_at {
    struct tplan *t;
    const struct cond **list;
    const struct add **adds;
    size_t n;
};

static void count_rules(struct held_model *h, struct tplan *t, struct rules_at *at)
{
    for (size_t i = 0; i < t->def->nrules; i++) {
        if (at->list) {
            at->list[at->n] = &t->def->rules[i].check;
        }
        at->n++;
    }
    for (size_t i = 0; i < h->model->nregs; i++) {
        const struct law *l = h->model->regs[i]->newest;
        for (size_t k = 0; l && k < l->nadds; k++) {
            const struct add *add = &l->adds[k];
            for (size_t r = 0; add->to_type == t->type && r < add->nrules; r++) {
                if (at->list) {
                    at->list[at->n] = &add->rules[r].check;
                    at->adds[at->n] = add;
                }
                at->n++;
            }
        }
    }
}

static void put_rule(struct sqlb *b, const struct cond *c, const struct add *add, int flag)
{
    SQLB_LIT(b, ", case when ");
    sqlb_param(b, flag);
    SQLB_LIT(b, " = 0 then 1");
    if (c->when && c->when->tree) {
        SQLB_LIT(b, " when coalesce(");
        plan_bool(b, c->when);
        SQLB_LIT(b, ", 1) = 0 then 1");
    }
    if (add && add->when.tree) {
        SQLB_LIT(b, " when coalesce(");
        plan_bool(b, &add->when);
        SQLB_LIT(b, ", 1) = 0 then 1");
    }
    SQLB_LIT(b, " else ");
    plan_bool(b, c);
    SQLB_LIT(b, " end");
}

/* A value of a template: a record by its name. */
static void put_path(struct sqlb *b, const struct cond *c)
{
    if (c->type.kind == V_RECORD && c->type.type) {
        SQLB_LIT(b, "(select tn.name from ");
        sqlb_ident(b, c->type.type->table);
        SQLB_LIT(b, " tn where tn.id = (");
        sqlb_sql(b, c->value);
        SQLB_LIT(b, "))");
        return;
    }
    if (c->type.kind == V_BOOL) {
        plan_bool(b, c);
        return;
    }
    SQLB_LIT(b, "(");
    sqlb_sql(b, c->value);
    SQLB_LIT(b, ")");
}

static int put_template(struct sqlb *b, const struct template *tpl, int col)
{
    for (size_t i = 0; i < tpl->nparts; i++) {
        if (tpl->parts[i].kind == TPL_PATH) {
            SQLB_LIT(b, ", ");
            put_path(b, tpl->parts[i].path);
            col++;
        }
    }
    return col;
}

static int put_value(struct sqlb *b, const struct cond *c, int col)
{
    if (!c->tree) {
        return -1;
    }
    SQLB_LIT(b, ", (");
    sqlb_sql(b, c->value);
    SQLB_LIT(b, ")");
    return col;
}

/* Terms: for each the end (a moment) or its length and beginning, then for each
 * mark its distance and its repetition; absent ones as null. */
static int put_terms(struct sqlb *b, const struct tdef *def, int col)
{
    for (size_t i = 0; i < def->nterms; i++) {
        const struct term *t = &def->terms[i];
        const struct cond *three[3] = {&t->until, &t->within, &t->from};
        for (int k = 0; k < 3; k++) {
            if (put_value(b, three[k], col) < 0) {
                SQLB_LIT(b, ", null");
            }
            col++;
        }
        for (size_t m = 0; m < t->nmarks; m++) {
            const struct cond *two[2] = {&t->marks[m].at, &t->marks[m].every};
            for (int k = 0; k < 2; k++) {
                if (put_value(b, two[k], col) < 0) {
                    SQLB_LIT(b, ", null");
                }
                col++;
            }
        }
    }
    return col;
}

static void put_old(struct sqlb *b, const struct tplan *t, int first)
{
    SQLB_LIT(b, ", ");
    plan_from_row(b, t, "o", first);
}

static void make_judge(struct held_model *h, struct tplan *t)
{
    struct arena *a = &h->arena;
    struct rules_at at = {.t = t};
    count_rules(h, t, &at);
    t->nrules = at.n;
    t->rules = arena_array(a, const struct cond *, at.n + 1);
    t->rule_adds = arena_array(a, const struct add *, at.n + 1);
    at = (struct rules_at){.t = t, .list = t->rules, .adds = t->rule_adds};
    count_rules(h, t, &at);
    struct stmt *s = &t->judge;
    s->by_id = true;
    for (size_t i = 0; i < t->nrules; i++) {
        s->old =
            s->old || t->rules[i]->reads.old || (t->rules[i]->when && t->rules[i]->when->reads.old);
    }
    s->first_more = 5 + (s->old ? t->ncols : 0);
    s->more = (int)t->nrules;
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    put_cols(&b, t, "r");
    int col = t->ncols;
    t->col_rules = col;
    for (size_t i = 0; i < t->nrules; i++) {
        put_rule(&b, t->rules[i], t->rule_adds[i], s->first_more + (int)i);
    }
    col += (int)t->nrules;
    t->col_name = col;
    col = put_template(&b, &t->type->newest->name, col);
    t->col_terms = col;
    t->col_watched = put_terms(&b, t->def, col);
    SQLB_LIT(&b, ", case when exists(select 1 from watcher w where w.record = r.id)"
                 " then 1 else 0 end from ");
    sqlb_ident(&b, t->type->table);
    SQLB_LIT(&b, " r");
    if (s->old) {
        put_old(&b, t, 5);
    }
    SQLB_LIT(&b, " where r.id = $4");
    s->present = true;
    s->sql = sqlb_end(&b);
    /* A number with paths in it is rendered from typed values, before the row
     * is there. */
    const struct template *num = &t->def->number;
    for (size_t i = 0; i < num->nparts; i++) {
        t->number_paths = t->number_paths || num->parts[i].kind == TPL_PATH;
    }
    if (t->number_paths) {
        struct sqlb n = sqlb_make(a);
        SQLB_LIT(&n, "select 0");
        put_template(&n, num, 1);
        SQLB_LIT(&n, " from ");
        plan_from_row(&n, t, "r", 4);
        t->number = (struct stmt){
            .present = true, .by_row = true, .first_more = 4 + t->ncols, .sql = sqlb_end(&n)};
    }
}

/* --- effects ---------------------------------------------------------------------------------- */

static bool effect_old(const struct effect *ef)
{
    bool old = ef->when.reads.old || ef->path.reads.old || ef->after.reads.old ||
               ef->each_set.reads.old || ef->to.reads.old;
    for (size_t i = 0; i < ef->nassigns; i++) {
        old = old || ef->assigns[i].value.reads.old;
    }
    return old;
}

/* "from r_T r [, the element v_x] [, o]", and the condition.  SQLite has no
 * LATERAL but drives a join by an IN that depends on an earlier table; for
 * PostgreSQL it is the other way round. */
static void put_each(struct sqlb *b, struct held_model *h, const struct tplan *t,
                     const struct effect *ef, bool one, struct stmt *s)
{
    SQLB_LIT(b, " from ");
    sqlb_ident(b, t->type->table);
    SQLB_LIT(b, " r");
    if (ef->each && (one || h->kind == DB_SQLITE)) {
        SQLB_LIT(b, ", ");
        sqlb_ident(b, ef->each_type->table);
        SQLB_LIT(b, " ");
        sqlb_ident2(b, "v_", ef->each_name);
    } else if (ef->each) {
        SQLB_LIT(b, ", lateral (select ");
        sqlb_ident2(b, "v_", ef->each_name);
        SQLB_LIT(b, ".* ");
        sqlb_sql(b, ef->each_from);
        SQLB_LIT(b, ") ");
        sqlb_ident2(b, "v_", ef->each_name);
    }
    if (s->old) {
        put_old(b, t, 5);
    }
    SQLB_LIT(b, " where r.id = $4");
    if (ef->each && one) {
        SQLB_LIT(b, " and ");
        sqlb_ident2(b, "v_", ef->each_name);
        SQLB_LIT(b, ".id = ");
        sqlb_param(b, s->first_more);
    } else if (ef->each && h->kind == DB_SQLITE) {
        SQLB_LIT(b, " and ");
        sqlb_ident2(b, "v_", ef->each_name);
        SQLB_LIT(b, ".id in (select ");
        sqlb_ident2(b, "v_", ef->each_name);
        SQLB_LIT(b, ".id ");
        sqlb_sql(b, ef->each_from);
        SQLB_LIT(b, ")");
    }
}

static void make_read(struct held_model *h, const struct tplan *t, const struct effect *ef,
                      struct eplan *p)
{
    struct stmt *s = &p->read;
    struct sqlb b = sqlb_make(&h->arena);
    s->by_id = true;
    s->old = effect_old(ef);
    s->first_more = 5 + (s->old ? t->ncols : 0);
    SQLB_LIT(&b, "select r.id");
    int col = 1;
    p->col_when = p->col_path = p->col_after = p->col_due = p->col_id = p->col_set = -1;
    if (ef->each) {
        SQLB_LIT(&b, ", ");
        sqlb_ident2(&b, "v_", ef->each_name);
        SQLB_LIT(&b, ".id");
        p->col_id = col++;
        if (ef->each_set.tree) {
            SQLB_LIT(&b, ", ");
            plan_bool(&b, &ef->each_set);
            p->col_set = col++;
        }
    }
    if (ef->when.tree) {
        SQLB_LIT(&b, ", ");
        plan_bool(&b, &ef->when);
        p->col_when = col++;
    }
    p->col_take = put_value(&b, &ef->take, col);
    col += p->col_take >= 0;
    p->col_path = put_value(&b, &ef->path, col);
    col += p->col_path >= 0;
    p->col_after = put_value(&b, &ef->after, col);
    col += p->col_after >= 0;
    p->col_due = put_value(&b, &ef->due, col);
    col += p->col_due >= 0;
    p->col_values = col;
    for (size_t i = 0; i < ef->nassigns; i++) {
        col += put_value(&b, &ef->assigns[i].value, col) >= 0;
    }
    p->col_text = col;
    col = put_template(&b, &ef->text.zh, col);
    p->col_text_en = col;
    put_template(&b, &ef->text.en, col);
    put_each(&b, h, t, ef, false, s);
    if (ef->each) {
        s->more = 1; /* greater than this id: steps go on where they stood */
        SQLB_LIT(&b, " and ");
        sqlb_ident2(&b, "v_", ef->each_name);
        SQLB_LIT(&b, ".id > ");
        sqlb_param(&b, s->first_more);
        SQLB_LIT(&b, " order by ");
        if (ef->random) {
            SQLB_LIT(&b, "random(), ");
        } else if (ef->order.tree) {
            SQLB_LIT(&b, "(");
            sqlb_sql(&b, ef->order.value);
            SQLB_LIT(&b, "), ");
        }
        sqlb_ident2(&b, "v_", ef->each_name);
        SQLB_LIT(&b, ".id limit 201");
    }
    s->present = true;
    s->sql = sqlb_end(&b);
}

static void make_total(struct held_model *h, const struct tplan *t, const struct effect *ef,
                       struct eplan *p)
{
    struct stmt *s = &p->total;
    s->by_id = true;
    s->old = p->read.old;
    s->first_more = p->read.first_more;
    struct sqlb b = sqlb_make(&h->arena);
    SQLB_LIT(&b, "select count(*), coalesce(max(");
    sqlb_ident2(&b, "v_", ef->each_name);
    SQLB_LIT(&b, ".id), 0)");
    if (ef->after.tree) {
        SQLB_LIT(&b, ", max(");
        sqlb_sql(&b, ef->after.value);
        SQLB_LIT(&b, ")");
    }
    put_each(&b, h, t, ef, false, s);
    s->present = true;
    s->sql = sqlb_end(&b);
}

/* People: ids of a set that may depend on the record, at most `most`. */
static struct stmt make_people(struct held_model *h, const struct tplan *t, const struct people *to,
                               const struct effect *ef, int most)
{
    struct stmt s = {.by_id = true, .old = to->reads.old};
    s.first_more = 5 + (s.old ? t->ncols : 0);
    if (!to->who.text.len || !h->model->person) {
        return s;
    }
    bool each = ef && ef->each;
    struct sqlb b = sqlb_make(&h->arena);
    SQLB_LIT(&b, "select w.id from ");
    sqlb_ident(&b, t->type->table);
    SQLB_LIT(&b, " r");
    if (each) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, ef->each_type->table);
        SQLB_LIT(&b, " ");
        sqlb_ident2(&b, "v_", ef->each_name);
        s.more = 1;
    }
    if (s.old) {
        put_old(&b, t, 5);
    }
    if (h->kind == DB_SQLITE) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, h->model->person->table);
        SQLB_LIT(&b, " w where w.id in (");
        sqlb_sql(&b, to->who);
        SQLB_LIT(&b, ")");
    } else {
        SQLB_LIT(&b, ", lateral (");
        sqlb_sql(&b, to->who);
        SQLB_LIT(&b, ") w where 1 = 1");
    }
    SQLB_LIT(&b, " and r.id = $4");
    if (each) {
        SQLB_LIT(&b, " and ");
        sqlb_ident2(&b, "v_", ef->each_name);
        SQLB_LIT(&b, ".id = ");
        sqlb_param(&b, s.first_more);
    }
    if (!ef) {
        plan_first_named(&b, to);
    }
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, most);
    s.present = true;
    s.sql = sqlb_end(&b);
    return s;
}

struct stmt plan_people(struct held_model *h, const struct tplan *t, const struct people *who,
                        int most)
{
    return make_people(h, t, who, NULL, most);
}

struct eplan *plan_effect(struct held_model *h, struct tplan *t, const struct effect *ef,
                          struct eplan *slot)
{
    pthread_mutex_lock(&h->lock);
    if (!slot->built) {
        make_read(h, t, ef, slot);
        if (ef->each) {
            make_total(h, t, ef, slot);
        }
        slot->people = make_people(h, t, &ef->to, ef, PEOPLE_MAX);
        slot->built = true;
    }
    pthread_mutex_unlock(&h->lock);
    return slot;
}

const struct stmt *plan_next_people(struct held_model *h, struct tplan *t, const struct action *a)
{
    pthread_mutex_lock(&h->lock);
    if (!t->next_built[a->index]) {
        t->next_people[a->index] = make_people(h, t, &a->who, NULL, PEOPLE_MAX);
        t->next_built[a->index] = true;
    }
    pthread_mutex_unlock(&h->lock);
    return &t->next_people[a->index];
}

/* --- a type --------------------------------------------------------------------------------- */

static bool has_routes(const struct type *t)
{
    for (size_t i = 0; i < t->ndefs; i++) {
        for (size_t k = 0; k < t->defs[i]->nactions; k++) {
            if (t->defs[i]->actions[k].route) {
                return true;
            }
        }
    }
    return false;
}

struct tplan *plan_type(struct held_model *h, const struct tdef *def)
{
    pthread_mutex_lock(&h->lock);
    struct tplan *t = h->plans[def->type->code];
    while (t && t->def != def) {
        t = t->next;
    }
    if (!t) {
        struct arena *a = &h->arena;
        t = arena_new(a, struct tplan);
        t->type = def->type;
        t->def = def;
        t->votes = has_routes(def->type);
        plan_columns(t, a);
        make_rows(t, a);
        make_computed(t, a);
        make_judge(h, t);
        t->actions = arena_array(a, struct aplan *, def->nactions + 1);
        t->next_people = arena_array(a, struct stmt, def->nactions + 1);
        t->next_built = arena_array(a, bool, def->nactions + 1);
        t->marks = arena_array(a, struct eplan *, def->nterms + 1);
        for (size_t i = 0; i < def->nterms; i++) {
            size_t n = 0;
            for (size_t m = 0; m < def->terms[i].nmarks; m++) {
                n += def->terms[i].marks[m].neffects;
            }
            t->marks[i] = arena_array(a, struct eplan, n + 1);
        }
        t->next = h->plans[def->type->code];
        h->plans[def->type->code] = t;
    }
    pthread_mutex_unlock(&h->lock);
    return t;
}
