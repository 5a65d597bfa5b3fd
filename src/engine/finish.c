/* finish.c - the end of the outermost act: rules on the result, names, terms,
 * tasks; then history.c. */
#include "engine/approve_int.h"
#include "engine/calendar.h"
#include "engine/duty_sum.h"
#include "engine/guard.h"
#include "engine/missing.h"
#include "engine/perform_int.h"
#include "engine/record_load.h"

#include <string.h>

/* --- rules ------------------------------------------------------------------------------- */

static bool reads_changed(const struct touched *x, const struct reads *r)
{
    if (x->created || (r->state && history_cell_changed(x, COL_STATE)) ||
        (r->at && history_cell_changed(x, COL_STATE))) {
        return true;
    }
    for (size_t i = 0; i < r->nfields; i++) {
        int col = plan_col(x->t, r->fields[i]);
        if (col < 0 || history_cell_changed(x, col)) {
            return true;
        }
    }
    if (r->nparts && x->many_parts) {
        return true;
    }
    for (size_t i = 0; i < r->nparts; i++) {
        for (size_t k = 0; k < x->nparts; k++) {
            if (str_eq(r->parts[i]->key, x->changed_parts[k])) {
                return true;
            }
        }
    }
    return false;
}

/* The record that a rule says stands in the way, as far as the actor may see it. */
static err in_the_way(struct doing *d, const struct touched *x, const struct cond *c, str *ret)
{
    const struct type *t = c->other->type.type;
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select r.name from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.id = (select (");
    sqlb_sql(&b, c->other->value);
    SQLB_LIT(&b, ") from ");
    sqlb_ident(&b, x->t->type->table);
    SQLB_LIT(&b, " r where r.id = $4) and ");
    load_visible(d->ctx, &b, t);
    struct db_arg id = db_i64(x->id);
    struct rows r;
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ctx_args(d->ctx, &id, 1), &r);
    if (!e.code && rows_next(&r)) {
        *ret = str_copy(d->a, rows_text(&r, 0));
    }
    return e;
}

static err rule_refused(struct doing *d, const struct touched *x, const struct cond *c,
                        const struct add *add, bool unknown)
{
    str other = STR("");
    err e = unknown || !c->other ? OK : in_the_way(d, x, c, &other);
    if (e.code) {
        return e;
    }
    const struct clause *clause = c->clause ? c->clause : add ? add->clause : NULL;
    if (!clause && x->action) {
        clause = x->action->clause;
    }
    struct words what = c->words;
    if (!what.zh.len && !what.en.len) {
        what =
            words_fmt(d->a, "不符合规定：%.*s", "This is against a rule: %.*s", STR_ARG(c->text));
    }
    struct words remedy = {0};
    if (unknown) {
        remedy = missing_remedy(d->a, missing_words(d->ctx, c, x->id));
    } else if (other.len) {
        remedy = words_fmt(d->a, "与“%.*s”相抵触：请先使其终止，或者另选他人。",
                           "It conflicts with \"%.*s\": end that first, or choose somebody else.",
                           STR_ARG(other));
    }
    return refuse(d->a, ERR_RULE, unknown ? REFUSED_UNKNOWN : REFUSED_RULE, clause, what, remedy);
}

/* A rule of another regulation's `adds` goes with the action it is added to. */
static bool was_performed(const struct doing *d, const struct touched *x, const struct add *add)
{
    for (size_t i = 0; i < d->nacts; i++) {
        if (d->acts[i].record == x->id && str_eq(d->acts[i].action, add->to_action)) {
            return true;
        }
    }
    return false;
}

/* What the end of a record asks, in one batch. */
struct asked {
    struct batch *b;
    int judge, terms, frozen; /* -1: not asked */
    int people[NEXT_MAX];     /* of the actions its state waits for; -1: nobody, or asked later */
    bool later[NEXT_MAX];     /* they read terms, which are written in between */
};

static void ask_judge(struct doing *d, struct touched *x, struct asked *q)
{
    struct tplan *t = x->t;
    struct db_arg *flags = arena_array(d->a, struct db_arg, t->nrules + 1);
    for (size_t i = 0; i < t->nrules; i++) {
        const struct cond *c = t->rules[i];
        bool run = reads_changed(x, &c->reads) ||
                   (c->when && c->when->tree && reads_changed(x, &c->when->reads));
        flags[i] = db_i64(t->rule_adds[i] ? was_performed(d, x, t->rule_adds[i]) : run);
    }
    q->judge = batch_add(q->b, t->judge.sql, perform_args(d, &t->judge, x, flags, (int)t->nrules));
}

static err judge(struct doing *d, struct touched *x, struct asked *q, struct rows *ret)
{
    struct tplan *t = x->t;
    *ret = batch_rows(q->b, q->judge);
    if (!rows_next(ret)) {
        return err_make(ERR_STORE, STR("the record is gone"));
    }
    for (size_t i = 0; i < t->nrules && !d->erasing; i++) {
        int col = t->col_rules + (int)i;
        if (rows_null(ret, col) || rows_i64(ret, col) != 1) {
            return rule_refused(d, x, t->rules[i], t->rule_adds[i], rows_null(ret, col));
        }
    }
    return OK;
}

static err computed(struct doing *d, struct touched *x)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < x->t->ncomputed; i++) {
        struct db_arg id = db_i64(x->id);
        e = db_queue(d->ctx->db, d->a, x->t->computed[i], ctx_args(d->ctx, &id, 1));
    }
    return e;
}

static err rename_record(struct doing *d, struct touched *x, const struct rows *r)
{
    int col = x->t->col_name;
    str name = perform_template(d, &x->t->type->newest->name, r, &col, LANG_ZH, -1, d->ctx->now);
    if (!x->now[COL_NAME].null && str_eq(x->now[COL_NAME].s, name)) {
        return OK;
    }
    x->now[COL_NAME] = (struct cell){.s = name};
    struct colset set = {0};
    colset_add(&set, COL_NAME);
    return db_queue(d->ctx->db, d->a, plan_update(d->h, x->t, &set, d->a),
                    ARGS(db_i64(x->id), db_text(name)));
}

/* --- terms ------------------------------------------------------------------------------------ */

static bool in_states(const struct state *const *list, size_t n, const struct cell *state)
{
    for (size_t i = 0; i < n; i++) {
        if (!state->null && list[i]->code == state->i) {
            return true;
        }
    }
    return false;
}

static err mark_moment(struct doing *d, enum vkind kind, int64_t due, int64_t length, int64_t *ret)
{
    return calendar_shift(d->ctx, due, kind, length, ret);
}

/* The first mark not yet fired, by time. */
static err next_mark(struct doing *d, const struct term *t, const struct rows *r, int col,
                     int64_t due, struct db_arg *mark, struct db_arg *at)
{
    *mark = db_null_i64();
    *at = db_null_i64();
    int64_t best = INT64_MAX;
    for (size_t i = 0; i < t->nmarks; i++) {
        int64_t moment = due;
        int c = col + 3 + (int)i * 2;
        err e = rows_null(r, c)
                    ? OK
                    : mark_moment(d, t->marks[i].at.type.kind, due, rows_i64(r, c), &moment);
        if (e.code) {
            return e;
        }
        if (moment < best) {
            best = moment;
            *mark = db_i64((int64_t)i);
            *at = db_i64(moment);
        }
    }
    return OK;
}

static err due_of(struct doing *d, const struct term *t, const struct rows *r, int col,
                  int64_t *ret)
{
    *ret = 0;
    if (t->until.tree) {
        if (rows_null(r, col)) {
            return OK;
        }
        *ret = t->until.type.kind == V_DATE ? calendar_day_start(d->ctx->model, rows_i64(r, col))
                                            : rows_i64(r, col);
        return OK;
    }
    if (rows_null(r, col + 1)) {
        return OK;
    }
    int64_t from = rows_null(r, col + 2) ? d->ctx->now : rows_i64(r, col + 2);
    if (t->from.tree && t->from.type.kind == V_DATE && !rows_null(r, col + 2)) {
        from = calendar_day_start(d->ctx->model, from);
    }
    return calendar_due(d->ctx, from, t->within.type.kind, rows_i64(r, col + 1), ret);
}

/* The earliest end of the terms that run: what tasks are due by. */
static void runs_until(struct touched *x, int64_t due)
{
    if (due && (!x->due || due < x->due)) {
        x->due = due;
    }
}

static err start_term(struct doing *d, struct touched *x, const struct term *t,
                      const struct rows *r, int col, int64_t run)
{
    int64_t due;
    struct db_arg mark = db_null_i64();
    struct db_arg at = db_null_i64();
    err e = due_of(d, t, r, col, &due);
    if (!e.code && due && !d->quiet) {
        e = next_mark(d, t, r, col, due, &mark, &at);
    }
    runs_until(x, e.code ? 0 : due);
    return e.code
               ? e
               : db_queue(d->ctx->db, d->a,
                          SQL("insert into term(record, term, type, run, law, started, due, used,"
                              " mark, mark_at, fired) values ($1, $2, $3, $4, $5, $6, $7, 0, $8,"
                              " $9, 0)"),
                          ARGS(db_i64(x->id), db_text(t->key), db_i64(x->t->type->code),
                               db_i64(run), db_i64(x->now[COL_LAW].i), db_i64(d->ctx->now),
                               due ? db_i64(due) : db_null_i64(), mark, at));
}

struct open_term {
    int64_t run, started, due, paused_at, used;
    bool open, paused, has_due;
    int64_t last_run;
};

static err pause_term(struct doing *d, const struct touched *x, const struct term *t,
                      const struct open_term *o)
{
    return db_queue(d->ctx->db, d->a,
                    SQL("update term set paused_at = $4, mark = null, mark_at = null"
                        " where record = $1 and term = $2 and run = $3"),
                    ARGS(db_i64(x->id), db_text(t->key), db_i64(o->run), db_i64(d->ctx->now)));
}

/* Going on: the end moves by as much (working) time as the clock stood. */
static err resume_term(struct doing *d, struct touched *x, const struct term *t,
                       const struct rows *r, int col, const struct open_term *o)
{
    int64_t due = o->due;
    struct db_arg mark = db_null_i64();
    struct db_arg at = db_null_i64();
    err e = OK;
    if (o->has_due && !t->until.tree) {
        bool working = t->within.type.kind == V_WORKHOURS || t->within.type.kind == V_WORKDAYS;
        int64_t stood = d->ctx->now - o->paused_at;
        if (working) {
            e = calendar_working(d->ctx, o->paused_at, d->ctx->now, &stood);
        }
        e = e.code ? e
                   : calendar_shift(d->ctx, due, working ? V_WORKHOURS : V_DURATION, stood, &due);
    }
    if (!e.code && o->has_due && !d->quiet) {
        e = next_mark(d, t, r, col, due, &mark, &at);
    }
    runs_until(x, !e.code && o->has_due ? due : 0);
    return e.code ? e
                  : db_queue(d->ctx->db, d->a,
                             SQL("update term set paused_at = null, due = $4, mark = $5,"
                                 " mark_at = $6 where record = $1 and term = $2 and run = $3"),
                             ARGS(db_i64(x->id), db_text(t->key), db_i64(o->run),
                                  o->has_due ? db_i64(due) : db_null_i64(), mark, at));
}

static err one_term(struct doing *d, struct touched *x, const struct term *t, const struct rows *r,
                    int col, const struct open_term *o)
{
    bool runs = in_states(t->runs_in, t->nruns, &x->now[COL_STATE]);
    bool pauses = in_states(t->pause_in, t->npauses, &x->now[COL_STATE]);
    if (!o->open) {
        return runs ? start_term(d, x, t, r, col, o->last_run + 1) : OK;
    }
    if (!runs && !pauses) {
        return db_queue(d->ctx->db, d->a,
                        SQL("update term set ended = $4, mark = null, mark_at = null, how = 'left'"
                            " where record = $1 and term = $2 and run = $3"),
                        ARGS(db_i64(x->id), db_text(t->key), db_i64(o->run), db_i64(d->ctx->now)));
    }
    if (pauses && !o->paused) {
        return pause_term(d, x, t, o);
    }
    if (runs && o->paused) {
        return resume_term(d, x, t, r, col, o);
    }
    if (runs && t->until.tree && reads_changed(x, &t->until.reads)) {
        int64_t due;
        struct db_arg mark = db_null_i64();
        struct db_arg at = db_null_i64();
        err e = due_of(d, t, r, col, &due);
        if (!e.code && !d->quiet) {
            e = next_mark(d, t, r, col, due, &mark, &at);
        }
        runs_until(x, e.code ? 0 : due);
        return e.code ? e
                      : db_queue(d->ctx->db, d->a,
                                 SQL("update term set due = $4, mark = $5, mark_at = $6"
                                     " where record = $1 and term = $2 and run = $3"),
                                 ARGS(db_i64(x->id), db_text(t->key), db_i64(o->run),
                                      due ? db_i64(due) : db_null_i64(), mark, at));
    }
    runs_until(x, runs && o->has_due ? o->due : 0);
    return OK;
}

static void ask_terms(struct touched *x, struct asked *q)
{
    q->terms = x->t->def->nterms
                   ? batch_add(q->b,
                               SQL("select term, run, started, due, paused_at, used, ended from"
                                   " term where record = $1 order by run"),
                               ARGS(db_i64(x->id)))
                   : -1;
}

static err move_terms(struct doing *d, struct touched *x, struct asked *q, struct rows *judged)
{
    const struct tdef *def = x->t->def;
    if (q->terms < 0) {
        return OK;
    }
    err e = OK;
    struct rows r = batch_rows(q->b, q->terms);
    struct open_term *open = arena_array(d->a, struct open_term, def->nterms + 1);
    while (rows_next(&r)) {
        const struct term *t = tdef_term(def, rows_text(&r, 0));
        if (!t) {
            continue;
        }
        struct open_term *o = &open[t - def->terms];
        o->last_run = rows_i64(&r, 1);
        if (rows_null(&r, 6)) {
            o->open = true;
            o->run = rows_i64(&r, 1);
            o->started = rows_i64(&r, 2);
            o->due = rows_i64(&r, 3);
            o->has_due = !rows_null(&r, 3);
            o->paused = !rows_null(&r, 4);
            o->paused_at = rows_i64(&r, 4);
        }
    }
    int col = x->t->col_terms;
    for (size_t i = 0; !e.code && i < def->nterms; i++) {
        e = one_term(d, x, &def->terms[i], judged, col, &open[i]);
        col += 3 + 2 * (int)def->terms[i].nmarks;
    }
    return e;
}

/* --- tasks ---------------------------------------------------------------------------------- */

static const struct state *waits_in(const struct touched *x)
{
    return x->now[COL_STATE].null ? NULL : tdef_state_at(x->t->def, x->now[COL_STATE].i);
}

static void ask_people(struct doing *d, struct touched *x, struct asked *q, bool late)
{
    const struct state *s = waits_in(x);
    for (size_t i = 0; s && i < s->nnext; i++) {
        const struct stmt *p = plan_next_people(d->h, x->t, s->next[i]);
        bool reads_terms = p->present && str_has(p->sql.text, STR("\"term\""));
        bool now = p->present && (late ? q->later[i] : !reads_terms);
        q->later[i] = !late && reads_terms;
        q->people[i] = now ? batch_add(q->b, p->sql, perform_args(d, p, x, NULL, 0)) : -1;
    }
}

static err put_tasks(struct doing *d, struct touched *x, const struct asked *q)
{
    const struct state *s = waits_in(x);
    err e = OK;
    for (size_t i = 0; s && i < s->nnext; i++) {
        struct rows who = {0};
        if (q->people[i] >= 0) {
            who = batch_rows(q->b, q->people[i]);
        }
        const struct action *a = s->next[i];
        while (!e.code && q->people[i] >= 0 && rows_next(&who)) {
            e = db_queue(d->ctx->db, d->a,
                         SQL("insert into task(id, person, record, type, kind, action, due,"
                             " created_at, key) values ($1, $2, $3, $4, 1, $5, $6, $7, $8)"
                             " on conflict do nothing"),
                         ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(rows_i64(&who, 0)),
                              db_i64(x->id), db_i64(x->t->type->code), db_text(a->key),
                              x->due ? db_i64(x->due) : db_null_i64(),
                              db_i64(x->now[COL_CHANGED].i), /* also when tasks are made anew */
                              db_text(str_fmt(d->a, "n:%.*s", STR_ARG(a->key)))));
        }
    }
    return e;
}

static err forget_tasks(struct doing *d, const struct touched *x)
{
    return x->created
               ? OK
               : db_queue(d->ctx->db, d->a, SQL("delete from task where record = $1 and kind = 1"),
                          ARGS(db_i64(x->id)));
}

/* What could not be asked before the terms were written. */
static err late_tasks(struct doing *d, struct touched *x, struct asked *q)
{
    const struct state *s = waits_in(x);
    bool some = false;
    for (size_t i = 0; s && i < s->nnext; i++) {
        some = some || q->later[i];
    }
    if (!some) {
        return OK;
    }
    q->b = batch_begin(d->ctx->db, d->a);
    ask_people(d, x, q, true);
    err e = batch_run(q->b);
    return e.code ? e : put_tasks(d, x, q);
}

err perform_tasks(struct doing *d, struct touched *x)
{
    struct asked q = {.b = batch_begin(d->ctx->db, d->a)};
    err e = forget_tasks(d, x);
    if (e.code || !waits_in(x)) {
        return e;
    }
    int due = batch_add(q.b,
                        SQL("select min(due) from term where record = $1 and ended is null"
                            " and paused_at is null"),
                        ARGS(db_i64(x->id)));
    ask_people(d, x, &q, false);
    e = batch_run(q.b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(q.b, due);
    x->due = rows_next(&r) ? rows_i64(&r, 0) : 0;
    e = put_tasks(d, x, &q);
    return e.code ? e : late_tasks(d, x, &q);
}

/* The day the record spoke of before, and the one it speaks of now. */
static err mend_day(struct doing *d, const struct touched *x)
{
    int c = plan_col(x->t, tdef_field(x->t->def, STR("day")));
    err e = OK;
    if (!x->created && x->old && !x->old[c].null) {
        e = calendar_mend(d->ctx, x->old[c].i);
    }
    return e.code || x->now[c].null ? e : calendar_mend(d->ctx, x->now[c].i);
}

/* What is made of registers: the tree of units before rules look at it, the
 * calendar before terms do. */
static err registers_changed(struct doing *d, bool *units)
{
    const struct model *m = d->h->model;
    bool people = false;
    for (size_t i = 0; i < d->n; i++) {
        const struct type *t = d->list[i].t->type;
        *units = *units || t == m->unit;
        people = people || t == m->post || t == m->person || t == m->unit || t == m->deputy;
    }
    err e = *units ? calendar_units(d->ctx) : OK;
    for (size_t i = 0; !e.code && i < d->n; i++) {
        if (d->list[i].t->type == m->calendar_day) {
            e = mend_day(d, &d->list[i]);
        }
    }
    if (!e.code && people) { /* who waits for whom is looked at again */
        e = db_exec(d->ctx->db, d->a,
                    SQL("insert into installation(key, value) values ('tasks_at', '0:0'),"
                        " ('approvals_at', '0')"
                        " on conflict (key) do update set value = excluded.value"),
                    NO_ARGS);
    }
    return e;
}

/* One record's end: rules on the result, its name, terms, tasks, one batch. */
static err end_record(struct doing *d, struct touched *x)
{
    struct asked q = {.b = batch_begin(d->ctx->db, d->a)};
    struct rows r;
    x->due = 0;
    ask_judge(d, x, &q);
    ask_terms(x, &q);
    ask_people(d, x, &q, false);
    bool votes = x->t->votes && !x->created && !approve_is_op(d->act->action);
    q.frozen = votes ? batch_add(q.b, APPROVE_FROZEN, ARGS(db_i64(x->id))) : -1;
    err e = batch_run(q.b);
    e = e.code ? e : judge(d, x, &q, &r);
    if (!e.code && q.frozen >= 0) {
        struct rows voted = batch_rows(q.b, q.frozen);
        e = approve_frozen(d, x, &voted);
    }
    if (!e.code && x->t->ncomputed) {
        perform_read_row(x->t, &r, x->now);
    }
    e = e.code ? e : rename_record(d, x, &r);
    e = e.code ? e : move_terms(d, x, &q, &r);
    e = e.code ? e : forget_tasks(d, x);
    e = e.code ? e : put_tasks(d, x, &q);
    e = e.code ? e : late_tasks(d, x, &q);
    bool watched = !e.code && !d->quiet && rows_i64(&r, x->t->col_watched);
    return watched ? perform_tell_watchers(d, x) : e;
}

static err end_all(struct doing *d, bool units)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < d->n; i++) {
        e = computed(d, &d->list[i]);
    }
    for (size_t i = 0; !e.code && i < d->n; i++) {
        e = end_record(d, &d->list[i]);
    }
    if (!e.code && units) {
        const struct action *a = d->list[0].action;
        e = calendar_unit_cycle(d->ctx, a ? a->clause : NULL);
    }
    return e;
}

/* What is searched for is text that stands in its row (index.c). */
static bool other_text(const struct touched *x)
{
    for (int i = 0; i < x->t->ncols; i++) {
        if (x->t->is_text[i] && history_cell_changed(x, i)) {
            return true;
        }
    }
    return false;
}

err perform_finish(struct doing *d)
{
    bool units = false;
    err e = history_of_the_rest(d);
    if (e.code || !d->nacts) {
        return e; /* a mere notice leaves no act */
    }
    e = registers_changed(d, &units);
    e = e.code ? e : end_all(d, units);
    for (size_t i = 0; !e.code && i < d->n; i++) {
        e = register_check(d, &d->list[i]);
    }
    for (size_t i = 0; !e.code && i < d->n; i++) {
        e = approve_close(d, &d->list[i]);
    }
    e = e.code ? e : approve_open(d);
    for (size_t i = 0; !e.code && i < d->n; i++) {
        struct touched *x = &d->list[i];
        e = !other_text(x) ? OK
                           : db_queue(d->ctx->db, d->a,
                                      SQL("insert into search_queue(record, type) values ($1, $2)"
                                          " on conflict do nothing"),
                                      ARGS(db_i64(x->id), db_i64(x->t->type->code)));
        e = e.code ? e : control_mark(d, x);
        e = e.code ? e : duty_sum_touched(d, x);
    }
    e = e.code ? e : history_write(d);
    return perform_conflict(d, e);
}
