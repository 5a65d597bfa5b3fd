/* What names and paths mean. */
#include "model/expr_int.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

bool expr_reserved(str name)
{
    static const char *const words[] = {
        "and",       "or",       "not",     "in",         "where",      "true",       "false",
        "null",      "self",     "actor",   "now",        "today",      "old",        "id",
        "number",    "name",     "state",   "law",        "created_at", "changed_at", "creator",
        "approvals", "receipts", "waivers", "acts",       "findings",   "tasks",      "attachments",
        "everyone",  "nobody",   "auto",    "steps_left",
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_eq(str_from(words[i]), name)) {
            return true;
        }
    }
    return false;
}

struct vtype field_vtype(const struct model *m, const struct field *f)
{
    static const enum vkind kinds[] = {
        [F_TEXT] = V_TEXT,
        [F_MARKDOWN] = V_TEXT,
        [F_INT] = V_INT,
        [F_DECIMAL] = V_DECIMAL,
        [F_MONEY] = V_MONEY,
        [F_BOOL] = V_BOOL,
        [F_DATE] = V_DATE,
        [F_DATETIME] = V_DATETIME,
        [F_DURATION] = V_DURATION,
        [F_DAYS] = V_DAYS,
        [F_MONTHS] = V_MONTHS,
        [F_WORKDAYS] = V_WORKDAYS,
        [F_WORKHOURS] = V_WORKHOURS,
        [F_CHOICE] = V_CHOICE,
        [F_CHOICES] = V_CHOICES,
        [F_REF] = V_RECORD,
        [F_REFS] = V_SET,
        [F_PERSON] = V_RECORD,
        [F_PEOPLE] = V_PEOPLE,
        [F_UNIT] = V_RECORD,
        [F_POST] = V_RECORD,
        [F_LINES] = V_SET,
        [F_FILTER] = V_SET,
        [F_ATTACHMENT] = V_RECORD,
        [F_IP] = V_TEXT,
        [F_MAC] = V_TEXT,
        [F_URL] = V_TEXT,
    };
    struct vtype t = {.kind = kinds[f->type]};
    if (t.kind == V_CHOICE || t.kind == V_CHOICES) {
        t.field = f;
    } else if (f->type == F_PERSON || f->type == F_PEOPLE) {
        t.type = m->person;
    } else if (f->type == F_UNIT) {
        t.type = m->unit;
    } else if (f->type == F_POST) {
        t.type = m->post;
    } else if (f->type == F_LINES) {
        t.type = f->part;
    } else if (t.kind == V_RECORD || t.kind == V_SET) {
        t.type = f->to;
    }
    return t;
}

const struct field *type_field(const struct type *t, const struct tdef *prefer, str key)
{
    const struct field *f = prefer ? tdef_field(prefer, key) : NULL;
    if (!f && t && t->newest && t->newest != prefer) {
        f = tdef_field(t->newest, key);
    }
    for (size_t i = t ? t->ndefs : 0; !f && i-- > 0;) {
        f = tdef_field(t->defs[i], key);
    }
    return f;
}

/* Does a person's own filter see this field at all? */
static bool field_open(const struct tc *tc, const struct field *f)
{
    return !tc->s->typed_by_person || f->see.text.len == 0;
}

void tc_unknown_field(struct tc *tc, int off, str name, const struct type *t,
                      const struct tdef *prefer)
{
    str names[256];
    size_t n = 0;
    const struct tdef *d = prefer ? prefer : t ? t->newest : NULL;
    for (size_t i = 0; d && i < d->nfields && n < COUNT(names) - 40; i++) {
        if (field_open(tc, &d->fields[i])) {
            names[n++] = d->fields[i].key;
        }
    }
    for (size_t i = 0; t && i < t->nparts && n < COUNT(names) - 20; i++) {
        names[n++] = t->parts[i]->key;
    }
    static const char *const built[] = {"id",         "number",     "name",   "state",
                                        "created_at", "changed_at", "creator"};
    for (size_t i = 0; i < COUNT(built); i++) {
        names[n++] = str_from(built[i]);
    }
    str near = diag_nearest(name, names, n);
    str of = t ? t->key : STR("?");
    if (near.len) {
        TC_FAIL(tc, off, "%.*s 没有字段 '%.*s'，是否指 '%.*s'？",
                "%.*s has no field '%.*s', did you mean '%.*s'?", STR_ARG(of), STR_ARG(name),
                STR_ARG(near));
    } else {
        TC_FAIL(tc, off, "%.*s 没有字段 '%.*s'", "%.*s has no field '%.*s'", STR_ARG(of),
                STR_ARG(name));
    }
}

struct expr *tc_node(struct tc *tc, enum xkind kind, int off)
{
    struct expr *e = arena_new(tc->a, struct expr);
    e->kind = kind;
    e->off = off;
    return e;
}

struct expr *tc_self(struct tc *tc, int off)
{
    struct expr *e = tc_node(tc, X_NAME, off);
    e->name = STR("self");
    e->mean = MEAN_SELF;
    e->type = (struct vtype){.kind = V_RECORD, .type = tc->self ? tc->self->type : NULL};
    return e;
}

/* --- fields ------------------------------------------------------------------- */

static double kind_bound(enum vkind k)
{
    if (k == V_DAYS || k == V_WORKDAYS || k == V_MONTHS || k == V_DATE) {
        return 1e7;
    }
    if (k == V_DURATION || k == V_WORKHOURS || k == V_DATETIME) {
        return 1e14;
    }
    return 9e14;
}

static void field_bound(struct expr *e, const struct field *f)
{
    e->bound = kind_bound(e->type.kind);
    if (f && f->has_max && f->type != F_TEXT && f->type != F_MARKDOWN) {
        double hi = f->max < 0 ? -(double)f->max : (double)f->max;
        double lo = f->has_min ? (double)f->min : 0;
        lo = lo < 0 ? -lo : lo;
        e->bound = hi > lo ? hi : lo;
    }
}

/* A computed field that is not kept in the row: its expression is put in place. */
static bool inline_field(struct tc *tc, struct expr *e, struct expr *base, const struct field *f)
{
    if (tc->nest >= EXPR_NEST_MAX) {
        TC_FAIL(tc, e->off, "计算字段 '%.*s' 通过自身计算，或层数过多",
                "the computed field '%.*s' is computed through itself, or too deep",
                STR_ARG(f->key));
        return false;
    }
    struct expr *sub = expr_parse(tc->a, f->is.text, f->is.pos, tc->d);
    if (!sub) {
        tc->failed = true;
        return false;
    }
    struct scope s = {.model = tc->s->model, .law = f->of->law, .self = f->of};
    struct tc in = {.a = tc->a, .d = tc->d, .s = &s, .self = f->of, .at = f->is.pos};
    in.nest = tc->nest + 1;
    if (!tc_want(&in, sub, field_vtype(s.model, f))) {
        tc->failed = true;
        return false;
    }
    e->mean = MEAN_INLINE;
    e->base = base;
    e->sub = sub;
    e->missing = true;
    return true;
}

static bool plain_row(const struct expr *base)
{
    return base->mean == MEAN_SELF || base->mean == MEAN_OLD || base->mean == MEAN_VAR ||
           base->mean == MEAN_ACTOR;
}

/* A field that points to a type which is not there: a mistake of its own, said
 * where the field stands. */
static bool points_nowhere(const struct field *f, const struct vtype *t)
{
    bool points = f->type == F_PERSON || f->type == F_PEOPLE || f->type == F_UNIT ||
                  f->type == F_POST || f->type == F_REFS || f->type == F_LINES;
    return points && !t->type;
}

static bool field_of(struct tc *tc, struct expr *e, struct expr *base, const struct field *f)
{
    e->field = f;
    e->base = base;
    e->type = field_vtype(tc->s->model, f);
    if (points_nowhere(f, &e->type)) {
        tc->failed = true;
        return false;
    }
    if (f->type == F_FILTER) {
        TC_FAIL(tc, e->off, "条件字段 '%.*s' 尚不能用作集合",
                "the filter field '%.*s' cannot be used as a set yet", STR_ARG(f->key));
        return false;
    }
    if (f->type == F_LINES) {
        e->mean = MEAN_PART;
        return true;
    }
    if (f->type == F_REFS || f->type == F_PEOPLE) {
        e->mean = MEAN_LINK;
        return true;
    }
    field_bound(e, f);
    if (f->is.text.len && !f->stored) {
        return inline_field(tc, e, base, f);
    }
    e->mean = MEAN_COLUMN;
    e->column = f->column;
    e->missing = base->missing || !f->never_missing;
    return true;
}

/* Another regulation's name that its newest version no longer has. */
static void note_taken(struct tc *tc, int off, const struct type *t, str name, bool there)
{
    const struct law *l = tc->s->law;
    if (!there && l && t->reg != l->reg && !tc->s->typed_by_person) {
        diag_taken(tc->d, (struct taken){lex_pos(tc->at, off), l, t, name});
    }
}

/* What `key` is of the record `base`; sets e.  A mistake when nothing. */
static bool member(struct tc *tc, struct expr *e, struct expr *base, str key)
{
    if (base->builtin) {
        return tc_builtin_row_field(tc, e, base, key);
    }
    const struct type *t = base->type.type;
    const struct tdef *prefer = base->mean == MEAN_SELF || base->mean == MEAN_OLD ? tc->self : NULL;
    if (!t && !str_eq(key, STR("id"))) {
        TC_FAIL(tc, e->off, "此处可以是任何类型的单据，没有字段 '%.*s'",
                "this may be a record of any type: it has no field '%.*s'", STR_ARG(key));
        return false;
    }
    if (tc->s->typed_by_person && !plain_row(base) && tc->nest == 0) {
        e->guard = tc_see(tc, t, e->off);
        if (!e->guard) {
            return false;
        }
    }
    const struct field *f = t ? type_field(t, prefer, key) : NULL;
    bool ok = true;
    if (f && field_open(tc, f)) {
        note_taken(tc, e->off, t, key, tdef_field(t->newest, key) != NULL);
        ok = field_of(tc, e, base, f);
    } else if (tc_builtin_field(tc, e, base, key)) {
        e->bound = kind_bound(e->type.kind);
        ok = !tc->failed;
    } else {
        for (size_t i = 0; t && i < t->nparts; i++) {
            if (str_eq(t->parts[i]->key, key)) {
                e->mean = MEAN_PART;
                e->base = base;
                e->type = (struct vtype){.kind = V_SET, .type = t->parts[i]};
                return true;
            }
        }
        e->name = key;
        if (tc_builtin_part(tc, e, base)) {
            return !tc->failed;
        }
        tc_unknown_field(tc, e->off, key, t, prefer);
        return false;
    }
    e->missing = e->missing || e->guard != NULL;
    return ok;
}

/* --- bare names ------------------------------------------------------------------ */

static bool word_name(struct tc *tc, struct expr *e)
{
    static const struct {
        str name;
        enum xmean mean;
        enum vkind kind;
    } words[] = {
        {STR("now"), MEAN_NOW, V_DATETIME},
        {STR("today"), MEAN_TODAY, V_DATE},
        {STR("actor"), MEAN_ACTOR, V_RECORD},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_eq(words[i].name, e->name)) {
            e->mean = words[i].mean;
            e->type.kind = words[i].kind;
            e->type.type = words[i].kind == V_RECORD ? tc->s->model->person : NULL;
            e->bound = kind_bound(e->type.kind);
            return true;
        }
    }
    static const struct {
        str name;
        enum xfun fun;
    } crowds[] = {
        {STR("everyone"), FUN_EVERYONE}, {STR("nobody"), FUN_NOBODY}, {STR("auto"), FUN_AUTO}};
    for (size_t i = 0; i < COUNT(crowds); i++) {
        if (str_eq(crowds[i].name, e->name)) {
            e->fun = crowds[i].fun;
            e->type = (struct vtype){.kind = V_PEOPLE, .type = tc->s->model->person};
            return true;
        }
    }
    return false;
}

static bool steps_left(struct tc *tc, struct expr *e)
{
    if (!tc->s->allow_steps_left) {
        TC_FAIL(tc, e->off, "steps_left 只能用于 needs", "steps_left stands only in needs");
        return false;
    }
    e->mean = MEAN_STEPS_LEFT;
    e->base = tc_self(tc, e->off);
    e->type.kind = V_INT;
    e->bound = 1e9;
    return true;
}

static bool no_record(struct tc *tc, struct expr *e)
{
    str names[EXPR_VARS_MAX];
    for (size_t i = 0; i < tc->nvars; i++) {
        names[i] = tc->vars[i].name;
    }
    str near = diag_nearest(e->name, names, tc->nvars);
    TC_FAIL(tc, e->off, "'%.*s'：此处没有单据，没有字段可用（变量：%.*s）",
            "'%.*s': there is no record here whose field this could be (variable: %.*s)",
            STR_ARG(e->name), STR_ARG(near));
    return false;
}

bool tc_name(struct tc *tc, struct expr *e)
{
    for (size_t i = tc->nvars; i-- > 0;) {
        if (str_eq(tc->vars[i].name, e->name)) {
            e->mean = MEAN_VAR;
            e->type = tc->vars[i].type;
            e->builtin = tc->vars[i].builtin;
            return true;
        }
    }
    if (word_name(tc, e)) {
        return true;
    }
    if (str_eq(e->name, STR("old"))) {
        TC_FAIL(tc, e->off, "old 后须有字段：old.字段", "after 'old' stands a field: old.field");
        return false;
    }
    if (!tc->self) {
        return no_record(tc, e);
    }
    if (str_eq(e->name, STR("self"))) {
        e->mean = MEAN_SELF;
        e->type = (struct vtype){.kind = V_RECORD, .type = tc->self->type};
        return true;
    }
    if (str_eq(e->name, STR("steps_left"))) {
        return steps_left(tc, e);
    }
    /* Own parts need `self.`: the bare name is the whole type. */
    const struct type *t = model_type(tc->s->model, e->name);
    if (t && !type_field(tc->self->type, tc->self, e->name)) {
        TC_FAIL(tc, e->off, "'%.*s' 是单据类型，只能写在 in 之后",
                "'%.*s' is a record type: it stands only after 'in'", STR_ARG(e->name));
        return false;
    }
    return member(tc, e, tc_self(tc, e->off), e->name);
}

static bool term_path(struct tc *tc, struct expr *e, struct expr *call)
{
    str key = {0};
    if (!tc->self || call->nargs != 1 || !tc_text_literal(tc, call->args[0], &key)) {
        TC_FAIL(tc, call->off, "应为 term('时限').due", "expected term('name').due");
        return false;
    }
    const struct term *found = NULL;
    str names[64];
    size_t n = 0;
    for (size_t i = 0; i < tc->self->nterms; i++) {
        if (n < COUNT(names)) {
            names[n++] = tc->self->terms[i].key;
        }
        if (str_eq(tc->self->terms[i].key, key)) {
            found = &tc->self->terms[i];
        }
    }
    if (!found) {
        str near = diag_nearest(key, names, n);
        TC_FAIL(tc, call->args[0]->off, "没有时限 '%.*s'，最接近的是 '%.*s'",
                "no term '%.*s'; the nearest is '%.*s'", STR_ARG(key), STR_ARG(near));
        return false;
    }
    bool due = str_eq(e->name, STR("due")), late = str_eq(e->name, STR("late"));
    if (!due && !late) {
        TC_FAIL(tc, e->off, "时限只有 due 和 late", "a term has due and late");
        return false;
    }
    e->mean = MEAN_TERM;
    e->base = tc_self(tc, e->off);
    e->column = due ? STR("due") : STR("late");
    e->name = key;
    e->type.kind = due ? V_DATETIME : V_BOOL;
    e->bound = kind_bound(V_DATETIME);
    e->missing = true;
    return true;
}

bool tc_path(struct tc *tc, struct expr *e)
{
    struct expr *base = e->args[0];
    if (base->kind == X_NAME && str_eq(base->name, STR("old"))) {
        if (!tc->s->allow_old || !tc->self || tc->nest) {
            TC_FAIL(tc, base->off, "old 只能用于 needs、rules、when",
                    "'old' stands only in needs, rules and when");
            return false;
        }
        base->mean = MEAN_OLD;
        base->type = (struct vtype){.kind = V_RECORD, .type = tc->self->type};
        base->missing = true;
        return member(tc, e, base, e->name);
    }
    if (base->kind == X_CALL && str_eq(base->name, STR("term"))) {
        return term_path(tc, e, base);
    }
    if (!tc_expr(tc, base)) {
        return false;
    }
    if (base->type.kind == V_SET || base->type.kind == V_PEOPLE) {
        TC_FAIL(tc, e->off, "这是多条记录：请用 exists、count、all 等",
                "these are several records: use exists, count, all ...");
        return false;
    }
    if (base->type.kind != V_RECORD) {
        TC_FAIL(tc, e->off, "%s 没有字段", "a value of type %s has no fields",
                tc_type_name(tc, base));
        return false;
    }
    return member(tc, e, base, e->name);
}

/* --- states ------------------------------------------------------------------------- */

const struct state *any_state(const struct type *t, str key)
{
    const struct state *s = t->newest ? tdef_state(t->newest, key) : NULL;
    for (size_t i = t->ndefs; !s && i-- > 0;) {
        s = tdef_state(t->defs[i], key);
    }
    return s;
}

bool tc_state_code(struct tc *tc, int off, const struct type *t, const struct tdef *prefer, str key,
                   int64_t *ret)
{
    const struct state *s = prefer ? tdef_state(prefer, key) : NULL;
    if (!s && t) {
        s = any_state(t, key);
    }
    if (s && t) {
        note_taken(tc, off, t, key, tdef_state(t->newest, key) != NULL);
    }
    if (s) {
        *ret = s->code;
        return true;
    }
    str names[128] = {{0}};
    size_t n = 0;
    const struct tdef *d = prefer ? prefer : t ? t->newest : NULL;
    for (size_t i = 0; d && i < d->nstates && n < COUNT(names); i++) {
        names[n++] = d->states[i].key;
    }
    str near = diag_nearest(key, names, n);
    str of = t ? t->key : STR("?");
    if (near.len) {
        TC_FAIL(tc, off, "%.*s 没有状态 '%.*s'，是否指 '%.*s'？",
                "%.*s has no state '%.*s', did you mean '%.*s'?", STR_ARG(of), STR_ARG(key),
                STR_ARG(near));
    } else {
        TC_FAIL(tc, off, "%.*s 没有状态 '%.*s'", "%.*s has no state '%.*s'", STR_ARG(of),
                STR_ARG(key));
    }
    return false;
}
