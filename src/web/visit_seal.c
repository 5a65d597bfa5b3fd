#include "base/enc.h"

#include "web/visit.h"

#include <sodium.h>

static str seal_of(struct visit *v, str text)
{
    unsigned char mac[crypto_auth_BYTES];
    str all = str_fmt(v->ctx.arena, "%lld %.*s", (long long)v->session.person, STR_ARG(text));
    crypto_auth(mac, (const unsigned char *)all.ptr, all.len, v->app->secret);
    return enc_hex(v->ctx.arena, str_from_n((const char *)mac, sizeof(mac)));
}

str visit_seal(struct visit *v, str text)
{
    return str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(seal_of(v, text)), STR_ARG(text));
}

bool visit_unseal(struct visit *v, str sealed, str *ret)
{
    str text;
    str mac = str_cut(sealed, ' ', &text);
    if (!text.ptr) {
        return false;
    }
    str want = seal_of(v, text);
    *ret = text;
    return mac.len == want.len && sodium_memcmp(mac.ptr, want.ptr, want.len) == 0;
}
