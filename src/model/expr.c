/* expr.c - the public side: texts compiled to conditions, people, sets, templates. */
#include "base/arena.h"
#include "base/clock.h"
#include "model/expr_int.h"

static struct tc checker(struct arena *a, const struct scope *s, struct pos at, struct diags *d)
{
    struct tc tc = {.a = a, .d = d, .s = s, .self = s->self, .at = at};
    for (size_t i = 0; i < s->nvars && tc.nvars < EXPR_VARS_MAX; i++) {
        tc.vars[tc.nvars++] = (struct tvar){.name = s->vars[i].name,
                                            .type = {.kind = V_RECORD, .type = s->vars[i].type}};
    }
    return tc;
}

static struct sql truth_sql(struct tc *tc, const struct expr *e, const char *after)
{
    struct gen_text t;
    struct gen g = gen_make(&t, tc->a, tc->s, 0);
    gen_truth(&g, e);
    gen_put(&g, str_from(after));
    return gen_end(&g, tc);
}

static struct sql value_sql(struct tc *tc, const struct expr *e)
{
    struct gen_text t;
    struct gen g = gen_make(&t, tc->a, tc->s, 0);
    gen_value(&g, e);
    return gen_end(&g, tc);
}

struct cond expr_compile(struct arena *a, const struct scope *s, str text, struct pos at,
                         struct vtype want, struct diags *d)
{
    struct cond none = {.text = text, .pos = at};
    struct expr *e = expr_parse(a, text, at, d);
    struct tc tc = checker(a, s, at, d);
    if (!e || !tc_want(&tc, e, want) || tc.failed) {
        return none;
    }
    struct cond c = {.tree = e, .text = text, .pos = at, .type = e->type};
    if (want.kind != V_NULL && e->kind == X_NULL) {
        e->type = want;
        c.type = want;
    }
    c.reads = expr_reads(a, s, e, false);
    c.value = value_sql(&tc, e);
    if (e->type.kind == V_BOOL) {
        c.is_true = truth_sql(&tc, e, "");
        c.not_false = truth_sql(&tc, e, " is not false");
    }
    return tc.failed ? none : c;
}

struct people expr_compile_people(struct arena *a, const struct scope *s, str text, struct pos at,
                                  bool alternatives, struct diags *d)
{
    struct expr *e = expr_parse(a, text, at, d);
    struct tc tc = checker(a, s, at, d);
    tc.people = true;
    if (!e || !tc_people(&tc, e) || tc.failed) {
        return (struct people){.text = text, .pos = at};
    }
    struct people p = people_compile(a, &tc, e, alternatives);
    if (tc.failed) {
        return (struct people){.text = text, .pos = at};
    }
    p.text = text;
    p.pos = at;
    for (size_t i = 0; i < p.nalts; i++) {
        ((struct see_alt *)(uintptr_t)p.alts)[i].text = text;
    }
    return p;
}

bool expr_compile_each(struct arena *a, const struct scope *s, str text, struct pos at,
                       struct each *ret, struct diags *d)
{
    struct expr *e = expr_parse_each(a, text, at, d);
    struct tc tc = checker(a, s, at, d);
    if (!e || !tc_set(&tc, e->in, true) || tc.nvars >= EXPR_VARS_MAX) {
        return false;
    }
    tc.vars[tc.nvars++] = (struct tvar){.name = e->var,
                                        .type = {.kind = V_RECORD, .type = e->in->type.type},
                                        .builtin = e->in->builtin};
    if (!e->in->type.type) {
        TC_FAIL(&tc, e->in->off, "for_each 需要一组单据：这里的行由系统保存，不能逐一处理",
                "for_each takes a set of records: these rows are kept by the system, nothing can "
                "be done with each");
        return false;
    }
    if ((e->where && !tc_truth(&tc, e->where)) || tc.failed) {
        return false;
    }
    if (e->in->mean == MEAN_TYPE) {
        tc_look_ups(e);
    }
    struct gen_text t;
    struct gen g = gen_make(&t, a, s, 0);
    gen_from(&g, e);
    if (e->where) {
        gen_put(&g, STR(" and "));
        gen_not_false(&g, e->where); /* of which it is unknown are refused when it runs */
    }
    e->type.kind = V_SET;
    *ret = (struct each){.name = e->var,
                         .type = e->in->type.type,
                         .from = gen_end(&g, &tc),
                         .bounded = (e->in->mean == MEAN_PART && !e->in->column.len) ||
                                    e->in->mean == MEAN_LINK};
    ret->set.tree = e;
    ret->set.text = text;
    ret->set.pos = at;
    ret->set.reads = expr_reads(a, s, e, false);
    ret->set.type = vtype_of(V_BOOL);
    ret->set.value = e->where ? value_sql(&tc, e->where) : SQL("1");
    return !tc.failed;
}

/* --- templates --------------------------------------------------------------------------- */

enum { PARTS_MAX = 32 };

static bool number_part(str name, struct template_part *p)
{
    if (str_eq(name, STR("yyyy"))) {
        p->kind = TPL_YYYY;
    } else if (str_eq(name, STR("mm"))) {
        p->kind = TPL_MM;
    } else if (str_eq(name, STR("dd"))) {
        p->kind = TPL_DD;
    } else if (str_starts(name, STR("seq"))) {
        int64_t digits = 1;
        str rest;
        str_cut(name, ':', &rest);
        if (rest.ptr && (!str_to_i64(rest, &digits) || digits < 1 || digits > 12)) {
            return false;
        }
        p->kind = TPL_SEQ;
        p->seq_digits = (int)digits;
    } else {
        return false;
    }
    return true;
}

static struct cond *path_cond(struct arena *a, const struct scope *s, str text, struct pos at,
                              struct diags *d)
{
    struct cond *c = arena_new(a, struct cond);
    *c = expr_compile(a, s, text, at, vtype_of(V_NULL), d);
    /* A record in a text is its name. */
    if (c->tree && c->type.kind == V_RECORD && c->type.type) {
        *c = expr_compile(a, s, str_fmt(a, "%.*s.name", STR_ARG(text)), at, vtype_of(V_NULL), d);
    }
    return c;
}

struct template expr_compile_template(struct arena *a, const struct scope *s, str text,
                                      struct pos at, bool number, struct diags *d)
{
    struct template_part parts[PARTS_MAX] = {{.kind = TPL_TEXT}};
    struct template t = {.text = text};
    size_t i = 0;
    while (i < text.len && t.nparts < PARTS_MAX) {
        size_t from = i;
        while (i < text.len && text.ptr[i] != '{') {
            i++;
        }
        if (i > from) {
            parts[t.nparts++].literal = str_from_n(text.ptr + from, i - from);
            continue;
        }
        size_t open = ++i;
        while (i < text.len && text.ptr[i] != '}') {
            i++;
        }
        struct pos p = {at.file, at.line, at.col + (int)str_utf8_len(str_from_n(text.ptr, open))};
        if (i == text.len) {
            diag_error(d, p, "缺少 }", "a } is missing");
            break;
        }
        str name = str_trim(str_from_n(text.ptr + open, i - open));
        i++;
        struct template_part *part = &parts[t.nparts++];
        if (!number || !number_part(name, part)) {
            part->kind = TPL_PATH;
            part->path = path_cond(a, s, name, p, d);
        }
    }
    if (i < text.len) {
        diag_error(d, at, "模板的组成部分过多", "the template has too many parts");
    }
    struct template_part *kept = arena_array(a, struct template_part, t.nparts + 1);
    memcpy(kept, parts, t.nparts * sizeof parts[0]);
    t.parts = kept;
    return t;
}

/* --- literals ------------------------------------------------------------------------------- */

static bool fraction(str text, int64_t one, int64_t *ret)
{
    str rest;
    bool neg = text.len && text.ptr[0] == '-';
    str whole = str_cut(neg ? str_from_n(text.ptr + 1, text.len - 1) : text, '.', &rest);
    int64_t w;
    int64_t f = 0;
    if (!str_to_i64(whole, &w) || w < 0 || w > INT64_MAX / one - 1) {
        return false;
    }
    int64_t scale = one;
    for (size_t i = 0; rest.ptr && i < rest.len; i++) {
        scale /= 10;
        if (rest.ptr[i] < '0' || rest.ptr[i] > '9' || scale == 0) {
            return false;
        }
        f += (rest.ptr[i] - '0') * scale;
    }
    if (rest.ptr && rest.len == 0) {
        return false;
    }
    *ret = (w * one + f) * (neg ? -1 : 1);
    return true;
}

/* "1h30m", "2h", "30m", "1d", "3 workdays" */
/* At most a million days, months or working days, and a million weeks: no sum of
 * what a text may hold passes 64 bits. */
enum { COUNT_MAX = 1000000 };
#define LENGTH_MAX (INT64_C(1000000) * 7 * CLOCK_DAY)

static bool length(str text, enum vkind kind, int64_t *ret)
{
    int64_t sum = 0;
    bool some = false;
    str rest = str_trim(text);
    while (rest.len) {
        size_t n = 0;
        while (n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9') {
            n++;
        }
        int64_t count;
        if (!str_to_i64(str_from_n(rest.ptr, n), &count)) {
            return false;
        }
        rest = str_trim(str_from_n(rest.ptr + n, rest.len - n));
        size_t u = 0;
        while (u < rest.len && rest.ptr[u] >= 'a' && rest.ptr[u] <= 'z') {
            u++;
        }
        str unit = str_from_n(rest.ptr, u);
        enum vkind k = kind;
        int64_t per = 1;
        bool hours = kind == V_WORKHOURS &&
                     (str_eq(unit, STR("h")) || str_eq(unit, STR("m")) || str_eq(unit, STR("")));
        bool days = str_eq(unit, STR("days")) || str_eq(unit, STR("day"));
        if (days && kind == V_DAYS) {
            per = 1;
        } else if (hours) {
            per = str_eq(unit, STR("m")) ? 60000 : 3600000;
        } else if (unit.len && !expr_unit(unit, &k, &per)) {
            return false;
        } else if (!unit.len && kind == V_DURATION) {
            return false;
        }
        if (k != kind && kind == V_DAYS && k == V_DURATION && per % 86400000 == 0) {
            per /= 86400000;
        } else if (k != kind) {
            return false;
        }
        int64_t most = per == 1 ? COUNT_MAX : LENGTH_MAX / per;
        if (count > most || sum + count * per > LENGTH_MAX) {
            return false;
        }
        sum += count * per;
        some = true;
        rest = str_trim(str_from_n(rest.ptr + u, rest.len - u));
    }
    *ret = sum;
    return some;
}

bool expr_literal(str text, enum vkind kind, int64_t *ret_i64, str *ret_text)
{
    int64_t v = 0;
    bool ok = false;
    str s = str_trim(text);
    switch ((int)kind) {
    case V_TEXT:
        if (ret_text) {
            *ret_text = text;
        }
        ok = true;
        break;
    case V_BOOL:
        ok = str_eq(s, STR("true")) || str_eq(s, STR("false"));
        v = str_eq(s, STR("true"));
        break;
    case V_INT:
        ok = str_to_i64(s, &v);
        break;
    case V_DECIMAL:
        ok = fraction(s, DECIMAL_ONE, &v);
        break;
    case V_MONEY:
        ok = fraction(s, MONEY_ONE, &v);
        break;
    case V_DATE:
        ok = clock_parse_date(s, &v);
        break;
    case V_DATETIME:
        ok = clock_parse_time(s, 480, &v);
        break;
    case V_DURATION:
    case V_DAYS:
    case V_MONTHS:
    case V_WORKDAYS:
    case V_WORKHOURS:
        ok = length(s, kind, &v);
        break;
    default:
        break;
    }
    if (ok && ret_i64) {
        *ret_i64 = v;
    }
    return ok;
}

/* "3 天", "1 day", "3 days"; `en` NULL: in Chinese. */
static str count_words(struct arena *a, int64_t n, const char *zh, const char *en)
{
    return en ? str_fmt(a, "%lld %s%s", (long long)n, en, n == 1 ? "" : "s")
              : str_fmt(a, "%lld %s", (long long)n, zh);
}

static str ms_words(struct arena *a, int64_t v, enum lang lang, const char *work_zh,
                    const char *work_en)
{
    bool en = lang == LANG_EN;
    if (v % 86400000 == 0 && v && !*work_zh) {
        return count_words(a, v / 86400000, "天", en ? "day" : NULL);
    }
    if (v % 3600000 == 0) {
        return en ? str_fmt(a, "%lld %shour%s", (long long)(v / 3600000), work_en,
                            v == 3600000 ? "" : "s")
                  : str_fmt(a, "%lld 个%s小时", (long long)(v / 3600000), work_zh);
    }
    return en ? str_fmt(a, "%lld %sminute%s", (long long)(v / 60000), work_en,
                        v == 60000 ? "" : "s")
              : str_fmt(a, "%lld %s分钟", (long long)(v / 60000), work_zh);
}

str expr_literal_words(struct arena *a, enum vkind kind, int64_t v, enum lang lang)
{
    bool en = lang == LANG_EN;
    switch ((int)kind) {
    case V_BOOL:
        return v ? (en ? STR("yes") : STR("是")) : (en ? STR("no") : STR("否"));
    case V_DECIMAL:
        return str_fmt(a, "%lld.%04lld", (long long)(v / DECIMAL_ONE),
                       (long long)((v < 0 ? -v : v) % DECIMAL_ONE));
    case V_MONEY:
        return str_fmt(a, "%lld.%02lld", (long long)(v / MONEY_ONE),
                       (long long)((v < 0 ? -v : v) % MONEY_ONE));
    case V_DATE:
        return clock_date(a, v);
    case V_DATETIME:
        return clock_iso(a, v, 480);
    case V_DURATION:
        return ms_words(a, v, lang, "", "");
    case V_WORKHOURS:
        return ms_words(a, v, lang, "工作", "working ");
    case V_DAYS:
        return count_words(a, v, "天", en ? "day" : NULL);
    case V_MONTHS:
        return count_words(a, v, "个月", en ? "month" : NULL);
    case V_WORKDAYS:
        return count_words(a, v, "个工作日", en ? "working day" : NULL);
    default:
        return str_fmt(a, "%lld", (long long)v);
    }
}
