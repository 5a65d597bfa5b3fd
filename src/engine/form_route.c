/* form_route.c - whom an action would ask, shown before it is submitted.
 *
 * Each node is opened by the machine itself, alone, on a copy that is thrown away: so
 * what is shown is what would happen now.  What depends on the votes of earlier nodes
 * (somebody who consented already) is not foreseen. */
#include "engine/approve_int.h"
#include "engine/form_int.h"
#include "engine/record_load.h"

struct one_node {
    struct approval_world world; /* of node 0 */
    const struct approval_world *all;
    int node;
};

static bool node_applies(void *arg, int node)
{
    (void)arg;
    (void)node;
    return true; /* asked before */
}
static int node_people(void *arg, int node, int64_t *ret, int max)
{
    struct one_node *o = arg;
    (void)node;
    return o->all->people(o->all->arg, o->node, ret, max);
}
static bool node_may_sit(void *arg, int node, int64_t person)
{
    struct one_node *o = arg;
    (void)node;
    return o->all->may_sit(o->all->arg, o->node, person);
}
static int64_t node_superior(void *arg, int64_t person)
{
    struct one_node *o = arg;
    return o->all->superior(o->all->arg, person);
}
static int64_t node_substitute(void *arg, int node)
{
    struct one_node *o = arg;
    (void)node;
    return o->all->substitute(o->all->arg, o->node);
}
static int64_t node_admin(void *arg)
{
    struct one_node *o = arg;
    return o->all->admin(o->all->arg);
}
static int64_t node_proxy(void *arg, int64_t person)
{
    struct one_node *o = arg;
    return o->all->proxy(o->all->arg, person);
}
static int64_t node_due(void *arg, int64_t from, int64_t length)
{
    struct one_node *o = arg;
    return o->all->due(o->all->arg, from, length);
}
static int64_t node_worked(void *arg, int64_t from, int64_t to)
{
    struct one_node *o = arg;
    return o->all->worked(o->all->arg, from, to);
}

/* The seats that would be open or wait, by the machine. */
static void open_alone(const struct ctx *ctx, struct approve_world *w, int i, struct form_node *ret,
                       struct names *names)
{
    struct one_node *o = arena_new(ctx->arena, struct one_node);
    struct approval_plan *plan = arena_new(ctx->arena, struct approval_plan);
    struct approval_node *rule = arena_new(ctx->arena, struct approval_node);
    *rule = w->plan.nodes[i];
    rule->dedup = DEDUP_NONE;
    rule->fail = FAIL_END;
    *plan = (struct approval_plan){.nodes = rule, .n = 1, .rounds_max = 1};
    *o = (struct one_node){.world = {.arg = o,
                                     .applies = node_applies,
                                     .people = node_people,
                                     .may_sit = node_may_sit,
                                     .superior = node_superior,
                                     .substitute = node_substitute,
                                     .admin = node_admin,
                                     .proxy = node_proxy,
                                     .due = node_due,
                                     .worked = node_worked},
                           .all = &w->world,
                           .node = i};
    struct approval *ap = approval_new(ctx->arena, plan, &o->world, w->author);
    struct approval_hash none = {{0}};
    if (approval_submit(ap, (struct approval_by){.person = w->author, .now = ctx->now}, &none,
                        false) != NO_NONE) {
        return;
    }
    struct form_seat *seats = arena_array(ctx->arena, struct form_seat, (size_t)ap->nseats + 1);
    for (int k = 0; k < ap->nseats; k++) {
        const struct approval_seat *s = &ap->seats[k];
        seats[k].person.id = s->actor;
        seats[k].right.id = s->principal == s->actor ? 0 : s->principal;
        seats[k].origin = s->origin;
        names_want(names, ctx->model->person, s->actor);
        names_want(names, ctx->model->person, s->principal);
    }
    ret->seats = seats;
    ret->nseats = ap->nseats;
}

static void put_names(const struct ctx *ctx, const struct names *names, struct form_node *list,
                      int n)
{
    for (int i = 0; i < n; i++) {
        struct form_seat *seats = list[i].seats;
        for (int k = 0; k < list[i].nseats; k++) {
            seats[k].person = names_get(names, ctx->model->person, seats[k].person.id);
            if (seats[k].right.id) {
                seats[k].right = names_get(names, ctx->model->person, seats[k].right.id);
            }
        }
    }
}

err form_route(const struct draft *d, const struct action *a, struct form *form)
{
    const struct ctx *ctx = d->ctx;
    struct held_model *h = engine_held(ctx->engine, ctx->model);
    struct approve_world *w;
    err e = approve_world_of(d, h, plan_type(h, d->def), a, ctx->actor, &w);
    if (e.code) {
        return e;
    }
    struct names *names = names_begin(ctx);
    struct form_node *list = arena_array(ctx->arena, struct form_node, (size_t)w->plan.n);
    for (int i = 0; i < w->plan.n; i++) {
        list[i] = (struct form_node){.node = &a->route->nodes[i],
                                     .rule = &w->plan.nodes[i],
                                     .no = i + 1,
                                     .applies = w->applies[i],
                                     .unknown = w->unknown[i],
                                     .term = w->plan.nodes[i].term};
        if (list[i].applies) {
            open_alone(ctx, w, i, &list[i], names);
        }
    }
    if (w->failed.code) {
        form->refusal = w->failed.why ? w->failed.why : form->refusal;
        return w->failed.why ? OK : w->failed; /* said beside the form, where there is time */
    }
    e = names_run(names);
    if (!e.code) {
        put_names(ctx, names, list, w->plan.n);
        form->route = list;
        form->nroute = w->plan.n;
    }
    return e;
}
