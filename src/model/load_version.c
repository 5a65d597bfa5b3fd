#include "model/load_int.h"

/* Names are for ever: what a later version may not turn into something else,
 * whatever the records are.  What depends on the records (a register's state
 * that some are in) is the publication's: engine/publish.h. */

static void check_field(struct load *l, const struct tdef *d, const struct field *old)
{
    const struct field *f = tdef_field(d, old->key);
    if (!f) {
        return; /* retired: its column stays */
    }
    if (f->type != old->type || f->to != old->to) {
        diag_error(l->d, f->pos, "字段“%.*s”原为 %s（版本 %d），不能改变类型；请另设一个字段",
                   "field \"%.*s\" was %s (version %d) and cannot change its type; add another one",
                   STR_ARG(f->key), ftype_name(old->type), old->of->law->version);
    }
}

static void check_pair(struct load *l, const struct tdef *old, const struct tdef *d)
{
    for (size_t i = 0; i < old->nfields; i++) {
        check_field(l, d, &old->fields[i]);
    }
    if (old->newest != d->newest) {
        diag_error(l->d, d->pos, "类型“%.*s”的 follows 不能改变",
                   "type \"%.*s\" cannot change what it follows", STR_ARG(d->type->key));
    }
    if ((old->number.nparts != 0) && d->number.nparts == 0) {
        diag_error(l->d, d->pos, "类型“%.*s”不能去掉编号", "type \"%.*s\" cannot lose its number",
                   STR_ARG(d->type->key));
    }
}

void check_versions(struct load *l)
{
    for (size_t i = 0; i < l->m->ntypes; i++) {
        struct type *t = l->m->types[i];
        t->retired = t->newest->law != t->reg->newest;
        for (size_t k = 1; k < t->ndefs; k++) {
            check_pair(l, t->defs[k - 1], t->defs[k]);
        }
    }
}
