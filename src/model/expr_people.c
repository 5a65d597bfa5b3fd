/* expr_people.c - expressions about people, typed already: asked of one person, and as a
 * SELECT of those one of them names.  As an or of ands: expr_alternatives.c. */
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

/* --- is he one of them? ---------------------------------------------------------------- */

static void col(struct gen *g, str alias, const char *name)
{
    gen_put(g, alias);
    PUT(g, ".");
    sqlb_ident(g->b, str_from(name));
}

int64_t gen_state(const struct type *t, str key)
{
    const struct state *s = t && t->newest ? tdef_state(t->newest, key) : NULL;
    return s ? s->code : -1;
}

void gen_in_force(struct gen *g, str alias)
{
    col(g, alias, "state");
    PUT(g, " = ");
    sqlb_i64(g->b, gen_state(g->s->model->post, STR("in_force")));
    PUT(g, " and ");
    col(g, alias, "f_starts");
    PUT(g, " <= $3 and (");
    col(g, alias, "f_ends");
    PUT(g, " is null or ");
    col(g, alias, "f_ends");
    PUT(g, " >= $3)");
}

bool gen_is_unit(const struct gen *g, const struct expr *x)
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
    if (e->fun == FUN_POST && !gen_is_unit(g, x)) {
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
    sqlb_i64(g->b, gen_state(g->s->model->person, STR("active")));
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

bool gen_crowd(struct gen *g, const struct expr *e)
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
    if (!gen_crowd(g, e)) {
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
    if (!asks_record(e)) {
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
        gen_not_people(g, e->args[0]);
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

void gen_not_people(struct gen *g, const struct expr *e)
{
    PUT(g, "not (");
    put_people(g, e, true);
    PUT(g, ")");
}
