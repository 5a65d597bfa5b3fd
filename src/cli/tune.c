#include "cli/tune.h"

#include "cli/watch.h"

enum { PEM_MAX = 256 << 10 };

static err read_pem(struct cli *c, str file, str *ret)
{
    FILE *f = file.len ? fopen(cli_path(c, file).ptr, "re") : NULL;
    if (!f) {
        return err_make(ERR_NOT_FOUND, str_fmt(c->arena, "%.*s cannot be read", STR_ARG(file)));
    }
    struct arena side = arena_make(PEM_MAX + (4 << 10)); /* it is read again at each reload */
    char *p = arena_bytes(&side, PEM_MAX);
    size_t n = fread(p, 1, PEM_MAX, f);
    fclose(f);
    if (n < PEM_MAX) {
        *ret = str_copy(c->arena, str_from_n(p, n));
    }
    arena_end(&side);
    return n < PEM_MAX
               ? OK
               : err_make(ERR_TOO_LARGE, str_fmt(c->arena, "%.*s is too large", STR_ARG(file)));
}

static struct http_params addresses(struct arena *a, str list)
{
    size_t n = 1;
    for (size_t i = 0; i < list.len; i++) {
        n += list.ptr[i] == ',';
    }
    struct http_param *to = arena_array(a, struct http_param, n);
    size_t at = 0;
    for (str rest = list; rest.ptr && rest.len;) {
        str one = str_trim(str_cut(rest, ',', &rest));
        if (one.len) {
            to[at++].name = str_copy(a, one);
        }
    }
    return (struct http_params){to, at};
}

static err read_certificate(struct cli *c, const struct config *k, struct tuning *t)
{
    if (!k->tls_cert.len && !k->tls_key.len) {
        return OK;
    }
    err e = read_pem(c, k->tls_cert, &t->cert);
    if (!e.code) {
        e = read_pem(c, k->tls_key, &t->key);
    }
    if (!e.code && watch_certificate_end(t->cert, &t->cert_until).code) {
        e = err_make(ERR_INVALID,
                     str_fmt(c->arena, "%.*s holds no certificate (PEM)", STR_ARG(k->tls_cert)));
    }
    return e;
}

err tune_read(struct cli *c, const struct config *k, struct tuning **ret)
{
    struct tuning *t = arena_new(c->arena, struct tuning);
    t->limits = (struct http_limits){.deadline_s = k->request_seconds,
                                     .per_address = k->connections_per_address,
                                     .proxies = addresses(c->arena, k->proxies),
                                     .slow_us = (int64_t)k->slow_request_ms * 1000,
                                     .log_all = k->log_requests};
    t->probes = (struct probe_rights){.addresses = addresses(c->arena, k->monitors),
                                      .token = k->monitor_token};
    err e = read_certificate(c, k, t);
    if (!e.code) {
        *ret = t;
    }
    return e;
}

void tune_log(const struct config *k)
{
    log_set((struct log_settings){.least = k->log_level,
                                  .slow_statement_us = (int64_t)k->slow_statement_ms * 1000});
}
