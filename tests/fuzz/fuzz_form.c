/* A urlencoded form: decoding only shrinks, names and values are UTF-8. */
#include "http/http.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct http_params p;
    if (http_parse_form(a, fuzz_text(data, size), &p)) {
        size_t total = 0;
        for (size_t i = 0; i < p.len; i++) {
            total += p.ptr[i].name.len + p.ptr[i].value.len;
            MUST(str_utf8_ok(p.ptr[i].name) && str_utf8_ok(p.ptr[i].value));
        }
        MUST(p.len <= HTTP_PARAMS_MAX && total <= size);
    }
    return 0;
}
