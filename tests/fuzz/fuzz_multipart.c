/* A multipart body after its Content-Type on the first line: what comes out lies
 * in what went in, and no file name holds a folder. */
#include "http/http.h"

#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    str body;
    str type = str_cut(fuzz_text(data, size), '\n', &body);
    struct http_params p;
    struct http_files f;
    if (http_parse_multipart(a, type, body, &p, &f)) {
        size_t total = 0;
        for (size_t i = 0; i < p.len; i++) {
            total += p.ptr[i].value.len;
            MUST(str_utf8_ok(p.ptr[i].name) && str_utf8_ok(p.ptr[i].value));
        }
        for (size_t i = 0; i < f.len; i++) {
            total += f.ptr[i].bytes.len;
            str name = f.ptr[i].filename;
            MUST(!name.len || !memchr(name.ptr, '/', name.len));
            MUST(!name.len || !memchr(name.ptr, '\\', name.len));
        }
        MUST(p.len <= HTTP_PARAMS_MAX && f.len <= HTTP_FILES_MAX && total <= size);
    }
    return 0;
}
