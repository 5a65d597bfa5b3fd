/* control_finding.c - findings as the register of findings says: which are open, which await a
 * test, how many there are and how many are still to be. */
#include "engine/control_int.h"

bool control_closed_state(const struct model *m, const struct state *s)
{
    const struct action *reopen = tdef_action(m->finding->newest, STR("reopen"));
    bool closed = s->final;
    for (size_t i = 0; reopen && i < reopen->nfrom; i++) {
        closed = closed || reopen->from[i]->code == s->code;
    }
    return closed;
}

void control_put_closed(struct sqlb *b, const struct model *m, const char *alias)
{
    const struct tdef *d = m->finding->newest;
    SQLB_LIT(b, "(");
    sqlb_ident(b, str_from(alias));
    SQLB_LIT(b, ".state in (-1");
    for (size_t i = 0; i < d->nstates; i++) {
        if (control_closed_state(m, &d->states[i])) {
            SQLB_LIT(b, ", ");
            sqlb_i64(b, d->states[i].code);
        }
    }
    SQLB_LIT(b, "))");
}

bool control_leads(const struct action *x, const struct state *s)
{
    for (size_t i = 0; x && s && i < x->nfrom; i++) {
        if (x->from[i]->code == s->code) {
            return true;
        }
    }
    return x && s && x->from_any && !s->final;
}

bool control_awaits_test(const struct model *m, const struct state *s)
{
    const struct tdef *d = m->finding->newest;
    const struct action *failed = tdef_action(d, STR("retest_failed"));
    bool away = failed && s && failed->to_kind == TO_STATE && failed->to->code != s->code;
    for (size_t i = 0; failed && s && failed->to_kind == TO_FIRST && i < failed->ntos; i++) {
        away = away || failed->tos[i].state->code != s->code;
    }
    return away && control_leads(failed, s) &&
           control_leads(tdef_action(d, STR("retest_passed")), s);
}

struct sql control_open_sql(const struct model *m, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select count(*) from (select 1 from ");
    sqlb_ident(&b, m->finding->table);
    SQLB_LIT(&b, " f where f.f_control = $4 and not ");
    control_put_closed(&b, m, "f");
    SQLB_LIT(&b, " limit $5) q");
    return sqlb_end(&b);
}

struct batch *control_unfound_ask(const struct ctx *ctx, const struct control *c)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b,
              SQL("select count(*) from (select 1 from control_row where control = $1"
                  " and find_at <= $2 and coalesce(finding, 0) = 0 limit $3) q"),
              ARGS(db_i64(c->code), db_i64(ctx->now), db_i64(CONTROL_LEFT_MAX)));
    batch_ride(b);
    return b;
}

err control_unfound_read(const struct ctx *ctx, struct batch *b, int64_t *ret)
{
    err e = batch_join(b);
    struct rows r = e.code ? (struct rows){0} : batch_rows(b, 0);
    *ret = !e.code && ctx->model->finding && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}
