/* expr_set.c - macros as SQL: the rows they walk, and what is made of them. */
#include "base/arena.h"
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

static void put_owner(struct gen *g, const struct expr *base)
{
    str alias = gen_row(g, base);
    if (alias.len) {
        gen_column(g, alias, STR("id"));
    } else {
        gen_value(g, base);
    }
}

static str link_table(struct gen *g, const struct expr *in)
{
    return str_fmt(g->b->buf.arena, "l_%.*s__%.*s", STR_ARG(in->base->type.type->key),
                   STR_ARG(in->field->key));
}

void gen_from(struct gen *g, const struct expr *m)
{
    const struct expr *in = m->in;
    str v = gen_var(g, m->var);
    PUT(g, " from ");
    if (in->mean == MEAN_LINK) {
        str l = gen_alias(g);
        sqlb_ident(g->b, link_table(g, in));
        PUT(g, " ");
        gen_put(g, l);
        PUT(g, " join ");
        sqlb_ident(g->b, in->type.type->table);
        PUT(g, " ");
        gen_put(g, v);
        PUT(g, " on ");
        gen_column(g, v, STR("id"));
        PUT(g, " = ");
        gen_column(g, l, STR("target"));
        PUT(g, " where ");
        gen_column(g, l, STR("owner"));
        PUT(g, " = ");
        put_owner(g, in->base);
    } else {
        sqlb_ident(g->b, in->builtin ? in->builtin->table : in->type.type->table);
        PUT(g, " ");
        gen_put(g, v);
        PUT(g, " where ");
        if (in->mean == MEAN_PART) {
            gen_column(g, v,
                       in->column.len
                           ? in->column
                           : str_fmt(g->b->buf.arena, "f_%.*s", STR_ARG(in->base->type.type->key)));
            PUT(g, " = ");
            put_owner(g, in->base);
        } else if (in->mean == MEAN_BUILTIN) {
            gen_column(g, v, STR("record"));
            PUT(g, " = ");
            put_owner(g, in->base);
            if (in->builtin->extra) {
                PUT(g, " and ");
                gen_column(g, v, str_from(in->builtin->extra));
                PUT(g, " is null");
            }
        } else {
            PUT(g, "1 = 1");
        }
    }
    if (in->guard) {
        gen_guard(g, in->guard, v);
    }
}

static void put_where(struct gen *g, const struct expr *m)
{
    gen_from(g, m);
    if (m->where) {
        PUT(g, " and ");
        gen_truth(g, m->where);
    }
}

/* True exactly where e is not false; of an `and` each part on its own, so that what
 * is never missing still finds rows by index. */
void gen_not_false(struct gen *g, const struct expr *e)
{
    bool both = e->kind == X_AND;
    if (!both && e->kind != X_OR && !e->missing) {
        gen_truth(g, e);
        return;
    }
    PUT(g, "(");
    if (both || e->kind == X_OR) {
        for (size_t i = 0; i < e->nargs; i++) {
            if (i && both) {
                PUT(g, " and ");
            } else if (i) {
                PUT(g, " or ");
            }
            gen_not_false(g, e->args[i]);
        }
    } else {
        gen_truth(g, e);
        PUT(g, " is not false");
    }
    PUT(g, ")");
}

/* A row of which it is unknown whether it belongs, or what its key is. */
static void put_unknown(struct gen *g, const struct expr *m, bool key)
{
    PUT(g, "exists(select 1");
    gen_from(g, m);
    PUT(g, " and (");
    if (m->where) {
        gen_not_false(g, m->where);
        PUT(g, " and ");
        gen_truth(g, m->where);
        PUT(g, " is null");
    } else {
        PUT(g, "1 = 0");
    }
    if (key && m->key) {
        PUT(g, " or (");
        if (m->where) {
            gen_truth(g, m->where);
            PUT(g, " and ");
        }
        PUT(g, "(");
        gen_value(g, m->key);
        PUT(g, ") is null)");
    }
    PUT(g, "))");
}

/* The value that is summed or compared.  SQL gives an aggregate to the SELECT whose
 * columns it mentions, so a key that is not of this row itself mentions it besides:
 * it would be summed over the records outside. */
static void put_key(struct gen *g, const struct expr *m)
{
    const struct expr *k = m->key;
    gen_value(g, k);
    if (k->mean != MEAN_COLUMN || k->base->mean != MEAN_VAR || !str_eq(k->base->name, m->var)) {
        PUT(g, " + 0 * ");
        gen_column(g, gen_var(g, m->var), STR("id"));
    }
}

void gen_aggregate(struct gen *g, const struct expr *m)
{
    bool unknown = m->where && m->where->missing;
    bool key = m->macro == MACRO_SUM && m->key->missing;
    if (unknown || key) {
        PUT(g, "case when ");
        put_unknown(g, m, key);
        PUT(g, " then null else ");
    }
    PUT(g, "(select ");
    switch ((int)m->macro) {
    case MACRO_COUNT:
    case MACRO_ONE:
        PUT(g, "count(*)");
        break;
    case MACRO_SUM:
        PUT(g, "cast(coalesce(sum(");
        put_key(g, m);
        PUT(g, "), 0) as bigint)");
        break;
    default:
        if (m->macro == MACRO_MIN) {
            PUT(g, "min(");
        } else {
            PUT(g, "max(");
        }
        put_key(g, m);
        PUT(g, ")");
        break;
    }
    put_where(g, m);
    PUT(g, ")");
    if (unknown || key) {
        PUT(g, " end");
    }
}

void gen_last(struct gen *g, const struct expr *m)
{
    str v = gen_var(g, m->var);
    PUT(g, "(select ");
    gen_column(g, v, STR("id"));
    put_where(g, m);
    PUT(g, " and (");
    gen_value(g, m->key);
    PUT(g, ") is not null order by ");
    gen_value(g, m->key);
    PUT(g, " desc, ");
    gen_column(g, v, STR("id"));
    PUT(g, " desc limit 1)");
}

static void truth_exists(struct gen *g, const struct expr *m)
{
    if (!m->missing) {
        PUT(g, "exists(select 1");
        put_where(g, m);
        PUT(g, ")");
        return;
    }
    PUT(g, "case when exists(select 1");
    put_where(g, m);
    PUT(g, ") then 1 = 1 when ");
    put_unknown(g, m, false);
    PUT(g, " then null else 1 = 0 end");
}

static void truth_all(struct gen *g, const struct expr *m)
{
    PUT(g, "case when exists(select 1");
    put_where(g, m);
    PUT(g, " and not ");
    gen_truth(g, m->key);
    PUT(g, ") then 1 = 0 when exists(select 1");
    gen_from(g, m);
    if (m->where) {
        PUT(g, " and ");
        gen_not_false(g, m->where);
    }
    PUT(g, " and ");
    gen_truth(g, m->key);
    PUT(g, " is not true) then null else 1 = 1 end");
}

void gen_truth_macro(struct gen *g, const struct expr *e)
{
    if (e->macro == MACRO_EXISTS) {
        truth_exists(g, e);
    } else if (e->macro == MACRO_ALL) {
        truth_all(g, e);
    } else {
        PUT(g, "(");
        gen_aggregate(g, e);
        PUT(g, ") = 1");
    }
}
