#include "model/load_int.h"

/* Actions: who, asks, needs, where they lead. */

/* --- asks ----------------------------------------------------------------------- */

static void ask_unknown(struct load *l, const struct tdef *d, str key, struct pos at)
{
    str *names = arena_array(l->a, str, d->nfields + 1);
    for (size_t i = 0; i < d->nfields; i++) {
        names[i] = d->fields[i].key;
    }
    str near = diag_nearest(key, names, d->nfields);
    near = near.len ? near : names_join(l->a, names, d->nfields);
    diag_error(l->d, at, "“%.*s”没有字段“%.*s”；有：%.*s",
               "\"%.*s\" has no field \"%.*s\"; it has %.*s", STR_ARG(d->type->key), STR_ARG(key),
               STR_ARG(near));
}

/* "steps", "steps+", "steps.result", "steps.person+". */
static bool ask_parse(struct load *l, const struct tdef *d, str text, struct pos at,
                      struct ask *ret)
{
    bool adds = str_ends(text, STR("+"));
    if (adds) {
        text.len--;
    }
    str column;
    str key = str_cut(text, '.', &column);
    const struct field *f = tdef_field(d, key);
    if (!f) {
        ask_unknown(l, d, key, at);
        return false;
    }
    ret->field = f;
    if ((adds || column.ptr) && f->type != F_LINES) {
        diag_error(l->d, at, "“%.*s”不是明细行，不能写 + 或列名",
                   "\"%.*s\" is no lines field and takes neither + nor a column", STR_ARG(key));
        return false;
    }
    if (f->is.text.len) {
        diag_error(l->d, at, "“%.*s”是计算字段，不能填写",
                   "\"%.*s\" is computed and cannot be filled in", STR_ARG(key));
        return false;
    }
    if (column.ptr) {
        ret->how = ASK_COLUMN;
        ret->column_adds = adds;
        ret->column = f->part ? tdef_field(f->part->newest, column) : NULL;
        for (size_t i = 0; f->part && i < f->part->ndefs; i++) {
            const struct tdef *rows = f->part->defs[i];
            ret->column = rows->law == d->law ? tdef_field(rows, column) : ret->column;
        }
        if (!ret->column) {
            if (f->part) {
                ask_unknown(l, f->part->newest, column, at);
            }
            return false;
        }
    } else {
        ret->how = adds ? ASK_ADD : ASK_WHOLE;
    }
    return true;
}

static void asks_of(struct load *l, struct tdef *d, const struct ynode *n, bool required,
                    struct ask *asks, struct action *x)
{
    if (!n || !key_is_list(l, n, required ? WORDS("asks", "asks") : WORDS("may", "may"))) {
        return;
    }
    struct scope s = scope_of(l, d);
    s.allow_old = true;
    for (size_t i = 0; i < n->len; i++) {
        const struct ynode *e = n->items[i];
        const struct ynode *name = e;
        const struct ynode *when = NULL;
        if (e->kind == Y_MAP) {
            if (!keys_check(l, e, KEYS_ASK, "", WORDS("asks 的一项", "an entry of asks"))) {
                continue;
            }
            name = yaml_get(e, STR("field"));
            when = yaml_get(e, STR("when"));
            if (!name) {
                diag_error(l->d, e->pos, "缺少 field", "field is missing");
                continue;
            }
        }
        struct ask a = {.required = required};
        str text = key_text(l, name, WORDS("字段", "a field"));
        if (text.len == 0 || !ask_parse(l, d, text, name->pos, &a)) {
            continue;
        }
        for (size_t j = 0; j < x->nasks; j++) {
            if (asks[j].field == a.field && asks[j].how == a.how && asks[j].column == a.column) {
                diag_error(l->d, name->pos, "字段“%.*s”问了两次",
                           "field \"%.*s\" is asked for twice", STR_ARG(text));
            }
        }
        if (when) {
            a.when = truth_read(l, &s, when);
        }
        asks[x->nasks++] = a;
    }
}

static void rows_read(struct load *l, struct tdef *d, struct action *x, struct ask *asks,
                      const struct ynode *n)
{
    const struct type *part = NULL;
    for (size_t i = 0; i < x->nasks; i++) {
        const struct type *p = asks[i].field->part;
        if (p && part && p != part) {
            diag_error(l->d, n->pos, "rows 只能限制一种明细行",
                       "rows limits the rows of one lines field");
            return;
        }
        part = p ? p : part;
    }
    if (!part) {
        diag_error(l->d, n->pos, "有 rows 时要问到一种明细行",
                   "rows needs a lines field among asks");
        return;
    }
    struct scope s = scope_of(l, d);
    s.vars[s.nvars++] = (struct scope_var){STR("t"), part};
    struct cond rows = truth_read(l, &s, n);
    for (size_t i = 0; i < x->nasks; i++) {
        if (asks[i].field->part) {
            asks[i].rows = rows;
        }
    }
}

/* --- needs ------------------------------------------------------------------------ */

/* A need that reads what this action asks for is judged on the typed values;
 * on creation there is nothing but those. */
static enum need_when need_when(const struct action *of, const struct cond *c)
{
    if (!of) {
        return NEED_BEFORE;
    }
    if (of->creates && c->reads.record) {
        return NEED_VALUES;
    }
    for (size_t i = 0; i < of->nasks; i++) {
        const struct ask *a = &of->asks[i];
        for (size_t j = 0; j < c->reads.nfields; j++) {
            if (c->reads.fields[j] == a->field) {
                return NEED_VALUES;
            }
        }
        for (size_t j = 0; a->field->part && j < c->reads.nparts; j++) {
            if (c->reads.parts[j] == a->field->part) {
                return NEED_VALUES;
            }
        }
    }
    return NEED_BEFORE;
}

const struct need *needs_read(struct load *l, struct lsrc *s, const struct scope *sc,
                              const struct ynode *n, const struct action *of, size_t *ret_n)
{
    *ret_n = 0;
    if (!n) {
        return NULL;
    }
    size_t max = n->kind == Y_LIST ? n->len : 1;
    struct need *needs = arena_array(l->a, struct need, max + 1);
    struct scope inner = *sc;
    inner.allow_old = true;
    inner.allow_steps_left = true;
    for (size_t i = 0; i < max; i++) {
        const struct ynode *e = n->kind == Y_LIST ? n->items[i] : n;
        struct cond c = {0};
        if (e->kind == Y_MAP) {
            if (!keys_check(l, e, KEYS_NEED, "", WORDS("needs 的一项", "an entry of needs"))) {
                continue;
            }
            const struct ynode *check = yaml_get(e, STR("check"));
            const struct ynode *when = yaml_get(e, STR("when"));
            if (!check) {
                diag_error(l->d, e->pos, "缺少 check", "check is missing");
                continue;
            }
            c = truth_read(l, &inner, check);
            c.clause = key_clause(l, s, e);
            c.words = key_words(l, s, e, (str){0});
            if (when) {
                c.when = arena_new(l->a, struct cond);
                *c.when = truth_read(l, &inner, when);
            }
        } else {
            c = truth_read(l, &inner, e);
        }
        needs[*ret_n].when = need_when(of, &c);
        if (c.when && need_when(of, c.when) == NEED_VALUES) {
            needs[*ret_n].when = NEED_VALUES;
        }
        needs[(*ret_n)++].check = c;
    }
    return needs;
}

/* --- the action ------------------------------------------------------------------- */

static void guards_read(struct load *l, struct action *x, const struct ynode *n)
{
    if (!n || !key_is_list(l, n, WORDS("guarded", "guarded"))) {
        return;
    }
    const struct reg **guards = arena_array(l->a, const struct reg *, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        str key = key_text(l, n->items[i], WORDS("guarded", "guarded"));
        const struct reg *r = model_reg(l->m, key);
        /* A regulation that is not installed here may still be named. */
        if (r) {
            guards[x->nguards++] = r;
        } else if (key.len) {
            name_check(l, key, n->items[i]->pos, (struct words){0});
        }
    }
    x->guarded = true;
    x->guards = guards;
}

static void tos_body(struct load *l, struct tdef *d, struct action *x, const struct ynode *to)
{
    if (x->to_kind != TO_FIRST) {
        return;
    }
    struct scope s = scope_of(l, d);
    s.allow_old = true;
    struct target_state *tos = arena_array(l->a, struct target_state, x->ntos + 1);
    size_t j = 0;
    for (size_t i = 0; i < to->len && j < x->ntos; i++) {
        if (to->items[i]->kind != Y_MAP) {
            continue;
        }
        tos[j] = x->tos[j];
        const struct ynode *when = yaml_get(to->items[i], STR("when"));
        if (when) {
            tos[j].when = truth_read(l, &s, when);
        }
        j++;
    }
    x->tos = tos;
}

/* Before any effect is read: an effect is held to what its target says. */
void guards_body(struct load *l, struct tsrc *t)
{
    for (size_t i = 0; i < t->def->nactions; i++) {
        guards_read(l, &t->def->actions[i], yaml_get(t->action_nodes[i], STR("guarded")));
    }
}

/* What is waited for becomes tasks: it must be said whose. */
static void next_people(struct load *l, const struct tsrc *t)
{
    const struct ynode *states = yaml_get(t->node, STR("states"));
    for (size_t i = 0; i < t->def->nstates; i++) {
        const struct state *s = &t->def->states[i];
        const struct ynode *next = yaml_get(yaml_get(states, s->key), STR("next"));
        for (size_t k = 0; k < s->nnext; k++) {
            struct pos at =
                next && next->kind == Y_LIST && k < next->len ? next->items[k]->pos : s->pos;
            people_countable(l, &s->next[k]->who, at);
        }
    }
}

void actions_body(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    struct scope s = scope_of(l, d);
    for (size_t i = 0; i < d->nactions; i++) {
        struct action *x = &d->actions[i];
        const struct ynode *node = t->action_nodes[i];
        const struct ynode *who = yaml_get(node, STR("who"));
        const struct ynode *rows = x->after ? NULL : yaml_get(node, STR("rows"));
        if (x->after) {
            x->who = expr_compile_people(l->a, &s, STR("nobody"), x->pos, false, l->d);
        } else if (who) {
            x->who = people_read(l, &s, who, false);
        }
        x->needs = needs_read(l, t->src, &s, yaml_get(node, STR("needs")), x, &x->nneeds);
        x->needs = revoke_needs(l, &s, x, x->needs, &x->nneeds);
        if (rows) {
            rows_read(l, d, x, t->asks[i], rows);
        }
        const struct ynode *effects = checklist_effects(l, t, x, yaml_get(node, STR("effects")));
        x->effects = effects_read(l, t->src, &s, effects, x->clause, &x->neffects);
        tos_body(l, d, x, yaml_get(node, STR("to")));
    }
    next_people(l, t);
    checklist_check(l, t);
}

/* Which fields an action asks for must be known before bodies: what is never
 * missing, and what effects may give, depend on it. */
void asks_body(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    t->asks = arena_array(l->a, struct ask *, d->nactions + 1);
    for (size_t i = 0; i < d->nactions; i++) {
        struct action *x = &d->actions[i];
        const struct action *after = x->after;
        if (after) { /* on a living record what was asked for is written now */
            bool takes = after->route->approved == x && !after->creates;
            t->asks[i] = t->asks[after->index];
            x->asks = takes ? after->asks : NULL;
            x->nasks = takes ? after->nasks : 0;
            continue;
        }
        const struct ynode *asks = yaml_get(t->action_nodes[i], STR("asks"));
        const struct ynode *may = yaml_get(t->action_nodes[i], STR("may"));
        size_t max = (asks ? asks->len : 0) + (may ? may->len : 0);
        t->asks[i] = arena_array(l->a, struct ask, max + 1);
        x->asks = t->asks[i];
        asks_of(l, d, asks, true, t->asks[i], x);
        asks_of(l, d, may, false, t->asks[i], x);
    }
}
