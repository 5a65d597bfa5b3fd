/* route.c - which route an address belongs to. */
#include "web/visit_int.h"

/* A segment of the path for ~ (any) or # (a number above zero). */
static bool take(struct visit *v, char kind, str have)
{
    if (kind == '~') {
        v->seg[v->nseg++] = have;
        return have.len > 0;
    }
    int64_t n = 0;
    bool number = str_to_i64(have, &n) && n > 0;
    v->num[v->nseg++] = n;
    return number;
}

/* Every request asks it of many patterns: most end at the first bytes. */
static bool matches(struct visit *v, const char *want, str path)
{
    size_t at = 0;
    v->nseg = 0;
    for (; *want; want++) {
        if (*want == '~' || *want == '#') {
            str rest;
            str have = str_cut(str_from_n(path.ptr + at, path.len - at), '/', &rest);
            if (v->nseg == VISIT_SEGMENTS || !take(v, *want, have)) {
                return false;
            }
            at += have.len;
        } else if (at == path.len || path.ptr[at++] != *want) {
            return false;
        }
    }
    return at == path.len;
}

static bool same_method(const struct visit_route *r, enum http_method method)
{
    return r->method == method || (r->method == HTTP_GET && method == HTTP_HEAD);
}

/* The first of them whose method is that, or is not. */
static const struct visit_route *first(struct visit *v, const struct routes *rs,
                                       enum http_method method, bool same)
{
    for (size_t i = 0; i < rs->len; i++) {
        const struct visit_route *r = &rs->ptr[i];
        if (same_method(r, method) == same && matches(v, r->pattern, v->x->req.path)) {
            return r;
        }
    }
    return NULL;
}

const struct visit_route *route_find(struct visit *v, const struct routes *rs,
                                     enum http_method method, bool *other_method)
{
    const struct visit_route *r = first(v, rs, method, true);
    *other_method = *other_method || (!r && first(v, rs, method, false));
    return r;
}
