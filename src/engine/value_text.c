/* value_text.c - texts as values: characters, length, pattern, and the forms of
 * addresses. */
#include "base/arena.h"
#include "engine/value_int.h"

#include <arpa/inet.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { TEXT_DEFAULT_MAX = 2000, MARKDOWN_DEFAULT_MAX = 20000, PATTERN_LIMIT = 100000 };

static bool pattern_ok(str pattern, str text)
{
    int code = 0;
    PCRE2_SIZE off = 0;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &off, NULL);
    if (!re) {
        return false;
    }
    pcre2_match_context *mc = pcre2_match_context_create(NULL);
    pcre2_match_data *md = pcre2_match_data_create_from_pattern(re, NULL);
    bool ok = false;
    if (mc && md) {
        pcre2_set_match_limit(mc, PATTERN_LIMIT);
        pcre2_set_depth_limit(mc, 1000);
        ok = pcre2_match(re, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, 0, md, mc) >= 0;
    }
    pcre2_match_data_free(md);
    pcre2_match_context_free(mc);
    pcre2_code_free(re);
    return ok;
}

static bool text_clean(str s, bool lines)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool space = c == '\t' || (lines && (c == '\n' || c == '\r'));
        if ((c < 0x20 && !space) || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool read_text(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                      struct words *why)
{
    bool markdown = f->type == F_MARKDOWN;
    int64_t max = f->has_max ? f->max : markdown ? MARKDOWN_DEFAULT_MAX : TEXT_DEFAULT_MAX;
    if (!str_utf8_ok(s) || !text_clean(s, true)) {
        *why = WORDS("含有无法识别的字符", "holds characters that cannot be read");
        return false;
    }
    int64_t n = (int64_t)str_utf8_len(s);
    if (n > max) {
        *why = words_fmt(ctx->arena, "不能超过 %lld 个字符",
                         "must not be longer than %lld characters", (long long)max);
        return false;
    }
    if (f->has_min && n < f->min) {
        *why = words_fmt(ctx->arena, "至少 %lld 个字符", "must have at least %lld characters",
                         (long long)f->min);
        return false;
    }
    if (f->pattern.len && !pattern_ok(f->pattern, s)) {
        *why = words_fmt(ctx->arena, "格式不符（应为 %.*s）", "does not have the form %.*s",
                         STR_ARG(f->pattern));
        return false;
    }
    ret->text = s;
    return true;
}

static bool url_ok(str s)
{
    return (str_starts(s, STR("https://")) || str_starts(s, STR("http://"))) && s.len <= 2000 &&
           !str_has(s, STR(" ")) && !str_has(s, STR("\""));
}

/* An address of version 4 or 6, with or without the length of its prefix. */
static bool ip_ok(str s)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    int64_t bits = 0;
    str length;
    str address = str_cut(s, '/', &length);
    if (!address.len || address.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, address.ptr, address.len);
    text[address.len] = '\0';
    bool v4 = inet_pton(AF_INET, text, bytes) == 1;
    bool v6 = !v4 && inet_pton(AF_INET6, text, bytes) == 1;
    bool prefix =
        !length.ptr || (str_to_i64(length, &bits) && bits >= 0 && bits <= (v4 ? 32 : 128));
    return (v4 || v6) && prefix;
}

static bool hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool mac_ok(str s)
{
    if (s.len != 17) {
        return false;
    }
    for (size_t i = 0; i < 17; i++) {
        char c = s.ptr[i];
        if (i % 3 == 2 ? c != ':' && c != '-' : !hex(c)) {
            return false;
        }
    }
    return true;
}

void value_text(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                struct words *why)
{
    if (f->type == F_URL && !url_ok(s)) {
        *why = WORDS("应为网址，以 https:// 开头", "must be an address that begins with https://");
    } else if (f->type == F_IP && !ip_ok(s)) {
        *why = WORDS("应为 IP 地址，如 192.168.1.20", "must be an IP address such as 192.168.1.20");
    } else if (f->type == F_MAC && !mac_ok(s)) {
        *why = WORDS("应为 MAC 地址，如 00:1A:2B:3C:4D:5E",
                     "must be a MAC address such as 00:1A:2B:3C:4D:5E");
    } else {
        (void)read_text(ctx, f, s, ret, why);
    }
}
