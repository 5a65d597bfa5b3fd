/* value_show.c - values as text: for people, and as value_read takes them back. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "engine/value.h"
#include "model/expr.h"

static str show_fixed(struct arena *a, int64_t v, int64_t scale, int places, bool trim)
{
    int64_t abs = v < 0 ? -v : v;
    str s = str_fmt(a, "%s%lld.%0*lld", v < 0 ? "-" : "", (long long)(abs / scale), places,
                    (long long)(abs % scale));
    while (trim && s.len && s.ptr[s.len - 1] == '0') {
        s.len--;
    }
    if (trim && s.len && s.ptr[s.len - 1] == '.') {
        s.len--;
    }
    return s;
}

static str show_datetime(const struct ctx *ctx, int64_t ms, bool plain)
{
    int zone = ctx->model->zone_minutes;
    if (!plain) {
        return clock_minutes(ctx->arena, ms, zone);
    }
    /* As short as it may be: most moments people write have no fraction. */
    str iso = clock_iso(ctx->arena, ms, zone); /* 2026-11-24T10:30:00.000+08:00 */
    int n = ms % CLOCK_SECOND ? 23 : 19;
    return str_fmt(ctx->arena, "%.*s%.*s", n, iso.ptr, STR_ARG(str_from_n(iso.ptr + 23, 6)));
}

static str show_choices(const struct ctx *ctx, const struct field *f, int64_t bits, bool plain)
{
    struct buf b = buf_make(ctx->arena, 8192);
    for (size_t i = 0; i < f->nkeys; i++) {
        const struct choice_key *k = &f->keys[i];
        if ((uint64_t)bits >> k->code & 1) {
            if (b.len) {
                buf_put(&b, plain ? STR(",") : ctx->lang == LANG_ZH ? STR("、") : STR(", "));
            }
            buf_put(&b, plain ? k->key : words_in(k->words, ctx->lang));
        }
    }
    return buf_str(&b);
}

static str one_text(const struct ctx *ctx, const struct field *f, const struct value *v,
                    str ref_name, bool plain)
{
    struct arena *a = ctx->arena;
    const struct choice_key *k = NULL;
    switch (f->type) {
    case F_TEXT:
    case F_MARKDOWN:
    case F_FILTER:
    case F_IP:
    case F_MAC:
    case F_URL:
        return v->text;
    case F_DECIMAL:
        return show_fixed(a, v->i64, 10000, 4, true);
    case F_MONEY:
        return show_fixed(a, v->i64, 100, 2, false);
    case F_BOOL:
        if (plain) {
            return v->i64 ? STR("true") : STR("false");
        }
        return words_in(v->i64 ? WORDS("是", "yes") : WORDS("否", "no"), ctx->lang);
    case F_DATE:
        return clock_date(a, v->i64);
    case F_DATETIME:
        return show_datetime(ctx, v->i64, plain);
    case F_DURATION:
    case F_WORKHOURS:
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
        if (plain && f->type != F_DURATION && f->type != F_WORKHOURS) {
            return str_fmt(a, "%lld", (long long)v->i64);
        }
        if (plain) { /* of both kinds "m" is a minute: a length of 30m is not cut to hours */
            bool hours = f->type == F_WORKHOURS && v->i64 % CLOCK_HOUR == 0;
            return hours ? str_fmt(a, "%lld workhours", (long long)(v->i64 / CLOCK_HOUR))
                         : str_fmt(a, "%lldm", (long long)(v->i64 / CLOCK_MINUTE));
        }
        return expr_literal_words(a, f->value.kind, v->i64, ctx->lang);
    case F_CHOICE:
        k = field_choice_at(f, v->i64);
        return k ? (plain ? k->key : words_in(k->words, ctx->lang)) : STR("");
    case F_CHOICES:
        return show_choices(ctx, f, v->i64, plain);
    case F_REF:
    case F_PERSON:
    case F_UNIT:
    case F_POST:
        return !plain && ref_name.len ? ref_name : str_fmt(a, "%lld", (long long)v->i64);
    case F_REFS:
    case F_PEOPLE: {
        if (!plain && ref_name.len) {
            return ref_name;
        }
        struct buf b = buf_make(a, 1 << 16);
        for (size_t i = 0; i < v->nids; i++) {
            if (i) {
                buf_put_c(&b, ',');
            }
            buf_put_i64(&b, v->ids[i]);
        }
        return buf_str(&b);
    }
    case F_ATTACHMENT:
        if (!plain) {
            return words_in(WORDS("已附文件", "a file"), ctx->lang);
        }
        break;
    case F_INT:
    case F_LINES:
        break;
    }
    return str_fmt(a, "%lld", (long long)v->i64);
}

str value_show(const struct ctx *ctx, const struct field *f, const struct value *v, str ref_name)
{
    return v->null ? STR("") : one_text(ctx, f, v, ref_name, false);
}

str value_plain(const struct ctx *ctx, const struct field *f, const struct value *v)
{
    return v->null ? STR("") : one_text(ctx, f, v, STR(""), true);
}

str value_cond_show(const struct ctx *ctx, const struct cond *c, const struct rows *r, int col,
                    enum lang lang)
{
    if (rows_null(r, col)) {
        return STR("");
    }
    enum vkind k = c->type.kind;
    if (k == V_TEXT || k == V_RECORD) { /* a record stands by its name */
        return rows_text(r, col);
    }
    int64_t v = rows_i64(r, col);
    if (k == V_CHOICE && c->type.field) {
        const struct choice_key *key = field_choice_at(c->type.field, v);
        return key ? words_in(key->words, lang) : STR("");
    }
    if (k == V_STATE && c->type.type) {
        const struct state *s = type_state(c->type.type, v);
        return s ? words_in(s->words, lang) : STR("");
    }
    if (k == V_BOOL) {
        return words_in(v ? WORDS("是", "yes") : WORDS("否", "no"), lang);
    }
    static const struct {
        enum vkind kind;
        enum ftype type;
    } as[] = {
        {V_DATE, F_DATE}, {V_DATETIME, F_DATETIME}, {V_MONEY, F_MONEY}, {V_DECIMAL, F_DECIMAL}};
    struct field f = {.type = F_INT};
    for (size_t i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
        f.type = as[i].kind == k ? as[i].type : f.type;
    }
    struct value val = {.i64 = v};
    return value_show(ctx, &f, &val, STR(""));
}
