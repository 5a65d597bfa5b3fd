/* A canonical text, as the ledger keeps it, and base64: walked without going
 * astray; what is canonical, written again from its parts, is the same bytes. */
#include "ledger/b64.h"
#include "ledger/canon.h"

#include "fuzz/fuzz.h"

static void put(struct arena *a, struct canon *c, struct canon_walk w, int depth);

static void put_one(struct arena *a, struct canon *c, str key, struct canon_value v, int depth)
{
    switch (v.kind) {
    case CANON_NULL:
        canon_null(c, key);
        break;
    case CANON_I64:
        canon_i64(c, key, v.i64);
        break;
    case CANON_STR:
        canon_str(c, key, canon_text(a, v));
        break;
    case CANON_LIST:
    case CANON_MAP:
        if (v.kind == CANON_LIST) {
            canon_list(c, key);
        } else {
            canon_map(c, key);
        }
        put(a, c, canon_walk(v.raw), depth + 1);
        canon_close(c);
        break;
    }
}

static void put(struct arena *a, struct canon *c, struct canon_walk w, int depth)
{
    str key;
    struct canon_value v;
    MUST(depth < CANON_DEPTH_MAX);
    while (canon_next(&w, &key, &v)) {
        put_one(a, c, key, v, depth);
    }
    MUST(!w.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    str text = fuzz_text(data, size);
    str key;
    str bytes;
    struct canon_value v;
    struct canon_walk w = canon_walk(text);
    for (size_t n = 0; canon_next(&w, &key, &v); n++) {
        MUST(n <= size && canon_text(a, v).len <= size);
    }
    canon_find(text, STR("at"), &v);
    if (canon_ok(text)) {
        struct canon *c = canon_make(a);
        str again;
        put(a, c, canon_walk(text), 0);
        MUST(!canon_end(c, &again).code && str_eq(again, text));
    }
    if (b64_get(a, text, &bytes)) {
        struct buf b = buf_make(a, 1u << 20);
        b64_put(&b, bytes);
        MUST(str_eq(buf_str(&b), text));
    }
    return 0;
}
