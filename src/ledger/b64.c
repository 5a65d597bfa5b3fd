#include "ledger/b64.h"

#include "base/arena.h"

#include <sodium.h>

void b64_put(struct buf *b, str bytes)
{
    /* in pieces of a multiple of three, so that only the last is padded */
    char piece[4 * 192 + 1];
    for (size_t at = 0; at < bytes.len; at += 576) {
        size_t n = bytes.len - at < 576 ? bytes.len - at : 576;
        sodium_bin2base64(piece, sizeof(piece), (const unsigned char *)bytes.ptr + at, n,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_put(b, str_from(piece));
    }
}

/* libsodium 1.0.18 takes bytes above 127 for '/'. */
static bool ascii(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] > 127) {
            return false;
        }
    }
    return true;
}

bool b64_get_most(str text, unsigned char *out, size_t cap, size_t *ret_len)
{
    return text.len % 4 == 0 && ascii(text) &&
           sodium_base642bin(out, cap, text.ptr, text.len, NULL, ret_len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0;
}

bool b64_get_n(str text, unsigned char *out, size_t n)
{
    size_t got = 0;
    return text.len == (n + 2) / 3 * 4 && b64_get_most(text, out, n, &got) && got == n;
}

bool b64_get(struct arena *a, str text, str *ret)
{
    size_t got = 0;
    size_t cap = text.len / 4 * 3;
    char *out = arena_bytes(a, cap + 1);
    if (!b64_get_most(text, (unsigned char *)out, cap, &got)) {
        return false;
    }
    *ret = str_from_n(out, got);
    return true;
}
