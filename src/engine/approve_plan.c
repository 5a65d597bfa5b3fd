/* approve_plan.c - the statements of a route, made once of the model. */
#include "engine/approve_int.h"
#include "engine/form_int.h"
#include "engine/record_load.h"
#include "model/expr.h"

void plan_first_named(struct sqlb *b, const struct people *who)
{
    SQLB_LIT(b, " order by ");
    if (who->rank.text.len) {
        sqlb_sql(b, who->rank);
        SQLB_LIT(b, ", ");
    }
    SQLB_LIT(b, "w.id");
}

/* One row: whether each node applies, its term, the time between its reminders. */
static void put_facts(struct sqlb *b, const struct rplan *p)
{
    SQLB_LIT(b, "select ");
    for (int i = 0; i < p->route->plan.n; i++) {
        const struct route_node *n = &p->route->nodes[i];
        const struct cond *parts[] = {&n->when, &n->term, &n->remind};
        for (int k = 0; k < 3; k++) {
            if (i || k) {
                SQLB_LIT(b, ", ");
            }
            if (!parts[k]->tree) {
                sqlb_i64(b, k == 0);
            } else if (k == 0) {
                plan_bool(b, parts[k]);
            } else {
                sqlb_sql(b, parts[k]->value);
            }
        }
    }
}

static void put_active(struct sqlb *b, const struct model *m)
{
    const struct state *active = m->person ? tdef_state(m->person->newest, STR("active")) : NULL;
    if (!active) {
        SQLB_LIT(b, "0");
        return;
    }
    SQLB_LIT(b, "case when exists(select 1 from ");
    sqlb_ident(b, m->person->table);
    SQLB_LIT(b, " p where p.id = $2 and p.state = ");
    sqlb_i64(b, active->code);
    SQLB_LIT(b, ") then 1 else 0 end");
}

static void put_sit(struct sqlb *b, const struct rplan *p, const struct held_model *h,
                    const struct type *type)
{
    SQLB_LIT(b, "select ");
    put_active(b, h->model);
    SQLB_LIT(b, ", case when (");
    load_visible(NULL, b, type);
    SQLB_LIT(b, ") then 1 else 0 end");
    for (int i = 0; i < p->route->plan.n; i++) {
        SQLB_LIT(b, ", ");
        if (p->route->nodes[i].keep_out.tree) {
            plan_is_actor(b, &p->route->nodes[i].keep_out);
        } else {
            SQLB_LIT(b, "0");
        }
    }
}

/* head_of(u), of the language, with the unit as the record. */
static void make_heads(struct rplan *p, struct held_model *h)
{
    const struct type *unit = h->model->unit;
    if (!unit || !h->model->person) {
        return;
    }
    struct diags quiet = diags_make(&h->arena);
    struct scope s = {.model = h->model, .law = unit->newest->law, .self = unit->newest};
    struct people head =
        expr_compile_people(&h->arena, &s, STR("head_of(self)"), (struct pos){0}, false, &quiet);
    struct tplan as_unit = {.type = unit, .def = unit->newest};
    p->heads = plan_people(h, &as_unit, &head, 2).sql;
}

static struct rplan *begin(struct arena *a, const struct route *route)
{
    struct rplan *p = arena_new(a, struct rplan);
    size_t n = (size_t)route->plan.n;
    p->route = route;
    p->who = arena_array(a, struct stmt, n);
    p->substitute = arena_array(a, struct stmt, n);
    p->copy = arena_array(a, struct stmt, n);
    return p;
}

static struct rplan *make(struct held_model *h, struct tplan *t, const struct route *route)
{
    struct rplan *p = begin(&h->arena, route);
    size_t n = (size_t)route->plan.n;
    for (size_t i = 0; i < n; i++) {
        const struct route_node *node = &route->nodes[i];
        p->who[i] = plan_people(h, t, &node->who, APPROVAL_SEATS + 1);
        p->substitute[i] = plan_people(h, t, &node->substitute, 1);
        p->copy[i] = plan_people(h, t, &node->copy, PEOPLE_MAX);
    }
    struct sqlb facts = sqlb_make(&h->arena);
    struct sqlb sit = sqlb_make(&h->arena);
    put_facts(&facts, p);
    put_sit(&sit, p, h, t->type);
    p->plain = true;
    for (size_t i = 0; i < n; i++) {
        const struct route_node *node = &route->nodes[i];
        p->plain = p->plain && !node->when.tree && !node->term.tree && !node->remind.tree;
    }
    p->facts.by_id = p->sit.by_id = true;
    plan_close(&facts, t, &p->facts);
    plan_close(&sit, t, &p->sit);
    make_heads(p, h);
    return p;
}

const struct rplan *plan_route(struct held_model *h, struct tplan *t, const struct action *action)
{
    struct aplan *a = plan_action(h, t, action);
    pthread_mutex_lock(&h->lock);
    if (!a->route) {
        a->route = make(h, t, action->route);
    }
    const struct rplan *p = a->route;
    pthread_mutex_unlock(&h->lock);
    return p;
}

/* --- about a draft --------------------------------------------------------------------- */

static struct stmt draft_people(const struct draft *d, const struct held_model *h,
                                const struct people *who, int most)
{
    struct stmt s = {0};
    struct db_arg args[DB_ARGS_MAX];
    int n = 0;
    if (!who->who.text.len || !h->model->person) {
        return s;
    }
    struct sqlb b = sqlb_make(d->ctx->arena);
    SQLB_LIT(&b, "select w.id");
    form_from(d, &b, args, &n);
    if (h->kind == DB_SQLITE) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, h->model->person->table);
        SQLB_LIT(&b, " w where w.id in (");
        sqlb_sql(&b, who->who);
        SQLB_LIT(&b, ")");
    } else {
        SQLB_LIT(&b, ", lateral (");
        sqlb_sql(&b, who->who);
        SQLB_LIT(&b, ") w");
    }
    plan_first_named(&b, who);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, most);
    s.present = true;
    s.sql = sqlb_end(&b);
    return s;
}

const struct rplan *plan_route_of(const struct draft *draft, struct held_model *h, struct tplan *t,
                                  const struct action *action, struct db_arg **args, int *nargs)
{
    struct arena *a = draft->ctx->arena;
    struct rplan *p = begin(a, action->route);
    struct db_arg scratch[DB_ARGS_MAX];
    int n = 0;
    for (int i = 0; i < p->route->plan.n; i++) {
        const struct route_node *node = &p->route->nodes[i];
        p->who[i] = draft_people(draft, h, &node->who, APPROVAL_SEATS + 1);
        p->substitute[i] = draft_people(draft, h, &node->substitute, 1);
        p->copy[i] = draft_people(draft, h, &node->copy, PEOPLE_MAX);
    }
    struct sqlb facts = sqlb_make(a);
    struct sqlb sit = sqlb_make(a);
    *args = arena_array(a, struct db_arg, DB_ARGS_MAX);
    *nargs = 0;
    put_facts(&facts, p);
    form_from(draft, &facts, *args, nargs);
    put_sit(&sit, p, h, draft->type);
    form_from(draft, &sit, scratch, &n);
    p->facts.sql = sqlb_end(&facts);
    p->sit.sql = sqlb_end(&sit);
    p->heads = plan_route(h, t, action)->heads;
    return p;
}
