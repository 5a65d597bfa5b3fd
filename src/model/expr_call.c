/* Types of functions. */
#include "model/expr_int.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool arity(struct tc *tc, const struct expr *e, size_t least, size_t most)
{
    if (e->nargs >= least && e->nargs <= most) {
        return true;
    }
    if (least == most) {
        TC_FAIL(tc, e->off, "%.*s(..) 应有 %d 个参数，这里有 %d 个",
                "%.*s(..) takes %d arguments, here are %d", STR_ARG(e->name), (int)least,
                (int)e->nargs);
    } else {
        TC_FAIL(tc, e->off, "%.*s(..) 应有 %d 到 %d 个参数，这里有 %d 个",
                "%.*s(..) takes %d to %d arguments, here are %d", STR_ARG(e->name), (int)least,
                (int)most, (int)e->nargs);
    }
    return false;
}

static bool key_arg(struct tc *tc, const struct expr *e, str *ret)
{
    if (tc_text_literal(tc, e->args[0], ret)) {
        return true;
    }
    TC_FAIL(tc, e->args[0]->off, "%.*s(..) 的第一个参数应为 '文字'",
            "the first argument of %.*s(..) is a 'text'", STR_ARG(e->name));
    return false;
}

static bool need_self(struct tc *tc, const struct expr *e)
{
    if (tc->self) {
        return true;
    }
    TC_FAIL(tc, e->off, "%.*s(..) 需要单据，此处没有",
            "%.*s(..) needs a record, there is none here", STR_ARG(e->name));
    return false;
}

static bool no_key(struct tc *tc, int off, const char *zh, const char *en, str key,
                   const str *names, size_t n)
{
    str near = diag_nearest(key, names, n);
    struct words w = {str_fmt(tc->a, "没有%s '%.*s'", zh, STR_ARG(key)),
                      str_fmt(tc->a, "no %s '%.*s'", en, STR_ARG(key))};
    if (near.len) {
        w.zh = str_fmt(tc->a, "%.*s，是否指 '%.*s'？", STR_ARG(w.zh), STR_ARG(near));
        w.en = str_fmt(tc->a, "%.*s, did you mean '%.*s'?", STR_ARG(w.en), STR_ARG(near));
    }
    if (!tc->failed) {
        diag_error_words(tc->d, lex_pos(tc->at, off), w);
    }
    tc->failed = true;
    return false;
}

/* --- values ------------------------------------------------------------------- */

static bool fun_if(struct tc *tc, struct expr *e)
{
    if (!tc_truth(tc, e->args[0]) || !tc_expr(tc, e->args[1]) || !tc_expr(tc, e->args[2]) ||
        !tc_unify(tc, e->args[1], e->args[2])) {
        return false;
    }
    e->type = e->args[1]->type;
    if (e->args[1]->as_key) {
        e->type = (struct vtype){.kind = V_TEXT};
    }
    double x = e->args[1]->bound, y = e->args[2]->bound;
    e->bound = x > y ? x : y;
    e->missing = e->args[0]->missing || e->args[1]->missing || e->args[2]->missing;
    return true;
}

static bool fun_default(struct tc *tc, struct expr *e)
{
    if (!tc_expr(tc, e->args[0]) || !tc_expr(tc, e->args[1]) ||
        !tc_unify(tc, e->args[0], e->args[1])) {
        return false;
    }
    e->type = e->args[0]->type;
    if (e->args[0]->as_key) {
        e->type = (struct vtype){.kind = V_TEXT};
    }
    double x = e->args[0]->bound, y = e->args[1]->bound;
    e->bound = x > y ? x : y;
    e->missing = e->args[0]->missing && e->args[1]->missing;
    return true;
}

static bool fun_date(struct tc *tc, struct expr *e)
{
    struct expr *t = e->args[0];
    if (!tc_expr(tc, t)) {
        return false;
    }
    e->type.kind = V_DATE;
    e->bound = 1e7;
    e->missing = true; /* outside the calendar */
    if (t->type.kind == V_DATETIME || t->type.kind == V_DATE) {
        e->missing = t->type.kind == V_DATETIME || t->missing;
        return true;
    }
    TC_FAIL(tc, t->off, "date(..) 需要时刻，这里是 %s", "date(..) takes a datetime, this is %s",
            tc_type_name(tc, t));
    return false;
}

static bool fun_contains(struct tc *tc, struct expr *e)
{
    e->type.kind = V_BOOL;
    for (size_t i = 0; i < 2; i++) {
        if (!tc_expr(tc, e->args[i])) {
            return false;
        }
        if (e->args[i]->type.kind != V_TEXT) {
            TC_FAIL(tc, e->args[i]->off, "contains(..) 需要文字，这里是 %s",
                    "contains(..) takes texts, this is %s", tc_type_name(tc, e->args[i]));
            return false;
        }
        e->missing = e->missing || e->args[i]->missing;
    }
    return true;
}

static const struct setting *find_setting(const struct law *l, str key)
{
    const struct setting *s = law_setting(l, key);
    for (size_t i = 0; !s && i < l->nuses; i++) {
        s = l->uses[i] && l->uses[i]->newest ? law_setting(l->uses[i]->newest, key) : NULL;
    }
    return s;
}

static bool fun_setting(struct tc *tc, struct expr *e)
{
    str key = {0};
    if (!key_arg(tc, e, &key)) {
        return false;
    }
    const struct law *l = tc->s->law;
    const struct setting *s = l ? find_setting(l, key) : NULL;
    if (!s) {
        str names[256];
        size_t n = 0;
        for (size_t i = 0; l && i < l->nsettings && n < COUNT(names); i++) {
            names[n++] = l->settings[i].key;
        }
        return no_key(tc, e->args[0]->off, "设置", "setting", key, names, n);
    }
    if (s->list) {
        TC_FAIL(tc, e->args[0]->off, "设置 '%.*s' 是选项表，不是值",
                "setting '%.*s' is a list of choices, not a value", STR_ARG(key));
        return false;
    }
    e->setting = s;
    e->type.kind = s->kind == V_CHOICE ? V_TEXT : s->kind;
    e->missing = s->null;
    double v = (double)s->i64;
    e->bound = s->local ? 9e14 : v < 0 ? -v : v;
    if (s->local && tc->self) {
        e->base = tc_self(tc, e->off);
    }
    return true;
}

static bool fun_at(struct tc *tc, struct expr *e)
{
    str key = {0};
    if (!need_self(tc, e) || !key_arg(tc, e, &key) ||
        !tc_state_code(tc, e->args[0]->off, tc->self->type, tc->self, key, &e->code)) {
        return false;
    }
    e->mean = MEAN_COLUMN;
    e->base = tc_self(tc, e->off);
    e->column = str_fmt(tc->a, "at_%.*s", STR_ARG(key));
    e->type.kind = V_DATETIME;
    e->bound = 1e14;
    e->missing = true;
    return true;
}

static bool fun_sees(struct tc *tc, struct expr *e)
{
    struct expr *x = e->args[0];
    if (!tc_expr(tc, x)) {
        return false;
    }
    if (x->type.kind != V_RECORD || !x->type.type) {
        TC_FAIL(tc, x->off, "sees(..) 需要对某类单据的引用，这里是 %s",
                "sees(..) takes a reference to a type of record, this is %s", tc_type_name(tc, x));
        return false;
    }
    e->type.kind = V_BOOL;
    e->sub = tc_see(tc, x->type.type, e->off);
    return e->sub != NULL;
}

/* --- people ---------------------------------------------------------------------- */

static bool have_register(struct tc *tc, const struct expr *e, const struct type *t,
                          const char *name)
{
    if (t && tc->s->model->person) {
        return true;
    }
    TC_FAIL(tc, e->off, "%.*s(..) 需要台账 %s", "%.*s(..) needs the register %s", STR_ARG(e->name),
            name);
    return false;
}

static const struct field *position_field(const struct tc *tc)
{
    const struct type *t = tc->s->model->post;
    return t ? type_field(t, NULL, STR("position")) : NULL;
}

static bool position_code(struct tc *tc, struct expr *e, int off, str key)
{
    const struct field *f = position_field(tc);
    const struct choice_key *k = f ? field_choice(f, key) : NULL;
    if (k) {
        e->code = k->code;
        return true;
    }
    str names[256];
    size_t n = 0;
    for (size_t i = 0; f && i < f->nkeys && n < COUNT(names); i++) {
        names[n++] = f->keys[i].key;
    }
    return no_key(tc, off, "岗位", "position", key, names, n);
}

static bool fun_post(struct tc *tc, struct expr *e)
{
    str key = {0};
    const struct law *l = tc->s->law;
    if (!have_register(tc, e, tc->s->model->post, "post") || !key_arg(tc, e, &key)) {
        return false;
    }
    str names[256];
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; l && i < l->nposts; i++) {
        if (n < COUNT(names)) {
            names[n++] = l->posts[i].key;
        }
        if (str_eq(l->posts[i].key, key)) {
            e->code = l->posts[i].position;
            found = true;
        }
    }
    if (!found) {
        return no_key(tc, e->args[0]->off, "岗位名", "post", key, names, n);
    }
    if (e->nargs == 2) {
        struct expr *x = e->args[1];
        if (!tc_expr(tc, x)) {
            return false;
        }
        if (x->type.kind != V_RECORD) {
            TC_FAIL(tc, x->off, "post('p', x)：x 应为部门或单据，这里是 %s",
                    "post('p', x): x is a unit or a record, this is %s", tc_type_name(tc, x));
            return false;
        }
    }
    return true;
}

static bool fun_role(struct tc *tc, struct expr *e)
{
    str key = {0};
    return have_register(tc, e, tc->s->model->post, "post") && key_arg(tc, e, &key) &&
           position_code(tc, e, e->args[0]->off, key);
}

const struct field *tc_unit_key(const struct model *m)
{
    const struct tdef *d = m->unit ? m->unit->newest : NULL;
    for (size_t i = 0; d && i < d->nfields; i++) {
        if (d->fields[i].unique && d->fields[i].type == F_TEXT) {
            return &d->fields[i];
        }
    }
    return NULL;
}

static bool unit_arg(struct tc *tc, struct expr *e)
{
    struct expr *u = e->args[0];
    if (!have_register(tc, e, tc->s->model->unit, "unit") || !tc_expr(tc, u)) {
        return false;
    }
    if (u->type.kind == V_TEXT && u->kind == X_TEXT && e->fun == FUN_UNDER &&
        tc_unit_key(tc->s->model)) {
        return true;
    }
    if (u->type.kind == V_RECORD && u->type.type == tc->s->model->unit) {
        return true;
    }
    TC_FAIL(tc, u->off, "%.*s(..) 需要部门，这里是 %s", "%.*s(..) takes a unit, this is %s",
            STR_ARG(e->name), tc_type_name(tc, u));
    return false;
}

static bool fun_unit(struct tc *tc, struct expr *e)
{
    if (!unit_arg(tc, e)) {
        return false;
    }
    if (e->fun == FUN_HEAD_OF || e->fun == FUN_LEADER_OF) {
        str key = e->fun == FUN_HEAD_OF ? POSITION_HEAD : POSITION_LEADER;
        return have_register(tc, e, tc->s->model->post, "post") &&
               position_code(tc, e, e->off, key);
    }
    return true;
}

static bool fun_by(struct tc *tc, struct expr *e)
{
    str key = {0};
    if (!need_self(tc, e) || !key_arg(tc, e, &key)) {
        return false;
    }
    e->base = tc_self(tc, e->off);
    e->column = key;
    bool found = tdef_action(tc->self, key) != NULL;
    const struct type *t = tc->self->type;
    for (size_t i = 0; !found && i < t->ndefs; i++) {
        found = tdef_action(t->defs[i], key) != NULL;
    }
    if (found) {
        return true;
    }
    str names[256];
    size_t n = 0;
    for (size_t i = 0; i < tc->self->nactions && n < COUNT(names); i++) {
        names[n++] = tc->self->actions[i].key;
    }
    return no_key(tc, e->args[0]->off, "操作", "action", key, names, n);
}

/* As by(..), of an action that people approve, in one version at least. */
static bool fun_approvers(struct tc *tc, struct expr *e)
{
    if (!fun_by(tc, e)) {
        return false;
    }
    const struct action *a = tdef_action(tc->self, e->column);
    const struct type *t = tc->self->type;
    bool approved = a && a->route;
    for (size_t i = 0; !approved && i < t->ndefs; i++) {
        a = tdef_action(t->defs[i], e->column);
        approved = a && a->route;
    }
    if (!approved) {
        TC_FAIL(tc, e->args[0]->off, "操作“%.*s”没有 approval，没有审批人",
                "action \"%.*s\" has no approval, so nobody approves it", STR_ARG(e->column));
    }
    return approved;
}

/* Who answers the manual control whose key the text is. */
static bool fun_answerers(struct tc *tc, struct expr *e)
{
    return have_register(tc, e, tc->s->model->person, "person") &&
           tc_want(tc, e->args[0], vtype_of(V_TEXT));
}

static bool fun_approved_at(struct tc *tc, struct expr *e)
{
    if (!fun_approvers(tc, e)) {
        return false;
    }
    e->type.kind = V_DATETIME;
    e->bound = 1e14;
    e->missing = true;
    return true;
}

static bool fun_term(struct tc *tc, struct expr *e)
{
    TC_FAIL(tc, e->off, "term('..') 后应有 .due 或 .late", "after term('..') stands .due or .late");
    return false;
}

static const struct {
    str name;
    enum xfun fun;
    size_t least, most;
    bool people;
    bool (*type)(struct tc *tc, struct expr *e);
} functions[] = {
    {STR("if"), FUN_IF, 3, 3, false, fun_if},
    {STR("default"), FUN_DEFAULT, 2, 2, false, fun_default},
    {STR("date"), FUN_DATE, 1, 1, false, fun_date},
    {STR("contains"), FUN_CONTAINS, 2, 2, false, fun_contains},
    {STR("setting"), FUN_SETTING, 1, 1, false, fun_setting},
    {STR("at"), FUN_AT, 1, 1, false, fun_at},
    {STR("sees"), FUN_SEES, 1, 1, false, fun_sees},
    {STR("term"), FUN_TERM, 1, 1, false, fun_term},
    {STR("approved_at"), FUN_APPROVED_AT, 1, 1, false, fun_approved_at},
    {STR("post"), FUN_POST, 1, 2, true, fun_post},
    {STR("role"), FUN_ROLE, 1, 1, true, fun_role},
    {STR("head_of"), FUN_HEAD_OF, 1, 1, true, fun_unit},
    {STR("leader_of"), FUN_LEADER_OF, 1, 1, true, fun_unit},
    {STR("members"), FUN_MEMBERS, 1, 1, true, fun_unit},
    {STR("under"), FUN_UNDER, 1, 1, true, fun_unit},
    {STR("by"), FUN_BY, 1, 1, true, fun_by},
    {STR("approvers"), FUN_APPROVERS, 1, 1, true, fun_approvers},
    {STR("seated"), FUN_SEATED, 1, 1, true, fun_approvers},
    {STR("answerers"), FUN_ANSWERERS, 1, 1, true, fun_answerers},
};

str expr_function(size_t i)
{
    return i < COUNT(functions) ? functions[i].name : (str){0};
}

bool tc_call(struct tc *tc, struct expr *e)
{
    static const char *const macros[] = {"exists", "count", "one", "filter", "all",
                                         "sum",    "min",   "max", "last",   "people"};
    str names[COUNT(functions) + COUNT(macros)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT(functions); i++) {
        names[n++] = functions[i].name;
        if (!str_eq(functions[i].name, e->name)) {
            continue;
        }
        e->fun = functions[i].fun;
        if (!arity(tc, e, functions[i].least, functions[i].most)) {
            return false;
        }
        if (functions[i].people) {
            e->type = (struct vtype){.kind = V_PEOPLE, .type = tc->s->model->person};
        }
        if (tc->s->typed_by_person && (e->fun == FUN_BY || fun_votes(e->fun) ||
                                       e->fun == FUN_APPROVED_AT || e->fun == FUN_SETTING)) {
            TC_FAIL(tc, e->off, "筛选条件中不能用 %.*s(..)", "%.*s(..) cannot be used in a filter",
                    STR_ARG(e->name));
            return false;
        }
        /* the literal first argument of at(..) and its kind is never typed alone */
        return functions[i].type(tc, e);
    }
    for (size_t i = 0; i < COUNT(macros); i++) {
        names[n++] = str_from(macros[i]);
    }
    return no_key(tc, e->off, "函数", "function", e->name, names, n);
}

/* --- people: persons and posts joined by and, or, not ---------------------------- */

bool tc_people(struct tc *tc, struct expr *e)
{
    if (e->kind == X_AND || e->kind == X_OR || e->kind == X_NOT) {
        e->type.kind = V_BOOL;
        for (size_t i = 0; i < e->nargs; i++) {
            if (!tc_people(tc, e->args[i])) {
                return false;
            }
        }
        return true;
    }
    if (!tc_expr(tc, e)) {
        return false;
    }
    if (tc_crowd(tc, e) || e->type.kind == V_BOOL) {
        return true;
    }
    TC_FAIL(tc, e->off, "此处应为人、岗位或条件，这里是 %s",
            "expected a person, a post or a condition, this is %s", tc_type_name(tc, e));
    return false;
}

struct expr *tc_see(struct tc *tc, const struct type *t, int off)
{
    const struct tdef *d = t ? t->newest : NULL;
    if (!d || !d->see.text.len) {
        struct expr *yes = tc_node(tc, X_NAME, off);
        yes->name = STR("everyone");
        yes->fun = FUN_EVERYONE;
        yes->type = (struct vtype){.kind = V_PEOPLE, .type = tc->s->model->person};
        return yes;
    }
    if (tc->nest >= EXPR_NEST_MAX) {
        TC_FAIL(tc, off, "sees(..) 层数过多", "sees(..) is nested too deep");
        return NULL;
    }
    struct expr *e = expr_parse(tc->a, d->see.text, d->see.pos, tc->d);
    struct scope *s = arena_new(tc->a, struct scope);
    *s = (struct scope){.model = tc->s->model, .law = d->law, .self = d};
    struct tc in = {.a = tc->a, .d = tc->d, .s = s, .self = d, .at = d->see.pos, .people = true};
    in.nest = tc->nest + 1;
    if (!e || !tc_people(&in, e)) {
        tc->failed = true;
        return NULL;
    }
    return e;
}
