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

/* One name, or a list of them. */
static const str *names_in(struct loader *l, const struct ynode *n, size_t *ret_n)
{
    str *list = arena_array(l->a, str, n->len + 1);
    *ret_n = 0;
    if (n->kind == Y_TEXT) {
        list[(*ret_n)++] = n->text;
    }
    for (size_t i = 0; n->kind == Y_LIST && i < n->len; i++) {
        list[(*ret_n)++] = n->items[i]->text;
    }
    return list;
}

/* --- approvals ------------------------------------------------------------------- */

/* Which keys go with an operation, and must be there. */
enum {
    WITH_NODE = 1,
    WITH_PERSON = 2,
    WITH_PEOPLE = 4,
    WITH_ARE = 8,
    WITH_OPINION = 16,
    WITH_NAME = 32
};

static const struct operation {
    const char *key;
    enum step_operation operation;
    unsigned needs, takes;
} operations[] = {
    {"approve", STEP_APPROVE, 0, WITH_OPINION | WITH_NAME},
    {"reject", STEP_REJECT, 0, WITH_OPINION | WITH_NAME},
    {"abstain", STEP_ABSTAIN, 0, WITH_OPINION | WITH_NAME},
    {"return", STEP_RETURN, WITH_NODE, WITH_OPINION},
    {"withdraw", STEP_WITHDRAW, 0, WITH_OPINION},
    {"resubmit", STEP_RESUBMIT, 0, WITH_OPINION},
    {"transfer", STEP_TRANSFER, WITH_PERSON, WITH_OPINION},
    {"add_before", STEP_ADD_BEFORE, WITH_PEOPLE, WITH_OPINION},
    {"add_beside", STEP_ADD_BESIDE, WITH_PEOPLE, WITH_OPINION},
    {"add_after", STEP_ADD_AFTER, WITH_PEOPLE, WITH_OPINION | WITH_NAME},
    {"take_back", STEP_TAKE_BACK, 0, WITH_OPINION},
    {"remove", STEP_REMOVE, WITH_PERSON, WITH_OPINION},
    {"seats", STEP_SEATS, WITH_ARE, 0},
};
static const struct {
    const char *key;
    unsigned bit;
} operation_keys[] = {{"node", WITH_NODE}, {"person", WITH_PERSON},   {"people", WITH_PEOPLE},
                      {"are", WITH_ARE},   {"opinion", WITH_OPINION}, {"signature", WITH_NAME}};

static const struct operation *operation_of(str key)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (str_eq(key, str_from(operations[i].key))) {
            return &operations[i];
        }
    }
    return NULL;
}

static bool operation_key(struct loader *l, struct step *s, str key, const struct ynode *v)
{
    int64_t node = 0;
    if (str_eq(key, STR("opinion"))) {
        s->opinion = v->text;
    } else if (str_eq(key, STR("signature"))) {
        s->signature = v->text;
    } else if (str_eq(key, STR("person")) || str_eq(key, STR("people")) ||
               str_eq(key, STR("are"))) {
        s->people = names_in(l, v, &s->npeople);
    } else if (!str_eq(key, STR("node"))) {
        return false;
    } else if (str_eq(v->text, STR("author"))) {
        s->node = TO_AUTHOR;
    } else if (str_eq(v->text, STR("previous"))) {
        s->node = TO_PREVIOUS;
    } else if (str_to_i64(v->text, &node) && node >= 1 && node <= APPROVAL_RUNS) {
        s->node = (int)node - 1;
    } else {
        diag_error(l->d, v->pos, "node 应为环节的序号（从 1 起）、author 或 previous",
                   "node is the number of a node (from 1), author or previous");
    }
    return true;
}

/* What an operation needs is there, and nothing that goes with another. */
static void operation_check(struct loader *l, const struct step *s, const struct ynode *n)
{
    const struct operation *o = NULL;
    for (size_t i = 0; i < n->len && !o; i++) {
        o = operation_of(n->pairs[i].key);
    }
    for (size_t i = 0; i < sizeof(operation_keys) / sizeof(operation_keys[0]); i++) {
        const char *key = operation_keys[i].key;
        const struct ypair *p = yaml_pair(n, str_from(key));
        unsigned bit = operation_keys[i].bit;
        if (p && !(o && ((o->needs | o->takes) & bit))) {
            diag_error(l->d, p->pos, "这一步没有 %s", "this step has no %s", key);
        } else if (!p && o && (o->needs & bit)) {
            diag_error(l->d, n->pos, "%s 要有 %s", "%s needs %s", o->key, key);
        }
    }
    bool some = o && (o->needs & (WITH_PERSON | WITH_PEOPLE)) && s->people;
    if (some && (s->npeople == 0 || ((o->needs & WITH_PERSON) && s->npeople > 1))) {
        diag_error(l->d, n->pos, "%s 的人数不对", "%s names the wrong number of people", o->key);
    }
    for (size_t i = 0; i < s->npeople; i++) {
        if (!s->people[i].len) {
            diag_error(l->d, n->pos, "人员应写登录名", "people are named by their logins");
        }
    }
    const struct ypair *with = yaml_pair(n, STR("with"));
    if (o && with) {
        diag_error(l->d, with->pos, "这一步没有 %s", "this step has no %s", "with");
    }
}

static bool kind_key(struct step *s, str key, const struct ynode *v)
{
    const struct operation *o = operation_of(key);
    if (o) {
        s->kind = STEP_APPROVAL;
        s->operation = o->operation;
        s->on = v->text;
        return true;
    }
    static const struct {
        const char *key;
        enum step_kind kind;
    } kinds[] = {{"create", STEP_CREATE}, {"perform", STEP_PERFORM}, {"clock", STEP_CLOCK},
                 {"check", STEP_CHECK},   {"see", STEP_SEE},         {"list", STEP_LIST},
                 {"term", STEP_TERM},     {"tasks", STEP_TASKS},     {"notified", STEP_NOTIFIED},
                 {"number", STEP_NUMBER}, {"control", STEP_CONTROL}, {"publish", STEP_PUBLISH},
                 {"judge", STEP_JUDGE},   {"duty", STEP_DUTY}};
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
        case STEP_CONTROL:
        case STEP_JUDGE:
        case STEP_DUTY:
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
        case STEP_APPROVAL:
            break; /* above */
        }
        return true;
    }
    return false;
}

/* Whether the key goes with a control. */
static bool control_key(struct loader *l, struct step *s, str key, const struct ynode *v)
{
    if (str_eq(key, STR("violations"))) {
        s->violations = names_in(l, v, &s->nviolations);
    } else if (str_eq(key, STR("ok"))) {
        s->kept = names_in(l, v, &s->nkept);
    } else if (str_eq(key, STR("unknown"))) {
        s->unknown = names_in(l, v, &s->nunknown);
    } else if (str_eq(key, STR("waived"))) {
        s->waived = names_in(l, v, &s->nwaived);
    } else if (str_eq(key, STR("reason"))) {
        s->reason = v->text;
    } else {
        return false;
    }
    return true;
}

/* A step about a control says what should come of it, and no other step does. */
static void control_check(struct loader *l, const struct step *s, const struct ynode *n)
{
    bool says = s->violations || s->kept || s->unknown || s->waived;
    if (s->kind == STEP_CONTROL && says == (s->state.len > 0)) {
        diag_error(l->d, n->pos,
                   "control 要有 violations、ok、unknown 或 waived，由人回答的要有 state",
                   "control needs violations, ok, unknown or waived; a manual one needs state");
    } else if (s->kind != STEP_CONTROL && (says || s->reason.len)) {
        diag_error(l->d, n->pos, "violations、ok、unknown、waived、reason 只用于 control",
                   "violations, ok, unknown, waived and reason go with control only");
    } else if (s->reason.len && !s->nviolations) {
        diag_error(l->d, n->pos, "reason 是 violations 的理由", "reason is that of violations");
    }
}

static const char *const run_states[] = {STEP_DUTY_STATES};
enum { RUN_STATES = sizeof(run_states) / sizeof(run_states[0]) };

/* Whether the key goes with a duty. */
static bool duty_key(struct loader *l, struct step *s, str key, const struct ynode *v)
{
    for (int i = 0; i < RUN_STATES; i++) {
        if (!str_eq(key, str_from(run_states[i]))) {
            continue;
        }
        if (!str_to_i64(v->text, &s->runs[i]) || s->runs[i] < 0) {
            diag_error(l->d, v->pos, "%s 是次数，如 1", "%s is a number of times, as 1",
                       run_states[i]);
        }
        return true;
    }
    return false;
}

/* A step about a duty says how often, and no other step does. */
static void duty_check(struct loader *l, const struct step *s, const struct ynode *n)
{
    bool says = false;
    for (int i = 0; i < RUN_STATES; i++) {
        says = says || s->runs[i] >= 0;
    }
    if (s->kind == STEP_DUTY && !says) {
        diag_error(l->d, n->pos, "duty 要有 waiting、done、late、missed 或 dropped",
                   "duty needs waiting, done, late, missed or dropped");
    } else if (s->kind != STEP_DUTY && says) {
        diag_error(l->d, n->pos, "waiting、done、late、missed、dropped 只用于 duty",
                   "waiting, done, late, missed and dropped go with duty only");
    }
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
        s->actions = names_in(l, v, &s->nactions);
    } else {
        return control_key(l, s, key, v) || duty_key(l, s, key, v) || operation_key(l, s, key, v);
    }
    return true;
}

static struct step step_of(struct loader *l, const struct ynode *n)
{
    struct step s = {.pos = n->pos,
                     .count = -1,
                     .kind = STEP_CLOCK,
                     .expect = true,
                     .runs = {-1, -1, -1, -1, -1}};
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
            if (known) {
                diag_error(l->d, n->pairs[i].pos, "一步只做一件事", "a step does one thing");
            }
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
    operation_check(l, &s, n);
    control_check(l, &s, n);
    duty_check(l, &s, n);
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
