#include "model/steps.h"

#include "base/arena.h"
#include "model/yaml.h"

/* How much there may be of everything, yaml.h says: what it lets pass is taken. */

struct loader {
    struct arena *a;
    struct diags *d;
};

static struct step_value value_of(struct loader *l, str key, const struct ynode *n)
{
    struct step_value v = {.key = key, .pos = n->pos};
    if (n->kind == Y_TEXT) {
        v.null = str_eq(n->text, STR("null"));
        v.expression = str_starts(n->text, STR("="));
        v.scalar = v.expression ? str_from_n(n->text.ptr + 1, n->text.len - 1) : n->text;
        return v;
    }
    struct step_value *items = arena_array(l->a, struct step_value, n->len + 1);
    if (n->kind == Y_LIST) {
        v.list = true;
        for (size_t i = 0; i < n->len; i++) {
            items[v.nitems++] = value_of(l, STR(""), n->items[i]);
        }
    } else {
        v.row = true;
        for (size_t i = 0; i < n->len; i++) {
            items[v.nitems++] = value_of(l, n->pairs[i].key, n->pairs[i].value);
        }
    }
    v.items = items;
    return v;
}

static void split(str text, str *head, str *tail)
{
    *head = str_cut(text, '.', tail);
}

static void put_with(struct loader *l, struct step *s, const struct ynode *n)
{
    struct step_value *list = arena_array(l->a, struct step_value, n->len + 1);
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "with 应为映射", "with is a mapping");
        return;
    }
    for (size_t i = 0; i < n->len; i++) {
        list[s->nwith++] = value_of(l, n->pairs[i].key, n->pairs[i].value);
    }
    s->with = list;
}

static void put_actions(struct loader *l, struct step *s, const struct ynode *n)
{
    str *list = arena_array(l->a, str, n->len + 1);
    if (n->kind == Y_TEXT) {
        list[s->nactions++] = n->text;
    }
    for (size_t i = 0; n->kind == Y_LIST && i < n->len; i++) {
        list[s->nactions++] = n->items[i]->text;
    }
    s->actions = list;
}

static bool kind_key(struct step *s, str key, const struct ynode *v)
{
    static const struct {
        const char *key;
        enum step_kind kind;
    } kinds[] = {{"create", STEP_CREATE}, {"perform", STEP_PERFORM}, {"clock", STEP_CLOCK},
                 {"check", STEP_CHECK},   {"see", STEP_SEE},         {"list", STEP_LIST},
                 {"term", STEP_TERM},     {"tasks", STEP_TASKS},     {"notified", STEP_NOTIFIED},
                 {"number", STEP_NUMBER}, {"publish", STEP_PUBLISH}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!str_eq(key, str_from(kinds[i].key))) {
            continue;
        }
        s->kind = kinds[i].kind;
        switch (s->kind) {
        case STEP_CREATE:
            split(v->text, &s->type, &s->action);
            break;
        case STEP_PERFORM:
        case STEP_TERM:
            split(v->text, &s->on, &s->action);
            break;
        case STEP_LIST:
            s->type = v->text;
            break;
        case STEP_CLOCK:
        case STEP_PUBLISH:
            s->text = v->text;
            break;
        case STEP_TASKS:
        case STEP_NOTIFIED:
            s->as = v->text;
            break;
        case STEP_CHECK:
        case STEP_SEE:
        case STEP_NUMBER:
            s->on = v->text;
            break;
        }
        return true;
    }
    return false;
}

static bool other_key(struct loader *l, struct step *s, str key, const struct ynode *v)
{
    if (str_eq(key, STR("with"))) {
        put_with(l, s, v);
    } else if (str_eq(key, STR("as"))) {
        s->as = v->text;
    } else if (str_eq(key, STR("save"))) {
        s->save = v->text;
    } else if (str_eq(key, STR("refused"))) {
        s->refused = v->text;
        s->refused_any = str_eq(v->text, STR("any"));
    } else if (str_eq(key, STR("state"))) {
        s->state = v->text;
    } else if (str_eq(key, STR("holds"))) {
        s->holds = v->text;
    } else if (str_eq(key, STR("expect"))) {
        s->expect = str_eq(v->text, STR("yes")) || str_eq(v->text, STR("true"));
    } else if (str_eq(key, STR("count"))) {
        return str_to_i64(v->text, &s->count);
    } else if (str_eq(key, STR("where")) || str_eq(key, STR("due")) || str_eq(key, STR("is"))) {
        s->text = v->text;
    } else if (str_eq(key, STR("of")) || str_eq(key, STR("about"))) {
        s->on = v->text;
    } else if (str_eq(key, STR("actions"))) {
        put_actions(l, s, v);
    } else {
        return false;
    }
    return true;
}

static struct step step_of(struct loader *l, const struct ynode *n)
{
    struct step s = {.pos = n->pos, .count = -1, .kind = STEP_CLOCK, .expect = true};
    bool known = false;
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "步骤应为映射，如 {create: ..}",
                   "a step is a mapping: {create: ..}");
        return s;
    }
    for (size_t i = 0; i < n->len; i++) {
        str key = n->pairs[i].key;
        const struct ynode *v = n->pairs[i].value;
        if (kind_key(&s, key, v)) {
            known = true;
        } else if (!other_key(l, &s, key, v)) {
            diag_error(l->d, n->pairs[i].pos, "步骤中没有“%.*s”", "a step has no \"%.*s\"",
                       STR_ARG(key));
        }
    }
    if (!known) {
        diag_error(l->d, n->pos, "步骤须说明做什么：create、perform、clock、check、see、list …",
                   "a step says what it does: create, perform, clock, check, see, list ...");
    }
    return s;
}

static void steps_of(struct loader *l, const struct ynode *n, struct scenario *s)
{
    struct step *list = arena_array(l->a, struct step, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        list[s->nsteps++] = step_of(l, n->items[i]);
    }
    s->steps = list;
}

static struct scenario scenario_of(struct loader *l, const struct ynode *n)
{
    struct scenario s = {.pos = n->pos};
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "示例应为映射，如 {name: .., do: [..]}",
                   "an example is a mapping: {name: .., do: [..]}");
        return s;
    }
    for (size_t i = 0; i < n->len; i++) {
        str key = n->pairs[i].key;
        const struct ynode *v = n->pairs[i].value;
        if (str_eq(key, STR("name"))) {
            s.name = v->text;
        } else if (str_eq(key, STR("as"))) {
            s.as = v->text;
        } else if (str_eq(key, STR("do")) && v->kind == Y_LIST) {
            steps_of(l, v, &s);
        } else {
            diag_error(l->d, n->pairs[i].pos, "示例中没有“%.*s”", "an example has no \"%.*s\"",
                       STR_ARG(key));
        }
    }
    return s;
}

struct scenarios steps_load(struct arena *a, str text, str file, struct diags *d)
{
    struct loader l = {a, d};
    struct scenarios r = {0};
    if (!str_trim(text).len) {
        return r;
    }
    const struct ynode *root = yaml_parse(a, text, file, d);
    if (!root || root->kind != Y_LIST) {
        if (root) {
            diag_error(d, root->pos, "应为列表", "expected a list");
        }
        return r;
    }
    struct scenario *list = arena_array(a, struct scenario, root->len + 1);
    bool bare = root->len && root->items[0]->kind == Y_MAP && !yaml_get(root->items[0], STR("do"));
    if (bare) { /* records.yaml: one list of steps */
        steps_of(&l, root, &list[0]);
        list[0].pos = root->pos;
        r.len = 1;
    }
    for (size_t i = 0; !bare && i < root->len; i++) {
        list[r.len++] = scenario_of(&l, root->items[i]);
    }
    r.ptr = list;
    return r;
}
