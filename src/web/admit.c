#include "web/visit_int.h"

#include <sodium.h>

bool admit_csrf(struct visit *v)
{
    enum http_method m = v->x->req.method;
    if (m == HTTP_GET || m == HTTP_HEAD || v->session.token || !v->signed_in) {
        return true;
    }
    str have = http_param(&v->x->req.form, STR("csrf"));
    if (!have.len) {
        have = http_param(&v->x->req.headers, STR("x-csrf-token"));
    }
    return have.len == v->session.csrf.len && have.len > 0 &&
           sodium_memcmp(have.ptr, v->session.csrf.ptr, have.len) == 0;
}

bool admit_scope(const struct visit *v)
{
    if (!v->session.token) {
        return true;
    }
    str want = (v->route->flags & ROUTE_WRITE) ? STR("write") : STR("read");
    for (str rest = v->session.scopes; rest.ptr;) {
        if (str_eq(str_cut(rest, ' ', &rest), want)) {
            return true;
        }
    }
    return false;
}

str admit_first(const struct visit *v)
{
    bool free = !v->signed_in || v->session.token || v->route->flags & (ROUTE_PUBLIC | ROUTE_DOOR);
    if (free) {
        return STR("");
    }
    return v->session.must_change   ? STR("/me?must=1")
           : v->session.must_second ? STR("/me/second?must=1")
                                    : STR("");
}
