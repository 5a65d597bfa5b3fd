/* control_find.c - violations become findings, and findings are tested again.
 *
 * A row of control_row says when it is due (find_at); one look takes at most RETESTS rows of
 * which there is a finding, and of what is to become one CONTROL_FIND_TURN rows of each control,
 * the longest due first, while fewer than CONTROL_OPEN_MAX findings of it are open.  Each is a job
 * of the writer of its own, which decides again under the lock: does it still violate, is it
 * waived, is there a finding about it?  So two nodes cannot open two, and a finding never rests on
 * what was true a second ago. A row whose finding is reported mended, or about whose record a
 * waiver begins or ends, is due again (register.c): what is not mended goes back, what is waived
 * waits without being overdue.
 */
#include "engine/calendar.h"
#include "engine/clock_int.h"
#include "engine/control_int.h"

enum { RETESTS = 100, AGAIN_MS = 60000 };

/* --- one of them, on the writer's thread ---------------------------------------------------- */

/* turn.at: id is the code of the control, record the record. */
struct one {
    struct turn *t;
    struct ctx ctx;
    const struct control *c;
    struct { /* the finding about it, the newest */
        int64_t id;
        const struct state *state;
        int64_t test; /* what its last re-test found; -1: there was none */
    } found;
};

static void one_begin(struct one *o, struct turn *t, struct db *db, struct arena *a)
{
    const struct model *m = t->e->now.model->model;
    *o = (struct one){.t = t,
                      .ctx = ctx_make(t->e, m, db, a, t->now, 0, LANG_ZH),
                      .c = model_control_at(m, t->at.id)};
    o->ctx.writer = true;
    t->at.type = m->finding ? m->finding->code : -1;
}

/* The verdict now, in this transaction. */
static err judge_now(const struct one *o, int *ret)
{
    struct db_arg id = db_i64(o->t->at.record);
    struct rows r;
    *ret = VERDICT_OUT;
    if (!o->c->newest) {
        return OK;
    }
    err e = db_query(o->ctx.db, o->ctx.arena, control_select_one(o->c, o->ctx.arena),
                     ctx_args(&o->ctx, &id, 1), &r);
    *ret = !e.code && rows_next(&r) ? (int)rows_i64(&r, 0) : VERDICT_OUT;
    return e;
}

/* Waivers of the control about the record; days, 0: none. */
struct held_off {
    int64_t last; /* on which one in force holds it off */
    int64_t next; /* the first of one that begins later */
};

static err read_waivers(const struct one *o, struct held_off *ret)
{
    const struct model *m = o->ctx.model;
    *ret = (struct held_off){0};
    if (!m->waiver) {
        return OK;
    }
    struct sqlb b = sqlb_make(o->ctx.arena);
    SQLB_LIT(&b, "select max(case when ");
    control_put_in_force(&b, m, "v");
    SQLB_LIT(&b, " then v.f_ends end), min(case when v.f_starts > $3 then v.f_starts end) from ");
    sqlb_ident(&b, m->waiver->table);
    SQLB_LIT(&b, " v where v.f_about = $4 and v.f_control = $5 and v.state = ");
    sqlb_i64(&b, tdef_state(m->waiver->newest, STR("in_force"))->code);
    struct db_arg more[] = {db_i64(o->t->at.record), db_text(o->c->key)};
    struct rows r;
    err e = db_query(o->ctx.db, o->ctx.arena, sqlb_end(&b), ctx_args(&o->ctx, more, 2), &r);
    if (!e.code && rows_next(&r)) {
        ret->last = rows_null(&r, 0) ? 0 : rows_i64(&r, 0);
        ret->next = rows_null(&r, 1) ? 0 : rows_i64(&r, 1);
    }
    return e;
}

/* The moment a day begins; none: null. */
static struct db_arg day_begins(const struct one *o, int64_t day)
{
    return day ? db_i64(calendar_day_start(o->ctx.model, day)) : db_null_i64();
}

/* -1: the regulation knows no such result (`waived`, which it need not). */
static int64_t test_code(const struct one *o, const char *key)
{
    const struct field *f = tdef_field(o->ctx.model->finding->newest, STR("test"));
    const struct choice_key *k = field_choice(f, str_from(key));
    return k ? k->code : -1;
}

static err read_found(struct one *o)
{
    const struct type *t = o->ctx.model->finding;
    struct sqlb b = sqlb_make(o->ctx.arena);
    SQLB_LIT(&b, "select f.id, f.state, f.f_test from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " f where f.f_about = $1 and f.f_control = $2 order by f.id desc limit 1");
    struct rows r;
    err e = db_query(o->ctx.db, o->ctx.arena, sqlb_end(&b),
                     ARGS(db_i64(o->t->at.record), db_text(o->c->key)), &r);
    if (!e.code && rows_next(&r)) {
        o->found.id = rows_i64(&r, 0);
        o->found.state = type_state(t, rows_i64(&r, 1));
        o->found.test = rows_null(&r, 2) ? -1 : rows_i64(&r, 2);
    }
    return e;
}

/* Does the action lead from where the finding stands? */
static bool leads(const struct one *o, const char *key)
{
    return control_leads(tdef_action(o->ctx.model->finding->newest, str_from(key)), o->found.state);
}

struct values {
    struct value_in list[10];
    size_t n;
};

static void put_i64(struct values *v, str field, struct db_arg arg)
{
    v->list[v->n++] = (struct value_in){.field = field,
                                        .is_typed = true,
                                        .null = arg.null,
                                        .typed = {.null = arg.null, .i64 = arg.i64}};
}

static void put_text(struct values *v, str field, str text)
{
    v->list[v->n++] = (struct value_in){.field = field, .text = text, .null = !text.len};
}

static err perform(const struct one *o, const char *action, int64_t record, struct values *v,
                   int64_t *ret)
{
    struct act *act = arena_new(o->ctx.arena, struct act);
    *act = (struct act){.arena = o->ctx.arena,
                        .now = o->t->now,
                        .lang = LANG_ZH,
                        .type = o->ctx.model->finding->key,
                        .record = record,
                        .action = str_from(action),
                        .values = v->list,
                        .nvalues = v->n};
    struct ctx ctx = o->ctx;
    err e = act_perform(&ctx, act);
    *ret = act->ret_record;
    return e;
}

static err set_row(const struct one *o, struct db_arg finding, struct db_arg find_at)
{
    return db_exec(o->ctx.db, o->ctx.arena,
                   SQL("update control_row set finding = coalesce($3, finding), find_at = $4"
                       " where control = $1 and record = $2"),
                   ARGS(db_i64(o->c->code), db_i64(o->t->at.record), finding, find_at));
}

/* --- a violation --------------------------------------------------------------------------- */

/* What the record is called, which unit it belongs to, under which version it began. */
struct concerned {
    str number, name;
    struct db_arg unit;
    int64_t law;
};

static err read_concerned(const struct one *o, struct concerned *c)
{
    struct sqlb b = sqlb_make(o->ctx.arena);
    SQLB_LIT(&b, "select number, name, unit, law from ");
    sqlb_ident(&b, o->c->over->table);
    SQLB_LIT(&b, " where id = $1");
    struct rows r;
    *c = (struct concerned){.unit = db_null_i64()};
    err e = db_query(o->ctx.db, o->ctx.arena, sqlb_end(&b), ARGS(db_i64(o->t->at.record)), &r);
    if (!e.code && rows_next(&r)) {
        c->number = rows_null(&r, 0) ? STR("") : rows_text(&r, 0);
        c->name = rows_null(&r, 1) ? STR("") : rows_text(&r, 1);
        c->unit = rows_null(&r, 2) ? c->unit : db_i64(rows_i64(&r, 2));
        c->law = rows_i64(&r, 3);
    }
    return e;
}

static str reason_text(const struct one *o, const struct concerned *c, int verdict)
{
    const struct control_reason *why = control_reason_of(o->c, c->law, verdict);
    str what = words_in(why ? why->words : o->c->newest->words, LANG_ZH);
    bool both = c->number.len && c->name.len;
    return c->number.len || c->name.len
               ? str_fmt(o->ctx.arena, "%.*s：%.*s%s%.*s", STR_ARG(what), STR_ARG(c->number),
                         both ? " " : "", STR_ARG(c->name))
               : what;
}

static int64_t severity_code(const struct one *o)
{
    static const char *const keys[SEVERITIES] = {"low", "medium", "high", "critical"};
    const struct field *f = tdef_field(o->ctx.model->finding->newest, STR("severity"));
    return field_choice(f, str_from(keys[o->c->newest->severity]))->code;
}

/* A text that fits its field: never half a character. */
static str fitting(const struct one *o, const char *field, str text)
{
    const struct field *f = tdef_field(o->ctx.model->finding->newest, str_from(field));
    size_t most = f->has_max ? (size_t)f->max : text.len;
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        chars += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
        if (chars > most) {
            return str_from_n(text.ptr, i);
        }
    }
    return text;
}

static err open_one(const struct one *o, const struct concerned *c, str reason, struct db_arg due,
                    int64_t *ret)
{
    const struct cdef *d = o->c->newest;
    struct values v = {.n = 0};
    put_i64(&v, STR("about"), db_i64(o->t->at.record));
    put_text(&v, STR("control"), o->c->key);
    put_text(&v, STR("clause"),
             str_fmt(o->ctx.arena, "%.*s#%.*s", STR_ARG(o->c->reg->key), STR_ARG(d->clause->id)));
    put_i64(&v, STR("severity"), db_i64(severity_code(o)));
    put_text(&v, STR("summary"), fitting(o, "summary", words_in(d->words, LANG_ZH)));
    put_text(&v, STR("reason"), reason);
    put_i64(&v, STR("unit"), c->unit);
    put_i64(&v, STR("due"), due);
    return perform(o, "open", 0, &v, ret);
}

/* It was mended, or so it was said, and is violated. */
static err again(const struct one *o, const char *action, str reason, struct db_arg due)
{
    int64_t size = 0;
    int64_t done;
    err e = control_ledger_size(&o->ctx, &size);
    struct values v = {.n = 0};
    put_i64(&v, STR("test"), db_i64(test_code(o, "failed")));
    put_i64(&v, STR("entry"), db_i64(size));
    put_text(&v, STR("reason"), reason);
    if (!due.null) {
        put_i64(&v, STR("due"), due);
    }
    return e.code ? e : perform(o, action, o->found.id, &v, &done);
}

/* It passed, or is said to be mended: is it?  The condition was judged in this transaction. */
static bool goes_back(const struct one *o)
{
    bool passed = o->found.test >= 0 && o->found.test != test_code(o, "failed");
    return leads(o, "retest_failed") &&
           (passed || control_awaits_test(o->ctx.model, o->found.state));
}

/* Where nothing is to be mended any more, nothing is opened; what is open goes on. */
static err find_one(struct one *o, int verdict, int64_t waiver_begins)
{
    bool opens = o->c->newest->fix.tree;
    struct concerned c;
    struct db_arg due;
    int64_t id;
    err e = read_found(o);
    e = e.code ? e : read_concerned(o, &c);
    e = e.code ? e : control_until(&o->ctx, &o->c->newest->fix, &due);
    if (e.code) {
        return e;
    }
    str reason = fitting(o, "reason", reason_text(o, &c, verdict));
    id = o->found.id;
    if (id && opens && leads(o, "reopen")) {
        e = again(o, "reopen", reason, due);
    } else if (id && goes_back(o)) {
        e = again(o, "retest_failed", reason, due);
    } else if (opens && (!id || !o->found.state || o->found.state->final)) {
        e = open_one(o, &c, reason, due, &id);
    }
    return e.code ? e : set_row(o, id ? db_i64(id) : db_null_i64(), day_begins(o, waiver_begins));
}

static err pass(const struct one *o, int64_t test)
{
    int64_t size = 0;
    int64_t done;
    err e = control_ledger_size(&o->ctx, &size);
    struct values v = {.n = 0};
    put_i64(&v, STR("test"), db_i64(test));
    put_i64(&v, STR("entry"), db_i64(size));
    return e.code ? e : perform(o, "retest_passed", o->found.id, &v, &done);
}

/* What was found before is let be as long as the waiver holds; afterwards it goes back. */
static err wait_out(struct one *o, int64_t last_day)
{
    int64_t test = test_code(o, "waived");
    err e = read_found(o);
    if (!e.code && test >= 0 && o->found.id && o->found.test != test && leads(o, "retest_passed")) {
        e = pass(o, test);
    }
    return e.code ? e : set_row(o, db_null_i64(), day_begins(o, last_day + 1));
}

/* Nothing is tried any more: where nothing was found yet, nothing will be. */
static err give_up_row(const struct one *o)
{
    return db_exec(o->ctx.db, o->ctx.arena,
                   SQL("update control_row set finding = coalesce(finding, 0), find_at = null"
                       " where control = $1 and record = $2"),
                   ARGS(db_i64(o->c->code), db_i64(o->t->at.record)));
}

/* Is it still due? */
static err find_due(const struct one *o, bool *ret)
{
    struct rows r;
    err e = db_query(o->ctx.db, o->ctx.arena,
                     SQL("select 1 from control_row where control = $1 and record = $2"
                         " and find_at <= $3"),
                     ARGS(db_i64(o->c->code), db_i64(o->t->at.record), db_i64(o->t->now)), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

static err find_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct one o;
    int verdict = VERDICT_OUT;
    struct held_off waived = {0};
    bool due = false;
    (void)world;
    one_begin(&o, t, db, a);
    err e = control_judge_check(t->e, db, a);
    e = e.code || !o.c || !o.ctx.model->finding ? e : find_due(&o, &due);
    t->done = due;
    if (e.code || !due) {
        return e;
    }
    if (!o.c->newest) {
        return set_row(&o, db_null_i64(), db_null_i64());
    }
    if (t->give_up) {
        e = give_up_row(&o);
        return e.code ? e : turn_put_away(t, db, a);
    }
    e = read_waivers(&o, &waived);
    e = e.code ? e : judge_now(&o, &verdict);
    if (e.code) {
        return e;
    }
    if (!waived.last && verdict < VERDICT_VIOLATION) { /* the next look takes the row away */
        return set_row(&o, db_null_i64(), db_i64(t->now + AGAIN_MS));
    }
    e = waived.last ? wait_out(&o, waived.last) : find_one(&o, verdict, waived.next);
    turn_refused(t, e);
    return e;
}

/* --- a re-test ----------------------------------------------------------------------------- */

static err forget_retest(const struct one *o)
{
    return db_exec(o->ctx.db, o->ctx.arena,
                   SQL("delete from control_retest where control = $1 and record = $2"),
                   ARGS(db_i64(o->t->at.id), db_i64(o->t->at.record)));
}

/* It does not hold after all: the row that stands again goes on with the same finding. */
static err keep_finding(const struct one *o)
{
    err e = db_exec(o->ctx.db, o->ctx.arena,
                    SQL("update control_row set finding = (select t.finding from control_retest t"
                        " where t.control = $1 and t.record = $2) where control = $1"
                        " and record = $2 and verdict < 3"),
                    ARGS(db_i64(o->t->at.id), db_i64(o->t->at.record)));
    return e.code ? e : forget_retest(o);
}

static err pass_one(struct one *o, int verdict)
{
    err e = read_found(o);
    return e.code || !o->found.id || !leads(o, "retest_passed")
               ? e
               : pass(o, test_code(o, verdict == VERDICT_OK ? "passed" : "outside"));
}

static err retest_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct one o;
    int verdict = VERDICT_OUT;
    struct rows r;
    (void)world;
    one_begin(&o, t, db, a);
    err e = control_judge_check(t->e, db, a);
    e = e.code ? e
               : db_query(db, a,
                          SQL("select 1 from control_retest where control = $1 and record = $2"),
                          ARGS(db_i64(t->at.id), db_i64(t->at.record)), &r);
    t->done = !e.code && rows_count(&r) > 0;
    if (e.code || !t->done) {
        return e;
    }
    if (t->give_up || !o.c || !o.ctx.model->finding) {
        e = forget_retest(&o);
        return e.code || !t->give_up ? e : turn_put_away(t, db, a);
    }
    e = judge_now(&o, &verdict);
    if (e.code) {
        return e;
    }
    if (verdict != VERDICT_OK && verdict != VERDICT_OUT) {
        return keep_finding(&o);
    }
    e = pass_one(&o, verdict);
    turn_refused(t, e);
    return e.code ? e : forget_retest(&o);
}

/* --- a look -------------------------------------------------------------------------------- */

struct due_list {
    struct {
        int64_t control, record;
    } list[RETESTS];
    size_t n;
};

/* What is refused is put away by a second run. */
static err work_off(struct engine *e, int64_t now, turn_fn *fn, const struct due_list *due,
                    int *acts)
{
    err x = OK;
    for (size_t i = 0; i < due->n && !x.code; i++) {
        struct turn t = {.job = {.run = fn}, .e = e, .now = now};
        t.at.id = due->list[i].control;
        t.at.record = due->list[i].record;
        x = engine_run(e, &t.job);
        if (x.code && t.give_up) {
            x = engine_run(e, &t.job);
        }
        *acts += !x.code && t.done;
    }
    return x;
}

static err read_due(struct rows *r, struct due_list *ret)
{
    ret->n = 0;
    while (ret->n < RETESTS && rows_next(r)) {
        ret->list[ret->n].control = rows_i64(r, 0);
        ret->list[ret->n++].record = rows_i64(r, 1);
    }
    return OK;
}

/* As many as may be opened now of one control. */
static err due_of(const struct ctx *ctx, const struct control *c, struct due_list *ret)
{
    struct db_arg more[] = {db_text(c->key), db_i64(CONTROL_OPEN_MAX)};
    struct rows due;
    struct rows open;
    ret->n = 0;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select control, record from control_row where control = $1"
                         " and find_at <= $2 and coalesce(finding, 0) = 0"
                         " order by find_at, record limit $3"),
                     ARGS(db_i64(c->code), db_i64(ctx->now), db_i64(CONTROL_FIND_TURN)), &due);
    if (e.code || !rows_count(&due)) {
        return e;
    }
    e = db_query(ctx->db, ctx->arena, control_open_sql(ctx->model, ctx->arena),
                 ctx_args(ctx, more, 2), &open);
    int64_t left = !e.code && rows_next(&open) ? CONTROL_OPEN_MAX - rows_i64(&open, 0) : 0;
    e = e.code ? e : read_due(&due, ret);
    ret->n = left < (int64_t)ret->n ? (size_t)(left > 0 ? left : 0) : ret->n;
    return e;
}

/* What was found before, of all controls: however many are open. */
static err work_again(struct engine *e, const struct ctx *ctx, struct due_list *due, int *acts)
{
    struct rows r;
    err x = db_query(ctx->db, ctx->arena,
                     SQL("select control, record from control_row where finding > 0"
                         " and find_at <= $1 order by find_at, control, record limit $2"),
                     ARGS(db_i64(ctx->now), db_i64(RETESTS)), &r);
    x = x.code ? x : read_due(&r, due);
    return x.code ? x : work_off(e, ctx->now, find_run, due, acts);
}

static err find_all(struct engine *e, struct ctx *ctx, int *acts)
{
    const struct model *m = ctx->model;
    struct due_list *due = arena_new(ctx->arena, struct due_list);
    struct rows r;
    err x = db_query(ctx->db, ctx->arena,
                     SQL("select control, record from control_retest order by control, record"
                         " limit $1"),
                     ARGS(db_i64(RETESTS)), &r);
    x = x.code ? x : read_due(&r, due);
    x = x.code ? x : work_off(e, ctx->now, retest_run, due, acts);
    x = x.code ? x : work_again(e, ctx, due, acts);
    for (size_t i = 0; i < m->ncontrols && !x.code; i++) {
        const struct control *c = m->controls[i];
        if (c->newest && c->newest->fix.tree) {
            x = due_of(ctx, c, due);
            x = x.code ? x : work_off(e, ctx->now, find_run, due, acts);
        }
    }
    return x;
}

err control_find(struct engine *e, struct db *db, struct arena *a, int64_t now, int *acts)
{
    const struct model *m = engine_model(e);
    struct ctx ctx = ctx_make(e, m, db, a, now, 0, LANG_ZH);
    *acts = 0;
    err x = m->finding ? find_all(e, &ctx, acts) : OK;
    engine_release(e, m);
    return x;
}

struct again_job {
    struct writer_job job;
    struct engine *e;
    int64_t now;
};

static err again_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct again_job *j = (const struct again_job *)job;
    const struct model *m = j->e->now.model->model;
    (void)world;
    err e = control_judge_check(j->e, db, a);
    for (size_t i = 0; i < m->ncontrols && !e.code; i++) {
        const struct control *c = m->controls[i];
        if (c->newest && c->newest->fix.tree) {
            e = db_queue(db, a,
                         SQL("update control_row set find_at = coalesce(grace_at, $2)"
                             " where control = $1 and verdict >= 3 and find_at is null"
                             " and finding is null"),
                         ARGS(db_i64(c->code), db_i64(j->now)));
        }
    }
    return e.code ? e : db_flush(db, a);
}

err control_find_again(struct engine *e, int64_t now)
{
    struct again_job j = {.job = {.run = again_run}, .e = e, .now = now};
    return engine_run(e, &j.job);
}
