#include "model/load_int.h"

/* Demands of one regulation on another's actions. */

/* The needs of an add speak with its clause and words unless they have their own. */
static void add_needs(struct load *l, struct lsrc *s, const struct scope *sc, struct add *x,
                      const struct ynode *node, const struct action *of)
{
    const struct need *read = needs_read(l, s, sc, yaml_get(node, STR("needs")), of, &x->nneeds);
    struct need *needs = arena_array(l->a, struct need, x->nneeds + 1);
    struct words own = {key_str(l, node, "zh"), key_str(l, node, "en")};
    for (size_t i = 0; i < x->nneeds; i++) {
        needs[i] = read[i];
        struct cond *c = &needs[i].check;
        c->clause = c->clause ? c->clause : x->clause;
        c->words = c->words.zh.len || c->words.en.len ? c->words : own;
    }
    x->needs = needs;
}

static void add_read(struct load *l, struct lsrc *s, const struct ynode *node, struct add *x)
{
    *x = (struct add){.law = s->law, .pos = node->pos};
    if (!keys_check(l, node, KEYS_ADD, "", WORDS("adds 的一项", "an entry of adds"))) {
        return;
    }
    str action;
    str to = key_str(l, node, "to");
    str type = str_cut(to, '.', &action);
    struct pos at = key_pos(node, "to");
    const struct type *t = part_or_type(l, NULL, type);
    if (!t || !action.ptr) {
        diag_error(l->d, at, "to 应写成“类型.操作”，没有“%.*s”",
                   "to is \"type.action\"; there is no \"%.*s\"", STR_ARG(to));
        return;
    }
    const struct action *of = effect_action(l, t->newest, action, at);
    if (!of) {
        return;
    }
    x->to_type = t;
    x->to_action = action;
    x->clause = key_clause(l, s, node);
    if (!yaml_get(node, STR("clause"))) {
        diag_error(l->d, node->pos, "adds 没有引用条款（clause）", "the add cites no clause");
    }
    effect_right_check(l, s, t, of, at);
    struct scope sc = {.model = l->m, .law = s->law, .self = t->newest};
    const struct ynode *when = yaml_get(node, STR("when"));
    if (when) {
        struct scope inner = sc;
        inner.allow_old = true;
        x->when = truth_read(l, &inner, when);
    }
    add_needs(l, s, &sc, x, node, of);
    x->rules = rules_read(l, s, &sc, yaml_get(node, STR("rules")), x->clause, &x->nrules);
    x->effects = effects_read(l, s, &sc, yaml_get(node, STR("effects")), x->clause, &x->neffects);
    if (of->after && x->nneeds + x->nrules) {
        diag_error(l->d, at, "审批之后的操作不能再加条件和规则；请加在“%.*s”上，在审批之前判断",
                   "what follows an approval takes no needs and rules; put them on \"%.*s\", to "
                   "be judged before people decide",
                   STR_ARG(of->after->key));
    }
    if (x->nneeds + x->nrules + x->neffects == 0) {
        diag_error(l->d, node->pos, "adds 要有 needs、rules 或 effects",
                   "an add has needs, rules or effects");
    }
}

void adds_body(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("adds"));
    if (!n || !key_is_list(l, n, WORDS("adds", "adds"))) {
        return;
    }
    struct add *adds = arena_array(l->a, struct add, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        add_read(l, s, n->items[i], &adds[s->law->nadds]);
        s->law->nadds += adds[s->law->nadds].to_type ? 1 : 0;
    }
    s->law->adds = adds;
}
