/* An expression of a definition, over the regulations that ship: SQL that the
 * database understands, or a mistake at a column of the text.  The first byte
 * names the type, the second what kind of expression it is. */
#include "model/expr.h"

#include "fuzz/fuzz_sql.h"

static void at_a_column(const struct diags *d, size_t size)
{
    for (size_t i = 0; i < d->len; i++) {
        MUST(d->ptr[i].pos.col >= 1 && (size_t)d->ptr[i].pos.col <= size + 2);
    }
}

static const struct pos at = {STR("definition"), 1, 1};

static void condition(const struct ctx *ctx, const struct scope *s, const struct type *t, str text)
{
    struct diags d = diags_make(ctx->arena);
    struct cond c = expr_compile(ctx->arena, s, text, at, vtype_of(V_BOOL), &d);
    MUST((c.tree != NULL) == (d.errors == 0));
    at_a_column(&d, text.len);
    if (c.tree && !s->allow_old) {
        fuzz_run(ctx, t, c.is_true);
        fuzz_run(ctx, t, c.not_false);
    }
}

static void people(const struct ctx *ctx, const struct scope *s, const struct type *t, str text)
{
    struct diags d = diags_make(ctx->arena);
    struct people p = expr_compile_people(ctx->arena, s, text, at, true, &d);
    MUST((p.tree != NULL) == (d.errors == 0));
    at_a_column(&d, text.len);
    if (p.tree && p.is_actor.text.len) {
        fuzz_run(ctx, t, p.is_actor);
    }
}

static void others(struct arena *a, const struct scope *s, str text, bool number)
{
    struct diags d = diags_make(a);
    struct each each;
    MUST(expr_compile_each(a, s, text, at, &each, &d) == (d.errors == 0));
    at_a_column(&d, text.len);
    d = diags_make(a);
    expr_compile_template(a, s, text, at, number, &d);
    d = diags_make(a);
    struct cond c = expr_compile(a, s, text, at, vtype_of(V_NULL), &d);
    MUST((c.tree != NULL) == (d.errors == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    struct ctx ctx = fuzz_ctx(a);
    if (size < 2) {
        return 0;
    }
    const struct type *t = ctx.model->types[data[0] % ctx.model->ntypes];
    struct scope s = {.model = ctx.model, .law = t->newest->law, .self = t->newest};
    str text = fuzz_text(data + 2, size - 2);
    switch (data[1] % 4) {
    case 0:
        condition(&ctx, &s, t, text);
        break;
    case 1:
        s.allow_old = s.allow_steps_left = true;
        condition(&ctx, &s, t, text);
        break;
    case 2:
        people(&ctx, &s, t, text);
        break;
    default:
        others(a, &s, text, size % 2);
        break;
    }
    return 0;
}
