/* expr_time.c - moments and lengths, by the calendar tables (contract.h). */
#include "base/arena.h"
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

static void sign(struct gen *g, bool minus)
{
    if (minus) {
        PUT(g, " - ");
    } else {
        PUT(g, " + ");
    }
}

/* The same day of the n-th month after, or that month's last. */
static void months(struct gen *g, const struct expr *e)
{
    str a = gen_alias(g);
    str b = gen_alias(g);
    PUT(g, "(select ");
    gen_put(g, b);
    PUT(g, ".\"day\" from \"calendar\" ");
    gen_put(g, a);
    PUT(g, " join \"calendar\" ");
    gen_put(g, b);
    PUT(g, " on ");
    gen_put(g, b);
    PUT(g, ".\"month\" = ");
    gen_put(g, a);
    PUT(g, ".\"month\"");
    sign(g, e->kind == X_SUB);
    gen_value(g, e->args[1]);
    PUT(g, " and ");
    gen_put(g, b);
    PUT(g, ".\"dom\" <= ");
    gen_put(g, a);
    PUT(g, ".\"dom\" where ");
    gen_put(g, a);
    PUT(g, ".\"day\" = ");
    gen_value(g, e->args[0]);
    PUT(g, " order by ");
    gen_put(g, b);
    PUT(g, ".\"dom\" desc limit 1)");
}

/* d + 5 workdays: the fifth working day after d. */
static void workdays(struct gen *g, const struct expr *e)
{
    str a = gen_alias(g);
    str b = gen_alias(g);
    PUT(g, "(select min(");
    gen_put(g, b);
    PUT(g, ".\"day\") from \"calendar\" ");
    gen_put(g, b);
    PUT(g, " where ");
    gen_put(g, b);
    PUT(g, ".\"workday\" = (select ");
    gen_put(g, a);
    PUT(g, ".\"workday\" from \"calendar\" ");
    gen_put(g, a);
    PUT(g, " where ");
    gen_put(g, a);
    PUT(g, ".\"day\" = ");
    gen_value(g, e->args[0]);
    PUT(g, ")");
    sign(g, e->kind == X_SUB);
    gen_value(g, e->args[1]);
    PUT(g, ")");
}

/* Working ms run up to a moment, and the moment at which so many have run. */
static void workhours(struct gen *g, const struct expr *e)
{
    str a = gen_alias(g);
    str b = gen_alias(g);
    str q = gen_alias(g);
    PUT(g, "(select ");
    gen_put(g, b);
    PUT(g, ".\"start_ms\" + (");
    gen_put(g, q);
    PUT(g, ".w - ");
    gen_put(g, b);
    PUT(g, ".\"before_ms\") from (select (select ");
    gen_put(g, a);
    PUT(g, ".\"before_ms\" + case when ");
    gen_value(g, e->args[0]);
    PUT(g, " < ");
    gen_put(g, a);
    PUT(g, ".\"end_ms\" then ");
    gen_value(g, e->args[0]);
    PUT(g, " - ");
    gen_put(g, a);
    PUT(g, ".\"start_ms\" else ");
    gen_put(g, a);
    PUT(g, ".\"end_ms\" - ");
    gen_put(g, a);
    PUT(g, ".\"start_ms\" end from \"calendar_span\" ");
    gen_put(g, a);
    PUT(g, " where ");
    gen_put(g, a);
    PUT(g, ".\"start_ms\" <= ");
    gen_value(g, e->args[0]);
    PUT(g, " order by ");
    gen_put(g, a);
    PUT(g, ".\"start_ms\" desc limit 1)");
    sign(g, e->kind == X_SUB);
    gen_value(g, e->args[1]);
    PUT(g, " as w) ");
    gen_put(g, q);
    PUT(g, " join \"calendar_span\" ");
    gen_put(g, b);
    PUT(g, " on ");
    gen_put(g, b);
    PUT(g, ".\"before_ms\" < ");
    gen_put(g, q);
    PUT(g, ".w order by ");
    gen_put(g, b);
    PUT(g, ".\"before_ms\" desc limit 1)");
}

bool gen_is_plain_sum(const struct expr *e)
{
    enum vkind k = e->args[1]->type.kind;
    return k != V_MONTHS && k != V_WORKDAYS && k != V_WORKHOURS;
}

void gen_time_sum(struct gen *g, const struct expr *e)
{
    enum vkind k = e->args[1]->type.kind;
    if (k == V_MONTHS) {
        months(g, e);
    } else if (k == V_WORKDAYS) {
        workdays(g, e);
    } else {
        workhours(g, e);
    }
}
