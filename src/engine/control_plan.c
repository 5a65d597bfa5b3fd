/* control_plan.c - the statement that judges all controls of a type. */
#include "base/arena.h"
#include "engine/control_int.h"

struct control_set *control_sets(const struct model *m, struct arena *a, size_t *n)
{
    struct control_set *sets = arena_array(a, struct control_set, m->ntypes + 1);
    *n = 0;
    for (size_t t = 0; t < m->ntypes; t++) {
        struct control_set *s = &sets[*n];
        *s = (struct control_set){.type = m->types[t],
                                  .list = arena_array(a, const struct control *, m->ncontrols + 1)};
        for (size_t i = 0; i < m->ncontrols; i++) {
            if (m->controls[i]->over == s->type) {
                s->list[s->n++] = m->controls[i];
            }
        }
        *n += s->n > 0;
    }
    return sets;
}

int control_place(const struct control_set *s, const struct control *c)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->list[i] == c) {
            return (int)i;
        }
    }
    return -1;
}

static bool same_sql(const struct cond *x, const struct cond *y)
{
    bool both = x->tree && y->tree;
    return both ? str_eq(x->value.text, y->value.text) : !x->tree && !y->tree;
}

/* Do two versions judge alike?  Settings are literals of the statement, so they are
 * compared with it. */
static bool judges_alike(const struct cdef *x, const struct cdef *y)
{
    bool same = same_sql(&x->where, &y->where) && same_sql(&x->holds, &y->holds) &&
                x->nreasons == y->nreasons;
    for (size_t i = 0; same && i < x->nreasons; i++) {
        same = same_sql(&x->reasons[i].when, &y->reasons[i].when);
    }
    return same;
}

static void put_reasons(struct sqlb *b, const struct cdef *c)
{
    SQLB_LIT(b, "case");
    for (size_t i = 0; i + 1 < c->nreasons; i++) {
        SQLB_LIT(b, " when ");
        sqlb_sql(b, c->reasons[i].when.is_true);
        SQLB_LIT(b, " then ");
        sqlb_i64(b, VERDICT_VIOLATION + (int64_t)i);
    }
    if (c->nreasons == 1) {
        SQLB_LIT(b, " when 1 = 1 then ");
        sqlb_i64(b, VERDICT_VIOLATION);
    }
    SQLB_LIT(b, " else ");
    sqlb_i64(b, VERDICT_VIOLATION + (int64_t)c->nreasons - 1);
    SQLB_LIT(b, " end");
}

/* The verdict of one version; each truth value is asked once. */
static void put_verdict(struct sqlb *b, const struct cdef *c)
{
    if (c->where.tree) {
        SQLB_LIT(b, "case ");
        sqlb_sql(b, c->where.value);
        SQLB_LIT(b, " when 0 then 0 when 1 then ");
    }
    SQLB_LIT(b, "case ");
    sqlb_sql(b, c->holds.value);
    SQLB_LIT(b, " when 1 then 1 when 0 then ");
    put_reasons(b, c);
    SQLB_LIT(b, " else 2 end");
    if (c->where.tree) {
        SQLB_LIT(b, " else 2 end");
    }
}

/* " when r.law in (1, 2) then verdict": version `v` and those later ones that judge alike. */
static void put_versions(struct sqlb *b, const struct control *c, size_t v, bool *done)
{
    SQLB_LIT(b, " when r.\"law\" in (");
    for (size_t i = v; i < c->ndefs; i++) {
        if (!c->defs[i] || done[i] || !judges_alike(c->defs[v], c->defs[i])) {
            continue;
        }
        if (i > v) {
            SQLB_LIT(b, ", ");
        }
        sqlb_i64(b, c->defs[i]->law->version);
        done[i] = true;
    }
    SQLB_LIT(b, ") then ");
    put_verdict(b, c->defs[v]);
}

void control_put(struct sqlb *b, const struct control *c, struct arena *a)
{
    if (!c->newest) { /* what is no rule any more judges nobody */
        SQLB_LIT(b, "0");
        return;
    }
    if (cdef_judges_all(c->newest)) {
        put_verdict(b, c->newest);
        return;
    }
    bool *done = arena_array(a, bool, c->ndefs + 1);
    for (size_t v = 0; v < c->ndefs; v++) {
        done[v] = false;
    }
    SQLB_LIT(b, "case");
    for (size_t v = 0; v < c->ndefs; v++) {
        if (c->defs[v] && !done[v]) {
            put_versions(b, c, v, done);
        }
    }
    SQLB_LIT(b, " else 0 end");
}

/* "select id, a byte for each control, unit from r": where follows. */
static void put_bytes(struct sqlb *b, const struct control_set *s, const bool *only,
                      struct arena *a)
{
    SQLB_LIT(b, "select r.id");
    for (size_t i = 0; i < s->n; i++) {
        SQLB_LIT(b, ", ");
        if (only && !only[i]) {
            SQLB_LIT(b, "0");
        } else {
            control_put(b, s->list[i], a);
        }
    }
    SQLB_LIT(b, ", coalesce(r.unit, 0) from ");
    sqlb_ident(b, s->type->table);
    SQLB_LIT(b, " r");
}

struct sql control_select(const struct control_set *s, const bool *only, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    put_bytes(&b, s, only, a);
    SQLB_LIT(&b, " where r.id > $4 order by r.id limit $5");
    return sqlb_end(&b);
}

/* --- what marks concern --------------------------------------------------------------------- */

/* "select ids": of records of the judged type that one path leads to. */
static void put_path(struct sqlb *b, const struct control_set *s, const struct control_path *p)
{
    if (p->up) {
        SQLB_LIT(b, " union select x.id from control_dirty k join ");
        sqlb_ident(b, s->type->table);
        SQLB_LIT(b, " x on x.");
        sqlb_ident(b, p->field->column);
        SQLB_LIT(b, " = k.record where k.type = ");
    } else {
        SQLB_LIT(b, " union select x.");
        sqlb_ident(b, p->field->column);
        SQLB_LIT(b, " from control_dirty k join ");
        sqlb_ident(b, p->of->table);
        SQLB_LIT(b, " x on x.id = k.record where k.type = ");
    }
    sqlb_i64(b, p->of->code);
    SQLB_LIT(b, " and k.act <= $4");
}

static bool same_path(const struct control_path *x, const struct control_path *y)
{
    return x->of == y->of && x->up == y->up && str_eq(x->field->column, y->field->column);
}

/* Puts those of `c` that none before it had; `seen` holds them. */
static size_t put_paths(struct sqlb *b, const struct control_set *s, const struct cdef *c,
                        const struct control_path **seen, size_t n)
{
    for (size_t i = 0; i < c->npaths; i++) {
        const struct control_path *p = &c->paths[i];
        bool known = n == CONTROL_PATHS_MAX;
        for (size_t k = 0; k < n && !known; k++) {
            known = same_path(seen[k], p);
        }
        if (!known) {
            seen[n++] = p;
            put_path(b, s, p);
        }
    }
    return n;
}

static void put_marked(struct sqlb *b, const struct control_set *s)
{
    const struct control_path *seen[CONTROL_PATHS_MAX];
    size_t n = 0;
    SQLB_LIT(b, "(select k.record from control_dirty k where k.type = ");
    sqlb_i64(b, s->type->code);
    SQLB_LIT(b, " and k.act <= $4");
    for (size_t i = 0; i < s->n; i++) {
        const struct control *c = s->list[i];
        for (size_t v = 0; v < c->ndefs; v++) {
            n = c->defs[v] ? put_paths(b, s, c->defs[v], seen, n) : n;
        }
    }
    SQLB_LIT(b, ")");
}

struct sql control_select_marked(const struct control_set *s, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    put_bytes(&b, s, NULL, a);
    SQLB_LIT(&b, " where r.id in ");
    put_marked(&b, s);
    SQLB_LIT(&b, " order by r.id");
    return sqlb_end(&b);
}

struct sql control_vectors_marked(const struct control_set *s, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select q.record, q.vector, q.unit from control_vector q where q.record in ");
    put_marked(&b, s);
    SQLB_LIT(&b, " order by q.record");
    return sqlb_end(&b);
}

/* --- one ------------------------------------------------------------------------------------ */

struct sql control_select_one(const struct control *c, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    control_put(&b, c, a);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, c->over->table);
    SQLB_LIT(&b, " r where r.id = $4");
    return sqlb_end(&b);
}
