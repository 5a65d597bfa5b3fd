#include "base/arena.h"
#include "base/json.h"

#include <string.h>

/* Reads what json.c's writer writes: no white space, whole numbers, texts
 * without escapes.  At anything else it gives up, and json_read decides. */

enum { DEPTH_MAX = 16, STACK_FIRST = 32 };

struct own {
    struct arena *a;
    const char *p, *end;
    struct json_value *stack; /* values of open lists and objects */
    str *keys;
    size_t n, cap;
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
    const char *end = memchr(o->p, '"', (size_t)(o->end - o->p));
    size_t n = end ? (size_t)(end - o->p) : 0;
    if (!end || memchr(o->p, '\\', n)) {
        return false;
    }
    *ret = str_from_n(o->p, n);
    o->p = end + 1;
    return true;
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

static void push(struct own *o, str key, const struct json_value *v)
{
    if (o->n == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : STACK_FIRST;
        struct json_value *stack =
            arena_unset(o->a, cap, sizeof(*stack), alignof(struct json_value));
        str *keys = arena_unset(o->a, cap, sizeof(*keys), alignof(str));
        if (o->n) {
            memcpy(stack, o->stack, o->n * sizeof(*stack));
            memcpy(keys, o->keys, o->n * sizeof(*keys));
        }
        o->stack = stack;
        o->keys = keys;
        o->cap = cap;
    }
    o->keys[o->n] = key;
    o->stack[o->n++] = *v;
}

/* The values from `base` on leave the stack. */
static void take_off(struct own *o, size_t base, bool object, struct json_value *ret)
{
    size_t n = o->n - base;
    *ret = (struct json_value){.kind = object ? JV_OBJECT : JV_LIST, .len = n};
    o->n = base;
    if (!n) {
        return;
    }
    struct json_value *items = arena_unset(o->a, n, sizeof(*items), alignof(struct json_value));
    memcpy(items, o->stack + base, n * sizeof(*items));
    ret->items = items;
    if (object) {
        str *keys = arena_unset(o->a, n, sizeof(*keys), alignof(str));
        memcpy(keys, o->keys + base, n * sizeof(*keys));
        ret->keys = keys;
    }
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
        push(o, key, &v);
    }
    take_off(o, base, object, ret);
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
    struct own o = {.a = a, .p = text_.ptr, .end = text_.ptr + text_.len};
    struct json_value *root = arena_new(a, struct json_value);
    if (text_.len && value(&o, 0, root) && o.p == o.end) {
        *ret = root;
        return OK;
    }
    return json_read(a, text_, ret);
}
