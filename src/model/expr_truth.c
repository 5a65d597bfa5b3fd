/* expr_truth.c - truth values of a typed tree as SQL: three-valued, as expr_int.h says. */
#include "base/arena.h"
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

static void truth_cmp(struct gen *g, const struct expr *e)
{
    static const char *const ops[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    if (e->nulls) {
        const struct expr *x = e->base                      ? e->base
                               : e->args[0]->kind == X_NULL ? e->args[1]
                                                            : e->args[0];
        PUT(g, "(");
        gen_value(g, x);
        if (e->cmp == CMP_EQ) {
            PUT(g, ") is null");
        } else {
            PUT(g, ") is not null");
        }
        return;
    }
    bool other = e->with_self && e->base->missing;
    if (other) {
        PUT(g, "((");
        gen_value(g, e->base);
        if (e->cmp == CMP_EQ) {
            PUT(g, ") is not null and ");
        } else {
            PUT(g, ") is null or ");
        }
    }
    gen_value(g, e->args[0]);
    gen_put(g, str_from(ops[e->cmp]));
    gen_value(g, e->args[1]);
    if (other) {
        PUT(g, ")");
    }
}

static void truth_in(struct gen *g, const struct expr *e)
{
    const struct expr *set = e->args[1];
    if (set->kind == X_LIST) {
        gen_value(g, e->args[0]);
        PUT(g, " in (");
        for (size_t i = 0; i < set->nargs; i++) {
            if (i) {
                PUT(g, ", ");
            }
            gen_value(g, set->args[i]);
        }
        PUT(g, ")");
        return;
    }
    if (set->mean == MEAN_LINK || set->mean == MEAN_PART || set->mean == MEAN_TYPE) {
        struct expr m = {.var = gen_alias(g), .in = (struct expr *)(uintptr_t)set};
        PUT(g, "exists(select 1");
        gen_from(g, &m);
        PUT(g, " and ");
        gen_column(g, gen_var(g, m.var), STR("id"));
        PUT(g, " = ");
        gen_value(g, e->args[0]);
        PUT(g, ")");
        return;
    }
    if (set->fun == FUN_UNDER && e->args[0]->type.type == g->s->model->unit) {
        gen_under(g, e->args[0], set->args[0]);
        return;
    }
    struct gen in = *g;
    struct sqlb who = sqlb_make(g->b->buf.arena);
    struct gen gw = *g;
    gw.b = &who;
    gen_value(&gw, e->args[0]);
    in.person = sqlb_end(&who).text;
    gen_people(&in, set);
}

static void truth_sees(struct gen *g, const struct expr *e)
{
    const struct expr *x = e->args[0];
    struct gen in = *g;
    in.self = gen_alias(g);
    in.person = STR("$2");
    in.foreign = true;
    PUT(g, "exists(select 1 from ");
    sqlb_ident(g->b, x->type.type->table);
    PUT(g, " ");
    gen_put(g, in.self);
    PUT(g, " where ");
    gen_column(g, in.self, STR("id"));
    PUT(g, " = ");
    gen_value(g, x);
    PUT(g, " and (");
    gen_people(&in, e->sub);
    PUT(g, "))");
}

static void truth_call(struct gen *g, const struct expr *e)
{
    if (e->fun == FUN_SEES) {
        truth_sees(g, e);
    } else if (e->fun == FUN_CONTAINS) {
        PUT(g, "replace(");
        gen_value(g, e->args[0]);
        PUT(g, ", ");
        gen_value(g, e->args[1]);
        PUT(g, ", '') <> ");
        gen_value(g, e->args[0]);
    } else {
        PUT(g, "(");
        gen_call(g, e);
        PUT(g, ") = 1");
    }
}

void gen_truth(struct gen *g, const struct expr *e)
{
    if (!gen_enter(g, e)) {
        gen_leave(g);
        return;
    }
    PUT(g, "(");
    switch (e->kind) {
    case X_BOOL:
        if (e->num) {
            PUT(g, "1 = 1");
        } else {
            PUT(g, "1 = 0");
        }
        break;
    case X_NULL:
        PUT(g, "cast(null as bigint) = 1");
        break;
    case X_NOT:
        PUT(g, "not ");
        gen_truth(g, e->args[0]);
        break;
    case X_AND:
    case X_OR:
        for (size_t i = 0; i < e->nargs; i++) {
            if (i && e->kind == X_AND) {
                PUT(g, " and ");
            } else if (i) {
                PUT(g, " or ");
            }
            gen_truth(g, e->args[i]);
        }
        break;
    case X_CMP:
        truth_cmp(g, e);
        break;
    case X_IN:
        truth_in(g, e);
        break;
    case X_CALL:
        truth_call(g, e);
        break;
    case X_MACRO:
        gen_truth_macro(g, e);
        break;
    case X_NAME:
    case X_PATH:
    case X_INT:
    case X_DECIMAL:
    case X_TEXT:
    case X_LENGTH:
    case X_LIST:
    case X_NEG:
    case X_ADD:
    case X_SUB:
    case X_MUL:
    case X_DIV:
        gen_plain(g, e);
        PUT(g, " = 1");
        break;
    }
    PUT(g, ")");
    gen_leave(g);
}
