#include "model/load_int.h"

/* Fields: their names, types and places; then what they point to. */

static const struct {
    const char *name;
    enum ftype type;
    enum vkind kind; /* in expressions */
    bool text;       /* column holds text */
} ftypes[] = {
    {"text", F_TEXT, V_TEXT, true},
    {"markdown", F_MARKDOWN, V_TEXT, true},
    {"int", F_INT, V_INT, false},
    {"decimal", F_DECIMAL, V_DECIMAL, false},
    {"money", F_MONEY, V_MONEY, false},
    {"bool", F_BOOL, V_BOOL, false},
    {"date", F_DATE, V_DATE, false},
    {"datetime", F_DATETIME, V_DATETIME, false},
    {"duration", F_DURATION, V_DURATION, false},
    {"days", F_DAYS, V_DAYS, false},
    {"months", F_MONTHS, V_MONTHS, false},
    {"workdays", F_WORKDAYS, V_WORKDAYS, false},
    {"workhours", F_WORKHOURS, V_WORKHOURS, false},
    {"choice", F_CHOICE, V_CHOICE, false},
    {"choices", F_CHOICES, V_CHOICES, false},
    {"ref", F_REF, V_RECORD, false},
    {"refs", F_REFS, V_SET, false},
    {"person", F_PERSON, V_RECORD, false},
    {"people", F_PEOPLE, V_PEOPLE, false},
    {"unit", F_UNIT, V_RECORD, false},
    {"post", F_POST, V_RECORD, false},
    {"lines", F_LINES, V_SET, false},
    {"filter", F_FILTER, V_SET, true},
    {"attachment", F_ATTACHMENT, V_INT, false},
    {"ip", F_IP, V_TEXT, true},
    {"mac", F_MAC, V_TEXT, true},
    {"url", F_URL, V_TEXT, true},
    {"checklist", F_LINES, V_SET, false}, /* lines, too; behind those that are found by place */
};
enum { NFTYPES = sizeof ftypes / sizeof ftypes[0] };

bool ftype_of(str key, enum ftype *ret)
{
    for (size_t i = 0; i < NFTYPES; i++) {
        if (str_eq(key, str_from(ftypes[i].name))) {
            *ret = ftypes[i].type;
            return true;
        }
    }
    return false;
}

const char *ftype_name(enum ftype t)
{
    return ftypes[t].name;
}

bool ftype_is_text(enum ftype t)
{
    return ftypes[t].text;
}

static bool is_number(enum ftype t)
{
    return t >= F_INT && t <= F_WORKHOURS && t != F_BOOL;
}

/* min and max: of numbers and moments in their stored unit; of text in characters. */
static void bound_read(struct load *l, const struct field *f, const struct ynode *node,
                       const char *key, bool *has, int64_t *ret)
{
    const struct ynode *n = yaml_get(node, str_from(key));
    if (!n) {
        return;
    }
    str text = key_text(l, n, WORDS("min、max", "min, max"));
    str unused;
    bool plain = f->type == F_INT || f->type == F_TEXT || f->type == F_MARKDOWN ||
                 f->type == F_DAYS || f->type == F_MONTHS || f->type == F_WORKDAYS;
    if (f->type != F_TEXT && f->type != F_MARKDOWN && !is_number(f->type)) {
        diag_error(l->d, n->pos, "类型 %s 没有 %s", "type %s has no %s", ftype_name(f->type), key);
    } else if ((plain && str_to_i64(text, ret)) ||
               (is_number(f->type) && expr_literal(text, ftypes[f->type].kind, ret, &unused))) {
        *has = true;
    } else {
        diag_error(l->d, n->pos, "“%.*s”不是类型 %s 的值", "\"%.*s\" is no value of type %s",
                   STR_ARG(text), ftype_name(f->type));
    }
}

static void type_keys_check(struct load *l, const struct field *f, const struct ynode *node)
{
    bool needs_to = f->type == F_REFS;
    bool takes_to = needs_to || f->type == F_REF;
    bool needs_of =
        f->type == F_CHOICE || f->type == F_CHOICES || (f->type == F_LINES && !f->checklist);
    bool over = f->type == F_FILTER;
    const struct {
        const char *key;
        bool needs, takes;
    } rules[] = {{"to", needs_to, takes_to},
                 {"of", needs_of, needs_of},
                 {"over", over, over},
                 {"from", false, f->checklist}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct ypair *p = yaml_pair(node, str_from(rules[i].key));
        if (!p && rules[i].needs) {
            diag_error(l->d, f->pos, "类型为 %s 的字段“%.*s”缺少 %s",
                       "field of type %s \"%.*s\" needs %s", ftype_name(f->type), STR_ARG(f->key),
                       rules[i].key);
        } else if (p && !rules[i].takes) {
            diag_error(l->d, p->pos, "类型 %s 没有 %s", "type %s has no %s", ftype_name(f->type),
                       rules[i].key);
        }
    }
    if (yaml_get(node, STR("pattern")) && !ftype_is_text(f->type)) {
        diag_error(l->d, key_pos(node, "pattern"), "类型 %s 没有 pattern", "type %s has no pattern",
                   ftype_name(f->type));
    }
    if (yaml_get(node, STR("is")) && yaml_get(node, STR("default"))) {
        diag_error(l->d, key_pos(node, "is"), "计算字段（is）没有 default",
                   "a computed field (is) has no default");
    }
    if (yaml_get(node, STR("is")) && (f->column.len == 0 || f->type == F_FILTER)) {
        diag_error(l->d, key_pos(node, "is"), "类型 %s 不能计算", "type %s cannot be computed",
                   ftype_name(f->type));
    }
}

static bool has_column(enum ftype t)
{
    return t != F_LINES && t != F_REFS && t != F_PEOPLE;
}

/* A lines field is a type of its own: its rows are parts without states. */
static void lines_read(struct load *l, struct tsrc *t, struct field *f, const struct ynode *node)
{
    const struct ynode *of = yaml_get(node, STR("of"));
    bool items = f->checklist || (of && of->kind == Y_TEXT && str_eq(of->text, STR("checklist")));
    of = items ? checklist_columns(l, f->checklist) : of;
    if (!of || !key_is_map(l, of, WORDS("lines 的 of", "of of lines"))) {
        return;
    }
    if (t->owner) {
        diag_error(l->d, f->pos, "明细行中不能再有明细行", "lines cannot hold lines");
        return;
    }
    str key = str_fmt(l->a, "%.*s__%.*s", STR_ARG(t->def->type->key), STR_ARG(f->key));
    struct type *lt = type_declare(l, key, t->src, f->pos);
    if (!lt) {
        return;
    }
    lt->lines = true;
    lt->items = items;
    lt->answers = f->checklist;
    struct tsrc *ts = tsrc_add(l, lt, t->src, node, f->pos);
    ts->owner = t->def;
    ts->fields = of;
    ts->def->title = f->words;
    f->part = lt;
    fields_read(l, ts);
}

static void field_read(struct load *l, struct tsrc *t, const struct ypair *p);

/* What is counted of a check-list stands behind it. */
static void counts_read(struct load *l, struct tsrc *t, const struct field *f)
{
    struct ypair left = checklist_count(l, f, true);
    struct ypair no = checklist_count(l, f, false);
    field_read(l, t, &left);
    field_read(l, t, &no);
}

static void field_read(struct load *l, struct tsrc *t, const struct ypair *p)
{
    const struct ynode *node = p->value;
    struct tdef *d = t->def;
    if (!name_check(l, p->key, p->pos, WORDS("字段", "a field")) ||
        !keys_check(l, node, KEYS_FIELD, KEYS_FIELD_LATER, WORDS("字段", "a field"))) {
        return;
    }
    if (field_find(d, p->key)) {
        diag_error(l->d, p->pos, "字段“%.*s”与指向父单据的字段同名",
                   "field \"%.*s\" is called like the field of the parent", STR_ARG(p->key));
        return;
    }
    str type = key_str(l, node, "type");
    struct field f = {.key = p->key, .pos = p->pos, .of = d};
    if (!ftype_of(type, &f.type)) {
        if (str_eq(type, STR("signature")) || str_eq(type, STR("secret"))) {
            diag_error(l->d, key_pos(node, "type"), "字段类型“%.*s”尚未支持",
                       "field type \"%.*s\" is not supported yet", STR_ARG(type));
            return;
        }
        str names[NFTYPES];
        for (size_t i = 0; i < NFTYPES; i++) {
            names[i] = str_from(ftypes[i].name);
        }
        str near = diag_nearest(type, names, NFTYPES);
        near = near.len ? near : names_join(l->a, names, NFTYPES);
        diag_error(l->d, key_pos(node, "type"), "没有字段类型“%.*s”；可用：%.*s",
                   "no field type \"%.*s\"; there is %.*s", STR_ARG(type), STR_ARG(near));
        return;
    }
    f.checklist = str_eq(type, STR("checklist"));
    f.words = key_words(l, t->src, node, p->key);
    const struct ynode *help = yaml_get(node, STR("help"));
    if (help && keys_check(l, help, KEYS_WORDS, "", WORDS("help", "help"))) {
        f.help = key_words(l, t->src, help, (str){0});
    }
    f.column = has_column(f.type) ? str_fmt(l->a, "f_%.*s", STR_ARG(p->key)) : (str){0};
    f.unique = key_bool(l, node, "unique");
    f.personal = key_bool(l, node, "personal");
    if (f.personal && (!has_column(f.type) || t->owner)) {
        diag_error(l->d, f.pos,
                   "personal 只用于记录自身的单值字段，不能用于明细行、多个引用或多个人员",
                   "personal is for a field of the record itself with one value, not for lines, "
                   "refs or people");
    }
    f.pattern = key_str(l, node, "pattern");
    f.clause = key_clause(l, t->src, node);
    f.value.kind = ftypes[f.type].kind;
    bound_read(l, &f, node, "min", &f.has_min, &f.min);
    bound_read(l, &f, node, "max", &f.has_max, &f.max);
    type_keys_check(l, &f, node);
    if (f.unique && !f.column.len) {
        diag_error(l->d, key_pos(node, "unique"), "类型 %s 不能唯一", "type %s cannot be unique",
                   ftype_name(f.type));
        f.unique = false;
    }
    t->field_nodes[d->nfields] = node;
    d->fields[d->nfields++] = f;
    if (f.checklist) {
        counts_read(l, t, &f);
    }
}

void fields_read(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    size_t n = t->fields && t->fields->kind == Y_MAP ? t->fields->len : 0;
    size_t most = 3 * n + 2; /* each may be a check-list, with two more */
    d->fields = arena_array(l->a, struct field, most);
    t->field_nodes = arena_array(l->a, const struct ynode *, most);
    str parent = t->owner ? t->owner->type->key : key_str(l, t->node, "part_of");
    if (parent.len) {
        t->parent = &d->fields[0];
        d->fields[d->nfields++] = (struct field){
            .key = parent,
            .column = str_fmt(l->a, "f_%.*s", STR_ARG(parent)),
            .type = F_REF,
            .words = {parent, parent},
            .value = {.kind = V_RECORD},
            .never_missing = true,
            .pos = t->owner ? d->pos : key_pos(t->node, "part_of"),
            .of = d,
        };
    }
    if (!t->fields || !key_is_map(l, t->fields, WORDS("fields", "fields"))) {
        return;
    }
    for (size_t i = 0; i < t->fields->len; i++) {
        field_read(l, t, &t->fields->pairs[i]);
    }
    for (size_t i = 0; i < d->nfields; i++) {
        struct field *f = &d->fields[i];
        f->value.field = f->type == F_CHOICE || f->type == F_CHOICES ? f : NULL;
        if (f->type == F_LINES) {
            lines_read(l, t, f, t->field_nodes[i]);
        }
    }
}
