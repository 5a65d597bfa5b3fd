#include "model/model.h"

#include <string.h>

const struct type *model_type(const struct model *m, str key)
{
    for (size_t i = 0; i < m->ntypes; i++) {
        if (str_eq(m->types[i]->key, key)) {
            return m->types[i];
        }
    }
    return NULL;
}

const struct type *model_type_at(const struct model *m, int code)
{
    return code >= 0 && (size_t)code < m->ntypes ? m->types[code] : NULL;
}

const struct reg *model_reg(const struct model *m, str key)
{
    for (size_t i = 0; i < m->nregs; i++) {
        if (str_eq(m->regs[i]->key, key)) {
            return m->regs[i];
        }
    }
    return NULL;
}

const struct clause *law_clause(const struct law *l, str id)
{
    for (size_t i = 0; i < l->nclauses; i++) {
        if (str_eq(l->clauses[i].id, id)) {
            return &l->clauses[i];
        }
    }
    return NULL;
}

const struct setting *law_setting(const struct law *l, str key)
{
    for (size_t i = 0; i < l->nsettings; i++) {
        if (str_eq(l->settings[i].key, key)) {
            return &l->settings[i];
        }
    }
    return NULL;
}

const struct tdef *type_at(const struct type *t, int64_t law)
{
    if (t->newest->newest) {
        return t->newest;
    }
    for (size_t i = 0; i < t->ndefs; i++) {
        if (t->defs[i]->law->version == law) {
            return t->defs[i];
        }
    }
    return t->newest;
}

const struct field *type_field_any(const struct type *t, str key)
{
    const struct field *f = tdef_field(t->newest, key);
    for (size_t i = t->ndefs; !f && i-- > 0;) {
        f = tdef_field(t->defs[i], key);
    }
    return f;
}

const struct action *type_action_any(const struct type *t, int64_t law, str key)
{
    const struct action *a = NULL;
    for (size_t i = 0; !a && i < t->ndefs; i++) {
        a = t->defs[i]->law->version == law ? tdef_action(t->defs[i], key) : NULL;
    }
    for (size_t i = t->ndefs; !a && i-- > 0;) {
        a = tdef_action(t->defs[i], key);
    }
    return a;
}

const struct field *tdef_field(const struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nfields; i++) {
        if (str_eq(d->fields[i].key, key)) {
            return &d->fields[i];
        }
    }
    return NULL;
}

const struct action *tdef_action(const struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nactions; i++) {
        if (str_eq(d->actions[i].key, key)) {
            return &d->actions[i];
        }
    }
    return NULL;
}

const struct state *tdef_state(const struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nstates; i++) {
        if (str_eq(d->states[i].key, key)) {
            return &d->states[i];
        }
    }
    return NULL;
}

const struct state *tdef_state_at(const struct tdef *d, int64_t code)
{
    for (size_t i = 0; i < d->nstates; i++) {
        if (d->states[i].code == code) {
            return &d->states[i];
        }
    }
    return NULL;
}

const struct state *type_state(const struct type *t, int64_t code)
{
    return code >= 0 && (uint64_t)code < t->nstates ? t->states[code] : NULL;
}

const struct term *tdef_term(const struct tdef *d, str key)
{
    for (size_t i = 0; i < d->nterms; i++) {
        if (str_eq(d->terms[i].key, key)) {
            return &d->terms[i];
        }
    }
    return NULL;
}

const struct choice_key *field_choice(const struct field *f, str key)
{
    for (size_t i = 0; i < f->nkeys; i++) {
        if (str_eq(f->keys[i].key, key)) {
            return &f->keys[i];
        }
    }
    return NULL;
}

const struct choice_key *field_choice_at(const struct field *f, int64_t code)
{
    return code >= 0 && (uint64_t)code < f->nkeys ? &f->keys[code] : NULL;
}
