/* expr_people.c - expressions about people, typed already: asked of one person,
 * and turned into the set they stand for. */
#include "base/arena.h"
#include "model/expr_int.h"

enum { ALTS_MAX = 64, LITERALS_MAX = 16 };

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

/* --- is he one of them? ---------------------------------------------------------------- */

static void col(struct gen *g, str alias, const char *name)
{
    gen_put(g, alias);
    PUT(g, ".");
    sqlb_ident(g->b, str_from(name));
}

static int64_t state_code(const struct type *t, str key)
{
    const struct state *s = t && t->newest ? tdef_state(t->newest, key) : NULL;
    return s ? s->code : -1;
}

void gen_in_force(struct gen *g, str alias)
{
    col(g, alias, "state");
    PUT(g, " = ");
    sqlb_i64(g->b, state_code(g->s->model->post, STR("in_force")));
    PUT(g, " and ");
    col(g, alias, "f_starts");
    PUT(g, " <= $3 and (");
    col(g, alias, "f_ends");
    PUT(g, " is null or ");
    col(g, alias, "f_ends");
    PUT(g, " >= $3)");
}

static bool is_unit(const struct gen *g, const struct expr *x)
{
    return x->type.type && x->type.type == g->s->model->unit;
}

/* "from r_post ap where position and in force [and place]" */
static void post_from(struct gen *g, const struct expr *e, str ap)
{
    const struct expr *x = e->fun == FUN_POST   ? (e->nargs > 1 ? e->args[1] : NULL)
                           : e->fun == FUN_ROLE ? NULL
                                                : e->args[0];
    PUT(g, " from \"r_post\" ");
    gen_put(g, ap);
    PUT(g, " where ");
    col(g, ap, "f_position");
    PUT(g, " = ");
    sqlb_i64(g->b, e->code);
    PUT(g, " and ");
    gen_in_force(g, ap);
    if (!x) {
        return;
    }
    PUT(g, " and ");
    if (e->fun == FUN_POST && !is_unit(g, x)) {
        col(g, ap, "f_of");
        PUT(g, " = ");
        gen_value(g, x);
    } else if (e->fun == FUN_HEAD_OF) {
        col(g, ap, "f_unit");
        PUT(g, " = ");
        gen_value(g, x);
    } else { /* held there or above */
        str ua = gen_alias(g);
        PUT(g, "exists(select 1 from \"unit_above\" ");
        gen_put(g, ua);
        PUT(g, " where ");
        col(g, ua, "unit");
        PUT(g, " = ");
        gen_value(g, x);
        PUT(g, " and ");
        col(g, ua, "above");
        PUT(g, " = ");
        col(g, ap, "f_unit");
        PUT(g, ")");
    }
}

/* A unit, or the text by which it is known: its unique field. */
static void unit_value(struct gen *g, const struct expr *e)
{
    const struct field *f = tc_unit_key(g->s->model);
    if (e->kind != X_TEXT || !f) {
        gen_value(g, e);
        return;
    }
    str u = gen_alias(g);
    PUT(g, "(select ");
    col(g, u, "id");
    PUT(g, " from \"r_unit\" ");
    gen_put(g, u);
    PUT(g, " where ");
    gen_put(g, u);
    PUT(g, ".");
    sqlb_ident(g->b, f->column);
    PUT(g, " = ");
    sqlb_text(g->b, e->name);
    PUT(g, ")");
}

void gen_under(struct gen *g, const struct expr *unit, const struct expr *top)
{
    str ua = gen_alias(g);
    PUT(g, "(case when (");
    gen_value(g, unit);
    PUT(g, ") is null or (");
    unit_value(g, top);
    PUT(g, ") is null then null when exists(select 1 from \"unit_above\" ");
    gen_put(g, ua);
    PUT(g, " where ");
    col(g, ua, "unit");
    PUT(g, " = ");
    gen_value(g, unit);
    PUT(g, " and ");
    col(g, ua, "above");
    PUT(g, " = ");
    unit_value(g, top);
    PUT(g, ") then 1 = 1 else 1 = 0 end)");
}

static void members_from(struct gen *g, const struct expr *e, str pm)
{
    PUT(g, " from \"r_person\" ");
    gen_put(g, pm);
    PUT(g, " where ");
    col(g, pm, "state");
    PUT(g, " = ");
    sqlb_i64(g->b, state_code(g->s->model->person, STR("active")));
    PUT(g, " and ");
    col(g, pm, "f_unit");
    if (e->fun == FUN_MEMBERS) {
        PUT(g, " = ");
        gen_value(g, e->args[0]);
        return;
    }
    str ua = gen_alias(g);
    PUT(g, " in (select ");
    col(g, ua, "unit");
    PUT(g, " from \"unit_above\" ");
    gen_put(g, ua);
    PUT(g, " where ");
    col(g, ua, "above");
    PUT(g, " = ");
    unit_value(g, e->args[0]);
    PUT(g, ")");
}

static void by_from(struct gen *g, const struct expr *e, str ac)
{
    PUT(g, " from \"act\" ");
    gen_put(g, ac);
    PUT(g, " where ");
    col(g, ac, "record");
    PUT(g, " = ");
    col(g, g->self, "id");
    PUT(g, " and ");
    col(g, ac, "action");
    PUT(g, " = ");
    sqlb_text(g->b, e->column);
    PUT(g, " and "); /* what the clock did, nobody did */
    col(g, ac, "person");
    PUT(g, " > 0");
}

static bool is_post_fun(const struct expr *e)
{
    return e->fun == FUN_POST || e->fun == FUN_ROLE || e->fun == FUN_HEAD_OF ||
           e->fun == FUN_LEADER_OF;
}

static bool is_post_record(const struct gen *g, const struct expr *e)
{
    return e->type.kind == V_RECORD && e->type.type && e->type.type == g->s->model->post;
}

static void select_id(struct gen *g, str alias, const char *name)
{
    PUT(g, "select ");
    col(g, alias, name);
    PUT(g, " as \"id\"");
}

/* A SELECT of the ids the crowd stands for, as column "id"; false: has none
 * (everybody, the clock). */
static bool crowd_select(struct gen *g, const struct expr *e)
{
    str t = gen_alias(g);
    if (is_post_fun(e)) {
        select_id(g, t, "f_person");
        post_from(g, e, t);
    } else if (e->fun == FUN_MEMBERS || e->fun == FUN_UNDER) {
        select_id(g, t, "id");
        members_from(g, e, t);
    } else if (e->fun == FUN_BY) {
        select_id(g, t, "person");
        by_from(g, e, t);
    } else if (fun_votes(e->fun)) {
        gen_voters(g, e);
    } else if (e->fun == FUN_ANSWERERS) {
        gen_answerers(g, e);
    } else if (e->kind == X_MACRO && e->macro == MACRO_PEOPLE) {
        PUT(g, "select ");
        gen_value(g, e->key);
        PUT(g, " as \"id\"");
        gen_from(g, e);
        if (e->where) {
            PUT(g, " and (");
            gen_truth(g, e->where);
            PUT(g, ")");
        }
    } else if (e->mean == MEAN_LINK) {
        struct expr m = {.var = t, .in = (struct expr *)(uintptr_t)e};
        PUT(g, "select \"v_");
        gen_put(g, t);
        PUT(g, "\".\"id\" as \"id\"");
        gen_from(g, &m);
    } else if (is_post_record(g, e)) {
        select_id(g, t, "f_person");
        PUT(g, " from \"r_post\" ");
        gen_put(g, t);
        PUT(g, " where ");
        gen_in_force(g, t);
        PUT(g, " and ");
        col(g, t, "id");
        PUT(g, " = ");
        gen_value(g, e);
    } else if (e->type.kind == V_RECORD) {
        PUT(g, "select ");
        gen_value(g, e);
        PUT(g, " as \"id\"");
    } else {
        return false;
    }
    return true;
}

void gen_member(struct gen *g, const struct expr *e)
{
    if (e->fun == FUN_EVERYONE || e->fun == FUN_NOBODY) {
        sqlb_put_trusted(g->b, e->fun == FUN_EVERYONE ? STR("(1 = 1)") : STR("(1 = 0)"));
        return;
    }
    if (e->fun == FUN_AUTO) {
        PUT(g, "(");
        gen_put(g, g->person);
        PUT(g, " = 0)");
        return;
    }
    if (e->type.kind == V_RECORD && !is_post_record(g, e)) {
        PUT(g, "(");
        gen_value(g, e);
        PUT(g, " = ");
        gen_put(g, g->person);
        PUT(g, ")");
        return;
    }
    str t = gen_alias(g);
    PUT(g, "exists(select 1 from (");
    if (!crowd_select(g, e)) {
        PUT(g, "select 0 as \"id\"");
    }
    PUT(g, ") ");
    gen_put(g, t);
    PUT(g, " where ");
    col(g, t, "id");
    PUT(g, " = ");
    gen_put(g, g->person);
    PUT(g, ")");
}

static void put_people(struct gen *g, const struct expr *e, bool below_not);

/* How late among alternatives: what asks nothing of the record is judged once
 * a statement, a column's value costs nothing, the rest is looked up. */
enum { ASKED_ONCE, ASKED_COLUMN, ASKED_LOOKUP, ASKED_KINDS };

static int asked(const struct gen *g, const struct expr *e)
{
    if (!expr_mentions_self(e) && e->fun != FUN_BY && !fun_votes(e->fun)) {
        return ASKED_ONCE;
    }
    bool column = e->type.kind == V_RECORD && !is_post_record(g, e) && e->mean == MEAN_COLUMN &&
                  e->base && e->base->mean == MEAN_SELF;
    return column ? ASKED_COLUMN : ASKED_LOOKUP;
}

static void put_alternatives(struct gen *g, const struct expr *e, bool below_not)
{
    bool some = false;
    for (int kind = 0; kind < ASKED_KINDS; kind++) {
        for (size_t i = 0; i < e->nargs; i++) {
            if (asked(g, e->args[i]) == kind) {
                if (some) {
                    PUT(g, " or ");
                }
                some = true;
                put_people(g, e->args[i], below_not);
            }
        }
    }
}

/* Below a `not` nobody stands where a person is missing; a condition that is
 * unknown stays so, and is no. */
static void put_people(struct gen *g, const struct expr *e, bool below_not)
{
    if (e->kind == X_NOT) {
        PUT(g, "not (");
        put_people(g, e->args[0], true);
        PUT(g, ")");
    } else if (e->kind == X_OR) {
        PUT(g, "(");
        put_alternatives(g, e, below_not);
        PUT(g, ")");
    } else if (e->kind == X_AND) {
        PUT(g, "(");
        for (size_t i = 0; i < e->nargs; i++) {
            if (i) {
                PUT(g, " and ");
            }
            put_people(g, e->args[i], below_not);
        }
        PUT(g, ")");
    } else if (e->type.kind == V_BOOL) {
        gen_truth(g, e);
    } else if (below_not) {
        PUT(g, "coalesce(");
        gen_member(g, e);
        PUT(g, ", 1 = 0)");
    } else {
        gen_member(g, e);
    }
}

void gen_people(struct gen *g, const struct expr *e)
{
    put_people(g, e, false);
}

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
            PUT(g, "not (");
            put_people(g, c->lit[i].e, true);
            PUT(g, ")");
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
        crowd_select(&g, d->list[i].lit[at].e);
        PUT(&g, ") c) q join \"r_person\" p on p.\"id\" = q.\"id\" and p.\"state\" = ");
        sqlb_i64(g.b, state_code(tc->s->model->person, STR("active")));
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
    } else if (((e->fun == FUN_POST && e->nargs > 1 && is_unit(&g, e->args[1]) &&
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
        const struct expr *e = c->lit[i].e;
        if (expr_mentions_self(e) || e->fun == FUN_BY || fun_votes(e->fun)) {
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
