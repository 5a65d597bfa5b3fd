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

const struct visit_route *route_find(struct visit *v, const struct routes *rs,
                                     enum http_method method, bool *other_method)
{
    for (size_t i = 0; i < rs->len; i++) {
        const struct visit_route *r = &rs->ptr[i];
        bool same = r->method == method || (r->method == HTTP_GET && method == HTTP_HEAD);
        if (!same && *other_method) {
            continue;
        }
        if (matches(v, r->pattern, v->x->req.path)) {
            if (same) {
                return r;
            }
            *other_method = true;
        }
    }
    return NULL;
}
