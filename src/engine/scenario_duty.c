/* scenario_duty.c - the step of an example that looks at the occurrences of a duty. */
#include "engine/duty_int.h"
#include "engine/refusal_int.h"
#include "engine/scenario_int.h"

struct counting {
    struct run *r;
    const struct step *s;
    const struct duty *duty;
    int64_t about; /* 0: of all objects */
    int64_t n[DUTY_STATES];
};

static err count(struct counting *k, const struct model *m, struct db *db, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    struct rows r;
    SQLB_LIT(&b, "select state, count(*) from ");
    sqlb_ident(&b, m->duty_run->table);
    SQLB_LIT(&b, " where f_duty = $1 and ($2 = 0 or f_about = $2) group by state");
    err e = db_query(db, a, sqlb_end(&b), ARGS(db_text(k->duty->key), db_i64(k->about)), &r);
    while (!e.code && rows_next(&r)) {
        for (int i = 0; i < DUTY_STATES; i++) {
            if (duty_state_code(m, i) == rows_i64(&r, 0)) {
                k->n[i] = rows_i64(&r, 1);
            }
        }
    }
    return e;
}

static void compare(const struct counting *k)
{
    for (int i = 0; i < DUTY_STATES; i++) {
        if (k->s->runs[i] >= 0 && k->s->runs[i] != k->n[i]) {
            diag_error(k->r->d, k->s->pos, "%.*s 有 %lld 次，不是 %lld 次",
                       "%.*s: %lld times, not %lld", STR_ARG(duty_state_keys[i]),
                       (long long)k->n[i], (long long)k->s->runs[i]);
        }
    }
}

err scenario_duty(struct run *r, const struct step *s)
{
    const struct model *m = engine_model(r->e);
    struct arena side = arena_make(4u << 20);
    struct counting k = {.r = r, .s = s, .duty = model_duty(m, s->type)};
    const struct saved *x = s->on.len ? scenario_saved(r, s->on) : NULL;
    struct db *db = NULL;
    err e = OK;
    if (!k.duty || !m->duty_run) {
        e = refuse(
            r->a, ERR_NOT_FOUND, REFUSED_VALUE, NULL,
            words_fmt(r->a, "没有定期职责“%.*s”", "there is no duty \"%.*s\"", STR_ARG(s->type)),
            (struct words){0});
    } else if (s->on.len && !x) {
        e = scenario_unknown(r, s->on);
    }
    k.about = x ? x->id : 0;
    e = e.code ? e : engine_reader(r->e, &side, &db);
    e = e.code ? e : count(&k, m, db, &side);
    if (!e.code) {
        compare(&k);
    }
    e.detail = e.code ? str_copy(r->a, e.detail) : e.detail;
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}
