#include "engine/scenario.h"

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/record_load.h"
#include "model/expr.h"

#include <string.h>

enum { SAVED_MAX = 200 };

struct saved {
    str name;
    int64_t id;
    const struct type *type;
};

struct run {
    struct engine *e;
    struct arena *a;
    struct diags *d;
    struct saved saved[SAVED_MAX];
    size_t nsaved;
    int64_t now;
    bool records;
};

static const struct saved *saved_as(const struct run *r, str name)
{
    for (size_t i = r->nsaved; i-- > 0;) {
        if (str_eq(r->saved[i].name, name)) {
            return &r->saved[i];
        }
    }
    return NULL;
}

/* --- values ------------------------------------------------------------------------ */

/* =today + 10d, =now - 2h: computed by the database, as every expression. */
static err expression(struct run *r, const struct step_value *v, str *ret)
{
    struct model const *m = engine_model(r->e);
    struct scope s = {.model = m};
    struct cond c = expr_compile(r->a, &s, v->scalar, v->pos, vtype_of(V_NULL), r->d);
    err e = c.tree ? OK : err_make(ERR_INVALID, STR("expression"));
    struct arena side = arena_make(64u << 20);
    struct db *db = NULL;
    struct rows rows;
    if (!e.code) {
        e = engine_reader(r->e, &side, &db);
    }
    if (!e.code) {
        struct ctx ctx = ctx_make(r->e, m, db, &side, r->now, 0, LANG_ZH);
        struct sqlb b = sqlb_make(&side);
        SQLB_LIT(&b, "select ");
        sqlb_sql(&b, c.value);
        e = db_query(db, &side, sqlb_end(&b), ctx_args(&ctx, NULL, 0), &rows);
        if (!e.code && rows_next(&rows)) {
            int64_t n = rows_i64(&rows, 0);
            *ret = c.type.kind == V_DATE       ? clock_date(r->a, n)
                   : c.type.kind == V_DATETIME ? clock_iso(r->a, n, m->zone_minutes)
                   : c.type.kind == V_TEXT     ? str_copy(r->a, rows_text(&rows, 0))
                                               : str_fmt(r->a, "%lld", (long long)n);
        }
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

static err scalar(struct run *r, const struct step_value *v, str *ret)
{
    const struct saved *s = saved_as(r, v->scalar);
    if (v->expression) {
        return expression(r, v, ret);
    }
    *ret = s ? str_fmt(r->a, "%lld", (long long)s->id) : v->scalar;
    return OK;
}

static err value_in(struct run *r, const struct step_value *v, struct value_in *ret);

static err rows_in(struct run *r, const struct step_value *v, struct value_in *ret)
{
    struct row_in *rows = arena_array(r->a, struct row_in, v->nitems + 1);
    for (size_t i = 0; i < v->nitems; i++) {
        struct value_in *cells = arena_array(r->a, struct value_in, v->items[i].nitems + 1);
        for (size_t k = 0; k < v->items[i].nitems; k++) {
            err e = value_in(r, &v->items[i].items[k], &cells[k]);
            if (e.code) {
                return e;
            }
        }
        rows[i] = (struct row_in){.values = cells, .nvalues = v->items[i].nitems};
    }
    ret->rows = rows;
    ret->nrows = v->nitems;
    return OK;
}

static err value_in(struct run *r, const struct step_value *v, struct value_in *ret)
{
    *ret = (struct value_in){.field = v->key, .null = v->null};
    if (!v->list) {
        return scalar(r, v, &ret->text);
    }
    if (v->nitems && v->items[0].row) {
        return rows_in(r, v, ret);
    }
    str *items = arena_array(r->a, str, v->nitems + 1);
    for (size_t i = 0; i < v->nitems; i++) {
        err e = scalar(r, &v->items[i], &items[i]);
        if (e.code) {
            return e;
        }
    }
    ret->items = items;
    ret->nitems = v->nitems;
    return OK;
}

/* --- acts ---------------------------------------------------------------------------- */

static err person_of(struct run *r, str login, int64_t *ret)
{
    *ret = 0;
    if (!login.len || str_eq(login, STR("auto"))) {
        return OK;
    }
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    err e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        e = db_query(db, &side, SQL("select id from \"r_person\" where \"f_login\" = $1"),
                     ARGS(db_text(login)), &rows);
    }
    if (!e.code && rows_next(&rows)) {
        *ret = rows_i64(&rows, 0);
    } else if (!e.code) {
        e = err_make(ERR_NOT_FOUND, STR("no such login"));
    }
    arena_end(&side);
    return e;
}

static void refused_well(struct run *r, const struct step *s, err e)
{
    const struct clause *c = e.why ? e.why->clause : NULL;
    if (!s->refused_any && (!c || !str_eq(c->id, s->refused))) {
        str got = c ? c->id : e.detail;
        diag_error(r->d, s->pos, "应依据 %.*s 拒绝，实为 %.*s（%.*s）",
                   "expected a refusal by %.*s, it was %.*s (%.*s)", STR_ARG(s->refused),
                   STR_ARG(got), STR_ARG(e.detail));
    }
}

static void look_at_state(struct run *r, const struct step *s, const struct type *t, int64_t id)
{
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    struct sqlb b = sqlb_make(&side);
    SQLB_LIT(&b, "select state from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    err e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        e = db_query(db, &side, sqlb_end(&b), ARGS(db_i64(id)), &rows);
    }
    const struct state *now =
        !e.code && rows_next(&rows) ? type_state(t, rows_i64(&rows, 0)) : NULL;
    if (!now || !str_eq(now->key, s->state)) {
        str have = now ? now->key : STR("?");
        diag_error(r->d, s->pos, "状态应为 %.*s，实为 %.*s", "the state should be %.*s, it is %.*s",
                   STR_ARG(s->state), STR_ARG(have));
    }
    arena_end(&side);
}

static err do_act(struct run *r, const struct step *s, str as)
{
    const struct saved *on = s->kind == STEP_PERFORM ? saved_as(r, s->on) : NULL;
    struct value_in *vals = arena_array(r->a, struct value_in, s->nwith + 1);
    const struct model *m = engine_model(r->e);
    const struct type *t = on ? on->type : model_type(m, s->type);
    err e =
        t ? OK
          : err_make(ERR_NOT_FOUND, str_fmt(r->a, "%.*s", STR_ARG(s->on.len ? s->on : s->type)));
    for (size_t i = 0; !e.code && i < s->nwith; i++) {
        e = value_in(r, &s->with[i], &vals[i]);
    }
    struct act *act = arena_new(r->a, struct act);
    *act = (struct act){.arena = r->a,
                        .now = r->now,
                        .lang = LANG_ZH,
                        .action = s->action,
                        .values = vals,
                        .nvalues = s->nwith};
    if (!e.code) {
        e = person_of(r, s->as.len ? s->as : as, &act->actor);
    }
    if (!e.code) {
        act->type = t->key;
        act->record = on ? on->id : 0;
        e = act_call(r->e, act);
        if (s->refused.len && e.code) {
            refused_well(r, s, e);
            e = OK;
        } else if (s->refused.len) {
            diag_error(r->d, s->pos, "应被拒绝（%.*s），却成功了",
                       "expected a refusal (%.*s), it went through", STR_ARG(s->refused));
        } else if (!e.code) {
            if (s->save.len && r->nsaved < SAVED_MAX) {
                r->saved[r->nsaved++] = (struct saved){s->save, act->ret_record, t};
            }
            if (s->state.len) {
                look_at_state(r, s, t, act->ret_record);
            }
        }
    }
    engine_release(r->e, m);
    return e;
}

/* --- looking ---------------------------------------------------------------------------- */

static err do_check(struct run *r, const struct step *s)
{
    const struct saved *on = saved_as(r, s->on);
    if (!on) {
        return err_make(ERR_NOT_FOUND, s->on);
    }
    const struct model *m = engine_model(r->e);
    const struct type *t = model_type(m, on->type->key);
    struct scope sc = {.model = m, .law = t->newest->law, .self = t->newest};
    struct cond c = expr_compile(r->a, &sc, s->holds, s->pos, vtype_of(V_BOOL), r->d);
    struct arena side = arena_make(32u << 20);
    struct db *db;
    struct rows rows;
    err e = c.tree ? engine_reader(r->e, &side, &db) : OK;
    if (c.tree && !e.code) {
        struct ctx ctx = ctx_make(r->e, m, db, &side, r->now, 0, LANG_ZH);
        struct sqlb b = sqlb_make(&side);
        SQLB_LIT(&b, "select ");
        sqlb_sql(&b, c.value);
        SQLB_LIT(&b, " from ");
        sqlb_ident(&b, t->table);
        SQLB_LIT(&b, " r where r.id = $4");
        struct db_arg id = db_i64(on->id);
        e = db_query(db, &side, sqlb_end(&b), ctx_args(&ctx, &id, 1), &rows);
        if (!e.code && !(rows_next(&rows) && rows_i64(&rows, 0) == 1)) {
            diag_error(r->d, s->pos, "不成立：%.*s", "this does not hold: %.*s", STR_ARG(s->holds));
        }
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

static err do_see(struct run *r, const struct step *s, str as)
{
    const struct saved *on = saved_as(r, s->on);
    int64_t who;
    err e = on ? person_of(r, s->as.len ? s->as : as, &who) : err_make(ERR_NOT_FOUND, s->on);
    if (e.code) {
        return e;
    }
    const struct model *m = engine_model(r->e);
    struct arena side = arena_make(32u << 20);
    struct db *db;
    e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        struct ctx ctx = ctx_make(r->e, m, db, &side, r->now, who, LANG_ZH);
        struct record rec;
        err seen = record_get(&ctx, model_type(m, on->type->key), on->id, &rec);
        if ((seen.code == ERR_NONE) != s->expect) {
            diag_error(r->d, s->pos, "可见性不符", "this is not seen as it should be");
        }
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

static void do_clock(struct run *r, const struct step *s)
{
    int64_t length = 0;
    bool plus = str_starts(s->text, STR("+"));
    if (plus &&
        expr_literal(str_from_n(s->text.ptr + 1, s->text.len - 1), V_DURATION, &length, NULL)) {
        r->now += length;
    } else if (!clock_parse_time(s->text, 480, &length)) {
        diag_error(r->d, s->pos, "不是时间：%.*s", "not a time: %.*s", STR_ARG(s->text));
    } else {
        r->now = length > r->now ? length : r->now;
    }
    engine_tick(r->e, r->now);
}

static err do_step(struct run *r, const struct step *s, str as)
{
    switch (s->kind) {
    case STEP_CREATE:
    case STEP_PERFORM:
        return do_act(r, s, as);
    case STEP_CLOCK:
        do_clock(r, s);
        return OK;
    case STEP_CHECK:
        return s->holds.len ? do_check(r, s) : OK;
    case STEP_SEE:
        return do_see(r, s, as);
    case STEP_LIST:
    case STEP_TERM:
    case STEP_TASKS:
    case STEP_NOTIFIED:
    case STEP_NUMBER:
    case STEP_PUBLISH:
        diag_warning(r->d, s->pos, "此类步骤尚不能运行", "a step of this kind cannot be run yet");
        return OK;
    }
    return OK;
}

err scenario_run(struct engine *e, struct arena *a, const struct scenario *s, str folder,
                 struct diags *d)
{
    (void)folder;
    struct run r = {.e = e, .a = a, .d = d};
    if (!clock_parse_time(STEPS_BEGIN, 480, &r.now)) {
        r.now = 0;
    }
    for (size_t i = 0; i < s->nsteps; i++) {
        err x = do_step(&r, &s->steps[i], s->as);
        if (x.code) {
            str why = x.why ? words_in(x.why->what, LANG_ZH) : x.detail;
            diag_error(d, s->steps[i].pos, "这一步没有成功：%.*s", "this step did not go: %.*s",
                       STR_ARG(why));
        }
    }
    return OK;
}

err scenario_records(struct engine *e, struct arena *a, str text, str file, struct diags *d,
                     int64_t *ret_created)
{
    struct scenarios list = steps_load(a, text, file, d);
    struct run r = {.e = e, .a = a, .d = d, .now = engine_now(e), .records = true};
    size_t before = d->errors;
    *ret_created = 0;
    for (size_t k = 0; k < list.len && d->errors == before; k++) {
        for (size_t i = 0; i < list.ptr[k].nsteps && d->errors == before; i++) {
            err x = do_step(&r, &list.ptr[k].steps[i], list.ptr[k].as);
            bool there = x.why && x.why->kind == REFUSED_UNIQUE;
            if (x.code && !there) {
                str why = x.why ? words_in(x.why->what, LANG_ZH) : STR("");
                diag_error(d, list.ptr[k].steps[i].pos, "这一步没有成功：%.*s（%.*s）",
                           "this step did not go: %.*s (%.*s)", STR_ARG(why), STR_ARG(x.detail));
            }
            *ret_created += !x.code;
        }
    }
    return OK;
}
