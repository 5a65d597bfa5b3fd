#include "model/load_int.h"

/* `revokes`: an action that undoes what was approved.  It becomes two needs of the action,
 * so that whatever judges needs (the form, the button, the door) judges it. */

#define WITHIN_MAX (INT64_C(366) * 24 * 3600 * 1000)

static void unknown_action(struct load *l, const struct tdef *d, str key, struct pos at)
{
    str *names = arena_array(l->a, str, d->nactions + 1);
    size_t n = 0;
    for (size_t i = 0; i < d->nactions; i++) {
        if (d->actions[i].route) {
            names[n++] = d->actions[i].key;
        }
    }
    str near = diag_nearest(key, names, n);
    near = near.len ? near : names_join(l->a, names, n);
    diag_error(l->d, at, "没有须经审批的操作“%.*s”；有：%.*s",
               "no action \"%.*s\" that people approve; there is %.*s", STR_ARG(key),
               STR_ARG(near));
}

/* The action whose approval it undoes; NULL, with a mistake, when it cannot. */
static const struct action *target_of(struct load *l, const struct tsrc *t, const struct action *x,
                                      const struct ynode *n)
{
    str key = key_text(l, n, WORDS("revokes", "revokes"));
    const struct action *to = key.len ? action_find(t->def, key) : NULL;
    if (!key.len) {
        return NULL;
    }
    if (!to || to->after) {
        unknown_action(l, t->def, key, n->pos);
    } else if (to == x) {
        diag_error(l->d, n->pos, "操作“%.*s”不能撤销自己的审批",
                   "action \"%.*s\" cannot revoke its own approval", STR_ARG(key));
    } else if (!to->route) {
        diag_error(l->d, n->pos, "操作“%.*s”没有 approval，没有可以撤销的",
                   "action \"%.*s\" has no approval: there is nothing to revoke", STR_ARG(key));
    } else if (yaml_get(t->action_nodes[to->index], STR("revokes"))) {
        diag_error(l->d, n->pos, "操作“%.*s”本身是撤销，撤销不能再撤销；请重新申请",
                   "action \"%.*s\" is a revocation itself, and none is revoked; ask anew",
                   STR_ARG(key));
    } else {
        return to;
    }
    return NULL;
}

/* It is what somebody decides about a record that is there. */
static void acted_check(struct load *l, const struct action *x, const struct ynode *node,
                        struct pos at)
{
    str who = str_trim(key_str(l, node, "who"));
    if (x->creates) {
        diag_error(l->d, at, "撤销的是已有记录的审批，操作“%.*s”要有 from",
                   "what is revoked stands on a record: action \"%.*s\" needs from",
                   STR_ARG(x->key));
    }
    if (str_eq(who, STR("nobody")) || str_eq(who, STR("auto"))) {
        diag_error(l->d, at, "撤销由人决定，操作“%.*s”不能由系统触发（nobody、auto）",
                   "people decide to revoke: action \"%.*s\" is not the system's (nobody, auto)",
                   STR_ARG(x->key));
    }
    if (x->route && !x->route->approved) {
        diag_error(
            l->d, at,
            "操作“%.*s”须经审批，撤销在批准后生效；请写 then_approved（没有别的结果时写 {}）",
            "action \"%.*s\" revokes once it is approved; add then_approved ({} where "
            "nothing else follows)",
            STR_ARG(x->key));
    }
}

static int64_t within_read(struct load *l, const struct ynode *n)
{
    int64_t v = 0;
    if (n->kind == Y_TEXT && expr_literal(n->text, V_DURATION, &v, NULL) && v > 0 &&
        v <= WITHIN_MAX) {
        return v;
    }
    diag_error(l->d, n->pos, "within 应是一段时间，如 31d、24h，最长 366 天；随时可以撤销的不写",
               "within is a length of time, as 31d or 24h, at most 366 days; left out where it may "
               "be revoked at any time");
    return 0;
}

void revokes_read(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    for (size_t i = 0; i < d->nactions; i++) {
        struct action *x = &d->actions[i];
        const struct ynode *node = t->action_nodes[i];
        const struct ypair *p = x->after ? NULL : yaml_pair(node, STR("revokes"));
        const struct ypair *within = x->after ? NULL : yaml_pair(node, STR("within"));
        if (within && !p) {
            diag_error(l->d, within->pos, "within 与 revokes 连用，操作“%.*s”没有 revokes",
                       "within goes with revokes, which action \"%.*s\" has not", STR_ARG(x->key));
        }
        if (!p) {
            continue;
        }
        acted_check(l, x, node, p->pos);
        x->revokes = target_of(l, t, x, p->value);
        x->revokes_within = within ? within_read(l, within->value) : 0;
        if (x->route && x->route->approved) {
            d->actions[x->route->approved->index].revokes = x->revokes;
        }
    }
}

/* --- as needs ------------------------------------------------------------------------- */

static struct need need_of(struct load *l, const struct scope *s, const struct action *x, str text,
                           struct words words)
{
    struct cond c = expr_compile(l->a, s, text, x->pos, vtype_of(V_BOOL), l->d);
    c.clause = x->clause;
    c.words = words;
    return (struct need){.check = c, .when = NEED_BEFORE};
}

const struct need *revoke_needs(struct load *l, const struct scope *s, const struct action *x,
                                const struct need *needs, size_t *n)
{
    const struct action *to = x->revokes;
    if (!to) {
        return needs;
    }
    struct need *all = arena_array(l->a, struct need, *n + 2);
    size_t k = 0;
    struct words stands = {
        str_fmt(l->a, "“%.*s”没有可以撤销的审批：还没有获得批准，或者已经撤销。",
                STR_ARG(words_in(to->words, LANG_ZH))),
        str_fmt(l->a,
                "There is no approval of \"%.*s\" to revoke: none has passed, or it has been "
                "revoked.",
                STR_ARG(words_in(to->words, LANG_EN)))};
    all[k++] =
        need_of(l, s, x, str_fmt(l->a, "approved_at('%.*s') != null", STR_ARG(to->key)), stands);
    if (x->revokes_within) {
        str zh = expr_literal_words(l->a, V_DURATION, x->revokes_within, LANG_ZH);
        str en = expr_literal_words(l->a, V_DURATION, x->revokes_within, LANG_EN);
        struct words late = {
            str_fmt(l->a, "批准后只在%.*s内可以撤销，现已超过。", STR_ARG(zh)),
            str_fmt(l->a, "It could be revoked within %.*s of its approval; that time is over.",
                    STR_ARG(en))};
        str text = str_fmt(l->a, "now <= approved_at('%.*s') + %lldm", STR_ARG(to->key),
                           (long long)(x->revokes_within / 60000));
        all[k++] = need_of(l, s, x, text, late);
    }
    for (size_t i = 0; i < *n; i++) {
        all[k++] = needs[i];
    }
    *n = k;
    return all;
}
