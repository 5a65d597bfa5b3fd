/* room.c - what the engine has room for, of a model that is well made in itself: a record's
 * columns of all versions together, its rules with those that other regulations add, what
 * a state waits for. */
#include "engine/engine_int.h"

enum { RULES_MAX = 192 }; /* with 64 KB each, twelve of the 16 MB of a statement (store/sql.c) */

_Static_assert(2 * COLS_MAX + 64 <= DB_ARGS_MAX, "a row, as it was and as it is, are arguments");
_Static_assert(RULES_MAX + 64 <= DB_ARGS_MAX, "so is which rules are to be judged");

static size_t rules_added(const struct model *m, const struct type *t)
{
    size_t n = 0;
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *l = m->regs[i]->newest;
        for (size_t k = 0; l && k < l->nadds; k++) {
            n += l->adds[k].to_type == t ? l->adds[k].nrules : 0;
        }
    }
    return n;
}

/* What somebody is to do next is asked in one batch. */
_Static_assert(NEXT_MAX + 64 <= BATCH_MAX, "with what else the end of an act asks");

static void look_at_states(const struct tdef *t, struct diags *d)
{
    for (size_t i = 0; i < t->nstates; i++) {
        if (t->states[i].nnext > NEXT_MAX) {
            diag_error(d, t->states[i].pos, "状态“%.*s”等待的操作共 %zu 个，最多 %d 个",
                       "state %.*s waits for %zu actions; at most %d", STR_ARG(t->states[i].key),
                       t->states[i].nnext, (int)NEXT_MAX);
        }
    }
}

bool engine_has_room(const struct model *m, struct diags *d)
{
    size_t errors = d->errors;
    for (size_t i = 0; i < m->ntypes; i++) {
        const struct type *t = m->types[i];
        size_t columns = COL_BASE + t->nstates + t->ncolumns + 1; /* one: of what it is part */
        size_t added = rules_added(m, t);
        if (columns > COLS_MAX) {
            diag_error(d, t->newest->pos, "各版本的字段和状态共 %zu 个，最多 %d 个",
                       "fields and states of all versions are %zu; at most %d",
                       t->nstates + t->ncolumns, COLS_MAX - COL_BASE - 1);
        }
        for (size_t k = 0; k < t->ndefs; k++) {
            look_at_states(t->defs[k], d);
            if (t->defs[k]->nrules + added > RULES_MAX) {
                diag_error(d, t->defs[k]->pos, "规则（连同其他制度附加的）共 %zu 条，最多 %d 条",
                           "rules, with those that other regulations add, are %zu; at most %d",
                           t->defs[k]->nrules + added, (int)RULES_MAX);
            }
        }
    }
    return d->errors == errors;
}
