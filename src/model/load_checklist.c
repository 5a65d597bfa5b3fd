/* load_checklist.c - check-lists: their columns, what is counted of them, and the effect
 * that fills them. */
#include "model/checklist.h"
#include "model/load_int.h"

/* clang-format off */
#define ITEM_COLUMNS                                                                            \
    "item: {type: text, max: 200, zh: 检查项目, en: Item}\n"                                    \
    "basis: {type: text, max: 200, zh: 依据, en: Basis}\n"                                      \
    "guide: {type: text, max: 500, zh: 检查方法, en: How to check}\n"                           \
    "wants:\n"                                                                                  \
    "  type: choices\n"                                                                         \
    "  of:\n"                                                                                   \
    "    reading: {zh: 读数, en: A reading}\n"                                                  \
    "    photo: {zh: 照片, en: A photo}\n"                                                      \
    "    remark: {zh: 说明, en: A remark}\n"                                                    \
    "  zh: 另须填写\n"                                                                          \
    "  en: Also wanted\n"                                                                       \
    "reads_in: {type: text, max: 20, zh: 读数单位, en: Unit of the reading}\n"                  \
    "low: {type: decimal, zh: 下限, en: At least}\n"                                            \
    "high: {type: decimal, zh: 上限, en: At most}\n"
#define ANSWER_COLUMNS                                                                          \
    "answer:\n"                                                                                 \
    "  type: choice\n"                                                                          \
    "  of:\n"                                                                                   \
    "    yes: {zh: 符合, en: \"Yes\"}\n"                                                        \
    "    no: {zh: 不符合, en: \"No\"}\n"                                                        \
    "    na: {zh: 不适用, en: Not applicable}\n"                                                \
    "  zh: 结果\n"                                                                              \
    "  en: Answer\n"                                                                            \
    "reading: {type: decimal, zh: 读数, en: Reading}\n"                                         \
    "remark: {type: text, max: 500, zh: 说明, en: Remark}\n"                                    \
    "photo: {type: attachment, zh: 照片, en: Photo}\n"
/* clang-format on */

static const char *const item_columns[] = {"item",     "basis", "guide", "wants",
                                           "reads_in", "low",   "high"};
static const char *const answer_columns[] = {"answer", "reading", "remark", "photo"};

bool checklist_answers(str column)
{
    for (size_t i = 0; i < sizeof answer_columns / sizeof answer_columns[0]; i++) {
        if (str_eq(column, str_from(answer_columns[i]))) {
            return true;
        }
    }
    return false;
}

const struct field *checklist_place(const struct tdef *d, str path, int64_t *ret_row,
                                    str *ret_column)
{
    str rest;
    str key = str_cut(path, '.', &rest);
    str row = rest.ptr ? str_cut(rest, '.', ret_column) : (str){0};
    const struct field *f = row.len ? tdef_field(d, key) : NULL;
    if (!f || !f->part || !ret_column->ptr || !str_to_i64(row, ret_row)) {
        return NULL;
    }
    const struct field *c = tdef_field(f->part->newest, *ret_column);
    return c && c->type == F_ATTACHMENT ? f : NULL;
}

const struct ynode *checklist_columns(struct load *l, bool answers)
{
    str text = answers ? STR(ITEM_COLUMNS ANSWER_COLUMNS) : STR(ITEM_COLUMNS);
    return yaml_parse(l->a, text, STR("checklist"), l->d);
}

/* --- nodes that no file holds: they stand where the field stands ---------------- */

static const struct ynode *text_node(struct load *l, str text, struct pos pos)
{
    struct ynode *n = arena_new(l->a, struct ynode);
    *n = (struct ynode){.kind = Y_TEXT, .pos = pos, .text = text};
    return n;
}

struct pair { /* a key and what is written there */
    const char *key;
    str text;
};

static const struct ynode *map_node(struct load *l, const struct pair *list, size_t n,
                                    struct pos pos)
{
    struct ypair *pairs = arena_array(l->a, struct ypair, n + 1);
    for (size_t i = 0; i < n; i++) {
        pairs[i] = (struct ypair){str_from(list[i].key), pos, text_node(l, list[i].text, pos)};
    }
    struct ynode *map = arena_new(l->a, struct ynode);
    *map = (struct ynode){.kind = Y_MAP, .pos = pos, .pairs = pairs, .len = n};
    return map;
}

struct ypair checklist_count(struct load *l, const struct field *f, bool left)
{
    str key = str_fmt(l->a, left ? "%.*s_left" : "%.*s_no", STR_ARG(f->key));
    const struct pair list[] = {
        {"type", STR("int")},
        {"is", left ? str_fmt(l->a, "count(i in %.*s where i.answer == null)", STR_ARG(f->key))
                    : str_fmt(l->a, "count(i in %.*s where default(i.answer == 'no', false))",
                              STR_ARG(f->key))},
        {"zh", str_fmt(l->a, left ? "%.*s：未答" : "%.*s：不符合", STR_ARG(f->words.zh))},
        {"en",
         str_fmt(l->a, left ? "%.*s: not answered" : "%.*s: answered no", STR_ARG(f->words.en))},
    };
    return (struct ypair){key, f->pos, map_node(l, list, sizeof list / sizeof list[0], f->pos)};
}

/* --- filling it -------------------------------------------------------------------- */

static const struct ynode *fill_node(struct load *l, const struct field *f,
                                     const struct ynode *from)
{
    enum { N = sizeof item_columns / sizeof item_columns[0] };
    struct pair with[N];
    for (size_t i = 0; i < N; i++) {
        with[i] = (struct pair){item_columns[i], str_fmt(l->a, "i.%s", item_columns[i])};
    }
    const struct pair list[] = {{"create", f->key},
                                {"for_each", str_fmt(l->a, "i in %.*s", STR_ARG(from->text))}};
    struct ynode *map = arena_new(l->a, struct ynode);
    *map = *map_node(l, list, 2, from->pos);
    struct ypair *pairs = arena_array(l->a, struct ypair, 3);
    pairs[0] = map->pairs[0];
    pairs[1] = map->pairs[1];
    pairs[2] = (struct ypair){STR("with"), from->pos, map_node(l, with, N, from->pos)};
    map->pairs = pairs;
    map->len = 3;
    return map;
}

/* Rows of items, no more than one record names; else a mistake. */
static bool source_ok(struct load *l, const struct tdef *d, const struct ynode *from)
{
    str before = STR("i in ");
    struct scope sc = scope_of(l, d);
    struct each each = {0};
    struct pos at = from->pos; /* where `from` itself begins in what is compiled */
    at.col -= (int)before.len;
    str text = str_fmt(l->a, "%.*s%.*s", STR_ARG(before), STR_ARG(from->text));
    if (!expr_compile_each(l->a, &sc, text, at, &each, l->d)) {
        return false;
    }
    if (!each.type->items || !each.bounded) {
        diag_error(l->d, from->pos,
                   "检查表的 from 应是某条记录的检查项目（lines，of: checklist）或另一张检查表，如 "
                   "template.items",
                   "from of a check-list names the items (lines with of: checklist) or the "
                   "check-list of a record, as template.items");
        return false;
    }
    return true;
}

const struct ynode *checklist_effects(struct load *l, const struct tsrc *t, const struct action *x,
                                      const struct ynode *own)
{
    const struct tdef *d = t->def;
    size_t len = own && own->kind == Y_LIST ? own->len : 0;
    const struct ynode **items = arena_array(l->a, const struct ynode *, len + d->nfields + 1);
    size_t n = 0;
    for (size_t i = 0; x->creates && !x->after && i < d->nfields; i++) {
        const struct ynode *from =
            t->field_nodes[i] ? yaml_get(t->field_nodes[i], STR("from")) : NULL;
        bool fills = d->fields[i].checklist && from && key_text(l, from, WORDS("from", "from")).len;
        if (fills && source_ok(l, d, from)) {
            items[n++] = fill_node(l, &d->fields[i], from);
        }
    }
    if (!n || (own && own->kind != Y_LIST)) {
        return own;
    }
    for (size_t i = 0; i < len; i++) {
        items[n++] = own->items[i];
    }
    struct ynode *all = arena_new(l->a, struct ynode);
    *all = (struct ynode){.kind = Y_LIST, .pos = x->pos, .items = items, .len = n};
    return all;
}

void checklist_check(struct load *l, const struct tsrc *t)
{
    const struct tdef *d = t->def;
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *x = &d->actions[i];
        for (size_t k = 0; x->route && !x->creates && k < x->nasks; k++) {
            const struct field *f = x->asks[k].field;
            if (f->checklist) {
                diag_error(l->d, x->pos, "检查表“%.*s”不能由须经审批的操作填写：先填好，再送审",
                           "check-list \"%.*s\" is not filled in by an action that waits for an "
                           "approval: fill it in first, then ask",
                           STR_ARG(f->key));
            }
        }
    }
}
