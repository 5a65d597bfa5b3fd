#include "engine/heartbeat.h"

#include "base/arena.h"
#include "base/enc.h"

#include <sodium.h>

enum { BODY_DEFAULT_MAX = 2000 /* of a text without `max` */ };

str heartbeat_secret(struct arena *a)
{
    char raw[32];
    randombytes_buf(raw, sizeof(raw));
    return enc_base64url(a, str_from_n(raw, sizeof(raw)));
}

str heartbeat_fingerprint(struct arena *a, str secret)
{
    unsigned char h[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(h, (const unsigned char *)secret.ptr, secret.len);
    return enc_hex(a, str_from_n((const char *)h, sizeof(h)));
}

/* NULL: there are none. */
static const struct type *kept(const struct model *m, const char *key)
{
    const struct type *t = model_type(m, str_from(key));
    return t && t->newest ? t : NULL;
}

err heartbeat_find(const struct ctx *ctx, str secret, int64_t *ret)
{
    const struct type *t = kept(ctx->model, "heartbeat");
    const struct state *active = t ? tdef_state(t->newest, STR("active")) : NULL;
    struct rows r;
    *ret = 0;
    if (!active || !kept(ctx->model, "ping") || secret.len != HEARTBEAT_SECRET) {
        return err_make(ERR_NOT_FOUND, STR("heartbeat"));
    }
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select id from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where f_address = $1 and state = $2");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b),
                     ARGS(db_text(heartbeat_fingerprint(ctx->arena, secret)), db_i64(active->code)),
                     &r);
    if (!e.code && !rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("heartbeat"));
    }
    *ret = e.code ? 0 : rows_i64(&r, 0);
    return e;
}

int64_t heartbeat_body_max(const struct model *m)
{
    const struct type *t = kept(m, "ping");
    const struct field *f = t ? tdef_field(t->newest, STR("body")) : NULL;
    return !f ? 0 : f->has_max ? f->max : BODY_DEFAULT_MAX;
}
