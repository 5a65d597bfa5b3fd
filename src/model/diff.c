#include "base/arena.h"
#include "base/buf.h"
#include "model/diff_int.h"

#include <string.h>

enum { TEXT_MAX = 1 << 20, CELLS_MAX = 4 << 20 };

/* --- pieces ------------------------------------------------------------------------ */

static struct words kind_words(enum change_kind k)
{
    static const struct words all[] = {
        [CHANGE_CLAUSE] = WORDS_INIT("条款", "clause"),
        [CHANGE_SETTING] = WORDS_INIT("参数", "setting"),
        [CHANGE_HEAD] = WORDS_INIT("制度", "regulation"),
        [CHANGE_TYPE] = WORDS_INIT("单据类型", "record type"),
        [CHANGE_FIELD] = WORDS_INIT("字段", "field"),
        [CHANGE_STATE] = WORDS_INIT("状态", "state"),
        [CHANGE_ACTION] = WORDS_INIT("操作", "action"),
        [CHANGE_APPROVAL] = WORDS_INIT("审批", "approval of"),
        [CHANGE_RULE] = WORDS_INIT("规则", "rule"),
        [CHANGE_TERM] = WORDS_INIT("时限", "term"),
        [CHANGE_CONTROL] = WORDS_INIT("控制点", "control"),
        [CHANGE_STANDARD] = WORDS_INIT("对应的标准条目", "items of standards for clause"),
        [CHANGE_DUTY] = WORDS_INIT("定期职责", "duty"),
        [CHANGE_SEE] = WORDS_INIT("可见范围", "who may see"),
        [CHANGE_CROSSING] =
            WORDS_INIT("新的跨制度操作", "newly performed on another regulation's records"),
        [CHANGE_STRANDS] = WORDS_INIT("不能发布", "cannot be published"),
    };
    return all[k];
}

void changes_add(struct arena *a, struct changes *c, struct change one)
{
    if (c->len == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 32;
        struct change *all = arena_array(a, struct change, cap);
        if (c->len) {
            memcpy(all, c->ptr, c->len * sizeof(*all));
        }
        c->ptr = all;
        c->cap = cap;
    }
    c->ptr[c->len++] = one;
    c->refused = c->refused || one.kind == CHANGE_STRANDS;
}

/* A node as one line of flow style. */
static void put_flow(struct buf *b, const struct ynode *n)
{
    if (n->kind == Y_TEXT) {
        buf_put(b, n->text);
        return;
    }
    bool map = n->kind == Y_MAP;
    buf_put_c(b, map ? '{' : '[');
    for (size_t i = 0; i < n->len; i++) {
        if (i) {
            BUF_LIT(b, ", ");
        }
        if (map) {
            buf_put(b, n->pairs[i].key);
            BUF_LIT(b, ": ");
        }
        put_flow(b, map ? n->pairs[i].value : n->items[i]);
    }
    buf_put_c(b, map ? '}' : ']');
}

str diff_flow(struct arena *a, const struct ynode *n)
{
    if (!n) {
        return STR("");
    }
    struct buf b = buf_make(a, TEXT_MAX);
    put_flow(&b, n);
    return buf_str(&b);
}

bool diff_same(const struct ynode *x, const struct ynode *y)
{
    if (!x || !y) {
        return x == y;
    }
    if (x->kind != y->kind || x->len != y->len) {
        return false;
    }
    if (x->kind == Y_TEXT) {
        return str_eq(x->text, y->text);
    }
    bool eq = true;
    for (size_t i = 0; eq && i < x->len; i++) {
        eq = x->kind == Y_MAP ? str_eq(x->pairs[i].key, y->pairs[i].key) &&
                                    diff_same(x->pairs[i].value, y->pairs[i].value)
                              : diff_same(x->items[i], y->items[i]);
    }
    return eq;
}

/* One line a key, of those in which `n` differs from `other` (NULL: all). */
static str lines_of(struct arena *a, const struct ynode *n, const struct ynode *other)
{
    if (!n || n->kind != Y_MAP) {
        return diff_flow(a, n);
    }
    struct buf b = buf_make(a, TEXT_MAX);
    for (size_t i = 0; i < n->len; i++) {
        const struct ynode *o = yaml_get(other, n->pairs[i].key);
        if (other && diff_same(n->pairs[i].value, o)) {
            continue;
        }
        if (b.len) {
            buf_put_c(&b, '\n');
        }
        buf_put(&b, n->pairs[i].key);
        BUF_LIT(&b, ": ");
        put_flow(&b, n->pairs[i].value);
    }
    return buf_str(&b);
}

/* --- one regulation ------------------------------------------------------------------ */

void diff_say(struct differ *d, enum change_kind kind, str name, struct words title, str before,
              str after)
{
    struct words k = kind_words(kind);
    struct words what = {
        .zh = title.zh.len ? str_fmt(d->a, "%.*s %.*s（%.*s）", STR_ARG(k.zh), STR_ARG(name),
                                     STR_ARG(title.zh))
                           : str_fmt(d->a, "%.*s %.*s", STR_ARG(k.zh), STR_ARG(name)),
        .en = title.en.len ? str_fmt(d->a, "%.*s %.*s (%.*s)", STR_ARG(k.en), STR_ARG(name),
                                     STR_ARG(title.en))
                           : str_fmt(d->a, "%.*s %.*s", STR_ARG(k.en), STR_ARG(name))};
    changes_add(d->a, d->out,
                (struct change){.kind = kind,
                                .law = d->law,
                                .name = name,
                                .what = what,
                                .before = before,
                                .after = after});
}

static str text_at(const struct ynode *map, str key)
{
    const struct ynode *n = yaml_get(map, key);
    return n && n->kind == Y_TEXT ? n->text : STR("");
}

static struct words title_of(const struct ynode *before, const struct ynode *next)
{
    const struct ynode *n = next ? next : before;
    const struct ynode *title = yaml_get(n, STR("title"));
    n = title && title->kind == Y_MAP ? title : n;
    return (struct words){text_at(n, STR("zh")), text_at(n, STR("en"))};
}

/* The same key before and after, as what it was and is. */
static void compare(struct differ *d, enum change_kind kind, str name, const struct ynode *before,
                    const struct ynode *next)
{
    if (diff_same(before, next)) {
        return;
    }
    bool both = before && next;
    diff_say(d, kind, name, title_of(before, next), lines_of(d->a, before, both ? next : NULL),
             lines_of(d->a, next, both ? before : NULL));
}

typedef void compare_fn(struct differ *d, enum change_kind kind, str name,
                        const struct ynode *before, const struct ynode *next);

/* Every key of either map, called "prefix.key". */
static void each_key(struct differ *d, enum change_kind kind, str prefix,
                     const struct ynode *before, const struct ynode *next, compare_fn *fn)
{
    bool was = before && before->kind == Y_MAP;
    bool is = next && next->kind == Y_MAP;
    for (size_t i = 0; is && i < next->len; i++) {
        str key = next->pairs[i].key;
        str name = prefix.len ? str_fmt(d->a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(key))
                              : str_copy(d->a, key);
        fn(d, kind, name, was ? yaml_get(before, key) : NULL, next->pairs[i].value);
    }
    for (size_t i = 0; was && i < before->len; i++) {
        str key = before->pairs[i].key;
        if (!is || !yaml_get(next, key)) {
            str name = prefix.len ? str_fmt(d->a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(key))
                                  : str_copy(d->a, key);
            fn(d, kind, name, before->pairs[i].value, NULL);
        }
    }
}

static bool has_item(const struct ynode *list, const struct ynode *x)
{
    for (size_t i = 0; list && list->kind == Y_LIST && i < list->len; i++) {
        if (diff_same(list->items[i], x)) {
            return true;
        }
    }
    return false;
}

/* Items have no names: what one list has and the other lacks. */
static void each_item(struct differ *d, str name, const struct ynode *before,
                      const struct ynode *next)
{
    for (size_t i = 0; before && before->kind == Y_LIST && i < before->len; i++) {
        if (!has_item(next, before->items[i])) {
            diff_say(d, CHANGE_RULE, name, title_of(before->items[i], NULL),
                     lines_of(d->a, before->items[i], NULL), STR(""));
        }
    }
    for (size_t i = 0; next && next->kind == Y_LIST && i < next->len; i++) {
        if (!has_item(before, next->items[i])) {
            diff_say(d, CHANGE_RULE, name, title_of(NULL, next->items[i]), STR(""),
                     lines_of(d->a, next->items[i], NULL));
        }
    }
}

static const struct ynode *without(struct arena *a, const struct ynode *map, str key)
{
    if (!map || map->kind != Y_MAP) {
        return map;
    }
    struct ynode *n = arena_new(a, struct ynode);
    struct ypair *pairs = arena_array(a, struct ypair, map->len + 1);
    *n = *map;
    n->len = 0;
    for (size_t i = 0; i < map->len; i++) {
        if (!str_eq(map->pairs[i].key, key)) {
            pairs[n->len++] = map->pairs[i];
        }
    }
    n->pairs = pairs;
    return n;
}

/* Who may see a field is told apart: it gives a right or takes one. */
static void compare_field(struct differ *d, enum change_kind kind, str name,
                          const struct ynode *before, const struct ynode *next)
{
    str see = STR("see");
    if (before && next && !diff_same(yaml_get(before, see), yaml_get(next, see))) {
        diff_say(d, CHANGE_SEE, name, title_of(before, next),
                 diff_flow(d->a, yaml_get(before, see)), diff_flow(d->a, yaml_get(next, see)));
        before = without(d->a, before, see);
        next = without(d->a, next, see);
    }
    compare(d, kind, name, before, next);
}

/* How it is approved is told apart, node by node. */
static void compare_action(struct differ *d, enum change_kind kind, str name,
                           const struct ynode *before, const struct ynode *next)
{
    str approval = STR("approval");
    compare(d, kind, name, without(d->a, before, approval), without(d->a, next, approval));
    diff_route(d, name, yaml_get(before, approval), yaml_get(next, approval));
}

static void compare_type(struct differ *d, enum change_kind kind, str name,
                         const struct ynode *before, const struct ynode *next)
{
    static const struct {
        const char *key;
        enum change_kind kind;
        compare_fn *fn;
    } maps[] = {{"fields", CHANGE_FIELD, compare_field},
                {"states", CHANGE_STATE, compare},
                {"actions", CHANGE_ACTION, compare_action},
                {"terms", CHANGE_TERM, compare}};
    if (!before || !next) {
        const struct ynode *n = before ? before : next;
        str title = diff_flow(d->a, yaml_get(n, STR("title")));
        diff_say(d, kind, name, title_of(before, next), before ? title : STR(""),
                 next ? title : STR(""));
        if (next) {
            diff_say(d, CHANGE_SEE, name, title_of(NULL, next), STR(""),
                     diff_flow(d->a, yaml_get(next, STR("see"))));
        }
        return;
    }
    const struct ynode *x = before;
    const struct ynode *y = next;
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        str key = str_from(maps[i].key);
        each_key(d, maps[i].kind, name, yaml_get(before, key), yaml_get(next, key), maps[i].fn);
        x = without(d->a, x, key);
        y = without(d->a, y, key);
    }
    str lists[] = {STR("rules"), STR("unique")};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        each_item(d, name, yaml_get(before, lists[i]), yaml_get(next, lists[i]));
        x = without(d->a, x, lists[i]);
        y = without(d->a, y, lists[i]);
    }
    str see = STR("see");
    if (!diff_same(yaml_get(before, see), yaml_get(next, see))) {
        diff_say(d, CHANGE_SEE, name, title_of(before, next),
                 diff_flow(d->a, yaml_get(before, see)), diff_flow(d->a, yaml_get(next, see)));
    }
    compare(d, kind, name, without(d->a, x, see), without(d->a, y, see));
}

/* --- clauses and settings --------------------------------------------------------------- */

static str clause_text(struct arena *a, const struct clause *c)
{
    if (!c) {
        return STR("");
    }
    const struct words parts[] = {c->no, c->title};
    struct buf b = buf_make(a, TEXT_MAX);
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        for (size_t i = 0; i < 2; i++) {
            str s = lang == LANG_ZH ? parts[i].zh : parts[i].en;
            if (s.len) {
                buf_put(&b, s);
                buf_put_c(&b, i ? '\n' : ' ');
            }
        }
        buf_put(&b, str_trim(lang == LANG_ZH ? c->text.zh : c->text.en));
        buf_put_c(&b, '\n');
    }
    return str_trim(buf_str(&b));
}

static void clauses(struct differ *d, const struct law *before)
{
    for (size_t i = 0; i < d->law->nclauses; i++) {
        const struct clause *c = &d->law->clauses[i];
        const struct clause *old = before ? law_clause(before, c->id) : NULL;
        str was = clause_text(d->a, old);
        str is = clause_text(d->a, c);
        if (!str_eq(was, is)) {
            diff_say(d, CHANGE_CLAUSE, c->id, c->no, was, is);
        }
    }
    for (size_t i = 0; before && i < before->nclauses; i++) {
        const struct clause *c = &before->clauses[i];
        if (!law_clause(d->law, c->id)) {
            diff_say(d, CHANGE_CLAUSE, c->id, c->no, clause_text(d->a, c), STR(""));
        }
    }
}

str setting_text(struct arena *a, const struct setting *s)
{
    if (!s) {
        return STR("");
    }
    if (!s->list) {
        return s->written;
    }
    struct buf b = buf_make(a, TEXT_MAX);
    for (size_t i = 0; i < s->nkeys; i++) {
        const struct choice_key *k = &s->keys[i];
        if (!k->retired) {
            buf_put_fmt(&b, "%s%.*s: %.*s | %.*s", b.len ? "\n" : "", STR_ARG(k->key),
                        STR_ARG(k->words.zh), STR_ARG(k->words.en));
        }
    }
    return buf_str(&b);
}

static void settings(struct differ *d, const struct law *before)
{
    for (size_t i = 0; i < d->law->nsettings; i++) {
        const struct setting *s = &d->law->settings[i];
        const struct setting *old = before ? law_setting(before, s->key) : NULL;
        str was = setting_text(d->a, old);
        str is = setting_text(d->a, s);
        if (!old || !str_eq(was, is)) {
            diff_say(d, CHANGE_SETTING, s->key, s->words, was, is);
        }
    }
    for (size_t i = 0; before && i < before->nsettings; i++) {
        const struct setting *s = &before->settings[i];
        if (!law_setting(d->law, s->key)) {
            diff_say(d, CHANGE_SETTING, s->key, s->words, setting_text(d->a, s), STR(""));
        }
    }
}

static void crossings(struct differ *d, const struct law *before)
{
    for (size_t i = 0; i < d->law->ncrossings; i++) {
        const struct crossing *x = &d->law->crossings[i];
        bool known = false;
        for (size_t k = 0; before && k < before->ncrossings; k++) {
            known = known || (str_eq(before->crossings[k].type->key, x->type->key) &&
                              str_eq(before->crossings[k].action, x->action));
        }
        for (size_t k = 0; k < i; k++) {
            known = known || (d->law->crossings[k].type == x->type &&
                              str_eq(d->law->crossings[k].action, x->action));
        }
        if (!known) {
            str name = str_fmt(d->a, "%.*s.%.*s", STR_ARG(x->type->key), STR_ARG(x->action));
            diff_say(d, CHANGE_CROSSING, name, x->type->newest->title, STR(""), name);
        }
    }
}

void law_diff(struct arena *a, const struct source *before, const struct law *law_before,
              const struct source *next, const struct law *law_next, struct changes *ret)
{
    struct differ d = {.a = a, .law = law_next, .out = ret};
    struct diags none = diags_make(a);
    const struct ynode *x = before ? yaml_parse(a, before->definition, before->name, &none) : NULL;
    const struct ynode *y = yaml_parse(a, next->definition, next->name, &none);
    clauses(&d, law_before);
    settings(&d, law_before);
    const char *heads[] = {"title", "owner", "uses", "posts"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        str key = str_from(heads[i]);
        if (!diff_same(yaml_get(x, key), yaml_get(y, key))) {
            diff_say(&d, CHANGE_HEAD, key, (struct words){0}, diff_flow(a, yaml_get(x, key)),
                     diff_flow(a, yaml_get(y, key)));
        }
    }
    each_key(&d, CHANGE_TYPE, STR(""), yaml_get(x, STR("types")), yaml_get(y, STR("types")),
             compare_type);
    each_item(&d, STR("adds"), yaml_get(x, STR("adds")), yaml_get(y, STR("adds")));
    each_item(&d, STR("apart"), yaml_get(x, STR("apart")), yaml_get(y, STR("apart")));
    each_key(&d, CHANGE_CONTROL, STR(""), yaml_get(x, STR("controls")),
             yaml_get(y, STR("controls")), compare);
    each_key(&d, CHANGE_STANDARD, STR(""), yaml_get(x, STR("standards")),
             yaml_get(y, STR("standards")), compare);
    each_key(&d, CHANGE_DUTY, STR(""), yaml_get(x, STR("duties")), yaml_get(y, STR("duties")),
             compare);
    crossings(&d, law_before);
}

/* --- lines --------------------------------------------------------------------------------- */

static size_t split(struct arena *a, str text, str **ret)
{
    size_t max = 1;
    for (size_t i = 0; i < text.len; i++) {
        max += text.ptr[i] == '\n';
    }
    *ret = arena_array(a, str, max);
    size_t n = 0;
    for (str rest = text; rest.ptr && rest.len;) {
        (*ret)[n++] = str_cut(rest, '\n', &rest);
    }
    return n;
}

struct diff_lines text_diff(struct arena *a, str before, str after)
{
    str *x;
    str *y;
    size_t n = split(a, before, &x);
    size_t m = split(a, after, &y);
    struct diff_line *out = arena_array(a, struct diff_line, n + m + 1);
    size_t len = 0;
    /* Longest common lines of the rests, from the end. */
    bool table = n && m && n < CELLS_MAX / (m + 1);
    uint32_t *best = table ? arena_array(a, uint32_t, (n + 1) * (m + 1)) : NULL;
    for (size_t i = n; table && i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint32_t down = best[(i + 1) * (m + 1) + j];
            uint32_t right = best[i * (m + 1) + j + 1];
            best[i * (m + 1) + j] = str_eq(x[i], y[j]) ? best[(i + 1) * (m + 1) + j + 1] + 1
                                    : down > right     ? down
                                                       : right;
        }
    }
    size_t i = 0;
    size_t j = 0;
    while (i < n || j < m) {
        bool both = table && i < n && j < m;
        if (both && str_eq(x[i], y[j])) {
            out[len++] = (struct diff_line){' ', x[i++]};
            j++;
        } else if (i < n && (!both || best[(i + 1) * (m + 1) + j] >= best[i * (m + 1) + j + 1])) {
            out[len++] = (struct diff_line){'-', x[i++]};
        } else {
            out[len++] = (struct diff_line){'+', y[j++]};
        }
    }
    return (struct diff_lines){out, len};
}
