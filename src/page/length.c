#include "page/length.h"

#include "base/arena.h"

static bool is_length(enum vkind kind)
{
    return kind == V_DURATION || kind == V_WORKHOURS || kind == V_DAYS || kind == V_MONTHS ||
           kind == V_WORKDAYS;
}

str length_shown(struct arena *a, enum vkind kind, str written, enum lang lang)
{
    int64_t n;
    str text;
    return is_length(kind) && expr_literal(written, kind, &n, &text)
               ? expr_literal_words(a, kind, n, lang)
               : written;
}

/* Words after the number, and the unit a definition writes; one kind a row. */
static const struct unit {
    enum vkind kind;
    const char *words, *unit;
} units[] = {
    {V_DURATION, "分钟", "m"},
    {V_DURATION, "minute", "m"},
    {V_DURATION, "小时", "h"},
    {V_DURATION, "hour", "h"},
    {V_DURATION, "天", "d"},
    {V_DURATION, "day", "d"},
    {V_WORKHOURS, "工作小时", " workhours"},
    {V_WORKHOURS, "working hour", " workhours"},
    {V_WORKHOURS, "小时", " workhours"},
    {V_WORKHOURS, "hour", " workhours"},
    {V_WORKHOURS, "工作分钟", "m"},
    {V_WORKHOURS, "working minute", "m"},
    {V_DAYS, "天", " days"},
    {V_DAYS, "day", " days"},
    {V_MONTHS, "月", " months"},
    {V_MONTHS, "month", " months"},
    {V_WORKDAYS, "工作日", " workdays"},
    {V_WORKDAYS, "working day", " workdays"},
};

str length_typed(struct arena *a, enum vkind kind, str typed)
{
    str s = str_trim(typed);
    size_t digits = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9') {
        digits++;
    }
    str number = str_from_n(s.ptr, digits);
    str words = str_trim(str_from_n(s.ptr + digits, s.len - digits));
    if (!digits || digits > 18) {
        return s;
    }
    if (str_starts(words, STR("个"))) {
        words = str_from_n(words.ptr + STR("个").len, words.len - STR("个").len);
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        const struct unit *u = &units[i];
        str one = str_from(u->words);
        bool many = words.len == one.len + 1 && words.ptr[one.len] == 's' && str_starts(words, one);
        if (u->kind == kind && (many || str_eq(words, one))) {
            return str_fmt(a, "%.*s%s", STR_ARG(number), u->unit);
        }
    }
    return s;
}
