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

bool b64_get_n(str text, unsigned char *out, size_t n)
{
    size_t got = 0;
    if (text.len != (n + 2) / 3 * 4) {
        return false;
    }
    return sodium_base642bin(out, n, text.ptr, text.len, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == n;
}

bool b64_get(struct arena *a, str text, str *ret)
{
    if (text.len % 4 != 0) {
        return false;
    }
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=') {
        pad++;
    }
    size_t n = text.len / 4 * 3 - pad;
    char *out = arena_bytes(a, n + 1);
    if (!b64_get_n(text, (unsigned char *)out, n)) {
        return false;
    }
    *ret = (str){.ptr = out, .len = n};
    return true;
}
