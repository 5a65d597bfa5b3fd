/* route.c - which route an address belongs to. */
#include "web/visit_int.h"

/* One segment of a pattern against one of the path. */
static bool segment(struct visit *v, str want, str have)
{
    if (str_eq(want, STR("~"))) {
        if (!have.len) {
            return false;
        }
        v->seg[v->nseg++] = have;
        return true;
    }
    if (str_eq(want, STR("#"))) {
        int64_t n;
        if (!str_to_i64(have, &n) || n <= 0) {
            return false;
        }
        v->num[v->nseg++] = n;
        return true;
    }
    return str_eq(want, have);
}

static bool matches(struct visit *v, const char *pattern, str path)
{
    v->nseg = 0;
    str want = str_from(pattern);
    str have = path;
    while (want.ptr && have.ptr) {
        str w = str_cut(want, '/', &want);
        str h = str_cut(have, '/', &have);
        if (v->nseg >= 6 || !segment(v, w, h)) {
            return false;
        }
    }
    return !want.ptr && !have.ptr;
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
