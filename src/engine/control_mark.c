/* control_mark.c - an act marks what it touched, so that controls are judged again.
 *
 * One mark for each record, whatever the number of controls; a field that named another
 * record before leaves a mark on that one, too: afterwards nothing leads to it.
 */
#include "engine/control_int.h"
#include "engine/perform_int.h"

/* What to do about touched records of one type. */
struct control_watch {
    bool mark;
    struct {
        const struct field *field;
        const struct type *to; /* whose controls read it */
    } * downs;
    size_t ndowns;
};

static void watch_def(struct control_watch *all, const struct cdef *c, struct arena *a)
{
    all[c->over->code].mark = true;
    for (size_t i = 0; i < c->npaths; i++) {
        const struct control_path *p = &c->paths[i];
        struct control_watch *w = &all[p->of->code];
        w->mark = true;
        bool known = p->up;
        for (size_t k = 0; k < w->ndowns && !known; k++) {
            known = w->downs[k].to == c->over && str_eq(w->downs[k].field->key, p->field->key);
        }
        if (known || w->ndowns == CONTROL_DOWNS_MAX) {
            continue;
        }
        if (!w->downs) {
            w->downs = arena_alloc(a, CONTROL_DOWNS_MAX, sizeof(w->downs[0]), alignof(void *));
        }
        w->downs[w->ndowns].field = p->field;
        w->downs[w->ndowns++].to = c->over;
    }
}

const struct control_watch *control_watches(const struct model *m, struct arena *a)
{
    struct control_watch *all = arena_array(a, struct control_watch, m->ntypes + 1);
    for (size_t i = 0; i < m->ncontrols; i++) {
        const struct control *c = m->controls[i];
        for (size_t v = 0; v < c->ndefs; v++) {
            if (c->defs[v] && c->over) {
                watch_def(all, c->defs[v], a);
            }
        }
    }
    return all;
}

static err mark(struct doing *d, int64_t record, const struct type *type)
{
    return db_queue(d->ctx->db, d->a,
                    SQL("insert into control_dirty(record, type, act) values ($1, $2, $3)"
                        " on conflict (record) do update set act = excluded.act"),
                    ARGS(db_i64(record), db_i64(type->code), db_i64(d->acts[0].id)));
}

/* The record that `field` named before, when it names another now. */
static int64_t named_before(const struct touched *x, const struct field *field)
{
    const struct field *own = tdef_field(x->t->def, field->key);
    int col = own ? plan_col(x->t, own) : -1;
    bool other = col >= 0 && !x->created && history_cell_changed(x, col) && !x->old[col].null;
    return other ? x->old[col].i : 0;
}

err control_mark(struct doing *d, const struct touched *x)
{
    if (!d->h->model->ncontrols) {
        return OK;
    }
    const struct control_watch *w = &d->h->watches[x->t->type->code];
    err e = w->mark ? mark(d, x->id, x->t->type) : OK;
    for (size_t i = 0; i < w->ndowns && !e.code; i++) {
        int64_t before = named_before(x, w->downs[i].field);
        e = before ? mark(d, before, w->downs[i].to) : OK;
    }
    return e;
}
