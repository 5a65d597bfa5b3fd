#include "cli/refusals.h"

#include "base/arena.h"
#include "model/control.h"
#include "model/duty.h"

enum { SAVED_MAX = 200 };

struct refusal {
    const struct type *type;
    str action, clause;
    struct refusal *next;
};

struct looking {
    struct arena *a;
    const struct model *m;
    struct refusal *all;
    struct {
        str name;
        const struct type *type;
    } saved[SAVED_MAX];
    size_t nsaved;
};

static const struct type *saved_type(const struct looking *k, str name)
{
    for (size_t i = k->nsaved; i-- > 0;) {
        if (str_eq(k->saved[i].name, name)) {
            return k->saved[i].type;
        }
    }
    return NULL;
}

/* What the step acts on: "F.recheck.record" is the action `record` of recheck. */
static const struct type *acted_on(struct looking *k, const struct step *s, str *action)
{
    str rest;
    *action = s->action;
    if (s->kind == STEP_CREATE) {
        const struct type *t = model_type(k->m, s->type);
        for (size_t i = 0; t && !action->len && i < t->newest->nactions; i++) {
            if (t->newest->actions[i].creates) {
                *action = t->newest->actions[i].key;
            }
        }
        return t;
    }
    str part = str_cut(s->action, '.', &rest);
    if (rest.len) {
        *action = rest;
        return model_type(k->m, part);
    }
    return saved_type(k, s->on);
}

static void look(struct looking *k, const struct scenario *s)
{
    k->nsaved = 0;
    for (size_t i = 0; i < s->nsteps; i++) {
        const struct step *x = &s->steps[i];
        bool list = x->kind == STEP_LIST && x->save.len;
        if (x->kind != STEP_CREATE && x->kind != STEP_PERFORM && !list) {
            continue;
        }
        str action = {0};
        const struct type *t = list ? model_type(k->m, x->type) : acted_on(k, x, &action);
        if (x->save.len && k->nsaved < SAVED_MAX) {
            k->saved[k->nsaved].name = x->save;
            k->saved[k->nsaved++].type = t;
        }
        if (t && (x->refused.len || x->refused_any)) {
            struct refusal *r = arena_new(k->a, struct refusal);
            *r =
                (struct refusal){.type = t, .action = action, .clause = x->refused, .next = k->all};
            k->all = r;
        }
    }
}

static bool refused(const struct looking *k, const struct type *t, str action, const str *clauses,
                    size_t nclauses)
{
    for (const struct refusal *r = k->all; r; r = r->next) {
        bool is = r->type == t && str_eq(r->action, action);
        for (size_t i = 0; is && i < nclauses; i++) {
            if (str_eq(r->clause, clauses[i])) {
                return true;
            }
        }
        if (is && !nclauses) {
            return true;
        }
    }
    return false;
}

static void judge_type(const struct looking *k, const struct tdef *d, struct diags *out)
{
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *a = &d->actions[i];
        if (!a->after && !refused(k, d->type, a->key, NULL, 0)) {
            diag_error(out, a->pos,
                       "没有示例表明操作 %.*s.%.*s 何时被拒绝；请在 examples.yaml 中加一步 refused",
                       "no example shows action %.*s.%.*s being refused; add a step with "
                       "`refused` to examples.yaml",
                       STR_ARG(d->type->key), STR_ARG(a->key));
        }
    }
}

enum { CLAUSES_OF_ADD = 32 };

static void judge_add(const struct looking *k, const struct add *add, struct diags *out)
{
    str clauses[CLAUSES_OF_ADD];
    size_t n = 0;
    for (size_t i = 0; i < add->nneeds && n < CLAUSES_OF_ADD; i++) {
        const struct clause *c = add->needs[i].check.clause;
        clauses[n++] = c ? c->id : STR("");
    }
    for (size_t i = 0; i < add->nrules && n < CLAUSES_OF_ADD; i++) {
        const struct clause *c = add->rules[i].check.clause;
        clauses[n++] = c ? c->id : STR("");
    }
    if (n && !refused(k, add->to_type, add->to_action, clauses, n)) {
        diag_error(out, add->pos, "没有示例表明这项要求何时拒绝 %.*s.%.*s",
                   "no example shows this demand refusing %.*s.%.*s", STR_ARG(add->to_type->key),
                   STR_ARG(add->to_action));
    }
}

/* A control of which no example shows a violation may be one that finds none. */
static void judge_control(const struct sources *s, const struct scenarios *lists,
                          const struct cdef *c, struct diags *out)
{
    bool shown = c->self; /* no act could break it: the program's own tests do */
    for (size_t i = 0; i < s->len; i++) {
        for (size_t x = 0; x < lists[i].len; x++) {
            const struct scenario *sc = &lists[i].ptr[x];
            for (size_t k = 0; k < sc->nsteps; k++) {
                const struct step *st = &sc->steps[k];
                bool bad = c->manual ? str_eq(st->state, STR("fail")) : st->nviolations > 0;
                shown =
                    shown || (st->kind == STEP_CONTROL && bad && str_eq(st->type, c->control->key));
            }
        }
    }
    if (!shown && c->manual) {
        diag_error(
            out, c->pos,
            "没有示例表明控制点 %.*s 何时不符合；请在 examples.yaml 中让回答人回答“否”，再加一步 "
            "{control: %.*s, state: fail}",
            "no example shows control %.*s not kept; let its owner answer no in "
            "examples.yaml, and add a step {control: %.*s, state: fail}",
            STR_ARG(c->control->key), STR_ARG(c->control->key));
    } else if (!shown) {
        diag_error(out, c->pos,
                   "没有示例表明控制点 %.*s 何时不符合；请在 examples.yaml 中加一步 "
                   "{control: %.*s, violations: [..]}",
                   "no example shows control %.*s being violated; add a step {control: %.*s, "
                   "violations: [..]} to examples.yaml",
                   STR_ARG(c->control->key), STR_ARG(c->control->key));
    }
}

/* Likewise a duty of which none shows what happens when it is missed. */
static void judge_duty(const struct sources *s, const struct scenarios *lists, const struct ddef *x,
                       struct diags *out)
{
    enum { MISSED = 3 }; /* of STEP_DUTY_STATES */
    bool shown = false;
    for (size_t i = 0; i < s->len; i++) {
        for (size_t k = 0; k < lists[i].len; k++) {
            const struct scenario *sc = &lists[i].ptr[k];
            for (size_t n = 0; n < sc->nsteps; n++) {
                shown = shown || (sc->steps[n].kind == STEP_DUTY && sc->steps[n].runs[MISSED] > 0 &&
                                  str_eq(sc->steps[n].type, x->duty->key));
            }
        }
    }
    if (!shown) {
        diag_error(out, x->pos,
                   "没有示例表明定期职责 %.*s 何时未履行；请在 examples.yaml 中加一步 "
                   "{duty: %.*s, missed: 1}",
                   "no example shows duty %.*s being missed; add a step {duty: %.*s, missed: 1} to "
                   "examples.yaml",
                   STR_ARG(x->duty->key), STR_ARG(x->duty->key));
    }
}

void refusals_check(struct arena *a, const struct model *m, const struct sources *s,
                    const struct scenarios *lists, struct diags *d)
{
    struct looking *k = arena_new(a, struct looking);
    k->a = a;
    k->m = m;
    for (size_t i = 0; i < s->len; i++) {
        for (size_t x = 0; x < lists[i].len; x++) {
            look(k, &lists[i].ptr[x]);
        }
    }
    for (size_t i = 0; i < m->ntypes; i++) {
        judge_type(k, m->types[i]->newest, d);
    }
    for (size_t i = 0; i < m->nregs; i++) {
        for (size_t x = 0; x < m->regs[i]->newest->nadds; x++) {
            judge_add(k, &m->regs[i]->newest->adds[x], d);
        }
        for (size_t x = 0; x < m->regs[i]->newest->ncontrols; x++) {
            judge_control(s, lists, &m->regs[i]->newest->controls[x], d);
        }
        for (size_t x = 0; x < m->regs[i]->newest->nduties; x++) {
            judge_duty(s, lists, &m->regs[i]->newest->duties[x], d);
        }
    }
}
