/* A value somebody entered into a field of the regulations that ship: read, it is
 * written for programs as what reads the same; else there are words why not.  The
 * first byte names the type, the second the field. */
#include "engine/value.h"

#include "fuzz/fuzz_sql.h"

static bool same(const struct value *x, const struct value *y)
{
    bool ids = x->nids == y->nids;
    for (size_t i = 0; ids && i < x->nids; i++) {
        ids = x->ids[i] == y->ids[i];
    }
    return x->null == y->null && x->i64 == y->i64 && str_eq(x->text, y->text) && ids;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct ctx ctx = fuzz_ctx(a);
    if (size < 2) {
        return 0;
    }
    const struct tdef *d = ctx.model->types[data[0] % ctx.model->ntypes]->newest;
    if (!d->nfields) {
        return 0;
    }
    const struct field *f = &d->fields[data[1] % d->nfields];
    str text = fuzz_text(data + 2, size - 2);
    struct value_in in = {.field = f->key, .text = text, .items = &text, .nitems = 1};
    struct value v = {0};
    struct value again = {0};
    struct words why = {0};
    err e = value_read(&ctx, f, &in, &v, &why);
    MUST(!e.code || e.code == ERR_VALUE || e.code == ERR_BUSY);
    MUST(e.code != ERR_VALUE || (why.zh.len && why.en.len));
    if (e.code || v.null || f->type == F_LINES) {
        return 0;
    }
    str plain = value_plain(&ctx, f, &v);
    struct value_in back = {.field = f->key, .text = plain, .items = &plain, .nitems = 1};
    if (v.nids <= 1) { /* the list of one item is the item */
        MUST(!value_read(&ctx, f, &back, &again, &why).code && same(&v, &again));
    }
    value_show(&ctx, f, &v, STR("name"));
    return 0;
}
