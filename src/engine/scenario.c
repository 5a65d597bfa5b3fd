#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/scenario_int.h"
#include "model/expr.h"

#include <string.h>

const struct saved *scenario_saved(const struct run *r, str name)
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
    const struct saved *s = scenario_saved(r, v->scalar);
    if (v->expression) {
        return expression(r, v, ret);
    }
    *ret = s ? str_fmt(r->a, "%lld", (long long)s->id) : v->scalar;
    return OK;
}

static err value_in(struct run *r, const struct saved *on, const struct step_value *v,
                    struct value_in *ret);

/* `row: 2` is the second line there is, `remove: true` takes it away. */
static err line_id(struct run *r, const struct saved *on, str field, str place, int64_t *ret)
{
    const struct field *f = on->type ? tdef_field(on->type->newest, field) : NULL;
    struct arena side = arena_make(1u << 20);
    struct db *db;
    struct rows rows;
    int64_t n = 0;
    err e = f && f->part && str_to_i64(place, &n) && n >= 1 ? engine_reader(r->e, &side, &db)
                                                            : err_make(ERR_INVALID, place);
    if (!e.code) {
        struct sqlb b = sqlb_make(&side);
        SQLB_LIT(&b, "select id from ");
        sqlb_ident(&b, f->part->table);
        SQLB_LIT(&b, " where ");
        sqlb_ident2(&b, "f_", on->type->key);
        SQLB_LIT(&b, " = $1 order by id limit 1 offset $2");
        e = db_query(db, &side, sqlb_end(&b), ARGS(db_i64(on->id), db_i64(n - 1)), &rows);
    }
    if (!e.code && !rows_next(&rows)) {
        e = err_make(ERR_NOT_FOUND, place);
    }
    *ret = e.code ? 0 : rows_i64(&rows, 0);
    arena_end(&side);
    return e;
}

/* A file for a row, `photo: NAME`: its bytes say its name.  *was: the column holds files. */
static err row_file(struct run *r, const struct saved *on, str field, const struct step_value *v,
                    int64_t row, bool *was)
{
    const struct field *f = on->type ? tdef_field(on->type->newest, field) : NULL;
    const struct field *c = f && f->part ? tdef_field(f->part->newest, v->key) : NULL;
    *was = c && c->type == F_ATTACHMENT;
    if (!*was) {
        return OK;
    }
    if (!row || r->nfiles == FILES_MAX) {
        return err_make(ERR_INVALID, v->key);
    }
    r->files[r->nfiles++] = (struct act_file){
        .field = str_fmt(r->a, "%.*s.%lld.%.*s", STR_ARG(field), (long long)row, STR_ARG(v->key)),
        .name = v->scalar,
        .mime = STR("text/plain"),
        .bytes = v->scalar};
    return OK;
}

static err row_in(struct run *r, const struct saved *on, str field, const struct step_value *v,
                  struct row_in *ret)
{
    bool file;
    struct value_in *cells = arena_array(r->a, struct value_in, v->nitems + 1);
    *ret = (struct row_in){.values = cells};
    err e = OK;
    for (size_t k = 0; !e.code && k < v->nitems; k++) {
        const struct step_value *x = &v->items[k];
        if (str_eq(x->key, STR("row"))) {
            e = line_id(r, on, field, x->scalar, &ret->id);
        } else if (str_eq(x->key, STR("remove"))) {
            ret->remove = str_eq(x->scalar, STR("true"));
        } else {
            e = row_file(r, on, field, x, ret->id, &file);
            e = e.code || file ? e : value_in(r, on, x, &cells[ret->nvalues++]);
        }
    }
    return e;
}

static err rows_in(struct run *r, const struct saved *on, const struct step_value *v,
                   struct value_in *ret)
{
    struct row_in *rows = arena_array(r->a, struct row_in, v->nitems + 1);
    for (size_t i = 0; i < v->nitems; i++) {
        err e = row_in(r, on, v->key, &v->items[i], &rows[i]);
        if (e.code) {
            return e;
        }
    }
    ret->rows = rows;
    ret->nrows = v->nitems;
    return OK;
}

static err value_in(struct run *r, const struct saved *on, const struct step_value *v,
                    struct value_in *ret)
{
    *ret = (struct value_in){.field = v->key, .null = v->null};
    if (!v->list) {
        return scalar(r, v, &ret->text);
    }
    if (v->nitems && v->items[0].row) {
        return rows_in(r, on, v, ret);
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

/* `refused: clause`; or any; or value (what was entered is no value of its
 * field); or absent (the person does not see the record: to him it is not there). */
static bool as_said(const struct step *s, err e)
{
    if (s->refused_any) {
        return true;
    }
    if (str_eq(s->refused, STR("absent"))) {
        return e.code == ERR_NOT_FOUND && !e.why;
    }
    if (str_eq(s->refused, STR("value"))) {
        return e.code == ERR_VALUE;
    }
    return e.why && e.why->clause && str_eq(e.why->clause->id, s->refused);
}

static void refused_well(struct run *r, const struct step *s, err e)
{
    if (!as_said(s, e)) {
        str got = e.why && e.why->clause              ? e.why->clause->id
                  : e.code == ERR_NOT_FOUND && !e.why ? STR("absent")
                                                      : STR("-");
        str why = e.why ? words_in(e.why->what, LANG_ZH) : e.detail;
        diag_error(r->d, s->pos, "应依据 %.*s 拒绝，实为 %.*s（%.*s）",
                   "expected a refusal by %.*s, it was %.*s (%.*s)", STR_ARG(s->refused),
                   STR_ARG(got), STR_ARG(why));
    }
}

/* F.recheck.record: the part of F that is still open, else its newest. */
static err part_of_saved(struct run *r, const struct saved *on, str key, struct saved *ret)
{
    const struct model *m = engine_model(r->e);
    const struct type *t = model_type(m, key);
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    err e = t && t->part_of && str_eq(t->part_of->key, on->type->key)
                ? engine_reader(r->e, &side, &db)
                : err_make(ERR_NOT_FOUND, key);
    if (!e.code) {
        struct sqlb b = sqlb_make(&side);
        SQLB_LIT(&b, "select id, state from ");
        sqlb_ident(&b, t->table);
        SQLB_LIT(&b, " where ");
        sqlb_ident2(&b, "f_", t->part_of->key);
        SQLB_LIT(&b, " = $1 order by id desc limit 200");
        e = db_query(db, &side, sqlb_end(&b), ARGS(db_i64(on->id)), &rows);
    }
    *ret = (struct saved){.type = t};
    bool open = false;
    while (!e.code && !open && rows_next(&rows)) {
        const struct state *s = rows_null(&rows, 1) ? NULL : type_state(t, rows_i64(&rows, 1));
        open = s && !s->final;
        ret->id = open || !ret->id ? rows_i64(&rows, 0) : ret->id;
    }
    if (!e.code && !ret->id) {
        e = err_make(ERR_NOT_FOUND, key);
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
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

/* What an acting step is about: a saved record, a part of one, a new record. */
static err target_of(struct run *r, const struct step *s, struct saved *ret, str *action)
{
    *action = s->action;
    if (s->kind == STEP_CREATE) {
        const struct model *m = engine_model(r->e);
        *ret = (struct saved){.type = model_type(m, s->type)};
        engine_release(r->e, m);
        return ret->type ? OK : scenario_unknown(r, s->type);
    }
    const struct saved *on = scenario_saved(r, s->on);
    if (!on) {
        return scenario_unknown(r, s->on);
    }
    *ret = *on;
    str rest;
    str part = str_cut(s->action, '.', &rest);
    if (!rest.len) {
        return OK;
    }
    *action = rest;
    return part_of_saved(r, on, part, ret);
}

static void after_act(struct run *r, const struct step *s, const struct type *t,
                      const struct act *act)
{
    if (s->save.len && r->nsaved < SAVED_MAX) {
        r->saved[r->nsaved++] = (struct saved){s->save, act->ret_record, t};
    }
    if (s->state.len) {
        look_at_state(r, s, t, act->ret_record);
    }
}

static err perform_step(struct run *r, const struct step *s, const struct type *type,
                        struct act *act)
{
    err e = act_call(r->e, act);
    if (s->refused.len && e.code) {
        refused_well(r, s, e);
        return OK;
    }
    if (s->refused.len) {
        diag_error(r->d, s->pos, "应被拒绝（%.*s），却成功了",
                   "expected a refusal (%.*s), it went through", STR_ARG(s->refused));
    }
    if (!e.code) {
        after_act(r, s, type, act);
    }
    return e;
}

static err do_act(struct run *r, const struct step *s, str as)
{
    struct value_in *vals = arena_array(r->a, struct value_in, s->nwith + 1);
    struct saved on;
    struct act *act = arena_new(r->a, struct act);
    *act = (struct act){
        .arena = r->a, .now = r->now, .lang = LANG_ZH, .values = vals, .nvalues = s->nwith};
    err e = target_of(r, s, &on, &act->action);
    r->nfiles = 0;
    for (size_t i = 0; !e.code && i < s->nwith; i++) {
        e = value_in(r, &on, &s->with[i], &vals[i]);
    }
    if (!e.code) {
        e = scenario_person(r, s->as.len ? s->as : as, &act->actor);
    }
    if (e.code) {
        return e;
    }
    act->type = on.type->key;
    act->record = on.id;
    act->files = r->files;
    act->nfiles = r->nfiles;
    if (r->key.len) {
        act->key = str_fmt(r->a, "%.*s:%lld", STR_ARG(r->key), (long long)++r->nkeys);
    }
    return perform_step(r, s, on.type, act);
}

static err do_approval(struct run *r, const struct step *s, str as)
{
    struct act *act = arena_new(r->a, struct act);
    const struct type *type = NULL;
    err e = scenario_approve(r, s, as, act, &type);
    return e.code || !act->record ? e : perform_step(r, s, type, act);
}

/* Time passes as it does in life: everything at its own moment. */
static void clock_to(struct run *r, int64_t to)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        struct arena side = arena_make(1u << 20);
        struct db *db;
        int64_t due = 0;
        if (!engine_reader(r->e, &side, &db).code) {
            due = engine_next_due(r->e, db, &side);
        }
        arena_end(&side);
        if (!due || due > to) {
            break;
        }
        r->now = due > r->now ? due : r->now;
        engine_tick(r->e, r->now);
    }
    r->now = to;
    engine_tick(r->e, r->now);
}

/* What fell due and was refused is a mistake of the definition. */
static void tell_refused(struct run *r, const struct step *s)
{
    struct arena side = arena_make(1u << 20);
    struct db *db;
    struct rows rows;
    err e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        e = db_query(db, &side,
                     SQL("select id, message from job where kind = 'clock' and id > $1 order by id"
                         " limit 20"),
                     ARGS(db_i64(r->told)), &rows);
    }
    while (!e.code && rows_next(&rows)) {
        r->told = rows_i64(&rows, 0);
        diag_error(r->d, s->pos, "到期事项被拒绝：%.*s", "what fell due was refused: %.*s",
                   STR_ARG(rows_text(&rows, 1)));
    }
    arena_end(&side);
}

static void do_clock(struct run *r, const struct step *s)
{
    int64_t length = 0;
    bool plus = str_starts(s->text, STR("+"));
    bool ago = r->present && str_starts(s->text, STR("-"));
    if ((plus || ago) &&
        expr_literal(str_from_n(s->text.ptr + 1, s->text.len - 1), V_DURATION, &length, NULL)) {
        length = plus ? r->now + length : r->present - length;
    } else if (!clock_parse_time(s->text, 480, &length)) {
        diag_error(r->d, s->pos, "不是时间：%.*s", "not a time: %.*s", STR_ARG(s->text));
        return;
    }
    if (length < r->now) {
        diag_error(r->d, s->pos, "时钟不能倒拨：%.*s", "the clock is never turned back: %.*s",
                   STR_ARG(s->text));
    } else {
        clock_to(r, length);
    }
    tell_refused(r, s);
}

static err do_step(struct run *r, const struct step *s, str as)
{
    switch (s->kind) {
    case STEP_CREATE:
    case STEP_PERFORM:
        return do_act(r, s, as);
    case STEP_APPROVAL:
        return do_approval(r, s, as);
    case STEP_CLOCK:
        do_clock(r, s);
        return OK;
    case STEP_JUDGE: {
        err e = scenario_judge(r, s);
        tell_refused(r, s);
        return e;
    }
    case STEP_LIST:
    case STEP_CHECK:
    case STEP_SEE:
    case STEP_TERM:
    case STEP_TASKS:
    case STEP_NOTIFIED:
    case STEP_NUMBER:
    case STEP_CONTROL:
    case STEP_DUTY:
        return scenario_look(r, s, as);
    case STEP_PUBLISH:
        break;
    }
    diag_error(r->d, s->pos, "示例中不能发布制度", "an example cannot publish");
    return OK;
}

/* Why a step did not go, and which of what was filled in a refusal is about. */
static void step_failed(struct run *r, struct pos at, err x)
{
    struct words why = x.why ? x.why->what : (struct words){x.detail, x.detail};
    bool more = x.why && x.detail.len && !str_eq(x.detail, why.en);
    str about = more ? x.detail : STR("");
    diag_error_words(
        r->d, at,
        (struct words){str_fmt(r->a, "这一步没有成功：%.*s%s%.*s%s", STR_ARG(why.zh),
                               more ? "（" : "", STR_ARG(about), more ? "）" : ""),
                       str_fmt(r->a, "this step did not go: %.*s%s%.*s%s", STR_ARG(why.en),
                               more ? " (" : "", STR_ARG(about), more ? ")" : "")});
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
            step_failed(&r, s->steps[i].pos, x);
        }
    }
    return OK;
}

static bool makes_day(const struct run *r, const struct step *s)
{
    const struct model *m = engine_model(r->e);
    const struct type *t = s->kind == STEP_CREATE ? model_type(m, s->type) : NULL;
    bool day = t && t == m->calendar_day;
    engine_release(r->e, m);
    return day;
}

/* The days with which an installation begins come before its calendar, all else after. */
static err do_record(struct run *r, const struct step *s, str as)
{
    err e = OK;
    if (!r->filled && !makes_day(r, s)) {
        e = calendar_fill(r->e);
        r->filled = !e.code;
    }
    return e.code ? e : do_step(r, s, as);
}

static err run_steps(struct run *r, struct arena *a, str text, str file, int64_t *ret_created)
{
    struct diags *d = r->d;
    struct scenarios list = steps_load(a, text, file, d);
    size_t before = d->errors;
    *ret_created = 0;
    for (size_t k = 0; k < list.len && d->errors == before; k++) {
        for (size_t i = 0; i < list.ptr[k].nsteps && d->errors == before; i++) {
            err x = do_record(r, &list.ptr[k].steps[i], list.ptr[k].as);
            bool there = x.why && x.why->kind == REFUSED_UNIQUE;
            if (x.code == ERR_DISK) { /* the machine's trouble, no mistake of the text */
                x.detail = str_copy(a, x.detail);
                return x;
            }
            if (x.code && !there) {
                step_failed(r, list.ptr[k].steps[i].pos, x);
            }
            *ret_created += !x.code;
        }
    }
    return OK;
}

err scenario_records(struct engine *e, struct arena *a, str text, str file, struct diags *d,
                     int64_t *ret_created)
{
    struct run r = {.e = e, .a = a, .d = d, .now = engine_now(e), .records = true};
    return run_steps(&r, a, text, file, ret_created);
}

err scenario_records_once(struct engine *e, struct arena *a, str text, str file, str key,
                          struct diags *d)
{
    struct run r = {.e = e, .a = a, .d = d, .now = engine_now(e), .records = true, .key = key};
    int64_t made;
    return run_steps(&r, a, text, file, &made);
}

err scenario_life(struct engine *e, struct arena *a, str text, str file, int64_t present,
                  struct diags *d, int64_t *ret_created)
{
    struct run r = {
        .e = e, .a = a, .d = d, .now = engine_now(e), .present = present, .records = true};
    err x = run_steps(&r, a, text, file, ret_created);
    if (!x.code && !d->errors) {
        clock_to(&r, present);
    }
    return x;
}
