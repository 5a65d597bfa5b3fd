/* api_control.c - controls: what came of judging them, and the records that do not hold. */
#include "api/api_int.h"
#include "base/clock.h"
#include "engine/control.h"

enum { CASES_MAX = 200, CASES = 50 };

static str severity_key(enum severity s)
{
    static const char *const keys[SEVERITIES] = {"low", "medium", "high", "critical"};
    return str_from(keys[s]);
}

/* What somebody stated, of a manual control. */
static void put_answer(struct visit *v, struct json *j, const struct control_result *r)
{
    const struct control_answer *x = &r->answer;
    json_open(j, '{');
    json_key(j, STR("question"));
    api_put_words(j, r->def->manual->question);
    JSON_STR(j, "every", r->def->manual->written);
    JSON_STR(j, "answer", attest_said_key(x->said));
    JSON_I64(j, "record", x->record);
    JSON_STR(j, "by", x->name);
    JSON_STR(j, "remark", x->remark);
    json_key(j, STR("at"));
    x->said ? api_put_time(v, j, x->at) : json_nil(j);
    json_key(j, STR("until"));
    x->said ? api_put_time(v, j, x->until) : json_nil(j);
    JSON_I64(j, "asked", x->asked);
    json_close(j, '}');
}

/* The map stays open. */
static void open_control(struct visit *v, struct json *j, const struct control_result *r)
{
    json_open(j, '{');
    JSON_STR(j, "key", r->control->key);
    json_key(j, STR("title"));
    api_put_words(j, r->def->words);
    JSON_STR(j, "over", r->control->over ? r->control->over->key : STR(""));
    JSON_BOOL(j, "manual", r->def->manual != NULL);
    JSON_BOOL(j, "self", r->def->self);
    JSON_STR(j, "severity", severity_key(r->def->severity));
    JSON_STR(j, "state", control_state_key(r->state));
    JSON_BOOL(j, "good", control_state_good(r->state));
    JSON_I64(j, "population", r->counts.n);
    JSON_I64(j, "ok", r->counts.ok);
    JSON_I64(j, "violations", r->counts.violation);
    JSON_I64(j, "in_grace", r->counts.in_grace);
    JSON_I64(j, "waived", r->counts.waived);
    JSON_I64(j, "unknown", r->counts.unknown);
    json_key(j, STR("as_of"));
    api_put_time(v, j, r->as_of);
    JSON_I64(j, "ledger_size", r->size);
    JSON_STR(j, "error", r->error);
    json_key(j, STR("note"));
    api_put_words(j, r->note);
    json_key(j, STR("answer"));
    r->def->manual ? put_answer(v, j, r) : json_nil(j);
    json_key(j, STR("clause"));
    api_put_clause(v, j, r->def->clause);
}

void api_controls(struct visit *v)
{
    struct control_result *list;
    size_t n;
    err e = control_results(&v->ctx, &list, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        open_control(v, &j, &list[i]);
        json_close(&j, '}');
    }
    api_items_end(v, &j);
}

static void put_id(struct json *j, const char *key, int64_t id)
{
    json_key(j, str_from(key));
    id ? json_i64(j, id) : json_nil(j);
}

static void put_case(struct visit *v, struct json *j, const struct cdef *d,
                     const struct control_row *r)
{
    bool grace = r->grace_at > v->ctx.now;
    json_open(j, '{');
    JSON_I64(j, "id", r->record);
    JSON_STR(j, "number", r->number);
    JSON_STR(j, "name", r->name);
    JSON_STR(j, "verdict",
             !r->reason  ? STR("unknown")
             : r->waived ? STR("waived")
             : grace     ? STR("in_grace")
                         : STR("violation"));
    json_key(j, STR("reason"));
    r->reason ? json_str(j, r->reason->key) : json_nil(j);
    json_key(j, STR("words"));
    api_put_words(j, r->reason ? r->reason->words : (struct words){0});
    json_key(j, STR("since"));
    api_put_time(v, j, r->since);
    put_id(j, "finding", r->finding);
    put_id(j, "waiver", r->waiver);
    json_key(j, STR("waived_until"));
    r->waived ? json_str(j, clock_date(v->ctx.arena, r->waived_until)) : json_nil(j);
    json_key(j, STR("show"));
    json_open(j, '{');
    for (size_t i = 0; i < d->nshow; i++) {
        json_key(j, d->show[i].path);
        json_str(j, r->shown[i]);
    }
    json_close(j, '}');
    json_close(j, '}');
}

/* Where the page before ended: "since-record". */
static err cursor_of(struct visit *v, int64_t *since, int64_t *record)
{
    str rest;
    str text = visit_param(v, STR("cursor"));
    str first = str_cut(text, '-', &rest);
    *since = 0;
    *record = 0;
    bool ok = !text.len || (str_to_i64(first, since) && str_to_i64(rest, record));
    return ok ? OK : err_make(ERR_INVALID, STR("cursor"));
}

void api_control(struct visit *v)
{
    const struct control *c = model_control(v->model, v->seg[0]);
    struct control_result r;
    struct control_row *rows;
    size_t n = 0;
    int64_t since;
    int64_t record;
    int64_t unit;
    int64_t limit = CASES;
    err e =
        c && c->newest ? cursor_of(v, &since, &record) : err_make(ERR_NOT_FOUND, STR("control"));
    if (!e.code && !control_unit_named(visit_param(v, STR("unit")), &unit)) {
        e = err_make(ERR_INVALID, STR("unit"));
    }
    e = e.code ? e : api_number(v, STR("limit"), CASES, CASES_MAX, &limit);
    e = e.code ? e : control_result(&v->ctx, c, &r);
    e = e.code ? e : control_rows(&v->ctx, c, unit, since, record, (int)limit + 1, &rows, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    bool more = n > (size_t)limit;
    n = more ? (size_t)limit : n;
    struct json j = api_begin(v);
    open_control(v, &j, &r);
    JSON_STR(&j, "where", r.def->where.text);
    JSON_STR(&j, "holds", r.def->holds.text);
    json_key(&j, STR("items"));
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        put_case(v, &j, c->newest, &rows[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("next"));
    more ? json_str(&j, str_fmt(v->ctx.arena, "%lld-%lld", (long long)rows[n - 1].since,
                                (long long)rows[n - 1].record))
         : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}
