/* Types of macros and of the sets they walk; and walks over a typed tree. */
#include "model/expr_int.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- sets ---------------------------------------------------------------------- */

static bool may_name(const struct tc *tc, const struct type *t)
{
    const struct model *m = tc->s->model;
    const struct law *l = tc->s->law;
    if (!l || !t->reg || t->reg == l->reg || t == m->person || t == m->unit || t == m->post) {
        return true;
    }
    for (size_t i = 0; i < l->nuses; i++) {
        if (l->uses[i] == t->reg) {
            return true;
        }
    }
    return false;
}

static bool no_set(struct tc *tc, struct expr *e)
{
    str names[600];
    size_t n = 0;
    const struct model *m = tc->s->model;
    for (size_t i = 0; i < m->ntypes && n < COUNT(names) - 100; i++) {
        names[n++] = m->types[i]->key;
    }
    for (size_t i = 0; tc->self && i < tc->self->nfields && n < COUNT(names); i++) {
        if (field_vtype(m, &tc->self->fields[i]).kind == V_SET) {
            names[n++] = tc->self->fields[i].key;
        }
    }
    str near = diag_nearest(e->name, names, n);
    if (near.len) {
        TC_FAIL(tc, e->off, "in 之后应为单据类型或集合字段，没有 '%.*s'，是否指 '%.*s'？",
                "expected a type or a field of several records after 'in', no '%.*s'; did you "
                "mean '%.*s'?",
                STR_ARG(e->name), STR_ARG(near));
    } else {
        TC_FAIL(tc, e->off, "in 之后应为单据类型或集合字段，没有 '%.*s'",
                "expected a type or a field of several records after 'in', no '%.*s'",
                STR_ARG(e->name));
    }
    return false;
}

static bool whole_type(struct tc *tc, struct expr *e, const struct type *t)
{
    if (tc->s->typed_by_person) {
        TC_FAIL(tc, e->off, "筛选条件中不能遍历整个类型 '%.*s'",
                "a filter cannot walk the whole type '%.*s'", STR_ARG(t->key));
        return false;
    }
    if (!may_name(tc, t)) {
        TC_FAIL(tc, e->off, "'%.*s' 属于制度 %.*s：请在 uses 中列出",
                "'%.*s' belongs to regulation %.*s: name it in uses", STR_ARG(t->key),
                STR_ARG(t->reg->key));
        return false;
    }
    e->mean = MEAN_TYPE;
    e->type = (struct vtype){.kind = V_SET, .type = t};
    return true;
}

static bool name_set(struct tc *tc, struct expr *e)
{
    const struct field *f = tc->self ? type_field(tc->self->type, tc->self, e->name) : NULL;
    const struct type *t = model_type(tc->s->model, e->name);
    /* A field that holds one record is no set: then the type of that name is meant. */
    bool one = f && field_vtype(tc->s->model, f).kind == V_RECORD;
    if ((!f || one) && t) {
        return whole_type(tc, e, t);
    }
    if (!f && tc->self && tc_builtin_part(tc, e, tc_self(tc, e->off))) {
        return !tc->failed;
    }
    bool var = false;
    for (size_t i = 0; i < tc->nvars; i++) {
        var = var || str_eq(tc->vars[i].name, e->name);
    }
    return f || var || expr_reserved(e->name) ? tc_name(tc, e) : no_set(tc, e);
}

bool tc_set(struct tc *tc, struct expr *e, bool allow_type)
{
    (void)allow_type;
    bool ok = e->kind == X_NAME ? name_set(tc, e) : tc_expr(tc, e);
    if (!ok) {
        return false;
    }
    bool walk = e->mean == MEAN_TYPE || e->mean == MEAN_PART || e->mean == MEAN_LINK ||
                e->mean == MEAN_BUILTIN;
    if (!walk) {
        TC_FAIL(tc, e->off, "in 之后应为单据类型、明细、子项或多值引用，这里是 %s",
                "expected a type, lines, parts or a field of several records after 'in', this is "
                "%s",
                tc_type_name(tc, e));
        return false;
    }
    if (e->type.kind == V_PEOPLE) {
        e->type.type = tc->s->model->person;
    }
    if (tc->s->typed_by_person && tc->nest == 0 && e->base && e->base->mean != MEAN_SELF) {
        TC_FAIL(tc, e->off, "筛选条件中只能遍历本单据自己的集合",
                "a filter walks only this record's own sets");
        return false;
    }
    if (tc->s->typed_by_person && tc->nest == 0 && e->mean == MEAN_LINK && e->type.type) {
        e->guard = tc_see(tc, e->type.type, e->off);
        return e->guard != NULL;
    }
    return true;
}

/* --- macros ---------------------------------------------------------------------- */

static bool variable(struct tc *tc, struct expr *e)
{
    if (expr_reserved(e->var)) {
        TC_FAIL(tc, e->off, "'%.*s' 是保留词，不能作变量",
                "'%.*s' is a word of the language, no variable", STR_ARG(e->var));
        return false;
    }
    if (tc->self && type_field(tc->self->type, tc->self, e->var)) {
        TC_FAIL(tc, e->off, "变量 '%.*s' 与本单据的字段同名，请换一个",
                "variable '%.*s' has the name of a field of this record: choose another",
                STR_ARG(e->var));
        return false;
    }
    for (size_t i = 0; i < tc->nvars; i++) {
        if (str_eq(tc->vars[i].name, e->var)) {
            TC_FAIL(tc, e->off, "变量 '%.*s' 已在外层使用", "variable '%.*s' is in use further out",
                    STR_ARG(e->var));
            return false;
        }
    }
    if (tc->nvars == EXPR_VARS_MAX) {
        TC_FAIL(tc, e->off, "变量过多", "too many variables");
        return false;
    }
    return true;
}

static bool is_length(enum vkind k)
{
    return k == V_DURATION || k == V_DAYS || k == V_MONTHS || k == V_WORKDAYS || k == V_WORKHOURS;
}

static bool is_number(enum vkind k)
{
    return k == V_INT || k == V_DECIMAL || k == V_MONEY;
}

static bool macro_key(struct tc *tc, struct expr *e)
{
    struct expr *k = e->key;
    if (e->macro == MACRO_ALL) {
        return tc_truth(tc, k);
    }
    if (!tc_expr(tc, k)) {
        return false;
    }
    enum vkind v = k->type.kind;
    bool ok = is_number(v) || is_length(v);
    if (e->macro == MACRO_PEOPLE) {
        ok = tc_person(tc, k);
    } else if (e->macro != MACRO_SUM) {
        ok = ok || v == V_DATE || v == V_DATETIME || (e->macro == MACRO_LAST && v == V_TEXT);
    }
    if (!ok) {
        TC_FAIL(tc, k->off, "此处应为%s，这里是 %s", "expected %s here, this is %s",
                e->macro == MACRO_PEOPLE ? "person" : "number / length / date",
                tc_type_name(tc, k));
    }
    return ok;
}

static void macro_type(struct tc *tc, struct expr *e)
{
    bool where = e->where && e->where->missing;
    bool key = e->key && e->key->missing;
    e->missing = where || key;
    switch (e->macro) {
    case MACRO_EXISTS:
    case MACRO_ALL:
    case MACRO_ONE:
        e->type.kind = V_BOOL;
        break;
    case MACRO_COUNT:
        e->type.kind = V_INT;
        e->bound = 1e9;
        break;
    case MACRO_SUM:
        e->type = e->key->type;
        e->bound = e->key->bound > 9e14 ? e->key->bound : 9e14;
        break;
    case MACRO_MIN:
    case MACRO_MAX:
        e->type = e->key->type;
        e->bound = e->key->bound;
        e->missing = true;
        break;
    case MACRO_LAST:
        e->type = (struct vtype){.kind = V_RECORD, .type = e->in->type.type};
        e->builtin = e->in->builtin;
        e->missing = true;
        break;
    case MACRO_PEOPLE:
        e->type = (struct vtype){.kind = V_PEOPLE, .type = tc->s->model->person};
        e->missing = where;
        break;
    case MACRO_FILTER:
    default:
        break;
    }
}

/* x.field == something that is not of x: the records are found by that field. */
static void found_by(const struct expr *e, const struct expr *column, const struct expr *other)
{
    const struct field *f = column->field;
    bool weak = f && (f->type == F_BOOL || f->type == F_CHOICE || f->type == F_CHOICES);
    if (f && !weak && column->mean == MEAN_COLUMN && column->base->mean == MEAN_VAR &&
        str_eq(column->base->name, e->var) && !expr_mentions_var(other, e->var)) {
        ((struct field *)(uintptr_t)f)->looked_up = true;
    }
}

static void look_ups(const struct expr *e, const struct expr *where)
{
    for (size_t i = 0; where && where->kind == X_AND && i < where->nargs; i++) {
        look_ups(e, where->args[i]);
    }
    if (where && where->kind == X_CMP && where->cmp == CMP_EQ) {
        found_by(e, where->args[0], where->args[1]);
        found_by(e, where->args[1], where->args[0]);
    }
}

void tc_look_ups(const struct expr *macro)
{
    look_ups(macro, macro->where);
}

bool tc_macro(struct tc *tc, struct expr *e)
{
    if (!variable(tc, e) || !tc_set(tc, e->in, true)) {
        return false;
    }
    tc->vars[tc->nvars++] = (struct tvar){
        .name = e->var,
        .type = {.kind = V_RECORD, .type = e->in->type.type},
        .builtin = e->in->builtin,
    };
    bool ok = (!e->where || tc_truth(tc, e->where)) && (!e->key || macro_key(tc, e));
    tc->nvars--;
    if (ok && e->macro == MACRO_FILTER) {
        TC_FAIL(tc, e->off, "filter(..) 尚不能使用", "filter(..) cannot be used yet");
        return false;
    }
    if (ok) {
        macro_type(tc, e);
        if (e->in->mean == MEAN_TYPE && tc->s->law) { /* being loaded */
            tc_look_ups(e);
        }
    }
    return ok;
}

/* --- walks --------------------------------------------------------------------------- */

bool expr_walk(const struct expr *e, walk_fn *fn, void *arg)
{
    if (!e) {
        return false;
    }
    if (fn(arg, e)) {
        return true;
    }
    for (size_t i = 0; i < e->nargs; i++) {
        /* the base of a resolved path is walked as `base` */
        if (e->args[i] != e->base && expr_walk(e->args[i], fn, arg)) {
            return true;
        }
    }
    return expr_walk(e->base, fn, arg) || expr_walk(e->in, fn, arg) ||
           expr_walk(e->where, fn, arg) || expr_walk(e->key, fn, arg);
}

static bool is_self(void *arg, const struct expr *e)
{
    (void)arg;
    return e->mean == MEAN_SELF || e->mean == MEAN_OLD;
}

bool expr_mentions_self(const struct expr *e)
{
    return expr_walk(e, is_self, NULL);
}

static bool is_var(void *arg, const struct expr *e)
{
    const str *name = arg;
    return e->mean == MEAN_VAR && str_eq(e->name, *name);
}

bool expr_mentions_var(const struct expr *e, str var)
{
    return expr_walk(e, is_var, &var);
}

struct reading {
    struct arena *a;
    struct reads r;
    const struct field *fields[256];
    size_t nfields;
    const struct type *parts[64];
    size_t nparts;
    const struct field *further[64];
    size_t nfurther;
    const struct scope *s;
};

static void add_field(struct reading *x, const struct field *f)
{
    for (size_t i = 0; i < x->nfields; i++) {
        if (x->fields[i] == f) {
            return;
        }
    }
    if (f && x->nfields < COUNT(x->fields)) {
        x->fields[x->nfields++] = f;
    }
}

static void add_part(struct reading *x, const struct type *t)
{
    for (size_t i = 0; i < x->nparts; i++) {
        if (x->parts[i] == t) {
            return;
        }
    }
    if (t && x->nparts < COUNT(x->parts)) {
        x->parts[x->nparts++] = t;
    }
}

static void add_further(struct reading *x, const struct field *f)
{
    for (size_t i = 0; i < x->nfurther; i++) {
        if (x->further[i] == f) {
            return;
        }
    }
    if (x->nfurther < COUNT(x->further)) {
        x->further[x->nfurther++] = f;
    }
}

static bool read_of(void *arg, const struct expr *e);

static void read_own(struct reading *x, const struct expr *e)
{
    bool old = e->base->mean == MEAN_OLD;
    x->r.old = x->r.old || old;
    if (e->kind == X_CALL && e->fun == FUN_AT) {
        x->r.at = true;
    } else if (e->mean == MEAN_COLUMN && str_eq(e->column, STR("state"))) {
        x->r.state = true;
    } else if (e->mean == MEAN_PART && !e->column.len) {
        add_part(x, e->type.type);
    } else if (e->field) {
        add_field(x, e->field);
    }
    if (e->mean == MEAN_INLINE) { /* what it is computed from */
        expr_walk(e->sub, read_of, x);
    }
}

static bool read_of(void *arg, const struct expr *e)
{
    struct reading *x = arg;
    const struct type *self = x->s->self ? x->s->self->type : NULL;
    bool own = e->base && (e->base->mean == MEAN_SELF || e->base->mean == MEAN_OLD);
    if (own) {
        read_own(x, e);
    }
    if (!own && e->mean == MEAN_COLUMN && e->field && !e->field->never_missing) {
        add_further(x, e->field);
    }
    if (e->mean == MEAN_TYPE && e->type.type && e->type.type->part_of == self && self) {
        add_part(x, e->type.type);
    }
    x->r.record = x->r.record || e->mean == MEAN_SELF || e->mean == MEAN_OLD;
    x->r.now = x->r.now || e->mean == MEAN_NOW || e->mean == MEAN_TODAY;
    x->r.actor = x->r.actor || e->mean == MEAN_ACTOR || e->fun == FUN_SEES;
    bool lines = e->mean == MEAN_PART && own && e->type.type && e->type.type->lines;
    bool of_line = e->mean == MEAN_COLUMN && e->base->mean == MEAN_VAR && e->base->type.type &&
                   e->base->type.type->lines && e->base->type.type->part_of == self;
    bool column = e->mean == MEAN_COLUMN && own;
    bool other = (e->mean == MEAN_COLUMN && !own) || (e->mean == MEAN_INLINE && !own) ||
                 e->mean == MEAN_LINK || e->mean == MEAN_PART || e->mean == MEAN_TYPE ||
                 e->mean == MEAN_BUILTIN || e->mean == MEAN_TERM || e->mean == MEAN_STEPS_LEFT ||
                 e->fun >= FUN_SEES || (e->setting && e->setting->local);
    if (other && !column) {
        x->r.typed = false;
        x->r.kept = x->r.kept && (lines || of_line);
    }
    x->r.kept = x->r.kept && !e->setting;
    return false;
}

struct reads expr_reads(struct arena *a, const struct scope *s, const struct expr *e, bool people)
{
    struct reading reading = {.a = a, .s = s, .r = {.typed = true, .kept = true, .actor = people}};
    struct reading *x = &reading; /* the model keeps what was found, not the room to find it */
    expr_walk(e, read_of, x);
    const struct field **fields = arena_array(a, const struct field *, x->nfields + 1);
    const struct type **parts = arena_array(a, const struct type *, x->nparts + 1);
    memcpy(fields, x->fields, x->nfields * sizeof *fields);
    memcpy(parts, x->parts, x->nparts * sizeof *parts);
    x->r.fields = fields;
    x->r.nfields = x->nfields;
    const struct field **further = arena_array(a, const struct field *, x->nfurther + 1);
    memcpy(further, x->further, x->nfurther * sizeof *further);
    x->r.further = further;
    x->r.nfurther = x->nfurther;
    x->r.parts = parts;
    x->r.nparts = x->nparts;
    return x->r;
}
