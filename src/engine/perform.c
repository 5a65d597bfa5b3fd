/* perform.c - one act, in the order of the language: state, who, needs; values;
 * what is written; the rest of needs and the target state; effects. */
#include "base/buf.h"
#include "base/clock.h"
#include "engine/approve_int.h"
#include "engine/guard.h"
#include "engine/part.h"
#include "engine/perform_int.h"
#include "engine/record_load.h"

#include <string.h>

/* --- rows --------------------------------------------------------------------------------- */

void perform_read_row(const struct tplan *t, const struct rows *r, struct cell *row)
{
    for (int i = 0; i < t->ncols; i++) {
        row[i] = (struct cell){.null = rows_null(r, i)};
        if (t->is_text[i]) {
            row[i].s = rows_text(r, i);
        } else {
            row[i].i = rows_i64(r, i);
        }
    }
}

struct db_arg perform_cell_arg(const struct tplan *t, int i, const struct cell *c)
{
    if (t->is_text[i]) {
        return c->null ? db_null_text() : db_text(c->s);
    }
    return c->null ? db_null_i64() : db_i64(c->i);
}

struct db_args perform_args(struct doing *d, const struct stmt *s, const struct touched *x,
                            const struct db_arg *more, int nmore)
{
    const struct tplan *t = x ? x->t : NULL;
    struct db_arg *args =
        arena_array(d->a, struct db_arg, (size_t)(t ? 2 * t->ncols : 0) + (size_t)nmore + 2);
    int n = 0;
    if (s->by_id) {
        args[n++] = db_i64(x->id);
    }
    for (int i = 0; s->by_row && i < t->ncols; i++) {
        args[n++] = perform_cell_arg(t, i, &x->now[i]);
    }
    for (int i = 0; s->old && !s->same && i < t->ncols; i++) {
        args[n++] = perform_cell_arg(t, i, &x->old[i]);
    }
    for (int i = 0; i < nmore; i++) {
        args[n++] = more[i];
    }
    return ctx_args(d->ctx, args, n);
}

static struct touched *find_touched(struct doing *d, int64_t id)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].id == id) {
            return &d->list[i];
        }
    }
    return NULL;
}

err perform_touch(struct doing *d, const struct type *type, int64_t id, struct touched **ret)
{
    struct touched *x = find_touched(d, id);
    if (x) {
        *ret = x;
        return OK;
    }
    struct tplan *t = plan_type(d->h, type->newest);
    struct rows r = d->seen.row;
    bool seen = d->seen.record == id && id;
    d->seen.record = seen ? 0 : d->seen.record;
    err e = seen ? OK : db_query(d->ctx->db, d->a, t->select, ARGS(db_i64(id)), &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("record"));
    }
    if (d->n == TOUCHED_MAX) {
        return refuse(d->a, ERR_RULE, REFUSED_LIMIT, NULL,
                      WORDS("一次操作涉及的记录过多。", "One act touches too many records."),
                      WORDS("请分成几次办理。", "Do it in several steps."));
    }
    const struct tdef *def = type_at(type, rows_i64(&r, COL_LAW));
    t = plan_type(d->h, def);
    x = &d->list[d->n++];
    *x = (struct touched){.t = t, .id = id};
    x->old = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    x->now = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    perform_read_row(t, &r, x->old);
    perform_read_row(t, &r, x->now);
    *ret = x;
    return OK;
}

/* --- guards ---------------------------------------------------------------------------------- */

static const struct state *state_of(const struct touched *x)
{
    return x->now[COL_STATE].null ? NULL : tdef_state_at(x->t->def, x->now[COL_STATE].i);
}

static err denied(const struct refusal *why, enum err_code code)
{
    return (err){.code = code, .detail = why->what.en, .why = why};
}

/* `answers`: one row of a guards statement. */
static err judge_guards(struct doing *d, const struct guards *g, const struct rows *r,
                        const struct call *c, const struct action *action, int64_t id)
{
    for (size_t i = 0; i < g->n; i++) {
        bool unknown = rows_null(r, (int)i);
        if (!unknown && rows_i64(r, (int)i) == 1) {
            continue;
        }
        switch (g->list[i].kind) {
        case GUARD_SEE:
            if (c->door && !d->quiet && d->act->actor) {
                return err_make(ERR_NOT_FOUND, STR("record"));
            }
            break;
        case GUARD_WHO:
            if (c->door && !d->quiet && !(d->act->actor == 0 && action->who.may_auto)) {
                return denied(guard_refusal_who(d->ctx, action), ERR_DENIED);
            }
            break;
        case GUARD_NEED:
            return denied(guard_refusal_need(d->ctx, action, g->list[i].cond, unknown, id),
                          ERR_RULE);
        case GUARD_TO:
        case GUARD_WHEN:
        case GUARD_DEFAULT:
            break;
        }
    }
    return OK;
}

err perform_ask_guards(struct doing *d, const struct guards *g, const struct touched *x,
                       struct rows *ret, bool *some)
{
    *some = false;
    if (!g->n || !g->stmt.present) {
        return OK;
    }
    err e = OK;
    if (g == d->seen.before) {
        *ret = d->seen.before_rows;
        d->seen.before = NULL;
    } else if (g == d->seen.defaults) {
        *ret = d->seen.default_rows;
        d->seen.defaults = NULL;
    } else {
        e = db_query(d->ctx->db, d->a, g->stmt.sql, perform_args(d, &g->stmt, x, NULL, 0), ret);
    }
    if (!e.code) {
        *some = rows_next(ret);
    }
    return e;
}

/* --- a new record --------------------------------------------------------------------------- */

static err new_record(struct doing *d, const struct call *c, const struct tdef *def,
                      struct touched **ret)
{
    if (d->n == TOUCHED_MAX) {
        return err_make(ERR_LIMIT, STR("too many records in one act"));
    }
    struct tplan *t = plan_type(d->h, def);
    struct touched *x = &d->list[d->n++];
    *x = (struct touched){.t = t, .id = engine_id(d->e, d->act->now), .created = true};
    x->old = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    x->now = arena_array(d->a, struct cell, (size_t)t->ncols + 1);
    for (int i = 0; i < t->ncols; i++) {
        x->old[i].null = x->now[i].null = true;
    }
    x->now[COL_ID] = (struct cell){.i = x->id};
    x->now[COL_LAW] = (struct cell){.i = c->law ? c->law : def->law->version};
    x->now[COL_VER] = (struct cell){.i = 1};
    x->now[COL_CREATED] = x->now[COL_CHANGED] = (struct cell){.i = d->ctx->now};
    x->now[COL_CREATOR] = (struct cell){.i = d->act->actor};
    *ret = x;
    return OK;
}

/* --- where it goes -------------------------------------------------------------------------- */

static err back_state(struct doing *d, const struct touched *x, int64_t *ret)
{
    struct rows r;
    err e = db_query(d->ctx->db, d->a,
                     SQL("select from_state from act where record = $1 and to_state = $2"
                         " and from_state is not null and from_state <> $2"
                         " order by id desc limit 1"),
                     ARGS(db_i64(x->id), db_i64(x->now[COL_STATE].i)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
    }
    return e;
}

void perform_enter(struct doing *d, struct touched *x, int64_t code)
{
    const struct state *s = type_state(x->t->type, code);
    x->now[COL_STATE] = (struct cell){.i = code};
    int at = plan_state_col(x->t, s);
    if (at >= 0) {
        x->now[at] = (struct cell){.i = d->ctx->now};
    }
}

static err choose_state(struct doing *d, const struct aplan *p, const struct rows *after,
                        struct touched *x)
{
    const struct action *a = p->action;
    if (a->to_kind == TO_STATE) {
        perform_enter(d, x, a->to->code);
    } else if (a->to_kind == TO_BACK) {
        int64_t code = x->now[COL_STATE].i;
        err e = back_state(d, x, &code);
        perform_enter(d, x, code);
        return e;
    } else if (a->to_kind == TO_FIRST) {
        for (size_t i = 0; i < a->ntos; i++) {
            bool here = !a->tos[i].when.tree;
            for (size_t k = 0; k < p->after.n; k++) {
                if (p->after.list[k].kind == GUARD_TO && p->after.list[k].index == (int)i) {
                    here = !rows_null(after, (int)k) && rows_i64(after, (int)k) == 1;
                }
            }
            if (here) {
                perform_enter(d, x, a->tos[i].state->code);
                break;
            }
        }
    }
    return OK;
}

/* --- one act -------------------------------------------------------------------------------- */

static bool guarded_off(const struct action *a, const struct reg *by)
{
    if (!a->guarded || !by || by == a->of->law->reg) {
        return false;
    }
    for (size_t i = 0; i < a->nguards; i++) {
        if (a->guards[i] == by) {
            return false;
        }
    }
    return true;
}

const struct action *perform_action_named(const struct tdef *def, str name)
{
    const struct action *a = name.len ? tdef_action(def, name) : NULL;
    for (size_t i = 0; !name.len && i < def->nactions && !a; i++) {
        a = def->actions[i].creates ? &def->actions[i] : NULL;
    }
    return a;
}

static err find_action(struct doing *d, const struct call *c, const struct tdef *def,
                       const struct action **ret)
{
    const struct action *a = perform_action_named(def, c->action);
    if (a && a->creates && c->type->retired && !c->type->part_of) {
        return refuse(d->a, ERR_RULE, REFUSED_STATE, a->clause,
                      WORDS("现行制度已取消此类单据，不能再新建。",
                            "The regulation in force no longer has this type: none begins."),
                      WORDS("已开始的按其开始时的版本办结。",
                            "Those begun end under the version they began with."));
    }
    if (!a || a->creates != (c->record == 0)) {
        return err_make(ERR_NOT_FOUND, str_fmt(d->a, "action %.*s", STR_ARG(c->action)));
    }
    if (guarded_off(a, c->by)) {
        return refuse(d->a, ERR_RULE, REFUSED_GUARDED, a->clause,
                      WORDS("此操作受保护，不能由其他制度触发。",
                            "This action is guarded: another regulation may not trigger it."),
                      (struct words){0});
    }
    *ret = a;
    return OK;
}

static err before_values(struct doing *d, const struct call *c, const struct aplan *p,
                         struct touched *x)
{
    const struct action *a = p->action;
    struct rows r;
    bool some;
    err e = perform_ask_guards(d, &p->before, x, &r, &some);
    if (e.code) {
        return e;
    }
    /* What one may not see is not there; only then comes its state. */
    for (size_t i = 0; some && i < p->before.n; i++) {
        bool see = p->before.list[i].kind == GUARD_SEE;
        bool no = rows_null(&r, (int)i) || rows_i64(&r, (int)i) != 1;
        if (see && no && c->door && !d->quiet && d->act->actor) {
            return err_make(ERR_NOT_FOUND, STR("record"));
        }
    }
    if (!a->creates && !guard_from_here(a, state_of(x))) {
        return denied(guard_refusal_state(d->ctx, a, state_of(x)), ERR_RULE);
    }
    return some ? judge_guards(d, &p->before, &r, c, a, x->id) : OK;
}

static struct inner *note_act(struct doing *d, const struct call *c, const struct touched *x,
                              const struct action *a)
{
    if (d->nacts == ACTS_MAX) {
        return NULL;
    }
    struct inner *in = &d->acts[d->nacts++];
    *in = (struct inner){.id = engine_id(d->e, d->act->now),
                         .record = x->id,
                         .parent = c->parent,
                         .t = x->t,
                         .action = a->key,
                         .cause = c->cause,
                         .from_null = x->now[COL_STATE].null,
                         .from = x->now[COL_STATE].i};
    return in;
}

/* Conditions of what is asked, needs on the values, target states: one batch, in
 * which the row is written first. */
static err judge_written(struct doing *d, const struct call *c, const struct aplan *p,
                         struct touched *x, struct rows *after)
{
    const struct guards *asks = p->asks.n && p->asks.stmt.present ? &p->asks : NULL;
    const struct guards *late = p->after.n && p->after.stmt.present ? &p->after : NULL;
    if (!asks && !late) {
        return OK;
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int ask_at = asks ? batch_add(b, asks->stmt.sql, perform_args(d, &asks->stmt, x, NULL, 0)) : -1;
    int late_at =
        late ? batch_add(b, late->stmt.sql, perform_args(d, &late->stmt, x, NULL, 0)) : -1;
    err e = batch_run(b);
    struct rows r;
    if (!e.code && asks) {
        r = batch_rows(b, ask_at);
        e = rows_next(&r) ? perform_check_asked(d, c, p, x, &r) : OK;
    }
    if (!e.code && late) {
        *after = batch_rows(b, late_at);
        e = rows_next(after) ? judge_guards(d, late, after, c, p->action, x->id) : OK;
    }
    return e;
}

enum { SMALL_MAX = 1000 };

/* `small` allows conditions that walk the type, so it stays small. */
static err still_small(struct doing *d, const struct touched *x, const struct action *a)
{
    struct sqlb b = sqlb_make(d->a);
    struct rows r;
    SQLB_LIT(&b, "select count(*) from (select 1 from ");
    sqlb_ident(&b, x->t->type->table);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, SMALL_MAX + 1);
    SQLB_LIT(&b, ") q");
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), NO_ARGS, &r);
    if (e.code || !rows_next(&r) || rows_i64(&r, 0) <= SMALL_MAX) {
        return e;
    }
    return refuse(d->a, ERR_RULE, REFUSED_LIMIT, a->clause,
                  WORDS("这类台账最多 1,000 条。", "This register holds 1,000 records at most."),
                  WORDS("请停用不再需要的记录，或由制度负责人修订定义（small）。",
                        "The owner of the regulation may change its definition (small)."));
}

err perform_values_and_state(struct doing *d, const struct call *c, const struct aplan *p,
                             struct touched *x, struct inner *in)
{
    struct later_write *later = arena_array(d->a, struct later_write, c->nvalues + 1);
    size_t nlater = 0;
    struct cell *before = arena_array(d->a, struct cell, (size_t)x->t->ncols + 1);
    memcpy(before, x->now, sizeof(*before) * (size_t)x->t->ncols);
    err e = perform_take_values(d, c, p->action, x, later, &nlater);
    if (!e.code && p->action->creates) {
        e = perform_put_defaults(d, &p->defaults, x);
        e = e.code ? e : perform_put_defaults(d, &p->defaults_r, x);
        e = e.code ? e : perform_put_number(d, x);
    }
    if (!e.code) {
        e = perform_check_asked(d, c, p, x, NULL);
    }
    bool creates = p->action->creates;
    if (!creates) {
        x->now[COL_CHANGED] = (struct cell){.i = d->ctx->now};
        if (before[COL_VER].i == x->old[COL_VER].i) { /* once an outermost act */
            x->now[COL_VER].i++;
        }
    }
    if (!e.code && p->action->to_kind == TO_STATE) {
        perform_enter(d, x, p->action->to->code);
    }
    if (!e.code) {
        e = perform_write(d, x, before, creates);
    }
    if (!e.code && creates && x->t->type->newest->small) {
        e = still_small(d, x, p->action);
    }
    if (!e.code) {
        e = perform_later_writes(d, x, p->action, later, nlater);
    }
    struct rows after = {0};
    if (!e.code) {
        e = judge_written(d, c, p, x, &after);
    }
    if (!e.code && p->action->to_kind != TO_STATE && p->action->to_kind != TO_STAY) {
        struct cell *written = arena_array(d->a, struct cell, (size_t)x->t->ncols + 1);
        memcpy(written, x->now, sizeof(*written) * (size_t)x->t->ncols);
        e = choose_state(d, p, &after, x);
        e = e.code ? e : perform_write(d, x, written, false);
    }
    in->to_null = x->now[COL_STATE].null;
    in->to = x->now[COL_STATE].i;
    return e;
}

err perform_rewrite(struct doing *d, const struct call *c, const struct aplan *p, struct touched *x)
{
    struct later_write *later = arena_array(d->a, struct later_write, c->nvalues + 1);
    size_t nlater = 0;
    struct cell *before = arena_array(d->a, struct cell, (size_t)x->t->ncols + 1);
    memcpy(before, x->now, sizeof(*before) * (size_t)x->t->ncols);
    err e = perform_take_values(d, c, p->action, x, later, &nlater);
    e = e.code ? e : perform_check_asked(d, c, p, x, NULL);
    x->now[COL_CHANGED] = (struct cell){.i = d->ctx->now};
    if (before[COL_VER].i == x->old[COL_VER].i) {
        x->now[COL_VER].i++;
    }
    e = e.code ? e : perform_write(d, x, before, false);
    e = e.code ? e : perform_later_writes(d, x, p->action, later, nlater);
    struct rows after = {0};
    return e.code ? e : judge_written(d, c, p, x, &after);
}

static err do_call(struct doing *d, const struct call *c, int64_t *ret)
{
    struct touched *x = NULL;
    const struct tdef *def = c->law ? type_at(c->type, c->law) : c->type->newest;
    err e = c->record || c->law ? OK : part_def(d->ctx, c->type, c->values, c->nvalues, &def);
    if (e.code) {
        return e;
    }
    if (c->record) {
        e = perform_touch(d, c->type, c->record, &x);
        if (e.code) {
            return e;
        }
        def = x->t->def;
    }
    const struct action *a = NULL;
    e = find_action(d, c, def, &a);
    if (!e.code && !c->record) {
        e = new_record(d, c, def, &x);
    }
    if (e.code) {
        return e;
    }
    x->action = x->action ? x->action : a;
    struct aplan *p = plan_action(d->h, x->t, a);
    e = before_values(d, c, p, x);
    if (e.code) {
        return e;
    }
    struct inner *in = note_act(d, c, x, a);
    if (!in) {
        return err_make(ERR_LIMIT, STR("too many acts in one act"));
    }
    bool asks = a->route && !d->quiet; /* an import tells what was */
    e = asks && !a->creates ? approve_hold(d, c, p, x, in)
                            : perform_values_and_state(d, c, p, x, in);
    e = e.code || !asks ? e : approve_begin(d, c, x, a, in);
    e = e.code || asks || !a->revokes ? e : approve_revoke(d, x, a, in->id);
    if (!e.code) {
        *ret = x->id;
        struct effect_list list = {.list = p->effect_list,
                                   .plans = p->effects,
                                   .n = p->neffects,
                                   .laws = p->effect_laws,
                                   .of = a->key};
        e = perform_effects(d, &list, x, in->id, c->cause);
    }
    return e;
}

err perform_call(struct doing *d, const struct call *c, int64_t *ret)
{
    if (d->depth == DEPTH_MAX) {
        return err_make(ERR_LIMIT, STR("effects are nested too deep"));
    }
    d->depth++;
    err e = do_call(d, c, ret);
    d->depth--;
    return perform_conflict(d, e);
}
