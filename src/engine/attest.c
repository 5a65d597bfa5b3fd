/* attest.c - manual controls: the newest answer of each, and asking anew. */
#include "engine/attest.h"

#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/engine_int.h"
#include "engine/record_load.h"

#define DAY_MS 86400000LL

/* --- until when ------------------------------------------------------------------------------ */

static int64_t later_months(const struct model *m, int64_t at, int64_t months)
{
    struct clock_civil c = clock_civil_at(at, m->zone_minutes);
    int64_t day = clock_day(c.year, c.month, c.day);
    int64_t n = (int64_t)c.year * 12 + c.month - 1 + months;
    int64_t first = clock_day((int)(n / 12), (int)(n % 12) + 1, 1);
    int64_t next = clock_day((int)((n + 1) / 12), (int)((n + 1) % 12) + 1, 1);
    int64_t to = first + c.day - 1 < next ? first + c.day - 1 : next - 1;
    return at + (to - day) * DAY_MS;
}

int64_t attest_until(const struct model *m, const struct control_manual *c, int64_t at)
{
    return c->unit == V_MONTHS ? later_months(m, at, c->every)
           : c->unit == V_DAYS ? at + c->every * DAY_MS
                               : at + c->every;
}

static int64_t ask_at(const struct model *m, const struct control_manual *c,
                      const struct control_answer *x)
{
    int64_t lead = (attest_until(m, c, x->at) - x->at) / ATTEST_LEAD_PART;
    int64_t most = (int64_t)ATTEST_LEAD_DAYS * DAY_MS;
    return x->until - (lead < most ? lead : most);
}

/* --- answers ---------------------------------------------------------------------------------- */

static int64_t code_of(const struct type *t, const char *state)
{
    const struct state *s = tdef_state(t->newest, str_from(state));
    return s ? s->code : -1;
}

/* Of one state: records, the control's key, when it came there, what was answered, by whom, its
 * question; the remark where the actor may see it. */
static struct sql state_sql(const struct ctx *ctx, const char *state)
{
    const struct type *t = ctx->model->attestation;
    const struct state *s = tdef_state(t->newest, str_from(state));
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id, r.f_control, r.");
    sqlb_ident(&b, s->at_column);
    SQLB_LIT(&b, ", r.f_answer, r.f_person, p.name, r.f_question, case when ");
    load_visible(ctx, &b, t);
    SQLB_LIT(&b, " then r.f_remark end from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r left join ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " p on p.id = r.f_person where r.state = ");
    sqlb_i64(&b, s->code);
    SQLB_LIT(&b, " order by r.id");
    return sqlb_end(&b);
}

static enum attest_answer said_of(const struct type *t, const struct rows *r, int col)
{
    static const char *const keys[] = {[ATTEST_YES] = "yes", [ATTEST_NO] = "no"};
    const struct field *f = tdef_field(t->newest, STR("answer"));
    for (int i = ATTEST_YES; i <= ATTEST_NO && !rows_null(r, col); i++) {
        if (field_choice(f, str_from(keys[i]))->code == rows_i64(r, col)) {
            return (enum attest_answer)i;
        }
    }
    return ATTEST_UNKNOWN;
}

/* From when on the control has asked what it asks now; 0: ever since it is. */
static int64_t asks_since(const struct control *c)
{
    str now = words_in(c->newest->manual->question, LANG_ZH);
    int64_t since = 0;
    for (size_t v = c->ndefs; v-- > 0;) {
        const struct cdef *d = c->defs[v];
        if (!d || !d->manual || !str_eq(words_in(d->manual->question, LANG_ZH), now)) {
            return since;
        }
        since = d->law->published_at;
    }
    return 0;
}

/* Is it about what the control asks now?  What was declared unasked bears no question: it was
 * about that of its time. */
static bool of_this_question(const struct control *c, str question, int64_t at)
{
    return question.len ? str_eq(question, words_in(c->newest->manual->question, LANG_ZH))
                        : at >= asks_since(c);
}

static void take_answer(const struct ctx *ctx, const struct rows *r, const struct control *c,
                        struct control_answer *x)
{
    int64_t asked = x->asked;
    int64_t asked_at = x->asked_at;
    *x = (struct control_answer){.said = said_of(ctx->model->attestation, r, 3),
                                 .record = rows_i64(r, 0),
                                 .person = rows_i64(r, 4),
                                 .name = rows_text(r, 5),
                                 .remark = rows_text(r, 7),
                                 .at = rows_i64(r, 2),
                                 .asked = asked,
                                 .asked_at = asked_at};
    x->until = attest_until(ctx->model, c->newest->manual, x->at);
}

err attest_answers(const struct ctx *ctx, struct control_answer **ret)
{
    const struct model *m = ctx->model;
    *ret = arena_array(ctx->arena, struct control_answer, m->ncontrols + 1);
    if (!m->attestation || !m->person) {
        return OK;
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int asked = batch_add(b, state_sql(ctx, "asked"), ctx_args(ctx, NULL, 0));
    int answered = batch_add(b, state_sql(ctx, "answered"), ctx_args(ctx, NULL, 0));
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, asked);
    while (rows_next(&r)) {
        const struct control *c = model_control(m, rows_text(&r, 1));
        if (c) {
            (*ret)[c->code].asked = rows_i64(&r, 0);
            (*ret)[c->code].asked_at = rows_i64(&r, 2);
        }
    }
    r = batch_rows(b, answered);
    while (rows_next(&r)) {
        const struct control *c = model_control(m, rows_text(&r, 1));
        if (c && c->newest && c->newest->manual &&
            of_this_question(c, rows_text(&r, 6), rows_i64(&r, 2))) {
            take_answer(ctx, &r, c, &(*ret)[c->code]);
        }
    }
    return OK;
}

err attest_owners(const struct ctx *ctx, const struct control_manual *c, int limit, str **ret,
                  size_t *n)
{
    struct sqlb b = sqlb_make(ctx->arena);
    struct db_arg most = db_i64(limit);
    struct rows r;
    *n = 0;
    SQLB_LIT(&b, "select p.name from (");
    sqlb_sql(&b, c->owner.who);
    SQLB_LIT(&b, ") q join ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " p on p.id = q.id order by p.id limit $4");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, &most, 1), &r);
    *ret = arena_array(ctx->arena, str, (size_t)(e.code ? 0 : rows_count(&r)) + 1);
    while (!e.code && rows_next(&r)) {
        (*ret)[(*n)++] = rows_text(&r, 0);
    }
    return e;
}

bool attest_may(const struct ctx *ctx, const struct control_manual *c)
{
    struct sqlb b = sqlb_make(ctx->arena);
    struct rows r;
    if (!c->owner.is_actor.text.len) {
        return false;
    }
    SQLB_LIT(&b, "select case when ");
    sqlb_sql(&b, c->owner.is_actor);
    SQLB_LIT(&b, " then 1 else 0 end");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, NULL, 0), &r);
    return !e.code && rows_next(&r) && rows_i64(&r, 0);
}

struct words attest_said_words(enum attest_answer a)
{
    static const struct words words[] = {[ATTEST_NONE] = WORDS_INIT("尚未回答", "not answered"),
                                         [ATTEST_YES] = WORDS_INIT("是", "yes"),
                                         [ATTEST_NO] = WORDS_INIT("否", "no"),
                                         [ATTEST_UNKNOWN] = WORDS_INIT("无法说明", "cannot say")};
    return words[a];
}

str attest_said_key(enum attest_answer a)
{
    static const char *const keys[] = {"", "yes", "no", "unknown"};
    return str_from(keys[a]);
}

err attest_history(const struct ctx *ctx, const struct control *c, int limit,
                   struct attest_past **ret, size_t *n)
{
    const struct type *t = ctx->model->attestation;
    struct sqlb b = sqlb_make(ctx->arena);
    struct db_arg more[] = {db_text(c->key), db_i64(limit)};
    struct rows r;
    SQLB_LIT(&b, "select r.id, r.number, r.");
    sqlb_ident(&b, tdef_state(t->newest, STR("answered"))->at_column);
    SQLB_LIT(&b, ", r.f_answer, p.name, r.f_remark from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r join ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " p on p.id = r.f_person where r.f_control = $4 and ");
    load_visible(ctx, &b, t);
    SQLB_LIT(&b, " order by 3 desc, r.id desc limit $5");
    *n = 0;
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, more, 2), &r);
    *ret = arena_array(ctx->arena, struct attest_past, (size_t)(e.code ? 0 : rows_count(&r)) + 1);
    while (!e.code && rows_next(&r)) {
        (*ret)[(*n)++] = (struct attest_past){.record = rows_i64(&r, 0),
                                              .number = rows_text(&r, 1),
                                              .at = rows_i64(&r, 2),
                                              .said = said_of(t, &r, 3),
                                              .name = rows_text(&r, 4),
                                              .remark = rows_text(&r, 5)};
    }
    return e;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* In the arena, which ends the act, too. */
static err act_of_clock(struct engine *e, struct arena *a, int64_t now, struct act make, size_t *n)
{
    struct act *act = arena_new(a, struct act);
    *act = make;
    act->arena = a;
    act->now = now;
    act->lang = LANG_ZH;
    act->type = STR("attestation");
    err x = act_call(e, act);
    *n += !x.code;
    return act_is_refusal(x) ? OK : x; /* another node was there before, or a rule says no */
}

/* To be answered on the last day on which the answer before is good, or today. */
static err ask_one(const struct ctx *ctx, const struct cdef *c, const struct control_answer *x,
                   size_t *n)
{
    int64_t due = x->said && x->until > ctx->now ? x->until - 1 : ctx->now;
    struct clock_civil d = clock_civil_at(due, ctx->model->zone_minutes);
    struct value_in values[] = {
        {.field = STR("control"), .text = c->control->key},
        {.field = STR("question"), .text = words_in(c->manual->question, LANG_ZH)},
        {.field = STR("due"),
         .text = str_fmt(ctx->arena, "%04d-%02d-%02d", d.year, d.month, d.day)}};
    struct act act = {.action = STR("ask"), .values = values, .nvalues = 3};
    return act_of_clock(ctx->engine, ctx->arena, ctx->now, act, n);
}

/* Questions that no control puts any more, oldest first. */
static err withdraw_rest(const struct ctx *ctx, struct engine *e, int64_t now, size_t *n)
{
    const struct model *m = ctx->model;
    struct rows r;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id, r.f_control, r.f_question from ");
    sqlb_ident(&b, m->attestation->table);
    SQLB_LIT(&b, " r where r.state = ");
    sqlb_i64(&b, code_of(m->attestation, "asked"));
    SQLB_LIT(&b, " order by r.id");
    err x = db_query(ctx->db, ctx->arena, sqlb_end(&b), NO_ARGS, &r);
    while (!x.code && rows_next(&r)) {
        const struct control *c = model_control(m, rows_text(&r, 1));
        if (!c || !c->newest || !c->newest->manual || !of_this_question(c, rows_text(&r, 2), now)) {
            struct act act = {.action = STR("withdraw"), .record = rows_i64(&r, 0)};
            x = act_of_clock(e, ctx->arena, ctx->now, act, n);
        }
    }
    return x;
}

err attest_ask(struct engine *e, struct db *db, struct arena *a, int64_t now, size_t *n)
{
    const struct model *m = engine_model(e);
    struct ctx ctx = ctx_make(e, m, db, a, now, 0, LANG_ZH);
    struct control_answer *list = NULL;
    *n = 0;
    bool asks = m->attestation && m->person;
    err x = asks ? withdraw_rest(&ctx, e, now, n) : OK;
    x = x.code || !asks ? x : attest_answers(&ctx, &list);
    for (size_t i = 0; list && i < m->ncontrols && !x.code; i++) {
        const struct cdef *c = m->controls[i]->newest;
        const struct control_answer *k = &list[i];
        bool due = c && c->manual && !k->asked && (!k->said || now >= ask_at(m, c->manual, k));
        x = due ? ask_one(&ctx, c, k, n) : OK;
    }
    engine_release(e, m);
    return x;
}
