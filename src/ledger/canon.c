#include "ledger/canon.h"

#include "base/arena.h"
#include "base/buf.h"

enum { TEXT_MAX = 16 << 20, FIRST_ITEMS = 16 };

struct item {
    str key;
    str value; /* as it will stand in the text */
};

struct frame {
    bool list;
    str key; /* in the frame around it */
    struct item *items;
    size_t len, cap;
};

struct canon {
    struct arena *arena;
    const char *wrong; /* the first mistake */
    int depth;         /* frames[depth] is open */
    struct frame frames[CANON_DEPTH_MAX];
};

static void mistake(struct canon *c, const char *what)
{
    if (!c->wrong) {
        c->wrong = what;
    }
}

static struct frame frame_make(struct arena *a, bool list, str key)
{
    return (struct frame){
        .list = list,
        .key = key,
        .items = arena_array(a, struct item, FIRST_ITEMS),
        .cap = FIRST_ITEMS,
    };
}

struct canon *canon_make(struct arena *a)
{
    struct canon *c = arena_new(a, struct canon);
    c->arena = a;
    c->frames[0] = frame_make(a, false, NO_KEY);
    return c;
}

/* --- writing --------------------------------------------------------------------- */

static void put_escaped(struct buf *b, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
        if (shorts[i] == c) {
            buf_put_c(b, '\\');
            buf_put_c(b, shorts[i + 1]);
            return;
        }
    }
    BUF_LIT(b, "\\u00");
    buf_put_c(b, hex[(unsigned char)c >> 4]);
    buf_put_c(b, hex[(unsigned char)c & 15]);
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_string(struct buf *b, str s)
{
    buf_put_c(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (needs_escape(s.ptr[i])) {
            buf_put(b, str_from_n(s.ptr + from, i - from));
            put_escaped(b, s.ptr[i]);
            from = i + 1;
        }
    }
    if (from < s.len) {
        buf_put(b, str_from_n(s.ptr + from, s.len - from));
    }
    buf_put_c(b, '"');
}

static bool key_ok(str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (needs_escape(key.ptr[i])) {
            return false;
        }
    }
    return str_utf8_ok(key);
}

/* Takes a finished value into the open frame, objects in the order of keys. */
static void take(struct canon *c, str key, str value)
{
    struct frame *f = &c->frames[c->depth];
    if (f->len == f->cap) {
        struct item *more = arena_array(c->arena, struct item, f->cap * 2);
        memcpy(more, f->items, f->len * sizeof(*more));
        f->items = more;
        f->cap *= 2;
    }
    size_t at = f->len;
    if (!f->list) {
        if (!key_ok(key)) {
            mistake(c, "payload: a key is not UTF-8 or contains what must be escaped");
        }
        while (at > 0 && str_cmp(f->items[at - 1].key, key) > 0) {
            f->items[at] = f->items[at - 1];
            at--;
        }
        if (at > 0 && str_eq(f->items[at - 1].key, key)) {
            mistake(c, "payload: a key came twice");
        }
    }
    f->items[at] = (struct item){.key = key, .value = value};
    f->len++;
}

void canon_str(struct canon *c, str key, str value)
{
    if (!str_utf8_ok(value)) {
        mistake(c, "payload: a text is not UTF-8");
        return;
    }
    struct buf b = buf_make(c->arena, TEXT_MAX);
    put_string(&b, value);
    if (b.full) {
        mistake(c, "payload: too long");
    }
    take(c, key, buf_str(&b));
}

void canon_i64(struct canon *c, str key, int64_t value)
{
    struct buf b = buf_make(c->arena, 32);
    buf_put_i64(&b, value);
    take(c, key, buf_str(&b));
}

void canon_null(struct canon *c, str key)
{
    take(c, key, STR("null"));
}

static void open_frame(struct canon *c, bool list, str key)
{
    if (c->depth + 1 >= CANON_DEPTH_MAX) {
        mistake(c, "payload: nested too deep");
        return;
    }
    c->frames[++c->depth] = frame_make(c->arena, list, key);
}

void canon_list(struct canon *c, str key)
{
    open_frame(c, true, key);
}

void canon_map(struct canon *c, str key)
{
    open_frame(c, false, key);
}

static str frame_text(struct canon *c, const struct frame *f)
{
    struct buf b = buf_make(c->arena, TEXT_MAX);
    buf_put_c(&b, f->list ? '[' : '{');
    for (size_t i = 0; i < f->len; i++) {
        if (i) {
            buf_put_c(&b, ',');
        }
        if (!f->list) {
            put_string(&b, f->items[i].key);
            buf_put_c(&b, ':');
        }
        buf_put(&b, f->items[i].value);
    }
    buf_put_c(&b, f->list ? ']' : '}');
    if (b.full) {
        mistake(c, "payload: too long");
    }
    return buf_str(&b);
}

void canon_close(struct canon *c)
{
    if (c->depth == 0) {
        mistake(c, "payload: closed once too often");
        return;
    }
    struct frame *f = &c->frames[c->depth];
    str text = frame_text(c, f);
    c->depth--;
    take(c, f->key, text);
}

err canon_end(struct canon *c, str *ret)
{
    if (c->depth != 0) {
        mistake(c, "payload: a list or object is still open");
    }
    str text = frame_text(c, &c->frames[0]);
    if (c->wrong) {
        return err_make(ERR_VALUE, str_from(c->wrong));
    }
    *ret = text;
    return OK;
}

/* --- reading ---------------------------------------------------------------------- */

/* A place in a text; every step forward is a check. */
struct scan {
    const char *p, *end;
};

static bool scan_char(struct scan *s, char c)
{
    if (s->p < s->end && *s->p == c) {
        s->p++;
        return true;
    }
    return false;
}

static bool scan_word(struct scan *s, str word)
{
    if (!str_starts(str_from_n(s->p, (size_t)(s->end - s->p)), word)) {
        return false;
    }
    s->p += word.len;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character behind a backslash; -1 for what put_escaped never writes. */
static int scan_escape(struct scan *s)
{
    static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    if (s->p == s->end) {
        return -1;
    }
    char c = *s->p++;
    for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
        if (shorts[i + 1] == c) {
            return shorts[i];
        }
    }
    if (c != 'u' || s->end - s->p < 4 || s->p[0] != '0' || s->p[1] != '0') {
        return -1;
    }
    int high = hex_digit(s->p[2]);
    int low = hex_digit(s->p[3]);
    s->p += 4;
    int value = high * 16 + low;
    bool ok = high >= 0 && high <= 1 && low >= 0 && memchr("\b\t\n\f\r", value, 5) == NULL;
    return ok ? value : -1;
}

/* A quoted string, opening quote included; `out` may be NULL. */
static bool scan_string(struct scan *s, struct buf *out)
{
    if (!scan_char(s, '"')) {
        return false;
    }
    while (s->p < s->end && *s->p != '"') {
        int c = (unsigned char)*s->p++;
        if (c < 0x20) {
            return false;
        }
        if (c == '\\') {
            c = scan_escape(s);
            if (c < 0) {
                return false;
            }
        }
        if (out) {
            buf_put_c(out, (char)c);
        }
    }
    return scan_char(s, '"');
}

static bool scan_i64(struct scan *s, int64_t *ret)
{
    const char *from = s->p;
    while (s->p < s->end && (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))) {
        s->p++;
    }
    str digits = str_from_n(from, (size_t)(s->p - from));
    bool zero_first = digits.len > 1 && (digits.ptr[0] == '0' || str_starts(digits, STR("-0")));
    return !zero_first && str_to_i64(digits, ret);
}

static bool scan_value(struct scan *s, struct canon_value *ret, int depth);

/* The rest of an object or list, after its opening bracket. */
static bool scan_members(struct scan *s, bool list, int depth)
{
    char close = list ? ']' : '}';
    str last = {0};
    if (scan_char(s, close)) {
        return true;
    }
    do {
        if (!list) {
            const char *from = s->p;
            if (!scan_string(s, NULL)) {
                return false;
            }
            /* without its quotes, so that a prefix sorts first */
            str key = str_from_n(from + 1, (size_t)(s->p - from) - 2);
            if (memchr(key.ptr, '\\', key.len) || (last.ptr && str_cmp(last, key) >= 0) ||
                !scan_char(s, ':')) {
                return false;
            }
            last = key;
        }
        struct canon_value v;
        if (!scan_value(s, &v, depth + 1)) {
            return false;
        }
    } while (scan_char(s, ','));
    return scan_char(s, close);
}

static bool scan_kind(struct scan *s, struct canon_value *v, int depth)
{
    switch (*s->p) {
    case '"':
        v->kind = CANON_STR;
        return scan_string(s, NULL);
    case '[':
    case '{':
        v->kind = *s->p == '[' ? CANON_LIST : CANON_MAP;
        s->p++;
        return scan_members(s, v->kind == CANON_LIST, depth);
    case 'n':
        v->kind = CANON_NULL;
        return scan_word(s, STR("null"));
    default:
        v->kind = CANON_I64;
        return scan_i64(s, &v->i64);
    }
}

static bool scan_value(struct scan *s, struct canon_value *ret, int depth)
{
    struct canon_value v = {0};
    if (s->p == s->end || depth >= CANON_DEPTH_MAX) {
        return false;
    }
    const char *from = s->p;
    if (!scan_kind(s, &v, depth)) {
        return false;
    }
    v.raw = str_from_n(from, (size_t)(s->p - from));
    *ret = v;
    return true;
}

struct canon_walk canon_walk(str text)
{
    struct canon_walk w = {.rest = text};
    struct scan s = {.p = text.ptr, .end = text.ptr + text.len};
    w.list = scan_char(&s, '[');
    w.bad = !w.list && !scan_char(&s, '{');
    w.rest = str_from_n(s.p, (size_t)(s.end - s.p));
    return w;
}

/* The next member, or the closing bracket (then *end). */
static bool walk_step(struct canon_walk *w, struct scan *s, str *key, struct canon_value *ret,
                      bool *end)
{
    *end = scan_char(s, w->list ? ']' : '}');
    if (*end) {
        return s->p == s->end;
    }
    if (w->started && !scan_char(s, ',')) {
        return false;
    }
    if (!w->list) {
        const char *from = s->p;
        if (!scan_string(s, NULL)) {
            return false;
        }
        *key = str_from_n(from + 1, (size_t)(s->p - from) - 2);
        if (!scan_char(s, ':')) {
            return false;
        }
    }
    return scan_value(s, ret, 1);
}

bool canon_next(struct canon_walk *w, str *key, struct canon_value *ret)
{
    bool end = false;
    *key = NO_KEY;
    if (w->bad || w->done) {
        return false;
    }
    struct scan s = {.p = w->rest.ptr, .end = w->rest.ptr + w->rest.len};
    w->bad = !walk_step(w, &s, key, ret, &end);
    w->done = end;
    w->started = true;
    w->rest = str_from_n(s.p, (size_t)(s.end - s.p));
    return !w->bad && !end;
}

bool canon_find(str object, str key, struct canon_value *ret)
{
    struct canon_walk w = canon_walk(object);
    struct canon_value v;
    str at;
    while (!w.list && canon_next(&w, &at, &v)) {
        if (str_eq(at, key)) {
            *ret = v;
            return true;
        }
    }
    return false;
}

str canon_text(struct arena *a, struct canon_value v)
{
    struct buf b = buf_make(a, TEXT_MAX);
    struct scan s = {.p = v.raw.ptr, .end = v.raw.ptr + v.raw.len};
    if (v.kind != CANON_STR || !scan_string(&s, &b) || b.full) {
        return (str){0};
    }
    return buf_str(&b);
}

bool canon_ok(str text)
{
    struct canon_value v;
    struct scan s = {.p = text.ptr, .end = text.ptr + text.len};
    return str_utf8_ok(text) && scan_value(&s, &v, 0) && v.kind == CANON_MAP && s.p == s.end;
}
