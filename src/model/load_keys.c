#include "base/buf.h"
#include "model/load_int.h"

bool words_has(const char *list, str word)
{
    str rest = str_from(list);
    while (rest.ptr) {
        str one = str_cut(rest, ' ', &rest);
        if (one.len && str_eq(one, word)) {
            return true;
        }
    }
    return false;
}

static size_t split(const char *list, str *to, size_t max)
{
    size_t n = 0;
    str rest = str_from(list);
    while (rest.ptr && n < max) {
        str w = str_cut(rest, ' ', &rest);
        if (w.len) {
            to[n++] = w;
        }
    }
    return n;
}

bool key_is_map(struct load *l, const struct ynode *n, struct words what)
{
    if (n->kind == Y_MAP) {
        return true;
    }
    diag_error(l->d, n->pos, "%s%.0s应写成“键: 值”", "%.0s%s takes keys and values", what.zh.ptr,
               what.en.ptr);
    return false;
}

bool key_is_list(struct load *l, const struct ynode *n, struct words what)
{
    if (n->kind == Y_LIST) {
        return true;
    }
    diag_error(l->d, n->pos, "%s%.0s应写成列表", "%.0s%s takes a list", what.zh.ptr, what.en.ptr);
    return false;
}

static void unknown_key(struct load *l, const struct ypair *p, const char *allowed)
{
    str names[64];
    size_t n = split(allowed, names, 64);
    str near = diag_nearest(p->key, names, n);
    if (yaml_looks_cut(p->key)) {
        diag_error(
            l->d, p->pos,
            "“%.*s”不是键，像是半个表达式；含逗号、“: ”、“ #”或以引号、括号开头的表达式要加引号",
            "\"%.*s\" is no key and looks like half an expression; quote an expression that "
            "holds a comma, \": \" or \" #\", or begins with a quote or bracket",
            STR_ARG(p->key));
    } else if (near.len) {
        diag_error(l->d, p->pos, "不认识的键“%.*s”，是否指“%.*s”？",
                   "unknown key \"%.*s\"; did you mean \"%.*s\"?", STR_ARG(p->key), STR_ARG(near));
    } else {
        str all = names_join(l->a, names, n);
        diag_error(l->d, p->pos, "不认识的键“%.*s”；这里可用：%.*s",
                   "unknown key \"%.*s\"; here may stand: %.*s", STR_ARG(p->key), STR_ARG(all));
    }
}

bool keys_check(struct load *l, const struct ynode *map, const char *allowed, const char *reserved,
                struct words what)
{
    if (!key_is_map(l, map, what)) {
        return false;
    }
    for (size_t i = 0; i < map->len; i++) {
        const struct ypair *p = &map->pairs[i];
        if (words_has(reserved, p->key)) {
            diag_error(l->d, p->pos, "“%.*s”尚未支持", "\"%.*s\" is not supported yet",
                       STR_ARG(p->key));
        } else if (!words_has(allowed, p->key)) {
            unknown_key(l, p, allowed);
        }
    }
    return true;
}

str key_text(struct load *l, const struct ynode *n, struct words what)
{
    if (n->kind == Y_TEXT) {
        return n->text;
    }
    diag_error(l->d, n->pos, "%s%.0s应为一个值；以方括号或花括号开头的表达式要加引号",
               "%.0s%s takes one value; quote an expression that begins with a bracket",
               what.zh.ptr, what.en.ptr);
    return (str){0};
}

str key_str(struct load *l, const struct ynode *map, const char *key)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    str k = str_from(key);
    return n ? key_text(l, n, (struct words){k, k}) : (str){0};
}

struct pos key_pos(const struct ynode *map, const char *key)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    return n ? n->pos : map->pos;
}

bool key_bool(struct load *l, const struct ynode *map, const char *key)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    if (!n) {
        return false;
    }
    if (n->kind == Y_TEXT && str_eq(n->text, STR("true"))) {
        return true;
    }
    if (n->kind != Y_TEXT || !str_eq(n->text, STR("false"))) {
        diag_error(l->d, n->pos, "“%s”只能是 true 或 false", "\"%s\" is true or false", key);
    }
    return false;
}

/* Words of the grammar and names that stand in every record. */
static const char *const reserved_names =
    "self actor now today old and or not in where true false null exists count one "
    "filter all sum min max last people if default date contains setting at sees post role head_of "
    "leader_of members under by approvers approved_at seated creator everyone nobody auto "
    "steps_left term id "
    "number "
    "name state created_at changed_at approvals receipts waivers findings acts tasks attachments";

bool name_check(struct load *l, str name, struct pos at, struct words what)
{
    bool ok = name.len > 0 && name.len <= NAME_MAX_LEN && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
    for (size_t i = 0; ok && i < name.len; i++) {
        char c = name.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!ok || str_has(name, STR("__"))) {
        diag_error(
            l->d, at,
            "名称“%.*s”不合规：小写字母开头，只含小写字母、数字、下划线（不连续两个），最长 40",
            "name \"%.*s\": lower-case letters, digits and single underscores, a letter first, "
            "at most 40",
            STR_ARG(name));
        return false;
    }
    if (what.zh.len && words_has(reserved_names, name)) {
        diag_error(l->d, at, "“%.*s”是保留字，不能作%s%.0s的名称",
                   "\"%.*s\" is a reserved word and cannot name %.0s%s", STR_ARG(name), what.zh.ptr,
                   what.en.ptr);
        return false;
    }
    return true;
}

struct words key_words(struct load *l, struct lsrc *s, const struct ynode *map, str fallback)
{
    struct words w = {.zh = key_str(l, map, "zh"), .en = key_str(l, map, "en")};
    if (w.zh.len == 0 && w.en.len == 0) {
        w.zh = fallback;
    }
    if (w.en.len == 0) {
        if (s->untranslated++ == 0) {
            s->untranslated_at = map ? map->pos : s->top;
        }
        w.en = fallback.len ? fallback : w.zh;
    }
    return w;
}

const struct clause *cite(struct load *l, struct lsrc *s, str id, struct pos at)
{
    struct law *law = s->law;
    for (size_t i = 0; i < law->nclauses; i++) {
        if (str_eq(law->clauses[i].id, id)) {
            law->clauses[i].cited = true;
            return &law->clauses[i];
        }
    }
    str *ids = arena_array(l->a, str, law->nclauses + 1);
    for (size_t i = 0; i < law->nclauses; i++) {
        ids[i] = law->clauses[i].id;
    }
    str near = diag_nearest(id, ids, law->nclauses);
    if (near.len) {
        diag_error(l->d, at, "regulation.md 中没有条款“%.*s”，是否指“%.*s”？",
                   "no clause \"%.*s\" in regulation.md; did you mean \"%.*s\"?", STR_ARG(id),
                   STR_ARG(near));
    } else {
        diag_error(l->d, at, "regulation.md 中没有条款“%.*s”",
                   "no clause \"%.*s\" in regulation.md", STR_ARG(id));
    }
    return NULL;
}

const struct clause *key_clause(struct load *l, struct lsrc *s, const struct ynode *map)
{
    str id = key_str(l, map, "clause");
    return id.len ? cite(l, s, id, key_pos(map, "clause")) : NULL;
}

bool law_uses(const struct law *law, const struct reg *reg)
{
    if (law->reg == reg) {
        return true;
    }
    for (size_t i = 0; i < law->nuses; i++) {
        if (law->uses[i] == reg) {
            return true;
        }
    }
    return false;
}

str names_join(struct arena *a, const str *names, size_t n)
{
    struct buf b = buf_make(a, 2000);
    for (size_t i = 0; i < n; i++) {
        if (i) {
            BUF_LIT(&b, ", ");
        }
        buf_put(&b, names[i]);
    }
    return buf_str(&b);
}
