#include "base/enc.h"

#include "base/arena.h"

static const char hex_digits[] = "0123456789abcdef";
static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char b64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

str enc_hex(struct arena *a, str bytes)
{
    char *p = arena_bytes(a, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        p[2 * i] = hex_digits[c >> 4];
        p[2 * i + 1] = hex_digits[c & 15];
    }
    p[bytes.len * 2] = '\0';
    return str_from_n(p, bytes.len * 2);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool dec_hex(struct arena *a, str s, str *ret)
{
    if (s.len % 2) {
        return false;
    }
    char *p = arena_bytes(a, s.len / 2 + 1);
    for (size_t i = 0; i < s.len; i += 2) {
        int hi = nibble(s.ptr[i]);
        int lo = nibble(s.ptr[i + 1]);
        if (hi < 0 || lo < 0) {
            return false;
        }
        p[i / 2] = (char)(hi * 16 + lo);
    }
    *ret = str_from_n(p, s.len / 2);
    return true;
}

str enc_base32(struct arena *a, str bytes)
{
    char *p = arena_bytes(a, (bytes.len * 8 + 4) / 5 + 1);
    size_t n = 0;
    uint32_t v = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        v = (v << 8 | (unsigned char)bytes.ptr[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5) {
            p[n++] = b32[v >> (bits - 5) & 31];
        }
    }
    if (bits) {
        p[n++] = b32[v << (5 - bits) & 31];
    }
    p[n] = '\0';
    return str_from_n(p, n);
}

static str encode64(struct arena *a, str in, const char *digits, bool pad)
{
    char *p = arena_bytes(a, (in.len + 2) / 3 * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.len; i += 3) {
        size_t left = in.len - i;
        uint32_t v = (uint32_t)(unsigned char)in.ptr[i] << 16;
        v |= left > 1 ? (uint32_t)(unsigned char)in.ptr[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)(unsigned char)in.ptr[i + 2] : 0;
        p[n++] = digits[v >> 18];
        p[n++] = digits[v >> 12 & 63];
        if (left > 1 || pad) {
            p[n++] = left > 1 ? digits[v >> 6 & 63] : '=';
        }
        if (left > 2 || pad) {
            p[n++] = left > 2 ? digits[v & 63] : '=';
        }
    }
    p[n] = '\0';
    return str_from_n(p, n);
}

str enc_base64(struct arena *a, str bytes)
{
    return encode64(a, bytes, b64, true);
}

str enc_base64url(struct arena *a, str bytes)
{
    return encode64(a, bytes, b64url, false);
}

bool enc_same(str a, str b)
{
    if (a.len != b.len) {
        return false;
    }
    volatile unsigned char diff = 0;
    for (size_t i = 0; i < a.len; i++) {
        diff = (unsigned char)(diff | (a.ptr[i] ^ b.ptr[i]));
    }
    return diff == 0;
}
