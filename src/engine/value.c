#include "engine/value.h"

#include "base/buf.h"
#include "engine/calendar.h"
#include "engine/refusal_int.h"
#include "model/expr.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { TEXT_DEFAULT_MAX = 2000, MARKDOWN_DEFAULT_MAX = 20000, PATTERN_LIMIT = 100000 };

/* --- texts -------------------------------------------------------------------------- */

static bool pattern_ok(str pattern, str text)
{
    int code = 0;
    PCRE2_SIZE off = 0;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &off, NULL);
    if (!re) {
        return false;
    }
    pcre2_match_context *mc = pcre2_match_context_create(NULL);
    pcre2_match_data *md = pcre2_match_data_create_from_pattern(re, NULL);
    bool ok = false;
    if (mc && md) {
        pcre2_set_match_limit(mc, PATTERN_LIMIT);
        pcre2_set_depth_limit(mc, 1000);
        ok = pcre2_match(re, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, 0, md, mc) >= 0;
    }
    pcre2_match_data_free(md);
    pcre2_match_context_free(mc);
    pcre2_code_free(re);
    return ok;
}

static bool text_clean(str s, bool lines)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool space = c == '\t' || (lines && (c == '\n' || c == '\r'));
        if ((c < 0x20 && !space) || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool read_text(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                      struct words *why)
{
    bool markdown = f->type == F_MARKDOWN;
    int64_t max = f->has_max ? f->max : markdown ? MARKDOWN_DEFAULT_MAX : TEXT_DEFAULT_MAX;
    if (!str_utf8_ok(s) || !text_clean(s, true)) {
        *why = WORDS("含有无法识别的字符", "holds characters that cannot be read");
        return false;
    }
    int64_t n = (int64_t)str_utf8_len(s);
    if (n > max) {
        *why = words_fmt(ctx->arena, "不能超过 %lld 个字符",
                         "must not be longer than %lld characters", (long long)max);
        return false;
    }
    if (f->has_min && n < f->min) {
        *why = words_fmt(ctx->arena, "至少 %lld 个字符", "must have at least %lld characters",
                         (long long)f->min);
        return false;
    }
    if (f->pattern.len && !pattern_ok(f->pattern, s)) {
        *why = words_fmt(ctx->arena, "格式不符（应为 %.*s）", "does not have the form %.*s",
                         STR_ARG(f->pattern));
        return false;
    }
    ret->text = s;
    return true;
}

/* --- dates and times --------------------------------------------------------------------- */

static bool digits(str s, size_t at, size_t n, int64_t *ret)
{
    return at + n <= s.len && str_to_i64(str_from_n(s.ptr + at, n), ret) && s.ptr[at] != '-';
}

static bool read_date(str s, int64_t *ret)
{
    int64_t y = 0, m = 0, d = 0;
    if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-' || !digits(s, 0, 4, &y) ||
        !digits(s, 5, 2, &m) || !digits(s, 8, 2, &d) || !calendar_date_ok(y, (int)m, (int)d)) {
        return false;
    }
    *ret = calendar_days(y, (int)m, (int)d);
    return true;
}

/* "+08:00", "Z", or nothing: the installation's zone. */
static bool read_zone(str s, int64_t *minutes)
{
    int64_t h = 0, m = 0;
    if (!s.len) {
        return true;
    }
    if (str_eq(s, STR("Z"))) {
        *minutes = 0;
        return true;
    }
    if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-') || s.ptr[3] != ':' ||
        !digits(s, 1, 2, &h) || !digits(s, 4, 2, &m) || h > 14 || m > 59) {
        return false;
    }
    *minutes = (h * 60 + m) * (s.ptr[0] == '-' ? -1 : 1);
    return true;
}

static bool read_datetime(const struct ctx *ctx, str s, int64_t *ret)
{
    int64_t day = 0, h = 0, m = 0, sec = 0, ms = 0;
    int64_t zone = ctx->model->zone_minutes;
    if (s.len == 10 && read_date(s, &day)) {
        *ret = calendar_day_start(ctx->model, day);
        return true;
    }
    if (s.len < 16 || (s.ptr[10] != 'T' && s.ptr[10] != ' ') ||
        !read_date(str_from_n(s.ptr, 10), &day) || !digits(s, 11, 2, &h) || s.ptr[13] != ':' ||
        !digits(s, 14, 2, &m)) {
        return false;
    }
    size_t at = 16;
    if (at + 3 <= s.len && s.ptr[at] == ':') {
        if (!digits(s, at + 1, 2, &sec)) {
            return false;
        }
        at += 3;
        if (at + 4 <= s.len && s.ptr[at] == '.' && digits(s, at + 1, 3, &ms)) {
            at += 4;
        }
    }
    if (h > 23 || m > 59 || sec > 59 || !read_zone(str_from_n(s.ptr + at, s.len - at), &zone)) {
        return false;
    }
    *ret = ((day * 24 + h) * 60 + m - zone) * 60000 + sec * 1000 + ms;
    return true;
}

/* --- numbers --------------------------------------------------------------------------------- */

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

static bool read_number(const struct ctx *ctx, const struct field *f, str s, int64_t *ret)
{
    str text = {0};
    switch (f->type) {
    case F_INT:
        return str_to_i64(s, ret);
    case F_DECIMAL:
        return read_fixed(s, 10000, ret);
    case F_MONEY:
        return read_fixed(s, 100, ret);
    case F_BOOL:
        return read_bool(s, ret);
    case F_DATE:
        return read_date(s, ret);
    case F_DATETIME:
        return read_datetime(ctx, s, ret);
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
        return str_to_i64(s, ret) || expr_literal(s, f->value.kind, ret, &text);
    case F_DURATION:
    case F_WORKHOURS:
        return expr_literal(s, f->value.kind, ret, &text);
    case F_TEXT:
    case F_MARKDOWN:
    case F_CHOICE:
    case F_CHOICES:
    case F_REF:
    case F_REFS:
    case F_PERSON:
    case F_PEOPLE:
    case F_UNIT:
    case F_POST:
    case F_LINES:
    case F_FILTER:
    case F_ATTACHMENT:
    case F_IP:
    case F_MAC:
    case F_URL:
        break;
    }
    return false;
}

static struct words form_of(enum ftype t)
{
    switch (t) {
    case F_INT:
        return WORDS("应为整数", "must be a whole number");
    case F_DECIMAL:
        return WORDS("应为数字，至多四位小数", "must be a number with at most four decimals");
    case F_MONEY:
        return WORDS("应为金额，至多两位小数", "must be an amount with at most two decimals");
    case F_BOOL:
        return WORDS("应为是或否", "must be yes or no");
    case F_DATE:
        return WORDS("应为日期，如 2026-11-24", "must be a date such as 2026-11-24");
    case F_DATETIME:
        return WORDS("应为时间，如 2026-11-24 09:30", "must be a time such as 2026-11-24 09:30");
    case F_DURATION:
        return WORDS("应为时长，如 30m、2h、3d", "must be a length such as 30m, 2h, 3d");
    case F_WORKHOURS:
        return WORDS("应为工作小时数，如 4 workhours", "must be working hours such as 4 workhours");
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
        return WORDS("应为整数个数", "must be a whole number of them");
    case F_TEXT:
    case F_MARKDOWN:
    case F_CHOICE:
    case F_CHOICES:
    case F_REF:
    case F_REFS:
    case F_PERSON:
    case F_PEOPLE:
    case F_UNIT:
    case F_POST:
    case F_LINES:
    case F_FILTER:
    case F_ATTACHMENT:
    case F_IP:
    case F_MAC:
    case F_URL:
        break;
    }
    return WORDS("格式不符", "does not have the right form");
}

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

/* --- choices ------------------------------------------------------------------------------------
 */

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

/* --- references
 * ------------------------------------------------------------------------------------ */

/* A SELECT of visible records of `t` with r.<column> = $4. */
static struct sql lookup(const struct ctx *ctx, const struct type *t, str column)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.");
    sqlb_ident(&b, column);
    SQLB_LIT(&b, " = $4");
    const struct people *see = &t->newest->see;
    if (ctx->actor && see->tree && !see->everyone) {
        SQLB_LIT(&b, " and (");
        if (see->is_actor.text.len) {
            sqlb_sql(&b, see->is_actor);
        } else {
            SQLB_LIT(&b, "1 = 0");
        }
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, " order by r.id limit 2");
    return sqlb_end(&b);
}

enum { LOOKUPS_MAX = 12 };

static err read_ref(const struct ctx *ctx, const struct type *t, str s, int64_t *ret,
                    struct words *why)
{
    int64_t id = 0;
    int places[LOOKUPS_MAX];
    int n = 0;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct db_args text = ctx_args(ctx, (struct db_arg[]){db_text(s)}, 1);
    if (str_to_i64(s, &id)) {
        places[n++] = batch_add(b, lookup(ctx, t, STR("id")),
                                ctx_args(ctx, (struct db_arg[]){db_i64(id)}, 1));
    }
    places[n++] = batch_add(b, lookup(ctx, t, STR("number")), text);
    const struct tdef *def = t->newest;
    for (size_t i = 0; i < def->nuniques && n < LOOKUPS_MAX - 1; i++) {
        const struct unique *u = &def->uniques[i];
        if (u->nof == 1 && u->of[0]->value.kind == V_TEXT && u->of[0]->column.len) {
            places[n++] = batch_add(b, lookup(ctx, t, u->of[0]->column), text);
        }
    }
    for (size_t i = 0; i < def->nfields && n < LOOKUPS_MAX - 1; i++) {
        const struct field *f = &def->fields[i];
        if (f->unique && f->value.kind == V_TEXT && f->column.len) {
            places[n++] = batch_add(b, lookup(ctx, t, f->column), text);
        }
    }
    places[n++] = batch_add(b, lookup(ctx, t, STR("name")), text);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    for (int i = 0; i < n; i++) {
        struct rows r = batch_rows(b, places[i]);
        if (rows_count(&r) == 1 && rows_next(&r)) {
            *ret = rows_i64(&r, 0);
            return OK;
        }
        if (rows_count(&r) > 1) {
            *why = words_fmt(ctx->arena, "“%.*s”不止一个，请写编号",
                             "there are several '%.*s'; please give a number", STR_ARG(s));
            return OK;
        }
    }
    *why = words_fmt(ctx->arena, "没有“%.*s”，或您无权查看",
                     "there is no '%.*s', or you may not see it", STR_ARG(s));
    return OK;
}

static err read_refs(const struct ctx *ctx, const struct field *f, const struct value_in *in,
                     struct value *ret, struct words *why)
{
    str one[1] = {in->text};
    const str *items = in->nitems ? in->items : one;
    size_t n = in->nitems ? in->nitems : (in->text.len ? 1 : 0);
    size_t cap = 0;
    for (size_t i = 0; i < n; i++) {
        cap += 1;
        for (size_t k = 0; k < items[i].len; k++) {
            cap += items[i].ptr[k] == ',';
        }
    }
    int64_t *ids = arena_array(ctx->arena, int64_t, cap + 1);
    size_t nids = 0;
    for (size_t i = 0; i < n; i++) {
        for (str rest = items[i]; rest.ptr;) {
            str s = str_trim(str_cut(rest, ',', &rest));
            if (!s.len) {
                continue;
            }
            int64_t id = 0;
            err e = read_ref(ctx, f->to, s, &id, why);
            if (e.code || why->zh.len) {
                return e;
            }
            bool had = false;
            for (size_t k = 0; k < nids; k++) {
                had = had || ids[k] == id;
            }
            if (!had) {
                ids[nids++] = id;
            }
        }
    }
    ret->ids = ids;
    ret->nids = nids;
    return OK;
}

/* A record of any type: by id, then by number. */
static err read_any(const struct ctx *ctx, str s, int64_t *ret, struct words *why)
{
    for (size_t i = 0; i < ctx->model->ntypes; i++) {
        const struct type *t = ctx->model->types[i];
        if (t->lines) {
            continue;
        }
        struct words none = {0};
        err e = read_ref(ctx, t, s, ret, &none);
        if (e.code || !none.zh.len) {
            return e;
        }
    }
    *why = words_fmt(ctx->arena, "没有“%.*s”，或您无权查看",
                     "there is no '%.*s', or you may not see it", STR_ARG(s));
    return OK;
}

/* --- one value
 * -------------------------------------------------------------------------------------- */

static bool url_ok(str s)
{
    return (str_starts(s, STR("https://")) || str_starts(s, STR("http://"))) && s.len <= 2000 &&
           !str_has(s, STR(" ")) && !str_has(s, STR("\""));
}

static bool hex_only(str s, const char *extra)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!hex && !strchr(extra, c)) {
            return false;
        }
    }
    return s.len > 0;
}

static bool mac_ok(str s)
{
    if (s.len != 17) {
        return false;
    }
    for (size_t i = 0; i < 17; i++) {
        bool sep = i % 3 == 2;
        if (sep != (s.ptr[i] == ':' || s.ptr[i] == '-')) {
            return false;
        }
    }
    return hex_only(s, ":-");
}

static bool read_simple(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                        struct words *why)
{
    switch (f->type) {
    case F_URL:
        if (!url_ok(s)) {
            *why =
                WORDS("应为网址，以 https:// 开头", "must be an address that begins with https://");
            return false;
        }
        return read_text(ctx, f, s, ret, why);
    case F_IP:
        if (s.len > 45 || s.len < 2 || !hex_only(s, ".:/")) {
            *why = WORDS("应为 IP 地址", "must be an IP address");
            return false;
        }
        return read_text(ctx, f, s, ret, why);
    case F_MAC:
        if (!mac_ok(s)) {
            *why = WORDS("应为 MAC 地址，如 00:1A:2B:3C:4D:5E",
                         "must be a MAC address such as 00:1A:2B:3C:4D:5E");
            return false;
        }
        return read_text(ctx, f, s, ret, why);
    case F_TEXT:
    case F_MARKDOWN:
    case F_FILTER:
        return read_text(ctx, f, s, ret, why);
    case F_CHOICE: {
        const struct choice_key *k = choice_of(f, s);
        if (!k) {
            *why = words_fmt(ctx->arena, "没有“%.*s”这一选项", "there is no choice '%.*s'",
                             STR_ARG(s));
            return false;
        }
        ret->i64 = k->code;
        return true;
    }
    case F_ATTACHMENT:
        if (!str_to_i64(s, &ret->i64)) {
            *why = WORDS("请选择附件", "please choose an attachment");
            return false;
        }
        return true;
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
        if (!read_number(ctx, f, s, &ret->i64)) {
            *why = form_of(f->type);
            return false;
        }
        return in_range(ctx, f, ret->i64, why);
    case F_CHOICES:
    case F_REF:
    case F_REFS:
    case F_PERSON:
    case F_PEOPLE:
    case F_UNIT:
    case F_POST:
    case F_LINES:
        break;
    }
    *why = form_of(f->type);
    return false;
}

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
    case F_REFS:
    case F_PEOPLE:
        return read_refs(ctx, f, in, ret, why);
    case F_REF:
    case F_PERSON:
    case F_UNIT:
    case F_POST:
        return f->to ? read_ref(ctx, f->to, s, &ret->i64, why) : read_any(ctx, s, &ret->i64, why);
    case F_TEXT:
    case F_MARKDOWN:
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
    case F_CHOICE:
    case F_LINES:
    case F_FILTER:
    case F_ATTACHMENT:
    case F_IP:
    case F_MAC:
    case F_URL:
        break;
    }
    (void)read_simple(ctx, f, s, ret, why);
    return OK;
}

err value_read(const struct ctx *ctx, const struct field *f, const struct value_in *in,
               struct value *ret, struct words *why)
{
    err e = read_any_type(ctx, f, in, ret, why);
    return !e.code && why->zh.len ? err_make(ERR_VALUE, why->en) : e;
}

/* --- to text
 * ------------------------------------------------------------------------------------------- */

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

static str show_date(struct arena *a, int64_t day)
{
    int64_t y = 0;
    int m = 0, d = 0;
    calendar_civil(day, &y, &m, &d);
    return str_fmt(a, "%04lld-%02d-%02d", (long long)y, m, d);
}

static str show_datetime(const struct ctx *ctx, int64_t ms, bool plain)
{
    int64_t day = calendar_day_of(ctx->model, ms);
    int64_t in_day = (ms - calendar_day_start(ctx->model, day)) / 1000;
    str date = show_date(ctx->arena, day);
    if (!plain) {
        return str_fmt(ctx->arena, "%.*s %02d:%02d", STR_ARG(date), (int)(in_day / 3600),
                       (int)(in_day / 60 % 60));
    }
    int zone = ctx->model->zone_minutes;
    int abs = zone < 0 ? -zone : zone;
    return str_fmt(ctx->arena, "%.*sT%02d:%02d:%02d%s%02d:%02d", STR_ARG(date),
                   (int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60),
                   zone < 0 ? "-" : "+", abs / 60, abs % 60);
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
        return show_date(a, v->i64);
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
        if (plain) {
            return f->type == F_DURATION
                       ? str_fmt(a, "%lldm", (long long)(v->i64 / 60000))
                       : str_fmt(a, "%lld workhours", (long long)(v->i64 / 3600000));
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
    case F_INT:
    case F_LINES:
    case F_ATTACHMENT:
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
