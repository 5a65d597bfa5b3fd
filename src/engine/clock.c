/* clock.c - what time moves: marks of terms, effects that wait. */
#include "base/clock.h"

#include "engine/approve_int.h"
#include "engine/calendar.h"
#include "engine/clock_int.h"
#include "engine/erase.h"
#include "engine/job.h"

#include <string.h>

enum { DUE_MAX = 100, IDEM_DAYS = 7 };

/* --- turns ------------------------------------------------------------------------------ */

struct doing *turn_begin(struct turn *t, struct ctx *ctx, struct arena *a, int64_t actor,
                         int64_t principal)
{
    struct doing *d = arena_new(a, struct doing);
    struct act *act = arena_new(a, struct act);
    *act = (struct act){.now = t->now, .lang = LANG_ZH, .actor = actor, .principal = principal};
    d->ctx = ctx;
    d->e = t->e;
    d->h = t->e->now.model;
    d->act = act;
    d->a = a;
    ctx->writer = true;
    return d;
}

static void keep(char *to, size_t size, str text)
{
    size_t n = str_utf8_head(text, size - 1).len;
    memcpy(to, text.ptr, n);
    to[n] = '\0';
}

bool turn_refused(struct turn *t, err e)
{
    bool refused = e.why || e.code == ERR_RULE || e.code == ERR_DENIED || e.code == ERR_VALUE ||
                   e.code == ERR_LIMIT || e.code == ERR_NOT_FOUND || e.code == ERR_INVALID;
    t->give_up = refused;
    if (refused) {
        keep(t->zh, sizeof(t->zh), e.why ? words_in(e.why->what, LANG_ZH) : e.detail);
        keep(t->en, sizeof(t->en), e.why ? words_in(e.why->what, LANG_EN) : e.detail);
    }
    return refused;
}

err turn_put_away(struct turn *t, struct db *db, struct arena *a)
{
    const struct model *m = t->e->now.model->model;
    const struct type *type = model_type_at(m, (int)t->at.type);
    str zh = type ? words_in(type->newest->title, LANG_ZH) : STR("");
    str en = type ? words_in(type->newest->title, LANG_EN) : STR("");
    return db_exec(
        db, a,
        SQL("insert into job(id, kind, title_zh, title_en, person, state, done, total, message,"
            " result, created_at, changed_at) values ($1, 'clock', $2, $3, 0, $4, 0, 1, $5, $6,"
            " $7, $7)"),
        ARGS(db_i64(engine_id(t->e, t->now)),
             db_text(str_fmt(a, "到期事项未能办理：%.*s", STR_ARG(zh))),
             db_text(str_fmt(a, "What fell due was refused: %.*s", STR_ARG(en))),
             db_i64(JOB_FAILED), db_text(str_from(t->zh)),
             db_text(str_fmt(a, "%lld", (long long)t->at.record)), db_i64(t->now)));
}

static void nothing(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

static err turn_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    t->give_up = t->gives_up;
    t->done = false;
    return t->fn(job, db, a, world);
}

err turn_run(struct turn *t, turn_fn *fn)
{
    t->job = (struct writer_job){.run = turn_job, .done = nothing};
    t->fn = fn;
    t->gives_up = t->give_up;
    return engine_run(t->e, &t->job);
}

/* --- marks of terms ------------------------------------------------------------------------ */

/* The moment of the following mark: the next one in time, or this one again,
 * after the present: what a stop of the server missed comes once. */
static err next_of(struct doing *d, const struct term *t, const struct rows *j, int col,
                   int64_t due, int64_t after, int64_t fired, int64_t *mark, int64_t *at)
{
    *at = 0;
    int64_t best = INT64_MAX;
    for (size_t i = 0; i < t->nmarks; i++) {
        int c = col + 3 + 2 * (int)i;
        int64_t moment = due;
        err e = rows_null(j, c) ? OK
                                : calendar_shift(d->ctx, due, t->marks[i].at.type.kind,
                                                 rows_i64(j, c), &moment);
        bool repeats = !rows_null(j, c + 1);
        while (!e.code && repeats && moment <= after) {
            int64_t was = moment;
            e = calendar_shift(d->ctx, was, t->marks[i].every.type.kind, rows_i64(j, c + 1),
                               &moment);
            if (!e.code && moment <= was) { /* or it would be looked for without end */
                e = err_make(ERR_VALUE, STR("a mark that does not come again"));
            }
        }
        if (e.code) {
            return e;
        }
        bool open = repeats || !(fired >> i & 1);
        if (open && moment < best) {
            best = moment;
            *mark = (int64_t)i;
            *at = moment;
        }
    }
    return OK;
}

static err fire(struct turn *tn, struct ctx *ctx, struct arena *a, const struct rows *r)
{
    struct doing *d = turn_begin(tn, ctx, a, 0, 0);
    const struct type *type = model_type_at(d->h->model, (int)rows_i64(r, 2));
    struct touched *x;
    err e =
        type ? perform_touch(d, type, rows_i64(r, 0), &x) : err_make(ERR_NOT_FOUND, STR("type"));
    const struct term *t = e.code ? NULL : tdef_term(x->t->def, rows_text(r, 1));
    int64_t run = rows_i64(r, 3);
    int64_t m = rows_i64(r, 4);
    int64_t fired = rows_i64(r, 7) | (1LL << (m & 63));
    if (e.code || !t || (size_t)m >= t->nmarks) {
        return db_exec(ctx->db, a,
                       SQL("update term set mark_at = null where record = $1 and term = $2"
                           " and run = $3"),
                       ARGS(db_i64(rows_i64(r, 0)), db_text(rows_text(r, 1)), db_i64(run)));
    }
    /* The following one first: what the effects do to the term comes after. */
    struct db_arg *flags = arena_array(a, struct db_arg, x->t->nrules + 1);
    for (size_t i = 0; i < x->t->nrules; i++) {
        flags[i] = db_i64(0);
    }
    struct rows j;
    e = db_query(ctx->db, a, x->t->judge.sql,
                 perform_args(d, &x->t->judge, x, flags, (int)x->t->nrules), &j);
    if (e.code || !rows_next(&j)) {
        return e;
    }
    int col = x->t->col_terms;
    for (size_t i = 0; &x->t->def->terms[i] != t; i++) {
        col += 3 + 2 * (int)x->t->def->terms[i].nmarks;
    }
    int64_t mark = 0;
    int64_t at = 0;
    e = next_of(d, t, &j, col, rows_i64(r, 6), tn->now, fired, &mark, &at);
    if (e.code) {
        return e;
    }
    e = db_exec(ctx->db, a,
                SQL("update term set fired = $4, mark = $5, mark_at = $6, last_at = $7"
                    " where record = $1 and term = $2 and run = $3"),
                ARGS(db_i64(x->id), db_text(t->key), db_i64(run), db_i64(fired), db_i64(mark),
                     at ? db_i64(at) : db_null_i64(), db_i64(tn->now)));
    if (e.code || tn->give_up) {
        return e.code ? e : turn_put_away(tn, ctx->db, a);
    }
    struct effect_list list = perform_mark_effects(a, x, t, (size_t)m);
    d->cause = str_fmt(a, "term:%.*s/%lld", STR_ARG(t->key), (long long)m);
    e = perform_effects(d, &list, x, 0, d->cause);
    return e.code ? e : perform_finish(d);
}

static err fire_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = t->e;
    struct rows r;
    (void)world;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
    err x =
        t->give_up
            ? db_query(db, a,
                       SQL("select record, term, type, run, mark, mark_at, due, fired from term"
                           " where record = $1 and term = $2 and run = $3"
                           " and mark_at is not null"),
                       ARGS(db_i64(t->at.record), db_text(str_from(t->at.term)), db_i64(t->at.run)),
                       &r)
            : db_query(db, a,
                       SQL("select record, term, type, run, mark, mark_at, due, fired from term"
                           " where mark_at is not null and mark_at <= $1"
                           " order by mark_at, record, term limit 1"),
                       ARGS(db_i64(t->now)), &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    t->at.record = rows_i64(&r, 0);
    t->at.type = rows_i64(&r, 2);
    t->at.run = rows_i64(&r, 3);
    keep(t->at.term, sizeof(t->at.term), rows_text(&r, 1));
    bool again = t->give_up;
    x = fire(t, &ctx, a, &r);
    if (!again) {
        turn_refused(t, x);
    }
    return x;
}

/* --- approvals --------------------------------------------------------------------------- */

static err tick_approval(struct turn *t, struct db *db, struct arena *a, int64_t id)
{
    struct engine *e = t->e;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
    const struct type *type = model_type_at(ctx.model, (int)t->at.type);
    struct value_in which = {.field = STR("approval"), .text = str_fmt(a, "%lld", (long long)id)};
    struct act *act = arena_new(a, struct act);
    *act = (struct act){.arena = a,
                        .now = t->now,
                        .lang = LANG_ZH,
                        .type = type ? type->key : STR(""),
                        .record = t->at.record,
                        .action = STR("approve.tick"),
                        .values = &which,
                        .nvalues = 1};
    return act_perform(&ctx, act);
}

/* Terms of seats that ended.  What cannot be done is put away, and the seat waits on. */
static err approve_due(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct rows r;
    (void)world;
    err x = db_query(db, a,
                     SQL("select id, record, type from approval where next_at <= $1"
                         " order by next_at, id limit 1"),
                     ARGS(db_i64(t->now)), &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    int64_t id = rows_i64(&r, 0);
    t->at.record = rows_i64(&r, 1);
    t->at.type = rows_i64(&r, 2);
    if (t->give_up) {
        x = db_exec(db, a, SQL("update approval set next_at = null where id = $1"),
                    ARGS(db_i64(id)));
        return x.code ? x : turn_put_away(t, db, a);
    }
    x = tick_approval(t, db, a, id);
    turn_refused(t, x);
    return x;
}

/* The next running approval after the one at approvals_at that appointments may move: a node
 * stands stopped, or an open or waiting seat is, or should be, in the hand of a deputy. */
#define MAY_MOVE_HEAD                                                                   \
    "select q.id, q.record, q.type from installation i left join approval q"            \
    " on q.id = (select min(n.id) from approval n where n.state = 0"                    \
    " and n.id > cast(i.value as bigint) and (exists(select 1 from approval_run u"      \
    " where u.approval = n.id and u.state = 0) or exists(select 1 from approval_seat s" \
    " where s.approval = n.id and s.state in (0, 1) and (s.actor <> s.principal"
#define MAY_MOVE_TAIL ")))) where i.key = 'approvals_at'"

static err next_to_move(const struct ctx *ctx, struct rows *r)
{
    const struct type *t = ctx->model->deputy;
    const struct state *s = t ? tdef_state(t->newest, STR("in_force")) : NULL;
    if (!s) {
        return db_query(ctx->db, ctx->arena, SQL(MAY_MOVE_HEAD MAY_MOVE_TAIL), NO_ARGS, r);
    }
    return db_query(ctx->db, ctx->arena,
                    SQL(MAY_MOVE_HEAD
                        " or exists(select 1 from r_deputy p where p.f_person = s.principal"
                        " and p.state = $1 and p.f_starts <= $2"
                        " and (p.f_ends is null or p.f_ends >= $2))" MAY_MOVE_TAIL),
                    ARGS(db_i64(s->code), db_i64(ctx->today)), r);
}

/* After a change of appointments: each approval that it may move, one a turn; approvals_at
 * holds the last one that was looked at. */
static err approve_all(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = t->e;
    struct rows r;
    (void)world;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
    err x = next_to_move(&ctx, &r);
    t->done = !x.code && rows_next(&r);
    if (!t->done) {
        return x;
    }
    if (rows_null(&r, 0)) {
        return db_exec(db, a, SQL("delete from installation where key = 'approvals_at'"), NO_ARGS);
    }
    int64_t id = rows_i64(&r, 0);
    t->at.record = rows_i64(&r, 1);
    t->at.type = rows_i64(&r, 2);
    x = t->give_up ? turn_put_away(t, db, a) : tick_approval(t, db, a, id);
    turn_refused(t, x);
    return x.code ? x
                  : db_exec(db, a,
                            SQL("update installation set value = $1 where key = 'approvals_at'"),
                            ARGS(db_text(str_fmt(a, "%lld", (long long)id))));
}

static err clean_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    (void)world;
    return db_exec(db, a, SQL("delete from idem where at < $1"),
                   ARGS(db_i64(t->now - (int64_t)IDEM_DAYS * 86400000)));
}

/* Once a day, also when the server starts again within it. */
static err day_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct engine *e = t->e;
    (void)world;
    str day = str_fmt(a, "%lld", (long long)calendar_day_of(e->now.model->model, t->now));
    err x = db_exec(db, a,
                    SQL("insert into installation(key, value) select 'tasks_at', '0:0'"
                        " where not exists(select 1 from installation"
                        " where key = 'tasks_day' and value = $1)"
                        " on conflict (key) do nothing"),
                    ARGS(db_text(day)));
    x = x.code ? x
               : db_exec(db, a,
                         SQL("insert into installation(key, value) select 'approvals_at', '0'"
                             " where not exists(select 1 from installation"
                             " where key = 'tasks_day' and value = $1)"
                             " on conflict (key) do update set value = '0'"),
                         ARGS(db_text(day)));
    if (!x.code) {
        struct ctx ctx = ctx_make(e, e->now.model->model, db, a, t->now, 0, LANG_ZH);
        x = calendar_extend(&ctx);
    }
    return x.code ? x
                  : db_exec(db, a,
                            SQL("insert into installation(key, value) values ('tasks_day', $1)"
                                " on conflict (key) do update set value = excluded.value"),
                            ARGS(db_text(day)));
}

/* All turns of one kind that are due, at most DUE_MAX; what is refused is put
 * away by a second run.  Steps are first tried with fewer rows. */
static int64_t work_off(struct engine *e, int64_t now, turn_fn *fn)
{
    int64_t n = 0;
    struct turn t = {.e = e, .now = now};
    for (int i = 0; i < DUE_MAX; i++) {
        t.give_up = false;
        err x = turn_run(&t, fn);
        while (x.code && t.give_up && fn == later_step && t.limit != 1) {
            t.limit = t.limit ? t.limit / 10 : 10;
            t.give_up = false;
            x = turn_run(&t, fn);
        }
        if (x.code && t.give_up) {
            x = turn_run(&t, fn);
        } else if (fn == later_step && !x.code) {
            t.limit = 0;
        }
        if (x.code || !t.done) {
            break;
        }
        n++;
    }
    return n;
}

/* Appointments begin and end with their days. */
static void new_day(struct engine *e, int64_t now)
{
    const struct model *m = engine_model(e);
    int64_t day = calendar_day_of(m, now);
    engine_release(e, m);
    if (day == e->tasks_day) {
        return;
    }
    struct turn t = {.e = e, .now = now};
    if (!turn_run(&t, day_job).code) {
        e->tasks_day = day;
    }
}

int64_t engine_next_due(struct engine *e, struct db *db, struct arena *a)
{
    struct rows r;
    err x = db_query(db, a,
                     SQL("select min(x) from (select min(mark_at) x from term"
                         " where mark_at is not null union all select min(at) from later"
                         " union all select min(next_at) from approval"
                         " where next_at is not null"
                         " union all select min(at) from step_job where \"left\" > 0) q"),
                     NO_ARGS, &r);
    int64_t at = !x.code && rows_next(&r) && !rows_null(&r, 0) ? rows_i64(&r, 0) : 0;
    const struct model *m = engine_model(e);
    int64_t tick = engine_stats(e).last_tick_at;
    int64_t duty = tick && duty_goes_on(e) ? tick : duty_next(m, db, a, tick);
    engine_release(e, m);
    return !at || (duty && duty < at) ? duty : at;
}

int64_t engine_tick(struct engine *e, int64_t now)
{
    new_day(e, now);
    int64_t acts = work_off(e, now, fire_job);
    acts += duty_tick(e, now);
    acts += work_off(e, now, later_run);
    acts += work_off(e, now, later_step);
    acts += work_off(e, now, erase_turn);
    work_off(e, now, later_tasks);
    acts += work_off(e, now, approve_due);
    work_off(e, now, approve_all);
    if (now - e->idem_at > 3600000 || now < e->idem_at) {
        struct turn t = {.e = e, .now = now};
        e->idem_at = now;
        err x = turn_run(&t, clean_job);
        (void)x; /* the next hour tries again */
    }
    if (e->memory) {
        arena_reset(&e->work);
        index_some(e, e->db, &e->work);
        arena_reset(&e->work);
    }
    pthread_mutex_lock(&e->lock);
    e->seen.tick_at = now;
    pthread_mutex_unlock(&e->lock);
    return acts;
}

/* --- the background thread ------------------------------------------------------------------ */

static void tick(void *arg)
{
    struct engine *e = arg;
    engine_tick(e, engine_now(e));
}

err clock_start(struct engine *e)
{
    e->clock = (struct engine_thread){.e = e, .turn = tick, .arg = e};
    return engine_thread_start(&e->clock, STR("the clock thread does not start"));
}

void clock_stop(struct engine *e)
{
    engine_thread_stop(&e->clock);
}
