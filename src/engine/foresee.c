/* foresee.c - what an act will ask first, asked together: its key, the record's
 * row, the guards before values, defaults, the next number.  On PostgreSQL that is
 * one trip instead of five. */
#include "engine/perform_int.h"

struct foresight {
    int64_t record;
    int row, before, defaults, seq; /* places; -1: not asked */
    const struct aplan *plan;
    str prefix;
};

static int ask(struct doing *d, struct batch *b, const struct guards *g, const struct touched *x)
{
    if (!g->n || !g->stmt.present) {
        return -1;
    }
    return batch_add(b, g->stmt.sql, perform_args(d, &g->stmt, x, NULL, 0));
}

/* The version a record runs under is known when it follows the newest, and else
 * from the check; when that was wrong, its guards are asked again. */
static void ask_record(struct doing *d, struct batch *b, const struct type *t, struct foresight *f)
{
    const struct act *act = d->act;
    const struct tdef *def = t->newest->newest ? t->newest
                             : act->hint_law   ? type_at(t, act->hint_law)
                                               : NULL;
    f->record = act->record;
    f->row = batch_add(b, plan_type(d->h, t->newest)->select, ARGS(db_i64(act->record)));
    const struct action *a = def ? tdef_action(def, act->action) : NULL;
    if (a && !a->creates) {
        struct tplan *tp = plan_type(d->h, def);
        struct touched x = {.t = tp, .id = act->record};
        f->plan = plan_action(d->h, tp, a);
        f->before = ask(d, b, &f->plan->before, &x);
    }
}

static void ask_new(struct doing *d, struct batch *b, const struct type *t, struct foresight *f)
{
    const struct action *a = perform_action_named(t->newest, d->act->action);
    if (!a || !a->creates || t->part_of || t->retired) {
        return;
    }
    struct tplan *tp = plan_type(d->h, t->newest);
    f->plan = plan_action(d->h, tp, a);
    f->before = ask(d, b, &f->plan->before, NULL);
    f->defaults = ask(d, b, &f->plan->defaults, NULL);
    if (tp->def->number.nparts && !tp->number_paths) {
        f->prefix = perform_number_prefix(d, tp, NULL);
        f->seq = batch_add(b, SQL("select n from seq where prefix = $1"), ARGS(db_text(f->prefix)));
    }
}

struct foresight *foresee_ask(struct doing *d, struct batch *b)
{
    struct foresight *f = arena_new(d->a, struct foresight);
    *f = (struct foresight){.row = -1, .before = -1, .defaults = -1, .seq = -1};
    const struct type *t = model_type(d->h->model, d->act->type);
    if (t && !t->lines && d->act->record) {
        ask_record(d, b, t, f);
    } else if (t && !t->lines && d->act->type.len) {
        ask_new(d, b, t, f);
    }
    return f;
}

void foresee_read(struct doing *d, struct batch *b, const struct foresight *f)
{
    struct foreseen *s = &d->seen;
    if (f->row >= 0) {
        s->record = f->record;
        s->row = batch_rows(b, f->row);
    }
    if (f->before >= 0) {
        s->before = &f->plan->before;
        s->before_rows = batch_rows(b, f->before);
    }
    if (f->defaults >= 0) {
        s->defaults = &f->plan->defaults;
        s->default_rows = batch_rows(b, f->defaults);
    }
    if (f->seq >= 0) {
        s->prefix = f->prefix;
        s->seq = batch_rows(b, f->seq);
    }
}
