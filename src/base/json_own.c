#include "base/arena.h"
#include "base/json.h"

#include <string.h>

/* Reads what json.c's writer writes: no white space, whole numbers, texts
 * without escapes.  At anything else it gives up, and json_read decides. */

enum { DEPTH_MAX = 16 };

struct own {
    struct arena *a;
    const char *p, *end;
    struct json_value *stack; /* values of open lists and objects */
    str *keys;
    size_t n;
};

static bool value(struct own *o, int depth, struct json_value *ret);

static bool take(struct own *o, char c)
{
    if (o->p < o->end && *o->p == c) {
        o->p++;
        return true;
    }
    return false;
}

static bool text(struct own *o, str *ret)
{
    if (!take(o, '"')) {
        return false;
    }
    const char *from = o->p;
    while (o->p < o->end && *o->p != '"' && *o->p != '\\') {
        o->p++;
    }
    *ret = str_from_n(from, (size_t)(o->p - from));
    return take(o, '"');
}

static bool whole(struct own *o, int64_t *ret)
{
    const char *from = o->p;
    o->p += *o->p == '-';
    while (o->p < o->end && *o->p >= '0' && *o->p <= '9') {
        o->p++;
    }
    bool real = o->p < o->end && (*o->p == '.' || *o->p == 'e' || *o->p == 'E');
    return !real && str_to_i64(str_from_n(from, (size_t)(o->p - from)), ret);
}

static bool word(struct own *o, str w)
{
    if ((size_t)(o->end - o->p) < w.len || memcmp(o->p, w.ptr, w.len) != 0) {
        return false;
    }
    o->p += w.len;
    return true;
}

static bool same_key(const struct own *o, size_t base, str key)
{
    for (size_t i = base; i < o->n; i++) {
        if (str_eq(o->keys[i], key)) {
            return true;
        }
    }
    return false;
}

static bool inside(struct own *o, int depth, bool object, struct json_value *ret)
{
    char close = object ? '}' : ']';
    size_t base = o->n;
    while (!take(o, close)) {
        struct json_value v;
        str key = STR("");
        if (o->n > base && !take(o, ',')) {
            return false;
        }
        if (object && (!text(o, &key) || !take(o, ':') || same_key(o, base, key))) {
            return false;
        }
        if (!value(o, depth + 1, &v)) {
            return false;
        }
        o->keys[o->n] = key;
        o->stack[o->n++] = v;
    }
    *ret = (struct json_value){.kind = object ? JV_OBJECT : JV_LIST, .len = o->n - base};
    struct json_value *items = arena_array(o->a, struct json_value, ret->len + 1);
    memcpy(items, o->stack + base, ret->len * sizeof(*items));
    ret->items = items;
    if (object) {
        str *keys = arena_array(o->a, str, ret->len + 1);
        memcpy(keys, o->keys + base, ret->len * sizeof(*keys));
        ret->keys = keys;
    }
    o->n = base;
    return true;
}

static bool value(struct own *o, int depth, struct json_value *ret)
{
    *ret = (struct json_value){.kind = JV_NULL};
    if (o->p == o->end || depth > DEPTH_MAX) {
        return false;
    }
    if (*o->p == '"') {
        ret->kind = JV_TEXT;
        return text(o, &ret->text);
    }
    if (*o->p == '-' || (*o->p >= '0' && *o->p <= '9')) {
        ret->kind = JV_INT;
        return whole(o, &ret->i64);
    }
    if (take(o, '[')) {
        return inside(o, depth, false, ret);
    }
    if (take(o, '{')) {
        return inside(o, depth, true, ret);
    }
    if (word(o, STR("true"))) {
        ret->kind = JV_TRUE;
        return true;
    }
    if (word(o, STR("false"))) {
        ret->kind = JV_FALSE;
        return true;
    }
    return word(o, STR("null"));
}

err json_read_own(struct arena *a, str text_, const struct json_value **ret)
{
    size_t most = 1; /* values: one more than commas and brackets */
    for (size_t i = 0; i < text_.len; i++) {
        most += text_.ptr[i] == ',' || text_.ptr[i] == '[' || text_.ptr[i] == '{';
    }
    struct own o = {.a = a,
                    .p = text_.ptr,
                    .end = text_.ptr + text_.len,
                    .stack = arena_array(a, struct json_value, most),
                    .keys = arena_array(a, str, most)};
    struct json_value *root = arena_new(a, struct json_value);
    if (text_.len && value(&o, 0, root) && o.p == o.end) {
        *ret = root;
        return OK;
    }
    return json_read(a, text_, ret);
}
