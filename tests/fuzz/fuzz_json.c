/* JSON: what was read and written again reads as the same. */
#include "base/json.h"

#include "fuzz/fuzz.h"

static void put(struct json *j, const struct json_value *v)
{
    switch (v->kind) {
    case JV_NULL:
    case JV_REAL:
        json_nil(j);
        break;
    case JV_TRUE:
    case JV_FALSE:
        json_bool(j, v->kind == JV_TRUE);
        break;
    case JV_INT:
        json_i64(j, v->i64);
        break;
    case JV_TEXT:
        json_str(j, v->text);
        break;
    case JV_LIST:
        json_open(j, '[');
        for (size_t i = 0; i < v->len; i++) {
            put(j, &v->items[i]);
        }
        json_close(j, ']');
        break;
    case JV_OBJECT:
        json_open(j, '{');
        for (size_t i = 0; i < v->len; i++) {
            json_key(j, v->keys[i]);
            put(j, &v->items[i]);
        }
        json_close(j, '}');
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    const struct json_value *v = NULL;
    const struct json_value *again = NULL;
    if (!json_read(a, fuzz_text(data, size), &v).code) {
        struct json first = json_begin(a, 32u << 20);
        put(&first, v);
        str text = json_end(&first);
        err e = json_read(a, text, &again);
        MUST(!e.code || text.len > 4u << 20);
        if (!e.code) {
            struct json second = json_begin(a, 32u << 20);
            put(&second, again);
            MUST(str_eq(text, json_end(&second)));
        }
    }
    return 0;
}
