#include "engine/value.h"

#include "base/arena.h"
#include "base/clock.h"
#include "engine/value_int.h"
#include "model/expr.h"

/* --- numbers ----------------------------------------------------------------------------- */

/* "12", "12.5", "-0.05" in units of 1/scale. */
static bool read_fixed(str s, int64_t scale, int64_t *ret)
{
    bool minus = s.len && s.ptr[0] == '-';
    str rest;
    str whole = str_cut(minus ? str_from_n(s.ptr + 1, s.len - 1) : s, '.', &rest);
    int64_t v = 0, unit = scale;
    if (!whole.len || whole.ptr[0] == '-' || !str_to_i64(whole, &v) || v > INT64_MAX / scale / 10) {
        return false;
    }
    v *= scale;
    if (rest.ptr && !rest.len) {
        return false;
    }
    for (size_t i = 0; i < rest.len; i++) {
        unit /= 10;
        if (rest.ptr[i] < '0' || rest.ptr[i] > '9' || (unit == 0 && rest.ptr[i] != '0')) {
            return false;
        }
        v += (rest.ptr[i] - '0') * unit;
    }
    *ret = minus ? -v : v;
    return true;
}

static bool read_bool(str s, int64_t *ret)
{
    bool yes = str_eq(s, STR("true")) || str_eq(s, STR("1")) || str_eq(s, STR("on")) ||
               str_eq(s, STR("是"));
    bool no = str_eq(s, STR("false")) || str_eq(s, STR("0")) || str_eq(s, STR("off")) ||
              str_eq(s, STR("否"));
    *ret = yes;
    return yes || no;
}

static bool read_int(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)ctx;
    (void)f;
    return str_to_i64(s, ret);
}

static bool read_decimal(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)ctx;
    return read_fixed(s, f->type == F_MONEY ? 100 : 10000, ret);
}

static bool read_yes(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)ctx;
    (void)f;
    return read_bool(s, ret);
}

static bool read_date(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)ctx;
    (void)f;
    return clock_parse_date(s, ret);
}

/* A moment; a day alone is its beginning. */
static bool read_datetime(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)f;
    int zone = ctx->model->zone_minutes;
    if (clock_parse_date(s, ret)) {
        *ret = clock_day_start(*ret, zone);
        return true;
    }
    return clock_parse_time(s, zone, ret);
}

static bool read_length(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    (void)ctx;
    str text;
    return expr_literal(s, f->value.kind, ret, &text);
}

static bool read_count(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    return str_to_i64(s, ret) || read_length(ctx, f, s, ret);
}

/* How a type of number is read, and what is said when it cannot be. */
static const struct number {
    bool (*read)(const struct ctx *ctx, const struct field *f, str s, int64_t *ret);
    struct words form;
} numbers[] = {
    [F_INT] = {read_int, WORDS_INIT("应为整数", "must be a whole number")},
    [F_DECIMAL] = {read_decimal, WORDS_INIT("应为数字，至多四位小数",
                                            "must be a number with at most four decimals")},
    [F_MONEY] = {read_decimal, WORDS_INIT("应为金额，至多两位小数",
                                          "must be an amount with at most two decimals")},
    [F_BOOL] = {read_yes, WORDS_INIT("应为是或否", "must be yes or no")},
    [F_DATE] = {read_date,
                WORDS_INIT("应为日期，如 2026-11-24", "must be a date such as 2026-11-24")},
    [F_DATETIME] = {read_datetime, WORDS_INIT("应为时间，如 2026-11-24 09:30",
                                              "must be a time such as 2026-11-24 09:30")},
    [F_DURATION] = {read_length,
                    WORDS_INIT("应为时长，如 30m、2h、3d", "must be a length such as 30m, 2h, 3d")},
    [F_WORKHOURS] = {read_length, WORDS_INIT("应为工作小时数，如 4 workhours",
                                             "must be working hours such as 4 workhours")},
    [F_DAYS] = {read_count, WORDS_INIT("应为整数个数", "must be a whole number of them")},
    [F_MONTHS] = {read_count, WORDS_INIT("应为整数个数", "must be a whole number of them")},
    [F_WORKDAYS] = {read_count, WORDS_INIT("应为整数个数", "must be a whole number of them")},
    [F_URL] = {0},
};

static bool in_range(const struct ctx *ctx, const struct field *f, int64_t v, struct words *why)
{
    struct value bound = {0};
    if (f->has_min && v < f->min) {
        bound.i64 = f->min;
        str s = value_show(ctx, f, &bound, STR(""));
        *why = words_fmt(ctx->arena, "不能小于 %.*s", "must not be less than %.*s", STR_ARG(s));
        return false;
    }
    if (f->has_max && v > f->max) {
        bound.i64 = f->max;
        str s = value_show(ctx, f, &bound, STR(""));
        *why = words_fmt(ctx->arena, "不能大于 %.*s", "must not be more than %.*s", STR_ARG(s));
        return false;
    }
    return true;
}

static void read_number(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                        struct words *why)
{
    if (!numbers[f->type].read(ctx, f, s, &ret->i64)) {
        *why = numbers[f->type].form;
    } else {
        (void)in_range(ctx, f, ret->i64, why);
    }
}

/* --- choices ------------------------------------------------------------------------------ */

static const struct choice_key *choice_of(const struct field *f, str s)
{
    const struct choice_key *k = field_choice(f, s);
    for (size_t i = 0; !k && i < f->nkeys; i++) {
        if (str_eq(f->keys[i].words.zh, s) || str_eq(f->keys[i].words.en, s)) {
            k = &f->keys[i];
        }
    }
    return k && !k->retired ? k : NULL;
}

static bool read_choices(const struct ctx *ctx, const struct field *f, const struct value_in *in,
                         struct value *ret, struct words *why)
{
    str one[1] = {in->text};
    const str *items = in->nitems ? in->items : one;
    size_t n = in->nitems ? in->nitems : (in->text.len ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        for (str rest = items[i]; rest.ptr;) {
            str key = str_trim(str_cut(rest, ',', &rest));
            const struct choice_key *k = choice_of(f, key);
            if (!k) {
                *why = words_fmt(ctx->arena, "没有“%.*s”这一选项", "there is no choice '%.*s'",
                                 STR_ARG(key));
                return false;
            }
            ret->i64 |= (int64_t)(1ULL << k->code);
        }
    }
    return true;
}

static void read_choice(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                        struct words *why)
{
    const struct choice_key *k = choice_of(f, s);
    if (k) {
        ret->i64 = k->code;
    } else {
        *why = words_fmt(ctx->arena, "没有“%.*s”这一选项", "there is no choice '%.*s'", STR_ARG(s));
    }
}

/* --- one value ----------------------------------------------------------------------------- */

static err read_any_type(const struct ctx *ctx, const struct field *f, const struct value_in *in,
                         struct value *ret, struct words *why)
{
    *ret = (struct value){0};
    *why = (struct words){0};
    if (in->is_typed) {
        *ret = in->typed;
        return OK;
    }
    if (f->type == F_LINES) {
        ret->rows = in->rows;
        ret->nrows = in->nrows;
        return OK;
    }
    str s = f->type == F_TEXT || f->type == F_MARKDOWN ? in->text : str_trim(in->text);
    if (in->null || (!s.len && !in->nitems)) {
        ret->null = true;
        return OK;
    }
    switch (f->type) {
    case F_CHOICES:
        (void)read_choices(ctx, f, in, ret, why);
        return OK;
    case F_CHOICE:
        read_choice(ctx, f, s, ret, why);
        return OK;
    case F_REFS:
    case F_PEOPLE:
        return value_refs(ctx, f, in, ret, why);
    case F_REF:
    case F_PERSON:
    case F_UNIT:
    case F_POST:
        return f->to ? value_ref(ctx, f->to, s, &ret->i64, why)
                     : value_ref_any(ctx, s, &ret->i64, why);
    case F_ATTACHMENT:
        if (!str_to_i64(s, &ret->i64)) {
            *why = WORDS("请选择附件", "please choose an attachment");
        }
        return OK;
    case F_TEXT:
    case F_MARKDOWN:
    case F_FILTER:
    case F_IP:
    case F_MAC:
    case F_URL:
        value_text(ctx, f, s, ret, why);
        return OK;
    case F_INT:
    case F_DECIMAL:
    case F_MONEY:
    case F_BOOL:
    case F_DATE:
    case F_DATETIME:
    case F_DURATION:
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
    case F_WORKHOURS:
        read_number(ctx, f, s, ret, why);
        return OK;
    case F_LINES:
        break; /* rows are judged one by one */
    }
    return OK;
}

err value_read(const struct ctx *ctx, const struct field *f, const struct value_in *in,
               struct value *ret, struct words *why)
{
    err e = read_any_type(ctx, f, in, ret, why);
    return !e.code && why->zh.len ? err_make(ERR_VALUE, why->en) : e;
}
