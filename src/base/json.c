#include "base/json.h"

#include "base/arena.h"

#include <jansson.h>

enum { DEPTH_MAX = 16, VALUES_MAX = 100000, TEXT_MAX = 4 << 20 };

/* --- writing ------------------------------------------------------------------- */

struct json json_begin(struct arena *a, size_t max)
{
    return (struct json){.buf = buf_make(a, max)};
}

static void before(struct json *j)
{
    if (j->comma) {
        buf_put_c(&j->buf, ',');
    }
    j->comma = true;
}

void json_open(struct json *j, char bracket)
{
    before(j);
    buf_put_c(&j->buf, bracket);
    j->comma = false;
    j->depth++;
}

void json_close(struct json *j, char bracket)
{
    buf_put_c(&j->buf, bracket);
    j->comma = true;
    j->depth--;
}

static void put_escaped(struct buf *b, str s)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;
    buf_put_c(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            continue;
        }
        buf_put(b, str_from_n(s.ptr + from, i - from));
        from = i + 1;
        if (c == '"' || c == '\\') {
            buf_put_c(b, '\\');
            buf_put_c(b, (char)c);
        } else if (c == '\n') {
            BUF_LIT(b, "\\n");
        } else {
            char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buf_put(b, str_from_n(u, 6));
        }
    }
    if (s.len) {
        buf_put(b, str_from_n(s.ptr + from, s.len - from));
    }
    buf_put_c(b, '"');
}

static void put_text(struct buf *b, str s)
{
    put_escaped(b, str_utf8_ok(s) ? s : STR("\xef\xbf\xbd"));
}

void json_key(struct json *j, str key)
{
    before(j);
    put_text(&j->buf, key);
    buf_put_c(&j->buf, ':');
    j->comma = false;
}

void json_str(struct json *j, str s)
{
    before(j);
    put_text(&j->buf, s);
}

void json_i64(struct json *j, int64_t v)
{
    before(j);
    buf_put_i64(&j->buf, v);
}

void json_bool(struct json *j, bool v)
{
    before(j);
    buf_put(&j->buf, v ? STR("true") : STR("false"));
}

void json_nil(struct json *j)
{
    before(j);
    BUF_LIT(&j->buf, "null");
}

void json_raw(struct json *j, str json)
{
    before(j);
    buf_put(&j->buf, json);
}

str json_end(struct json *j)
{
    return j->buf.full || j->depth != 0 ? STR("") : buf_str(&j->buf);
}

/* --- reading ---------------------------------------------------------------------- */

static void free_json(void *p)
{
    json_decref(*(json_t **)p);
}

struct walk {
    struct arena *a;
    size_t values;
    bool too_many;
};

static struct json_value copy(struct walk *w, const json_t *v, int depth);

static void copy_list(struct walk *w, const json_t *v, int depth, struct json_value *ret)
{
    ret->kind = JV_LIST;
    ret->len = json_array_size(v);
    struct json_value *items = arena_array(w->a, struct json_value, ret->len + 1);
    for (size_t i = 0; i < ret->len; i++) {
        items[i] = copy(w, json_array_get(v, i), depth + 1);
    }
    ret->items = items;
}

static void copy_object(struct walk *w, json_t *v, int depth, struct json_value *ret)
{
    ret->kind = JV_OBJECT;
    size_t n = json_object_size(v);
    struct json_value *items = arena_array(w->a, struct json_value, n + 1);
    str *keys = arena_array(w->a, str, n + 1);
    for (void *it = json_object_iter(v); it; it = json_object_iter_next(v, it)) {
        keys[ret->len] = str_copy(w->a, str_from(json_object_iter_key(it)));
        items[ret->len] = copy(w, json_object_iter_value(it), depth + 1);
        ret->len++;
    }
    ret->keys = keys;
    ret->items = items;
}

static struct json_value copy(struct walk *w, const json_t *v, int depth)
{
    struct json_value r = {.kind = JV_NULL};
    if (depth > DEPTH_MAX || ++w->values > VALUES_MAX) {
        w->too_many = true;
        return r;
    }
    if (json_is_object(v)) {
        copy_object(w, (json_t *)(uintptr_t)v, depth, &r);
    } else if (json_is_array(v)) {
        copy_list(w, v, depth, &r);
    } else if (json_is_string(v)) {
        r.kind = JV_TEXT;
        r.text = str_copy(w->a, str_from_n(json_string_value(v), json_string_length(v)));
    } else if (json_is_integer(v)) {
        r.kind = JV_INT;
        r.i64 = json_integer_value(v);
    } else if (json_is_real(v)) {
        r.kind = JV_REAL;
        r.real = json_real_value(v);
    } else if (json_is_boolean(v)) {
        r.kind = json_is_true(v) ? JV_TRUE : JV_FALSE;
    }
    return r;
}

err json_read(struct arena *a, str text, const struct json_value **ret)
{
    if (text.len > TEXT_MAX) {
        return err_make(ERR_TOO_LARGE, STR("JSON over 4 MB"));
    }
    json_error_t e;
    json_t **held = arena_new(a, json_t *);
    arena_defer(a, free_json, held); /* registered before there is anything to lose */
    json_t *v = *held = json_loadb(text.ptr ? text.ptr : "", text.len,
                                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (!v) {
        return err_make(ERR_INVALID, str_fmt(a, "%d:%d: %s", e.line, e.column, e.text));
    }
    struct walk w = {.a = a};
    struct json_value *root = arena_new(a, struct json_value);
    *root = copy(&w, v, 0);
    if (w.too_many) {
        return err_make(ERR_INVALID, STR("JSON too deep or too many values"));
    }
    *ret = root;
    return OK;
}

const struct json_value *json_get(const struct json_value *v, str key)
{
    for (size_t i = 0; v && v->kind == JV_OBJECT && i < v->len; i++) {
        if (str_eq(v->keys[i], key)) {
            return &v->items[i];
        }
    }
    return NULL;
}

str json_str_of(const struct json_value *v)
{
    return v && v->kind == JV_TEXT ? v->text : STR("");
}

int64_t json_i64_of(const struct json_value *v, int64_t or_else)
{
    return v && v->kind == JV_INT ? v->i64 : or_else;
}

bool json_bool_of(const struct json_value *v)
{
    return v && v->kind == JV_TRUE;
}
