/* A filter a person types, an expression about people, a name template, over the
 * regulations that ship: SQL, or a mistake at a column of the text. */
#include "model/expr.h"
#include "model/load.h"

#include "fuzz/fuzz.h"

static struct model *model;

static const struct model *the_model(void)
{
    static struct arena life;
    if (!model) {
        life = arena_make(256u << 20);
        struct sources s;
        struct diags d = diags_make(&life);
        err e = load_folder(&life, STR("regulations"), &s);
        model = e.code ? NULL : model_build(&life, &s, &d);
        MUST(model != NULL);
    }
    return model;
}

static void at_a_column(const struct diags *d, size_t size)
{
    for (size_t i = 0; i < d->len; i++) {
        MUST(d->ptr[i].pos.col >= 1 && (size_t)d->ptr[i].pos.col <= size + 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct model *m = the_model();
    struct arena a = arena_make(256u << 20);
    struct diags d = diags_make(&a);
    str text = fuzz_text(data, size);
    const struct type *t = m->types[size % m->ntypes];
    struct scope s = {
        .model = m, .law = t->newest->law, .self = t->newest, .typed_by_person = true};
    struct pos at = {STR("filter"), 1, 1};
    struct cond c = expr_compile(&a, &s, text, at, vtype_of(V_BOOL), &d);
    MUST((c.tree != NULL) == (d.errors == 0));
    MUST(!c.tree || c.is_true.text.len > 0);
    at_a_column(&d, size);
    s.typed_by_person = false;
    d = diags_make(&a);
    struct people p = expr_compile_people(&a, &s, text, at, true, &d);
    MUST((p.tree != NULL) == (d.errors == 0));
    at_a_column(&d, size);
    d = diags_make(&a);
    expr_compile_template(&a, &s, text, at, false, &d);
    arena_end(&a);
    return 0;
}
