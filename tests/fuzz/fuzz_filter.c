/* A filter a person types, over the regulations that ship: SQL that the database
 * understands, or a mistake at a column of the text.  The first byte names the type. */
#include "model/expr.h"

#include "fuzz/fuzz_sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    struct ctx ctx = fuzz_ctx(a);
    if (size < 1) {
        return 0;
    }
    struct diags d = diags_make(a);
    const struct type *t = ctx.model->types[data[0] % ctx.model->ntypes];
    struct scope s = {
        .model = ctx.model, .law = t->newest->law, .self = t->newest, .typed_by_person = true};
    struct pos at = {STR("filter"), 1, 1};
    struct cond c = expr_compile(a, &s, fuzz_text(data + 1, size - 1), at, vtype_of(V_BOOL), &d);
    MUST((c.tree != NULL) == (d.errors == 0));
    for (size_t i = 0; i < d.len; i++) {
        MUST(d.ptr[i].pos.col >= 1 && (size_t)d.ptr[i].pos.col <= size + 1);
    }
    if (c.tree) {
        fuzz_run(&ctx, t, c.is_true);
        fuzz_run(&ctx, t, c.not_false);
    }
    return 0;
}
