#include "model/load_int.h"

/* What the names of fields and types point to, when all names are known. */

/* A type by name, of a regulation that may be named; a mistake otherwise. */
static struct type *type_named(struct load *l, struct lsrc *s, str key, struct pos at)
{
    if (str_eq(key, STR("any"))) {
        return NULL; /* a reference to a record of whatever type */
    }
    struct type *t = type_find(l, key);
    if (t && t->lines) {
        t = NULL;
    }
    if (!t) {
        str *names = arena_array(l->a, str, l->m->ntypes + 1);
        for (size_t i = 0; i < l->m->ntypes; i++) {
            names[i] = l->m->types[i]->key;
        }
        str near = diag_nearest(key, names, l->m->ntypes);
        if (near.len) {
            diag_error(l->d, at, "没有类型“%.*s”，是否指“%.*s”？",
                       "no type \"%.*s\"; did you mean \"%.*s\"?", STR_ARG(key), STR_ARG(near));
        } else {
            diag_error(l->d, at, "没有类型“%.*s”", "no type \"%.*s\"", STR_ARG(key));
        }
        return NULL;
    }
    if (!law_uses(s->law, t->reg)) {
        diag_error(l->d, at, "类型“%.*s”属于制度 %.*s，须先写入 uses",
                   "type \"%.*s\" belongs to regulation %.*s, which uses does not name",
                   STR_ARG(key), STR_ARG(t->reg->key));
    }
    return t;
}

static void part_add(struct load *l, struct type *parent, const struct type *part)
{
    for (size_t i = 0; i < parent->nparts; i++) {
        if (parent->parts[i] == part) {
            return;
        }
    }
    const struct type **all = arena_array(l->a, const struct type *, parent->nparts + 1);
    if (parent->nparts) {
        memcpy(all, parent->parts, parent->nparts * sizeof(struct type *));
    }
    all[parent->nparts++] = part;
    parent->parts = all;
}

static void part_link(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    struct type *parent = NULL;
    if (t->owner) {
        parent = type_find(l, t->owner->type->key);
    } else if (t->parent) {
        const struct ynode *n = yaml_get(t->node, STR("part_of"));
        parent = type_named(l, t->src, n->text, n->pos);
        if (parent && parent->reg != d->type->reg) {
            diag_error(l->d, n->pos, "子项与父单据须在同一制度",
                       "a part and its parent stand in one regulation");
        }
        if (parent == d->type) {
            diag_error(l->d, n->pos, "类型不能是自己的子项", "a type cannot be part of itself");
            parent = NULL;
        }
    }
    if (d->type->ndefs > 1 && d->type->part_of != parent && d != d->type->defs[0]) {
        diag_error(l->d, d->pos, "类型“%.*s”的 part_of 不能改变",
                   "part_of of type \"%.*s\" cannot change", STR_ARG(d->type->key));
    }
    if (!parent) {
        return;
    }
    struct type *self = type_find(l, d->type->key);
    self->part_of = parent;
    d->part_of = parent;
    struct field *f = &d->fields[0];
    f->to = parent;
    f->value.type = parent;
    f->words = parent->newest->title;
    part_add(l, parent, self);
}

/* setting('k') as the list of a choice. */
static void list_link(struct load *l, struct tsrc *t, struct field *f, const struct ynode *of)
{
    str text = str_trim(of->text);
    str key = {0};
    if (str_starts(text, STR("setting('")) && str_ends(text, STR("')"))) {
        key = str_from_n(text.ptr + 9, text.len - 11);
    } else {
        diag_error(l->d, of->pos, "选项应写成 [a, b]、{a: {zh, en}} 或 setting('..')",
                   "choices are written [a, b], {a: {zh, en}} or setting('..')");
        return;
    }
    const struct setting *v = law_setting(t->src->law, key);
    if (!v || !v->list) {
        diag_error(l->d, of->pos, "没有名为“%.*s”、类型为 list 的设定",
                   "no setting \"%.*s\" of type list", STR_ARG(key));
        return;
    }
    f->list = v;
    f->keys = v->keys;
    f->nkeys = v->nkeys;
}

/* The same field in the version before, or NULL. */
static const struct field *field_before(const struct tdef *d, str key)
{
    const struct field *f = NULL;
    for (size_t i = 0; i < d->type->ndefs && d->type->defs[i] != d; i++) {
        const struct field *x = tdef_field(d->type->defs[i], key);
        f = x ? x : f;
    }
    return f;
}

static void choice_link(struct load *l, struct tsrc *t, struct field *f, const struct ynode *node)
{
    const struct ynode *of = yaml_get(node, STR("of"));
    if (!of) {
        return;
    }
    const struct field *old = field_before(t->def, f->key);
    if (of->kind == Y_TEXT) {
        list_link(l, t, f, of);
    } else {
        size_t n = 0;
        struct choice_key *keys = choices_read(l, t->src, of, &n);
        for (size_t i = 0; old && i < old->nkeys; i++) {
            bool kept = false;
            for (size_t j = 0; j < n; j++) {
                kept = kept || str_eq(keys[j].key, old->keys[i].key);
            }
            if (!kept) {
                diag_error(
                    l->d, of->pos,
                    "选项“%.*s”不能删除：已有记录在用；可写成 {%.*s: {zh, en, retired: true}}",
                    "choice \"%.*s\" cannot be taken away: records hold it; retire it as "
                    "{%.*s: {zh, en, retired: true}}",
                    STR_ARG(old->keys[i].key), STR_ARG(old->keys[i].key));
            }
        }
        f->keys =
            choices_merge(l->a, old ? old->keys : NULL, old ? old->nkeys : 0, keys, n, &f->nkeys);
    }
    if (old && (old->list != NULL) != (f->list != NULL)) {
        diag_error(l->d, of->pos, "字段“%.*s”的选项来源不能改变",
                   "field \"%.*s\" cannot change where its choices come from", STR_ARG(f->key));
    }
    if (f->type == F_CHOICES && f->nkeys > 62) {
        diag_error(l->d, of->pos, "choices 最多 62 个选项", "choices holds at most 62 keys");
    }
}

static void field_link(struct load *l, struct tsrc *t, struct field *f, const struct ynode *node)
{
    const struct model *m = l->m;
    const struct ynode *to = yaml_get(node, f->type == F_FILTER ? STR("over") : STR("to"));
    const struct {
        enum ftype type;
        const struct type *of;
        const char *name;
    } own[] = {{F_PERSON, m->person, "person"},
               {F_PEOPLE, m->person, "person"},
               {F_UNIT, m->unit, "unit"},
               {F_POST, m->post, "post"}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (f->type != own[i].type) {
            continue;
        }
        f->to = own[i].of;
        if (!f->to) {
            diag_error(l->d, f->pos, "没有制度定义类型 %s，不能用这种字段",
                       "no regulation defines type %s, so there can be no such field", own[i].name);
        }
    }
    if (to && (f->type == F_REF || f->type == F_REFS || f->type == F_FILTER)) {
        f->to = type_named(l, t->src, key_text(l, to, WORDS("to", "to")), to->pos);
    }
    if (f->type == F_CHOICE || f->type == F_CHOICES) {
        choice_link(l, t, f, node);
    }
    f->value.type = f->type == F_LINES ? f->part : f->to;
}

const struct type *part_or_type(const struct load *l, const struct tdef *d, str name)
{
    const struct field *f = d ? tdef_field(d, name) : NULL;
    if (f && f->type == F_LINES) {
        return f->part;
    }
    struct type *t = type_find(l, name);
    return t && !t->lines ? t : NULL;
}

void types_link(struct load *l)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        part_link(l, l->tsrcs[i]);
    }
    for (size_t i = 0; i < l->ntsrcs; i++) {
        struct tsrc *t = l->tsrcs[i];
        struct tdef *d = t->def;
        for (size_t j = 0; j < d->nfields; j++) {
            if (t->field_nodes[j]) {
                field_link(l, t, &d->fields[j], t->field_nodes[j]);
            }
        }
        if (d->part_of && !t->owner) {
            d->newest = d->part_of->newest->newest;
        } else if (t->owner) {
            d->newest = t->owner->newest;
        }
        const struct ynode *unit = yaml_get(t->node, STR("unit"));
        if (unit && !t->owner) {
            const struct field *f = tdef_field(d, key_text(l, unit, WORDS("unit", "unit")));
            if (!f || f->type != F_UNIT) {
                diag_error(l->d, unit->pos, "unit 应是本类型的一个 unit 字段",
                           "unit names a field of type unit of this type");
            } else {
                d->unit_field = f;
            }
        }
    }
}
