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

static bool as_said(const struct asking *k, const struct saved *x, int verdict)
{
    const struct step *s = k->s;
    bool violated = verdict >= VERDICT_VIOLATION;
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
        if (e.code) {
            return e;
        }
        if (!as_said(k, x, verdict)) {
            str is = verdict_name(k->c, verdict);
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
    } lists[] = {{s->violations, s->nviolations}, {s->kept, s->nkept}, {s->unknown, s->nunknown}};
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

err scenario_control(struct run *r, const struct step *s)
{
    const struct model *m = engine_model(r->e);
    struct arena side = arena_make(32u << 20);
    struct asking k = {.r = r, .s = s, .c = model_control(m, s->type)};
    struct db *db = NULL;
    err e = k.c && k.c->newest ? engine_reader(r->e, &side, &db)
                               : refuse(r->a, ERR_NOT_FOUND, REFUSED_VALUE, NULL,
                                        words_fmt(r->a, "没有控制点“%.*s”",
                                                  "there is no control \"%.*s\"", STR_ARG(s->type)),
                                        (struct words){0});
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
