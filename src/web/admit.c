#include "engine/reading.h"
#include "people/security.h"

#include "web/visit_int.h"

#include <sodium.h>

bool admit_csrf(struct visit *v)
{
    enum http_method m = v->x->req.method;
    bool door = (v->route->flags & ROUTE_PUBLIC) != 0; /* looks at the origin itself */
    if (m == HTTP_GET || m == HTTP_HEAD || v->session.token || !v->signed_in || door) {
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

err admit_reading(const struct visit *v)
{
    enum http_method m = v->x->req.method;
    bool free = (v->route->flags & (ROUTE_PUBLIC | ROUTE_DOOR | ROUTE_READER)) != 0;
    return !v->ctx.reading.on || m == HTTP_GET || m == HTTP_HEAD || free ? OK
                                                                         : reading_refused(&v->ctx);
}

static uint64_t asker(const struct visit *v)
{
    return !v->signed_in      ? rate_address(v->x->req.peer)
           : v->session.token ? rate_token(v->session.id)
                              : rate_person(v->session.person);
}

err admit_rate(struct visit *v)
{
    unsigned kind = v->route->flags >> ROUTE_RATE;
    if ((v->route->flags & ROUTE_UPLOAD) && v->x->req.files.len) {
        kind = RATE_UPLOAD;
    }
    if (!kind || !v->app->rates) {
        return OK;
    }
    uint64_t who = kind == RATE_SIGN_IN ? rate_address(v->x->req.peer) : asker(v);
    int wait_s = rate_take(v->app->rates, (enum rate)kind, who, v->x->now);
    if (wait_s) {
        http_header_add(v->x, STR("Retry-After"), str_fmt(v->ctx.arena, "%d", wait_s));
        return err_make(ERR_LIMIT, STR("rate"));
    }
    return OK;
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

/* --- the security log ------------------------------------------------------------------- */

/* Only what somebody tried and may not; a page that is not there is none. */
void admit_refused(struct visit *v, err e)
{
    bool bearer = v->route && (v->route->flags & ROUTE_API) && v->token.len && !v->signed_in &&
                  http_param(&v->x->req.headers, STR("authorization")).len;
    if (v->refusal) {
        return;
    }
    switch ((int)e.code) {
    case ERR_DENIED:
        v->refusal = v->route && v->signed_in && !admit_scope(v) ? SECURITY_SCOPE : SECURITY_DENIED;
        break;
    case ERR_SIGNIN:
        v->refusal = bearer ? SECURITY_TOKEN : SECURITY_NONE;
        break;
    case ERR_INVALID:
        v->refusal = v->route && !admit_csrf(v) ? SECURITY_FORGED : SECURITY_NONE;
        break;
    case ERR_LIMIT:
        v->refusal = SECURITY_FAST;
        break;
    default:
        break;
    }
}

/* What a rule or the lack of a right stopped; not what was filled in wrongly. */
void admit_act_refused(struct visit *v)
{
    enum err_code code = v->act.result.code;
    if (code == ERR_DENIED || code == ERR_RULE) {
        v->refusal = SECURITY_ACT;
    }
}

str visit_told_path(const struct visit *v)
{
    bool secret = v->route && (v->route->flags & ROUTE_PASS);
    return secret ? str_from(v->route->pattern) : v->x->req.path;
}

void admit_note(struct visit *v)
{
    if (v->refusal && v->app->people) {
        security_note(v->app->people, v->x->now,
                      &(struct security_event){.kind = (enum security_kind)v->refusal,
                                               .person = v->session.person,
                                               .peer = v->x->req.peer,
                                               .detail = visit_told_path(v)});
        v->refusal = 0;
    }
}
