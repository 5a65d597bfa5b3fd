/* The reader of our own JSON: where it reads a text itself, it reads what the
 * strict reader reads. */
#include "base/json.h"

#include "fuzz/fuzz.h"

static bool same(const struct json_value *x, const struct json_value *y)
{
    if (x->kind != y->kind || x->i64 != y->i64 || x->len != y->len || !str_eq(x->text, y->text)) {
        return false;
    }
    for (size_t i = 0; i < x->len; i++) {
        bool key = x->kind != JV_OBJECT || str_eq(x->keys[i], y->keys[i]);
        if (!key || !same(&x->items[i], &y->items[i])) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    const struct json_value *own = NULL;
    const struct json_value *strict = NULL;
    err e = json_read_own(a, fuzz_text(data, size), &own);
    err s = json_read(a, fuzz_text(data, size), &strict);
    MUST(s.code || (!e.code && same(own, strict)));
    return 0;
}
