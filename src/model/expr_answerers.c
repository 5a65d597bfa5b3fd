/* expr_answerers.c - answerers(x): the owners of the manual control of that key, as the newest
 * versions name them. */
#include "model/control.h"
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

static bool same_owner(const struct control_manual *x, const struct control_manual *y)
{
    return str_eq(x->owner.who.text, y->owner.who.text);
}

static bool owned(const struct cdef *c)
{
    return c->manual && c->manual->owner.who.text.len;
}

/* Owners that several controls have in common are asked for once. */
static void put_owner(struct gen *g, const struct expr *e, const struct law *law, size_t first)
{
    const struct control_manual *m = law->controls[first].manual;
    str t = gen_alias(g);
    bool some = false;
    PUT(g, "select ");
    gen_column(g, t, STR("id"));
    PUT(g, " as \"id\" from (");
    sqlb_sql(g->b, m->owner.who);
    PUT(g, ") ");
    gen_put(g, t);
    PUT(g, " where ");
    gen_value(g, e->args[0]);
    PUT(g, " in (");
    for (size_t i = first; i < law->ncontrols; i++) {
        const struct cdef *c = &law->controls[i];
        if (!owned(c) || !same_owner(m, c->manual)) {
            continue;
        }
        if (some) {
            PUT(g, ", ");
        }
        some = true;
        sqlb_text(g->b, c->control->key);
    }
    PUT(g, ")");
}

static bool had_before(const struct law *law, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (owned(&law->controls[i]) &&
            same_owner(law->controls[i].manual, law->controls[at].manual)) {
            return true;
        }
    }
    return false;
}

void gen_answerers(struct gen *g, const struct expr *e)
{
    const struct model *m = g->s->model;
    bool some = false;
    for (size_t r = 0; r < m->nregs; r++) {
        const struct law *law = m->regs[r]->newest;
        for (size_t i = 0; i < law->ncontrols; i++) {
            if (!owned(&law->controls[i]) || had_before(law, i)) {
                continue;
            }
            if (some) {
                PUT(g, " union all ");
            }
            some = true;
            put_owner(g, e, law, i);
        }
    }
    if (!some) {
        PUT(g, "select 0 as \"id\" where 1 = 0");
    }
}
