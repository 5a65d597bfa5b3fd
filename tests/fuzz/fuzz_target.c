/* The target of a request: a path that is decoded once, UTF-8, without control
 * characters and without a step upwards. */
#include "http/http_int.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct http_request req = {0};
    if (!http_parse_target(a, fuzz_text(data, size), &req)) {
        return 0;
    }
    MUST(str_starts(req.path, STR("/")) && str_utf8_ok(req.path) && req.path.len <= size);
    for (size_t i = 0; i < req.path.len; i++) {
        MUST((unsigned char)req.path.ptr[i] >= 0x20 && req.path.ptr[i] != 0x7f);
    }
    MUST(!str_has(req.path, STR("/../")) && !str_ends(req.path, STR("/..")));
    MUST(!str_has(req.path, STR("/./")) && !str_ends(req.path, STR("/.")));
    MUST(req.query.len <= HTTP_PARAMS_MAX);
    return 0;
}
