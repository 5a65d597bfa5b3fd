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

/* Those in grace are counted when they are looked at: grace ends without an act. */
#define RESULTS                                                                           \
    "select q.control, q.as_of, q.size, q.n, q.ok, q.violation, q.unknown, q.took_us,"    \
    " q.trouble, (select count(*) from control_row w where w.control = q.control"         \
    " and w.grace_at > $1), coalesce(s.at, 0), coalesce(s.size, 0), q.note_zh, q.note_en" \
    " from control_result q left join control_seen s on s.one = 1"

err control_results(const struct ctx *ctx, struct control_result **ret, size_t *n)
{
    const struct model *m = ctx->model;
    struct control_result *by_code =
        arena_array(ctx->arena, struct control_result, m->ncontrols + 1);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, SQL(RESULTS), ARGS(db_i64(ctx->now)), &r);
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
    struct rows r;
    *ret = (struct control_result){.control = c, .def = c->newest};
    if (!c->newest) {
        return err_make(ERR_NOT_FOUND, STR("the control is retired"));
    }
    struct control_answer *answers = NULL;
    err e = c->newest->manual ? attest_answers(ctx, &answers)
                              : db_query(ctx->db, ctx->arena, SQL(RESULTS " where q.control = $2"),
                                         ARGS(db_i64(ctx->now), db_i64(c->code)), &r);
    if (!e.code && answers) {
        answer_take(ret, answers);
    } else if (!e.code && rows_next(&r)) {
        result_take(&r, ret);
    }
    ret->state = control_state_of(ctx, ret);
    return e;
}

/* --- the records ---------------------------------------------------------------------------- */

static struct sql rows_sql(const struct ctx *ctx, const struct type *t)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select q.record, q.since, q.grace_at, q.verdict, r.number, r.name, r.law"
                 " from control_row q join ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r on r.id = q.record where q.control = $4 and (q.since, q.record) > ($5, $6)"
                 " and ");
    load_visible(&b, t);
    SQLB_LIT(&b, " order by q.since, q.record limit $7");
    return sqlb_end(&b);
}

/* The reason as the version that judged the record words it. */
static const struct control_reason *reason_of(const struct control *c, int64_t law, int verdict)
{
    const struct cdef *d = c->newest;
    if (!cdef_judges_all(d) && law >= 1 && (size_t)law <= c->ndefs && c->defs[law - 1]) {
        d = c->defs[law - 1];
    }
    size_t i = (size_t)(verdict - VERDICT_VIOLATION);
    return verdict >= VERDICT_VIOLATION && i < d->nreasons ? &d->reasons[i] : NULL;
}

err control_rows(const struct ctx *ctx, const struct control *c, int64_t since, int64_t record,
                 int limit, struct control_row **ret, size_t *n)
{
    struct db_arg more[] = {db_i64(c->code), db_i64(since), db_i64(record), db_i64(limit)};
    struct rows r;
    *n = 0;
    *ret = NULL;
    if (!c->over) {
        return OK;
    }
    err e = db_query(ctx->db, ctx->arena, rows_sql(ctx, c->over), ctx_args(ctx, more, 4), &r);
    struct control_row *list =
        arena_array(ctx->arena, struct control_row, (size_t)(e.code ? 0 : rows_count(&r)) + 1);
    while (!e.code && rows_next(&r)) {
        int verdict = (int)rows_i64(&r, 3);
        list[(*n)++] = (struct control_row){.record = rows_i64(&r, 0),
                                            .since = rows_i64(&r, 1),
                                            .grace_at = rows_i64(&r, 2),
                                            .verdict = verdict,
                                            .number = rows_text(&r, 4),
                                            .name = rows_text(&r, 5),
                                            .reason = reason_of(c, rows_i64(&r, 6), verdict)};
    }
    *ret = list;
    return e;
}
