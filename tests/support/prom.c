#include "prom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 256, SERIES = 4096 };

struct family {
    str name;
    enum { UNTYPED, COUNTER, GAUGE, HISTOGRAM } type;
    bool typed, over; /* another family has begun since */
    size_t samples;
};

struct reader {
    struct arena *a;
    struct family families[FAMILIES];
    size_t nfamilies;
    str series[SERIES];
    size_t nseries;
    /* of the histogram series that is being read */
    str of; /* labels without le */
    double last_le, last_count;
};

static bool name_char(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    return letter || (!first && c >= '0' && c <= '9');
}

static size_t name_len(str s)
{
    size_t n = 0;
    while (n < s.len && name_char(s.ptr[n], n == 0)) {
        n++;
    }
    return n;
}

static str rest_of(str s, size_t n)
{
    return str_from_n(s.ptr + n, s.len - n);
}

static struct family *family(struct reader *r, str name)
{
    for (size_t i = 0; i < r->nfamilies; i++) {
        if (str_eq(r->families[i].name, name)) {
            return &r->families[i];
        }
    }
    return NULL;
}

/* --- comments ---------------------------------------------------------------------------- */

static const char *help_line(struct reader *r, str s)
{
    size_t n = name_len(s);
    if (!n || n >= s.len || s.ptr[n] != ' ') {
        return "HELP without name and text";
    }
    if (family(r, str_from_n(s.ptr, n)) || r->nfamilies == FAMILIES) {
        return "HELP a second time";
    }
    for (size_t i = 0; i < r->nfamilies; i++) {
        r->families[i].over = true;
    }
    r->families[r->nfamilies++] = (struct family){.name = str_from_n(s.ptr, n)};
    return NULL;
}

static const char *type_line(struct reader *r, str s)
{
    static const char *const types[] = {"untyped", "counter", "gauge", "histogram"};
    size_t n = name_len(s);
    struct family *f = n ? family(r, str_from_n(s.ptr, n)) : NULL;
    if (!f || f->typed || f->over || f->samples) {
        return "TYPE not right after its HELP";
    }
    str type = rest_of(s, n);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (type.len && str_eq(rest_of(type, 1), str_from(types[i]))) {
            f->typed = true;
            f->type = i;
        }
    }
    if (!f->typed) {
        return "no such TYPE";
    }
    bool total = str_ends(f->name, STR("_total"));
    return (f->type == COUNTER) == total ? NULL : "a counter ends in _total, and nothing else does";
}

/* --- samples ------------------------------------------------------------------------------ */

/* {a="b",le="0.1"}: `le` apart, the others as they stand. */
static const char *labels(struct reader *r, str *s, str *others, str *le)
{
    *others = STR("");
    *le = STR("");
    if (!s->len || s->ptr[0] != '{') {
        return NULL;
    }
    *s = rest_of(*s, 1);
    while (s->len && s->ptr[0] != '}') {
        size_t n = name_len(*s);
        if (!n || s->len < n + 3 || s->ptr[n] != '=' || s->ptr[n + 1] != '"') {
            return "a label is not name=\"value\"";
        }
        size_t end = n + 2;
        while (end < s->len && s->ptr[end] != '"') {
            bool escape = s->ptr[end] == '\\';
            if (escape && (end + 1 >= s->len || !strchr("\\\"n", s->ptr[end + 1]))) {
                return "an escape that is none";
            }
            end += escape ? 2 : 1;
        }
        if (end >= s->len) {
            return "a label without end";
        }
        str name = str_from_n(s->ptr, n);
        if (str_eq(name, STR("le"))) {
            *le = str_from_n(s->ptr + n + 2, end - n - 2);
        } else {
            *others = str_fmt(r->a, "%.*s,%.*s", STR_ARG(*others), (int)end + 1, s->ptr);
        }
        *s = rest_of(*s, end + 1);
        if (s->len && s->ptr[0] == ',') {
            *s = rest_of(*s, 1);
        } else if (!s->len || s->ptr[0] != '}') {
            return "labels without a comma between";
        }
    }
    if (!s->len) {
        return "labels without end";
    }
    *s = rest_of(*s, 1);
    return NULL;
}

static bool number(struct arena *a, str s, double *ret)
{
    str z = str_copy(a, s);
    char *end = NULL;
    *ret = s.len && !strchr(" \t", s.ptr[0]) ? strtod(z.ptr, &end) : NAN;
    return end && end != z.ptr && *end == '\0';
}

static const char *bucket(struct reader *r, str of, str le, double value)
{
    double bound;
    if (!number(r->a, le, &bound)) {
        return "a bucket without le";
    }
    if (!str_eq(of, r->of)) {
        r->of = of;
        r->last_le = -INFINITY;
        r->last_count = 0;
    }
    if (bound <= r->last_le || value < r->last_count) {
        return "buckets do not rise";
    }
    r->last_le = bound;
    r->last_count = value;
    return NULL;
}

static str without(str name, const char *end)
{
    str e = str_from(end);
    return str_ends(name, e) ? str_from_n(name.ptr, name.len - e.len) : STR("");
}

/* The part of a histogram a sample is. */
static const char *histogram(struct reader *r, str name, str of, str le, double value)
{
    if (str_ends(name, STR("_bucket"))) {
        return bucket(r, of, le, value);
    }
    if (str_ends(name, STR("_count"))) {
        bool whole = str_eq(of, r->of) && isinf(r->last_le) && value == r->last_count;
        return whole ? NULL : "count is not the bucket of +Inf";
    }
    return str_ends(name, STR("_sum")) ? NULL : "not a part of a histogram";
}

static struct family *family_of(struct reader *r, str name)
{
    static const char *const parts[] = {"_bucket", "_sum", "_count"};
    struct family *f = family(r, name);
    for (size_t i = 0; !f && i < sizeof(parts) / sizeof(parts[0]); i++) {
        f = family(r, without(name, parts[i]));
        f = f && f->type == HISTOGRAM ? f : NULL;
    }
    return f;
}

static const char *sample(struct reader *r, str line)
{
    str s = line;
    size_t n = name_len(s);
    str name = str_from_n(s.ptr, n);
    struct family *f = n ? family_of(r, name) : NULL;
    str others;
    str le;
    double value;
    if (!f || !f->typed || f->over) {
        return "a sample outside its family";
    }
    s = rest_of(s, n);
    const char *bad = labels(r, &s, &others, &le);
    if (bad) {
        return bad;
    }
    if (!s.len || s.ptr[0] != ' ' || !number(r->a, rest_of(s, 1), &value)) {
        return "no number after one space";
    }
    str series = str_from_n(line.ptr, line.len - s.len);
    for (size_t i = 0; i < r->nseries; i++) {
        if (str_eq(r->series[i], series)) {
            return "a series a second time";
        }
    }
    if (r->nseries == SERIES) {
        return "too many series";
    }
    r->series[r->nseries++] = series;
    f->samples++;
    if (f->type == COUNTER && !(value >= 0)) {
        return "a counter below zero";
    }
    return f->type == HISTOGRAM ? histogram(r, name, others, le, value) : NULL;
}

/* --- the whole ------------------------------------------------------------------------------ */

str prom_check(struct arena *a, str text)
{
    struct reader *r = arena_new(a, struct reader);
    r->a = a;
    if (!text.len || text.ptr[text.len - 1] != '\n' || !str_utf8_ok(text)) {
        return STR("not UTF-8 that ends with a line end");
    }
    int line = 0;
    for (str rest = str_from_n(text.ptr, text.len - 1); rest.ptr;) {
        str l = str_cut(rest, '\n', &rest);
        const char *bad = NULL;
        line++;
        if (str_starts(l, STR("# HELP "))) {
            bad = help_line(r, rest_of(l, 7));
        } else if (str_starts(l, STR("# TYPE "))) {
            bad = type_line(r, rest_of(l, 7));
        } else {
            bad = sample(r, l);
        }
        if (bad) {
            return str_fmt(a, "line %d: %s: %.*s", line, bad, STR_ARG(l));
        }
    }
    for (size_t i = 0; i < r->nfamilies; i++) {
        if (!r->families[i].samples) {
            return str_fmt(a, "nothing of %.*s", STR_ARG(r->families[i].name));
        }
    }
    return STR("");
}

bool prom_value(str text, str series, double *ret)
{
    struct arena a = arena_make(1 << 20);
    bool found = false;
    for (str rest = text; rest.ptr && !found;) {
        str l = str_cut(rest, '\n', &rest);
        if (str_starts(l, series) && l.len > series.len && l.ptr[series.len] == ' ') {
            found = number(&a, rest_of(l, series.len + 1), ret);
        }
    }
    arena_end(&a);
    return found;
}
