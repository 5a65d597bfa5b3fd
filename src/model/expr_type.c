/* Types of operators and conditions, and the bringing of two sides to one type. */
#include "model/expr_int.h"

static const char *const kind_names[] = {
    [V_NULL] = "null",           [V_BOOL] = "bool",         [V_INT] = "int",
    [V_DECIMAL] = "decimal",     [V_MONEY] = "money",       [V_TEXT] = "text",
    [V_DATE] = "date",           [V_DATETIME] = "datetime", [V_DURATION] = "duration",
    [V_DAYS] = "days",           [V_MONTHS] = "months",     [V_WORKDAYS] = "workdays",
    [V_WORKHOURS] = "workhours", [V_CHOICE] = "choice",     [V_CHOICES] = "choices",
    [V_STATE] = "state",         [V_RECORD] = "record",     [V_SET] = "set",
    [V_PEOPLE] = "people",
};

const char *vkind_name(enum vkind k)
{
    return kind_names[k];
}

struct vtype vtype_of(enum vkind k)
{
    return (struct vtype){.kind = k};
}

static const char *type_words(struct tc *tc, struct vtype t)
{
    if ((t.kind == V_RECORD || t.kind == V_SET) && t.type) {
        return str_fmt(tc->a, "%s %.*s", t.kind == V_SET ? "set of" : "record",
                       STR_ARG(t.type->key))
            .ptr;
    }
    return vkind_name(t.kind);
}

const char *tc_type_name(struct tc *tc, const struct expr *e)
{
    return type_words(tc, e->type);
}

static bool is_number(enum vkind k)
{
    return k == V_INT || k == V_DECIMAL || k == V_MONEY;
}

static bool is_literal_number(const struct expr *e)
{
    return e->kind == X_INT || e->kind == X_DECIMAL || e->kind == X_LENGTH;
}

bool tc_text_literal(struct tc *tc, const struct expr *e, str *ret)
{
    (void)tc;
    *ret = e->name;
    return e->kind == X_TEXT;
}

bool tc_person(const struct tc *tc, const struct expr *e)
{
    const struct type *person = tc->s->model->person;
    return e->type.kind == V_RECORD && person && e->type.type == person;
}

bool tc_crowd(const struct tc *tc, const struct expr *e)
{
    const struct model *m = tc->s->model;
    if (e->type.kind == V_PEOPLE || tc_person(tc, e)) {
        return true;
    }
    return m->person && ((e->type.kind == V_SET && e->type.type == m->person) ||
                         (e->type.kind == V_RECORD && m->post && e->type.type == m->post));
}

/* --- bringing a value to a type ------------------------------------------------ */

static bool too_large(struct tc *tc, const struct expr *e)
{
    if (e->bound < 9.2e18) {
        return false;
    }
    TC_FAIL(tc, e->off, "结果可能超出 64 位整数：请给字段声明 max",
            "this may pass 64 bits: declare a max for its fields");
    return true;
}

static bool scale(struct tc *tc, struct expr *e, int64_t by)
{
    e->bound *= (double)by;
    if (too_large(tc, e)) {
        return false;
    }
    if (is_literal_number(e)) {
        e->num *= by;
    } else {
        e->mul = (e->mul ? e->mul : 1) * by;
    }
    return true;
}

bool tc_number_to(struct tc *tc, struct expr *e, enum vkind kind)
{
    enum vkind from = e->type.kind;
    if (from == kind) {
        return true;
    }
    e->type.kind = kind;
    if (kind == V_DECIMAL) {
        return scale(tc, e, from == V_MONEY ? DECIMAL_ONE / MONEY_ONE : DECIMAL_ONE);
    }
    if (kind == V_MONEY && from == V_INT) {
        return scale(tc, e, MONEY_ONE);
    }
    if (kind == V_MONEY && e->kind == X_DECIMAL) {
        if (e->num % (DECIMAL_ONE / MONEY_ONE)) {
            TC_FAIL(tc, e->off, "金额最多两位小数", "money has at most two places");
            return false;
        }
        e->num /= DECIMAL_ONE / MONEY_ONE;
        return true;
    }
    e->type.kind = from;
    TC_FAIL(tc, e->off, "此处应为 %s，这里是 %s", "expected %s, this is %s", vkind_name(kind),
            vkind_name(from));
    return false;
}

bool tc_flex_to(struct expr *e, enum vkind kind)
{
    if (!e->flex || kind != V_DAYS) {
        return e->type.kind == kind;
    }
    if (e->kind == X_NEG) {
        tc_flex_to(e->args[0], kind);
    } else {
        e->num /= MS_PER_DAY;
    }
    e->bound /= MS_PER_DAY;
    e->type.kind = V_DAYS;
    e->flex = false;
    return true;
}

static bool choice_literal(struct tc *tc, struct expr *e, const struct field *f)
{
    const struct choice_key *k = field_choice(f, e->name);
    if (!k) {
        str names[128];
        size_t n = 0;
        for (size_t i = 0; i < f->nkeys && n < 128; i++) {
            names[n++] = f->keys[i].key;
        }
        str near = diag_nearest(e->name, names, n);
        TC_FAIL(tc, e->off, "%.*s 没有选项 '%.*s'（最接近：%.*s）",
                "%.*s has no choice '%.*s' (nearest: %.*s)", STR_ARG(f->key), STR_ARG(e->name),
                STR_ARG(near));
        return false;
    }
    e->kind = X_INT;
    e->num = k->code;
    return true;
}

static bool time_literal(struct tc *tc, struct expr *e, enum vkind kind)
{
    int64_t v = 0;
    bool ok = expr_literal(e->name, kind, &v, NULL);
    if (!ok && kind == V_DATETIME && expr_literal(e->name, V_DATE, &v, NULL)) {
        v = v * MS_PER_DAY - (int64_t)tc->s->model->zone_minutes * 60000;
        ok = true;
    }
    if (!ok) {
        TC_FAIL(tc, e->off, "'%.*s' 不是%s（如 '2026-11-24'）", "'%.*s' is no %s ('2026-11-24')",
                STR_ARG(e->name), vkind_name(kind));
        return false;
    }
    e->kind = X_INT;
    e->num = v;
    return true;
}

/* A text literal where a choice, a state, a date is wanted. */
bool tc_text_as(struct tc *tc, struct expr *e, struct vtype want)
{
    bool ok = true;
    if (want.kind == V_CHOICE || want.kind == V_CHOICES) {
        if (!want.field || !choice_literal(tc, e, want.field)) {
            return false;
        }
        want.kind = V_CHOICE;
    } else if (want.kind == V_STATE) {
        const struct tdef *own = tc->self && tc->self->type == want.type ? tc->self : NULL;
        ok = tc_state_code(tc, e->off, want.type, own, e->name, &e->num);
        e->kind = X_INT;
    } else if (want.kind == V_DATE || want.kind == V_DATETIME) {
        ok = time_literal(tc, e, want.kind);
    } else {
        return want.kind == V_TEXT;
    }
    e->type = want;
    return ok;
}

static bool same_keys(const struct field *a, const struct field *b)
{
    if (a == b || !a || !b || (a->list && a->list == b->list)) {
        return true;
    }
    if (a->nkeys != b->nkeys) {
        return false;
    }
    for (size_t i = 0; i < a->nkeys; i++) {
        if (!str_eq(a->keys[i].key, b->keys[i].key) || a->keys[i].code != b->keys[i].code) {
            return false;
        }
    }
    return true;
}

static void as_key(struct expr *e)
{
    e->as_key = true;
}

static bool mismatch(struct tc *tc, const struct expr *a, const struct expr *b)
{
    enum vkind x = a->type.kind, y = b->type.kind;
    if ((x == V_DATE && y == V_DATETIME) || (x == V_DATETIME && y == V_DATE)) {
        TC_FAIL(tc, b->off, "日期与时刻不能直接比较：请用 date(..) 取日期",
                "a date and a datetime do not mix: take the day with date(..)");
        return false;
    }
    if (x == V_PEOPLE || y == V_PEOPLE || x == V_SET || y == V_SET) {
        TC_FAIL(tc, b->off, "与一组人或记录比较请用 in", "to compare with a set write 'in'");
        return false;
    }
    TC_FAIL(tc, b->off, "%s 与 %s 不能比较或合并", "%s and %s do not go together",
            tc_type_name(tc, a), tc_type_name(tc, b));
    return false;
}

static bool unify_choice(struct tc *tc, struct expr *a, struct expr *b)
{
    (void)tc;
    if (!same_keys(a->type.field, b->type.field)) {
        as_key(a);
        as_key(b);
    }
    return true;
}

static bool unify_number(struct tc *tc, struct expr *a, struct expr *b)
{
    enum vkind x = a->type.kind, y = b->type.kind;
    if (x == y) {
        return true;
    }
    if (x == V_INT || y == V_INT) {
        return tc_number_to(tc, x == V_INT ? a : b, x == V_INT ? y : x);
    }
    /* money and decimal */
    struct expr *dec = x == V_DECIMAL ? a : b;
    struct expr *money = x == V_DECIMAL ? b : a;
    return dec->kind == X_DECIMAL ? tc_number_to(tc, dec, V_MONEY)
                                  : tc_number_to(tc, money, V_DECIMAL);
}

bool tc_unify(struct tc *tc, struct expr *a, struct expr *b)
{
    if (a->kind == X_NULL || b->kind == X_NULL) {
        struct expr *n = a->kind == X_NULL ? a : b;
        n->type = n == a ? b->type : a->type;
        return true;
    }
    if (a->kind == X_TEXT && b->type.kind != V_TEXT) {
        return tc_text_as(tc, a, b->type) || (!tc->failed && mismatch(tc, a, b));
    }
    if (b->kind == X_TEXT && a->type.kind != V_TEXT) {
        return tc_text_as(tc, b, a->type) || (!tc->failed && mismatch(tc, a, b));
    }
    enum vkind x = a->type.kind, y = b->type.kind;
    if (is_number(x) && is_number(y)) {
        return unify_number(tc, a, b);
    }
    if (x != y && ((a->flex && y == V_DAYS) || (b->flex && x == V_DAYS))) {
        return tc_flex_to(a->flex ? a : b, V_DAYS);
    }
    if (x == V_CHOICE && y == V_CHOICE) {
        return unify_choice(tc, a, b);
    }
    if (x == V_RECORD && y == V_RECORD) {
        if (a->type.type && b->type.type && a->type.type != b->type.type) {
            return mismatch(tc, a, b);
        }
        return true;
    }
    if (x != y || x == V_SET || x == V_PEOPLE || x == V_CHOICES) {
        return mismatch(tc, a, b);
    }
    return true;
}

bool tc_want(struct tc *tc, struct expr *e, struct vtype want)
{
    if (want.kind == V_BOOL && e->kind != X_NULL) {
        return tc_truth(tc, e);
    }
    if (!tc_expr(tc, e)) {
        return false;
    }
    if (want.kind == V_NULL || e->kind == X_NULL) {
        return true;
    }
    if (e->kind == X_TEXT) {
        if (tc_text_as(tc, e, want)) {
            return true;
        }
    } else if (is_number(e->type.kind) && is_number(want.kind)) {
        return tc_number_to(tc, e, want.kind);
    } else if (e->flex && want.kind == V_DAYS) {
        return tc_flex_to(e, V_DAYS);
    } else if (e->type.kind == V_CHOICE && want.kind == V_CHOICE) {
        if (!same_keys(e->type.field, want.field)) {
            e->map = want.field;
        }
        return true;
    } else if (e->type.kind == V_TEXT && want.kind == V_CHOICE && want.field) {
        e->map = want.field;
        return true;
    } else if (e->type.kind == want.kind) {
        bool records = want.kind == V_RECORD || want.kind == V_SET;
        if (!records || !want.type || !e->type.type || want.type == e->type.type) {
            return true;
        }
    } else if (want.kind == V_PEOPLE && tc_person(tc, e)) {
        return true;
    }
    TC_FAIL(tc, e->off, "此处应为 %s，这里是 %s", "expected %s, this is %s", type_words(tc, want),
            tc_type_name(tc, e));
    return false;
}

bool tc_truth(struct tc *tc, struct expr *e)
{
    if (!tc_expr(tc, e)) {
        return false;
    }
    if (e->type.kind == V_BOOL) {
        return true;
    }
    if (tc_crowd(tc, e)) {
        TC_FAIL(tc, e->off, "此处应为条件：人请写 actor in .. 或 .. == actor",
                "expected a condition: about people write actor in .. or .. == actor");
    } else {
        TC_FAIL(tc, e->off, "此处应为条件（真或假），这里是 %s",
                "expected a condition (true or false), this is %s", tc_type_name(tc, e));
    }
    return false;
}

/* --- operators --------------------------------------------------------------------- */

static bool ordered(enum vkind k)
{
    return k != V_BOOL && k != V_CHOICE && k != V_CHOICES && k != V_STATE && k != V_RECORD &&
           k != V_SET && k != V_PEOPLE && k != V_NULL;
}

static bool tc_null_cmp(struct tc *tc, struct expr *e)
{
    struct expr *other = e->args[0]->kind == X_NULL ? e->args[1] : e->args[0];
    if (e->cmp != CMP_EQ && e->cmp != CMP_NE) {
        TC_FAIL(tc, e->off, "与 null 只能用 == 和 !=", "null is compared with == and != only");
        return false;
    }
    if (other->type.kind == V_SET || other->type.kind == V_PEOPLE) {
        TC_FAIL(tc, other->off, "一组记录不会是 null：请用 exists(x in ..)",
                "a set is never null: use exists(x in ..)");
        return false;
    }
    e->nulls = true;
    e->base = other;
    e->missing = false;
    return true;
}

static bool tc_cmp(struct tc *tc, struct expr *e)
{
    struct expr *a = e->args[0], *b = e->args[1];
    if (!tc_expr(tc, a) || !tc_expr(tc, b)) {
        return false;
    }
    e->type.kind = V_BOOL;
    if (a->kind == X_NULL || b->kind == X_NULL) {
        return tc_null_cmp(tc, e);
    }
    if (!tc_unify(tc, a, b)) {
        return false;
    }
    if (e->cmp != CMP_EQ && e->cmp != CMP_NE && !ordered(a->type.kind)) {
        TC_FAIL(tc, e->off, "%s 没有大小，只能用 == 和 !=", "a %s has no order: use == or !=",
                vkind_name(a->type.kind));
        return false;
    }
    bool self = a->mean == MEAN_SELF || b->mean == MEAN_SELF;
    if (self && (e->cmp == CMP_EQ || e->cmp == CMP_NE)) { /* nothing is not this record */
        e->with_self = true;
        e->base = a->mean == MEAN_SELF ? b : a;
        e->missing = false;
        return true;
    }
    e->missing = a->missing || b->missing;
    return true;
}

static bool in_list(struct tc *tc, struct expr *e)
{
    struct expr *a = e->args[0], *list = e->args[1];
    e->missing = a->missing;
    for (size_t i = 0; i < list->nargs; i++) {
        struct expr *x = list->args[i];
        if (!tc_expr(tc, x)) {
            return false;
        }
        if (x->kind == X_NULL) {
            TC_FAIL(tc, x->off, "[ ] 中不能有 null：请写 x == null or ..",
                    "no null in [ ]: write x == null or ..");
            return false;
        }
        if (!tc_unify(tc, a, x)) {
            return false;
        }
        e->missing = e->missing || x->missing;
    }
    for (size_t i = 0; i < list->nargs; i++) {
        if (a->type.kind != list->args[i]->type.kind && !tc_unify(tc, a, list->args[i])) {
            return false;
        }
    }
    return true;
}

static bool in_set(struct tc *tc, struct expr *e)
{
    struct expr *a = e->args[0], *s = e->args[1];
    if (!tc_expr(tc, s)) {
        return false;
    }
    if (s->type.kind == V_CHOICES) {
        e->missing = a->missing || s->missing;
        if (a->kind == X_TEXT) {
            return tc_text_as(tc, a, s->type);
        }
        return mismatch(tc, a, s);
    }
    e->missing = a->missing;
    if (a->type.kind != V_RECORD) {
        TC_FAIL(tc, a->off, "in 左边应为记录，这里是 %s",
                "expected a record left of 'in', this is %s", tc_type_name(tc, a));
        return false;
    }
    const struct type *person = tc->s->model->person;
    const struct type *of = s->type.kind == V_PEOPLE ? person : s->type.type;
    bool set = s->type.kind == V_PEOPLE || s->type.kind == V_SET;
    bool units = s->fun == FUN_UNDER && tc->s->model->unit && a->type.type == tc->s->model->unit;
    if (units) {
        return true;
    }
    if (!set || (a->type.type && of && a->type.type != of)) {
        TC_FAIL(tc, s->off, "in 右边应为 %s 的集合，这里是 %s",
                "expected a set of %s after 'in', this is %s",
                a->type.type ? str_copy(tc->a, a->type.type->key).ptr : "record",
                tc_type_name(tc, s));
        return false;
    }
    if (s->kind == X_MACRO) {
        e->missing = e->missing || (s->where && s->where->missing);
    }
    return true;
}

static bool tc_in(struct tc *tc, struct expr *e)
{
    e->type.kind = V_BOOL;
    if (!tc_expr(tc, e->args[0])) {
        return false;
    }
    if (e->args[0]->kind == X_NULL) {
        TC_FAIL(tc, e->args[0]->off, "null 不能用 in", "null is in nothing: write == null");
        return false;
    }
    return e->args[1]->kind == X_LIST ? in_list(tc, e) : in_set(tc, e);
}

static bool tc_logic(struct tc *tc, struct expr *e)
{
    e->type.kind = V_BOOL;
    for (size_t i = 0; i < e->nargs; i++) {
        if (!tc_truth(tc, e->args[i])) {
            return false;
        }
        e->missing = e->missing || e->args[i]->missing;
    }
    return true;
}

static bool tc_literal(struct tc *tc, struct expr *e)
{
    int64_t per = 1;
    enum vkind k = e->kind == X_INT       ? V_INT
                   : e->kind == X_DECIMAL ? V_DECIMAL
                   : e->kind == X_TEXT    ? V_TEXT
                   : e->kind == X_BOOL    ? V_BOOL
                                          : V_NULL;
    if (e->kind == X_LENGTH) {
        expr_unit(e->unit, &k, &per);
        e->flex = per % MS_PER_DAY == 0;
        if (e->num > (int64_t)100000000000000 / per) {
            TC_FAIL(tc, e->off, "时间长度过大", "this length is too large");
            return false;
        }
        e->num *= per;
    }
    e->type.kind = k;
    e->missing = e->kind == X_NULL;
    e->bound = (double)e->num;
    return true;
}

bool tc_expr(struct tc *tc, struct expr *e)
{
    switch (e->kind) {
    case X_INT:
    case X_DECIMAL:
    case X_TEXT:
    case X_BOOL:
    case X_NULL:
    case X_LENGTH:
        return tc_literal(tc, e);
    case X_NAME:
        return tc_name(tc, e);
    case X_PATH:
        return tc_path(tc, e);
    case X_CALL:
        return tc_call(tc, e);
    case X_MACRO:
        return tc_macro(tc, e);
    case X_NOT:
    case X_AND:
    case X_OR:
        return tc_logic(tc, e);
    case X_CMP:
        return tc_cmp(tc, e);
    case X_IN:
        return tc_in(tc, e);
    case X_NEG:
    case X_ADD:
    case X_SUB:
    case X_MUL:
    case X_DIV:
        return tc_arith(tc, e);
    case X_LIST:
    default:
        TC_FAIL(tc, e->off, "[ ] 只能写在 in 之后", "[ ] stands only after 'in'");
        return false;
    }
}
