/* Types of + - * / and of a minus in front. */
#include "model/expr_int.h"

static bool is_number(enum vkind k)
{
    return k == V_INT || k == V_DECIMAL || k == V_MONEY;
}

static bool is_length(enum vkind k)
{
    return k == V_DURATION || k == V_DAYS || k == V_MONTHS || k == V_WORKDAYS || k == V_WORKHOURS;
}

static bool refuse(struct tc *tc, const struct expr *e, const char *sign)
{
    TC_FAIL(tc, e->off, "%s %s %s 不成立", "%s %s %s has no meaning", tc_type_name(tc, e->args[0]),
            sign, tc_type_name(tc, e->args[1]));
    return false;
}

static bool within_range(struct tc *tc, struct expr *e)
{
    if (e->bound < 9.2e18) {
        return true;
    }
    TC_FAIL(tc, e->off, "结果可能超出 64 位整数：请给字段声明 max",
            "this may pass 64 bits: declare a max for its fields");
    return false;
}

/* date or datetime, and a length */
static bool moment_and_length(struct tc *tc, struct expr *e, struct expr *t, struct expr *l)
{
    e->type = t->type;
    e->bound = t->bound;
    if (t->type.kind == V_DATE) {
        if (l->flex) {
            tc_flex_to(l, V_DAYS);
        }
        if (l->type.kind == V_DAYS) {
            return true;
        }
        if (l->type.kind == V_MONTHS || l->type.kind == V_WORKDAYS) {
            e->missing = true; /* outside the calendar */
            return true;
        }
        TC_FAIL(tc, e->off, "日期只能加减 days、months、workdays，这里是 %s",
                "a date takes days, months or workdays, this is %s", vkind_name(l->type.kind));
        return false;
    }
    if (l->type.kind == V_DURATION) {
        return true;
    }
    if (l->type.kind == V_WORKHOURS) {
        e->missing = true;
        return true;
    }
    TC_FAIL(tc, e->off, "时刻只能加减 duration、workhours：加 %s 请先用 date(..)",
            "a datetime takes a duration or workhours: with %s use date(..)",
            vkind_name(l->type.kind));
    return false;
}

static bool add_sub(struct tc *tc, struct expr *e)
{
    struct expr *a = e->args[0], *b = e->args[1];
    const char *sign = e->kind == X_ADD ? "+" : "-";
    enum vkind x = a->type.kind, y = b->type.kind;
    if (e->kind == X_ADD && is_length(x) && (y == V_DATE || y == V_DATETIME)) {
        e->args[0] = b;
        e->args[1] = a;
        return moment_and_length(tc, e, b, a);
    }
    if ((x == V_DATE || x == V_DATETIME) && is_length(y)) {
        return moment_and_length(tc, e, a, b);
    }
    if (e->kind == X_SUB && x == y && (x == V_DATE || x == V_DATETIME)) {
        e->type.kind = x == V_DATE ? V_DAYS : V_DURATION;
        e->bound = a->bound;
        return true;
    }
    if (!(is_number(x) && is_number(y)) && !(is_length(x) && is_length(y))) {
        return refuse(tc, e, sign);
    }
    bool flex = a->flex && b->flex;
    if (!tc_unify(tc, a, b)) {
        return false;
    }
    e->type = a->type;
    e->bound = a->bound + b->bound;
    if (flex) { /* 1d + 2w: whole days either way */
        e->flex = false;
    }
    return within_range(tc, e);
}

static bool times(struct tc *tc, struct expr *e)
{
    enum vkind x = e->args[0]->type.kind, y = e->args[1]->type.kind;
    bool both = is_number(x) && is_number(y);
    bool one = (is_length(x) && y == V_INT) || (x == V_INT && is_length(y));
    if ((!both && !one) || (x == V_MONEY && y == V_MONEY)) {
        return refuse(tc, e, "*");
    }
    if (one) {
        e->type.kind = x == V_INT ? y : x;
    } else if (x == V_MONEY || y == V_MONEY) {
        e->type.kind = V_MONEY;
    } else {
        e->type.kind = x == V_DECIMAL || y == V_DECIMAL ? V_DECIMAL : V_INT;
    }
    e->bound = e->args[0]->bound * e->args[1]->bound;
    if (!within_range(tc, e)) {
        return false;
    }
    bool fractions = (x == V_DECIMAL && y != V_INT) || (y == V_DECIMAL && x != V_INT);
    if (fractions) {
        e->div = DECIMAL_ONE;
        e->bound /= DECIMAL_ONE;
    }
    return true;
}

static bool divided(struct tc *tc, struct expr *e)
{
    struct expr *a = e->args[0], *b = e->args[1];
    enum vkind x = a->type.kind, y = b->type.kind;
    e->missing = e->missing || !(b->kind == X_INT || b->kind == X_DECIMAL) || b->num == 0;
    e->bound = a->bound;
    if (y == V_INT && (is_number(x) || is_length(x))) {
        e->type = a->type;
        return true;
    }
    if (is_length(x) && is_length(y)) {
        e->type.kind = V_INT;
        return tc_unify(tc, a, b);
    }
    if (!is_number(x) || !is_number(y)) {
        return refuse(tc, e, "/");
    }
    if (x == V_MONEY && y == V_MONEY) {
        e->type.kind = V_INT;
        return true;
    }
    if (y != V_DECIMAL) {
        return refuse(tc, e, "/");
    }
    /* by a fraction: the numerator first grows by the fraction's unit */
    enum vkind result = x == V_MONEY ? V_MONEY : V_DECIMAL;
    if (x == V_INT && !tc_number_to(tc, a, V_DECIMAL)) {
        return false;
    }
    a->mul = (a->mul ? a->mul : 1) * DECIMAL_ONE;
    a->bound *= DECIMAL_ONE;
    e->bound = a->bound;
    e->type.kind = result;
    return within_range(tc, e);
}

bool tc_arith(struct tc *tc, struct expr *e)
{
    for (size_t i = 0; i < e->nargs; i++) {
        if (!tc_expr(tc, e->args[i])) {
            return false;
        }
        if (e->args[i]->kind == X_NULL) {
            TC_FAIL(tc, e->args[i]->off, "null 不能计算", "there is no arithmetic with null");
            return false;
        }
        e->missing = e->missing || e->args[i]->missing;
    }
    if (e->kind == X_NEG) {
        struct expr *a = e->args[0];
        if (!is_number(a->type.kind) && !is_length(a->type.kind)) {
            TC_FAIL(tc, e->off, "负号后应为数字或时间长度，这里是 %s",
                    "after a minus stands a number or a length, this is %s", tc_type_name(tc, a));
            return false;
        }
        e->type = a->type;
        e->flex = a->flex;
        e->bound = a->bound;
        return true;
    }
    if (e->kind == X_MUL) {
        return times(tc, e);
    }
    return e->kind == X_DIV ? divided(tc, e) : add_sub(tc, e);
}
