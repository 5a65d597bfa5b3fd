/* control.c - what came of judging: results, their states, the records that do not hold. */
#include "engine/control.h"

#include "engine/calendar.h"
#include "engine/control_int.h"
#include "engine/record_load.h"

/* --- states ------------------------------------------------------------------------------ */

int control_rate(const struct control_counts *c)
{
    int64_t counted = c->n - c->waived;
    return counted > 0 ? (int)(c->ok * 1000 / counted) : -1;
}

int64_t control_age_max(const struct cdef *c)
{
    return c->max_age_ms ? c->max_age_ms : CONTROL_AGE_MS;
}

/* Enough of them hold, where not all have to. */
static bool enough(const struct control_result *r)
{
    const struct control_counts *c = &r->counts;
    int64_t counted = c->n - c->waived;
    return c->violation == 0 ||
           (r->def->enough < CONTROL_ENOUGH_ALL && c->ok * 100 >= r->def->enough * counted);
}

static enum control_state answered(const struct ctx *ctx, const struct control_answer *x)
{
    if (x->said == ATTEST_NONE || ctx->now >= x->until) {
        return CONTROL_STALE;
    }
    return x->said == ATTEST_YES  ? CONTROL_ATTESTED
           : x->said == ATTEST_NO ? CONTROL_FAIL
                                  : CONTROL_UNKNOWN;
}

enum control_state control_state_of(const struct ctx *ctx, const struct control_result *r)
{
    const struct control_counts *c = &r->counts;
    if (r->def->manual) {
        return answered(ctx, &r->answer);
    }
    if (r->error.len) {
        return CONTROL_ERROR;
    }
    if (!r->judged || ctx->now - r->as_of > control_age_max(r->def)) {
        return CONTROL_STALE;
    }
    if (c->n < r->def->expect || c->n == 0) {
        return CONTROL_VACUOUS;
    }
    if (!enough(r)) {
        return CONTROL_FAIL;
    }
    if (c->unknown) {
        return CONTROL_UNKNOWN;
    }
    if (c->in_grace) {
        return CONTROL_WARN;
    }
    return c->waived ? CONTROL_PASS_WAIVED : CONTROL_PASS;
}

bool control_state_good(enum control_state s)
{
    return s == CONTROL_PASS || s == CONTROL_PASS_WAIVED;
}

struct words control_state_words(enum control_state s)
{
    static const struct words words[CONTROL_STATES] = {
        [CONTROL_ERROR] = WORDS_INIT("无法判定", "error"),
        [CONTROL_STALE] = WORDS_INIT("结果过期", "stale"),
        [CONTROL_VACUOUS] = WORDS_INIT("无可检查", "nothing to judge"),
        [CONTROL_FAIL] = WORDS_INIT("不符合", "not kept"),
        [CONTROL_UNKNOWN] = WORDS_INIT("有缺失", "unknown"),
        [CONTROL_WARN] = WORDS_INIT("宽限中", "in grace"),
        [CONTROL_ATTESTED] = WORDS_INIT("已书面确认", "attested"),
        [CONTROL_PASS_WAIVED] = WORDS_INIT("符合（有例外）", "kept, with waivers"),
        [CONTROL_PASS] = WORDS_INIT("符合", "kept"),
    };
    return words[s];
}

str control_state_key(enum control_state s)
{
    static const char *const keys[CONTROL_STATES] = {
        [CONTROL_ERROR] = "error",       [CONTROL_STALE] = "stale",
        [CONTROL_VACUOUS] = "vacuous",   [CONTROL_FAIL] = "fail",
        [CONTROL_UNKNOWN] = "unknown",   [CONTROL_WARN] = "warn",
        [CONTROL_ATTESTED] = "attested", [CONTROL_PASS_WAIVED] = "pass_waived",
        [CONTROL_PASS] = "pass"};
    return str_from(keys[s]);
}

/* --- results ------------------------------------------------------------------------------ */

static void result_take(const struct rows *r, struct control_result *x)
{
    x->judged = rows_i64(r, 1) > 0;
    /* Since then nothing was left to judge; what is verified as a whole is as old as that. */
    bool later = !x->def->self && rows_i64(r, 10) > rows_i64(r, 1);
    x->as_of = rows_i64(r, later ? 10 : 1);
    x->size = rows_i64(r, later ? 11 : 2);
    x->counts = (struct control_counts){.n = rows_i64(r, 3),
                                        .ok = rows_i64(r, 4),
                                        .unknown = rows_i64(r, 6),
                                        .in_grace = rows_i64(r, 9)};
    x->counts.violation = rows_i64(r, 5) - x->counts.in_grace;
    x->took_us = rows_i64(r, 7);
    x->error = rows_text(r, 8);
    x->note = (struct words){rows_text(r, 12), rows_text(r, 13)};
}

static void answer_take(struct control_result *x, const struct control_answer *list)
{
    if (x->def && x->def->manual) {
        x->answer = list[x->control->code];
        x->judged = x->answer.said != ATTEST_NONE;
        x->as_of = x->answer.at;
    }
}

/* Those in grace and those waived are counted when they are looked at: both end without an act. */
#define RESULTS                                                                           \
    "select q.control, q.as_of, q.size, q.n, q.ok, q.violation, q.unknown, q.took_us,"    \
    " q.trouble, (select count(*) from control_row w where w.control = q.control"         \
    " and w.grace_at > $1), coalesce(s.at, 0), coalesce(s.size, 0), q.note_zh, q.note_en" \
    " from control_result q left join control_seen s on s.one = 1"

void control_put_waived(struct sqlb *b, const struct model *m, const struct control *one)
{
    SQLB_LIT(b, "select distinct w.control, w.record, w.grace_at from ");
    sqlb_ident(b, m->waiver->table);
    SQLB_LIT(b, " v cross join control_result q cross join control_row w where ");
    control_put_in_force(b, m, "v");
    SQLB_LIT(b, " and q.key = v.f_control and w.control = q.control and w.record = v.f_about"
                " and w.verdict >= 3");
    if (one) {
        SQLB_LIT(b, " and q.control = $4");
    }
}

/* How many violations are waived, and of these in grace, by control; of one, or all (NULL). */
static struct sql waived_sql(const struct ctx *ctx, const struct control *one)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select x.control, count(*), cast(sum(case when x.grace_at > $1 then 1 else 0 end)"
                 " as bigint) from (");
    control_put_waived(&b, ctx->model, one);
    SQLB_LIT(&b, ") x group by x.control");
    return sqlb_end(&b);
}

static void take_waived(struct control_counts *c, int64_t waived, int64_t in_grace)
{
    c->waived = waived;
    c->in_grace -= in_grace;
    c->violation -= waived - in_grace;
}

err control_results(const struct ctx *ctx, struct control_result **ret, size_t *n)
{
    const struct model *m = ctx->model;
    struct control_result *by_code =
        arena_array(ctx->arena, struct control_result, m->ncontrols + 1);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int all = batch_add(b, SQL(RESULTS), ARGS(db_i64(ctx->now)));
    int waived = m->waiver ? batch_add(b, waived_sql(ctx, NULL), ctx_args(ctx, NULL, 0)) : -1;
    err e = batch_run(b);
    struct rows r = e.code ? (struct rows){0} : batch_rows(b, all);
    struct rows w = e.code || waived < 0 ? (struct rows){0} : batch_rows(b, waived);
    for (size_t i = 0; i < m->ncontrols; i++) {
        by_code[i] =
            (struct control_result){.control = m->controls[i], .def = m->controls[i]->newest};
    }
    while (!e.code && rows_next(&r)) {
        const struct control *c = model_control_at(m, rows_i64(&r, 0));
        if (c) {
            result_take(&r, &by_code[c->code]);
        }
    }
    while (!e.code && waived >= 0 && rows_next(&w)) {
        const struct control *c = model_control_at(m, rows_i64(&w, 0));
        if (c) {
            take_waived(&by_code[c->code].counts, rows_i64(&w, 1), rows_i64(&w, 2));
        }
    }
    struct control_answer *answers;
    e = e.code ? e : attest_answers(ctx, &answers);
    struct control_result *list = arena_array(ctx->arena, struct control_result, m->ncontrols + 1);
    *n = 0;
    for (size_t g = 0; g < m->nregs && !e.code; g++) {
        const struct law *law = m->regs[g]->newest;
        for (size_t i = 0; i < law->ncontrols; i++) {
            struct control_result *x = &by_code[law->controls[i].control->code];
            answer_take(x, answers);
            x->state = control_state_of(ctx, x);
            list[(*n)++] = *x;
        }
    }
    *ret = list;
    return e;
}

err control_result(const struct ctx *ctx, const struct control *c, struct control_result *ret)
{
    *ret = (struct control_result){.control = c, .def = c->newest};
    if (!c->newest) {
        return err_make(ERR_NOT_FOUND, STR("the control is retired"));
    }
    if (c->newest->manual) {
        struct control_answer *answers;
        err x = attest_answers(ctx, &answers);
        if (!x.code) {
            answer_take(ret, answers);
        }
        ret->state = control_state_of(ctx, ret);
        return x;
    }
    struct db_arg code = db_i64(c->code);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int one = batch_add(b, SQL(RESULTS " where q.control = $2"), ARGS(db_i64(ctx->now), code));
    int waived =
        ctx->model->waiver ? batch_add(b, waived_sql(ctx, c), ctx_args(ctx, &code, 1)) : -1;
    err e = batch_run(b);
    struct rows r = e.code ? (struct rows){0} : batch_rows(b, one);
    struct rows w = e.code || waived < 0 ? (struct rows){0} : batch_rows(b, waived);
    if (!e.code && rows_next(&r)) {
        result_take(&r, ret);
        if (waived >= 0 && rows_next(&w)) {
            take_waived(&ret->counts, rows_i64(&w, 1), rows_i64(&w, 2));
        }
    }
    ret->state = control_state_of(ctx, ret);
    return e;
}
