#include "people/totp.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/enc.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdlib.h>

void totp_code(str key, int64_t step, char ret[TOTP_DIGITS + 1])
{
    unsigned char counter[8];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    uint64_t s = (uint64_t)step;
    for (int i = 7; i >= 0; i--, s >>= 8) {
        counter[i] = (unsigned char)s;
    }
    if (!HMAC(EVP_sha1(), key.ptr, (int)key.len, counter, sizeof(counter), mac, &len)) {
        abort(); /* libcrypto without SHA-1 */
    }
    unsigned at = mac[len - 1] & 15u; /* RFC 4226, 5.3 */
    uint32_t n = (uint32_t)(mac[at] & 0x7fu) << 24 | (uint32_t)mac[at + 1] << 16 |
                 (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    ret[TOTP_DIGITS] = '\0';
    for (int i = TOTP_DIGITS - 1; i >= 0; i--, n /= 10) {
        ret[i] = (char)('0' + n % 10);
    }
}

bool totp_match(str key, int64_t now, int64_t last, str code, int64_t *ret_step)
{
    if (code.len != TOTP_DIGITS || now < 0) {
        return false;
    }
    int64_t here = now / TOTP_STEP_MS;
    bool right = false;
    for (int64_t step = here - TOTP_WINDOW; step <= here + TOTP_WINDOW; step++) {
        char want[TOTP_DIGITS + 1];
        totp_code(key, step, want);
        if (sodium_memcmp(want, code.ptr, TOTP_DIGITS) == 0 && step > last) {
            right = true;
            *ret_step = step;
        }
    }
    return right;
}

str totp_typed(struct arena *a, str key)
{
    return enc_base32(a, key);
}

static void put_part(struct buf *b, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_';
        if (plain) {
            buf_put_c(b, (char)c);
        } else {
            char e[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_put(b, str_from_n(e, sizeof(e)));
        }
    }
}

str totp_uri(struct arena *a, str key, str issuer, str login)
{
    struct buf b = buf_make(a, 2000);
    BUF_LIT(&b, "otpauth://totp/");
    put_part(&b, issuer);
    BUF_LIT(&b, ":");
    put_part(&b, login);
    BUF_LIT(&b, "?secret=");
    buf_put(&b, totp_typed(a, key));
    BUF_LIT(&b, "&issuer=");
    put_part(&b, issuer);
    return buf_str(&b);
}
