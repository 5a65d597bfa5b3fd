/* perform_values.c - what an act was given and what it adds: values, what must be
 * filled in, defaults, the number. */
#include "engine/perform_int.h"

/* --- values --------------------------------------------------------------------------------- */

static const struct value_in *value_for(const struct call *c, str key)
{
    for (size_t i = 0; i < c->nvalues; i++) {
        if (str_eq(c->values[i].field, key)) {
            return &c->values[i];
        }
    }
    return NULL;
}

void perform_put_cell(struct touched *x, int col, const struct value *v)
{
    struct cell *cell = &x->now[col];
    *cell = (struct cell){.null = v->null};
    if (!v->null && x->t->is_text[col]) {
        cell->s = v->text;
        cell->null = v->text.len == 0;
    } else if (!v->null) {
        cell->i = v->i64;
    }
}

static const struct ask *asked_for(const struct action *a, str key)
{
    for (size_t i = 0; i < a->nasks; i++) {
        if (str_eq(a->asks[i].field->key, key)) {
            return &a->asks[i];
        }
    }
    return NULL;
}

err perform_take_values(struct doing *d, const struct call *c, const struct action *action,
                        struct touched *x, struct later_write *later, size_t *nlater)
{
    struct refusals bad = {0};
    for (size_t i = 0; i < c->nvalues; i++) {
        const struct value_in *in = &c->values[i];
        const struct ask *ask = asked_for(action, in->field);
        const struct field *f = ask ? ask->field : NULL;
        if (!f && !c->door) { /* an effect may set any field of what it creates */
            f = tdef_field(x->t->def, in->field);
        }
        if (!f) {
            refuse_field(&bad, d->a, action->clause, in->field,
                         WORDS("此操作不能填写这一栏", "this action does not take this field"));
            continue;
        }
        if (f->type == F_LINES) {
            later[(*nlater)++] = (struct later_write){.field = f, .ask = ask, .rows = in};
            continue;
        }
        struct value v = in->typed;
        struct words why = {0};
        err e = in->is_typed ? OK : value_read(d->ctx, f, in, &v, &why);
        if (e.code == ERR_VALUE || e.code == ERR_INVALID) {
            refuse_field(&bad, d->a, f->clause ? f->clause : action->clause, f->key, why);
            continue;
        }
        if (e.code) {
            return e;
        }
        int col = plan_col(x->t, f);
        if (col >= 0) {
            perform_put_cell(x, col, &v);
            if (f == x->t->def->unit_field) {
                perform_put_cell(x, COL_UNIT, &v);
            }
        } else {
            later[(*nlater)++] = (struct later_write){.field = f, .value = v};
        }
    }
    return refuse_fields(&bad, d->a);
}

static bool is_filled(const struct call *c, const struct touched *x, const struct ask *ask)
{
    int col = plan_col(x->t, ask->field);
    const struct value_in *in = value_for(c, ask->field->key);
    if (ask->field->type == F_ATTACHMENT) {
        return true;
    }
    return col >= 0 ? !x->now[col].null
                    : in && (in->nitems || in->nrows || in->typed.nids || !in->null);
}

/* Fields asked for must end filled; those asked conditionally (`r`: what their
 * conditions say) when it holds. */
err perform_check_asked(struct doing *d, const struct call *c, const struct aplan *p,
                        struct touched *x, const struct rows *r)
{
    struct refusals bad = {0};
    for (size_t i = 0; i < p->action->nasks; i++) {
        const struct ask *ask = &p->action->asks[i];
        bool wanted = ask->required && !ask->when.tree;
        for (size_t k = 0; r && k < p->asks.n; k++) {
            if (p->asks.list[k].index == (int)i) {
                wanted = ask->required && !rows_null(r, (int)k) && rows_i64(r, (int)k) == 1;
            }
        }
        if (wanted && !is_filled(c, x, ask)) {
            refuse_field(&bad, d->a, ask->field->clause ? ask->field->clause : p->action->clause,
                         ask->field->key, WORDS("必须填写", "must be filled in"));
        }
    }
    return refuse_fields(&bad, d->a);
}

/* --- a new record --------------------------------------------------------------------------- */

err perform_put_defaults(struct doing *d, const struct guards *g, struct touched *x)
{
    struct rows r;
    bool some;
    err e = perform_ask_guards(d, g, x, &r, &some);
    for (size_t i = 0; !e.code && some && i < g->n; i++) {
        int at = g->list[i].index;
        int col = at < 0 ? COL_UNIT : x->t->field_col[at];
        if (col < 0 || !x->now[col].null || rows_null(&r, (int)i)) {
            continue;
        }
        struct value v = {0};
        if (x->t->is_text[col]) {
            v.text = rows_text(&r, (int)i);
        } else {
            v.i64 = rows_i64(&r, (int)i);
        }
        perform_put_cell(x, col, &v);
        if (at >= 0 && &x->t->def->fields[at] == x->t->def->unit_field) {
            perform_put_cell(x, COL_UNIT, &v);
        }
    }
    return e;
}

str perform_number_prefix(struct doing *d, const struct tplan *t, const struct rows *paths)
{
    int col = 1;
    str prefix = perform_template(d, &t->def->number, paths, &col, LANG_ZH, -1, d->ctx->now);
    return str_fmt(d->a, "%.*s:%.*s", STR_ARG(t->type->key), STR_ARG(prefix));
}

/* Acts are serial: the number read is the one counted on. */
err perform_put_number(struct doing *d, struct touched *x)
{
    const struct template *num = &x->t->def->number;
    if (!num->nparts) {
        return OK;
    }
    struct rows paths = {0};
    if (x->t->number_paths) {
        err e = db_query(d->ctx->db, d->a, x->t->number.sql,
                         perform_args(d, &x->t->number, x, NULL, 0), &paths);
        if (e.code) {
            return e;
        }
        rows_next(&paths);
    }
    str prefix = perform_number_prefix(d, x->t, &paths);
    struct rows r = d->seen.seq;
    bool seen = d->seen.prefix.len && str_eq(d->seen.prefix, prefix);
    d->seen.prefix = STR("");
    err e = seen ? OK
                 : db_query(d->ctx->db, d->a, SQL("select n from seq where prefix = $1"),
                            ARGS(db_text(prefix)), &r);
    if (e.code) {
        return e;
    }
    int64_t n = rows_next(&r) ? rows_i64(&r, 0) + 1 : 1;
    int col = 1;
    x->now[COL_NUMBER] =
        (struct cell){.s = perform_template(d, num, &paths, &col, LANG_ZH, n, d->ctx->now)};
    return db_queue(d->ctx->db, d->a,
                    SQL("insert into seq(prefix, n) values ($1, $2) on conflict (prefix)"
                        " do update set n = excluded.n"),
                    ARGS(db_text(prefix), db_i64(n)));
}
