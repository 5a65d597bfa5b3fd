#include "http/http_int.h"

#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

static const char *zt(struct arena *a, str s)
{
    char *p = arena_try(a, s.len + 1, 1, 1);
    if (!p) {
        return NULL;
    }
    if (s.len) {
        memcpy(p, s.ptr, s.len);
    }
    return p;
}

static void header(struct MHD_Response *r, struct arena *a, const char *name, str value)
{
    const char *v = zt(a, value);
    if (v) {
        MHD_add_response_header(r, name, v); /* refuses CR and LF itself */
    }
}

struct MHD_Response *http_reply(struct http_exchange_private *p)
{
    struct http_response *res = &p->x.res;
    struct arena *a = &p->x.arena;
    struct MHD_Response *r;
    if (res->file >= 0) {
        r = MHD_create_response_from_fd64((uint64_t)res->file_size, res->file);
        res->file = -1; /* closed by MHD */
    } else {
        /* The arena outlives the answer: the exchange ends in request_done. */
        r = MHD_create_response_from_buffer(res->body.len, (void *)(uintptr_t)res->body.ptr,
                                            MHD_RESPMEM_PERSISTENT);
    }
    if (!r) {
        return NULL;
    }
    if (res->type.len) {
        header(r, a, "Content-Type", res->type);
    }
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    char id[32];
    snprintf(id, sizeof(id), "%lld", (long long)p->x.req.id);
    MHD_add_response_header(r, "X-Request-Id", id);
    for (int i = 0; i < res->nheaders; i++) {
        const char *name = zt(a, res->headers[i].name);
        if (name) {
            header(r, a, name, res->headers[i].value);
        }
    }
    if (atomic_load(&p->server->draining) || atomic_load(&p->listener->retired)) {
        MHD_add_response_header(r, "Connection", "close");
    }
    return r;
}

void http_header_add(struct http_exchange *x, str name, str value)
{
    int max = (int)(sizeof(x->res.headers) / sizeof(x->res.headers[0]));
    if (x->res.nheaders < max) {
        x->res.headers[x->res.nheaders++] = (struct http_header){name, value};
    }
}

void http_cookie_set(struct http_exchange *x, str name, str value, int64_t max_age_s)
{
    bool s = x->req.secure;
    str age = max_age_s < 0 ? STR("") : str_fmt(&x->arena, "; Max-Age=%lld", (long long)max_age_s);
    http_header_add(x, STR("Set-Cookie"),
                    str_fmt(&x->arena, "%s%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%.*s",
                            s ? "__Host-" : "", STR_ARG(name), STR_ARG(value), s ? "; Secure" : "",
                            STR_ARG(age)));
}

str http_cookie(const struct http_exchange *x, str name)
{
    for (size_t i = 0; i < x->req.cookies.len; i++) {
        const struct http_param *c = &x->req.cookies.ptr[i];
        str key = c->name;
        if (x->req.secure) { /* only the prefixed form counts where it can exist */
            if (!str_starts(key, STR("__Host-"))) {
                continue;
            }
            key = str_from_n(key.ptr + 7, key.len - 7);
        }
        if (str_eq(key, name)) {
            return c->value;
        }
    }
    return STR("");
}
