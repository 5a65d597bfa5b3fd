/* mapping_step.c - what a mapping does: steps, ways, events. */
#include "connect/mapping_int.h"

enum { NAMES_MAX = 200 };

struct map_states map_states(struct map_load *l, const struct ynode *n)
{
    struct map_states s = {0};
    if (!n || !l->m->into) {
        return s;
    }
    size_t len;
    const str *names = map_scalars(l, n, &len);
    const struct type *t = l->m->into;
    const struct state **list = arena_array(l->a, const struct state *, len + 1);
    str all[NAMES_MAX];
    size_t nall = 0;
    for (size_t i = 0; i < t->newest->nstates && nall < NAMES_MAX; i++) {
        all[nall++] = t->newest->states[i].key;
    }
    for (size_t i = 0; i < len; i++) {
        const struct state *x = tdef_state(t->newest, names[i]);
        if (x) {
            list[s.len++] = x;
        } else {
            struct pos at = n->kind == Y_LIST ? n->items[i]->pos : n->pos;
            map_no_such(l, at, WORDS("状态", "state"), names[i], all, nall);
        }
    }
    s.given = true;
    s.list = list;
    return s;
}

/* For registers the name is written with its type: "person.add". */
const struct action *map_action(struct map_load *l, const struct ynode *n, const struct type *t,
                                bool creates)
{
    str name = map_scalar(l, n);
    str after;
    str before = str_cut(name, '.', &after);
    if (!t || !name.len) {
        return NULL;
    }
    if (after.ptr && str_eq(before, t->key)) {
        name = after;
    }
    str names[NAMES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < t->newest->nactions; i++) {
        const struct action *a = &t->newest->actions[i];
        if (a->creates != creates || a->after) {
            continue;
        }
        if (str_eq(a->key, name)) {
            return a;
        }
        if (len < NAMES_MAX) {
            names[len++] = a->key;
        }
    }
    map_no_such(l, n->pos, creates ? WORDS("新建操作", "creating action") : WORDS("操作", "action"),
                name, names, len);
    return NULL;
}

static const int *columns_of(struct map_load *l, const struct ynode *n, size_t *len)
{
    *len = 0;
    if (!n) {
        return NULL;
    }
    const str *names = map_scalars(l, n, len);
    int *list = arena_array(l->a, int, *len + 1);
    for (size_t i = 0; i < *len; i++) {
        list[i] = map_column(l, names[i], n->kind == Y_LIST ? n->items[i]->pos : n->pos);
    }
    return list;
}

/* with, at, by: alike in a step and in an event that creates. */
static void step_rest(struct map_load *l, const struct ynode *n, struct map_step *s)
{
    const struct ynode *by = yaml_get(n, STR("by"));
    if (s->action) {
        s->with = map_with(l, yaml_get(n, STR("with")), s->action, NULL, &s->nwith);
    }
    s->at = columns_of(l, yaml_get(n, STR("at")), &s->nat);
    if (by) {
        s->by = map_value(l, by);
    }
}

static void find_way(struct map_load *l, const struct ynode *n, struct map_step *s)
{
    str name = map_scalar(l, n);
    str names[NAMES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < l->m->nways; i++) {
        if (str_eq(l->ways[i].name, name)) {
            s->way = &l->ways[i];
        }
        if (len < NAMES_MAX) {
            names[len++] = l->ways[i].name;
        }
    }
    if (!s->way && name.len) {
        map_no_such(l, n->pos, WORDS("路径", "way"), name, names, len);
    }
}

static void one_step(struct map_load *l, const struct ynode *n, struct map_step *s)
{
    s->pos = n->pos;
    const struct ynode *perform = yaml_get(n, STR("perform"));
    const struct ynode *way = yaml_get(n, STR("way"));
    const struct ynode *skip = yaml_get(n, STR("skip"));
    if (n->kind != Y_MAP || (perform != NULL) + (way != NULL) + (skip != NULL) != 1) {
        diag_error(l->d, n->pos, "一个步骤写 perform、way、skip 之一",
                   "a step is one of perform, way, skip");
        return;
    }
    if (perform) {
        s->kind = MAP_PERFORM;
        map_keys(l, n, "perform in unless with at by");
        s->action = map_action(l, perform, l->m->into, false);
        step_rest(l, n, s);
    } else if (way) {
        s->kind = MAP_WAY;
        map_keys(l, n, "way unless in");
        find_way(l, way, s);
    } else {
        s->kind = MAP_SKIP;
        map_keys(l, n, "skip in unless");
        s->skip = map_scalar(l, skip);
    }
    s->in = map_states(l, yaml_get(n, STR("in")));
    s->unless = map_states(l, yaml_get(n, STR("unless")));
}

const struct map_step *map_steps(struct map_load *l, const struct ynode *n, size_t *len)
{
    *len = 0;
    if (!n) {
        return NULL;
    }
    if (n->kind != Y_LIST) {
        diag_error(l->d, n->pos, "应是步骤的列表", "a list of steps is wanted here");
        return NULL;
    }
    struct map_step *list = arena_array(l->a, struct map_step, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        one_step(l, n->items[i], &list[(*len)++]);
    }
    return list;
}

/* How deep a way goes; more than WAYS_DEEP when it comes back to itself. */
static int depth(struct map_load *l, struct map_way *w)
{
    if (w->deep) {
        return w->deep > 0 ? w->deep : WAYS_DEEP + 1;
    }
    w->deep = -1;
    int most = 0;
    for (size_t i = 0; i < w->len && most <= WAYS_DEEP; i++) {
        if (w->steps[i].way) {
            int d = depth(l, &l->ways[w->steps[i].way - l->m->ways]);
            most = d > most ? d : most;
        }
    }
    w->deep = most + 1;
    return w->deep;
}

void map_ways_check(struct map_load *l)
{
    for (size_t i = 0; i < l->m->nways; i++) {
        if (depth(l, &l->ways[i]) > WAYS_DEEP) {
            diag_error(l->d, l->ways[i].pos, "路径“%.*s”绕回自身，或超过八层",
                       "the way \"%.*s\" leads back to itself, or is more than eight deep",
                       STR_ARG(l->ways[i].name));
        }
    }
}

const struct map_cells *map_cells(struct map_load *l, const struct ynode *n, size_t *len)
{
    *len = 0;
    if (!n) {
        return NULL;
    }
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "应写成“列: [值]”", "columns and their values are wanted here");
        return NULL;
    }
    struct map_cells *list = arena_array(l->a, struct map_cells, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        struct map_cells *c = &list[(*len)++];
        c->column = map_column(l, n->pairs[i].key, n->pairs[i].pos);
        c->cells = map_scalars(l, n->pairs[i].value, &c->len);
    }
    return list;
}

static void when(struct map_load *l, const struct ynode *n, struct map_event *e)
{
    if (!n || !map_keys(l, n, "first is was changed in")) {
        return;
    }
    const struct ynode *first = yaml_get(n, STR("first"));
    const struct ynode *changed = yaml_get(n, STR("changed"));
    if (first) {
        str s = map_scalar(l, first);
        e->first = str_eq(s, STR("true")) ? FIRST_YES : FIRST_NO;
        if (!str_eq(s, STR("true")) && !str_eq(s, STR("false"))) {
            diag_error(l->d, first->pos, "first 只能是 true 或 false", "first is true or false");
        }
    }
    e->is = map_cells(l, yaml_get(n, STR("is")), &e->nis);
    e->was = map_cells(l, yaml_get(n, STR("was")), &e->nwas);
    e->in = map_states(l, yaml_get(n, STR("in")));
    if (changed) {
        struct map_value v = map_value(l, changed);
        if (v.kind != VALUE_LIST) {
            diag_error(l->d, changed->pos, "changed 应是一个列表", "changed takes a list");
            return;
        }
        e->changed = v.items;
        e->nchanged = v.nitems;
    }
}

/* A creating action must be given what it asks for. */
static void asked(struct map_load *l, const struct map_step *s)
{
    for (size_t i = 0; s->action && i < s->action->nasks; i++) {
        const struct ask *ask = &s->action->asks[i];
        if (ask->required && !ask->when.tree && !ask->field->def.tree &&
            ask->field != l->m->field && !map_has(s->with, s->nwith, ask->field)) {
            diag_error(l->d, s->pos, "操作 %.*s 要求填写 %.*s，with 里没有",
                       "the action %.*s asks for %.*s, which `with` does not give",
                       STR_ARG(s->action->key), STR_ARG(ask->field->key));
        }
    }
}

static void one_event(struct map_load *l, const struct ynode *n, struct map_event *e)
{
    e->pos = n->pos;
    const struct ynode *create = yaml_get(n, STR("create"));
    const struct ynode *steps = yaml_get(n, STR("do"));
    if (n->kind != Y_MAP || (create != NULL) + (steps != NULL) != 1) {
        diag_error(l->d, n->pos, "一条规则写 create、do 之一", "a rule has one of create, do");
        return;
    }
    when(l, yaml_get(n, STR("when")), e);
    if (steps) {
        map_keys(l, n, "when do");
        e->steps = map_steps(l, steps, &e->nsteps);
        return;
    }
    map_keys(l, n, "when create at by with");
    struct map_step *s = arena_new(l->a, struct map_step);
    s->pos = create->pos;
    s->action = map_action(l, create, l->m->into, true);
    step_rest(l, n, s);
    asked(l, s);
    e->create = s;
    if (e->first != FIRST_YES) {
        diag_error(l->d, create->pos, "create 只能写在 first: true 的规则里",
                   "create may stand only in a rule with first: true");
    }
}

const struct map_event *map_events(struct map_load *l, const struct ynode *n, size_t *len)
{
    *len = 0;
    if (n->kind != Y_LIST || !n->len) {
        diag_error(l->d, n->pos, "events 应是规则的列表", "events takes a list of rules");
        return NULL;
    }
    struct map_event *list = arena_array(l->a, struct map_event, n->len + 1);
    bool creates = false;
    for (size_t i = 0; i < n->len; i++) {
        one_event(l, n->items[i], &list[i]);
        creates = creates || list[i].create;
    }
    if (!creates) {
        diag_error(l->d, n->pos, "没有一条规则新建单据", "no rule creates a record");
    }
    *len = n->len;
    return list;
}
