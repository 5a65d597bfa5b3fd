/* api_duty.c - duties: how they stand, and their occurrences. */
#include "api/api_int.h"
#include "connect/ical.h"
#include "engine/duty.h"

enum { RUNS_MAX = 200, RUNS = 50 };

/* The map stays open. */
static void open_duty(struct visit *v, struct json *j, const struct duty_result *r)
{
    json_open(j, '{');
    JSON_STR(j, "key", r->duty->key);
    json_key(j, STR("title"));
    api_put_words(j, r->def->words);
    JSON_STR(j, "state", control_state_key(r->state));
    JSON_BOOL(j, "good", control_state_good(r->state));
    JSON_I64(j, "waiting", r->counts.waiting);
    JSON_I64(j, "overdue", r->counts.overdue);
    JSON_I64(j, "done", r->counts.done);
    JSON_I64(j, "late", r->counts.late);
    JSON_I64(j, "missed", r->counts.missed);
    JSON_I64(j, "dropped", r->counts.dropped);
    json_key(j, STR("next_due"));
    api_put_time(v, j, r->next_due);
    json_key(j, STR("as_of"));
    api_put_time(v, j, r->as_of);
    json_key(j, STR("clause"));
    api_put_clause(v, j, r->def->clause);
}

void api_duties(struct visit *v)
{
    struct duty_result *list;
    size_t n;
    err e = duty_results(&v->ctx, &list, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        open_duty(v, &j, &list[i]);
        json_close(&j, '}');
    }
    api_items_end(v, &j);
}

static void put_run(struct visit *v, struct json *j, const struct duty_row *r)
{
    json_open(j, '{');
    JSON_I64(j, "id", r->id);
    JSON_STR(j, "state", duty_state_keys[r->state]);
    const struct {
        const char *key;
        int64_t at;
    } times[] = {{"begins", r->begins},
                 {"ends", r->ends},
                 {"due", r->due},
                 {"closes", r->closes},
                 {"done_at", r->done_at}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        json_key(j, str_from(times[i].key));
        api_put_time(v, j, times[i].at);
    }
    JSON_I64(j, "skipped", r->skipped);
    JSON_STR(j, "about", r->about_name);
    JSON_STR(j, "owners", r->owners);
    JSON_STR(j, "doer", r->doer);
    json_close(j, '}');
}

static err ask_of(struct visit *v, struct duty_ask *ask)
{
    str state = visit_param(v, STR("state"));
    str cursor = visit_param(v, STR("cursor"));
    int64_t limit = RUNS;
    err e = api_number(v, STR("limit"), RUNS, RUNS_MAX, &limit);
    ask->limit = (int)limit + 1;
    ask->state = -1;
    for (int i = 0; i < DUTY_STATES; i++) {
        ask->state = str_eq(state, duty_state_keys[i]) ? i : ask->state;
    }
    if (state.len && ask->state < 0) {
        return err_make(ERR_INVALID, STR("state"));
    }
    if (cursor.len && (!str_to_i64(cursor, &ask->after) || ask->after < 0)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    return e;
}

void api_duty(struct visit *v)
{
    const struct duty *d = model_duty(v->model, v->seg[0]);
    struct duty_result r;
    struct duty_ask ask = {.of = {.duty = d}};
    struct duty_row *rows;
    size_t n = 0;
    err e = d && d->newest ? ask_of(v, &ask) : err_make(ERR_NOT_FOUND, STR("duty"));
    e = e.code ? e : duty_result(&v->ctx, d, &r);
    e = e.code ? e : duty_rows(&v->ctx, &ask, &rows, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    bool more = n >= (size_t)ask.limit;
    n = more ? (size_t)ask.limit - 1 : n;
    struct json j = api_begin(v);
    open_duty(v, &j, &r);
    json_key(&j, STR("items"));
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        put_run(v, &j, &rows[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("next"));
    more ? json_str(&j, str_fmt(v->ctx.arena, "%lld", (long long)rows[n - 1].id)) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

void api_calendar(struct visit *v)
{
    str mine = visit_param(v, STR("mine"));
    if (mine.len && !str_eq(mine, STR("true"))) {
        visit_error(v, api_invalid(v, STR("mine"), WORDS("只能是 true", "Only true")));
        return;
    }
    str text;
    err e = ical_duties(&v->ctx, v->app->public_url, v->app->organisation, mine.len > 0, &text);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/calendar; charset=utf-8"), .body = text, .file = -1};
    visit_download(v, STR("duties.ics"));
}
