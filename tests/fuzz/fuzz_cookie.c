/* A Cookie header: what comes out lies in what went in, trimmed; and the name of
 * a session is found only in the form that belongs to the connection. */
#include "http/http.h"

#include "fuzz/fuzz.h"

static bool within(str s, const uint8_t *data, size_t size)
{
    return s.len == 0 ||
           (s.ptr >= (const char *)data && s.ptr + s.len <= (const char *)data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct http_exchange x = {0};
    if (!http_parse_cookies(a, fuzz_text(data, size), &x.req.cookies)) {
        return 0;
    }
    for (size_t i = 0; i < x.req.cookies.len; i++) {
        struct http_param c = x.req.cookies.ptr[i];
        MUST(c.name.len && within(c.name, data, size) && within(c.value, data, size));
        MUST(str_eq(str_trim(c.name), c.name) && str_eq(str_trim(c.value), c.value));
        MUST(str_utf8_ok(c.name) && str_utf8_ok(c.value));
    }
    MUST(x.req.cookies.len <= 64);
    str plain = http_cookie(&x, STR("s"));
    x.req.secure = true;
    str secure = http_cookie(&x, STR("s"));
    MUST(!secure.len || str_has(fuzz_text(data, size), STR("__Host-")));
    MUST(within(plain, data, size) && within(secure, data, size));
    return 0;
}
