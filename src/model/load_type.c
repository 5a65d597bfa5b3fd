#include "model/load_int.h"

/* Types by name: declared, given codes, their states and actions listed.  What
 * names point to follows in load_link.c, expressions in load_body.c. */

struct type *type_find(const struct load *l, str key)
{
    for (size_t i = 0; i < l->m->ntypes; i++) {
        if (str_eq(l->m->types[i]->key, key)) {
            return l->m->types[i];
        }
    }
    return NULL;
}

struct field *field_find(struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nfields; i++) {
        if (str_eq(d->fields[i].key, key)) {
            return &d->fields[i];
        }
    }
    return NULL;
}

struct state *state_find(struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nstates; i++) {
        if (str_eq(d->states[i].key, key)) {
            return &d->states[i];
        }
    }
    return NULL;
}

struct action *action_find(struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nactions; i++) {
        if (str_eq(d->actions[i].key, key)) {
            return &d->actions[i];
        }
    }
    return NULL;
}

struct type *type_declare(struct load *l, str key, struct lsrc *s, struct pos at)
{
    struct model *m = l->m;
    struct type *t = type_find(l, key);
    if (t && t->reg != s->law->reg) {
        diag_error(l->d, at, "类型“%.*s”已由制度 %.*s 定义；类型名在一个系统中唯一",
                   "type \"%.*s\" belongs to regulation %.*s; type names are unique in an "
                   "installation",
                   STR_ARG(key), STR_ARG(t->reg->key));
        return NULL;
    }
    if (t) {
        return t;
    }
    if (m->ntypes == MODEL_TYPES_MAX) {
        diag_error(l->d, at, "类型超过 500 个", "more than 500 types");
        return NULL;
    }
    t = arena_new(l->a, struct type);
    *t = (struct type){.key = key,
                       .code = (int)m->ntypes,
                       .reg = s->law->reg,
                       .table = str_fmt(l->a, "r_%.*s", STR_ARG(key))};
    m->types[m->ntypes++] = t;
    return t;
}

struct tsrc *tsrc_add(struct load *l, struct type *t, struct lsrc *s, const struct ynode *node,
                      struct pos at)
{
    struct tdef *d = arena_new(l->a, struct tdef);
    *d = (struct tdef){.type = t, .law = s->law, .pos = at};
    struct tdef **defs = arena_array(l->a, struct tdef *, t->ndefs + 1);
    if (t->ndefs) {
        memcpy(defs, t->defs, t->ndefs * sizeof(struct tdef *));
    }
    defs[t->ndefs] = d;
    t->defs = defs;
    t->ndefs++;
    t->newest = d;
    s->law->tdefs[s->law->ntdefs++] = d;
    if (l->ntsrcs == l->tsrcs_cap) {
        size_t cap = l->tsrcs_cap ? l->tsrcs_cap * 2 : 64;
        struct tsrc **all = arena_array(l->a, struct tsrc *, cap);
        if (l->ntsrcs) {
            memcpy(all, l->tsrcs, l->ntsrcs * sizeof(struct tsrc *));
        }
        l->tsrcs = all;
        l->tsrcs_cap = cap;
    }
    struct tsrc *ts = arena_new(l->a, struct tsrc);
    *ts = (struct tsrc){.def = d, .node = node, .src = s};
    l->tsrcs[l->ntsrcs++] = ts;
    return ts;
}

static void has_read(struct load *l, const struct ynode *n, struct tdef *d)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {{"comments", HAS_COMMENTS},
                 {"attachments", HAS_ATTACHMENTS},
                 {"watchers", HAS_WATCHERS},
                 {"label", HAS_LABEL}};
    if (!n || !key_is_list(l, n, WORDS("has", "has"))) {
        return;
    }
    for (size_t i = 0; i < n->len; i++) {
        str v = key_text(l, n->items[i], WORDS("has", "has"));
        unsigned bit = 0;
        for (size_t j = 0; j < sizeof known / sizeof known[0]; j++) {
            bit = str_eq(v, str_from(known[j].name)) ? known[j].bit : bit;
        }
        if (!bit && v.len) {
            diag_error(l->d, n->items[i]->pos,
                       "has 中不认识“%.*s”；可用：comments attachments watchers label",
                       "\"%.*s\" is not one of comments attachments watchers label", STR_ARG(v));
        }
        d->has |= bit;
    }
}

static void follows_read(struct load *l, const struct ynode *node, struct tdef *d)
{
    str follows = key_str(l, node, "follows");
    d->newest = str_eq(follows, STR("newest"));
    if (follows.len && !d->newest && !str_eq(follows, STR("start"))) {
        diag_error(l->d, key_pos(node, "follows"), "follows 只能是 newest 或 start",
                   "follows is newest or start");
    }
    const struct ynode *part = yaml_get(node, STR("part_of"));
    if (!part) {
        return;
    }
    static const char *const of_parent[] = {"follows", "see", "unit"};
    for (size_t i = 0; i < sizeof of_parent / sizeof of_parent[0]; i++) {
        const struct ypair *p = yaml_pair(node, str_from(of_parent[i]));
        if (p) {
            diag_error(l->d, p->pos, "子项随其主单据，不能写 %s",
                       "a part goes with its parent and has no %s of its own", of_parent[i]);
        }
    }
}

/* `permanent`, or a length of days or months. */
static void retain_read(struct load *l, const struct ynode *n, struct tdef *d)
{
    static const enum vkind kinds[] = {V_MONTHS, V_DAYS};
    if (!n) {
        return;
    }
    str text = key_text(l, n, WORDS("retain", "retain"));
    if (str_eq(text, STR("permanent"))) {
        d->retain = V_MONTHS;
        d->retain_for = -1;
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (expr_literal(text, kinds[i], &d->retain_for, NULL) && d->retain_for > 0 &&
            d->retain_for < 36500) {
            d->retain = kinds[i];
            return;
        }
    }
    diag_error(l->d, n->pos, "retain 应为 permanent 或一段天数、月数、年数，如 180 days、3 years",
               "retain is permanent, or days, months or years, as 180 days or 3 years");
}

static void type_read(struct load *l, struct lsrc *s, const struct ypair *p)
{
    if (!name_check(l, p->key, p->pos, (struct words){0}) ||
        !keys_check(l, p->value, KEYS_TYPE, "", WORDS("类型", "a type"))) {
        return;
    }
    struct type *t = type_declare(l, p->key, s, p->pos);
    if (!t) {
        return;
    }
    const struct ynode *node = p->value;
    struct tsrc *ts = tsrc_add(l, t, s, node, p->pos);
    struct tdef *d = ts->def;
    const struct ynode *title = yaml_get(node, STR("title"));
    if (title && keys_check(l, title, KEYS_WORDS, "", WORDS("title", "title"))) {
        d->title = key_words(l, s, title, p->key);
    } else {
        d->title = (struct words){p->key, p->key};
    }
    const struct ynode *help = yaml_get(node, STR("help"));
    if (help && keys_check(l, help, KEYS_WORDS, "", WORDS("help", "help"))) {
        d->help = key_words(l, s, help, (str){0});
    }
    d->small = key_bool(l, node, "small");
    retain_read(l, yaml_get(node, STR("retain")), d);
    follows_read(l, node, d);
    has_read(l, yaml_get(node, STR("has")), d);
    if (!yaml_get(node, STR("see")) && !yaml_get(node, STR("part_of"))) {
        diag_error(l->d, p->pos, "类型“%.*s”缺少 see：谁能看到这些记录？",
                   "type \"%.*s\" needs see: who may see these records?", STR_ARG(p->key));
    }
    ts->fields = yaml_get(node, STR("fields"));
    fields_read(l, ts);
    draw_read(l, ts);
    states_read(l, ts);
    action_names_read(l, ts);
    term_names_read(l, ts);
}

void types_read(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("types"));
    if (!n || !key_is_map(l, n, WORDS("types", "types"))) {
        return;
    }
    for (size_t i = 0; i < n->len; i++) {
        type_read(l, s, &n->pairs[i]);
    }
}

/* --- states ------------------------------------------------------------------- */

/* States of all versions share codes; the newest words stand in the list. */
static void state_code(struct load *l, struct type *t, struct state *s)
{
    for (size_t i = 0; i < t->nstates; i++) {
        if (str_eq(t->states[i]->key, s->key)) {
            s->code = (int)i;
            t->states[i] = s;
            return;
        }
    }
    const struct state **all = arena_array(l->a, const struct state *, t->nstates + 1);
    if (t->nstates) {
        memcpy(all, t->states, t->nstates * sizeof(struct state *));
    }
    s->code = (int)t->nstates;
    all[t->nstates] = s;
    t->states = all;
    t->nstates++;
}

void states_read(struct load *l, struct tsrc *t)
{
    const struct ynode *n = yaml_get(t->node, STR("states"));
    struct tdef *d = t->def;
    if (!n || !key_is_map(l, n, WORDS("states", "states"))) {
        return;
    }
    d->states = arena_array(l->a, struct state, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        if (!name_check(l, p->key, p->pos, (struct words){0}) ||
            !keys_check(l, p->value, KEYS_STATE, "", WORDS("状态", "a state"))) {
            continue;
        }
        if (str_eq(p->key, STR("any")) || str_eq(p->key, STR("back"))) {
            diag_error(l->d, p->pos, "“%.*s”不能作状态名", "\"%.*s\" cannot name a state",
                       STR_ARG(p->key));
            continue;
        }
        struct state *s = &d->states[d->nstates++];
        *s = (struct state){.key = p->key,
                            .words = key_words(l, t->src, p->value, p->key),
                            .final = key_bool(l, p->value, "final"),
                            .at_column = str_fmt(l->a, "at_%.*s", STR_ARG(p->key)),
                            .pos = p->pos};
        state_code(l, d->type, s);
    }
}

/* --- actions, by name ------------------------------------------------------------- */

static const struct state *state_named(struct load *l, struct tdef *d, str key, struct pos at)
{
    struct state *s = state_find(d, key);
    if (s || key.len == 0) {
        return s;
    }
    str *names = arena_array(l->a, str, d->nstates + 1);
    for (size_t i = 0; i < d->nstates; i++) {
        names[i] = d->states[i].key;
    }
    str near = diag_nearest(key, names, d->nstates);
    near = near.len ? near : names_join(l->a, names, d->nstates);
    diag_error(l->d, at, "“%.*s”没有状态“%.*s”；有：%.*s",
               "\"%.*s\" has no state \"%.*s\"; it has %.*s", STR_ARG(d->type->key), STR_ARG(key),
               STR_ARG(near));
    return NULL;
}

static const struct state *const *states_named(struct load *l, struct tdef *d,
                                               const struct ynode *n, size_t *ret_n)
{
    size_t max = n->kind == Y_LIST ? n->len : 1;
    const struct state **out = arena_array(l->a, const struct state *, max + 1);
    size_t len = 0;
    for (size_t i = 0; i < max; i++) {
        const struct ynode *x = n->kind == Y_LIST ? n->items[i] : n;
        const struct state *s = state_named(l, d, key_text(l, x, WORDS("状态", "a state")), x->pos);
        if (s) {
            out[len++] = s;
        }
    }
    if (n->kind == Y_LIST && n->len == 0) {
        diag_error(l->d, n->pos, "状态列表是空的", "the list of states is empty");
    }
    *ret_n = len;
    return out;
}

static void to_list_read(struct load *l, struct tdef *d, struct action *x, const struct ynode *n)
{
    struct target_state *tos = arena_array(l->a, struct target_state, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ynode *e = n->items[i];
        if (!keys_check(l, e, KEYS_TARGET, "", WORDS("to 的一项", "an entry of to"))) {
            continue;
        }
        bool last = i + 1 == n->len;
        if (last == (yaml_get(e, STR("when")) != NULL)) {
            diag_error(l->d, e->pos, "to 列表除最后一项外都要有 when，最后一项没有",
                       "each entry of to has a when, except the last");
        }
        tos[x->ntos++].state = state_named(l, d, key_str(l, e, "state"), key_pos(e, "state"));
    }
    x->tos = tos;
    x->to_kind = TO_FIRST;
}

void to_read(struct load *l, struct tdef *d, struct action *x, const struct ynode *map)
{
    const struct ynode *to = yaml_get(map, STR("to"));
    if (to && to->kind == Y_LIST) {
        to_list_read(l, d, x, to);
    } else if (to && to->kind == Y_TEXT && str_eq(to->text, STR("back"))) {
        x->to_kind = TO_BACK;
        if (x->creates) {
            diag_error(l->d, to->pos, "新建的记录没有上一个状态",
                       "a new record has no state before");
        }
    } else if (to) {
        x->to_kind = TO_STATE;
        x->to = state_named(l, d, key_text(l, to, WORDS("to", "to")), to->pos);
    } else if (x->creates && d->nstates) {
        diag_error(l->d, x->pos, "操作“%.*s”新建记录（没有 from），要写明 to",
                   "action \"%.*s\" creates the record (it has no from) and needs a to",
                   STR_ARG(x->key));
    }
}

static void from_read(struct load *l, struct tdef *d, struct action *x, const struct ynode *node)
{
    const struct ynode *from = yaml_get(node, STR("from"));
    x->creates = !from;
    if (from && from->kind == Y_TEXT && str_eq(from->text, STR("any"))) {
        x->from_any = true;
    } else if (from) {
        x->from = states_named(l, d, from, &x->nfrom);
    }
}

/* Acts that every record knows; an action of the same name would never be reached. */
static const char *const builtin_acts =
    "comment attach detach watch unwatch label unlabel sign finish_task local_setting save_view "
    "delete_view save_phrases read_notifications";

static bool action_named(struct load *l, const struct ypair *p)
{
    if (!words_has(builtin_acts, p->key)) {
        return name_check(l, p->key, p->pos, (struct words){0});
    }
    diag_error(l->d, p->pos, "“%.*s”是每条记录都有的操作，请换一个名称",
               "every record knows an act \"%.*s\": another name, please", STR_ARG(p->key));
    return false;
}

static void action_name_read(struct load *l, struct tsrc *t, const struct ypair *p)
{
    struct tdef *d = t->def;
    if (!action_named(l, p) ||
        !keys_check(l, p->value, KEYS_ACTION, "", WORDS("操作", "an action"))) {
        return;
    }
    size_t at = d->nactions;
    t->action_nodes[at] = p->value;
    struct action *x = &d->actions[d->nactions];
    *x = (struct action){.key = p->key, .of = d, .index = (int)d->nactions, .pos = p->pos};
    d->nactions++;
    x->words = key_words(l, t->src, p->value, p->key);
    const struct ynode *help = yaml_get(p->value, STR("help"));
    if (help && keys_check(l, help, KEYS_WORDS, "", WORDS("help", "help"))) {
        x->help = key_words(l, t->src, help, (str){0});
    }
    x->clause = key_clause(l, t->src, p->value);
    if (!yaml_get(p->value, STR("clause"))) {
        diag_error(l->d, p->pos, "操作“%.*s”没有引用条款（clause）",
                   "action \"%.*s\" cites no clause", STR_ARG(p->key));
    }
    if (!yaml_get(p->value, STR("who"))) {
        diag_error(l->d, p->pos, "操作“%.*s”缺少 who", "action \"%.*s\" needs who",
                   STR_ARG(p->key));
    }
    from_read(l, d, x, p->value);
    to_read(l, d, x, p->value);
    route_declare(l, t, at);
}

/* `next` of the states: actions that exist and start there. */
static void next_read(struct load *l, struct tdef *d, struct state *s, const struct ynode *n)
{
    if (!n || !key_is_list(l, n, WORDS("next", "next"))) {
        return;
    }
    if (s->final) {
        diag_error(l->d, n->pos, "终态“%.*s”不能有 next", "final state \"%.*s\" cannot have next",
                   STR_ARG(s->key));
    }
    s->next = arena_array(l->a, const struct action *, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        str key = key_text(l, n->items[i], WORDS("next", "next"));
        struct action *x = action_find(d, key);
        if (!x || x->after) { /* what follows an approval is nobody's to do */
            str *names = arena_array(l->a, str, d->nactions + 1);
            size_t n_names = 0;
            for (size_t j = 0; j < d->nactions; j++) {
                names[n_names] = d->actions[j].key;
                n_names += d->actions[j].after ? 0 : 1;
            }
            str near = diag_nearest(key, names, n_names);
            near = near.len ? near : names_join(l->a, names, n_names);
            diag_error(l->d, n->items[i]->pos, "没有操作“%.*s”；有：%.*s",
                       "no action \"%.*s\"; there is %.*s", STR_ARG(key), STR_ARG(near));
            continue;
        }
        bool starts = x->from_any;
        for (size_t j = 0; j < x->nfrom; j++) {
            starts = starts || x->from[j] == s;
        }
        if (!starts) {
            diag_error(l->d, n->items[i]->pos, "操作“%.*s”不能从状态“%.*s”开始",
                       "action \"%.*s\" does not start from state \"%.*s\"", STR_ARG(key),
                       STR_ARG(s->key));
        }
        s->next[s->nnext++] = x;
    }
}

void action_names_read(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    const struct ynode *n = yaml_get(t->node, STR("actions"));
    size_t max = n && n->kind == Y_MAP ? n->len : 0;
    max = 3 * max + 1; /* each may be followed by two */
    d->actions = arena_array(l->a, struct action, max);
    t->action_nodes = arena_array(l->a, const struct ynode *, max);
    t->routes = arena_array(l->a, struct route *, max);
    if (n && key_is_map(l, n, WORDS("actions", "actions"))) {
        for (size_t i = 0; i < n->len; i++) {
            action_name_read(l, t, &n->pairs[i]);
        }
    }
    const struct ynode *states = yaml_get(t->node, STR("states"));
    for (size_t i = 0; i < d->nstates; i++) {
        next_read(l, d, &d->states[i], yaml_get(yaml_get(states, d->states[i].key), STR("next")));
    }
}

void term_names_read(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    const struct ynode *n = yaml_get(t->node, STR("terms"));
    if (!n || !key_is_map(l, n, WORDS("terms", "terms"))) {
        return;
    }
    t->terms = arena_array(l->a, struct term, n->len + 1);
    t->term_nodes = arena_array(l->a, const struct ynode *, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        if (!name_check(l, p->key, p->pos, (struct words){0}) ||
            !keys_check(l, p->value, KEYS_TERM, "", WORDS("时限", "a term"))) {
            continue;
        }
        struct term *x = &t->terms[d->nterms];
        *x = (struct term){.key = p->key, .index = (int)d->nterms, .pos = p->pos};
        t->term_nodes[d->nterms] = p->value;
        d->nterms++;
        x->words = key_words(l, t->src, p->value, p->key);
        x->clause = key_clause(l, t->src, p->value);
        const struct ynode *runs = yaml_get(p->value, STR("runs_in"));
        const struct ynode *pause = yaml_get(p->value, STR("pause_in"));
        if (runs) {
            x->runs_in = states_named(l, d, runs, &x->nruns);
        } else {
            diag_error(l->d, p->pos, "时限“%.*s”缺少 runs_in", "term \"%.*s\" needs runs_in",
                       STR_ARG(p->key));
        }
        if (pause) {
            x->pause_in = states_named(l, d, pause, &x->npauses);
        }
    }
    d->terms = t->terms;
}
