#include "model/load_effect_int.h"

/* Effects of actions, terms, duties and adds. */

void crossing_add(struct load *l, struct lsrc *s, const struct type *t, str action, struct pos pos)
{
    struct law *law = s->law;
    if (t->reg == law->reg) {
        return;
    }
    struct crossing *all = arena_array(l->a, struct crossing, law->ncrossings + 1);
    if (law->ncrossings) {
        memcpy(all, law->crossings, law->ncrossings * sizeof *all);
    }
    all[law->ncrossings++] = (struct crossing){.type = t, .action = action, .pos = pos};
    law->crossings = all;
}

/* May this regulation act there at all: `uses`, and the action's `guarded`? */
void effect_right_check(struct load *l, struct lsrc *s, const struct type *t,
                        const struct action *x, struct pos pos)
{
    if (t->reg == s->law->reg) {
        return;
    }
    if (!law_uses(s->law, t->reg)) {
        diag_error(l->d, pos, "类型“%.*s”属于制度 %.*s，须先写入 uses",
                   "type \"%.*s\" belongs to regulation %.*s, which uses does not name",
                   STR_ARG(t->key), STR_ARG(t->reg->key));
    }
    bool allowed = !x || !x->guarded;
    for (size_t i = 0; x && i < x->nguards; i++) {
        allowed = allowed || x->guards[i] == s->law->reg;
    }
    if (!allowed) {
        diag_error(l->d, pos, "操作 %.*s.%.*s 受保护（guarded），制度 %.*s 不在其列",
                   "action %.*s.%.*s is guarded and does not name regulation %.*s", STR_ARG(t->key),
                   STR_ARG(x->key), STR_ARG(s->law->reg->key));
    }
}

/* Nobody is there to ask when an effect happens, and nothing that could wait. */
static void at_once_check(struct load *l, const struct action *x, struct pos at)
{
    if (x && x->route) {
        diag_error(l->d, at, "操作 %.*s.%.*s 须经审批，而结果不能等人：请改用没有 approval 的操作",
                   "action %.*s.%.*s has an approval, and an effect cannot wait for people; name "
                   "an action without one",
                   STR_ARG(x->of->type->key), STR_ARG(x->key));
    } else if (x && x->revokes) {
        diag_error(l->d, at, "操作 %.*s.%.*s 撤销审批，由人决定，不能由结果触发",
                   "action %.*s.%.*s revokes an approval: people decide that, no effect does",
                   STR_ARG(x->of->type->key), STR_ARG(x->key));
    }
}

/* The definition that holds when an effect of version `self` reaches type `t`:
 * parts go with their parent, so within a family it is the same version's;
 * else the newest. */
static const struct tdef *target_def(const struct tdef *self, const struct type *t)
{
    const struct type *root = t;
    const struct type *own = self ? self->type : NULL;
    while (root->part_of) {
        root = root->part_of;
    }
    while (own && own->part_of) {
        own = own->part_of;
    }
    for (size_t i = 0; own == root && i < t->ndefs; i++) {
        if (t->defs[i]->law == self->law) {
            return t->defs[i];
        }
    }
    return t->newest;
}

const struct action *effect_action(struct load *l, const struct tdef *d, str key, struct pos at)
{
    const struct type *t = d->type;
    const struct action *x = tdef_action(d, key);
    if (x) {
        return x;
    }
    str *names = arena_array(l->a, str, d->nactions + 1);
    for (size_t i = 0; i < d->nactions; i++) {
        names[i] = d->actions[i].key;
    }
    str near = diag_nearest(key, names, d->nactions);
    near = near.len ? near : names_join(l->a, names, d->nactions);
    diag_error(l->d, at, "类型“%.*s”没有操作“%.*s”；有：%.*s",
               "type \"%.*s\" has no action \"%.*s\"; it has %.*s", STR_ARG(t->key), STR_ARG(key),
               STR_ARG(near));
    return NULL;
}

/* --- with, set --------------------------------------------------------------- */

static bool words_value(struct effect_reader *r, const struct ynode *n, struct assign *a)
{
    struct load *l = r->l;
    if (n->kind != Y_MAP) {
        return false;
    }
    if (keys_check(l, n, KEYS_WORDS, "", WORDS("文字", "words"))) {
        a->words = key_words(l, r->s, n, (str){0});
    }
    if (a->field->type != F_TEXT && a->field->type != F_MARKDOWN) {
        diag_error(l->d, n->pos, "字段“%.*s”不是文字", "field \"%.*s\" is no text",
                   STR_ARG(a->field->key));
    }
    return true;
}

/* Is the field one that action `x` takes?  Without an action every field is. */
static bool taken_by(const struct action *x, const struct field *f, const struct tdef *d)
{
    if (!x || (d->part_of && f == &d->fields[0])) {
        return true;
    }
    for (size_t i = 0; i < x->nasks; i++) {
        if (x->asks[i].field == f) {
            return true;
        }
    }
    return false;
}

static void assigns_read(struct effect_reader *r, const struct ynode *map, const struct tdef *d,
                         const struct action *x, bool set)
{
    struct load *l = r->l;
    if (!key_is_map(l, map, set ? WORDS("set", "set") : WORDS("with", "with"))) {
        return;
    }
    struct assign *out = arena_array(l->a, struct assign, map->len + 1);
    for (size_t i = 0; i < map->len; i++) {
        const struct ypair *p = &map->pairs[i];
        const struct field *f = tdef_field(d, p->key);
        if (!f) {
            str *names = arena_array(l->a, str, d->nfields + 1);
            for (size_t j = 0; j < d->nfields; j++) {
                names[j] = d->fields[j].key;
            }
            str near = diag_nearest(p->key, names, d->nfields);
            near = near.len ? near : names_join(l->a, names, d->nfields);
            diag_error(l->d, p->pos, "“%.*s”没有字段“%.*s”；有：%.*s",
                       "\"%.*s\" has no field \"%.*s\"; it has %.*s", STR_ARG(d->type->key),
                       STR_ARG(p->key), STR_ARG(near));
            continue;
        }
        if (f->is.text.len || f->type == F_LINES) {
            diag_error(l->d, p->pos, "字段“%.*s”不能赋值（计算字段或明细行）",
                       "field \"%.*s\" cannot be given a value (computed, or lines)",
                       STR_ARG(p->key));
            continue;
        }
        if (!set && !taken_by(x, f, d)) {
            diag_error(l->d, p->pos, "操作 %.*s.%.*s 不要求也不接受字段“%.*s”",
                       "action %.*s.%.*s neither asks for nor takes field \"%.*s\"",
                       STR_ARG(d->type->key), STR_ARG(x->key), STR_ARG(p->key));
        }
        struct assign *a = &out[r->e->nassigns++];
        a->field = f;
        if (!words_value(r, p->value, a)) {
            a->value = cond_read(l, &r->sc, p->value, f->value);
        }
    }
    r->e->assigns = out;
}

/* What the created record asks for must come from somewhere. */
void asked_given(struct effect_reader *r, const struct tdef *d, const struct action *x)
{
    for (size_t i = 0; x && i < x->nasks; i++) {
        const struct ask *a = &x->asks[i];
        bool given = !a->required || a->when.tree || a->field->def.tree ||
                     a->field->type == F_LINES || (d->part_of && a->field == &d->fields[0]);
        for (size_t j = 0; !given && j < r->e->nassigns; j++) {
            given = r->e->assigns[j].field == a->field;
        }
        if (!given) {
            diag_error(
                r->l->d, r->e->pos, "操作 %.*s.%.*s 要求字段“%.*s”，with 没有给出，也没有默认值",
                "action %.*s.%.*s asks for field \"%.*s\", which with does not give and which "
                "has no default",
                STR_ARG(d->type->key), STR_ARG(x->key), STR_ARG(a->field->key));
        }
    }
}

static void set_read(struct effect_reader *r, const struct ynode *n)
{
    const struct tdef *d = r->sc.self;
    if (r->e->each && r->e->each_type) {
        if (r->e->each_type->part_of == d->type) {
            d = target_def(d, r->e->each_type);
        } else {
            diag_error(r->l->d, n->pos, "带 for_each 的 set 只能写本记录的子项",
                       "set with for_each writes parts of this record only");
            return;
        }
    }
    assigns_read(r, n, d, NULL, true);
}

static void create_read(struct effect_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    str action;
    str text = key_text(l, n, WORDS("create", "create"));
    str name = str_cut(text, '.', &action);
    const struct type *t = part_or_type(l, r->sc.self, name);
    if (!t) {
        str *names = arena_array(l->a, str, l->m->ntypes + 1);
        for (size_t i = 0; i < l->m->ntypes; i++) {
            names[i] = l->m->types[i]->key;
        }
        str near = diag_nearest(name, names, l->m->ntypes);
        diag_error(l->d, n->pos, "没有类型“%.*s”；相近的：%.*s",
                   "no type \"%.*s\"; near to it: %.*s", STR_ARG(name), STR_ARG(near));
        return;
    }
    r->e->target = t;
    const struct tdef *d = t->part_of ? target_def(r->sc.self, t) : t->newest;
    const struct action *x = NULL;
    if (action.ptr) {
        x = effect_action(l, d, action, n->pos);
        if (x && !x->creates) {
            diag_error(l->d, n->pos, "操作“%.*s”不新建记录（它有 from）；应写 perform",
                       "action \"%.*s\" creates no record (it has a from); write perform",
                       STR_ARG(action));
        }
    } else {
        size_t creating = 0;
        for (size_t i = 0; i < d->nactions; i++) {
            if (d->actions[i].creates) {
                x = &d->actions[i];
                creating++;
            }
        }
        if (creating > 1 || (creating == 0 && d->nactions)) {
            diag_error(l->d, n->pos, "请写明用“%.*s”的哪个操作新建",
                       "say which action of \"%.*s\" creates it", STR_ARG(name));
        }
    }
    r->e->target_action = x ? x->key : (str){0};
    at_once_check(l, x, n->pos);
    effect_right_check(l, r->s, t, x, n->pos);
    crossing_add(l, r->s, t, r->e->target_action, n->pos);
    const struct ynode *with = yaml_get(r->node, STR("with"));
    if (with) {
        assigns_read(r, with, d, x, false);
    }
    asked_given(r, d, x);
}

static void perform_read(struct effect_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    str text = key_text(l, n, WORDS("perform", "perform"));
    if (!text.ptr) {
        return; /* no text: said */
    }
    size_t dot = text.len;
    while (dot && text.ptr[dot - 1] != '.') {
        dot--;
    }
    str action = str_from_n(text.ptr + dot, text.len - dot);
    const struct type *t = r->sc.self->type;
    if (dot) {
        str path = str_from_n(text.ptr, dot - 1);
        r->e->path = expr_compile(l->a, &r->sc, path, n->pos, vtype_of(V_NULL), l->d);
        if (!r->e->path.tree) {
            return;
        }
        if (r->e->path.type.kind != V_RECORD || !r->e->path.type.type) {
            diag_error(l->d, n->pos, "“%.*s”不是一条确定类型的记录",
                       "\"%.*s\" is no record of a known type", STR_ARG(path));
            return;
        }
        t = r->e->path.type.type;
    }
    r->e->target = t;
    r->e->target_action = action;
    const struct tdef *d = target_def(r->sc.self, t);
    const struct action *x = effect_action(l, d, action, n->pos);
    if (!x) {
        return;
    }
    if (x->creates) {
        diag_error(l->d, n->pos, "操作“%.*s”新建记录；应写 create",
                   "action \"%.*s\" creates a record; write create", STR_ARG(action));
    }
    at_once_check(l, x, n->pos);
    effect_right_check(l, r->s, t, x, n->pos);
    crossing_add(l, r->s, t, action, n->pos);
    const struct ynode *with = yaml_get(r->node, STR("with"));
    if (with) {
        assigns_read(r, with, x->of, x, false);
    }
}

/* --- notify, receipt, task --------------------------------------------------------- */

static void text_read(struct effect_reader *r, const struct ynode *map)
{
    struct load *l = r->l;
    const struct ynode *zh = yaml_get(map, STR("zh"));
    const struct ynode *en = yaml_get(map, STR("en"));
    if (!zh) {
        diag_error(l->d, map->pos, "缺少文字（zh、en）", "the text (zh, en) is missing");
        return;
    }
    if (!en && r->s->untranslated++ == 0) {
        r->s->untranslated_at = map->pos;
    }
    en = en ? en : zh;
    str z = key_text(l, zh, WORDS("zh", "zh"));
    str e = key_text(l, en, WORDS("en", "en"));
    r->e->text.zh = expr_compile_template(l->a, &r->sc, z, zh->pos, false, l->d);
    r->e->text.en = expr_compile_template(l->a, &r->sc, e, en->pos, false, l->d);
}

static void message_read(struct effect_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    const char *allowed = r->e->kind == E_NOTIFY ? KEYS_NOTIFY
                          : r->e->kind == E_TASK ? KEYS_TASK
                                                 : KEYS_RECEIPT;
    if (!keys_check(l, n, allowed, "", WORDS("结果", "an effect"))) {
        return;
    }
    const struct ynode *to = yaml_get(n, STR("to"));
    const struct ynode *due = yaml_get(n, r->e->kind == E_TASK ? STR("due") : STR("within"));
    if (to) {
        r->e->to = people_read(l, &r->sc, to, false);
        people_countable(l, &r->e->to, to->pos);
    } else {
        diag_error(l->d, n->pos, "缺少 to：给谁？", "to is missing: to whom?");
    }
    text_read(r, n);
    if (due && r->e->kind != E_NOTIFY) {
        struct cond c = cond_read(l, &r->sc, due, vtype_of(V_NULL));
        bool moment = c.type.kind == V_DATE || c.type.kind == V_DATETIME;
        if (c.tree && !vkind_is_length(c.type.kind) && !(r->e->kind == E_TASK && moment)) {
            diag_error(l->d, due->pos, "这里应是一段时间，如 3 workdays",
                       "a length of time is needed here, as 3 workdays");
        }
        r->e->due = c;
    }
}

/* --- one effect ------------------------------------------------------------------------ */

static const struct {
    const char *key;
    enum effect_kind kind;
} kinds[] = {{"set", E_SET},       {"create", E_CREATE},   {"perform", E_PERFORM},
             {"notify", E_NOTIFY}, {"receipt", E_RECEIPT}, {"task", E_TASK},
             {"finding", E_CREATE}};

static void each_put(struct effect_reader *r, const struct each *each)
{
    r->e->each = true;
    r->e->each_name = str_copy(r->l->a, each->name);
    r->e->each_type = each->type;
    r->e->each_from = each->from;
    r->e->each_set = each->set;
    r->e->each_bounded = each->bounded;
}

static void each_read(struct effect_reader *r)
{
    struct load *l = r->l;
    const struct ynode *n = yaml_get(r->node, STR("for_each"));
    if (r->over) {
        each_put(r, r->over);
        r->sc.vars[r->sc.nvars++] = (struct scope_var){r->e->each_name, r->e->each_type};
        if (n) {
            diag_error(l->d, n->pos, "这里已是逐个对象办理，不能再写 for_each",
                       "this is done for each object already: no for_each here");
        }
        return;
    }
    if (!n) {
        return;
    }
    struct each each = {0};
    str text = key_text(l, n, WORDS("for_each", "for_each"));
    r->e->each = true;
    if (!expr_compile_each(l->a, &r->sc, text, n->pos, &each, l->d)) {
        return;
    }
    each_put(r, &each);
    if (r->sc.nvars < sizeof r->sc.vars / sizeof r->sc.vars[0]) {
        r->sc.vars[r->sc.nvars++] = (struct scope_var){r->e->each_name, each.type};
    }
    if (!each.bounded && !yaml_get(r->node, STR("after")) && !yaml_get(r->node, STR("take"))) {
        diag_error(l->d, n->pos,
                   "这个集合没有被条件限制在 200 条以内；请写 after: 0d，提交后分步完成",
                   "nothing bounds this set to 200; write after: 0d, to work it off in steps after "
                   "the commit");
    }
}

static void limits_read(struct effect_reader *r)
{
    struct load *l = r->l;
    const struct ynode *take = yaml_get(r->node, STR("take"));
    const struct ynode *order = yaml_get(r->node, STR("order"));
    const struct ynode *after = yaml_get(r->node, STR("after"));
    if ((take || order) && !r->e->each) {
        diag_error(l->d, r->node->pos, "take 和 order 与 for_each 连用",
                   "take and order go with for_each");
    }
    if (take) {
        struct scope outer = r->sc;
        outer.nvars -= r->e->each_name.len ? 1 : 0;
        r->e->take = cond_read(l, &outer, take, vtype_of(V_INT));
    }
    if (order) {
        r->e->random = order->kind == Y_TEXT && str_eq(order->text, STR("random"));
        if (!r->e->random) {
            r->e->order = cond_read(l, &r->sc, order, vtype_of(V_NULL));
        }
    }
    if (after) {
        r->e->has_after = true;
        r->e->after = length_read(l, &r->sc, after);
    }
}

static bool kind_read(struct effect_reader *r, const struct ynode **ret)
{
    struct load *l = r->l;
    size_t found = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct ynode *n = yaml_get(r->node, str_from(kinds[i].key));
        if (n) {
            r->e->kind = kinds[i].kind;
            *ret = n;
            found++;
        }
    }
    bool later = yaml_get(r->node, STR("call")) || yaml_get(r->node, STR("native"));
    if (found != 1 && !later) {
        diag_error(l->d, r->node->pos,
                   "一个结果是下列之一：set create perform notify receipt task finding",
                   "an effect is one of set create perform notify receipt task finding");
    }
    return found == 1;
}

static void effect_read(struct effect_reader *r, const struct clause *clause)
{
    struct load *l = r->l;
    const struct ynode *n = NULL;
    if (!keys_check(l, r->node, KEYS_EFFECT, KEYS_EFFECT_LATER, WORDS("结果", "an effect")) ||
        !kind_read(r, &n)) {
        return;
    }
    r->e->clause = yaml_get(r->node, STR("clause")) ? key_clause(l, r->s, r->node) : clause;
    r->e->if_absent = key_bool(l, r->node, "if_absent");
    each_read(r);
    limits_read(r);
    const struct ynode *when = yaml_get(r->node, STR("when"));
    if (when) {
        struct scope s = r->sc;
        s.allow_old = true;
        r->e->when = truth_read(l, &s, when);
    }
    bool found = yaml_get(r->node, STR("finding")) != NULL;
    bool makes = (r->e->kind == E_CREATE && !found) || r->e->kind == E_PERFORM;
    if (yaml_get(r->node, STR("with")) && !makes) {
        diag_error(l->d, key_pos(r->node, "with"), "with 与 create、perform 连用",
                   "with goes with create and perform");
    }
    switch (r->e->kind) {
    case E_SET:
        set_read(r, n);
        break;
    case E_CREATE:
        found ? finding_read(r, n) : create_read(r, n);
        break;
    case E_PERFORM:
        perform_read(r, n);
        break;
    case E_NOTIFY:
    case E_RECEIPT:
    case E_TASK:
        message_read(r, n);
        break;
    case E_NATIVE:
        break; /* reserved: no program part offers one yet */
    }
}

const struct effect *effects_read(struct load *l, struct lsrc *s, const struct scope *sc,
                                  const struct ynode *list, const struct clause *clause,
                                  size_t *ret_n)
{
    return effects_read_each(l, s, sc, list, NULL, clause, ret_n);
}

void effect_create_read(struct load *l, struct lsrc *s, const struct scope *sc,
                        const struct ynode *map, const struct ynode *n, const struct each *each,
                        const struct clause *clause, struct effect *ret)
{
    *ret = (struct effect){.kind = E_CREATE, .pos = n->pos, .clause = clause};
    struct effect_reader r = {.l = l, .s = s, .sc = *sc, .node = map, .e = ret};
    if (each) {
        each_put(&r, each);
    }
    create_read(&r, n);
}

const struct effect *effects_read_each(struct load *l, struct lsrc *s, const struct scope *sc,
                                       const struct ynode *list, const struct each *each,
                                       const struct clause *clause, size_t *ret_n)
{
    *ret_n = 0;
    if (!list || !key_is_list(l, list, WORDS("effects", "effects"))) {
        return NULL;
    }
    struct effect *out = arena_array(l->a, struct effect, list->len + 1);
    for (size_t i = 0; i < list->len; i++) {
        struct effect_reader r = {
            .l = l, .s = s, .sc = *sc, .node = list->items[i], .e = &out[i], .over = each};
        out[i].index = (int)i;
        out[i].pos = list->items[i]->pos;
        effect_read(&r, clause);
    }
    *ret_n = list->len;
    return out;
}
