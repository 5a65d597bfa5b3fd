#include "model/yaml.h"

#include "base/arena.h"

#include <yaml.h>

/* libyaml's events are read one by one with a stack of our own: its document
 * interface would hide anchors and resolve aliases. */

struct open_node {
    enum ykind kind;
    struct pos pos;
    struct pos key_pos;
    str key;
    bool has_key;
    struct item *first, *last;
    size_t len;
};
struct item { /* one entry of a map or list being read */
    struct item *next;
    str key;
    struct pos key_pos;
    const struct ynode *value;
};

/* What libyaml owns, freed at the end of the parse or with the arena. */
struct handle {
    yaml_parser_t parser;
    yaml_event_t event;
    bool open, event_open;
};

struct reader {
    struct arena *a;
    struct diags *d;
    str file;
    struct handle *h;
    struct open_node stack[YAML_DEPTH_MAX];
    size_t depth, nodes;
    const struct ynode *root;
    bool failed; /* no tree will be given */
    bool stop;   /* the stack no longer fits what follows */
    bool done;
};

static void handle_close(void *arg)
{
    struct handle *h = arg;
    if (h->event_open) {
        yaml_event_delete(&h->event);
        h->event_open = false;
    }
    if (h->open) {
        yaml_parser_delete(&h->parser);
        h->open = false;
    }
}

static struct pos place(const struct reader *r, yaml_mark_t m)
{
    return (struct pos){.file = r->file, .line = (int)m.line + 1, .col = (int)m.column + 1};
}

/* The commonest mistakes, in words that say what to do. */
static void report_syntax(struct reader *r)
{
    static const struct {
        const char *problem, *zh, *en;
    } known[] = {
        {"mapping values are not allowed in this context",
         "这里不能再出现“键: 值”；含“: ”的表达式或文字要加引号",
         "a second \"key: value\" cannot stand here; quote an expression or text that holds \": "
         "\""},
        {"did not find expected ',' or '}'", "花括号内缺少逗号或“}”；含逗号的表达式要加引号",
         "a comma or \"}\" is missing; quote an expression that holds a comma"},
        {"did not find expected ',' or ']'", "方括号内缺少逗号或“]”；含逗号的表达式要加引号",
         "a comma or \"]\" is missing; quote an expression that holds a comma"},
        {"did not find expected key", "缩进有误，或少了一个键",
         "wrong indentation, or a key is missing"},
        {"found unexpected end of stream", "引号没有结束", "a quotation mark is not closed"},
        {"could not find expected ':'", "键后面缺少冒号", "a colon is missing after the key"},
        {"found character that cannot start any token", "值不能以这个字符开头；请加引号",
         "a value cannot begin with this character; quote it"},
        {"did not find expected node content", "这里缺少内容；以符号开头的表达式要加引号",
         "content is missing here; quote an expression that begins with a sign"},
        {"block sequence entries are not allowed in this context", "这里不能出现列表项“- ”",
         "a list entry \"- \" cannot stand here"},
    };
    const yaml_parser_t *p = &r->h->parser;
    struct pos at = place(r, p->problem_mark);
    const char *problem = p->problem ? p->problem : "?";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(problem, known[i].problem) == 0) {
            diag_error(r->d, at, "%.0s%s", "%s%.0s", known[i].en, known[i].zh);
            return;
        }
    }
    diag_error(r->d, at, "不是合法的 YAML：%s", "not valid YAML: %s", problem);
}

static void fail(struct reader *r, struct pos at, const char *zh, const char *en)
{
    diag_error(r->d, at, "%.0s%s", "%s%.0s", en, zh);
    r->failed = true;
    r->stop = true;
}

/* Places a finished node into what is open, or makes it the root. */
static void place_node(struct reader *r, const struct ynode *n)
{
    if (r->depth == 0) {
        r->root = n;
        return;
    }
    struct open_node *o = &r->stack[r->depth - 1];
    if (o->kind == Y_MAP && !o->has_key) {
        if (n->kind != Y_TEXT) {
            fail(r, n->pos, "键只能是文字；以括号开头的表达式要加引号",
                 "a key must be plain text; quote an expression that begins with a bracket");
            return;
        }
        if (o->len >= YAML_KEYS_MAX) {
            fail(r, n->pos, "一个映射最多 2,000 个键", "a map holds at most 2,000 keys");
            return;
        }
        for (struct item *it = o->first; it; it = it->next) {
            if (str_eq(it->key, n->text)) {
                diag_error(r->d, n->pos, "键“%.*s”重复（前一处在第 %d 行）",
                           "key \"%.*s\" appears twice (first on line %d)", STR_ARG(n->text),
                           it->key_pos.line);
                r->failed = true;
                break;
            }
        }
        o->key = n->text;
        o->key_pos = n->pos;
        o->has_key = true;
        return;
    }
    struct item *it = arena_new(r->a, struct item);
    *it = (struct item){.key = o->key, .key_pos = o->key_pos, .value = n};
    o->has_key = false;
    if (o->last) {
        o->last->next = it;
    } else {
        o->first = it;
    }
    o->last = it;
    o->len++;
}

static void open_container(struct reader *r, enum ykind kind, struct pos at)
{
    if (r->depth == YAML_DEPTH_MAX) {
        fail(r, at, "嵌套超过 20 层", "nested deeper than 20 levels");
        return;
    }
    struct open_node *o = &r->stack[r->depth];
    if (r->depth > 0 && r->stack[r->depth - 1].kind == Y_MAP && !r->stack[r->depth - 1].has_key) {
        fail(r, at, "键只能是文字；以括号开头的表达式要加引号",
             "a key must be plain text; quote an expression that begins with a bracket");
        return;
    }
    *o = (struct open_node){.kind = kind, .pos = at};
    r->depth++;
}

static void close_container(struct reader *r)
{
    struct open_node *o = &r->stack[--r->depth];
    struct ynode *n = arena_new(r->a, struct ynode);
    *n = (struct ynode){.kind = o->kind, .pos = o->pos, .len = o->len};
    if (o->kind == Y_MAP) {
        struct ypair *p = arena_array(r->a, struct ypair, o->len + 1);
        size_t i = 0;
        for (struct item *it = o->first; it; it = it->next) {
            p[i++] = (struct ypair){.key = it->key, .pos = it->key_pos, .value = it->value};
        }
        n->pairs = p;
    } else {
        const struct ynode **p = arena_array(r->a, const struct ynode *, o->len + 1);
        size_t i = 0;
        for (struct item *it = o->first; it; it = it->next) {
            p[i++] = it->value;
        }
        n->items = p;
    }
    place_node(r, n);
}

static void read_scalar(struct reader *r, const yaml_event_t *e, struct pos at)
{
    struct ynode *n = arena_new(r->a, struct ynode);
    yaml_scalar_style_t style = e->data.scalar.style;
    *n = (struct ynode){.kind = Y_TEXT, .pos = at, .plain = style == YAML_PLAIN_SCALAR_STYLE};
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) {
        n->pos.col++;
    }
    n->text = str_copy(r->a, str_from_n((const char *)e->data.scalar.value, e->data.scalar.length));
    if (n->text.len && memchr(n->text.ptr, 0, n->text.len)) {
        fail(r, at, "文字中不能有 NUL 字符", "text cannot hold a NUL character");
        return;
    }
    place_node(r, n);
}

static void refuse_marks(struct reader *r, struct pos at, const void *anchor, const void *tag)
{
    if (anchor) {
        fail(r, at, "不能使用锚点（&）", "anchors (&) are not allowed");
    } else if (tag) {
        fail(r, at, "不能使用标签（!）；以“!”开头的文字要加引号",
             "tags (!) are not allowed; quote a text that begins with \"!\"");
    }
}

static void read_event(struct reader *r)
{
    const yaml_event_t *e = &r->h->event;
    struct pos at = place(r, e->start_mark);
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        refuse_marks(r, at, e->data.scalar.anchor, e->data.scalar.tag);
        if (!r->stop) {
            read_scalar(r, e, at);
        }
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_marks(r, at, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        open_container(r, Y_MAP, at);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(r, at, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        open_container(r, Y_LIST, at);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_container(r);
        break;
    case YAML_ALIAS_EVENT:
        fail(r, at, "不能使用别名（*）；以“*”开头的文字要加引号",
             "aliases (*) are not allowed; quote a text that begins with \"*\"");
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (r->root) {
            fail(r, at, "一个文件只能有一份文档", "a file holds one document only");
        } else if (e->data.document_start.version_directive ||
                   e->data.document_start.tag_directives.start !=
                       e->data.document_start.tag_directives.end) {
            fail(r, at, "不能使用 % 指令", "directives (%) are not allowed");
        }
        break;
    case YAML_STREAM_END_EVENT:
        r->done = true;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

/* Line and column (in characters) of byte i. */
static struct pos place_of_byte(str text, size_t at, str file)
{
    struct pos p = {.file = file, .line = 1, .col = 1};
    for (size_t i = 0; i < at; i++) {
        if (text.ptr[i] == '\n') {
            p.line++;
            p.col = 1;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            p.col++;
        }
    }
    return p;
}

/* Bounds and bytes that are refused before the parser sees them. */
static bool bytes_ok(str text, str file, struct diags *d)
{
    struct pos top = {.file = file, .line = 1, .col = 1};
    if (text.len > YAML_BYTES_MAX) {
        diag_error(d, top, "文件超过 1 MB", "the file is larger than 1 MB");
        return false;
    }
    if (!str_utf8_ok(text)) {
        size_t lo = 0;
        size_t hi = text.len;
        /* The longest prefix that ends at a line and is well-formed. */
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '\n') {
                if (!str_utf8_ok(str_from_n(text.ptr + lo, i + 1 - lo))) {
                    hi = i;
                    break;
                }
                lo = i + 1;
            }
        }
        size_t bad = lo;
        while (bad < hi) {
            size_t n = 1;
            while (bad + n < text.len && ((unsigned char)text.ptr[bad + n] & 0xC0) == 0x80) {
                n++;
            }
            if (!str_utf8_ok(str_from_n(text.ptr + bad, n))) {
                break;
            }
            bad += n;
        }
        diag_error(d, place_of_byte(text, bad, file), "不是 UTF-8 编码；请以 UTF-8 保存文件",
                   "not UTF-8; save the file as UTF-8");
        return false;
    }
    const char *tab = text.len ? memchr(text.ptr, '\t', text.len) : NULL;
    if (tab) {
        diag_error(d, place_of_byte(text, (size_t)(tab - text.ptr), file),
                   "不能使用制表符；请用空格缩进", "tabs are not allowed; indent with spaces");
        return false;
    }
    return true;
}

const struct ynode *yaml_parse(struct arena *a, str text, str file, struct diags *d)
{
    if (!bytes_ok(text, file, d)) {
        return NULL;
    }
    struct reader *r = arena_new(a, struct reader);
    *r = (struct reader){.a = a, .d = d, .file = file, .h = arena_new(a, struct handle)};
    arena_defer(a, handle_close, r->h);
    if (!yaml_parser_initialize(&r->h->parser)) {
        fail(r, (struct pos){file, 1, 1}, "内存不足", "out of memory");
        return NULL;
    }
    r->h->open = true;
    yaml_parser_set_encoding(&r->h->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->h->parser, (const unsigned char *)(text.len ? text.ptr : ""),
                                 text.len);
    while (!r->stop && !r->done) {
        if (!yaml_parser_parse(&r->h->parser, &r->h->event)) {
            report_syntax(r);
            r->failed = true;
            break;
        }
        r->h->event_open = true;
        if (++r->nodes > 2 * YAML_NODES_MAX) {
            fail(r, place(r, r->h->event.start_mark), "节点超过 50,000 个",
                 "more than 50,000 nodes");
        } else {
            read_event(r);
        }
        yaml_event_delete(&r->h->event);
        r->h->event_open = false;
    }
    handle_close(r->h);
    return r->failed ? NULL : r->root;
}

const struct ypair *yaml_pair(const struct ynode *map, str key)
{
    if (!map || map->kind != Y_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->len; i++) {
        if (str_eq(map->pairs[i].key, key)) {
            return &map->pairs[i];
        }
    }
    return NULL;
}

const struct ynode *yaml_get(const struct ynode *map, str key)
{
    const struct ypair *p = yaml_pair(map, key);
    return p ? p->value : NULL;
}

bool yaml_empty(const struct ynode *n)
{
    return n->kind == Y_TEXT && n->plain && n->text.len == 0;
}

bool yaml_looks_cut(str key)
{
    static const char *const words[] = {" and ", " or ", " in ", " where ", "not "};
    for (size_t i = 0; i < key.len; i++) {
        if (strchr("()'\"[]<>=!+*/?", key.ptr[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_has(key, str_from(words[i]))) {
            return true;
        }
    }
    return false;
}
