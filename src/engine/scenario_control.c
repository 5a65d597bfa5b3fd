/* scenario_control.c - the step of an example that asks a control. */
#include "engine/control_int.h"
#include "engine/refusal_int.h"
#include "engine/scenario_int.h"

struct asking {
    struct run *r;
    const struct step *s;
    const struct control *c;
    struct ctx ctx;
};

static err verdict_of(const struct asking *k, int64_t record, int *ret)
{
    struct db_arg id = db_i64(record);
    struct rows rows;
    err e = db_query(k->ctx.db, k->ctx.arena, control_select_one(k->c, k->ctx.arena),
                     ctx_args(&k->ctx, &id, 1), &rows);
    *ret = !e.code && rows_next(&rows) ? (int)rows_i64(&rows, 0) : VERDICT_OUT;
    return e;
}

static bool among(const str *names, size_t n, str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

static str verdict_name(const struct control *c, int verdict)
{
    const struct cdef *d = c->newest;
    size_t i = (size_t)(verdict - VERDICT_VIOLATION);
    switch (verdict) {
    case VERDICT_OUT:
        return STR("-");
    case VERDICT_OK:
        return STR("ok");
    case VERDICT_UNKNOWN:
        return STR("unknown");
    default:
        return d && i < d->nreasons ? d->reasons[i].key : STR("violation");
    }
}

static err waived_now(const struct asking *k, int64_t record, bool *ret)
{
    *ret = false;
    if (!k->ctx.model->waiver) {
        return OK;
    }
    struct sqlb b = sqlb_make(k->ctx.arena);
    SQLB_LIT(&b, "select 1 from ");
    sqlb_ident(&b, k->ctx.model->waiver->table);
    SQLB_LIT(&b, " v where v.f_about = $4 and v.f_control = $5 and ");
    control_put_in_force(&b, k->ctx.model, "v");
    struct db_arg more[] = {db_i64(record), db_text(k->c->key)};
    struct rows r;
    err e = db_query(k->ctx.db, k->ctx.arena, sqlb_end(&b), ctx_args(&k->ctx, more, 2), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

static bool as_said(const struct asking *k, const struct saved *x, int verdict, bool waived)
{
    const struct step *s = k->s;
    bool violated = verdict >= VERDICT_VIOLATION && !waived;
    if (among(s->waived, s->nwaived, x->name)) {
        return verdict >= VERDICT_VIOLATION && waived;
    }
    if (among(s->violations, s->nviolations, x->name)) {
        return violated && (!s->reason.len || str_eq(s->reason, verdict_name(k->c, verdict)));
    }
    if (among(s->kept, s->nkept, x->name)) {
        return verdict == VERDICT_OK;
    }
    if (among(s->unknown, s->nunknown, x->name)) {
        return verdict == VERDICT_UNKNOWN;
    }
    return !violated || !s->violations;
}

static err ask_all(const struct asking *k)
{
    for (size_t i = 0; i < k->r->nsaved; i++) {
        const struct saved *x = &k->r->saved[i];
        int verdict = VERDICT_OUT;
        err e = k->c->over && str_eq(x->type->key, k->c->over->key) ? verdict_of(k, x->id, &verdict)
                                                                    : OK;
        bool waived = false;
        e = e.code || verdict < VERDICT_VIOLATION ? e : waived_now(k, x->id, &waived);
        if (e.code) {
            return e;
        }
        if (!as_said(k, x, verdict, waived)) {
            str is = waived ? STR("waived") : verdict_name(k->c, verdict);
            diag_error(k->r->d, k->s->pos, "控制点对 %.*s 的判断是：%.*s",
                       "of %.*s the control says: %.*s", STR_ARG(x->name), STR_ARG(is));
        }
    }
    return OK;
}

/* Names that nothing was saved as would be passed over in silence. */
static err all_saved(const struct asking *k)
{
    const struct step *s = k->s;
    const struct {
        const str *names;
        size_t n;
    } lists[] = {{s->violations, s->nviolations},
                 {s->kept, s->nkept},
                 {s->unknown, s->nunknown},
                 {s->waived, s->nwaived}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t x = 0; x < lists[i].n; x++) {
            if (!scenario_saved(k->r, lists[i].names[x])) {
                return scenario_unknown(k->r, lists[i].names[x]);
            }
        }
    }
    return OK;
}

/* Of a manual control the step says its state, of others the verdicts. */
static err state_as_said(const struct asking *k)
{
    struct control_result x;
    bool manual = k->c->newest->manual != NULL;
    if (k->c->newest->self) {
        diag_error(k->r->d, k->s->pos, "系统自检的控制点没有示例：任何操作都不能使它不符合",
                   "a control of the program itself has no examples: no act can break it");
        return OK;
    }
    if (manual != (k->s->state.len > 0)) {
        diag_error(k->r->d, k->s->pos,
                   "由人回答的控制点在示例中写 state，其他的写 violations、ok 或 unknown",
                   "a step about a manual control says state, about others violations, ok or "
                   "unknown");
        return OK;
    }
    err e = manual ? control_result(&k->ctx, k->c, &x) : OK;
    if (!e.code && manual && !str_eq(control_state_key(x.state), k->s->state)) {
        str is = control_state_key(x.state);
        diag_error(k->r->d, k->s->pos, "控制点的状态是：%.*s", "the control is %.*s", STR_ARG(is));
    }
    return e;
}

static err no_control(struct run *r, const struct step *s)
{
    return refuse(
        r->a, ERR_NOT_FOUND, REFUSED_VALUE, NULL,
        words_fmt(r->a, "没有控制点“%.*s”", "there is no control \"%.*s\"", STR_ARG(s->type)),
        (struct words){0});
}

err scenario_control(struct run *r, const struct step *s)
{
    const struct model *m = engine_model(r->e);
    struct arena side = arena_make(32u << 20);
    struct asking k = {.r = r, .s = s, .c = model_control(m, s->type)};
    struct db *db = NULL;
    err e = k.c && k.c->newest ? engine_reader(r->e, &side, &db) : no_control(r, s);
    e = e.code ? e : all_saved(&k);
    if (!e.code) {
        k.ctx = ctx_make(r->e, m, db, &side, r->now, 0, LANG_ZH);
        e = state_as_said(&k);
        e = e.code || k.c->newest->manual ? e : ask_all(&k);
        e.detail = e.code ? str_copy(r->a, e.detail) : e.detail;
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

/* --- judging everything --------------------------------------------------------------------- */

/* The finding about the record that the step names: saved, and in the state it says. */
static err judged(struct run *r, const struct step *s, const struct model *m, struct db *db,
                  struct arena *side)
{
    const struct saved *on = scenario_saved(r, s->on);
    struct rows rows;
    if (!on || !m->finding) {
        return scenario_unknown(r, on ? STR("finding") : s->on);
    }
    struct sqlb b = sqlb_make(side);
    SQLB_LIT(&b, "select id, state from ");
    sqlb_ident(&b, m->finding->table);
    SQLB_LIT(&b, " where f_about = $1 and f_control = $2 order by id desc limit 1");
    err e = db_query(db, side, sqlb_end(&b), ARGS(db_i64(on->id), db_text(s->type)), &rows);
    bool there = !e.code && rows_next(&rows);
    const struct state *is = there ? type_state(m->finding, rows_i64(&rows, 1)) : NULL;
    str state = is ? is->key : STR("-");
    if (!e.code && (!there || (s->state.len && !str_eq(state, s->state)))) {
        diag_error(r->d, s->pos, "关于 %.*s 的问题的状态应为 %.*s，实际是 %.*s",
                   "the finding about %.*s should be in state %.*s, it is in %.*s", STR_ARG(s->on),
                   STR_ARG(s->state), STR_ARG(state));
    }
    if (there && s->save.len && r->nsaved < SAVED_MAX) {
        r->saved[r->nsaved++] = (struct saved){s->save, rows_i64(&rows, 0), m->finding};
    }
    return e;
}

err scenario_judge(struct run *r, const struct step *s)
{
    const struct model *m = engine_model(r->e);
    const struct control *c = model_control(m, s->type);
    struct arena side = arena_make(128u << 20);
    struct db *db = NULL;
    int acts;
    err e = c && c->newest ? engine_reader(r->e, &side, &db) : no_control(r, s);
    e = e.code ? e : control_run(r->e, db, &side, r->now, false);
    e = e.code ? e : control_find(r->e, db, &side, r->now, &acts);
    e = e.code || !s->on.len ? e : judged(r, s, m, db, &side);
    e.detail = e.code ? str_copy(r->a, e.detail) : e.detail;
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}
