/* A body of the API: the values of an act, or what is no value. */
#include "api/api_int.h"

#include "fuzz/fuzz_sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct visit v = {.ctx = fuzz_ctx(a)};
    if (size < 1) {
        return 0;
    }
    v.model = v.ctx.model;
    v.seg[0] = v.model->types[data[0] % v.model->ntypes]->key;
    struct value_in *values = NULL;
    size_t n = 0;
    err e = api_values(&v, fuzz_text(data + 1, size - 1), &values, &n);
    MUST(!e.code || e.detail.len);
    for (size_t i = 0; !e.code && i < n; i++) {
        const struct value_in *in = &values[i];
        MUST(str_utf8_ok(in->field) && str_utf8_ok(in->text));
        MUST(in->nrows <= size && in->nitems <= size);
    }
    return 0;
}
