#include "model/load_effect_int.h"

/* The effect `finding`: something is not as a clause demands. */

struct finding_reader {
    struct effect_reader *r;
    const struct tdef *def;
    struct assign *out;
};

static struct assign *assign_to(struct finding_reader *f, str key)
{
    struct assign *a = &f->out[f->r->e->nassigns++];
    a->field = tdef_field(f->def, key);
    return a;
}

static void put_text(struct finding_reader *f, str key, struct words words)
{
    if (tdef_field(f->def, key)) {
        assign_to(f, key)->words = words;
    }
}

static void put_value(struct finding_reader *f, str key, str text, struct pos at)
{
    const struct field *field = tdef_field(f->def, key);
    if (field) {
        struct cond c = expr_compile(f->r->l->a, &f->r->sc, text, at, field->value, f->r->l->d);
        assign_to(f, key)->value = c;
    }
}

/* What it is about: an expression, else the record itself. */
static void about_read(struct finding_reader *f, const struct ynode *n)
{
    const struct ynode *about = yaml_get(n, STR("about"));
    const struct tdef *self = f->r->sc.self;
    if (about) {
        put_value(f, STR("about"), key_text(f->r->l, about, WORDS("about", "about")), about->pos);
    } else if (self && !self->type->lines) {
        put_value(f, STR("about"), STR("self"), n->pos);
    }
}

/* Who is to mend it: an expression, else the unit of the record. */
static void unit_read(struct finding_reader *f, const struct ynode *n)
{
    const struct ynode *unit = yaml_get(n, STR("unit"));
    const struct tdef *self = f->r->sc.self;
    if (unit) {
        put_value(f, STR("unit"), key_text(f->r->l, unit, WORDS("unit", "unit")), unit->pos);
    } else if (self && self->unit_field) {
        put_value(f, STR("unit"), self->unit_field->key, n->pos);
    }
}

static void severity_put(struct finding_reader *f, const struct ynode *n)
{
    static const char *const keys[] = {"low", "medium", "high", "critical"};
    const struct ynode *v = yaml_get(n, STR("severity"));
    str key = v ? key_text(f->r->l, v, WORDS("severity", "severity")) : STR("medium");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (str_eq(key, str_from(keys[i]))) {
            put_value(f, STR("severity"), str_fmt(f->r->l->a, "'%.*s'", STR_ARG(key)), n->pos);
            return;
        }
    }
    diag_error(f->r->l->d, v->pos, "severity 应为 low、medium、high 或 critical",
               "severity is low, medium, high or critical");
}

/* "regulation#clause": the one that is not followed. */
static void clause_put(struct finding_reader *f, const struct ynode *n)
{
    struct effect_reader *r = f->r;
    const struct clause *c = yaml_get(n, STR("clause")) ? key_clause(r->l, r->s, n) : r->e->clause;
    if (c) {
        str key = str_fmt(r->l->a, "%.*s#%.*s", STR_ARG(r->s->law->reg->key), STR_ARG(c->id));
        put_text(f, STR("clause"), (struct words){key, key});
    }
}

void finding_read(struct effect_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    const struct type *t = l->m->finding;
    const struct action *x = t ? tdef_action(t->newest, STR("raise")) : NULL;
    if (!keys_check(l, n, KEYS_FINDING, "", WORDS("结果 finding", "the effect finding"))) {
        return;
    }
    if (!x) { /* that a register lacks the action is said there */
        if (!t) {
            diag_error(l->d, n->pos, "结果 finding 须有制度定义类型 finding",
                       "the effect finding needs a regulation that defines type finding");
        }
        return;
    }
    struct finding_reader f = {
        .r = r, .def = t->newest, .out = arena_array(l->a, struct assign, 8)};
    r->e->target = t;
    r->e->target_action = x->key;
    if (!yaml_get(n, STR("zh"))) {
        diag_error(l->d, n->pos, "缺少文字（zh、en）", "the text (zh, en) is missing");
    }
    put_text(&f, STR("summary"), key_words(l, r->s, n, STR("")));
    about_read(&f, n);
    unit_read(&f, n);
    severity_put(&f, n);
    clause_put(&f, n);
    r->e->assigns = f.out;
    crossing_add(l, r->s, t, x->key, n->pos);
    asked_given(r, t->newest, x);
}
