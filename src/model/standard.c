/* standard.c - lists of standards, read line by line; what clauses say of them, checked. */
#include "model/standard.h"

#include "base/arena.h"

enum { COLUMNS = 5, HEADS = 6 };
enum { COL_ITEM, COL_PARENT, COL_KIND, COL_ZH, COL_EN };
static const char *const column_names[COLUMNS] = {"item", "parent", "kind", "zh", "en"};

static const char *const kind_keys[STANDARD_KINDS] = {[STANDARD_GROUP] = "group",
                                                      [STANDARD_AUTO] = "auto",
                                                      [STANDARD_SEMI] = "semi",
                                                      [STANDARD_MANUAL] = "manual"};

struct reading {
    struct arena *a;
    struct diags *d;
    struct pos pos;
    struct standard *s;
    struct standard_item *items;
    int place[COLUMNS]; /* of each column in a line; -1: not told yet */
    bool version;       /* the first line was there */
};

/* --- small things --------------------------------------------------------------------------- */

struct words standard_kind_words(enum standard_kind k)
{
    static const struct words words[STANDARD_KINDS] = {
        [STANDARD_GROUP] = WORDS_INIT("组", "group"),
        [STANDARD_AUTO] = WORDS_INIT("记录可证", "records can show it"),
        [STANDARD_SEMI] = WORDS_INIT("记录加申报", "records and declarations"),
        [STANDARD_MANUAL] = WORDS_INIT("人工检查", "people look"),
    };
    return words[k];
}

static const char *const relation_keys[RELATIONS] = {[RELATION_EQUAL] = "equal",
                                                     [RELATION_SUBSET] = "subset",
                                                     [RELATION_SUPERSET] = "superset",
                                                     [RELATION_INTERSECTS] = "intersects"};

str relation_key(enum relation r)
{
    return str_from(relation_keys[r]);
}

struct words relation_words(enum relation r)
{
    static const struct words words[RELATIONS] = {
        [RELATION_EQUAL] = WORDS_INIT("等同", "the same"),
        [RELATION_SUBSET] = WORDS_INIT("覆盖一部分", "a part of it"),
        [RELATION_SUPERSET] = WORDS_INIT("完全覆盖", "all of it and more"),
        [RELATION_INTERSECTS] = WORDS_INIT("有交集", "some of it"),
    };
    return words[r];
}

bool relation_whole(enum relation r)
{
    return r == RELATION_EQUAL || r == RELATION_SUPERSET;
}

const struct standard_item *standard_find(const struct standard *s, str item)
{
    for (size_t i = 0; i < s->nitems; i++) {
        if (str_eq(s->items[i].item, item)) {
            return &s->items[i];
        }
    }
    return NULL;
}

/* Letters, digits, dot, dash and underscore: what stands in an address as it is. */
static bool name_ok(str s)
{
    bool ok = s.len > 0 && s.len <= STANDARD_NAME_MAX && s.ptr[0] != '.';
    for (size_t i = 0; ok && i < s.len; i++) {
        char c = s.ptr[i];
        ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    }
    return ok;
}

static bool words_ok(str s)
{
    return s.len && str_utf8_len(s) <= STANDARD_WORDS_MAX;
}

/* --- the head --------------------------------------------------------------------------------- */

static void head_line(struct reading *r, str line)
{
    str value;
    str key = str_cut(line, '\t', &value);
    const struct {
        const char *key;
        str *to;
    } heads[HEADS] = {{"#key", &r->s->key},         {"#zh", &r->s->title.zh},
                      {"#en", &r->s->title.en},     {"#source", &r->s->source},
                      {"#note.zh", &r->s->note.zh}, {"#note.en", &r->s->note.en}};
    if (str_eq(key, STR("#zhidu-standard"))) {
        r->version = str_eq(value, STR("1"));
        if (!r->version) {
            diag_error(r->d, r->pos, "只能读取格式 1", "only format 1 can be read");
        }
        return;
    }
    for (size_t i = 0; i < HEADS; i++) {
        if (!str_eq(key, str_from(heads[i].key))) {
            continue;
        }
        if (heads[i].to->len) {
            diag_error(r->d, r->pos, "“%.*s”写了两次", "\"%.*s\" stands here twice", STR_ARG(key));
        } else if (!str_trim(value).len) {
            diag_error(r->d, r->pos, "“%.*s”后面缺少内容（用制表符分隔）",
                       "nothing follows \"%.*s\" (after a tab)", STR_ARG(key));
        }
        *heads[i].to = str_trim(value);
        return;
    }
    diag_error(r->d, r->pos, "未知的“%.*s”；可写 #key、#zh、#en、#source、#note.zh、#note.en",
               "\"%.*s\" is not known; there is #key, #zh, #en, #source, #note.zh, #note.en",
               STR_ARG(key));
}

/* The line of column names. */
static void columns_line(struct reading *r, str line)
{
    int at = 0;
    for (str rest = line; rest.ptr; at++) {
        str name = str_cut(rest, '\t', &rest);
        int found = -1;
        for (int i = 0; i < COLUMNS; i++) {
            found = str_eq(name, str_from(column_names[i])) ? i : found;
        }
        if (found < 0) {
            diag_error(r->d, r->pos, "未知的列“%.*s”；应为 item、parent、kind、zh、en",
                       "column \"%.*s\" is not known; there is item, parent, kind, zh, en",
                       STR_ARG(name));
        } else if (r->place[found] >= 0) {
            diag_error(r->d, r->pos, "列“%.*s”写了两次", "column \"%.*s\" stands here twice",
                       STR_ARG(name));
        } else if (at < COLUMNS) { /* further right, one before it is not known, and that is said */
            r->place[found] = at;
        }
    }
    for (int i = 0; i < COLUMNS; i++) {
        if (r->place[i] < 0) {
            r->place[i] = 0;
            diag_error(r->d, r->pos, "缺少列“%s”", "column \"%s\" is missing", column_names[i]);
        }
    }
}

/* --- items ---------------------------------------------------------------------------------- */

static bool kind_of(struct reading *r, str key, enum standard_kind *ret)
{
    for (int i = 0; i < STANDARD_KINDS; i++) {
        if (str_eq(key, str_from(kind_keys[i]))) {
            *ret = (enum standard_kind)i;
            return true;
        }
    }
    diag_error(r->d, r->pos, "kind 应为 group、auto、semi 或 manual，而不是“%.*s”",
               "kind is group, auto, semi or manual, not \"%.*s\"", STR_ARG(key));
    return false;
}

static bool item_ok(struct reading *r, const struct standard_item *x)
{
    const struct standard_item *above = x->parent.len ? standard_find(r->s, x->parent) : NULL;
    if (!name_ok(x->item)) {
        diag_error(r->d, r->pos, "条目编号“%.*s”只能用字母、数字、点、横线，最多 40 个",
                   "item \"%.*s\" takes letters, digits, dots and dashes, at most 40",
                   STR_ARG(x->item));
        return false;
    }
    if (standard_find(r->s, x->item)) {
        diag_error(r->d, r->pos, "条目“%.*s”写了两次", "item \"%.*s\" stands here twice",
                   STR_ARG(x->item));
        return false;
    }
    if (x->parent.len && (!above || above->kind != STANDARD_GROUP)) {
        diag_error(r->d, r->pos, "条目“%.*s”的上级“%.*s”不是前面的一个组",
                   "item \"%.*s\": its parent \"%.*s\" is no group before it", STR_ARG(x->item),
                   STR_ARG(x->parent));
        return false;
    }
    if (!words_ok(x->words.zh) || !words_ok(x->words.en)) {
        diag_error(r->d, r->pos, "条目“%.*s”要有中文和英文标题，各不超过 200 字",
                   "item \"%.*s\" takes a Chinese and an English title, at most 200 characters",
                   STR_ARG(x->item));
        return false;
    }
    return true;
}

static void item_line(struct reading *r, str line)
{
    str cells[COLUMNS];
    int n = 0;
    for (str rest = line; rest.ptr; n++) {
        str cell = str_trim(str_cut(rest, '\t', &rest));
        if (n < COLUMNS) {
            cells[n] = cell;
        }
    }
    if (n != COLUMNS) {
        diag_error(r->d, r->pos, "这一行有 %d 列，应为 5 列，用制表符分隔",
                   "this line has %d columns, not 5 separated by tabs", n);
        return;
    }
    struct standard_item x = {.item = cells[r->place[COL_ITEM]],
                              .parent = cells[r->place[COL_PARENT]],
                              .words = {cells[r->place[COL_ZH]], cells[r->place[COL_EN]]}};
    if (r->s->nitems == STANDARD_ITEMS_MAX) {
        diag_error(r->d, r->pos, "条目超过 2,000 个", "more than 2,000 items");
        return;
    }
    if (kind_of(r, cells[r->place[COL_KIND]], &x.kind) && item_ok(r, &x)) {
        r->items[r->s->nitems++] = x;
    }
}

static void whole(struct reading *r)
{
    struct pos top = {.file = r->pos.file, .line = 1, .col = 1};
    if (!r->version) {
        diag_error(r->d, top, "第一行应为“#zhidu-standard”、制表符和 1",
                   "the first line is \"#zhidu-standard\", a tab and 1");
    }
    if (!name_ok(r->s->key)) {
        diag_error(r->d, top, "缺少 #key，或其中有字母、数字、点、横线以外的字符",
                   "#key is missing, or holds other than letters, digits, dots and dashes");
    }
    if (!words_ok(r->s->title.zh) || !words_ok(r->s->title.en) || !words_ok(r->s->source)) {
        diag_error(r->d, top, "缺少 #zh、#en 或 #source，或超过 200 字",
                   "#zh, #en or #source is missing, or longer than 200 characters");
    }
    if (!r->s->nitems) {
        diag_error(r->d, top, "没有条目", "it has no items");
    }
}

bool standard_read(struct arena *a, str text, str file, struct diags *d, struct standard *ret)
{
    *ret = (struct standard){0};
    struct reading r = {.a = a,
                        .d = d,
                        .pos = {.file = file, .line = 0, .col = 1},
                        .s = ret,
                        .place = {-1, -1, -1, -1, -1}};
    size_t before = d->errors;
    bool columns = false;
    r.items = arena_array(a, struct standard_item, STANDARD_ITEMS_MAX);
    ret->items = r.items;
    if (text.len > STANDARD_FILE_MAX || !str_utf8_ok(text)) {
        r.pos.line = 1;
        diag_error(d, r.pos, "不是 UTF-8 文本，或大于 1 MB", "this is no UTF-8, or beyond 1 MB");
        return false;
    }
    text = str_starts(text, STR("\xef\xbb\xbf")) ? str_from_n(text.ptr + 3, text.len - 3) : text;
    for (str rest = text; rest.ptr && rest.len;) {
        str line = str_cut(rest, '\n', &rest);
        r.pos.line++;
        line.len -= line.len && line.ptr[line.len - 1] == '\r';
        if (str_starts(line, STR("#"))) {
            head_line(&r, line);
        } else if (str_trim(line).len && !columns) {
            columns_line(&r, line);
            columns = true;
        } else if (str_trim(line).len) {
            item_line(&r, line);
        }
    }
    whole(&r);
    return d->errors == before;
}

/* --- what definitions say of them ----------------------------------------------------------- */

static const struct standard *list_of(const struct standard *lists, size_t n, str key)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(lists[i].key, key)) {
            return &lists[i];
        }
    }
    return NULL;
}

void standards_check(const struct law *law, const struct standard *lists, size_t n, struct diags *d)
{
    for (size_t i = 0; i < law->nmaps; i++) {
        const struct mapping_of *m = &law->maps[i];
        const struct standard *s = list_of(lists, n, m->standard);
        const struct standard_item *x = s ? standard_find(s, m->item) : NULL;
        if (!s) {
            diag_warning(d, m->pos, "没有装入标准“%.*s”的清单，“%.*s”未核对",
                         "no list of standard \"%.*s\" is loaded: \"%.*s\" is not looked up",
                         STR_ARG(m->standard), STR_ARG(m->item));
        } else if (!x) {
            diag_error(d, m->pos, "标准“%.*s”没有条目“%.*s”",
                       "standard \"%.*s\" has no item \"%.*s\"", STR_ARG(m->standard),
                       STR_ARG(m->item));
        } else if (x->kind == STANDARD_GROUP) {
            diag_error(d, m->pos, "“%.*s/%.*s”是一个组，请对应到其中的条目",
                       "\"%.*s/%.*s\" is a group: name an item in it", STR_ARG(m->standard),
                       STR_ARG(m->item));
        }
    }
}
