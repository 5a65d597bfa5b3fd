/* expr_alternatives.c - people as alternatives, an or of ands: the set they stand for, and by
 * which columns a list finds what one may see. */
#include "base/arena.h"
#include "model/expr_int.h"

enum { ALTS_MAX = 64, LITERALS_MAX = 16 };

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

/* --- alternatives: or of ands --------------------------------------------------------------- */

struct literal {
    const struct expr *e;
    bool negated;
};
struct conj {
    struct literal lit[LITERALS_MAX];
    size_t n;
};
struct dnf {
    struct conj *list;
    size_t n;
    bool too_many;
};

static struct dnf normal(struct arena *a, const struct expr *e, bool neg);

static struct dnf either(struct arena *a, struct dnf x, struct dnf y)
{
    struct dnf r = {.list = arena_array(a, struct conj, x.n + y.n + 1),
                    .too_many = x.too_many || y.too_many || x.n + y.n > ALTS_MAX};
    for (size_t i = 0; i < x.n && !r.too_many; i++) {
        r.list[r.n++] = x.list[i];
    }
    for (size_t i = 0; i < y.n && !r.too_many; i++) {
        r.list[r.n++] = y.list[i];
    }
    return r;
}

static struct dnf both(struct arena *a, struct dnf x, struct dnf y)
{
    struct dnf r = {.too_many = x.too_many || y.too_many || x.n * y.n > ALTS_MAX};
    r.list = arena_array(a, struct conj, r.too_many ? 1 : x.n * y.n + 1);
    for (size_t i = 0; i < x.n && !r.too_many; i++) {
        for (size_t k = 0; k < y.n; k++) {
            struct conj *c = &r.list[r.n++];
            *c = x.list[i];
            for (size_t j = 0; j < y.list[k].n; j++) {
                if (c->n == LITERALS_MAX) {
                    r.too_many = true;
                    break;
                }
                c->lit[c->n++] = y.list[k].lit[j];
            }
        }
    }
    return r;
}

static struct dnf normal(struct arena *a, const struct expr *e, bool neg)
{
    if (e->kind == X_NOT) {
        return normal(a, e->args[0], !neg);
    }
    if (e->kind == X_AND || e->kind == X_OR) {
        bool is_or = (e->kind == X_OR) != neg;
        struct dnf r = normal(a, e->args[0], neg);
        for (size_t i = 1; i < e->nargs; i++) {
            struct dnf y = normal(a, e->args[i], neg);
            r = is_or ? either(a, r, y) : both(a, r, y);
        }
        return r;
    }
    struct dnf r = {.list = arena_array(a, struct conj, 1), .n = 1};
    r.list[0].lit[0] = (struct literal){e, neg};
    r.list[0].n = 1;
    return r;
}

static bool crowd(const struct literal *l)
{
    return !l->negated && l->e->type.kind != V_BOOL && l->e->fun != FUN_EVERYONE &&
           l->e->fun != FUN_NOBODY && l->e->fun != FUN_AUTO;
}

static bool has_fun(const struct conj *c, enum xfun fun)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!c->lit[i].negated && c->lit[i].e->fun == fun) {
            return true;
        }
    }
    return false;
}

/* The literals of c but one, joined by and; "1 = 1" when none is left. */
static void put_rest(struct gen *g, const struct conj *c, size_t but)
{
    bool some = false;
    for (size_t i = 0; i < c->n; i++) {
        if (i == but || (c->lit[i].e->fun == FUN_EVERYONE && !c->lit[i].negated)) {
            continue;
        }
        if (some) {
            PUT(g, " and ");
        }
        some = true;
        if (c->lit[i].negated) {
            gen_not_people(g, c->lit[i].e);
        } else {
            gen_people(g, c->lit[i].e);
        }
    }
    if (!some) {
        PUT(g, "1 = 1");
    }
}

/* --- who are they? -------------------------------------------------------------------------- */

static struct sql who_select(struct tc *tc, const struct dnf *d)
{
    struct gen_text t;
    struct gen g = gen_make(&t, tc->a, tc->s, 1000);
    bool some = false;
    for (size_t i = 0; i < d->n; i++) {
        size_t at = 0;
        while (at < d->list[i].n && !crowd(&d->list[i].lit[at])) {
            at++;
        }
        if (at == d->list[i].n) {
            continue; /* everybody, nobody, the clock, or a bare condition */
        }
        if (some) {
            PUT(&g, " union ");
        }
        some = true;
        /* Each once, and led by the crowd: who holds two posts is one person. */
        PUT(&g, "select p.\"id\" as \"id\" from (select distinct c.\"id\" from (");
        gen_crowd(&g, d->list[i].lit[at].e);
        PUT(&g, ") c) q join \"r_person\" p on p.\"id\" = q.\"id\" and p.\"state\" = ");
        sqlb_i64(g.b, gen_state(tc->s->model->person, STR("active")));
        PUT(&g, " where ");
        struct gen in = g;
        in.person = STR("p.\"id\"");
        put_rest(&in, &d->list[i], at);
    }
    return some ? gen_end(&g, tc) : (struct sql){0};
}

/* --- see, for lists ------------------------------------------------------------------------- */

static const struct expr *own_column(const struct expr *e)
{
    return e && e->mean == MEAN_COLUMN && e->base && e->base->mean == MEAN_SELF ? e : NULL;
}

/* The own column this literal names people by, and the ids it may hold. */
static str column_of(struct tc *tc, const struct literal *l, struct sql *ids)
{
    struct gen_text t;
    struct gen g = gen_make(&t, tc->a, tc->s, 2000);
    const struct expr *e = l->e;
    const struct expr *own = NULL;
    if (l->negated) {
        return STR("");
    }
    if (e->type.kind == V_RECORD && tc_person(tc, e) && (own = own_column(e))) {
        PUT(&g, "select $2 as \"id\"");
    } else if (e->type.kind == V_RECORD && tc_person(tc, e) && e->mean == MEAN_COLUMN && e->base &&
               (own = own_column(e->base))) {
        PUT(&g, "select x.\"id\" as \"id\" from ");
        sqlb_ident(g.b, own->type.type->table);
        PUT(&g, " x where x.");
        sqlb_ident(g.b, e->column);
        PUT(&g, " = $2");
    } else if (e->fun == FUN_MEMBERS && (own = own_column(e->args[0]))) {
        PUT(&g, "select x.\"f_unit\" as \"id\" from \"r_person\" x where x.\"id\" = $2");
    } else if (e->fun == FUN_HEAD_OF && (own = own_column(e->args[0]))) {
        PUT(&g, "select x.\"f_unit\" as \"id\" from \"r_post\" x where x.\"f_person\" = $2 and "
                "x.\"f_position\" = ");
        sqlb_i64(g.b, e->code);
        PUT(&g, " and ");
        gen_in_force(&g, STR("x"));
    } else if (((e->fun == FUN_POST && e->nargs > 1 && gen_is_unit(&g, e->args[1]) &&
                 (own = own_column(e->args[1]))) ||
                (e->fun == FUN_LEADER_OF && (own = own_column(e->args[0]))))) {
        PUT(&g, "select ua.\"unit\" as \"id\" from \"r_post\" x join \"unit_above\" ua on "
                "ua.\"above\" = x.\"f_unit\" where x.\"f_person\" = $2 and x.\"f_position\" = ");
        sqlb_i64(g.b, e->code);
        PUT(&g, " and ");
        gen_in_force(&g, STR("x"));
    }
    if (!own) {
        return STR("");
    }
    *ids = gen_end(&g, tc);
    return own->column;
}

/* The own field of people that this literal is; empty: it is none. */
static str own_link(const struct literal *l)
{
    const struct expr *e = l->e;
    bool own = !l->negated && e->mean == MEAN_LINK && e->base && e->base->mean == MEAN_SELF;
    return own && e->field ? e->field->key : STR("");
}

static struct sql conj_sql(struct tc *tc, const struct conj *c, size_t but)
{
    struct gen_text t;
    struct gen g = gen_make(&t, tc->a, tc->s, 3000);
    put_rest(&g, c, but);
    return gen_end(&g, tc);
}

static bool conj_mentions_self(const struct conj *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (asks_record(c->lit[i].e)) {
            return true;
        }
    }
    return false;
}

static void put_alts(struct tc *tc, const struct dnf *d, struct people *p)
{
    struct see_alt *alts = arena_array(tc->a, struct see_alt, d->n + 1);
    for (size_t i = 0; i < d->n; i++) {
        const struct conj *c = &d->list[i];
        struct see_alt *x = &alts[p->nalts++];
        x->text = p->text;
        if (!conj_mentions_self(c)) {
            x->kind = SEE_CONST;
            x->test = conj_sql(tc, c, c->n);
            continue;
        }
        x->kind = SEE_OTHER;
        for (size_t k = 0; k < c->n && x->kind == SEE_OTHER; k++) {
            str column = column_of(tc, &c->lit[k], &x->ids);
            if (column.len) {
                x->kind = SEE_COLUMN;
                x->column = column;
                if (c->n > 1) {
                    x->rest = conj_sql(tc, c, k);
                }
            }
        }
        if (x->kind == SEE_OTHER) {
            x->test = conj_sql(tc, c, c->n);
            x->link = c->n == 1 ? own_link(&c->lit[0]) : STR("");
        }
    }
    p->alts = alts;
}

static bool begins_with_people(const struct conj *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (crowd(&c->lit[i])) {
            return true;
        }
    }
    return has_fun(c, FUN_AUTO) || has_fun(c, FUN_NOBODY);
}

struct people people_compile(struct arena *a, struct tc *tc, struct expr *e, bool alternatives)
{
    struct people p = {.tree = e};
    struct dnf d = normal(a, e, false);
    if (d.too_many) {
        TC_FAIL(tc, 0, "人员条件过于复杂", "too many alternatives of people");
        return (struct people){0};
    }
    p.nobody = p.countable = true;
    p.one = tc_person(tc, e);
    for (size_t i = 0; i < d.n; i++) {
        p.countable = p.countable && begins_with_people(&d.list[i]);
        p.everyone = p.everyone || (d.list[i].n == 1 && has_fun(&d.list[i], FUN_EVERYONE));
        p.may_auto = p.may_auto || has_fun(&d.list[i], FUN_AUTO);
        p.nobody = p.nobody && has_fun(&d.list[i], FUN_NOBODY);
    }
    bool only_auto = d.n == 1 && d.list[0].n == 1 && p.may_auto;
    p.reads = expr_reads(a, tc->s, e, true);
    if (!p.nobody && !only_auto) {
        struct gen_text t;
        struct gen g = gen_make(&t, a, tc->s, 0);
        gen_people(&g, e);
        p.is_actor = gen_end(&g, tc);
    }
    if (tc->s->model->person) {
        p.who = who_select(tc, &d);
    }
    if (alternatives) {
        put_alts(tc, &d, &p);
    }
    return p;
}
